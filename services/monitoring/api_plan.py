"""Monitoring's routes for plans of measures: submission, review, amendment, progress. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.monitoring import handlers_plan as handlers
from services.monitoring.domain import plan as of
from services.monitoring.domain.plan import PLAN
from services.monitoring.domain.plan_guards import stands
from services.monitoring.domain.plan_measures import beyond, uncovered
from services.monitoring.domain.plan_state import Plan
from services.monitoring.readmodels_plan import plans
from services.monitoring.schemas_plan import (
    NewAmendment,
    NewDocumentsReceived,
    NewPlan,
    NewPlanChanges,
    NewProgress,
    PlanDetail,
    PlanItem,
    PlannedMeasure,
)

router = APIRouter(prefix="/v1")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.council_member, Role.auditor]
INSTITUTION = [Role.institution_officer, Role.coordinator]
COORDINATOR = [Role.coordinator]
DIRECTOR = [Role.director]

_C = plans.c
BY = sorting("awaited_on", [_C.awaited_on, _C.institution_id, _C.rulebook_id, _C.stage, _C.round, _C.measures, _C.plan_id], _C.plan_id)


@get(router, "/plans", roles=INVOLVED, response_model=page_model(PlanItem))
async def list_plans(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BY)],
    followup_id: Named = None,
    certificate_id: Named = None,
    institution_id: Named = None,
    rulebook_id: Named = None,
    stage: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The plans of measures; an institution's officer sees its own."""
    wanted = (
        (_C.followup_id, followup_id),
        (_C.certificate_id, certificate_id),
        (_C.institution_id, institution_id),
        (_C.institution_id, ctx.own_institution),
        (_C.rulebook_id, rulebook_id),
        (_C.stage, stage),
    )
    query = narrowed(select(plans.table), wanted)
    return await page_of(ctx, query, keys=order, model=PlanItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/plans/{plan_id}", roles=INVOLVED, response_model=PlanDetail)
async def read_plan(ctx: Reading, plan_id: Id, request: Request, response: Response) -> Any:
    """One plan with its submissions, its amendments, and how far its measures are."""
    found = await ctx.row(select(plans.table).where(_C.plan_id == plan_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no plan {plan_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(PLAN, plan_id)
    followed = await handlers.followed_by(ctx, plan_id)
    rules = resolve(followed.rulebook or state.terms.rulebook)
    left = uncovered(state.measures, followed.certified.recommendations) if state.submissions else ()
    return PlanDetail(
        **found,
        allowed_actions=allowed_actions(request, router, PLAN, state, rules, ids={"plan_id": plan_id}, regulation=rules),
        stands=stands(state, rules),
        documents=state.documents,
        planned=_planned(state),
        uncovered=[each.recommendation_id for each in left],
        beyond_term=[each.measure_id for each in beyond(state.measures, followed.certified.valid_until)],
        submissions=list(state.submissions),
        change_requests=list(state.requests),
        review=state.reviewed,
        amendments=list(state.amendments),
        progress=list(state.progress),
    )


@get(router, "/plans/{plan_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def plan_history(ctx: Reading, plan_id: Id) -> Any:
    """Every fact of a plan, oldest first."""
    state, version = await ctx.load(PLAN, plan_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no plan {plan_id}")
    return await history(ctx, PLAN, plan_id, resolve(state.terms.rulebook))


@post(router, "/plans/{plan_id}/documents-received", roles=INSTITUTION, command=of.ReceiveDocuments)
async def receive_documents(ctx: Commanding, plan_id: Id, body: NewDocumentsReceived) -> Accepted:
    """Records when the institution received order and conclusion: the plan's term runs from the later (Sapattuu Bilim, 2.3, 2.4)."""
    return await handlers.receive_documents(ctx, plan_id, body)


@post(router, "/plans/{plan_id}/submissions", roles=INSTITUTION, command=of.SubmitPlan)
async def submit_plan(ctx: Commanding, plan_id: Id, body: NewPlan) -> Accepted:
    """Submits the plan of measures, approved as the text asks (AAKR, II.4.b; Sapattuu Bilim, 2.3, 2.4, 2.6.s1)."""
    return await handlers.submit_plan(ctx, plan_id, body)


@post(router, "/plans/{plan_id}/change-requests", roles=COORDINATOR, command=of.RequestPlanChanges)
async def request_plan_changes(ctx: Commanding, plan_id: Id, body: NewPlanChanges) -> Accepted:
    """Tells the institution which changes or additions the plan needs (AAKR, II.4.c, II.4.d)."""
    return await handlers.request_changes(ctx, plan_id, body)


@post(router, "/plans/{plan_id}/review", roles=COORDINATOR, command=of.ReviewPlan)
async def review_plan(ctx: Commanding, plan_id: Id) -> Accepted:
    """Records that the plan was reviewed and needs no changes (AAKR, II.4.c, II.4.d)."""
    return await handlers.review_plan(ctx, plan_id)


@post(router, "/plans/{plan_id}/amendments", roles=INSTITUTION, command=of.AmendPlan)
async def amend_plan(ctx: Commanding, plan_id: Id, body: NewAmendment) -> Accepted:
    """Changes a plan that stands, with a reason and, where the text has an approver, a new act; what is done stays."""
    return await handlers.amend_plan(ctx, plan_id, body)


@post(router, "/plans/{plan_id}/progress", roles=INSTITUTION, command=of.ReportProgress)
async def report_progress(ctx: Commanding, plan_id: Id, body: NewProgress) -> Accepted:
    """Tells how far a measure is, with evidence (Sapattuu Bilim, 2.5.p1)."""
    return await handlers.report_progress(ctx, plan_id, body)


@post(router, "/plans/{plan_id}/corrections", roles=DIRECTOR)
async def correct_plan(ctx: Commanding, plan_id: Id, body: Correction) -> Accepted:
    """Corrects the days of receipt and a slip in what was told of a measure."""
    return await handlers.correct(ctx, plan_id, body)


def _planned(state: Plan) -> list[PlannedMeasure]:
    latest = {each.measure_id: each for each in state.progress}
    told = [(each, latest.get(each.measure_id)) for each in state.measures]
    return [PlannedMeasure(**dict(each), progress=last and last.progress, progressed_on=last and last.progressed_on) for each, last in told]
