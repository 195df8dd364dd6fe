"""An external audit by IQAA's rulebook over REST, from the panel to the factual check: real servers, today's clock."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.issuer import development_token, issuer_app
from chassis.service import Runtime, build_app, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load, local_date
from services.visits import contract, handlers
from services.visits.app import SERVICE
from tests.chassis.servers import free_port, serving

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


class Audit:
    """The visit of one case, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self._runtime = runtime
        self._http = http
        self._agency = agency
        self.case_id = f"case-{uuid4().hex[:8]}"

    async def open(self) -> date:
        """As the lifecycle opens it; the local day."""
        context = await self._runtime.context(agency=self._agency, actor="workflow:case")
        request = contract.OpenVisit(agency=self._agency, case_id=self.case_id, institution_id="kaznu", rulebook=BOOK.ref)
        await handlers.open_visit(context, request)
        return local_date(context.at, BOOK.zone)

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


@pytest_asyncio.fixture
async def audit(servers: Stack, agency: str) -> AsyncIterator[Audit]:
    """Visits in this process, before real servers and a real issuer, with a pool of experts."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://visits") as http:
            found = Audit(runtime, http, agency)
            for expert_id, category in POOL.items():
                expert = {"expert_id": expert_id, "name": f"Name of {expert_id}", "categories": [category]}
                answer = await found.post("/v1/experts", {**expert, "employments": [PAST_JOB] if expert_id == "anna" else []})
                assert answer.status_code == 201, answer.text
            yield found


def seats(*experts: str) -> list[dict[str, str]]:
    return [{"expert_id": expert_id, "role": "member", "category": POOL[expert_id]} for expert_id in experts]


@pytest.mark.clause(IQAA, "S2.a", "S2.c.1", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2", "S2.f.1", "S2.g", "S2.h")
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
    await audit.done("materials", {"documents": [document("self_assessment_materials"), document("methodological_support")]})
    assert (await audit.refused("start"))["clause"] == "S2.e.1"
    await audit.done("webinar", {"attended": ["gani", "emil"], "topics": ["training", "organisational_matters"]})
    await audit.done("briefing", {"attended": ["gani", "berik", "curt", "dana", "emil"]})
    await audit.done("start")
    await audit.done("completion")
    report = {
        "document": document("external_evaluation_report"),
        "findings": "In order",
        "recommendations": ["Renew the library"],
        "remarks": ["Two rooms are closed"],
        "good_practice": ["Open lessons"],
        "purposes": [{"purpose": purpose, "finding": "So"} for purpose in BOOK.vocabulary("audit_purposes")],
    }
    await audit.done("report", report, role=Role.expert, subject="gani")
    await audit.done("factual-check")
    await audit.done("factual-check-answer", {"corrections": [{"passage": "900", "correction": "950"}]}, **officer)
    assert (await audit.refused("factual-check-closing", {}))["missing"] == [1]
    await audit.done("factual-check-closing", {"rulings": [{"number": 1, "accepted": False, "reasons": "The register says 900"}]})

    shown = (await audit.get()).json()
    assert (shown["stage"], shown["length_reason"], shown["mode"], shown["materials_late"]) == ("reported", "One building", "on_site", True)
    assert (shown["webinar_on"], shown["briefing_on"], shown["check_closed_on"]) == (today, today, today)
    assert (shown["remarks"], shown["rulings"][0]["accepted"]) == (["Two rooms are closed"], False)
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
