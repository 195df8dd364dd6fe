"""Which event starts or signals which lifecycle: a pure function, read by the conductor."""

from dataclasses import dataclass
from typing import Any

from chassis.corrected import FactCorrected
from chassis.events import Event, Recorded
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    CertificateEnded,
    CertificateIssued,
    CertificateReissued,
    DuplicateIssued,
    DuplicateRequested,
)
from services.intake.contract import ApplicationRegistered, ApplicationWithdrawn, CaseDiscontinued
from services.monitoring.contract import DeadlineExtended, DeadlineRecomputed, DeadlineWithdrawn
from workflows.accreditation import AccreditationLifecycle
from workflows.appeal import AppealLifecycle
from workflows.certificate import CertificateLifecycle
from workflows.facts import FIELDS, visible
from workflows.messages import AccreditationCase, EventReceived, IssuedCertificate, PendingAppeal


@dataclass(frozen=True)
class Start:
    """A lifecycle begins; once, however often it is asked for."""

    workflow: type
    workflow_id: str
    argument: AccreditationCase | IssuedCertificate | PendingAppeal


@dataclass(frozen=True)
class Signal:
    """A lifecycle hears of a fact."""

    workflow_id: str
    event: EventReceived


def orders(recorded: Recorded[Any], traceparent: str | None) -> list[Start | Signal]:
    """What is to be told to Temporal about one event, in this order; mostly nothing."""
    fact: Event = recorded.event
    if recorded.event.type_name() not in FIELDS:
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
            return [Signal(fact.certificate_id, signal)]
        case DeadlineExtended() | DeadlineRecomputed() | DeadlineWithdrawn():
            return [Signal(fact.workflow_id, signal)]
    return [Signal(recorded.event.case_id, signal)]


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
