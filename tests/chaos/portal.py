"""A portal that never gives up: it repeats a command with the same key until it is accepted, and keeps what was accepted."""

import asyncio
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from chassis.auth import Role
from chassis.issuer import development_token
from cli.supervisor import Stack

RULEBOOK = {"rulebook_id": "kz-109-2008-accreditation", "rulebook_version": "2008-03-05"}


@dataclass
class Portal:
    """Commands of one agency's people against a stack whose parts are being killed."""

    stack: Stack
    http: httpx.AsyncClient
    agency: str
    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    repeated: int = 0
    refused: list[str] = field(default_factory=list)

    async def command(self, role: Role, service: str, path: str, body: Any = None, institution: str | None = None) -> str:
        """The id in the answer, once there is one; its events go to `accepted`."""
        headers = {"authorization": self._bearer(role, institution), "idempotency-key": uuid4().hex}
        resource = path.rpartition("/")[0]
        existing = resource.count("/") > 2
        while True:
            if existing and "if-match" not in headers:
                headers["if-match"] = await self._version(role, service, resource, institution)
            answer = await self._send(service, path, body, headers)
            if answer is None or answer.status_code >= 500:
                self.repeated += 1
                await asyncio.sleep(0.1)
            elif answer.status_code < 300:
                content = answer.json()
                self.accepted[service] += [event["id"] for event in content["events"]]
                return str(content["id"])
            else:
                self.refused.append(f"{path}: {answer.status_code} {answer.text}")
                raise AssertionError(self.refused[-1])

    async def case(self, number: int) -> str:
        """An accreditation from the application to the announced visit, as far as it goes on one day; the case's id."""
        institution = f"university-{number}"
        university = {"institution_id": institution, "names": {"en": institution}, "kind": "university", "city": "Almaty", "country": "KZ"}
        await self.command(Role.coordinator, "intake", "/v1/institutions", university)
        application = {
            **RULEBOOK,
            "institution_id": institution,
            "kind": "institutional",
            "levels": ["higher"],
            "standards": "Standards of the agency",
            "standards_version": "2026",
            "documents": [paper(kind) for kind in ("application", "state_licence", "licence_annexes")],
        }
        case = await self.command(Role.institution_officer, "intake", "/v1/applications", application, institution)
        application_path, report = f"/v1/applications/{case}", f"/v1/reports/{case}"
        await self.command(Role.coordinator, "intake", f"{application_path}/registration", {"number": str(number)})
        signature = {"contract_number": str(number), "signatory_name": "Rector"}
        await self.command(Role.institution_officer, "intake", f"{application_path}/contract-signatures", signature, institution)
        await self.command(Role.director, "intake", f"{application_path}/contract-signatures", signature)
        await self.command(Role.institution_officer, "review", f"{report}/electronic", paper("self_assessment_report"), institution)
        await self.command(Role.coordinator, "review", f"{report}/paper", {"incoming_number": str(number)})
        await self.command(Role.coordinator, "review", f"{report}/review", {"findings": "Complete."})
        await self.command(Role.coordinator, "review", f"{report}/recommendations", {"recommendations": ["Publish the results."]})
        panel = {"statute_act": "Order No. 21", "members": [{"expert_id": "expert.chair", "role": "chair"}]}
        await self.command(Role.coordinator, "visits", f"/v1/visits/{case}/panel", panel)
        await self.command(
            Role.coordinator,
            "council",
            "/v1/blanks",
            {**RULEBOOK, "series": "KZ", "first": number * 10, "last": number * 10 + 9, "digits": 6},
        )
        return case

    async def prepare(self) -> None:
        """What an agency has before its first case."""
        await self.command(Role.director, "intake", "/v1/rulebook-adoptions", {**RULEBOOK, "reason": "The agency's own procedure"})
        expert = {"expert_id": "expert.chair", "name": "Chair of the commission", "email": "chair@example.org"}
        await self.command(Role.coordinator, "visits", "/v1/experts", expert)

    async def read(self, role: Role, service: str, path: str, institution: str | None = None) -> httpx.Response | None:
        """A GET; None while nobody answers."""
        try:
            return await self.http.get(self.stack.urls[service] + path, headers={"authorization": self._bearer(role, institution)})
        except httpx.TransportError:
            return None

    async def _send(self, service: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
        try:
            return await self.http.post(self.stack.urls[service] + path, json=body, headers=headers)
        except httpx.TransportError:
            return None

    async def _version(self, role: Role, service: str, resource: str, institution: str | None) -> str:
        """The ETag of a resource, which a lifecycle may be about to make."""
        while True:
            answer = await self.read(role, service, resource, institution)
            if answer is not None and answer.status_code == 200:
                return answer.headers["etag"]
            await asyncio.sleep(0.1)

    def _bearer(self, role: Role, institution: str | None) -> str:
        settings = self.stack.settings()
        token = development_token(settings, subject=f"somebody.{role}", roles=[role], agency=self.agency, institution=institution)
        return f"Bearer {token}"


def paper(kind: str) -> dict[str, str]:
    """A reference to a document that nobody else has."""
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": hashlib.sha256(uuid4().bytes).hexdigest()}
