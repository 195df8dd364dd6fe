"""The decision on a state attestation over REST and through its activities, from the conclusion to the licence: real servers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from chassis.auth import Role
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event, Recorded
from chassis.ids import derived_id
from chassis.readmodels import project
from chassis.rebuild import compare
from chassis.service import key_ring
from regulations import load, local_date
from services.council import contract
from services.council.activities import activities
from services.council.app import SERVICE
from services.council.contract import EndLicenceSuspension, KnowledgeFigures, OpenAttestationDecision, SpecialtyProposal
from services.council.domain.attestation import ATTESTATION_DECISION
from services.council.readmodels_attestations import decisions, fines
from services.visits.contract import RecheckHeld
from tests.council.test_resolution_over_rest import Desk, desk

__all__ = ["desk"]

ATTESTATION = "kz-109-2008-attestation"
BOOK = load(ATTESTATION)
DAY = timedelta(days=1)
OFFICER, DIRECTOR = Role.authorised_body_officer, Role.director
FILE = {"kind": "act", "name": "act.pdf", "sha256": "a" * 64}


class Record(Command):
    """Whatever has happened."""

    facts: tuple[Any, ...]


class Body:
    """The authorised body at its desk, with one attestation."""

    def __init__(self, at: Desk, today: date) -> None:
        self.desk = at
        self.today = today
        self.id = derived_id("attestation", uuid4().hex, "2026", "planned")
        self.about = f"attestation-decisions/{self.id}"
        self.does = {each.__name__: each for each in activities(at.runtime)}

    @classmethod
    async def at(cls, desk: Desk) -> Self:
        """This day is the rulebook's: at the desk's own it may be the next one already."""
        return cls(desk, local_date((await desk.context()).at, BOOK.zone))

    @property
    def ids(self) -> dict[str, str]:
        return {"attestation_id": self.id, "institution_id": "oshgu"}

    async def concluded(self, positive: int = 34, days_ago: int = 0) -> None:
        """The lifecycle brings the conclusion: asked twice."""
        counts: dict[str, Any] = {"sample": 50, "took_part": 48, "positive": positive, "base": 48}
        shares: dict[str, Any] = {"participation": "96", "positive_marks": "70", "participation_met": True, "positive_met": True}
        figures = KnowledgeFigures(control_id="c-1", specialty="law", unit="Law", form="complex_testing", **counts, **shares)
        request = OpenAttestationDecision(
            agency=self.desk.agency,
            **self.ids,
            rulebook=BOOK.ref,
            kind="planned",
            specialties=("law",),
            recommendation="attest",
            recommended=(SpecialtyProposal(specialty="law", recommendation="attest"),),
            figures=(figures,),
            conclusion_signed_on=self.today - days_ago * DAY,
        )
        for _ in range(2):
            await self.lifecycle("open_attestation_decision", request)

    async def lifecycle(self, act: str, request: Any) -> None:
        """An activity of its own each time: what is asked twice is found out by the command, not by its key."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, activity_id=uuid4().hex)
        await environment.run(self.does[act], request)

    async def past(self, *facts: Event) -> None:
        context = await self.desk.context()
        of = ATTESTATION_DECISION
        decider: Decider[Any, None] = Decider(of.category, of.initial, lambda command, _s, _r: command.facts, of.evolve, no_rules)
        await context.execute(decider, self.id, context.command(Record, facts=facts))

    async def did(self, act: str, body: Any, role: Role = OFFICER) -> None:
        await self.desk.accepted(f"{self.about}/{act}", body, role)

    async def refused(self, act: str, body: Any, clause: str, role: Role = OFFICER) -> dict[str, Any]:
        return await self.desk.refused(f"{self.about}/{act}", body, clause, role)

    async def shown(self, role: Role = Role.auditor) -> dict[str, Any]:
        return dict(await self.desk.get(self.about, role))

    async def open_to(self, role: Role) -> set[str]:
        return {each["path"].rpartition("/")[2] for each in (await self.shown(role))["allowed_actions"]}

    async def rechecked(self, verdict: str) -> None:
        """Visits told what the check found, as its subscription would project it."""
        recheck_id = derived_id("recheck", self.id)
        fact = {"findings": "So.", "document": FILE, "held_on": self.today}
        event = RecheckHeld.model_validate({"recheck_id": recheck_id, **self.ids, "verdict": verdict, **fact})
        now, stream = datetime.now(UTC), f"recheck-{recheck_id}"
        recorded = Recorded(event, str(uuid4()), "/kepil/visits", self.desk.agency, stream, 3, now, now, {})
        async with self.desk.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def is_as_rebuilt(self) -> bool:
        using, catalogues = self.desk.runtime.settings, SERVICE.catalogues
        for model in (decisions, fines):
            served, rebuilt = await compare(using, SERVICE.events, catalogues, model, lambda pool: key_ring(using, pool))
            if served != rebuilt:
                return False
        return True


def order(decision: str = "attest", law: str = "attest", **fields: Any) -> dict[str, Any]:
    apart = [{"specialty": "law", "decision": law}]
    return {"decision": decision, "specialties": apart, "conforms": True, "grounds": "So.", "order_number": "21", **fields}


@pytest.mark.clause(ATTESTATION, "9", "33", "35")
async def test_a_decision_to_attest_rests_on_the_figures(desk: Desk) -> None:
    body = await Body.at(desk)
    await body.concluded(positive=33)
    assert await body.open_to(Role.coordinator) == set()
    assert await body.open_to(OFFICER) == {"decision"}
    problem = await body.refused("decision", order(), "35")
    assert [(each["of"], each["met"]) for each in problem["figures"]] == [("participation", True), ("positive_marks", False)]
    assert (await desk.post(f"{body.about}/decision", order(), Role.coordinator)).status_code == 403
    other = await Body.at(desk)
    await other.concluded()
    await other.refused("decision", order(conforms=False), "35")
    await other.refused("decision", order(specialties=[]), "9")
    await other.did("decision", order())
    assert await other.open_to(DIRECTOR) == {"notice"}
    await other.refused("suspension", {"order_number": "22", "reasons": "So.", "until": str(body.today)}, "34")
    await other.did("notice", {"outgoing_number": "212"}, Role.coordinator)
    slip = {"version": 3, "corrected": {"outgoing_number": "213"}, "reason": "A slip."}
    await other.did("corrections", slip, DIRECTOR)
    shown = await other.shown(Role.institution_officer)
    assert (shown["stage"], shown["decision"], shown["outgoing_number"]) == ("decided", "attest", "213")
    assert [(each["part"], each["whole"], each["asked"]) for each in shown["measured"]] == [(48, 50, 95), (34, 48, 70)]
    listed = await desk.get("attestation-decisions?decision=attest&sort=-opened_on")
    assert [each["attestation_id"] for each in listed["items"]] == [other.id]
    entries = await desk.get(f"{other.about}/history")
    assert [each["id"] for each in entries[1]["clauses"]] == ["9", "33", "34", "35"]
    assert await body.is_as_rebuilt()


@pytest.mark.clause(ATTESTATION, "34", "36", "37")
async def test_a_licence_is_suspended_checked_and_restored(desk: Desk) -> None:
    body = await Body.at(desk)
    today = body.today
    await body.concluded(days_ago=9)
    no = {"decision": "not_attest", "law": "not_attest"}
    await body.refused("decision", order(**no), "33")
    await body.did("decision", order(**no, reading_departure="New facts."))
    assert await body.open_to(OFFICER) == {"notice", "suspension", "fine-referral"}
    suspension = {"order_number": "22", "reasons": "So."}
    await body.refused("suspension", suspension, "34")
    await body.refused("suspension", {**suspension, "until": str(today + 190 * DAY)}, "34")
    await body.did("suspension", {**suspension, "until": str(today)})
    fine = {"referred_to": "The court", "addressee": "official"}
    for number in ("213", "214"):
        await body.did("fine-referral", {**fine, "outgoing_number": number})
    assert await body.open_to(OFFICER) == {"notice", "fine-referral"}, "no check was held, and the six months run"
    await body.refused("restoration", {"order_number": "46"}, "37")
    await body.refused("deprivation-referral", {"referred_to": "The court", "outgoing_number": "390", "reasons": "So."}, "38")
    await body.rechecked("removed")
    assert await body.open_to(OFFICER) == {"notice", "fine-referral", "restoration"}
    await body.refused("restoration", {}, "37")
    await body.did("restoration", {"order_number": "46"})
    shown = await body.shown(Role.institution_officer)
    assert (shown["stage"], shown["restored_on"], shown["recheck"]["verdict"]) == ("restored", str(today), "removed")
    assert [each["outgoing_number"] for each in shown["fines"]] == ["213", "214"]
    assert await body.is_as_rebuilt()


@pytest.mark.clause(ATTESTATION, "36", "38")
async def test_a_suspension_ends_by_its_activity_and_the_licence_is_referred(desk: Desk) -> None:
    body = await Body.at(desk)
    today = body.today
    await body.concluded(days_ago=40)
    refusal: dict[str, Any] = {
        "decision": "not_attest",
        "law": "not_attest",
        "reading_departure": "New facts.",
        "decided_on": str(today - 35 * DAY),
    }
    await body.did("decision", order(**refusal))
    suspended = {"order_number": "22", "reasons": "So.", "suspended_on": today - 30 * DAY, "until": today - DAY}
    await body.past(contract.LicenceSuspended.model_validate({**body.ids, **suspended}))
    for _ in range(2):
        step = EndLicenceSuspension(agency=desk.agency, attestation_id=body.id)
        await body.lifecycle("end_licence_suspension", step)
    shown = await body.shown()
    assert (shown["stage"], shown["suspension_ended_on"]) == ("suspension_ended", str(today - DAY))
    await body.rechecked("not_removed")
    await body.refused("restoration", {"order_number": "46"}, "37")
    referral = {"referred_to": "The court", "outgoing_number": "390", "reasons": "Not removed."}
    await body.did("deprivation-referral", referral, DIRECTOR)
    assert (await body.shown())["stage"] == "referred"
    assert [each["type"] for each in await desk.get(f"{body.about}/history")][-2:] == ["LicenceSuspensionEnded", "DeprivationReferred"]
    assert await body.is_as_rebuilt()
