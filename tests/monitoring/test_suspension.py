"""A deadline whose clock stands still, whose anchor moves, or whose day the contract sets.

The commission's report is due on the third working day after the visit (order 109, p. 17): a visit that ends on Monday 1 March 2010 is
followed by Tuesday 2, Wednesday 3 and Thursday 4; Monday 8 March is a holiday.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Invalid
from chassis.testing import Given, given
from regulations import DecreedDay, calendar_for, end_of_local_day, load
from services.monitoring import contract
from services.monitoring.contract import DeadlineMet, DeadlineRecomputed, DeadlineResumed, DeadlineSet, DeadlineSuspended
from services.monitoring.domain import deadline as domain
from services.monitoring.domain.deadline import (
    DEADLINE,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    MoveAnchor,
    RecomputeDeadline,
    RemindOfDeadline,
    ResumeDeadline,
    SetDeadline,
    SuspendDeadline,
    WithdrawDeadline,
)
from services.monitoring.domain.state import Deadline
from services.monitoring.handlers import procedure, terms_of

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
RULES, OTHERS = load(ORDER_109), load(IQAA)
DAY = timedelta(days=1)
ANCHOR, DUE = date(2010, 3, 1), date(2010, 3, 4)
IDS: dict[str, Any] = {"deadline_id": "d-1", "case_id": "case-1", "workflow_id": "case-1"}


def at(day: date) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "workflow:case-1"}


def deadline(*events: Event) -> Given[Deadline]:
    return given(DEADLINE, events)


def fact(past: list[Event], command: Any) -> Any:
    """The one fact that follows."""
    outcome = deadline(*past).when(command).outcome
    assert isinstance(outcome, list), outcome
    [event] = outcome
    return event


def was_set(rule: str = "visit_report", anchor_on: date = ANCHOR, **more: Any) -> DeadlineSet:
    rulebook = more.pop("rulebook", RULES.ref)
    command = SetDeadline(**at(ANCHOR), **IDS, institution_id="kaznu", rulebook=rulebook, rule=rule, anchor_on=anchor_on, **more)
    set_: DeadlineSet = fact([], command)
    return set_


def suspend(on: date) -> SuspendDeadline:
    return SuspendDeadline(**at(on), on=on, reason="Flood")


def resume(on: date) -> ResumeDeadline:
    return ResumeDeadline(**at(on), on=on)


def suspended(on: date = date(2010, 3, 2)) -> DeadlineSuspended:
    return DeadlineSuspended(**IDS, reason="Flood", suspended_on=on)


def resumed(past: list[Event], on: date) -> DeadlineResumed:
    event: DeadlineResumed = fact(past, resume(on))
    return event


class TestSuspending:
    def test_the_clock_stands_still_from_a_day_on(self) -> None:
        deadline(was_set()).when(suspend(date(2010, 3, 2))).then(suspended())

    def test_on_its_last_day_it_can_still_be_suspended_and_a_day_later_it_cannot(self) -> None:
        deadline(was_set()).when(suspend(DUE)).then(suspended(DUE))
        deadline(was_set()).when(suspend(DUE + DAY)).then()

    def test_it_is_suspended_once(self) -> None:
        deadline(was_set(), suspended()).when(suspend(DUE)).then()

    def test_nobody_is_reminded_and_nothing_is_missed_meanwhile(self) -> None:
        deadline(was_set(), suspended()).when(RemindOfDeadline(**at(date(2010, 3, 3)))).then()
        deadline(was_set(), suspended()).when(MissDeadline(**at(date(2010, 9, 1)))).then()

    def test_what_is_done_meanwhile_is_done_in_time(self) -> None:
        met = DeadlineMet(deadline_id="d-1", case_id="case-1", met_on=date(2010, 9, 1), late_days=0)
        deadline(was_set(), suspended()).when(MeetDeadline(**at(date(2010, 9, 1)), on=date(2010, 9, 1))).then(met)

    def test_a_person_may_withdraw_it_but_extends_and_recomputes_only_what_runs(self) -> None:
        extend = ExtendDeadline(**at(DUE), due_on=date(2010, 4, 1), reason="Illness")
        assert isinstance(deadline(was_set(), suspended()).when(extend).then_refused(words="is suspended"), Conflict)
        assert isinstance(deadline(was_set(), suspended()).when(RecomputeDeadline(**at(DUE))).then_refused(words="is suspended"), Conflict)
        deadline(was_set(), suspended()).when(WithdrawDeadline(**at(DUE), reason="Closed")).then_types(contract.DeadlineWithdrawn)

    def test_a_lifecycle_is_told_that_it_is_suspended(self) -> None:
        assert terms_of(DEADLINE.fold([was_set(), suspended()]), 2).state == "suspended"

    @pytest.mark.parametrize(
        "over",
        [
            DeadlineMet(deadline_id="d-1", case_id="case-1", met_on=DUE, late_days=0),
            contract.DeadlineMissed(deadline_id="d-1", case_id="case-1", missed_on=DUE + DAY),
            contract.DeadlineWithdrawn(**IDS, reason="The case was closed"),
        ],
        ids=lambda event: type(event).__name__,
    )
    def test_what_is_over_is_not_suspended_resumed_or_moved(self, over: Event) -> None:
        for command in (suspend(DUE), resume(DUE), MoveAnchor(**at(DUE), anchor_on=DUE)):
            deadline(was_set(), over).when(command).then()


class TestResuming:
    def test_it_ends_so_many_days_later_as_the_clock_stood_still_and_reminders_keep_their_distance(self) -> None:
        """The overall term, in years: three of them end on Thursday, 3 March 2011; ten days later is a Sunday, so the 14th."""
        first = was_set("overall", date(2008, 3, 3))
        event = resumed([first, suspended(date(2010, 3, 2))], date(2010, 3, 12))
        assert (event.previous_due_on, event.due_on, event.lost_days) == (date(2011, 3, 3), date(2011, 3, 14), 10)
        assert event.due_at == end_of_local_day(event.due_on, RULES.zone)
        distances = [(first.due_on - day).days for day in first.reminders if day > date(2010, 3, 12)]
        assert [(event.due_on - day).days for day in event.reminders][-len(distances) :] == distances

    def test_no_fewer_working_days_are_left_than_there_were(self) -> None:
        """Wednesday and Thursday were left. It runs again on Friday 5: Saturday, Sunday and the holiday do not count, Tuesday 9 and
        Wednesday 10 do; the three lost calendar days alone would end on Sunday."""
        event = resumed([was_set(), suspended()], date(2010, 3, 5))
        assert (event.lost_days, event.due_on) == (3, date(2010, 3, 10))

    def test_a_suspension_of_no_day_moves_nothing(self) -> None:
        event = resumed([was_set(), suspended()], date(2010, 3, 2))
        assert (event.lost_days, event.due_on) == (0, DUE)

    def test_it_runs_again_once_and_only_from_the_day_it_was_suspended_on(self) -> None:
        past: list[Event] = [was_set(), suspended()]
        deadline(*past, resumed(past, DUE)).when(resume(DUE)).then()
        assert isinstance(deadline(*past).when(resume(ANCHOR)).then_refused(words="since 2010-03-02"), Conflict)

    def test_no_day_is_given_back_twice(self) -> None:
        past: list[Event] = [was_set(), suspended()]
        first = resumed(past, date(2010, 3, 5))
        again = resumed([*past, first, suspended(date(2010, 3, 3))], date(2010, 3, 8))
        assert (again.lost_days, again.lost_days_in_all) == (3, 6)

    def test_what_a_person_gave_moves_along(self) -> None:
        first = was_set()
        extended = fact([first], ExtendDeadline(**at(ANCHOR), due_on=date(2010, 4, 1), reason="Illness"))
        past = [first, extended, suspended()]
        event = resumed(past, date(2010, 3, 5))
        assert (event.due_on, DEADLINE.fold([*past, event]).extended_to) == (date(2010, 4, 6), date(2010, 4, 6))

    def test_it_is_missed_by_its_new_end(self) -> None:
        past: list[Event] = [was_set(), suspended()]
        event = resumed(past, date(2010, 3, 5))
        assert isinstance(deadline(*past, event).when(MissDeadline(**at(DUE + 2 * DAY))).then_refused(words="2010-03-10"), Conflict)
        deadline(*past, event).when(MissDeadline(at=event.due_at, by="w")).then_types(contract.DeadlineMissed)

    def test_a_new_calendar_keeps_the_lost_days(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Tuesday, 9 March, is taken off: of the two working days left from the 5th on, one is the 10th and one the 11th."""
        past: list[Event] = [was_set(), suspended()]
        past.append(resumed(past, date(2010, 3, 5)))
        closed = DecreedDay(date=date(2010, 3, 9), kind="off", instrument="Decree 7")
        monkeypatch.setattr(domain, "calendar_for", lambda country: calendar_for("KZ", (closed,)))
        event = fact(past, RecomputeDeadline(**at(date(2010, 3, 6))))
        assert (event.previous_due_on, event.due_on, event.anchor_on) == (date(2010, 3, 10), date(2010, 3, 11), None)


class TestMovingTheAnchor:
    def moved(self, past: list[Event], to: date = date(2010, 3, 9), on: date = ANCHOR) -> DeadlineRecomputed:
        event: DeadlineRecomputed = fact(past, MoveAnchor(**at(on), anchor_on=to))
        return event

    def test_it_is_computed_anew_from_there(self) -> None:
        event = self.moved([was_set()])
        assert (event.previous_due_on, event.due_on, event.extended) == (DUE, date(2010, 3, 12), False)
        assert (event.previous_anchor_on, event.anchor_on) == (ANCHOR, date(2010, 3, 9))
        assert event.reason == "visit_end has moved from 2010-03-01 to 2010-03-09"

    def test_to_where_it_is_nothing_follows_and_nothing_follows_twice(self) -> None:
        first = was_set()
        deadline(first).when(MoveAnchor(**at(ANCHOR), anchor_on=ANCHOR)).then()
        deadline(first, self.moved([first])).when(MoveAnchor(**at(ANCHOR), anchor_on=date(2010, 3, 9))).then()

    def test_it_moves_back_too(self) -> None:
        first = was_set()
        assert self.moved([first, self.moved([first])], ANCHOR).due_on == DUE

    @pytest.mark.parametrize(("given_to", "kept"), [(date(2010, 3, 11), False), (date(2010, 4, 1), True)])
    def test_what_a_person_gave_stays_only_where_it_is_later(self, given_to: date, kept: bool) -> None:
        first = was_set()
        extended = fact([first], ExtendDeadline(**at(ANCHOR), due_on=given_to, reason="Illness"))
        event = self.moved([first, extended])
        assert (event.extended, event.due_on) == (kept, given_to if kept else date(2010, 3, 12))

    def test_days_before_the_new_anchor_are_not_lost(self) -> None:
        past: list[Event] = [was_set(), suspended()]
        past.append(resumed(past, date(2010, 3, 5)))
        assert self.moved(past, on=date(2010, 3, 5)).due_on == date(2010, 3, 12)

    def test_while_it_is_suspended_it_moves_and_stays_suspended(self) -> None:
        past: list[Event] = [was_set(), suspended()]
        past.append(self.moved(past))
        assert DEADLINE.fold(past).standing == "suspended"
        event = resumed(past, date(2010, 3, 10))
        assert (event.lost_days, event.previous_due_on) == (1, date(2010, 3, 12))

    def test_a_later_calendar_counts_from_the_moved_anchor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = was_set()
        past = [first, self.moved([first])]
        monkeypatch.setattr(domain, "calendar_for", lambda country: calendar_for("KZ", (DecreedDay(date=DUE, kind="off", instrument="D"),)))
        assert fact(past, RecomputeDeadline(**at(ANCHOR))).due_on == date(2010, 3, 12)


class TestContractDays:
    DAY_OFF = date(2010, 3, 6)

    def set(self) -> DeadlineSet:
        return was_set("contract:first_version", due_on=self.DAY_OFF, rulebook=OTHERS.ref)

    @pytest.mark.clause(IQAA, "S1.b.2")
    def test_the_contract_sets_the_day_and_nothing_is_computed(self) -> None:
        """The sixth is a Saturday: the contract's day stays where the parties put it."""
        event = self.set()
        assert (event.due_on, event.due_at) == (self.DAY_OFF, end_of_local_day(self.DAY_OFF, OTHERS.zone))
        assert (event.source, event.anchor, event.clause, event.binds) == ("contract", "contract_concluded", "S1.b.2", "institution")
        assert event.falls_on_day_off
        assert was_set("contract:first_version", due_on=self.DAY_OFF, rulebook=OTHERS.ref, clause="S1.f.1").clause == "S1.f.1"

    def test_the_agency_reminds_of_it_at_its_usual_distances(self) -> None:
        event = was_set("contract:first_version", due_on=date(2010, 5, 28), rulebook=OTHERS.ref)
        distances = OTHERS.settings["reminder_distances"].value if "reminder_distances" in OTHERS.settings else ()
        assert isinstance(distances, tuple)
        assert {(event.due_on - day).days for day in event.reminders} == set(distances)

    def test_another_rule_has_no_day_of_its_own(self) -> None:
        command = SetDeadline(
            **at(ANCHOR), **IDS, institution_id="k", rulebook=RULES.ref, rule="visit_report", anchor_on=ANCHOR, due_on=DUE
        )
        assert isinstance(deadline().when(command).then_refused(words="contract:<step>"), Invalid)

    def test_no_calendar_and_no_anchor_moves_it(self) -> None:
        refused = deadline(self.set()).when(RecomputeDeadline(**at(ANCHOR))).then_refused(words="the contract sets")
        assert isinstance(refused, Conflict)
        deadline(self.set()).when(MoveAnchor(**at(ANCHOR), anchor_on=DUE)).then()

    def test_a_suspension_moves_it_by_its_days_and_it_does_not_roll(self) -> None:
        event = resumed([self.set(), suspended()], date(2010, 3, 3))
        assert (event.lost_days, event.due_on) == (1, date(2010, 3, 7))


class TestProcedure:
    def test_what_a_rulebook_lacks_is_empty(self) -> None:
        told = procedure(contract.ReadProcedure(agency="a", rulebook=RULES.ref))
        assert told.phases == {}
        assert "visit_report" in told.terms
        assert told.stages == tuple(stage.id for stage in RULES.stages)
        assert set(told.follows) == {"accredit", "refuse"}

    @pytest.mark.clause(IQAA, "P.3")
    def test_stages_belong_to_phases_where_the_rulebook_has_them(self) -> None:
        told = procedure(contract.ReadProcedure(agency="a", rulebook=OTHERS.ref))
        assert set(told.phases) == set(told.stages)
        assert (told.phases["application"], told.phases["follow_up"]) == ("stage_1", "stage_4")
        assert ("institution", "expert_panel") in told.channels.values()
