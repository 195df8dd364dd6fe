"""A certificate as a signed PDF/A: what it says from the record, made once, kept by its hash, given out byte for byte."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import segno
import yaml
from babel.dates import format_date
from sqlalchemy import select

from chassis.context import Context
from chassis.problems import NotFound
from chassis.settings import Settings
from chassis.signing import SigningKey, signing_key
from chassis.storage import Received, Storage
from chassis.typeset import typeset
from regulations import Rulebook, local_date, resolve
from services.council.contract import CertificateDocumentMade, CertificateExtended, CertificateReissued, PaperLanguage
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.ending import Issue
from services.council.domain.paper import PAPER, RecordDocument, check_issuable, check_printable, document_id
from services.council.domain.standing import Certificate, valid_from
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates, duplicates, institutions
from services.council.readmodels_papers import agency_names
from services.council.readmodels_remedies import cases

_PAPERS = Path(__file__).parent / "papers"
TEMPLATE = _PAPERS / "certificate.typ"
FIELD = "Agency"
_PATTERNS = {"ky": "d-MMMM y-'ж'.", "kk": "y 'ж'. d MMMM", "ru": "d MMMM y 'г'.", "en": "d MMMM y"}
_LOCALES = {"ky": "ky", "kk": "kk", "ru": "ru", "en": "en_GB"}
_NEXT_BEST = ("ru", "ky", "kk", "en")
_PROGRAMME = "programme:"


@dataclass(frozen=True)
class Given:
    """A document as it is given out. Who takes it closes its bytes."""

    fact: CertificateDocumentMade
    received: Received


@dataclass(frozen=True)
class Sheet:
    """What a certificate says in one language, and the duplicate that it is, if any."""

    language: PaperLanguage
    number: str
    blank_number: str
    duplicate: int
    content: Mapping[str, Any]

    @property
    def words(self) -> str:
        """The hash of all that it says."""
        return hashlib.sha256(orjson.dumps(self.content, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def certificate_document(ctx: Context, using: Settings, certificate_id: str, language: PaperLanguage | None) -> Given:
    """The document of a certificate that is in force, made now if nobody has asked for it before. NotFound, Conflict, Unavailable."""
    state, issued, rules = await in_force(ctx, certificate_id)
    check_printable(state)
    key = signing_key(using)
    sheet = await sheet_of(ctx, using, issued, rules, language or rules.languages[0], key)
    identity = document_id(certificate_id, sheet.language, sheet.words)
    paper, _ = await ctx.load(PAPER, identity)
    if paper.made is None:
        await _make(ctx, using, identity, issued, sheet, key, local_date(ctx.at, rules.zone))
        paper, _ = await ctx.load(PAPER, identity)
    assert paper.made is not None
    return Given(paper.made, await papers_of(using).get(ctx.agency, paper.made.sha256))


async def in_force(ctx: Context, certificate_id: str) -> tuple[Certificate, Issue, Rulebook]:
    """A certificate about which something may be given out today. NotFound, Conflict."""
    state, _ = await ctx.load(CERTIFICATE, certificate_id)
    if state.issued is None or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no certificate {certificate_id}")
    rules = resolve(state.issued.rulebook)
    check_issuable(state, local_date(ctx.at, rules.zone))
    return state, state.issued, rules


async def _make(ctx: Context, using: Settings, identity: str, issued: Issue, sheet: Sheet, key: SigningKey, today: date) -> None:
    """The bytes come before the fact. Of two who make it at once the first one's is the document."""
    document = await asyncio.to_thread(made, sheet.content, key, ctx.at)
    received = Received(BytesIO(document), hashlib.sha256(document).hexdigest(), len(document))
    await papers_of(using).put(ctx.agency, received)
    command = ctx.command(
        RecordDocument,
        document_id=identity,
        certificate_id=issued.certificate_id,
        case_id=issued.case_id,
        institution_id=issued.institution_id,
        language=sheet.language,
        number=sheet.number,
        blank_number=sheet.blank_number,
        duplicate=sheet.duplicate,
        sha256=received.sha256,
        size=received.size,
        signer=key.signer,
        made_on=today,
    )
    accepted = await ctx.execute(PAPER, identity, command, create=True)
    if not accepted.events:
        await papers_of(using).delete(ctx.agency, received.sha256)


def made(content: Mapping[str, Any], key: SigningKey, at: datetime) -> bytes:
    """The PDF/A, signed. Blocks: for a thread."""
    document = typeset(TEMPLATE, content, at=at.replace(microsecond=0))
    return key.sign_pdf(document, field=FIELD, reason=f"{content['title']} {content['number']}")


async def sheet_of(ctx: Context, using: Settings, issued: Issue, rules: Rulebook, language: PaperLanguage, key: SigningKey) -> Sheet:
    """What a certificate says today. A duplicate is the last one that was issued, on its own blank."""
    d = duplicates.c
    query = select(duplicates.table).where(d.certificate_id == issued.certificate_id, d.issued_on.is_not(None)).order_by(d.round.desc())
    duplicate = await ctx.row(query)
    blank = duplicate["blank_number"] if duplicate else getattr(issued, "blank_number", "")
    beside = await _beside(ctx, issued)
    decided = beside["decided"]
    earlier = await _earlier_number(ctx, issued)
    word, day = words(language), partial(told_day, language=language)
    facts = [
        (word["decided"], word["protocol"].format(on=day(decided["adopted_on"]), protocol=decided["protocol_number"]), False)
        if decided is not None
        else None,
        (word["regulation"], getattr(rules.title, language), False),
        (word["extends" if isinstance(issued, CertificateExtended) else "reissued"], earlier, False) if earlier else None,
        (word["issued"], day(issued.issued_on), False),
        (word["valid_from"], day(valid_from(issued)), False),
        (word["valid_until"], day(issued.valid_until), True),
    ]
    address = address_of(using, ctx.agency, issued.number)
    content = {
        "language": language,
        "title": word["title"],
        "agency_word": word["agency"],
        "agency": name_in(await agency_names_of(ctx), language) or ctx.agency,
        "number": word["number"].format(number=issued.number),
        "blank": word["blank"].format(blank=blank) if blank else None,
        "duplicate": word["duplicate"] if duplicate else None,
        "duplicate_note": word["duplicate_note"].format(on=day(duplicate["issued_on"])) if duplicate else None,
        "given": word["given"],
        "institution": name_in(beside["names"], language) or issued.institution_id,
        "place": beside["city"],
        "accredited": word["accredited"],
        "scopes": [_scope(scope, beside["programmes"], issued, word) for scope in issued.scopes],
        "facts": [fact for fact in facts if fact is not None],
        "qr": qr_of(address),
        "address": address,
        "verify": word["verify"],
        "rules": word["rules"],
        "signature": word["signature"],
        "signer": key.signer,
    }
    return Sheet(language, issued.number, blank or "", duplicate["round"] if duplicate else 0, content)


async def _beside(ctx: Context, issued: Issue) -> dict[str, Any]:
    """What others tell: the institution's names, the case's programmes, the council's decision."""
    i, c, d = institutions.c, cases.c, considerations.c
    institution = await ctx.row(select(i.names, i.city).where(i.institution_id == issued.institution_id))
    case = await ctx.row(select(c.programmes).where(c.case_id == issued.case_id))
    decided = await ctx.row(select(d.adopted_on, d.protocol_number).where(d.case_id == issued.case_id, d.adopted_on.is_not(None)))
    return {
        "names": (institution["names"] if institution else None) or {},
        "city": institution["city"] if institution else None,
        "programmes": {each["code"]: each["name"] for each in (case["programmes"] if case else None) or []},
        "decided": decided,
    }


async def agency_names_of(ctx: Context) -> dict[str, str]:
    """How the agency calls itself, by language; nothing where it has not said so."""
    return (await names_of_agencies(ctx, [ctx.agency])).get(ctx.agency, {})


async def names_of_agencies(ctx: Context, agencies: Sequence[str]) -> dict[str, dict[str, str]]:
    """How these agencies call themselves, whosever they are; those that have not said so are left out."""
    query = select(agency_names.c.agency, agency_names.c.names).where(agency_names.c.agency.in_(agencies))
    return {row["agency"]: dict(row["names"]) for row in await ctx.rows(query)}


async def _earlier_number(ctx: Context, issued: Issue) -> str | None:
    earlier = issued.extends if isinstance(issued, CertificateExtended) else None
    earlier = issued.reissued_from if isinstance(issued, CertificateReissued) else earlier
    if earlier is None:
        return None
    found = await ctx.row(select(certificates.c.number).where(certificates.c.certificate_id == earlier))
    return str(found["number"]) if found else None


def _scope(scope: str, programmes: Mapping[str, str], issued: Issue, word: Mapping[str, str]) -> str:
    if not scope.startswith(_PROGRAMME):
        return word["whole"]
    code = scope.removeprefix(_PROGRAMME)
    named = programmes.get(code) or getattr(issued, "programme", None)
    return word["programme"].format(name=f"{code} {named}" if named and not named.startswith(code) else named or code)


def address_of(using: Settings, agency: str, number: str) -> str:
    """The page on which everybody verifies a certificate by its number."""
    return f"{using.public('console')}/verify/{agency}/{quote(number, safe='')}"


def qr_of(address: str) -> str:
    """A QR code as SVG, black on white, with its quiet zone; it is read with a quarter of it damaged."""
    drawn = BytesIO()
    segno.make(address, error="q", micro=False).save(drawn, kind="svg", border=4, light="white", xmldecl=False)
    return drawn.getvalue().decode()


def name_in(names: Mapping[str, str], language: str) -> str | None:
    """A name in a language, or in the next best that there is."""
    return next((names[each] for each in (language, *_NEXT_BEST) if names.get(each)), None)


def told_day(day: date, language: str) -> str:
    """A day as it is written in a language."""
    return format_date(day, _PATTERNS[language], locale=_LOCALES[language])


def words(language: str) -> dict[str, str]:
    """The words of a certificate in a language."""
    return _words()[language]


@cache
def _words() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load((_PAPERS / "words.yaml").read_text(encoding="utf-8"))
    return read


_STORES: dict[tuple[str | None, Path], Storage] = {}


def papers_of(using: Settings) -> Storage:
    """The store of what was made here, apart from what others have filed: what is erased there is not erased here."""
    place = using.documents_url, using.state_dir
    if place not in _STORES:
        base = using.documents_url or f"file://{(using.state_dir / 'documents').resolve()}"
        _STORES[place] = Storage.of(using.model_copy(update={"documents_url": f"{base.rstrip('/')}/certificates"}))
    return _STORES[place]
