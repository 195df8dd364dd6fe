"""The pages of traces: found by what was asked, drawn as a waterfall, and another agency's never."""

import re
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.traces import SpanRecord, assemble
from cli.supervisor import Stack
from console.views.traces import _rows
from tests.console.access import checked, sitting_at
from tests.console.signing import signed_in
from tests.waiting import eventually


async def asked_for(stack: Stack, agency: str) -> str:
    """A case that nobody has, and of which a trace tells soon that it was asked for; its id."""
    case_id = str(uuid4())
    token = development_token(stack.settings(), subject="portal", roles=["coordinator"], agency=agency)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        answer = await client.get(f"{stack.urls['intake']}/v1/applications/{case_id}")
        assert answer.status_code == 404

        async def told() -> bool:
            found = await client.get(f"{stack.urls['traces']}/v1/traces", params={"case_id": case_id})
            return bool(found.json()["items"])

        await eventually(told, "the trace of the request")
    return case_id


async def test_an_operator_finds_the_traces_of_a_case_and_sees_one_as_a_waterfall(stack: Stack, agency: str) -> None:
    case_id = await asked_for(stack, agency)

    async with signed_in(stack, Role.operator, agency=agency) as client:
        page = (await client.get("/en/operations/traces", params={"case_id": case_id})).text
        (trace_id,) = set(re.findall(r"/en/operations/traces/([0-9a-f]{32})", page))
        assert "GET /v1/applications/{case_id}" in page
        one = (await client.get(f"/en/operations/traces/{trace_id}")).text
        assert case_id in one
        assert "not-found" in one
        assert '<svg class="span-bar"' in one
        assert "No trace fits" in (await client.get("/en/operations/traces", params={"case_id": "nobody"})).text
        assert (await client.get("/en/operations/traces", params={"min_ms": "many"})).status_code == 422

    async with signed_in(stack, Role.operator, agency=f"{agency}-other") as stranger:
        assert trace_id not in (await stranger.get("/en/operations/traces", params={"case_id": case_id})).text
        assert (await stranger.get(f"/en/operations/traces/{trace_id}")).status_code == 404
    async with signed_in(stack, Role.expert, agency=agency) as expert:
        assert (await expert.get("/en/operations/traces")).status_code == 403


@pytest.mark.parametrize("language", ["en", "ky", "kk", "ru"])
async def test_the_pages_can_be_read_by_everybody(stack: Stack, agency: str, browser: Browser, language: str) -> None:
    case_id = await asked_for(stack, agency)

    async with sitting_at(browser, stack, Role.operator, agency=agency, path=f"/{language}/operations/traces?case_id={case_id}") as page:
        await checked(page)
        await page.locator("a.span-name").click()
        await page.locator(".waterfall summary").first.click()
        await checked(page)


def test_a_bar_stands_where_its_step_ran_and_can_always_be_seen() -> None:
    def span(number: int, parent: int | None, start: int, end: int) -> SpanRecord:
        return SpanRecord("t", str(number), parent and str(parent), "intake", "step", "internal", start, end, False)  # type: ignore[arg-type]

    whole = assemble([span(1, None, 0, 1000), span(2, 1, 500, 750), span(3, 2, 1000, 1000)], "t")
    assert whole is not None
    assert [(row["depth"], row["x"], row["width"]) for row in _rows(whole)] == [(0, 0.0, 1000.0), (1, 500.0, 250.0), (2, 996, 4)]
