"""A year of internal monitoring over HTTP, as the director and a coordinator live it, and how its cycle opens the next one."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.due import Due
from chassis.issuer import development_token, issuer_app
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load
from services.monitoring import contract, due
from services.monitoring import handlers_internal_cycle as handlers
from services.monitoring.app import SERVICE
from services.monitoring.domain.internal_cycle import internal_cycle_id
from services.monitoring.domain.internal_rules import ARTKI, required
from services.monitoring.readmodels_internal import ALL
from tests.chassis.servers import free_port, serving

COORDINATOR, DIRECTOR, AUDITOR = Role.coordinator, Role.director, Role.auditor
NOON = timedelta(hours=6)  # in Bishkek
STAFF = ("aida", "bakyt", "cholpon")


class SetClock:
    """Legal time as a test sets it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, tzinfo=UTC) + NOON

    async def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return datetime.now(UTC)


class Agency:
    """An agency that monitors itself, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.clock = SetClock()
        runtime.clock = self.clock
        self.cycle_id = internal_cycle_id(2026, 1)

    def on(self, day: date) -> None:
        self.clock.at = datetime(day.year, day.month, day.day, tzinfo=UTC) + NOON

    async def context(self) -> Context:
        return await self.runtime.context(agency=self.agency, actor="workflow:calendar")

    async def run_due(self) -> Due:
        return await due.run_due(await self.context())

    def headers(self, role: Role, subject: str = "aida") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=subject, roles=[role], agency=self.agency, institution="jasu")
        return {"authorization": f"Bearer {token}"}

    async def post(self, path: str, body: Any = None, role: Role = COORDINATOR, **who: str) -> httpx.Response:
        headers = {**self.headers(role, **who), "idempotency-key": str(uuid4()), "if-match": "*"}
        return await self.http.post("/v1/" + path, json=body, headers=headers)

    async def done(self, path: str, body: Any = None, role: Role = COORDINATOR, **who: str) -> dict[str, Any]:
        answer = await self.post(path, body, role, **who)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def refused(self, path: str, body: Any = None, role: Role = COORDINATOR, **who: str) -> dict[str, Any]:
        answer = await self.post(path, body, role, **who)
        assert answer.status_code == 409, answer.text
        return dict(answer.json())

    async def get(self, path: str, role: Role = AUDITOR) -> dict[str, Any]:
        answer = await self.http.get("/v1/" + path, headers=self.headers(role))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def act(self, name: str, cycle_id: str | None = None) -> str:
        return f"internal-cycles/{cycle_id or self.cycle_id}" + (f"/{name}" if name else "")

    async def offered(self, role: Role = DIRECTOR, cycle_id: str | None = None) -> set[str]:
        """The last parts of the paths that the detail of a cycle offers."""
        shown = await self.get(self.act("", cycle_id), role)
        return {each["path"].rpartition("/")[2] for each in shown["allowed_actions"]}

    async def begun(self, approved_on: str = "2026-02-02") -> None:
        told = {"rulebook_id": ARTKI, "approved_on": approved_on, "act": "Order No. 3", "first_year": 2026}
        await self.done("internal-monitoring", told, DIRECTOR)
        for name in STAFF:
            await self.done("staff", {"staff_id": name, "name": name.title(), "post": "Clerk", "joined_on": "2026-01-05"})
        assert (await self.run_due()).done == 1

    async def commissioned(self) -> None:
        members = [{"staff_id": "aida", "head": True}, {"staff_id": "bakyt"}]
        await self.done("internal-commission", {"members": members, "order_number": "5", "formed_on": "2026-02-03"}, DIRECTOR)

    def plan(self, *methods: str, **more: Any) -> dict[str, Any]:
        told = {"activity": "Ask.", "object": "Visits", "due_on": "2026-04-01", "responsible": "aida", "goals": ["2.1.1"]}
        return {"activities": [{"activity_id": method, "method": method, **told} for method in methods], **more}

    async def gathered(self) -> None:
        """One use of each method: an analysis that was logged outside the cycle, a survey, an interview."""
        told = {"subject": "Letters", "findings": "Late.", "analysed_by": "aida", "analysed_on": "2026-02-20"}
        await self.done("document-analyses", told)
        said = {"group": "student", "interviewee": "A student", "notes": "Slow.", "held_by": ["aida"], "held_on": "2026-03-01"}
        await self.done("interviews", {"cycle_id": self.cycle_id, **said})
        question = {"question_id": "q", "text": {"en": "Clear?"}, "kind": "scale", "most": 5, "goals": ["2.1.3"]}
        asked = {"title": {"en": "Services"}, "groups": ["teacher"], "anonymous": True, "closes_on": "2026-12-01"}
        await self.done("surveys", {"cycle_id": self.cycle_id, **asked, "questions": [question]})

    async def reported(self) -> None:
        """Until the final report."""
        await self.commissioned()
        await self.done(self.act("plans"), self.plan("document_analysis", "survey", "interview"))
        told = {"finding_id": "f-1", "kind": "shortcoming", "goals": ["2.1.2"], "text": "Letters go late."}
        await self.done(self.act("findings"), told)
        await self.gathered()
        await self.done(self.act("collection"))
        await self.done(self.act("analysis"), {"key_problems": "Letters.", "trends": "Slower."})
        sections = [{"section": name, "text": "So."} for name in required(load(ARTKI), "final_report")]
        await self.done(self.act("report-drafts"), {"sections": sections})
        await self.done(self.act("final-report"), {})

    async def improving(self) -> None:
        """Until the improvement plan."""
        await self.reported()
        await self.done(self.act("meetings"), {"held_on": "2026-03-02", "attendance": list(STAFF), "outcome": "Letters in a day."})
        told = {"measure": "A second clerk.", "due_on": "2026-09-01"}
        measures = [
            {"measure_id": "m-1", "removes": ["f-1"], "responsible": "aida", **told},
            {"measure_id": "m-2", "responsible": "cholpon", **told},
        ]
        await self.done(self.act("improvement-plans"), {"measures": measures})


@pytest_asyncio.fixture
async def own(servers: Stack, agency: str) -> AsyncIterator[Agency]:
    """Monitoring in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitoring") as http:
            yield Agency(runtime, http, agency)


@pytest.mark.clause(ARTKI, "3.1", "5.2")
async def test_from_its_adoption_the_agencys_calendar_opens_a_cycle_each_year(own: Agency) -> None:
    assert (await own.run_due()).next_at is None, "nothing is adopted"
    await own.begun()
    first_of_2027 = datetime(2026, 12, 31, 18, tzinfo=UTC)
    again = await own.run_due()
    assert (again.done, again.next_at) == (0, first_of_2027), "midnight in Bishkek"
    shown = await own.get("internal-monitoring")
    assert [(each["year"], each["standing"], each["cycles"]) for each in shown["years"]] == [(2026, "open", [own.cycle_id])]
    own.clock.at = first_of_2027 - timedelta(seconds=1)
    assert (await own.run_due()).done == 0
    own.clock.at = first_of_2027
    assert (await own.run_due()).done == 1
    years = (await own.get("internal-monitoring"))["years"]
    assert [(each["year"], each["standing"]) for each in years] == [(2026, "missed"), (2027, "open")]
    items = (await own.get("internal-cycles?sort=-year"))["items"]
    assert [(each["year"], each["number"], each["stage"]) for each in items] == [(2027, 1, "planning"), (2026, 1, "planning")]


@pytest.mark.clause(ARTKI, "3.1")
async def test_another_cycle_of_the_year_is_opened_by_hand_with_a_reason(own: Agency) -> None:
    assert "adopted no regulation" in (await own.refused("internal-cycles", {"reason": "A fire."}))["detail"]
    await own.begun()
    made = await own.done("internal-cycles", {"reason": "A fire."})
    assert made["id"] == internal_cycle_id(2026, 2)
    assert (await own.get(f"internal-cycles/{made['id']}"))["reason"] == "A fire."


@pytest.mark.clause(ARTKI, "3.2.s1", "3.3.2", "3.3.4", "6.1.s1", "2.2.3", "2.2.1")
async def test_a_cycle_from_its_plan_to_its_final_report(own: Agency) -> None:
    await own.begun()
    every = ("document_analysis", "survey", "interview")
    assert (await own.refused(own.act("plans"), own.plan(*every)))["clause"] == "3.2.s1"
    assert await own.offered() == {"findings", "fulfilments", "report-drafts", "closing"}
    await own.commissioned()
    assert await own.offered() == {"plans", "findings", "fulfilments", "report-drafts", "closing"}
    told = {"source": "external_check", "source_detail": "A panel", "text": "Answer sooner.", "received_on": "2026-01-20"}
    known = (await own.done("agency-recommendations", told))["id"]
    assert (await own.refused(own.act("plans"), own.plan("survey")))["missing"] == ["document_analysis", "interview"]
    await own.done(own.act("plans"), own.plan(*every))
    assert "collection" not in await own.offered(), "nothing was collected"
    assert (await own.refused(own.act("collection")))["missing"] == list(every)
    await own.gathered()
    assert "collection" in await own.offered()
    await own.done(own.act("collection"))
    collected = (await own.get(own.act("")))["collected"]
    assert {method: collected["uses"][method] for method in every} == dict.fromkeys(every, 1)
    assert (collected["reached"], collected["not_reached"]) == (["student"], ["institution", "teacher", "public_organisation"])
    await own.done(own.act("analysis"), {"key_problems": "Letters.", "trends": "Slower."})
    names = required(load(ARTKI), "final_report")
    await own.done(own.act("report-drafts"), {"sections": [{"section": name, "text": "So."} for name in names[1:]]})
    assert (await own.refused(own.act("final-report"), {}))["missing"] == [names[0]]
    await own.done(own.act("report-drafts"), {"sections": [{"section": name, "text": "So."} for name in names]})
    refused = await own.refused(own.act("final-report"), {})
    assert (refused["clause"], refused["missing"]) == ("2.2.3", [known])
    assert "final-report" not in await own.offered()
    await own.done(own.act("fulfilments"), {"recommendation_id": known, "degree": "In part."})
    await own.done(own.act("final-report"), {})
    shown = await own.get(own.act(""))
    assert (shown["stage"], shown["report_year"], shown["undetermined"]) == ("discussion", 2026, [])
    years = (await own.get("internal-monitoring"))["years"]
    assert [(each["year"], each["standing"], each["reports"]) for each in years] == [(2026, "held", 1)]


@pytest.mark.clause(ARTKI, "4.1", "4.2", "4.3.s1", "4.3.s2")
async def test_the_commission_controls_what_the_meeting_led_to(own: Agency) -> None:
    await own.begun()
    await own.reported()
    empty = {"measures": [{"measure_id": "m-1", "measure": "Tea.", "responsible": "aida"}]}
    assert (await own.refused(own.act("improvement-plans"), empty))["clause"] == "4.2"
    await own.done(own.act("meetings"), {"held_on": "2026-03-02", "attendance": list(STAFF), "outcome": "Letters in a day."})
    assert (await own.refused(own.act("improvement-plans"), empty))["missing"] == ["f-1"]
    outsider = {"measures": [{**empty["measures"][0], "removes": ["f-1"], "responsible": "zarina"}]}
    assert (await own.refused(own.act("improvement-plans"), outsider))["clause"] == "4.3.s1"
    await own.done(own.act("improvement-plans"), {"measures": [{**empty["measures"][0], "removes": ["f-1"]}]})
    (item,) = (await own.get("improvement-measures"))["items"]
    assert (item["own_item"], item["status"]) == (True, "planned")
    seen = {"measure_id": "m-1", "status": "under_way", "note": "Seen."}
    assert (await own.refused(own.act("controls"), seen, subject="cholpon"))["clause"] == "4.3.s2"
    await own.done(own.act("controls"), seen)
    await own.done(own.act("controls"), {**seen, "status": "done", "controlled_by": "bakyt"}, subject="cholpon")
    assert [each["own_item"] for each in (await own.get(own.act("")))["controls"]] == [True, False]
    assert await own.offered() == {"closing"}
    await handlers.close_for_lifecycle(
        await own.context(), contract.CloseInternalCycle(agency=own.agency, cycle_id=own.cycle_id, outcome="done")
    )
    again = contract.CloseInternalCycle(agency=own.agency, cycle_id=own.cycle_id, outcome="done")
    assert (await handlers.close_for_lifecycle(await own.context(), again)).closed
    assert (await own.get(own.act("")))["outcome"] == "done"


@pytest.mark.clause(ARTKI, "2.2.3", "4.3.s2")
async def test_what_is_not_done_goes_on_in_the_next_cycle_and_is_controlled_there(own: Agency) -> None:
    await own.begun()
    await own.improving()
    seen = {"measure_id": "m-1", "status": "done", "note": "Seen.", "controlled_by": "bakyt"}
    await own.done(own.act("controls"), seen)
    own.on(date(2027, 1, 4))
    assert (await own.run_due()).done == 1
    following = internal_cycle_id(2027, 1)
    (opened,) = (await own.http.get(f"/v1/internal-cycles/{following}/history", headers=own.headers(AUDITOR))).json()
    assert [(each["measure_id"], each["cycle_id"]) for each in opened["data"]["carried"]] == [("m-2", own.cycle_id)]
    assert (opened["data"]["takes_over"], opened["data"]["previous_report_on"]) == ([own.cycle_id], "2026-03-02")
    control = {**seen, "measure_id": "m-2"}
    assert following in (await own.refused(own.act("controls"), control))["detail"]
    assert await own.offered() == {"closing"}
    standing = await handlers.standing(await own.context(), own.cycle_id)
    assert (standing.improving, standing.open_measures) == (True, ())
    move = {"measure_id": "m-2", "responsible": "bakyt", "due_on": "2027-02-01", "reason": "Ill."}
    await own.done(own.act("measure-moves", following), move)
    await own.done(own.act("controls", following), control)
    (item,) = (await own.get(f"improvement-measures?cycle_id={following}"))["items"]
    assert (item["measure_id"], item["planned_in"], item["status"], item["responsible"]) == ("m-2", own.cycle_id, "done", "bakyt")
    await own.done(own.act("closing"), {"reason": "Over."}, DIRECTOR)
    assert not await own.offered()
    shown = await own.get("internal-monitoring")
    assert (shown["last_report_on"], shown["year_since_report"], shown["warning"]) == ("2026-03-02", "2027-03-02", False)
    own.on(date(2027, 3, 3))
    assert (await own.get("internal-monitoring"))["warning"] is True


@pytest.mark.clause(ARTKI, "3.2.s1", "5.1")
async def test_regulation_staff_and_commission_are_kept_with_their_history(own: Agency) -> None:
    for path in ("internal-monitoring", "internal-commission", "internal-monitoring/history", "internal-commission/history", "staff/aida"):
        assert (await own.http.get("/v1/" + path, headers=own.headers(AUDITOR))).status_code == 404, path
    await own.begun()
    await own.commissioned()
    change = {"change": "Twice a year.", "act": "Order No. 9", "approved_on": "2026-03-01"}
    await own.done("internal-monitoring/amendments", change, DIRECTOR)
    await own.done(
        "internal-commission/changes", {"joined": [{"staff_id": "zarina"}], "order_number": "6", "changed_on": "2026-03-01"}, DIRECTOR
    )
    await own.done("staff/bakyt/leaving", {"left_on": "2026-03-02"})
    shown = await own.get("internal-commission", DIRECTOR)
    assert (shown["outsiders"], shown["changes"], shown["stands"]) == (["bakyt", "zarina"], 1, True)
    assert [each["path"] for each in shown["allowed_actions"]] == ["/v1/internal-commission/changes"]
    assert [each["staff_id"] for each in (await own.get("staff?works=true"))["items"]] == ["aida", "cholpon"]
    slip = {"version": 1, "corrected": {"act": "Order No. 33"}, "reason": "A slip."}
    await own.done("internal-monitoring/corrections", slip, DIRECTOR)
    await own.done("internal-commission/corrections", {**slip, "corrected": {"order_number": "55"}}, DIRECTOR)
    await own.done("staff/aida/corrections", {**slip, "corrected": {"joined_on": "2026-01-06"}}, DIRECTOR)
    assert (await own.get("internal-monitoring"))["act"] == "Order No. 33"
    assert (await own.get("internal-commission"))["order_number"] == "55"
    assert (await own.get("staff/aida"))["joined_on"] == "2026-01-06"
    assert (await own.post("internal-monitoring", {}, COORDINATOR)).status_code == 403
    assert (await own.post(own.act("closing"), {"reason": "Over."}, COORDINATOR)).status_code == 403


async def test_what_is_shown_is_what_the_log_says(own: Agency) -> None:
    await own.begun()
    await own.improving()
    own.on(date(2027, 1, 4))
    await own.run_due()
    history = (await own.http.get("/v1/" + own.act("history"), headers=own.headers(AUDITOR))).json()
    (held,) = [each["version"] for each in history if each["type"] == "GeneralMeetingHeld"]
    slip = {"version": held, "corrected": {"outcome": "Letters in two days."}, "reason": "A slip."}
    await own.done(own.act("corrections"), slip, DIRECTOR)
    assert (await own.get(own.act("")))["meeting"]["outcome"] == "Letters in two days."
    using = own.runtime.settings
    for model in ALL:
        served, rebuilt = await compare(using, SERVICE.events, SERVICE.catalogues, model, lambda pool: key_ring(using, pool))
        assert served == rebuilt, model.name
