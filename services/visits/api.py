"""Visits' routes: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, calendar_for, load
from services.visits import handlers
from services.visits.contract import ExpertDroppedOut, ExpertObjected, ObjectionDecided
from services.visits.domain.dates import Rules
from services.visits.domain.expert import EXPERT
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.state import Stage, Standing
from services.visits.domain.vacancy import ContinueWithout
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, InterruptVisit, StartVisit
from services.visits.queries import barred
from services.visits.readmodels import experts, self_assessments, visits
from services.visits.readmodels_panel import objections, panel_members
from services.visits.schemas import (
    Announcement,
    Attendance,
    CheckAnswer,
    CheckClosing,
    DropOutNotice,
    Expert,
    ExpertDetail,
    Interruption,
    Materials,
    NewExpert,
    NewPanel,
    Objection,
    ObjectionItem,
    ObjectionRuling,
    PanelStatement,
    Replacement,
    VisitDetail,
    VisitItem,
    VisitReport,
    Webinar,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]

_V = visits.c
EXPERTS_BY = sorting("expert_id", [experts.c.expert_id], experts.c.expert_id)
VISITS_BY = sorting("opened_on", [_V.opened_on, _V.institution_id, _V.rulebook_id, _V.stage, _V.round, _V.standing, _V.case_id], _V.case_id)

_CONFLICTS = ("conflicts", "despite_conflicts")
_OBJECTIONS = (ExpertObjected.type_name(), ObjectionDecided.type_name())


@post(router, "/experts", roles=[Role.coordinator], status=201, if_match=False)
async def register_expert(ctx: Commanding, body: NewExpert) -> Accepted:
    """Enters an expert into the pool; the id is the subject of the expert's tokens."""
    return await handlers.register_expert(ctx, body)


@get(router, "/experts", roles=AGENCY, response_model=page_model(Expert))
async def list_experts(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(EXPERTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The pool. Names and contacts are for the agency's own people alone."""
    query = select(experts.table)
    return await page_of(ctx, query, keys=order, model=Expert, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/experts/{expert_id}/corrections", roles=[Role.director])
async def correct_expert(ctx: Commanding, expert_id: Id, body: Correction) -> Accepted:
    """Puts right what was recorded wrongly of an expert, for a reason; the history keeps both."""
    return await handlers.correct_expert(ctx, expert_id, body)


@get(router, "/experts/{expert_id}", roles=AGENCY, response_model=ExpertDetail)
async def read_expert(ctx: Reading, expert_id: Id, request: Request, response: Response) -> Any:
    """One expert of the pool."""
    found = await ctx.row(select(experts.table).where(experts.c.expert_id == expert_id))
    if found is None:
        raise NotFound(f"there is no expert {expert_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(EXPERT, expert_id)
    actions = allowed_actions(request, router, EXPERT, state, None, ids={"expert_id": expert_id})
    return ExpertDetail.model_validate({**found, "allowed_actions": actions})


@get(router, "/experts/{expert_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def expert_history(ctx: Reading, expert_id: Id) -> Any:
    """Every fact of an expert, oldest first."""
    _, version = await ctx.load(EXPERT, expert_id)
    if not version:
        raise NotFound(f"there is no expert {expert_id}")
    return await history(ctx, EXPERT, expert_id)


@post(router, "/visits/{case_id}/panel", roles=[Role.coordinator], command=FormPanel)
async def form_panel(ctx: Commanding, case_id: Id, body: NewPanel) -> Accepted:
    """Forms the panel: by an approved statute (order 109, p. 14), or of the rulebook's categories (IQAA, S2.a)."""
    return await handlers.form_panel(ctx, case_id, body)


@post(router, "/visits/{case_id}/composition-notice", roles=[Role.coordinator], command=TellComposition)
async def tell_composition(ctx: Commanding, case_id: Id) -> Accepted:
    """Tells the institution who is in the panel; again after a replacement (IQAA, S2.c.1)."""
    return await handlers.tell_composition(ctx, case_id)


@post(router, "/visits/{case_id}/objections", roles=[Role.institution_officer, Role.coordinator], command=ObjectToExpert)
async def object_to_expert(ctx: Commanding, case_id: Id, body: Objection) -> Accepted:
    """Records the institution's written, reasoned request for another expert (IQAA, S2.c.2)."""
    return await handlers.object_to_expert(ctx, case_id, body)


@post(router, "/visits/{case_id}/objection-decision", roles=[Role.coordinator, Role.director], command=DecideObjection)
async def decide_objection(ctx: Commanding, case_id: Id, body: ObjectionRuling) -> Accepted:
    """Decides on an objection, with reasons (IQAA, S2.c.2)."""
    return await handlers.decide_objection(ctx, case_id, body)


@post(router, "/visits/{case_id}/dropouts", roles=[Role.coordinator], command=DropOut)
async def drop_out(ctx: Commanding, case_id: Id, body: DropOutNotice) -> Accepted:
    """Records that an expert of the panel cannot take part or go on."""
    return await handlers.drop_out(ctx, case_id, body)


@post(router, "/visits/{case_id}/replacements", roles=[Role.coordinator], command=ReplaceExpert)
async def replace_expert(ctx: Commanding, case_id: Id, body: Replacement) -> Accepted:
    """Seats another expert where one left (IQAA, S2.a, S2.c.2; order 109, p. 14)."""
    return await handlers.replace_expert(ctx, case_id, body)


@post(router, "/visits/{case_id}/panel-statement", roles=[Role.director], command=ContinueWithout)
async def continue_without(ctx: Commanding, case_id: Id, body: PanelStatement) -> Accepted:
    """States that the panel goes on without those who left it, with reasons (IQAA, S2.a; order 109, p. 14)."""
    return await handlers.continue_without(ctx, case_id, body)


@post(router, "/visits/{case_id}/announcement", roles=[Role.coordinator], command=AnnounceVisit)
async def announce_visit(ctx: Commanding, case_id: Id, body: Announcement) -> Accepted:
    """Tells the institution the dates of the visit; again, to move them (order 109, p. 14, 15; IQAA, S2.f.1)."""
    return await handlers.announce_visit(ctx, case_id, body)


@post(router, "/visits/{case_id}/materials", roles=[Role.coordinator], command=SendMaterials)
async def send_materials(ctx: Commanding, case_id: Id, body: Materials) -> Accepted:
    """Records that the materials went to every expert who had none (IQAA, S2.d)."""
    return await handlers.send_materials(ctx, case_id, body)


@post(router, "/visits/{case_id}/webinar", roles=[Role.coordinator], command=HoldWebinar)
async def hold_webinar(ctx: Commanding, case_id: Id, body: Webinar) -> Accepted:
    """Records the webinar of the day (IQAA, S2.e.1)."""
    return await handlers.hold_webinar(ctx, case_id, body)


@post(router, "/visits/{case_id}/briefing", roles=[Role.coordinator], command=HoldBriefing)
async def hold_briefing(ctx: Commanding, case_id: Id, body: Attendance) -> Accepted:
    """Records the briefing of the day (IQAA, S2.e.2)."""
    return await handlers.hold_briefing(ctx, case_id, body)


@post(router, "/visits/{case_id}/studied", roles=[Role.expert], command=ConfirmReportStudied)
async def confirm_report_studied(ctx: Commanding, case_id: Id) -> Accepted:
    """The calling expert of the commission confirms that he has studied the self-assessment report (order 109, p. 16)."""
    return await handlers.confirm_report_studied(ctx, case_id)


@post(router, "/visits/{case_id}/start", roles=[Role.coordinator, Role.expert], command=StartVisit)
async def start_visit(ctx: Commanding, case_id: Id) -> Accepted:
    """The commission is at the institution: told by the coordinator or the commission's chair (order 109, p. 9.6, 16)."""
    return await handlers.start_visit(ctx, case_id)


@post(router, "/visits/{case_id}/interruption", roles=[Role.coordinator, Role.expert], command=InterruptVisit)
async def interrupt_visit(ctx: Commanding, case_id: Id, body: Interruption) -> Accepted:
    """The visit was broken off, as by force majeure; new dates are announced after it."""
    return await handlers.interrupt_visit(ctx, case_id, body)


@post(router, "/visits/{case_id}/completion", roles=[Role.coordinator, Role.expert], command=CompleteVisit)
async def complete_visit(ctx: Commanding, case_id: Id) -> Accepted:
    """The visit has ended: told by the coordinator or the commission's chair (order 109, p. 15)."""
    return await handlers.complete_visit(ctx, case_id)


@post(router, "/visits/{case_id}/report", roles=[Role.expert], command=SubmitVisitReport)
async def submit_visit_report(ctx: Commanding, case_id: Id, body: VisitReport) -> Accepted:
    """The commission's chair submits its report on the visit (order 109, p. 9.6, 17; IQAA, S2.g)."""
    return await handlers.submit_visit_report(ctx, case_id, body)


@post(router, "/visits/{case_id}/factual-check", roles=[Role.coordinator], command=SendForFactualCheck)
async def send_for_factual_check(ctx: Commanding, case_id: Id) -> Accepted:
    """Sends the institution the report, so that it names factual inaccuracies (IQAA, S2.h)."""
    return await handlers.send_for_factual_check(ctx, case_id)


@post(router, "/visits/{case_id}/factual-check-answer", roles=[Role.institution_officer, Role.coordinator], command=AnswerFactualCheck)
async def answer_factual_check(ctx: Commanding, case_id: Id, body: CheckAnswer) -> Accepted:
    """Records the institution's corrections (IQAA, S2.h)."""
    return await handlers.answer_factual_check(ctx, case_id, body)


@post(router, "/visits/{case_id}/factual-check-closing", roles=[Role.coordinator], command=CloseFactualCheck)
async def close_factual_check(ctx: Commanding, case_id: Id, body: CheckClosing) -> Accepted:
    """Accepts each correction or not, with reasons (IQAA, S2.h)."""
    return await handlers.close_factual_check(ctx, case_id, body)


@post(router, "/visits/{case_id}/corrections", roles=[Role.director])
async def correct_visit(ctx: Commanding, case_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a visit right, for a reason; the history keeps both."""
    return await handlers.correct_visit(ctx, case_id, body)


@get(router, "/visits", roles=INVOLVED, response_model=page_model(VisitItem))
async def list_visits(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    standing: Standing | None = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(VISITS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Visits by opening date; an institution's officer sees its own, an expert those of the commissions he sits in."""
    c = visits.c
    query = select(visits.table).where(_visible(ctx))
    query = narrowed(query, ((c.stage, stage), (c.standing, standing), (c.institution_id, institution_id)))
    return await page_of(ctx, query, keys=order, model=VisitItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/visits/{case_id}", roles=INVOLVED, response_model=VisitDetail)
async def read_visit(ctx: Reading, case_id: Id, request: Request, response: Response) -> Any:
    """One visit with its commission (ids and places, no names), and what the caller may do."""
    found = await _visit(ctx, case_id)
    query = select(panel_members.table).where(panel_members.c.case_id == case_id)
    panel = await ctx.rows(query.order_by(panel_members.c.role, panel_members.c.expert_id))
    etag(response, found["version"])
    own = ctx.principal is not None and ctx.principal.has(*AGENCY)
    seats = [{**row, "conflicts": row["conflicts"] if own else None} for row in panel]
    told = await ctx.row(select(self_assessments.table).where(self_assessments.c.case_id == case_id))
    versions = {name: told[name] if told else None for name in ("first_version_on", "final_version_on")}
    state, _ = await ctx.load(VISIT, case_id)
    book = _book(found)
    rules = Rules(book, calendar_for(book.country))
    bars = barred(request.state.principal, state, rules, versions["final_version_on"])
    actions = allowed_actions(request, router, VISIT, state, rules, ids={"case_id": case_id}, regulation=book, barred=bars)
    return VisitDetail.model_validate({**found, **versions, "panel": seats, "allowed_actions": actions})


@get(router, "/visits/{case_id}/objections", roles=[Role.institution_officer, *AGENCY], response_model=list[ObjectionItem])
async def list_objections(ctx: Reading, case_id: Id) -> Any:
    """The institution's objections to experts, which are no matter of the experts."""
    await _visit(ctx, case_id)
    rows = await ctx.rows(select(objections.table).where(objections.c.case_id == case_id).order_by(objections.c.expert_id))
    return [ObjectionItem.model_validate(dict(row)) for row in rows]


@get(router, "/visits/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def visit_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a visit, oldest first; what was found of experts, and why one left, is the agency's, objections not the experts'."""
    entries = await history(ctx, VISIT, case_id, _book(await _visit(ctx, case_id)))
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return entries
    unseen = () if who.has(Role.institution_officer) else _OBJECTIONS
    return [_shown(entry) for entry in entries if entry.type not in unseen]


def _shown(entry: HistoryEntry) -> HistoryEntry:
    """Without what the agency alone knows of its experts."""
    hidden = (*_CONFLICTS, "reason") if entry.type == ExpertDroppedOut.type_name() else _CONFLICTS
    return entry.model_copy(update={"data": {name: value for name, value in entry.data.items() if name not in hidden}})


async def _visit(ctx: Context, case_id: str) -> RowMapping:
    found = await ctx.row(select(visits.table).where(visits.c.case_id == case_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no visit of case {case_id}")
    return found


def _book(found: RowMapping) -> Rulebook:
    return load(found["rulebook"]["id"], found["rulebook"]["version"])


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = visits.c.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    mine = select(panel_members.c.case_id).where(panel_members.c.expert_id == ctx.actor, panel_members.c.left_on.is_(None))
    return or_(own, visits.c.case_id.in_(mine) if who.has(Role.expert) else false())
