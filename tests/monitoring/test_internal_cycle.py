"""The stages of a cycle of internal monitoring: plan, findings, collecting, analysis, report."""

from datetime import date

import pytest

from chassis.problems import Invalid, Refused
from chassis.testing import given
from services.monitoring.contract import CarriedMeasure, InternalCycleClosed, InternalCycleOpened
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE
from services.monitoring.domain.internal_rules import ARTKI, Body, goals, required
from tests.monitoring.internals import (
    ACTS,
    BODY,
    CYCLE_ID,
    GOALS,
    GROUPS,
    METHODS,
    OPENED,
    REF,
    RULES,
    STAFF,
    TODAY,
    activity,
    analysing,
    at,
    closing,
    collecting,
    decided,
    determining,
    drafting,
    finalising,
    finding,
    folded,
    opened,
    past,
    planning,
    stage,
    until,
    variant,
)

clause = pytest.mark.clause
CARRIED = CarriedMeasure(measure_id="m-0", cycle_id="before", measure="Old.", responsible="daniyar")


@clause(ARTKI, "1.1", "3.1", "2.2.3")
def test_a_cycle_of_a_year_opens_once_with_what_earlier_ones_left_undone() -> None:
    told = {"cycle_id": CYCLE_ID, "rulebook": REF, "year": 2026, "number": 1, "carried": (CARRIED,)}
    opening = of.OpenInternalCycle(**at(OPENED), **told, previous_report_on=date(2025, 11, 3))
    given(INTERNAL_CYCLE).when(opening).then(InternalCycleOpened(**told, previous_report_on=date(2025, 11, 3), opened_on=OPENED))
    given(INTERNAL_CYCLE, [opened()]).when(opening).then_refused(words="open since 2026-01-01")


@clause(ARTKI, "2.1", "2.2")
def test_the_goals_of_a_plan_are_the_aims_and_tasks_of_the_text() -> None:
    assert goals(RULES) == GOALS
    served = planning(*(activity(method, goals=GOALS[:7]) for method in METHODS))
    (fact,) = decided(served, past())
    assert fact.uncovered == ("2.2.4",)
    strange = planning(*(activity(method, goals=("7.2",)) for method in METHODS))
    assert isinstance(decided(strange, past()), Invalid)


@clause(ARTKI, "3.2.s1", "3.2.s2")
def test_no_plan_without_a_commission_that_stands() -> None:
    given(INTERNAL_CYCLE, past()).when(planning(body=Body(STAFF))).then_refused(clause="3.2.s1", words="no commission")


@clause(ARTKI, "3.3", "3.3.1")
def test_a_plan_has_activities_of_people_of_the_staff_and_days_in_the_order_of_the_stages() -> None:
    case = past()
    (fact,) = decided(planning(stages=(stage("collecting", 4), stage("analysing", 5))), case)
    assert (fact.round, [each.stage for each in fact.stages]) == (1, ["collecting", "analysing"])
    empty = planning().model_copy(update={"activities": ()})
    given(INTERNAL_CYCLE, case).when(empty).then_refused(clause="3.3.1", words="no activities")
    for wrong in (
        planning(*(activity(method, responsible="zarina") for method in METHODS)),
        planning(*(activity(method, starts_on=date(2026, 5, 1)) for method in METHODS)),
        planning(*(activity(method, activity_id="a") for method in METHODS)),
        planning(activity("guessing")),
        planning(stages=(stage("collecting", 5), stage("analysing", 4))),
        planning(stages=(stage("collecting", 5), stage("collecting", 5))),
        planning(stages=(stage("dreaming", 5),)),
    ):
        assert isinstance(decided(wrong, case), Invalid), wrong


@clause(ARTKI, "3.3.1")
def test_another_round_of_the_plan_says_why() -> None:
    case = past(planning())
    assert isinstance(decided(planning(), case), Invalid)
    (fact,) = decided(planning(reason="A visit was moved."), case)
    assert fact.round == 2
    given(INTERNAL_CYCLE, past(*ACTS[:6])).when(planning(reason="Late.")).then_refused(words="final")


@clause(ARTKI, "3.3.2")
def test_each_method_is_planned_or_the_plan_says_why_not() -> None:
    two = [activity(method) for method in METHODS[:2]]
    refused = given(INTERNAL_CYCLE, past()).when(planning(*two)).then_refused(clause="3.3.2", words="interview")
    assert refused.missing == ["interview"]
    (fact,) = decided(planning(*two, unused={"interview": "Nobody is there."}), past())
    assert [each.method for each in fact.unused_methods] == ["interview"]
    assert isinstance(decided(planning(unused={"survey": "No."}), past()), Invalid)
    assert isinstance(decided(planning(unused={"focus_group": "No."}), past()), Invalid)
    told = {"unused": {"interview": "Nobody is there."}}
    assert isinstance(decided(planning(*two, **told), past(), variant("unused_method", "incomplete")), Refused)
    assert not isinstance(decided(planning(*two), past(), variant("unused_method", "shown")), Refused)


@clause(ARTKI, "1.2", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.4", "3.3.3")
def test_what_is_found_is_tied_to_a_goal_and_counts_before_the_plan_as_well() -> None:
    for goal in ("2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.4"):
        (fact,) = decided(finding(goals=(goal,)), past())
        assert fact.goals == (goal,)
    assert isinstance(decided(finding(goals=()), past()), Invalid)
    assert isinstance(decided(finding(goals=("3.1",)), past()), Invalid)
    assert decided(finding(), past(finding())) == []
    given(INTERNAL_CYCLE, past(finding())).when(finding(text="Other.")).then_refused(words="recorded already")
    given(INTERNAL_CYCLE, past(*ACTS[:8])).when(finding("f-9")).then_refused(words="next cycle")


@clause(ARTKI, "2.2.3")
def test_fulfilment_is_told_in_words_of_a_known_recommendation_or_a_carried_measure() -> None:
    (fact,) = decided(determining(), past())
    assert (fact.recommendation_id, fact.degree, fact.word) == ("r-1", "In part.", None)
    assert isinstance(decided(determining(source=None), past()), Invalid)
    assert decided(determining("m-0", source=None), past(carried=(CARRIED,)))
    assert decided(determining(), past(determining())) == []
    assert isinstance(decided(determining(word="partly"), past()), Invalid), "no scale is set"
    narrow = variant("earlier_checks", "internal_monitoring")
    refused = decided(determining(), past(), narrow)
    assert isinstance(refused, Refused)
    assert refused.clause == "2.2.3"
    assert decided(determining(source="internal_monitoring"), past(), narrow)


@clause(ARTKI, "3.3.2", "6.1.s1", "6.1.s2", "6.2")
def test_collecting_ends_with_each_method_used_and_tells_the_groups_that_were_not_reached() -> None:
    case = past(planning())
    given(INTERNAL_CYCLE, past()).when(collecting()).then_refused(clause="3.3.1", words="no plan")
    (fact,) = decided(collecting(groups=("student", "staff")), case)
    assert (fact.reached, fact.not_reached) == (("student",), ("institution", "teacher", "public_organisation"))
    assert fact.uses == {**dict.fromkeys(METHODS, 1), "focus_group": 0, "stakeholder_survey": 0}
    refused = decided(collecting(groups=("student",)), case, variant("group_not_reached", "incomplete"))
    assert isinstance(refused, Refused)
    assert refused.clause == "6.1.s1"
    assert not isinstance(decided(collecting(groups=GROUPS), case, variant("group_not_reached", "incomplete")), Refused)


@clause(ARTKI, "3.3.2")
def test_a_method_without_use_needs_its_reason_in_the_plan() -> None:
    some = {"document_analysis": 2, "survey": 1}
    given(INTERNAL_CYCLE, past(planning())).when(collecting(some)).then_refused(clause="3.3.2", words="interview")
    reasoned = planning(*(activity(method) for method in METHODS[:2]), unused={"interview": "Nobody."})
    (fact,) = decided(collecting(some), past(reasoned))
    assert fact.unused == ("interview",)
    given(INTERNAL_CYCLE, until(of.ConcludeInternalAnalysis)).when(collecting()).then_refused(words="ended")


@clause(ARTKI, "3.3", "3.3.3")
def test_the_analysis_is_of_what_was_collected() -> None:
    given(INTERNAL_CYCLE, past(planning())).when(analysing()).then_refused(clause="3.3.2")
    (fact,) = decided(analysing(), until(of.ConcludeInternalAnalysis))
    assert (fact.key_problems, fact.trends) == ("Letters.", "Slower.")
    given(INTERNAL_CYCLE, until(of.DraftInternalReport)).when(analysing()).then_refused(words="corrected")


@clause(ARTKI, "3.3.4", "2.2.4", "7.1.s2", "7.2")
def test_a_report_becomes_final_with_every_section_and_in_the_year_of_its_day() -> None:
    names = required(RULES, "final_report")
    assert {"results", "proposals", "trainings_held", "training_results"} <= set(names)
    for name in names:
        rest = [each for each in names if each != name]
        case = past(planning(), finding(), collecting(), analysing(), drafting(*rest))
        refused = given(INTERNAL_CYCLE, case).when(finalising()).then_refused(clause="3.3.4", words=name)
        assert refused.missing == [name]
    (fact,) = decided(finalising(date(2027, 1, 2)), until(of.FinaliseInternalReport))
    assert (fact.year, fact.number) == (2027, 1)
    given(INTERNAL_CYCLE, until(of.DraftInternalReport)).when(finalising()).then_refused(clause="3.3.4", words="no version")
    given(INTERNAL_CYCLE, past(planning(), drafting())).when(finalising()).then_refused(clause="3.3.2")
    given(INTERNAL_CYCLE, past(planning(), collecting(), drafting())).when(finalising()).then_refused(clause="3.3.3")


@clause(ARTKI, "3.3.4")
def test_a_draft_has_sections_of_the_report_alone_and_the_last_one_counts() -> None:
    case = past(planning(), drafting("results"))
    assert isinstance(decided(drafting("weather"), case), Invalid)
    assert isinstance(decided(drafting("results", "results"), case), Invalid)
    assert isinstance(decided(drafting().model_copy(update={"sections": ()}), case), Invalid)
    assert decided(drafting("results"), case) == []
    (fact,) = decided(drafting("results", text="Otherwise."), case)
    assert fact.number == 2


@clause(ARTKI, "1.2")
def test_the_report_is_public_only_where_the_agency_says_so() -> None:
    case = until(of.FinaliseInternalReport)
    assert [decided(finalising(), case)[0].published, decided(finalising(published=True), case)[0].published] == [False, True]
    assert decided(finalising(), case, variant("report_published", True))[0].published is True


@clause(ARTKI, "2.2.3")
def test_no_final_report_while_an_earlier_recommendation_or_a_carried_measure_is_not_looked_at() -> None:
    case = until(of.FinaliseInternalReport)
    refused = given(INTERNAL_CYCLE, case).when(finalising(undetermined=("r-1", "r-2"))).then_refused(clause="2.2.3")
    assert refused.missing == ["r-1", "r-2"]
    seen = past(*ACTS[:5], determining("r-1"), determining("r-2"))
    assert not isinstance(decided(finalising(undetermined=("r-1", "r-2")), seen), Refused)
    carried = past(*ACTS[:5], carried=(CARRIED,))
    given(INTERNAL_CYCLE, carried).when(finalising()).then_refused(clause="2.2.3", words="m-0")


@clause(ARTKI, "4.3.s2")
def test_a_cycle_closes_once_and_names_what_goes_on_in_the_next() -> None:
    case = until(of.ControlImprovementMeasure)
    told = {"cycle_id": CYCLE_ID, "outcome": "carried", "carried": ("m-1",), "carried_into": "next", "closed_on": TODAY}
    given(INTERNAL_CYCLE, case).when(closing(outcome="carried", carried_into="next")).then(InternalCycleClosed(**told))
    shut = past(*ACTS, closing())
    assert (folded(shut).stage, folded(shut).open_measures) == ("closed", ())
    given(INTERNAL_CYCLE, shut).when(closing()).then_refused(words="closed since")
    assert BODY.commission <= BODY.staff
