"""The general meeting, the improvement plan and its control by the commission."""

from datetime import date, timedelta

import pytest

from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import given
from services.monitoring.contract import CarriedMeasure, InternalCycleCorrected
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE, corrections
from services.monitoring.domain.internal_measures import check_some_here
from services.monitoring.domain.internal_rules import ARTKI, Body
from tests.monitoring.internals import (
    ACTS,
    STAFF,
    TODAY,
    controlling,
    decided,
    finding,
    folded,
    improving,
    measure,
    meeting,
    moving,
    past,
    until,
    variant,
)

clause = pytest.mark.clause
CARRIED = CarriedMeasure(measure_id="m-0", cycle_id="before", measure="Old.", responsible="daniyar", due_on=date(2026, 3, 1))
DAY = timedelta(days=1)


@clause(ARTKI, "4.1")
def test_the_team_discusses_the_final_report_on_a_day_with_who_was_there() -> None:
    case = until(of.HoldGeneralMeeting)
    (fact,) = decided(meeting(chair="aida"), case)
    assert (fact.held_on, fact.attendance, fact.minutes) == (TODAY, ("aida", "cholpon"), None)
    given(INTERNAL_CYCLE, case).when(meeting(attendance=())).then_refused(clause="4.1", words="nobody")
    given(INTERNAL_CYCLE, until(of.FinaliseInternalReport)).when(meeting()).then_refused(clause="4.1", words="no final report")
    for wrong in (meeting(attendance=("zarina",)), meeting(chair="bakyt"), meeting(held_on=TODAY + DAY), meeting(held_on=TODAY - DAY)):
        assert isinstance(decided(wrong, case), Invalid), wrong
    given(INTERNAL_CYCLE, until(of.AdoptImprovementPlan)).when(meeting()).then_refused(words="discussed on")


@clause(ARTKI, "4.1")
def test_minutes_and_quorum_only_where_the_agency_asks_for_them() -> None:
    case = until(of.HoldGeneralMeeting)
    assert isinstance(decided(meeting(), case, variant("meeting_evidence", "minutes")), Refused)
    half = variant("meeting_quorum", {"of": "1/2", "strictly": True})
    refused = decided(meeting(), case, half)
    assert isinstance(refused, Refused), "two of four are not more than half"
    assert refused.clause == "4.1"
    assert not isinstance(decided(meeting(attendance=("aida", "bakyt", "cholpon")), case, half), Refused)


@clause(ARTKI, "1.2", "4.2")
def test_a_plan_has_a_measure_against_every_shortcoming_found() -> None:
    case = past(*ACTS[:7], finding("f-2"), finding("f-3", "strength"))
    refused = given(INTERNAL_CYCLE, case).when(improving()).then_refused(clause="4.2", words="f-2")
    assert refused.missing == ["f-2"]
    (fact,) = decided(improving(measure("m-1", "f-1", "f-2")), case)
    assert fact.uncovered == ()
    (shown,) = decided(improving(), case, variant("plan_covers", "those_found_in_the_discussion"))
    assert shown.uncovered == ("f-2",)


@clause(ARTKI, "4.2")
def test_a_plan_follows_the_discussion_and_has_measures_of_its_own() -> None:
    case = until(of.AdoptImprovementPlan)
    given(INTERNAL_CYCLE, until(of.HoldGeneralMeeting)).when(improving()).then_refused(clause="4.2", words="not discussed")
    given(INTERNAL_CYCLE, case).when(improving().model_copy(update={"measures": ()})).then_refused(clause="4.2", words="no measures")
    for wrong in (
        improving(measure(), measure()),
        improving(taken=frozenset({"m-1"})),
        improving(measure("m-1", "f-1", "f-7")),
        improving(measure(due_on=TODAY - DAY)),
    ):
        assert isinstance(decided(wrong, case), Invalid), wrong
    (fact,) = decided(improving(measure(due_on=None)), case)
    assert (fact.adopted_by, fact.measures[0].due_on) == ("general_meeting", None)
    given(INTERNAL_CYCLE, until(of.ControlImprovementMeasure)).when(improving()).then_refused(words="adopted since")


@clause(ARTKI, "4.3.s1")
def test_who_answers_for_a_measure_is_of_the_staff() -> None:
    case = until(of.AdoptImprovementPlan)
    given(INTERNAL_CYCLE, case).when(improving(measure(responsible="zarina"))).then_refused(clause="4.3.s1", words="zarina")
    given(INTERNAL_CYCLE, until(of.ControlImprovementMeasure)).when(moving(responsible="zarina")).then_refused(clause="4.3.s1")


@clause(ARTKI, "4.3.s1", "4.3.s2")
def test_who_answers_for_a_measure_and_sits_in_the_commission_is_told() -> None:
    case = until(of.AdoptImprovementPlan)
    (fact,) = decided(improving(measure("m-1", responsible="cholpon"), measure("m-2", responsible="bakyt")), case)
    assert [each.own_item for each in fact.measures] == [False, True]
    (allowed,) = decided(improving(measure(responsible="bakyt")), case, variant("own_item_controlled", "allowed"))
    assert allowed.measures[0].own_item is False


@clause(ARTKI, "4.3.s2")
def test_the_commission_alone_controls() -> None:
    case = until(of.ControlImprovementMeasure)
    given(INTERNAL_CYCLE, case).when(controlling(controlled_by="cholpon")).then_refused(clause="4.3.s2", words="does not sit")
    given(INTERNAL_CYCLE, case).when(controlling(body=Body(STAFF))).then_refused(clause="3.2.s1", words="no commission")
    (fact,) = decided(controlling(status="under_way"), case)
    assert (fact.status, fact.own_item) == ("under_way", False)


@clause(ARTKI, "4.3.s2")
def test_who_controls_his_own_measure_is_flagged_and_refused_only_where_the_agency_says_so() -> None:
    case = past(*ACTS[:7], improving(measure(responsible="aida")))
    (fact,) = decided(controlling(), case)
    assert fact.own_item is True
    refused = decided(controlling(), case, variant("own_item_controlled", "refused"))
    assert isinstance(refused, Refused)
    assert refused.clause == "4.3.s2"
    assert decided(controlling(), case, variant("own_item_controlled", "allowed"))[0].own_item is False
    (other,) = decided(controlling(controlled_by="bakyt"), case)
    assert other.own_item is False


@clause(ARTKI, "2.2.3", "4.3.s2")
def test_a_carried_measure_is_controlled_before_the_cycle_has_a_plan_of_its_own() -> None:
    case = past(carried=(CARRIED,))
    given(INTERNAL_CYCLE, past()).when(controlling("m-0")).then_refused(words="no measure is open")
    (fact,) = decided(controlling("m-0"), case)
    assert fact.measure_id == "m-0"
    done = past(controlling("m-0"), carried=(CARRIED,))
    assert folded(done).open_measures == ()


@clause(ARTKI, "4.3.s2")
def test_what_is_done_stays_done_and_what_was_carried_on_is_controlled_there() -> None:
    case = past(*ACTS[:7], improving(measure(), measure("m-2", responsible="bakyt")), controlling())
    given(INTERNAL_CYCLE, case).when(controlling(status="not_done")).then_refused(words="found done")
    given(INTERNAL_CYCLE, case).when(moving()).then_refused(words="found done")
    given(INTERNAL_CYCLE, case).when(controlling("m-2", goes_on_in="next")).then_refused(words="goes on in cycle next")
    assert isinstance(decided(controlling("m-9"), case), Invalid)
    again = past(*ACTS[:8], controlling(status="under_way"))
    assert decided(controlling(status="under_way"), again) == []
    state = folded(case)
    check_some_here(state, {"m-1": "x", "m-2": state.terms.cycle_id})
    with pytest.raises(Conflict):
        check_some_here(state, {"m-1": state.terms.cycle_id, "m-2": "x"})


@clause(ARTKI, "4.3.s1")
def test_a_measure_gets_another_person_and_another_day() -> None:
    case = until(of.ControlImprovementMeasure)
    (fact,) = decided(moving(), case)
    assert (fact.responsible, fact.due_on) == ("daniyar", date(2026, 10, 1))
    moved = folded([*case, fact]).measures["m-1"]
    assert (moved.responsible, moved.due_on) == ("daniyar", date(2026, 10, 1))
    assert decided(moving(), [*case, fact]) == []
    assert isinstance(decided(moving(due_on=TODAY - DAY), case), Invalid)


@clause(ARTKI, "4.1")
def test_the_day_of_the_meeting_is_corrected_to_a_day_after_the_report() -> None:
    case = past(*ACTS[:7])
    (place,) = [number for number, fact in enumerate(case, 1) if type(fact).__name__ == "GeneralMeetingHeld"]

    def corrected(day: date) -> InternalCycleCorrected:
        told = {"cycle_id": "c", "corrects": "e", "fact": "GeneralMeetingHeld", "version": place, "reason": "A slip."}
        values = {"previous": {"held_on": TODAY.isoformat()}, "corrected": {"held_on": day.isoformat()}}
        return InternalCycleCorrected(**told, **values, corrected_on=TODAY)

    how = corrections(TODAY)
    how.check(INTERNAL_CYCLE.fold([*case, corrected(TODAY)]))
    for day in (TODAY - DAY, TODAY + DAY):
        with pytest.raises(Conflict):
            how.check(INTERNAL_CYCLE.fold([*case, corrected(day)]))
