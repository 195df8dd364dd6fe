"""Lists in pages: every item once, in a fixed order, whatever is added while somebody turns the pages."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from regulations import calendar_for
from tests.api.attested import ANOTHER, AttestedJourney, approved, proposed, registered
from tests.api.finished import finished
from tests.api.followed import SapattuuJourney
from tests.api.gathered import gather
from tests.api.iqaa import IQAA, IqaaJourney
from tests.api.journey import RULEBOOK, Journey
from tests.api.problems import problem
from tests.api.routes import ROUTES, Route, openapi

#: Every list, with the columns that it can be sorted by; its own order is by the first of them.
SORTED = {
    "intake/v1/institutions": "institution_id kind city country",
    "intake/v1/applications": "filed_on institution_id kind rulebook_id stage case_id",
    "intake/v1/standards": "adopted_on standards kind rulebook_id",
    "intake/v1/rulebook-adoptions": "adopted_on rulebook_id rulebook_version",
    "intake/v1/schedules": "year adopted_on",
    "intake/v1/attestation-subjects/imports": "imported_on entered lines import_id",
    "intake/v1/attestation-subjects": "institution_id authority due_order entered_on rulebook_id",
    "intake/v1/interim-control-limits": "year set_on rulebook_id",
    "intake/v1/attestation-proposals": "proposed_on first_year entries proposal_id",
    "intake/v1/attestation-proposals/{proposal_id}/entries": "starts_on authority institution_id year",
    "intake/v1/attestation-schedules": "year approved_on rulebook_id",
    "intake/v1/documents": "stored_on size media_type",
    "intake/v1/documents/{document_id}/readings": "number read_on",
    "intake/v1/attestations": "starts_on institution_id authority year stage kind attestation_id",
    "review/v1/reports": "opened_on institution_id rulebook_id stage standing case_id",
    "review/v1/reports/{case_id}/versions": "number submitted_on",
    "review/v1/attestation-materials": "starts_on awaited_on institution_id rulebook_id stage attestation_id",
    "visits/v1/experts": "expert_id",
    "visits/v1/visits": "opened_on institution_id rulebook_id stage round standing case_id",
    "visits/v1/monitoring-visits": "opened_on institution_id rulebook_id stage cycle_id",
    "visits/v1/attestation-conclusions": "drawn_up_on institution_id rulebook_id stage attestation_id",
    "visits/v1/rechecks": "suspension_ends_on institution_id rulebook_id stage recheck_id",
    "council/v1/attestation-decisions": "opened_on conclusion_signed_on institution_id rulebook_id kind stage attestation_id",
    "visits/v1/attestation-visits": "starts_on institution_id rulebook_id kind stage attestation_id",
    "visits/v1/controls": "opened_on institution_id level form stage control_id",
    "visits/v1/controls/{control_id}/learners": "learner_id standing drawn",
    "council/v1/councils": "composed_on rulebook_id council_id",
    "council/v1/meetings": "held_on council_id ballot meeting_id",
    "council/v1/considerations": "opened_on institution_id rulebook_id stage filed_on case_id",
    "council/v1/resolutions": "opened_on valid_until institution_id rulebook_id decision_id",
    "council/v1/complaints": "filed_on institution_id case_id rulebook_id complaint_id",
    "council/v1/blanks": "series first received_on",
    "council/v1/blanks/fates": "blank_number fate on_date",
    "council/v1/certificates/imports": "imported_on created lines import_id",
    "council/v1/certificates": "issued_on valid_until institution_id number rulebook_id certificate_id",
    "council/v1/appeals": "filed_on institution_id case_id appeal_id",
    "council/v1/register": "issued_on valid_until institution_id number certificate_id",
    "council/v1/register/decisions": "decided_on institution_id outcome case_id",
    "monitoring/v1/cycles": "opened_on period_until valid_until institution_id stage cycle late_days",
    "monitoring/v1/follow-up-procedure": "accreditation chosen_on",
    "monitoring/v1/follow-ups": "opened_on valid_until issued_on institution_id rulebook_id status",
    "monitoring/v1/follow-up-picture/late": "due_on institution_id rulebook_id rule binds",
    "monitoring/v1/follow-up-picture/due": "on institution_id rulebook_id what",
    "monitoring/v1/follow-up-picture/recommendations": "criterion recommendations remarks not_fulfilled not_judged",
    "monitoring/v1/plans": "awaited_on institution_id rulebook_id stage round measures plan_id",
    "monitoring/v1/deadlines": "due_on late_days state binds",
    "monitoring/v1/staff": "staff_id post joined_on",
    "monitoring/v1/internal-cycles": "year number opened_on stage",
    "monitoring/v1/improvement-measures": "adopted_on status responsible measure_id",
    "monitoring/v1/surveys": "opened_on closes_on cycle_id stage survey_id",
    "monitoring/v1/surveys/{survey_id}/answers": "answered_on language answer_id",
    "monitoring/v1/interviews": "held_on cycle_id interviewee interview_id",
    "monitoring/v1/focus-groups": "held_on cycle_id participants focus_group_id",
    "monitoring/v1/document-analyses": "analysed_on subject analysed_by analysis_id",
    "monitoring/v1/case-samples": "drawn_at cycle_id population sample_id",
    "monitoring/v1/agency-recommendations": "received_on source recommendation_id",
    "monitoring/v1/trainings": "held_on kind training_id",
    "council/v1/certificates/{certificate_id}/documents": "made_on language duplicate",
    "notices/v1/letters": "drawn_up_at dated_on kind status letter_id",
    "notices/v1/timeline": "occurred_at",
    "notices/v1/cases/{case_id}/timeline": "occurred_at",
    "notices/v1/webhook-endpoints": "registered_at institution_id status endpoint_id",
    "notices/v1/webhook-endpoints/{endpoint_id}/deliveries": "created_at type status attempts delivery_id",
}
#: Those whose own order begins with the latest.
LATEST_FIRST = {"council/v1/register", "notices/v1/letters", "notices/v1/timeline", "notices/v1/cases/{case_id}/timeline"}
LISTS = [route for route in ROUTES if route.is_list]


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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> Journey:
    """An agency that has some of everything: in no list does one page of one item hold it all."""
    case = await finished(stack, http, legal_time, agency="busy")
    case.ids["first_case_id"] = case.ids["case_id"]
    case.institution, case.blank, case.reached = "second-university", 3, case.stages.index("prepared")
    await case.post(Role.coordinator, "intake", "/v1/institutions", case.university(case.institution))
    await case.to("appealed")
    iqaa = IqaaJourney(stack, http, legal_time, agency="busy", blank=4, institution="third-university")
    await iqaa.post(Role.coordinator, "intake", "/v1/institutions", iqaa.university(iqaa.institution))
    iqaa.ids |= {"institution_id": iqaa.institution, "council_id": case.ids["council_id"]}
    iqaa.reached = iqaa.stages.index("prepared")
    await iqaa.to("complained")
    await case.post(Role.director, "intake", "/v1/rulebook-adoptions", {**IQAA, "reason": "The agency's other procedure"})
    for year in (2098, 2097):
        schedule = {"year": year, "act": "Order No. 13", "adopted_on": "2020-01-09"}
        await case.post(Role.director, "intake", "/v1/schedules", schedule)
    await case.file("other")
    for blank in ("KZ 000050", "KZ 000051"):
        await case.post(Role.coordinator, "council", "/v1/blanks/spoilage", {"blank_number": blank, "reason": "Torn."})
    await case.import_certificate("another")
    await SapattuuJourney(stack, http, legal_time, agency="busy", blank=5, institution="third-university").to("filed")
    chosen = {"accreditations": [RULEBOOK["rulebook_id"], "iqaa-accreditation"], "rulebook_id": "aakr-monitoring-2024", "reason": "Both."}
    await case.post(Role.director, "monitoring", "/v1/follow-up-procedure", chosen)
    more = {**RULEBOOK, "series": "AB", "first": 1, "last": 9, "digits": 4}
    await case.post(Role.coordinator, "council", "/v1/blanks", more)
    await registered(case, "second-university,almaty,higher,no,1990-09-01,", year=2024)
    await registered(case, "third-university,almaty,higher,no,1992-09-01,", year=2023)
    await proposed(case)
    await approved(case, calendar_for("KZ").next_working_day(date((await case.today()).year + 3, 10, 1)), "second-university")
    attested = AttestedJourney(stack, http, legal_time, agency="busy", institution=ANOTHER, ids=dict(case.ids))
    await attested.to("suspended")
    await gather(case, case.ids["next_internal_cycle_id"], case.ids["staff_id"])
    await legal_time.settle()
    for language in ("kk", "ru"):
        made = await case.get(Role.coordinator, "council", f"/v1/certificates/{{certificate_id}}/pdf?language={language}")
        assert made.status_code == 200, made.text
    case.ids["case_id"] = iqaa.ids["case_id"]  # the one whose report has versions
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


def _told_sorts(route: Route) -> list[str]:
    """The orders that a list takes, by its OpenAPI document."""
    parameters = openapi(route.service)["paths"][route.path]["get"]["parameters"]
    return next((each["schema"]["enum"] for each in parameters if each["name"] == "sort"), [])


def test_every_list_can_be_sorted_and_tells_how() -> None:
    told = {f"{route.service}{route.path}": _told_sorts(route) for route in LISTS}
    assert told == {name: [f"{sign}{column}" for column in columns.split() for sign in ("", "-")] for name, columns in SORTED.items()}


async def _sorted(case: Journey, route: Route, limit: int, **sort: str) -> list[dict[str, Any]]:
    return await _all(case, route.service, route.path, **route.taking(agency=case.agency, within=1830), **sort, limit=limit)


def _value(item: dict[str, Any], column: str) -> Any:
    """Some items tell their rulebook whole."""
    return item["rulebook"]["id"] if column == "rulebook_id" and column not in item else item[column]


@pytest.mark.parametrize("route", LISTS, ids=str)
async def test_a_list_is_turned_in_the_order_that_is_asked_for_both_ways(busy: Journey, route: Route) -> None:
    own = await _sorted(busy, route, 200)
    assert len(own) > 1, "an order of nothing is none"
    for column in SORTED[f"{route.service}{route.path}"].split():
        whole = await _sorted(busy, route, 200, sort=column)
        assert len(whole) == len(own)
        assert all(item in own for item in whole)
        values = [_value(item, column) for item in whole]
        if not any(isinstance(value, str) and not value.replace("-", "").isdigit() for value in values):
            assert values == sorted(values), column
        assert {str(value) for value in values} == {str(_value(item, column)) for item in own}
        assert [values.count(value) for value in dict.fromkeys(values)] == [len(list(run)) for _, run in groupby(values)], column
        assert await _sorted(busy, route, 1, sort=column) == whole, column
        assert await _sorted(busy, route, 3, sort=f"-{column}") == whole[::-1], column
    name = f"{route.service}{route.path}"
    first = SORTED[name].split()[0]
    assert own == await _sorted(busy, route, 200, sort=f"-{first}" if name in LATEST_FIRST else first)


@pytest.mark.parametrize("route", LISTS, ids=str)
async def test_a_cursor_is_of_one_order_of_one_list(busy: Journey, route: Route) -> None:
    agency, headers = route.taking(agency=busy.agency, within=1830), busy.headers(Role.coordinator)
    url, columns = busy.url(route.service, route.path), SORTED[f"{route.service}{route.path}"].split()
    for sort in (columns[0], f"-{columns[-1]}"):
        cursor = (await _page(busy, route.service, route.path, **agency, sort=sort, limit=1))["next"]
        for other in {*columns, *(f"-{column}" for column in columns)} - {sort}:
            answer = await busy.http.get(url, params={**agency, "sort": other, "cursor": cursor}, headers=headers)
            assert [fault["pointer"] for fault in problem(answer, 422, slug="invalid")["errors"]] == ["#/query/cursor"]
    answer = await busy.http.get(url, params={**agency, "sort": "version"}, headers=headers)
    (fault,) = problem(answer, 422, slug="invalid")["errors"]
    assert fault["pointer"] == "#/query/sort"
    assert all(sort in fault["detail"] for sort in _told_sorts(route))


async def test_the_link_keeps_the_order(crowded: Journey) -> None:
    url = crowded.url("intake", "/v1/institutions?sort=-institution_id&limit=5")
    answer = await crowded.http.get(url, headers=crowded.headers(Role.coordinator))
    following = await crowded.http.get(answer.links["next"]["url"], headers=crowded.headers(Role.coordinator))
    ids = _ids(answer.json()["items"] + following.json()["items"], "institution_id")
    assert len(ids) == 10
    assert ids == sorted(ids, reverse=True)


async def test_numbers_are_ordered_as_numbers(crowded: Journey) -> None:
    batches = await _all(crowded, "council", "/v1/blanks", limit=2)
    assert [b["first"] for b in batches if b["series"] == "AA"] == [2, 5, 9, 10, 20, 40, 100, 300, 700, 1000]


async def test_a_page_holds_what_is_asked_for_and_fifty_unasked(crowded: Journey) -> None:
    assert len((await _page(crowded, "intake", "/v1/institutions", limit=5))["items"]) == 5
    for route in LISTS:
        if "{" not in route.path:
            agency = route.taking(agency=crowded.agency)
            page = await _page(crowded, route.service, route.path, **agency, limit=200)
            assert page["next"] is None, str(route)
            assert (await _page(crowded, route.service, route.path, **agency))["items"] == page["items"][:50]


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
