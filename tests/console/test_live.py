"""What happens while a page is open is told on it, and only to those who may know."""

import asyncio
import time
from dataclasses import replace

import httpx
from playwright.async_api import Browser

from chassis.auth import Role
from chassis.subject_keys import master_key
from cli.supervisor import Stack
from console.login import Login
from console.session import Session, Sessions
from tests.console.access import sitting_at
from tests.console.agenda import agenda
from tests.console.signing import signed_in, visiting


async def test_an_open_page_says_that_something_happened_and_does_not_move(stack: Stack, agency: str, browser: Browser) -> None:
    await agenda(stack, agency, (2,))
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/ru/queue") as page:
        async with page.expect_response(lambda answer: "/ru/live" in answer.url):
            await page.reload()
        live = page.locator(".live")
        assert not await live.is_visible()
        await agenda(stack, agency, (4,))
        await live.wait_for(state="visible", timeout=60_000)
        assert "нов" in await live.get_by_role("status").inner_text()
        assert await page.locator("table.queue tbody tr:not(.group)").count() == 1
        await live.get_by_role("link", name="Показать").click()
        await page.locator("table.queue tbody tr:not(.group)").nth(1).wait_for()


async def test_who_may_not_read_events_is_told_not_to_ask_again(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.council_member, agency=agency) as client:
        assert (await client.get("/en/live")).status_code == 204
    async with visiting(stack) as nobody:
        assert (await nobody.get("/en/live", headers={"X-Part": "live"})).status_code == 401


async def session_of(stack: Stack, agency: str) -> Session:
    """The session that a browser keeps after signing in."""
    async with signed_in(stack, Role.auditor, agency=agency) as client:
        found = Sessions(master_key(stack.settings()), secure=False, lifetime_seconds=3_600).read(dict(client.cookies))
    assert found is not None
    return found


async def test_an_access_token_near_its_end_is_renewed_once_for_requests_at_the_same_time(stack: Stack, agency: str) -> None:
    session = await session_of(stack, agency)
    ending = replace(session, expires_at=int(time.time()) + 5, said="kept")
    async with httpx.AsyncClient() as http:
        login = Login(stack.settings(), http, master_key(stack.settings()))
        one, other = await asyncio.gather(login.fresh(ending), login.fresh(ending))
        assert await login.fresh(session) is session
        await login.aclose()

    assert one is not None
    assert one == other
    assert one.access != session.access
    assert one.expires_at > time.time() + 3_000
    assert (one.person, one.csrf, one.began_at, one.said) == (session.person, session.csrf, session.began_at, "kept")


async def test_a_session_whose_refresh_token_is_not_taken_has_ended(stack: Stack, agency: str) -> None:
    session = await session_of(stack, agency)
    async with httpx.AsyncClient() as http:
        login = Login(stack.settings(), http, master_key(stack.settings()))
        assert await login.fresh(replace(session, expires_at=int(time.time()) - 5, refresh=session.access)) is None
        assert await login.fresh(replace(session, expires_at=int(time.time()) - 5, refresh=None)) is None
        await login.aclose()
