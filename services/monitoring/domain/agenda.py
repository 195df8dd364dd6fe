"""When a follow-up moves by itself: the cycles to come, each with the instant at which its window opens. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from regulations import Rulebook, compute, end_of_local_day, enforces
from regulations.deadlines import add_months
from services.monitoring.contract import CycleWindow
from services.monitoring.domain import profile
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU

_DAY = timedelta(days=1)
_YEAR = 12


@dataclass(frozen=True)
class Life:
    """What the days of a certificate's cycles are computed from. `begun` is the number of the last cycle that has opened."""

    kind: str | None
    issued_on: date
    received_on: date | None
    valid_until: date
    expected: Mapping[int, date]
    opened_on: date
    begun: int = 0


@enforces(AAKR, "I.2", "II.3", "II.4.e")
def proposed(life: Life, cycle: int) -> date | None:
    """The day on which a yearly cycle's monitoring is expected unless a person says otherwise: the anniversary of the certificate's
    receipt. A certificate that is over before the first anniversary is monitored once, by its last day."""
    if life.received_on is None:
        return None
    anniversary = add_months(life.received_on, _YEAR * cycle)
    if anniversary <= life.valid_until:
        return anniversary
    return life.valid_until if cycle == 1 else None


def expected_on(life: Life, cycle: int) -> date | None:
    """The expected day of a yearly cycle, as a person set it, else as it is proposed."""
    return life.expected.get(cycle) or proposed(life, cycle)


@enforces(AAKR, "I.2", "II.4.e")
@enforces(SAPATTUU, "2.1", "2.5.p3", "2.6.s1", "2.6.s2")
def windows(rules: Rulebook, life: Life) -> tuple[CycleWindow, ...]:
    """The cycles that are still to open: by the rulebook, the kind and the days alone, for every institution alike."""
    terms = profile.report_rules(rules, life.kind)
    if not terms:
        return ()
    return tuple(_yearly(rules, terms, life) if profile.every_year(rules) else _once(rules, terms, life))


def _yearly(rules: Rulebook, terms: tuple[str, ...], life: Life) -> Iterator[CycleWindow]:
    """What was expected before the follow-up was opened was done on paper."""
    since = life.received_on or life.issued_on
    for cycle in count(1):
        expected = expected_on(life, cycle)
        if expected is None and not any(number > cycle for number in life.expected):
            return
        if expected is None:
            continue
        if cycle > life.begun and expected >= life.opened_on:
            yield _window(rules, terms, cycle, since, expected, life)
        since = expected


def _once(rules: Rulebook, terms: tuple[str, ...], life: Life) -> Iterator[CycleWindow]:
    if life.begun < 1 and rules.setting_if_any("reports_per_certificate") is not None:
        yield _window(rules, terms, 1, life.received_on or life.issued_on, life.expected.get(1), life)


def _window(rules: Rulebook, terms: tuple[str, ...], cycle: int, since: date, expected: date | None, life: Life) -> CycleWindow:
    """Opens with the first reminder of any of the report's terms; of alternatives the earliest reminds."""
    anchors = {rule: expected if profile.by_visit(rules, rule) else life.valid_until for rule in terms}
    due = {rule: compute(rules, rule, anchor).due_on for rule, anchor in anchors.items() if anchor is not None}
    first = min(due_on - _first_reminder(rules, rule) for rule, due_on in due.items())
    report_due = min(due.values())
    return CycleWindow(
        cycle=cycle,
        opens_at=end_of_local_day(first - _DAY, rules.zone),
        report_due_on=report_due,
        expected_on=expected,
        period_from=since,
        period_until=max(since, expected if profile.every_year(rules) and expected else report_due),
    )


def _first_reminder(rules: Rulebook, rule: str) -> timedelta:
    own = rules.terms[rule].reminders
    distances = own if own is not None else rules.setting_if_any("reminder_distances")
    return max((int(each) for each in distances), default=0) * _DAY if isinstance(distances, tuple) else 0 * _DAY
