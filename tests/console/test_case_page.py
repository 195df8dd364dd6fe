"""The page of a case: facts, stages, deadlines with their reasons, events, in four languages and in a browser."""

from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from chassis.auth import Role
from cli.supervisor import Stack
from console.i18n import LANGUAGES
from tests.console.filing import action, adopt, registered
from tests.console.signing import signed_in
from tests.waiting import eventually

AGENCY = "case-page"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def case(stack: Stack) -> str:
    """The id of a registered application whose lifecycle has set its first deadline."""
    await adopt(stack, AGENCY)
    async with signed_in(stack, Role.coordinator, agency=AGENCY) as client:
        path = await registered(client)

        async def reasoned() -> bool:
            text = (await client.get(path)).text
            return "Why this date?" in text and "Application registered" in text

        await eventually(reasoned, "the deadline and the event on the page")
    return path.rpartition("/")[2]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_case_is_told_in_each_language(stack: Stack, case: str, language: str) -> None:
    title = {"ky": "Иш 14-A", "kk": "Іс 14-A", "ru": "Дело 14-A", "en": "Case 14-A"}
    event = {"ky": "Арыз катталды", "kk": "Өтініш тіркелді", "ru": "Заявление зарегистрировано", "en": "Application registered"}
    stage = {"ky": "Өзүн-өзү баалоо", "kk": "Өзін-өзі бағалау", "ru": "Самооценка", "en": "Self-assessment"}
    async with signed_in(stack, Role.auditor, agency=AGENCY, language=language) as client:
        page = await client.get(f"/{language}/cases/{case}")
    assert page.status_code == 200, page.text[:3_000]
    for words in (title, event, stage):
        assert words[language] in page.text
    if language != "en":
        for english in ("Why this date", "What is due", "What has happened", "under way", "Application registered"):
            assert english not in page.text


async def test_why_a_date_is_what_it_is_quotes_the_regulation(stack: Stack, case: str) -> None:
    async with signed_in(stack, Role.director, agency=AGENCY, language="ru") as client:
        text = (await client.get(f"/ru/cases/{case}")).text
    assert '<details class="why">' in text
    assert "<blockquote lang=" in text
    assert "Отсчёт" in text
    assert "п. 11" in text


async def test_another_agency_and_another_institution_find_no_such_case(stack: Stack, case: str, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        assert (await client.get(f"/en/cases/{case}")).status_code == 404
    async with signed_in(stack, Role.institution_officer, agency=AGENCY, institution="another") as client:
        assert (await client.get(f"/en/cases/{case}")).status_code in (403, 404)


async def test_the_institution_reads_its_own_case_and_does_what_is_its_part(stack: Stack, case: str) -> None:
    async with signed_in(stack, Role.institution_officer, agency=AGENCY, institution="kaznu") as client:
        page = await client.get(f"/en/cases/{case}")
        assert page.status_code == 200, page.text[:3_000]
        assert "Withdraw the application" in page.text
        assert "Suspend the case" not in page.text


async def test_a_list_and_a_record_of_any_service_are_read(stack: Stack, case: str) -> None:
    async with signed_in(stack, Role.director, agency=AGENCY, language="kk") as client:
        listed = await client.get("/kk/records/intake/institutions")
        assert "Ұйымдар" in listed.text
        assert "ҚазҰУ" in listed.text
        one = await client.get("/kk/records/intake/institutions/kaznu")
        assert "Жазылған фактіні түзету" in one.text
        assert (await client.get(f"/kk/records/intake/applications/{case}")).url.path == f"/kk/cases/{case}"
        assert (await client.get("/kk/records/intake/nothing-of-the-kind")).status_code == 404


@pytest.mark.parametrize("width", [1280, 360])
async def test_the_page_and_a_form_fit_the_window(stack: Stack, case: str, browser: Browser, tmp_path: Path, width: int) -> None:
    async with signed_in(stack, Role.coordinator, agency=AGENCY, language="ky") as client:
        form = action(await client.get(f"/ky/cases/{case}"), "draw_up_contract")
        cookies = [{"name": each.name, "value": each.value or "", "url": stack.urls["console"]} for each in client.cookies.jar]
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale="ky-KG")
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    for name, path in (("case", f"/ky/cases/{case}"), ("form", form), ("new", "/ky/new/visits/register_expert")):
        await page.goto(stack.urls["console"] + path)
        await page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
