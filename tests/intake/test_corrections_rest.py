"""Corrections over REST: the detail, the list and the history show what is right; and what the agency adopted can be read."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.supervisor import Stack
from services.intake.readmodels import applications, institutions, training_seminars
from services.intake.readmodels_agency import adoptions, schedules, standards
from tests.intake.desk import Desk, open_desk

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    async with open_desk(servers, agency) as desk:
        yield desk


async def correct(desk: Desk, path: str, version: int, status: int = 200, role: Role = Role.director, **right: Any) -> dict[str, Any]:
    body = {"version": version, "corrected": right, "reason": "A slip."}
    return await desk.post(role, f"{path}/corrections", body, status)


async def read(desk: Desk, path: str) -> Any:
    answer = await desk.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def versions(desk: Desk, path: str) -> dict[str, int]:
    """The place of the last fact of each type in a history."""
    return {entry["type"]: entry["version"] for entry in await read(desk, f"{path}/history")}


@pytest.mark.clause(IQAA, "S1.c.2", "S1.d")
async def test_a_case_reads_as_if_it_had_been_recorded_right(desk: Desk) -> None:
    details = {"ownership": "other", "levels": ["higher"], "eter_id": None, "deqar_id": None, "national_id": None}
    await desk.post(Role.coordinator, "/v1/institutions/kaznu/details", details)
    path, other = await desk.filed("institutional"), await desk.filed("institutional")
    await desk.contracted(path)
    today = await desk.today(path)
    await desk.post(Role.director, f"{path}/coordinator", {"coordinator_id": "aigul", "coordinator_name": "Name", "act": "Order 14"})
    trip = {"traveller_id": "aigul", "starts_on": today.isoformat(), "ends_on": today.isoformat()}
    await desk.post(Role.coordinator, f"{path}/preliminary-trip", trip)
    for subject in ("The report", "The evidence"):
        await desk.post(Role.coordinator, f"{path}/seminars", {"subject": subject, "held_on": today.isoformat(), "attended": 30})

    at, before = await versions(desk, path), today - 3 * DAY
    await correct(desk, path, at["ApplicationRegistered"], number="71")
    await correct(desk, path, at["PreliminaryTripMade"], starts_on=before.isoformat())
    await correct(desk, path, at["TrainingSeminarHeld"], held_on=before.isoformat(), attended=34)

    shown = await read(desk, path)
    assert (shown["number"], shown["trip_starts_on"], shown["stage"]) == ("71", before.isoformat(), "contracted")
    assert [(each["subject"], each["held_on"], each["attended"]) for each in shown["seminars"]] == [
        ("The evidence", before.isoformat(), 34),
        ("The report", today.isoformat(), 30),
    ]
    listed = {item["case_id"]: item for item in (await read(desk, "/v1/applications"))["items"]}
    assert (listed[shown["case_id"]]["number"], listed[shown["case_id"]]["version"]) == ("71", shown["version"])
    history = await read(desk, f"{path}/history")
    assert [entry["type"] for entry in history[-3:]] == ["ApplicationCorrected"] * 3
    assert history[at["ApplicationRegistered"] - 1]["data"]["number"] != "71"
    assert history[-3]["data"]["corrected"] == {"number": "71"}

    taken = await correct(desk, other, (await versions(desk, other))["ApplicationRegistered"], 409, number="71")
    assert "given to another application" in taken["detail"]
    for role in (Role.coordinator, Role.institution_officer, Role.auditor):
        await correct(desk, path, at["ApplicationRegistered"], 403, role, number="72")
    for model in (applications, training_seminars):
        served, rebuilt = await desk.served_and_rebuilt(model)
        assert served == rebuilt


async def test_an_institution_s_name_is_put_right(desk: Desk) -> None:
    path = "/v1/institutions/kaznu"
    await correct(desk, path, 1, names={"en": "KazNU", "kk": "ҚазҰУ"}, city="Almaty city")
    shown = await read(desk, path)
    assert (shown["names"], shown["city"], shown["version"]) == ({"en": "KazNU", "kk": "ҚазҰУ"}, "Almaty city", 2)
    assert (await read(desk, "/v1/institutions"))["items"][0]["names"] == shown["names"]
    assert (await correct(desk, path, 1, 422, ownership="state"))["errors"][0]["pointer"] == "#/corrected/ownership"
    await correct(desk, "/v1/institutions/none", 1, 404, city="Almaty")
    served, rebuilt = await desk.served_and_rebuilt(institutions)
    assert served == rebuilt


@pytest.mark.clause(ORDER_109, "12")
async def test_schedules_are_listed_read_and_put_right_with_the_cases_in_them(desk: Desk) -> None:
    paths = {}
    for year in (2031, 2030):
        body = {"year": year, "act": f"Order {year}", "adopted_on": "2020-01-16"}
        paths[year] = f"/v1/schedules/{(await desk.post(Role.director, '/v1/schedules', body, 201))['id']}"
    case = await desk.filed("institutional")
    await desk.post(Role.coordinator, f"{case}/schedule", {"year": 2031, "month": 5})
    await desk.post(Role.director, "/v1/schedules", body, 409)
    await correct(desk, paths[2031], 1, act="Order 13", adopted_on="2020-01-17")
    shown = await read(desk, paths[2031])
    assert (shown["act"], shown["adopted_on"], shown["allowed_actions"]) == ("Order 13", "2020-01-17", [])
    assert [(each["month"], each["stage"]) for each in shown["cases"]] == [(5, "registered")]
    assert (await read(desk, paths[2030]))["cases"] == []
    assert [item["year"] for item in (await read(desk, "/v1/schedules"))["items"]] == [2030, 2031]
    assert [item["act"] for item in (await read(desk, "/v1/schedules?sort=-year"))["items"]] == ["Order 13", "Order 2030"]
    assert list(await versions(desk, paths[2031])) == ["ScheduleAdopted", "ScheduleCorrected"]
    served, rebuilt = await desk.served_and_rebuilt(schedules)
    assert served == rebuilt


@pytest.mark.clause(IQAA, "P.1", "P.2")
async def test_standards_and_adopted_rulebooks_are_read_with_their_clauses(desk: Desk) -> None:
    (found,) = (item for item in (await read(desk, "/v1/standards"))["items"] if item["kind"] == "institutional")
    path = f"/v1/standards/{found['standards_id']}"
    await correct(desk, path, 1, act="Order 4")
    assert ((await read(desk, path))["act"], (await read(desk, path))["allowed_actions"]) == ("Order 4", [])
    first, _ = await read(desk, f"{path}/history")
    assert [clause["id"] for clause in first["clauses"]] == ["P.1", "P.2"]
    await correct(desk, path, 1, 409, adopted_on="2100-01-01")

    named = {"rulebook_id": ORDER_109, "rulebook_version": "2008-03-05"}
    answer = await desk.post(Role.director, "/v1/rulebook-adoptions", {**named, "reason": "The agency's own."}, 201)
    adopted = f"/v1/rulebook-adoptions/{answer['id']}"
    shown = await read(desk, adopted)
    assert (shown["rulebook"]["id"], shown["reason"], shown["allowed_actions"]) == (ORDER_109, "The agency's own.", [])
    assert [item["adoption_id"] for item in (await read(desk, "/v1/rulebook-adoptions"))["items"]] == [answer["id"]]
    assert list(await versions(desk, adopted)) == ["RulebookAdopted"]
    assert (await desk.get(adopted, Role.institution_officer)).status_code == 403
    assert (await desk.get("/v1/rulebook-adoptions/none")).status_code == 404
    for model in (standards, adoptions):
        served, rebuilt = await desk.served_and_rebuilt(model)
        assert served == rebuilt
