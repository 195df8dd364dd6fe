"""Hostile bodies and preconditions for every command: each gets a problem document that says what is wrong, and nothing changes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import orjson
import pytest

from chassis.auth import Role
from tests.api.commands import body_of, send
from tests.api.journey import Journey, new_key
from tests.api.problems import problem
from tests.api.routes import COMMANDS, Route, openapi

WITH_BODY = [route for route in COMMANDS if route.takes_body]
VERSIONED = [route for route in COMMANDS if route.needs_version]


pytestmark = pytest.mark.usefixtures("nothing_changes")


def test_every_command_has_a_well_formed_example(case: Journey) -> None:
    assert [str(route) for route in WITH_BODY if body_of(case, route.path) is None] == []


UNREADABLE = {
    "cut off": b'{"number": "1"',
    "a word": b"number",
    "two values": b"{} {}",
    "a comment": b'{"number": "1" /* one */}',
    "single quotes": b"{'number': '1'}",
    "no UTF-8": b'{"number": "\xff\xfe"}',
    "a NUL before": b'\x00{"number": "1"}',
    "nested ten thousand deep": b"[" * 10_000 + b"]" * 10_000,
    "nested ten thousand deep, in objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a number of ten thousand digits": b'{"number": ' + b"9" * 10_000 + b"}",
    "a control character as itself": b'{"number": "a\x01b"}',
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_body_that_is_no_json_is_called_so(case: Journey, content: bytes) -> None:
    for route in COMMANDS:
        problem(await send(case, route, content=content), 400, slug="malformed-json")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "x", None])
async def test_a_body_of_another_type_is_not_taken(case: Journey, media: str | None) -> None:
    for route in WITH_BODY:
        content = orjson.dumps(body_of(case, route.path))
        problem(await send(case, route, content=content, headers={"content-type": media}), 415, slug="unsupported-media-type")


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'"text"', b"1", b"true", b"NaN", b"-Infinity", b"1e999"])
async def test_a_body_that_is_no_object_is_invalid(case: Journey, content: bytes) -> None:
    for route in WITH_BODY:
        problem(await send(case, route, content=content), 422, slug="invalid")


async def test_an_empty_object_names_what_is_missing(case: Journey) -> None:
    for route in WITH_BODY:
        body = openapi(route.service)["paths"][route.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        needed = openapi(route.service)["components"]["schemas"][body["$ref"].rpartition("/")[2]].get("required", [])
        if needed:
            found = problem(await send(case, route, json={}), 422, slug="invalid")
            assert {fault["pointer"] for fault in found["errors"]} == {f"#/{name}" for name in needed}, str(route)


async def test_an_unknown_field_is_refused_by_name(case: Journey) -> None:
    for route in WITH_BODY:
        found = problem(await send(case, route, json={**body_of(case, route.path), "surprise": 1}), 422, slug="invalid")
        assert [fault["pointer"] for fault in found["errors"]] == ["#/surprise"], str(route)


WRONG = {
    "an object": {"a": 1},
    "a list of lists": [[1]],
    "a number": 1.5,
    "infinity": float("inf"),
    "not a number": float("nan"),
    "a huge integer": 10**300,
    "true": True,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_member_of_a_wrong_type_is_named(case: Journey, wrong: Any) -> None:
    for route in WITH_BODY:
        for name in body_of(case, route.path):
            if name in ("corrected", "qualities") and isinstance(wrong, dict):
                continue  # which members it has depends on the wrong event, or on the rulebook
            if name == "most_failed" and wrong == 1.5:
                continue
            if wrong is True and isinstance(body_of(case, route.path)[name], bool):
                continue
            content = json.dumps({**body_of(case, route.path), name: wrong}).encode()
            found = problem(await send(case, route, content=content), 422, slug="invalid")
            assert all(fault["pointer"].startswith(f"#/{name}") for fault in found["errors"]), f"{route} {name}: {found}"


def _strings(value: Any, *at: str | int) -> Iterator[tuple[str | int, ...]]:
    """The places of all strings of a body."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, *at, name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, *at, index)


def _changed(value: Any, at: tuple[str | int, ...], change: Callable[[str], Any]) -> Any:
    if not at:
        return change(value)
    first, rest = at[0], at[1:]
    if isinstance(value, dict):
        return {name: _changed(item, rest, change) if name == first else item for name, item in value.items()}
    return [_changed(item, rest, change) if index == first else item for index, item in enumerate(value)]


HOSTILE = {"a NUL": r"\u0000", "an escape": r"\u001b", "a C1 control": r"\u0085", "a delete": r"\u007f", "a lone surrogate": r"\ud800"}


@pytest.mark.parametrize("escape", HOSTILE.values(), ids=HOSTILE.keys())
async def test_characters_that_no_text_has_are_refused_where_they_stand(case: Journey, escape: str) -> None:
    for route in WITH_BODY:
        body = body_of(case, route.path)
        for place in _strings(body):
            content = orjson.dumps(_changed(body, place, lambda text: f"{text}@@@")).replace(b"@@@", escape.encode())
            found = problem(await send(case, route, content=content), 422, slug="invalid")
            assert [fault["pointer"] for fault in found["errors"]] == ["#/" + "/".join(map(str, place))], f"{route}: {found}"


async def test_a_hostile_name_of_a_member_is_refused(case: Journey) -> None:
    for route in WITH_BODY:
        for escape in HOSTILE.values():
            content = orjson.dumps({**body_of(case, route.path), "@@@": 1}).replace(b"@@@", escape.encode())
            problem(await send(case, route, content=content), 422, slug="invalid")


BLANK = {"empty": "", "spaces": "   ", "a line separator alone": "\u2028"}


@pytest.mark.parametrize("text", BLANK.values(), ids=BLANK.keys())
async def test_a_text_without_text_is_refused(case: Journey, text: str) -> None:
    for route in WITH_BODY:
        body = body_of(case, route.path)
        for place in _strings(body):
            problem(await send(case, route, json=_changed(body, place, lambda _: text)), 422, slug="invalid")


async def test_a_text_beyond_its_limit_is_refused(case: Journey) -> None:
    for route in WITH_BODY:
        body = body_of(case, route.path)
        for place in _strings(body):
            problem(await send(case, route, json=_changed(body, place, lambda _: "а" * 20_001)), 422, slug="invalid")


DATES = [
    "2023-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-2023-01-01", "infinity", "-infinity", "NaN", "now", "2023-1-1",
    "20230101", "2023-W01-1", "2023-01-01T00:00:00", "1700006400", 1700006400, 0, 1e10, "２０２３-01-01", "1999-12-31", "2101-01-01",
]  # fmt: skip
DAYS = [
    ("/v1/schedules", "adopted_on"),
    ("/v1/institutions/{institution_id}/succession", "succeeded_on"),
    ("/v1/institutions/{institution_id}/closing", "closed_on"),
    ("/v1/standards", "adopted_on"),
    ("/v1/applications/{case_id}/contract", "due_dates"),
    ("/v1/applications/{case_id}/procurement", "completed_on"),
    ("/v1/applications/{case_id}/preliminary-trip", "starts_on"),
    ("/v1/applications/{case_id}/preliminary-trip", "ends_on"),
    ("/v1/applications/{case_id}/seminars", "held_on"),
    ("/v1/reports/{case_id}/preliminary-audit", "held_on"),
    ("/v1/meetings", "held_on"),
    ("/v1/councils/{council_id}/composition", "changed_on"),
    ("/v1/complaints/{complaint_id}/decision", "decided_on"),
    ("/v1/certificates", "valid_until"),
    ("/v1/visits/{case_id}/interruption", "interrupted_on"),
    ("/v1/visits/{case_id}/announcement", "starts_on"),
    ("/v1/visits/{case_id}/announcement", "ends_on"),
    ("/v1/monitoring-visits/{cycle_id}/group", "formed_on"),
    ("/v1/monitoring-visits/{cycle_id}/group-notice", "told_on"),
    ("/v1/monitoring-visits/{cycle_id}/dates", "starts_on"),
    ("/v1/monitoring-visits/{cycle_id}/dates", "ends_on"),
    ("/v1/monitoring-visits/{cycle_id}/dates", "agreed_by_agency_on"),
    ("/v1/monitoring-visits/{cycle_id}/dates", "agreed_by_institution_on"),
    ("/v1/monitoring-visits/{cycle_id}/order", "starts_on"),
    ("/v1/monitoring-visits/{cycle_id}/order", "ends_on"),
    ("/v1/monitoring-visits/{cycle_id}/order", "ordered_on"),
    ("/v1/monitoring-visits/{cycle_id}/invoice", "invoiced_on"),
    ("/v1/monitoring-visits/{cycle_id}/holding", "started_on"),
    ("/v1/monitoring-visits/{cycle_id}/holding", "ended_on"),
    ("/v1/attestation-visits/{attestation_id}/commission", "approved_on"),
    ("/v1/attestation-visits/{attestation_id}/replacements", "changed_on"),
    ("/v1/attestation-visits/{attestation_id}/tasks", "meeting_on"),
    ("/v1/attestation-visits/{attestation_id}/beginning", "started_on"),
    ("/v1/attestation-visits/{attestation_id}/progress", "informed_on"),
    ("/v1/attestation-visits/{attestation_id}/notes", "handed_over_on"),
    ("/v1/attestation-visits/{attestation_id}/joint-commission", "approved_on"),
    ("/v1/attestation-visits/{attestation_id}/questionnaires", "held_on"),
    ("/v1/attestation-visits/{attestation_id}/results-analysis", "analysed_on"),
    ("/v1/attestation-visits/{attestation_id}/end", "ended_on"),
    ("/v1/attestation-conclusions/{attestation_id}/drafts", "drawn_up_on"),
    ("/v1/attestation-conclusions/{attestation_id}/signatures", "signed_on"),
    ("/v1/attestation-conclusions/{attestation_id}/second-copy", "received_on"),
    ("/v1/rechecks/{recheck_id}/commission", "sits_on"),
    ("/v1/rechecks/{recheck_id}/commission", "formed_on"),
    ("/v1/rechecks/{recheck_id}/holding", "held_on"),
    ("/v1/attestation-decisions/{attestation_id}/decision", "decided_on"),
    ("/v1/attestation-decisions/{attestation_id}/notice", "told_on"),
    ("/v1/attestation-decisions/{attestation_id}/suspension", "suspended_on"),
    ("/v1/attestation-decisions/{attestation_id}/suspension", "until"),
    ("/v1/attestation-decisions/{attestation_id}/fine-referral", "referred_on"),
    ("/v1/attestation-decisions/{attestation_id}/restoration", "restored_on"),
    ("/v1/attestation-decisions/{attestation_id}/deprivation-referral", "referred_on"),
    ("/v1/controls/{control_id}/discipline-proposal", "proposed_on"),
    ("/v1/controls/{control_id}/discipline-approval", "approved_on"),
    ("/v1/attestation-subjects", "last_attested_on"),
    ("/v1/attestation-subjects/{institution_id}/removal", "removed_on"),
    ("/v1/interim-control-limits", "set_on"),
    ("/v1/attestation-materials/{attestation_id}/receipts", "received_on"),
    ("/v1/attestation-materials/{attestation_id}/missing-notice", "due_on"),
    ("/v1/attestation-proposals", "approval_on"),
    ("/v1/attestation-schedules", "approved_on"),
    ("/v1/attestations", "starts_on"),
    ("/v1/attestations", "ends_on"),
    ("/v1/attestations/{attestation_id}/dates-notice", "told_on"),
    ("/v1/attestations/{attestation_id}/change-requests", "wished_on"),
    ("/v1/attestations/{attestation_id}/change-requests", "requested_on"),
    ("/v1/attestations/{attestation_id}/amendments", "starts_on"),
    ("/v1/attestations/{attestation_id}/amendments", "ends_on"),
    ("/v1/attestations/{attestation_id}/announcement", "announced_on"),
    ("/v1/surveys", "closes_on"),
    ("/v1/interviews", "held_on"),
    ("/v1/focus-groups", "held_on"),
    ("/v1/document-analyses", "analysed_on"),
    ("/v1/case-samples", "opened_from"),
    ("/v1/case-samples", "opened_until"),
    ("/v1/agency-recommendations", "received_on"),
    ("/v1/trainings", "held_on"),
    ("/v1/considerations/{case_id}/appeal-outcome", "decided_on"),
    ("/v1/certificates/{certificate_id}/end", "ended_on"),
    ("/v1/certificates/{certificate_id}/duplicate-payment", "paid_on"),
    ("/v1/certificates/recordings", "issued_on"),
    ("/v1/certificates/recordings", "plan_accepted_on"),
    ("/v1/certificates/recordings", "plan_received_on"),
    ("/v1/certificates/recordings", "received_on"),
    ("/v1/certificates/recordings", "valid_until"),
    ("/v1/certificates/{certificate_id}/national-register-notice", "told_on"),
    ("/v1/certificates/{certificate_id}/receipt", "received_on"),
    ("/v1/certificates/{certificate_id}/restoration", "corrected_on"),
    ("/v1/certificates/{certificate_id}/restoration", "valid_until"),
    ("/v1/cycles/{cycle_id}/acceptance-notice", "told_on"),
    ("/v1/cycles/{cycle_id}/change-request", "due_on"),
    ("/v1/cycles/{cycle_id}/information-requests", "due_on"),
    ("/v1/cycles/{cycle_id}/rejection", "due_on"),
    ("/v1/cycles/{cycle_id}/reports", "received_on"),
    ("/v1/cycles/{cycle_id}/visit-decision-notice", "told_on"),
    ("/v1/follow-ups/{followup_id}/decision-letter", "sent_on"),
    ("/v1/follow-ups/{followup_id}/expected-date", "expected_on"),
    ("/v1/plans/{plan_id}/change-requests", "due_on"),
    ("/v1/plans/{plan_id}/documents-received", "conclusion_received_on"),
    ("/v1/plans/{plan_id}/documents-received", "order_received_on"),
    ("/v1/plans/{plan_id}/progress", "on"),
    ("/v1/plans/{plan_id}/submissions", "approved_on"),
    ("/v1/plans/{plan_id}/submissions", "received_on"),
    ("/v1/resolutions/{decision_id}/adoption", "decided_on"),
    ("/v1/resolutions/{decision_id}/delivery", "delivered_on"),
    ("/v1/resolutions/{decision_id}/delivery", "sent_on"),
    ("/v1/resolutions/{decision_id}/publication", "published_on"),
    ("/v1/internal-monitoring", "approved_on"),
    ("/v1/internal-monitoring/amendments", "approved_on"),
    ("/v1/staff", "joined_on"),
    ("/v1/staff/{staff_id}/leaving", "left_on"),
    ("/v1/internal-commission", "formed_on"),
    ("/v1/internal-commission", "until"),
    ("/v1/internal-commission/changes", "changed_on"),
    ("/v1/internal-cycles/{internal_cycle_id}/meetings", "held_on"),
    ("/v1/internal-cycles/{internal_cycle_id}/measure-moves", "due_on"),
    ("/v1/deadlines/{deadline_id}/extension", "due_on"),
    ("/v1/letters/{letter_id}/dispatch", "dispatched_on"),
    ("/v1/letters/{letter_id}/receipt", "received_on"),
]

#: The one day that may lie before 2000.
LONG_AGO = ("/v1/attestation-subjects", "founded_on")
#: An instant, and as long ago as one likes.
AN_INSTANT = ("/v1/webhook-endpoints/{endpoint_id}/recovery", "since")


@pytest.mark.parametrize("day", DATES, ids=repr)
async def test_a_day_that_is_none_or_out_of_reach_is_refused(case: Journey, day: Any) -> None:
    for path, name in DAYS:
        route = next(route for route in COMMANDS if route.path == path)
        found = problem(await send(case, route, json={**body_of(case, path), name: day}), 422, slug="invalid")
        assert [fault["pointer"] for fault in found["errors"]] == [f"#/{name}"], path


async def test_every_day_of_a_body_is_among_those_that_are_tried() -> None:
    found = set()
    for route in WITH_BODY:
        schemas = openapi(route.service)["components"]["schemas"]
        body = openapi(route.service)["paths"][route.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for name, member in schemas[body["$ref"].rpartition("/")[2]]["properties"].items():
            if "'date" in repr(member):
                found.add((route.path, name))
    assert found == {*DAYS, LONG_AGO, AN_INSTANT}


@pytest.mark.parametrize("number", [-1, 0, 2**31, 2**63, 2**64, 10**300, -(2**63) - 1, 1.5, "2030", True, None], ids=repr)
async def test_a_number_out_of_reach_is_refused(case: Journey, number: Any) -> None:
    wanted = (
        ("/v1/schedules", "year"),
        ("/v1/applications/{case_id}/schedule", "month"),
        ("/v1/applications/{case_id}/schedule", "year"),
        ("/v1/blanks", "digits"),
        ("/v1/blanks", "last"),
    )
    for path, name in wanted:
        if (name, number) == ("last", 0):
            continue
        route = next(route for route in COMMANDS if route.path == path)
        content = orjson.dumps({**body_of(case, path), name: "@@@"}).replace(b'"@@@"', _number(number))
        problem(await send(case, route, content=content), 422, slug="invalid")


def _number(value: Any) -> bytes:
    return str(value).encode() if type(value) is int else orjson.dumps(value)


async def test_a_rulebook_that_is_not_on_the_shelf_is_refused(case: Journey) -> None:
    named = [route for route in WITH_BODY if "rulebook_id" in body_of(case, route.path)]
    assert len(named) == 13
    for route in named:
        body = body_of(case, route.path)
        for rulebook_id in ("kz-none", "..", "../rulebooks/kz-109-2008-accreditation", "/etc", "a" * 500, "*"):
            found = problem(await send(case, route, json={**body, "rulebook_id": rulebook_id}), 422, slug="invalid")
            assert [fault["pointer"] for fault in found["errors"]] == ["#/rulebook_id"], str(route)
        problem(await send(case, route, json={**body, "rulebook_version": "1999-01-01"}), 422, slug="invalid")


async def test_a_body_over_the_limit_is_refused_declared_or_streamed(case: Journey) -> None:
    limit = case.stack.settings().max_body_bytes

    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(limit // 50_000 + 2):
            yield b" " * 50_000

    for route in COMMANDS:
        problem(await send(case, route, content=b" " * (limit + 1)), 413, slug="body-too-large")
        problem(await send(case, route, content=streamed()), 413, slug="body-too-large")


async def test_a_command_needs_an_idempotency_key(case: Journey) -> None:
    for route in COMMANDS:
        for key in (None, "", "a b", "tab\tbed", "ключ".encode(), "k" * 201):
            answer = await send(case, route, headers={"idempotency-key": key})
            problem(answer, 400, slug="idempotency-key-missing")


async def test_a_command_on_what_exists_needs_the_version_that_was_read(case: Journey) -> None:
    for route in VERSIONED:
        problem(await send(case, route, headers={"if-match": None}), 428, slug="precondition-required")
        for stale in ('"1"', '"999999999"', 'W/"1"'):
            if await _version(case, route) != stale.strip('W/"'):
                problem(await send(case, route, headers={"if-match": stale}), 412, slug="version-conflict")
        for bad in ("1", '""', '"a"', '"1", "2"', '"-1"', '"1.0"', '"9999999999999"', "\xb2"):
            problem(await send(case, route, headers={"if-match": bad.encode("latin-1")}), 422, slug="invalid")


async def _version(case: Journey, route: Route) -> str:
    answer = await case.get(Role.coordinator, route.service, route.resource)
    return answer.headers["etag"].strip('"')


async def test_many_hostile_requests_at_once_leave_the_service_answering(case: Journey) -> None:
    route = next(route for route in COMMANDS if route.path == "/v1/applications")
    answers = await asyncio.gather(*(send(case, route, content=b"[" * 9_000, headers={"idempotency-key": new_key()}) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {400}
    assert (await case.http.get(case.stack.urls["intake"] + "/readyz")).json()["ready"]
