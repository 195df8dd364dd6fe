"""Which events lifecycles listen to, and which of their fields they may see: no names, no long texts, nothing personal."""

from typing import Any

from chassis.corrected import FactCorrected
from chassis.events import Event
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits

_MOVED = ("deadline_id", "due_on", "due_at", "reminders_at")

_OF: dict[type[Event], tuple[str, ...]] = {
    intake.ApplicationRegistered: ("case_id", "renews_certificate_id", "filed_on"),
    intake.ContractConcluded: ("concluded_on", "first_time", "due_dates"),
    intake.FirstTimeStated: ("first_time", "stated_on"),
    intake.CoordinatorAppointed: ("appointed_on",),
    intake.PreliminaryTripMade: ("ends_on",),
    intake.TrainingSeminarHeld: ("held_on",),
    intake.ApplicationWithdrawn: ("withdrawn_on",),
    intake.ContractTerminated: ("terminated_on",),
    intake.CaseDiscontinued: ("ground", "discontinued_on"),
    intake.CaseSuspended: ("stops_clock", "suspended_on"),
    intake.CaseResumed: ("stopped_clock", "suspended_on", "resumed_on"),
    review.SelfAssessmentReportReceived: ("received_on",),
    review.RecommendationsIssued: ("issued_on",),
    review.ReportVersionSubmitted: ("number", "submitted_on"),
    review.TechnicalExaminationHeld: ("number", "examined_on"),
    review.ExaminationResultsSent: ("number", "rework_needed", "sent_on"),
    review.FinalVersionResubmitted: ("number", "submitted_on"),
    review.SelfAssessmentReportAccepted: ("number", "accepted_on", "audit_needed"),
    review.PreliminaryAuditHeld: ("held_on",),
    visits.PanelFormed: ("formed_on",),
    visits.CompositionTold: ("told_on",),
    visits.VisitAnnounced: ("starts_on", "ends_on", "announced_on"),
    visits.MaterialsSent: ("sent_on",),
    visits.WebinarHeld: ("held_on",),
    visits.BriefingHeld: ("held_on",),
    visits.VisitStarted: ("started_on",),
    visits.VisitCompleted: ("ended_on",),
    visits.VisitReportSubmitted: ("submitted_on",),
    visits.FactualCheckClosed: ("closed_on",),
    council.ReportChecked: ("checked_on",),
    council.ConclusionDrafted: ("drafted_on",),
    council.PresentationPrepared: ("prepared_on",),
    council.DecisionAdopted: ("outcome", "decisions", "adopted_on"),
    council.DecisionNoticeSent: ("channel", "sent_on"),
    council.CertificateIssued: ("certificate_id", "scopes", "issued_on", "valid_until"),
    council.CertificateReissued: ("certificate_id", "issued_on", "valid_until"),
    council.CertificateEnded: ("certificate_id", "ended_on"),
    council.DuplicateRequested: ("round", "requested_on"),
    council.DuplicateIssued: ("round", "issued_on"),
    council.RegisterEntryMade: ("certificate_id", "entered_on"),
    council.AuthorisedBodyNotified: ("certificate_id", "notified_on"),
    council.ReportPublished: ("published_on",),
    council.RefusalNoticeSent: ("sent_on",),
    council.DecisionEntered: ("entered_on",),
    council.DeqarSubmitted: ("submitted_on",),
    council.MinistryInformed: ("informed_on",),
    council.FollowUpAgreed: ("agreed_on",),
    council.ComplaintFiled: ("filed_on",),
    council.AppealFiled: ("appeal_id", "scopes", "filed_on"),
    council.AppealDecided: ("appeal_id", "scopes", "outcome", "new_visit", "decided_on"),
    council.SuspensionTermEnded: ("certificate_id", "decision_id", "ended_on"),
    council.CertificateRestored: ("certificate_id", "restored_on", "valid_until"),
    council.CertificateRevoked: ("certificate_id", "decision_id", "revoked_on"),
    council.CertificateExtended: ("certificate_id", "extends", "decision_id", "issued_on", "valid_until"),
    council.NationalRegisterTold: ("certificate_id", "told_on"),
    council.ResolutionAdopted: ("decision_id", "protocol_number", "decisions", "ground", "adopted_on"),
    council.ResolutionDelivered: ("decision_id", "delivered_on"),
    council.InformationPublished: ("decision_id", "published_on"),
    monitoring.ExpectedDateSet: ("cycle", "expected_on", "set_on"),
    monitoring.FollowUpRulebookAdopted: ("rulebook", "adopted_on"),
    monitoring.FollowUpEnded: ("why", "ended_on"),
    monitoring.PlanAwaited: ("awaited_on",),
    monitoring.AccreditationDocumentsReceived: ("counts_from",),
    monitoring.PlanSubmitted: ("round", "submitted_on"),
    monitoring.PlanChangesRequested: ("round", "due_on", "requested_on"),
    monitoring.PlanReviewed: ("round", "reviewed_on"),
    monitoring.CycleOpened: ("opened_on",),
    monitoring.InterimReportSubmitted: ("round", "complete", "submitted_on"),
    monitoring.InterimReportRejected: ("round", "due_on", "rejected_on"),
    monitoring.ReportChangesRequested: ("round", "due_on", "requested_on"),
    monitoring.ReportStudied: ("round", "studied_on"),
    monitoring.MeasuresAnalysed: ("analysed_on",),
    monitoring.VisitDecided: ("holds", "decided_on"),
    monitoring.VisitDecisionTold: ("told_on",),
    monitoring.ResultAssessed: ("positive", "word", "assessed_on"),
    monitoring.AcceptanceTold: ("told_on",),
    monitoring.OutcomeRuled: ("ruled_on",),
    monitoring.CouncilFileSent: ("sent_on",),
    monitoring.DecisionReferred: ("ground", "referred_on"),
    visits.GroupFormed: ("formed_on",),
    visits.VisitDatesAgreed: ("starts_on", "ends_on"),
    visits.MonitoringVisitHeld: ("ended_on",),
    visits.MonitoringVisitReported: ("submitted_on",),
    intake.AttestationScheduled: ("scheduled_on",),
    intake.AttestationDatesTold: ("told_on",),
    intake.AttestationRescheduled: ("amendment", "starts_on", "ends_on", "amended_on"),
    intake.AttestationCancelled: ("cancelled_on",),
    review.MaterialsReceived: ("round", "received_on"),
    review.MissingPartsTold: ("round", "due_on", "told_on"),
    visits.AttestationCommissionFormed: ("approved_on",),
    visits.AttestationWorkBegan: ("started_on",),
    visits.AttestationWorkEnded: ("ended_on",),
    visits.ConclusionCompleted: ("recommendation", "specialties", "figures", "signed_on"),
    visits.RecheckHeld: ("verdict", "held_on"),
    council.AttestationDecided: ("decision", "specialties", "decided_on"),
    council.LicenceSuspended: ("suspended_on", "until"),
    council.LicenceRestored: ("restored_on",),
    council.DeprivationReferred: ("referred_on",),
    monitoring.InternalCycleOpened: ("cycle_id", "carried", "opened_on"),
    monitoring.InternalPlanAdopted: ("round", "stages", "adopted_on"),
    monitoring.InternalInformationCollected: ("collected_on",),
    monitoring.InternalAnalysisConcluded: ("analysed_on",),
    monitoring.InternalReportFinalised: ("cycle_id", "year", "finalised_on"),
    monitoring.GeneralMeetingHeld: ("held_on",),
    monitoring.ImprovementPlanAdopted: ("measures", "adopted_on"),
    monitoring.ImprovementMeasureControlled: ("measure_id", "status", "controlled_on"),
    monitoring.ImprovementMeasureMoved: ("measure_id", "due_on", "moved_on"),
    monitoring.InternalCycleClosed: ("closed_on",),
    monitoring.DeadlineExtended: _MOVED,
    monitoring.DeadlineRecomputed: _MOVED,
    monitoring.DeadlineWithdrawn: ("deadline_id",),
    review.ReportCorrected: ("corrects", "fact", "corrected"),
    visits.VisitCorrected: ("corrects", "fact", "corrected"),
    council.ConsiderationCorrected: ("corrects", "fact", "corrected"),
    monitoring.PlanCorrected: ("corrects", "fact", "corrected"),
    monitoring.CycleCorrected: ("corrects", "fact", "corrected"),
    visits.MonitoringVisitCorrected: ("corrects", "fact", "corrected"),
    intake.AttestationCorrected: ("corrects", "fact", "corrected"),
    review.MaterialsCorrected: ("corrects", "fact", "corrected"),
    visits.AttestationVisitCorrected: ("corrects", "fact", "corrected"),
    monitoring.InternalCycleCorrected: ("corrects", "fact", "corrected"),
}

#: What puts an earlier fact right.
CORRECTIONS = tuple(kind.type_name() for kind in _OF if issubclass(kind, FactCorrected))

#: What lifecycles listen to. A name alone does not tell: two services may call different facts alike.
HEARD: frozenset[type[Event]] = frozenset(_OF)

#: The event types themselves.
HEARD = frozenset(_OF)

#: Event type → the fields that go into a workflow's history.
FIELDS: dict[str, tuple[str, ...]] = {kind.type_name(): fields for kind, fields in _OF.items()}

#: Of the parts of a field that is a list, what lifecycles may see.
PARTS: dict[str, set[str]] = {
    "decisions": {"scope", "outcome", "word", "term", "until"},
    "specialties": {"specialty", "recommendation", "decision"},
    "carried": {"measure_id"},
    "measures": {"measure_id", "due_on"},
}

#: What comes several times: the field by which a lifecycle keeps each of them, besides the newest.
_KEYS: dict[type[Event], str] = {
    review.ReportVersionSubmitted: "number",
    review.TechnicalExaminationHeld: "number",
    review.ExaminationResultsSent: "number",
    council.DecisionNoticeSent: "channel",
    council.AppealDecided: "appeal_id",
    council.CertificateIssued: "certificate_id",
    council.RegisterEntryMade: "certificate_id",
    council.AuthorisedBodyNotified: "certificate_id",
    council.SuspensionTermEnded: "decision_id",
    council.CertificateExtended: "decision_id",
    council.ResolutionAdopted: "decision_id",
    council.ResolutionDelivered: "decision_id",
    council.InformationPublished: "decision_id",
    monitoring.PlanSubmitted: "round",
    monitoring.PlanChangesRequested: "round",
    monitoring.PlanReviewed: "round",
    monitoring.InterimReportSubmitted: "round",
    monitoring.InterimReportRejected: "round",
    monitoring.ReportChangesRequested: "round",
    monitoring.ReportStudied: "round",
    review.MaterialsReceived: "round",
    visits.RecheckHeld: "verdict",
    monitoring.InternalReportFinalised: "year",
    monitoring.ImprovementMeasureControlled: "measure_id",
    monitoring.ImprovementMeasureMoved: "measure_id",
}
KEYS: dict[str, str] = {kind.type_name(): key for kind, key in _KEYS.items()}


def keyed(kind: type[Event], key: object) -> str:
    """The name under which a lifecycle keeps one of the facts that come several times."""
    return f"{kind.type_name()}:{key}"


def visible(name: str) -> dict[str, Any]:
    """What of an event goes into a signal, as pydantic wants it."""
    return {field: {"__all__": PARTS[field]} if field in PARTS else True for field in FIELDS[name]}
