"""The register of organisations that are attested over intake's REST interface: entries, a table of many, controls, what comes next."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.supervisor import Stack
from services.intake.contract import ATTESTATION
from services.intake.readmodels_attested import ALL
from tests.intake.desk import Desk, open_desk

REGISTER = "/v1/attestation-subjects"
BODY = Role.authorised_body_officer
SUBJECT = {
    "institution_id": "kaznu",
    "rulebook_id": ATTESTATION,
    "authority": "ministry",
    "levels": ["higher"],
    "specialties": [{"code": "5B011700", "name": "Kazakh language", "level": "higher"}],
    "state_owned": True,
    "languages": ["state"],
    "last_attested_on": "2024-02-29",
}
LIMIT = {"rulebook_id": ATTESTATION, "year": 2025, "most_failed": "10.5", "unit": "percent", "act": "Order 4", "set_on": "2025-01-10"}
CONTROL = {"year": 2025, "took_part": 200, "failed": 21, "source": "Report 1"}
HEAD = "institution;authority;levels;specialties;state_owned;languages;last_attested_on;founded_on"


@pytest_asyncio.fixture
async def desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    """An agency that knows two institutions and has adopted the instruction on state attestation."""
    async with open_desk(servers, agency) as desk:
        school = {"institution_id": "school-7", "names": {"ru": "Школа № 7", "en": "School 7"}, "kind": "school", "city": "Almaty"}
        await desk.post(Role.coordinator, "/v1/institutions", {**school, "country": "KZ", "national_id": "990140001154"}, 201)
        yield desk


async def adopt(desk: Desk) -> None:
    body = {"rulebook_id": ATTESTATION, "rulebook_version": "2008-03-05", "reason": "Attestations go on by it."}
    await desk.post(Role.director, "/v1/rulebook-adoptions", body, 201)


async def send(desk: Desk, *lines: str, status: int = 200, role: Role = BODY, head: str = HEAD, **params: Any) -> dict[str, Any]:
    content = "\n".join([head, *lines, ""]).encode()
    params = {"rulebook": ATTESTATION, **params}
    headers = desk.headers(role) | {"content-type": "text/csv"}
    answer = await desk.http.post(f"{REGISTER}/imports", params=params, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["lines"], report["entered"], report["same"], report["refused"]


async def detail(desk: Desk, role: Role = BODY) -> dict[str, Any]:
    return dict((await desk.get(f"{REGISTER}/kaznu", role)).json())


@pytest.mark.clause(ATTESTATION, "2", "4", "9")
async def test_an_organisation_is_entered_and_its_next_attestation_is_known(desk: Desk) -> None:
    refused = await desk.post(BODY, REGISTER, SUBJECT, 409)
    assert (refused["clause"], refused["rulebook"]) == ("2", ATTESTATION)
    await adopt(desk)
    await desk.post(BODY, REGISTER, SUBJECT | {"institution_id": "nobody"}, 404)
    await desk.post(BODY, REGISTER, SUBJECT, 201)
    found = await detail(desk)
    assert found["next_planned"] | {"why": ""} == {"due_by": "2029-02-28", "year": 2029, "clause": "4", "why": ""}
    assert (found["attested_apart"], found["due_by"], found["version"]) == (["5B011700"], "2029-02-28", 1)
    assert {each["name"] for each in found["allowed_actions"]} == {"remove_subject", "record_interim_control"}
    await desk.post(BODY, REGISTER, SUBJECT | {"last_attested_on": None}, 201)
    assert (await detail(desk))["next_planned"]["due_by"] is None
    listed = (await desk.get(f"{REGISTER}?needs=person")).json()["items"]
    assert [each["institution_id"] for each in listed] == ["kaznu"]
    own = (await desk.get(f"{REGISTER}?sort=-due_order", Role.institution_officer)).json()["items"]
    assert [each["institution_id"] for each in own] == ["kaznu"]

    wrong = {"version": 2, "corrected": {"last_attested_on": "2023-05-12"}, "reason": "Found in the archive."}
    await desk.post(Role.director, f"{REGISTER}/kaznu/corrections", wrong)
    found = await detail(desk)
    assert (found["next_planned"]["due_by"], found["version"]) == ("2028-05-12", 3)
    told = (await desk.get(f"{REGISTER}/kaznu/history", Role.auditor)).json()
    assert [each["type"] for each in told] == ["SubjectEntered", "SubjectEntered", "SubjectCorrected"]
    assert {clause["id"] for clause in told[0]["clauses"]} >= {"2", "3", "4"}

    gone = {"act": "Order 9", "reason": "Joined another.", "removed_on": "2026-01-01"}
    await desk.post(BODY, f"{REGISTER}/kaznu/removal", gone)
    assert (await desk.get(f"{REGISTER}?subject=true")).json()["items"] == []
    for model in ALL:
        served, rebuilt = await desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


@pytest.mark.clause(ATTESTATION, "5")
async def test_a_control_above_the_limit_asks_for_an_attestation_in_the_following_year(desk: Desk) -> None:
    await adopt(desk)
    await desk.post(BODY, REGISTER, SUBJECT, 201)
    path = f"{REGISTER}/kaznu/interim-controls"
    refused = await desk.post(BODY, path, CONTROL, 409)
    assert (refused["clause"], "interim-control-limits" in refused["accepts"]) == ("5", True)
    limit = (await desk.post(BODY, "/v1/interim-control-limits", LIMIT, 201))["id"]
    await desk.post(BODY, "/v1/interim-control-limits", LIMIT, 409)
    await desk.post(BODY, path, CONTROL)
    assert (await detail(desk))["extraordinary"] is None
    await desk.post(BODY, path, CONTROL | {"failed": 22})
    found = await detail(desk)
    assert found["extraordinary"] == {"year": 2026, "ground": "limit_exceeded", "specialties": [], "control_year": 2025}
    await desk.post(BODY, path, CONTROL | {"failed": 22, "below_threshold": ["5B011700"]})
    found = await detail(desk)
    by_specialty = {"year": 2026, "ground": "specialty_below_threshold", "specialties": ["5B011700"], "control_year": 2025}
    assert (found["extraordinary"], len(found["interim_controls"])) == (by_specialty, 3)
    listed = (await desk.get(f"{REGISTER}?needs=schedule&due_year=2026&level=higher&authority=ministry")).json()["items"]
    assert [each["extraordinary_year"] for each in listed] == [2026]
    assert (await desk.get(f"{REGISTER}?level=primary")).json()["items"] == []
    await desk.post(BODY, path, CONTROL | {"failed": 1})
    assert (await detail(desk))["extraordinary"] is None

    wrong = {"version": 1, "corrected": {"act": "Order 5"}, "reason": "A slip."}
    await desk.post(Role.director, f"/v1/interim-control-limits/{limit}/corrections", wrong)
    found = (await desk.get(f"/v1/interim-control-limits/{limit}")).json()
    assert (found["act"], found["most_failed"], found["version"]) == ("Order 5", "10.5", 2)
    assert len((await desk.get("/v1/interim-control-limits?year=2025")).json()["items"]) == 1
    assert len((await desk.get(f"/v1/interim-control-limits/{limit}/history")).json()) == 2
    for model in ALL:
        served, rebuilt = await desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


@pytest.mark.clause(ATTESTATION, "2", "9")
async def test_a_table_is_entered_line_by_line_and_may_be_sent_again(desk: Desk) -> None:
    university = "kaznu;ministry;высшее образование;5B011700 Kazakh language;да;state;12.05.2023;"
    bad = [
        "school-7;almaty;driving;;yes;;;",
        "nobody;almaty;primary;;yes;;;",
        "kaznu;ministry;higher;;yes;;;",
        "990140001154;almaty;primary;5B011700 Kazakh language [primary];yes;;;",
        "990140001154;almaty;primary;;perhaps;;12.13.2020;",
        "990140001154;;primary;;yes;;;",
    ]
    refused = await send(desk, university)
    assert [each["clause"] for each in refused["report"][0]["problems"]] == ["2"]
    await adopt(desk)
    dry = await send(desk, university, dry_run=True)
    assert (counts(dry), dry["report"][0]["due_by"]) == ((1, 1, 0, 0), "2028-05-12")
    assert (await desk.get(REGISTER)).json()["items"] == []
    report = await send(desk, university, *bad)
    assert counts(report) == (7, 1, 0, 6)
    said = [(each["line"], [p["field"] for p in each["problems"]]) for each in report["report"][1:]]
    assert said == [
        (3, ["levels"]),
        (4, ["institution"]),
        (5, ["institution"]),
        (6, [None]),
        (7, ["last_attested_on", "state_owned"]),
        (8, ["authority"]),
    ]
    assert report["report"][4]["problems"][0]["clause"] == "9"
    assert counts(await send(desk, university, "Школа № 7;almaty;primary;;yes;;;")) == (2, 1, 1, 0)
    assert counts(await send(desk, university.replace("2023", "2022"))) == (1, 1, 0, 0)
    found = await detail(desk)
    assert (found["last_attested_on"], found["version"], found["specialties"][0]["level"]) == ("2022-05-12", 2, "higher")
    items = (await desk.get(f"{REGISTER}/imports")).json()["items"]
    assert sorted(each["entered"] for each in items) == [1, 1, 1]
    told = (await desk.get(f"{REGISTER}/imports/{items[0]['import_id']}/history")).json()
    assert [each["type"] for each in told] == ["SubjectsImported"]
    await send(desk, "x", head="institution;colour", status=422)
    await send(desk, university, role=Role.auditor, status=403)


async def test_the_columns_are_told_in_every_language(desk: Desk) -> None:
    columns = (await desk.get(f"{REGISTER}/imports/template")).json()["columns"]
    assert [each["name"] for each in columns if each["required"]] == ["institution", "authority", "levels", "state_owned"]
    await adopt(desk)
    for language in ("ky", "kk", "ru", "en"):
        head = ";".join(each["headings"][language] for each in columns)
        cells = ["school-7", "", "almaty", "primary", "", "no", *[""] * (len(columns) - 6)]
        assert counts(await send(desk, ";".join(cells), head=head, dry_run=True)) == (1, 1, 0, 0), language
    headers = desk.headers(BODY) | {"accept": "text/csv"}
    empty = await desk.http.get(f"{REGISTER}/imports/template?language=ru", headers=headers)
    assert empty.text.startswith("\ufeffорганизация образования,")


async def test_seven_hundred_lines_take_a_moment(desk: Desk) -> None:
    await adopt(desk)
    await register(desk, 700)
    lines = [f"s-{n};a-{n % 17};primary;;yes;state;{2021 + n % 5}-0{1 + n % 9}-11;" for n in range(700)]
    began = time.perf_counter()
    assert counts(await send(desk, *lines)) == (700, 700, 0, 0)
    took = time.perf_counter() - began
    assert counts(await send(desk, *lines)) == (700, 0, 700, 0)
    assert took < 15, f"{took:.1f} s"


async def register(desk: Desk, count: int) -> None:
    """Institutions by the hundred, straight through the handler."""
    from services.intake import handlers
    from services.intake.schemas import NewInstitution

    ctx = await desk.lifecycle()
    for n in range(count):
        body = NewInstitution(institution_id=f"s-{n}", names={"en": f"School {uuid4().hex}"}, kind="school", city="A", country="KZ")
        await handlers.register_institution(ctx, body)
