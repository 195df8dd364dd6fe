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
from services.visits.contract import ExpertObjected, ObjectionDecided
from services.visits.domain.state import Stage
from services.visits.domain.visit import VISIT
from services.visits.readmodels import experts, objections, panel_members, visits
from services.visits.schemas import (
    Announcement,
    Attendance,
    CheckAnswer,
    CheckClosing,
    DropOutNotice,
    Expert,
    Materials,
    NewExpert,
    NewPanel,
    Objection,
    ObjectionItem,
    ObjectionRuling,
    Replacement,
    VisitDetail,
    VisitItem,
    VisitReport,
    Webinar,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]

_CONFLICTS = ("conflicts", "despite_conflicts")
_OBJECTIONS = (ExpertObjected.type_name(), ObjectionDecided.type_name())


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
    """Forms the panel: by an approved statute (order 109, p. 14), or of the rulebook's categories (IQAA, S2.a)."""
    return await handlers.form_panel(ctx, case_id, body)


@post(router, "/visits/{case_id}/composition-notice", roles=[Role.coordinator])
async def tell_composition(ctx: Commanding, case_id: Id) -> Accepted:
    """Tells the institution who is in the panel; again after a replacement (IQAA, S2.c.1)."""
    return await handlers.tell_composition(ctx, case_id)


@post(router, "/visits/{case_id}/objections", roles=[Role.institution_officer, Role.coordinator])
async def object_to_expert(ctx: Commanding, case_id: Id, body: Objection) -> Accepted:
    """Records the institution's written, reasoned request for another expert (IQAA, S2.c.2)."""
    return await handlers.object_to_expert(ctx, case_id, body)


@post(router, "/visits/{case_id}/objection-decision", roles=[Role.coordinator, Role.director])
async def decide_objection(ctx: Commanding, case_id: Id, body: ObjectionRuling) -> Accepted:
    """Decides on an objection, with reasons (IQAA, S2.c.2)."""
    return await handlers.decide_objection(ctx, case_id, body)


@post(router, "/visits/{case_id}/dropouts", roles=[Role.coordinator])
async def drop_out(ctx: Commanding, case_id: Id, body: DropOutNotice) -> Accepted:
    """Records that an expert of the panel cannot take part or go on."""
    return await handlers.drop_out(ctx, case_id, body)


@post(router, "/visits/{case_id}/replacements", roles=[Role.coordinator])
async def replace_expert(ctx: Commanding, case_id: Id, body: Replacement) -> Accepted:
    """Seats another expert where one left (IQAA, S2.a, S2.c.2; order 109, p. 14)."""
    return await handlers.replace_expert(ctx, case_id, body)


@post(router, "/visits/{case_id}/announcement", roles=[Role.coordinator])
async def announce_visit(ctx: Commanding, case_id: Id, body: Announcement) -> Accepted:
    """Tells the institution the dates of the visit; again, to move them (order 109, p. 14, 15; IQAA, S2.f.1)."""
    return await handlers.announce_visit(ctx, case_id, body)


@post(router, "/visits/{case_id}/materials", roles=[Role.coordinator])
async def send_materials(ctx: Commanding, case_id: Id, body: Materials) -> Accepted:
    """Records that the materials went to every expert who had none (IQAA, S2.d)."""
    return await handlers.send_materials(ctx, case_id, body)


@post(router, "/visits/{case_id}/webinar", roles=[Role.coordinator])
async def hold_webinar(ctx: Commanding, case_id: Id, body: Webinar) -> Accepted:
    """Records the webinar of the day (IQAA, S2.e.1)."""
    return await handlers.hold_webinar(ctx, case_id, body)


@post(router, "/visits/{case_id}/briefing", roles=[Role.coordinator])
async def hold_briefing(ctx: Commanding, case_id: Id, body: Attendance) -> Accepted:
    """Records the briefing of the day (IQAA, S2.e.2)."""
    return await handlers.hold_briefing(ctx, case_id, body)


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
    """The commission's chair submits its report on the visit (order 109, p. 9.6, 17; IQAA, S2.g)."""
    return await handlers.submit_visit_report(ctx, case_id, body)


@post(router, "/visits/{case_id}/factual-check", roles=[Role.coordinator])
async def send_for_factual_check(ctx: Commanding, case_id: Id) -> Accepted:
    """Sends the institution the report, so that it names factual inaccuracies (IQAA, S2.h)."""
    return await handlers.send_for_factual_check(ctx, case_id)


@post(router, "/visits/{case_id}/factual-check-answer", roles=[Role.institution_officer, Role.coordinator])
async def answer_factual_check(ctx: Commanding, case_id: Id, body: CheckAnswer) -> Accepted:
    """Records the institution's corrections (IQAA, S2.h)."""
    return await handlers.answer_factual_check(ctx, case_id, body)


@post(router, "/visits/{case_id}/factual-check-closing", roles=[Role.coordinator])
async def close_factual_check(ctx: Commanding, case_id: Id, body: CheckClosing) -> Accepted:
    """Accepts each correction or not, with reasons (IQAA, S2.h)."""
    return await handlers.close_factual_check(ctx, case_id, body)


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
    own = ctx.principal is not None and ctx.principal.has(*AGENCY)
    seats = [{**row, "conflicts": row["conflicts"] if own else None} for row in panel]
    return VisitDetail.model_validate({**found, "panel": seats})


@get(router, "/visits/{case_id}/objections", roles=[Role.institution_officer, *AGENCY], response_model=list[ObjectionItem])
async def list_objections(ctx: Reading, case_id: Id) -> Any:
    """The institution's objections to experts, which are no matter of the experts."""
    await _visit(ctx, case_id)
    rows = await ctx.rows(select(objections.table).where(objections.c.case_id == case_id).order_by(objections.c.expert_id))
    return [ObjectionItem.model_validate(dict(row)) for row in rows]


@get(router, "/visits/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def visit_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a visit, oldest first; what was found of experts is the agency's, and what was objected to them not the experts'."""
    await _visit(ctx, case_id)
    entries = await history(ctx, VISIT, case_id)
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return entries
    unseen = () if who.has(Role.institution_officer) else _OBJECTIONS
    return [
        entry.model_copy(update={"data": {name: value for name, value in entry.data.items() if name not in _CONFLICTS}})
        for entry in entries
        if entry.type not in unseen
    ]


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
    mine = select(panel_members.c.case_id).where(panel_members.c.expert_id == ctx.actor, panel_members.c.left_on.is_(None))
    return or_(own, visits.c.case_id.in_(mine) if who.has(Role.expert) else false())
