"""A certificate as a W3C Verifiable Credential 2.0, secured by JOSE, and the status lists by which one that was given out is called back.

Media types and names: VC Data Model 2.0, VC-JOSE-COSE, Bitstring Status List 1.0.
"""

import gzip
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import and_, func, or_, select

from chassis.context import Context
from chassis.problems import Conflict, NotFound
from chassis.settings import Settings
from chassis.signing import signing_key
from regulations import end_of_local_day, local_date, resolve
from services.council.certificate_document import address_of, agency_names_of, in_force
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.paper import CREDENTIAL, LIST_FULL, LIST_SIZE, IssueCredential
from services.council.domain.standing import valid_from
from services.council.readmodels_certificates import certificates, institutions
from services.council.readmodels_papers import credentials

#: What a credential may be called back for: for good, or for a time.
Purpose = Literal["revocation", "suspension"]

MEDIA = "application/vc+jwt"
TYPE = "vc+jwt"
#: What tells the credential of a certificate from what else the key signs.
KIND = "AccreditationCertificate"
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
_DAY = timedelta(days=1)
_FRESH = timedelta(days=1)
_TRIES = 8


def issuer_of(using: Settings, agency: str) -> str:
    """Whose credentials they are: an address under which its keys and status lists are found."""
    return f"{using.public('council')}/v1/verification/{agency}"


async def credential(ctx: Context, using: Settings, certificate_id: str) -> str:
    """A certificate that is in force, signed as it is today. NotFound, Conflict, Unavailable."""
    _, issued, rules = await in_force(ctx, certificate_id)
    key, issuer = signing_key(using), issuer_of(using, ctx.agency)
    place = await _place(ctx, certificate_id)
    c, i = certificates.c, institutions.c
    found = await ctx.row(select(i.names, i.city, i.country).where(i.institution_id == issued.institution_id))
    row = await ctx.row(select(c.scopes, c.object, c.programme).where(c.certificate_id == certificate_id))
    known, told = dict(found or {}), dict(row or {})
    subject = {
        "type": "EducationOrganisation",
        "identifier": issued.institution_id,
        "name": _in_languages(known.get("names") or {}),
        "city": known.get("city"),
        "country": known.get("country"),
        "accreditation": {
            "type": "Accreditation",
            "certificateNumber": issued.number,
            "scopes": told.get("scopes"),
            "object": told.get("object"),
            "programme": told.get("programme"),
            "rulebook": rules.id,
            "issuedOn": issued.issued_on.isoformat(),
            "validFromDay": valid_from(issued).isoformat(),
            "validUntilDay": issued.valid_until.isoformat(),
            "register": address_of(using, ctx.agency, issued.number),
        },
    }
    claims = {
        "@context": CONTEXT,
        "id": f"urn:uuid:{certificate_id}",
        "type": ["VerifiableCredential", KIND],
        "issuer": _without_nothing({"id": issuer, "identifier": ctx.agency, "name": _in_languages(await agency_names_of(ctx))}),
        "validFrom": _instant(end_of_local_day(valid_from(issued) - _DAY, rules.zone)),
        "validUntil": _instant(end_of_local_day(issued.valid_until, rules.zone)),
        "credentialStatus": [_status(issuer, purpose, *place) for purpose in ("revocation", "suspension")],
        "credentialSubject": _without_nothing(subject),
    }
    return key.sign_json(orjson.dumps(claims), TYPE)


async def status_list(ctx: Context, using: Settings, purpose: Purpose, number: int) -> str:
    """A status list of the agency as it is now. NotFound for one in which no credential has a place."""
    c, p = certificates.c, credentials.c
    if await ctx.row(select(p.status_index).where(p.status_list == number)) is None:
        raise NotFound(f"there is no status list {number}")
    called_back = or_(c.revoked_on.is_not(None), c.ended_on.is_not(None))
    if purpose == "suspension":
        called_back = and_(c.suspended_on.is_not(None), c.revoked_on.is_(None), c.ended_on.is_(None))
    joined = credentials.table.join(certificates.table, c.certificate_id == p.certificate_id)
    rows = await ctx.rows(select(p.status_index).select_from(joined).where(p.status_list == number, called_back))
    issuer = issuer_of(using, ctx.agency)
    place = f"{issuer}/status/{purpose}/{number}"
    claims = {
        "@context": CONTEXT[:1],
        "id": place,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": _instant(ctx.at),
        "validUntil": _instant(ctx.at + _FRESH),
        "credentialSubject": {
            "id": f"{place}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded(row["status_index"] for row in rows),  # no such day is ever to come
        },
    }
    return signing_key(using).sign_json(orjson.dumps(claims), TYPE)


def encoded(indexes: Iterable[int]) -> str:
    """The list with these bits set: index 0 is the leftmost; GZIP, then multibase base64url."""
    bits = bytearray(LIST_SIZE // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


async def _place(ctx: Context, certificate_id: str) -> tuple[int, int]:
    """A certificate's place in a status list: taken by chance at the first time, so that it tells nothing."""
    known, _ = await ctx.load(CREDENTIAL, certificate_id)
    taken = Conflict("the place in the status list was taken at the same moment")
    for left in reversed(range(_TRIES)):
        if known.issued is not None:
            break
        given = await ctx.row(select(func.count().label("given")).select_from(credentials.table))
        number = (given["given"] if given else 0) // LIST_FULL + 1
        certificate, _ = await ctx.load(CERTIFICATE, certificate_id)
        assert certificate.issued is not None
        command = ctx.command(
            IssueCredential,
            certificate_id=certificate_id,
            case_id=certificate.issued.case_id,
            institution_id=certificate.institution_id,
            status_list=number,
            status_index=secrets.randbelow(LIST_SIZE),
            issued_on=local_date(ctx.at, _zone_of(certificate)),
        )
        try:
            await ctx.execute(CREDENTIAL, certificate_id, command, create=True, unique={"credentials_status_list_status_index_once": taken})
        except Conflict:
            if not left:
                raise
        known, _ = await ctx.load(CREDENTIAL, certificate_id)
    assert known.issued is not None
    return known.issued.status_list, known.issued.status_index


def _zone_of(state: Any) -> Any:
    return resolve(state.issued.rulebook).zone


def _status(issuer: str, purpose: str, number: int, index: int) -> dict[str, str]:
    place = f"{issuer}/status/{purpose}/{number}"
    return {
        "id": f"{place}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": place,
    }


def _in_languages(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": name, "@language": language} for language, name in sorted(names.items())]


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_nothing(said: Any) -> Any:
    """Without members of which nothing is known."""
    if isinstance(said, dict):
        return {name: _without_nothing(value) for name, value in said.items() if value not in (None, [], {})}
    return said
