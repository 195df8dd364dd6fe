"""`Idempotency-Key`, `ETag` and `If-Match` under repetition and under a crowd: one intention, one fact; no lost update."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import Journey, document, new_key
from tests.api.ledger import Ledger
from tests.api.problems import problem

INSTITUTIONS, APPLICATION = "/v1/institutions", "/v1/applications/{case_id}"


@pytest_asyncio.fixture(loop_scope="session")
async def filed(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime, agency: str) -> Journey:
    """An agency of the test's own with one application that is filed and waits."""
    return await Journey(stack, http, legal_time, agency=agency).to("filed")


async def _post(case: Journey, path: str, body: Any, *, role: Role = Role.coordinator, **headers: Any) -> httpx.Response:
    return await case.http.post(case.url("intake", path), json=body, headers=case.headers(role, **headers))


async def test_a_repeated_request_gets_the_first_answer_and_happens_once(filed: Journey, ledger: Ledger) -> None:
    body, key = filed.university("repeated"), new_key()
    first = await _post(filed, INSTITUTIONS, body, key=key)
    assert first.status_code == 201
    async with ledger.unchanged(filed.agency):
        for _ in range(3):
            again = await _post(filed, INSTITUTIONS, body, key=key)
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["location"] == first.headers["location"]


async def test_a_repeated_request_is_answered_although_its_version_is_stale_by_now(filed: Journey, ledger: Ledger) -> None:
    body, key = document("other"), new_key()
    version = await filed.version("intake", APPLICATION)
    first = await _post(filed, f"{APPLICATION}/documents", body, version=version, key=key)
    assert first.status_code == 200
    async with ledger.unchanged(filed.agency):
        again = await _post(filed, f"{APPLICATION}/documents", body, version=version, key=key)
        assert (again.status_code, again.content) == (200, first.content)


async def test_a_key_that_was_used_for_another_request_is_refused(filed: Journey, ledger: Ledger) -> None:
    key = new_key()
    assert (await _post(filed, INSTITUTIONS, filed.university("one"), key=key)).status_code == 201
    version = await filed.version("intake", APPLICATION)
    async with ledger.unchanged(filed.agency):
        another_body = await _post(filed, INSTITUTIONS, filed.university("two"), key=key)
        problem(another_body, 422, slug="idempotency-key-reused")
        another_route = await _post(filed, f"{APPLICATION}/documents", document("other"), version=version, key=key)
        problem(another_route, 422, slug="idempotency-key-reused")


async def test_a_key_is_its_callers_own(filed: Journey) -> None:
    key = new_key()
    for subject in ("agency.first", "agency.second"):
        answer = await filed.http.post(
            filed.url("intake", INSTITUTIONS),
            json=filed.university(subject.replace(".", "-")),
            headers=filed.headers(Role.coordinator, key=key, subject=subject),
        )
        assert answer.status_code == 201, answer.text


async def test_a_refused_command_does_not_use_up_its_key(filed: Journey) -> None:
    key = new_key()
    problem(await _post(filed, f"{APPLICATION}/documents", document("other"), version=99, key=key), 412, slug="version-conflict")
    version = await filed.version("intake", APPLICATION)
    assert (await _post(filed, f"{APPLICATION}/documents", document("other"), version=version, key=key)).status_code == 200


async def test_a_crowd_with_one_key_makes_one_fact(filed: Journey) -> None:
    body, key = filed.university("crowded"), new_key()
    answers = await asyncio.gather(*(_post(filed, INSTITUTIONS, body, key=key) for _ in range(20)))
    accepted = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in accepted}) == 1
    for answer in answers:
        if answer not in accepted:
            problem(answer, 409, slug="concurrent-change")
    listed = (await filed.get(Role.coordinator, "intake", f"{INSTITUTIONS}?limit=200")).json()["items"]
    assert [item["version"] for item in listed if item["institution_id"] == "crowded"] == [1]


async def test_of_a_crowd_with_one_version_one_is_accepted_and_none_is_lost(filed: Journey) -> None:
    version = await filed.version("intake", APPLICATION)
    papers = [document("other") for _ in range(20)]
    answers = await asyncio.gather(*(_post(filed, f"{APPLICATION}/documents", paper, version=version) for paper in papers))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, 412, slug="version-conflict")
    assert await filed.version("intake", APPLICATION) == version + 1


async def test_of_a_crowd_that_names_any_version_every_fact_is_kept(filed: Journey) -> None:
    version = await filed.version("intake", APPLICATION)
    papers = [document("other") for _ in range(20)]
    url, any_version = filed.url("intake", f"{APPLICATION}/documents"), {"if-match": "*"}
    posts = (filed.http.post(url, json=paper, headers=filed.headers(Role.coordinator) | any_version) for paper in papers)
    answers = await asyncio.gather(*posts)
    accepted = [paper for paper, answer in zip(papers, answers, strict=True) if answer.status_code == 200]
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, 409, slug="concurrent-change")
    assert accepted
    read = (await filed.get(Role.coordinator, "intake", APPLICATION)).json()
    assert read["version"] == version + len(accepted)
    assert {paper["sha256"] for paper in accepted} <= {paper["sha256"] for paper in read["documents"]}


async def test_the_etag_changes_with_the_resource_and_with_nothing_else(filed: Journey) -> None:
    async def read() -> str:
        return (await filed.get(Role.coordinator, "intake", APPLICATION)).headers["etag"]

    first = await read()
    assert await read() == first
    problem(await _post(filed, f"{APPLICATION}/documents", document("other"), version=99), 412)
    problem(await _post(filed, f"{APPLICATION}/schedule", {"year": 2099, "month": 1}, version=1), 409, 412)
    other = await filed.post(Role.institution_officer, "intake", "/v1/applications", filed.application())
    assert other["version"] == 1
    assert await read() == first
    accepted = await _post(filed, f"{APPLICATION}/documents", document("other"), version=int(first.strip('"')))
    assert accepted.headers["etag"] != first
    assert await read() == accepted.headers["etag"]


async def test_what_was_made_stands_at_its_location(filed: Journey) -> None:
    made = await _post(filed, INSTITUTIONS, filed.university(f"u-{uuid4().hex[:8]}"))
    there = await filed.get(Role.coordinator, "intake", made.headers["location"])
    assert there.status_code == 200
    assert there.headers["etag"] == made.headers["etag"]
    assert there.json()["institution_id"] == made.json()["id"]
