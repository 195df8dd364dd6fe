"""One agency before the REST interfaces of intake and notices."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from temporalio.service import RPCError, RPCStatusCode

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.temporal import described
from cli.supervisor import Stack
from services.notices.contract import delivery_workflow
from tests.notices.receivers import Receiver
from tests.waiting import eventually
from tests.workflows.skipping import SkippedTime

OFFICER, COORDINATOR = Role.institution_officer, Role.coordinator
RULES = {"rulebook_id": "kz-109-2008-accreditation", "rulebook_version": "2008-03-05"}
ENDPOINTS = "/v1/webhook-endpoints"


def paper(kind: str) -> dict[str, str]:
    """A document that nobody else has."""
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": hashlib.sha256(uuid4().bytes).hexdigest()}


@dataclass
class House:
    """The agency, its institutions and what they ask."""

    stack: Stack
    http: httpx.AsyncClient
    agency: str
    time: SkippedTime

    def headers(self, role: Role, institution: str | None = None, *, key: str | None = None, agency: str | None = None) -> dict[str, str]:
        """Of somebody of a role; an officer is of kaznu unless said otherwise."""
        of = (institution or "kaznu") if role is OFFICER else None
        token = development_token(self.stack.settings(), subject=f"{role}.{of}", roles=[role], agency=agency or self.agency, institution=of)
        return {"authorization": f"Bearer {token}", "idempotency-key": key or uuid4().hex}

    async def ask(self, path: str, body: Any = None, role: Role = OFFICER, service: str = "notices", **who: Any) -> httpx.Response:
        """A command on whatever version there is."""
        headers = self.headers(role, **who) | {"if-match": "*"}
        return await self.http.post(self.stack.urls[service] + path, json=body, headers=headers)

    async def do(self, path: str, body: Any = None, role: Role = OFFICER, service: str = "notices", **who: Any) -> dict[str, Any]:
        """A command that is accepted."""
        answer = await self.ask(path, body, role, service, **who)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def read(self, path: str, role: Role = OFFICER, **who: Any) -> httpx.Response:
        """A read of notices."""
        return await self.http.get(self.stack.urls["notices"] + path, headers=self.headers(role, **who))

    async def items(self, path: str, role: Role = OFFICER, **who: Any) -> list[dict[str, Any]]:
        """The items of a list."""
        answer = await self.read(path, role, **who)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def registers(self, institution: str) -> None:
        """The agency enters an institution, and notices has heard of it."""
        names = {"names": {"en": institution}, "kind": "university", "city": "Almaty", "country": "KZ"}
        await self.do("/v1/institutions", {"institution_id": institution, **names}, COORDINATOR, "intake")

        async def heard() -> bool:
            url = "http://127.0.0.1:1/"
            answer = await self.ask(ENDPOINTS, {"institution_id": institution, "url": url, "types": ["kepil.nobody"]}, COORDINATOR)
            return answer.status_code == 422

        await eventually(heard, f"notices has heard of {institution}")

    async def adopts(self) -> None:
        """The agency works by a rulebook and standards."""
        await self.do("/v1/rulebook-adoptions", {**RULES, "reason": "Our own"}, Role.director, "intake")
        area = {"code": "1", "title": "Governance", "criteria": ["1.1"], "esg": ["1.1"]}
        named = {"standards": "Standards", "version": "2026", "kind": "institutional", "areas": [area]}
        body = {**RULES, **named, "references": [], "act": "Order No. 4", "adopted_on": "2010-01-11"}
        await self.do("/v1/standards", body, Role.director, "intake")

    async def files(self, institution: str = "kaznu") -> str:
        """An institution files an application; the case."""
        papers = [paper(kind) for kind in ("application", "state_licence", "licence_annexes")]
        body = {
            **RULES,
            "standards": "Standards",
            "standards_version": "2026",
            "institution_id": institution,
            "kind": "institutional",
            "levels": ["higher"],
            "documents": papers,
        }
        return str((await self.do("/v1/applications", body, OFFICER, "intake", institution=institution))["id"])

    async def attaches(self, case_id: str) -> None:
        """The institution adds a document to its application."""
        await self.do(f"/v1/applications/{case_id}/documents", paper("other"), OFFICER, "intake")

    async def endpoint(self, receiver: Receiver, *types: str, key: str | None = None, verified: bool = True, **more: Any) -> dict[str, Any]:
        """An endpoint of kaznu, which has answered its test event."""
        body = {"institution_id": "kaznu", "url": receiver.url, "types": types, **more}
        made = await self.do(ENDPOINTS, body, key=key)
        if verified:
            await self.stands(made["id"], "active")
        return made

    async def stands(self, endpoint_id: str, status: str) -> dict[str, Any]:
        """Waits until an endpoint has a status."""

        async def there() -> dict[str, Any] | None:
            found = (await self.read(f"{ENDPOINTS}/{endpoint_id}")).json()
            return found if found["status"] == status else None

        found = await eventually(there, f"{endpoint_id} is {status}")
        assert found
        return found

    async def deliveries(self, endpoint_id: str, end: str = "") -> list[dict[str, Any]]:
        """The deliveries to an endpoint of a type."""
        return [each for each in await self.items(f"{ENDPOINTS}/{endpoint_id}/deliveries?limit=200") if each["type"].endswith(end)]

    async def delivery(self, endpoint_id: str, end: str, status: str, attempts: int = 1) -> dict[str, Any]:
        """Waits until the one delivery of a type has a status after so many attempts; with its attempts."""

        async def there() -> dict[str, Any] | None:
            found = await self.deliveries(endpoint_id, end)
            return found[0] if found and (found[0]["status"], found[0]["attempts"]) == (status, attempts) else None

        found = await eventually(there, f"{end} is {status}")
        assert found
        answer = await self.read(f"{ENDPOINTS}/{endpoint_id}/deliveries/{found['delivery_id']}")
        return dict(answer.json())

    async def passes(self, delivery: dict[str, Any], length: timedelta) -> None:
        """Time passes, with a stop at every attempt of a delivery."""
        workflow = delivery_workflow(delivery["event_id"], delivery["endpoint_id"])
        if workflow not in self.time._followed:
            await eventually(lambda: self._begun(workflow), f"{workflow} has begun")
            self.time.follow(workflow)
        await self.time.advance_to(await self.time.now() + length)

    async def _begun(self, workflow: str) -> bool:
        try:
            await described(self.time._client, workflow)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True
