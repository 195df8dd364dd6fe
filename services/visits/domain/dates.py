"""When a visit may be, by the case's rulebook and the legal calendar (order 109, p. 14, 15)."""

from dataclasses import dataclass
from datetime import date

from chassis.problems import Refused
from regulations import Calendar, Cited, Rulebook, earliest_anchor, enforces, length

ORDER_109 = "kz-109-2008-accreditation"
NOTICE = "visit_notice"
LENGTH = "visit_length"


@dataclass(frozen=True)
class Rules:
    """What decides a visit: the case's rulebook and the working days of its country."""

    rulebook: Rulebook
    calendar: Calendar


def clause_of(cited: Cited) -> str:
    """The clause of a rulebook's value, for a refusal."""
    return cited.clause or ""


@enforces(ORDER_109, "15")
def check_length(starts_on: date, ends_on: date, rules: Rules) -> None:
    """The visit begins and ends on working days and lasts as many of them as the rulebook allows."""
    book = rules.rulebook
    stay = length(book, LENGTH, starts_on, ends_on, calendar=rules.calendar)
    off = [day for day in dict.fromkeys((starts_on, ends_on)) if not rules.calendar.is_working_day(day)]
    if off:
        names = " and ".join(f"{day} ({rules.calendar.holiday_name(day) or day.strftime('%A')})" for day in off)
        reason = f"a visit starts and ends on working days, not on {names}"
    elif not stay.allowed:
        reason = f"the visit would last {stay.amount} working days"
    else:
        return
    raise Refused(
        reason,
        clause=clause_of(book.ranges[LENGTH]),
        rulebook=book.id,
        accepts=f"a visit of {stay.minimum} to {stay.maximum} working days that starts and ends on one",
    )


@enforces(ORDER_109, "14 (b)")
def check_notice(starts_on: date, on: date, rules: Rules, *, waived: bool) -> None:
    """The institution learns the dates in time, unless it has agreed in writing to a shorter notice; never after the fact."""
    book = rules.rulebook
    term = book.terms[NOTICE]
    may_waive = bool(book.setting("visit_notice_waiver"))
    first = rules.calendar.next_working_day(earliest_anchor(book, term.id, on, calendar=rules.calendar))
    if starts_on >= (on if waived and may_waive else first):
        return
    if waived and may_waive:
        reason, accepts = "a visit is announced before it starts, with a waiver too", f"a start on {on} or later"
    else:
        reason = f"the institution is told {term.amount} {term.unit.replace('_', ' ')} before the start"
        waiver = ", or the institution's written waiver of this notice" if may_waive else ""
        accepts = f"a start on {first} or later{waiver}"
    raise Refused(
        f"a visit announced on {on} cannot start on {starts_on}: {reason}",
        clause=clause_of(term),
        rulebook=book.id,
        accepts=accepts,
        first_start_on=first.isoformat(),
    )
