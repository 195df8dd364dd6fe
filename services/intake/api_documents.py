"""Intake's routes about documents: files come in as they are, and go out as attachments, never as pages. No rule lives here."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.content.kinds import KINDS, MEDIA_TYPES
from chassis.context import Accepted, Context
from chassis.decider import Command
from chassis.problem_handlers import problem_answer
from chassis.problems import Conflict, NotFound, Problem, RangeNotSatisfiable
from chassis.ranges import Part, part_of, unchanged
from chassis.service import Runtime
from chassis.settings import Settings
from chassis.sorting import Order, sorting
from chassis.storage import Received
from chassis.text import InstitutionId, ShortText
from chassis.web import (
    Commanding,
    Cursor,
    HistoryEntry,
    Id,
    Limit,
    Reading,
    etag,
    get,
    history,
    narrowed,
    page_model,
    page_of,
    post,
    upload,
)
from services.intake import handlers_documents
from services.intake.contract import DocumentKind
from services.intake.domain.document import DOCUMENT, EraseDocument, ScanDocument, kept_until
from services.intake.handlers_documents import UPLOADERS, Filed
from services.intake.queries_documents import READERS, STAFF, beyond_term, filings_of, visible
from services.intake.readmodels_documents import document_filings, document_readings, documents
from services.intake.schemas_documents import DocumentDetail, DocumentErasure, DocumentItem, DocumentReading

router = APIRouter(prefix="/v1")

DOCUMENTS = "/documents"
#: What `app` lets take more than a body usually may.
UPLOADS = [f"{router.prefix}{DOCUMENTS}"]
#: What a document may be, each by the type that is its own.
FILES = [kind.media_type for kind in KINDS.values()]

#: A part, and that nothing has changed: what a file is answered with besides.
_PARTS: dict[int | str, dict[str, Any]] = {
    206: {"description": "The part that `Range` names", "content": {each: {"schema": {"type": "string"}} for each in FILES}},
    304: {"description": "The caller has it already (`If-None-Match`)"},
    **problem_answer(RangeNotSatisfiable),
}

#: Whoever opens what was sent sees a file, whatever it is: nothing of it runs in the name of this origin.
_AS_A_FILE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}

_F, _R = document_filings.c, document_readings.c
DOCUMENTS_BY = sorting("stored_on", [_F.stored_on, _F.size, _F.media_type], _F.filing_id)
READINGS_BY = sorting("number", [_R.number, _R.read_on], _R.number)


def _settings(request: Request) -> Settings:
    runtime: Runtime = request.app.state.runtime
    return runtime.settings


@upload(router, DOCUMENTS, roles=UPLOADERS, media=MEDIA_TYPES, response_model=DocumentDetail, status=201)
async def store_document(
    ctx: Commanding,
    request: Request,
    response: Response,
    name: Annotated[str, Query(min_length=1, max_length=200, description="As it is shown to people; no path")],
    institution_id: InstitutionId | None = None,
    case_id: Id | None = None,
    kind: DocumentKind | None = None,
    personal: Annotated[bool, Query(description="Evidence about a person, which is erased one day")] = False,
) -> Any:
    """Files a document. What it is, is found out from its bytes; the same bytes again are the same document."""
    filed = Filed(name, institution_id, case_id, kind, personal)
    accepted = await handlers_documents.store_document(ctx, _settings(request), filed, request.stream(), request.headers)
    response.headers["Location"] = f"{router.prefix}{DOCUMENTS}/{accepted.id}"
    return await _detail(ctx, accepted.id, request, response)


@get(router, DOCUMENTS, roles=READERS, response_model=page_model(DocumentItem))
async def list_documents(
    ctx: Reading,
    request: Request,
    response: Response,
    institution_id: InstitutionId | None = None,
    case_id: Id | None = None,
    kind: DocumentKind | None = None,
    personal: bool | None = None,
    over: Annotated[
        bool, Query(alias="beyond_term", description="Only personal evidence whose term has ended and that is still there")
    ] = False,
    *,
    order: Annotated[Order, Depends(DOCUMENTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The documents as they were filed. An institution sees its own, an expert those of his panels, a council what is not personal."""
    wanted = ((_F.institution_id, institution_id), (_F.case_id, case_id), (_F.kind, kind), (_F.personal, personal))
    query = narrowed(select(document_filings.table).where(visible(ctx)), wanted)
    if over:
        ended = beyond_term(ctx.at.date(), _settings(request).documents_personal_days)
        query = query.where(_F.document_id.in_(select(documents.c.document_id).where(documents.c.agency == ctx.agency, ended)))
    return await page_of(ctx, query, keys=order, model=DocumentItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, f"{DOCUMENTS}/{{document_id}}", roles=READERS, response_model=DocumentDetail)
async def read_document(ctx: Reading, document_id: Id, request: Request, response: Response) -> Any:
    """What is known of a document; its bytes are asked for apart."""
    return await _detail(ctx, document_id, request, response)


@get(
    router,
    f"{DOCUMENTS}/{{document_id}}/content",
    roles=READERS,
    media=FILES,
    answers=_PARTS,
    response_class=StreamingResponse,
    response_model=None,
)
async def download_document(
    ctx: Reading,
    document_id: Id,
    request: Request,
    purpose: Annotated[ShortText | None, Query(description="What it is read for; it is recorded with the reader")] = None,
    _range: Annotated[str | None, Header(alias="Range", max_length=200, description="One part, as `bytes=0-1023`")] = None,
    _if_range: Annotated[str | None, Header(alias="If-Range", max_length=200, description="The ETag: else the whole")] = None,
    _if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=2_000, description="ETags: nothing is sent")] = None,
) -> Response:
    """The bytes of a document, as a file to keep. Each time is recorded, with who asked; what is read in parts, once a day."""
    filing = (await _filings(ctx, document_id))[-1]
    tag = f'"{document_id}"'
    if unchanged(request.headers, tag):
        return Response(status_code=304, headers={**_AS_A_FILE, "ETag": tag})
    part = part_of(request.headers, filing["size"], tag)
    received = await handlers_documents.given_out(ctx, _settings(request), document_id, purpose, part)
    return _as_file(received, filing, tag, part)


@get(router, f"{DOCUMENTS}/{{document_id}}/history", roles=STAFF, response_model=list[HistoryEntry])
async def document_history(ctx: Reading, document_id: Id) -> Any:
    """Every fact of a document, oldest first; who was given it is told apart."""
    await _filings(ctx, document_id)
    return await history(ctx, DOCUMENT, document_id)


@get(router, f"{DOCUMENTS}/{{document_id}}/readings", roles=STAFF, response_model=page_model(DocumentReading))
async def list_document_readings(
    ctx: Reading,
    document_id: Id,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(READINGS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Who was given the bytes of a document, and when."""
    await _filings(ctx, document_id)
    query = select(document_readings.table).where(_R.document_id == document_id)
    return await page_of(ctx, query, keys=order, model=DocumentReading, cursor=cursor, limit=limit, request=request, response=response)


@post(router, f"{DOCUMENTS}/{{document_id}}/scan", roles=[Role.coordinator, Role.director], command=ScanDocument)
async def scan_document(ctx: Commanding, document_id: Id, request: Request) -> Accepted:
    """Asks the antivirus again; what is found to be infected is not given out any more."""
    return await handlers_documents.scan_document(ctx, _settings(request), document_id)


@post(router, f"{DOCUMENTS}/{{document_id}}/erasure", roles=[Role.director], command=EraseDocument)
async def erase_document(ctx: Commanding, document_id: Id, request: Request, body: DocumentErasure) -> Accepted:
    """Erases personal evidence: its bytes and its name. That it was there stays, with the ground and the reason."""
    return await handlers_documents.erase_document(ctx, _settings(request), document_id, body)


async def _filings(ctx: Context, document_id: str) -> list[RowMapping]:
    """The filings of a document that the caller may see, oldest first. NotFound where there are none: another's are as good as absent."""
    found = await filings_of(ctx, document_id)
    if not found:
        raise NotFound(f"there is no document {document_id}")
    return found


async def _detail(ctx: Context, document_id: str, request: Request, response: Response) -> DocumentDetail:
    filings = await _filings(ctx, document_id)
    found = await ctx.row(select(documents.table).where(documents.c.document_id == document_id))
    assert found is not None
    personal = any(each["personal"] for each in filings)
    days = _settings(request).documents_personal_days
    told: dict[str, Any] = {
        **found,
        "stored_on": filings[-1]["stored_on"],
        "personal": personal,
        "kept_until": kept_until(filings[-1]["stored_on"], days) if personal and days else None,
        "filings": [DocumentItem.model_validate(dict(each)) for each in filings],
    }
    if ctx.principal is not None and ctx.principal.has(*STAFF):  # the version would tell others that more have filed the same
        etag(response, found["version"])
        state, _ = await ctx.load(DOCUMENT, document_id)
        barred: dict[type[Command], Problem | None] = {
            ScanDocument: None if _settings(request).documents_antivirus else Conflict("no antivirus is set")
        }
        told["allowed_actions"] = allowed_actions(request, router, DOCUMENT, state, None, ids={"document_id": document_id}, barred=barred)
    return DocumentDetail.model_validate(told)


def _as_file(received: Received, filing: RowMapping, tag: str, part: Part | None) -> StreamingResponse:
    first, length = (0, received.size) if part is None else (part.first, part.length)
    headers = {
        **_AS_A_FILE,
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Content-Length": str(length),
        "Content-Disposition": content_disposition(filing["name"]),
        "Content-Type": filing["media_type"],
    }
    if part is not None:
        headers["Content-Range"] = part.told
    return StreamingResponse(received.chunks(first, length), status_code=200 if part is None else 206, headers=headers)


def content_disposition(name: str) -> str:
    """An attachment of this name (RFC 6266): in ASCII for old readers, as it is for all others."""
    plain = "".join(char if (char.isascii() and char.isalnum()) or char in "-_. " else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
