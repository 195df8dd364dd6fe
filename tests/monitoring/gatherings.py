"""Commands and facts of what internal monitoring collects, for tests."""

from datetime import UTC, date, datetime
from typing import Any

from regulations import load
from services.monitoring.contract import Answer, Question, SampledCase, SurveyLinkIssued, SurveyOpened
from services.monitoring.domain.gathering import AnalyseDocument, DrawCaseSample, HoldFocusGroup, HoldInterview
from services.monitoring.domain.survey import CloseSurvey, IssueLink, OpenSurvey, RevokeLink
from services.monitoring.domain.survey_answer import AnswerSurvey

ARTKI = "artki-internal-monitoring"
RULES = load(ARTKI)
TODAY = date(2026, 10, 5)
NOW: dict[str, Any] = {"at": datetime(2026, 10, 5, 6, tzinfo=UTC), "by": "agency.coordinator"}
OF: dict[str, Any] = {**NOW, "rulebook": RULES.ref}

QUESTIONS = (
    Question(question_id="clear", text={"en": "How clear was it?", "ru": "Насколько понятно?"}, kind="scale", most=5, required=True),
    Question(question_id="again", text={"en": "Again?", "ru": "Снова?"}, kind="choice", choices=("yes", "no"), goals=("2.1.3",)),
    Question(question_id="more", text={"en": "What more?", "ru": "Что ещё?"}, kind="text"),
)
TITLE = {"en": "Accreditation as you saw it", "ru": "Аккредитация глазами участников"}


def opening(**changes: Any) -> OpenSurvey:
    told = {"survey_id": "s-1", "cycle_id": "c-1", "cycle_closed": False, "title": TITLE, "groups": ("student", "staff"), "anonymous": True}
    return OpenSurvey(**{**OF, **told, "additional": False, "questions": QUESTIONS, "closes_on": date(2026, 10, 31), **changes})


def opened(**changes: Any) -> SurveyOpened:
    told = {"survey_id": "s-1", "cycle_id": "c-1", "title": TITLE, "groups": ("student", "staff"), "anonymous": True}
    return SurveyOpened(**{**told, "questions": QUESTIONS, "closes_on": date(2026, 10, 31), "opened_on": TODAY, **changes})


def linked(link_id: str = "l-1", **changes: Any) -> SurveyLinkIssued:
    return SurveyLinkIssued(
        **{"survey_id": "s-1", "link_id": link_id, "group": "student", "secret_hash": "a" * 64, "issued_on": TODAY, **changes}
    )


def issuing(link_id: str = "l-1", group: str = "student", single: bool = False) -> IssueLink:
    return IssueLink(**OF, link_id=link_id, group=group, single=single, secret_hash="a" * 64)


def revoking(link_id: str = "l-1") -> RevokeLink:
    return RevokeLink(**OF, link_id=link_id, reason="It went astray.")


def closing() -> CloseSurvey:
    return CloseSurvey(**OF, answers=7)


def answering(*answers: Answer, asked: SurveyOpened | None = None, **changes: Any) -> AnswerSurvey:
    said = answers or (Answer(question_id="clear", value=4),)
    told = {"answer_id": "a-1", "asked": asked or opened(), "group": "student", "language": "en", "answers": said}
    return AnswerSurvey(**{**OF, **told, **changes})


def interviewing(**changes: Any) -> HoldInterview:
    told = {"interview_id": "i-1", "cycle_id": "c-1", "group": "teacher", "interviewee": "Dean", "notes": "Fair.", "goals": ("2.1.1",)}
    return HoldInterview(**{**OF, **told, "held_by": ("aida",), "held_on": TODAY, **changes})


def focusing(**changes: Any) -> HoldFocusGroup:
    told = {"focus_group_id": "f-1", "cycle_id": "c-1", "groups": ("student", "teacher"), "participants": 8, "held_by": ("aida",)}
    said = {"expectations": "Speed.", "needs": "Templates.", "satisfaction": "Mostly."}
    return HoldFocusGroup(**{**OF, **told, **said, "held_on": TODAY, **changes})


def analysing(**changes: Any) -> AnalyseDocument:
    told = {"analysis_id": "d-1", "cycle_id": None, "subject": "The report of the visit", "case_id": None, "sample_id": None, "drawn": None}
    return AnalyseDocument(
        **{**OF, **told, "findings": "In order.", "conforms": True, "analysed_by": "aida", "analysed_on": TODAY, **changes}
    )


def sampling(size: int = 3, cases: int = 10, **changes: Any) -> DrawCaseSample:
    population = tuple(SampledCase(case_id=f"case-{n}", rulebook="iqaa-accreditation", opened_on=TODAY) for n in range(cases))
    told = {"sample_id": "p-1", "cycle_id": "c-1", "seed": "2026", "rulebooks": (), "opened_from": date(2026, 1, 1), "opened_until": TODAY}
    return DrawCaseSample(**{**OF, **told, "size": size, "population": population, **changes})
