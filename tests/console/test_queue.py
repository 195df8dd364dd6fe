"""The work queue: grouped by how near the day is, filtered by its address, the same as files, seen in a browser."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from icalendar import Calendar
from playwright.async_api import Browser, expect

from chassis.auth import Role
from cli.supervisor import Stack
from console.deadlines import due, grouped
from regulations import load
from tests.console.access import checked, sitting_at
from tests.console.agenda import DAY, agenda
from tests.console.signing import signed_in, visiting

NOON = datetime(2026, 11, 20, 7, tzinfo=UTC)  # a Friday, noon in Almaty


def item(due_on: date, state: str = "open", **other: Any) -> dict[str, Any]:
    """A deadline as the register tells it."""
    rules = load("kz-109-2008-accreditation")
    return {
        "deadline_id": due_on.isoformat(),
        "rulebook": rules.ref.model_dump(),
        "rule": "overall",
        "binds": "accreditation_body",
        "zone": "Asia/Almaty",
        "due_on": due_on.isoformat(),
        "state": state,
        **other,
    }


def test_deadlines_are_grouped_by_the_day_of_their_own_zone() -> None:
    today = date(2026, 11, 20)
    days = {-1: "overdue", 0: "today", 1: "week", 7: "week", 8: "later"}
    shown = grouped([*(item(today + n * DAY) for n in days), item(today + 3 * DAY, "suspended")], NOON)

    assert {group: [one.due_on for one in dues] for group, dues in shown.items()} == {
        "overdue": [today - DAY],
        "today": [today],
        "week": [today + DAY, today + 7 * DAY],
        "later": [today + 8 * DAY],
        "still": [today + 3 * DAY],
    }
    assert due(item(today), datetime(2026, 11, 20, 19, 30, tzinfo=UTC)).group == "overdue"  # past midnight in Almaty


def test_what_is_left_is_counted_in_working_days_and_what_is_late_in_days() -> None:
    friday = date(2026, 11, 20)

    assert [due(item(friday + n * DAY), NOON).days_left for n in (0, 1, 2, 3, 10)] == [0, 0, 0, 1, 6]
    assert due(item(friday - 4 * DAY, "missed"), NOON).days_late == 4


def test_what_is_due_and_who_is_waited_on_have_the_rulebooks_names() -> None:
    one = due(item(date(2026, 11, 20)), NOON)

    assert set(one.names) == set(one.party) == {"ky", "kk", "ru", "en"}
    assert due(item(date(2026, 11, 20), rulebook={"id": "gone", "version": "1", "hash": "0" * 64}), NOON).names == {}


async def test_the_queue_has_every_open_deadline_of_the_agency_and_no_other(stack: Stack, agency: str) -> None:
    made = await agenda(stack, agency)
    async with signed_in(stack, Role.coordinator, agency=agency, language="ru") as client:
        text = (await client.get("/ru/queue")).text
        rows = list(csv.DictReader(StringIO((await client.get("/ru/queue.csv")).content.decode("utf-8-sig"))))
        told = (await client.get("/ru/queue.json")).json()["items"]
        calendar = Calendar.from_ical((await client.get("/ru/queue.ics")).content)
    async with signed_in(stack, Role.coordinator, agency=f"{agency}-b") as stranger:
        assert (await stranger.get("/en/queue.json")).json() == {"items": []}

    cases = list(made.cases.values())
    assert [row["case_id"] for row in rows] == [each["case_id"] for each in told] == cases
    assert all(f"/ru/cases/{case}#deadline-" in text for case in cases)
    assert rows[0]["institution"] == "Казахский национальный университет"
    assert [event.decoded("dtstart") - made.today for event in calendar.walk("VEVENT")] == [timedelta(days) for days in made.cases]
    assert len({str(event["uid"]) for event in calendar.walk("VEVENT")}) == len(cases)
    assert all(f"ждём: {row['waiting_on']}" in event["description"] for row, event in zip(rows, calendar.walk("VEVENT"), strict=True))


async def test_filters_stand_in_the_address(stack: Stack, agency: str) -> None:
    made = await agenda(stack, agency, (2, 3))
    async with signed_in(stack, Role.auditor, agency=agency) as client:
        of_one = (await client.get("/en/queue.json?institution_id=kaznu")).json()["items"]
        none = (await client.get("/en/queue?binds=nobody")).text

    assert [each["case_id"] for each in of_one] == [made.cases[2]]
    assert "No open deadline fits what you asked for." in none


async def test_an_officer_sees_the_own_institutions_deadlines(stack: Stack, agency: str) -> None:
    made = await agenda(stack, agency, (2, 3))
    async with signed_in(stack, Role.institution_officer, agency=agency, institution="oshsu") as client:
        told = (await client.get("/en/queue.json")).json()["items"]

    assert [each["case_id"] for each in told] == [made.cases[3]]


async def test_an_expert_is_told_that_the_queue_is_not_theirs(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.expert, agency=agency, language="kk") as client:
        answer = await client.get("/kk/queue")

    assert answer.status_code == 403
    assert "Бұл сізге рұқсат етілмеген" in answer.text


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(1280, "light", "ky"), (1280, "dark", "ru"), (360, "light", "kk"), (360, "dark", "en")]
)
async def test_the_queue_is_seen_in_a_browser(stack: Stack, agency: str, browser: Browser, width: int, scheme: str, language: str) -> None:
    await agenda(stack, agency, (-3, 0, 9))
    options: dict[str, Any] = {"width": width, "color_scheme": scheme}
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path=f"/{language}/queue", **options) as page:
        await expect(page.locator("table.queue tbody")).to_have_count(3)
        assert await page.evaluate("document.documentElement.lang") == language
        await checked(page)
        others = page.get_by_role("link", name="Русский" if language != "ru" else "English")
        await others.click()
        await page.wait_for_url("**/ru/queue" if language != "ru" else "**/en/queue")


async def test_a_filter_changes_the_list_alone_and_the_address_with_it(stack: Stack, agency: str, browser: Browser) -> None:
    await agenda(stack, agency, (2, 3))
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/en/queue") as page:
        await page.evaluate("document.body.dataset.same = 'page'")
        await page.get_by_label("Institution").select_option("oshsu")
        await page.get_by_role("button", name="Filter").click()
        await page.wait_for_url("**/en/queue?institution_id=oshsu")
        await expect(page.locator("table.queue tbody tr:not(.group)")).to_have_count(1)
        assert await page.evaluate("document.body.dataset.same") == "page"


async def test_every_page_works_without_a_script(stack: Stack, agency: str, browser: Browser) -> None:
    await agenda(stack, agency, (2, 3))
    options: dict[str, Any] = {"java_script_enabled": False}
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/en/queue", **options) as page:
        await page.get_by_label("Institution").select_option("oshsu")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.locator("table.queue tbody tr:not(.group)")).to_have_count(1)
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/en/signed-out")


async def test_the_queue_on_paper_is_the_list_alone(stack: Stack, agency: str, browser: Browser) -> None:
    await agenda(stack, agency, (2,))
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/kk/queue") as page:
        await page.emulate_media(media="print")
        assert await page.locator("table.queue").is_visible()
        for part in ("header.top", "form.filters", "p.twins", "footer"):
            assert not await page.locator(part).is_visible()
        assert (await page.pdf()).startswith(b"%PDF")


async def test_a_page_for_nobody_yet_offers_to_sign_in(stack: Stack) -> None:
    async with visiting(stack, "kk") as client:
        answer = await client.get("/")

    assert (answer.url.path, answer.status_code) == ("/kk", 200)
    assert "/signin?to=%2Fkk" in answer.text
