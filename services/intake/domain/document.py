"""A document whose bytes the agency keeps: filed once or for several, scanned again, erased where it is about a person.

Known by the hash of its bytes, so that the same file sent twice is one document. What is in it is not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.documents import ScanState, Sha256
from chassis.events import Event
from chassis.problems import Conflict
from services.intake.contract import DocumentErased, DocumentRead, DocumentScanned, DocumentStored, ErasureGround


class StoreDocument(Command):
    """Files a document. `scan` is what the antivirus says of it, `stored_on` the agency's local day."""

    records = (DocumentStored,)

    document_id: Sha256
    size: int
    media_type: str
    name: str
    institution_id: str | None
    case_id: str | None
    kind: str | None
    personal: bool
    scan: ScanState
    stored_by: str
    stored_on: date


class ScanDocument(Command):
    """Records what the antivirus says of a document that is there already."""

    records = (DocumentScanned,)

    scan: ScanState
    signature: str | None
    scanned_on: date


class EraseDocument(Command):
    """Erases personal evidence. `kept_days` is the agency's setting of how long it is kept; None where a person decides each time."""

    records = (DocumentErased,)

    ground: ErasureGround
    reason: str
    kept_days: int | None
    erased_on: date


class RecordReading(Command):
    """Records that the bytes are given to somebody."""

    records = (DocumentRead,)

    document_id: Sha256
    purpose: str | None
    read_on: date


@dataclass(frozen=True, slots=True)
class Filing:
    """For whom and as what a document was filed."""

    institution_id: str | None
    case_id: str | None
    kind: str | None


@dataclass(frozen=True)
class Stored:
    """A document. `stored_on` is the day of its latest filing, from which the days run that it is kept."""

    document_id: str = ""
    size: int = 0
    filings: frozenset[Filing] = frozenset()
    personal: bool = False
    scan: ScanState = "unscanned"
    stored_on: date | None = None
    erased_on: date | None = None


def decide(command: Command, state: Stored, _rules: None) -> Sequence[Event]:
    """What follows; Conflict where it contradicts what is there."""
    match command:
        case StoreDocument():
            return _store(command, state)
        case ScanDocument():
            if command.scan == state.scan:
                return []
            return [DocumentScanned(document_id=state.document_id, **_told(command))]
        case EraseDocument():
            _check_term(command, state)
            return [DocumentErased(document_id=state.document_id, **_told(command, "kept_days"))]
    raise AssertionError(f"no command of a document: {command!r}")


def _told(command: Command, *besides: str) -> dict[str, Any]:
    return command.model_dump(exclude={"at", "by", *besides})


def _store(command: StoreDocument, state: Stored) -> Sequence[Event]:
    filing = Filing(command.institution_id, command.case_id, command.kind)
    if filing in state.filings and command.personal <= state.personal:
        return []  # the same bytes for the same purpose: whatever they are called now
    return [DocumentStored(sha256=command.document_id, **_told(command))]


def _check_term(command: EraseDocument, state: Stored) -> None:
    if command.ground != "term_ended":
        return
    if command.kept_days is None:
        raise Conflict("the agency has set no term for personal evidence; name another ground")
    assert state.stored_on is not None
    until = kept_until(state.stored_on, command.kept_days)
    if command.erased_on <= until:
        raise Conflict(f"its term of {command.kept_days} days ends on {until}; before that name another ground")


def kept_until(stored_on: date, days: int) -> date:
    """The last day of the term for which personal evidence is kept."""
    return stored_on + timedelta(days=days)


def evolve(state: Stored, event: Any) -> Stored:
    """The state after a fact."""
    match event:
        case DocumentStored():
            filing = Filing(event.institution_id, event.case_id, event.kind)
            return replace(
                state,
                document_id=event.document_id,
                size=event.size,
                filings=state.filings | {filing},
                personal=state.personal or event.personal,
                scan=event.scan,
                stored_on=event.stored_on,
            )
        case DocumentScanned():
            return replace(state, scan=event.scan)
        case DocumentErased():
            return replace(state, erased_on=event.erased_on)
    return state


def not_erased(state: Stored, _rules: None) -> None:
    """What was erased is not stored, scanned or erased again."""
    if state.erased_on is not None:
        raise Conflict(f"this document was erased on {state.erased_on}; the same bytes are not kept again")


def _may_be_stored(state: Stored, rules: None) -> None:
    not_erased(state, rules)
    if state.scan == "infected":
        raise Conflict("the antivirus has found something in this document; it is not taken")


def _may_be_erased(state: Stored, rules: None) -> None:
    not_erased(state, rules)
    if not state.personal:
        raise Conflict("only personal evidence is erased; file the document again with `personal=true` if it is", accepts="personal=true")


def readable(state: Stored, *, unscanned: bool) -> None:
    """Conflict where the bytes of a document are not given out. `unscanned`: whether they are where no antivirus has seen them."""
    if state.erased_on is not None:
        raise Conflict(f"this document was erased on {state.erased_on}; its bytes are not there any more")
    if state.scan == "infected":
        raise Conflict("the antivirus has found something in this document; it is not given out")
    if state.scan == "unscanned" and not unscanned:
        raise Conflict("no antivirus has seen this document yet, and the agency gives out none unseen")


GUARDS: Mapping[type[Command], Guard] = {StoreDocument: _may_be_stored, ScanDocument: not_erased, EraseDocument: _may_be_erased}

DOCUMENT: Decider[Stored, None] = Decider("document", Stored(), decide, evolve, no_rules, GUARDS)


def _decide_reading(command: RecordReading, _state: int, _rules: None) -> Sequence[Event]:
    return [DocumentRead(**_told(command))]


def _evolve_reading(state: int, _event: Any) -> int:
    return state + 1


#: Who was given the bytes of a document, and how often: the state is the number of times.
READINGS: Decider[int, None] = Decider("document_reading", 0, _decide_reading, _evolve_reading, no_rules, {RecordReading: always})
