"""Complaint, appeal and what follows a decision by IQAA's rulebook over REST: real servers, today's clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import project
from chassis.service import Runtime, build_app, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load, local_date
from services.council import handlers
from services.council.app import SERVICE
from services.council.contract import OpenConsideration
from services.council.domain.consideration import CONSIDERATION
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    CoordinatorAppointed,
    InstitutionDescribed,
    InstitutionRegistered,
    Programme,
)
from services.visits.contract import PanelFormed, PanelMember, VisitStarted
from tests.chassis.servers import free_port, serving

IQAA = "iqaa-accreditation"
BOOK = load(IQAA)
COUNCIL = ("aigul", "berik", "chingiz")
SCOPES = ("institution", "programme:6B04201")


def document(kind: str) -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": "e" * 64}


class Case:
    """A case before the council, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.case_id = f"case-{uuid4().hex[:8]}"
        self.path = f"/v1/considerations/{self.case_id}"

    async def told(self, event: Event, source: str) -> None:
        """Another service told a fact, as its subscription would project it."""
        now = datetime.now(UTC)
        recorded = Recorded(event, str(uuid4()), source, self.agency, f"x-{self.case_id}", 1, now, now, {})
        async with self.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def post(self, path: str, body: Any = None, *, role: Role = Role.coordinator, **who: Any) -> httpx.Response:
        headers = {**self._headers(role, **who), "idempotency-key": str(uuid4()), "if-match": "*"}
        return await self.http.post(path, json=body, headers=headers)

    async def done(self, path: str, body: Any = None, **who: Any) -> dict[str, Any]:
        answer = await self.post(path, body, **who)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def refused(self, path: str, body: Any = None, *, clause: str, **who: Any) -> str:
        answer = await self.post(path, body, **who)
        assert (answer.status_code, answer.json().get("clause")) == (409, clause), answer.text
        return str(answer.json()["detail"])

    async def get(self, path: str, *, role: Role = Role.coordinator, **who: Any) -> Any:
        answer = await self.http.get(path, headers=self._headers(role, **who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def public(self, path: str, **params: str) -> list[dict[str, Any]]:
        answer = await self.http.get(path, params={"agency": self.agency, **params})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def _headers(self, role: Role, subject: str | None = None, institution: str = "kaznu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=subject or role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def opened(self) -> None:
        """What intake and visits told, and the lifecycle's opening."""
        ctx = await self.runtime.context(agency=self.agency, actor="workflow:case")
        day = local_date(ctx.at, BOOK.zone)
        of = {"case_id": self.case_id, "institution_id": "kaznu", "rulebook": BOOK.ref}
        filing = {"kind": "programme", "standards": "ESG", "standards_version": "2015", "filed_on": day}
        law = Programme(code="6B04201", name="Law", level="higher", qf_ehea_cycle="first_cycle")
        registered = InstitutionRegistered(institution_id="kaznu", names={"en": "KazNU"}, kind="university", city="Almaty", country="KZ")
        await self.told(registered, "intake")
        await self.told(InstitutionDescribed(institution_id="kaznu", deqar_id="DEQARINST4102", eter_id="KZ0012"), "intake")
        await self.told(ApplicationFiled(**of, **filing, programmes=(law,), levels=("higher",)), "intake")
        await self.told(ApplicationRegistered(**of, **filing, scopes=SCOPES, number="1", registered_on=day), "intake")
        coordinator = {"coordinator_id": "gani", "coordinator_name": "Gani", "act": "1", "appointed_on": day}
        await self.told(CoordinatorAppointed(case_id=self.case_id, **coordinator), "intake")
        panel = (PanelMember(expert_id="nurlan", role="chair"),)
        await self.told(PanelFormed(case_id=self.case_id, members=panel, formed_on=day), "visits")
        dates = {"filed_on": day, "registered_on": day}
        await handlers.open_consideration(ctx, OpenConsideration(agency=self.agency, **of, **dates, scopes=SCOPES))

    async def decided(self, council_id: str | None = None) -> str:
        """The council was given everything, met and accredited both scopes; the id of the council."""
        ctx = await self.runtime.context(agency=self.agency, actor="x")
        today = local_date(ctx.at, BOOK.zone).isoformat()
        state, _ = await ctx.load(CONSIDERATION, self.case_id)
        edited, conclusion, slides = (document(kind) for kind in ("external_evaluation_report", "accreditation_conclusion", "presentation"))
        if state.materials is None:
            check = {"document": edited, "changes": "Style", "checked_by": "saule", "experts_council_protocol": "No. 4"}
            check["panel_version"] = {**edited, "sha256": "f" * 64}
            await self.done(f"{self.path}/report-check", check)
            proposals = [{"scope": scope, "outcome": "accredit", "grounds": "Conforms"} for scope in SCOPES]
            references = ["esg", "state_acts", "international_standards"]
            draft = {"document": conclusion, "text": "Conforms", "proposals": proposals, "references": references}
            await self.done(f"{self.path}/conclusion", draft)
            await self.done(f"{self.path}/presentation", slides)
            documents = [edited, conclusion, slides, document("self_assessment_report")]
            await self.done(f"{self.path}/materials", {"documents": documents})
        if council_id is None:
            members = [{"member_id": member, "name": member} for member in COUNCIL]
            council = {"rulebook_id": BOOK.id, "rulebook_version": BOOK.version, "members": members}
            council_id = str((await self.done("/v1/councils", council, role=Role.director))["id"])
        meeting = {"council_id": council_id, "held_on": today, "agenda": [self.case_id]}
        meeting_id = (await self.done("/v1/meetings", meeting))["id"]
        attendance = {"present": list(COUNCIL), "presiding_statement": "Competent.", "presided_by": "aigul"}
        await self.done(f"/v1/meetings/{meeting_id}/attendance", attendance)
        for scope in SCOPES:
            for member in COUNCIL:
                ballot = {"meeting_id": meeting_id, "scope": scope, "vote": "for"}
                await self.done(f"{self.path}/votes", ballot, role=Role.council_member, subject=member)
        statements = [{"scope": scope, "presided_by": "aigul", "outcome": "accredit", "reasons": "All for."} for scope in SCOPES]
        protocol = {"meeting_id": meeting_id, "protocol_number": "7", "presiding_statements": statements}
        await self.done(f"{self.path}/decision", protocol, role=Role.director)
        return council_id


@pytest_asyncio.fixture
async def case(servers: Stack, agency: str) -> AsyncIterator[Case]:
    """Council in this process, before real servers and a real issuer, with one case."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://council") as http:
            opened = Case(runtime, http, agency)
            await opened.opened()
            yield opened


@pytest.mark.clause(IQAA, "S2.i")
async def test_a_complaint_is_filed_shown_to_the_council_and_decided(case: Case) -> None:
    body = {"case_id": case.case_id, "against": "The panel", "document": document("complaint"), "grounds": "They left early."}
    officer = Role.institution_officer
    assert "not begun" in await case.refused("/v1/complaints", body, clause="S2.i", role=officer)
    ctx = await case.runtime.context(agency=case.agency, actor="x")
    today = local_date(ctx.at, BOOK.zone)
    await case.told(VisitStarted(case_id=case.case_id, started_on=today), "visits")
    assert (await case.post("/v1/complaints", body, role=officer, institution="other")).status_code == 404
    complaint_id = (await case.done("/v1/complaints", body, role=officer))["id"]
    assert (await case.get(case.path))["open_complaints"] == [complaint_id]
    assert (await case.get("/v1/complaints?decided=false", role=officer, institution="other"))["items"] == []

    ruling = {"outcome": "rejected", "decided_by": "Deputy director", "reasons": "Seen.", "decided_on": today.isoformat()}
    await case.done(f"/v1/complaints/{complaint_id}/decision", ruling, role=Role.director)
    decided = await case.get(f"/v1/complaints/{complaint_id}", role=officer)
    assert (decided["upheld"], decided["decided_by"], decided["version"]) == (False, "Deputy director", 2)
    assert [each["type"] for each in await case.get(f"/v1/complaints/{complaint_id}/history")] == ["ComplaintFiled", "ComplaintDecided"]
    assert (await case.get(case.path))["open_complaints"] == []
    [listed] = (await case.get(f"/v1/complaints?case_id={case.case_id}&decided=true"))["items"]
    assert decided == {**listed, "allowed_actions": []}


@pytest.mark.clause(IQAA, "S3.d", "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a")
async def test_what_follows_a_decision_is_done_told_and_public(case: Case) -> None:
    await case.decided()
    for channel in ("institution", "expert_panel"):
        await case.done(f"{case.path}/decision-notices", {"channel": channel, "outgoing_number": f"612-{channel}"})
    publication = {**document("external_evaluation_report"), "results": document("results"), "address": "https://agency.example/1"}
    assert await case.public("/v1/register/decisions") == []
    await case.refused(f"{case.path}/report-publication", document("external_evaluation_report"), clause="S3.f.1")
    await case.done(f"{case.path}/report-publication", publication)
    await case.done(f"{case.path}/register-entry")
    await case.done(f"{case.path}/deqar-submission", {"submission": "084213"})
    await case.done(f"{case.path}/ministry-information", {"outgoing_number": "640"})
    await case.done(f"{case.path}/follow-up", {"period_months": 12, "reason": "Yearly."})
    certificate = {"case_id": case.case_id, "number": f"IQAA-{case.case_id}", "valid_until": "2090-01-01", "term_reason": "So decided."}
    await case.refused("/v1/certificates", {**certificate, "term_reason": None}, clause="S3.c.1")
    certificate_id = (await case.done("/v1/certificates", certificate))["id"]
    assert (await case.get(f"/v1/certificates/{certificate_id}"))["blank_number"] == ""

    after = await case.get(case.path)
    told = {each["channel"]: each["outgoing_number"] for each in after["decision_notices"]}
    assert told == {"institution": "612-institution", "expert_panel": "612-expert_panel"}
    done = after["after_decision"]
    assert (done["deqar_submission"], done["ministry"], done["follow_up_months"]) == ("084213", "ҚР БҒМ", 12)
    assert done["entered_scopes"] == list(SCOPES)

    export = await case.get(f"{case.path}/deqar-export")
    assert (export["decision"], export["valid_to"], export["activities"]) == ("positive", "2090-01-01", [{"local_identifier": "programme"}])
    assert export["institutions"] == [{"deqar_id": "DEQARINST4102", "eter_id": "KZ0012"}]
    assert [each["qf_ehea_level"] for each in export["programmes"]] == ["first cycle"]

    decisions = await case.public("/v1/register/decisions", outcome="accredit", institution_id="kaznu")
    assert [(each["scope"], each["in_force"], each["institution_names"]) for each in decisions] == [
        (scope, True, {"en": "KazNU"}) for scope in SCOPES
    ]
    assert decisions[0]["address"] == "https://agency.example/1"
    [entry] = await case.public("/v1/register", outcome="accredit", scope="institution", as_of=done["entered_on"])
    assert (entry["certificate_id"], entry["state"], entry["entered_on"]) == (certificate_id, "valid", done["entered_on"])
    assert [each["state"] for each in await case.public("/v1/register", as_of="2095-01-01")] == ["expired"]
    for path in ("/v1/register", "/v1/register/decisions"):
        assert await case.public(path, as_of="2020-01-01") == []
        assert await case.public(path, outcome="not_accredit") == []


@pytest.mark.clause(IQAA, "S3.e")
async def test_an_appeal_is_decided_by_a_commission_and_leads_to_a_new_visit(case: Case) -> None:
    council_id = await case.decided()
    await case.done(
        f"{case.path}/report-publication",
        {
            **document("external_evaluation_report"),
            "results": document("results"),
            "address": "https://agency.example/1",
        },
    )
    first = {"case_id": case.case_id, "number": f"1-{case.case_id}", "valid_until": "2090-01-01", "term_reason": "So decided."}
    await case.done("/v1/certificates", first)
    appeal = {"scopes": ["institution"], "document": document("appeal"), "grounds": "Unread."}
    await case.refused(f"{case.path}/appeals", appeal, clause="S3.e", role=Role.institution_officer)
    await case.done(f"{case.path}/appeals", {**appeal, "addressed_to": "The commission"}, role=Role.institution_officer)
    today = (await case.get(case.path))["adopted_on"]
    ruling = {"outcome": "remitted", "decided_by": "The commission", "act": "2", "reasons": "So.", "decided_on": today, "new_visit": True}
    await case.refused(f"{case.path}/appeal-outcome", ruling, clause="S3.e", role=Role.director)
    for person, part in {"nurlan": "expert", "gani": "coordinator", "berik": "voted", "saule": "checked"}.items():
        commission = {"members": [{"member_id": person, "name": "Name"}], "act": "41"}
        assert part in await case.refused(f"{case.path}/appeal-commission", commission, clause="S3.e", role=Role.director)
    commission = {"members": [{"member_id": "viktor", "name": "Viktor"}], "act": "41"}
    await case.done(f"{case.path}/appeal-commission", commission, role=Role.director)
    await case.done(f"{case.path}/appeal-outcome", ruling, role=Role.director)

    remitted = await case.get(case.path)
    assert (remitted["stage"], remitted["materials"], remitted["votes"][:1], remitted["after_decision"]) == (
        "opened",
        None,
        remitted["votes"][:1],
        None,
    )
    [appealed] = remitted["appeals"]
    assert (appealed["new_visit"], appealed["commission"]["members"]) == (True, ["viktor"])
    public = {each["scope"]: each for each in await case.public("/v1/register/decisions")}
    assert (public["institution"]["in_force"], public["institution"]["set_aside_by"]) == (False, "remitted")
    assert public["programme:6B04201"]["in_force"]
    yesterday = (datetime.fromisoformat(today) - timedelta(days=1)).date().isoformat()
    assert await case.public("/v1/register/decisions", as_of=yesterday) == []
    assert council_id
