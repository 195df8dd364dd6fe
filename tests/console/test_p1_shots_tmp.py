import os, re
from tests.console.test_council import *  # noqa
from tests.console.test_council import case, pages, sitting_at  # noqa


async def test_shots(stack, case, browser):
    for language, width in (("kk", 360),):
        context = await browser.new_context(viewport={"width": width, "height": 800})
        page = await context.new_page()
        page.on("console", lambda message: print("CONSOLE", page.url, message.type, message.text))
        page.on("requestfailed", lambda r: print("FAILED", r.url, r.failure))
        await page.goto(stack.urls["console"] + "/en/meetings")
        await page.get_by_label("director", exact=True).check()
        await page.get_by_role("textbox", name="Agency").fill(case.agency)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(stack.urls["console"] + "/**")
        for path in pages(case):
            await page.goto(f"{stack.urls['console']}/{language}/{path}")
            one = "one" if "/" in path else "list"
            await page.screenshot(path=f"/tmp/p1/shots/{language}-{width}-{path.split('/')[0]}-{one}{'-minutes' if path.endswith('minutes') else ''}.png", full_page=True)
            await page.set_viewport_size({"width": 320, "height": 800})
            wide = await page.evaluate("[document.documentElement.scrollWidth, [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321).map(e => e.outerHTML.slice(0,90))]")
            print("WIDE", path, wide)
            await page.set_viewport_size({"width": width, "height": 800})
        await context.close()
