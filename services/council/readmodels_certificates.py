"""What council shows of blanks and certificates, and with them of the public register."""

from datetime import date, datetime

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from regulations import RulebookRef, end_of_local_day, load
from services.council.contract import (
    AuthorisedBodyNotified,
    BlankSpoiled,
    BlanksReceived,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    CertificateReissued,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
)

blank_batches = ReadModel(
    "blank_batches",
    Column("series", Text, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer),
    Column("digits", Integer),
    Column("received_on", Date),
)

#: A blank has one fate: the unique constraint holds whichever of the two facts comes first.
blank_fates = ReadModel(
    "blank_fates",
    Column("fate_id", Text, primary_key=True),
    Column("blank_number", Text),
    Column("fate", Text),
    Column("certificate_id", Text),
    Column("reason", Text),
    Column("on_date", Date),
    unique=[["blank_number"]],
)

#: Which certificates `council.run_due` still moves; and of those, whose renewal window it still closes, or opens.
OURS = "(by_calendar AND expired_on IS NULL AND ended_on IS NULL AND revoked_on IS NULL)"
UNCLOSED = f"({OURS} AND window_closed_on IS NULL)"
UNOPENED = f"({UNCLOSED} AND window_opened_on IS NULL)"

#: `by_calendar`: it lapses by `council.run_due`; a certificate that a case of ours led to has a lifecycle for that.
certificates = ReadModel(
    "certificates",
    Column("certificate_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("number", Text),
    Column("blank_number", Text),
    Column("scopes", JSONB),
    Column("issued_on", Date),
    Column("valid_until", Date),
    Column("term_reason", Text),
    Column("lapses_at", DateTime(timezone=True)),
    Column("entered_on", Date),
    Column("notified_on", Date),
    Column("outgoing_number", Text),
    Column("window_opened_on", Date),
    Column("window_closes_on", Date),
    Column("window_closed_on", Date),
    Column("expired_on", Date),
    Column("ended_on", Date),
    Column("end_ground", Text),
    Column("end_act", Text),
    Column("successor_id", Text),
    Column("reissued_from", Text),
    Column("reissued_as", Text),
    Column("object", Text),
    Column("programme", Text),
    Column("level", Text),
    Column("kind", Text),
    Column("received_on", Date),
    Column("recommendations", JSONB),
    Column("panel", JSONB),
    Column("case_officer", Text),
    Column("contract_reference", Text),
    Column("plan_received_on", Date),
    Column("plan_accepted_on", Date),
    Column("origin", Text),
    Column("import_id", Text),
    Column("recorded_on", Date),
    Column("listed_on", Date),
    Column("valid_from", Date),
    Column("begins_at", DateTime(timezone=True)),
    Column("window_opens_at", DateTime(timezone=True)),
    Column("window_closes_at", DateTime(timezone=True)),
    Column("by_calendar", Boolean),
    Column("suspended_on", Date),
    Column("suspended_until", Date),
    Column("revoked_on", Date),
    Column("revocation_ground", Text),
    Column("national_register_told_on", Date),
    Column("national_register_outgoing_number", Text),
    Column("extends", Text),
    Column("extended_as", Text),
    Column("extension_term", Text),
    Column("gap_days", Integer),
    Column("version", Integer),
    indexes=[["issued_on", "certificate_id"], ["institution_id"], ["case_id"]],
    unique=[["number"], ["extends"]],
    partial=[(["lapses_at"], OURS), (["window_closes_at"], UNCLOSED), (["window_opens_at"], UNOPENED)],
)

duplicates = ReadModel(
    "duplicates",
    Column("certificate_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("application", JSONB),
    Column("requested_on", Date),
    Column("payment_reference", Text),
    Column("paid_on", Date),
    Column("blank_number", Text),
    Column("issued_on", Date),
)

#: Filled from intake's events alone (consumers.py).
institutions = ReadModel(
    "institutions",
    Column("institution_id", Text, primary_key=True),
    Column("names", JSONB),
    Column("city", Text),
    Column("country", Text),
    Column("website", Text),
    Column("eter_id", Text),
    Column("deqar_id", Text),
    Column("national_id", Text),
)

ALL = [blank_batches, blank_fates, certificates, duplicates, institutions]


def lapse(rulebook: RulebookRef, valid_until: date) -> datetime:
    """The instant at which a certificate's last local day is over."""
    return end_of_local_day(valid_until, load(rulebook.id, rulebook.version).zone)


@blank_batches.on(BlanksReceived)
def _received(e: Recorded[BlanksReceived]) -> Write:
    return blank_batches.upsert(e, **e.event.model_dump(exclude={"rulebook"}))


@blank_fates.on(BlankSpoiled)
def _spoiled(e: Recorded[BlankSpoiled]) -> Write:
    fact = e.event
    return blank_fates.upsert(
        e, fate_id=e.event_id, blank_number=fact.blank_number, fate="spoiled", reason=fact.reason, on_date=fact.spoiled_on
    )


@blank_fates.on(CertificateIssued, CertificateReissued, DuplicateIssued)
def _used(e: Recorded[CertificateIssued | CertificateReissued | DuplicateIssued]) -> Write | None:
    fact = e.event
    if not fact.blank_number:
        return None
    return blank_fates.upsert(
        e,
        fate_id=e.event_id,
        blank_number=fact.blank_number,
        fate="used",
        certificate_id=fact.certificate_id,
        on_date=fact.issued_on,
    )


@certificates.on(CertificateIssued)
def _issued(e: Recorded[CertificateIssued]) -> Write:
    fact = e.event
    return certificates.upsert(
        e,
        **fact.model_dump(exclude={"rulebook", "scopes"}),
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        lapses_at=lapse(fact.rulebook, fact.valid_until),
        valid_from=fact.issued_on,
        version=e.version,
    )


@certificates.on(CertificateReissued)
def _reissued(e: Recorded[CertificateReissued]) -> list[Write]:
    """The earlier certificate is told too, without a new version: nothing was decided in it."""
    fact = e.event
    successor = certificates.upsert(
        e,
        **fact.model_dump(exclude={"rulebook", "scopes"}),
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        lapses_at=lapse(fact.rulebook, fact.valid_until),
        valid_from=fact.issued_on,
        version=e.version,
    )
    return [successor, certificates.update(e, {"certificate_id": fact.reissued_from}, reissued_as=fact.certificate_id)]


@certificates.on(RegisterEntryMade)
def _entered(e: Recorded[RegisterEntryMade]) -> Write:
    return of_certificate(e, e.event.certificate_id, entered_on=e.event.entered_on)


@certificates.on(AuthorisedBodyNotified)
def _notified(e: Recorded[AuthorisedBodyNotified]) -> Write:
    fact = e.event
    return of_certificate(e, fact.certificate_id, notified_on=fact.notified_on, outgoing_number=fact.outgoing_number)


@certificates.on(RenewalWindowOpened)
def _window_opened(e: Recorded[RenewalWindowOpened]) -> Write:
    fact = e.event
    return of_certificate(e, fact.certificate_id, window_opened_on=fact.opened_on, window_closes_on=fact.closes_on)


@certificates.on(RenewalWindowClosed)
def _window_closed(e: Recorded[RenewalWindowClosed]) -> Write:
    return of_certificate(e, e.event.certificate_id, window_closed_on=e.event.closed_on)


@certificates.on(CertificateExpired)
def _expired(e: Recorded[CertificateExpired]) -> Write:
    return of_certificate(e, e.event.certificate_id, expired_on=e.event.expired_on)


@certificates.on(CertificateEnded)
def _ended(e: Recorded[CertificateEnded]) -> Write:
    fact = e.event
    change = {"ended_on": fact.ended_on, "end_ground": fact.ground, "end_act": fact.act, "successor_id": fact.successor_id}
    return of_certificate(e, fact.certificate_id, **change)


@certificates.on(DuplicateRequested, DuplicatePaid, DuplicateIssued)
def _duplicated(e: Recorded[DuplicateRequested | DuplicatePaid | DuplicateIssued]) -> Write:
    return of_certificate(e, e.event.certificate_id)


@duplicates.on(DuplicateRequested, DuplicatePaid, DuplicateIssued)
def _duplicate(e: Recorded[DuplicateRequested | DuplicatePaid | DuplicateIssued]) -> Write:
    return duplicates.upsert(e, **e.event.model_dump(exclude={"case_id", "institution_id"}))


def of_certificate(e: Recorded[Event], certificate_id: str, **values: object) -> Write:
    """A change of one certificate."""
    return certificates.update(e, {"certificate_id": certificate_id}, **values, version=e.version)
