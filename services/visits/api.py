"""Visits' routes: parse, call a handler or a query, answer. No rule lives here."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import NotFound
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, post
from services.visits import handlers
from services.visits.domain.visit import VISIT, Stage
from services.visits.readmodels import experts, panel_members, visits
from services.visits.schemas import Announcement, Expert, NewExpert, NewPanel, VisitDetail, VisitItem, VisitReport

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]


@post(router, "/experts", roles=[Role.coordinator], status=201, if_match=False)
async def register_expert(ctx: Commanding, body: NewExpert) -> Accepted:
    """Enters an expert into the pool; the id is the subject of the expert's tokens."""
    return await handlers.register_expert(ctx, body)


@get(router, "/experts", roles=AGENCY, response_model=page_model(Expert))
async def list_experts(ctx: Reading, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The pool. Names and contacts are for the agency's own people alone."""
    query = select(experts.table)
    return await page_of(
        ctx, query, keys=[experts.c.expert_id], model=Expert, cursor=cursor, limit=limit, request=request, response=response
    )


@get(router, "/experts/{expert_id}", roles=AGENCY, response_model=Expert)
async def read_expert(ctx: Reading, expert_id: Id, response: Response) -> Any:
    """One expert of the pool."""
    found = await ctx.row(select(experts.table).where(experts.c.expert_id == expert_id))
    if found is None:
        raise NotFound(f"there is no expert {expert_id}")
    etag(response, found["version"])
    return Expert.model_validate(dict(found))


@post(router, "/visits/{case_id}/panel", roles=[Role.coordinator])
async def form_panel(ctx: Commanding, case_id: Id, body: NewPanel) -> Accepted:
    """Forms the external expert commission; its statute is approved (order 109, p. 14)."""
    return await handlers.form_panel(ctx, case_id, body)


@post(router, "/visits/{case_id}/announcement", roles=[Role.coordinator])
async def announce_visit(ctx: Commanding, case_id: Id, body: Announcement) -> Accepted:
    """Tells the institution the dates of the visit; again, to move them (order 109, p. 14, 15)."""
    return await handlers.announce_visit(ctx, case_id, body)


@post(router, "/visits/{case_id}/studied", roles=[Role.expert])
async def confirm_report_studied(ctx: Commanding, case_id: Id) -> Accepted:
    """The calling expert of the commission confirms that he has studied the self-assessment report (order 109, p. 16)."""
    return await handlers.confirm_report_studied(ctx, case_id)


@post(router, "/visits/{case_id}/start", roles=[Role.coordinator, Role.expert])
async def start_visit(ctx: Commanding, case_id: Id) -> Accepted:
    """The commission is at the institution: told by the coordinator or the commission's chair (order 109, p. 9.6, 16)."""
    return await handlers.start_visit(ctx, case_id)


@post(router, "/visits/{case_id}/completion", roles=[Role.coordinator, Role.expert])
async def complete_visit(ctx: Commanding, case_id: Id) -> Accepted:
    """The visit has ended: told by the coordinator or the commission's chair (order 109, p. 15)."""
    return await handlers.complete_visit(ctx, case_id)


@post(router, "/visits/{case_id}/report", roles=[Role.expert])
async def submit_visit_report(ctx: Commanding, case_id: Id, body: VisitReport) -> Accepted:
    """The commission's chair submits its report on the visit (order 109, p. 9.6, 17)."""
    return await handlers.submit_visit_report(ctx, case_id, body)


@get(router, "/visits", roles=INVOLVED, response_model=page_model(VisitItem))
async def list_visits(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    institution_id: InstitutionId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Visits by opening date; an institution's officer sees its own, an expert those of the commissions he sits in."""
    c = visits.c
    query = select(visits.table).where(_visible(ctx))
    for column, wanted in ((c.stage, stage), (c.institution_id, institution_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    keys = [c.opened_on, c.case_id]
    return await page_of(ctx, query, keys=keys, model=VisitItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/visits/{case_id}", roles=INVOLVED, response_model=VisitDetail)
async def read_visit(ctx: Reading, case_id: Id, response: Response) -> Any:
    """One visit with its commission: ids and places, no names."""
    found = await _visit(ctx, case_id)
    query = select(panel_members.table).where(panel_members.c.case_id == case_id)
    panel = await ctx.rows(query.order_by(panel_members.c.role, panel_members.c.expert_id))
    etag(response, found["version"])
    return VisitDetail.model_validate({**found, "panel": [dict(row) for row in panel]})


@get(router, "/visits/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def visit_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a visit, oldest first."""
    await _visit(ctx, case_id)
    return await history(ctx, VISIT, case_id)


async def _visit(ctx: Context, case_id: str) -> RowMapping:
    found = await ctx.row(select(visits.table).where(visits.c.case_id == case_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no visit of case {case_id}")
    return found


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = visits.c.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    mine = select(panel_members.c.case_id).where(panel_members.c.expert_id == ctx.actor)
    return or_(own, visits.c.case_id.in_(mine) if who.has(Role.expert) else false())
