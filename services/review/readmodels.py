"""What review shows: every self-assessment report with what it waits for, and which experts are to study it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.review.contract import (
    ElectronicReportReceived,
    ExaminationResultsSent,
    FinalVersionResubmitted,
    PaperReportReceived,
    PreliminaryAuditHeld,
    RecommendationsIssued,
    ReportOutlineSet,
    ReportReviewed,
    ReportVersionSubmitted,
    SelfAssessmentClosed,
    SelfAssessmentOpened,
    SelfAssessmentReportAccepted,
    SelfAssessmentReportReceived,
    SelfAssessmentResumed,
    SelfAssessmentSuspended,
    TechnicalExaminationHeld,
)

reports = ReadModel(
    "reports",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("standards", Text),
    Column("standards_version", Text),
    Column("kind", Text),
    Column("stage", Text),
    Column("standing", Text),
    Column("standing_reason", Text),
    Column("standing_since", Date),
    Column("opened_on", Date),
    Column("outline", JSONB),
    Column("document", JSONB),
    Column("sections", JSONB),
    Column("electronic_on", Date),
    Column("incoming_number", Text),
    Column("paper_on", Date),
    Column("received_on", Date),
    Column("findings", Text),
    Column("reviewed_on", Date),
    Column("recommendations", JSONB),
    Column("issued_on", Date),
    Column("number", Integer),
    Column("accepted_on", Date),
    Column("audited_on", Date),
    Column("audit_note", Text),
    Column("audit_document", JSONB),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["institution_id"], ["stage"]],
)

#: Every version of a report by versions, with its examination; none is ever replaced.
report_versions = ReadModel(
    "report_versions",
    Column("case_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sections", JSONB),
    Column("documents", JSONB),
    Column("annexes", JSONB),
    Column("submitted_on", Date),
    Column("round", Integer),
    Column("summary", Text),
    Column("findings", JSONB),
    Column("rework_needed", Boolean),
    Column("examined_on", Date),
    Column("sent_on", Date),
    Column("final_annexes", JSONB),
    Column("resubmitted_on", Date),
    Column("accepted_on", Date),
)

#: Filled from visits' events alone (consumers.py).
readers = ReadModel(
    "readers",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    indexes=[["expert_id"]],
)

#: Filled from intake's events alone (consumers.py): what a self-assessment is opened with.
cases = ReadModel(
    "cases",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("kind", Text),
    Column("rulebook", JSONB),
    Column("standards", Text),
    Column("standards_version", Text),
    Column("concluded_on", Date),
)

ALL = [reports, report_versions, readers, cases]


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
        kind=fact.kind,
        stage="opened",
        standing="open",
        opened_on=fact.opened_on,
        version=e.version,
    )


@reports.on(ElectronicReportReceived)
def _electronic(e: Recorded[ElectronicReportReceived]) -> Write:
    fact = e.event
    sections = _plain(fact.sections) or None
    return _change(e, fact.case_id, document=fact.document.model_dump(), sections=sections, electronic_on=fact.received_on)


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


@reports.on(ReportOutlineSet)
def _outlined(e: Recorded[ReportOutlineSet]) -> Write:
    return _change(e, e.event.case_id, outline=_plain(e.event.sections))


@reports.on(ReportVersionSubmitted)
def _submitted(e: Recorded[ReportVersionSubmitted]) -> Write:
    return _change(e, e.event.case_id, stage="submitted", number=e.event.number)


@reports.on(TechnicalExaminationHeld)
def _examined(e: Recorded[TechnicalExaminationHeld]) -> Write:
    return _change(e, e.event.case_id, stage="examined")


@reports.on(ExaminationResultsSent)
def _sent(e: Recorded[ExaminationResultsSent]) -> Write:
    return _change(e, e.event.case_id, stage="rework" if e.event.rework_needed else "finalising")


@reports.on(FinalVersionResubmitted)
def _final(e: Recorded[FinalVersionResubmitted]) -> Write:
    return _change(e, e.event.case_id, stage="final")


@reports.on(SelfAssessmentReportAccepted)
def _accepted(e: Recorded[SelfAssessmentReportAccepted]) -> Write:
    return _change(e, e.event.case_id, stage="accepted", accepted_on=e.event.accepted_on)


@reports.on(PreliminaryAuditHeld)
def _audited(e: Recorded[PreliminaryAuditHeld]) -> Write:
    fact = e.event
    document = fact.document.model_dump() if fact.document else None
    return _change(e, fact.case_id, audited_on=fact.held_on, audit_note=fact.note, audit_document=document)


@reports.on(SelfAssessmentSuspended)
def _suspended(e: Recorded[SelfAssessmentSuspended]) -> Write:
    return _change(e, e.event.case_id, standing="suspended", standing_reason=e.event.reason, standing_since=e.event.suspended_on)


@reports.on(SelfAssessmentResumed)
def _resumed(e: Recorded[SelfAssessmentResumed]) -> Write:
    return _change(e, e.event.case_id, standing="open", standing_reason=None, standing_since=None)


@reports.on(SelfAssessmentClosed)
def _closed(e: Recorded[SelfAssessmentClosed]) -> Write:
    return _change(e, e.event.case_id, standing="closed", standing_reason=e.event.reason, standing_since=e.event.closed_on)


@report_versions.on(ReportVersionSubmitted)
def _version(e: Recorded[ReportVersionSubmitted]) -> Write:
    return report_versions.upsert(e, **e.event.model_dump())


@report_versions.on(TechnicalExaminationHeld)
def _version_examined(e: Recorded[TechnicalExaminationHeld]) -> Write:
    return _of_version(e, **e.event.model_dump(exclude={"case_id", "number"}))


@report_versions.on(ExaminationResultsSent)
def _version_sent(e: Recorded[ExaminationResultsSent]) -> Write:
    return _of_version(e, sent_on=e.event.sent_on)


@report_versions.on(FinalVersionResubmitted)
def _version_resubmitted(e: Recorded[FinalVersionResubmitted]) -> Write:
    return _of_version(e, final_annexes=_plain(e.event.annexes), resubmitted_on=e.event.submitted_on)


@report_versions.on(SelfAssessmentReportAccepted)
def _version_accepted(e: Recorded[SelfAssessmentReportAccepted]) -> Write:
    return _of_version(e, accepted_on=e.event.accepted_on)


def _plain(parts: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [part.model_dump() for part in parts]


def _of_version(e: Recorded[Any], **values: object) -> Write:
    return report_versions.update(e, {"case_id": e.event.case_id, "number": e.event.number}, **values)


def _change(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return reports.update(e, {"case_id": case_id}, **values, version=e.version)
