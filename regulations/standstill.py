"""A clock that stood still: where the end of a term lies after it. Pure, like `deadlines`; the texts are silent on suspension."""

from collections.abc import Iterable
from datetime import date

from regulations.calendar import DAY, Calendar
from regulations.rulebook import Rulebook
from regulations.values import Term

#: From this local day to this one the clock stood still; on the second it runs again.
Standstill = tuple[date, date]


def lost_days(still: Standstill, since: date = date.min) -> int:
    """The local days on which the clock stood still, of those from `since` on."""
    stopped, resumed = still
    return max(0, (resumed - max(stopped, since)).days)


def end_after(due_on: date, still: Standstill, term: Term | None, rules: Rulebook, calendar: Calendar, since: date = date.min) -> date:
    """The last day after a standstill: so many days later, and where working days are counted, never with fewer of them left.

    It rolls as the term does. A day that no term gives (`None`: a contract's own) neither rolls nor counts working days.
    """
    lost = lost_days(still, since)
    if not lost:
        return due_on
    moved = due_on + lost * DAY
    if term is None:
        return moved
    stated = term if term.default_variant is None else term.variants[term.default_variant]
    if stated.unit == "working_days":
        left = calendar.working_days_between(max(still[0], since) + DAY, due_on)
        moved = max(moved, calendar.add_working_days(still[1], left))
    rolls = term.roll == "next_working_day" and rules.setting("forward_term_on_day_off") == "next_working_day"
    return calendar.next_working_day(moved) if rolls else moved


def end_after_all(
    due_on: date, stills: Iterable[Standstill], term: Term | None, rules: Rulebook, calendar: Calendar, since: date = date.min
) -> date:
    """The last day after standstills in their order; one that began when the term was over changes nothing, none counts a day twice."""
    for still in stills:
        if still[0] <= due_on:
            due_on = end_after(due_on, still, term, rules, calendar, since)
        since = max(since, still[1])
    return due_on
