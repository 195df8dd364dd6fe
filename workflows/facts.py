"""Which events lifecycles listen to, and which of their fields they may see: no names, no long texts, nothing personal."""

from chassis.events import Event
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits

_OF: dict[type[Event], tuple[str, ...]] = {
    intake.ApplicationRegistered: ("case_id", "renews_certificate_id", "filed_on"),
    intake.ContractConcluded: ("concluded_on",),
    review.SelfAssessmentReportReceived: ("received_on",),
    review.RecommendationsIssued: ("issued_on",),
    visits.VisitAnnounced: ("starts_on", "ends_on", "announced_on"),
    visits.VisitStarted: ("started_on",),
    visits.VisitCompleted: ("ended_on",),
    visits.VisitReportSubmitted: ("submitted_on",),
    council.DecisionAdopted: ("outcome", "decisions", "adopted_on"),
    council.CertificateIssued: ("certificate_id", "issued_on", "valid_until"),
    council.CertificateReissued: ("certificate_id", "issued_on", "valid_until"),
    council.CertificateEnded: ("certificate_id", "ended_on"),
    council.DuplicateRequested: ("round", "requested_on"),
    council.DuplicateIssued: ("round", "issued_on"),
    council.RegisterEntryMade: ("entered_on",),
    council.AuthorisedBodyNotified: ("notified_on",),
    council.ReportPublished: ("published_on",),
    council.RefusalNoticeSent: ("sent_on",),
    monitoring.DeadlineExtended: ("deadline_id", "due_on", "due_at", "reminders_at"),
    monitoring.DeadlineRecomputed: ("deadline_id", "due_on", "due_at", "reminders_at"),
    monitoring.DeadlineWithdrawn: ("deadline_id",),
}

#: Event type → the fields that go into a workflow's history.
FIELDS: dict[str, tuple[str, ...]] = {kind.type_name(): fields for kind, fields in _OF.items()}
