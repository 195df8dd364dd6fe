"""Letters from the event to the post: real services, numbers without gaps, each institution its own, the page the same each time."""

import asyncio
from datetime import date
from typing import Any

import asyncpg
import pytest

from chassis.auth import Role
from chassis.migrations import admin_connection
from regulations import local_date
from tests.notices.house import COORDINATOR, ENDPOINTS, OFFICER, House
from tests.waiting import eventually

DIRECTOR, AUDITOR, EXPERT = Role.director, Role.auditor, Role.expert
LETTERS = "/v1/letters"
HEAD = {
    "names": {"kk": "Сапа агенттігі", "ru": "Агентство качества"},
    "signatory_posts": {"kk": "Директор"},
    "signatory_id": "director",
    "signatory_name": "Ә. Қыдырәліқызы",
}


@pytest.fixture
def house(heard: House) -> House:
    """Without lifecycles: nobody here answers what they would ask."""
    return heard


async def registered(house: House, number: str, institution: str = "kaznu") -> str:
    """A case whose application is registered."""
    case_id = await house.files(institution)
    await house.do(f"/v1/applications/{case_id}/registration", {"number": number}, COORDINATOR, "intake")
    return case_id


async def letters(house: House, count: int, query: str = "", role: Role = COORDINATOR, **who: Any) -> list[dict[str, Any]]:
    """Waits for so many letters of a query; the latest first."""

    async def there() -> list[dict[str, Any]]:
        found = await house.items(f"{LETTERS}?limit=200{query}", role, **who)
        return found if len(found) >= count else []

    found = await eventually(there, f"{count} letters of {query or 'any kind'}")
    assert len(found) == count
    return found


async def today(house: House) -> date:
    return local_date(await house.time.now(), "Asia/Almaty")


@pytest.mark.clause("kz-109-2008-accreditation", "10", "11")
async def test_a_registered_application_brings_a_letter_with_its_clause(house: House) -> None:
    case_id = await registered(house, "2026/41")
    [item] = await letters(house, 1, f"&case_id={case_id}")
    detail = (await house.read(f"{LETTERS}/{item['letter_id']}", COORDINATOR)).json()
    assert (item["kind"], item["addressee"], item["status"]) == ("application_registered", "institution", "drawn_up")
    assert (item["clauses"], item["rulebook_id"], item["number"]) == (["10", "11"], "kz-109-2008-accreditation", 1)
    assert detail["facts"]["application_number"] == "2026/41"
    assert detail["institution"]["names"] == {"en": "kaznu"}
    assert detail["source"]["type"] == "intake.ApplicationRegistered"
    assert detail["own_language"] == "kk"
    assert [each["name"] for each in detail["allowed_actions"]] == ["dispatch_letter"]
    told = (await house.read(f"{LETTERS}/{item['letter_id']}/text?language=ru", COORDINATOR)).text
    assert "О регистрации заявки" in told
    assert "Номер заявки: 2026/41" in told
    [entry] = (await house.read(f"{LETTERS}/{item['letter_id']}/history", AUDITOR)).json()
    assert [each["id"] for each in entry["clauses"]] == ["10", "11"]


async def test_numbers_have_no_gap_and_no_repetition_whatever_comes_at_once(house: House) -> None:
    await asyncio.gather(*(registered(house, f"2026/{number}") for number in range(8)))
    found = await letters(house, 8)
    assert sorted(each["number"] for each in found) == list(range(1, 9))
    assert len({each["year"] for each in found}) == 1


async def test_an_event_that_comes_again_brings_no_second_letter(house: House) -> None:
    case_id = await registered(house, "2026/1")
    [before] = await letters(house, 1)
    await registered(house, "2026/2")
    await letters(house, 2)
    connection: asyncpg.Connection = await admin_connection(house.stack.settings(), "notices")
    try:
        events = await connection.fetchval("SELECT count(*) FROM events WHERE agency = $1 AND type = 'LetterDrawnUp'", house.agency)
        given = await connection.fetchval("SELECT count(*) FROM events WHERE agency = $1 AND type = 'LetterNumbered'", house.agency)
    finally:
        await connection.close()
    assert (events, given) == (2, 2)
    [after] = await letters(house, 1, f"&case_id={case_id}")
    assert after == before


async def test_an_institution_reads_its_own_letters_alone(house: House) -> None:
    await registered(house, "2026/1")
    await registered(house, "2026/2", "other")
    found = await letters(house, 2)
    [own] = await letters(house, 1, role=OFFICER)
    [foreign] = [each for each in found if each["institution_id"] == "other"]
    assert own["institution_id"] == "kaznu"
    for path in ("", "/pdf", "/text", "/history"):
        assert (await house.read(f"{LETTERS}/{own['letter_id']}{path}")).status_code == 200
        assert (await house.read(f"{LETTERS}/{foreign['letter_id']}{path}")).status_code == 404
    refused = await house.ask(f"{LETTERS}/{foreign['letter_id']}/receipt", {"received_on": str(await today(house))})
    assert refused.status_code == 404
    assert (await house.read(LETTERS, EXPERT)).status_code == 403
    assert (await house.items(LETTERS, COORDINATOR, agency="elsewhere")) == []


async def test_a_letter_is_sent_and_received(house: House) -> None:
    await registered(house, "2026/1")
    [item] = await letters(house, 1)
    path, day = f"{LETTERS}/{item['letter_id']}", str(await today(house))
    early = await house.ask(f"{path}/receipt", {"received_on": day})
    assert (early.status_code, early.json()["type"]) == (409, "urn:kepil:problem:conflict")
    sent = {"channel": "post", "language": "kk", "dispatched_on": day, "reference": "RR 123"}
    assert (await house.ask(f"{path}/dispatch", {**sent, "dispatched_on": "2001-01-01"}, COORDINATOR)).status_code == 409
    assert (await house.ask(f"{path}/dispatch", sent, OFFICER)).status_code == 403
    await house.do(f"{path}/dispatch", sent, COORDINATOR)
    [dispatched] = await letters(house, 1, "&status=dispatched")
    assert dispatched["dispatched_on"] == day
    await house.do(f"{path}/receipt", {"received_on": day, "note": "Кеңсе"}, OFFICER)
    detail = (await house.read(path)).json()
    assert (detail["status"], detail["received_on"]) == ("received", day)
    assert detail["dispatches"] == [{"number": 1, **sent, "received_on": day, "note": "Кеңсе"}]


async def test_a_letter_keeps_the_letterhead_of_its_time_and_its_bytes(house: House) -> None:
    blank = await house.read("/v1/letterhead", DIRECTOR)
    assert (blank.json()["names"], blank.headers["etag"]) == ({}, '"0"')
    await registered(house, "2026/1")
    [bare] = await letters(house, 1)
    assert (await house.ask("/v1/letterhead", HEAD, COORDINATOR)).status_code == 403
    await house.do("/v1/letterhead", HEAD, DIRECTOR)
    await registered(house, "2026/2")
    headed, _ = await letters(house, 2)
    first = await house.read(f"{LETTERS}/{headed['letter_id']}/pdf?language=kk", COORDINATOR)
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"] == f'inline; filename="letter-{headed["year"]}-2-kk.pdf"'
    await house.do("/v1/letterhead", {**HEAD, "names": {"kk": "Басқа агенттік"}}, DIRECTOR)
    again = await house.read(f"{LETTERS}/{headed['letter_id']}/pdf?language=kk", COORDINATOR)
    assert again.content == first.content
    text = (await house.read(f"{LETTERS}/{headed['letter_id']}/text", COORDINATOR)).text
    assert text.startswith("Сапа агенттігі\n")
    assert "Ә. Қыдырәліқызы" in text
    assert (await house.read(f"{LETTERS}/{bare['letter_id']}/text", COORDINATOR)).text.startswith(f"{house.agency}\n")
    assert [each["version"] for each in (await house.read("/v1/letterhead/history", AUDITOR)).json()] == [1, 2]


async def test_the_coordinator_is_told_of_a_disabled_endpoint_and_the_institution_is_not(house: House) -> None:
    asked = {"institution_id": "kaznu", "url": "http://127.0.0.1:9/", "types": ["kepil.council"]}
    made = await house.do(ENDPOINTS, asked)
    await house.do(f"{ENDPOINTS}/{made['id']}/disabling", {"note": "Portal moved"})
    [item] = await letters(house, 1, "&kind=endpoint_disabled")
    assert (item["addressee"], item["clauses"], item["institution_id"]) == ("coordinator", [], "kaznu")
    text = (await house.read(f"{LETTERS}/{item['letter_id']}/text?language=en", COORDINATOR)).text
    assert "switched off by a person" in text
    assert await house.items(LETTERS) == []
    assert (await house.read(f"{LETTERS}/{item['letter_id']}")).status_code == 404


async def test_the_kinds_of_letters_are_told_with_their_clauses(house: House) -> None:
    kinds = {each["kind"]: each for each in (await house.read("/v1/letter-kinds")).json()}
    assert kinds["visit_announced"]["clauses"]["kz-109-2008-accreditation"] == ["14 (b)"]
    assert set(kinds["visit_announced"]["names"]) == {"ky", "kk", "ru", "en"}
