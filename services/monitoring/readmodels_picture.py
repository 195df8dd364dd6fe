"""What the follow-up picture counts: recommendations, what judges them, and the facts of a year. Each row is one thing that was said."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    CertificateExtended,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    ResolutionAdopted,
    ResolutionOpened,
)
from services.monitoring.contract import (
    AcceptanceTold,
    CouncilFileSent,
    DirectorAlerted,
    FollowUpClassified,
    FollowUpOpened,
    InterimReportRejected,
    InterimReportSubmitted,
    MeasuresAnalysed,
    PlanAmended,
    PlanSubmitted,
    ReportChangesRequested,
    ResultAssessed,
)
from services.monitoring.domain.followup import followup_id
from services.visits.contract import MonitoringVisitCorrected, MonitoringVisitHeld, MonitoringVisitReported

recommendations = ReadModel(
    "picture_recommendations",
    Column("followup_id", Text, primary_key=True),
    Column("recommendation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("criterion", Text),
    Column("remark", Boolean),
    indexes=[["institution_id"]],
)

measures = ReadModel(
    "picture_measures",
    Column("followup_id", Text, primary_key=True),
    Column("measure_id", Text, primary_key=True),
    Column("recommendation_id", Text),
)

verdicts = ReadModel(
    "picture_verdicts",
    Column("cycle_id", Text, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("followup_id", Text),
    Column("institution_id", Text),
    Column("judged_on", Date),
    Column("judged_at", DateTime(timezone=True)),
    Column("measure_id", Text),
    Column("recommendation_id", Text),
    Column("fulfilment", Text),
    indexes=[["institution_id"], ["judged_on"]],
)

facts = ReadModel(
    "picture_facts",
    Column("fact_id", Text, primary_key=True),
    Column("what", Text),
    Column("followup_id", Text),
    Column("institution_id", Text),
    Column("happened_on", Date),
    Column("late_days", Integer),
    indexes=[["happened_on", "what", "late_days", "followup_id"], ["institution_id", "happened_on"]],
)

alerts = ReadModel(
    "picture_alerts",
    Column("deadline_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("alerted_on", Date),
)

matters = ReadModel(
    "picture_matters",
    Column("decision_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("opened_on", Date),
    Column("adopted_on", Date),
    indexes=[["adopted_on"]],
)

ALL = [recommendations, measures, verdicts, facts, alerts, matters]

REPORT, REPORT_AGAIN, REJECTION, CHANGES = "report", "report_again", "rejection", "change_request"
VISIT, ACCEPTANCE = "visit", "acceptance"
EXTENSION, SUSPENSION, RESTORATION, REVOCATION = "extension", "suspension", "restoration", "revocation"

#: The acts that judge what was done, in their order in a cycle: of two on one day the later counts.
ANALYSED, VISITED, ASSESSED, FILED = 1, 2, 3, 4


@recommendations.on(FollowUpOpened)
def _opened(e: Recorded[FollowUpOpened]) -> Sequence[Write]:
    return list(_recommended(e))


@recommendations.on(FollowUpClassified)
def _classified(e: Recorded[FollowUpClassified]) -> Sequence[Write]:
    """All that is followed up, in the place of what was."""
    return [recommendations.delete(e, {"followup_id": e.event.followup_id}), *_recommended(e)]


def _recommended(e: Recorded[Any]) -> Iterator[Write]:
    for each in e.event.recommendations:
        told = {"recommendation_id": each.recommendation_id, "criterion": each.criterion, "remark": each.remark}
        yield recommendations.upsert(e, followup_id=e.event.followup_id, institution_id=e.event.institution_id, **told)


@measures.on(PlanSubmitted, PlanAmended)
def _planned(e: Recorded[PlanSubmitted | PlanAmended]) -> Sequence[Write]:
    """A measure that the plan no longer has keeps what it was against: it may have been judged."""
    of = e.event.followup_id
    return [
        measures.upsert(e, followup_id=of, measure_id=each.measure_id, recommendation_id=each.recommendation_id)
        for each in e.event.measures
    ]


@verdicts.on(MeasuresAnalysed)
def _analysed(e: Recorded[MeasuresAnalysed]) -> Sequence[Write]:
    return list(_judged(e, ANALYSED, e.event.analysed_on))


@verdicts.on(MonitoringVisitReported)
def _visit_reported(e: Recorded[MonitoringVisitReported]) -> Sequence[Write]:
    return list(_judged(e, VISITED, e.event.submitted_on))


@verdicts.on(ResultAssessed)
def _assessed(e: Recorded[ResultAssessed]) -> Sequence[Write]:
    return list(_judged(e, ASSESSED, e.event.assessed_on))


@verdicts.on(CouncilFileSent)
def _filed(e: Recorded[CouncilFileSent]) -> Sequence[Write]:
    return list(_judged(e, FILED, e.event.sent_on))


@verdicts.on(MonitoringVisitCorrected)
def _visit_report_corrected(e: Recorded[MonitoringVisitCorrected]) -> Write | None:
    if e.event.fact != MonitoringVisitReported.type_name() or "submitted_on" not in e.event.corrected:
        return None
    return verdicts.update(e, {"cycle_id": e.event.cycle_id, "step": VISITED}, judged_on=_day(e.event, "submitted_on"))


def _judged(e: Recorded[Any], step: int, on: date) -> Iterator[Write]:
    fact = e.event
    for number, each in enumerate(fact.verdicts):
        told = {"measure_id": each.measure_id, "recommendation_id": each.recommendation_id, "fulfilment": each.fulfilment}
        of = {"followup_id": fact.followup_id, "institution_id": fact.institution_id}
        yield verdicts.upsert(e, cycle_id=fact.cycle_id, step=step, number=number, judged_on=on, judged_at=e.occurred_at, **of, **told)


@facts.on(InterimReportSubmitted)
def _submitted(e: Recorded[InterimReportSubmitted]) -> Write:
    fact = e.event
    return _fact(e, REPORT if fact.round == 1 else REPORT_AGAIN, fact.followup_id, fact.submitted_on, fact.late_days)


@facts.on(InterimReportRejected)
def _rejected(e: Recorded[InterimReportRejected]) -> Write:
    return _fact(e, REJECTION, e.event.followup_id, e.event.rejected_on)


@facts.on(ReportChangesRequested)
def _changes(e: Recorded[ReportChangesRequested]) -> Write:
    return _fact(e, CHANGES, e.event.followup_id, e.event.requested_on)


@facts.on(MonitoringVisitHeld)
def _held(e: Recorded[MonitoringVisitHeld]) -> Write:
    return _fact(e, VISIT, e.event.followup_id, e.event.ended_on)


@facts.on(MonitoringVisitCorrected)
def _visit_corrected(e: Recorded[MonitoringVisitCorrected]) -> Write | None:
    if e.event.fact != MonitoringVisitHeld.type_name() or "ended_on" not in e.event.corrected:
        return None
    return facts.update(e, {"fact_id": e.event.corrects}, happened_on=_day(e.event, "ended_on"))


@facts.on(AcceptanceTold)
def _accepted(e: Recorded[AcceptanceTold]) -> Write:
    return _fact(e, ACCEPTANCE, e.event.followup_id, e.event.told_on)


@facts.on(CertificateExtended)
def _extended(e: Recorded[CertificateExtended]) -> Write:
    return _fact(e, EXTENSION, followup_id(e.event.extends), e.event.issued_on)


@facts.on(CertificateSuspended)
def _suspended(e: Recorded[CertificateSuspended]) -> Write:
    return _fact(e, SUSPENSION, followup_id(e.event.certificate_id), e.event.suspended_on)


@facts.on(CertificateRestored)
def _restored(e: Recorded[CertificateRestored]) -> Write:
    return _fact(e, RESTORATION, followup_id(e.event.certificate_id), e.event.restored_on)


@facts.on(CertificateRevoked)
def _revoked(e: Recorded[CertificateRevoked]) -> Write:
    return _fact(e, REVOCATION, followup_id(e.event.certificate_id), e.event.revoked_on)


@alerts.on(DirectorAlerted)
def _alerted(e: Recorded[DirectorAlerted]) -> Write:
    return alerts.upsert(e, deadline_id=e.event.deadline_id, followup_id=e.event.followup_id, alerted_on=e.event.alerted_on)


@matters.on(ResolutionOpened)
def _before_council(e: Recorded[ResolutionOpened]) -> Write:
    return matters.upsert(e, decision_id=e.event.decision_id, followup_id=e.event.followup_id, opened_on=e.event.opened_on)


@matters.on(ResolutionAdopted)
def _decided(e: Recorded[ResolutionAdopted]) -> Write:
    return matters.update(e, {"decision_id": e.event.decision_id}, adopted_on=e.event.adopted_on)


def _fact(e: Recorded[Any], what: str, of: str, on: date, late_days: int = 0) -> Write:
    return facts.upsert(
        e, fact_id=e.event_id, what=what, followup_id=of, institution_id=e.event.institution_id, happened_on=on, late_days=late_days
    )


def _day(correction: MonitoringVisitCorrected, name: str) -> date:
    return date.fromisoformat(correction.corrected[name])
