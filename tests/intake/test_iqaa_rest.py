"""A case under IQAA through intake's REST interface: filed, contracted, prepared; and another one withdrawn."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.supervisor import Stack
from tests.intake.desk import PARTS, Desk, open_desk

IQAA = "iqaa-accreditation"


@pytest_asyncio.fixture
async def desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    """An agency that knows one institution, of which it does not know whose it is."""
    async with open_desk(servers, agency) as desk:
        yield desk


DETAILS = {"ownership": "state", "levels": ["higher"], "eter_id": "KZ0012", "deqar_id": "DEQARINST4102", "national_id": "990140001154"}


@pytest.mark.clause(IQAA, "S1.a", "S1.b.1", "S1.b.2", "S1.b.3", "S1.c.1", "S1.c.2", "S1.d")
async def test_a_state_organisation_is_contracted_after_the_procurement_and_prepared(desk: Desk) -> None:
    path = await desk.filed("institutional")
    day = await desk.today(path)
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
