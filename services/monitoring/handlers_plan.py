"""Monitoring's commands on plans of measures. What they need to know of the follow-up is gathered here as facts."""

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Forbidden, NotFound
from regulations import local_date, resolve
from services.monitoring.contract import Measure
from services.monitoring.domain import plan
from services.monitoring.domain.plan import PLAN, Draft, corrections, plan_id
from services.monitoring.followed_plan import Followed, followed
from services.monitoring.schemas_plan import (
    AwaitPlanRequest,
    Measures,
    NewAmendment,
    NewDocumentsReceived,
    NewPlan,
    NewPlanChanges,
    NewProgress,
)


async def await_plan(ctx: Context, request: AwaitPlanRequest) -> Accepted:
    """Awaits a plan once: for one that is awaited nothing follows. Refused for a certificate for which none is due."""
    id_ = plan_id(request.followup_id)
    return await ctx.execute(PLAN, id_, ctx.command(plan.AwaitPlan, plan_id=id_, **dict(request)), create=True)


async def receive_documents(ctx: Context, id_: str, body: NewDocumentsReceived) -> Accepted:
    """Records when the institution had the order and the conclusion."""
    told = await followed_by(ctx, id_)
    command = ctx.command(plan.ReceiveDocuments, rulebook=told.rulebook, **dict(body))
    return await ctx.execute(PLAN, id_, command, guard=ctx.guard_institution)


async def submit_plan(ctx: Context, id_: str, body: NewPlan) -> Accepted:
    """Records a plan; an institution's officer that of its own institution, today."""
    if body.received_on is not None and ctx.own_institution is not None:
        raise Forbidden("the agency says on which day a plan came to it")
    told = await followed_by(ctx, id_)
    draft = Draft(
        measures=_measures(body.measures),
        document=body.document,
        approved_by=body.approved_by,
        approval_act=body.approval_act,
        approved_on=body.approved_on,
    )
    command = ctx.command(plan.SubmitPlan, rulebook=told.rulebook, draft=draft, certified=told.certified, received_on=body.received_on)
    return await ctx.execute(PLAN, id_, command, guard=ctx.guard_institution)


async def request_changes(ctx: Context, id_: str, body: NewPlanChanges) -> Accepted:
    """Asks for changes of the plan under review."""
    told = await followed_by(ctx, id_)
    return await ctx.execute(PLAN, id_, ctx.command(plan.RequestPlanChanges, rulebook=told.rulebook, **dict(body)))


async def review_plan(ctx: Context, id_: str) -> Accepted:
    """Records that the plan needs no changes."""
    told = await followed_by(ctx, id_)
    return await ctx.execute(PLAN, id_, ctx.command(plan.ReviewPlan, rulebook=told.rulebook))


async def amend_plan(ctx: Context, id_: str, body: NewAmendment) -> Accepted:
    """Records the plan as it is to be from now on."""
    told = await followed_by(ctx, id_)
    command = ctx.command(
        plan.AmendPlan,
        rulebook=told.rulebook,
        measures=_measures(body.measures),
        reason=body.reason,
        approval_act=body.approval_act,
        certified=told.certified,
    )
    return await ctx.execute(PLAN, id_, command, guard=ctx.guard_institution)


async def report_progress(ctx: Context, id_: str, body: NewProgress) -> Accepted:
    """Records how far a measure is."""
    told = await followed_by(ctx, id_)
    return await ctx.execute(PLAN, id_, ctx.command(plan.ReportProgress, rulebook=told.rulebook, **dict(body)), guard=ctx.guard_institution)


async def correct(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Corrects a fact of a plan."""
    state, version = await ctx.load(PLAN, id_)
    if not version:
        raise NotFound(f"there is no plan {id_}")
    today = local_date(ctx.at, resolve(state.terms.rulebook).zone)
    return await ctx.correct(corrections(today), id_, body, today)


async def followed_by(ctx: Context, id_: str) -> Followed:
    """What is known of the follow-up of a plan; NotFound if there is no such plan."""
    state, _ = await ctx.load(PLAN, id_)
    return await followed(ctx, state.terms.followup_id)


def _measures(given: Measures) -> tuple[Measure, ...]:
    return tuple(Measure(**dict(each)) for each in given)
