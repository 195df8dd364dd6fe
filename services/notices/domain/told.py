"""Which events an institution is told of: those that it may read, or did itself. What is not named here goes to no endpoint."""

from collections.abc import Iterable, Mapping
from typing import Any

TOLD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "intake": {
        "institution": (
            "InstitutionRegistered",
            "InstitutionDescribed",
            "InstitutionSucceeded",
            "InstitutionClosed",
            "InstitutionCorrected",
        ),
        "application": (
            "ApplicationFiled",
            "DocumentAttached",
            "ApplicationRegistered",
            "ContractDrawnUp",
            "ContractSigned",
            "ContractConcluded",
            "CoordinatorAppointed",
            "TrainingSeminarHeld",
            "CaseScheduled",
            "CaseSuspended",
            "CaseResumed",
            "ApplicationWithdrawn",
            "ContractTerminated",
            "CaseDiscontinued",
            "CaseClosed",
            "CaseReopened",
        ),
        "attestation": (
            "AttestationDatesTold",
            "ScheduleChangeRequested",
            "ScheduleChangeDeclined",
            "AttestationRescheduled",
            "AttestationCancelled",
            "AttestationAnnounced",
            "AttestationClosed",
        ),
    },
    "review": {
        "report": (
            "SelfAssessmentOpened",
            "ReportOutlineSet",
            "ElectronicReportReceived",
            "PaperReportReceived",
            "SelfAssessmentReportReceived",
            "RecommendationsIssued",
            "ReportVersionSubmitted",
            "ExaminationResultsSent",
            "FinalVersionResubmitted",
            "SelfAssessmentReportAccepted",
            "SelfAssessmentSuspended",
            "SelfAssessmentResumed",
            "SelfAssessmentClosed",
        ),
        "materials": ("MaterialsAwaited", "MaterialsReceived", "MissingPartsTold"),
    },
    "visits": {
        "visit": (
            "CompositionTold",
            "ExpertObjected",
            "ObjectionDecided",
            "VisitAnnounced",
            "VisitStarted",
            "VisitInterrupted",
            "VisitCompleted",
            "ReportSentForCheck",
            "FactualCheckAnswered",
            "FactualCheckClosed",
            "VisitSuspended",
            "VisitResumed",
            "VisitClosed",
        ),
        "monitoring_visit": (
            "GroupTold",
            "GroupMemberObjected",
            "GroupObjectionDecided",
            "VisitDatesAgreed",
            "VisitOrdered",
            "VisitCostsInvoiced",
            "MonitoringVisitHeld",
        ),
        "attestation": ("AttestationWorkBegan", "AttestationWorkEnded"),
        "control": ("LearnersListed",),
        "conclusion": ("SecondCopyHandedOver",),
    },
    "council": {
        "consideration": (
            "DecisionAdopted",
            "RefusalNoticeSent",
            "ReportPublished",
            "AppealFiled",
            "AppealDecided",
            "DecisionNoticeSent",
            "DecisionEntered",
            "DeqarSubmitted",
            "FollowUpAgreed",
            "ConsiderationSuspended",
            "ConsiderationResumed",
            "ConsiderationClosed",
        ),
        "resolution": ("ResolutionDelivered", "InformationPublished"),
        "complaint": ("ComplaintFiled", "ComplaintDecided"),
        "certificate": (
            "CertificateIssued",
            "RegisterEntryMade",
            "RenewalWindowOpened",
            "RenewalWindowClosed",
            "CertificateExpired",
            "CertificateEnded",
            "CertificateReissued",
            "DuplicateRequested",
            "DuplicatePaid",
            "DuplicateIssued",
            "CertificateRecorded",
            "CertificateReceived",
            "CertificateSuspended",
            "SuspensionTermEnded",
            "CertificateRestored",
            "CertificateRevoked",
            "CertificateExtended",
            "CertificateCorrected",
        ),
        "attestation": ("AttestationDecisionTold", "LicenceSuspended", "LicenceSuspensionEnded", "LicenceRestored"),
    },
    "monitoring": {
        "deadline": (
            "DeadlineSet",
            "DeadlineReminded",
            "DeadlineMet",
            "DeadlineMissed",
            "DeadlineExtended",
            "DeadlineRecomputed",
            "DeadlineSuspended",
            "DeadlineResumed",
            "DeadlineWithdrawn",
        ),
        "followup": ("FollowUpOpened", "DecisionLetterSent", "ExpectedDateSet", "FollowUpEnded"),
        "plan": (
            "PlanAwaited",
            "AccreditationDocumentsReceived",
            "PlanSubmitted",
            "PlanChangesRequested",
            "PlanReviewed",
            "PlanAmended",
            "MeasureProgressed",
        ),
        "cycle": (
            "CycleOpened",
            "InterimReportSubmitted",
            "InterimReportRejected",
            "ReportChangesRequested",
            "AdditionalInformationRequested",
            "AdditionalInformationProvided",
            "VisitDecisionTold",
            "AcceptanceTold",
            "CycleClosed",
        ),
    },
}

#: The event by which an endpoint is tried; it comes whatever the filter says.
PING = "kepil.notices.endpoint.ping"

TYPES = frozenset(
    f"kepil.{service}.{aggregate}.{name}" for service, of in TOLD.items() for aggregate, names in of.items() for name in names
)

#: What a body may name of an event, besides the institution: ids by which its matters are read over REST. No person's.
IDS = (
    "case_id",
    "certificate_id",
    "deadline_id",
    "attestation_id",
    "control_id",
    "followup_id",
    "plan_id",
    "cycle_id",
    "decision_id",
    "appeal_id",
    "complaint_id",
)


def chosen(type_name: str, types: Iterable[str]) -> bool:
    """Whether an endpoint's filter lets an event type pass: it names the type, or the beginning of it up to a dot; or it is empty."""
    types = tuple(types)
    return not types or any(type_name == each or type_name.startswith(f"{each}.") for each in types)


def unknown(types: Iterable[str]) -> list[str]:
    """Those of a filter that would never let anything pass."""
    return [each for each in types if not any(chosen(known, (each,)) for known in TYPES)]


def body(event_type: str, occurred_at: str, institution_id: str, stream: str, sequence: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: ids and no more, for what stands behind them is read over REST, where each reading has its own authorisation.

    Deliveries may overtake each other: of one `resource`, what has a lower `sequence` than what was seen is stale.
    """
    ids = {name: data[name] for name in IDS if isinstance(data.get(name), str)}
    told = {"institution_id": institution_id, **ids, "resource": stream, "sequence": sequence}
    return {"type": event_type, "timestamp": occurred_at, "data": told}
