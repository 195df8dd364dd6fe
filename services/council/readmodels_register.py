"""The public register as it is searched: one row for each certificate that stands in it, of every agency, whole.

It is made of council's other tables (`chassis.derived`) and has only what the regulations make public (order 109, p. 9.10, 24; IQAA,
S3.f.2): a certificate that was not entered has no row.
"""

from sqlalchemy import Boolean, Column, Date, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.derived import Derived
from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    AppealDecided,
    CertificateEnded,
    CertificateExtended,
    CertificateIssued,
    CertificateRecorded,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    DecisionAdopted,
    DecisionEntered,
    RegisterEntryMade,
    ReportPublished,
)
from services.council.domain.lettering import lettered_sql
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates, institutions
from services.council.readmodels_followed import suspensions
from services.council.readmodels_remedies import after_decisions, cases
from services.intake.contract import (
    ApplicationFiled,
    DocumentErased,
    DocumentScanned,
    DocumentStored,
    InstitutionCorrected,
    InstitutionDescribed,
    InstitutionRegistered,
)

_INSTITUTION = "concat_ws(' ', (SELECT string_agg(each.value, ' ') FROM jsonb_each_text(i.names) AS each), i.city, c.institution_id)"
_PROGRAMME = """concat_ws(' ', c.programme,
    (SELECT string_agg(replace(each, 'programme:', ''), ' ') FROM jsonb_array_elements_text(c.scopes) AS each WHERE each <> 'institution'),
    (SELECT string_agg(each ->> 'name', ' ') FROM jsonb_array_elements(p.programmes) AS each))"""

#: `lapses_from` and `lapses_until`: between these days lies its last one, whichever day it is asked about.
#: `programmes`: of those that the institution applied with, the ones in the certificate. `stays`: each suspension, and what it came to.
QUERY = f"""
SELECT c.agency, c.certificate_id, c.case_id, c.number, c.institution_id, i.names AS institution_names, i.city, i.country,
    i.deqar_id, i.eter_id, i.national_id,
    c.scopes, p.programmes, c.object, c.programme, coalesce(c.kind, f.kind) AS kind, c.level, c.rulebook_id, c.rulebook,
    o.outcome AS decision, o.adopted_on AS decided_on, c.issued_on, coalesce(c.valid_from, c.issued_on) AS valid_from, c.valid_until,
    least(c.valid_until, t.least_day) AS lapses_from, greatest(c.valid_until, c.suspended_until, t.last_day) AS lapses_until,
    c.lapses_at, c.begins_at, c.suspended_on, c.suspended_until, c.ended_on, c.end_ground, c.revoked_on, c.revocation_ground,
    c.reissued_from, c.reissued_as, c.extends, c.extended_as, n.issued_on AS followed_on,
    coalesce(c.entered_on, a.entered_on, c.listed_on) AS entered_on, c.recorded_on,
    o.report, o.published_on AS report_published_on, a.address AS report_address, t.stays,
    {lettered_sql(f"concat_ws(' ', {_INSTITUTION}, {_PROGRAMME}, c.number)")} AS words,
    {lettered_sql(_INSTITUTION)} AS institution_words, {lettered_sql(_PROGRAMME)} AS programme_words
FROM certificates AS c
LEFT JOIN considerations AS o ON o.agency = c.agency AND o.case_id = c.case_id
LEFT JOIN after_decisions AS a ON a.agency = c.agency AND a.case_id = c.case_id
LEFT JOIN institutions AS i ON i.agency = c.agency AND i.institution_id = c.institution_id
LEFT JOIN cases AS f ON f.agency = c.agency AND f.case_id = c.case_id
LEFT JOIN certificates AS n ON n.agency = c.agency AND n.certificate_id = coalesce(c.extended_as, c.reissued_as)
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('code', each ->> 'code', 'name', each ->> 'name', 'qf_ehea_cycle', each ->> 'qf_ehea_cycle'))
        AS programmes
    FROM jsonb_array_elements(f.programmes) AS each WHERE c.scopes @> to_jsonb('programme:' || (each ->> 'code'))
) AS p ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('from', s.suspended_on, 'until', s.until, 'to', s.restored_on, 'ground', s.ground,
        'was', s.previous_valid_until, 'valid_until', s.valid_until) ORDER BY s.suspended_on, s.restored_on) AS stays,
        min(s.previous_valid_until) AS least_day, max(greatest(s.until, s.previous_valid_until)) AS last_day
    FROM suspensions AS s WHERE s.agency = c.agency AND s.certificate_id = c.certificate_id
) AS t ON true
WHERE coalesce(c.entered_on, a.entered_on, c.listed_on) IS NOT NULL
"""

register_entries = Derived(
    "register_entries",
    Column("certificate_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("number", Text),
    Column("institution_id", Text),
    Column("institution_names", JSONB),
    Column("city", Text),
    Column("country", Text),
    Column("deqar_id", Text),
    Column("eter_id", Text),
    Column("national_id", Text),
    Column("scopes", JSONB),
    Column("programmes", JSONB),
    Column("object", Text),
    Column("programme", Text),
    Column("kind", Text),
    Column("level", Text),
    Column("rulebook_id", Text),
    Column("rulebook", JSONB),
    Column("decision", Text),
    Column("decided_on", Date),
    Column("issued_on", Date),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("lapses_from", Date),
    Column("lapses_until", Date),
    Column("lapses_at", DateTime(timezone=True)),
    Column("begins_at", DateTime(timezone=True)),
    Column("suspended_on", Date),
    Column("suspended_until", Date),
    Column("ended_on", Date),
    Column("end_ground", Text),
    Column("revoked_on", Date),
    Column("revocation_ground", Text),
    Column("reissued_from", Text),
    Column("reissued_as", Text),
    Column("extends", Text),
    Column("extended_as", Text),
    Column("followed_on", Date),
    Column("entered_on", Date),
    Column("recorded_on", Date),
    Column("report", JSONB),
    Column("report_published_on", Date),
    Column("report_address", Text),
    Column("stays", JSONB),
    Column("words", Text),
    Column("institution_words", Text),
    Column("programme_words", Text),
    query=QUERY,
    sources=[certificates, considerations, after_decisions, institutions, cases, suspensions],
    public=True,
    indexes=[["issued_on", "certificate_id"], ["case_id"], ["institution_id", "issued_on"], ["number"]],
    across=[
        ["issued_on", "certificate_id", "lapses_from", "lapses_until"],  # those out of force are passed over within the index
        ["valid_until", "certificate_id"],
        ["institution_id", "certificate_id"],
        ["number", "certificate_id"],
        ["certificate_id"],
        ["suspended_on"],
        ["revoked_on"],
        ["ended_on"],
        ["begins_at"],
        *([each, "issued_on", "certificate_id"] for each in ("country", "decision", "kind", "level", "rulebook_id")),  # of rare ones too
    ],
    trigrams=["words", "institution_words", "programme_words"],
)

#: Of the documents that the agency keeps, what says whether a published report may be given out.
published_files = ReadModel(
    "published_files",
    Column("document_id", Text, primary_key=True),
    Column("media_type", Text),
    Column("personal", Boolean),
    Column("scan", Text),
    Column("erased_on", Date),
)

ALL = [published_files, register_entries]

_OfCertificate = (
    CertificateIssued
    | CertificateRecorded
    | CertificateReissued
    | CertificateExtended
    | RegisterEntryMade
    | CertificateSuspended
    | CertificateRestored
    | CertificateRevoked
    | CertificateEnded
)


@register_entries.on(
    CertificateIssued,
    CertificateRecorded,
    CertificateReissued,
    CertificateExtended,
    RegisterEntryMade,
    CertificateSuspended,
    CertificateRestored,
    CertificateRevoked,
    CertificateEnded,
)
def _told(e: Recorded[_OfCertificate]) -> list[Write]:
    """The earlier certificate is told of the later one too."""
    earlier = getattr(e.event, "extends", None) or getattr(e.event, "reissued_from", None)
    ids = [e.event.certificate_id, *([earlier] if earlier else [])]
    return [write for each in ids for write in register_entries.anew(e, certificate_id=each)]


@register_entries.on(DecisionAdopted, ReportPublished, DecisionEntered, AppealDecided, ApplicationFiled)
def _decided(e: Recorded[DecisionAdopted | ReportPublished | DecisionEntered | AppealDecided | ApplicationFiled]) -> list[Write]:
    return register_entries.anew(e, case_id=e.event.case_id)


@register_entries.on(InstitutionRegistered, InstitutionCorrected, InstitutionDescribed)
def _known(e: Recorded[InstitutionRegistered | InstitutionCorrected | InstitutionDescribed]) -> list[Write]:
    return register_entries.anew(e, institution_id=e.event.institution_id)


@published_files.on(DocumentStored)
def _stored(e: Recorded[DocumentStored]) -> Write:
    """What was filed once as evidence about a person stays such evidence."""
    fact = e.event
    personal = {"personal": True} if fact.personal else {}
    return published_files.upsert(e, document_id=fact.document_id, media_type=fact.media_type, scan=fact.scan, erased_on=None, **personal)


@published_files.on(DocumentScanned)
def _scanned(e: Recorded[DocumentScanned]) -> Write:
    return published_files.upsert(e, document_id=e.event.document_id, scan=e.event.scan)


@published_files.on(DocumentErased)
def _erased(e: Recorded[DocumentErased]) -> Write:
    return published_files.upsert(e, document_id=e.event.document_id, erased_on=e.event.erased_on)
