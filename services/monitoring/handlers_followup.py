"""Monitoring's commands on follow-ups. What has begun of each, and what its certificate has become, is gathered here as facts."""

import asyncio
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Invalid, NotFound
from regulations import RulebookRef, RulebookUnknown, load, local_date, resolve
from regulations.library import library
from services.monitoring import contract
from services.monitoring.contract import DirectorAlerted, FollowUpTerms
from services.monitoring.domain import followup as of
from services.monitoring.domain import profile
from services.monitoring.domain.deadline import DEADLINE, AdoptVersion
from services.monitoring.domain.followup import FOLLOWUP, Parts, corrections
from services.monitoring.domain.followup_state import FollowUp
from services.monitoring.domain.plan import PLAN, plan_id
from services.monitoring.domain.plan_guards import stands
from services.monitoring.domain.procedure import PROCEDURE, PROCEDURE_ID, ChooseProcedure
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.readmodels_plan import plans
from services.monitoring.schemas_followup import (
    NewAdoption,
    NewClassification,
    NewExpectedDate,
    NewLetter,
    NewProcedure,
)


async def choose_procedure(ctx: Context, body: NewProcedure) -> Accepted:
    """Certificates of these accreditations are followed up under a rulebook, those in force among them."""
    rulebook = _shelved(body.rulebook_id, body.rulebook_version)
    procedures = {id_: versions[-1].procedure for id_, versions in library().items()}
    command = ctx.command(ChooseProcedure, rulebook=rulebook, accreditations=body.accreditations, procedures=procedures, reason=body.reason)
    return await ctx.execute(PROCEDURE, PROCEDURE_ID, command, create=True)


async def classify(ctx: Context, id_: str, body: NewClassification) -> Accepted:
    """A person says of what kind the accreditation is."""
    return await ctx.execute(FOLLOWUP, id_, ctx.command(of.Classify, **dict(body), parts=await parts_of(ctx, id_)))


async def send_letter(ctx: Context, id_: str, body: NewLetter) -> Accepted:
    """Records the letter on the council's decision."""
    return await ctx.execute(FOLLOWUP, id_, ctx.command(of.SendLetter, **dict(body)))


async def set_expected_date(ctx: Context, id_: str, body: NewExpectedDate) -> Accepted:
    """The agency says when it expects a cycle's monitoring."""
    return await ctx.execute(FOLLOWUP, id_, ctx.command(of.SetExpectedDate, **dict(body), parts=await parts_of(ctx, id_)))


async def adopt_rulebook(ctx: Context, id_: str, body: NewAdoption) -> Accepted:
    """The follow-up goes on under another version; what is open of its deadlines is computed anew."""
    state, version = await ctx.load(FOLLOWUP, id_)
    if not version:
        raise NotFound(f"there is no follow-up {id_}")
    rulebook = _shelved(state.rules.id, body.rulebook_version)
    command = ctx.command(of.AdoptRulebook, rulebook=rulebook, reason=body.reason, parts=await parts_of(ctx, id_))
    accepted = await ctx.execute(FOLLOWUP, id_, command)
    await adopt_for_deadlines(ctx, id_)
    return accepted


async def adopt_for_deadlines(ctx: Context, id_: str) -> int:
    """Computes every open deadline of a follow-up by the version that it runs under; how many. What is so already stays as it is."""
    state, _ = await ctx.load(FOLLOWUP, id_)
    if not state.adopted:
        return 0
    c = deadlines.c
    open_still = select(c.deadline_id).where(c.case_id == id_, c.state.in_(["open", "suspended"]), c.source != "contract")
    done = 0
    for row in await ctx.rows(open_still.where(c.rulebook != state.rules.model_dump())):
        alone = ctx.apart()
        command = alone.command(AdoptVersion, rulebook=state.rules, reason=state.adopted[-1].reason)
        accepted = await alone.execute(DEADLINE, row["deadline_id"], command)
        done += bool(accepted.events)
    return done


async def correct(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Corrects a fact of a follow-up."""
    state, version = await ctx.load(FOLLOWUP, id_)
    if not version:
        raise NotFound(f"there is no follow-up {id_}")
    today = local_date(ctx.at, resolve(state.rules).zone)
    return await ctx.correct(corrections(today), id_, body, today)


async def alert_director(ctx: Context, request: contract.AlertDirector) -> DirectorAlerted | None:
    """The director is told of a missed deadline, once; of one that was met or moved meanwhile nothing is told."""
    missed, version = await ctx.load(DEADLINE, request.deadline_id)
    if version and missed.standing == "missed":
        terms = missed.set_terms
        told = {"deadline_id": terms.deadline_id, "rule": terms.rule, "clause": terms.clause, "binds": terms.binds}
        missed_on = local_date(missed.due_at, terms.zone)
        await ctx.execute(FOLLOWUP, request.followup_id, ctx.command(of.AlertDirector, **told, missed_on=missed_on))
    state, _ = await ctx.load(FOLLOWUP, request.followup_id)
    return next((alert for alert in state.alerts if alert.deadline_id == request.deadline_id), None)


async def read_followup(ctx: Context, request: contract.ReadFollowUp) -> FollowUpTerms:
    """What the rulebook of a follow-up asks for by its kind."""
    state, version = await ctx.load(FOLLOWUP, request.followup_id)
    if not version:
        raise NotFound(f"there is no follow-up {request.followup_id}")
    return terms_of(state)


def terms_of(state: FollowUp) -> FollowUpTerms:
    """By the version that it runs under now."""
    rules = resolve(state.rules)
    return FollowUpTerms(
        rulebook=state.rules,
        kind=state.kind,
        panel=state.terms.panel,
        case_officer=state.terms.case_officer,
        valid_until=state.valid_until,
        expected=state.expected_days,
        **profile.terms_of(rules, state.kind, state.recommendations),
    )


async def parts_of(ctx: Context, id_: str) -> Parts:
    """What has begun of one follow-up."""
    return (await parts(ctx, [id_]))[id_]


async def parts(ctx: Context, ids: Sequence[str]) -> Mapping[str, Parts]:
    """What has begun of each of these follow-ups: the last cycle, the plan, the lifecycles under way."""
    if not ids:
        return {}
    c = cycles.c
    rows = await ctx.rows(select(c.followup_id, c.cycle, c.cycle_id, c.closed_on).where(c.followup_id.in_(ids)))
    asked = [row["followup_id"] for row in await ctx.rows(select(plans.c.followup_id).where(plans.c.followup_id.in_(ids)))]
    under_way = dict(zip(asked, await asyncio.gather(*(_plan_is_under_way(ctx, id_) for id_ in asked)), strict=True))
    opened: dict[str, list[RowMapping]] = {id_: [] for id_ in ids}
    for row in rows:
        opened[row["followup_id"]].append(row)
    found = {}
    for id_, own in opened.items():
        running = [plan_id(id_)] * under_way.get(id_, False) + [row["cycle_id"] for row in own if row["closed_on"] is None]
        found[id_] = Parts(max((row["cycle"] for row in own), default=0), id_ in under_way, tuple(running))
    return found


async def _plan_is_under_way(ctx: Context, id_: str) -> bool:
    """Whether the lifecycle of a plan that is awaited or there goes on still."""
    plan, _ = await ctx.load(PLAN, plan_id(id_))
    return not stands(plan, resolve(plan.terms.rulebook))


def _shelved(id_: str, version: str | None) -> RulebookRef:
    try:
        return load(id_, version).ref
    except RulebookUnknown:
        pointer = "#/rulebook_version" if id_ in library() else "#/rulebook_id"
        detail = "a rulebook and a version that are on the shelf"
        raise Invalid("no such rulebook", errors=[{"pointer": pointer, "detail": detail}]) from None
