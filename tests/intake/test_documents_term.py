"""The term of personal evidence, at whose end it is erased by itself, and the room that a case has for its documents."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis.due import Due
from chassis.problems import Unavailable
from chassis.storage import Storage, key_of
from cli.supervisor import Stack
from services.intake.handlers_documents import run_due
from services.intake.readmodels_documents import document_filings, documents
from tests.chassis import files
from tests.intake.documents import OFFICER, PDF, SHA, STAFF, Counter, counter_of

DAYS = 400
OTHER = files.pdf(lambda made: made.add_blank_page())


@pytest_asyncio.fixture
async def counter(servers: Stack, agency: str, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter_of(servers, agency, tmp_path, documents_personal_days=DAYS) as made:
        yield made


async def due(counter: Counter, days: float = 0, *, again: bool = False) -> Due:
    """What the calendar's question is answered with, so many days from now."""
    ctx = await counter.desk.lifecycle()
    ctx.at += timedelta(days=days)
    return await run_due(ctx, counter.settings, again=again)


def midnight(day: str, days: int) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date() + timedelta(days=days), time(), UTC)


async def test_personal_evidence_is_erased_by_itself_on_the_day_after_its_term(counter: Counter) -> None:
    told = await counter.stored(personal=True, name="Diploma of A. Asanova.pdf")
    await counter.stored(OTHER)
    assert await due(counter) == Due(done=0, next_at=midnight(told["kept_until"], 1))
    assert await due(counter, DAYS) == Due(done=0, next_at=midnight(told["kept_until"], 1))
    assert await due(counter, DAYS + 1) == Due(done=1)
    assert len(await counter.kept()) == 1
    detail = (await counter.get(f"/{SHA}", STAFF)).json()
    assert (detail["erasure_ground"], str(DAYS) in detail["erasure_reason"]) == ("term_ended", True)
    assert {each["name"] for each in detail["filings"]} == {None}
    assert await due(counter, DAYS + 2) == Due(done=0)
    assert await counter.log() == ["DocumentStored", "DocumentStored", "DocumentErased"]
    for model in (documents, document_filings):
        served, rebuilt = await counter.desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


async def test_nothing_is_erased_by_itself_where_the_agency_has_set_no_term(counter: Counter) -> None:
    await counter.stored(personal=True)
    counter.settings = counter.settings.model_copy(update={"documents_personal_days": None})
    assert await due(counter, 100_000) == Due(done=0)
    assert len(await counter.kept()) == 1


async def test_what_a_case_that_goes_on_needs_waits_for_its_end(counter: Counter) -> None:
    case_id = (await counter.desk.filed("institutional")).rpartition("/")[2]
    told = await counter.stored(personal=True, case_id=case_id)
    answer = await due(counter, DAYS + 1)
    assert (answer.done, answer.next_at) == (0, midnight(told["kept_until"], 2))
    assert len(await counter.kept()) == 1
    await counter.desk.post(OFFICER, f"/v1/applications/{case_id}/withdrawal", {"reason": "We are not ready."})
    assert (await due(counter, DAYS + 1)).done == 1
    assert await counter.kept() == []


async def test_a_later_filing_prolongs_the_term(counter: Counter) -> None:
    await counter.stored(personal=True)
    await counter.desk._runtime.system.execute("UPDATE documents SET stored_on = stored_on - 10 WHERE agency = $1", counter.desk.agency)
    assert (await due(counter, DAYS - 5)).done == 0  # the read model is early, and the document itself refuses
    assert len(await counter.kept()) == 1


async def test_what_a_call_that_ended_in_between_has_left_is_gone_after_the_next(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    await counter.stored(personal=True)

    async def away(*_: Any) -> None:
        raise Unavailable("the store does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "delete", away)
        with pytest.raises(Unavailable):
            await due(counter, DAYS + 1)
    assert await counter.log() == ["DocumentStored", "DocumentErased"]
    assert await counter.kept() == [key_of(counter.desk.agency, SHA)]
    assert await due(counter, DAYS + 1, again=True) == Due(done=0)
    assert await counter.kept() == []


async def test_a_case_has_room_for_so_many_documents_and_bytes(servers: Stack, agency: str, tmp_path: Path) -> None:
    case_files, third = 2, files.pdf(lambda made: (made.add_blank_page(), made.add_blank_page()))
    async with counter_of(servers, agency, tmp_path, documents_case_files=case_files) as counter:
        case_id = (await counter.desk.filed("institutional")).rpartition("/")[2]
        for content in (PDF, OTHER):
            await counter.stored(content, case_id=case_id)
        key = "the-last-that-there-was-room-for"
        for _ in range(2):
            assert (await counter.send(case_id=case_id, kind="the_same_again", key=key)).status_code == 201
        refused = await counter.send(third, case_id=case_id)
        assert (refused.status_code, "2 other documents" in refused.text) == (409, True)
        assert len(await counter.kept()) == case_files
        await counter.stored(third)
        roomy = {"documents_case_files": 9, "documents_case_bytes": len(PDF) + len(OTHER) + len(third) - 1}
        counter.desk._runtime.settings = counter.settings.model_copy(update=roomy)
        refused = await counter.send(third, case_id=case_id)
        assert (refused.status_code, "bytes together" in refused.text) == (409, True)
        counter.desk._runtime.settings = counter.settings.model_copy(update={**roomy, "documents_case_bytes": 10_000_000})
        await counter.stored(third, case_id=case_id)
