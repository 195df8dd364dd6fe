"""An external audit by IQAA's rulebook over REST, from the panel to the factual check: real servers, today's clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load, local_date
from services.review.contract import ReportCorrected, ReportVersionSubmitted, SelfAssessmentReportAccepted
from services.visits import contract, handlers
from services.visits.app import SERVICE
from services.visits.domain.state import Visit, evolve
from tests.chassis.servers import free_port, serving
from tests.visits import test_visit as order
from tests.visits.test_visit import ORDER_109

IQAA = "iqaa-accreditation"
BOOK = load(IQAA)
POOL = {
    "anna": "national_academic",
    "berik": "national_academic",
    "curt": "employer",
    "dana": "student",
    "emil": "international",
    "gani": "national_academic",
}
PANEL = list(POOL)[:5]
PAST_JOB = {"institution_id": "kaznu", "since": "2020-09-01", "until": "2025-06-30"}


def document(kind: str) -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": "e" * 64}


class Record(Command):
    """Whatever has happened."""

    facts: tuple[Any, ...]


PAST: Decider[Visit, None] = Decider("visit", Visit(), lambda command, _state, _rules: command.facts, evolve, no_rules)


class Audit:
    """The visit of one case, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self._runtime = runtime
        self._http = http
        self._agency = agency
        self.case_id = f"case-{uuid4().hex[:8]}"

    async def open(self, number: int = 1) -> date:
        """As the lifecycle opens it; the local day."""
        context = await self._as_lifecycle()
        fields = {"institution_id": "kaznu", "rulebook": BOOK.ref, "round": number}
        await handlers.open_visit(context, contract.OpenVisit(agency=self._agency, case_id=self.case_id, **fields))
        return local_date(context.at, BOOK.zone)

    async def _as_lifecycle(self) -> Context:
        return await self._runtime.context(agency=self._agency, actor="workflow:case")

    async def stands(self, act: Any, case_id: str | None = None) -> None:
        """As the lifecycle suspends, resumes and closes it."""
        await act(await self._as_lifecycle(), contract.CaseStep(agency=self._agency, case_id=case_id or self.case_id, reason="A fire"))

    async def recorded(self, *facts: Event) -> None:
        """The past of this case's visit, whenever it was."""
        context = await self._as_lifecycle()
        past = tuple(fact.model_copy(update={"case_id": self.case_id}) for fact in facts)
        first = isinstance(facts[0], contract.VisitOpened)
        await context.execute(PAST, self.case_id, context.command(Record, facts=past), create=first)

    async def read(self, path: str) -> Any:
        """A read of the agency's director."""
        return (await self._http.get(f"/v1/{path}", headers=self._headers(Role.director, None))).json()

    async def listed(self, what: str) -> list[dict[str, Any]]:
        """A list, page by page of two."""
        found: list[dict[str, Any]] = []
        page = await self.read(f"{what}?limit=2")
        while page["next"]:
            found += page["items"]
            page = await self.read(f"{what}?limit=2&cursor={page['next']}")
        return found + list(page["items"])

    async def served_and_rebuilt_differ(self) -> list[str]:
        """The read models of this service's own events that a rebuild would leave otherwise."""
        using, catalogues = self._runtime.settings, self._runtime.service.catalogues
        names = []
        for model in SERVICE.read_models:
            both = await compare(using, SERVICE.events, catalogues, model, lambda pool: key_ring(using, pool))
            served, rebuilt = ([row for row in rows if row["agency"] == self._agency] for rows in both)
            names += [] if served == rebuilt or model.name == "self_assessments" else [model.name]
        return names

    async def told(self, event: Event, version: int = 1) -> None:
        """Review told a fact, as its subscription would project it."""
        now = datetime.now(UTC)
        recorded = Recorded(event, str(uuid4()), "/kepil/review", self._agency, f"report-{self.case_id}", version, now, now, {})
        async with self._runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def post(self, path: str, body: Any = None, *, role: Role = Role.coordinator, subject: str | None = None) -> httpx.Response:
        """A command, whatever the version."""
        headers = {**self._headers(role, subject), "idempotency-key": str(uuid4()), "if-match": "*"}
        return await self._http.post(path, json=body, headers=headers)

    async def done(self, act: str, body: Any = None, **who: Any) -> None:
        """A command of the visit that is accepted."""
        answer = await self.post(f"/v1/visits/{self.case_id}/{act}", body, **who)
        assert answer.status_code == 200, answer.text

    async def refused(self, act: str, body: Any = None, **who: Any) -> dict[str, Any]:
        """A command of the visit that a rule refuses."""
        answer = await self.post(f"/v1/visits/{self.case_id}/{act}", body, **who)
        assert answer.status_code == 409, answer.text
        return dict(answer.json())

    async def get(self, act: str = "", *, role: Role = Role.auditor, subject: str | None = None) -> httpx.Response:
        """A read of the visit."""
        return await self._http.get(f"/v1/visits/{self.case_id}{act}", headers=self._headers(role, subject))

    def _headers(self, role: Role, subject: str | None) -> dict[str, str]:
        settings, name = self._runtime.settings, subject or role
        token = development_token(settings, subject=name, roles=[role], agency=self._agency, institution="kaznu")
        return {"authorization": f"Bearer {token}"}


@asynccontextmanager
async def visits_here(servers: Stack) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    """Visits in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://visits") as http:
            yield runtime, http


@pytest_asyncio.fixture
async def audit(servers: Stack, agency: str) -> AsyncIterator[Audit]:
    """A visit, with a pool of experts."""
    async with visits_here(servers) as (runtime, http):
        found = Audit(runtime, http, agency)
        for expert_id, category in POOL.items():
            expert = {"expert_id": expert_id, "name": f"Name of {expert_id}", "categories": [category]}
            answer = await found.post("/v1/experts", {**expert, "employments": [PAST_JOB] if expert_id == "anna" else []})
            assert answer.status_code == 201, answer.text
        yield found


def seats(*experts: str) -> list[dict[str, str]]:
    return [{"expert_id": expert_id, "role": "member", "category": POOL[expert_id]} for expert_id in experts]


def report(**more: Any) -> dict[str, Any]:
    return {
        "document": document("external_evaluation_report"),
        "findings": "In order",
        "recommendations": ["Renew the library"],
        "remarks": ["Two rooms are closed"],
        "good_practice": ["Open lessons"],
        "purposes": [{"purpose": purpose, "finding": "So"} for purpose in BOOK.vocabulary("audit_purposes")],
        **more,
    }


@pytest.mark.clause(IQAA, "S2.a", "S2.b", "S2.c.1", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2", "S2.f.1", "S2.g", "S2.h")
async def test_an_audit_from_its_panel_to_the_factual_check(audit: Audit) -> None:
    today = (await audit.open()).isoformat()
    problem = await audit.refused("panel", {"members": seats(*PANEL)})
    assert (problem["clause"], [each["ground"] for each in problem["conflicts"]]) == ("S2.c.2", ["employment"])
    await audit.done("panel", {"members": seats(*PANEL), "despite_conflicts": "She left long ago"})
    await audit.done("composition-notice")

    officer = {"role": Role.institution_officer}
    await audit.done("objections", {"expert_id": "anna", "grounds": "A dispute", "document": document("replacement_request")}, **officer)
    await audit.done("objection-decision", {"expert_id": "anna", "outcome": "upheld", "reasons": "It goes on"}, role=Role.director)
    assert (await audit.get(role=Role.expert, subject="anna")).status_code == 404
    await audit.done("replacements", {"expert_id": "anna", "successor": seats("gani")[0]})
    await audit.done("composition-notice")

    await audit.done("announcement", {"starts_on": today, "ends_on": today, "length_reason": "One building"})
    materials = {"documents": [document("self_assessment_materials"), document("methodological_support")]}
    first = ReportVersionSubmitted(case_id=audit.case_id, number=1, submitted_on=date.fromisoformat(today))
    await audit.told(first)
    assert (await audit.refused("materials", materials))["clause"] == "S2.d"
    await audit.told(first.model_copy(update={"number": 2, "submitted_on": date(2099, 1, 1)}))
    await audit.told(SelfAssessmentReportAccepted(case_id=audit.case_id, number=2, accepted_on=date.fromisoformat(today)))
    shown = (await audit.get()).json()
    assert (shown["first_version_on"], shown["final_version_on"]) == (today, today)
    await audit.done("materials", materials)
    assert (await audit.refused("start"))["clause"] == "S2.e.1"
    await audit.done("webinar", {"attended": ["gani", "emil"], "topics": ["training", "organisational_matters"]})
    await audit.done("briefing", {"attended": ["gani", "berik", "curt", "dana", "emil"]})
    await audit.done("start")
    await audit.done("completion")
    finding = {"standard": "4", "criterion": "4.2", "kind": "remark", "text": "Two rooms are closed"}
    told = report(findings_by_criterion=[finding], signed_by=["gani", "berik"], dissent="One would refuse")
    await audit.done("report", told, role=Role.expert, subject="gani")
    await audit.done("factual-check")
    await audit.done("factual-check-answer", {"corrections": [{"passage": "900", "correction": "950"}]}, **officer)
    assert (await audit.refused("factual-check-closing", {}))["missing"] == [1]
    corrected = {"rulings": [{"number": 1, "accepted": True, "reasons": "The register says 950"}], "report": document("corrected_report")}
    await audit.done("factual-check-closing", corrected)

    shown = (await audit.get()).json()
    assert (shown["stage"], shown["length_reason"], shown["mode"], shown["materials_late"]) == ("reported", "One building", "on_site", True)
    assert (shown["webinar_on"], shown["briefing_on"], shown["check_closed_on"]) == (today, today, today)
    assert (shown["remarks"], shown["rulings"][0]["accepted"]) == (["Two rooms are closed"], True)
    assert (shown["document"]["kind"], shown["corrected_report"]["kind"]) == ("external_evaluation_report", "corrected_report")
    assert (shown["findings_by_criterion"], shown["signed_by"], shown["dissent"]) == ([finding], ["gani", "berik"], "One would refuse")
    panel = {each["expert_id"]: each for each in shown["panel"]}
    assert {expert_id: each["left_on"] for expert_id, each in panel.items() if each["left_on"]} == {"anna": today}
    assert (panel["gani"]["category"], panel["anna"]["conflicts"][0]["ground"]) == ("national_academic", "employment")


@pytest.mark.clause(IQAA, "S2.c.2")
async def test_what_the_check_found_and_what_was_objected_is_not_for_everybody(audit: Audit) -> None:
    await audit.open()
    await audit.done("panel", {"members": seats(*PANEL), "despite_conflicts": "She left long ago"})
    await audit.done("composition-notice")
    body = {"expert_id": "anna", "grounds": "A dispute", "document": document("replacement_request")}
    await audit.done("objections", body, role=Role.institution_officer)
    await audit.done("dropouts", {"expert_id": "emil", "reason": "Ill since May"})
    (objection,) = (await audit.get("/objections", role=Role.institution_officer)).json()
    assert (objection["grounds"], objection["upheld"]) == ("A dispute", None)
    assert (await audit.get("/objections", role=Role.expert, subject="berik")).status_code == 403
    seen = (await audit.get(role=Role.expert, subject="berik")).json()
    assert {each["conflicts"] for each in seen["panel"]} == {None}

    async def told(role: Role, subject: str | None = None) -> str:
        return (await audit.get("/history", role=role, subject=subject)).text

    agency, institution, expert = await told(Role.auditor), await told(Role.institution_officer), await told(Role.expert, "berik")
    assert ["She left long ago" in each for each in (agency, institution, expert)] == [True, False, False]
    assert ["employed at kaznu" in each for each in (agency, institution, expert)] == [True, False, False]
    assert ["A dispute" in each for each in (agency, institution, expert)] == [True, True, False]
    assert ["Ill since May" in each for each in (agency, institution, expert)] == [True, False, False]


@pytest.mark.clause(IQAA, "S2.a", "S2.e.2")
async def test_a_visit_is_broken_off_goes_on_without_an_expert_and_is_followed_by_another(audit: Audit) -> None:
    """The later one shows nothing of the first, which stays in the history."""
    today = await audit.open()
    await audit.told(SelfAssessmentReportAccepted(case_id=audit.case_id, number=1, accepted_on=today))
    await audit.done("panel", {"members": seats(*PANEL), "despite_conflicts": "She left long ago"})
    await audit.done("composition-notice")
    dates = {"starts_on": today.isoformat(), "ends_on": today.isoformat(), "length_reason": "One building"}
    await audit.done("announcement", dates)
    await audit.done("materials", {"documents": [document("self_assessment_materials"), document("methodological_support")]})
    await audit.done("webinar", {"attended": ["anna"], "topics": ["training", "organisational_matters"]})
    await audit.done("briefing", {"attended": PANEL})
    await audit.done("start")
    await audit.done("interruption", {"reason": "A flood"})
    shown = (await audit.get()).json()
    assert (shown["stage"], shown["interruption"], shown["starts_on"], shown["briefing_on"]) == ("interrupted", "A flood", None, None)
    await audit.done("announcement", dates)
    await audit.done("briefing", {"attended": PANEL})
    await audit.done("start")
    await audit.done("dropouts", {"expert_id": "emil", "reason": "Ill"})
    await audit.done("completion")
    expert = {"role": Role.expert, "subject": "anna"}
    assert (await audit.refused("report", report(), **expert))["missing"] == {"international": 1}
    answer = await audit.post(f"/v1/visits/{audit.case_id}/panel-statement", {"reasons": "His part was done"})
    assert answer.status_code == 403
    await audit.done("panel-statement", {"reasons": "His part was done"}, role=Role.director)
    await audit.done("report", report(), **expert)
    shown = (await audit.get()).json()
    assert (shown["panel_statement"], shown["panel_missing"]) == ("His part was done", {"international": 1})

    await audit.open(2)
    shown = (await audit.get()).json()
    assert (shown["round"], shown["stage"], shown["panel"], shown["document"], shown["signed_by"]) == (2, "opened", [], None, None)
    assert shown["final_version_on"] == today.isoformat()
    assert (await audit.get(role=Role.expert, subject="anna")).status_code == 404
    await audit.open(2)
    told = [entry["type"] for entry in (await audit.get("/history")).json()]
    assert (told.count("VisitOpened"), told.count("VisitReportSubmitted"), told.count("VisitStarted")) == (2, 1, 2)
    problem = await audit.refused("panel", {"members": seats("anna", "berik", "curt", "dana", "emil")})
    assert {each["ground"] for each in problem["conflicts"]} == {"employment", "earlier_visit"}
    await audit.done("panel", {"members": seats(*PANEL), "despite_conflicts": "Nobody else knows the field"})


async def test_a_visit_stands_still_and_ends_with_its_case(audit: Audit) -> None:
    await audit.stands(handlers.suspend, case_id="none-such")
    await audit.open()
    for _ in range(2):
        await audit.stands(handlers.suspend)
    shown = (await audit.get()).json()
    assert (shown["standing"], shown["standing_reason"], shown["version"]) == ("suspended", "A fire", 2)
    problem = await audit.refused("panel", {"members": seats(*PANEL), "despite_conflicts": "She left long ago"})
    assert problem["detail"] == f"the visit is suspended since {shown['standing_since']}: A fire"
    await audit.stands(handlers.resume)
    assert (await audit.get()).json()["standing_reason"] is None
    await audit.stands(handlers.close)
    assert (await audit.get()).json()["standing"] == "closed"


@pytest.mark.clause(ORDER_109, "15", "17")
async def test_a_wrong_day_is_put_right_by_the_director_and_every_reader_sees_it(audit: Audit) -> None:
    await audit.recorded(*order.READY, order.STARTED, order.COMPLETED, order.REPORTED)
    ended, submitted = len(order.READY) + 2, len(order.READY) + 3
    director = {"role": Role.director}

    def body(version: int, **right: str) -> dict[str, Any]:
        return {"version": version, "corrected": right, "reason": "Typed wrongly"}

    answer = await audit.post(f"/v1/visits/{audit.case_id}/corrections", body(ended, ended_on="2009-06-09"))
    assert answer.status_code == 403
    for wrong, words in [
        (body(ended, ended_on="2009-06-07"), "a step of the visit would come on 2009-06-07, and the one before it on 2009-06-08"),
        (body(ended - 1, started_on="2009-06-05"), "announced for 2009-06-08 to 2009-06-10, and would have started on 2009-06-05"),
        (body(submitted, submitted_on="2999-01-01"), "2999-01-01 has not come"),
        (body(1, opened_on="2009-01-01"), "a VisitOpened is not corrected"),
    ]:
        assert words in (await audit.refused("corrections", wrong, **director))["detail"]
    await audit.done("corrections", body(ended, ended_on="2009-06-09"), **director)
    await audit.done("corrections", body(submitted, submitted_on="2009-06-11"), **director)
    shown = (await audit.get()).json()
    assert (shown["ended_on"], shown["submitted_on"], shown["version"]) == ("2009-06-09", "2009-06-11", submitted + 2)
    assert [(each["submitted_on"], each["version"]) for each in await audit.listed("visits")] == [("2009-06-11", submitted + 2)]
    told = (await audit.get("/history")).json()
    assert [each["type"] for each in told[-2:]] == ["VisitCorrected"] * 2
    assert (told[ended - 1]["data"]["ended_on"], told[ended - 1]["clauses"][0]["id"]) == ("2009-06-10", "15")
    assert told[-2]["data"]["corrects"] == told[ended - 1]["id"]
    assert await audit.served_and_rebuilt_differ() == []


async def test_what_the_pool_knows_wrongly_of_an_expert_is_put_right(audit: Audit) -> None:
    path = "/v1/experts/anna/corrections"
    body = {"version": 1, "corrected": {"categories": ["student"]}, "reason": "The wrong box was ticked"}
    assert (await audit.post(path, {**body, "corrected": {"name": "Another"}}, role=Role.director)).status_code == 422
    assert (await audit.post(path, body, role=Role.director)).status_code == 200
    shown = await audit.read("experts/anna")
    assert (shown["categories"], shown["version"], shown["allowed_actions"]) == (["student"], 2, [])
    assert {each["expert_id"]: each["categories"] for each in await audit.listed("experts")}["anna"] == ["student"]
    assert [each["type"] for each in await audit.read("experts/anna/history")] == ["ExpertRegistered", "ExpertCorrected"]
    assert await audit.served_and_rebuilt_differ() == []


async def test_a_day_that_review_put_right_is_right_here_too(audit: Audit) -> None:
    await audit.open()
    day = date(2026, 3, 2)
    fields = {"corrects": "e", "case_id": audit.case_id, "previous": {}, "reason": "Typed wrongly", "corrected_on": day}
    for number in (1, 2):
        await audit.told(ReportVersionSubmitted(case_id=audit.case_id, number=number, submitted_on=day), version=number + 1)
    await audit.told(SelfAssessmentReportAccepted(case_id=audit.case_id, number=2, accepted_on=day), version=4)
    for version, fact, right in [
        (3, "ReportVersionSubmitted", {"submitted_on": "2026-02-28"}),
        (2, "ReportVersionSubmitted", {"submitted_on": "2026-02-26"}),
        (4, "SelfAssessmentReportAccepted", {"accepted_on": "2026-02-27"}),
        (1, "PreliminaryAuditHeld", {"held_on": "2026-02-01"}),
    ]:
        await audit.told(ReportCorrected(fact=fact, version=version, corrected=right, **fields), version=5)
    shown = (await audit.get()).json()
    assert (shown["first_version_on"], shown["final_version_on"]) == ("2026-02-26", "2026-02-27")


@pytest.mark.clause(ORDER_109, "16")
async def test_a_visit_offers_each_what_he_may_do_now(audit: Audit) -> None:
    await audit.recorded(*order.READY[:-1])

    async def offered(role: Role, subject: str | None = None) -> set[str]:
        return {action["name"] for action in (await audit.get(role=role, subject=subject)).json()["allowed_actions"]}

    expert = Role.expert
    assert (await offered(expert, "chair"), await offered(expert, "berik")) == (set(), {"confirm_report_studied"})
    assert await offered(Role.institution_officer) == set()
    assert await offered(Role.coordinator) >= {"announce_visit", "drop_out", "tell_composition"}
    assert (await audit.post(f"/v1/visits/{audit.case_id}/studied", role=expert, subject="chair")).status_code == 409
    await audit.recorded(order.STUDIED[-1], order.STARTED)
    leads = {"interrupt_visit", "complete_visit"}
    assert (await offered(expert, "chair"), await offered(expert, "berik")) == (leads, set())
    await audit.recorded(order.COMPLETED)
    assert (await offered(expert, "chair"), await offered(expert, "berik")) == ({"submit_visit_report"}, set())
    assert "complete_visit" not in await offered(Role.coordinator)
