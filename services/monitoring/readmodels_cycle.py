"""What monitoring shows of cycles, and what it knows of their visits elsewhere."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.monitoring.contract import (
    AcceptanceTold,
    AdditionalInformationProvided,
    AdditionalInformationRequested,
    CouncilFileSent,
    CycleClosed,
    CycleOpened,
    DecisionReferred,
    ExpertsEngaged,
    InterimReportRejected,
    InterimReportSubmitted,
    MeasuresAnalysed,
    OutcomeRuled,
    ReportChangesRequested,
    ReportStudied,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)
from services.visits.contract import MonitoringVisitReported

cycles = ReadModel(
    "monitoring_cycles",
    Column("cycle_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("certificate_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("cycle", Integer),
    Column("stage", Text),
    Column("period_from", Date),
    Column("period_until", Date),
    Column("expected_on", Date),
    Column("valid_until", Date),
    Column("opened_on", Date),
    Column("round", Integer),
    Column("submitted_on", Date),
    Column("complete", Boolean),
    Column("late_days", Integer),
    Column("due_on", Date),
    Column("visit", Boolean),
    Column("positive", Boolean),
    Column("ground", Text),
    Column("closed_on", Date),
    Column("outcome", Text),
    Column("version", Integer),
    indexes=[["opened_on", "cycle_id"], ["followup_id", "cycle"], ["institution_id", "opened_on"], ["stage", "opened_on"]],
)

cycle_visits = ReadModel(
    "cycle_visits",
    Column("cycle_id", Text, primary_key=True),
    Column("document", JSONB),
    Column("submitted_on", Date),
)

ALL = [cycles, cycle_visits]


@cycles.on(CycleOpened)
def _opened(e: Recorded[CycleOpened]) -> Write:
    fact = e.event
    plain = fact.model_dump(exclude={"rulebook"})
    return cycles.upsert(
        e,
        **plain,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        stage="report_due",
        round=0,
        late_days=0,
        version=e.version,
    )


@cycles.on(InterimReportSubmitted)
def _submitted(e: Recorded[InterimReportSubmitted]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"round", "submitted_on", "complete", "late_days"})
    return _change(e, fact.cycle_id, stage="under_study", **told)


@cycles.on(InterimReportRejected)
def _rejected(e: Recorded[InterimReportRejected]) -> Write:
    return _change(e, e.event.cycle_id, stage="returned", due_on=e.event.due_on)


@cycles.on(ReportChangesRequested)
def _changes_requested(e: Recorded[ReportChangesRequested]) -> Write:
    return _change(e, e.event.cycle_id, stage="returned", due_on=e.event.due_on)


@cycles.on(ReportStudied)
def _studied(e: Recorded[ReportStudied]) -> Write:
    return _change(e, e.event.cycle_id, stage="studied")


@cycles.on(VisitDecided)
def _visit_decided(e: Recorded[VisitDecided]) -> Write:
    return _change(e, e.event.cycle_id, stage="visit" if e.event.holds else "no_visit", visit=e.event.holds)


@cycles.on(ResultAssessed)
def _assessed(e: Recorded[ResultAssessed]) -> Write:
    return _change(e, e.event.cycle_id, stage="assessed" if e.event.positive else "not_positive", positive=e.event.positive)


@cycles.on(AcceptanceTold)
def _accepted(e: Recorded[AcceptanceTold]) -> Write:
    return _change(e, e.event.cycle_id, stage="accepted")


@cycles.on(OutcomeRuled)
def _ruled(e: Recorded[OutcomeRuled]) -> Write:
    return _change(e, e.event.cycle_id, stage="ruled")


@cycles.on(CouncilFileSent)
def _filed(e: Recorded[CouncilFileSent]) -> Write:
    return _change(e, e.event.cycle_id, stage="before_council")


@cycles.on(DecisionReferred)
def _referred(e: Recorded[DecisionReferred]) -> Write:
    return _change(e, e.event.cycle_id, ground=e.event.ground)


@cycles.on(CycleClosed)
def _closed(e: Recorded[CycleClosed]) -> Write:
    return _change(e, e.event.cycle_id, stage="closed", closed_on=e.event.closed_on, outcome=e.event.outcome)


@cycles.on(AdditionalInformationRequested)
def _requested(e: Recorded[AdditionalInformationRequested]) -> Write:
    return _change(e, e.event.cycle_id)


@cycles.on(AdditionalInformationProvided)
def _provided(e: Recorded[AdditionalInformationProvided]) -> Write:
    return _change(e, e.event.cycle_id)


@cycles.on(ExpertsEngaged)
def _engaged(e: Recorded[ExpertsEngaged]) -> Write:
    return _change(e, e.event.cycle_id)


@cycles.on(MeasuresAnalysed)
def _analysed(e: Recorded[MeasuresAnalysed]) -> Write:
    return _change(e, e.event.cycle_id)


@cycles.on(VisitDecisionTold)
def _told(e: Recorded[VisitDecisionTold]) -> Write:
    return _change(e, e.event.cycle_id)


@cycle_visits.on(MonitoringVisitReported)
def _visited(e: Recorded[MonitoringVisitReported]) -> Write:
    fact = e.event
    return cycle_visits.upsert(e, cycle_id=fact.cycle_id, document=fact.document.model_dump(mode="json"), submitted_on=fact.submitted_on)


def _change(e: Recorded[Event], cycle_id: str, **values: object) -> Write:
    return cycles.update(e, {"cycle_id": cycle_id}, **values, version=e.version)
