"""One answer to a survey. Where the survey is anonymous it tells the group, the language and the day, and nothing more of who gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, IdempotencyKeyReused, Invalid
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import Answer, Question, SurveyAnswered, SurveyOpened
from services.monitoring.domain.gathering_rules import ARTKI, invalid


@dataclass(frozen=True)
class Answered:
    """An answer, if it was given."""

    fact: SurveyAnswered | None = None


class AnswerSurvey(Command):
    """`asked` is the survey, open by its own stream; `single`: the link serves one answer.

    `respondent_id` and `respondent` tell who answers, never in an anonymous one.
    """

    records = (SurveyAnswered,)

    answer_id: str
    asked: SurveyOpened
    rulebook: RulebookRef
    group: str
    single: bool = False
    language: str
    answers: tuple[Answer, ...]
    respondent_id: str | None = None
    respondent: str | None = None


@enforces(ARTKI, "6.1.s2", "6.2")
def decide(command: AnswerSurvey, state: Answered, rules: Rulebook) -> Sequence[Event]:
    """Once; the same again is the same answer. Refused after the survey's last day, and for answers to what was not asked."""
    asked, today = command.asked, local_date(command.at, rules.zone)
    if asked.anonymous and (command.respondent or command.respondent_id):
        raise invalid("#/respondent", "the survey is anonymous: it takes no name", "no respondent")
    check_day(asked, today)
    check_answers(asked, command.language, command.answers)
    fact = SurveyAnswered(
        survey_id=asked.survey_id,
        cycle_id=asked.cycle_id,
        answer_id=command.answer_id,
        group=command.group,
        language=command.language,
        answers=command.answers,
        respondent_id=command.respondent_id,
        respondent=command.respondent,
        answered_on=today,
    )
    if state.fact is None:
        return [fact]
    if state.fact.answers != fact.answers or state.fact.language != fact.language:
        if command.single:
            raise Conflict("this link serves one answer, and that was given")
        raise IdempotencyKeyReused("another answer was given under this Idempotency-Key; every answer is given once")
    return []


def check_day(asked: SurveyOpened, today: date) -> None:
    """Refused after the last day."""
    if today > asked.closes_on:
        raise Conflict(f"the survey took answers until {asked.closes_on}")


def check_answers(asked: SurveyOpened, language: str, answers: Sequence[Answer]) -> None:
    """Every required question is answered, each at most once and as its kind wants it. Invalid."""
    questions = {question.question_id: question for question in asked.questions}
    if language not in asked.title:
        raise invalid("#/language", f"the survey is not in {language}", f"one of {', '.join(asked.title)}")
    errors, seen = [], set[str]()
    for place, answer in enumerate(answers):
        question = questions.get(answer.question_id)
        fault = (
            "no question of the survey"
            if question is None
            else "answered twice"
            if answer.question_id in seen
            else _fault(question, answer)
        )
        seen.add(answer.question_id)
        if fault:
            errors.append({"pointer": f"#/answers/{place}", "detail": fault})
    missing = [question.question_id for question in asked.questions if question.required and question.question_id not in seen]
    if missing:
        errors.append({"pointer": "#/answers", "detail": f"to be answered: {', '.join(missing)}"})
    if errors:
        raise Invalid("these are no answers to the survey", errors=errors[:50])


def _fault(question: Question | None, answer: Answer) -> str | None:
    if question is None:
        return "no question of the survey"
    if question.kind == "text":
        return None if answer.text is not None and answer.value is None else "answered with `text` alone"
    most = question.most if question.kind == "scale" else len(question.choices)
    if answer.text is not None or answer.value is None or not 1 <= answer.value <= (most or 0):
        return f"answered with a `value` from 1 to {most} alone"
    return None


def evolve(state: Answered, event: Any) -> Answered:
    """The state after a fact."""
    return Answered(event) if isinstance(event, SurveyAnswered) else state


def _rules(command: AnswerSurvey, _state: Answered) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {AnswerSurvey: always}

SURVEY_ANSWER: Decider[Answered, Rulebook] = Decider("survey_answer", Answered(), decide, evolve, _rules, GUARDS)
