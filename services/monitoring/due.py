"""What of an agency's follow-ups is due by now: those to open, to follow, to end; plans to await; cycles whose window has come. And the
cycle of its internal monitoring of a year.

Each is a command of its own, many at a time; one that is refused holds up no other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sqlalchemy import Exists, and_, not_, or_, select, text
from sqlalchemy.engine import RowMapping

from chassis.context import Accepted, Context
from chassis.problems import Conflict, NotFound, Problem
from regulations import RulebookChanged, RulebookRef, RulebookUnknown, load, local_date, resolve
from regulations.library import library
from services.monitoring.contract import Due, FollowedRecommendation
from services.monitoring.domain import profile
from services.monitoring.domain.followup import FOLLOWUP, Certificate, FollowCertificate, OpenFollowUp, Parts, followup_id
from services.monitoring.handlers_cycle import open_cycle
from services.monitoring.handlers_followup import adopt_for_deadlines, parts
from services.monitoring.handlers_plan import await_plan
from services.monitoring.internal_due import cycles_to_open, next_cycle_at
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.readmodels_followup import ADOPTED, AWAITING, UNHEARD, agenda, followups, known_certificates, procedures
from services.monitoring.schemas_cycle import NewCycle, OpenCycleRequest
from services.monitoring.schemas_plan import AwaitPlanRequest

log = logging.getLogger(__name__)

MOST = 500

_A, _C, _D, _F, _K = agenda.c, cycles.c, deadlines.c, followups.c, known_certificates.c

Step = Callable[[], Awaitable[int]]


async def run_due(ctx: Context) -> Due:
    """Does what is due, at most `MOST` of each at a time; says how much, and when the next is due by itself."""
    done, more, left = 0, False, False
    for look in (_certificates, _plans, _cycles, _adoptions, cycles_to_open):
        steps = await look(ctx)
        made = await asyncio.gather(*(_alone(step) for step in steps))
        done += sum(each or 0 for each in made)
        left = left or None in made
        more = more or len(steps) >= MOST
    first = await ctx.row(select(_A.opens_at).where(not_(_begun())).order_by(_A.opens_at))
    coming = [at for at in (first and first["opens_at"], await next_cycle_at(ctx)) if at is not None]
    return Due(done=done, next_at=ctx.at if left else min(coming, default=None), more=more)


async def _alone(step: Step) -> int | None:
    """How many facts followed; None if it was refused for now, and so is due still."""
    try:
        return await step()
    except (Problem, RulebookChanged, RulebookUnknown) as problem:
        log.warning("what is due was not done: %s", problem)
        return None


async def _certificates(ctx: Context) -> list[Step]:
    """In one look: those that nobody follows yet, and those that have changed since."""
    chosen = {row["accreditation"]: RulebookRef.model_validate(row["rulebook"]) for row in await ctx.rows(select(procedures.table))}
    own = [id_ for id_, versions in library().items() if versions[-1].procedure == profile.FOLLOW_UP]
    today = min((local_date(ctx.at, load(id_).zone) for id_ in own), default=ctx.at.date())
    in_time = or_(_K.followed.is_not(None), _K.valid_until >= today)
    query = select(known_certificates.table).where(_K.rulebook_id.in_([*own, *chosen]), text(UNHEARD), in_time)
    rows = await ctx.rows(query.order_by(_K.rulebook_id, _K.certificate_id).limit(MOST))
    begun = await parts(ctx, [row["followup_id"] for row in rows if row["followed"]])
    return [_certificate(ctx, row, chosen, begun) for row in rows]


def _certificate(ctx: Context, row: RowMapping, chosen: Mapping[str, RulebookRef], begun: Mapping[str, Parts]) -> Step:

    async def open_() -> int:
        alone, id_ = ctx.apart(), followup_id(row["certificate_id"])
        rulebook = chosen.get(row["rulebook_id"]) or RulebookRef.model_validate(row["rulebook"])
        command = alone.command(OpenFollowUp, followup_id=id_, rulebook=rulebook, certificate=await _known(ctx, row, rulebook))
        return len((await alone.execute(FOLLOWUP, id_, command, create=True)).events)

    async def follow() -> int:
        alone, id_ = ctx.apart(), row["followup_id"]
        state, _ = await ctx.load(FOLLOWUP, id_)
        certificate = await _known(ctx, row, state.rules)
        command = alone.command(FollowCertificate, certificate=certificate, parts=begun[id_])
        return len((await alone.execute(FOLLOWUP, id_, command)).events)

    return follow if row["followed"] else open_


async def _known(ctx: Context, row: RowMapping, rulebook: RulebookRef) -> Certificate:
    """As council told of it; the certificate of a successor goes on with what was recommended to its predecessor."""
    names = [name for name in Certificate.__dataclass_fields__ if name in row and name not in ("scopes", "recommendations", "panel")]
    told = {name: row[name] for name in names if row[name] is not None}
    told |= {name: tuple(row[name]) for name in ("scopes", "panel") if row[name]}
    if row["recommendations"]:
        told["recommendations"] = tuple(FollowedRecommendation.model_validate(each) for each in row["recommendations"])
    if row["reissued_from"]:
        before, version = await ctx.load(FOLLOWUP, followup_id(row["reissued_from"]))
        if version:
            opened = before.terms
            kept = ("object", "programme", "level", "panel", "case_officer", "plan_received_on", "plan_accepted_on")
            earlier = {name: getattr(opened, name) for name in kept} | {"kind": before.kind, "recommendations": before.recommendations}
            told = {**earlier, "received_on": before.received_on, "contract_reference": before.contract_reference, **told}
    told.setdefault("object", profile.object_of(resolve(rulebook), row["scopes"] or ()))
    return Certificate(**told)


async def _plans(ctx: Context) -> list[Step]:
    rows = await ctx.rows(select(_F.followup_id).where(text(AWAITING)).limit(MOST))

    def step(id_: str) -> Step:
        async def await_() -> int:
            state, _ = await ctx.load(FOLLOWUP, id_)
            if state.ended:
                return 0
            of = AwaitPlanRequest(
                followup_id=id_,
                certificate_id=state.terms.certificate_id,
                institution_id=state.institution_id,
                rulebook=state.rules,
                kind=state.kind,
                recommendations=state.recommendations,
            )
            return len((await await_plan(ctx.apart(), of)).events)

        return await_

    return [step(row["followup_id"]) for row in rows]


async def _cycles(ctx: Context) -> list[Step]:
    query = select(agenda.table).where(_A.opens_at <= ctx.at, not_(_begun())).order_by(_A.opens_at).limit(MOST)

    async def step(row: RowMapping) -> int:
        accepted = await _open(ctx.apart(), row)
        return len(accepted.events) if accepted else 0

    return [partial(step, row) for row in await ctx.rows(query)]


async def begin_cycle(ctx: Context, body: NewCycle) -> Accepted:
    """Somebody comes before the window: the next cycle is open from now on (AAKR, II.4.e; Sapattuu Bilim, 2.5.p3: "not later than")."""
    state, version = await ctx.load(FOLLOWUP, body.followup_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no follow-up {body.followup_id}")
    if (answered := await ctx.given()) is not None:
        return answered
    under_way = await ctx.row(select(_C.cycle).where(_C.followup_id == body.followup_id, _C.closed_on.is_(None)))
    if under_way:
        raise Conflict(f"cycle {under_way['cycle']} is under way; its report comes first")
    query = select(agenda.table).where(_A.followup_id == body.followup_id, not_(_begun())).order_by(_A.cycle).limit(1)
    row = await ctx.row(query)
    accepted = await _open(ctx, row) if row else None
    if accepted is None:
        raise Conflict("no report is to come in this follow-up")
    return accepted


async def _open(ctx: Context, row: RowMapping) -> Accepted | None:
    state, _ = await ctx.load(FOLLOWUP, row["followup_id"])
    if state.ended:
        return None
    of = OpenCycleRequest(
        followup_id=row["followup_id"],
        certificate_id=state.terms.certificate_id,
        institution_id=state.institution_id,
        rulebook=state.rules,
        kind=state.kind,
        cycle=row["cycle"],
        period_from=row["period_from"],
        period_until=row["period_until"],
        expected_on=row["expected_on"],
        valid_until=state.valid_until,
    )
    return await open_cycle(ctx, of)


async def _adoptions(ctx: Context) -> list[Step]:
    """Open deadlines that rest on another version than their follow-up."""
    of = and_(_D.agency == _F.agency, _D.case_id == _F.followup_id)
    stale = and_(of, _D.state.in_(["open", "suspended"]), _D.source != "contract", _D.rulebook != _F.rulebook)
    rows = await ctx.rows(select(_F.followup_id).where(text(ADOPTED), select(_D.deadline_id).where(stale).exists()).limit(MOST))
    return [partial(adopt_for_deadlines, ctx, row["followup_id"]) for row in rows]


def _begun() -> Exists:
    """Whether a window's cycle is open already: a change of the follow-up may have shown it again."""
    return select(_C.cycle_id).where(_C.agency == _A.agency, _C.followup_id == _A.followup_id, _C.cycle == _A.cycle).exists()
