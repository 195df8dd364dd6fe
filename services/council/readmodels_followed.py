"""What council shows of certificates that are followed up: recorded, suspended, restored, revoked, extended."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from regulations import RulebookRef, compute, end_of_local_day, load
from services.council.contract import (
    CertificateExtended,
    CertificateReceived,
    CertificateRecorded,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    NationalRegisterTold,
    SuspensionTermEnded,
)
from services.council.domain.clauses import renewal_closes
from services.council.readmodels_certificates import certificates, lapse, of_certificate

RENEWAL, OPENING = "renewal_application", "renewal_window_opening"
DAY = timedelta(days=1)

#: One row for each suspension; `ends_at` is when its term is over, `restored_on` when it was lifted or gave way to another one.
suspensions = ReadModel(
    "suspensions",
    Column("certificate_id", Text, primary_key=True),
    Column("decision_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("ground", Text),
    Column("reasons", Text),
    Column("suspended_on", Date),
    Column("until", Date),
    Column("ends_at", DateTime(timezone=True)),
    Column("term_ended_on", Date),
    Column("corrected_on", Date),
    Column("restored_on", Date),
    Column("lost_days", Integer),
    Column("previous_valid_until", Date),
    Column("proposed_valid_until", Date),
    Column("valid_until", Date),
    Column("reason", Text),
    Column("rulebook", JSONB),
    indexes=[["ends_at"]],
)

ALL = [suspensions]


def moves(rulebook: RulebookRef, valid_until: date) -> dict[str, datetime | None]:
    """When a certificate moves by itself: it lapses; where its rulebook has a renewal, the window opens and closes before."""
    rules = load(rulebook.id, rulebook.version)
    opens = closes = None
    if RENEWAL in rules.terms:
        last = renewal_closes(rules, valid_until)
        closes = end_of_local_day(last, rules.zone)
        if OPENING in rules.terms:
            opens = end_of_local_day(compute(rules, OPENING, last).due_on - DAY, rules.zone)
    return {"lapses_at": lapse(rulebook, valid_until), "window_opens_at": opens, "window_closes_at": closes}


@certificates.on(CertificateRecorded)
def _recorded(e: Recorded[CertificateRecorded]) -> Write:
    fact = e.event
    told: dict[str, Any] = fact.model_dump(mode="json", include={"rulebook", "scopes", "recommendations", "panel"})
    plain = fact.model_dump(exclude=set(told))
    return certificates.upsert(
        e,
        **plain,
        **told,
        **moves(fact.rulebook, fact.valid_until),
        rulebook_id=fact.rulebook.id,
        blank_number="",
        valid_from=fact.issued_on,
        listed_on=fact.recorded_on,
        by_calendar=True,
        version=e.version,
    )


@certificates.on(CertificateExtended)
def _extended(e: Recorded[CertificateExtended]) -> list[Write]:
    """The earlier certificate is told too, without a new version: nothing was decided in it."""
    fact = e.event
    made = certificates.upsert(
        e,
        **fact.model_dump(exclude={"rulebook", "scopes", "counts_from", "cycle_id", "decision_id", "term", "reason"}),
        **moves(fact.rulebook, fact.valid_until),
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        extension_term=fact.term,
        term_reason=fact.reason,
        valid_from=fact.counts_from,
        begins_at=lapse(fact.rulebook, fact.counts_from - DAY),
        listed_on=fact.issued_on,
        by_calendar=True,
        version=e.version,
    )
    return [made, certificates.update(e, {"certificate_id": fact.extends}, extended_as=fact.certificate_id)]


@certificates.on(CertificateReceived)
def _received(e: Recorded[CertificateReceived]) -> Write:
    return of_certificate(e, e.event.certificate_id, received_on=e.event.received_on)


@certificates.on(CertificateSuspended)
def _suspended(e: Recorded[CertificateSuspended]) -> Write:
    """One that lapses later than on its own day lapses by the calendar: a lifecycle of its own has ended on that day."""
    fact, put_off = e.event, {}
    if fact.lapses_on and fact.rulebook:
        put_off = {"lapses_at": lapse(fact.rulebook, fact.lapses_on), "by_calendar": True}
    return of_certificate(e, fact.certificate_id, suspended_on=fact.suspended_on, suspended_until=fact.until, **put_off)


@certificates.on(SuspensionTermEnded)
def _term_ended(e: Recorded[SuspensionTermEnded]) -> Write:
    return of_certificate(e, e.event.certificate_id)


@certificates.on(CertificateRestored)
def _restored(e: Recorded[CertificateRestored]) -> Write:
    fact = e.event
    change: dict[str, Any] = {"suspended_on": None, "suspended_until": None, "valid_until": fact.valid_until}
    return of_certificate(e, fact.certificate_id, **change, **(moves(fact.rulebook, fact.valid_until) if fact.rulebook else {}))


@certificates.on(CertificateRevoked)
def _revoked(e: Recorded[CertificateRevoked]) -> Write:
    fact = e.event
    return of_certificate(e, fact.certificate_id, revoked_on=fact.revoked_on, revocation_ground=fact.ground)


@certificates.on(NationalRegisterTold)
def _told(e: Recorded[NationalRegisterTold]) -> Write:
    fact = e.event
    told = {"national_register_told_on": fact.told_on, "national_register_outgoing_number": fact.outgoing_number}
    return of_certificate(e, fact.certificate_id, **told)


@suspensions.on(CertificateSuspended)
def _suspension(e: Recorded[CertificateSuspended]) -> list[Write]:
    fact = e.event
    rulebook = fact.rulebook
    told = fact.model_dump(include={"certificate_id", "decision_id", "cycle_id", "ground", "reasons", "suspended_on", "until"})
    made = suspensions.upsert(
        e,
        **told,
        rulebook=rulebook.model_dump() if rulebook else None,
        ends_at=lapse(rulebook, fact.until) if rulebook else None,
    )
    earlier = {"certificate_id": fact.certificate_id, "decision_id": fact.replaces}
    return [suspensions.update(e, earlier, restored_on=fact.suspended_on), made] if fact.replaces else [made]


@suspensions.on(SuspensionTermEnded)
def _suspension_over(e: Recorded[SuspensionTermEnded]) -> Write:
    fact = e.event
    return suspensions.update(e, {"certificate_id": fact.certificate_id, "decision_id": fact.decision_id}, term_ended_on=fact.ended_on)


@suspensions.on(CertificateRestored)
def _suspension_lifted(e: Recorded[CertificateRestored]) -> Write | None:
    fact = e.event
    if fact.decision_id is None:
        return None
    how = {"corrected_on", "restored_on", "lost_days", "previous_valid_until", "proposed_valid_until", "valid_until", "reason"}
    where = {"certificate_id": fact.certificate_id, "decision_id": fact.decision_id}
    return suspensions.update(e, where, **fact.model_dump(include=how))
