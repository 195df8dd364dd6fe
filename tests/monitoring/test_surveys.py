"""Surveys as the regulation on internal monitoring lets them be held, and what is told of their answers."""

from datetime import date
from typing import Any

import pytest

from chassis.decider import Command
from chassis.problems import Conflict, IdempotencyKeyReused, Invalid, Problem
from chassis.testing import given, guards_tell_the_truth
from services.monitoring.contract import Answer, SurveyAnswered, SurveyClosed, SurveyLinkIssued, SurveyLinkRevoked, SurveyOpened
from services.monitoring.domain.survey import SURVEY, Survey
from services.monitoring.domain.survey_answer import SURVEY_ANSWER, Answered
from services.monitoring.domain.survey_results import Given, results
from tests.monitoring.gatherings import (
    ARTKI,
    QUESTIONS,
    TITLE,
    TODAY,
    answering,
    closing,
    issuing,
    linked,
    opened,
    opening,
    revoking,
)


def refused(outcome: Any, kind: type[Problem], pointer: str = "") -> None:
    assert isinstance(outcome, kind), outcome
    assert not pointer or [each["pointer"] for each in outcome.extensions["errors"]] == [pointer]


@pytest.mark.clause(ARTKI, "3.3.2", "6.1.s1", "6.2", "2.1.3")
class TestOpening:
    def test_a_survey_asks_stakeholders_and_staff(self) -> None:
        given(SURVEY, []).when(opening()).then(opened())
        everybody = ("institution", "teacher", "student", "public_organisation", "staff")
        given(SURVEY, []).when(opening(groups=everybody)).then_types(SurveyOpened)

    @pytest.mark.parametrize("groups", [(), ("student", "student"), ("parents",)])
    def test_a_group_is_one_of_the_text_or_the_staff_named_once(self, groups: tuple[str, ...]) -> None:
        refused(given(SURVEY, []).when(opening(groups=groups)).outcome, Invalid, "#/groups")

    def test_a_further_survey_is_held_among_stakeholders(self) -> None:
        refused(given(SURVEY, []).when(opening(groups=("staff",), additional=True)).outcome, Invalid, "#/groups")
        given(SURVEY, []).when(opening(groups=("staff",))).then_types(SurveyOpened)

    def test_nothing_is_collected_in_a_closed_cycle(self) -> None:
        refused(given(SURVEY, []).when(opening(cycle_closed=True)).outcome, Conflict)

    def test_it_closes_today_at_the_earliest(self) -> None:
        given(SURVEY, []).when(opening(closes_on=TODAY)).then_types(SurveyOpened)
        refused(given(SURVEY, []).when(opening(closes_on=date(2026, 10, 4))).outcome, Invalid, "#/closes_on")

    @pytest.mark.parametrize(
        ("place", "change", "pointer"),
        [
            (0, {"most": None}, "most"),
            (1, {"most": 5}, "most"),
            (1, {"choices": ("yes",)}, "choices"),
            (1, {"choices": ("yes", "yes")}, "choices"),
            (2, {"choices": ("yes", "no")}, "choices"),
            (2, {"text": {"en": "What more?"}}, "text"),
            (2, {"question_id": "clear"}, "question_id"),
        ],
    )
    def test_a_question_has_what_its_kind_needs_in_every_language(self, place: int, change: dict[str, Any], pointer: str) -> None:
        questions = list(QUESTIONS)
        questions[place] = questions[place].model_copy(update=change)
        refused(given(SURVEY, []).when(opening(questions=tuple(questions))).outcome, Invalid, f"#/questions/{place}/{pointer}")

    @pytest.mark.clause(ARTKI, "2.1", "2.2")
    def test_a_question_serves_goals_that_the_regulation_has(self) -> None:
        strange = QUESTIONS[0].model_copy(update={"goals": ("2.9",)})
        refused(given(SURVEY, []).when(opening(questions=(strange,))).outcome, Invalid, "#/questions/0/goals")


class TestLinks:
    def test_a_link_is_for_one_of_the_survey_s_groups(self) -> None:
        given(SURVEY, [opened()]).when(issuing()).then(linked())
        refused(given(SURVEY, [opened()]).when(issuing(group="teacher")).outcome, Invalid, "#/group")

    def test_an_anonymous_survey_has_no_links_for_one_answer(self) -> None:
        refused(given(SURVEY, [opened()]).when(issuing(single=True)).outcome, Invalid, "#/single")
        given(SURVEY, [opened(anonymous=False)]).when(issuing(single=True)).then_types(SurveyLinkIssued)

    def test_a_link_is_issued_and_revoked_once(self) -> None:
        given(SURVEY, [opened(), linked()]).when(issuing()).then()
        given(SURVEY, [opened(), linked()]).when(revoking()).then_types(SurveyLinkRevoked)
        given(SURVEY, [opened(), linked()]).when(revoking()).when(revoking()).then()
        refused(given(SURVEY, [opened(), linked()]).when(revoking("l-2")).outcome, Invalid, "#/link_id")

    def test_a_command_of_a_survey_is_open_exactly_where_some_body_is_accepted(self) -> None:
        def commands(state: Survey) -> list[Command]:
            return [opening(), issuing(f"l-{len(state.links) + 1}"), revoking(f"l-{len(state.revoked) + 1}"), revoking(), closing()]

        def alike(state: Survey) -> tuple[Any, ...]:
            return bool(state.opened), min(len(state.links), 2), min(len(state.revoked), 2), bool(state.closed)

        states = guards_tell_the_truth(SURVEY, [opened()], commands, alike=alike)
        assert any(state.closed for state in states)
        given(SURVEY, [opened()]).when(closing()).then(SurveyClosed(survey_id="s-1", cycle_id="c-1", answers=7, closed_on=TODAY))


@pytest.mark.clause(ARTKI, "6.1.s2", "6.2")
class TestAnswering:
    def test_an_anonymous_answer_tells_group_language_and_day(self) -> None:
        (fact,) = given(SURVEY_ANSWER, []).when(answering()).then_types(SurveyAnswered)
        assert fact.model_dump(exclude={"answers", "survey_id", "cycle_id", "answer_id"}) == {
            "group": "student",
            "language": "en",
            "respondent_id": None,
            "respondent": None,
            "answered_on": TODAY,
        }

    @pytest.mark.parametrize("who", [{"respondent": "Aida"}, {"respondent_id": "l-1"}])
    def test_an_anonymous_survey_takes_no_name(self, who: dict[str, str]) -> None:
        refused(given(SURVEY_ANSWER, []).when(answering(**who)).outcome, Invalid, "#/respondent")
        given(SURVEY_ANSWER, []).when(answering(asked=opened(anonymous=False), **who)).then_types(SurveyAnswered)

    @pytest.mark.parametrize(
        ("answer", "good"),
        [
            (Answer(question_id="clear", value=1), True),
            (Answer(question_id="clear", value=5), True),
            (Answer(question_id="clear", value=0), False),
            (Answer(question_id="clear", value=6), False),
            (Answer(question_id="clear", text="Very"), False),
            (Answer(question_id="clear", value=3, text="Very"), False),
            (Answer(question_id="clear"), False),
            (Answer(question_id="again", value=2), True),
            (Answer(question_id="again", value=3), False),
            (Answer(question_id="more", text="Time"), True),
            (Answer(question_id="more", value=1), False),
            (Answer(question_id="less", value=1), False),
        ],
    )
    def test_an_answer_is_what_its_question_asks(self, answer: Answer, good: bool) -> None:
        said = (answer,) if answer.question_id == "clear" else (Answer(question_id="clear", value=4), answer)
        outcome = given(SURVEY_ANSWER, []).when(answering(*said)).outcome
        assert isinstance(outcome, list) is good, outcome

    def test_each_question_once_and_the_required_ones_at_all(self) -> None:
        clear, again = Answer(question_id="clear", value=4), Answer(question_id="again", value=1)
        refused(given(SURVEY_ANSWER, []).when(answering(clear, clear)).outcome, Invalid, "#/answers/1")
        refused(given(SURVEY_ANSWER, []).when(answering(again)).outcome, Invalid, "#/answers")

    def test_until_the_last_day_in_a_language_of_the_survey(self) -> None:
        given(SURVEY_ANSWER, []).when(answering(asked=opened(closes_on=TODAY))).then_types(SurveyAnswered)
        refused(given(SURVEY_ANSWER, []).when(answering(asked=opened(closes_on=date(2026, 10, 4)))).outcome, Conflict)
        refused(given(SURVEY_ANSWER, []).when(answering(language="kk")).outcome, Invalid, "#/language")

    def test_the_same_again_is_the_same_answer_and_another_is_none(self) -> None:
        once = given(SURVEY_ANSWER, []).when(answering())
        once.when(answering()).then()
        refused(once.when(answering(Answer(question_id="clear", value=1))).outcome, IdempotencyKeyReused)
        again = given(SURVEY_ANSWER, []).when(answering()).when(answering(Answer(question_id="clear", value=1), single=True))
        refused(again.outcome, Conflict)

    def test_answering_is_never_refused_by_the_state_alone(self) -> None:
        assert len(guards_tell_the_truth(SURVEY_ANSWER, [], lambda _state: [answering()])) == 2
        assert SURVEY_ANSWER.initial == Answered()


def said(group: str, *values: int, text: str | None = None) -> list[Given]:
    more = (Answer(question_id="more", text=text),) if text else ()
    return [Given(group, (Answer(question_id="clear", value=value), *more)) for value in values]


class TestResults:
    def test_counts_are_of_every_value_and_the_mean_is_exact(self) -> None:
        whole, student, staff = results(QUESTIONS, ("student", "staff"), said("student", 5, 4, 4, 1, 1), False)
        assert (whole.group, whole.answers, student.answers, staff.answers) == (None, 5, 5, 0)
        clear = student.questions[0]
        assert (clear.counts, clear.mean, clear.answered) == ({1: 2, 2: 0, 3: 0, 4: 2, 5: 1}, "3.00", 5)
        assert results(QUESTIONS, ("student",), said("student", 5, 5, 4), False)[1].questions[0].mean == "4.67"
        assert staff.questions[0].mean is None

    def test_an_anonymous_group_under_five_is_told_neither_itself_nor_by_the_sum(self) -> None:
        given_ = said("student", 1, 2, 3, 4, 5) + said("staff", 1, 1, 1, 1)
        whole, student, staff = results(QUESTIONS, ("student", "staff"), given_, True)
        assert (staff.suppressed, staff.questions, staff.answers) == (True, (), 4)
        assert not student.suppressed
        assert whole.questions == student.questions
        assert whole.answers == 5
        by_five = results(QUESTIONS, ("student", "staff"), [*given_, *said("staff", 1)], True)
        assert by_five[2].questions[0].counts[1] == 5
        assert by_five[0].answers == 10

    def test_where_no_group_is_large_enough_nothing_is_told(self) -> None:
        whole, student = results(QUESTIONS, ("student",), said("student", 1, 2), True)
        assert whole.suppressed
        assert student.suppressed
        assert all(not question.counts and not question.texts for question in whole.questions)

    def test_texts_stand_in_the_alphabet_s_order_not_in_that_of_their_coming(self) -> None:
        given_ = said("student", 1, text="Zeal") + said("student", 5, text="Air") + said("student", 1, 1, 1, text="More")
        assert results(QUESTIONS, ("student",), given_, True)[1].questions[2].texts == ("Air", "More", "More", "More", "Zeal")

    def test_a_survey_by_name_shows_small_groups(self) -> None:
        assert results(QUESTIONS, ("student",), said("student", 2), False)[1].questions[0].counts[2] == 1


def test_a_title_is_corrected_in_the_languages_of_the_questions() -> None:
    from services.monitoring.domain.survey import corrections

    how = corrections()
    how.check(SURVEY.fold([opened(title={**TITLE, "en": "Better"})]))
    with pytest.raises(Conflict):
        how.check(SURVEY.fold([opened(title={"en": "Better"})]))
