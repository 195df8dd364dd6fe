"""Council's routes for blanks, certificates and the public register."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, case, literal, select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import IsoDate
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
)
from regulations import load, local_date, resolve
from services.council import actions, api_followed, handlers
from services.council.domain.blanks import BLANKS, SpoilBlank
from services.council.domain.certificate import (
    CERTIFICATE,
    EndCertificate,
    EnterRegister,
    IssueDuplicate,
    NotifyAuthorisedBody,
    PayDuplicate,
    RequestDuplicate,
)
from services.council.readmodels_certificates import (
    blank_batches,
    blank_fates,
    certificates,
    duplicates,
)
from services.council.readmodels_followed import suspensions
from services.council.schemas_certificates import (
    AuthorisedBodyNotice,
    BlankBatch,
    BlankFate,
    BookOfBlanks,
    CertificateDetail,
    CertificateEnding,
    CertificateItem,
    DuplicateApplication,
    DuplicatePayment,
    NewBlanks,
    NewCertificate,
    NewDuplicate,
    NewReissue,
    SpoiledBlank,
    State,
)

router = APIRouter(prefix="/v1")

KEEPERS = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.council_member, Role.authorised_body_officer, *KEEPERS]

_C, _B, _F = certificates.c, blank_batches.c, blank_fates.c
BLANKS_BY = sorting("series", [_B.series, _B.first, _B.received_on], _B.series, _B.first)
FATES_BY = sorting("blank_number", [_F.blank_number, _F.fate, _F.on_date], _F.blank_number)
CERTIFICATES_BY = sorting(
    "issued_on", [_C.issued_on, _C.valid_until, _C.institution_id, _C.number, _C.rulebook_id, _C.certificate_id], _C.certificate_id
)


@post(router, "/blanks", roles=[Role.coordinator], status=201, if_match=False)
async def receive_blanks(ctx: Commanding, body: NewBlanks) -> Accepted:
    """Enters a batch of certificate blanks in the agency's book (order 109, p. 23)."""
    return await handlers.receive_blanks(ctx, body)


@post(router, "/blanks/spoilage", roles=[Role.coordinator], if_match=False, command=SpoilBlank)
async def spoil_blank(ctx: Commanding, body: SpoiledBlank) -> Accepted:
    """Writes off a blank that no certificate stands on (order 109, p. 23)."""
    return await handlers.spoil_blank(ctx, body)


@get(router, "/blanks", roles=KEEPERS, response_model=page_model(BlankBatch))
async def list_blanks(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BLANKS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The batches of blanks that were received."""
    query = select(blank_batches.table)
    return await page_of(ctx, query, keys=order, model=BlankBatch, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/blanks/fates", roles=KEEPERS, response_model=page_model(BlankFate))
async def list_blank_fates(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(FATES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The blanks that were used or spoiled, by number."""
    query = select(blank_fates.table)
    return await page_of(ctx, query, keys=order, model=BlankFate, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/blanks/book", roles=KEEPERS, response_model=BookOfBlanks)
async def read_book(ctx: Reading, request: Request, response: Response) -> Any:
    """The agency's book of blanks as a whole (order 109, p. 23)."""
    state, version = await ctx.load(BLANKS, ctx.agency)
    if not version:
        raise NotFound("the agency's book of blanks is empty")
    etag(response, version)
    used = await ctx.rows(select(blank_fates.c.fate_id).where(blank_fates.c.fate == "used"))
    return BookOfBlanks(
        batches=[BlankBatch(**batch.model_dump(exclude={"rulebook"})) for batch in state.received],
        received=sum(batch.last - batch.first + 1 for batch in state.received),
        used=len(used),
        spoiled=len(state.spoiled),
        version=version,
        allowed_actions=actions.of_blanks(request, [router], state),
    )


@get(router, "/blanks/book/history", roles=KEEPERS, response_model=list[HistoryEntry])
async def book_history(ctx: Reading) -> Any:
    """Every fact of the book of blanks, oldest first."""
    state, version = await ctx.load(BLANKS, ctx.agency)
    if not version:
        raise NotFound("the agency's book of blanks is empty")
    return await history(ctx, BLANKS, ctx.agency, resolve(state.received[-1].rulebook))


@post(router, "/certificates", roles=[Role.coordinator, Role.director], status=201, if_match=False)
async def issue_certificate(ctx: Commanding, body: NewCertificate) -> Accepted:
    """Issues the certificate of a case that the council decided to accredit (order 109, p. 20, 23)."""
    return await handlers.issue_certificate(ctx, body)


@post(router, "/certificates/{certificate_id}/register-entry", roles=[Role.coordinator], command=EnterRegister)
async def enter_register(ctx: Commanding, certificate_id: Id) -> Accepted:
    """Enters the accreditation in the body's public register (order 109, p. 24)."""
    return await handlers.enter_register(ctx, certificate_id)


@post(router, "/certificates/{certificate_id}/authorised-body-notice", roles=[Role.coordinator], command=NotifyAuthorisedBody)
async def notify_authorised_body(ctx: Commanding, certificate_id: Id, body: AuthorisedBodyNotice) -> Accepted:
    """Records the letter to the authorised body, for its Register (order 109, p. 4, 24)."""
    return await handlers.notify_authorised_body(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/end", roles=[Role.coordinator, Role.director], command=EndCertificate)
async def end_certificate(ctx: Commanding, certificate_id: Id, body: CertificateEnding) -> Accepted:
    """Ends a certificate before its term: the institution was liquidated or reorganised, the decision overturned (order 109, p. 26, 27)."""
    return await handlers.end_certificate(ctx, certificate_id, body)


@post(router, "/certificates/reissues", roles=[Role.coordinator, Role.director], status=201, if_match=False)
async def reissue_certificate(ctx: Commanding, body: NewReissue) -> Accepted:
    """Issues the successor's certificate in the place of one that ended by reorganisation (order 109, p. 26)."""
    return await handlers.reissue_certificate(ctx, body)


@post(
    router,
    "/certificates/{certificate_id}/duplicate-application",
    roles=[Role.institution_officer, Role.coordinator],
    command=RequestDuplicate,
)
async def request_duplicate(ctx: Commanding, certificate_id: Id, body: DuplicateApplication) -> Accepted:
    """Records the written application for a duplicate of a lost certificate (order 109, p. 28)."""
    return await handlers.request_duplicate(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/duplicate-payment", roles=[Role.coordinator], command=PayDuplicate)
async def pay_duplicate(ctx: Commanding, certificate_id: Id, body: DuplicatePayment) -> Accepted:
    """Records the institution's payment for the duplicate (order 109, p. 28)."""
    return await handlers.pay_duplicate(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/duplicate", roles=[Role.coordinator, Role.director], command=IssueDuplicate)
async def issue_duplicate(ctx: Commanding, certificate_id: Id, body: NewDuplicate) -> Accepted:
    """Issues the duplicate on a blank, once it is paid for (order 109, p. 23, 28)."""
    return await handlers.issue_duplicate(ctx, certificate_id, body)


@get(router, "/certificates", roles=INVOLVED, response_model=page_model(CertificateItem))
async def list_certificates(
    ctx: Reading,
    request: Request,
    response: Response,
    state: State | None = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    *,
    order: Annotated[Order, Depends(CERTIFICATES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Certificates by the day of issue; an institution's officer sees its own."""
    c = certificates.c
    query = select(certificates.table, state_of(ctx).label("state"))
    query = narrowed(
        query,
        (
            (c.institution_id, institution_id),
            (c.institution_id, ctx.own_institution),
            (state_of(ctx), state),
        ),
    )
    return await page_of(ctx, query, keys=order, model=CertificateItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/certificates/{certificate_id}", roles=INVOLVED, response_model=CertificateDetail)
async def read_certificate(
    ctx: Reading,
    certificate_id: Id,
    request: Request,
    response: Response,
    as_of: Annotated[IsoDate | None, Query(description="The local day that is asked about; today without it")] = None,
) -> Any:
    """One certificate with its duplicates and suspensions, and whether it is valid on a day, past or to come.

    Order 109, p. 20, 25, 26, 28; Sapattuu Bilim, 3.2.s1, 3.3.
    """
    query = select(certificates.table, state_of(ctx).label("state")).where(certificates.c.certificate_id == certificate_id)
    found = await ctx.row(query)
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no certificate {certificate_id}")
    rulebook = load(found["rulebook"]["id"], found["rulebook"]["version"])
    day = as_of or local_date(ctx.at, rulebook.zone)
    etag(response, found["version"])
    made = await ctx.rows(select(duplicates.table).where(duplicates.c.certificate_id == certificate_id).order_by(duplicates.c.round))
    s = suspensions.c
    stays = await ctx.rows(select(suspensions.table).where(s.certificate_id == certificate_id).order_by(s.suspended_on, s.ends_at))
    state, _ = await ctx.load(CERTIFICATE, certificate_id)
    told: dict[str, Any] = {
        "duplicates": [dict(row) for row in made],
        "suspensions": [dict(row) for row in stays],
        "as_of": day,
        "valid": state.in_force(day),
        "standing": state.standing(day),
        "allowed_actions": await actions.of_certificate(request, [router, api_followed.router], ctx, state),
    }
    return CertificateDetail.model_validate({**found, **told})


@get(router, "/certificates/{certificate_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def certificate_history(ctx: Reading, certificate_id: Id) -> Any:
    """Every fact of a certificate, oldest first."""
    state, known = await ctx.load(CERTIFICATE, certificate_id)
    if not known or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no certificate {certificate_id}")
    return await history(ctx, CERTIFICATE, certificate_id, resolve(state.issued.rulebook) if state.issued else None)


def state_of(ctx: Context) -> ColumnElement[str]:
    """By the clock, not by the recorded expiry: a certificate lapses on time though nobody acts (order 109, p. 25)."""
    c = certificates.c
    return case(
        (c.ended_on.is_not(None), literal("ended")),
        (c.revoked_on.is_not(None), literal("revoked")),
        (c.lapses_at <= ctx.at, literal("expired")),
        (c.begins_at > ctx.at, literal("not_yet_valid")),
        (c.suspended_on.is_not(None), literal("suspended")),
        else_=literal("valid"),
    )
