"""What review shows: every self-assessment report with what it waits for, and which experts are to study it."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.review.contract import (
    ElectronicReportReceived,
    PaperReportReceived,
    RecommendationsIssued,
    ReportReviewed,
    SelfAssessmentOpened,
    SelfAssessmentReportReceived,
)

reports = ReadModel(
    "reports",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("standards", Text),
    Column("standards_version", Text),
    Column("stage", Text),
    Column("opened_on", Date),
    Column("document", JSONB),
    Column("electronic_on", Date),
    Column("incoming_number", Text),
    Column("paper_on", Date),
    Column("received_on", Date),
    Column("findings", Text),
    Column("reviewed_on", Date),
    Column("recommendations", JSONB),
    Column("issued_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["institution_id"], ["stage"]],
)

#: Filled from visits' events alone (consumers.py).
readers = ReadModel(
    "readers",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    indexes=[["expert_id"]],
)

ALL = [reports, readers]


@reports.on(SelfAssessmentOpened)
def _opened(e: Recorded[SelfAssessmentOpened]) -> Write:
    fact = e.event
    return reports.upsert(
        e,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        standards=fact.standards,
        standards_version=fact.standards_version,
        stage="opened",
        opened_on=fact.opened_on,
        version=e.version,
    )


@reports.on(ElectronicReportReceived)
def _electronic(e: Recorded[ElectronicReportReceived]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, document=fact.document.model_dump(), electronic_on=fact.received_on)


@reports.on(PaperReportReceived)
def _paper(e: Recorded[PaperReportReceived]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, incoming_number=fact.incoming_number, paper_on=fact.received_on)


@reports.on(SelfAssessmentReportReceived)
def _received(e: Recorded[SelfAssessmentReportReceived]) -> Write:
    return _change(e, e.event.case_id, stage="received", received_on=e.event.received_on)


@reports.on(ReportReviewed)
def _reviewed(e: Recorded[ReportReviewed]) -> Write:
    return _change(e, e.event.case_id, stage="reviewed", findings=e.event.findings, reviewed_on=e.event.reviewed_on)


@reports.on(RecommendationsIssued)
def _recommended(e: Recorded[RecommendationsIssued]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, stage="recommended", recommendations=list(fact.recommendations), issued_on=fact.issued_on)


def _change(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return reports.update(e, {"case_id": case_id}, **values, version=e.version)
