"""Hostile paths, queries, cursors and headers: each gets a problem document that says what is wrong, and nothing changes."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from chassis.auth import Role
from tests.api.commands import send
from tests.api.journey import SERVICES, Journey
from tests.api.problems import problem
from tests.api.routes import COMMANDS, READS, ROUTES, UNKNOWN_TO_ORDER_109, openapi

pytestmark = pytest.mark.usefixtures("nothing_changes")

VERSIONED = [route for route in COMMANDS if route.needs_version]
ITEMS = [route for route in ROUTES if "{" in route.path]
#: Of the installation, whichever agency is named.
KEYS = "/v1/verification/{agency}/keys"
LISTS = [route for route in ROUTES if route.is_list]


@pytest.mark.parametrize("unknown", ["01890000-0000-7000-8000-000000000000", "none", "A" * 80, "-".join("1" * 39)])
async def test_an_unknown_id_is_not_found(case: Journey, unknown: str) -> None:
    for route in [route for route in ITEMS if route.path != KEYS]:
        url = case.stack.urls[route.service] + route.path.format_map(dict.fromkeys(case.ids, unknown))
        if route.method == "GET":
            answer = await case.http.get(url, headers=case.headers(route.role))
        else:
            answer = await send(case, route, url=url)
        if route.public:
            problem(answer, 404, 415, 422)  # its body and its agency's name are looked at first
        else:
            problem(answer, 404, slug="not-found")


@pytest.mark.parametrize(
    "bad", ["%00", "a%00b", "a%0Ab", "%1b", "A" * 81, "%ff", "%D0%B0", "..%2f..", "-", "a b", "'%20or%201=1", "%ed%a0%80"]
)
async def test_an_id_that_can_be_none_is_refused_or_not_found(case: Journey, bad: str) -> None:
    for route in ITEMS:
        url = case.stack.urls[route.service] + route.path.format_map(dict.fromkeys(case.ids, bad))
        if route.method == "GET":
            answer = await case.http.get(url, headers=case.headers(route.role))
        else:
            answer = await send(case, route, url=url)
        problem(answer, 404, 422, *((405,) if route.public else ()))  # a certificate's number may have slashes


#: Routes whose query has a day, with its name.
DAY_QUERIES = [
    (route, each["name"])
    for route in ROUTES
    for each in openapi(route.service)["paths"][route.path][route.method.lower()].get("parameters", ())
    if each["in"] == "query" and "'date'" in repr(each["schema"])
]

CURSORS = {
    "words": "next",
    "no base64": "%%%",
    "empty": "",
    "no list": "e30",
    "too few": "W10",
    "numbers": "WzEsMl0",
    "nulls": "W251bGwsbnVsbF0",
    "nested": "W1tbXV1d",
    "too long": "A" * 501,
    "not ASCII": "ключ",
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS.keys())
async def test_a_cursor_that_is_none_of_ours_is_refused(case: Journey, cursor: str) -> None:
    for route in LISTS:
        params = route.taking(cursor=cursor, agency=case.agency)
        answer = await case.http.get(case.url(route.service, route.path), params=params, headers=case.headers(route.role))
        problem(answer, 422, slug="invalid")


@pytest.mark.parametrize(
    "forged", [["2030-01-01", "a\0b"], ["9999-99-99", "a"], ["a\0b"], ["KZ", 2**80], ["KZ", 2**40], ["KZ\0", 1]], ids=repr
)
async def test_a_forged_cursor_reaches_no_database_error(case: Journey, forged: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    for route in LISTS:
        params = route.taking(cursor=cursor, agency=case.agency)
        answer = await case.http.get(case.url(route.service, route.path), params=params, headers=case.headers(route.role))
        problem(answer, 422, slug="invalid")


@pytest.mark.parametrize("limit", ["0", "-1", None, "1.5", "many", "", "99999999999999999999999", "0x10", "1e2"])
async def test_a_limit_out_of_bounds_is_refused(case: Journey, limit: str | None) -> None:
    """None: by one too many."""
    for route in LISTS:
        (told,) = (each["schema"] for each in openapi(route.service)["paths"][route.path]["get"]["parameters"] if each["name"] == "limit")
        params = route.taking(limit=told["maximum"] + 1 if limit is None else limit, agency=case.agency)
        answer = await case.http.get(case.url(route.service, route.path), params=params, headers=case.headers(route.role))
        assert [fault["pointer"] for fault in problem(answer, 422, slug="invalid")["errors"]] == ["#/query/limit"]


@pytest.mark.parametrize("value", ["%00", "a%00b", "%1b[0m", "%7f", "%c2%85"])
async def test_a_query_with_characters_that_no_text_has_is_refused(case: Journey, value: str) -> None:
    for route in LISTS:
        operation = openapi(route.service)["paths"][route.path]["get"]
        for parameter in [p["name"] for p in operation["parameters"] if p["in"] == "query"] + ["unknown"]:
            others = "" if parameter == "agency" or "agency" not in route.query else f"&agency={case.agency}"
            url = f"{case.url(route.service, route.path)}?{parameter}={value}{others}"
            found = problem(await case.http.get(url, headers=case.headers(route.role)), 422, slug="invalid")
            assert f"#/query/{parameter}" in [fault["pointer"] for fault in found["errors"]], str(route)


@pytest.mark.parametrize("name", ["unknown", "Limit", "filter[stage]", "limit%20", "sort%5B%5D", "%D1%81%D1%82%D0%B0%D0%B4%D0%B8%D1%8F"])
async def test_a_query_parameter_that_a_route_does_not_take_is_refused_by_its_name(case: Journey, name: str) -> None:
    for route in READS:
        url = f"{case.url(route.service, route.path)}?{urlencode(route.taking())}&{name}=1"
        (fault,) = problem(await case.http.get(url, headers=case.headers(route.role)), 422, slug="invalid")["errors"]
        assert fault["pointer"].startswith("#/query/"), str(route)
        assert all(taken in fault["detail"] for taken in route.query), str(route)


@pytest.mark.parametrize("day", ["2023-02-30", "0000-01-01", "infinity", "1", "2023-01-01T10:00", "%00", "", "99999-01-01"])
async def test_a_day_in_a_query_is_a_day(case: Journey, day: str) -> None:
    assert len(DAY_QUERIES) > 15
    for route, name in DAY_QUERIES:
        url = f"{case.url(route.service, route.path)}?{urlencode(route.taking(agency=case.agency))}&{name}={day}"
        problem(await case.http.get(url, headers=case.headers(route.role)), 422, slug="invalid")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_of_all_are_answered(case: Journey, day: str) -> None:
    for route, name in DAY_QUERIES:
        url = f"{case.url(route.service, route.path)}?{urlencode(route.taking(agency=case.agency))}&{name}={day}"
        answer = await case.http.get(url, headers=case.headers(route.role))
        if answer.status_code != 200:
            problem(answer, 404, 422)  # nothing is there on that day, or no such day is asked about


@pytest.mark.parametrize(
    "name", ["authorization", "idempotency-key", "if-match", "traceparent", "tracestate", "baggage", "accept", "x-unknown"]
)
async def test_a_very_long_header_harms_nothing(case: Journey, name: str) -> None:
    value = ("Bearer " if name == "authorization" else "") + "x" * 30_000
    for route in (COMMANDS[0], VERSIONED[0], *VERSIONED[-1:]):
        answer = await send(case, route, headers={name: value}, json={})
        problem(answer, 400, 401, 422, 428)
    for route in READS:
        url, params = case.url(route.service, route.path), route.taking() or None
        answer = await case.http.get(url, params=params, headers={**case.headers(route.role), name: value})
        if name == "authorization":
            problem(answer, 401, slug="unauthenticated")
        else:
            assert answer.status_code == (409 if route.path in UNKNOWN_TO_ORDER_109 else 200), f"{route}: {answer.text}"


async def test_a_path_or_method_that_is_not_there_is_a_problem_too(case: Journey) -> None:
    for service in SERVICES:
        base = case.stack.urls[service]
        for path in ("/", "/v1", "/v1/none", "/v1/none/%00", "/v2/applications", "/%2e%2e/etc/passwd", "//", "/v1/" + "a" * 8_000):
            problem(await case.http.get(base + path, headers=case.headers(Role.coordinator)), 404)
    for route in ROUTES:
        for method in {"DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"}:
            answer = await case.http.request(method, case.url(route.service, route.path), headers=case.headers(route.role))
            problem(answer, 405, slug="method-not-allowed")
            served = {other.method for other in ROUTES if (other.service, other.path) == (route.service, route.path)}
            assert served <= set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}, str(route)
