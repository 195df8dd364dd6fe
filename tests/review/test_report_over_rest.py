"""A report by IQAA's rules over REST, from its opening to the acceptance of its final version."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load
from services.intake.contract import ApplicationRegistered, ContractConcluded
from services.review import contract, handlers
from services.review.app import SERVICE
from services.review.domain.state import Report, evolve
from services.review.readmodels import report_versions, reports
from tests.chassis.servers import free_port, serving
from tests.review.test_report import ELECTRONIC, OPENED, ORDER_109, PAPER, RECEIVED, REVIEWED

IQAA = "iqaa-accreditation"
SECTIONS = [{"standard": "1", "criterion": "1.1", "text": "The mission is published."}]
WHOLE = [*SECTIONS, {"standard": "2", "text": "Programmes are reviewed every year."}]
OUTLINE = [{"standard": "1", "criterion": "1.1"}, {"standard": "2"}]


def file(kind: str) -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": hashlib.sha256(kind.encode()).hexdigest()}


class Record(Command):
    """Whatever has happened."""

    facts: tuple[Any, ...]


PAST: Decider[Report, None] = Decider("report", Report(), lambda command, _state, _rules: command.facts, evolve, no_rules)


class Case:
    """One case of one agency before review's REST interface."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime = runtime
        self.http = http
        self.agency = agency
        self.case_id = str(uuid4())

    async def told(self, event: Event) -> None:
        """Intake told a fact, as its subscription would project it."""
        now = datetime.now(UTC)
        recorded = Recorded(event, str(uuid4()), "/kepil/intake", self.agency, f"application-{self.case_id}", 1, now, now, {})
        async with self.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def recorded(self, *facts: Event) -> None:
        """The past of this case's report, whenever it was."""
        context = await self.runtime.context(agency=self.agency, actor="somebody")
        past = tuple(fact.model_copy(update={"case_id": self.case_id}) for fact in facts)
        await context.execute(PAST, self.case_id, context.command(Record, facts=past), create=True)

    async def registered(self, kind: str = "institutional") -> None:
        """Registered by IQAA's rules."""
        fields: dict[str, Any] = {"case_id": self.case_id, "institution_id": "kaznu", "kind": kind, "scopes": ("institution",)}
        standards = {"standards": "institutional", "standards_version": "2020", "number": "1"}
        days = {"filed_on": date(2024, 1, 10), "registered_on": date(2024, 1, 12)}
        await self.told(ApplicationRegistered(**fields, rulebook=load(IQAA).ref, **standards, **days))

    async def concluded(self) -> None:
        """Both sides have signed."""
        await self.told(ContractConcluded(case_id=self.case_id, contract_number="14", concluded_on=date(2024, 2, 1)))

    def headers(self, role: Role, institution: str = "kaznu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def get(self, path: str = "", role: Role = Role.auditor, **who: Any) -> httpx.Response:
        return await self.http.get(f"/v1/reports/{self.case_id}{path}", headers=self.headers(role, **who))

    async def open(self) -> httpx.Response:
        headers = {**self.headers(Role.coordinator), "idempotency-key": str(uuid4())}
        return await self.http.post("/v1/reports", json={"case_id": self.case_id}, headers=headers)

    async def post(self, path: str, body: Any = None, role: Role = Role.coordinator, **who: Any) -> httpx.Response:
        headers = {**self.headers(role, **who), "idempotency-key": str(uuid4()), "if-match": (await self.get()).headers["etag"]}
        return await self.http.post(f"/v1/reports/{self.case_id}/{path}", json=body, headers=headers)

    async def accepted(self, path: str, body: Any = None, role: Role = Role.coordinator) -> None:
        answer = await self.post(path, body, role)
        assert answer.status_code == 200, answer.text

    async def awaits(self) -> list[str]:
        return [each["what"] for each in (await self.get()).json()["awaited"]]


@pytest_asyncio.fixture
async def case(servers: Stack, agency: str) -> AsyncIterator[Case]:
    """Review in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://review") as http:
            yield Case(runtime, http, agency)


OFFICER = Role.institution_officer


@pytest.mark.clause(IQAA, "S1.e")
async def test_a_person_opens_a_self_assessment_once_the_contract_is_concluded(case: Case) -> None:
    assert (await case.open()).status_code == 404
    await case.registered()
    early = await case.open()
    assert (early.status_code, early.json()["clause"]) == (409, "S1.e")
    await case.concluded()
    opened = await case.open()
    assert (opened.status_code, opened.headers["location"]) == (201, f"/v1/reports/{case.case_id}")
    again = await case.open()
    assert (again.status_code, again.json()["type"]) == (409, "urn:kepil:problem:conflict")
    assert (await case.get()).json()["kind"] == "institutional"


@pytest.mark.clause(IQAA, "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S1.h")
async def test_a_report_goes_from_its_opening_to_its_acceptance_in_two_rounds(case: Case) -> None:
    await case.registered()
    await case.concluded()
    await case.open()
    await case.accepted("outline", {"sections": OUTLINE})
    first = {"sections": SECTIONS, "documents": [file("self_assessment_report")]}
    assert (await case.post("versions", first, OFFICER, institution="other")).status_code == 404
    await case.accepted("versions", first, OFFICER)
    assert (await case.get()).json()["missing"] == ["results of the technical examination", "annexes", "section 2"]
    found = {"summary": "A standard is missing.", "findings": [{"standard": "2", "finding": "No section."}], "rework": "needed"}
    await case.accepted("examination", found)
    held = "TechnicalExaminationHeld"
    for role, seen in ((Role.coordinator, "A standard is missing."), (OFFICER, None)):  # S1.f.2: what it is not sent it does not see
        assert [each["summary"] for each in (await case.get("/versions", role)).json()["items"]] == [seen]
        assert (held in [each["type"] for each in (await case.get("/history", role)).json()]) is (seen is not None)
    await case.accepted("examination-results")
    assert held in [each["type"] for each in (await case.get("/history", OFFICER)).json()]
    partial = await case.post("versions", {**first, "annexes": [file("annex")]}, OFFICER)
    assert (partial.status_code, partial.json()["clause"], partial.json()["missing"]) == (409, "S1.e", ["section 2"])
    await case.accepted("versions", {"sections": WHOLE, "annexes": [file("annex")]}, OFFICER)
    assert await case.awaits() == ["accept_report", "hold_preliminary_audit"]
    await case.accepted("acceptance")
    held_on = (await case.get()).json()["final_on"]
    await case.accepted("preliminary-audit", {"held_on": held_on, "note": "Three buildings were seen."})

    report = (await case.get()).json()
    assert (report["stage"], report["number"], report["missing"], report["awaited"]) == ("accepted", 2, [], [])
    assert (report["audited_on"], report["audit_note"]) == (held_on, "Three buildings were seen.")
    versions = (await case.get("/versions", OFFICER)).json()["items"]
    assert [(each["number"], each["rework_needed"], len(each["sections"])) for each in versions] == [(1, True, 1), (2, None, 2)]
    assert versions[0]["findings"] == [{"standard": "2", "criterion": None, "finding": "No section."}]
    assert versions[1]["accepted_on"] == report["accepted_on"]
    assert (await case.get("/versions", OFFICER, institution="other")).status_code == 404


@pytest.mark.clause(IQAA, "S1.g")
async def test_a_report_without_a_need_for_rework_is_final_by_one_request(case: Case) -> None:
    await case.registered("programme")
    await case.concluded()
    await case.open()
    await case.accepted("versions", {"sections": SECTIONS}, OFFICER)
    await case.accepted("examination", {"summary": "It is complete.", "rework": "not_needed"})
    await case.accepted("examination-results")
    await case.accepted("final-version", {"annexes": [file("annex")]}, OFFICER)
    await case.accepted("acceptance")
    assert await case.awaits() == []
    assert [each["final_annexes"] for each in (await case.get("/versions")).json()["items"]] == [[file("annex")]]


async def test_a_report_stands_still_and_ends_with_its_case(case: Case) -> None:
    async def stands(act: Any, case_id: str = case.case_id) -> None:
        context = await case.runtime.context(agency=case.agency, actor="workflow:case")
        await act(context, contract.CaseStep(agency=case.agency, case_id=case_id, reason="A fire"))

    await stands(handlers.suspend, "none-such")
    await case.registered()
    await case.concluded()
    await case.open()
    for _ in range(2):
        await stands(handlers.suspend)
    shown = (await case.get()).json()
    assert (shown["standing"], shown["standing_reason"], shown["version"], shown["awaited"]) == ("suspended", "A fire", 2, [])
    refused = await case.post("versions", {"sections": SECTIONS}, OFFICER)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        f"the self-assessment is suspended since {shown['standing_since']}: A fire",
    )
    await stands(handlers.resume)
    assert await case.awaits() == ["submit_report_version"]
    await stands(handlers.close)
    assert (await case.get()).json()["standing"] == "closed"


@pytest.mark.clause(ORDER_109, "13")
async def test_a_wrong_day_is_put_right_by_the_director_and_every_reader_sees_it(case: Case) -> None:
    past = (PAPER, ELECTRONIC, RECEIVED, REVIEWED)
    await case.recorded(OPENED, *past)
    body = {"version": 2, "corrected": {"incoming_number": "71", "received_on": "2009-02-20"}, "reason": "Typed wrongly"}
    assert (await case.post("corrections", body)).status_code == 403
    for version, right, words in [
        (2, {"received_on": "2009-01-01"}, "before the self-assessment was opened on 2009-01-15"),
        (2, {"received_on": "2009-03-05"}, "would count as submitted on 2009-03-02, and its paper form came on 2009-03-05"),
        (5, {"reviewed_on": "2009-02-01"}, "a step of the report would come on 2009-02-01, and the one before it on 2009-03-02"),
        (5, {"reviewed_on": "2999-02-01"}, "2999-02-01 has not come"),
    ]:
        refused = await case.post("corrections", {**body, "version": version, "corrected": right}, Role.director)
        assert (refused.status_code, words in refused.json()["detail"]) == (409, True), refused.text
    assert refused.json().get("clause") is None
    strange = await case.post("corrections", {**body, "corrected": {"case_id": "another"}}, Role.director)
    assert (strange.status_code, strange.json()["errors"][0]["pointer"]) == (422, "#/corrected/case_id")

    await case.accepted("corrections", body, Role.director)
    for version, name in ((3, "received_on"), (4, "received_on")):
        await case.accepted("corrections", {**body, "version": version, "corrected": {name: "2009-02-27"}}, Role.director)
    report = (await case.get()).json()
    assert [report[name] for name in ("incoming_number", "paper_on", "electronic_on", "received_on", "version")] == [
        "71",
        "2009-02-20",
        "2009-02-27",
        "2009-02-27",
        8,
    ]
    listed = (await case.http.get("/v1/reports?sort=-opened_on", headers=case.headers(Role.auditor))).json()["items"]
    assert [(each["received_on"], each["version"]) for each in listed] == [("2009-02-27", 8)]
    told = (await case.get("/history")).json()
    assert [each["type"] for each in told[5:]] == ["ReportCorrected"] * 3
    assert (told[1]["data"]["received_on"], [clause["id"] for clause in told[1]["clauses"]]) == ("2009-03-02", ["13"])
    assert (told[5]["data"]["previous"]["incoming_number"], told[5]["data"]["corrects"]) == ("17", told[1]["id"])
    service, using = case.runtime.service, case.runtime.settings
    for model in (reports, report_versions):
        served, rebuilt = await compare(using, service.events, service.catalogues, model, lambda pool: key_ring(using, pool))
        assert served == rebuilt


@pytest.mark.clause(IQAA, "S1.f.1")
async def test_a_report_offers_each_role_what_it_may_do_now(case: Case) -> None:
    await case.registered()
    await case.concluded()
    await case.open()

    async def offered(role: Role) -> list[str]:
        return [action["name"] for action in (await case.get("", role)).json()["allowed_actions"]]

    assert await offered(OFFICER) == ["submit_report_version"]
    assert await offered(Role.coordinator) == ["set_report_outline"]
    assert await offered(Role.auditor) == []
    (action,) = (await case.get("", OFFICER)).json()["allowed_actions"]
    assert action["path"] == f"/v1/reports/{case.case_id}/versions"
    assert [clause["id"] for clause in action["clauses"]] == ["S1.f.1", "S1.g"]
    await case.accepted("versions", {"sections": SECTIONS}, OFFICER)
    assert await offered(OFFICER) == []
    assert await offered(Role.coordinator) == ["set_report_outline", "examine_report_version"]
