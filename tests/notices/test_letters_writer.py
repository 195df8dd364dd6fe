"""How letters come of events: of deadlines by their own clause, under the rulebook of the matter alone, once whatever is interrupted."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select

from chassis.commit import apply_writes
from chassis.events import Event, Recorded
from chassis.ids import derived_id
from chassis.readmodels import project
from chassis.service import Runtime, open_runtime
from cli.supervisor import Stack
from regulations import load
from services.notices.app import SERVICE
from services.notices.domain.letter import LETTER_BOOK
from services.notices.domain.letter_kind import AAKR, IQAA, KZ, LetterKind
from services.notices.domain.letter_kinds import KINDS, UPON
from services.notices.letters_writer import Early, LetterWriter
from services.notices.readmodels_letters import ALL, letters
from tests.notices.letters import CATALOGUES

AT = datetime(2029, 12, 31, 20, tzinfo=UTC)  # the new year has begun in Almaty and in Bishkek


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runtime(notified: Stack) -> AsyncIterator[Runtime]:
    """Notices' connections, beside its process."""
    async with open_runtime(SERVICE, notified.settings()) as opened:
        yield opened


class Desk:
    """An agency's events as the letter writer meets them."""

    def __init__(self, runtime: Runtime, agency: str) -> None:
        self.runtime, self.agency = runtime, agency
        self.writer = LetterWriter(runtime)

    def recorded(self, on: str, **data: Any) -> Recorded[Any]:
        """An event, new."""
        service, name = on.split(".")
        event: Event = CATALOGUES[service].types[name].model_validate(data)
        return Recorded(event, str(uuid4()), service, self.agency, f"{name.lower()}-1", 1, AT, AT, {})

    async def heard(self, on: str, **data: Any) -> None:
        """Notices keeps what it must know of an event."""
        async with self.runtime.system.acquire() as connection, connection.transaction():
            await apply_writes(connection, project(ALL, self.recorded(on, **data)))

    async def institution(self) -> None:
        """kaznu is known."""
        known = {"institution_id": "kaznu", "names": {"ru": "КазНУ"}, "kind": "university", "city": "Алматы", "country": "KZ"}
        await self.heard("intake.InstitutionRegistered", **known)

    async def writes(self, e: Recorded[Any], kinds: Sequence[LetterKind] | None = None) -> list[dict[str, Any]]:
        """What stands in the book after the letters upon an event."""
        service = e.source
        await self.writer.draw_up(e, kinds if kinds is not None else UPON[f"{service}.{type(e.event).__name__}"])
        context = await self.runtime.context(agency=self.agency, actor="test")
        return [dict(row) for row in await context.rows(select(letters.table).order_by(letters.c.number))]


@pytest.fixture
def desk(runtime: Runtime, agency: str) -> Desk:
    return Desk(runtime, agency)


def deadline(rulebook: str, rule: str, clause: str, binds: str) -> dict[str, Any]:
    return {
        "deadline_id": "d-1",
        "case_id": "f-1",
        "workflow_id": "w-1",
        "institution_id": "kaznu",
        "rulebook": load(rulebook).ref,
        "rule": rule,
        "clause": clause,
        "source": "text",
        "binds": binds,
        "anchor": "monitoring_expected",
        "anchor_on": "2030-03-20",
        "due_on": "2030-01-20",
        "due_at": "2030-01-20T18:00:00Z",
        "zone": "Asia/Bishkek",
        "calendar_version": "1",
        "estimated": False,
        "falls_on_day_off": False,
    }


REMINDED = {"deadline_id": "d-1", "case_id": "f-1", "reminded_on": "2030-01-01", "due_on": "2030-01-20"}


@pytest.mark.clause("aakr-monitoring-2024", "II.4.e")
async def test_an_institution_is_reminded_of_its_term_by_the_clause_that_sets_it(desk: Desk) -> None:
    await desk.institution()
    await desk.heard("monitoring.DeadlineSet", **deadline(AAKR, "interim_report", "II.4.e", "institution"))
    [row] = await desk.writes(desk.recorded("monitoring.DeadlineReminded", **REMINDED))
    assert (row["kind"], row["clauses"], row["institution_id"]) == ("deadline_reminder", ["II.4.e"], "kaznu")
    assert (row["year"], row["number"], row["dated_on"]) == (2030, 1, date(2030, 1, 1)), "the year is that of the place"


async def test_nobody_writes_of_a_term_that_binds_the_agency(desk: Desk) -> None:
    await desk.institution()
    await desk.heard("monitoring.DeadlineSet", **deadline(AAKR, "report_study", "II.4.g", "agency"))
    assert await desk.writes(desk.recorded("monitoring.DeadlineReminded", **REMINDED)) == []


async def test_what_is_not_known_yet_is_waited_for(desk: Desk) -> None:
    with pytest.raises(Early, match="deadline d-1"):
        await desk.writes(desk.recorded("monitoring.DeadlineReminded", **REMINDED))
    told = desk.recorded("visits.CompositionTold", case_id="c-1", experts=["a"], told_on="2029-12-31")
    with pytest.raises(Early):
        await desk.writes(told)


async def filed(desk: Desk, rulebook: str) -> None:
    await desk.institution()
    known = {"case_id": "c-1", "institution_id": "kaznu", "kind": "institutional", "levels": ["higher"], "rulebook": load(rulebook).ref}
    more = {"standards": "S", "standards_version": "1", "documents": [], "filed_on": "2029-12-01"}
    await desk.heard("intake.ApplicationFiled", **known, **more)


@pytest.mark.clause("iqaa-accreditation", "S2.c.1")
async def test_a_letter_is_written_under_the_rulebooks_that_ask_for_it_alone(desk: Desk) -> None:
    told = desk.recorded("visits.CompositionTold", case_id="c-1", experts=["a.b"], told_on="2029-12-31")
    await filed(desk, KZ)
    assert await desk.writes(told) == []
    await filed(desk, IQAA)
    [row] = await desk.writes(told)
    assert (row["kind"], row["clauses"], row["dated_on"]) == ("composition_told", ["S2.c.1"], date(2029, 12, 31))


async def test_whoever_dies_between_number_and_letter_leaves_no_gap(desk: Desk) -> None:
    await filed(desk, IQAA)
    told = desk.recorded("visits.CompositionTold", case_id="c-1", experts=["a.b"], told_on="2029-12-31")
    kind = KINDS["composition_told"]
    numbered: list[str] = []

    async def dies(*_: Any) -> tuple[int, int]:
        year, number = await number_of(told, numbered_id(told, kind), 2030)
        numbered.append(f"{number}/{year}")
        raise ConnectionError

    number_of = desk.writer._number
    desk.writer._number = dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await desk.writes(told)
    desk.writer._number = number_of  # type: ignore[method-assign]
    other = desk.recorded("visits.ReportSentForCheck", case_id="c-1", sent_on="2029-12-31")
    await desk.writes(other)
    rows = await desk.writes(told)
    assert await desk.writes(told) == rows, "and it is not written twice"
    assert numbered == ["1/2030"]
    assert [(row["number"], row["kind"]) for row in rows] == [(1, "composition_told"), (2, "report_for_check")]
    context = await desk.runtime.context(agency=desk.agency, actor="test")
    state, _ = await context.load(LETTER_BOOK, "2030")
    assert state.given == 2


def numbered_id(e: Recorded[Any], kind: LetterKind) -> str:
    return derived_id("letter", e.agency, e.event_id, kind.name)
