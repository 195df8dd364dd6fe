"""The conclusion of an attestation commission over REST, from the chair's draft to the second copy, and the check at the end of a
suspension, through its activity: real servers, this day's clock."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from chassis.auth import Role
from chassis.decider import Decider, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from cli.supervisor import Stack
from regulations import load, local_date
from services.visits import contract
from services.visits.activities import activities
from services.visits.domain.commission import ATTESTATION_VISIT
from services.visits.domain.control import CONTROL
from services.visits.domain.recheck import RECHECK
from tests.visits.test_iqaa_over_rest import Record, document, visits_here
from tests.visits.test_monitoring_over_rest import Monitoring

ATTESTATION = "kz-109-2008-attestation"
BOOK = load(ATTESTATION)
DAY = timedelta(days=1)
DIRECTOR, OFFICER = {"role": Role.director}, {"role": Role.authorised_body_officer}
CHAIR, MEMBER, STRANGER = ({"role": Role.expert, "subject": name} for name in ("aida", "bakyt", "cholpon"))
SECTIONS = [{"section": word, "text": "So."} for word in BOOK.contents["conclusion"] if word != "creative_activity"]
ASKED = {
    "sections": SECTIONS,
    "recommendation": "attest",
    "specialties": [{"specialty": "law", "recommendation": "attest", "text": "So."}],
    "attachments": [{"attachment": "charter", "document": document("charter")}],
    "document": document("conclusion"),
}


def of_past(of: Decider[Any, Any]) -> Decider[Any, None]:
    return Decider(of.category, of.initial, lambda command, _state, _rules: command.facts, of.evolve, no_rules)


class Concluding(Monitoring):
    """The conclusion of one attestation, or the check at the end of a suspension."""

    resource = "attestation-conclusions"

    def path(self, act: str) -> str:
        return f"/v1/{self.resource}/{self.case_id}" + (f"/{act}" if act else "")

    @property
    def ids(self) -> dict[str, str]:
        return {"attestation_id": self.attestation_id, "institution_id": "kaznu"}

    async def past(self, of: Decider[Any, Any], id_: str, *facts: Event, create: bool = True) -> None:
        context = await self._as_lifecycle()
        await context.execute(of_past(of), id_, context.command(Record, facts=facts), create=create)

    async def studied(self, *, ended: bool = True) -> date:
        """A commission of two that has ended its work, and a control that is concluded; the local day."""
        context = await self._as_lifecycle()
        today = local_date(context.at, BOOK.zone)
        self.case_id = self.attestation_id = derived_id("attestation", uuid4().hex, "2026", "planned")
        law = contract.AttestedSpecialty(code="law", name="Law", level="higher")
        visit = {"kind": "planned", "levels": ("higher",), "specialties": (law,), "state_owned": True}
        days = {"starts_on": today, "ends_on": today, "opened_on": today}
        members = tuple(contract.Commissioner(expert_id=name, groups=("authorised_bodies",)) for name in ("aida", "bakyt"))
        facts: list[Event] = [
            contract.AttestationVisitOpened(**self.ids, rulebook=BOOK.ref, **visit, **days),
            contract.AttestationCommissionFormed(**self.ids, members=members, chair_id="aida", order_number="17", approved_on=today),
            contract.AttestationWorkBegan(**self.ids, started_on=today),
        ]
        await self.past(ATTESTATION_VISIT, self.attestation_id, *facts, *([self.end(today)] if ended else []))
        for unit in ("A", "B"):
            await self.controlled(unit, today, concluded=unit == "A")
        return today

    def end(self, today: date) -> Event:
        return contract.AttestationWorkEnded(**self.ids, started_on=today, ended_on=today)

    async def controlled(self, unit: str, today: date, *, concluded: bool) -> None:
        about = {"control_id": derived_id("control", self.attestation_id, unit), **self.ids, "specialty": "law", "unit": unit}
        form = "complex_testing"
        opened = contract.ControlOpened(**about, rulebook=BOOK.ref, level="higher", form=form, opened_on=today)
        counts = {"sample": 50, "took_part": 48, "positive": 34, "base": 48, "participation": "96", "positive_marks": "70.83"}
        told = {**counts, "participation_met": True, "positive_met": True, "marks": {"good": 34}, "concluded_on": today}
        last = [contract.ControlConcluded(**about, form=form, **told)] if concluded else []
        await self.past(CONTROL, about["control_id"], opened, *last)


@pytest_asyncio.fixture
async def concluding(servers: Stack, agency: str) -> AsyncIterator[Concluding]:
    """An agency with a pool of experts."""
    async with visits_here(servers) as (runtime, http):
        found = Concluding(runtime, http, agency)
        for expert_id in ("aida", "bakyt", "cholpon"):
            answer = await found.post("/v1/experts", {"expert_id": expert_id, "name": f"Name of {expert_id}"})
            assert answer.status_code == 201, answer.text
        yield found


@pytest.mark.clause(ATTESTATION, "9", "30.1", "30.13", "31", "32.7")
async def test_a_conclusion_from_the_draft_to_the_second_copy(concluding: Concluding) -> None:
    today = await concluding.studied(ended=False)
    assert await concluding.open_to(Role.expert, "aida") == set(), "the work has not ended"
    await concluding.past(ATTESTATION_VISIT, concluding.attestation_id, concluding.end(today), create=False)
    assert await concluding.open_to(Role.expert, "aida") == {"drafts"}
    assert await concluding.open_to(Role.expert, "bakyt") == set()
    awaited = await concluding.get()
    assert (awaited.headers["etag"], awaited.json()["stage"], awaited.json()["round"]) == ('"0"', None, 0)
    assert awaited.json()["asked"] == [each["section"] for each in SECTIONS]
    assert [each["unit"] for each in awaited.json()["open_controls"]] == ["B"]
    assert (await concluding.post(concluding.path("drafts"), ASKED, **MEMBER)).status_code == 403
    assert (await concluding.post(concluding.path("drafts"), ASKED, **STRANGER)).status_code == 404
    problem = await concluding.refused("drafts", {**ASKED, "sections": SECTIONS[1:]}, **CHAIR)
    assert (problem["clause"], problem["missing"]) == ("30.1", ["general_description"])
    assert (await concluding.refused("drafts", {**ASKED, "specialties": []}, **CHAIR))["clause"] == "30.13"
    await concluding.done("drafts", ASKED, **CHAIR)

    shown = (await concluding.get()).json()
    assert (shown["stage"], shown["unsigned"], len(shown["missing_attachments"])) == ("drawn_up", ["aida", "bakyt"], 7)
    assert [(each["unit"], each["positive_marks"]) for each in shown["figures"]] == [("A", "70.83")]
    assert (await concluding.get(role=Role.institution_officer)).status_code == 404, "not before all have signed"
    await concluding.done("signatures", {}, **CHAIR)
    assert await concluding.open_to(Role.expert, "aida") == {"drafts"}
    assert (await concluding.post(concluding.path("signatures"), {}, **STRANGER)).status_code == 404
    assert (await concluding.post(concluding.path("signatures"), {"expert_id": "bakyt"}, **CHAIR)).status_code == 422
    assert (await concluding.post(concluding.path("signatures"), {})).status_code == 422, "whose?"
    assert (await concluding.refused("signatures", {"expert_id": "cholpon"}))["clause"] == "31"
    assert (await concluding.refused("second-copy", {"confirmed": True}))["clause"] == "31"
    await concluding.done("signatures", {"expert_id": "bakyt"})
    done = (await concluding.get(role=Role.institution_officer)).json()
    assert (done["stage"], done["copies"], done["signed_on"], done["unsigned"]) == ("signed", 2, str(today), [])
    assert await concluding.open_to(Role.authorised_body_officer) == {"second-copy"}
    assert (await concluding.refused("second-copy", {"confirmed": False}, **OFFICER))["clause"] == "31"
    await concluding.done("second-copy", {"confirmed": True, "document": document("receipt")}, **OFFICER)

    entries = (await concluding.get("history")).json()
    assert [each["type"] for each in entries] == [
        *("ConclusionDrawnUp", "ConclusionSigned", "ConclusionSigned", "ConclusionCompleted", "SecondCopyHandedOver")
    ]
    assert [each["id"] for each in entries[-1]["clauses"]] == ["31"]
    assert [each["attestation_id"] for each in await concluding.listed("attestation-conclusions")] == [concluding.attestation_id]
    wrong = {"version": 5, "corrected": {"received_on": str(today - DAY)}, "reason": "A slip"}
    assert (await concluding.post(concluding.path("corrections"), wrong, **DIRECTOR)).status_code == 409
    assert await concluding.served_and_rebuilt_differ() == []


async def test_a_second_draft_is_signed_anew_and_the_rows_are_as_after_a_rebuild(concluding: Concluding) -> None:
    await concluding.studied()
    await concluding.done("drafts", ASKED)
    await concluding.done("signatures", {}, **MEMBER)
    await concluding.done("drafts", {**ASKED, "recommendation": "not_attest"})
    shown = (await concluding.get(role=Role.expert, subject="bakyt")).json()
    assert (shown["round"], shown["recommendation"], shown["unsigned"]) == (2, "not_attest", ["aida", "bakyt"])
    listed = await concluding.read("attestation-conclusions?stage=drawn_up&sort=-drawn_up_on")
    assert [each["round"] for each in listed["items"]] == [2]
    assert await concluding.served_and_rebuilt_differ() == []


@pytest.mark.clause(ATTESTATION, "35")
async def test_a_control_that_goes_badly_is_not_left_out_by_not_concluding_it(concluding: Concluding) -> None:
    today = await concluding.studied()
    about = {"control_id": derived_id("control", concluding.attestation_id, "B"), **concluding.ids}
    told = {"seed": "1", "whole": True, "shares": (), "drawn": ("one", "two"), "drawn_on": today}
    await concluding.past(CONTROL, about["control_id"], contract.SampleDrawn(**about, **told), create=False)
    assert await concluding.open_to(Role.coordinator) == set()
    assert (await concluding.refused("drafts", ASKED))["controls"] == [about["control_id"]]
    counts = {"sample": 2, "took_part": 1, "positive": 0, "base": 1, "participation": "50", "positive_marks": "0"}
    found = {**counts, "participation_met": False, "positive_met": False, "marks": {"fail": 1}, "concluded_on": today}
    concluded = contract.ControlConcluded(**about, specialty="law", unit="B", form="complex_testing", **found)
    await concluding.past(CONTROL, about["control_id"], concluded, create=False)
    await concluding.done("drafts", ASKED)
    assert sorted(each["unit"] for each in (await concluding.get()).json()["figures"]) == ["A", "B"]
    assert await concluding.open_to(Role.coordinator) == {"drafts", "signatures"}


@pytest.mark.clause(ATTESTATION, "36", "37")
async def test_a_check_is_opened_by_its_activity_and_held_after_the_suspension(concluding: Concluding) -> None:
    today = await concluding.studied()
    open_recheck = {each.__name__: each for each in activities(concluding._runtime)}["open_recheck"]
    told = {"agency": concluding._agency, **concluding.ids, "rulebook": BOOK.ref, "specialties": ("law",)}
    for _ in range(2):
        await _as_workflow(open_recheck, contract.OpenRecheck(**told, suspension_ends_on=today))
    concluding.resource, concluding.case_id = "rechecks", derived_id("recheck", concluding.attestation_id)
    assert await concluding.open_to(Role.authorised_body_officer) == {"commission"}
    assert await concluding.open_to(Role.coordinator) == set()
    assert (await concluding.refused("holding", _findings()))["clause"] == "36"
    seats = [{"expert_id": name, "groups": ["authorised_bodies"]} for name in ("aida", "cholpon")]
    body: dict[str, Any] = {"members": seats, "chair_id": "cholpon", "order_number": "44"}
    assert (await concluding.refused("commission", {**body, "sits_on": str(today)}, **OFFICER))["clause"] == "36"
    await concluding.done("commission", {**body, "sits_on": str(today + DAY)}, **OFFICER)
    assert await concluding.open_to(Role.expert, "cholpon") == {"holding"}
    assert (await concluding.get(role=Role.expert, subject="bakyt")).status_code == 404
    assert (await concluding.post(concluding.path("holding"), _findings(), role=Role.expert, subject="aida")).status_code == 403
    assert (await concluding.refused("holding", _findings(), **STRANGER))["clause"] == "36", "the suspension is not over"
    slip = {"version": 2, "corrected": {"order_number": "45"}, "reason": "A slip"}
    await concluding.done("corrections", slip, **DIRECTOR)
    assert (await concluding.get()).json()["order_number"] == "45"
    assert [each["stage"] for each in await concluding.listed("rechecks")] == ["commission_formed"]
    assert await concluding.served_and_rebuilt_differ() == []


async def test_a_check_that_was_held_is_told(concluding: Concluding) -> None:
    today = await concluding.studied()
    recheck_id = derived_id("recheck", concluding.attestation_id)
    opened = contract.RecheckOpened(
        recheck_id=recheck_id, **concluding.ids, rulebook=BOOK.ref, suspension_ends_on=today - DAY, opened_on=today - 9 * DAY
    )
    await concluding.past(RECHECK, recheck_id, opened)
    concluding.resource, concluding.case_id = "rechecks", recheck_id
    seats = [{"expert_id": "cholpon", "groups": ["authorised_bodies"]}]
    await concluding.done("commission", {"members": seats, "chair_id": "cholpon", "order_number": "44"}, **DIRECTOR)
    await concluding.done("holding", _findings(), **STRANGER)
    held = (await concluding.get(role=Role.institution_officer)).json()
    assert (held["stage"], held["verdict"], held["held_on"]) == ("held", "removed", str(today))
    assert [each["type"] for each in (await concluding.get("history")).json()][-1] == "RecheckHeld"
    assert await concluding.served_and_rebuilt_differ() == []


def _findings() -> dict[str, Any]:
    return {"verdict": "removed", "findings": "All are gone.", "document": document("act")}


async def _as_workflow(act: Any, request: Any) -> None:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, activity_id=uuid4().hex)
    await environment.run(act, request)
