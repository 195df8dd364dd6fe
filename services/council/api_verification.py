"""Council's routes for what is given out about certificates, and those by which everybody verifies it. No rule lives here."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from chassis.auth import PUBLIC
from chassis.context import Context
from chassis.problem_handlers import problem_responses
from chassis.problems import NotFound, UnsupportedMediaType
from chassis.service import Runtime
from chassis.settings import Settings
from chassis.signing import published_keys
from chassis.sorting import Order, sorting
from chassis.storage import Received
from chassis.text import AgencyId, ShortText
from chassis.web import ANYBODY, Cursor, Id, Limit, Reading, checked_query, get, page_model, page_of
from services.council import credential as credentials
from services.council import verification
from services.council.api_certificates import INVOLVED
from services.council.certificate_document import certificate_document
from services.council.contract import PaperLanguage
from services.council.domain.certificate import CERTIFICATE
from services.council.readmodels_papers import certificate_documents
from services.council.schemas_verification import CertificateDocumentItem, DocumentVerification, PublishedKeys, Verification

router = APIRouter(prefix="/v1")

PDF = "application/pdf"
_ABOUT = "/certificates/{certificate_id}"
_BY_ANYBODY = "/verification/{agency}"

#: Whoever opens what was sent sees a file, whatever it is: nothing of it runs in the name of this origin.
_AS_A_FILE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private"}

_D = certificate_documents.c
DOCUMENTS_BY = sorting("made_on", [_D.made_on, _D.language, _D.duplicate], _D.document_id)


def _settings(request: Request) -> Settings:
    runtime: Runtime = request.app.state.runtime
    return runtime.settings


@get(router, f"{_ABOUT}/pdf", roles=INVOLVED, media=[PDF], response_class=StreamingResponse, response_model=None)
async def certificate_pdf(
    ctx: Reading,
    certificate_id: Id,
    request: Request,
    language: Annotated[PaperLanguage | None, Query(description="The first language of the rulebook without it")] = None,
) -> StreamingResponse:
    """The certificate, or its duplicate, as a signed PDF/A with a QR code to its verification (order 109, p. 20, 23, 28).

    It is made once of the same words, so its bytes are known again. None is given of a certificate that is not in force.
    """
    given = await certificate_document(ctx, _settings(request), certificate_id, language)
    fact = given.fact
    name = f"{fact.number} {fact.language}.pdf"
    plain = "".join(char if (char.isascii() and char.isalnum()) or char in "-_. " else "_" for char in name)
    disposition = f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {**_AS_A_FILE, "Content-Length": str(fact.size), "Content-Disposition": disposition, "ETag": f'"{fact.sha256}"'}
    return StreamingResponse(given.received.chunks(), media_type=PDF, headers=headers)


@get(router, f"{_ABOUT}/documents", roles=INVOLVED, response_model=page_model(CertificateDocumentItem))
async def list_certificate_documents(
    ctx: Reading,
    certificate_id: Id,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(DOCUMENTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The signed documents that were made of a certificate."""
    await _own(ctx, certificate_id)
    query = select(certificate_documents.table).where(_D.certificate_id == certificate_id)
    model = CertificateDocumentItem
    return await page_of(ctx, query, keys=order, model=model, cursor=cursor, limit=limit, request=request, response=response)


@get(router, f"{_ABOUT}/credential", roles=INVOLVED, media=[credentials.MEDIA], response_class=Response, response_model=None)
async def certificate_credential(ctx: Reading, certificate_id: Id, request: Request) -> Response:
    """The certificate as a W3C Verifiable Credential 2.0, signed as a JWT. None is given of a certificate that is not in force."""
    token = await credentials.credential(ctx, _settings(request), certificate_id)
    return Response(token, media_type=credentials.MEDIA, headers={"Cache-Control": "private, no-store"})


@get(router, f"{_BY_ANYBODY}/keys", roles=PUBLIC, response_model=PublishedKeys)
async def verification_keys(ctx: Reading, request: Request, response: Response) -> Any:
    """The keys by which documents and credentials are checked offline. Needs no token."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    return published_keys(_settings(request))


@get(
    router,
    f"{_BY_ANYBODY}/status/{{purpose}}/{{status_list}}",
    roles=PUBLIC,
    media=[credentials.MEDIA],
    response_class=Response,
    response_model=None,
)
async def verification_status_list(
    ctx: Reading, request: Request, purpose: credentials.Purpose, status_list: Annotated[int, Path(ge=1, le=1_000_000)]
) -> Response:
    """A status list (Bitstring Status List 1.0): which credentials are called back, or suspended. Needs no token."""
    token = await credentials.status_list(ctx, _settings(request), purpose, status_list)
    return Response(token, media_type=credentials.MEDIA, headers={"Cache-Control": "public, max-age=300"})


@router.post(
    f"{_BY_ANYBODY}/document",
    response_model=DocumentVerification,
    dependencies=[Depends(checked_query)],
    responses=problem_responses(413, 415, 422, 429, 503),
    openapi_extra={
        "security": [],
        "x-kepil-roles": [],
        "requestBody": {"required": True, "content": {PDF: {"schema": {"type": "string"}}}},
    },
)
async def verify_document(request: Request, agency: AgencyId) -> Any:
    """Whether a PDF is a certificate as it was given out, byte for byte, and what the record says by now. Nothing is kept of it.

    A question and no command: it needs no token and no Idempotency-Key.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PDF:
        raise UnsupportedMediaType(f"send the body as {PDF}")
    ctx: Context = await request.app.state.runtime.context(agency=agency, actor=ANYBODY)
    received = await Received.take(request.stream(), _settings(request).max_body_bytes)
    try:
        return await verification.verify_document(ctx, _settings(request), received)
    finally:
        received.close()


@get(router, f"{_BY_ANYBODY}/{{number:path}}", roles=PUBLIC, response_model=Verification)
async def verify_number(ctx: Reading, number: ShortText, response: Response) -> Any:
    """What the record says of the certificate of a number: its state, term, scope, and history (order 109, p. 9.10, 24). Needs no token."""
    response.headers["Cache-Control"] = "no-store"
    return await verification.verify_number(ctx, number)


async def _own(ctx: Context, certificate_id: str) -> None:
    state, known = await ctx.load(CERTIFICATE, certificate_id)
    if not known or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no certificate {certificate_id}")
