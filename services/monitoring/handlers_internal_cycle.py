"""Monitoring's commands on cycles of internal monitoring. What they need to know of staff, commission, registers and of what was collected
is gathered here as facts."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.engine import RowMapping

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from regulations import RulebookRef, local_date, resolve
from services.monitoring import contract
from services.monitoring.contract import CarriedMeasure, ImprovementMeasure, InternalCycleStanding
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE, corrections, internal_cycle_id
from services.monitoring.domain.internal_rules import Body
from services.monitoring.domain.internal_state import InternalCycle
from services.monitoring.handlers_internal import adopted, body_of
from services.monitoring.internal_collected import collected, recommended
from services.monitoring.internal_report import generate, kept
from services.monitoring.readmodels_internal import improvement_measures, internal_cycles
from services.monitoring.schemas_internal import (
    NewControl,
    NewCycleAnalysis,
    NewFinalReport,
    NewFinding,
    NewFulfilment,
    NewGeneralMeeting,
    NewImprovementPlan,
    NewInternalClosing,
    NewInternalCycle,
    NewInternalPlan,
    NewMeasureMove,
    NewReportDraft,
)

_C, _M = internal_cycles.c, improvement_measures.c


async def open_by_hand(ctx: Context, body: NewInternalCycle) -> Accepted:
    """Another cycle of this local year, or the first one where none is open yet."""
    if (answered := await ctx.given()) is not None:
        return answered
    rulebook = await adopted(ctx)
    year = local_date(ctx.at, resolve(rulebook).zone).year
    last = await ctx.row(select(func.max(_C.number).label("number")).select_from(internal_cycles.table).where(_C.year == year))
    return await open_cycle(ctx, rulebook, year, ((last and last["number"]) or 0) + 1, body.reason)


async def open_cycle(ctx: Context, rulebook: RulebookRef, year: int, number: int, reason: str | None = None) -> Accepted:
    """Opens a cycle with every measure that is not done in a cycle that has come to the control of its plan, or was closed before."""
    id_ = internal_cycle_id(year, number)
    reported = await ctx.row(select(func.max(_C.finalised_on).label("day")).select_from(internal_cycles.table))
    undone = await _undone(ctx)
    command = ctx.command(
        of.OpenInternalCycle,
        cycle_id=id_,
        rulebook=rulebook,
        year=year,
        number=number,
        carried=tuple(_carried(row) for row in undone),
        takes_over=tuple(dict.fromkeys(row["cycle_id"] for row in undone)),
        previous_report_on=reported["day"] if reported else None,
        reason=reason,
    )
    return await ctx.execute(INTERNAL_CYCLE, id_, command, create=True)


async def _undone(ctx: Context) -> Sequence[RowMapping]:
    had_by = and_(_C.agency == _M.agency, _C.cycle_id == _M.cycle_id, _C.stage.in_(["control", "closed"]))
    query = select(improvement_measures.table).where(_M.status != "done", select(_C.cycle_id).where(had_by).exists())
    return await ctx.rows(query.order_by(_M.adopted_on, _M.measure_id))


def _carried(row: RowMapping) -> CarriedMeasure:
    told = {name: row[name] for name in ("measure_id", "measure", "responsible", "due_on")}
    return CarriedMeasure(**told, cycle_id=row["planned_in"], finding_id=row["removes"][0] if row["removes"] else None)


async def adopt_plan(ctx: Context, id_: str, body: NewInternalPlan) -> Accepted:
    """The monitoring plan of a cycle."""
    state = await existing(ctx, id_)
    told = {name: tuple(each.model_dump() for each in getattr(body, name)) for name in ("activities", "stages", "unused_methods")}
    return await ctx.execute(
        INTERNAL_CYCLE, id_, ctx.command(of.AdoptInternalPlan, **told, reason=body.reason, body=await _body(ctx, state))
    )


async def record_finding(ctx: Context, id_: str, body: NewFinding) -> Accepted:
    """What the commission found."""
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.RecordInternalFinding, **dict(body)))


async def determine(ctx: Context, id_: str, body: NewFulfilment) -> Accepted:
    """How far an earlier recommendation was fulfilled."""
    state = await existing(ctx, id_)
    known = await recommended(ctx, state)
    return await ctx.execute(
        INTERNAL_CYCLE, id_, ctx.command(of.DetermineFulfilment, source=known.sources.get(body.recommendation_id), **dict(body))
    )


async def end_collecting(ctx: Context, id_: str) -> Accepted:
    """Counts what was collected, and ends the collecting."""
    return await ctx.execute(INTERNAL_CYCLE, id_, await collecting(ctx, await existing(ctx, id_)))


async def collecting(ctx: Context, state: InternalCycle) -> of.EndCollecting:
    """The command by what there is now."""
    found = await collected(ctx, state)
    return ctx.command(of.EndCollecting, uses=found.uses, groups=found.groups)


async def conclude_analysis(ctx: Context, id_: str, body: NewCycleAnalysis) -> Accepted:
    """Key problems and trends."""
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.ConcludeInternalAnalysis, **dict(body)))


async def draft_report(ctx: Context, id_: str, body: NewReportDraft) -> Accepted:
    """A version of the report: as the commission has it, or written from the agency's own events and what was collected."""
    if body.sections is not None:
        return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.DraftInternalReport, sections=body.sections))
    if (answered := await ctx.given()) is not None:
        return answered
    written, figures = await generate(ctx, await existing(ctx, id_), body.language)
    told = {"figures": kept(figures), "figures_as_of": figures.last}
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.DraftInternalReport, sections=written, generated=True, **told))


async def finalise_report(ctx: Context, id_: str, body: NewFinalReport) -> Accepted:
    """The last version becomes final."""
    return await ctx.execute(INTERNAL_CYCLE, id_, await finalising(ctx, await existing(ctx, id_), body))


async def finalising(ctx: Context, state: InternalCycle, body: NewFinalReport) -> of.FinaliseInternalReport:
    """The command by what is determined now."""
    known = await recommended(ctx, state)
    return ctx.command(of.FinaliseInternalReport, undetermined=known.undetermined, **dict(body))


async def hold_meeting(ctx: Context, id_: str, body: NewGeneralMeeting) -> Accepted:
    """The team discussed the result."""
    state = await existing(ctx, id_)
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.HoldGeneralMeeting, **dict(body), body=await _body(ctx, state)))


async def adopt_improvement_plan(ctx: Context, id_: str, body: NewImprovementPlan) -> Accepted:
    """The plan of measures of a cycle; their ids are the agency's."""
    state = await existing(ctx, id_)
    measures = tuple(ImprovementMeasure(**dict(each)) for each in body.measures)
    taken = [row["measure_id"] for row in await ctx.rows(select(_M.measure_id).where(_M.planned_in != id_))]
    told = {"measures": measures, "taken": frozenset(taken), "body": await _body(ctx, state)}
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.AdoptImprovementPlan, **told))


async def control_measure(ctx: Context, id_: str, body: NewControl) -> Accepted:
    """A member of the commission looked at a measure; without a name it is the caller."""
    state = await existing(ctx, id_)
    told = {**dict(body), "controlled_by": body.controlled_by or ctx.actor, "body": await _body(ctx, state)}
    goes_on_in = (await homes(ctx, state)).get(body.measure_id)
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.ControlImprovementMeasure, **told, goes_on_in=goes_on_in))


async def move_measure(ctx: Context, id_: str, body: NewMeasureMove) -> Accepted:
    """Another day, or another person."""
    state = await existing(ctx, id_)
    told = {**dict(body), "body": await _body(ctx, state), "goes_on_in": (await homes(ctx, state)).get(body.measure_id)}
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.MoveImprovementMeasure, **told))


async def close_by_hand(ctx: Context, id_: str, body: NewInternalClosing) -> Accepted:
    """A person closes a cycle; what is not done goes on in the next one."""
    return await ctx.execute(INTERNAL_CYCLE, id_, ctx.command(of.CloseInternalCycle, outcome=body.reason))


async def close_for_lifecycle(ctx: Context, request: contract.CloseInternalCycle) -> InternalCycleStanding:
    """Closes a cycle; for one that is closed nothing follows."""
    if (await existing(ctx, request.cycle_id)).closed is None:
        command = ctx.command(of.CloseInternalCycle, outcome=request.outcome, carried_into=request.carried_into)
        await ctx.execute(INTERNAL_CYCLE, request.cycle_id, command)
    return await standing(ctx, request.cycle_id)


async def standing(ctx: Context, id_: str) -> InternalCycleStanding:
    """How a cycle stands, for its lifecycle."""
    state = await existing(ctx, id_)
    where = await homes(ctx, state)
    return InternalCycleStanding(
        cycle_id=id_,
        year=state.terms.year,
        stages=state.plan.stages if state.plan else (),
        open_measures=tuple(each.carried() for each in state.open_measures if where.get(each.measure_id, id_) == id_),
        planned=state.plan is not None,
        collected=state.collected is not None,
        analysed=state.analysed is not None,
        reported=state.final is not None,
        discussed=state.meeting is not None,
        improving=state.improvement is not None,
        closed=state.closed is not None,
    )


async def correct(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Corrects a fact of a cycle."""
    state = await existing(ctx, id_)
    today = local_date(ctx.at, resolve(state.terms.rulebook).zone)
    return await ctx.correct(corrections(today), id_, body, today)


async def homes(ctx: Context, state: InternalCycle) -> Mapping[str, str]:
    """Each measure of a cycle with the cycle that it belongs to by now."""
    rows = await ctx.rows(select(_M.measure_id, _M.cycle_id).where(_M.measure_id.in_(list(state.measures))))
    return {row["measure_id"]: row["cycle_id"] for row in rows}


async def existing(ctx: Context, id_: str) -> InternalCycle:
    """A cycle; NotFound."""
    state, version = await ctx.load(INTERNAL_CYCLE, id_)
    if not version:
        raise NotFound(f"there is no cycle of internal monitoring {id_}")
    return state


async def _body(ctx: Context, state: InternalCycle) -> Body:
    return await body_of(ctx, local_date(ctx.at, resolve(state.terms.rulebook).zone))
