"""An attestation's commission over REST, from its approval to the end of its work, and by its activity: real servers, this day's clock."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from chassis.auth import Role
from chassis.ids import derived_id
from chassis.issuer import development_token
from cli.supervisor import Stack
from regulations import load, local_date
from services.visits import contract
from services.visits.activities import activities
from services.visits.handlers_commission import open_attestation_visit
from tests.visits.commissions import ATTESTATION, OBJECTS
from tests.visits.test_iqaa_over_rest import visits_here
from tests.visits.test_monitoring_over_rest import Monitoring

POOL = ("aigul", "bolat", "saule", "nurlan")
OFFICER, DIRECTOR, UNIVERSITY = ({"role": role} for role in (Role.authorised_body_officer, Role.director, Role.institution_officer))
CHAIR: dict[str, Any] = {"role": Role.expert, "subject": "aigul"}
DAY = timedelta(days=1)


class Commission(Monitoring):
    """The commission of one attestation."""

    def path(self, act: str) -> str:
        return f"/v1/attestation-visits/{self.case_id}" + (f"/{act}" if act else "")

    def request(self, starts_on: date, **fields: Any) -> contract.OpenAttestationVisit:
        ids = {"agency": self._agency, "attestation_id": self.case_id, "institution_id": "kaznu"}
        told = {"kind": "planned", "levels": ("higher",), "state_owned": True, "starts_on": starts_on, "ends_on": starts_on + 6 * DAY}
        return contract.OpenAttestationVisit(**ids, rulebook=load(ATTESTATION).ref, **{**told, **fields})

    async def awaited(self, ahead: int = 0, **fields: Any) -> date:
        """As the lifecycle opens it; the local day."""
        context = await self._as_lifecycle()
        today = local_date(context.at, load(ATTESTATION).zone)
        self.case_id = derived_id("attestation", uuid4().hex, str(today.year), "planned")
        for _ in range(2):
            await open_attestation_visit(context, self.request(today + ahead * DAY, **fields))
        return today


@pytest_asyncio.fixture
async def commission(servers: Stack, agency: str) -> AsyncIterator[Commission]:
    """A commission that is to be formed, with a pool of experts."""
    async with visits_here(servers) as (runtime, http):
        found = Commission(runtime, http, agency)
        for expert_id in POOL:
            answer = await found.post("/v1/experts", {"expert_id": expert_id, "name": f"Name of {expert_id}"})
            assert answer.status_code == 201, answer.text
        yield found


def seat(expert_id: str, *groups: str, body: bool = False) -> dict[str, Any]:
    return {"expert_id": expert_id, "groups": list(groups), "of_authorised_body": body}


SEATS = [
    seat("aigul", "authorised_bodies", body=True),
    seat("bolat", "body_in_charge"),
    seat("saule", "education_organisations", "leading_teachers"),
]


def approval(**fields: Any) -> dict[str, Any]:
    return {"members": SEATS, "chair_id": "aigul", "order_number": "21", **fields}


def tasks() -> list[dict[str, Any]]:
    return [{"object": word, "expert_id": POOL[n % 3], "methods": ["documents"]} for n, word in enumerate(OBJECTS)]


def note(word: str, **fields: Any) -> dict[str, Any]:
    told = {"methods": ["documents"], "indicators": "So.", "shortcomings": [], "recommendations": "None.", "conclusions": "So."}
    return {"object": word, "conforms": True, **told, **fields}


MEETING = {"meeting": "Academic council", "tasks": tasks(), "acts": ["Law on education"]}
ASKED = {"respondents": [{"group": "learners", "asked": 40, "answered": 31, "results": "So."}], "conducted_by": "The commission"}
TEACHER = {"member_id": "nurlan", "teacher_id": "s.umarova", "teacher": "Saule Umarova"}


@pytest.mark.clause(ATTESTATION, "4", "6", "16", "17 (a)", "17 (b)", "18.1", "18.3", "19", "20", "22", "23", "26 (a)", "28", "29")
async def test_a_commission_from_its_approval_to_the_end_of_its_work(commission: Commission) -> None:
    today = await commission.awaited()
    assert await commission.open_to(Role.coordinator) == set(), "the authorised body approves it"
    assert await commission.open_to(Role.authorised_body_officer) == {"commission"}
    assert (await commission.post(commission.path("commission"), approval())).status_code == 403
    assert (await commission.refused("commission", approval(chair_id="saule"), **OFFICER))["clause"] == "17 (b)"
    assert (await commission.post(commission.path("commission"), approval(chair_id="nobody"), **OFFICER)).status_code == 422
    await commission.done("commission", approval(members=SEATS[:2]), **OFFICER)
    shown = (await commission.get()).json()
    assert (shown["stage"], shown["lacking"], shown["approved_late"]) == ("formed", ["education_community"], True)
    assert shown["approval_due_on"] == str(today - 10 * DAY)
    change = {"joined": SEATS[2], "reasons": "One was lacking.", "order_number": "22"}
    await commission.done("replacements", change, **DIRECTOR)

    assert await commission.open_to(Role.expert, "bolat") == set()
    assert await commission.open_to(Role.expert, "aigul") == {"tasks", "beginning", "joint-commission"}
    assert (await commission.post(commission.path("beginning"), {}, role=Role.expert, subject="bolat")).status_code == 403
    assert (await commission.refused("tasks", {**MEETING, "tasks": tasks()[:-1]}, **CHAIR))["missing"] == [OBJECTS[-1]]
    await commission.done("beginning", {"languages": ["state", "russian"]}, **CHAIR)
    assert (await commission.refused("notes", note(OBJECTS[0]), **CHAIR))["clause"] == "20"
    await commission.done("tasks", MEETING, **CHAIR)
    await commission.done("progress", {"progress": "Half of it."}, role=Role.expert, subject="saule")

    assert (await commission.refused("notes", note(OBJECTS[0]), role=Role.expert, subject="saule"))["clause"] == "23"
    named = {"expert_id": "bolat"}
    assert (await commission.post(commission.path("notes"), note(OBJECTS[1]))).status_code == 422, "whose note a coordinator records"
    assert (await commission.post(commission.path("notes"), {**note(OBJECTS[1]), **named}, **CHAIR)).status_code == 422
    await commission.done("notes", {**note(OBJECTS[1], conforms=False), **named})
    assert (await commission.refused("end", {}, **CHAIR))["clause"] == "7.1"

    left = {"left": "saule", "joined": seat("nurlan", "leading_teachers"), "reasons": "Ill.", "order_number": "23"}
    await commission.done("replacements", left, **OFFICER)
    assert (await commission.get(role=Role.expert, subject="saule")).status_code == 404
    await commission.done("joint-commission", TEACHER, **CHAIR)
    await commission.done("questionnaires", {**ASKED, "organisations": [{"kind": "student", "name": "Students' union"}]}, **CHAIR)
    await commission.done("results-analysis", {"analysis": "So."}, role=Role.expert, subject="nurlan")
    for task in (await commission.get()).json()["tasks"]:
        if task["note_on"] is None:
            await commission.done("notes", note(task["object"]), role=Role.expert, subject=task["expert_id"])
    assert (await commission.get()).json()["awaits"] is None
    await commission.done("end", {}, **CHAIR)

    shown = (await commission.get()).json()
    assert (shown["stage"], shown["ended_on"], shown["notes"], shown["languages"]) == ("ended", str(today), 11, ["state", "russian"])
    assert [(each["expert_id"], bool(each["left_on"])) for each in shown["members"]] == [
        ("aigul", False),
        ("bolat", False),
        ("nurlan", False),
        ("saule", True),
    ]
    assert (shown["not_conforming"], shown["unassigned"]) == ([OBJECTS[1]], [])
    assert {task["expert_id"] for task in shown["tasks"]} == {"aigul", "bolat", "nurlan"}
    assert [each["uninvited"] for each in shown["questionnaires"]] == [["youth", "public"]]
    assert (shown["joint_commission"]["teacher"], shown["analysis"], shown["order_number"]) == ("Saule Umarova", "So.", "21")
    assert await commission.served_and_rebuilt_differ() == []


async def test_an_officer_who_is_an_expert_elsewhere_sees_no_papers_either(commission: Commission) -> None:
    await commission.awaited()
    await commission.done("commission", approval(), **OFFICER)
    await commission.done("tasks", MEETING, **CHAIR)
    await commission.done("beginning", {}, **CHAIR)
    await commission.done("notes", note(OBJECTS[0]), **CHAIR)
    settings, told = commission._runtime.settings, {"agency": commission._agency, "institution": "kaznu"}
    for subject, sees in (("nurlan", False), ("bolat", True)):
        token = development_token(settings, subject=subject, roles=[Role.institution_officer, Role.expert], **told)
        headers = {"authorization": f"Bearer {token}"}
        shown = (await commission._http.get(commission.path(""), headers=headers)).json()
        entries = (await commission._http.get(commission.path("history"), headers=headers)).json()
        assert (shown["written"] is not None, "NoteHandedOver" in [each["type"] for each in entries]) == (sees, sees)


async def test_an_institution_sees_its_commission_and_not_its_papers(commission: Commission) -> None:
    await commission.awaited()
    await commission.done("commission", approval(), **OFFICER)
    await commission.done("beginning", {}, **CHAIR)
    await commission.done("tasks", MEETING, **CHAIR)
    await commission.done("notes", note(OBJECTS[0]), **CHAIR)
    await commission.done("joint-commission", {**TEACHER, "member_id": "bolat"}, **CHAIR)
    seen = (await commission.get(**UNIVERSITY)).json()
    assert (seen["stage"], seen["written"], seen["not_conforming"], seen["questionnaires"]) == ("working", None, None, None)
    assert (seen["joint_commission"]["teacher_id"], seen["joint_commission"]["teacher"]) == ("s.umarova", None)
    assert seen["allowed_actions"] == []
    told = [entry["type"] for entry in (await commission.get("history", **UNIVERSITY)).json()]
    assert told == ["AttestationVisitOpened", "AttestationCommissionFormed", "AttestationWorkBegan", "AttestationTasksAssigned"]
    entries = (await commission.get("history")).json()
    assert [entry["type"] for entry in entries][-2:] == ["NoteHandedOver", "JointCommissionFormed"]
    assert {clause["id"] for clause in entries[1]["clauses"]} == {"16", "17 (a)", "17 (b)", "18.1", "18.2", "18.3"}


@pytest.mark.clause(ATTESTATION, "16")
async def test_other_days_are_taken_over_and_a_slip_is_put_right(commission: Commission) -> None:
    today = await commission.awaited(30)
    await commission.done("commission", approval(approved_on=str(today - DAY)), **OFFICER)
    correction = {"version": 2, "corrected": {"approved_on": str(today), "order_number": "21-a"}, "reason": "A slip."}
    assert (await commission.post(commission.path("corrections"), correction)).status_code == 403
    await commission.done("corrections", correction, **DIRECTOR)
    await open_attestation_visit(await commission._as_lifecycle(), commission.request(today + 60 * DAY))
    shown = (await commission.get()).json()
    assert (shown["starts_on"], shown["stage"], shown["order_number"]) == (str(today + 60 * DAY), "formed", "21-a")
    assert (shown["approved_on"], shown["approved_late"], shown["version"]) == (str(today), False, 4)
    assert (await commission.refused("beginning", {}, **CHAIR))["clause"] == "12"
    assert await commission.served_and_rebuilt_differ() == []


@pytest.mark.clause(ATTESTATION, "16")
async def test_the_list_is_narrowed_and_shows_to_each_what_is_his(commission: Commission) -> None:
    days = {}
    for ahead, kind in ((3, "planned"), (1, "extraordinary"), (2, "planned")):
        days[ahead] = str(await commission.awaited(ahead, kind=kind) + ahead * DAY)
        if ahead == 2:
            await commission.done("commission", approval(), **OFFICER)
    listed = await commission.listed("attestation-visits")
    assert [(each["starts_on"], each["kind"]) for each in listed] == [
        (days[1], "extraordinary"),
        (days[2], "planned"),
        (days[3], "planned"),
    ]
    for narrow, found in (
        (f"starts_from={days[2]}", 2),
        (f"starts_until={days[2]}", 2),
        ("kind=planned", 2),
        ("stage=formed", 1),
        ("institution_id=enu", 0),
    ):
        assert len((await commission.read(f"attestation-visits?{narrow}"))["items"]) == found, narrow
    newest = await commission.read("attestation-visits?sort=-starts_on")
    assert [each["starts_on"] for each in newest["items"]] == [days[3], days[2], days[1]]
    mine = await commission._http.get("/v1/attestation-visits", headers=commission._headers(Role.expert, "bolat"))
    assert [each["starts_on"] for each in mine.json()["items"]] == [days[2]]


async def test_the_lifecycle_opens_it_through_the_activity(commission: Commission) -> None:
    (opens,) = [each for each in activities(commission._runtime) if each.__name__ == "open_attestation_visit"]
    today = await commission.awaited()
    commission.case_id = derived_id("attestation", uuid4().hex)
    for _ in range(2):
        await ActivityEnvironment().run(opens, commission.request(today))
    assert (await commission.get()).json()["version"] == 1


@pytest.mark.clause(ATTESTATION, "13.2")
async def test_what_is_taken_out_of_the_schedule_is_closed_by_the_lifecycle_and_takes_nothing_more(commission: Commission) -> None:
    (closes,) = [each for each in activities(commission._runtime) if each.__name__ == "close_attestation_visit"]
    today = await commission.awaited()
    taken_out = {"agency": commission._agency, "reason": "the attestation was taken out of the schedule"}
    await ActivityEnvironment().run(closes, contract.CloseAttestationVisit(attestation_id=derived_id("attestation", "none"), **taken_out))
    await commission.done("commission", approval(), **OFFICER)
    for _ in range(2):
        await ActivityEnvironment().run(closes, contract.CloseAttestationVisit(attestation_id=commission.case_id, **taken_out))
    shown = (await commission.get()).json()
    assert (shown["stage"], shown["closed_on"], shown["closed_because"], shown["version"]) == ("closed", str(today), taken_out["reason"], 3)
    assert await commission.open_to(Role.authorised_body_officer) | await commission.open_to(Role.expert, "aigul") == set()
    for act, body, who in (("replacements", {"left": "saule", "reasons": "Ill.", "order_number": "23"}, OFFICER), ("beginning", {}, CHAIR)):
        assert taken_out["reason"] in (await commission.refused(act, body, **who))["detail"]
    assert [each["stage"] for each in (await commission.read("attestation-visits?stage=closed"))["items"]] == ["closed"]
    assert await commission.served_and_rebuilt_differ() == []
