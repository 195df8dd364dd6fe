"""Certificates: the list, one with its sheets in four languages, the code that leads to its verification, and what happened to it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote

import segno
from fastapi import APIRouter
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from console import labels, tables
from console.client import together
from console.files import passed_on
from console.i18n import LANGUAGES, N_, NAMES
from console.views import papers
from console.visit import SignedIn, Visit

router = APIRouter()

FILTERS = ("state", "institution_id", "sort")
STATES = {
    "valid": (N_("valid"), "good"),
    "not_yet_valid": (N_("not valid yet"), "soon"),
    "suspended": (N_("suspended"), "soon"),
    "revoked": (N_("revoked"), "bad"),
    "expired": (N_("expired"), "quiet"),
    "ended": (N_("ended before its term"), "bad"),
}
ORDERS = {
    "-issued_on": N_("the latest first"),
    "issued_on": N_("the earliest first"),
    "valid_until": N_("the next to expire first"),
    "number": N_("by number"),
}
#: Of these a sheet and a credential are given out.
GIVEN = ("valid", "not_yet_valid")
_KEEPERS = (Role.coordinator, Role.director, Role.auditor)
_COLUMNS = (
    "number",
    "institution_id",
    "rulebook_id",
    "scopes",
    "object",
    "programme",
    "kind",
    "issued_on",
    "valid_until",
    "state",
    "case_id",
)


@router.get("/{language}/certificates")
async def certificates(visit: SignedIn, cursor: str | None = None) -> Response:
    """The certificates that this person may see."""
    given = tables.asked(visit, *FILTERS)
    page, begins = await together(
        visit.services.get("council", "/v1/certificates", cursor=cursor, **({"sort": "-issued_on"} | given)),
        papers.may_begin(visit, "council", "issue_certificate", "record_certificate", "reissue_certificate"),
    )
    items = page.data["items"]
    names = await visit.names.institutions([*(each["institution_id"] for each in items), given.get("institution_id")])
    return visit.page(
        "council/certificates.html.jinja",
        items=items,
        following=page.data.get("next"),
        names=names,
        books=tables.books(each["rulebook_id"] for each in items),
        asked=dict.fromkeys(FILTERS, "") | given,
        narrowed=any(name in given for name in ("state", "institution_id")),
        states=STATES,
        orders=ORDERS,
        begins=begins,
        words=labels,
        title=tables.title_of,
        keeper=visit.person.has(*_KEEPERS),
    )


@router.get("/{language}/certificates.{extension}")
async def certificates_as_file(visit: SignedIn, extension: tables.Kind) -> Response:
    """The same list for spreadsheets and programs."""
    return await tables.twin(visit, "council", "/v1/certificates", FILTERS, "certificates", extension, columns=_COLUMNS, sort="-issued_on")


@router.get("/{language}/certificates/{certificate_id}")
async def certificate(visit: SignedIn, certificate_id: str) -> Response:
    """One certificate. What it says is the record's; a sheet is a copy of that."""
    path = f"/v1/certificates/{certificate_id}"
    found = (await visit.services.get("council", path)).data
    doing, entries, made, names, told = await together(
        papers.doing(visit, "council", path, found, back=f"certificates/{certificate_id}"),
        tables.history(visit, "council", path, found["rulebook_id"]),
        visit.services.find("council", f"{path}/documents"),
        visit.names.institutions([found["institution_id"], found["successor_id"]]),
        visit.services.find("council", f"{path}/national-register-notice"),
    )
    address = verification(visit, found["number"])
    return visit.page(
        "council/certificate.html.jinja",
        one=found,
        names=names,
        book=tables.books([found["rulebook_id"]]).get(found["rulebook_id"]),
        state=STATES[found["standing"]],
        given=found["standing"] in GIVEN,
        sheets=found["standing"] in GIVEN and not found["origin"],
        languages_of=NAMES,
        address=address,
        code=code(address),
        made=_items(made.data) if made else [],
        notice=told.data if told else None,
        doing=doing,
        entries=entries,
        words=labels,
        title=tables.title_of,
    )


def _items(data: Any) -> list[Mapping[str, Any]]:
    return list(data["items"] if isinstance(data, dict) else data)


def verification(visit: Visit, number: str) -> str:
    """Where anybody verifies the certificate: what stands in the code on the sheet."""
    return visit.absolute(f"/verify/{visit.person.agency}/{quote(number, safe='')}")


def code(address: str) -> Markup:
    """The address as a QR code: dark on light in either colour scheme, since not every reader takes it otherwise."""
    drawn = BytesIO()
    segno.make(address, error="q", micro=False).save(
        drawn, kind="svg", omitsize=True, border=4, light="white", xmldecl=False, svgns=False, svgclass=None, lineclass=None
    )
    return Markup(drawn.getvalue().decode().replace("<svg ", '<svg role="img" aria-labelledby="code-of" ', 1))  # noqa: S704 – drawn here


@router.get("/{language}/certificates/{certificate_id}/pdf")
async def sheet(visit: SignedIn, certificate_id: str) -> Response:
    """The signed sheet, in the language that `in` names."""
    wanted = visit.request.query_params.get("in", visit.language)
    if wanted not in LANGUAGES:
        raise HTTPException(404)
    return await passed_on(visit, "council", f"/v1/certificates/{certificate_id}/pdf", language=wanted)


@router.get("/{language}/certificates/{certificate_id}/credential")
async def credential(visit: SignedIn, certificate_id: str) -> Response:
    """The verifiable credential, as a file."""
    found = await visit.services.get("council", f"/v1/certificates/{certificate_id}/credential")
    headers = {"Content-Disposition": 'attachment; filename="certificate.vc"', "Cache-Control": "private, no-store"}
    return Response(found.content, media_type="application/vc+jwt", headers=headers)
