"""Monitoring's routes for cycles of internal monitoring, from the plan to the control of the improvement. No rule lives here."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, local_date, resolve
from services.monitoring import handlers_internal_cycle as handlers
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain import internal_rules
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE
from services.monitoring.domain.internal_measures import check_some_here
from services.monitoring.domain.internal_state import InternalCycle
from services.monitoring.handlers_internal import body_of
from services.monitoring.internal_collected import recommended
from services.monitoring.readmodels_internal import improvement_measures, internal_cycles
from services.monitoring.schemas_internal import (
    InternalCycleDetail,
    InternalCycleItem,
    MeasureItem,
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

router = APIRouter(prefix="/v1")

READERS = [Role.coordinator, Role.director, Role.auditor]
AGENCY = [Role.coordinator, Role.director]
DIRECTOR = [Role.director]

_C, _M = internal_cycles.c, improvement_measures.c
CYCLES_BY = sorting("year", [_C.year, _C.number, _C.opened_on, _C.stage], _C.cycle_id)
MEASURES_BY = sorting("adopted_on", [_M.adopted_on, _M.status, _M.responsible, _M.measure_id], _M.measure_id)
CYCLE = "/internal-cycles/{internal_cycle_id}"


@get(router, "/internal-cycles", roles=READERS, response_model=page_model(InternalCycleItem))
async def list_internal_cycles(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(CYCLES_BY)],
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    stage: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The cycles of the agency's monitoring of itself."""
    query = narrowed(select(internal_cycles.table), ((_C.year, year), (_C.stage, stage)))
    return await page_of(ctx, query, keys=order, model=InternalCycleItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/improvement-measures", roles=READERS, response_model=page_model(MeasureItem))
async def list_improvement_measures(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(MEASURES_BY)],
    cycle_id: Named = None,
    responsible: Named = None,
    status: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The measures of improvement of all cycles, as they stand and where they go on."""
    query = narrowed(select(improvement_measures.table), ((_M.cycle_id, cycle_id), (_M.responsible, responsible), (_M.status, status)))
    return await page_of(ctx, query, keys=order, model=MeasureItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, CYCLE, roles=READERS, response_model=InternalCycleDetail)
async def read_internal_cycle(ctx: Reading, internal_cycle_id: Id, request: Request, response: Response) -> Any:
    """One cycle with its plan, what was found and collected, its report, and how far its measures are."""
    found = await ctx.row(select(internal_cycles.table).where(_C.cycle_id == internal_cycle_id))
    if found is None:
        raise NotFound(f"there is no cycle of internal monitoring {internal_cycle_id}")
    etag(response, found["version"])
    state = await handlers.existing(ctx, internal_cycle_id)
    rules = resolve(state.terms.rulebook)
    collecting = await handlers.collecting(ctx, state)
    known = await recommended(ctx, state)
    measures = await ctx.rows(
        select(improvement_measures.table).where(_M.measure_id.in_(list(state.measures))).order_by(_M.adopted_on, _M.measure_id)
    )
    has = {each.section for each in state.drafts[-1].sections} if state.drafts else set()
    barred = await _barred(ctx, state, rules, collecting)
    return InternalCycleDetail(
        **found,
        allowed_actions=allowed_actions(
            request, router, INTERNAL_CYCLE, state, rules, ids={"internal_cycle_id": internal_cycle_id}, barred=barred, regulation=rules
        ),
        plan=state.plan,
        plans=list(state.plans),
        findings=list(state.findings),
        fulfilments=list(state.fulfilments.values()),
        undetermined=list(known.undetermined),
        collected=state.collected,
        uses=collecting.uses,
        analysis=state.analysed,
        drafts=list(state.drafts),
        missing_sections=[each for each in internal_rules.required(rules, internal_rules.REPORT) if each not in has],
        final=state.final,
        meeting=state.meeting,
        carried=[each.measure_id for each in state.terms.carried],
        measures=[MeasureItem(**row) for row in measures],
        controls=list(state.controls),
        moves=list(state.moves),
        closing=state.closed,
    )


async def _barred(
    ctx: Context, state: InternalCycle, rules: Rulebook, collecting: of.EndCollecting
) -> Mapping[type[Command], Problem | None]:
    """What the commission, the registers and later cycles say."""
    body = await body_of(ctx, local_date(ctx.at, rules.zone))
    none_stands = problem_of(internal_rules.check_commission, rules, body)
    gone = problem_of(check_some_here, state, await handlers.homes(ctx, state)) if state.open_measures else None
    final = await handlers.finalising(ctx, state, NewFinalReport())
    return {
        of.AdoptInternalPlan: none_stands,
        of.ControlImprovementMeasure: none_stands or gone,
        of.MoveImprovementMeasure: gone,
        of.EndCollecting: problem_of(_decide, collecting, state, rules),
        of.FinaliseInternalReport: problem_of(_decide, final, state, rules),
    }


def _decide(command: Command, state: InternalCycle, rules: Rulebook) -> None:
    INTERNAL_CYCLE.decide(command, state, rules)


@get(router, CYCLE + "/history", roles=READERS, response_model=list[HistoryEntry])
async def internal_cycle_history(ctx: Reading, internal_cycle_id: Id) -> Any:
    """Every fact of a cycle, oldest first."""
    state = await handlers.existing(ctx, internal_cycle_id)
    return await history(ctx, INTERNAL_CYCLE, internal_cycle_id, resolve(state.terms.rulebook))


@post(router, "/internal-cycles", roles=AGENCY, status=201, if_match=False)
async def open_internal_cycle(ctx: Commanding, body: NewInternalCycle) -> Accepted:
    """Opens another cycle of this year by hand; the text sets no upper limit (ARTKI, 3.1)."""
    return await handlers.open_by_hand(ctx, body)


@post(router, CYCLE + "/plans", roles=AGENCY, command=of.AdoptInternalPlan)
async def adopt_internal_plan(ctx: Commanding, internal_cycle_id: Id, body: NewInternalPlan) -> Accepted:
    """Records the commission's monitoring plan, or another round of it (ARTKI, 3.2.s2, 3.3.1, 3.3.2)."""
    return await handlers.adopt_plan(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/findings", roles=AGENCY, command=of.RecordInternalFinding)
async def record_internal_finding(ctx: Commanding, internal_cycle_id: Id, body: NewFinding) -> Accepted:
    """Records what the commission found, tied to goals and tasks (ARTKI, 1.2, 2.1, 2.2, 3.3.3)."""
    return await handlers.record_finding(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/fulfilments", roles=AGENCY, command=of.DetermineFulfilment)
async def determine_fulfilment(ctx: Commanding, internal_cycle_id: Id, body: NewFulfilment) -> Accepted:
    """Records how far a recommendation of an earlier check was fulfilled (ARTKI, 2.2.3)."""
    return await handlers.determine(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/collection", roles=AGENCY, command=of.EndCollecting)
async def end_collecting(ctx: Commanding, internal_cycle_id: Id) -> Accepted:
    """Ends the collecting of information, and counts what was collected (ARTKI, 3.3.2, 6.1.s1)."""
    return await handlers.end_collecting(ctx, internal_cycle_id)


@post(router, CYCLE + "/analysis", roles=AGENCY, command=of.ConcludeInternalAnalysis)
async def conclude_internal_analysis(ctx: Commanding, internal_cycle_id: Id, body: NewCycleAnalysis) -> Accepted:
    """Ends the analysis with key problems and trends (ARTKI, 3.3.3)."""
    return await handlers.conclude_analysis(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/report-drafts", roles=AGENCY, command=of.DraftInternalReport)
async def draft_internal_report(ctx: Commanding, internal_cycle_id: Id, body: NewReportDraft) -> Accepted:
    """Records a version of the report (ARTKI, 3.3.4)."""
    return await handlers.draft_report(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/final-report", roles=AGENCY, command=of.FinaliseInternalReport)
async def finalise_internal_report(ctx: Commanding, internal_cycle_id: Id, body: NewFinalReport) -> Accepted:
    """Makes the last version of the report final; with it the cycle was held in the year of this day (ARTKI, 3.1, 3.3.4)."""
    return await handlers.finalise_report(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/meetings", roles=AGENCY, command=of.HoldGeneralMeeting)
async def hold_general_meeting(ctx: Commanding, internal_cycle_id: Id, body: NewGeneralMeeting) -> Accepted:
    """Records the general meeting that discussed the result (ARTKI, 4.1)."""
    return await handlers.hold_meeting(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/improvement-plans", roles=AGENCY, command=of.AdoptImprovementPlan)
async def adopt_improvement_plan(ctx: Commanding, internal_cycle_id: Id, body: NewImprovementPlan) -> Accepted:
    """Records the plan of measures with the persons responsible (ARTKI, 4.2, 4.3.s1)."""
    return await handlers.adopt_improvement_plan(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/controls", roles=AGENCY, command=of.ControlImprovementMeasure)
async def control_improvement_measure(ctx: Commanding, internal_cycle_id: Id, body: NewControl) -> Accepted:
    """Records what a member of the commission saw of a measure (ARTKI, 4.3.s2)."""
    return await handlers.control_measure(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/measure-moves", roles=AGENCY, command=of.MoveImprovementMeasure)
async def move_improvement_measure(ctx: Commanding, internal_cycle_id: Id, body: NewMeasureMove) -> Accepted:
    """Gives a measure another day or another person (ARTKI, 4.3.s1)."""
    return await handlers.move_measure(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/closing", roles=DIRECTOR, command=of.CloseInternalCycle)
async def close_internal_cycle(ctx: Commanding, internal_cycle_id: Id, body: NewInternalClosing) -> Accepted:
    """Closes a cycle by hand; what is not done goes on in the next one (ARTKI, 4.3.s2)."""
    return await handlers.close_by_hand(ctx, internal_cycle_id, body)


@post(router, CYCLE + "/corrections", roles=DIRECTOR)
async def correct_internal_cycle(ctx: Commanding, internal_cycle_id: Id, body: Correction) -> Accepted:
    """Corrects words of findings, analysis and meeting, and the day of the meeting."""
    return await handlers.correct(ctx, internal_cycle_id, body)
