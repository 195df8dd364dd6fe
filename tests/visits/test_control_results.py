"""Marks, results and figures of a control (attestation, p. 24 (a), 25, 26, 35)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from chassis.problems import Invalid
from chassis.testing import given
from services.visits.contract import ControlConcluded, ResultsRecorded, TestResult
from services.visits.domain.control import CONTROL, ConcludeControl
from services.visits.domain.marking import figures, mark_of, shown
from tests.visits.test_control import BOOK, CLAUSE, RULEBOOK, absent, after, answered, at, read_otherwise, recording, sample


@CLAUSE(RULEBOOK, "25")
@pytest.mark.parametrize(
    ("right", "questions", "mark"),
    [
        (100, 100, "excellent"),
        (88, 100, "excellent"),
        (87, 100, "good"),
        (75, 100, "good"),
        (74, 100, "satisfactory"),
        (60, 100, "satisfactory"),
        (59, 100, "fail"),
        (0, 100, "fail"),
        (7, 8, "good"),  # 87.5: between two bands the lower mark holds
        (599, 1000, "fail"),
        (149, 200, "satisfactory"),  # 74.5
        (15, 25, "satisfactory"),
    ],
)
def test_a_mark_is_the_highest_whose_lower_end_is_reached(right: int, questions: int, mark: str) -> None:
    assert mark_of(right, questions, BOOK) == mark


@CLAUSE(RULEBOOK, "25")
@pytest.mark.parametrize(
    ("right", "questions", "mark"), [(7, 8, "excellent"), (149, 200, "good"), (595, 1000, "satisfactory"), (594, 1000, "fail")]
)
def test_whole_percents_are_rounded_where_the_agency_reads_them_so(right: int, questions: int, mark: str) -> None:
    assert mark_of(right, questions, read_otherwise(score_between_bands="rounded_half_up")) == mark


@for_all(st.integers(1, 200).flatmap(lambda questions: st.tuples(st.integers(0, questions), st.just(questions))))
@CLAUSE(RULEBOOK, "25")
def test_more_right_answers_never_bring_a_worse_mark(answers: tuple[int, int]) -> None:
    order = ("fail", "satisfactory", "good", "excellent")
    right, questions = answers
    mark = mark_of(right, questions, BOOK)
    assert order.index(mark) <= order.index(mark_of(min(right + 1, questions), questions, BOOK))
    assert (mark == "fail") == (100 * right < 60 * questions)


@CLAUSE(RULEBOOK, "25", "24 (a)")
def test_results_of_a_test_are_marked_by_its_answers() -> None:
    (fact,) = (
        given(CONTROL, sample(3))
        .when(recording([answered("good-1", 59), absent("good-2"), answered("good-0", 88)]))
        .then_types(ResultsRecorded)
    )
    assert isinstance(fact, ResultsRecorded)
    assert [(each.learner_id, each.mark) for each in fact.results] == [("good-0", "excellent"), ("good-1", "fail"), ("good-2", None)]
    assert (fact.round, fact.by_joint_commission, fact.source) == (1, False, "Protocol No. 4")


def test_results_are_of_everybody_of_the_sample_once_or_nothing_is_recorded() -> None:
    whole = [answered("good-0", 90), answered("good-1", 90)]
    wrong = {
        "#/results": whole[:1],
        "#/results/2/learner_id": [*whole, answered("good-7", 90)],
        "#/results/0/learner_id": [whole[0], whole[0], whole[1]],
        "#/results/1/right": [whole[0], answered("good-1", 101)],
        "#/results/1/took_part": [whole[0], TestResult(learner_id="good-1", took_part=False, right=1, questions=2)],
        "#/results/1/mark": [whole[0], TestResult(learner_id="good-1", took_part=True, right=1, questions=2, mark="good")],
        "#/results/1/questions": [whole[0], TestResult(learner_id="good-1", took_part=True, right=1)],
    }
    for pointer, results in wrong.items():
        problem = given(CONTROL, sample(2)).when(recording(results)).outcome
        assert isinstance(problem, Invalid), pointer
        assert pointer in [each["pointer"] for each in problem.errors]
    nobody = TestResult(learner_id="good-1", took_part=True)
    assert isinstance(given(CONTROL, sample(2)).when(recording([whole[0], nobody])).outcome, Invalid)


@CLAUSE(RULEBOOK, "26 (a)")
def test_other_works_are_marked_by_the_joint_commission_on_the_scale() -> None:
    past = sample(2, "essay")
    works = [TestResult(learner_id="good-0", took_part=True, mark="excellent"), absent("good-1")]
    given(CONTROL, past).when(recording(works)).then_refused(clause="26 (a)")
    (fact,) = given(CONTROL, past).when(recording(works, joint_commission=True)).then_types(ResultsRecorded)
    assert isinstance(fact, ResultsRecorded)
    assert fact.by_joint_commission
    for mark in ("positive", "splendid", None):
        work = TestResult(learner_id="good-0", took_part=True, mark=mark)
        assert isinstance(given(CONTROL, past).when(recording([work, works[1]], joint_commission=True)).outcome, Invalid), mark


@CLAUSE(RULEBOOK, "26 (b)")
@pytest.mark.parametrize(("right", "mark"), [(5, "positive"), (3, "positive"), (2, "fail"), (0, "fail")])
def test_three_right_answers_of_five_are_a_positive_mark(right: int, mark: str) -> None:
    work = answered("good-0", right, 5)
    (fact,) = given(CONTROL, sample(1, "control_work")).when(recording([work], joint_commission=True)).then_types(ResultsRecorded)
    assert isinstance(fact, ResultsRecorded)
    assert fact.results[0].mark == mark


@CLAUSE(RULEBOOK, "26 (b)")
def test_a_mark_does_not_contradict_three_of_five() -> None:
    for right, mark, taken in ((3, "fail", False), (2, "satisfactory", False), (3, "good", True), (2, "fail", True)):
        work = answered("good-0", right, 5).model_copy(update={"mark": mark})
        step = given(CONTROL, sample(1, "control_work")).when(recording([work], joint_commission=True))
        assert isinstance(step.outcome, list) == taken, (right, mark)
    of_four = given(CONTROL, sample(1, "control_work")).when(recording([answered("good-0", 3, 4)], joint_commission=True))
    assert isinstance(of_four.outcome, Invalid), "of another number of questions the text says nothing"


# figures


def of_marks(took_part: int, positive: int, sample_size: int) -> list[TestResult]:
    marked = [TestResult(learner_id=f"l-{n}", took_part=True, mark="good" if n < positive else "fail") for n in range(took_part)]
    return [*marked, *(absent(f"l-{n}") for n in range(took_part, sample_size))]


@CLAUSE(RULEBOOK, "35")
@pytest.mark.parametrize(("took_part", "met", "percent"), [(50, True, "100.00"), (48, True, "96.00"), (47, False, "94.00")])
def test_ninety_five_percent_of_the_sample_take_part(took_part: int, met: bool, percent: str) -> None:
    found = figures(of_marks(took_part, took_part, 50), 50, BOOK)
    assert (found.participation_met, shown(found.participation)) == (met, Decimal(percent))


@CLAUSE(RULEBOOK, "35")
@pytest.mark.parametrize(("positive", "met", "percent"), [(34, True, "70.83"), (33, False, "68.75")])
def test_seventy_percent_of_those_who_took_part_have_positive_marks(positive: int, met: bool, percent: str) -> None:
    found = figures(of_marks(48, positive, 50), 50, BOOK)
    assert (found.base, found.positive_met, shown(found.positive_marks)) == (48, met, Decimal(percent))


@CLAUSE(RULEBOOK, "35")
def test_of_the_sample_where_the_agency_reads_it_so() -> None:
    found = figures(of_marks(48, 34, 50), 50, read_otherwise(positive_marks_base="sample"))
    assert (found.base, found.positive_met, found.positive_marks) == (50, False, Fraction(68))


@CLAUSE(RULEBOOK, "35")
def test_a_share_is_exact_and_never_shown_as_reached_before_it_is() -> None:
    found = figures(of_marks(20_000, 13_999, 20_000), 20_000, BOOK)
    assert (found.positive_met, shown(found.positive_marks)) == (False, Decimal("69.99"))
    found = figures(of_marks(18_999, 0, 20_000), 20_000, BOOK)
    assert (found.participation_met, shown(found.participation)) == (False, Decimal("94.99"))
    nobody = figures(of_marks(0, 0, 10), 10, BOOK)
    assert (nobody.participation_met, nobody.positive_met, nobody.base) == (False, False, 0)


@CLAUSE(RULEBOOK, "24 (a)", "35")
def test_a_control_is_concluded_with_its_figures_and_then_stands() -> None:
    past = sample(3)
    results = recording([answered("good-0", 90), answered("good-1", 10), absent("good-2")])
    (fact,) = after(past, results, ConcludeControl(**at())).then_types(ControlConcluded)
    assert isinstance(fact, ControlConcluded)
    assert (fact.sample, fact.took_part, fact.positive, fact.base) == (3, 2, 1, 2)
    assert (fact.participation, fact.positive_marks, fact.participation_met, fact.positive_met) == (
        Decimal("66.66"),
        Decimal("50.00"),
        False,
        False,
    )
    assert fact.marks == {"excellent": 1, "fail": 1}
    after(past, results, ConcludeControl(**at()), results).then_refused(words="concluded")
    after(past, results, ConcludeControl(**at()), ConcludeControl(**at())).then_refused(words="concluded")
    given(CONTROL, past).when(ConcludeControl(**at())).then_refused(clause="24 (a)")
    (second,) = after(past, results, results).then_types(ResultsRecorded)
    assert isinstance(second, ResultsRecorded)
    assert second.round == 2
