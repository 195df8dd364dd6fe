"""What a what-if is asked about: who was bound to what since when, what was done on which day, and what was counted, measured and voted.

Facts only, of recorded or of synthetic cases. `whatif` compares what two rulebooks make of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from regulations.calendar import Calendar
from regulations.deadlines import compute
from regulations.rulebook import Rulebook
from regulations.standstill import Standstill


class BeyondCalendar(ValueError):
    """A term that would end in a year that no calendar has."""


@dataclass(frozen=True, slots=True)
class Since:
    """The day from which a term runs: `on`, or what the terms in `through` make of it, one after another.

    A certificate's renewal closes before its expiry, and its expiry is the end of its validity: change that, and both move.
    """

    on: date
    through: tuple[str, ...] = ()

    def day(self, rules: Rulebook, calendar: Calendar) -> date:
        """The day by these rules."""
        day = self.on
        for term in self.through:
            day = term_end(rules, term, day, calendar)
        return day


@dataclass(frozen=True, slots=True)
class Obligation:
    """A term, or a choice of terms, as it bound somebody in a case, and the local day on which what was due was done.

    `known_until` is the last day that the record reaches (None: all is over). `recorded_due` is what was recorded at the time.
    `extended_to` is the last day that a person gave: it stays unless the rules alone give more. `standstills` move every end.
    """

    case: str
    rule: str
    since: Mapping[str, Since]
    acted_on: date | None = None
    known_until: date | None = None
    recorded_due: date | None = None
    extended_to: date | None = None
    standstills: tuple[Standstill, ...] = ()
    withdrawn: bool = False
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that lasted from a day to a day, both included, under a range."""

    case: str
    range: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure under a bound: `thresholds.x`, `compositions.x`, `compositions.x.requires.y` or a setting that is a minimum."""

    case: str
    bound: str
    measured: int | Fraction


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who came to a meeting, out of how many; under a share."""

    case: str
    present: int
    members: int
    quorum: str = "council_quorum"


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes cast on one scope of a case."""

    case: str
    scope: str
    votes_for: int
    votes_against: int
    majority: str = "council_majority"
    tie: str = "council_tie"


Evidence = Stay | Measure | Attendance | Ballot


@dataclass(frozen=True)
class Record:
    """What is known of some cases."""

    cases: tuple[str, ...]
    obligations: tuple[Obligation, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def joined(records: Iterable[Record]) -> Record:
    """Several records as one."""
    every = list(records)
    return Record(
        tuple(dict.fromkeys(case for each in every for case in each.cases)),
        tuple(of for each in every for of in each.obligations),
        tuple(of for each in every for of in each.evidence),
    )


def term_end(rules: Rulebook, term: str, anchor: date, calendar: Calendar) -> date:
    """The last day of a term. BeyondCalendar."""
    try:
        return compute(rules, term, anchor, calendar=calendar).due_on
    except (OverflowError, ValueError) as error:
        raise BeyondCalendar(f"{term} from {anchor} would end in a year that no calendar has") from error
