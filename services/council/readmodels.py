"""What council shows: councils, meetings, cases, blanks, certificates. No member's name stands here: it is sealed in its event."""

from datetime import date, datetime

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from regulations import RulebookRef, end_of_local_day, load
from services.council.contract import (
    AttendanceRecorded,
    AuthorisedBodyNotified,
    BlankSpoiled,
    BlanksReceived,
    CertificateExpired,
    CertificateIssued,
    ConsiderationOpened,
    CouncilComposed,
    DecisionAdopted,
    MaterialsPrepared,
    MeetingConvened,
    MemberRecused,
    RefusalNoticeSent,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
    ReportPublished,
    VoteCast,
)

councils = ReadModel(
    "councils",
    Column("council_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("seats", JSONB),
    Column("composition_act", Text),
    Column("statute_act", Text),
    Column("composed_on", Date),
    Column("version", Integer),
    indexes=[["composed_on", "council_id"]],
)

meetings = ReadModel(
    "meetings",
    Column("meeting_id", Text, primary_key=True),
    Column("council_id", Text),
    Column("held_on", Date),
    Column("agenda", JSONB),
    Column("members", JSONB),
    Column("present", JSONB),
    Column("quorate", Boolean),
    Column("presiding_statement", Text),
    Column("version", Integer),
    indexes=[["held_on", "meeting_id"]],
)

considerations = ReadModel(
    "considerations",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("scopes", JSONB),
    Column("stage", Text),
    Column("filed_on", Date),
    Column("registered_on", Date),
    Column("opened_on", Date),
    Column("materials", JSONB),
    Column("conclusion", Text),
    Column("prepared_on", Date),
    Column("meeting_id", Text),
    Column("protocol_number", Text),
    Column("decisions", JSONB),
    Column("outcome", Text),
    Column("reasons", Text),
    Column("before_first_year", Boolean),
    Column("adopted_on", Date),
    Column("notice_sent_on", Date),
    Column("reapplication_from", Date),
    Column("report", JSONB),
    Column("published_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["stage"], ["institution_id"]],
)

votes = ReadModel(
    "votes",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("meeting_id", Text),
    Column("vote", Text),
)

recusals = ReadModel(
    "recusals",
    Column("case_id", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("meeting_id", Text),
    Column("reason", Text),
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
    Column("lapses_at", DateTime(timezone=True)),
    Column("entered_on", Date),
    Column("notified_on", Date),
    Column("outgoing_number", Text),
    Column("window_opened_on", Date),
    Column("window_closes_on", Date),
    Column("window_closed_on", Date),
    Column("expired_on", Date),
    Column("version", Integer),
    indexes=[["issued_on", "certificate_id"], ["institution_id"], ["case_id"]],
    unique=[["number"]],
)

#: Filled from intake's events alone (consumers.py).
institutions = ReadModel(
    "institutions",
    Column("institution_id", Text, primary_key=True),
    Column("names", JSONB),
    Column("city", Text),
    Column("country", Text),
)

ALL = [councils, meetings, considerations, votes, recusals, blank_batches, blank_fates, certificates, institutions]


def lapse(rulebook: RulebookRef, valid_until: date) -> datetime:
    """The instant at which a certificate's last local day is over."""
    return end_of_local_day(valid_until, load(rulebook.id, rulebook.version).zone)


@councils.on(CouncilComposed)
def _composed(e: Recorded[CouncilComposed]) -> Write:
    fact = e.event
    return councils.upsert(
        e,
        council_id=fact.council_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        seats=[{"member_id": member.member_id, "group": member.group} for member in fact.members],
        composition_act=fact.composition_act,
        statute_act=fact.statute_act,
        composed_on=fact.composed_on,
        version=e.version,
    )


@meetings.on(MeetingConvened)
def _convened(e: Recorded[MeetingConvened]) -> Write:
    fact = e.event
    return meetings.upsert(
        e,
        meeting_id=fact.meeting_id,
        council_id=fact.council_id,
        held_on=fact.held_on,
        agenda=list(fact.agenda),
        members=list(fact.members),
        version=e.version,
    )


@meetings.on(AttendanceRecorded)
def _attended(e: Recorded[AttendanceRecorded]) -> Write:
    fact = e.event
    return meetings.update(
        e,
        {"meeting_id": fact.meeting_id},
        present=list(fact.present),
        quorate=fact.quorate,
        presiding_statement=fact.presiding_statement,
        version=e.version,
    )


@considerations.on(ConsiderationOpened)
def _opened(e: Recorded[ConsiderationOpened]) -> Write:
    fact = e.event
    return considerations.upsert(
        e,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        stage="opened",
        filed_on=fact.filed_on,
        registered_on=fact.registered_on,
        opened_on=fact.opened_on,
        version=e.version,
    )


@considerations.on(MaterialsPrepared)
def _prepared(e: Recorded[MaterialsPrepared]) -> Write:
    fact = e.event
    return _of_case(
        e,
        fact.case_id,
        stage="prepared",
        materials=[document.model_dump() for document in fact.documents],
        conclusion=fact.conclusion,
        prepared_on=fact.prepared_on,
    )


@considerations.on(MemberRecused, VoteCast)
def _moved(e: Recorded[MemberRecused | VoteCast]) -> Write:
    return _of_case(e, e.event.case_id, meeting_id=e.event.meeting_id)


@considerations.on(DecisionAdopted)
def _decided(e: Recorded[DecisionAdopted]) -> Write:
    fact = e.event
    return _of_case(
        e,
        fact.case_id,
        stage="decided",
        meeting_id=fact.meeting_id,
        protocol_number=fact.protocol_number,
        decisions=[each.model_dump() for each in fact.decisions],
        outcome=fact.outcome,
        reasons=fact.reasons,
        before_first_year=fact.before_first_year,
        adopted_on=fact.adopted_on,
    )


@considerations.on(RefusalNoticeSent)
def _noticed(e: Recorded[RefusalNoticeSent]) -> Write:
    return _of_case(e, e.event.case_id, notice_sent_on=e.event.sent_on, reapplication_from=e.event.reapplication_from)


@considerations.on(ReportPublished)
def _published(e: Recorded[ReportPublished]) -> Write:
    return _of_case(e, e.event.case_id, report=e.event.document.model_dump(), published_on=e.event.published_on)


def _of_case(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return considerations.update(e, {"case_id": case_id}, **values, version=e.version)


@votes.on(VoteCast)
def _vote(e: Recorded[VoteCast]) -> Write:
    return votes.upsert(e, **e.event.model_dump())


@recusals.on(MemberRecused)
def _recusal(e: Recorded[MemberRecused]) -> Write:
    return recusals.upsert(e, **e.event.model_dump())


@blank_batches.on(BlanksReceived)
def _received(e: Recorded[BlanksReceived]) -> Write:
    return blank_batches.upsert(e, **e.event.model_dump(exclude={"rulebook"}))


@blank_fates.on(BlankSpoiled)
def _spoiled(e: Recorded[BlankSpoiled]) -> Write:
    fact = e.event
    return blank_fates.upsert(
        e, fate_id=e.event_id, blank_number=fact.blank_number, fate="spoiled", reason=fact.reason, on_date=fact.spoiled_on
    )


@blank_fates.on(CertificateIssued)
def _used(e: Recorded[CertificateIssued]) -> Write:
    fact = e.event
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
        version=e.version,
    )


@certificates.on(RegisterEntryMade)
def _entered(e: Recorded[RegisterEntryMade]) -> Write:
    return _of_certificate(e, e.event.certificate_id, entered_on=e.event.entered_on)


@certificates.on(AuthorisedBodyNotified)
def _notified(e: Recorded[AuthorisedBodyNotified]) -> Write:
    fact = e.event
    return _of_certificate(e, fact.certificate_id, notified_on=fact.notified_on, outgoing_number=fact.outgoing_number)


@certificates.on(RenewalWindowOpened)
def _window_opened(e: Recorded[RenewalWindowOpened]) -> Write:
    fact = e.event
    return _of_certificate(e, fact.certificate_id, window_opened_on=fact.opened_on, window_closes_on=fact.closes_on)


@certificates.on(RenewalWindowClosed)
def _window_closed(e: Recorded[RenewalWindowClosed]) -> Write:
    return _of_certificate(e, e.event.certificate_id, window_closed_on=e.event.closed_on)


@certificates.on(CertificateExpired)
def _expired(e: Recorded[CertificateExpired]) -> Write:
    return _of_certificate(e, e.event.certificate_id, expired_on=e.event.expired_on)


def _of_certificate(e: Recorded[Event], certificate_id: str, **values: object) -> Write:
    return certificates.update(e, {"certificate_id": certificate_id}, **values, version=e.version)
