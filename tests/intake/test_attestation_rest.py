"""Schedules of attestation through intake's REST interface: proposed from the register, approved, amended, closed; real servers, today's
clock."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.supervisor import Stack
from regulations import calendar_for, earliest_anchor, load, local_date
from services.intake import handlers_attestation
from services.intake.contract import ApprovedChange, CloseAttestation
from services.intake.domain.attestation_rules import attestation_id, schedule_id
from services.intake.domain.attestation_schedule import ATTESTATION_SCHEDULE, ApproveSchedule
from services.intake.readmodels_attestation import ALL
from services.visits.contract import AttestationWorkBegan
from tests.intake.desk import Desk, open_desk

ORDER = "kz-109-2008-attestation"
BOOK = {"rulebook_id": ORDER}
RULES, CALENDAR = load(ORDER), calendar_for("KZ")
OFFICER, DIRECTOR = Role.authorised_body_officer, Role.director
PLANNED = "planned"


class Body:
    """An authorised body with a register."""

    def __init__(self, desk: Desk, today: date) -> None:
        self.desk = desk
        self.today = today
        self.year = earliest_anchor(RULES, "dates_notice", today).year + 1

    async def enter(self, institution_id: str, *, due: date | None, **fields: Any) -> None:
        if institution_id != "kaznu":
            college = {"institution_id": institution_id, "names": {"en": "School"}, "kind": "college", "city": "Almaty", "country": "KZ"}
            await self.desk.post(Role.coordinator, "/v1/institutions", college, 201)
        last = None if due is None else str(due.replace(year=due.year - 5))
        told = {"authority": "almaty", "levels": ["general_secondary"], "state_owned": True, "last_attested_on": last, **fields}
        await self.desk.post(OFFICER, "/v1/attestation-subjects", {**BOOK, "institution_id": institution_id, **told}, 201)

    async def proposed(self, **fields: Any) -> dict[str, Any]:
        body = {**BOOK, "first_year": self.year, "years": 2, **fields}
        made = await self.desk.post(OFFICER, "/v1/attestation-proposals", body, 201)
        return dict((await self.desk.get(f"/v1/attestation-proposals/{made['id']}", OFFICER)).json())

    def approval(self, proposal_id: str | None, **fields: Any) -> dict[str, Any]:
        return {**BOOK, "year": self.year, "proposal_id": proposal_id, "act": "Order No. 402", **fields}

    def id(self, institution_id: str, year: int | None = None, kind: str = PLANNED) -> str:
        return attestation_id(institution_id, year or self.year, kind)

    async def read(self, institution_id: str, role: Role = Role.auditor, **which: Any) -> dict[str, Any]:
        answer = await self.desk.get(f"/v1/attestations/{self.id(institution_id, **which)}", role)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def act(self, institution_id: str, act: str, body: dict[str, Any], role: Role = OFFICER, status: int = 200) -> dict[str, Any]:
        return await self.desk.post(role, f"/v1/attestations/{self.id(institution_id)}/{act}", body, status)

    async def open_to(self, role: Role, institution_id: str) -> set[str]:
        return {each["path"].rpartition("/")[2] for each in (await self.read(institution_id, role))["allowed_actions"]}

    def working_day(self, day: date) -> str:
        return str(CALENDAR.next_working_day(day))


@pytest_asyncio.fixture
async def body(servers: Stack, agency: str) -> AsyncIterator[Body]:
    """A body that has adopted the order; a register of ten that fall due within two years."""
    async with open_desk(servers, agency) as desk:
        adoption = {"rulebook_id": ORDER, "rulebook_version": RULES.version, "reason": "Our own procedure."}
        found = Body(desk, local_date((await desk.lifecycle()).at, RULES.zone))
        refused = await desk.post(OFFICER, "/v1/attestation-proposals", {**BOOK, "first_year": found.year, "years": 2}, 409)
        assert "adoption" in refused["accepts"]
        await desk.post(DIRECTOR, "/v1/rulebook-adoptions", adoption, 201)
        law = {"code": "5B030100", "name": "Law", "level": "higher"}
        await found.enter("kaznu", due=date(found.year, 6, 30), levels=["higher"], specialties=[law], languages=["state", "russian"])
        for number in range(9):
            await found.enter(f"school-{number}", due=date(found.year + (number + 1) % 2, 12, 20))
        yield found


@pytest.mark.clause(ORDER, "4", "9", "10", "11")
async def test_a_year_is_proposed_from_the_register_and_approved_with_changes(body: Body) -> None:
    desk = body.desk
    proposal = await body.proposed(reason="The next years")
    assert (proposal["entries"], proposal["overdue"], proposal["uneven"]) == (10, 0, [])
    assert [each["attestations"] for each in proposal["totals"]] == [6, 4] or [each["attestations"] for each in proposal["totals"]] == [
        5,
        5,
    ]
    path = f"/v1/attestation-proposals/{proposal['proposal_id']}"
    entries = (await desk.get(f"{path}/entries?year={body.year}", OFFICER)).json()["items"]
    assert [entry["starts_on"] for entry in entries] == sorted(entry["starts_on"] for entry in entries)
    assert all(entry["due_by"] > entry["starts_on"] for entry in entries)
    types = [each["type"] for each in (await desk.get(f"{path}/history", OFFICER)).json()]
    assert types == ["ScheduleProposed", "ScheduleProposalPart"]
    listed = (await desk.get("/v1/attestation-proposals", Role.auditor)).json()["items"]
    assert [each["proposal_id"] for each in listed] == [proposal["proposal_id"]]

    out, moved, *_ = (each["institution_id"] for each in entries if each["institution_id"] != "kaznu")
    day = body.working_day(date(body.year, 10, 4))
    changes = [
        {"institution_id": out, "leave_out": True, "reason": "It joins another."},
        {"institution_id": moved, "starts_on": day, "reason": "Its jubilee."},
    ]
    strange = [{"institution_id": "nobody", "leave_out": True, "reason": "So"}]
    await desk.post(OFFICER, "/v1/attestation-schedules", body.approval(proposal["proposal_id"], changes=strange), 422)
    await desk.post(Role.coordinator, "/v1/attestation-schedules", body.approval(proposal["proposal_id"]), 403)
    approval = body.approval(proposal["proposal_id"], changes=changes)
    made = await desk.post(OFFICER, "/v1/attestation-schedules", approval, 201)
    again = await desk.post(OFFICER, "/v1/attestation-schedules", approval, 201)
    assert again["version"] == made["version"] == 1, "the same request goes on with it, and finds nothing to do"
    other = await desk.post(OFFICER, "/v1/attestation-schedules", body.approval(proposal["proposal_id"]), 409)
    assert "amendment" in other["accepts"]
    schedule = (await desk.get(f"/v1/attestation-schedules/{made['id']}", Role.auditor)).json()
    assert schedule["placed"] == schedule["entries"] == len(entries) - 1
    assert [each["reason"] for each in schedule["changes"]] == ["It joins another.", "Its jubilee."]
    assert (await body.read(moved))["starts_on"] == day
    listed = (await desk.get(f"/v1/attestations?schedule_id={made['id']}&limit=100", Role.auditor)).json()["items"]
    assert sorted(each["institution_id"] for each in listed) == sorted({each["institution_id"] for each in entries} - {out})

    whole = await body.read("kaznu")
    assert [each["code"] for each in whole["specialties"]] == ["5B030100"]
    assert (whole["stage"], whole["state_owned"], whole["languages"]) == ("scheduled", True, ["state", "russian"])
    correction = {"version": 1, "corrected": {"act": "Order No. 204"}, "reason": "Digits"}
    await desk.post(DIRECTOR, f"/v1/attestation-schedules/{made['id']}/corrections", correction)
    assert (await desk.get(f"/v1/attestation-schedules/{made['id']}", Role.auditor)).json()["act"] == "Order No. 204"
    next_one = await body.proposed()
    assert next_one["entries"] == 10 - schedule["entries"], "who has a place is not proposed again"
    for model in ALL:
        served, rebuilt = await desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


@pytest.mark.clause(ORDER, "3", "11", "12")
async def test_a_schedule_is_approved_whole_or_not_at_all(body: Body) -> None:
    desk = body.desk
    proposal = await body.proposed()
    entries = (await desk.get(f"/v1/attestation-proposals/{proposal['proposal_id']}/entries?year={body.year}", OFFICER)).json()["items"]
    gone = entries[1]["institution_id"] if entries[1]["institution_id"] != "kaznu" else entries[0]["institution_id"]
    removal = {"act": "Order No. 9", "reason": "Closed.", "removed_on": str(body.today)}
    await desk.post(OFFICER, f"/v1/attestation-subjects/{gone}/removal", removal)
    refused = await desk.post(OFFICER, "/v1/attestation-schedules", body.approval(proposal["proposal_id"]), 409)
    assert (refused["clause"], [each["institution_id"] for each in refused["entries"]]) == ("2", [gone])
    assert (await desk.get("/v1/attestations", Role.auditor)).json()["items"] == []
    assert (await desk.get("/v1/attestation-schedules", Role.auditor)).json()["items"] == []

    soon = body.working_day(body.today + timedelta(days=30))
    early = {
        **BOOK,
        "year": int(soon[:4]),
        "act": "Order No. 1",
        "changes": [{"institution_id": "kaznu", "starts_on": soon, "reason": "So"}],
    }
    refused = await desk.post(OFFICER, "/v1/attestation-schedules", early, 409)
    assert (refused["clause"], refused["institutions"]) == ("12", ["kaznu"])
    await desk.post(OFFICER, "/v1/attestation-schedules", {**early, "despite_notice": "Both sides agree."}, 201)
    assert (await body.read("kaznu", year=int(soon[:4])))["starts_on"] == soon


@pytest.mark.clause(ORDER, "11")
async def test_an_approval_that_broke_off_is_gone_on_with_by_the_same_request(body: Body) -> None:
    desk = body.desk
    days = {name: body.working_day(date(body.year, 9, 1 + number)) for number, name in enumerate(("kaznu", "school-1", "school-3"))}
    changes = [{"institution_id": name, "starts_on": day, "reason": "So"} for name, day in days.items()]
    context = await desk.lifecycle()
    first = ApproveSchedule(
        at=context.at,
        by="somebody",
        schedule_id=schedule_id(ORDER, body.year),
        rulebook=RULES.ref,
        year=body.year,
        act="Order No. 402",
        starts=tuple((name, date.fromisoformat(day)) for name, day in days.items()),
        changes=tuple(
            ApprovedChange(institution_id=n, kind=PLANNED, starts_on=date.fromisoformat(d), reason="So") for n, d in days.items()
        ),
        adopted=True,
    )
    await context.execute(ATTESTATION_SCHEDULE, first.schedule_id, first, create=True)
    shown = (await desk.get(f"/v1/attestation-schedules/{first.schedule_id}", Role.auditor)).json()
    assert (shown["entries"], shown["placed"]) == (3, 0)
    await desk.post(OFFICER, "/v1/attestation-schedules", body.approval(None, changes=changes[:2]), 409)
    await desk.post(OFFICER, "/v1/attestation-schedules", body.approval(None, changes=changes), 201)
    shown = (await desk.get(f"/v1/attestation-schedules/{first.schedule_id}", Role.auditor)).json()
    assert (shown["entries"], shown["placed"], shown["version"]) == (3, 3, 1)


@pytest.mark.clause(ORDER, "12", "13.1", "13.2", "14", "21")
async def test_an_attestation_is_told_moved_announced_and_closed(body: Body) -> None:
    desk = body.desk
    starts = body.working_day(date(body.year, 9, 1))
    single = {**BOOK, "institution_id": "kaznu", "starts_on": starts, "ground": "reorganisation", "reasons": "New", "act": "Order No. 3"}
    assert (await desk.post(OFFICER, "/v1/attestations", single, 409))["clause"] == "11"
    approval = body.approval(None, changes=[{"institution_id": "kaznu", "starts_on": starts, "reason": "The first."}])
    await desk.post(OFFICER, "/v1/attestation-schedules", approval, 201)
    assert await body.open_to(OFFICER, "kaznu") == {"dates-notice", "amendments", "cancellation"}
    assert await body.open_to(Role.institution_officer, "kaznu") == {"change-requests", "announcement"}

    await body.act("kaznu", "dates-notice", {"outgoing_number": "41"})
    await body.act("kaznu", "change-requests", {"reasons": "Examinations", "requested_on": str(body.today)}, Role.institution_officer)
    await body.act("kaznu", "change-refusals", {"reasons": "Bound"})
    later = body.working_day(date(body.year, 11, 1))
    move = {"ground": "reasoned_request", "reasons": "Examinations", "starts_on": later, "act": "Order No. 5"}
    assert (await body.act("kaznu", "amendments", move, status=409))["clause"] == "13.1"
    await body.act("kaznu", "change-requests", {"reasons": "Examinations"}, Role.coordinator)
    soon = body.working_day(body.today + timedelta(days=40))
    assert (await body.act("kaznu", "amendments", {**move, "starts_on": soon}, status=409))["clause"] == "14"
    await body.act("kaznu", "amendments", move)
    found = await body.read("kaznu")
    assert (found["starts_on"], found["told_on"], found["amendment"], found["amendments"]) == (later, None, "reasoned_request", 1)
    assert [(each["answer"], each["answer_reasons"]) for each in found["requests"]] == [("declined", "Bound"), ("granted", "Examinations")]
    await body.act("kaznu", "dates-notice", {"outgoing_number": "42"}, Role.coordinator)
    await body.act("kaznu", "announcement", {"announcement": "The commission works here."}, Role.institution_officer)
    await body.act("kaznu", "corrections", {"version": 2, "corrected": {"outgoing_number": "41-a"}, "reason": "A slip"}, DIRECTOR)

    third = {**single, "institution_id": "school-1", "starts_on": later}
    await desk.post(OFFICER, "/v1/attestations", third, 201)
    assert (await desk.get(f"/v1/attestations/{body.id('school-1')}", Role.institution_officer)).status_code == 404
    await body.act("school-1", "change-requests", {"reasons": "So"}, Role.institution_officer, 404)
    seen = (await desk.get("/v1/attestations", Role.institution_officer)).json()["items"]
    assert [each["institution_id"] for each in seen] == ["kaznu"]
    out = {"ground": "reorganisation", "reasons": "Joined", "act": "Order No. 6"}
    await body.act("school-1", "cancellation", out)
    assert (await body.read("school-1"))["stage"] == "cancelled"

    await desk.told(AttestationWorkBegan(attestation_id=body.id("kaznu"), institution_id="kaznu", started_on=body.today))
    assert await body.open_to(OFFICER, "kaznu") == set()
    await body.act("kaznu", "amendments", {**move, "ground": "reorganisation", "starts_on": starts}, status=409)
    request = CloseAttestation(agency=desk.agency, attestation_id=body.id("kaznu"), outcome="attest", attested_on=date.fromisoformat(later))
    for _ in range(2):
        await handlers_attestation.close_attestation(await desk.lifecycle(), request)
    closed = await body.read("kaznu")
    assert (closed["stage"], closed["outcome"], closed["attested_on"]) == ("closed", "attest", later)
    told = [each["type"] for each in (await desk.get(f"/v1/attestations/{body.id('kaznu')}/history", Role.auditor)).json()]
    assert told == [
        "AttestationScheduled",
        "AttestationDatesTold",
        "ScheduleChangeRequested",
        "ScheduleChangeDeclined",
        "ScheduleChangeRequested",
        "AttestationRescheduled",
        "AttestationDatesTold",
        "AttestationAnnounced",
        "AttestationCorrected",
        "AttestationClosed",
    ]
    subject = (await desk.get("/v1/attestation-subjects/kaznu", Role.auditor)).json()
    assert subject["next_planned"]["due_by"] == str(date.fromisoformat(later).replace(year=body.year + 5))
