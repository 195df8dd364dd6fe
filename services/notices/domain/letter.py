"""A letter: drawn up once upon an event, sent by a person, and received. The book of a year gives it its number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from regulations import RulebookRef
from services.notices.contract_letters import (
    Language,
    LetterChannel,
    LetterDispatched,
    LetterDrawnUp,
    LetterheadSet,
    LetterInstitution,
    LetterNumbered,
    LetterReceived,
    LetterSource,
)


@dataclass(frozen=True)
class Book:
    """How many numbers of a year are given."""

    given: int = 0


class GiveNumber(Command):
    """The next number for a letter."""

    records = (LetterNumbered,)

    letter_id: str
    year: int


def _number(command: GiveNumber, state: Book, _rules: None) -> Sequence[Event]:
    return [LetterNumbered(letter_id=command.letter_id, year=command.year, number=state.given + 1)]


def _numbered(state: Book, event: Any) -> Book:
    return Book(event.number) if isinstance(event, LetterNumbered) else state


LETTER_BOOK: Decider[Book, None] = Decider("letter_book", Book(), _number, _numbered, no_rules, {GiveNumber: always})


@dataclass(frozen=True)
class Dispatch:
    """One way that a letter went."""

    number: int
    channel: LetterChannel
    language: Language
    dispatched_on: date
    reference: str | None = None
    received_on: date | None = None
    note: str | None = None


@dataclass(frozen=True)
class Letter:
    """What a later command needs to know, and the page is made of."""

    drawn: LetterDrawnUp | None = None
    dispatches: tuple[Dispatch, ...] = ()

    @property
    def institution_id(self) -> str | None:
        """Whose matter it is."""
        return self.drawn.institution.institution_id if self.drawn and self.drawn.institution else None


class DrawUpLetter(Command):
    """Puts a letter down, with the facts that its text says."""

    records = (LetterDrawnUp,)

    letter_id: str
    kind: str
    year: int
    number: int
    dated_on: date
    source: LetterSource
    addressee: str
    institution: LetterInstitution | None = None
    case_id: str | None = None
    rulebook: RulebookRef | None = None
    clauses: tuple[str, ...] = ()
    letterhead_version: int
    facts: dict[str, Any]


class DispatchLetter(Command):
    """A person sent it. `today` is the day where the regulation is in force."""

    records = (LetterDispatched,)

    channel: LetterChannel
    language: Language
    dispatched_on: date
    reference: str | None = None
    today: date


class RecordReceipt(Command):
    """It arrived; by the dispatch named, or the last."""

    records = (LetterReceived,)

    dispatch: int | None = None
    received_on: date
    note: str | None = None
    today: date


def decide(command: DrawUpLetter | DispatchLetter | RecordReceipt, state: Letter, _rules: None) -> Sequence[Event]:
    """A letter that is there is not drawn up again; the guards have seen whether it has gone."""
    match command:
        case DrawUpLetter():
            return [] if state.drawn else [LetterDrawnUp(**_told(command), drawn_up_at=command.at)]
        case DispatchLetter():
            assert state.drawn is not None
            if not state.drawn.dated_on <= command.dispatched_on <= command.today:
                raise Conflict(f"the letter is of {state.drawn.dated_on}: it was sent on that day or later, and not after {command.today}")
            told = command.model_dump(exclude={"at", "by", "today"})
            return [LetterDispatched(**_known(state), dispatch=len(state.dispatches) + 1, **told)]
        case RecordReceipt():
            number = command.dispatch or len(state.dispatches)
            if number > len(state.dispatches):
                raise Conflict(f"the letter was dispatched {len(state.dispatches)} times")
            went = state.dispatches[number - 1]
            if went.received_on is not None:
                raise Conflict(f"it is known that the letter arrived on {went.received_on}")
            if not went.dispatched_on <= command.received_on <= command.today:
                raise Conflict(f"it was sent on {went.dispatched_on}: it arrived on that day or later, and not after {command.today}")
            return [LetterReceived(**_known(state), dispatch=number, received_on=command.received_on, note=command.note)]


def _told(command: DrawUpLetter) -> dict[str, Any]:
    return {name: getattr(command, name) for name in type(command).model_fields if name not in ("at", "by")}


def _known(state: Letter) -> dict[str, Any]:
    assert state.drawn is not None
    return {"letter_id": state.drawn.letter_id, "institution_id": state.institution_id}


def evolve(state: Letter, event: Any) -> Letter:
    """The state after a fact."""
    match event:
        case LetterDrawnUp():
            return Letter(event)
        case LetterDispatched():
            told = event.model_dump(exclude={"letter_id", "institution_id", "dispatch"})
            return replace(state, dispatches=(*state.dispatches, Dispatch(event.dispatch, **told)))
        case LetterReceived():
            arrived = tuple(
                replace(each, received_on=event.received_on, note=event.note) if each.number == event.dispatch else each
                for each in state.dispatches
            )
            return replace(state, dispatches=arrived)
    return state


def _drawn(state: Letter, _rules: None) -> None:
    if state.drawn is None:
        raise Conflict("there is no such letter yet")


def _gone(state: Letter, _rules: None) -> None:
    if not state.dispatches:
        raise Conflict("the letter has not been sent yet")
    if all(each.received_on for each in state.dispatches):
        raise Conflict("it is known that the letter arrived")


GUARDS: Mapping[type[Command], Guard] = {DrawUpLetter: always, DispatchLetter: _drawn, RecordReceipt: _gone}

LETTER: Decider[Letter, None] = Decider("letter", Letter(), decide, evolve, no_rules, GUARDS)


@dataclass(frozen=True)
class Letterhead:
    """How the agency heads and signs its letters."""

    present: LetterheadSet | None = None


class SetLetterhead(Command):
    """How letters are headed and signed from now on."""

    records = (LetterheadSet,)

    names: dict[Language, str]
    addresses: dict[Language, str]
    contacts: str | None = None
    signatory_posts: dict[Language, str]
    signatory_id: str
    signatory_name: str


def _set(command: SetLetterhead, state: Letterhead, _rules: None) -> Sequence[Event]:
    told = command.model_dump(exclude={"at", "by"})
    if state.present is not None and told == state.present.model_dump(exclude={"set_at"}):
        raise Conflict("the letterhead is so already")
    return [LetterheadSet(**told, set_at=command.at)]


def _headed(state: Letterhead, event: Any) -> Letterhead:
    return Letterhead(event) if isinstance(event, LetterheadSet) else state


LETTERHEAD: Decider[Letterhead, None] = Decider("letterhead", Letterhead(), _set, _headed, no_rules, {SetLetterhead: always})

#: An agency has one letterhead.
LETTERHEAD_ID = "agency"
