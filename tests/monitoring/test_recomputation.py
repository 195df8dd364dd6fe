"""A deadline is computed anew when its calendar has changed: from the same anchor, by the same rulebook, and never against a person.

By the estimate Kurban Ait of 2026 is on Wednesday, 27 May. Three working days after that day end on Monday, 1 June; with the holiday on
Thursday, 28 May, on Tuesday, 2 June.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.events import Event, Recorded
from chassis.problems import Conflict, NotFound
from chassis.testing import Given, given
from regulations import AnnouncedDay, Calendar, DecreedDay, calendar_for, compute, end_of_local_day, load
from services.monitoring import contract, readmodels
from services.monitoring.contract import DeadlineExtended, DeadlineRecomputed, DeadlineSet
from services.monitoring.domain import deadline as domain
from services.monitoring.domain.deadline import DEADLINE, ExtendDeadline, MissDeadline, RecomputeDeadline
from services.monitoring.domain.state import Deadline
from services.monitoring.handlers import terms_of

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
DAY = timedelta(days=1)
KURBAN_AIT, THURSDAY, MONDAY, TUESDAY = date(2026, 5, 27), date(2026, 5, 28), date(2026, 6, 1), date(2026, 6, 2)
TOLD = AnnouncedDay(estimated=KURBAN_AIT, date=THURSDAY, instrument="Announcement No. 5", dated=date(2026, 5, 18))
ESTIMATE, ANNOUNCED = calendar_for("KZ"), calendar_for("KZ", (), (TOLD,))
IDS: dict[str, Any] = {"deadline_id": "d-1", "case_id": "case-1", "workflow_id": "case-1"}


def was_set(calendar: Calendar, anchor_on: date = KURBAN_AIT, rule: str = "visit_report") -> DeadlineSet:
    due = compute(RULES, rule, anchor_on, calendar=calendar)
    return DeadlineSet(
        **IDS,
        institution_id="kaznu",
        rulebook=RULES.ref,
        rule=rule,
        clause=due.clause,
        source=due.kind,
        binds=RULES.terms[rule].binds,
        anchor=due.anchor,
        anchor_on=anchor_on,
        due_on=due.due_on,
        due_at=due.due_at,
        zone=RULES.zone,
        calendar_version=calendar.version,
        estimated=due.estimated,
        falls_on_day_off=due.falls_on_day_off,
        reminders=due.reminders_on,
    )


def extended_to(day: date) -> DeadlineExtended:
    [event] = deadline(was_set(ESTIMATE)).when(ExtendDeadline(**at(THURSDAY), due_on=day, reason="Illness")).then_types(DeadlineExtended)
    assert isinstance(event, DeadlineExtended)
    return event


def deadline(*events: Event) -> Given[Deadline]:
    return given(DEADLINE, events)


def at(day: date) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "coordinator"}


def recomputed(*events: Event, on: date = THURSDAY) -> DeadlineRecomputed:
    [event] = deadline(*events).when(RecomputeDeadline(**at(on))).then_types(DeadlineRecomputed)
    assert isinstance(event, DeadlineRecomputed)
    return event


@pytest.fixture
def calendar_is(monkeypatch: pytest.MonkeyPatch) -> Any:
    """From here on this is the calendar of the country."""

    def is_now(calendar: Calendar) -> None:
        monkeypatch.setattr(domain, "calendar_for", lambda country: calendar)

    return is_now


def test_an_announced_day_moves_the_end_later_and_the_flag_goes(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    first = was_set(ESTIMATE)
    assert (first.due_on, first.estimated) == (MONDAY, True)
    said = (
        f"The calendar {ESTIMATE.version} has become {ANNOUNCED.version}: "
        "the religious holiday on 2026-05-28, instead of 2026-05-27 (Announcement No. 5, 2026-05-18)"
    )
    fact = DeadlineRecomputed(
        **IDS,
        previous_due_on=MONDAY,
        due_on=TUESDAY,
        due_at=end_of_local_day(TUESDAY, RULES.zone),
        previous_calendar_version=ESTIMATE.version,
        calendar_version=ANNOUNCED.version,
        estimated=False,
        falls_on_day_off=False,
        extended=False,
        reason=said,
        reminders=(MONDAY,),
        reminders_at=(end_of_local_day(MONDAY - DAY, RULES.zone),),
    )
    deadline(first).when(RecomputeDeadline(**at(THURSDAY))).then(fact)


def test_it_may_end_earlier(calendar_is: Any) -> None:
    calendar_is(ESTIMATE)
    fact = recomputed(was_set(ANNOUNCED))
    assert (fact.previous_due_on, fact.due_on, fact.estimated) == (TUESDAY, MONDAY, True)
    assert fact.reason.endswith("nothing is announced or decreed of these days")


def test_reminders_of_days_that_have_begun_are_dropped(calendar_is: Any) -> None:
    calendar_is(ESTIMATE)
    assert recomputed(was_set(ANNOUNCED), on=MONDAY - DAY).reminders == ()


@pytest.mark.parametrize("on", [KURBAN_AIT, THURSDAY], ids=["as estimated", "a day later"])
def test_a_recomputation_that_moves_nothing_is_recorded_so_that_the_flag_goes(calendar_is: Any, on: date) -> None:
    """Of 26, 27, 28 and 29 May one is the holiday: three working days after the 25th end on the 29th either way."""
    told = calendar_for("KZ", (), (TOLD.model_copy(update={"date": on}),))
    calendar_is(told)
    fact = recomputed(was_set(ESTIMATE, date(2026, 5, 25)), on=date(2026, 5, 26))
    assert fact.previous_due_on == fact.due_on == date(2026, 5, 29)
    assert (fact.estimated, fact.calendar_version) == (False, told.version)


def test_by_the_same_calendar_nothing_follows_and_nothing_follows_twice(calendar_is: Any) -> None:
    deadline(was_set(ESTIMATE)).when(RecomputeDeadline(**at(THURSDAY))).then()
    calendar_is(ANNOUNCED)
    first = was_set(ESTIMATE)
    deadline(first, recomputed(first)).when(RecomputeDeadline(**at(THURSDAY))).then()


def test_what_a_person_gave_stays_and_the_new_calendar_is_recorded(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    given_more = extended_to(date(2026, 6, 10))
    fact = recomputed(was_set(ESTIMATE), given_more)
    assert (fact.due_on, fact.due_at, fact.reminders) == (given_more.due_on, given_more.due_at, given_more.reminders)
    assert (fact.extended, fact.estimated, fact.calendar_version) == (True, False, ANNOUNCED.version)
    calendar_is(ESTIMATE)
    again = recomputed(was_set(ESTIMATE), given_more, fact)
    assert (again.due_on, again.extended, again.previous_calendar_version) == (given_more.due_on, True, ANNOUNCED.version)
    assert not again.estimated, "what a person gave rests on no estimate"


def test_what_a_person_gave_is_overtaken_where_the_rules_alone_give_more(calendar_is: Any) -> None:
    closed = [DecreedDay(date=TUESDAY + DAY * n, kind="off", instrument="Decree 7", dated=KURBAN_AIT) for n in range(3)]
    calendar_is(calendar_for("KZ", tuple(closed), (TOLD.model_copy(update={"date": MONDAY}),)))
    fact = recomputed(was_set(ESTIMATE), extended_to(TUESDAY))
    assert (fact.due_on, fact.extended) == (date(2026, 6, 5), False)


def test_a_day_given_by_a_person_says_when_it_is_off_by_now(calendar_is: Any) -> None:
    given_more = extended_to(date(2026, 6, 10))
    calendar_is(calendar_for("KZ", (DecreedDay(date=given_more.due_on, kind="off", instrument="Decree 8"),)))
    assert recomputed(was_set(ESTIMATE), given_more).falls_on_day_off


def test_a_validity_that_ends_on_a_religious_day_stays_where_it_is(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    fact = recomputed(was_set(ESTIMATE, date(2021, 5, 28), "certificate_validity"))
    assert (fact.previous_due_on, fact.due_on, fact.falls_on_day_off) == (THURSDAY, THURSDAY, True)


@pytest.mark.parametrize(
    "after",
    [
        contract.DeadlineMet(deadline_id="d-1", case_id="case-1", met_on=THURSDAY, late_days=0),
        contract.DeadlineMissed(deadline_id="d-1", case_id="case-1", missed_on=TUESDAY),
        contract.DeadlineWithdrawn(**IDS, reason="The case was closed"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_only_an_open_one_is_recomputed(calendar_is: Any, after: Event) -> None:
    calendar_is(ANNOUNCED)
    refused = deadline(was_set(ESTIMATE), after).when(RecomputeDeadline(**at(THURSDAY))).then_refused(words="only an open one")
    assert isinstance(refused, Conflict)


def test_what_was_never_set_is_not_recomputed() -> None:
    assert isinstance(deadline().when(RecomputeDeadline(**at(THURSDAY))).then_refused(), NotFound)


def test_it_is_missed_by_its_new_end_and_a_lifecycle_is_told_it(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    first = was_set(ESTIMATE)
    moved = recomputed(first)
    miss = MissDeadline(at=first.due_at, by="workflow:case-1")
    assert isinstance(deadline(first, moved).when(miss).then_refused(words="2026-06-02"), Conflict)
    terms = terms_of(DEADLINE.fold([first, moved]), 2)
    assert (terms.due_on, terms.due_at, terms.reminders_at, terms.version) == (TUESDAY, moved.due_at, moved.reminders_at, 2)


def test_an_extension_after_it_starts_from_the_new_end(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    first = was_set(ESTIMATE)
    extend = ExtendDeadline(**at(THURSDAY), due_on=TUESDAY, reason="Illness")
    assert isinstance(deadline(first, recomputed(first)).when(extend).then_refused(words="2026-06-02"), Conflict)


def test_the_register_shows_the_new_end_its_calendar_and_why(calendar_is: Any) -> None:
    calendar_is(ANNOUNCED)
    fact = recomputed(was_set(ESTIMATE))
    noon = datetime(2026, 5, 28, 6, tzinfo=UTC)
    write = readmodels.deadlines.projectors[DeadlineRecomputed](Recorded(fact, "e-1", "monitoring", "a", "deadline-d-1", 2, noon, noon, {}))
    shown = write.values
    for name in ("due_on", "due_at", "calendar_version", "estimated", "falls_on_day_off", "extended"):
        assert shown[name] == getattr(fact, name)
    assert (shown["reminders"], shown["recomputation_reason"], shown["version"]) == (["2026-06-01"], fact.reason, 2)
    assert "first_due_on" not in shown
