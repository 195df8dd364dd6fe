"""When a visit may be, by the case's rulebook and the legal calendar (order 109, p. 14, 15; IQAA, S2.f.1).

What a rulebook lacks is not required: one without a term of notice asks for no notice, one without a length for no length.
"""

from dataclasses import dataclass
from datetime import date

from chassis.problems import Invalid, Refused
from regulations import Calendar, Cited, Rulebook, earliest_anchor, enforces, length
from services.visits.contract import VisitMode

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
NOTICE = "visit_notice"
LENGTH = "visit_length"
VISITING = ("visit", "external_audit")
DEPARTURE = "visit_length_departure"
WITH_REASON = "allowed_with_reason"


@dataclass(frozen=True)
class Rules:
    """What decides a visit: the case's rulebook and the working days of its country."""

    rulebook: Rulebook
    calendar: Calendar


def clause_of(cited: Cited) -> str:
    """The clause of a rulebook's value, for a refusal."""
    return cited.clause or ""


def check_between(first: date, day: date, on: date, pointer: str) -> None:
    """Invalid for a day before the first one that can be, or after the day `on`."""
    if not first <= day <= on:
        raise Invalid(f"{day} is no day from {first} to {on}", errors=[{"pointer": pointer, "detail": f"a day from {first} to {on}"}])


def visit_clause(book: Rulebook) -> str:
    """The clause under which the dates of a visit stand: of its notice, else of its length, else of the visit itself."""
    cited: tuple[Cited | None, ...] = (book.terms.get(NOTICE), book.ranges.get(LENGTH), book.stage(*VISITING))
    return next((clause_of(each) for each in cited if each), "")


def stay_clause(book: Rulebook) -> str:
    """The clause of a visit's length, else of the visit itself."""
    cited: tuple[Cited | None, ...] = (book.ranges.get(LENGTH), book.stage(*VISITING))
    return next((clause_of(each) for each in cited if each), "")


@enforces(ORDER_109, "15")
@enforces(IQAA, "S2.f.1")
def check_length(starts_on: date, ends_on: date, rules: Rules, reason: str | None = None) -> None:
    """The visit lasts as the rulebook says; one counted in working days begins and ends on them.

    Another length is taken for a `reason` where the rulebook allows a departure.
    """
    book = rules.rulebook
    if LENGTH not in book.ranges:
        return
    stay = length(book, LENGTH, starts_on, ends_on, calendar=rules.calendar)
    unit = book.ranges[LENGTH].unit
    by_working_days = unit == "working_days"
    ends = dict.fromkeys((starts_on, ends_on)) if by_working_days else ()
    off = [day for day in ends if not rules.calendar.is_working_day(day)]
    may_depart = book.setting_if_any(DEPARTURE) == WITH_REASON
    if off:
        names = " and ".join(f"{day} ({rules.calendar.holiday_name(day) or day.strftime('%A')})" for day in off)
        why = f"a visit starts and ends on working days, not on {names}"
    elif not stay.allowed and not (may_depart and reason):
        why = f"the visit would last {stay.amount} {unit.replace('_', ' ')}"
    else:
        return
    span = f"{stay.minimum}" if stay.minimum == stay.maximum else f"{stay.minimum}–{stay.maximum}"
    accepted = (
        f"a visit of {span}, counted in {unit.replace('_', ' ')}",
        "its first and its last day are working days" if by_working_days else "",
        "or the reason for another length" if may_depart else "",
    )
    raise Refused(
        why,
        clause=clause_of(book.ranges[LENGTH]),
        rulebook=book.id,
        accepts="; ".join(filter(None, accepted)),
    )


@enforces(ORDER_109, "14 (b)")
def check_notice(starts_on: date, on: date, rules: Rules, *, waived: bool) -> None:
    """The institution learns the dates in time, unless it has agreed in writing to a shorter notice; never after the fact."""
    book = rules.rulebook
    term = book.terms.get(NOTICE)
    if term is None:
        _check_not_past(starts_on, on, book)
        return
    may_waive = bool(book.setting_if_any("visit_notice_waiver"))
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


def _check_not_past(starts_on: date, on: date, book: Rulebook) -> None:
    """Where no notice is asked for, the institution is still told of what is to come."""
    if starts_on < on:
        raise Refused(
            f"a visit announced on {on} cannot start on {starts_on}: it is announced before it starts",
            clause=visit_clause(book),
            rulebook=book.id,
            accepts=f"a start on {on} or later",
            first_start_on=on.isoformat(),
        )


@enforces(IQAA, "S2.f.1")
def check_mode(mode: VisitMode | None, reason: str | None, rules: Rules) -> None:
    """The visit is to the institution; that it is remote, in part or wholly, a person decides and says why."""
    if mode in (None, "on_site") or reason:
        return
    raise Refused(
        f"the rulebook knows a visit to the institution, and this one would be {mode}",
        clause=place_clause(rules.rulebook),
        rulebook=rules.rulebook.id,
        accepts="a visit on site, or the reason why it is not",
    )


def place_clause(book: Rulebook) -> str:
    """The clause that sends the panel to the institution."""
    stage = book.stage(*VISITING)
    return clause_of(stage) if stage else ""
