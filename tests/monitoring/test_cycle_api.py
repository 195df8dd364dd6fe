"""Cycles over HTTP, as the institution, the coordinator and the Director live them; and what lifecycles ask."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.decider import Command, Decider, no_rules
from chassis.documents import Document
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import compute, load, local_date
from services.monitoring import handlers_cycle as handlers
from services.monitoring.app import SERVICE
from services.monitoring.contract import (
    CycleStep,
    ExpectedDateSet,
    FollowedRecommendation,
    FollowUpOpened,
    Measure,
    PlanSubmitted,
)
from services.monitoring.domain.cycle import cycle_id
from services.monitoring.domain.plan import plan_id
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.schemas_cycle import OpenCycleRequest
from services.visits.contract import MonitoringVisitReported
from tests.chassis.servers import free_port, serving
from tests.monitoring.cycles import AAKR, KINDS, SAPATTUU

OFFICER, DIRECTOR = Role.institution_officer, Role.director
DAY = timedelta(days=1)


def document(kind: str, mark: str = "e") -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": mark * 64}


class Record(Command):
    """Facts as they are, into the stream of whoever owns them."""

    facts: tuple[Any, ...]


def recorder(category: str) -> Decider[None, None]:
    return Decider(category, None, lambda command, _state, _rules: command.facts, lambda _state, _event: None, no_rules)


class Cycle:
    """A cycle of one agency, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.followup_id = f"f-{uuid4().hex[:8]}"
        self.id = cycle_id(self.followup_id, 1)
        self.path = f"/v1/cycles/{self.id}"
        self.today = date.min

    async def context(self) -> Context:
        return await self.runtime.context(agency=self.agency, actor=f"workflow:{self.id}")

    async def open(self, rulebook: str, days: int = 400, cycle: int = 1) -> None:
        """The certificate expires, and the monitoring is expected, in so many days."""
        ctx = await self.context()
        rules = load(rulebook)
        self.today = local_date(ctx.at, rules.zone)
        request = OpenCycleRequest(
            followup_id=self.followup_id,
            certificate_id="c-1",
            institution_id="jasu",
            rulebook=rules.ref,
            kind=KINDS[rulebook],
            cycle=cycle,
            period_from=self.today - 300 * DAY,
            period_until=self.today + 60 * DAY,
            expected_on=self.today + days * DAY if rulebook == AAKR else None,
            valid_until=self.today + days * DAY,
        )
        await handlers.open_cycle(ctx, request)

    async def lived(self, category: str, id_: str, *facts: Event) -> None:
        """Facts of the follow-up or of its plan."""
        ctx = await self.context()
        await ctx.execute(recorder(category), id_, ctx.command(Record, facts=facts), create=True)

    async def told(self, event: Event, source: str) -> None:
        """Another service told a fact, as its subscription would project it."""
        now = datetime.now(UTC)
        recorded = Recorded(event, str(uuid4()), source, self.agency, f"x-{self.id}", 1, now, now, {})
        async with self.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    def headers(self, role: Role, institution: str = "jasu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def post(self, step: str, body: Any, role: Role = Role.coordinator, institution: str = "jasu") -> httpx.Response:
        headers = {**self.headers(role, institution), "idempotency-key": str(uuid4()), "if-match": "*"}
        return await self.http.post(f"{self.path}/{step}", json=body, headers=headers)

    async def done(self, step: str, body: Any, role: Role = Role.coordinator) -> None:
        answer = await self.post(step, body, role)
        assert answer.status_code == 200, answer.text

    async def get(self, path: str = "", role: Role = Role.coordinator, institution: str = "jasu") -> httpx.Response:
        return await self.http.get(path if path.startswith("/v1") else self.path + path, headers=self.headers(role, institution))

    async def actions(self, role: Role) -> set[str]:
        """The last parts of the paths that are open to a role."""
        found = (await self.get(role=role)).json()["allowed_actions"]
        return {each["path"].rsplit("/", 1)[1] for each in found} - {"corrections"}

    def report(self, rulebook: str, **changes: Any) -> dict[str, Any]:
        rules = load(rulebook)
        kind = "interim_report" if rulebook == AAKR else "monitoring_report"
        row = {"measure_id": "m-1", "result": "Done.", "evidence": [document("evidence", "a")]}
        medium = {"medium": "flash_drive"} if rulebook == AAKR else {}
        return {"document": document(kind), "sections": list(rules.contents[kind]), "table": [row], **medium, **changes}

    def notice(self) -> dict[str, Any]:
        return {"outgoing_number": "17", "told_on": self.today.isoformat()}


@pytest_asyncio.fixture
async def cycle(servers: Stack, agency: str) -> AsyncIterator[Cycle]:
    """Monitoring in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitoring") as http:
            yield Cycle(runtime, http, agency)


@pytest.mark.clause(AAKR, "II.1", "II.4.e", "II.4.g", "II.4.h", "II.4.j", "III.0", "III.i")
async def test_a_year_with_a_rejected_report_and_a_visit(cycle: Cycle) -> None:
    await cycle.open(AAKR)
    assert await cycle.actions(OFFICER) == {"reports"}
    assert (await cycle.post("reports", cycle.report(AAKR), OFFICER, "other")).status_code == 404
    await cycle.done("reports", cycle.report(AAKR, sections=["title_page"]), OFFICER)
    shown = (await cycle.get()).json()
    assert (shown["stage"], shown["complete"], shown["round"]) == ("under_study", False, 1)
    assert "conclusion_with_strategy" in shown["reports"][0]["missing"]
    assert await cycle.actions(Role.coordinator) == {"reports", "rejection", "study", "information-requests"}

    due_on = (cycle.today + 10 * DAY).isoformat()
    body = {"grounds": ["content"], "unmet": ["III.e"], "reasons": "No text.", "due_on": due_on, "due_reason": "Enough."}
    await cycle.done("rejection", body)
    assert (await cycle.get()).json()["due_on"] == due_on
    await cycle.done("reports", cycle.report(AAKR), OFFICER)
    await cycle.done("information-requests", {"what": "The orders.", "due_on": due_on})
    await cycle.done("information", {"request": 1, "information": "Here.", "documents": [document("orders")]}, OFFICER)
    qualities = dict.fromkeys(load(AAKR).vocabularies["report_qualities"], True)
    await cycle.done("study", {"findings": "It holds.", "qualities": qualities})
    await cycle.done("visit-decision", {"word": "visit", "reasons": "To see it."})
    await cycle.done("visit-decision-notice", cycle.notice())

    findings = [{"criterion": word, "finding": "Good."} for word in load(AAKR).vocabularies["criteria"]]
    refused = await cycle.post("assessment", {"findings": findings, "positive": True})
    assert (refused.status_code, refused.json()["clause"]) == (409, "II.4.i")
    assert "assessment" not in await cycle.actions(Role.coordinator)
    ids = {"cycle_id": cycle.id, "followup_id": cycle.followup_id, "institution_id": "jasu"}
    visited = MonitoringVisitReported(**ids, document=Document(**document("visit_report", "b")), submitted_on=cycle.today)
    await cycle.told(visited, "visits")
    assert "assessment" in await cycle.actions(Role.coordinator)
    await cycle.done("assessment", {"findings": findings, "positive": True})
    await cycle.done("acceptance-notice", cycle.notice())

    shown = (await cycle.get(role=OFFICER)).json()
    assert (shown["stage"], shown["positive"], shown["round"], shown["assessment"]["word"]) == ("accepted", True, 2, "report_accepted")
    history = (await cycle.get("/history")).json()
    assert [each["type"] for each in history][:4] == [
        "CycleOpened",
        "InterimReportSubmitted",
        "InterimReportRejected",
        "InterimReportSubmitted",
    ]
    assert {clause["id"] for each in history for clause in each["clauses"]} >= {"II.1", "II.4.e", "II.4.g", "II.4.h", "II.4.j", "III.i"}


@pytest.mark.clause(SAPATTUU, "2.7", "2.8", "2.9.s2", "2.9.s3", "3.2.s1")
async def test_a_report_goes_to_the_council_without_a_visit(cycle: Cycle) -> None:
    await cycle.open(SAPATTUU)
    await cycle.done("reports", cycle.report(SAPATTUU), OFFICER)
    await cycle.done("change-request", {"changes": "Add criterion 3.", "due_on": (cycle.today + DAY).isoformat()})
    assert (await cycle.get()).json()["stage"] == "returned"
    await cycle.done("reports", cycle.report(SAPATTUU), OFFICER)
    await cycle.done("experts", {"experts": ["expert.new"], "reasons": "Medicine."})
    await cycle.done("study", {"findings": "It holds."})
    verdicts = [{"recommendation_id": "r-1", "fulfilment": "not_fulfilled"}]
    body = {"by": ["expert.new"], "case_officer": "agency.referent", "verdicts": verdicts, "facts_checked": "All."}
    await cycle.done("analysis", body)

    assert "visit-decision" not in await cycle.actions(Role.coordinator)
    refused = await cycle.post("visit-decision", {"word": "no_visit", "reasons": "No need."})
    assert (refused.status_code, refused.json()["clause"]) == (409, "2.9.s2")
    assert "visit-decision" in await cycle.actions(DIRECTOR)
    await cycle.done("visit-decision", {"word": "no_visit", "reasons": "No need."}, DIRECTOR)
    await cycle.done("council-file", {})
    await cycle.done("referral", {"ground": "recommendations_not_fulfilled"}, DIRECTOR)

    shown = (await cycle.get()).json()
    assert (shown["stage"], shown["visit"], shown["ground"]) == ("before_council", False, "recommendations_not_fulfilled")
    standing = await handlers.standing(await cycle.context(), cycle.id)
    assert standing.fulfilment == (("r-1", "not_fulfilled"),)
    assert (standing.studied, standing.visit, standing.positive, standing.round) == (True, False, None, 2)


async def test_only_the_agency_says_on_which_day_a_report_came(cycle: Cycle) -> None:
    await cycle.open(AAKR, days=62)
    earlier = (cycle.today - 3 * DAY).isoformat()
    assert (await cycle.post("reports", cycle.report(AAKR, received_on=earlier), OFFICER)).status_code == 403
    await cycle.done("reports", cycle.report(AAKR, received_on=earlier), Role.coordinator)
    assert (await cycle.get()).json()["submitted_on"] == earlier


@pytest.mark.clause(AAKR, "II.4.e", "III.a", "III.f")
@pytest.mark.clause(SAPATTUU, "2.5.p2.s2", "2.8", "2.9.s3")
async def test_a_report_is_held_against_the_plan_and_the_recommendations_that_are_followed(cycle: Cycle) -> None:
    await cycle.open(SAPATTUU)
    ids = {"followup_id": cycle.followup_id, "institution_id": "jasu"}
    words = {"rulebook": load(SAPATTUU).ref, "object": "programme", "kind": KINDS[SAPATTUU]}
    days = {"issued_on": cycle.today, "valid_until": cycle.today + 400 * DAY, "opened_on": cycle.today}
    told = FollowedRecommendation(recommendation_id="r-1", criterion="2", text="Do.", nonconformity=True)
    followup = FollowUpOpened(**ids, certificate_id="c-1", **words, **days, recommendations=(told,), panel=("expert.old",))
    expected = ExpectedDateSet(**ids, cycle=1, expected_on=cycle.today + 380 * DAY, set_on=cycle.today)
    await cycle.lived("followup", cycle.followup_id, followup, expected)
    measure = {"criterion": "2", "measure": "A lab.", "responsible": "The dean", "due_on": cycle.today}
    measures = tuple(Measure(measure_id=each, **measure) for each in ("m-1", "m-2"))
    plan = plan_id(cycle.followup_id)
    document_ = Document(**document("action_plan"))
    submitted = PlanSubmitted(plan_id=plan, **ids, round=1, measures=measures, document=document_, submitted_on=cycle.today)
    await cycle.lived("plan", plan, submitted)

    contents = [each for each in load(SAPATTUU).contents["monitoring_report"] if each != "changes_by_criterion"]
    await cycle.done("reports", cycle.report(SAPATTUU, sections=contents), OFFICER)
    (report,) = (await cycle.get()).json()["reports"]
    assert (report["missing"], report["unreported"], report["unproved"]) == (["changes_by_criterion"], ["m-2"], [])
    assert report["due_on"] == compute(load(SAPATTUU), "report_before_visit", expected.expected_on).due_on.isoformat()
    await cycle.done("experts", {"experts": ["expert.old", "expert.new"], "reasons": "Medicine."})
    assert [each["former_member"] for each in (await cycle.get()).json()["engaged"]] == [True, False]
    await cycle.done("study", {"findings": "It holds."})
    body = {"by": ["expert.new"], "case_officer": "agency.referent", "facts_checked": "All."}
    verdict = {"recommendation_id": "r-2", "fulfilment": "fulfilled"}
    assert (await cycle.post("analysis", {**body, "verdicts": [verdict]})).status_code == 422
    await cycle.done("analysis", {**body, "verdicts": [{**verdict, "recommendation_id": "r-1"}]})


@pytest.mark.clause(AAKR, "II.4.e")
async def test_cycles_are_listed_and_late_ones_found(cycle: Cycle) -> None:
    await cycle.open(AAKR, days=40)
    await cycle.open(AAKR, days=400, cycle=2)
    await cycle.done("reports", cycle.report(AAKR), OFFICER)
    listed = (await cycle.get(f"/v1/cycles?followup_id={cycle.followup_id}&sort=cycle")).json()["items"]
    assert [(each["cycle"], each["stage"], each["late_days"] > 0) for each in listed] == [
        (1, "under_study", True),
        (2, "report_due", False),
    ]
    late = (await cycle.get("/v1/cycles?late=true")).json()["items"]
    assert [each["cycle_id"] for each in late] == [cycle.id]
    assert (await cycle.get("/v1/cycles", OFFICER, "other")).json()["items"] == []
    for path in ("", "/history"):
        assert (await cycle.get(path, OFFICER, "other")).status_code == 404
    assert {(await cycle.get("/v1/cycles", role)).status_code for role in Role} == {200, 403}


@pytest.mark.clause(SAPATTUU, "2.5.p3")
async def test_what_lifecycles_ask_is_done_once_and_never_refused(cycle: Cycle) -> None:
    await cycle.open(SAPATTUU, days=400)
    step = CycleStep(agency=cycle.agency, cycle_id=cycle.id, ground="report_not_submitted", outcome="expired")
    assert (await handlers.refer_for_lifecycle(await cycle.context(), step)).ground is None, "the days for it are not over"
    await cycle.open(SAPATTUU, days=20, cycle=2)
    late = step.model_copy(update={"cycle_id": cycle_id(cycle.followup_id, 2)})
    for _ in range(2):
        assert (await handlers.refer_for_lifecycle(await cycle.context(), late)).ground == "report_not_submitted"
        assert (await handlers.close_for_lifecycle(await cycle.context(), step)).closed
    events = (await cycle.get("/history")).json()
    assert [each["type"] for each in events] == ["CycleOpened", "CycleClosed"]


async def test_a_wrong_number_is_corrected_and_what_is_served_is_what_is_rebuilt(cycle: Cycle) -> None:
    await cycle.open(AAKR)
    await cycle.done("reports", cycle.report(AAKR), OFFICER)
    qualities = dict.fromkeys(load(AAKR).vocabularies["report_qualities"], True)
    await cycle.done("study", {"findings": "It holds.", "qualities": qualities})
    await cycle.done("visit-decision", {"word": "no_visit", "reasons": "No need."})
    await cycle.done("visit-decision-notice", cycle.notice())
    wrong = {"version": 5, "corrected": {"told_on": (cycle.today - DAY).isoformat()}, "reason": "A slip."}
    assert (await cycle.post("corrections", wrong, DIRECTOR)).status_code == 409
    await cycle.done("corrections", {"version": 5, "corrected": {"outgoing_number": "71"}, "reason": "A slip."}, DIRECTOR)
    shown = (await cycle.get()).json()
    assert (shown["visit_notice"]["outgoing_number"], shown["version"]) == ("71", 6)
    using = cycle.runtime.settings
    served, rebuilt = await compare(using, SERVICE.events, SERVICE.catalogues, cycles, lambda pool: key_ring(using, pool))
    assert served == rebuilt
