"""From a term and the day of its anchor to a due date. Pure: a rulebook and a calendar in, a `Due` out. `counting` shows the steps."""

import calendar as months_of
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from regulations.calendar import DAY, Calendar, calendar_for, end_of_local_day
from regulations.counting import Count, Counted, Step, steps_of
from regulations.rulebook import Rulebook
from regulations.values import Choice, Kind, Quote, Term, Variant

MONTHS_IN_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a term. `due_at` is 24:00 local as a UTC instant: an act is in time when it comes before it.

    `rolled_from` is the day on which the count ended when the end was moved; `falls_on_day_off` says so of `due_on` itself
    (a backward or validity term is shown with that note and never moves). `estimated`: an estimated religious holiday
    could still move the date.
    """

    term: str
    variant: str | None
    anchor: str
    anchor_on: date
    due_on: date
    due_at: datetime
    falls_on_day_off: bool
    rolled_from: date | None
    estimated: bool
    calendar_version: str
    clause: str | None
    quote: Quote
    kind: Kind
    reminders_on: tuple[date, ...]
    _steps: Callable[[], tuple[Step, ...]] = field(repr=False, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Each step of the computation, in order; worked out when asked for."""
        return self._steps()

    def met_by(self, instant: datetime) -> bool:
        """Whether an act at this aware instant is in time."""
        return instant < self.due_at


@dataclass(frozen=True, slots=True)
class Length:
    """How long a stay from `start` to `end` is in the range's unit, and whether the range allows it."""

    amount: int
    allowed: bool
    minimum: int
    maximum: int
    clause: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice of terms for one act, worked out: `due` is the end that is the due day, `ends` all of them in the order of the choice."""

    choice: Choice
    due: Due
    ends: tuple[Due, ...]

    @property
    def missed_at(self) -> datetime:
        """The first instant at which the act is missed: when any, or all, of the ends have passed, as the choice says."""
        pick = min if self.choice.missed_when == "any" else max
        return pick(end.due_at for end in self.ends)

    def met_by(self, instant: datetime) -> bool:
        """Whether an act at this aware instant is not missed yet."""
        return instant < self.missed_at


def add_months(day: date, amount: int) -> date:
    """The same day of the month `amount` months on (back when negative), else the last day of that month."""
    year, month = divmod(day.year * MONTHS_IN_A_YEAR + day.month - 1 + amount, MONTHS_IN_A_YEAR)
    return date(year, month + 1, min(day.day, months_of.monthrange(year, month + 1)[1]))


def _shift(day: date, count: Count, calendar: Calendar) -> date:
    amount = -count.amount if count.backward else count.amount
    match count.unit:
        case "calendar_days":
            return day + timedelta(days=amount)
        case "working_days":
            return calendar.add_working_days(day, amount)
        case "months":
            return add_months(day, amount)
        case "years":
            return add_months(day, amount * MONTHS_IN_A_YEAR)


def _stated(term: Term, variant: str | None) -> tuple[Term | Variant, Count]:
    """The term, or one of its language versions, and what it counts."""
    if variant is not None and variant not in term.variants:
        raise KeyError(f"term {term.id!r} has no variant {variant!r}")
    stated = term if variant is None else term.variants[variant]
    return stated, Count(stated.amount, stated.unit, term.direction == "before")


def compute(rulebook: Rulebook, term_id: str, anchor: date, *, variant: str | None = None, calendar: Calendar | None = None) -> Due:
    """The end of a term counted from the local day of its anchor.

    `variant` selects a language version of the term (`None`: the default). Raises `KeyError` for an unknown term or variant.
    """
    term = rulebook.terms[term_id]
    calendar = calendar or calendar_for(rulebook.country)
    variant = variant or term.default_variant
    cited, count = _stated(term, variant)
    counted = _shift(anchor, count, calendar)
    rolls = term.roll == "next_working_day" and rulebook.setting("forward_term_on_day_off") == "next_working_day"
    due_on = calendar.next_working_day(counted) if rolls else counted
    rolled_from = counted if due_on != counted else None
    due_at = end_of_local_day(due_on, rulebook.zone)
    estimated = _rests_on_estimate(anchor, counted, due_on, count, rolls, calendar)
    off = not calendar.is_working_day(due_on)
    told = Counted(term, count, anchor, counted, due_on, due_at, estimated, rulebook.zone)
    return Due(
        term=term_id,
        variant=variant,
        anchor=term.anchor,
        anchor_on=anchor,
        due_on=due_on,
        due_at=due_at,
        falls_on_day_off=off,
        rolled_from=rolled_from,
        estimated=estimated,
        calendar_version=calendar.version,
        clause=cited.clause,
        quote=cited.quote,
        kind=term.kind,
        reminders_on=_reminders(rulebook, term, anchor, due_on),
        _steps=lambda: steps_of(told, calendar),
    )


def _rests_on_estimate(anchor: date, counted: date, due_on: date, count: Count, rolls: bool, calendar: Calendar) -> bool:
    if count.unit == "working_days":
        return calendar.rests_on_estimate(min(anchor, counted), max(anchor, counted))
    return rolls and calendar.rests_on_estimate(counted, due_on)


def _reminders(rulebook: Rulebook, term: Term, anchor: date, due_on: date) -> tuple[date, ...]:
    distances = term.reminders if term.reminders is not None else rulebook.setting("reminder_distances")
    days = (due_on - timedelta(days=distance) for distance in distances) if isinstance(distances, tuple) else ()
    return tuple(sorted(day for day in days if day > anchor or term.direction == "before"))


def compute_choice(
    rulebook: Rulebook, choice_id: str, anchors: Mapping[str, date], *, variant: str | None = None, calendar: Calendar | None = None
) -> Chosen:
    """Every end of a choice of terms, given the local day of each anchor, and the one that is the due day.

    `variant` is taken where a term has it. Raises `KeyError` for an unknown choice and for an anchor whose day is not given.
    """
    choice = rulebook.choices[choice_id]
    terms = [rulebook.terms[name] for name in choice.of]
    ends = tuple(
        compute(rulebook, term.id, anchors[term.anchor], variant=variant if variant in term.variants else None, calendar=calendar)
        for term in terms
    )
    pick = max if choice.due == "latest" else min
    return Chosen(choice, pick(ends, key=lambda end: end.due_on), ends)


def possible_from(rulebook: Rulebook, term_id: str, anchor: date, *, variant: str | None = None, calendar: Calendar | None = None) -> date:
    """The first day on which an act is possible under a `not_before` term.

    Forward ("after a year has run out"): the day after its last day. Backward ("not earlier than N months before"): the day that lies
    so far before the anchor, which is included as it is in "not later than N months before".
    """
    term = rulebook.terms[term_id]
    if term.nature != "not_before":
        raise ValueError(f"term {term_id!r} bars nothing until it has run out")
    due_on = compute(rulebook, term_id, anchor, variant=variant, calendar=calendar).due_on
    return due_on if term.direction == "before" else due_on + DAY


def earliest_anchor(rulebook: Rulebook, term_id: str, acted_on: date, *, calendar: Calendar | None = None) -> date:
    """For a backward term, the first day its anchor may fall on when the act is done on `acted_on`.

    So a visit announced on that day may start on the returned day at the earliest. It may be a day off.
    """
    term = rulebook.terms[term_id]
    if term.direction != "before":
        raise ValueError(f"term {term_id!r} does not run before its anchor")
    calendar = calendar or calendar_for(rulebook.country)
    _, count = _stated(term, term.default_variant)
    day = _shift(acted_on, Count(count.amount, count.unit, backward=False), calendar)
    while _shift(day, count, calendar) < acted_on:
        day += DAY
    return day


def latest_day(rulebook: Rulebook, term_id: str, anchor: date) -> date:
    """For a backward term, the last day to act before the anchor, such as the last day to announce a visit's start."""
    if rulebook.terms[term_id].direction != "before":
        raise ValueError(f"term {term_id!r} does not run before its anchor")
    return compute(rulebook, term_id, anchor).due_on


def working_days_between(rulebook: Rulebook, start: date, end: date, *, calendar: Calendar | None = None) -> int:
    """Working days of the rulebook's country from `start` to `end`, both included."""
    return (calendar or calendar_for(rulebook.country)).working_days_between(start, end)


def length(rulebook: Rulebook, range_id: str, start: date, end: date, *, calendar: Calendar | None = None) -> Length:
    """Measure a stay against a range of working or calendar days, both ends included."""
    allowed = rulebook.ranges[range_id]
    match allowed.unit:
        case "working_days":
            amount = working_days_between(rulebook, start, end, calendar=calendar)
        case "calendar_days":
            amount = max(0, (end - start).days + 1)
        case _:
            raise ValueError(f"range {range_id!r} is not in days")
    return Length(amount, allowed.holds(amount), allowed.minimum, allowed.maximum, allowed.clause)
