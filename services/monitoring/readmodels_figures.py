"""What internal monitoring counts: of each case, what happened when, as the agency's own services told it (ARTKI, 2.1.1, 2.2.2).

A row is one fact. Which facts are counted, which of their days tells when, and what else of them counts, `NOTED` says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Date, Integer, Text

from chassis.corrected import FactCorrected
from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits

facts = ReadModel(
    "internal_facts",
    Column("fact_id", Text, primary_key=True),
    Column("what", Text),
    Column("case_id", Text),
    Column("rulebook_id", Text),
    Column("happened_on", Date),
    Column("key", Text),
    Column("word", Text),
    Column("counted", Integer),
    Column("out_of", Integer),
    indexes=[["happened_on", "what"], ["case_id"]],
)

ALL = [facts]


@dataclass(frozen=True)
class Noted:
    """What of a fact counts. `case`, `day`: fields of it; the others tell a value, None where there is none."""

    day: str
    case: str = "case_id"
    key: Callable[[Any], object] | None = None
    word: Callable[[Any], str] | None = None
    counted: Callable[[Any], int] | None = None
    out_of: Callable[[Any], int] | None = None
    opens: bool = False


def _ruled(fact: Any) -> str:
    return "upheld" if fact.upheld else "refused"


def _round(fact: Any) -> int:
    return int(fact.round)


def _accepted(fact: visits.FactualCheckClosed) -> int:
    return sum(ruling.accepted for ruling in fact.rulings)


NOTED: dict[type[Event], Noted] = {
    intake.ApplicationFiled: Noted("filed_on", opens=True),
    intake.ApplicationRegistered: Noted("registered_on"),
    intake.ContractConcluded: Noted("concluded_on"),
    review.SelfAssessmentReportReceived: Noted("received_on"),
    review.ReportVersionSubmitted: Noted("submitted_on", key=lambda fact: fact.number, word=lambda fact: str(fact.number)),
    review.TechnicalExaminationHeld: Noted("examined_on", key=lambda fact: fact.number),
    review.ExaminationResultsSent: Noted("sent_on", key=lambda fact: fact.number),
    review.RecommendationsIssued: Noted("issued_on"),
    review.SelfAssessmentReportAccepted: Noted("accepted_on", counted=lambda fact: int(fact.number)),
    visits.PanelFormed: Noted("formed_on"),
    visits.CompositionTold: Noted("told_on"),
    visits.ExpertObjected: Noted("objected_on", key=lambda fact: fact.expert_id),
    visits.ObjectionDecided: Noted("decided_on", key=lambda fact: fact.expert_id, word=_ruled),
    visits.VisitStarted: Noted("started_on"),
    visits.VisitCompleted: Noted("ended_on"),
    visits.VisitReportSubmitted: Noted("submitted_on"),
    visits.FactualCheckClosed: Noted("closed_on", counted=_accepted, out_of=lambda fact: len(fact.rulings)),
    council.DecisionAdopted: Noted("adopted_on", counted=lambda fact: len(fact.deviations), out_of=lambda fact: len(fact.decisions)),
    council.DecisionNoticeSent: Noted("sent_on", word=lambda fact: str(fact.channel)),
    council.RefusalNoticeSent: Noted("sent_on"),
    council.MinistryInformed: Noted("informed_on"),
    council.CertificateIssued: Noted("issued_on", key=lambda fact: fact.certificate_id),
    council.AuthorisedBodyNotified: Noted("notified_on", key=lambda fact: fact.certificate_id),
    council.AppealFiled: Noted("filed_on", key=lambda fact: fact.appeal_id),
    council.AppealDecided: Noted("decided_on", key=lambda fact: fact.appeal_id, word=lambda fact: str(fact.outcome)),
    council.ComplaintFiled: Noted("filed_on", key=lambda fact: fact.complaint_id),
    council.ComplaintDecided: Noted("decided_on", key=lambda fact: fact.complaint_id, word=_ruled),
    monitoring.PlanAwaited: Noted("awaited_on", case="plan_id", opens=True),
    monitoring.PlanSubmitted: Noted("submitted_on", case="plan_id", key=_round, counted=_round),
    monitoring.PlanChangesRequested: Noted("requested_on", case="plan_id", key=_round),
    monitoring.PlanReviewed: Noted("reviewed_on", case="plan_id", key=_round, counted=_round),
    monitoring.CycleOpened: Noted("opened_on", case="cycle_id", opens=True),
    monitoring.InterimReportSubmitted: Noted("submitted_on", case="cycle_id", key=_round, counted=_round),
    monitoring.InterimReportRejected: Noted("rejected_on", case="cycle_id", key=_round),
    monitoring.ReportChangesRequested: Noted("requested_on", case="cycle_id", key=_round),
    monitoring.ReportStudied: Noted("studied_on", case="cycle_id", key=_round, counted=_round),
    monitoring.VisitDecided: Noted("decided_on", case="cycle_id"),
    monitoring.VisitDecisionTold: Noted("told_on", case="cycle_id"),
    monitoring.ResultAssessed: Noted("assessed_on", case="cycle_id"),
    monitoring.AcceptanceTold: Noted("told_on", case="cycle_id"),
    monitoring.CycleClosed: Noted("closed_on", case="cycle_id"),
    visits.GroupMemberObjected: Noted("objected_on", case="cycle_id", key=lambda fact: fact.expert_id),
    visits.GroupObjectionDecided: Noted("decided_on", case="cycle_id", key=lambda fact: fact.expert_id, word=_ruled),
    visits.MonitoringVisitHeld: Noted("ended_on", case="cycle_id"),
    visits.MonitoringVisitReported: Noted("submitted_on", case="cycle_id"),
    council.ResolutionAdopted: Noted("adopted_on", case="cycle_id", key=lambda fact: fact.decision_id),
    council.ResolutionDelivered: Noted("delivered_on", case="cycle_id", key=lambda fact: fact.decision_id),
    intake.AttestationScheduled: Noted("scheduled_on", case="attestation_id", opens=True),
    intake.AttestationRescheduled: Noted("amended_on", case="attestation_id"),
    intake.AttestationDatesTold: Noted("told_on", case="attestation_id", word=lambda fact: "changed" if fact.changed else "first"),
    review.MaterialsReceived: Noted("received_on", case="attestation_id", key=_round, counted=_round),
    review.MissingPartsTold: Noted("told_on", case="attestation_id", key=_round),
    review.MaterialsAnalysed: Noted("analysed_on", case="attestation_id", counted=_round),
    visits.AttestationWorkBegan: Noted("started_on", case="attestation_id"),
    visits.AttestationWorkEnded: Noted("ended_on", case="attestation_id"),
    visits.ConclusionCompleted: Noted("signed_on", case="attestation_id"),
    visits.SecondCopyHandedOver: Noted("received_on", case="attestation_id"),
    council.AttestationDecided: Noted(
        "decided_on", case="attestation_id", counted=lambda fact: int(fact.reading_departure is not None), out_of=lambda fact: 1
    ),
    council.AttestationDecisionTold: Noted("told_on", case="attestation_id"),
}

_BY_NAME = {kind.type_name(): noted for kind, noted in NOTED.items()}

_CORRECTED_ELSEWHERE: tuple[type[FactCorrected], ...] = (
    intake.ApplicationCorrected,
    intake.AttestationCorrected,
    review.ReportCorrected,
    review.MaterialsCorrected,
    visits.VisitCorrected,
    visits.MonitoringVisitCorrected,
    visits.AttestationVisitCorrected,
    visits.ConclusionCorrected,
    council.ConsiderationCorrected,
    council.CertificateCorrected,
    council.ComplaintCorrected,
    council.ResolutionCorrected,
    council.AttestationDecisionCorrected,
)


@facts.on(*NOTED)
def _noted(e: Recorded[Any]) -> Write:
    noted, fact = NOTED[type(e.event)], e.event
    key = noted.key(fact) if noted.key else None
    return facts.upsert(
        e,
        fact_id=e.event_id,
        what=fact.type_name(),
        case_id=getattr(fact, noted.case),
        rulebook_id=fact.rulebook.id if noted.opens else None,
        happened_on=getattr(fact, noted.day),
        key=None if key is None else str(key),
        word=noted.word(fact) if noted.word else None,
        counted=noted.counted(fact) if noted.counted else None,
        out_of=noted.out_of(fact) if noted.out_of else None,
    )


@facts.on(*_CORRECTED_ELSEWHERE)
def _put_right(e: Recorded[Any]) -> Write | None:
    """A day of another service's fact was wrong; what monitoring itself put right is read right by itself."""
    noted = _BY_NAME.get(e.event.fact)
    day = e.event.corrected.get(noted.day) if noted else None
    return facts.update(e, {"fact_id": e.event.corrects}, happened_on=date.fromisoformat(day)) if day else None
