"""The public register: whom an agency accredited and what it decided, today or as of a day. Needs no token."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select

from chassis.context import Context
from chassis.problem_handlers import problem_responses
from chassis.sorting import Order, sorting
from chassis.text import AgencyId, IsoDate
from chassis.web import Cursor, Limit, checked_query, narrowed, page_model, page_of
from services.council.api_certificates import state_of
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates, institutions
from services.council.readmodels_followed import suspensions
from services.council.readmodels_remedies import after_decisions, decisions
from services.council.schemas_certificates import RegisterEntry, State
from services.council.schemas_remedies import PublicDecision

router = APIRouter(prefix="/v1")

Agency = Annotated[AgencyId, Query(description="Whose register")]
InstitutionId = Annotated[str | None, Query(max_length=80)]
Scope = Annotated[str | None, Query(max_length=500, description="`institution` or `programme:<code>`")]
Outcome = Annotated[str | None, Query(max_length=40, description="A word of the rulebook's `decisions`")]
AsOf = Annotated[IsoDate | None, Query(description="The local day that is asked about; now without it")]

_C, _D = certificates.c, decisions.c
REGISTER_BY = sorting("issued_on", [_C.issued_on, _C.valid_until, _C.institution_id, _C.number, _C.certificate_id], _C.certificate_id)
DECISIONS_BY = sorting("decided_on", [_D.decided_on, _D.institution_id, _D.outcome, _D.case_id], _D.case_id, _D.scope, _D.round)

PUBLIC: dict[str, Any] = {
    "dependencies": [Depends(checked_query)],
    "responses": problem_responses(422, 503),
    "openapi_extra": {"security": [], "x-kepil-roles": []},
}


@router.get("/register", response_model=page_model(RegisterEntry), **PUBLIC)
async def read_register(
    request: Request,
    response: Response,
    agency: Agency,
    institution_id: InstitutionId = None,
    state: State | None = None,
    scope: Scope = None,
    number: Annotated[str | None, Query(max_length=500)] = None,
    outcome: Outcome = None,
    as_of: AsOf = None,
    *,
    order: Annotated[Order, Depends(REGISTER_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The certificates of an agency: whom it accredited, for what, until when (order 109, p. 9.10, 24; IQAA, S3.f.2). Needs no token."""
    ctx: Context = await request.app.state.runtime.context(agency=agency, actor="public")
    c, of_case = certificates.c, considerations.c
    standing = state_of(ctx) if as_of is None else _stood(as_of)
    query = _register(standing, as_of)
    if state is None and number is None:
        query = query.where(standing != "revoked")
    query = narrowed(query, ((c.institution_id, institution_id), (standing, state), (c.number, number), (of_case.outcome, outcome)))
    if scope is not None:
        query = query.where(c.scopes.contains([scope]))
    return await page_of(ctx, query, keys=order, model=RegisterEntry, cursor=cursor, limit=limit, request=request, response=response)


@router.get("/register/decisions", response_model=page_model(PublicDecision), **PUBLIC)
async def read_decisions(
    request: Request,
    response: Response,
    agency: Agency,
    institution_id: InstitutionId = None,
    scope: Scope = None,
    outcome: Outcome = None,
    as_of: AsOf = None,
    *,
    order: Annotated[Order, Depends(DECISIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The decisions of an agency that were published or entered (order 109, p. 9.10; IQAA, S3.f.1, S3.f.2). Needs no token."""
    ctx: Context = await request.app.state.runtime.context(agency=agency, actor="public")
    c, of_institution = decisions.c, institutions.c
    public = or_(c.published_on.is_not(None), c.entered_on.is_not(None))
    in_force: ColumnElement[bool] = c.set_aside_on.is_(None)
    told = [c.published_on, c.entered_on, c.report, c.results, c.address, c.during_appeal, c.set_aside_by, c.set_aside_on]
    if as_of is not None:
        public, in_force = or_(c.published_on <= as_of, c.entered_on <= as_of), or_(in_force, c.set_aside_on > as_of)
        told = _as_told(as_of)
    query = (
        select(c.case_id, c.institution_id, c.rulebook_id, c.scope, c.outcome, c.round, c.decided_on, *told)
        .add_columns(of_institution.names.label("institution_names"), in_force.label("in_force"))
        .select_from(decisions.table)
        .outerjoin(institutions.table, of_institution.institution_id == c.institution_id)
        .where(public)
    )
    query = narrowed(query, ((c.institution_id, institution_id), (c.scope, scope), (c.outcome, outcome)))
    return await page_of(ctx, query, keys=order, model=PublicDecision, cursor=cursor, limit=limit, request=request, response=response)


def _as_told(as_of: Any) -> list[Any]:
    """What was known on a day: nothing of what came later."""
    c = decisions.c
    since = {
        c.published_on: [c.published_on, c.report, c.results, c.address, c.during_appeal],
        c.entered_on: [c.entered_on],
        c.set_aside_on: [c.set_aside_by, c.set_aside_on],
    }
    return [case((day <= as_of, column), else_=null()).label(column.key) for day, columns in since.items() for column in columns]


def _stood(as_of: Any) -> ColumnElement[str]:
    """By all that is known by now of that day, past or to come: a suspension lasts until it is lifted (Sapattuu Bilim, 3.3.b)."""
    c, s = certificates.c, suspensions.c
    suspended = select(s.decision_id).where(
        s.agency == c.agency,
        s.certificate_id == c.certificate_id,
        s.suspended_on <= as_of,
        or_(s.restored_on.is_(None), s.restored_on > as_of),
    )
    return case(
        (and_(c.ended_on.is_not(None), c.ended_on <= as_of), literal("ended")),
        (and_(c.revoked_on.is_not(None), c.revoked_on <= as_of), literal("revoked")),
        (func.greatest(c.valid_until, c.suspended_until) < as_of, literal("expired")),
        (c.valid_from > as_of, literal("not_yet_valid")),
        (suspended.exists(), literal("suspended")),
        else_=literal("valid"),
    )


def _register(standing: ColumnElement[str], as_of: Any) -> Select[Any]:
    """A certificate stands there by an entry of its own, by that of the decision on its case, or as it was recorded or extended."""
    c, of_case, after, of_institution = certificates.c, considerations.c, after_decisions.c, institutions.c
    entered = func.coalesce(c.entered_on, after.entered_on, c.listed_on)
    query = (
        select(
            c.certificate_id,
            c.number,
            c.institution_id,
            c.scopes,
            c.issued_on,
            c.object,
            c.programme,
            func.coalesce(c.valid_from, c.issued_on).label("valid_from"),
            c.valid_until,
            c.ended_on,
            c.end_ground,
            (c.revoked_on if as_of is None else case((c.revoked_on <= as_of, c.revoked_on), else_=null())).label("revoked_on"),
            c.extends,
            c.extended_as,
            c.reissued_from,
            c.reissued_as,
            c.rulebook_id,
            entered.label("entered_on"),
            of_case.outcome.label("decision"),
            of_case.adopted_on.label("decided_on"),
            of_case.report,
            of_institution.names.label("institution_names"),
            of_institution.city,
            of_institution.country,
            standing.label("state"),
        )
        .outerjoin(considerations.table, of_case.case_id == c.case_id)
        .outerjoin(after_decisions.table, after.case_id == c.case_id)
        .outerjoin(institutions.table, of_institution.institution_id == c.institution_id)
        .where(entered.is_not(None))
    )
    if as_of is None:
        return query
    return query.where(or_(entered <= as_of, c.recorded_on.is_not(None)), c.issued_on <= as_of)  # recorded: it stood on paper before
