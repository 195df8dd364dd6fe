"""Council's routes for blanks, certificates and the public register."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, Select, case, literal, select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problem_handlers import problem_responses
from chassis.problems import NotFound
from chassis.text import AgencyId, IsoDate
from chassis.web import (
    Commanding,
    Cursor,
    HistoryEntry,
    Id,
    Limit,
    Reading,
    checked_query,
    etag,
    get,
    history,
    page_model,
    page_of,
    post,
)
from regulations import load, local_date
from services.council import handlers
from services.council.domain.certificate import CERTIFICATE, valid_on
from services.council.readmodels import (
    considerations,
)
from services.council.readmodels_certificates import (
    blank_batches,
    blank_fates,
    certificates,
    duplicates,
    institutions,
)
from services.council.schemas_certificates import (
    AuthorisedBodyNotice,
    BlankBatch,
    BlankFate,
    CertificateDetail,
    CertificateEnding,
    CertificateItem,
    DuplicateApplication,
    DuplicatePayment,
    NewBlanks,
    NewCertificate,
    NewDuplicate,
    NewReissue,
    RegisterEntry,
    SpoiledBlank,
    State,
)

router = APIRouter(prefix="/v1")

KEEPERS = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.council_member, Role.authorised_body_officer, *KEEPERS]


@post(router, "/blanks", roles=[Role.coordinator], status=201, if_match=False)
async def receive_blanks(ctx: Commanding, body: NewBlanks) -> Accepted:
    """Enters a batch of certificate blanks in the agency's book (order 109, p. 23)."""
    return await handlers.receive_blanks(ctx, body)


@post(router, "/blanks/spoilage", roles=[Role.coordinator], if_match=False)
async def spoil_blank(ctx: Commanding, body: SpoiledBlank) -> Accepted:
    """Writes off a blank that no certificate stands on (order 109, p. 23)."""
    return await handlers.spoil_blank(ctx, body)


@get(router, "/blanks", roles=KEEPERS, response_model=page_model(BlankBatch))
async def list_blanks(ctx: Reading, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The batches of blanks that were received."""
    c = blank_batches.c
    query, keys = select(blank_batches.table), [c.series, c.first]
    return await page_of(ctx, query, keys=keys, model=BlankBatch, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/blanks/fates", roles=KEEPERS, response_model=page_model(BlankFate))
async def list_blank_fates(ctx: Reading, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The blanks that were used or spoiled, by number."""
    query, keys = select(blank_fates.table), [blank_fates.c.blank_number]
    return await page_of(ctx, query, keys=keys, model=BlankFate, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/certificates", roles=[Role.coordinator, Role.director], status=201, if_match=False)
async def issue_certificate(ctx: Commanding, body: NewCertificate) -> Accepted:
    """Issues the certificate of a case that the council decided to accredit (order 109, p. 20, 23)."""
    return await handlers.issue_certificate(ctx, body)


@post(router, "/certificates/{certificate_id}/register-entry", roles=[Role.coordinator])
async def enter_register(ctx: Commanding, certificate_id: Id) -> Accepted:
    """Enters the accreditation in the body's public register (order 109, p. 24)."""
    return await handlers.enter_register(ctx, certificate_id)


@post(router, "/certificates/{certificate_id}/authorised-body-notice", roles=[Role.coordinator])
async def notify_authorised_body(ctx: Commanding, certificate_id: Id, body: AuthorisedBodyNotice) -> Accepted:
    """Records the letter to the authorised body, for its Register (order 109, p. 4, 24)."""
    return await handlers.notify_authorised_body(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/end", roles=[Role.coordinator, Role.director])
async def end_certificate(ctx: Commanding, certificate_id: Id, body: CertificateEnding) -> Accepted:
    """Ends a certificate before its term: the institution was liquidated or reorganised, the decision overturned (order 109, p. 26, 27)."""
    return await handlers.end_certificate(ctx, certificate_id, body)


@post(router, "/certificates/reissues", roles=[Role.coordinator, Role.director], status=201, if_match=False)
async def reissue_certificate(ctx: Commanding, body: NewReissue) -> Accepted:
    """Issues the successor's certificate in the place of one that ended by reorganisation (order 109, p. 26)."""
    return await handlers.reissue_certificate(ctx, body)


@post(router, "/certificates/{certificate_id}/duplicate-application", roles=[Role.institution_officer, Role.coordinator])
async def request_duplicate(ctx: Commanding, certificate_id: Id, body: DuplicateApplication) -> Accepted:
    """Records the written application for a duplicate of a lost certificate (order 109, p. 28)."""
    return await handlers.request_duplicate(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/duplicate-payment", roles=[Role.coordinator])
async def pay_duplicate(ctx: Commanding, certificate_id: Id, body: DuplicatePayment) -> Accepted:
    """Records the institution's payment for the duplicate (order 109, p. 28)."""
    return await handlers.pay_duplicate(ctx, certificate_id, body)


@post(router, "/certificates/{certificate_id}/duplicate", roles=[Role.coordinator, Role.director])
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
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Certificates by the day of issue; an institution's officer sees its own."""
    c = certificates.c
    query = select(certificates.table, _state(ctx).label("state"))
    for column, wanted in (
        (c.institution_id, institution_id),
        (c.institution_id, ctx.own_institution),
        (_state(ctx), state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    keys = [c.issued_on, c.certificate_id]
    return await page_of(ctx, query, keys=keys, model=CertificateItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/certificates/{certificate_id}", roles=INVOLVED, response_model=CertificateDetail)
async def read_certificate(
    ctx: Reading,
    certificate_id: Id,
    response: Response,
    as_of: Annotated[IsoDate | None, Query(description="The local day that is asked about; today without it")] = None,
) -> Any:
    """One certificate with its duplicates, and whether it is valid on a day (order 109, p. 20, 25, 26, 28)."""
    query = select(certificates.table, _state(ctx).label("state")).where(certificates.c.certificate_id == certificate_id)
    found = await ctx.row(query)
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no certificate {certificate_id}")
    rulebook = load(found["rulebook"]["id"], found["rulebook"]["version"])
    day = as_of or local_date(ctx.at, rulebook.zone)
    etag(response, found["version"])
    valid = valid_on(day, found["issued_on"], found["valid_until"], found["ended_on"])
    made = await ctx.rows(select(duplicates.table).where(duplicates.c.certificate_id == certificate_id).order_by(duplicates.c.round))
    return CertificateDetail.model_validate({**found, "duplicates": [dict(row) for row in made], "as_of": day, "valid": valid})


@get(router, "/certificates/{certificate_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def certificate_history(ctx: Reading, certificate_id: Id) -> Any:
    """Every fact of a certificate, oldest first."""
    state, known = await ctx.load(CERTIFICATE, certificate_id)
    if not known or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no certificate {certificate_id}")
    return await history(ctx, CERTIFICATE, certificate_id)


@router.get(
    "/register",
    response_model=page_model(RegisterEntry),
    dependencies=[Depends(checked_query)],
    responses=problem_responses(422, 503),
    openapi_extra={"security": [], "x-kepil-roles": []},
)
async def read_register(
    request: Request,
    response: Response,
    agency: Annotated[AgencyId, Query(description="Whose register")],
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    state: State | None = None,
    scope: Annotated[str | None, Query(max_length=500, description="`institution` or `programme:<code>`")] = None,
    number: Annotated[str | None, Query(max_length=500)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The public register of an agency: whom it accredited, for what, until when (order 109, p. 9.10, 24). Needs no token."""
    ctx: Context = await request.app.state.runtime.context(agency=agency, actor="public")
    c = certificates.c
    query = _register(ctx)
    for column, wanted in ((c.institution_id, institution_id), (_state(ctx), state), (c.number, number)):
        if wanted is not None:
            query = query.where(column == wanted)
    if scope is not None:
        query = query.where(c.scopes.contains([scope]))
    keys = [c.issued_on, c.certificate_id]
    return await page_of(ctx, query, keys=keys, model=RegisterEntry, cursor=cursor, limit=limit, request=request, response=response)


def _state(ctx: Context) -> ColumnElement[str]:
    """By the clock, not by the recorded expiry: a certificate lapses on time though nobody acts (order 109, p. 25)."""
    c = certificates.c
    return case((c.ended_on.is_not(None), literal("ended")), (c.lapses_at > ctx.at, literal("valid")), else_=literal("expired"))


def _register(ctx: Context) -> Select[Any]:
    c, of_case, of_institution = certificates.c, considerations.c, institutions.c
    return (
        select(
            c.certificate_id,
            c.number,
            c.institution_id,
            c.scopes,
            c.issued_on,
            c.issued_on.label("valid_from"),
            c.valid_until,
            c.ended_on,
            c.end_ground,
            c.reissued_from,
            c.reissued_as,
            c.rulebook_id,
            c.entered_on,
            of_case.outcome.label("decision"),
            of_case.adopted_on.label("decided_on"),
            of_case.report,
            of_institution.names.label("institution_names"),
            of_institution.city,
            of_institution.country,
            _state(ctx).label("state"),
        )
        .join(considerations.table, of_case.case_id == c.case_id)
        .outerjoin(institutions.table, of_institution.institution_id == c.institution_id)
        .where(c.entered_on.is_not(None))
    )
