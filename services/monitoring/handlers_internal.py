"""Monitoring's commands on the agency's own procedure of internal monitoring: the regulation, the staff, the standing commission."""

from datetime import date

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Conflict, Invalid, NotFound
from regulations import Rulebook, RulebookRef, RulebookUnknown, load, local_date, resolve
from regulations.library import library
from services.monitoring.domain import internal_commission, internal_staff
from services.monitoring.domain.internal_commission import (
    COMMISSION_ID,
    INTERNAL_COMMISSION,
    ChangeInternalCommission,
    FormInternalCommission,
    Seat,
)
from services.monitoring.domain.internal_procedure import (
    INTERNAL_ID,
    INTERNAL_PROCEDURE,
    INTERNAL_PROCEDURE_CORRECTIONS,
    AdoptInternalMonitoring,
    AmendInternalRegulation,
)
from services.monitoring.domain.internal_rules import Body
from services.monitoring.domain.internal_staff import STAFF, LeaveStaff, RegisterStaff
from services.monitoring.readmodels_internal import staff
from services.monitoring.schemas_internal import (
    NewCommissionChange,
    NewInternalAmendment,
    NewInternalCommission,
    NewInternalProcedure,
    NewLeaving,
    NewStaff,
)


async def adopt(ctx: Context, body: NewInternalProcedure) -> Accepted:
    """Takes a regulation on internal monitoring as the agency's own."""
    rulebook = _shelved(body.rulebook_id, body.rulebook_version)
    told = body.model_dump(include={"approved_on", "act", "first_year"})
    return await ctx.execute(INTERNAL_PROCEDURE, INTERNAL_ID, ctx.command(AdoptInternalMonitoring, rulebook=rulebook, **told), create=True)


async def amend(ctx: Context, body: NewInternalAmendment) -> Accepted:
    """Changes the regulation; without a version the same text of the shelf goes on."""
    before = await adopted(ctx)
    rulebook = before if body.rulebook_version is None else _shelved(before.id, body.rulebook_version)
    told = body.model_dump(exclude={"rulebook_version"})
    return await ctx.execute(INTERNAL_PROCEDURE, INTERNAL_ID, ctx.command(AmendInternalRegulation, rulebook=rulebook, **told))


async def correct_procedure(ctx: Context, body: Correction) -> Accepted:
    """Corrects the act of an adoption or of an amendment."""
    _, today = await rules_today(ctx)
    return await ctx.correct(INTERNAL_PROCEDURE_CORRECTIONS, INTERNAL_ID, body, today)


async def register_staff(ctx: Context, body: NewStaff) -> Accepted:
    """Enters somebody under the id that his tokens name."""
    command = ctx.command(RegisterStaff, today=await local_today(ctx), **body.model_dump())
    return await ctx.execute(STAFF, body.staff_id, command, create=True)


async def staff_leaves(ctx: Context, id_: str, body: NewLeaving) -> Accepted:
    """Somebody works for the agency no more."""
    return await ctx.execute(STAFF, id_, ctx.command(LeaveStaff, today=await local_today(ctx), left_on=body.left_on))


async def correct_staff(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Corrects a day of the register of staff."""
    today = await local_today(ctx)
    return await ctx.correct(internal_staff.corrections(today), id_, body, today)


async def form_commission(ctx: Context, body: NewInternalCommission) -> Accepted:
    """Forms the standing commission by the regulation that is adopted."""
    command = ctx.command(
        FormInternalCommission,
        rulebook=await adopted(ctx),
        members=tuple(Seat(each.staff_id, each.head) for each in body.members),
        staff=await working(ctx),
        **body.model_dump(exclude={"members"}),
    )
    return await ctx.execute(INTERNAL_COMMISSION, COMMISSION_ID, command, create=True)


async def change_commission(ctx: Context, body: NewCommissionChange) -> Accepted:
    """Members join or leave."""
    command = ctx.command(
        ChangeInternalCommission,
        joined=tuple(Seat(each.staff_id, each.head) for each in body.joined),
        staff=await working(ctx),
        **body.model_dump(exclude={"joined"}),
    )
    return await ctx.execute(INTERNAL_COMMISSION, COMMISSION_ID, command)


async def correct_commission(ctx: Context, body: Correction) -> Accepted:
    """Corrects a fact of the commission."""
    _, today = await rules_today(ctx)
    return await ctx.correct(internal_commission.corrections(today), COMMISSION_ID, body, today)


async def adopted(ctx: Context) -> RulebookRef:
    """The regulation by now; Conflict where the agency has adopted none."""
    state, _ = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    if state.rulebook is None:
        raise Conflict("the agency has adopted no regulation on internal monitoring: POST /v1/internal-monitoring first")
    return state.rulebook


async def rules_today(ctx: Context) -> tuple[Rulebook, date]:
    """The adopted rulebook, and the local day by it; NotFound where the agency has adopted none."""
    state, _ = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    if state.rulebook is None:
        raise NotFound("the agency has adopted no regulation on internal monitoring")
    rules = resolve(state.rulebook)
    return rules, local_date(ctx.at, rules.zone)


async def working(ctx: Context) -> frozenset[str]:
    """Who works for the agency."""
    return frozenset(row["staff_id"] for row in await ctx.rows(select(staff.c.staff_id).where(staff.c.works)))


async def body_of(ctx: Context, today: date) -> Body:
    """Who works for the agency, and who sits in the commission that stands."""
    commission, _ = await ctx.load(INTERNAL_COMMISSION, COMMISSION_ID)
    return Body(await working(ctx), commission.ids if commission.stands(today) else frozenset())


async def local_today(ctx: Context) -> date:
    """The local day by the adopted regulation; where none is adopted yet, the day in UTC."""
    state, _ = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    return local_date(ctx.at, resolve(state.rulebook).zone) if state.rulebook else ctx.at.date()


def _shelved(id_: str, version: str | None) -> RulebookRef:
    try:
        return load(id_, version).ref
    except RulebookUnknown:
        pointer = "#/rulebook_version" if id_ in library() else "#/rulebook_id"
        raise Invalid(
            "no such rulebook", errors=[{"pointer": pointer, "detail": "a rulebook and a version that are on the shelf"}]
        ) from None
