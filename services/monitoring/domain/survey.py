"""A survey: what it asks of whom, its links, its end. What was answered has streams of its own (`survey_answer`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import Question, SurveyClosed, SurveyCorrected, SurveyLinkIssued, SurveyLinkRevoked, SurveyOpened
from services.monitoring.domain.gathering_rules import ARTKI, check_goals, check_groups, check_open, invalid


@dataclass(frozen=True)
class Survey:
    """A survey as it stands. `revoked` are the ids of links that serve no more."""

    opened: SurveyOpened | None = None
    links: Mapping[str, SurveyLinkIssued] = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    closed: SurveyClosed | None = None

    @property
    def asked(self) -> SurveyOpened:
        """The fact with which it began; NotFound if it did not."""
        if self.opened is None:
            raise NotFound("there is no such survey")
        return self.opened


class OpenSurvey(Command):
    """`rulebook` is that of the cycle, `cycle_closed` whether nothing more is asked of anybody in it."""

    records = (SurveyOpened,)

    survey_id: str
    cycle_id: str
    rulebook: RulebookRef
    cycle_closed: bool
    title: Mapping[str, str]
    groups: tuple[str, ...]
    anonymous: bool
    additional: bool
    questions: tuple[Question, ...]
    closes_on: date


class IssueLink(Command):
    """A link for one group. `secret_hash` is all that is kept of its secret."""

    records = (SurveyLinkIssued,)

    rulebook: RulebookRef
    link_id: str
    group: str
    single: bool
    secret_hash: str


class RevokeLink(Command):
    """A link serves no more."""

    records = (SurveyLinkRevoked,)

    rulebook: RulebookRef
    link_id: str
    reason: str


class CloseSurvey(Command):
    """No more answers; `answers` came."""

    records = (SurveyClosed,)

    rulebook: RulebookRef
    answers: int


AnyCommand = OpenSurvey | IssueLink | RevokeLink | CloseSurvey


def decide(command: AnyCommand, state: Survey, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; their days are local ones of the agency."""
    today = local_date(command.at, rules.zone)
    match command:
        case OpenSurvey():
            return [_open(command, rules, today)]
        case IssueLink():
            return _issue(command, state, today)
        case RevokeLink():
            return _revoke(command, state, today)
        case CloseSurvey():
            asked = state.asked
            return [SurveyClosed(survey_id=asked.survey_id, cycle_id=asked.cycle_id, answers=command.answers, closed_on=today)]


@enforces(ARTKI, "3.3.2", "6.1.s1", "6.2", "2.1.3")
def _open(command: OpenSurvey, rules: Rulebook, today: date) -> SurveyOpened:
    """Among groups of the text or staff, in a cycle that is not over. A further survey (6.2) is a choice, and asks stakeholders."""
    check_open(command.cycle_closed)
    check_groups(rules, command.groups, "#/groups")
    if command.additional and set(command.groups) == {"staff"}:
        raise invalid("#/groups", "a further survey is held among stakeholders (6.2)", "a stakeholder group")
    if command.closes_on < today:
        raise invalid("#/closes_on", f"{command.closes_on} is over", f"a day from {today} on")
    _check_questions(command, rules)
    told = command.model_dump(exclude={"at", "by", "rulebook", "cycle_closed", "questions"})
    return SurveyOpened(**told, questions=command.questions, opened_on=today)


def _check_questions(command: OpenSurvey, rules: Rulebook) -> None:
    """Each asked in every language of the title, with what its kind needs and nothing else."""
    languages, errors, seen = set(command.title), [], set[str]()
    if not languages:
        errors.append({"pointer": "#/title", "detail": "in one language at least"})
    for place, question in enumerate(command.questions):
        faults = {
            "question_id": "another question has this id" if question.question_id in seen else None,
            "text": f"in the languages of the title: {', '.join(sorted(languages))}" if set(question.text) != languages else None,
            "most": "of a scale, and of nothing else" if (question.most is not None) != (question.kind == "scale") else None,
            "choices": "two at least, of a choice and of nothing else" if _wrong_choices(question) else None,
        }
        seen.add(question.question_id)
        errors += [{"pointer": f"#/questions/{place}/{name}", "detail": fault} for name, fault in faults.items() if fault]
        check_goals(rules, question.goals, f"#/questions/{place}/goals")
    if errors:
        raise Invalid("the survey cannot be held in this form", errors=errors)


def _wrong_choices(question: Question) -> bool:
    if question.kind == "choice":
        return len(question.choices) < 2 or len(set(question.choices)) != len(question.choices)
    return bool(question.choices)


def _issue(command: IssueLink, state: Survey, today: date) -> list[Event]:
    """For one of its groups. To an anonymous survey none that serves one answer: whoever was given it would be known by his answer."""
    asked = state.asked
    if command.link_id in state.links:
        return []
    if command.group not in asked.groups:
        raise invalid("#/group", f"the survey does not ask {command.group}", ", ".join(asked.groups))
    if command.single and asked.anonymous:
        raise invalid("#/single", "a link for one answer tells whose the answer is, and this survey is anonymous", "a link for the group")
    told = command.model_dump(include={"link_id", "group", "single", "secret_hash"})
    return [SurveyLinkIssued(survey_id=asked.survey_id, **told, issued_on=today)]


def _revoke(command: RevokeLink, state: Survey, today: date) -> list[Event]:
    if command.link_id not in state.links:
        raise invalid("#/link_id", f"the survey has no link {command.link_id}", "a link of the survey")
    if command.link_id in state.revoked:
        return []
    return [SurveyLinkRevoked(survey_id=state.asked.survey_id, link_id=command.link_id, reason=command.reason, revoked_on=today)]


def evolve(state: Survey, event: Any) -> Survey:
    """The state after a fact."""
    match event:
        case SurveyOpened():
            return Survey(opened=event)
        case SurveyLinkIssued():
            return replace(state, links={**state.links, event.link_id: event})
        case SurveyLinkRevoked():
            return replace(state, revoked=state.revoked | {event.link_id})
        case SurveyClosed():
            return replace(state, closed=event)
    return state


def taking(state: Survey, _rules: Rulebook) -> None:
    """Whether the survey still takes answers, whatever the day."""
    asked = state.asked
    if state.closed is not None:
        raise Conflict(f"the survey {asked.survey_id} was closed on {state.closed.closed_on}")


def linked(state: Survey, rules: Rulebook) -> None:
    """Links are revoked while they serve, or are revoked already."""
    taking(state, rules)
    if not state.links:
        raise Conflict("the survey has no links")


def not_opened(state: Survey, _rules: Rulebook) -> None:
    """A survey is opened once."""
    if state.opened is not None:
        raise Conflict("the survey is open")


GUARDS: Mapping[type[Command], Guard] = {OpenSurvey: not_opened, IssueLink: taking, RevokeLink: linked, CloseSurvey: taking}


def _rules(command: AnyCommand, _state: Survey) -> Rulebook:
    return resolve(command.rulebook)


SURVEY: Decider[Survey, Rulebook] = Decider("survey", Survey(), decide, evolve, _rules, GUARDS)


def corrections() -> Correctable:
    """How a survey is corrected: a slip in its title, in the languages in which it is asked."""

    def check(state: Survey) -> None:
        asked = state.asked
        if any(set(question.text) != set(asked.title) for question in asked.questions):
            raise Conflict("the title is in the languages in which the questions are asked")

    return Correctable(SURVEY, SurveyCorrected, lambda state: {"survey_id": state.asked.survey_id}, check)
