"""Monitoring, attestation, internal monitoring and the calendar: pages without anything, with deadlines, and the address for programs."""

import json
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from icalendar import Calendar
from opentelemetry.util.http import parse_excluded_urls
from playwright.async_api import Browser

from chassis.auth import Role
from cli.supervisor import Stack
from console.agenda import beside, month_of, weeks
from console.app import UNTRACED
from console.bars import bar, columns
from console.feeds import Feeds
from console.session import Person, Session
from tests.console.access import checked, sitting_at
from tests.console.agenda import agenda
from tests.console.signing import chosen, csrf, signed_in, visiting

PAGES = (
    "monitoring",
    "monitoring/late",
    "monitoring/due",
    "monitoring/follow-ups",
    "monitoring/plans",
    "monitoring/cycles",
    "calendar",
    "attestation",
    "attestation/attestations",
    "attestation/organisations",
    "attestation/proposals",
    "internal",
    "internal/figures",
    "internal/surveys",
    "internal/measures",
)


def session(subject: str = "aida", agency: str = "one") -> Session:
    """A sign-in with a refresh token."""
    return Session(Person(subject, ("coordinator",), agency), "access", "refresh", 2_000_000_000, "csrf", 1)


def test_a_bar_is_never_longer_than_the_whole() -> None:
    drawn = bar([(3, "good"), (9, "late")], 10)

    assert 'width="36"' in drawn
    assert 'x="36" y="0" width="84"' in drawn
    assert "<rect class=" in bar([(0, "good")], 0)


def test_columns_stand_inside_the_picture_in_their_order() -> None:
    picture = columns([("2025", {"good": 3, "late": 1}), ("2026", {"good": 8})], {"good": "in time", "late": "missed"})

    assert picture.labels == ("2025", "2026")
    assert all(each.x >= 0 and each.x + each.width <= picture.width for each in picture.blocks)
    assert all(each.y >= 0 and each.y + each.height <= picture.height for each in picture.blocks)
    assert [each.title for each in picture.blocks] == ["2025: in time 3", "2025: missed 1", "2026: in time 8"]
    assert picture.most == 8


def test_a_month_has_whole_weeks_and_neighbours() -> None:
    november = month_of("2026-11", date(2020, 1, 1))

    assert november == date(2026, 11, 1)
    assert (weeks(november)[0][0], weeks(november)[-1][-1]) == (date(2026, 10, 26), date(2026, 12, 6))
    assert (beside(november, -1), beside(november, 1)) == (date(2026, 10, 1), date(2026, 12, 1))
    assert month_of("never", date(2026, 2, 9)) == month_of("9999-01", date(2026, 2, 9)) == date(2026, 2, 1)


def test_an_address_opens_what_it_was_made_for_and_a_new_one_ends_it(tmp_path: Path) -> None:
    feeds = Feeds(tmp_path / "calendars", b"k" * 32)
    first = feeds.make(session())
    found = feeds.opened(first)

    assert found is not None
    assert found.session.person == session().person
    assert feeds.opened(first[:-1] + ("a" if first[-1] != "a" else "b")) is None
    assert feeds.opened("../../etc/passwd.x") is None
    second = feeds.make(session())
    assert feeds.opened(first) is None
    assert feeds.opened(second) is not None


def test_an_ended_address_does_not_come_back_with_its_renewed_sign_in(tmp_path: Path) -> None:
    feeds = Feeds(tmp_path / "calendars", b"k" * 32)
    word = feeds.make(session())
    found = feeds.opened(word)
    assert found is not None

    feeds.end(session().person)
    feeds.renewed(found, session())

    assert feeds.opened(word) is None
    assert feeds.of(session().person) is None


def test_neither_secret_nor_token_stands_readable_in_the_folder(tmp_path: Path) -> None:
    feeds = Feeds(tmp_path / "calendars", b"k" * 32)
    word = feeds.make(session())
    kept = next(path for path in (tmp_path / "calendars").iterdir() if not path.name.startswith("."))

    assert kept.stat().st_mode & 0o077 == 0
    assert not any(told in kept.read_text() for told in (word.partition(".")[2], "refresh", "aida"))
    assert Feeds(tmp_path / "calendars", b"o" * 32).opened(word) is None


def test_no_span_tells_the_secret_of_an_address() -> None:
    untraced = parse_excluded_urls(",".join(UNTRACED))

    assert untraced.url_disabled("https://kepil.example/ru/calendar/feed/name.secret.ics")
    assert not untraced.url_disabled("https://kepil.example/ru/calendar")


@pytest.mark.parametrize("language", ["ky", "kk", "ru", "en"])
async def test_pages_of_an_agency_without_anything_say_what_comes_next(stack: Stack, agency: str, language: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency, language=language) as client:
        for path in PAGES:
            page = await client.get(f"/{language}/{path}")
            assert page.status_code == 200, (path, page.text[:2_000])
            assert page.text.count("<h1") == 1
        for path in ("monitoring/late.csv", "monitoring/cycles.json", "attestation/organisations.csv", "internal/measures.json"):
            assert (await client.get(f"/{language}/{path}")).status_code == 200, path
        assert (await client.get(f"/{language}/monitoring/nothing")).status_code == 404
        assert (await client.get(f"/{language}/monitoring/follow-ups/nothing")).status_code == 404


async def test_the_calendar_has_the_deadlines_of_its_month_in_all_forms(stack: Stack, agency: str) -> None:
    made = await agenda(stack, agency, (0,))
    async with signed_in(stack, Role.coordinator, agency=agency, language="ru") as client:
        month = made.today.strftime("%Y-%m")
        page = await client.get("/ru/calendar", params={"month": month})
        listed = await client.get("/ru/calendar", params={"month": month, "view": "list", "what": "deadline"})
        told = json.loads((await client.get("/ru/calendar.json", params={"month": month})).content)
        feed = Calendar.from_ical((await client.get("/ru/calendar.ics", params={"month": month})).content)
        meetings = (await client.get("/ru/calendar.csv", params={"month": month, "what": "meeting"})).text
    assert f"cases/{made.cases[0]}" in page.text
    assert f"cases/{made.cases[0]}" in listed.text
    assert [each["first"] for each in told["items"]] == [made.today.isoformat()]
    entry = feed.walk("VEVENT")[0]
    assert entry["UID"] == told["items"][0]["uid"]
    assert entry.decoded("DTSTART") == made.today
    assert "SEQUENCE" in entry
    assert made.today.isoformat() not in meetings


async def test_a_program_reads_the_calendar_by_its_address_until_that_is_ended(stack: Stack, agency: str) -> None:
    await agenda(stack, agency, (3,))
    async with signed_in(stack, Role.coordinator, agency=agency) as client, visiting(stack) as program:
        token = csrf((await client.get("/en/calendar")).text)
        asked = await client.post("/en/calendar/address", data={"csrf": token})
        assert "shown this once" not in asked.text
        onward = unescape(re.search(r'class="button" href="([^"]+)"', asked.text)[1])  # type: ignore[index]
        other = await chosen(client, onward, Role.director, agency)
        assert "You signed in as somebody else" in other.text
        asked = await client.post("/en/calendar/address", data={"csrf": token})
        onward = unescape(re.search(r'class="button" href="([^"]+)"', asked.text)[1])  # type: ignore[index]
        page = await chosen(client, onward, Role.coordinator, agency)
        assert page.url.path == "/en/calendar"
        path = re.search(r"shown this once: \S+/en/(\S+)", page.text)[1]  # type: ignore[index]
        read = await program.get(f"/en/{path}")
        assert read.status_code == 200, read.text[:2_000]
        assert len(Calendar.from_ical(read.content).walk("VEVENT")) == 1
        assert "never this calendar" in read.text.replace("\r\n ", "")
        assert "shown this once" not in (await client.get("/en/calendar")).text  # shown once

        await client.post("/en/calendar/address/end", data={"csrf": token})

        assert (await program.get(f"/en/{path}")).status_code == 404


async def test_an_address_is_made_by_a_form_of_this_session_alone(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        assert (await client.post("/en/calendar/address", data={"csrf": "another"})).status_code == 403


@pytest.mark.parametrize("path", ["monitoring", "calendar", "attestation", "internal", "internal/figures"])
async def test_everybody_can_use_the_pages(stack: Stack, agency: str, browser: Browser, path: str) -> None:
    await agenda(stack, agency, (0,))
    async with sitting_at(browser, stack, Role.director, agency=agency, path=f"/kk/{path}") as page:
        await checked(page)
