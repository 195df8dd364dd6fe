"""Two agencies in one installation, and two institutions in one agency: neither sees or moves anything of the other's."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.issuer import development_token
from tests.api.commands import body_of, send
from tests.api.journey import Journey
from tests.api.ledger import Ledger
from tests.api.problems import problem
from tests.api.routes import COMMANDS, FILES, READS, Route

LISTS = [route for route in READS if "{" not in route.path and route.is_list]
OWN = [route for route in READS if "{" not in route.path and not route.is_list]  # what an agency has one of
ITEMS = [route for route in READS if "{" in route.path]
ADOPTED = ("/v1/internal-monitoring", "/v1/internal-commission")  # what an agency has only once it has made it
ON_ITEMS = [route for route in COMMANDS if "{" in route.path]

# The agency's own, and no institution's: an officer reads by which standards it is evaluated, and what it can be told of.
OF_NOBODY = ("/v1/standards", "/v1/webhook-event-types", "/v1/letter-kinds")
OF_INSTITUTIONS = [route for route in READS if not route.path.startswith(OF_NOBODY)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stranger(case: Journey) -> AsyncIterator[Journey]:
    """Agency B with the same people and the same names for everything, and with the ids of A's case in its hands."""
    other = Journey(case.stack, case.http, case.time, agency=f"b-{uuid4().hex[:12]}")
    await other.to("filed")
    own = dict(other.ids)
    other.ids = dict(case.ids)
    yield other
    other.ids = own


def _secrets(case: Journey) -> list[str]:
    """What only agency A can have told: its name and the ids that its services made."""
    everybodys = ("institution_id", "expert_id", "purpose", "status_list")
    return [case.agency, *(value for name, value in case.ids.items() if name not in everybodys)]


def _tells(answer: httpx.Response, case: Journey) -> list[str]:
    asked = str(answer.request.url) + str(answer.request.content)
    return [secret for secret in _secrets(case) if secret in answer.text and secret not in asked]


@pytest.mark.parametrize("role", list(Role), ids=str)
async def test_no_list_of_another_agency_has_anything_of_ours(case: Journey, stranger: Journey, role: Role) -> None:
    for route in [*LISTS, *OWN]:
        if role in route.roles:
            ids = ("institution_id", "case_id", "council_id")
            for query in ("?limit=200" if route.is_list else "", *(f"?{name}={{{name}}}" for name in ids if name in route.query)):
                url, params = case.url(route.service, route.path + query), route.taking() or None
                answer = await case.http.get(url, params=params, headers=stranger.headers(role))
                if route.path.startswith(ADOPTED) and answer.status_code == 404:
                    problem(answer, 404, slug="not-found")  # B has none yet
                else:
                    assert answer.status_code == 200, answer.text
                assert not _tells(answer, case), f"{route} as {role}: {answer.text}"


async def test_our_own_lists_do_have_it(case: Journey) -> None:
    """So that an empty list above means something."""
    for route in [*LISTS, *OWN]:
        url, params = case.url(route.service, route.path), route.taking(within=1830)
        told = (await case.http.get(url, params=params, headers=case.headers(route.role))).json()
        if route.is_list or "items" in told:
            assert told["items"], f"{route} shows nothing to its own agency"


@pytest.mark.parametrize("role", list(Role), ids=str)
async def test_what_is_ours_is_as_good_as_absent_for_another_agency(case: Journey, stranger: Journey, role: Role) -> None:
    for route in ITEMS:
        if role not in route.roles:
            continue
        answer = await case.http.get(case.url(route.service, route.path), headers=stranger.headers(role))
        if route.path.startswith(("/v1/institutions", "/v1/experts")):
            assert answer.status_code == 200  # B has its own of that name
        else:
            problem(answer, 404, slug="not-found")
        assert not _tells(answer, case), f"{route} as {role}: {answer.text}"


async def test_no_file_of_ours_is_given_to_whom_it_is_not_for(case: Journey, stranger: Journey, neighbour: Journey, ledger: Ledger) -> None:
    """Another agency, another institution of ours, an expert of other panels; and nothing is recorded as read."""
    async with ledger.unchanged(case.agency, stranger.agency):
        for route in FILES:
            url = case.url(route.service, route.path)
            strangers = [stranger.headers(role) for role in sorted(route.roles)]
            if Role.institution_officer in route.roles:
                strangers.append(neighbour.headers(Role.institution_officer))
            if Role.expert in route.roles:
                strangers.append(case.headers(Role.expert, subject="expert.outsider"))
            for headers in strangers:
                for part in ({}, {"range": "bytes=0-0"}, {"if-none-match": "*"}):
                    answer = await case.http.get(url, headers=headers | part)
                    if "{" in route.path:
                        problem(answer, 404, slug="not-found")
                    else:  # a table of whatever the asking agency has
                        assert answer.status_code == 200, answer.text
                    assert not _tells(answer, case), str(route)


async def test_the_files_of_ours_are_given_to_us(case: Journey) -> None:
    """So that the refusals above mean something."""
    for route in FILES:
        answer = await case.http.get(case.url(route.service, route.path), headers=case.headers(route.role))
        assert (answer.status_code, bool(answer.content)) == (200, True), f"{route}: {answer.text}"


@pytest.mark.parametrize("role", list(Role), ids=str)
async def test_no_command_of_another_agency_reaches_ours(case: Journey, stranger: Journey, ledger: Ledger, role: Role) -> None:
    async with ledger.unchanged(case.agency, stranger.agency):
        for route in ON_ITEMS:
            if role in route.roles:
                for version in ("*", '"1"', '"3"'):
                    answer = await send(stranger, route, role, headers={"if-match": version})
                    if route.path.startswith(("/v1/institutions", "/v1/experts")):
                        assert answer.status_code in (409, 412, 422), answer.text  # refused for B's own of that name
                    else:
                        problem(answer, 404, slug="not-found")
                    assert not _tells(answer, case), f"{route} as {role}: {answer.text}"


async def test_no_command_of_another_agency_can_name_ours_in_its_body(case: Journey, stranger: Journey, ledger: Ledger) -> None:
    async with ledger.unchanged(case.agency, stranger.agency):
        for route in COMMANDS:
            if route.path in ("/v1/meetings", "/v1/certificates"):
                problem(await send(stranger, route), 404, slug="not-found")
        renewal = {**body_of(stranger, "/v1/applications"), "renews_certificate_id": case.ids["certificate_id"]}
        filing = next(route for route in COMMANDS if route.path == "/v1/applications")
        problem(await send(stranger, filing, json=renewal), 404, slug="not-found")


async def test_the_same_key_of_a_namesake_in_another_agency_is_another_key(case: Journey) -> None:
    """Both agencies' coordinators have one subject: neither gets the other's answer, nor a conflict with it."""
    twin = Journey(case.stack, case.http, case.time, agency=f"c-{uuid4().hex[:12]}")
    route = next(route for route in COMMANDS if route.path == "/v1/institutions")
    key = {"idempotency-key": uuid4().hex}
    other = Journey(case.stack, case.http, case.time, agency=f"d-{uuid4().hex[:12]}")
    first = await send(twin, route, json=twin.university("twin"), headers=key)
    second = await send(other, route, json=twin.university("another"), headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["events"] != second.json()["events"]


async def test_the_public_register_shows_one_agency_at_a_time(case: Journey, stranger: Journey) -> None:
    url = f"{case.stack.urls['council']}/v1/register"
    answer = await case.http.get(url, params={"agency": stranger.agency, "limit": 200})
    assert answer.json()["items"] == []
    assert not _tells(answer, case)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def neighbour(case: Journey) -> Journey:
    """An officer of another institution of the same agency, with the ids of the first one's case."""
    other = Journey(case.stack, case.http, case.time, agency=case.agency, institution="second-university", ids=dict(case.ids))
    await other.post(Role.coordinator, "intake", "/v1/institutions", other.university("second-university"))
    await other.time.settle()
    return other


def _told(answer: httpx.Response) -> list[Any]:
    return list(answer.json()["items"])


async def _of_his_own(case: Journey, route: Route, officer: Journey, answer: httpx.Response) -> None:
    """An answer without pages: what it lists is nothing of the case's institution; what it counts is what the agency is told of his."""

    async def summary(institution: str) -> Any:
        params = {"institution_id": institution}
        return (await case.http.get(case.url(route.service, route.path), params=params, headers=case.headers(Role.coordinator))).json()

    if "items" in answer.json():
        assert case.institution not in answer.text, f"{route}: {answer.text}"
        assert case.ids["case_id"] not in answer.text, f"{route}: {answer.text}"
    else:
        assert answer.json() == await summary(officer.institution), str(route)
        assert answer.json() != await summary(case.institution), str(route)


async def test_an_officer_sees_nothing_of_another_institution(case: Journey, neighbour: Journey) -> None:
    officer = Role.institution_officer
    for route in OF_INSTITUTIONS:
        if officer not in route.roles:
            continue
        url, params = case.url(route.service, route.path), route.taking() or None
        answer = await case.http.get(url, params=params, headers=neighbour.headers(officer))
        if "{" in route.path:
            problem(answer, 404, slug="not-found")
        elif not route.is_list:
            await _of_his_own(case, route, neighbour, answer)
        else:
            assert [item["institution_id"] for item in _told(answer) if item["institution_id"] == case.institution] == [], str(route)
            named = await case.http.get(
                case.url(route.service, route.path),
                params=route.taking(institution_id=case.institution),
                headers=neighbour.headers(officer),
            )
            assert all(item["institution_id"] == neighbour.institution for item in _told(named)), str(route)


async def test_an_officer_moves_nothing_of_another_institution(case: Journey, neighbour: Journey, ledger: Ledger) -> None:
    officer = Role.institution_officer
    async with ledger.unchanged(case.agency):
        for route in ON_ITEMS:
            if officer in route.roles:
                problem(await send(neighbour, route, officer, headers={"if-match": "*"}), 404, slug="not-found")
        filing = next(route for route in COMMANDS if route.path == "/v1/applications")
        problem(await send(neighbour, filing, officer, json=case.application()), 403, slug="forbidden")


async def test_a_second_role_opens_nothing_where_it_is_not_asked_for(case: Journey, neighbour: Journey) -> None:
    """An officer who is an expert elsewhere stays an officer of one institution on the routes that know no experts."""
    settings = case.stack.settings()
    for second in Role:
        roles = [Role.institution_officer, second]
        token = development_token(settings, subject="both", roles=roles, agency=case.agency, institution=neighbour.institution)
        headers = {"authorization": f"Bearer {token}"}
        for route in OF_INSTITUTIONS:
            if Role.institution_officer in route.roles and second not in route.roles - {Role.institution_officer}:
                answer = await case.http.get(case.url(route.service, route.path), params=route.taking() or None, headers=headers)
                if "{" in route.path:
                    problem(answer, 404, slug="not-found")
                elif not route.is_list:
                    await _of_his_own(case, route, neighbour, answer)
                else:
                    assert not [item for item in _told(answer) if item["institution_id"] == case.institution], f"{route} with {second}"


async def test_an_expert_sees_the_cases_of_his_own_commissions_alone(case: Journey) -> None:
    for route in READS:
        if Role.expert in route.roles:
            url = case.url(route.service, route.path)
            member, outsider = case.headers(Role.expert), case.headers(Role.expert, subject="expert.outsider")
            assert (await case.http.get(url, headers=member)).status_code == 200
            answer = await case.http.get(url, headers=outsider)
            if "{" in route.path:
                problem(answer, 404, slug="not-found")
            else:
                assert _told(answer) == []
