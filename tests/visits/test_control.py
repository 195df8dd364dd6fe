"""The rules of the control of learners' knowledge (attestation, p. 24-27, 35). 12 March 2009 is a Thursday."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from chassis.corrections import Correctable, CorrectFact
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Problem, Refused
from chassis.testing import Given, given, guards_tell_the_truth
from regulations import Rulebook, load
from services.visits.contract import (
    AttestedSpecialty,
    ControlConcluded,
    ControlCorrected,
    ControlOpened,
    DisciplinesApproved,
    DisciplinesProposed,
    LearnersForgotten,
    LearnersListed,
    ListedLearner,
    ResultsRecorded,
    SampleDrawn,
    TestResult,
)
from services.visits.domain.control import (
    CONTROL,
    REPLACED,
    ApproveDisciplines,
    ConcludeControl,
    ForgetLearners,
    ListLearners,
    OpenControl,
    ProposeDisciplines,
    check_codes,
    check_right,
)
from services.visits.domain.control_drawing import DrawSample
from services.visits.domain.control_results import RecordResults
from services.visits.domain.control_state import Control
from services.visits.domain.sampling import in_lot

RULEBOOK = "kz-109-2008-attestation"
BOOK = load(RULEBOOK)
TODAY, DAY = date(2009, 3, 12), timedelta(days=1)
IDS = {"control_id": "control-1", "attestation_id": "attestation-1", "institution_id": "kaznu"}
LAW = AttestedSpecialty(code="5B030100", name="Law", level="higher")


CLAUSE = pytest.mark.clause


def at(day: date = TODAY) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "officer"}


def opening(**fields: Any) -> OpenControl:
    told = {"levels": ("technical_vocational", "higher"), "specialties": (LAW,), "profile": "ordinary", "unit": "Law", "level": "higher"}
    form = {"specialty": LAW.code, "form": "complex_testing"}
    return OpenControl(**at(), **IDS, rulebook=BOOK.ref, **{**told, **form, **fields})


def opened(form: str = "complex_testing", *, level: str = "technical_vocational", specialty: str | None = "0103000") -> ControlOpened:
    return ControlOpened(**IDS, rulebook=BOOK.ref, specialty=specialty, unit="Law", level=level, form=form, opened_on=TODAY)


def people(**of: int) -> tuple[ListedLearner, ...]:
    return tuple(ListedLearner(learner_id=f"{word}-{number}", standing=word) for word, many in of.items() for number in range(many))


def listed(learners: Sequence[ListedLearner]) -> LearnersListed:
    return LearnersListed(**IDS, learners=tuple(sorted(learners, key=lambda each: each.learner_id)), listed_on=TODAY)


def drawn_of(past: Sequence[Event], book: Rulebook = BOOK, **fields: Any) -> SampleDrawn | Problem:
    try:
        (fact,) = CONTROL.decide(DrawSample(**at(), **{"seed": "7", **fields}), CONTROL.fold(past), book)
    except Problem as problem:
        return problem
    assert isinstance(fact, SampleDrawn)
    return fact


def read_otherwise(**settings: Any) -> Rulebook:
    return BOOK.revised({f"settings.{name}": {"value": value} for name, value in settings.items()}, "2008-03-05-own")


def sample(count: int, form: str = "complex_testing") -> list[Event]:
    """A control whose sample of `count` is drawn."""
    past: list[Event] = [opened(form), listed(people(good=count))]
    fact = drawn_of(past)
    assert isinstance(fact, SampleDrawn)
    return [*past, fact]


def answered(learner_id: str, right: int, questions: int = 100) -> TestResult:
    return TestResult(learner_id=learner_id, took_part=True, right=right, questions=questions)


def absent(learner_id: str) -> TestResult:
    return TestResult(learner_id=learner_id, took_part=False)


def recording(results: Sequence[TestResult], **fields: Any) -> RecordResults:
    return RecordResults(**at(), results=tuple(results), **{"source": "Protocol No. 4", **fields})


def after(past: Sequence[Event], *commands: Any) -> Given[Control]:
    step = given(CONTROL, past)
    for command in commands:
        step = step.when(command)
    return step


# opening


@CLAUSE(RULEBOOK, "24 (a)")
def test_a_control_is_opened_once_for_a_specialty_that_is_attested() -> None:
    given(CONTROL).when(opening()).then(opened(level="higher", specialty=LAW.code))
    given(CONTROL, [opened()]).when(opening()).then_refused(words="opened already")
    for wrong in ({"specialty": "5B999999"}, {"specialty": None}, {"level": "primary"}, {"form": "dictation"}):
        assert isinstance(given(CONTROL).when(opening(**wrong)).outcome, Invalid), wrong
    given(CONTROL).when(opening(level="technical_vocational", specialty=None)).then_types(ControlOpened)
    school = {"levels": ("general_secondary",), "level": "general_secondary", "specialties": (), "form": "essay"}
    invented = given(CONTROL).when(opening(**school, specialty="0103000")).then_refused(words="there are no specialties")
    assert isinstance(invented, Invalid), "else nobody would say how its sample is drawn"
    given(CONTROL).when(opening(**school, specialty=None)).then_types(ControlOpened)


@CLAUSE(RULEBOOK, "24 (a)")
@pytest.mark.parametrize("form", ["control_work", "essay", "project", "creative_task", "composition"])
def test_other_works_than_tests_are_controlled_too(form: str) -> None:
    given(CONTROL).when(opening(form=form)).then_types(ControlOpened)


@CLAUSE(RULEBOOK, "27")
def test_only_out_of_school_and_special_organisations_use_other_forms() -> None:
    given(CONTROL).when(opening(form="auditions")).then_refused(clause="27")
    for profile in ("out_of_school", "special"):
        given(CONTROL).when(opening(form="auditions", profile=profile)).then_types(ControlOpened)
    given(CONTROL).when(opening(form="questionnaires", profile="special")).then_refused(clause="27")


@CLAUSE(RULEBOOK, "27")
def test_in_preschool_questionnaires_take_the_place_of_testing_and_no_learner_is_controlled() -> None:
    small = {"levels": ("preschool",), "specialties": (), "level": "preschool", "specialty": None}
    given(CONTROL).when(opening(**small)).then_refused(clause="27", words="questionnaires")
    questionnaires = given(CONTROL).when(opening(**small, form="questionnaires"))
    for command in (ListLearners(**at(), learners=people(good=3)), DrawSample(**at(), seed="7"), ConcludeControl(**at())):
        assert isinstance(questionnaires.outcome, list)
        given(CONTROL, questionnaires.outcome).when(command).then_refused(clause="27")


# disciplines


@CLAUSE(RULEBOOK, "24 (b)")
@pytest.mark.parametrize("level", ["post_secondary", "higher"])
def test_tests_of_higher_courses_wait_for_the_approved_list_of_disciplines(level: str) -> None:
    past = [
        opened(level=level),
        listed(people(good=1)),
        SampleDrawn(**IDS, seed="7", whole=True, shares=(), drawn=("good-0",), drawn_on=TODAY),
    ]
    results = recording([answered("good-0", 90)])
    given(CONTROL, past).when(results).then_refused(clause="24 (b)")
    proposal = ProposeDisciplines(**at(), disciplines=("Theory of law",), outgoing_number="17")
    approval = ApproveDisciplines(**at(), act="Order No. 9")
    given(CONTROL, past).when(approval).then_refused(clause="24 (b)")
    after(past, proposal, approval, results).then_types(ResultsRecorded)
    after(past, proposal, proposal).then_types(DisciplinesProposed)
    after(past, proposal, approval, proposal).then_refused(words="approved on")


@CLAUSE(RULEBOOK, "24 (b)")
def test_other_courses_and_other_works_need_no_list_of_disciplines() -> None:
    past = [*sample(2)]
    given(CONTROL, past).when(recording([answered("good-0", 90), absent("good-1")])).then_types(ResultsRecorded)
    higher = [opened("essay", level="higher"), *sample(1, "essay")[1:]]
    essay = TestResult(learner_id="good-0", took_part=True, mark="good")
    given(CONTROL, higher).when(recording([essay], joint_commission=True)).then_types(ResultsRecorded)


def test_what_is_recorded_has_happened_and_in_its_order() -> None:
    proposal = ProposeDisciplines(**at(), disciplines=("Law",), outgoing_number="17", proposed_on=TODAY)
    assert isinstance(given(CONTROL, [opened()]).when(proposal.model_copy(update={"proposed_on": TODAY + DAY})).outcome, Invalid)
    early = ApproveDisciplines(**at(), act="No. 9", approved_on=TODAY - DAY)
    assert isinstance(after([opened()], proposal, early).outcome, Conflict)


# the list


def test_a_list_stands_in_the_order_of_its_pseudonyms() -> None:
    learners = people(good=2, excellent=1)
    given(CONTROL, [opened()]).when(ListLearners(**at(), learners=learners[::-1])).then(listed(learners))


def test_a_later_list_takes_the_place_of_an_earlier_one_until_the_draw() -> None:
    past = [opened(), listed(people(good=2))]
    gone = LearnersForgotten(**IDS, learners=("good-0", "good-1"), ground=REPLACED, forgotten_on=TODAY)
    given(CONTROL, past).when(ListLearners(**at(), learners=people(fail=1))).then(gone, listed(people(fail=1)))
    given(CONTROL, sample(2)).when(ListLearners(**at(), learners=people(fail=1))).then_refused(words="the sample is drawn")


@pytest.mark.parametrize("standing", ["positive", "splendid"])
def test_a_standing_is_one_mark_of_the_scale(standing: str) -> None:
    problem = given(CONTROL, [opened()]).when(ListLearners(**at(), learners=people(**{standing: 1}))).outcome
    assert isinstance(problem, Invalid)
    assert problem.errors[0]["pointer"] == "#/learners/0/standing"
    assert isinstance(given(CONTROL, [opened()]).when(ListLearners(**at(), learners=())).outcome, Invalid)


def test_two_learners_have_two_codes_and_the_refusal_tells_none() -> None:
    check_codes(["a", "b"])
    with pytest.raises(Invalid) as refused:
        check_codes(["secret", "b", "secret"])
    assert [each["pointer"] for each in refused.value.errors] == ["#/learners/2/code"]
    assert "secret" not in f"{refused.value.detail}{refused.value.errors}"


# the draw


@CLAUSE(RULEBOOK, "24 (c)")
def test_fifty_of_a_specialty_are_drawn_in_proportion_to_their_marks() -> None:
    learners = people(excellent=25, good=50, satisfactory=25, fail=7)
    fact = drawn_of([opened(), listed(learners)])
    assert isinstance(fact, SampleDrawn)
    assert [(each.standing, each.learners, each.quota, each.drawn) for each in fact.shares] == [
        ("excellent", 25, "25/2", 13),
        ("good", 50, "25", 25),
        ("satisfactory", 25, "25/2", 12),
    ]
    assert (len(fact.drawn), len(set(fact.drawn)), fact.whole, fact.ruling) == (50, 50, False, None)
    assert Counter(each.split("-")[0] for each in fact.drawn) == {"excellent": 13, "good": 25, "satisfactory": 12}
    excellent = in_lot([each.learner_id for each in learners if each.standing == "excellent"], "7")
    assert {each for each in fact.drawn if each.startswith("excellent")} == set(excellent[:13]), "anybody can repeat it"


@for_all(st.integers(0, 120), st.integers(0, 120), st.integers(0, 120), st.integers(0, 60), st.randoms(use_true_random=False))
@CLAUSE(RULEBOOK, "24 (c)", "24 (d)")
def test_whoever_is_listed_the_sample_is_fifty_or_everybody_whatever_the_order(a: int, b: int, c: int, d: int, shuffle: Any) -> None:
    learners = [*people(excellent=a, good=b, satisfactory=c, fail=d)]
    if not learners:
        return
    fact = drawn_of([opened(), listed(learners)])
    if len(learners) > 50 > a + b + c:
        assert isinstance(fact, Refused)
        return
    assert isinstance(fact, SampleDrawn)
    assert len(set(fact.drawn)) == sum(each.drawn for each in fact.shares) == min(50, len(learners))
    assert all(each.drawn <= each.learners for each in fact.shares)
    assert sum(Fraction(each.quota) for each in fact.shares) == len(fact.drawn)
    shuffle.shuffle(learners)
    again = drawn_of([opened(), LearnersListed(**IDS, learners=tuple(learners), listed_on=TODAY)])
    assert again == fact


@CLAUSE(RULEBOOK, "24 (c)")
def test_equal_remainders_go_to_the_worse_mark_where_the_agency_reads_it_so() -> None:
    past = [opened(), listed(people(excellent=25, good=50, satisfactory=25))]
    fact = drawn_of(past, read_otherwise(sample_rounding="worse_mark_first"))
    assert isinstance(fact, SampleDrawn)
    assert [each.drawn for each in fact.shares] == [12, 25, 13]


@CLAUSE(RULEBOOK, "24 (d)")
@pytest.mark.parametrize(("learners", "whole"), [(1, True), (49, True), (50, True), (51, False)])
def test_all_are_controlled_where_there_are_not_more_than_fifty(learners: int, whole: bool) -> None:
    fact = drawn_of([opened(), listed(people(good=learners))])
    assert isinstance(fact, SampleDrawn)
    assert (fact.whole, len(fact.drawn)) == (whole, min(learners, 50))


@CLAUSE(RULEBOOK, "24 (d)")
def test_all_means_those_who_fail_too() -> None:
    fact = drawn_of([opened(), listed(people(good=20, fail=30))])
    assert isinstance(fact, SampleDrawn)
    assert (fact.whole, len(fact.drawn)) == (True, 50)


@CLAUSE(RULEBOOK, "24 (d)")
def test_by_the_kazakh_text_a_sample_is_drawn_of_fifty() -> None:
    kazakh = read_otherwise(whole_specialty_text="kk")
    assert drawn_of([opened(), listed(people(good=49, fail=0))], kazakh).whole
    fact = drawn_of([opened(), listed(people(good=50))], kazakh)
    assert isinstance(fact, SampleDrawn)
    assert (fact.whole, len(fact.drawn)) == (False, 50)
    assert isinstance(drawn_of([opened(), listed(people(good=40, fail=10))], kazakh), Refused), "nobody can draw 50 of 40"


@CLAUSE(RULEBOOK, "24 (c)")
def test_where_fewer_than_fifty_have_positive_marks_a_person_decides() -> None:
    past = [opened(), listed(people(good=30, fail=40))]
    refused = given(CONTROL, past).when(DrawSample(**at(), seed="7")).then_refused(clause="24 (c)", words="a person decides")
    assert refused.extensions["setting"] == "specialty_control_of_fewer"
    given(CONTROL, past).when(DrawSample(**at(), seed="7", take="all")).then_refused(words="a person decides")
    given(CONTROL, past).when(DrawSample(**at(), seed="7", take="proportional", ruling="So")).then_refused(clause="24 (c)")
    for take, expected in {"all": (70, True), "positive": (30, False), "filled": (50, False)}.items():
        fact = drawn_of(past, take=take, ruling="The commission decided so")
        assert isinstance(fact, SampleDrawn)
        assert (len(fact.drawn), fact.whole, fact.ruling) == (*expected, "The commission decided so")
        assert {f"good-{number}" for number in range(30)} <= set(fact.drawn)


@CLAUSE(RULEBOOK, "24 (c)")
def test_where_there_are_no_specialties_a_person_decides_or_the_agency_has_decided() -> None:
    past = [opened(specialty=None), listed(people(good=60))]
    given(CONTROL, past).when(DrawSample(**at(), seed="7")).then_refused(clause="24 (c)", words="of no specialty")
    assert len(drawn_of(past, take="proportional", ruling="As of a specialty").drawn) == 50
    settled = drawn_of(past, read_otherwise(sample_without_specialties="all"))
    assert isinstance(settled, SampleDrawn)
    assert (len(settled.drawn), settled.whole, settled.ruling) == (60, True, None)


@CLAUSE(RULEBOOK, "24 (c)")
def test_the_sample_is_for_other_works_too_unless_the_agency_goes_by_the_kazakh_text() -> None:
    past = [opened("essay"), listed(people(good=60))]
    assert len(drawn_of(past).drawn) == 50
    assert isinstance(drawn_of(past, read_otherwise(control_wider=False)), Refused)


@CLAUSE(RULEBOOK, "24 (c)", "24 (d)")
@pytest.mark.parametrize(("learners", "under"), [(50, "24 (d)"), (60, "24 (c)")])
def test_where_the_text_says_who_is_controlled_nobody_decides_otherwise(learners: int, under: str) -> None:
    draw = DrawSample(**at(), seed="7", take="positive", ruling="So")
    given(CONTROL, [opened(), listed(people(good=learners))]).when(draw).then_refused(clause=under)


def test_a_sample_is_drawn_once() -> None:
    given(CONTROL, [opened()]).when(DrawSample(**at(), seed="7")).then_refused(clause="24 (c)")
    given(CONTROL, sample(2)).when(DrawSample(**at(), seed="8")).then_refused(words="drawn already")


# erasure


def test_learners_are_forgotten_once_and_all_where_none_are_named() -> None:
    past = sample(3)
    one = ForgetLearners(**at(), ground="On request", learners=("good-1",))
    gone = LearnersForgotten(**IDS, learners=("good-1",), ground="On request", forgotten_on=TODAY)
    given(CONTROL, past).when(one).then(gone)
    after(past, one, one).then()
    rest = gone.model_copy(update={"learners": ("good-0", "good-2", "unlisted")})
    after(past, one, ForgetLearners(**at(), ground="On request", named=("good-0", "unlisted"))).then(rest)
    assert isinstance(given(CONTROL, past).when(one.model_copy(update={"learners": ("nobody",)})).outcome, Invalid)


def test_figures_come_of_learners_whom_nobody_knows() -> None:
    past = sample(1)
    after(past, ForgetLearners(**at(), ground="So"), recording([answered("good-0", 90)]), ConcludeControl(**at())).then_types(
        ControlConcluded
    )


# corrections, guards


def test_the_day_of_an_approval_is_put_right_within_its_order() -> None:
    proposal = ProposeDisciplines(**at(), disciplines=("Law",), outgoing_number="17", proposed_on=TODAY - DAY)
    approved = DisciplinesApproved(**IDS, act="No. 9", approved_on=TODAY)
    past = [opened(), *given(CONTROL, [opened()]).when(proposal).then_types(DisciplinesProposed), approved]
    how = Correctable(CONTROL, ControlCorrected, lambda state: {"control_id": state.control_id}, lambda right: check_right(right, TODAY))

    def correct(approved_on: date) -> Any:
        fields = {
            "corrects": "event",
            "version": 3,
            "corrected": {"approved_on": str(approved_on)},
            "reason": "Typed",
            "corrected_on": TODAY,
        }
        return how.decider.decide(CorrectFact(**at(), **fields), tuple(past), None)

    assert CONTROL.fold([*past, *correct(TODAY - DAY)]).approved_on == TODAY - DAY
    for wrong in (TODAY - 2 * DAY, TODAY + DAY):
        with pytest.raises(Conflict):
            correct(wrong)


def test_nothing_is_done_in_a_control_that_nobody_opened() -> None:
    with pytest.raises(NotFound):
        CONTROL.rules(ConcludeControl(**at()), Control())


@pytest.mark.parametrize(
    ("form", "level"),
    [("complex_testing", "higher"), ("complex_testing", "technical_vocational"), ("essay", "higher"), ("questionnaires", "preschool")],
)
def test_guards_tell_what_is_decided(form: str, level: str) -> None:
    def commands(state: Control) -> list[Any]:
        works = [TestResult(learner_id=each, took_part=True, mark="good") for each in state.drawn]
        tests = [answered(each, 90) for each in state.drawn]
        return [
            opening(),
            ProposeDisciplines(**at(), disciplines=("Law",), outgoing_number="17"),
            ApproveDisciplines(**at(), act="No. 9"),
            ListLearners(**at(), learners=people(good=2)),
            DrawSample(**at(), seed="7"),
            recording(tests if form == "complex_testing" else works, joint_commission=True),
            ConcludeControl(**at()),
            ForgetLearners(**at(), ground="So"),
        ]

    def alike(state: Control) -> Any:
        return (state.stage, state.proposed_on, state.approved_on, bool(state.learners), bool(state.forgotten), min(state.rounds, 1))

    states = guards_tell_the_truth(CONTROL, [opened(form, level=level)], commands, alike=alike)
    stages = {state.stage for state in states}
    assert stages == ({"opened"} if form == "questionnaires" else {"opened", "listed", "drawn", "recorded", "concluded"})
