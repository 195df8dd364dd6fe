"""Intake's REST interface in this process, before real servers and a real issuer; people by role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx

from chassis.auth import Role
from chassis.context import Context
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.readmodels import ReadModel, project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from services.intake.app import SERVICE
from tests.chassis.servers import free_port, serving

IQAA = "iqaa-accreditation"
RULEBOOK = {"rulebook_id": IQAA, "rulebook_version": "undated"}
PARTS = {"rights_and_duties": "As agreed.", "cost": "As agreed.", "stages": "Four.", "time_limits": "This year."}
AREAS = [{"code": "1", "title": "Mission", "criteria": ["1.1", "1.2"], "esg": ["1.1", "1.10"]}]
REFERENCES = ["esg", "state_acts", "international_standards"]


def paper(kind: str) -> dict[str, str]:
    """A document of a kind."""
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": sha256(kind.encode()).hexdigest()}


class Desk:
    """One agency's intake."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self._runtime, self.http, self.agency = runtime, http, agency

    def headers(self, role: Role) -> dict[str, str]:
        institution = "kaznu" if role is Role.institution_officer else None
        token = development_token(self._runtime.settings, subject=f"the.{role}", roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}

    async def get(self, path: str, role: Role = Role.coordinator) -> httpx.Response:
        return await self.http.get(path, headers=self.headers(role))

    async def post(self, role: Role, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        headers = self.headers(role) | {"if-match": "*"}
        answer = await self.http.post(path, json=body, headers=headers)
        assert answer.status_code == status, f"{path}: {answer.text}"
        return dict(answer.json())

    async def lifecycle(self) -> Context:
        """A unit of work as a workflow's activity has it."""
        return await self._runtime.context(agency=self.agency, actor="workflow:case-1")

    async def told(self, event: Event) -> None:
        """Council told a fact, as the subscription would project it."""
        now = datetime.now(UTC)
        recorded = Recorded(event, str(uuid4()), "/kepil/council", self.agency, "consideration-1", 1, now, now, {})
        async with self._runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def served_and_rebuilt(self, model: ReadModel) -> tuple[Any, Any]:
        """The agency's rows of a table as they are served, and as the events alone make them."""
        service, using = self._runtime.service, self._runtime.settings
        both = await compare(using, service.events, service.catalogues, model, lambda pool: key_ring(using, pool))
        served, rebuilt = ([row for row in rows if row["agency"] == self.agency] for rows in both)
        return served, rebuilt

    async def adopted(self, kind: str) -> dict[str, Any]:
        """Standards of the agency for a kind of accreditation; their name is the kind's."""
        told = {"standards": kind, "version": "2026", "kind": kind, "areas": AREAS, "references": REFERENCES}
        return await self.post(Role.director, "/v1/standards", {**RULEBOOK, **told, "act": "Order 3", "adopted_on": "2020-01-16"}, 201)

    def application(self, kind: str, *programmes: dict[str, Any]) -> dict[str, Any]:
        """An application of the institution under the standards of its kind."""
        return {
            **RULEBOOK,
            "institution_id": "kaznu",
            "kind": kind,
            "programmes": list(programmes),
            "levels": ["higher"],
            "standards": kind,
            "standards_version": "2026",
            "documents": [paper(each) for each in ("application", "activity_description", "licence_copies")],
        }

    async def filed(self, kind: str, *programmes: dict[str, Any], **changes: Any) -> str:
        """A registered application of the institution; its path."""
        body = self.application(kind, *programmes) | changes
        path = f"/v1/applications/{(await self.post(Role.institution_officer, '/v1/applications', body, 201))['id']}"
        await self.post(Role.coordinator, f"{path}/registration", {"number": uuid4().hex})
        return path

    async def contracted(self, path: str) -> dict[str, Any]:
        """The application after a contract with every part is drawn up and signed."""
        text = {"contract_number": "K-5", "parts": PARTS, "amount": "1250000.00", "currency": "KZT"}
        await self.post(Role.coordinator, f"{path}/contract", {**text, "due_dates": {"external_audit": "2090-10-18"}})
        return await self.signed(path)

    async def signed(self, path: str) -> dict[str, Any]:
        """The application after both signatures, whatever the contract says."""
        for role in (Role.institution_officer, Role.director):
            await self.post(role, f"{path}/contract-signatures", {"contract_number": "K-5", "signatory_name": "Name"})
        return dict((await self.get(path)).json())

    async def today(self, path: str) -> date:
        """The local day on which the application was filed."""
        return date.fromisoformat((await self.get(path)).json()["filed_on"])


@asynccontextmanager
async def open_desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    """An agency that knows one institution, of which it does not know whose it is, and has standards for both kinds."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as http:
            desk = Desk(runtime, http, agency)
            university = {"institution_id": "kaznu", "names": {"en": "University"}, "kind": "university", "city": "Almaty", "country": "KZ"}
            await desk.post(Role.coordinator, "/v1/institutions", university, 201)
            for kind in ("institutional", "programme"):
                await desk.adopted(kind)
            yield desk
