"""Interviews, focus groups, analyses, samples, recommendations, trainings: what the regulation says of each."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import given, guards_tell_the_truth
from regulations import Rulebook, resolve
from services.monitoring.contract import (
    AgencyRecommendationReceived,
    CaseSampleDrawn,
    DocumentAnalysed,
    FocusGroupHeld,
    InterviewHeld,
    SampledCase,
    TrainingHeld,
    TrainingResultUsed,
)
from services.monitoring.domain import gathering, training
from services.monitoring.domain.agency_recommendation import AGENCY_RECOMMENDATION, ReceiveAgencyRecommendation
from services.monitoring.domain.case_sample import draw, population_hash
from services.monitoring.domain.gathering import GATHERING, decide
from services.monitoring.domain.gathering_rules import check_source
from services.monitoring.domain.training import TRAINING, HoldTraining, Training, UseTrainingResult
from tests.monitoring.gatherings import ARTKI, OF, RULES, TODAY, analysing, focusing, interviewing, sampling

TOMORROW = TODAY + timedelta(days=1)


def variant(**settings: Any) -> Rulebook:
    return RULES.revised({f"settings.{name}": {"value": value} for name, value in settings.items()}, "variant")


def faulty(outcome: Any, pointer: str) -> None:
    assert isinstance(outcome, Invalid), outcome
    assert [each["pointer"] for each in outcome.extensions["errors"]] == [pointer]


@pytest.mark.clause(ARTKI, "3.3.2", "6.1.s1", "6.1.s2")
def test_an_interview_is_with_staff_or_a_stakeholder() -> None:
    for group in ("institution", "teacher", "student", "public_organisation", "staff"):
        given(GATHERING, []).when(interviewing(group=group)).then_types(InterviewHeld)
    faulty(given(GATHERING, []).when(interviewing(group="parents")).outcome, "#/group")
    for no_goal in ("9.9", "5.2"):
        faulty(given(GATHERING, []).when(interviewing(goals=(no_goal,))).outcome, "#/goals")
    faulty(given(GATHERING, []).when(interviewing(held_on=TOMORROW)).outcome, "#/held_on")
    assert isinstance(given(GATHERING, []).when(interviewing(cycle_closed=True)).outcome, Conflict)


@pytest.mark.clause(ARTKI, "6.2", "6.1.s1", "2.1.3")
def test_a_focus_group_is_held_among_stakeholders() -> None:
    given(GATHERING, []).when(focusing()).then_types(FocusGroupHeld)
    given(GATHERING, []).when(focusing(groups=("staff", "student"))).then_types(FocusGroupHeld)
    faulty(given(GATHERING, []).when(focusing(groups=("staff",))).outcome, "#/groups")
    faulty(given(GATHERING, []).when(focusing(held_on=TOMORROW)).outcome, "#/held_on")


@pytest.mark.clause(ARTKI, "2.2.1", "2.2.2")
def test_documents_are_analysed_through_the_year_and_in_a_cycle() -> None:
    given(GATHERING, []).when(analysing()).then_types(DocumentAnalysed)
    given(GATHERING, []).when(analysing(cycle_id="c-1")).then_types(DocumentAnalysed)
    faulty(given(GATHERING, []).when(analysing(analysed_on=TOMORROW)).outcome, "#/analysed_on")
    in_cycle = variant(continuous_analysis="in_cycle")
    with pytest.raises(Refused) as refusal:
        decide(analysing(), GATHERING.initial, in_cycle)
    assert refusal.value.clause == "2.2.1"
    assert decide(analysing(cycle_id="c-1"), GATHERING.initial, in_cycle)


@pytest.mark.clause(ARTKI, "2.2.2")
def test_a_case_said_to_be_of_a_sample_was_drawn_in_it() -> None:
    of_sample = {"sample_id": "p-1", "drawn": ("case-1", "case-2")}
    given(GATHERING, []).when(analysing(case_id="case-2", **of_sample)).then_types(DocumentAnalysed)
    faulty(given(GATHERING, []).when(analysing(case_id="case-3", **of_sample)).outcome, "#/case_id")


@pytest.mark.clause(ARTKI, "3.3.2", "2.2.2")
class TestSample:
    def test_the_same_seed_and_cases_draw_the_same_in_whatever_order_they_come(self) -> None:
        (first,) = given(GATHERING, []).when(sampling()).then_types(CaseSampleDrawn)
        backwards = sampling(population=tuple(reversed(sampling().population)))
        given(GATHERING, []).when(backwards).then(first)
        (other,) = given(GATHERING, []).when(sampling(seed="2027")).then_types(CaseSampleDrawn)
        assert other.drawn != first.drawn
        assert (first.population, len(first.drawn)) == (10, 3)

    def test_anybody_can_draw_it_by_the_words_of_its_method(self) -> None:
        """Own code, from what the page of a sample tells."""
        (fact,) = given(GATHERING, []).when(sampling(size=4)).then_types(CaseSampleDrawn)
        ids = [f"case-{n}" for n in range(10)]
        expected = sorted(ids, key=lambda each: hashlib.sha256(f"2026:{each}".encode()).hexdigest())[:4]
        assert [case.case_id for case in fact.drawn] == expected
        assert fact.population_hash == hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()

    def test_every_case_is_drawn_about_as_often_as_any_other(self) -> None:
        population = [SampledCase(case_id=f"case-{n}", rulebook="r") for n in range(20)]
        drawn = [case.case_id for seed in range(2000) for case in draw(population, str(seed), 5)]
        assert all(400 < drawn.count(case.case_id) < 600 for case in population)

    def test_of_fewer_cases_than_are_asked_for_all_are_drawn(self) -> None:
        (fact,) = given(GATHERING, []).when(sampling(size=50)).then_types(CaseSampleDrawn)
        assert len(fact.drawn) == 10
        assert population_hash(fact.drawn) == fact.population_hash

    def test_of_no_cases_and_of_a_window_that_is_not_over_nothing_is_drawn(self) -> None:
        assert isinstance(given(GATHERING, []).when(sampling(cases=0)).outcome, Conflict)
        faulty(given(GATHERING, []).when(sampling(opened_until=TOMORROW)).outcome, "#/opened_until")
        faulty(given(GATHERING, []).when(sampling(opened_until=date(2025, 12, 31))).outcome, "#/opened_until")


def test_what_was_gathered_is_told_once() -> None:
    for command in (interviewing(), focusing(), analysing(), sampling()):
        assert len(guards_tell_the_truth(GATHERING, [], lambda _state: [interviewing(), focusing(), analysing(), sampling()])) >= 2
        assert isinstance(given(GATHERING, []).when(command).when(command).outcome, Conflict)


def test_a_talk_is_corrected_to_no_day_to_come() -> None:
    how = gathering.corrections("i-1", TODAY)
    (fact,) = given(GATHERING, []).when(interviewing()).then_types(InterviewHeld)
    how.check(GATHERING.fold([fact]))
    with pytest.raises(Invalid):
        how.check(GATHERING.fold([fact.model_copy(update={"held_on": TOMORROW})]))


def receiving(source: str = "external_check", on: date = TODAY) -> ReceiveAgencyRecommendation:
    told = {"recommendation_id": "r-1", "source": source, "source_detail": "ENQA review", "text": "Publish reports.", "received_on": on}
    return ReceiveAgencyRecommendation(**OF, **told)


@pytest.mark.clause(ARTKI, "2.2.3")
def test_recommendations_of_every_check_are_received_unless_the_agency_counts_its_own_alone() -> None:
    for source in ("external_check", "internal_monitoring"):
        given(AGENCY_RECOMMENDATION, []).when(receiving(source)).then_types(AgencyRecommendationReceived)
    faulty(given(AGENCY_RECOMMENDATION, []).when(receiving("hearsay")).outcome, "#/source")
    faulty(given(AGENCY_RECOMMENDATION, []).when(receiving(on=TOMORROW)).outcome, "#/received_on")
    own = variant(earlier_checks="internal_monitoring")
    check_source("internal_monitoring", own)
    with pytest.raises(Refused) as refusal:
        check_source("external_check", own)
    assert refusal.value.clause == "2.2.3"
    assert len(guards_tell_the_truth(AGENCY_RECOMMENDATION, [], lambda _state: [receiving()])) == 2


def training_of(kind: str = "seminar", unknown: tuple[str, ...] = (), on: date = TODAY) -> HoldTraining:
    told = {"training_id": "t-1", "kind": kind, "topic": "ESG 2015", "attendance": ("aida",), "unknown": unknown, "results": None}
    return HoldTraining(**OF, **told, document=None, held_on=on)


def using(use: str = "The questions of the survey.", closed: bool = False) -> UseTrainingResult:
    return UseTrainingResult(**OF, cycle_id="c-1", cycle_closed=closed, use=use)


@pytest.mark.clause(ARTKI, "7.1.s1", "7.1.s2")
def test_a_training_is_of_staff() -> None:
    for kind in ("training", "seminar"):
        given(TRAINING, []).when(training_of(kind)).then_types(TrainingHeld)
    faulty(given(TRAINING, []).when(training_of("party")).outcome, "#/kind")
    faulty(given(TRAINING, []).when(training_of(unknown=("nobody",))).outcome, "#/attendance")
    faulty(given(TRAINING, []).when(training_of(on=TOMORROW)).outcome, "#/held_on")


@pytest.mark.clause(ARTKI, "7.2")
def test_what_was_taught_goes_into_an_open_cycle_once() -> None:
    held = given(TRAINING, []).when(training_of())
    held.when(using()).then_types(TrainingResultUsed)
    held.when(using()).then()
    held.when(using("The report.")).then_types(TrainingResultUsed)
    assert isinstance(held.when(using(closed=True)).outcome, Conflict)

    def alike(state: Training) -> tuple[bool, int]:
        return bool(state.held), min(len(state.uses), 2)

    facts = [given(TRAINING, []).when(training_of()).then_types(TrainingHeld)[0]]
    guards_tell_the_truth(TRAINING, facts, lambda state: [training_of(), using(f"Use {len(state.uses)}.")], alike=alike)
    with pytest.raises(Invalid):
        training.corrections(TODAY).check(TRAINING.fold([facts[0].model_copy(update={"held_on": TOMORROW})]))


def test_the_rulebook_of_these_tests_is_the_shelf_s() -> None:
    assert resolve(RULES.ref).id == ARTKI
