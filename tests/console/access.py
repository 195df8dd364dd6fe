"""What every page must be for people who see, move or read otherwise: axe finds nothing, and nothing is wider than the screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from chassis.auth import Role
from cli.supervisor import Stack

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST = 320


@asynccontextmanager
async def sitting_at(
    browser: Browser, stack: Stack, role: Role, *, agency: str, path: str, institution: str = "", width: int = 1280, **options: Any
) -> AsyncIterator[Page]:
    """A page of the console after signing in with the keyboard and the mouse; errors of the page fail the test."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, **options)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    own = (stack.urls["console"], stack.urls["issuer"], "data:")
    page.on("request", lambda request: None if request.url.startswith(own) else complaints.append(f"foreign: {request.url}"))
    try:
        await page.goto(stack.urls["console"] + path)
        await page.get_by_label(role.value.replace("_", " "), exact=True).check()
        await page.get_by_role("textbox", name="Agency").fill(agency)
        await page.get_by_role("textbox", name="Institution").fill(institution)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(stack.urls["console"] + "/**")
        yield page
        assert complaints == []
    finally:
        await context.close()


async def checked(page: Page) -> None:
    """Axe, one heading of the first level, no sideways scrolling at 320 px, nothing to press that is too small."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    broken = [(each["id"], [node["target"] for node in each["nodes"]][:5]) for each in found.response["violations"]]
    assert broken == [], broken
    assert await page.locator("h1").count() == 1
    size = page.viewport_size or {"width": 1280, "height": 800}
    await page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    small = await page.evaluate(
        """[...document.querySelectorAll("main a, main button, main select, header a, header button")]
        .filter(each => each.offsetParent && !each.closest("p, dd, li p") && each.getBoundingClientRect().height < 24)
        .map(each => each.outerHTML.slice(0, 120))"""
    )
    assert small == [], small
    await page.set_viewport_size(size)
