"""Intake's commands about the register of organisations that are attested: load, decide, append."""

from typing import Any

from sqlalchemy import or_, select

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Invalid, NotFound
from chassis.text import pointer
from regulations import RulebookRef, RulebookUnknown, load, local_date, resolve
from services.intake.domain import attested
from services.intake.domain.adoption import ADOPTION, adoption_id
from services.intake.domain.attested import ATTESTED, EnterSubject, RecordInterimControl, RemoveSubject
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.interim_control import CONTROL_LIMIT, LIMIT_CORRECTIONS, SetInterimControlLimit, SetLimit, limit_id
from services.intake.readmodels_attested import attested_subjects, control_limits
from services.intake.schemas_attested import InterimControl, NewControlLimit, NewSubject, SubjectRemoval


async def enter_subject(ctx: Context, body: NewSubject) -> Accepted:
    """Enters an organisation that is registered as an institution, or describes it anew."""
    known, version = await ctx.load(INSTITUTION, body.institution_id)
    if not version:
        raise NotFound(f"there is no institution {body.institution_id}; register it first")
    ref = attested_rulebook(body.rulebook_id, body.rulebook_version)
    found = await _row(ctx, body.institution_id)
    command = ctx.command(
        EnterSubject,
        rulebook=ref,
        adopted=await is_adopted(ctx, ref),
        attested_here_on=found["attested_here_on"] if found else None,
        institution_closed_on=known.closed_on,
        **body.model_dump(exclude={"rulebook_id", "rulebook_version", "specialties"}),
        specialties=body.specialties,
    )
    return await ctx.execute(ATTESTED, body.institution_id, command, create=found is None)


async def remove_subject(ctx: Context, institution_id: str, body: SubjectRemoval) -> Accepted:
    """Takes an organisation out of the register."""
    found = await _row(ctx, institution_id)
    still = found["open_attestation_id"] if found else None
    return await ctx.execute(ATTESTED, institution_id, ctx.command(RemoveSubject, open_attestation_id=still, **body.model_dump()))


async def record_interim_control(ctx: Context, institution_id: str, body: InterimControl) -> Accepted:
    """Records a control, measured by the limit of its level and year, or by that of all levels."""
    found = await _row(ctx, institution_id)
    limit = await _limit(ctx, found["rulebook_id"], body) if found else None
    return await ctx.execute(ATTESTED, institution_id, ctx.command(RecordInterimControl, limit=limit, **body.model_dump()))


async def set_interim_control_limit(ctx: Context, body: NewControlLimit) -> Accepted:
    """Sets the limit of a year and level."""
    ref = attested_rulebook(body.rulebook_id, body.rulebook_version)
    named = limit_id(ctx.agency, ref.id, body.year, body.level)
    told = body.model_dump(exclude={"rulebook_id", "rulebook_version"})
    command = ctx.command(SetInterimControlLimit, limit_id=named, rulebook=ref, adopted=await is_adopted(ctx, ref), **told)
    return await ctx.execute(CONTROL_LIMIT, named, command, create=True)


async def correct_subject(ctx: Context, institution_id: str, body: Correction) -> Accepted:
    """Puts the days that were told of an organisation right."""
    found = await _row(ctx, institution_id)
    if found is None:
        raise NotFound(f"there is no organisation {institution_id} in the register")
    today = local_date(ctx.at, resolve(RulebookRef.model_validate(found["rulebook"])).zone)
    return await ctx.correct(attested.corrections(today, found["attested_here_on"]), institution_id, body, today)


async def correct_limit(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Puts the act of a limit right."""
    state, _ = await ctx.load(CONTROL_LIMIT, id_)
    if state.fact is None:
        raise NotFound(f"there is no limit {id_}")
    return await ctx.correct(LIMIT_CORRECTIONS, id_, body, local_date(ctx.at, resolve(state.fact.rulebook).zone))


async def is_adopted(ctx: Context, ref: RulebookRef) -> bool:
    """Whether the agency has taken a rulebook as its own."""
    state, _ = await ctx.load(ADOPTION, adoption_id(ctx.agency, ref))
    return state.adopted


def attested_rulebook(rulebook_id: str, version: str | None) -> RulebookRef:
    """The rulebook of an attestation by its name. Invalid where it is none, or of another procedure."""
    try:
        rules = load(rulebook_id, version)
    except RulebookUnknown as unknown:
        raise Invalid("there is no such rulebook", [{"pointer": pointer("rulebook_id"), "detail": str(unknown)}]) from None
    if rules.procedure != "attestation":
        fault = {"pointer": pointer("rulebook_id"), "detail": f"This is a rulebook of another procedure: {rules.procedure}."}
        raise Invalid(f"{rulebook_id} governs no attestation", [fault])
    return rules.ref


async def _row(ctx: Context, institution_id: str) -> Any:
    return await ctx.row(select(attested_subjects.table).where(attested_subjects.c.institution_id == institution_id))


async def _limit(ctx: Context, rulebook_id: str, body: InterimControl) -> SetLimit | None:
    c = control_limits.c
    query = select(control_limits.table).where(c.rulebook_id == rulebook_id, c.year == body.year)
    rows = await ctx.rows(query.where(or_(c.level == body.level, c.level.is_(None))))
    found = next(iter(sorted(rows, key=lambda row: row["level"] is None)), None)
    return SetLimit(found["limit_id"], found["most_failed"], found["unit"]) if found else None
