"""What monitoring takes from council: certificates, and what became of each."""

from datetime import date
from typing import Any

from chassis.events import Event, Recorded
from chassis.readmodels import Write
from services.council.contract import (
    CertificateCorrected,
    CertificateEnded,
    CertificateExpired,
    CertificateExtended,
    CertificateIssued,
    CertificateReceived,
    CertificateRecorded,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
)
from services.monitoring.readmodels_followup import known_certificates as certificates

_PLAIN = {"programme", "contract_reference", "number"}
_DAYS = {"received_on"}
_LISTS = {"scopes", "recommendations", "panel"}


@certificates.on(CertificateRecorded)
def _recorded(e: Recorded[CertificateRecorded]) -> Write:
    return _new(e, e.event)


@certificates.on(CertificateIssued)
def _issued(e: Recorded[CertificateIssued]) -> Write:
    return _new(e, e.event)


@certificates.on(CertificateReissued)
def _reissued(e: Recorded[CertificateReissued]) -> Write:
    """The successor's certificate; what was recommended to its predecessor is still to be done."""
    return _new(e, e.event)


@certificates.on(CertificateReceived)
def _received(e: Recorded[CertificateReceived]) -> Write:
    return _change(e, e.event.certificate_id, received_on=e.event.received_on)


@certificates.on(CertificateSuspended)
def _suspended(e: Recorded[CertificateSuspended]) -> Write:
    return _change(e, e.event.certificate_id, status="suspended")


@certificates.on(CertificateRestored)
def _restored(e: Recorded[CertificateRestored]) -> Write:
    return _change(e, e.event.certificate_id, status="in_force", valid_until=e.event.valid_until)


@certificates.on(CertificateRevoked)
def _revoked(e: Recorded[CertificateRevoked]) -> Write:
    return _over(e, e.event.certificate_id, "revoked")


@certificates.on(CertificateExpired)
def _expired(e: Recorded[CertificateExpired]) -> Write:
    return _over(e, e.event.certificate_id, "expired")


@certificates.on(CertificateEnded)
def _ended(e: Recorded[CertificateEnded]) -> Write:
    return _over(e, e.event.certificate_id, "ended")


@certificates.on(CertificateExtended)
def _extended(e: Recorded[CertificateExtended]) -> Write:
    """The earlier one: nothing more is asked of it. The version in the new one's stream says nothing of its own."""
    return certificates.update(e, {"certificate_id": e.event.extends}, status="extended", is_over=True)


@certificates.on(CertificateCorrected)
def _corrected(e: Recorded[CertificateCorrected]) -> Write | None:
    fact = e.event
    right: dict[str, Any] = {name: value for name, value in fact.corrected.items() if name in _PLAIN}
    right |= {name: value and date.fromisoformat(value) for name, value in fact.corrected.items() if name in _DAYS}
    return _change(e, fact.certificate_id, **right) if right else None


def _new(e: Recorded[Any], fact: CertificateRecorded | CertificateIssued | CertificateReissued) -> Write:
    told = set(certificates.c.keys()) & set(type(fact).model_fields)
    plain = fact.model_dump(include=told - {"rulebook"} - _LISTS)
    lists = fact.model_dump(mode="json", include=told & _LISTS)
    return certificates.upsert(
        e,
        **plain,
        **lists,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        status="in_force",
        is_over=False,
        version=e.version,
    )


def _change(e: Recorded[Event], certificate_id: str, **values: object) -> Write:
    return certificates.update(e, {"certificate_id": certificate_id}, **values, version=e.version)


def _over(e: Recorded[Event], certificate_id: str, status: str) -> Write:
    return _change(e, certificate_id, status=status, is_over=True)
