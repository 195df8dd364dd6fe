"""Commands on monitoring visits: load, decide, append. What a group needs to know of the pool is given to the decision as facts."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.problems import NotFound
from regulations import local_date, resolve
from services.visits import contract
from services.visits.domain.monitoring_visit import (
    MONITORING_VISIT,
    AgreeDates,
    HoldMonitoringVisit,
    InvoiceCosts,
    OpenMonitoringVisit,
    OrderVisit,
    ReportMonitoringVisit,
    check_right,
    must_be_of_group,
)
from services.visits.domain.monitoring_visit_group import (
    DecideMemberObjection,
    FormGroup,
    ObjectToMember,
    Proposed,
    ReplaceMember,
    TellGroup,
)
from services.visits.domain.monitoring_visit_state import MonitoringVisit
from services.visits.handlers import known_to_pool
from services.visits.schemas_monitoring import (
    AgreedDates,
    GroupNotice,
    Holding,
    MemberObjection,
    MemberObjectionRuling,
    MemberReplacement,
    MonitoringReport,
    NewGroup,
    NewInvoice,
    NewVisitOrder,
    ProposedExpert,
)


async def open_monitoring_visit(ctx: Context, request: contract.OpenMonitoringVisit) -> Accepted:
    """Opens the visit of a cycle, once."""
    command = ctx.command(OpenMonitoringVisit, **{name: value for name, value in request if name != "agency"})
    return await ctx.execute(MONITORING_VISIT, request.cycle_id, command, create=True)


async def form_group(ctx: Context, cycle_id: str, body: NewGroup) -> Accepted:
    """Forms the group of experts of the pool."""
    known = await _known(ctx, [member.expert_id for member in body.members])
    fields = {name: value for name, value in body if name != "members"}
    members = tuple(map(_proposed, body.members))
    command = ctx.command(FormGroup, members=members, by_director=_is_director(ctx), **fields, **known)
    return await ctx.execute(MONITORING_VISIT, cycle_id, command)


async def tell_group(ctx: Context, cycle_id: str, body: GroupNotice) -> Accepted:
    """Records that the institution was told of the visit."""
    return await ctx.execute(MONITORING_VISIT, cycle_id, ctx.command(TellGroup, **dict(body)))


async def object_to_member(ctx: Context, cycle_id: str, body: MemberObjection) -> Accepted:
    """Takes the institution's objection, from itself or as it came on paper."""
    command = ctx.command(ObjectToMember, **dict(body))
    return await ctx.execute(MONITORING_VISIT, cycle_id, command, guard=ctx.guard_institution)


async def decide_member_objection(ctx: Context, cycle_id: str, body: MemberObjectionRuling) -> Accepted:
    """Records the agency's decision on an objection."""
    command = ctx.command(DecideMemberObjection, expert_id=body.expert_id, upheld=body.outcome == "upheld", reasons=body.reasons)
    return await ctx.execute(MONITORING_VISIT, cycle_id, command)


async def replace_member(ctx: Context, cycle_id: str, body: MemberReplacement) -> Accepted:
    """Seats another expert of the pool, or nobody."""
    known = await _known(ctx, [body.successor.expert_id] if body.successor else [])
    fields = {name: value for name, value in body if name != "successor"}
    successor = _proposed(body.successor) if body.successor else None
    command = ctx.command(ReplaceMember, successor=successor, by_director=_is_director(ctx), **fields, **known)
    return await ctx.execute(MONITORING_VISIT, cycle_id, command)


async def agree_dates(ctx: Context, cycle_id: str, body: AgreedDates) -> Accepted:
    """Records the days to which both sides agreed."""
    return await ctx.execute(MONITORING_VISIT, cycle_id, ctx.command(AgreeDates, **dict(body)))


async def order_visit(ctx: Context, cycle_id: str, body: NewVisitOrder) -> Accepted:
    """Records the director's order."""
    return await ctx.execute(MONITORING_VISIT, cycle_id, ctx.command(OrderVisit, **dict(body)))


async def invoice_costs(ctx: Context, cycle_id: str, body: NewInvoice) -> Accepted:
    """Records an invoice for the visit."""
    return await ctx.execute(MONITORING_VISIT, cycle_id, ctx.command(InvoiceCosts, **dict(body)))


async def hold_visit(ctx: Context, cycle_id: str, body: Holding) -> Accepted:
    """Records that the visit took place."""
    return await ctx.execute(MONITORING_VISIT, cycle_id, ctx.command(HoldMonitoringVisit, **dict(body)))


async def report_visit(ctx: Context, cycle_id: str, body: MonitoringReport) -> Accepted:
    """Takes the report of the group: from one of its experts, or by the coordinator as it came on paper."""
    command = ctx.command(ReportMonitoringVisit, **dict(body))
    return await ctx.execute(MONITORING_VISIT, cycle_id, command, guard=_of_group(ctx))


async def correct_monitoring_visit(ctx: Context, cycle_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right, where the visit could have come about so."""
    state, _ = await ctx.load(MONITORING_VISIT, cycle_id)
    if state.rulebook is None:
        raise NotFound(f"there is no visit of cycle {cycle_id}")
    on = local_date(ctx.at, resolve(state.rulebook).zone)
    how = Correctable(MONITORING_VISIT, contract.MonitoringVisitCorrected, _own_ids, lambda right: check_right(right, on))
    return await ctx.correct(how, cycle_id, body, on)


def _own_ids(state: MonitoringVisit) -> dict[str, str]:
    return {"cycle_id": state.cycle_id, "followup_id": state.followup_id}


def _proposed(expert: ProposedExpert) -> Proposed:
    return Proposed(expert.expert_id, expert.former_member)


def _is_director(ctx: Context) -> bool:
    return ctx.principal is not None and ctx.principal.has(Role.director)


def _of_group(ctx: Context) -> Callable[[MonitoringVisit], None] | None:
    coordinates = ctx.principal is not None and ctx.principal.has(Role.coordinator)
    return None if coordinates else lambda visit: must_be_of_group(visit, ctx.actor)


async def _known(ctx: Context, expert_ids: Sequence[str]) -> dict[str, Any]:
    known = await known_to_pool(ctx, expert_ids)
    return {name: known[name] for name in ("affiliations", "employments")}
