"""What monitoring shows of the information that internal monitoring collects; and what these commands look up."""

from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import ApplicationRegistered, AttestationScheduled
from services.monitoring.contract import (
    AgencyRecommendationReceived,
    CaseSampleDrawn,
    CycleOpened,
    DocumentAnalysed,
    FocusGroupHeld,
    FollowUpOpened,
    InterviewHeld,
    SurveyAnswered,
    SurveyClosed,
    SurveyLinkIssued,
    SurveyLinkRevoked,
    SurveyOpened,
    TrainingHeld,
    TrainingResultUsed,
)

surveys = ReadModel(
    "surveys",
    Column("survey_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("title", JSONB),
    Column("groups", JSONB),
    Column("anonymous", Boolean),
    Column("additional", Boolean),
    Column("stage", Text),
    Column("opened_on", Date),
    Column("closes_on", Date),
    Column("closed_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "survey_id"], ["cycle_id", "opened_on"]],
)

survey_answers = ReadModel(
    "survey_answers",
    Column("answer_id", Text, primary_key=True),
    Column("survey_id", Text),
    Column("cycle_id", Text),
    Column("answered_by", Text),
    Column("language", Text),
    Column("answers", JSONB),
    Column("respondent_id", Text),
    Column("respondent", Text),
    Column("answered_on", Date),
    indexes=[["survey_id", "answered_on"], ["cycle_id"]],
)

interviews = ReadModel(
    "internal_interviews",
    Column("interview_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("group_word", Text),
    Column("interviewee", Text),
    Column("notes", Text),
    Column("goals", JSONB),
    Column("held_by", JSONB),
    Column("held_on", Date),
    Column("version", Integer),
    indexes=[["held_on", "interview_id"], ["cycle_id", "held_on"]],
)

focus_groups = ReadModel(
    "focus_groups",
    Column("focus_group_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("groups", JSONB),
    Column("participants", Integer),
    Column("expectations", Text),
    Column("needs", Text),
    Column("satisfaction", Text),
    Column("held_by", JSONB),
    Column("held_on", Date),
    Column("version", Integer),
    indexes=[["held_on", "focus_group_id"], ["cycle_id", "held_on"]],
)

document_analyses = ReadModel(
    "document_analyses",
    Column("analysis_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("subject", Text),
    Column("case_id", Text),
    Column("sample_id", Text),
    Column("findings", Text),
    Column("conforms", Boolean),
    Column("analysed_by", Text),
    Column("analysed_on", Date),
    Column("version", Integer),
    indexes=[["analysed_on", "analysis_id"], ["cycle_id", "analysed_on"]],
)

case_samples = ReadModel(
    "case_samples",
    Column("sample_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("seed", Text),
    Column("seed_given", Boolean),
    Column("rulebooks", JSONB),
    Column("opened_from", Date),
    Column("opened_until", Date),
    Column("population", Integer),
    Column("population_hash", Text),
    Column("size", Integer),
    Column("drawn", JSONB),
    Column("drawn_at", DateTime(timezone=True)),
    Column("version", Integer),
    indexes=[["drawn_at", "sample_id"], ["cycle_id", "drawn_at"]],
)

agency_recommendations = ReadModel(
    "agency_recommendations",
    Column("recommendation_id", Text, primary_key=True),
    Column("source", Text),
    Column("source_detail", Text),
    Column("text", Text),
    Column("received_on", Date),
    Column("version", Integer),
    indexes=[["received_on", "recommendation_id"]],
)

trainings = ReadModel(
    "trainings",
    Column("training_id", Text, primary_key=True),
    Column("kind", Text),
    Column("topic", Text),
    Column("attendance", JSONB),
    Column("results", Text),
    Column("document", JSONB),
    Column("held_on", Date),
    Column("version", Integer),
    indexes=[["held_on", "training_id"]],
)

known_cases = ReadModel(
    "known_cases",
    Column("case_id", Text, primary_key=True),
    Column("rulebook_id", Text),
    Column("opened_on", Date),
    indexes=[["opened_on", "case_id"]],
)

ALL = [
    surveys,
    survey_answers,
    interviews,
    focus_groups,
    document_analyses,
    case_samples,
    agency_recommendations,
    trainings,
    known_cases,
]


@surveys.on(SurveyOpened)
def _survey_opened(e: Recorded[SurveyOpened]) -> Write:
    told = e.event.model_dump(mode="python", exclude={"questions"})
    told["groups"] = list(e.event.groups)
    return surveys.upsert(e, **told, stage="open", closed_on=None, version=e.version)


@surveys.on(SurveyLinkIssued)
def _link_issued(e: Recorded[SurveyLinkIssued]) -> Write:
    return surveys.update(e, {"survey_id": e.event.survey_id}, version=e.version)


@surveys.on(SurveyLinkRevoked)
def _link_revoked(e: Recorded[SurveyLinkRevoked]) -> Write:
    return surveys.update(e, {"survey_id": e.event.survey_id}, version=e.version)


@surveys.on(SurveyClosed)
def _survey_closed(e: Recorded[SurveyClosed]) -> Write:
    return surveys.update(e, {"survey_id": e.event.survey_id}, stage="closed", closed_on=e.event.closed_on, version=e.version)


@survey_answers.on(SurveyAnswered)
def _answered(e: Recorded[SurveyAnswered]) -> Write:
    told = e.event.model_dump(mode="python", exclude={"answers", "group"})
    said = [answer.model_dump() for answer in e.event.answers]
    return survey_answers.upsert(e, **told, answered_by=e.event.group, answers=said)


@interviews.on(InterviewHeld)
def _interview(e: Recorded[InterviewHeld]) -> Write:
    told = _lists(e.event, "goals", "held_by") | {"group_word": e.event.group}
    told.pop("group")
    return interviews.upsert(e, **told, version=e.version)


@focus_groups.on(FocusGroupHeld)
def _focus_group(e: Recorded[FocusGroupHeld]) -> Write:
    return focus_groups.upsert(e, **_lists(e.event, "groups", "held_by"), version=e.version)


@document_analyses.on(DocumentAnalysed)
def _analysed(e: Recorded[DocumentAnalysed]) -> Write:
    return document_analyses.upsert(e, **e.event.model_dump(), version=e.version)


@case_samples.on(CaseSampleDrawn)
def _sample(e: Recorded[CaseSampleDrawn]) -> Write:
    told = _lists(e.event, "rulebooks") | {"drawn": e.event.model_dump(mode="json")["drawn"], "size": len(e.event.drawn)}
    return case_samples.upsert(e, **told, version=e.version)


@agency_recommendations.on(AgencyRecommendationReceived)
def _recommended(e: Recorded[AgencyRecommendationReceived]) -> Write:
    return agency_recommendations.upsert(e, **e.event.model_dump(), version=e.version)


@trainings.on(TrainingHeld)
def _training(e: Recorded[TrainingHeld]) -> Write:
    return trainings.upsert(e, **_lists(e.event, "attendance"), version=e.version)


@trainings.on(TrainingResultUsed)
def _used(e: Recorded[TrainingResultUsed]) -> Write:
    return trainings.update(e, {"training_id": e.event.training_id}, version=e.version)


@known_cases.on(ApplicationRegistered)
def _accreditation(e: Recorded[ApplicationRegistered]) -> Write:
    return _case(e, e.event.case_id, e.event.rulebook.id, e.event.registered_on)


@known_cases.on(AttestationScheduled)
def _attestation(e: Recorded[AttestationScheduled]) -> Write:
    return _case(e, e.event.attestation_id, e.event.rulebook.id, e.event.scheduled_on)


@known_cases.on(FollowUpOpened)
def _followup(e: Recorded[FollowUpOpened]) -> Write:
    return _case(e, e.event.followup_id, e.event.rulebook.id, e.event.opened_on)


@known_cases.on(CycleOpened)
def _monitoring(e: Recorded[CycleOpened]) -> Write:
    return _case(e, e.event.cycle_id, e.event.rulebook.id, e.event.opened_on)


def _case(e: Recorded[Any], case_id: str, rulebook_id: str, opened_on: Any) -> Write:
    return known_cases.upsert(e, case_id=case_id, rulebook_id=rulebook_id, opened_on=opened_on)


def _lists(event: Event, *names: str) -> dict[str, Any]:
    """The fields of an event, its tuples as JSON has them."""
    told = event.model_dump()
    return told | {name: list(told[name]) for name in names}
