"""The agency's blanks of certificates: which were received, which were spoiled (order 109, p. 23).

Which blank was used is told by the certificate that stands on it. A unique constraint over both facts (readmodels.blank_fates) sees to it
that a blank has one fate, in the transaction of the certificate: no blank is ever taken for a certificate that was not issued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import BlankSpoiled, BlanksReceived
from services.council.domain.clauses import KZ, certifies, keeps_blanks


@dataclass(frozen=True)
class Blanks:
    """The book of blanks of one agency."""

    received: tuple[BlanksReceived, ...] = ()
    spoiled: frozenset[str] = frozenset()

    def knows(self, blank_number: str) -> bool:
        """Whether a blank of this number was received."""
        return any(holds(batch, blank_number) for batch in self.received)


class ReceiveBlanks(Command):
    """Enters a batch: a series and its numbers from `first` to `last`, both included."""

    records = (BlanksReceived,)

    rulebook: RulebookRef
    series: str
    first: int
    last: int
    digits: int


class SpoilBlank(Command):
    """Writes off a blank that was not used."""

    records = (BlankSpoiled,)

    blank_number: str
    reason: str


AnyCommand = ReceiveBlanks | SpoilBlank


def holds(batch: BlanksReceived, blank_number: str) -> bool:
    """Whether a number, as printed (`<series> <digits>`), belongs to a batch."""
    series, _, digits = blank_number.rpartition(" ")
    if series != batch.series or len(digits) != batch.digits or not (digits.isascii() and digits.isdigit()):
        return False
    return batch.first <= int(digits) <= batch.last


def _receipt(_state: Blanks, rules: Rulebook) -> None:
    """Where the rulebook keeps blanks."""
    if keeps_blanks(rules) is None:
        accepts = "certificates without blanks"
        raise Refused("the rulebook keeps no blanks", clause=certifies(rules), rulebook=rules.id, accepts=accepts)


def _spoilage(state: Blanks, rules: Rulebook) -> None:
    """While a blank is left that was received and not written off."""
    if sum(batch.last - batch.first + 1 for batch in state.received) <= len(state.spoiled):
        clause = keeps_blanks(rules) or certifies(rules)
        raise Refused("no blank is left", clause=clause, rulebook=rules.id, accepts="a blank from the book of blanks")


@enforces(KZ, "23")
def decide(command: AnyCommand, state: Blanks, rules: Rulebook) -> Sequence[Event]:
    """Every blank is entered once and written off at most once."""
    today = local_date(command.at, rules.zone)
    match command:
        case ReceiveBlanks():
            _new_numbers(command, state, rules)
            return [BlanksReceived(**command.model_dump(exclude={"at", "by"}), received_on=today)]
        case SpoilBlank():
            if not state.knows(command.blank_number):
                raise Refused(
                    f"no blank {command.blank_number} was received",
                    clause=keeps_blanks(rules) or certifies(rules),
                    rulebook=rules.id,
                    accepts="a blank from the book of blanks",
                )
            if command.blank_number in state.spoiled:
                raise Conflict(f"blank {command.blank_number} is spoiled already")
            return [BlankSpoiled(blank_number=command.blank_number, reason=command.reason, spoiled_on=today)]


def _new_numbers(command: ReceiveBlanks, state: Blanks, rules: Rulebook) -> None:
    def refuse(reason: str, accepts: str) -> Refused:
        return Refused(reason, clause=keeps_blanks(rules) or certifies(rules), rulebook=rules.id, accepts=accepts)

    if command.first > command.last:
        raise refuse("the batch ends before it begins", "a first number that is not above the last")
    if len(str(command.last)) > command.digits:
        raise refuse(f"{command.last} has more than {command.digits} digits", f"numbers of {command.digits} digits")
    for batch in state.received:
        if batch.series == command.series and command.first <= batch.last and batch.first <= command.last:
            raise refuse(
                f"of series {batch.series}, numbers {batch.first} to {batch.last} are in the book already",
                "numbers that are not in the book yet",
            )


def evolve(state: Blanks, event: Any) -> Blanks:
    """The state after a fact."""
    match event:
        case BlanksReceived():
            return replace(state, received=(*state.received, event))
        case BlankSpoiled():
            return replace(state, spoiled=state.spoiled | {event.blank_number})
    return state


def _rules(command: AnyCommand, state: Blanks) -> Rulebook:
    """The rulebook under which the batch, or the last one, was entered."""
    rulebook = command.rulebook if isinstance(command, ReceiveBlanks) else state.received[-1].rulebook
    return resolve(rulebook)


GUARDS: Mapping[type[Command], Guard] = {ReceiveBlanks: _receipt, SpoilBlank: _spoilage}

BLANKS: Decider[Blanks, Rulebook] = Decider("blanks", Blanks(), decide, evolve, _rules, GUARDS)
