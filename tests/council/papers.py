"""Certificates at council's desk, without the case that leads to them: issued, duplicated, suspended, revoked, ended, re-issued."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx

from chassis.auth import Role
from chassis.context import Context
from chassis.decider import Command
from chassis.documents import Document
from chassis.postgres import open_connection
from regulations import Rulebook, load
from services.council.domain.certificate import (
    CERTIFICATE,
    EndCertificate,
    ExpireCertificate,
    IssueCertificate,
    IssueDuplicate,
    PayDuplicate,
    ReissueCertificate,
    RequestDuplicate,
)
from services.council.domain.sanctions import RestoreCertificate, RevokeCertificate, SuspendCertificate
from tests.council.cases import decided
from tests.council.resolutions import RULES as SAPATTUU_RULES
from tests.council.resolutions import SUSPENDED, UNFULFILLED, WITHDRAWN, adopted
from tests.council.test_resolution_over_rest import Desk

ORDER_109: Rulebook = load("kz-109-2008-accreditation")
NAMES = {
    "ky": "Аль-Фараби атындагы университет",
    "kk": "Әл-Фараби атындағы университет",
    "ru": "Университет имени аль-Фараби",
    "en": "Al-Farabi University",
}
INSTITUTIONS = "INSERT INTO institutions (agency, institution_id, names, city, country) VALUES ($1, $2, $3, 'Алматы', 'KZ')"
CASES = "INSERT INTO cases (agency, case_id, programmes) VALUES ($1, $2, $3)"
LAW = "programme:6B04201"
AGENCIES = "INSERT INTO agency_names (agency, letterhead_id, names) VALUES ($1, 'agency', $2)"
DAY = timedelta(days=1)


@dataclass
class Registry:
    """Who issues certificates, and who asks about them."""

    desk: Desk

    @property
    def today(self) -> date:
        return self.desk.today

    async def opened(self) -> "Registry":
        connection = await open_connection(self.desk.runtime.settings, "kepil_system", "council")
        for name in ("oshgu", "successor"):
            await connection.execute(INSTITUTIONS, self.desk.agency, name, NAMES)
        await connection.execute(AGENCIES, self.desk.agency, {"kk": "Сапа агенттігі", "en": "The Quality Agency"})
        await connection.close()
        return self

    async def issued(self, number: str = "KZ-A 12/34", *scopes: str, days_ago: int = 0, name: str = "oshgu") -> str:
        """A certificate of today, or of some days ago."""
        case_id, certificate_id = str(uuid4()), str(uuid4())
        connection = await open_connection(self.desk.runtime.settings, "kepil_system", "council")
        await connection.execute(CASES, self.desk.agency, case_id, [{"code": "6B04201", "name": "Құқықтану", "level": "bachelor"}])
        await connection.close()
        accredited = scopes or ("institution", LAW)
        fact = decided(*["accredit"] * len(accredited), scopes=accredited).model_copy(
            update={"case_id": case_id, "institution_id": name, "rulebook": ORDER_109.ref}
        )
        ctx = await self.desk.context(days_ago)
        command = ctx.command(
            IssueCertificate,
            certificate_id=certificate_id,
            case_id=case_id,
            rulebook=ORDER_109.ref,
            decision=fact,
            number=number,
            blank_number=f"KZ {uuid4().int % 900_000:06}",
            blank_received=True,
        )
        await ctx.execute(CERTIFICATE, certificate_id, command, create=True)
        return certificate_id

    async def done(self, certificate_id: str, command: type[Command], days_ago: int = 0, **fields: Any) -> None:
        ctx = await self.desk.context(days_ago)
        await ctx.execute(CERTIFICATE, certificate_id, ctx.command(command, **fields))

    async def duplicated(self, certificate_id: str) -> None:
        application = Document(kind="duplicate_application", name="Application", sha256="a" * 64)
        await self.done(certificate_id, RequestDuplicate, application=application)
        await self.done(certificate_id, PayDuplicate, payment_reference="No. 448", paid_on=self.today)
        await self.done(certificate_id, IssueDuplicate, blank_number=f"KZ {uuid4().int % 900_000:06}", blank_received=True)

    async def suspended(self, certificate_id: str) -> None:
        until = self.today + 60 * DAY
        fact = self._resolution(certificate_id, SUSPENDED.model_copy(update={"until": until}))
        fields = {"rulebook": SAPATTUU_RULES.ref, "decision_id": fact.decision_id, "adopted": fact, "reasons": "As decided"}
        await self.done(certificate_id, SuspendCertificate, **fields)

    async def restored(self, certificate_id: str) -> None:
        state, _ = await (await self.desk.context()).load(CERTIFICATE, certificate_id)
        assert state.issued is not None
        fields = {"corrected_on": self.today, "valid_until": state.issued.valid_until + 9 * DAY, "reason": "The act of the check"}
        await self.done(certificate_id, RestoreCertificate, **fields)

    async def revoked(self, certificate_id: str) -> None:
        fact = self._resolution(certificate_id, WITHDRAWN)
        fields = {"rulebook": SAPATTUU_RULES.ref, "decision_id": fact.decision_id, "adopted": fact, "reasons": "As decided"}
        await self.done(certificate_id, RevokeCertificate, **fields)

    def _resolution(self, certificate_id: str, item: Any) -> Any:
        about = {"certificate_id": certificate_id, "ground": UNFULFILLED, "adopted_on": self.today}
        return adopted(item, **about).model_copy(update={"decision_id": str(uuid4())})

    async def ended(self, certificate_id: str, ground: str = "liquidation", on: date | None = None, **fields: Any) -> None:
        told = {"ground": ground, "act": "No. 641", "ended_on": on or self.today, **fields}
        await self.done(certificate_id, EndCertificate, **told)

    async def replaced(self, certificate_id: str, number: str) -> str:
        """It passes to the successor."""
        await self.ended(certificate_id, "reorganisation", successor_id="successor", successor_known=True)
        ctx = await self.desk.context()
        state, _ = await ctx.load(CERTIFICATE, certificate_id)
        new = str(uuid4())
        command = ctx.command(
            ReissueCertificate,
            certificate_id=new,
            rulebook=ORDER_109.ref,
            earlier=state.issued,
            ended=state.ended,
            number=number,
            blank_number=f"KZ {uuid4().int % 900_000:06}",
            blank_received=True,
        )
        await ctx.execute(CERTIFICATE, new, command, create=True)
        return new

    async def expired(self, certificate_id: str) -> None:
        await self.done(certificate_id, ExpireCertificate)

    async def ask(self, path: str, role: Role = Role.coordinator, institution: str = "oshgu") -> httpx.Response:
        return await self.desk.http.get(f"/v1/{path}", headers=self.desk.headers(role, institution))

    async def pdf(self, certificate_id: str, language: str = "kk") -> bytes:
        answer = await self.ask(f"certificates/{certificate_id}/pdf?language={language}")
        assert answer.status_code == 200, answer.text
        return answer.content

    async def verify(self, number: str) -> httpx.Response:
        """As everybody does it: without a token."""
        return await self.desk.http.get(f"/v1/verification/{self.desk.agency}/{number}")

    async def told(self, number: str) -> dict[str, Any]:
        answer = await self.verify(number)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def drop(self, content: bytes, media: str = "application/pdf") -> httpx.Response:
        url = f"/v1/verification/{self.desk.agency}/document"
        return await self.desk.http.post(url, content=content, headers={"content-type": media})

    async def dropped(self, content: bytes) -> dict[str, Any]:
        answer = await self.drop(content)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def context(self) -> Context:
        return await self.desk.context()
