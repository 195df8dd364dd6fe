"""Visits' routes for monitoring visits: parse, call a handler or a query, answer. No rule lives here."""

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
from regulations import Rulebook, calendar_for, load
from services.visits import handlers_monitoring as handlers
from services.visits.contract import GroupMemberObjected, GroupMemberReplaced, GroupObjectionDecided, VisitCostsInvoiced
from services.visits.domain.dates import Rules
from services.visits.domain.monitoring_visit import (
    MONITORING_VISIT,
    AgreeDates,
    HoldMonitoringVisit,
    InvoiceCosts,
    OrderVisit,
    ReportMonitoringVisit,
    must_be_of_group,
)
from services.visits.domain.monitoring_visit_group import DecideMemberObjection, FormGroup, ObjectToMember, ReplaceMember, TellGroup
from services.visits.domain.monitoring_visit_rules import must_form
from services.visits.domain.monitoring_visit_state import MonitoringStage, MonitoringVisit
from services.visits.readmodels_monitoring import group_members, group_objections, monitoring_visits, visit_invoices
from services.visits.schemas_monitoring import (
    AgreedDates,
    GroupNotice,
    Holding,
    MemberObjection,
    MemberObjectionRuling,
    MemberReplacement,
    MonitoringReport,
    MonitoringVisitDetail,
    MonitoringVisitItem,
    NewGroup,
    NewInvoice,
    NewVisitOrder,
)

router = APIRouter(prefix="/v1/monitoring-visits")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]
FORMING = [Role.coordinator, Role.director]

_V = monitoring_visits.c
VISITS_BY = sorting("opened_on", [_V.opened_on, _V.institution_id, _V.rulebook_id, _V.stage, _V.cycle_id], _V.cycle_id)

_CONFLICTS = ("conflicts", "despite_conflicts")
_NOT_FOR_EXPERTS = tuple(kind.type_name() for kind in (GroupMemberObjected, GroupObjectionDecided, VisitCostsInvoiced))


@post(router, "/{cycle_id}/group", roles=FORMING, command=FormGroup)
async def form_group(ctx: Commanding, cycle_id: Id, body: NewGroup) -> Accepted:
    """Forms the group of the visit, and says who leads it (AAKR, II.4.h; Sapattuu Bilim, 2.11.p1.s1, 2.11.p1.s2)."""
    return await handlers.form_group(ctx, cycle_id, body)


@post(router, "/{cycle_id}/group-notice", roles=[Role.coordinator], command=TellGroup)
async def tell_group(ctx: Commanding, cycle_id: Id, body: GroupNotice) -> Accepted:
    """Records that the institution was told of the visit and its experts (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1)."""
    return await handlers.tell_group(ctx, cycle_id, body)


@post(router, "/{cycle_id}/objections", roles=[Role.institution_officer, Role.coordinator], command=ObjectToMember)
async def object_to_member(ctx: Commanding, cycle_id: Id, body: MemberObjection) -> Accepted:
    """Records that the institution does not agree to an expert (AAKR, II.4.h)."""
    return await handlers.object_to_member(ctx, cycle_id, body)


@post(router, "/{cycle_id}/objection-decisions", roles=FORMING, command=DecideMemberObjection)
async def decide_member_objection(ctx: Commanding, cycle_id: Id, body: MemberObjectionRuling) -> Accepted:
    """Decides on an objection, with reasons (AAKR, II.4.h)."""
    return await handlers.decide_member_objection(ctx, cycle_id, body)


@post(router, "/{cycle_id}/replacements", roles=FORMING, command=ReplaceMember)
async def replace_member(ctx: Commanding, cycle_id: Id, body: MemberReplacement) -> Accepted:
    """Replaces an expert of the group (AAKR, II.4.h; Sapattuu Bilim, 2.11.p1.s1)."""
    return await handlers.replace_member(ctx, cycle_id, body)


@post(router, "/{cycle_id}/dates", roles=FORMING, command=AgreeDates)
async def agree_dates(ctx: Commanding, cycle_id: Id, body: AgreedDates) -> Accepted:
    """Records the days to which both sides agreed (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1); again, for others or with another group."""
    return await handlers.agree_dates(ctx, cycle_id, body)


@post(router, "/{cycle_id}/order", roles=[Role.director], command=OrderVisit)
async def order_visit(ctx: Commanding, cycle_id: Id, body: NewVisitOrder) -> Accepted:
    """Records the order on the group and the days of the visit (Sapattuu Bilim, 2.11.p1.s3); a later one takes its place."""
    return await handlers.order_visit(ctx, cycle_id, body)


@post(router, "/{cycle_id}/invoice", roles=[Role.coordinator], command=InvoiceCosts)
async def invoice_costs(ctx: Commanding, cycle_id: Id, body: NewInvoice) -> Accepted:
    """Records an invoice for the costs of the visit (Sapattuu Bilim, 2.10)."""
    return await handlers.invoice_costs(ctx, cycle_id, body)


@post(router, "/{cycle_id}/holding", roles=[Role.coordinator], command=HoldMonitoringVisit)
async def hold_visit(ctx: Commanding, cycle_id: Id, body: Holding) -> Accepted:
    """Records that the visit took place, and when (AAKR, II.4.h; Sapattuu Bilim, 2.11.p2)."""
    return await handlers.hold_visit(ctx, cycle_id, body)


@post(router, "/{cycle_id}/report", roles=[Role.expert, Role.coordinator], command=ReportMonitoringVisit)
async def report_visit(ctx: Commanding, cycle_id: Id, body: MonitoringReport) -> Accepted:
    """An expert of the group submits its report or act, or the coordinator as it came (AAKR, II.4.i; Sapattuu Bilim, 3.1)."""
    return await handlers.report_visit(ctx, cycle_id, body)


@post(router, "/{cycle_id}/corrections", roles=[Role.director])
async def correct_monitoring_visit(ctx: Commanding, cycle_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a monitoring visit right, for a reason; the history keeps both."""
    return await handlers.correct_monitoring_visit(ctx, cycle_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(MonitoringVisitItem))
async def list_monitoring_visits(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: MonitoringStage | None = None,
    institution_id: InstitutionId | None = None,
    followup_id: Id | None = None,
    *,
    order: Annotated[Order, Depends(VISITS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Monitoring visits by opening date; an institution's officer sees its own, an expert those of the groups he is in."""
    query = select(monitoring_visits.table).where(_visible(ctx))
    query = narrowed(query, ((_V.stage, stage), (_V.institution_id, institution_id), (_V.followup_id, followup_id)))
    return await page_of(ctx, query, keys=order, model=MonitoringVisitItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{cycle_id}", roles=INVOLVED, response_model=MonitoringVisitDetail)
async def read_monitoring_visit(ctx: Reading, cycle_id: Id, request: Request, response: Response) -> Any:
    """One monitoring visit with its group (ids, no names), and what the caller may do."""
    found = await _visit(ctx, cycle_id)
    caller: Principal = request.state.principal
    etag(response, found["version"])
    mine = group_members.c.cycle_id == cycle_id
    seats = await ctx.rows(select(group_members.table).where(mine).order_by(group_members.c.expert_id))
    group = [{**row, "conflicts": row["conflicts"] if caller.has(*AGENCY) else None} for row in seats]
    apart: dict[str, Any] = {"objections": None, "invoices": None}
    if caller.has(Role.institution_officer, *AGENCY):
        apart = {"objections": await _all(ctx, group_objections, cycle_id), "invoices": await _all(ctx, visit_invoices, cycle_id)}
    state, _ = await ctx.load(MONITORING_VISIT, cycle_id)
    book = _book(found)
    rules = Rules(book, calendar_for(book.country))
    bars = _barred(caller, state, book)
    actions = allowed_actions(request, router, MONITORING_VISIT, state, rules, ids={"cycle_id": cycle_id}, regulation=book, barred=bars)
    against = MONITORING_VISIT.refusals(state, rules)[HoldMonitoringVisit]
    awaits = str(against) if against and state.held is None else None
    return MonitoringVisitDetail.model_validate({**found, **apart, "group": group, "awaits": awaits, "allowed_actions": actions})


@get(router, "/{cycle_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def monitoring_visit_history(ctx: Reading, cycle_id: Id) -> Any:
    """Every fact of a monitoring visit, oldest first; what was found of experts is the agency's, objections and costs not the experts'."""
    entries = await history(ctx, MONITORING_VISIT, cycle_id, _book(await _visit(ctx, cycle_id)))
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return entries
    unseen = () if who.has(Role.institution_officer) else _NOT_FOR_EXPERTS
    return [_shown(entry) for entry in entries if entry.type not in unseen]


def _shown(entry: HistoryEntry) -> HistoryEntry:
    """Without what the agency alone knows of its experts."""
    hidden = (*_CONFLICTS, "reason") if entry.type == GroupMemberReplaced.type_name() else _CONFLICTS
    return entry.model_copy(update={"data": {name: value for name, value in entry.data.items() if name not in hidden}})


def _barred(caller: Principal, state: MonitoringVisit, book: Rulebook) -> dict[type[Command], Problem | None]:
    """What the caller's office says against a command, and whether he is of the group."""
    forms = problem_of(must_form, caller.has(Role.director), book)
    reports = None if caller.has(Role.coordinator) else problem_of(must_be_of_group, state, caller.subject)
    return {FormGroup: forms, ReplaceMember: forms, ReportMonitoringVisit: reports}


async def _all(ctx: Context, model: Any, cycle_id: str) -> list[dict[str, Any]]:
    rows = await ctx.rows(select(model.table).where(model.c.cycle_id == cycle_id).order_by(*model.table.primary_key.columns))
    return [dict(row) for row in rows]


async def _visit(ctx: Context, cycle_id: str) -> RowMapping:
    found = await ctx.row(select(monitoring_visits.table).where(_V.cycle_id == cycle_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no visit of cycle {cycle_id}")
    return found


def _book(found: RowMapping) -> Rulebook:
    return load(found["rulebook"]["id"], found["rulebook"]["version"])


def _visible(ctx: Context) -> ColumnElement[bool]:
    """The referent who leads a group sees it as its experts do."""
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = _V.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    mine = select(group_members.c.cycle_id).where(group_members.c.expert_id == ctx.actor, group_members.c.left_on.is_(None))
    return or_(own, or_(_V.cycle_id.in_(mine), _V.case_officer == ctx.actor) if who.has(Role.expert) else false())
