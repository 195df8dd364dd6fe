"""A case under IQAA through intake's REST interface, on the real stack: filed, contracted, prepared; and another one withdrawn."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.issuer import development_token
from cli.supervisor import Stack

IQAA = "iqaa-accreditation"
RULEBOOK = {"rulebook_id": IQAA, "rulebook_version": "undated"}
PARTS = {"rights_and_duties": "As agreed.", "cost": "As agreed.", "stages": "Four.", "time_limits": "This year."}


class Desk:
    """One agency's intake; people by role."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient, agency: str) -> None:
        self._stack, self._http, self._agency = stack, http, agency

    def headers(self, role: Role) -> dict[str, str]:
        institution = "kaznu" if role is Role.institution_officer else None
        token = development_token(self._stack.settings(), subject=f"the.{role}", roles=[role], agency=self._agency, institution=institution)
        return {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}

    async def get(self, path: str, role: Role = Role.coordinator) -> httpx.Response:
        return await self._http.get(self._stack.urls["intake"] + path, headers=self.headers(role))

    async def post(self, role: Role, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        headers = self.headers(role) | {"if-match": "*"}
        answer = await self._http.post(self._stack.urls["intake"] + path, json=body, headers=headers)
        assert answer.status_code == status, f"{path}: {answer.text}"
        return dict(answer.json())

    async def filed(self, kind: str, *programmes: dict[str, Any]) -> str:
        """A registered application of the institution; its path."""
        papers = [
            {"kind": each, "name": f"{each}.pdf", "sha256": sha256(each.encode()).hexdigest()}
            for each in ("application", "activity_description", "licence_copies")
        ]
        body = {
            **RULEBOOK,
            "institution_id": "kaznu",
            "kind": kind,
            "programmes": list(programmes),
            "levels": ["higher"],
            "standards": "Standards of the agency",
            "standards_version": "2026",
            "documents": papers,
        }
        path = f"/v1/applications/{(await self.post(Role.institution_officer, '/v1/applications', body, 201))['id']}"
        await self.post(Role.coordinator, f"{path}/registration", {"number": uuid4().hex})
        return path

    async def contracted(self, path: str) -> dict[str, Any]:
        """The application after both signatures."""
        text = {"contract_number": "K-5", "parts": PARTS, "amount": "1250000.00", "currency": "KZT"}
        await self.post(Role.coordinator, f"{path}/contract", {**text, "due_dates": {"external_audit": "2090-10-18"}})
        for role in (Role.institution_officer, Role.director):
            await self.post(role, f"{path}/contract-signatures", {"contract_number": "K-5", "signatory_name": "Name"})
        return dict((await self.get(path)).json())


@pytest_asyncio.fixture(loop_scope="session")
async def desk(stack: Stack, agency: str) -> AsyncIterator[Desk]:
    """An agency that knows one institution, of which it does not know whose it is."""
    async with httpx.AsyncClient(timeout=30) as http:
        desk = Desk(stack, http, agency)
        institution = {"institution_id": "kaznu", "names": {"en": "University"}, "kind": "university", "city": "Almaty", "country": "KZ"}
        await desk.post(Role.coordinator, "/v1/institutions", institution, 201)
        yield desk


async def today(desk: Desk, path: str) -> date:
    """The local day on which the application was filed: legal time stands still between these requests."""
    return date.fromisoformat((await desk.get(path)).json()["filed_on"])


DETAILS = {"ownership": "state", "levels": ["higher"], "eter_id": "KZ0012", "deqar_id": "DEQARINST4102", "national_id": "990140001154"}


@pytest.mark.clause(IQAA, "S1.a", "S1.b.1", "S1.b.2", "S1.b.3", "S1.c.1", "S1.c.2", "S1.d")
async def test_a_state_organisation_is_contracted_after_the_procurement_and_prepared(desk: Desk) -> None:
    path = await desk.filed("institutional")
    day = await today(desk, path)
    signature = {"contract_number": "K-5", "signatory_name": "Name"}
    refused = await desk.post(Role.director, f"{path}/contract-signatures", signature, 409)
    assert (refused["clause"], refused["rulebook"]) == ("S1.b.2", IQAA)
    refused = await desk.post(Role.coordinator, f"{path}/contract", {"contract_number": "K-5", "parts": {}}, 409)
    assert [each["kind"] for each in refused["missing"]] == list(PARTS)
    await desk.post(
        Role.coordinator, f"{path}/contract", {"contract_number": "K-5", "parts": PARTS, "amount": "1250000.00", "currency": "KZT"}
    )
    for ownership in (None, "state"):
        await desk.post(Role.coordinator, "/v1/institutions/kaznu/details", DETAILS) if ownership else None
        refused = await desk.post(Role.director, f"{path}/contract-signatures", signature, 409)
        assert refused["clause"] == "S1.b.3", refused
    ended = {"reference": "1186", "completed_on": (day - timedelta(days=1)).isoformat()}
    await desk.post(Role.coordinator, f"{path}/procurement", ended)

    contracted = await desk.contracted(path)
    assert (contracted["stage"], contracted["first_time"], contracted["contract_amount"]) == ("contracted", True, "1250000.00")
    assert contracted["contract_due_dates"] == {"external_audit": "2090-10-18"}
    assert contracted["procurement_reference"] == "1186"

    seminar = {"subject": "Writing the report", "held_on": day.isoformat(), "attended": 30}
    refused = await desk.post(Role.coordinator, f"{path}/seminars", seminar, 409)
    assert refused["clause"] == "S1.c.1"
    appointment = {"coordinator_id": "aigul", "coordinator_name": "A. Bekova", "act": "Order 14"}
    await desk.post(Role.director, f"{path}/coordinator", appointment)
    trip = {"traveller_id": "aigul", "starts_on": day.isoformat(), "ends_on": day.isoformat()}
    await desk.post(Role.coordinator, f"{path}/preliminary-trip", trip)
    await desk.post(Role.coordinator, f"{path}/seminars", seminar)
    prepared = (await desk.get(path)).json()
    assert (prepared["coordinator_id"], prepared["trip_ends_on"]) == ("aigul", day.isoformat())
    assert prepared["seminars"] == [seminar]
    told = [each["type"] for each in (await desk.get(f"{path}/history")).json()]
    assert told[-3:] == ["CoordinatorAppointed", "PreliminaryTripMade", "TrainingSeminarHeld"]


@pytest.mark.clause(IQAA, "S1.c.2")
async def test_the_second_contract_with_an_institution_is_not_the_first_time(desk: Desk) -> None:
    await desk.post(Role.coordinator, "/v1/institutions/kaznu/details", DETAILS | {"ownership": "other"})
    law = {"code": "6B04201", "name": "Law", "level": "higher", "qf_ehea_cycle": "first_cycle", "isced_field": "0421"}
    paths = [await desk.filed("programme", law), await desk.filed("institutional")]
    found = [await desk.contracted(path) for path in paths]
    assert [each["first_time"] for each in found] == [True, False]
    assert found[0]["programmes"] == [law]
    stated = {"client": "new", "reason": "The first of this kind."}
    await desk.post(Role.director, f"{paths[1]}/first-time", stated)
    assert (await desk.get(paths[1])).json()["first_time"] is True


async def test_an_institution_withdraws_its_application_and_no_other_s(desk: Desk) -> None:
    path = await desk.filed("institutional")
    await desk.post(Role.institution_officer, f"{path}/withdrawal", {"reason": "Reorganised."})
    withdrawn = (await desk.get(path, Role.institution_officer)).json()
    assert (withdrawn["stage"], withdrawn["withdrawal_reason"]) == ("withdrawn", "Reorganised.")
    await desk.post(Role.institution_officer, f"{path}/withdrawal", {"reason": "Again."}, 409)


async def test_a_successor_names_those_whose_place_it_took(desk: Desk) -> None:
    successor = {"institution_id": "aknu", "names": {"en": "New University"}, "kind": "university", "city": "Almaty", "country": "KZ"}
    await desk.post(Role.coordinator, "/v1/institutions", successor, 201)
    succession = {"successor_id": "aknu", "act": "No. 641", "succeeded_on": "2024-09-02"}
    await desk.post(Role.coordinator, "/v1/institutions/kaznu/succession", succession)
    assert (await desk.get("/v1/institutions/aknu")).json()["predecessors"] == ["kaznu"]
    assert (await desk.get("/v1/institutions/kaznu")).json()["successor_id"] == "aknu"
    assert len((await desk.get("/v1/institutions/kaznu/history")).json()) == 2
