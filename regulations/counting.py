"""How a term was counted, step by step and in words: every day counted, every day left out and why, the roll, the end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from regulations.calendar import DAY, Calendar
from regulations.values import Term, Unit

StepKind = Literal["anchor", "not_counted", "skipped", "worked", "counted", "clipped", "day_off", "rolled", "stays", "estimated", "ends"]

#: A count over more calendar days than these is told in runs of days.
DAY_BY_DAY = 31


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a computation: `what` for translation, the day it is about (the first of a run to `until`), and an English sentence."""

    what: StepKind
    on: date
    text: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What a term counts, and in which direction."""

    amount: int
    unit: Unit
    backward: bool

    def __str__(self) -> str:
        """Such as `1 year before` or `10 working days after`."""
        unit = self.unit.replace("_", " ")
        return f"{self.amount} {unit.removesuffix('s') if self.amount == 1 else unit} {'before' if self.backward else 'after'}"


@dataclass(frozen=True, slots=True)
class Counted:
    """A count that was made: it ended on `counted` and, where a day off moved it, the term on `due_on`."""

    term: Term
    count: Count
    anchor: date
    counted: date
    due_on: date
    due_at: datetime
    estimated: bool
    zone: str


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    works: bool
    why: str
    number: int
    """Which of the counted days it is, or is next to be."""


def steps_of(made: Counted, calendar: Calendar) -> tuple[Step, ...]:
    """Each step in the order in which a person counts."""
    return tuple(_steps(made, calendar))


def _steps(made: Counted, calendar: Calendar) -> Iterator[Step]:
    yield Step("anchor", made.anchor, f"{made.term.anchor} on {made.anchor}")
    yield Step("not_counted", made.anchor, "the day of the event is not counted")
    if made.count.unit == "working_days":
        yield from _working_days(made, calendar)
    else:
        yield Step("counted", made.counted, f"{made.count}: {made.counted}")
    if made.count.unit in ("months", "years") and made.counted.day != made.anchor.day:
        yield Step("clipped", made.counted, f"that month has no day {made.anchor.day}: its last day, {made.counted}")
    if made.due_on != made.counted:
        for day in _days(made.counted, made.due_on - DAY):
            yield Step("day_off", day, f"{day} is a day off ({_why(day, calendar)})")
        yield Step("rolled", made.due_on, f"the end moves to the next working day, {made.due_on}")
    elif not calendar.is_working_day(made.due_on):
        yield Step("stays", made.due_on, f"{made.due_on} is a day off ({_why(made.due_on, calendar)}); this term never moves")
    if made.estimated:
        yield Step("estimated", made.due_on, "rests on an estimated religious date and may still move")
    yield Step("ends", made.due_on, f"ends at 24:00 of {made.due_on}, {made.zone}: {made.due_at.isoformat()}")


def _working_days(made: Counted, calendar: Calendar) -> Iterator[Step]:
    """Every day of the count, from the anchor on; long counts in runs of days that were alike."""
    tell = _in_runs if abs((made.counted - made.anchor).days) > DAY_BY_DAY else _day_by_day
    yield from tell(made.count, list(_walk(made, calendar)))


def _walk(made: Counted, calendar: Calendar) -> Iterator[_Day]:
    number, step = 1, -DAY if made.count.backward else DAY
    for on in _days(made.anchor + step, made.counted):
        works = calendar.is_working_day(on)
        decreed = works and on.isoweekday() not in calendar.working_week
        yield _Day(on, works, "a working day by decree" if decreed else "" if works else _why(on, calendar), number)
        number += works


def _day_by_day(count: Count, days: Sequence[_Day]) -> Iterator[Step]:
    for day in days:
        if not day.works:
            yield Step("skipped", day.on, f"{day.on} is not counted ({day.why})")
        else:
            decreed = f", {day.why}" if day.why else ""
            yield Step("worked" if day.why else "counted", day.on, f"{day.on} is counted{decreed}: {_of(day.number, count)}")


def _in_runs(count: Count, days: Sequence[_Day]) -> Iterator[Step]:
    for run in _runs(days, lambda day: (day.works, day.why if day.works else "")):
        first, last = run[0], run[-1]
        until, span = (last.on, f"{first.on} to {last.on}") if len(run) > 1 else (None, str(first.on))
        if not first.works:
            why = ", ".join(dict.fromkeys(day.why for day in run))
            yield Step("skipped", first.on, f"{span}: {len(run)} day{'s' * (len(run) > 1)} off ({why}) not counted", until)
        else:
            numbers = _of(first.number, count) if until is None else f"days {first.number} to {last.number} of {count.amount}"
            decreed = f", {first.why}" if first.why else ""
            yield Step("worked" if first.why else "counted", first.on, f"{span} counted{decreed}: {numbers}", until)


def _runs(days: Sequence[_Day], alike: Callable[[_Day], object]) -> Iterator[list[_Day]]:
    run: list[_Day] = []
    for day in days:
        if run and alike(run[-1]) != alike(day):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _of(number: int, count: Count) -> str:
    return f"day {number} of {count.amount}"


def _days(first: date, last: date) -> Iterator[date]:
    """Both included, in the direction from the first to the last."""
    step = DAY if last >= first else -DAY
    return (first + step * offset for offset in range(abs((last - first).days) + 1))


def _why(day: date, calendar: Calendar) -> str:
    return calendar.holiday_name(day) or day.strftime("%A")
