"""Lists in pages: every item once, in a fixed order, whatever is added while somebody turns the pages."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import RULEBOOK, Journey
from tests.api.routes import ROUTES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> Journey:
    """An agency with eleven applications of one day, twenty-three institutions and eleven batches of blanks."""
    case = await Journey(stack, http, legal_time, agency="paging").to("filed")
    for number in range(22):
        await case.post(Role.coordinator, "intake", "/v1/institutions", case.university(f"m{number:02}"))
    for _ in range(10):
        await case.post(Role.institution_officer, "intake", "/v1/applications", case.application())
    for number in (9, 10, 100, 20, 1000, 2, 300, 5, 40, 700):
        batch = {**RULEBOOK, "series": "AA", "first": number, "last": number, "digits": 4}
        await case.post(Role.coordinator, "council", "/v1/blanks", batch)
    return case


async def _page(case: Journey, service: str, path: str, **params: Any) -> dict[str, Any]:
    answer = await case.http.get(case.url(service, path), params=params, headers=case.headers(Role.coordinator))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _all(case: Journey, service: str, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every page by its cursor."""
    found: list[dict[str, Any]] = []
    page = await _page(case, service, path, **params)
    while True:
        found += page["items"]
        if page["next"] is None:
            return found
        page = await _page(case, service, path, **params, cursor=page["next"])


def _ids(items: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [item[name] for item in items]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 11, 23, 200])
@pytest.mark.parametrize(
    ("service", "path", "name"),
    [("intake", "/v1/institutions", "institution_id"), ("intake", "/v1/applications", "case_id"), ("council", "/v1/blanks", "first")],
)
async def test_pages_of_any_size_have_every_item_once_and_in_one_order(
    crowded: Journey, service: str, path: str, name: str, limit: int
) -> None:
    whole = _ids((await _page(crowded, service, path, limit=200))["items"], name)
    assert len(whole) == len(set(whole)) >= 11
    assert _ids(await _all(crowded, service, path, limit=limit), name) == whole


async def test_numbers_are_ordered_as_numbers(crowded: Journey) -> None:
    batches = await _all(crowded, "council", "/v1/blanks", limit=2)
    assert [b["first"] for b in batches if b["series"] == "AA"] == [2, 5, 9, 10, 20, 40, 100, 300, 700, 1000]


async def test_a_page_holds_what_is_asked_for_and_fifty_unasked(crowded: Journey) -> None:
    assert len((await _page(crowded, "intake", "/v1/institutions", limit=5))["items"]) == 5
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path:
            page = await _page(crowded, route.service, route.path, agency=crowded.agency, limit=200)
            assert page["next"] is None, str(route)
            assert (await _page(crowded, route.service, route.path, agency=crowded.agency))["items"] == page["items"][:50]


async def test_what_is_added_meanwhile_neither_repeats_nor_hides_an_item(crowded: Journey) -> None:
    before = _ids(await _all(crowded, "intake", "/v1/institutions"), "institution_id")
    page = await _page(crowded, "intake", "/v1/institutions", limit=4)
    seen = _ids(page["items"], "institution_id")
    turned = 0
    while page["next"]:
        turned += 1
        for name in (f"a-before-{turned}", f"{seen[-1]}-at-the-edge", f"z-after-{turned}"):
            await crowded.post(Role.coordinator, "intake", "/v1/institutions", crowded.university(name))
        page = await _page(crowded, "intake", "/v1/institutions", limit=8, cursor=page["next"])
        seen += _ids(page["items"], "institution_id")
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert set(before) <= set(seen)


async def test_the_link_header_leads_through_all_pages_with_the_filters_kept(crowded: Journey) -> None:
    headers = crowded.headers(Role.coordinator)
    url: str | None = f"{crowded.url('intake', '/v1/applications')}?stage=filed&limit=4&institution_id={crowded.institution}"
    seen: list[str] = []
    while url:
        answer = await crowded.http.get(url, headers=headers)
        page = answer.json()
        seen += _ids(page["items"], "case_id")
        url = answer.links.get("next", {}).get("url")
        assert (url is None) == (page["next"] is None)
        assert url is None or ("stage=filed" in url and "limit=4" in url)
    assert seen == _ids(await _all(crowded, "intake", "/v1/applications"), "case_id")
    assert len(seen) == 11


async def test_a_page_that_ends_with_the_last_item_is_the_last(crowded: Journey) -> None:
    total = len(await _all(crowded, "intake", "/v1/applications"))
    answer = await crowded.http.get(crowded.url("intake", f"/v1/applications?limit={total}"), headers=crowded.headers(Role.coordinator))
    assert answer.json()["next"] is None
    assert "link" not in answer.headers


async def test_a_cursor_shows_nothing_of_another_agency(crowded: Journey, case: Journey) -> None:
    cursor = (await _page(crowded, "intake", "/v1/institutions", limit=1))["next"]
    page = await _page(case, "intake", "/v1/institutions", cursor=cursor)
    assert page["items"]
    assert not [item for item in page["items"] if item["institution_id"].startswith("m")]
