"""Visits' commands: load, decide, append. What a commission needs to know of the pool is given to the decision as facts."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import Forbidden, NotFound
from services.visits import contract
from services.visits.contract import PanelMember
from services.visits.domain.expert import EXPERT, RegisterExpert
from services.visits.domain.visit import (
    VISIT,
    AnnounceVisit,
    CompleteVisit,
    ConfirmReportStudied,
    FormPanel,
    OpenVisit,
    StartVisit,
    SubmitVisitReport,
    Visit,
)
from services.visits.readmodels import experts
from services.visits.schemas import Announcement, NewExpert, NewPanel, VisitReport


async def register_expert(ctx: Context, body: NewExpert) -> Accepted:
    """Enters an expert into the pool under the id that the expert's tokens carry."""
    return await ctx.execute(EXPERT, body.expert_id, ctx.command(RegisterExpert, **body.model_dump()), create=True)


async def open_visit(ctx: Context, request: contract.OpenVisit) -> Accepted:
    """Opens the visit of a case; once."""
    command = ctx.command(OpenVisit, case_id=request.case_id, institution_id=request.institution_id, rulebook=request.rulebook)
    return await ctx.execute(VISIT, request.case_id, command, create=True)


async def form_panel(ctx: Context, case_id: str, body: NewPanel) -> Accepted:
    """Forms the commission of experts of the pool."""
    members = tuple(PanelMember(expert_id=seat.expert_id, role=seat.role) for seat in body.members)
    affiliations = await _affiliations(ctx, [member.expert_id for member in members])
    command = ctx.command(FormPanel, members=members, statute_act=body.statute_act, affiliations=affiliations)
    return await ctx.execute(VISIT, case_id, command)


async def announce_visit(ctx: Context, case_id: str, body: Announcement) -> Accepted:
    """Tells the institution the dates, or moves them."""
    command = ctx.command(AnnounceVisit, starts_on=body.starts_on, ends_on=body.ends_on, waiver=body.waiver)
    return await ctx.execute(VISIT, case_id, command)


async def confirm_report_studied(ctx: Context, case_id: str) -> Accepted:
    """Records that the calling expert has studied the report."""
    command = ctx.command(ConfirmReportStudied, expert_id=ctx.actor)
    return await ctx.execute(VISIT, case_id, command, guard=_of_the_panel(ctx))


async def start_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the commission is at the institution."""
    return await ctx.execute(VISIT, case_id, ctx.command(StartVisit), guard=_coordinator_or_chair(ctx))


async def complete_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the visit has ended."""
    return await ctx.execute(VISIT, case_id, ctx.command(CompleteVisit), guard=_coordinator_or_chair(ctx))


async def submit_visit_report(ctx: Context, case_id: str, body: VisitReport) -> Accepted:
    """Takes the commission's report from its chair."""
    command = ctx.command(SubmitVisitReport, document=body.document, findings=body.findings, recommendations=body.recommendations)
    return await ctx.execute(VISIT, case_id, command, guard=_chair(ctx))


async def _affiliations(ctx: Context, expert_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The affiliations of those that the pool knows."""
    rows = await ctx.rows(select(experts.c.expert_id, experts.c.affiliations).where(experts.c.expert_id.in_(expert_ids)))
    return {row["expert_id"]: tuple(row["affiliations"]) for row in rows}


def _of_the_panel(ctx: Context) -> Callable[[Visit], None]:
    def guard(visit: Visit) -> None:
        if ctx.actor not in visit.expert_ids:
            raise NotFound("there is no visit of this case in whose commission you sit")

    return guard


def _chair(ctx: Context) -> Callable[[Visit], None]:
    sits = _of_the_panel(ctx)

    def guard(visit: Visit) -> None:
        sits(visit)
        if ctx.actor != visit.chair_id:
            raise Forbidden("of the commission, its chair alone may do this")

    return guard


def _coordinator_or_chair(ctx: Context) -> Callable[[Visit], None] | None:
    coordinates = ctx.principal is not None and ctx.principal.has(Role.coordinator)
    return None if coordinates else _chair(ctx)
