"""Who reads which documents, in whole or in parts: an expert those of his panels, a council what is about no person."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.events import Event
from cli.supervisor import Stack
from regulations import load
from services.intake.app import SERVICE
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    Commissioner,
    ExpertDroppedOut,
    ExpertReplaced,
    ObjectionDecided,
    PanelFormed,
    PanelMember,
    VisitOpened,
)
from tests.chassis import files
from tests.intake.desk import IQAA
from tests.intake.documents import DOCUMENTS, PDF, SHA, STAFF, Counter, counter_of

EXPERT, COUNCIL, BODY = Role.expert, Role.council_member, Role.authorised_body_officer
HIM, TODAY = "the.expert", date(2026, 11, 21)
OTHER = files.pdf(lambda made: made.add_blank_page())


@pytest_asyncio.fixture
async def counter(servers: Stack, agency: str, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter_of(servers, agency, tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def case_id(counter: Counter) -> str:
    return (await counter.desk.filed("institutional")).rpartition("/")[2]


def panel(case_id: str, *experts: str) -> PanelFormed:
    members = tuple(PanelMember(expert_id=each, role="member") for each in experts)
    return PanelFormed(case_id=case_id, members=members, formed_on=TODAY)


def commission(attestation_id: str, *experts: str) -> AttestationCommissionFormed:
    members = tuple(Commissioner(expert_id=each, groups=("authorised_body",)) for each in experts)
    named: dict[str, Any] = {"institution_id": "kaznu", "chair_id": experts[0], "order_number": "7", "approved_on": TODAY}
    return AttestationCommissionFormed(attestation_id=attestation_id, members=members, **named)


async def status(counter: Counter, role: Role = EXPERT, sha: str = SHA) -> set[int]:
    """Of everything that tells of a document."""
    answers = [await counter.get(path, role) for path in (f"/{sha}", f"/{sha}/content")]
    listed = sha in {each["document_id"] for each in (await counter.get(role=role)).json()["items"]}
    return {answer.status_code for answer in answers} | ({200} if listed else {404})


async def test_an_expert_reads_what_is_filed_for_the_cases_of_his_own_panel(counter: Counter, case_id: str) -> None:
    await counter.stored(case_id=case_id, personal=True)
    assert await status(counter) == {404}
    await counter.desk.told(panel(case_id, "someone"))
    assert await status(counter) == {404}
    await counter.desk.told(panel(case_id, "someone", HIM))
    assert await status(counter) == {200}
    assert "etag" not in (await counter.get(f"/{SHA}", EXPERT)).headers
    assert (await counter.send(OTHER, EXPERT, case_id=case_id)).status_code == 201


@pytest.mark.parametrize(
    "left",
    [
        ExpertDroppedOut(case_id="", expert_id=HIM, reason="Ill.", dropped_on=TODAY),
        ObjectionDecided(case_id="", expert_id=HIM, upheld=True, reasons="So.", decided_on=TODAY),
        VisitOpened(case_id="", institution_id="kaznu", rulebook=load(IQAA).ref, opened_on=TODAY, round=2),
    ],
    ids=["dropped out", "objection upheld", "another visit"],
)
async def test_an_expert_who_has_left_the_panel_reads_no_more_of_it(counter: Counter, case_id: str, left: Event) -> None:
    await counter.stored(case_id=case_id)
    await counter.desk.told(panel(case_id, HIM))
    stays = ObjectionDecided(case_id=case_id, expert_id=HIM, upheld=False, reasons="So.", decided_on=TODAY)
    await counter.desk.told(stays)
    assert await status(counter) == {200}
    await counter.desk.told(left.model_copy(update={"case_id": case_id}))
    assert await status(counter) == {404}
    seated = PanelMember(expert_id=HIM, role="member")
    await counter.desk.told(ExpertReplaced(case_id=case_id, expert_id="another", successor=seated, replaced_on=TODAY))
    assert await status(counter) == {200}


async def test_an_expert_files_for_no_case_but_his_own_and_sees_what_he_has_filed(counter: Counter, case_id: str) -> None:
    assert (await counter.send(role=EXPERT, case_id=case_id)).status_code == 404
    assert await counter.kept() == []
    assert (await counter.send(role=EXPERT, personal=True)).status_code == 201
    assert await status(counter) == {200}
    await counter.stored(OTHER, role=STAFF)
    listed = (await counter.get(role=EXPERT)).json()["items"]
    assert [each["document_id"] for each in listed] == [SHA]


async def test_a_member_of_a_commission_reads_what_is_filed_for_its_attestation(counter: Counter, case_id: str) -> None:
    """An attestation's id stands where a case's does: here the case's own, since intake asks nothing but the name."""
    await counter.stored(case_id=case_id)
    await counter.desk.told(commission(case_id, "chair", HIM))
    assert await status(counter) == {200}
    changed: dict[str, Any] = {"institution_id": "kaznu", "chair_id": "chair", "reasons": "Ill.", "order_number": "8", "changed_on": TODAY}
    await counter.desk.told(AttestationCommissionChanged(attestation_id=case_id, left=HIM, **changed))
    assert await status(counter) == {404}
    joined = Commissioner(expert_id=HIM, groups=("authorised_body",))
    await counter.desk.told(AttestationCommissionChanged(attestation_id=case_id, joined=joined, **changed))
    assert await status(counter) == {200}
    await counter.desk.told(commission(case_id, "chair"))
    assert await status(counter) == {404}


async def test_a_council_reads_what_cases_have_and_nothing_about_persons(counter: Counter, case_id: str) -> None:
    await counter.stored()
    assert await status(counter, COUNCIL) == {404}
    await counter.stored(case_id=case_id)
    assert await status(counter, COUNCIL) == {200}
    assert [each["case_id"] for each in (await counter.get(f"/{SHA}", COUNCIL)).json()["filings"]] == [case_id]
    await counter.stored(personal=True, kind="diplomas")
    assert await status(counter, COUNCIL) == {404}
    assert await status(counter, STAFF) == {200}


async def test_an_authorised_body_reads_nothing_of_accreditations(counter: Counter, case_id: str) -> None:
    await counter.stored(case_id=case_id)
    assert await status(counter, BODY) == {404}
    assert (await counter.send(OTHER, BODY)).status_code == 201
    assert len((await counter.get(role=BODY)).json()["items"]) == 1


async def test_a_file_is_read_in_parts_and_that_is_one_reading(counter: Counter) -> None:
    await counter.stored()
    whole = await counter.get(f"/{SHA}/content", STAFF)
    assert (whole.headers["etag"], whole.headers["accept-ranges"]) == (f'"{SHA}"', "bytes")
    half, parts = len(PDF) // 2, []
    for asked in (f"bytes=0-{half - 1}", f"bytes={half}-"):
        answer = await part(counter, asked)
        assert answer.status_code == 206
        assert int(answer.headers["content-length"]) == len(answer.content)
        parts.append((answer.content, answer.headers["content-range"]))
    assert b"".join(content for content, _ in parts) == PDF
    assert parts[1][1] == f"bytes {half}-{len(PDF) - 1}/{len(PDF)}"
    assert (await part(counter, "bytes=0-3,8-9")).content == PDF
    assert (await part(counter, "bytes=0-3", **{"if-range": '"other"'})).content == PDF
    assert (await part(counter, "bytes=0-3", **{"if-range": f'"{SHA}"'})).content == PDF[:4]
    readings = (await counter.get(f"/{SHA}/readings", STAFF)).json()["items"]
    assert [each["read_by"] for each in readings] == ["the.coordinator", "the.director", "the.director", "the.director"]  # one of parts


async def test_what_lies_behind_the_end_or_is_known_is_not_sent_and_no_reading(counter: Counter) -> None:
    await counter.stored()
    behind = await part(counter, f"bytes={len(PDF)}-")
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(PDF)}")
    assert behind.json()["type"] == "urn:kepil:problem:range-not-satisfiable"
    known = await part(counter, "", **{"if-none-match": f'"{SHA}"'})
    assert (known.status_code, known.content) == (304, b"")
    assert await counter.log() == ["DocumentStored"]


async def part(counter: Counter, asked: str, **headers: str) -> Any:
    sent = counter.headers(Role.director) | {"range": asked} | headers
    return await counter.desk.http.get(f"{DOCUMENTS}/{SHA}/content", headers=sent)


def test_the_panels_of_visits_are_heard() -> None:
    assert "visits" in {catalogue.service for catalogue in SERVICE.foreign}
