"""A control of learners' knowledge over REST, from the list to the figures and to the last key: real servers, today's clock."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.decider import Decider, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from chassis.privacy import FORGOTTEN
from cli.supervisor import Stack
from regulations import load, local_date
from services.visits import contract
from services.visits.domain.sampling import in_lot
from services.visits.handlers_commission import close_attestation_visit
from tests.visits.test_iqaa_over_rest import Audit, Record, visits_here

RULEBOOK = "kz-109-2008-attestation"
BOOK = load(RULEBOOK)
LAW = "5B030100"
PAST: Decider[None, None] = Decider(
    "attestation", None, lambda command, _state, _rules: command.facts, lambda _state, _event: None, no_rules
)
DIRECTOR, OFFICER = {"role": Role.director}, {"role": Role.institution_officer}
MEMBER, STRANGER = {"role": Role.expert, "subject": "aida"}, {"role": Role.expert, "subject": "bakyt"}
MARKS = ("excellent", "good", "satisfactory")
CSV = "text/csv; charset=utf-8"


class Controlling(Audit):
    """The controls of one attestation."""

    async def opens(self, *facts: Event, level: str = "technical_vocational") -> date:
        """An attestation with a commission of one expert, then `facts`; the local day."""
        context = await self._as_lifecycle()
        today = local_date(context.at, BOOK.zone)
        self.case_id = self.attestation_id = derived_id("attestation", uuid4().hex, "2026", "planned")
        ids = {"attestation_id": self.attestation_id, "institution_id": "kaznu"}
        law = contract.AttestedSpecialty(code=LAW, name="Law", level=level)
        visit = {
            "rulebook": BOOK.ref,
            "kind": "planned",
            "levels": (level,),
            "specialties": (law,),
            "state_owned": True,
            "starts_on": today,
        }
        member = contract.Commissioner(expert_id="aida", groups=("scientists",))
        formed = {"members": (member,), "chair_id": "aida", "order_number": "17", "approved_on": today}
        past = (
            contract.AttestationVisitOpened(**ids, **visit, ends_on=today, opened_on=today),
            contract.AttestationCommissionFormed(**ids, **formed),
            *facts,
        )
        await context.execute(PAST, self.attestation_id, context.command(Record, facts=past), create=True)
        return today

    async def controls(self, form: str = "complex_testing", **fields: Any) -> str:
        body = {"attestation_id": self.attestation_id, "unit": "Law", "specialty": LAW, "level": "technical_vocational", "form": form}
        answer = await self.post("/v1/controls", {**body, **fields})
        assert answer.status_code == 201, answer.text
        self.case_id = str(answer.json()["id"])
        assert answer.headers["location"] == f"/v1/controls/{self.case_id}"
        return self.case_id

    def path(self, act: str = "") -> str:
        return f"/v1/controls/{self.case_id}" + (f"/{act}" if act else "")

    async def done(self, act: str, body: Any = None, **who: Any) -> None:
        answer = await self.post(self.path(act), body, **who)
        assert answer.status_code == 200, answer.text

    async def refused(self, act: str, body: Any = None, **who: Any) -> dict[str, Any]:
        answer = await self.post(self.path(act), body, **who)
        assert answer.status_code in (409, 422), answer.text
        return dict(answer.json())

    async def get(self, act: str = "", *, role: Role = Role.auditor, subject: str | None = None) -> httpx.Response:
        return await self._http.get(self.path(act), headers=self._headers(role, subject))

    async def sends(self, act: str, table: str, *, key: str | None = None, role: Role = Role.coordinator, **params: str) -> httpx.Response:
        """A file."""
        headers = {**self._headers(role, None), "idempotency-key": key or uuid4().hex, "if-match": "*", "content-type": CSV}
        return await self._http.post(self.path(f"{act}/file"), content=table.encode(), params=params, headers=headers)

    async def open_to(self, role: Role, subject: str | None = None) -> set[str]:
        """The actions that the detail offers."""
        return {each["name"] for each in (await self.get(role=role, subject=subject)).json()["allowed_actions"]}

    async def shown(self, **who: Any) -> dict[str, dict[str, Any]]:
        """The learners that a caller sees, by pseudonym."""
        found: dict[str, dict[str, Any]] = {}
        cursor = None
        while True:
            page = (await self.get("learners?limit=100" + (f"&cursor={cursor}" if cursor else ""), **who)).json()
            found |= {each["learner_id"]: each for each in page["items"]}
            cursor = page["next"]
            if cursor is None:
                return found

    async def stored(self) -> str:
        """Every stored event of the agency, as the log has it, and every key that is left."""
        async with self._runtime.system.acquire() as connection:
            events = await connection.fetch("SELECT data FROM events WHERE agency = $1", self._agency)
        return " ".join(row["data"] if isinstance(row["data"], str) else json.dumps(row["data"]) for row in events)

    async def keys(self) -> int:
        """How many people of the agency can still be read."""
        query = "SELECT count(*) FROM subject_keys WHERE agency = $1 AND wrapped IS NOT NULL"
        async with self._runtime.system.acquire() as connection:
            return int(await connection.fetchval(query, self._agency))


@pytest_asyncio.fixture
async def control(servers: Stack, agency: str) -> AsyncIterator[Controlling]:
    """An attestation that is to be controlled."""
    async with visits_here(servers) as (runtime, http):
        yield Controlling(runtime, http, agency)


def people(*sizes: int) -> list[dict[str, str]]:
    return [
        {"code": f"{mark[0].upper()}-{number}", "name": f"Name of {mark} {number}", "standing": mark}
        for mark, size in zip((*MARKS, "fail"), sizes, strict=False)
        for number in range(size)
    ]


def table(rows: Sequence[dict[str, Any]]) -> str:
    columns = list(rows[0])
    return "\n".join([",".join(columns), *(",".join(str(row[column]) for column in columns) for row in rows)])


@pytest.mark.clause(RULEBOOK, "24 (a)", "24 (c)", "24 (d)", "25", "35")
async def test_a_control_from_the_list_to_the_figures(control: Controlling) -> None:
    today = await control.opens()
    await control.controls()
    assert await control.open_to(Role.institution_officer) == {"list_learners"}
    assert await control.open_to(Role.expert, "aida") == set()
    learners = people(25, 50, 25, 7)
    await control.done("learners", {"learners": learners}, **OFFICER)
    assert await control.open_to(Role.expert, "aida") == {"draw_sample"}
    assert (await control.post(control.path("sample"), {}, **STRANGER)).status_code == 403
    await control.done("sample", {"seed": "2026"}, **MEMBER)

    sample = (await control.get("sample", **MEMBER)).json()
    assert [(each["standing"], each["quota"], each["drawn"]) for each in sample["shares"]] == [
        ("excellent", "25/2", 13),
        ("good", "25", 25),
        ("satisfactory", "25/2", 12),
    ]
    everybody = await control.shown(**MEMBER)
    assert {each["code"] for each in everybody.values()} == {each["code"] for each in learners}
    for share in sample["shares"]:
        of_mark = [each["learner_id"] for each in everybody.values() if each["standing"] == share["standing"]]
        drawn = {each["learner_id"] for each in sample["learners"] if each["standing"] == share["standing"]}
        assert drawn == set(in_lot(of_mark, sample["seed"])[: share["drawn"]]), "as the algorithm that is told draws it"

    results = [{"code": each["code"], "took_part": True, "right": 88, "questions": 100} for each in sample["learners"]]
    results[47:] = [{"code": each["code"], "took_part": False} for each in results[47:]]
    for each in results[:14]:
        each["right"] = 59
    assert (await control.post(control.path("results"), {"results": results, "source": "No. 4"}, **STRANGER)).status_code == 403
    await control.done("results", {"results": results, "source": "No. 4"}, **MEMBER)
    await control.done("conclusion", **MEMBER)

    found = (await control.get()).json()
    assert (found["stage"], found["sample"], found["took_part"], found["positive"], found["base"]) == ("concluded", 50, 47, 33, 47)
    assert (found["participation"], found["participation_met"]) == ("94.00", False)
    assert (found["positive_marks"], found["positive_met"]) == ("70.21", True)
    assert (found["marks"], found["concluded_on"]) == ({"excellent": 33, "fail": 14}, str(today))
    assert [each["control_id"] for each in (await control.read("controls"))["items"]] == [control.case_id]
    entries = (await control.get("history")).json()
    assert [each["type"] for each in entries] == ["ControlOpened", "LearnersListed", "SampleDrawn", "ResultsRecorded", "ControlConcluded"]
    assert [each["id"] for each in entries[2]["clauses"]] == ["24 (c)", "24 (d)"]
    assert await control.served_and_rebuilt_differ() == []


@pytest.mark.clause(RULEBOOK, "13.2")
async def test_a_control_of_an_attestation_that_left_the_schedule_takes_nothing_more_and_forgets_still(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    disciplines = {"disciplines": ["Law"], "outgoing_number": "17"}
    await control.done("learners", {"learners": people(2)}, **OFFICER)
    taken_out = contract.CloseAttestationVisit(agency=control._agency, attestation_id=control.attestation_id, reason="taken out")
    await close_attestation_visit(await control._as_lifecycle(), taken_out)
    acts: list[tuple[str, Any, dict[str, Any]]] = [
        ("discipline-proposal", disciplines, DIRECTOR),
        ("discipline-approval", {"act": "No. 9"}, DIRECTOR),
        ("learners", {"learners": people(3)}, OFFICER),
        ("sample", {}, MEMBER),
        ("results", {"results": [{"learner_id": "x", "took_part": False}], "source": "No. 4"}, MEMBER),
        ("conclusion", None, MEMBER),
    ]
    for act, body, who in acts:
        assert "taken out" in (await control.refused(act, body, **who))["detail"], act
    other = {"attestation_id": control.attestation_id, "unit": "7 A", "level": "technical_vocational", "form": "complex_testing"}
    assert "taken out" in (await control.post("/v1/controls", other)).json()["detail"]
    assert await control.open_to(Role.director) == {"forget_learners"}
    assert await control.open_to(Role.institution_officer) | await control.open_to(Role.expert, "aida") == set()
    await control.done("erasure", {"ground": "Nobody needs them any more."}, **DIRECTOR)
    assert await control.keys() == 0


async def test_names_are_sealed_and_only_the_body_and_the_commission_read_them(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    await control.done("learners", {"learners": people(2, 1)}, **OFFICER)
    await control.done("sample", {})
    for who in (DIRECTOR, MEMBER, {"role": Role.coordinator}, {"role": Role.authorised_body_officer}):
        assert {each["code"] for each in (await control.shown(**who)).values()} == {"E-0", "E-1", "G-0"}, who
    for who in (OFFICER, {"role": Role.auditor}):
        for each in [*(await control.shown(**who)).values(), *(await control.get("sample", **who)).json()["learners"]]:
            assert (each["code"], each["name"]) == (None, None), who
    assert (await control.get("sample", **STRANGER)).status_code == 404
    assert (await control.get("learners", **STRANGER)).status_code == 404
    stored = await control.stored()
    assert "Name of" not in stored
    assert "E-0" not in stored
    entries = (await control.get("history", role=Role.director)).json()
    listed = [each["learner_id"] for each in entries[1]["data"]["learners"]]
    assert listed == sorted(listed), "the place in the file tells nothing"


async def test_learners_are_forgotten_for_good_and_the_figures_stay(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    await control.done("learners", {"learners": people(2, 2)})
    await control.done("sample", {})
    everybody = await control.shown(**DIRECTOR)
    one = next(iter(everybody))
    assert (await control.post(control.path("erasure"), {"ground": "On request"})).status_code == 403
    await control.done("erasure", {"ground": "On request", "learners": [one]}, **DIRECTOR)
    assert await control.keys() == 3
    after = await control.shown(**DIRECTOR)
    assert (after[one]["code"], after[one]["name"]) == (FORGOTTEN, FORGOTTEN)
    assert {each["code"] for key, each in after.items() if key != one} == {each["code"] for key, each in everybody.items() if key != one}

    results = [{"learner_id": each, "took_part": True, "right": 3, "questions": 4} for each in everybody]
    by_code = [{"code": everybody[each]["code"], "took_part": True, "right": 3, "questions": 4} for each in everybody]
    problem = await control.refused("results", {"results": by_code, "source": "No. 4"})
    assert {"#/results/0/code"} <= {each["pointer"] for each in problem["errors"]}, "nobody knows that code any more"
    await control.done("results", {"results": results, "source": "No. 4"})
    await control.done("conclusion")
    for _ in range(2):
        await control.done("erasure", {"ground": "The decision is final"}, **DIRECTOR)
        assert await control.keys() == 0
    assert {each["name"] for each in (await control.shown(**DIRECTOR)).values()} == {FORGOTTEN}
    found = (await control.get()).json()
    assert (found["stage"], found["took_part"], found["positive_marks"]) == ("concluded", 4, "100.00")
    assert await control.served_and_rebuilt_differ() == []


async def test_whom_only_an_earlier_list_named_is_forgotten_and_who_is_refused_is_named_nowhere(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    await control.done("learners", {"learners": people(3)})
    await control.done("learners", {"learners": people(0, 2)})
    assert {each["code"] for each in (await control.shown(**DIRECTOR)).values()} == {"G-0", "G-1"}
    assert await control.keys() == 2
    twice = [*people(1), *people(1)]
    problem = await control.refused("learners", {"learners": twice})
    assert [each["pointer"] for each in problem["errors"]] == ["#/learners/1/code"]
    wrong = await control.refused("learners", {"learners": [{"code": "a", "standing": "splendid"}]})
    assert [each["pointer"] for each in wrong["errors"]] == ["#/learners/0/standing"]
    assert await control.keys() == 2
    assert await control.served_and_rebuilt_differ() == []


async def test_the_same_list_sent_again_with_its_key_names_nobody_twice(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    first = await control.sends("learners", table(people(2, 1)), key="the-list", role=Role.institution_officer)
    assert first.status_code == 200, first.text
    again = await control.sends("learners", table(people(2, 1)), key="the-list", role=Role.institution_officer)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await control.keys() == 3
    other = await control.sends("learners", table(people(2, 2)), key="the-list", role=Role.institution_officer)
    assert other.status_code == 422, other.text


@pytest.mark.clause(RULEBOOK, "24 (c)", "25")
async def test_results_come_from_a_file_and_wrong_lines_are_named(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    answer = await control.sends("learners", "Код;ФИО;Успеваемость\nA-1;Айгуль;отлично\nA-2;Берик;жақсы\nA-3;;fail\n")
    assert answer.status_code == 200, answer.text
    assert {each["standing"] for each in (await control.shown(**DIRECTOR)).values()} == {"excellent", "good", "fail"}
    wrong = await control.sends("learners", "code,standing\nA-1,splendid\n,good\n")
    assert (wrong.status_code, {each["pointer"] for each in wrong.json()["errors"]}) == (422, {"#/line/3/code"})
    await control.done("sample", {})

    head = "code,took_part,right,questions\n"
    bad = {
        "#/line/2/code": "Z-9,yes,1,2\nA-2,yes,1,2\nA-3,no,,\n",
        "#/line/4/code": "A-1,yes,1,2\nA-2,yes,1,2\nA-2,no,,\n",
        "#/line/3/right": "A-1,yes,1,2\nA-2,yes,3,2\nA-3,no,,\n",
        "#/line/3/took_part": "A-1,yes,1,2\nA-2,perhaps,1,2\nA-3,no,,\n",
        "#/results": "A-1,yes,1,2\nA-2,yes,1,2\n",
    }
    for pointer, lines in bad.items():
        answer = await control.sends("results", head + lines, source="No. 4")
        assert answer.status_code == 422, answer.text
        assert pointer in {each["pointer"] for each in answer.json()["errors"]}
    assert (await control.get()).json()["stage"] == "drawn", "nothing is recorded"
    key = uuid4().hex
    for _ in range(2):
        answer = await control.sends("results", head + "A-1,да,9,10\nA-2,yes,7,10\nA-3,no,,\n", source="No. 4", key=key)
        assert answer.status_code == 200, answer.text
    marks = {each["code"]: each["mark"] for each in (await control.shown(**DIRECTOR)).values()}
    assert marks == {"A-1": "excellent", "A-2": "satisfactory", "A-3": None}
    found = (await control.get()).json()
    assert (found["round"], len(found["file_hash"])) == (1, 64)


@pytest.mark.clause(RULEBOOK, "24 (b)")
async def test_disciplines_of_higher_education_are_approved_before_results(control: Controlling) -> None:
    today = await control.opens(level="higher")
    await control.controls(level="higher")
    await control.done("learners", {"learners": people(1)})
    await control.done("sample", {})
    results = {"results": [{"code": "E-0", "took_part": True, "right": 9, "questions": 10}], "source": "No. 4"}
    assert (await control.refused("results", results))["clause"] == "24 (b)"
    assert (await control.refused("discipline-approval", {"act": "No. 9"}, **DIRECTOR))["clause"] == "24 (b)"
    await control.done("discipline-proposal", {"disciplines": ["Civil law"], "outgoing_number": "17"})
    assert (await control.post(control.path("discipline-approval"), {"act": "No. 9"})).status_code == 403
    await control.done("discipline-approval", {"act": "No. 9"}, **DIRECTOR)
    await control.done("results", results)
    slip = {"version": 5, "corrected": {"act": "No. 10"}, "reason": "Typed"}
    assert (await control.post(control.path("corrections"), slip)).status_code == 403
    await control.done("corrections", slip, **DIRECTOR)
    found = (await control.get()).json()
    assert (found["act"], found["approved_on"]) == ("No. 10", str(today))
    assert await control.served_and_rebuilt_differ() == []


@pytest.mark.clause(RULEBOOK, "26 (a)", "26 (b)")
async def test_other_works_wait_for_the_joint_commission(control: Controlling) -> None:
    today = await control.opens()
    await control.controls("control_work")
    await control.done("learners", {"learners": people(1, 1)})
    await control.done("sample", {})
    works = [{"code": "E-0", "took_part": True, "mark": "good"}, {"code": "G-0", "took_part": True, "right": 3, "questions": 5}]
    assert (await control.refused("results", {"results": works, "source": "Protocol"}))["clause"] == "26 (a)"
    ids = {"attestation_id": control.attestation_id, "institution_id": "kaznu"}
    joint = contract.JointCommissionFormed(
        **ids, chair_id="aida", member_id="aida", teacher_id="t-1", teacher="A teacher", approved_on=today
    )
    context = await control._as_lifecycle()
    await context.execute(PAST, control.attestation_id, context.command(Record, facts=(joint,)))
    await control.done("results", {"results": works, "source": "Protocol"}, **MEMBER)
    await control.done("conclusion")
    found = (await control.get()).json()
    assert (found["by_joint_commission"], found["marks"], found["positive"]) == (True, {"good": 1, "positive": 1}, 2)


@pytest.mark.clause(RULEBOOK, "24 (c)")
async def test_where_the_text_is_silent_a_person_decides(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    await control.done("learners", {"learners": people(10, 10, 10, 40)})
    problem = await control.refused("sample", {})
    assert (problem["clause"], problem["setting"]) == ("24 (c)", "specialty_control_of_fewer")
    await control.done("sample", {"take": "filled", "ruling": "The commission fills it up by lot."})
    sample = (await control.get("sample")).json()
    assert (len(sample["learners"]), sample["ruling"], sample["whole"]) == (50, "The commission fills it up by lot.", False)
    assert [(each["standing"], each["drawn"]) for each in sample["shares"]] == [
        ("excellent", 10),
        ("good", 10),
        ("satisfactory", 10),
        ("fail", 20),
    ]


async def test_another_institution_and_another_commission_see_and_say_nothing(control: Controlling) -> None:
    await control.opens()
    await control.controls()
    assert (
        await control.post("/v1/controls", {"attestation_id": "none", "unit": "L", "level": "higher", "form": "essay"})
    ).status_code == 404
    for act in ("", "history", "learners", "sample"):
        assert (await control.get(act, **STRANGER)).status_code == 404, act
    for act, body in (("learners", {"learners": people(1)}), ("conclusion", None)):
        answer = await control._http.post(
            f"/v1/controls/none/{act}",
            json=body,
            headers={**control._headers(Role.coordinator, None), "idempotency-key": "k", "if-match": "*"},
        )
        assert answer.status_code == 404
