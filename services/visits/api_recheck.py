"""Visits' routes for checks at the end of a licence's suspension: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Principal, Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, load
from services.visits import handlers_conclusion as handlers
from services.visits.domain.recheck import RECHECK, FormRecheckCommission, HoldRecheck, must_chair
from services.visits.readmodels_conclusion import rechecks
from services.visits.schemas_conclusion import NewRecheckCommission, RecheckDetail, RecheckFindings, RecheckItem, RecheckStage

router = APIRouter(prefix="/v1/rechecks")

APPROVING = [Role.authorised_body_officer, Role.director]
AGENCY = [*APPROVING, Role.coordinator, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]

_C = rechecks.c
RECHECKS_BY = sorting(
    "suspension_ends_on", [_C.suspension_ends_on, _C.institution_id, _C.rulebook_id, _C.stage, _C.recheck_id], _C.recheck_id
)


@post(router, "/{recheck_id}/commission", roles=APPROVING, command=FormRecheckCommission)
async def form_recheck_commission(ctx: Commanding, recheck_id: Id, body: NewRecheckCommission) -> Accepted:
    """Forms the commission that checks whether the defects are gone (order 109 of 2008, p. 36); another order forms another one."""
    return await handlers.form_recheck_commission(ctx, recheck_id, body)


@post(router, "/{recheck_id}/holding", roles=[Role.expert, Role.coordinator], command=HoldRecheck)
async def hold_recheck(ctx: Commanding, recheck_id: Id, body: RecheckFindings) -> Accepted:
    """Records what the commission found after the end of the suspension, and recommends (order 109 of 2008, p. 36-38)."""
    return await handlers.hold_recheck(ctx, recheck_id, body)


@post(router, "/{recheck_id}/corrections", roles=[Role.director])
async def correct_recheck(ctx: Commanding, recheck_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a check right, for a reason; the history keeps both."""
    return await handlers.correct_recheck(ctx, recheck_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(RecheckItem))
async def list_rechecks(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: RecheckStage | None = None,
    institution_id: InstitutionId | None = None,
    attestation_id: Id | None = None,
    *,
    order: Annotated[Order, Depends(RECHECKS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Checks by the last day of the suspension; an organisation's officer sees its own, an expert those of the commissions he is in."""
    query = select(rechecks.table).where(_visible(ctx))
    query = narrowed(query, ((_C.stage, stage), (_C.institution_id, institution_id), (_C.attestation_id, attestation_id)))
    return await page_of(ctx, query, keys=order, model=RecheckItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{recheck_id}", roles=INVOLVED, response_model=RecheckDetail)
async def read_recheck(ctx: Reading, recheck_id: Id, request: Request, response: Response) -> Any:
    """One check with its commission, and what the caller may do."""
    found = await _recheck(ctx, recheck_id)
    caller: Principal = request.state.principal
    etag(response, found["version"])
    state, _ = await ctx.load(RECHECK, recheck_id)
    seated = None if caller.has(Role.coordinator) else problem_of(must_chair, state, caller.subject)
    bars: dict[type[Command], Problem | None] = {HoldRecheck: seated}
    actions = allowed_actions(request, router, RECHECK, state, _book(found), ids={"recheck_id": recheck_id}, barred=bars)
    return RecheckDetail.model_validate({**found, "allowed_actions": actions})


@get(router, "/{recheck_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def recheck_history(ctx: Reading, recheck_id: Id) -> Any:
    """Every fact of a check, oldest first."""
    return await history(ctx, RECHECK, recheck_id, _book(await _recheck(ctx, recheck_id)))


async def _recheck(ctx: Context, recheck_id: str) -> RowMapping:
    found = await ctx.row(select(rechecks.table).where(_C.recheck_id == recheck_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no check {recheck_id}")
    return found


def _book(found: RowMapping) -> Rulebook:
    return load(found["rulebook"]["id"], found["rulebook"]["version"])


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = _C.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    seated = _C.members.contains([{"expert_id": ctx.actor}]) if who.has(Role.expert) else false()
    return or_(own, seated)
