"""A deadline's life: set once, reminded of, met, missed, extended or withdrawn; each step twice is the same as once.

The commission's report is due on the third working day after the visit (order 109, p. 17): a visit that ends on Tuesday 16 March 2010
is followed by Nauryz (22-24 March), so Wednesday 17, Thursday 18 and Friday 19 count.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, NotFound
from chassis.testing import Given, given
from regulations import RulebookChanged, calendar_for, load
from services.monitoring.contract import (
    DeadlineExtended,
    DeadlineMet,
    DeadlineMissed,
    DeadlineReminded,
    DeadlineSet,
    DeadlineTerms,
    DeadlineWithdrawn,
)
from services.monitoring.domain.deadline import (
    DEADLINE,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    RemindOfDeadline,
    SetDeadline,
    WithdrawDeadline,
    deadline_id,
)
from services.monitoring.domain.state import Deadline
from services.monitoring.handlers import terms_of

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
ANCHOR, DUE = date(2010, 3, 16), date(2010, 3, 19)
MIDNIGHT = datetime(2010, 3, 19, 18, 0, tzinfo=UTC)
"""24:00 of the due day in Almaty, six hours ahead of UTC in 2010."""

SET = DeadlineSet(
    deadline_id="d-1",
    case_id="case-1",
    workflow_id="case-1",
    institution_id="kaznu",
    rulebook=RULES.ref,
    rule="visit_report",
    clause="17",
    source="reading",
    binds="expert_commission",
    anchor="visit_end",
    anchor_on=ANCHOR,
    due_on=DUE,
    due_at=MIDNIGHT,
    zone="Asia/Almaty",
    calendar_version=calendar_for("KZ").version,
    estimated=False,
    falls_on_day_off=False,
    reminders=(date(2010, 3, 18),),
)
IDS = {"deadline_id": "d-1", "case_id": "case-1"}
LATER = date(2010, 3, 26)
EXTENDED = DeadlineExtended(
    **IDS,
    workflow_id="case-1",
    previous_due_on=DUE,
    due_on=LATER,
    due_at=datetime(2010, 3, 26, 18, 0, tzinfo=UTC),
    reason="The chair is ill",
    reminders=(date(2010, 3, 25),),
    reminders_at=(datetime(2010, 3, 24, 18, 0, tzinfo=UTC),),
)
REMINDED = DeadlineReminded(**IDS, reminded_on=date(2010, 3, 18), due_on=DUE)
MISSED = DeadlineMissed(**IDS, missed_on=date(2010, 3, 20))
MET = DeadlineMet(**IDS, met_on=DUE, late_days=0)
WITHDRAWN = DeadlineWithdrawn(**IDS, workflow_id="case-1", reason="The case was closed")


def deadline(*events: Event) -> Given[Deadline]:
    return given(DEADLINE, events)


def at(day: date, hour: int = 6) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(hour), UTC), "by": "workflow:case-1"}


def setting(rule: str = "visit_report", anchor_on: date = ANCHOR) -> SetDeadline:
    fields = {**IDS, "workflow_id": "case-1", "institution_id": "kaznu", "rulebook": RULES.ref}
    return SetDeadline(**at(ANCHOR), **fields, rule=rule, anchor_on=anchor_on)


def meet(on: date, told: date | None = None) -> MeetDeadline:
    return MeetDeadline(**at(told or on), on=on)


def miss(instant: datetime = MIDNIGHT) -> MissDeadline:
    return MissDeadline(at=instant, by="workflow:case-1")


def extend(due_on: date = LATER, on: date = ANCHOR) -> ExtendDeadline:
    return ExtendDeadline(**at(on), due_on=due_on, reason="The chair is ill")


def withdraw() -> WithdrawDeadline:
    return WithdrawDeadline(**at(ANCHOR), reason="The case was closed")


def remind(on: date) -> RemindOfDeadline:
    return RemindOfDeadline(**at(on))


def standing(*events: Event) -> DeadlineTerms:
    """What a waiting lifecycle is told."""
    return terms_of(DEADLINE.fold(events), len(events))


class TestSetting:
    @pytest.mark.clause(ORDER_109, "17")
    def test_it_is_set_with_its_clause_calendar_and_reminders(self) -> None:
        deadline().when(setting()).then(SET)

    def test_it_is_set_once_and_setting_it_again_changes_nothing(self) -> None:
        deadline(SET).when(setting()).then()
        deadline(SET, MISSED).when(setting(anchor_on=date(2010, 5, 3))).then()

    @pytest.mark.clause(ORDER_109, "11")
    def test_the_overall_term_is_three_years_from_the_registration(self) -> None:
        (event,) = deadline().when(setting("overall", date(2009, 3, 2))).then_types(DeadlineSet)
        assert isinstance(event, DeadlineSet)
        assert (event.due_on, event.binds, event.clause) == (date(2012, 3, 2), "accreditation_body", "11")
        assert event.reminders[0] == date(2011, 3, 3)

    @pytest.mark.clause(ORDER_109, "21")
    def test_a_backward_term_binds_from_its_anchor_back(self) -> None:
        (event,) = deadline().when(setting("renewal_application", date(2015, 3, 15))).then_types(DeadlineSet)
        assert isinstance(event, DeadlineSet)
        assert (event.due_on, event.falls_on_day_off) == (date(2014, 3, 15), True)

    def test_a_practice_is_told_apart_from_the_text(self) -> None:
        (event,) = deadline().when(setting("certificate_issue")).then_types(DeadlineSet)
        assert isinstance(event, DeadlineSet)
        assert (event.source, event.reminders) == ("practice", (date(2010, 3, 26), date(2010, 4, 1)))
        assert event.due_on == date(2010, 4, 2)

    def test_one_is_set_for_each_lifecycle_rule_and_round(self) -> None:
        ids = {deadline_id(w, rule, n) for w in ("case-1", "case-2") for rule in ("overall", "visit_report") for n in (1, 2)}
        assert len(ids) == 8
        assert deadline_id("case-1", "overall", 1) in ids

    def test_nothing_is_computed_by_an_altered_rulebook(self) -> None:
        altered = setting().model_copy(update={"rulebook": RULES.ref.model_copy(update={"content_hash": "0" * 64})})
        with pytest.raises(RulebookChanged):
            deadline().when(altered)

    def test_nothing_happens_to_what_was_never_set(self) -> None:
        for command in (remind(DUE), meet(DUE), miss(), extend(), withdraw()):
            assert isinstance(deadline().when(command).then_refused(), NotFound)


class TestReminding:
    def test_it_is_reminded_of_while_it_is_open(self) -> None:
        deadline(SET).when(remind(date(2010, 3, 18))).then(REMINDED)

    @pytest.mark.parametrize("after", [REMINDED, MET, MISSED, WITHDRAWN], ids=lambda event: type(event).__name__)
    def test_nobody_is_reminded_twice_or_of_what_is_over(self, after: Event) -> None:
        deadline(SET, after).when(remind(date(2010, 3, 18))).then()

    def test_a_reminder_tells_the_due_date_that_holds(self) -> None:
        (event,) = deadline(SET, EXTENDED).when(remind(date(2010, 3, 25))).then_types(DeadlineReminded)
        assert isinstance(event, DeadlineReminded)
        assert event.due_on == LATER


class TestMeeting:
    @pytest.mark.parametrize("on", [ANCHOR, date(2010, 3, 18), DUE])
    def test_it_is_met_in_time_to_the_end_of_its_last_day(self, on: date) -> None:
        deadline(SET).when(meet(on)).then(MET.model_copy(update={"met_on": on}))

    @pytest.mark.parametrize(("on", "days"), [(date(2010, 3, 20), 1), (date(2010, 4, 2), 14)])
    def test_what_comes_after_it_was_missed_is_met_late_by_calendar_days(self, on: date, days: int) -> None:
        deadline(SET, MISSED).when(meet(on)).then(DeadlineMet(**IDS, met_on=on, late_days=days))

    def test_lateness_is_told_even_where_the_miss_was_not_recorded_yet(self) -> None:
        deadline(SET).when(meet(date(2010, 3, 21))).then(DeadlineMet(**IDS, met_on=date(2010, 3, 21), late_days=2))

    def test_what_was_done_in_time_and_became_known_late_is_not_late(self) -> None:
        deadline(SET, MISSED).when(meet(DUE, told=date(2010, 3, 30))).then(MET)

    def test_lateness_counts_from_the_extended_day(self) -> None:
        deadline(SET, EXTENDED).when(meet(LATER)).then(DeadlineMet(**IDS, met_on=LATER, late_days=0))

    @pytest.mark.parametrize("after", [MET, WITHDRAWN], ids=lambda event: type(event).__name__)
    def test_it_is_met_once_and_not_after_it_was_withdrawn(self, after: Event) -> None:
        deadline(SET, after).when(meet(date(2010, 3, 25))).then()


class TestMissing:
    def test_it_is_missed_with_the_end_of_the_local_day(self) -> None:
        second = timedelta(seconds=1)
        assert isinstance(deadline(SET).when(miss(MIDNIGHT - second)).then_refused(words="2010-03-19"), Conflict)
        deadline(SET).when(miss(MIDNIGHT)).then(MISSED)

    def test_it_is_missed_on_the_first_day_too_late_whenever_that_is_recorded(self) -> None:
        deadline(SET).when(miss(MIDNIGHT + timedelta(days=40))).then(MISSED)

    @pytest.mark.parametrize("after", [MISSED, MET, WITHDRAWN], ids=lambda event: type(event).__name__)
    def test_it_is_missed_once_and_only_while_open(self, after: Event) -> None:
        deadline(SET, after).when(miss()).then()

    def test_an_extended_one_is_missed_with_its_new_day(self) -> None:
        assert isinstance(deadline(SET, EXTENDED).when(miss(MIDNIGHT)).then_refused(words="2010-03-26"), Conflict)
        deadline(SET, EXTENDED).when(miss(EXTENDED.due_at)).then(DeadlineMissed(**IDS, missed_on=date(2010, 3, 27)))


class TestExtending:
    def test_a_person_moves_it_forward_with_a_reason_and_its_reminders_move_along(self) -> None:
        deadline(SET).when(extend()).then(EXTENDED)

    def test_it_is_extended_again_from_where_it_stands(self) -> None:
        (event,) = deadline(SET, EXTENDED).when(extend(date(2010, 4, 2))).then_types(DeadlineExtended)
        assert isinstance(event, DeadlineExtended)
        assert (event.previous_due_on, event.reminders) == (LATER, (date(2010, 4, 1),))

    def test_reminders_that_would_have_passed_are_dropped(self) -> None:
        (event,) = deadline(SET).when(extend(date(2010, 3, 20), on=DUE)).then_types(DeadlineExtended)
        assert isinstance(event, DeadlineExtended)
        assert (event.reminders, event.reminders_at) == ((), ())

    @pytest.mark.parametrize("due_on", [DUE, date(2010, 3, 18)], ids=["the same day", "an earlier day"])
    def test_it_is_never_extended_backward(self, due_on: date) -> None:
        assert isinstance(deadline(SET).when(extend(due_on)).then_refused(words="forward"), Conflict)

    def test_it_is_never_extended_to_a_day_that_has_passed(self) -> None:
        command = extend(date(2010, 3, 22), on=date(2010, 3, 23))
        assert isinstance(deadline(SET).when(command).then_refused(words="has passed"), Conflict)

    @pytest.mark.parametrize("after", [MET, MISSED, WITHDRAWN], ids=lambda event: type(event).__name__)
    def test_only_an_open_one_is_extended(self, after: Event) -> None:
        assert isinstance(deadline(SET, after).when(extend()).then_refused(words="only an open one"), Conflict)


class TestWithdrawing:
    def test_it_no_longer_binds_anybody(self) -> None:
        deadline(SET).when(withdraw()).then(WITHDRAWN)

    def test_it_is_withdrawn_once(self) -> None:
        assert isinstance(deadline(SET, WITHDRAWN).when(withdraw()).then_refused(words="is withdrawn"), Conflict)

    @pytest.mark.parametrize("after", [MET, MISSED], ids=lambda event: type(event).__name__)
    def test_what_is_met_or_missed_stays_so(self, after: Event) -> None:
        assert isinstance(deadline(SET, after).when(withdraw()).then_refused(words="only an open one"), Conflict)


def test_a_waiting_lifecycle_is_told_how_it_stands() -> None:
    states = [standing(SET), standing(SET, EXTENDED), standing(SET, MISSED), standing(SET, MISSED, MET), standing(SET, WITHDRAWN)]
    assert [(each.state, each.due_on) for each in states] == [
        ("open", DUE),
        ("open", LATER),
        ("missed", DUE),
        ("met", DUE),
        ("withdrawn", DUE),
    ]
    assert states[0].reminders_at == (datetime(2010, 3, 17, 18, 0, tzinfo=UTC),)
    assert states[1].reminders_at == EXTENDED.reminders_at
    assert [each.version for each in states] == [1, 2, 2, 3, 2]
