"""The way of a case through the stages of its regulation: done, under way, next. By the facts of its timeline; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from regulations.rulebook import Rulebook

State = Literal["done", "now", "next", "passed"]

#: By the id of a stage: the facts that end it. A stage that two regulations have under one id ends with whichever comes.
ENDS: Mapping[str, frozenset[str]] = {
    stage: frozenset(events.split())
    for stage, events in {
        "application": "ApplicationRegistered",
        "public_procurement": "ProcurementCompleted",
        "contract": "ContractConcluded",
        "coordinator": "CoordinatorAppointed",
        "preliminary_trip": "PreliminaryTripMade",
        "seminars": "TrainingSeminarHeld",
        "self_assessment": "SelfAssessmentReportReceived ReportVersionSubmitted MaterialsReceived",
        "report_submission": "SelfAssessmentReportReceived InterimReportSubmitted",
        "report_review": "ReportReviewed ReportStudied",
        "recommendations": "RecommendationsIssued",
        "first_version": "ReportVersionSubmitted",
        "technical_examination": "TechnicalExaminationHeld",
        "examination_results": "ExaminationResultsSent",
        "rework": "SelfAssessmentReportAccepted FinalVersionResubmitted",
        "final_version": "FinalVersionResubmitted SelfAssessmentReportAccepted",
        "preliminary_audit": "PreliminaryAuditHeld",
        "panel_formation": "PanelFormed GroupFormed",
        "panel_notice": "CompositionTold",
        "expert_replacement": "ExpertReplaced",
        "materials": "MaterialsSent",
        "webinar": "WebinarHeld",
        "briefing": "BriefingHeld",
        "external_audit": "VisitCompleted",
        "external_report": "VisitReportSubmitted",
        "visit": "VisitReportSubmitted MonitoringVisitHeld",
        "factual_check": "FactualCheckClosed",
        "complaint": "ComplaintDecided",
        "report_check": "ReportChecked",
        "presentation": "PresentationPrepared AttestationTasksAssigned",
        "council_materials": "MaterialsPrepared",
        "council_consideration": "DecisionAdopted",
        "decision": "DecisionAdopted AttestationDecided",
        "decision_notice": "DecisionNoticeSent RefusalNoticeSent ResolutionDelivered",
        "appeal": "AppealDecided",
        "report_publication": "ReportPublished",
        "site_publication": "ReportPublished",
        "decision_register": "DecisionEntered RegisterEntryMade",
        "deqar_publication": "DeqarSubmitted",
        "ministry_information": "MinistryInformed",
        "follow_up": "FollowUpAgreed",
        "schedule": "AttestationScheduled",
        "dates_notice": "AttestationDatesTold",
        "schedule_change": "AttestationRescheduled",
        "commission_formation": "AttestationCommissionFormed",
        "study": "AttestationWorkEnded",
        "knowledge_control": "ControlConcluded",
        "conclusion": "ConclusionDrawnUp",
        "signing": "SecondCopyHandedOver",
        "suspension": "LicenceSuspended",
        "recheck": "RecheckHeld",
        "restoration": "LicenceRestored",
        "deprivation_referral": "DeprivationReferred",
    }.items()
}


@dataclass(frozen=True)
class Stage:
    """One stage on the way; `fact` is the first event that ended it."""

    names: Mapping[str, str]
    when: Mapping[str, str]
    clause: str | None
    optional: bool
    state: State
    fact: Mapping[str, Any] | None


def way(book: Rulebook, facts: Iterable[Mapping[str, Any]], *, closed: bool) -> list[Stage]:
    """The stages in the order of the regulation. `facts` are entries of the timeline, oldest first."""
    first: dict[str, Mapping[str, Any]] = {}
    for each in facts:
        first.setdefault(each["name"], each)
    ended = [_ended(stage.id, first) for stage in book.stages]
    last = max((place for place, fact in enumerate(ended) if fact), default=-1)
    found: list[Stage] = []
    waiting = not closed
    for place, (stage, fact) in enumerate(zip(book.stages, ended, strict=True)):
        state: State = "done" if fact else "passed" if closed or (place < last and stage.optional) else "next"
        if state == "next" and waiting and not stage.optional:
            state, waiting = "now", False
        when = stage.when.model_dump() if stage.when else {}
        found.append(Stage(stage.names.model_dump(), when, stage.clause, stage.optional, state, fact))
    return found


def _ended(stage: str, facts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The earliest of the facts that end a stage."""
    found = [facts[name] for name in ENDS.get(stage, ()) if name in facts]
    return min(found, key=lambda fact: str(fact["occurred_at"]), default=None)


def here(stages: Sequence[Stage]) -> Stage | None:
    """The stage that is under way."""
    return next((stage for stage in stages if stage.state == "now"), None)
