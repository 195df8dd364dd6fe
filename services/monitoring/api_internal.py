"""Monitoring's routes for the agency's procedure of internal monitoring: regulation, staff, commission. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import local_date, resolve
from services.monitoring import handlers_internal as handlers
from services.monitoring.domain import internal_commission as commissions
from services.monitoring.domain import internal_procedure as procedures
from services.monitoring.domain import internal_staff as people
from services.monitoring.domain.internal_commission import COMMISSION_ID, INTERNAL_COMMISSION
from services.monitoring.domain.internal_procedure import INTERNAL_ID, INTERNAL_PROCEDURE
from services.monitoring.domain.internal_staff import STAFF
from services.monitoring.internal_collected import trained
from services.monitoring.readmodels_internal import internal_cycles, staff
from services.monitoring.schemas_internal import (
    InternalCommissionDetail,
    InternalProcedureDetail,
    NewCommissionChange,
    NewInternalAmendment,
    NewInternalCommission,
    NewInternalProcedure,
    NewLeaving,
    NewStaff,
    StaffDetail,
    StaffItem,
    YearHeld,
)

router = APIRouter(prefix="/v1")

READERS = [Role.coordinator, Role.director, Role.auditor]
AGENCY = [Role.coordinator, Role.director]
DIRECTOR = [Role.director]

_S, _C = staff.c, internal_cycles.c
STAFF_BY = sorting("staff_id", [_S.staff_id, _S.post, _S.joined_on], _S.staff_id)


@get(router, "/internal-monitoring", roles=READERS, response_model=InternalProcedureDetail)
async def read_internal_monitoring(ctx: Reading, request: Request, response: Response) -> Any:
    """The regulation on internal monitoring, and how each year since the first stands: held, open, missed (3.1)."""
    state, version = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    rules, today = await handlers.rules_today(ctx)
    adopted = state.adopted
    assert adopted
    etag(response, version)
    rows = await ctx.rows(select(_C.cycle_id, _C.year, _C.number, _C.report_year, _C.finalised_on).order_by(_C.year, _C.number))
    reports = [row["report_year"] for row in rows if row["report_year"] is not None]
    last = max((row["finalised_on"] for row in rows if row["finalised_on"] is not None), default=None)
    warns, trainings = procedures.warns_from(rules, last), await trained(ctx)
    held = procedures.years(rules, adopted.first_year, today, reports, [row["year"] for row in rows])
    cycles = {each.year: [row["cycle_id"] for row in rows if row["year"] == each.year] for each in held}
    return InternalProcedureDetail(
        rulebook=rules.ref,
        **adopted.model_dump(include={"approved_on", "act", "first_year", "adopted_on"}),
        amendments=list(state.amendments),
        years=[YearHeld(**vars(each), trainings=trainings[each.year], cycles=cycles[each.year]) for each in held],
        last_report_on=last,
        year_since_report=warns,
        warning=warns is not None and today > warns,
        allowed_actions=allowed_actions(request, router, INTERNAL_PROCEDURE, state, rules, ids={}, regulation=rules),
        version=version,
    )


@get(router, "/internal-monitoring/history", roles=READERS, response_model=list[HistoryEntry])
async def internal_monitoring_history(ctx: Reading) -> Any:
    """Every fact of the regulation, oldest first."""
    rules, _ = await handlers.rules_today(ctx)
    return await history(ctx, INTERNAL_PROCEDURE, INTERNAL_ID, rules)


@post(router, "/internal-monitoring", roles=DIRECTOR, if_match=False)
async def adopt_internal_monitoring(ctx: Commanding, body: NewInternalProcedure) -> Accepted:
    """Takes a regulation on internal monitoring as the agency's own, in force from its approval (ARTKI, 3.1, 5.2)."""
    return await handlers.adopt(ctx, body)


@post(router, "/internal-monitoring/amendments", roles=DIRECTOR, command=procedures.AmendInternalRegulation)
async def amend_internal_regulation(ctx: Commanding, body: NewInternalAmendment) -> Accepted:
    """Records a change of the regulation; open cycles keep the version that they have (ARTKI, 5.1)."""
    return await handlers.amend(ctx, body)


@post(router, "/internal-monitoring/corrections", roles=DIRECTOR)
async def correct_internal_monitoring(ctx: Commanding, body: Correction) -> Accepted:
    """Corrects the act of the adoption or of an amendment."""
    return await handlers.correct_procedure(ctx, body)


@get(router, "/staff", roles=READERS, response_model=page_model(StaffItem))
async def list_staff(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(STAFF_BY)],
    works: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The register of staff, those who left among them."""
    query = narrowed(select(staff.table), ((_S.works, works),))
    return await page_of(ctx, query, keys=order, model=StaffItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/staff/{staff_id}", roles=READERS, response_model=StaffDetail)
async def read_staff(ctx: Reading, staff_id: Id, request: Request, response: Response) -> Any:
    """Somebody of the register of staff."""
    found = await ctx.row(select(staff.table).where(_S.staff_id == staff_id))
    if found is None:
        raise NotFound(f"nobody of the staff is {staff_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(STAFF, staff_id)
    return StaffDetail(**found, allowed_actions=allowed_actions(request, router, STAFF, state, None, ids={"staff_id": staff_id}))


@get(router, "/staff/{staff_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def staff_history(ctx: Reading, staff_id: Id) -> Any:
    """Every fact of somebody of the staff, oldest first."""
    state, _ = await ctx.load(STAFF, staff_id)
    if state.registered is None:
        raise NotFound(f"nobody of the staff is {staff_id}")
    return await history(ctx, STAFF, staff_id)


@post(router, "/staff", roles=AGENCY, status=201, if_match=False)
async def register_staff(ctx: Commanding, body: NewStaff) -> Accepted:
    """Enters somebody in the register of staff; who left and comes again is entered again."""
    return await handlers.register_staff(ctx, body)


@post(router, "/staff/{staff_id}/leaving", roles=AGENCY, command=people.LeaveStaff)
async def staff_leaves(ctx: Commanding, staff_id: Id, body: NewLeaving) -> Accepted:
    """Records that somebody works for the agency no more."""
    return await handlers.staff_leaves(ctx, staff_id, body)


@post(router, "/staff/{staff_id}/corrections", roles=DIRECTOR)
async def correct_staff(ctx: Commanding, staff_id: Id, body: Correction) -> Accepted:
    """Corrects the day on which somebody joined or left."""
    return await handlers.correct_staff(ctx, staff_id, body)


@get(router, "/internal-commission", roles=READERS, response_model=InternalCommissionDetail)
async def read_internal_commission(ctx: Reading, request: Request, response: Response) -> Any:
    """The standing commission of internal monitoring."""
    state, version = await ctx.load(INTERNAL_COMMISSION, COMMISSION_ID)
    formed = state.formed
    if formed is None or state.since is None:
        raise NotFound("no commission of internal monitoring was formed")
    etag(response, version)
    rules, working = resolve(formed.rulebook), await handlers.working(ctx)
    return InternalCommissionDetail(
        **formed.model_dump(include={"formed_on", "formed_by", "order_number", "until"}),
        rulebook=formed.rulebook,
        members=list(state.members),
        stands=state.stands(local_date(ctx.at, rules.zone)),
        outsiders=sorted(state.ids - working),
        changes=state.changes,
        since=state.since,
        allowed_actions=allowed_actions(request, router, INTERNAL_COMMISSION, state, rules, ids={}, regulation=rules),
        version=version,
    )


@get(router, "/internal-commission/history", roles=READERS, response_model=list[HistoryEntry])
async def internal_commission_history(ctx: Reading) -> Any:
    """Every fact of the commission, oldest first."""
    state, _ = await ctx.load(INTERNAL_COMMISSION, COMMISSION_ID)
    if state.formed is None:
        raise NotFound("no commission of internal monitoring was formed")
    return await history(ctx, INTERNAL_COMMISSION, COMMISSION_ID, resolve(state.formed.rulebook))


@post(router, "/internal-commission", roles=DIRECTOR, if_match=False)
async def form_internal_commission(ctx: Commanding, body: NewInternalCommission) -> Accepted:
    """Forms the standing commission of the agency's staff; one that stands gives way (ARTKI, 3.2.s1)."""
    return await handlers.form_commission(ctx, body)


@post(router, "/internal-commission/changes", roles=DIRECTOR, command=commissions.ChangeInternalCommission)
async def change_internal_commission(ctx: Commanding, body: NewCommissionChange) -> Accepted:
    """Members join or leave the commission (ARTKI, 3.2.s1, 4.3.s2)."""
    return await handlers.change_commission(ctx, body)


@post(router, "/internal-commission/corrections", roles=DIRECTOR)
async def correct_internal_commission(ctx: Commanding, body: Correction) -> Accepted:
    """Corrects order number or day of the commission's forming."""
    return await handlers.correct_commission(ctx, body)
