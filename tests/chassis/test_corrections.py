"""A wrongly recorded fact is put right by another fact: the log keeps both, and everything that is read is as if it had been right."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi import APIRouter
from sqlalchemy import Column, Date, Integer, Text, select

from chassis.context import Context
from chassis.corrected import FactCorrected, right_history
from chassis.corrections import Correctable, Correction
from chassis.decider import Command, Decider, no_rules
from chassis.events import Catalogue, Event, Recorded
from chassis.eventstore import verify_chains
from chassis.privacy import Personal
from chassis.problems import Conflict, Invalid, NotFound, VersionConflict
from chassis.readmodels import ReadModel, Write
from chassis.rebuild import compare
from chassis.service import Runtime, Service, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack

LENT, LATER = date(2026, 3, 2), date(2026, 3, 30)
TODAY = date(2026, 3, 20)


class BookLent(Event):
    correctable: ClassVar[frozenset[str]] = frozenset({"lent_on", "due_on"})
    loan_id: str
    title: str
    lent_on: date
    due_on: date


class ReaderNamed(Event):
    correctable: ClassVar[frozenset[str]] = frozenset({"reader"})
    loan_id: str
    reader_id: str
    reader: Annotated[str, Personal("reader_id")]


class LoanExtended(Event):
    correctable: ClassVar[frozenset[str]] = frozenset({"due_on"})
    loan_id: str
    due_on: date


class BookReturned(Event):
    loan_id: str
    returned_on: date


class LoanCorrected(FactCorrected):
    loan_id: str


@dataclass(frozen=True)
class Loan:
    loan_id: str = ""
    lent_on: date = date.min
    due_on: date = date.min
    returned: bool = False


class Record(Command):
    """Whatever a librarian writes down."""

    facts: tuple[Any, ...]


def _evolve(state: Loan, event: Any) -> Loan:
    match event:
        case BookLent():
            return Loan(event.loan_id, event.lent_on, event.due_on)
        case LoanExtended():
            return replace(state, due_on=event.due_on)
        case BookReturned():
            return replace(state, returned=True)
        case ReaderNamed():
            return state
    raise TypeError(event)


LOAN: Decider[Loan, None] = Decider("loan", Loan(), lambda command, _state, _rules: command.facts, _evolve, no_rules)


def in_order(state: Loan) -> None:
    if state.due_on < state.lent_on:
        raise Conflict("a book is due after it was lent")


HOW = Correctable(LOAN, LoanCorrected, lambda state: {"loan_id": state.loan_id}, in_order)

loans = ReadModel(
    "loans",
    Column("loan_id", Text, primary_key=True),
    Column("title", Text),
    Column("lent_on", Date),
    Column("due_on", Date),
    Column("returned_on", Date),
    Column("version", Integer),
)


@loans.on(BookLent)
def _lent(e: Recorded[BookLent]) -> Write:
    return loans.upsert(e, **e.event.model_dump(), returned_on=None, version=e.version)


@loans.on(LoanExtended)
def _extended(e: Recorded[LoanExtended]) -> Write:
    return loans.update(e, {"loan_id": e.event.loan_id}, due_on=e.event.due_on, version=e.version)


@loans.on(BookReturned)
def _returned(e: Recorded[BookReturned]) -> Write:
    return loans.update(e, {"loan_id": e.event.loan_id}, returned_on=e.event.returned_on, version=e.version)


def lent(loan_id: str = "l") -> BookLent:
    return BookLent(loan_id=loan_id, title="Manas", lent_on=LENT, due_on=LENT + timedelta(days=14))


class Library:
    """A library on real servers."""

    def __init__(self, runtime: Runtime, agency: str) -> None:
        self.runtime, self.agency, self.loan_id = runtime, agency, uuid4().hex

    async def context(self, version: int | None = None, key: str | None = None) -> Context:
        return await self.runtime.context(agency=self.agency, actor="librarian", expected_version=version, key=key)

    async def record(self, *facts: Event) -> None:
        for fact in facts:
            ctx = await self.context()
            fact = fact.model_copy(update={"loan_id": self.loan_id})
            await ctx.execute(LOAN, self.loan_id, ctx.command(Record, facts=(fact,)), create=isinstance(fact, BookLent))

    async def correct(self, version: int, *, expected: int | None = None, key: str | None = None, **corrected: Any) -> Any:
        ctx = await self.context(expected, key)
        body = Correction(version=version, corrected=corrected, reason="The wrong day was typed")
        return await ctx.correct(HOW, self.loan_id, body, TODAY)

    async def state(self) -> Loan:
        return (await (await self.context()).load(LOAN, self.loan_id))[0]

    async def shown(self) -> dict[str, Any]:
        row = await (await self.context()).row(select(loans.table).where(loans.c.loan_id == self.loan_id))
        assert row is not None
        return dict(row)

    async def served_and_rebuilt(self) -> tuple[Any, Any]:
        service, using = self.runtime.service, self.runtime.settings
        return await compare(using, service.events, service.catalogues, loans, lambda pool: key_ring(using, pool))


@pytest_asyncio.fixture
async def library(servers: Stack, agency: str) -> AsyncIterator[Library]:
    name = f"library{uuid4().hex[:8]}"
    events = Catalogue(name, {"loan": [BookLent, ReaderNamed, LoanExtended, BookReturned, LoanCorrected]})
    service = Service(name=name, title="Loans", events=events, deciders=[LOAN], read_models=[loans], router=APIRouter())
    using = servers.settings().model_copy(update={"clock": "system"})
    await migrate_all([service], using)
    async with open_runtime(service, using) as runtime:
        yield Library(runtime, agency)


def corrected(version: int, **fields: Any) -> LoanCorrected:
    return LoanCorrected(
        loan_id="l", corrects="e", fact="?", version=version, previous={}, corrected=fields, reason="Typed wrongly", corrected_on=TODAY
    )


class TestHistory:
    def test_it_is_read_as_if_every_fact_had_been_recorded_as_it_was_corrected_last(self) -> None:
        past: Sequence[Event] = [lent(), corrected(1, due_on="2026-03-20"), corrected(1, due_on="2026-03-25")]
        assert [getattr(e, "due_on", None) for e in right_history(past)] == [date(2026, 3, 25), None, None]
        assert LOAN.fold(past).due_on == date(2026, 3, 25)

    def test_what_came_later_still_came_later(self) -> None:
        past = [lent(), LoanExtended(loan_id="l", due_on=LATER), corrected(1, due_on="2026-03-20")]
        assert LOAN.fold(past).due_on == LATER


async def test_a_correction_keeps_both_facts_and_every_reader_sees_the_right_one(library: Library) -> None:
    await library.record(lent(), BookReturned(loan_id="", returned_on=TODAY))
    accepted = await library.correct(1, lent_on="2026-03-04")
    assert (accepted.version, [e.type for e in accepted.events]) == (3, ["LoanCorrected"])
    assert await library.state() == Loan(library.loan_id, date(2026, 3, 4), date(2026, 3, 16), returned=True)
    shown = await library.shown()
    assert (shown["lent_on"], shown["due_on"], shown["returned_on"], shown["version"]) == (date(2026, 3, 4), date(2026, 3, 16), TODAY, 3)
    wrong, _, fact = await (await library.context()).history(LOAN, library.loan_id)
    assert wrong.event.lent_on == LENT, "the log is not edited"
    assert (fact.event.corrects, fact.event.fact, fact.event.version) == (wrong.event_id, "BookLent", 1)
    assert (fact.event.previous, fact.event.corrected) == ({"lent_on": "2026-03-02"}, {"lent_on": "2026-03-04"})
    async with library.runtime.system.acquire() as connection:
        assert (await verify_chains(connection))[1] == []


async def test_the_next_command_is_decided_on_what_is_right(library: Library) -> None:
    await library.record(lent())
    await library.correct(1, lent_on="2026-03-04")
    await library.record(LoanExtended(loan_id="", due_on=LATER))
    assert (await library.state()).lent_on == date(2026, 3, 4)
    loaded = library.runtime.machinery.cache.get(library.agency, LOAN.stream(library.loan_id))
    assert loaded is not None
    assert (loaded.state, loaded.version) == (Loan(library.loan_id, date(2026, 3, 4), LATER), 3)


async def test_a_column_that_a_later_fact_has_set_stays(library: Library) -> None:
    await library.record(lent(), LoanExtended(loan_id="", due_on=LATER))
    await library.correct(1, due_on="2026-03-20")
    assert ((await library.shown())["due_on"], (await library.state()).due_on) == (LATER, LATER)
    await library.correct(2, due_on="2026-03-27")
    assert ((await library.shown())["due_on"], (await library.state()).due_on) == (date(2026, 3, 27), date(2026, 3, 27))


async def test_a_rebuild_makes_the_same_rows(library: Library) -> None:
    await library.record(lent(), LoanExtended(loan_id="", due_on=LATER))
    await library.correct(1, due_on="2026-03-20", lent_on="2026-03-03")
    await library.correct(1, lent_on="2026-03-05")
    await library.record(BookReturned(loan_id="", returned_on=TODAY))
    served, rebuilt = await library.served_and_rebuilt()
    assert served == rebuilt
    assert (await library.shown())["lent_on"] == date(2026, 3, 5)


async def test_a_corrected_fact_is_corrected_again_and_to_the_same_it_is_not(library: Library) -> None:
    await library.record(lent())
    first = await library.correct(1, key="one", lent_on="2026-03-04")
    assert await library.correct(1, key="one", lent_on="2026-03-04") == first
    assert (await library.correct(1, lent_on="2026-03-04")).events == ()
    await library.correct(1, lent_on="2026-03-05")
    history = await (await library.context()).history(LOAN, library.loan_id)
    assert history[-1].event.previous == {"lent_on": "2026-03-04"}
    await library.correct(1, lent_on=LENT.isoformat())
    assert ((await library.shown())["lent_on"], (await library.state()).lent_on) == (LENT, LENT)


async def test_what_cannot_be_is_refused(library: Library) -> None:
    with pytest.raises(NotFound):
        await library.correct(1, lent_on="2026-03-04")
    await library.record(lent(), BookReturned(loan_id="", returned_on=TODAY), ReaderNamed(loan_id="", reader_id="r", reader="Aigul"))
    with pytest.raises(VersionConflict):
        await library.correct(1, expected=1, lent_on="2026-03-04")
    for version, fields, kind, words in [
        (9, {"lent_on": "2026-03-04"}, Invalid, "no such event"),
        (1, {"title": "Semetey"}, Invalid, "other fields"),
        (1, {"lent_on": "soon"}, Invalid, "could not be a BookLent"),
        (1, {"due_on": "2026-01-01"}, Conflict, "due after"),
        (2, {"returned_on": "2026-03-04"}, Conflict, "is not corrected"),
        (3, {"reader": "Asel"}, Conflict, "is not corrected"),
    ]:
        with pytest.raises(kind, match=words):
            await library.correct(version, **fields)
    assert (await library.shown())["version"] == 2
