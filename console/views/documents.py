"""Documents: what is filed, filing one, what is known of it, and who was given its bytes."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.responses import Response

from chassis.auth import Role
from console import labels, tables
from console.client import Refused, together
from console.i18n import N_
from console.nav import STAFF
from console.views import papers
from console.visit import SignedIn, Visit

router = APIRouter()

FILTERS = ("case_id", "institution_id", "kind", "personal", "beyond_term")
FILERS = (Role.coordinator, Role.director, Role.institution_officer, Role.expert, Role.authorised_body_officer)
SCANS = {
    "clean": (N_("no virus found"), "good"),
    "unscanned": (N_("not checked for viruses"), "quiet"),
    "infected": (N_("infected: it is not given out"), "bad"),
}
ACCEPTED = ".pdf,.docx,.xlsx,.pptx,.odt,.ods,.jpg,.jpeg,.png,.csv,.txt,.p7s,.cms,.sig"
_TYPES = {"p7s": "application/pkcs7-signature", "sig": "application/pkcs7-signature", "cms": "application/cms"}
_NO_FILE = N_("Choose a file first.")
_PIECE = 1 << 16
_COLUMNS = (
    "document_id",
    "name",
    "institution_id",
    "case_id",
    "kind",
    "personal",
    "size",
    "media_type",
    "scan",
    "stored_by",
    "stored_on",
    "erased_on",
)


@router.get("/{language}/documents")
async def documents(visit: SignedIn, cursor: str | None = None) -> Response:
    """The documents that this person may see, and a form to file one."""
    return await _list(visit, cursor)


async def _list(visit: Visit, cursor: str | None = None, status: int = 200, **context: Any) -> Response:
    given = tables.asked(visit, *FILTERS)
    page = await visit.services.get("intake", "/v1/documents", cursor=cursor, **({"sort": "-stored_on"} | given))
    items = page.data["items"]
    files = visit.person.has(*FILERS)
    case, cases = await together(
        visit.services.find("intake", f"/v1/applications/{given['case_id']}") if given.get("case_id") else _nothing(),
        tables.whole(visit, "intake", "/v1/applications", most=300) if files else _none(),
    )
    ids = [*(each["institution_id"] for each in (*items, *cases)), given.get("institution_id")]
    return visit.page(
        "council/documents.html.jinja",
        status=status,
        items=items,
        following=page.data.get("next"),
        names=await visit.names.institutions(ids),
        kinds=kinds(visit, case.data["rulebook"]["id"] if case else None),
        cases=cases,
        asked=dict.fromkeys(FILTERS, "") | given,
        narrowed=bool(given),
        scans=SCANS,
        accepted=ACCEPTED,
        files=files,
        words=labels,
        staff=visit.person.has(*STAFF),
        **({"values": {}, "wrong": ""} | context),
    )


async def _nothing() -> None:
    return None


async def _none() -> list[dict[str, Any]]:
    return []


def kinds(visit: Visit, rulebook: str | None) -> list[tuple[str, str]]:
    """What documents are called: by the rulebook of the case, or by all of them."""
    found: dict[str, str] = {}
    for book in labels.books(rulebook):
        for word, names in labels.vocabulary(book, "documents").items():
            found.setdefault(word, visit.plain(names, word) if not isinstance(names, str) else names)
    return sorted(found.items(), key=lambda each: each[1])


@router.get("/{language}/documents.{extension}")
async def documents_as_file(visit: SignedIn, extension: tables.Kind) -> Response:
    """The same list for spreadsheets and programs."""
    return await tables.twin(visit, "intake", "/v1/documents", FILTERS, "documents", extension, columns=_COLUMNS)


@router.post("/{language}/documents")
async def file_document(visit: SignedIn) -> Response:
    """Files what was chosen or dropped; what it is, the service finds out from its bytes."""
    form = await visit.form()
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _list(visit, status=422, values=values, wrong=_NO_FILE)
    told = {name: values[name] for name in ("case_id", "institution_id", "kind") if values.get(name)}
    query = urlencode({"name": file.filename, "personal": "true" if values.get("personal") else "false", **told})
    try:
        filed = await visit.services.send("intake", f"/v1/documents?{query}", _pieces(file), media=_type(file), key=values.get("key"))
    except Refused as refused:
        return await _list(visit, status=refused.status, values=values, problem=refused.problem)
    return visit.to(f"documents/{filed.data['document_id']}/about", said=visit._("The document is filed."))


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


def _type(file: UploadFile) -> str:
    """What the browser says that it is; of signatures browsers know nothing."""
    extension = (file.filename or "").rpartition(".")[2].lower()
    return _TYPES.get(extension) or file.content_type or "application/octet-stream"


@router.get("/{language}/documents/{document_id}/about")
async def about(visit: SignedIn, document_id: str, cursor: str | None = None) -> Response:
    """What is known of a document; for the agency's own people also who was given it."""
    path = f"/v1/documents/{document_id}"
    found = (await visit.services.get("intake", path)).data
    readings, doing, entries, names = await together(
        visit.services.find("intake", f"{path}/readings", cursor=cursor, sort="-number"),
        papers.doing(visit, "intake", path, found, back=f"documents/{document_id}/about"),
        tables.history(visit, "intake", path),
        visit.names.institutions(each["institution_id"] for each in found["filings"]),
    )
    return visit.page(
        "council/document.html.jinja",
        one=found,
        name=next((each["name"] for each in reversed(found["filings"]) if each["name"]), ""),
        readings=readings.data if readings else None,
        doing=doing,
        entries=entries,
        names=names,
        scans=SCANS,
        words=labels,
    )
