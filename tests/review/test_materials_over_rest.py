"""The self-assessment materials of a state attestation over review's REST interface: in rounds, with what lacks, to the analysis."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.events import Recorded
from chassis.ids import derived_id
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load
from services.intake.contract import AttestationRescheduled
from services.review import handlers_materials
from services.review.app import SERVICE
from services.review.contract import ATTESTATION, CloseMaterials, OpenMaterials
from services.review.readmodels_materials import ALL, material_rounds
from tests.chassis.servers import free_port, serving

RULES = load(ATTESTATION)
PARTS = list(RULES.contents["self_assessment_materials"])
BODY = Role.authorised_body_officer


def file(kind: str) -> dict[str, str]:
    return {"kind": kind, "name": kind, "sha256": "a" * 64}


def parts(*words: str) -> list[dict[str, Any]]:
    return [{"part": word, "document": file("self_assessment_materials")} for word in words]


class Office:
    """One attestation of one agency before review's REST interface."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.attestation_id = derived_id("attestation", "kaznu", "2090", "planned")

    async def opened(self) -> None:
        """The lifecycle asks for the materials; as often as it likes."""
        ids = {"agency": self.agency, "attestation_id": self.attestation_id, "institution_id": "kaznu"}
        request = OpenMaterials(**ids, rulebook=RULES.ref, kind="planned", starts_on=date(2090, 4, 17))
        ctx = await self.runtime.context(agency=self.agency, actor="workflow:attestation")
        await handlers_materials.open_materials(ctx, request)

    async def closed(self) -> None:
        """The lifecycle says that nothing more is asked; as often as it likes."""
        request = CloseMaterials(agency=self.agency, attestation_id=self.attestation_id, reason="taken out of the schedule")
        await handlers_materials.close_materials(await self.runtime.context(agency=self.agency, actor="workflow:attestation"), request)

    async def rescheduled(self, starts_on: date) -> None:
        """Intake told that the attestation has other dates."""
        days = {"previous_starts_on": date(2090, 4, 17), "starts_on": starts_on, "ends_on": starts_on, "notify_by": date(2090, 1, 1)}
        told = {"amendment": 1, "ground": "request", "reasons": "Repairs.", "year": 2090, "act": "Order 5", "amended_on": date(2089, 1, 1)}
        fact = AttestationRescheduled(attestation_id=self.attestation_id, institution_id="kaznu", **days, **told)
        now = datetime.now(UTC)
        recorded = Recorded(fact, str(uuid4()), "/kepil/intake", self.agency, f"attestation-{self.attestation_id}", 2, now, now, {})
        async with self.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    def headers(self, role: Role, institution: str = "kaznu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    @property
    def path(self) -> str:
        return f"/v1/attestation-materials/{self.attestation_id}"

    async def get(self, path: str = "", role: Role = Role.auditor, institution: str = "kaznu", status: int = 200) -> Any:
        answer = await self.http.get(self.path + path, headers=self.headers(role, institution))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, role: Role, path: str, body: dict[str, Any], status: int = 200, institution: str = "kaznu") -> Any:
        headers = self.headers(role, institution) | {"if-match": "*", "idempotency-key": uuid4().hex}
        answer = await self.http.post(self.path + path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest_asyncio.fixture
async def office(servers: Stack, agency: str) -> AsyncIterator[Office]:
    """An agency of which one organisation knows its dates."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://review") as http:
            office = Office(runtime, http, agency)
            await office.opened()
            yield office


def actions(found: dict[str, Any]) -> set[str]:
    return {each["name"] for each in found["allowed_actions"]}


@pytest.mark.clause(ATTESTATION, "15")
async def test_materials_come_in_rounds_until_nothing_lacks_and_are_analysed(office: Office) -> None:
    await office.opened()
    found = await office.get(role=BODY)
    assert (found["stage"], found["due_on"], found["version"]) == ("awaited", "2090-03-17", 1)
    assert [each["part"] for each in found["lacking"]] == [*PARTS, "founding_documents", "licence"]
    assert {each["clause"] for each in found["lacking"]} == {"15"}
    assert actions(found) == {"tell_missing_parts"}
    assert actions(await office.get(role=Role.institution_officer)) == {"receive_materials"}
    refused = await office.post(BODY, "/analysis", {"analysis": "So."}, 409)
    assert (refused["clause"], refused["rulebook"]) == ("15", ATTESTATION)

    first = {"parts": parts(*PARTS[1:]), "documents": [file("licence")]}
    await office.post(Role.institution_officer, "/receipts", first, 404, institution="other")
    await office.post(Role.institution_officer, "/receipts", first | {"received_on": "2024-01-09"}, 403)
    await office.post(Role.institution_officer, "/receipts", first)
    found = await office.get(role=BODY)
    assert (found["stage"], found["missing"], found["complete"]) == ("incomplete", [PARTS[0], "founding_documents"], False)
    assert actions(found) == {"tell_missing_parts", "analyse_materials"}
    await office.post(BODY, "/missing-notice", {"outgoing_number": "44"})
    await office.post(BODY, "/missing-notice", {"outgoing_number": "44"}, 409)

    second = {"parts": parts(PARTS[0]), "documents": [file("founding_documents")], "received_on": "2024-01-09"}
    await office.post(Role.coordinator, "/receipts", second)
    found = await office.get()
    assert (found["stage"], found["lacking"], found["received_on"]) == ("complete", [], "2024-01-09")
    assert [len(each["parts"]) for each in found["received"]] == [10, 1]
    await office.post(BODY, "/analysis", {"analysis": "All is described.", "document": file("analysis")})
    wrong = {"version": 4, "corrected": {"received_on": "2024-01-08"}, "reason": "A slip."}
    await office.post(Role.director, "/corrections", wrong)
    await office.rescheduled(date(2090, 5, 17))
    found = await office.get()
    assert (found["stage"], found["analysis"], found["received_on"]) == ("analysed", "All is described.", "2024-01-08")
    assert (found["starts_on"], found["due_on"], found["version"]) == ("2090-05-17", "2090-04-17", 6)
    told = await office.get("/history")
    assert [each["type"] for each in told][-2:] == ["MaterialsAnalysed", "MaterialsCorrected"]
    assert all(clause["id"] == "15" for each in told for clause in each["clauses"])
    await office.get(role=Role.institution_officer, institution="other", status=404)
    listed = await office.http.get("/v1/attestation-materials?stage=analysed", headers=office.headers(Role.institution_officer))
    assert [each["attestation_id"] for each in listed.json()["items"]] == [office.attestation_id]
    listed = await office.http.get("/v1/attestation-materials", headers=office.headers(Role.institution_officer, "other"))
    assert listed.json()["items"] == []

    service, using = office.runtime.service, office.runtime.settings
    assert material_rounds in ALL
    served, rebuilt = await compare(using, service.events, service.catalogues, material_rounds, lambda pool: key_ring(using, pool))
    assert served == rebuilt


@pytest.mark.clause(ATTESTATION, "13.2")
async def test_what_is_taken_out_of_the_schedule_takes_no_materials(office: Office) -> None:
    await office.post(Role.institution_officer, "/receipts", {"parts": parts(PARTS[0])})
    for _ in range(2):
        await office.closed()
    found = await office.get(role=BODY)
    assert (found["stage"], found["closed_because"], found["version"]) == ("closed", "taken out of the schedule", 3)
    assert found["closed_on"] is not None
    assert actions(found) | actions(await office.get(role=Role.institution_officer)) == set()
    refused = await office.post(Role.institution_officer, "/receipts", {"parts": parts(PARTS[1])}, 409)
    assert "taken out of the schedule" in refused["detail"]
    for path, body in (("/missing-notice", {"outgoing_number": "44"}), ("/analysis", {"analysis": "So."})):
        assert "taken out of the schedule" in (await office.post(BODY, path, body, 409))["detail"]
    listed = await office.http.get("/v1/attestation-materials?stage=closed", headers=office.headers(BODY))
    assert [each["attestation_id"] for each in listed.json()["items"]] == [office.attestation_id]
    office.attestation_id = derived_id("attestation", "nobody", "2090", "planned")
    await office.closed()
    await office.get(status=404)
