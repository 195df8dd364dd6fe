"""Verification by anybody, without signing in: by the number, by the code on a sheet, by the sheet itself, or by a credential.

The record rules: what a sheet or a credential says is checked against it, and shown beside it nowhere.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from chassis.signed import BadCredential, read_signed_json
from console import labels
from console.client import Refused, together
from console.i18n import N_
from console.visit import Anybody, Visit

router = APIRouter()

#: Of each state: its word, what kind of notice it is, and what it means to whoever asks.
STATES: dict[str, tuple[str, str, str]] = {
    "valid": (N_("Valid"), "good", N_("The record confirms this certificate: it is in force today.")),
    "not_yet_valid": (N_("Not valid yet"), "soon", N_("The certificate was issued, and its term has not begun.")),
    "suspended": (N_("Suspended"), "soon", N_("The accreditation is suspended: the certificate is not in force until it is restored.")),
    "revoked": (N_("Revoked"), "bad", N_("The accreditation was revoked: the certificate is not in force, whatever a sheet says.")),
    "expired": (N_("Expired"), "bad", N_("The term of the certificate is over: it is not in force.")),
    "ended": (N_("Ended before its term"), "bad", N_("The certificate ended before its term: it is not in force.")),
    "replaced": (N_("Replaced"), "bad", N_("Another certificate has taken its place: this one is not in force.")),
}
VERDICTS: dict[str, tuple[str, str, str]] = {
    "genuine": (N_("Genuine document"), "good", N_("It is, byte for byte, a document that the agency has given out.")),
    "altered": (N_("Altered document"), "bad", N_("It was changed after it was signed. Do not rely on it.")),
    "unknown": (N_("Unknown document"), "bad", N_("It has a signature, and it is none of the documents that were given out here.")),
    "unsigned": (N_("Unsigned document"), "bad", N_("It has no signature: it is none of the documents that were given out here.")),
    "credential": (N_("Genuine credential"), "good", N_("It bears the signature of the agency's present key.")),
    "bad_credential": (N_("Credential not confirmed"), "bad", N_("Its signature is not that of the agency's key. Do not rely on it.")),
}
HAPPENED = {
    "CertificateIssued": N_("Issued"),
    "CertificateReissued": N_("Issued in the place of another"),
    "CertificateExtended": N_("Issued for a further term"),
    "CertificateRecorded": N_("Recorded from outside"),
    "RegisterEntryMade": N_("Entered in the register"),
    "DuplicateIssued": N_("Duplicate issued"),
    "CertificateSuspended": N_("Suspended"),
    "CertificateRestored": N_("Restored"),
    "CertificateRevoked": N_("Revoked"),
    "CertificateExpired": N_("Expired"),
    "CertificateEnded": N_("Ended before its term"),
    "NationalRegisterTold": N_("The national register was told"),
}
_CREDENTIAL, _KIND = "vc+jwt", "AccreditationCertificate"
_LARGEST = 1_000_000
#: So many agencies are asked about a sheet that names none; of more, the visitor chooses.
_MOST_AGENCIES = 64


@dataclass(frozen=True)
class Checked:
    """What was found out about a file: the verdict, who signed it and when, the document that it is, what the record says."""

    verdict: str
    name: str
    signer: str | None = None
    signed_at: str | None = None
    document: Mapping[str, Any] | None = None
    certificate: Mapping[str, Any] | None = None


@router.get("/{language}/verify")
async def verify(visit: Anybody) -> Response:
    """Asks for a number or a file; a number leads on to the address of its own."""
    asked = {name: visit.request.query_params.get(name, "").strip()[:200] for name in ("agency", "number")}
    known = await agencies(visit)
    if not asked["number"]:
        return _page(visit, known, asked)
    held = [asked["agency"]] if asked["agency"] else await _holding(visit, asked["number"], list(known))
    if len(held) == 1:
        return RedirectResponse(address(visit, held[0], asked["number"]), 303)
    return _page(visit, known, asked, status=200 if held else 404, held=held, missing=not held)


@router.get("/{language}/verify/{agency}/{number:path}")
async def verify_number(visit: Anybody, agency: str, number: str) -> Response:
    """What the record says of one certificate: the page that the code on a sheet leads to."""
    asked = {"agency": agency, "number": number}
    try:
        found, known = await together(_record(visit, agency, number), agencies(visit))
    except Refused as refused:
        if refused.status not in (404, 422):
            raise
        return _page(visit, await agencies(visit), asked, status=404, missing=True)
    return _page(visit, known, asked, record=found)


@router.post("/{language}/verify")
async def verify_file(visit: Anybody) -> Response:
    """Checks a sheet or a credential. Nothing is kept of it, so there is nothing to come back to: the answer is the page."""
    given = await visit.form()
    known = await agencies(visit)
    agency = _text(given, "agency")
    asked = {"agency": agency, "number": ""}
    name, content = await _content(given)
    if not content:
        return _page(visit, known, asked, status=422, wrong=visit._("Choose a file, or paste a credential."))
    if len(content) > _LARGEST:
        return _page(visit, known, asked, status=413, wrong=visit._("The file is larger than any certificate."))
    try:
        check = _sheet if content.lstrip()[:4] == b"%PDF" else _credential
        found = await check(visit, name, content, [agency] if agency else list(known))
    except Refused as refused:
        if refused.status >= 500:
            raise
        return _page(visit, known, asked, status=refused.status, problem=refused.problem)
    if found is None:
        return _page(visit, known, asked, status=422, wrong=visit._("This is neither a PDF nor a credential."))
    if found.verdict in ("unknown", "bad_credential") and not agency and len(known) > _MOST_AGENCIES:
        return _page(visit, known, asked, status=422, wrong=visit._("Choose the agency that gave it out: not all of them could be asked."))
    record = found.certificate
    return _page(visit, known, {"agency": agency, "number": record["number"] if record else ""}, checked=found, record=record)


def address(visit: Visit, agency: str, number: str) -> str:
    """The page of one number."""
    return visit.url(f"verify/{quote(agency, safe='')}/{quote(number, safe='')}")


async def agencies(visit: Visit) -> dict[str, Mapping[str, str] | None]:
    """Those that have somebody in the public register, with how they call themselves where they have said so."""
    with suppress(Refused):
        counted = (await visit.services.get("council", "/v1/register/facets")).data
        return {each["value"]: each.get("names") for each in sorted(counted["facets"]["agency"], key=lambda each: str(each["value"]))}
    return {}


async def _record(visit: Visit, agency: str, number: str) -> dict[str, Any]:
    path = f"/v1/verification/{quote(agency, safe='')}/{quote(number, safe='')}"
    return dict((await visit.services.get("council", path)).data)


async def _holding(visit: Visit, number: str, known: list[str]) -> list[str]:
    """The agencies that have a certificate of a number: by the register, and of few agencies by their records too."""
    listed = (await visit.services.get("council", "/v1/register", number=number)).data["items"]
    if listed:
        return sorted({each["agency"] for each in listed})
    few = known[:_MOST_AGENCIES]
    path = "/v1/verification/{}/{}"
    found = await together(*(visit.services.find("council", path.format(quote(each, safe=""), quote(number, safe=""))) for each in few))
    return [each for each, answer in zip(few, found, strict=True) if answer is not None]


async def _content(given: FormData) -> tuple[str, bytes]:
    """The file, or the credential that was pasted."""
    file = given.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return file.filename.replace("\\", "/").rpartition("/")[2][:200], await file.read(_LARGEST + 1)
    return "", _text(given, "credential").encode()


def _text(given: FormData, name: str) -> str:
    value = given.get(name)
    return value.strip() if isinstance(value, str) else ""


async def _sheet(visit: Visit, name: str, content: bytes, asked: list[str]) -> Checked | None:
    """A PDF, shown to the agencies one after another until one knows it."""
    found = Checked("unknown", name)
    for agency in asked[:_MOST_AGENCIES]:
        path = f"/v1/verification/{quote(agency, safe='')}/document"
        told = (await visit.services.send("council", path, content, media="application/pdf")).data
        signed = told["signer"], told["signed_at"]
        found = Checked(told["verdict"], name, *signed, document=told["document"], certificate=told["certificate"])
        if told["verdict"] in ("genuine", "unsigned"):
            break
    return found


async def _credential(visit: Visit, name: str, content: bytes, asked: list[str]) -> Checked | None:
    """A credential, by the published keys of the agencies; what the record says of its number."""
    try:
        token = "".join(content.decode("ascii").split())
    except UnicodeDecodeError:
        return None
    if token.count(".") != 2:
        return None
    for agency in asked[:_MOST_AGENCIES]:
        answer = await visit.services.find("council", f"/v1/verification/{quote(agency, safe='')}/keys")
        if answer is None:
            continue
        try:
            claims = read_signed_json(token, answer.data, _CREDENTIAL)
        except BadCredential:
            continue
        if _KIND not in claims.get("type", ()):  # the same key signs status lists
            continue
        issuer, accredited = claims.get("issuer") or {}, (claims.get("credentialSubject") or {}).get("accreditation") or {}
        held, number = issuer.get("identifier", agency), str(accredited.get("certificateNumber", ""))
        record = None
        with suppress(Refused):
            record = await _record(visit, held, number)
        return Checked("credential", name, signed_at=claims.get("validFrom"), certificate=record)
    return Checked("bad_credential", name)


def _page(visit: Visit, known: Mapping[str, Any], asked: Mapping[str, str], status: int = 200, **more: Any) -> Response:
    record = more.get("record")
    context: dict[str, Any] = {"checked": None, "record": None, "missing": False, "held": [], "wrong": "", **more}
    return visit.page(
        "public/verify.html.jinja",
        status=status,
        known=known,
        asked=asked,
        states=STATES,
        verdicts=VERDICTS,
        happened=HAPPENED,
        words=labels,
        address=lambda agency, number: address(visit, agency, number),
        book=next(iter(labels.books(record["rulebook_id"])), None) if record else None,
        **context,
    )
