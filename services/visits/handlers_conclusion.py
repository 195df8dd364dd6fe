"""Commands on conclusions of attestation commissions and on checks at the end of a suspension: load, decide, append."""

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.ids import derived_id
from chassis.problems import Invalid, NotFound
from regulations import local_date, resolve
from services.visits import contract
from services.visits.contract import ControlFigures
from services.visits.domain import recheck
from services.visits.domain.commission import ATTESTATION_VISIT
from services.visits.domain.commission_rules import testing_replaced
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.conclusion import CONCLUSION, DrawUpConclusion, HandOverSecondCopy, SignConclusion, check_right
from services.visits.domain.conclusion_rules import Attested, must_belong, must_chair
from services.visits.domain.recheck import RECHECK, FormRecheckCommission, HoldRecheck, OpenRecheck
from services.visits.handlers import known_to_pool
from services.visits.readmodels_control import controls
from services.visits.schemas_conclusion import NewConclusion, NewRecheckCommission, NewSignature, RecheckFindings, SecondCopy


async def attested(ctx: Context, attestation_id: str) -> Attested:
    """What the commission's work tells its conclusion. NotFound where no commission was to be formed."""
    state, _ = await ctx.load(ATTESTATION_VISIT, attestation_id)
    if state.rulebook is None:
        raise NotFound(f"there is no attestation {attestation_id}")
    return seen(state)


def seen(state: AttestationVisit) -> Attested:
    """The commission as its conclusion sees it."""
    assert state.rulebook is not None
    return Attested(
        attestation_id=state.attestation_id,
        institution_id=state.institution_id,
        rulebook=state.rulebook,
        arts=state.arts,
        specialties=tuple(each.code for each in state.specialties),
        whole=state.whole,
        testing_replaced=testing_replaced(state.levels),
        chair_id=state.chair_id,
        members=tuple(member.expert_id for member in state.members),
        ended_on=state.ended_on,
    )


async def draw_up_conclusion(ctx: Context, attestation_id: str, body: NewConclusion) -> Accepted:
    """Takes the chair's conclusion, with the figures of the controls that are concluded by now."""
    of = await attested(ctx, attestation_id)
    if not coordinates(ctx):
        must_chair(of, ctx.actor)
    _, there = await ctx.load(CONCLUSION, attestation_id)
    told = {"figures": await figures_of(ctx, attestation_id), "sampled": await sampled(ctx, attestation_id)}
    command = ctx.command(DrawUpConclusion, attested=of, **told, **dict(body))
    return await ctx.execute(CONCLUSION, attestation_id, command, create=not there)


async def sign_conclusion(ctx: Context, attestation_id: str, body: NewSignature) -> Accepted:
    """Records a signature: an expert's own, or whose a coordinator has on paper."""
    of = await attested(ctx, attestation_id)
    who = body.expert_id or ctx.actor
    if not coordinates(ctx):
        must_belong(of, ctx.actor)
        if who != ctx.actor:
            raise _invalid("expert_id", "An expert signs for himself.")
    elif body.expert_id is None and who not in of.members:
        raise _invalid("expert_id", "Whose signature it is.")
    told = {"members": of.members, "sampled": await sampled(ctx, attestation_id), "signed_on": body.signed_on}
    command = ctx.command(SignConclusion, expert_id=who, **told)
    return await ctx.execute(CONCLUSION, attestation_id, command)


async def hand_over_second_copy(ctx: Context, attestation_id: str, body: SecondCopy) -> Accepted:
    """Records that the organisation has the second copy."""
    return await ctx.execute(CONCLUSION, attestation_id, ctx.command(HandOverSecondCopy, **dict(body)))


async def correct_conclusion(ctx: Context, attestation_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a conclusion right."""
    state, _ = await ctx.load(CONCLUSION, attestation_id)
    if state.rulebook is None:
        raise NotFound(f"no conclusion of attestation {attestation_id} is drawn up")
    on = local_date(ctx.at, resolve(state.rulebook).zone)
    ids = {"attestation_id": attestation_id}
    how = Correctable(CONCLUSION, contract.ConclusionCorrected, lambda _: ids, lambda right: check_right(right, on))
    return await ctx.correct(how, attestation_id, body, on)


async def open_recheck(ctx: Context, request: contract.OpenRecheck) -> Accepted:
    """Opens the check at the end of a suspension, once."""
    recheck_id = derived_id("recheck", request.attestation_id)
    told = {name: value for name, value in request if name != "agency"}
    _, there = await ctx.load(RECHECK, recheck_id)
    return await ctx.execute(RECHECK, recheck_id, ctx.command(OpenRecheck, recheck_id=recheck_id, **told), create=not there)


async def form_recheck_commission(ctx: Context, recheck_id: str, body: NewRecheckCommission) -> Accepted:
    """Forms the commission of the check of experts of the pool."""
    known = await known_to_pool(ctx, [member.expert_id for member in body.members])
    command = ctx.command(FormRecheckCommission, known=frozenset(known["affiliations"]), **dict(body))
    return await ctx.execute(RECHECK, recheck_id, command)


async def hold_recheck(ctx: Context, recheck_id: str, body: RecheckFindings) -> Accepted:
    """Takes what the commission of the check found: from its chair, or by the coordinator as it came on paper."""
    command = ctx.command(HoldRecheck, **dict(body))
    guard = None if coordinates(ctx) else lambda state: recheck.must_chair(state, ctx.actor)
    return await ctx.execute(RECHECK, recheck_id, command, guard=guard)


async def correct_recheck(ctx: Context, recheck_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a check right."""
    state, _ = await ctx.load(RECHECK, recheck_id)
    if state.opened is None:
        raise NotFound(f"there is no check {recheck_id}")
    on = local_date(ctx.at, resolve(state.opened.rulebook).zone)
    how = Correctable(RECHECK, contract.RecheckCorrected, lambda _: {"recheck_id": recheck_id}, recheck.check_right)
    return await ctx.correct(how, recheck_id, body, on)


def coordinates(ctx: Context) -> bool:
    """Whether the caller records for others what came on paper."""
    return ctx.principal is not None and ctx.principal.has(Role.coordinator)


async def sampled(ctx: Context, attestation_id: str) -> dict[str, str]:
    """The controls of an attestation whose sample is drawn, with what is controlled."""
    c = controls.c
    query = select(c.control_id, c.unit).where(c.attestation_id == attestation_id, c.drawn_on.is_not(None)).order_by(c.control_id)
    return {row["control_id"]: row["unit"] for row in await ctx.rows(query)}


async def figures_of(ctx: Context, attestation_id: str) -> tuple[ControlFigures, ...]:
    """The figures of the controls that are concluded by now."""
    c = controls.c
    columns = [controls.table.c[name] for name in ControlFigures.model_fields]
    query = select(*columns).where(c.attestation_id == attestation_id, c.concluded_on.is_not(None)).order_by(c.control_id)
    return tuple(ControlFigures.model_validate(dict(row)) for row in await ctx.rows(query))


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, [{"pointer": f"#/{field}", "detail": detail}])
