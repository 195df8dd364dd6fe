"""What everybody is told of a certificate by its number, and of a PDF by its bytes. The record rules: a sheet is a copy of it."""

import asyncio
from collections import OrderedDict
from typing import Any

from cryptography.x509 import Certificate as Certified
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.citations import cited
from chassis.context import Context
from chassis.events import Recorded
from chassis.problems import NotFound
from chassis.rate import Rate
from chassis.settings import Settings
from chassis.signed import Signature, examine_pdf, examine_pdf_apart
from chassis.signing import signers, signing_key, trusted_certificates
from chassis.storage import Received
from regulations import Rulebook, RulebookRef, local_date, resolve
from services.council.certificate_document import agency_names_of, sheet_of
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.paper import document_id
from services.council.domain.standing import Certificate, valid_from
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates, duplicates, institutions
from services.council.readmodels_followed import suspensions
from services.council.readmodels_papers import certificate_documents
from services.council.readmodels_remedies import cases
from services.council.schemas_verification import (
    DocumentVerification,
    Verdict,
    Verification,
    Verified,
    VerifiedDocument,
    VerifiedDuplicate,
    VerifiedFact,
    VerifiedScope,
    VerifiedStay,
)

#: Of each fact that everybody is told, the day.
_DAYS = {
    "CertificateIssued": "issued_on",
    "CertificateReissued": "issued_on",
    "CertificateExtended": "issued_on",
    "CertificateRecorded": "recorded_on",
    "RegisterEntryMade": "entered_on",
    "DuplicateIssued": "issued_on",
    "CertificateSuspended": "suspended_on",
    "CertificateRestored": "restored_on",
    "CertificateRevoked": "revoked_on",
    "CertificateExpired": "expired_on",
    "CertificateEnded": "ended_on",
    "NationalRegisterTold": "told_on",
}

_GROUNDS = ("sanction_grounds", "register_changes")

#: Files of strangers, which cost a process each: whatever agency they name, for nobody is asked whether there is such a one.
_STRANGE = Rate(per_minute=60, burst=30)
#: What the latest of them were worth: the same sheet is shown to one agency after another.
_EXAMINED: OrderedDict[Any, Signature] = OrderedDict()
_MOST_EXAMINED = 64


async def verify_number(ctx: Context, number: str) -> Verification:
    """The certificate of a number; of one that was corrected since, by the sheets on which it stands. NotFound."""
    c, d = certificates.c, certificate_documents.c
    row = await ctx.row(select(certificates.table).where(c.number == number))
    if row is None:
        printed = await ctx.row(select(d.certificate_id).where(d.number == number))
        row = printed and await ctx.row(select(certificates.table).where(c.certificate_id == printed["certificate_id"]))
    if row is None:
        raise NotFound("there is no certificate of this number")
    return await _told(ctx, row, number)


async def verify_document(ctx: Context, using: Settings, received: Received) -> DocumentVerification:
    """What a PDF is. Its bytes are those of a document that was given out, or not one of them counts."""
    d = certificate_documents.c
    ours = await ctx.row(select(certificate_documents.table).where(d.sha256 == received.sha256))
    known = trusted_certificates(using), signers(using)
    if ours is None:
        signature = await _strange(received, *known)
    else:
        received.file.seek(0)
        signature = await asyncio.to_thread(examine_pdf, received.file.read(), *known)
    document = record = None
    if ours is not None:
        its = certificates.c.certificate_id == ours["certificate_id"]  # its number may be another's since it was corrected
        row = await ctx.row(select(certificates.table).where(its))
        assert row is not None
        record = await _told(ctx, row, ours["number"])
        document = await _document(ctx, using, ours)
    return DocumentVerification(
        verdict=_verdict(signature, ours is not None),
        sha256=received.sha256,
        size=received.size,
        signed=signature.signed,
        intact=signature.intact,
        trusted=signature.trusted,
        signer=signature.signer,
        signed_at=signature.signed_at,
        document=document,
        certificate=record,
    )


async def _strange(received: Received, *known: tuple[Certified, ...]) -> Signature:
    found = _EXAMINED.get((received.sha256, known))
    if found is None:
        _STRANGE.take("")
        found = _EXAMINED[received.sha256, known] = await examine_pdf_apart(received.file, *known)
        while len(_EXAMINED) > _MOST_EXAMINED:
            _EXAMINED.popitem(last=False)
    return found


def _verdict(signature: Signature, ours: bool) -> Verdict:
    if ours:
        return "genuine"
    if not signature.signed:
        return "unsigned"
    return "unknown" if signature.intact else "altered"


async def _document(ctx: Context, using: Settings, made: RowMapping) -> VerifiedDocument:
    """Whether the certificate says the same by now."""
    state, _ = await ctx.load(CERTIFICATE, made["certificate_id"])
    assert state.issued is not None
    sheet = await sheet_of(ctx, using, state.issued, resolve(state.issued.rulebook), made["language"], signing_key(using))
    superseded = made["document_id"] != document_id(made["certificate_id"], made["language"], sheet.words)
    told = {name: made[name] for name in ("language", "number", "duplicate", "made_on")}
    return VerifiedDocument(**told, superseded=superseded)


async def _told(ctx: Context, row: RowMapping, asked: str) -> Verification:
    certificate_id = row["certificate_id"]
    state, _ = await ctx.load(CERTIFICATE, certificate_id)
    assert state.issued is not None
    rules = resolve(state.issued.rulebook)
    today = local_date(ctx.at, rules.zone)
    verified = _verified(state, row, state.standing(today))
    i, c, k = institutions.c, cases.c, considerations.c
    institution = await ctx.row(select(i.names, i.city, i.country).where(i.institution_id == row["institution_id"]))
    case = await ctx.row(select(c.programmes).where(c.case_id == row["case_id"]))
    decided = await ctx.row(select(k.adopted_on).where(k.case_id == row["case_id"]))
    programmes = {each["code"]: each["name"] for each in (case["programmes"] if case else None) or []}
    revoked, ended = state.revoked, state.ended
    return Verification(
        agency=ctx.agency,
        agency_names=await agency_names_of(ctx),
        number=row["number"],
        asked=asked,
        state=verified,
        in_force=verified == "valid",
        as_of=today,
        certificate_id=certificate_id,
        institution_id=row["institution_id"],
        institution_names=institution["names"] if institution else None,
        city=institution["city"] if institution else None,
        country=institution["country"] if institution else None,
        scopes=[VerifiedScope(scope=each, name=programmes.get(each.partition(":")[2])) for each in row["scopes"]],
        object=row["object"],
        programme=row["programme"],
        rulebook_id=rules.id,
        rulebook_title=rules.title.model_dump(),
        decided_on=decided["adopted_on"] if decided else None,
        issued_on=row["issued_on"],
        valid_from=valid_from(state.issued),
        valid_until=row["valid_until"],
        entered_on=row["entered_on"] or row["listed_on"],
        suspensions=await _stays(ctx, certificate_id, rules),
        revoked_on=row["revoked_on"],
        revocation_ground=row["revocation_ground"],
        revocation_ground_names=_named(resolve(revoked.rulebook) if revoked and revoked.rulebook else rules, row["revocation_ground"]),
        ended_on=row["ended_on"],
        end_ground=row["end_ground"],
        end_ground_names=_named(rules, ended.ground if ended else None),
        **await _others(ctx, row),
        duplicates=await _duplicates(ctx, certificate_id),
        history=[fact for e in await ctx.history(CERTIFICATE, certificate_id) if (fact := _fact(e, rules)) is not None],
    )


def _verified(state: Certificate, row: RowMapping, standing: Verified) -> Verified:
    return "replaced" if standing == "ended" and row["reissued_as"] else standing


def _fact(e: Recorded[Any], rules: Rulebook) -> VerifiedFact | None:
    name = type(e.event).__name__
    if name not in _DAYS:
        return None
    book = getattr(e.event, "rulebook", None)
    cites = cited(resolve(book) if book else rules, e.event.clauses_of)
    return VerifiedFact(type=name, on=getattr(e.event, _DAYS[name]), clauses=cites)


async def _stays(ctx: Context, certificate_id: str, rules: Rulebook) -> list[VerifiedStay]:
    s = suspensions.c
    rows = await ctx.rows(select(suspensions.table).where(s.certificate_id == certificate_id).order_by(s.suspended_on, s.ends_at))
    return [
        VerifiedStay(
            suspended_on=row["suspended_on"],
            until=row["until"],
            restored_on=row["restored_on"],
            ground=row["ground"],
            ground_names=_named(resolve(RulebookRef(**row["rulebook"])) if row["rulebook"] else rules, row["ground"]),
        )
        for row in rows
    ]


async def _duplicates(ctx: Context, certificate_id: str) -> list[VerifiedDuplicate]:
    d = duplicates.c
    query = select(d.round, d.issued_on).where(d.certificate_id == certificate_id, d.issued_on.is_not(None)).order_by(d.round)
    return [VerifiedDuplicate(**row) for row in await ctx.rows(query)]


async def _others(ctx: Context, row: RowMapping) -> dict[str, str | None]:
    """The numbers of the certificates that it stands beside."""
    of = {"replaced_by": "reissued_as", "replaces": "reissued_from", "extended_by": "extended_as", "extends": "extends"}
    c = certificates.c
    wanted = [row[column] for column in of.values() if row[column]]
    found = await ctx.rows(select(c.certificate_id, c.number).where(c.certificate_id.in_(wanted))) if wanted else []
    numbers = {each["certificate_id"]: each["number"] for each in found}
    return {name: numbers.get(row[column]) for name, column in of.items()}


def _named(rules: Rulebook, word: str | None) -> dict[str, str] | None:
    """A ground in the four languages, where the rulebook has the word."""
    for vocabulary in _GROUNDS:
        entry = rules.vocabularies.get(vocabulary, {}).get(word or "")
        if entry is not None:
            return dict(entry.names.model_dump())
    return None
