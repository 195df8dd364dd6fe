"""Which event starts or signals which lifecycle: a pure function, read by the conductor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.corrected import FactCorrected
from chassis.events import Event, Recorded
from chassis.ids import derived_id
from services.council import contract as council
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    CertificateEnded,
    CertificateExtended,
    CertificateIssued,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    DuplicateIssued,
    DuplicateRequested,
    InformationPublished,
    NationalRegisterTold,
    ResolutionAdopted,
    ResolutionDelivered,
    SuspensionTermEnded,
)
from services.intake import contract as intake
from services.intake.contract import ApplicationRegistered, ApplicationWithdrawn, AttestationScheduled, CaseDiscontinued
from services.monitoring import contract as monitoring
from services.monitoring.contract import (
    AcceptanceTold,
    AccreditationDocumentsReceived,
    CouncilFileSent,
    CycleCorrected,
    CycleOpened,
    DeadlineExtended,
    DeadlineRecomputed,
    DeadlineWithdrawn,
    DecisionReferred,
    ExpectedDateSet,
    FollowUpEnded,
    FollowUpRulebookAdopted,
    InterimReportRejected,
    InterimReportSubmitted,
    InternalCycleOpened,
    InternalReportFinalised,
    MeasuresAnalysed,
    OutcomeRuled,
    PlanAwaited,
    PlanChangesRequested,
    PlanCorrected,
    PlanReviewed,
    PlanSubmitted,
    ReportChangesRequested,
    ReportStudied,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)
from services.review import contract as review
from services.visits import contract as visits
from services.visits.contract import GroupFormed, MonitoringVisitCorrected, MonitoringVisitHeld, MonitoringVisitReported, VisitDatesAgreed
from workflows.accreditation import AccreditationLifecycle
from workflows.appeal import AppealLifecycle
from workflows.attestation import AttestationLifecycle
from workflows.certificate import CertificateLifecycle
from workflows.facts import FIELDS, HEARD, visible
from workflows.internal import InternalMonitoringCycle
from workflows.messages import (
    AccreditationCase,
    Begun,
    DueMeasure,
    EventReceived,
    FollowedUp,
    InternalCycle,
    IssuedCertificate,
    PendingAppeal,
    ScheduledAttestation,
    within,
)
from workflows.monitoring import MonitoringLifecycle

OF_A_PLAN = (AccreditationDocumentsReceived, PlanSubmitted, PlanChangesRequested, PlanReviewed, PlanCorrected)
OF_A_CYCLE = (
    InterimReportSubmitted,
    InterimReportRejected,
    ReportChangesRequested,
    ReportStudied,
    MeasuresAnalysed,
    VisitDecided,
    VisitDecisionTold,
    GroupFormed,
    VisitDatesAgreed,
    MonitoringVisitHeld,
    MonitoringVisitReported,
    MonitoringVisitCorrected,
    ResultAssessed,
    AcceptanceTold,
    OutcomeRuled,
    CouncilFileSent,
    DecisionReferred,
    CycleCorrected,
    ResolutionAdopted,
    ResolutionDelivered,
    InformationPublished,
)
OF_AN_ATTESTATION = (
    intake.AttestationDatesTold,
    intake.AttestationRescheduled,
    intake.AttestationCancelled,
    intake.AttestationCorrected,
    review.MaterialsReceived,
    review.MissingPartsTold,
    review.MaterialsCorrected,
    visits.AttestationCommissionFormed,
    visits.AttestationWorkBegan,
    visits.AttestationWorkEnded,
    visits.AttestationVisitCorrected,
    visits.ConclusionCompleted,
    visits.RecheckHeld,
    council.AttestationDecided,
    council.LicenceSuspended,
    council.LicenceRestored,
    council.DeprivationReferred,
)
OF_AN_INTERNAL_CYCLE = (
    monitoring.InternalPlanAdopted,
    monitoring.InternalInformationCollected,
    monitoring.InternalAnalysisConcluded,
    monitoring.GeneralMeetingHeld,
    monitoring.ImprovementPlanAdopted,
    monitoring.ImprovementMeasureControlled,
    monitoring.ImprovementMeasureMoved,
    monitoring.InternalCycleClosed,
    monitoring.InternalCycleCorrected,
)

#: What may move the instant at which a certificate, its follow-up or internal monitoring moves by itself, or evidence is erased.
CALENDAR: frozenset[type[Event]] = frozenset(
    {
        council.CertificateRecorded,
        council.CertificateIssued,
        council.CertificateReissued,
        council.CertificateReceived,
        council.CertificateSuspended,
        council.SuspensionTermEnded,
        council.CertificateRestored,
        council.CertificateRevoked,
        council.CertificateEnded,
        council.CertificateExpired,
        council.CertificateExtended,
        council.CertificateCorrected,
        monitoring.FollowUpProcedureChosen,
        monitoring.FollowUpOpened,
        monitoring.FollowUpClassified,
        monitoring.CertificateFollowed,
        monitoring.ExpectedDateSet,
        monitoring.FollowUpRulebookAdopted,
        monitoring.FollowUpCorrected,
        monitoring.FollowUpEnded,
        monitoring.PlanSubmitted,
        monitoring.PlanReviewed,
        monitoring.PlanAmended,
        monitoring.CycleClosed,
        monitoring.InternalMonitoringAdopted,
        monitoring.InternalRegulationAmended,
        monitoring.InternalCycleOpened,
        monitoring.InternalCycleClosed,
        intake.DocumentStored,
    }
)


def moves_calendar(kind: type[Event] | None, data: Mapping[str, Any]) -> bool:
    """Whether the agency's calendar looks anew: of documents only for personal evidence, whose term ends."""
    return kind in CALENDAR and (kind is not intake.DocumentStored or bool(data.get("personal")))


@dataclass(frozen=True)
class Start:
    """A lifecycle begins; once, however often it is asked for."""

    workflow: type
    workflow_id: str
    argument: Begun


@dataclass(frozen=True)
class Signal:
    """A lifecycle hears of a fact."""

    workflow_id: str
    event: EventReceived
    optional: bool = False
    """Whether there may be no such lifecycle: it is not waited for then."""


def orders(recorded: Recorded[Any], traceparent: str | None) -> list[Start | Signal]:
    """What is to be told to Temporal about one event, in this order; mostly nothing."""
    fact: Event = recorded.event
    if type(fact) not in HEARD:
        return []
    signal = thinned(recorded, traceparent)
    match fact:
        case FactCorrected() if not signal.data["corrected"]:
            return []  # of what was put right lifecycles know nothing
        case ApplicationRegistered():
            start = Start(AccreditationLifecycle, fact.case_id, _case(recorded.agency, fact, traceparent))
            renewed = fact.renews_certificate_id
            return [start, Signal(renewed, signal)] if renewed else [start]
        case ApplicationWithdrawn(stage="filed") | CaseDiscontinued(stage="filed"):
            return []  # it was never registered: no lifecycle has begun
        case AppealFiled():
            return [_appeal(recorded.agency, fact, traceparent), Signal(fact.case_id, signal)]
        case AppealDecided():
            # the case first: where its lifecycle is over by then, that of the appeal begins it anew
            return [Signal(fact.case_id, signal), _appeal(recorded.agency, fact, traceparent), Signal(fact.appeal_id, signal)]
        case CertificateIssued():
            begun = Start(CertificateLifecycle, fact.certificate_id, _certificate(recorded.agency, fact, traceparent))
            return [begun, Signal(fact.case_id, signal)]
        case CertificateReissued():
            return [Start(CertificateLifecycle, fact.certificate_id, _certificate(recorded.agency, fact, traceparent))]
        case CertificateEnded() | DuplicateRequested() | DuplicateIssued():
            return _of_certificate(fact.certificate_id, fact.case_id, signal)
        case PlanAwaited() | CycleOpened():
            return [_part(recorded.agency, fact, traceparent)]
        case _ if isinstance(fact, OF_A_PLAN):
            return [Signal(fact.plan_id, signal)]
        case _ if isinstance(fact, OF_A_CYCLE):
            return [Signal(fact.cycle_id, signal)]
        case AttestationScheduled():
            return [_attestation(recorded.agency, fact, traceparent)]
        case _ if isinstance(fact, OF_AN_ATTESTATION):
            return [Signal(within(recorded.agency, fact.attestation_id), signal)]
        case InternalCycleOpened():
            return [_internal(recorded.agency, fact, traceparent), *_to_those_before(recorded.agency, fact, signal)]
        case InternalReportFinalised():
            # the year's report is waited for in the first cycle of the year, whichever cycle it is of
            of_the_year = derived_id("internal-cycle", str(fact.year), "1")
            own, first = (within(recorded.agency, id_) for id_ in (fact.cycle_id, of_the_year))
            return [Signal(own, signal), *([Signal(first, signal, optional=True)] if first != own else [])]
        case _ if isinstance(fact, OF_AN_INTERNAL_CYCLE):
            return [Signal(within(recorded.agency, fact.cycle_id), signal)]
        case SuspensionTermEnded() | NationalRegisterTold():
            return [Signal(fact.cycle_id, signal)] if fact.cycle_id else []
        case CertificateRestored() | CertificateRevoked() | CertificateExtended():
            of_the_cycle = [Signal(fact.cycle_id, signal)] if fact.cycle_id and not isinstance(fact, CertificateRevoked) else []
            of = fact.extends if isinstance(fact, CertificateExtended) else fact.certificate_id
            return [*of_the_cycle, *_of_certificate(of, fact.case_id, signal)]
        case ExpectedDateSet():
            return [Signal(derived_id("cycle", fact.followup_id, str(fact.cycle)), signal, optional=True)]
        case FollowUpRulebookAdopted() | FollowUpEnded():
            return [Signal(part_id, signal, optional=True) for part_id in fact.workflow_ids]
        case DeadlineExtended() | DeadlineRecomputed() | DeadlineWithdrawn():
            return [Signal(fact.workflow_id, signal)]
    return [Signal(recorded.event.case_id, signal)]


def _of_certificate(certificate_id: str, case_id: str, signal: EventReceived) -> list[Start | Signal]:
    """A certificate from outside, which is its own case, has no lifecycle, nor has an extended one; any other's began long before."""
    return [] if certificate_id == case_id else [Signal(certificate_id, signal, optional=True)]


def thinned(recorded: Recorded[Any], traceparent: str | None) -> EventReceived:
    """The signal of an event: of its data only what a lifecycle may see."""
    name = recorded.event.type_name()
    data = recorded.event.model_dump(mode="json", include=visible(name))
    if isinstance(recorded.event, FactCorrected):
        data["corrected"] = {field: value for field, value in data["corrected"].items() if field in FIELDS.get(data["fact"], ())}
    return EventReceived(
        event_id=recorded.event_id,
        type=name,
        source=recorded.source,
        occurred_at=recorded.occurred_at,
        version=recorded.version,
        data=data,
        traceparent=traceparent,
    )


def _case(agency: str, fact: ApplicationRegistered, traceparent: str | None) -> AccreditationCase:
    return AccreditationCase(
        agency=agency,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        scopes=fact.scopes,
        rulebook=fact.rulebook,
        standards=fact.standards,
        standards_version=fact.standards_version,
        filed_on=fact.filed_on,
        registered_on=fact.registered_on,
        kind=fact.kind,
        traceparent=traceparent,
    )


def _appeal(agency: str, fact: AppealFiled | AppealDecided, traceparent: str | None) -> Start:
    """Asked for with its outcome too: an appeal may have been filed with an older Kepil."""
    appeal = PendingAppeal(
        agency=agency,
        appeal_id=fact.appeal_id,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        scopes=fact.scopes,
        traceparent=traceparent,
    )
    return Start(AppealLifecycle, fact.appeal_id, appeal)


def _certificate(agency: str, fact: CertificateIssued | CertificateReissued, traceparent: str | None) -> IssuedCertificate:
    return IssuedCertificate(
        agency=agency,
        certificate_id=fact.certificate_id,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook,
        issued_on=fact.issued_on,
        valid_until=fact.valid_until,
        traceparent=traceparent,
    )


def _attestation(agency: str, fact: AttestationScheduled, traceparent: str | None) -> Start:
    attestation = ScheduledAttestation(
        agency=agency,
        case_id=fact.attestation_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook,
        kind=fact.kind,
        levels=fact.levels,
        specialties=tuple(visits.AttestedSpecialty(**each.model_dump()) for each in fact.specialties),
        whole=fact.whole,
        state_owned=fact.state_owned,
        arts=fact.arts,
        profile=fact.profile,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        traceparent=traceparent,
    )
    return Start(AttestationLifecycle, attestation.workflow_id, attestation)


def _internal(agency: str, fact: InternalCycleOpened, traceparent: str | None) -> Start:
    cycle = InternalCycle(
        agency=agency,
        case_id=fact.cycle_id,
        institution_id=agency,
        rulebook=fact.rulebook,
        year=fact.year,
        number=fact.number,
        carried=tuple(DueMeasure(measure_id=each.measure_id, due_on=each.due_on) for each in fact.carried),
        previous_report_on=fact.previous_report_on,
        opened_on=fact.opened_on,
        traceparent=traceparent,
    )
    return Start(InternalMonitoringCycle, cycle.workflow_id, cycle)


def _to_those_before(agency: str, fact: InternalCycleOpened, signal: EventReceived) -> list[Start | Signal]:
    """The cycles whose measures go on in this one; where they are not told, those in whose plans the measures stand and the one before."""
    year, number = (fact.year, fact.number - 1) if fact.number > 1 else (fact.year - 1, 1)
    guessed = {derived_id("internal-cycle", str(year), str(number)), *(each.cycle_id for each in fact.carried)} if fact.carried else ()
    return [Signal(within(agency, id_), signal, optional=True) for id_ in fact.takes_over or sorted(guessed)]


def _part(agency: str, fact: PlanAwaited | CycleOpened, traceparent: str | None) -> Start:
    """A plan is waited for, or a cycle has begun."""
    of_a_plan = isinstance(fact, PlanAwaited)
    part = FollowedUp(
        agency=agency,
        part="plan" if of_a_plan else "cycle",
        part_id=fact.plan_id if isinstance(fact, PlanAwaited) else fact.cycle_id,
        case_id=fact.followup_id,
        certificate_id=fact.certificate_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook,
        kind=fact.kind,
        counts_from=fact.counts_from if isinstance(fact, PlanAwaited) else None,
        expected_on=None if isinstance(fact, PlanAwaited) else fact.expected_on,
        valid_until=None if isinstance(fact, PlanAwaited) else fact.valid_until,
        traceparent=traceparent,
    )
    return Start(MonitoringLifecycle, part.part_id, part)
