"""An agency's documents over HTTP, and the store behind: what the tests of documents ask with."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.settings import Settings
from chassis.storage import Storage
from cli.supervisor import Stack
from tests.chassis import files
from tests.intake.desk import Desk, open_desk

DOCUMENTS = "/v1/documents"
PDF = files.pdf()
SHA = hashlib.sha256(PDF).hexdigest()
NAME = "Отчёт о самооценке, №5 (подписан).pdf"
OFFICER, STAFF = Role.institution_officer, Role.coordinator


@dataclass
class Counter:
    """One agency's documents: files over HTTP, and the store behind."""

    desk: Desk
    settings: Settings
    storage: Storage
    institutions: dict[str, str] = field(default_factory=dict)

    def headers(self, role: Role, institution: str = "kaznu", **more: str) -> dict[str, str]:
        own = institution if role is OFFICER else None
        token = development_token(self.settings, subject=f"the.{role}", roles=[role], agency=self.desk.agency, institution=own)
        return {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex, **more}

    async def send(
        self,
        content: Any = PDF,
        role: Role = OFFICER,
        media: str = "application/pdf",
        institution: str = "kaznu",
        key: str = "",
        **query: Any,
    ) -> httpx.Response:
        headers = self.headers(role, institution, **{"content-type": media})
        params = {"name": NAME, **query}
        return await self.desk.http.post(
            DOCUMENTS, params=params, content=content, headers=headers | ({"idempotency-key": key} if key else {})
        )

    async def stored(self, content: Any = PDF, role: Role = OFFICER, **query: Any) -> dict[str, Any]:
        answer = await self.send(content, role, **query)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def get(self, path: str = "", role: Role = OFFICER, institution: str = "kaznu", **params: Any) -> httpx.Response:
        return await self.desk.http.get(f"{DOCUMENTS}{path}", params=params, headers=self.headers(role, institution))

    async def post(self, path: str, role: Role = Role.director, body: Any = None) -> httpx.Response:
        headers = self.headers(role) | {"if-match": "*"}
        return await self.desk.http.post(f"{DOCUMENTS}{path}", json=body, headers=headers)

    async def kept(self) -> list[str]:
        return await self.storage.keys(self.desk.agency)

    async def log(self) -> list[str]:
        rows = await self.desk._runtime.system.fetch(
            "SELECT type FROM events WHERE agency = $1 AND type LIKE 'Document%' ORDER BY position", self.desk.agency
        )
        return [row["type"] for row in rows]


@asynccontextmanager
async def counter_of(servers: Stack, agency: str, folder: Path, **settings: Any) -> AsyncIterator[Counter]:
    async with open_desk(servers, agency) as desk:
        using = desk._runtime.settings.model_copy(
            update={"documents_url": f"file://{folder}", "documents_max_bytes": 5_000_000, **settings}
        )
        desk._runtime.settings = using
        other = {"institution_id": "kbtu", "names": {"en": "Other"}, "kind": "university", "city": "Almaty", "country": "KZ"}
        await desk.post(STAFF, "/v1/institutions", other, 201)
        yield Counter(desk, using, Storage.of(using))
