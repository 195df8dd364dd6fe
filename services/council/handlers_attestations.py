"""Commands on decisions on state attestations: load, decide, append. What visits told of the check is given to the decision as a fact."""

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.problems import NotFound
from regulations import local_date, resolve
from services.council import contract
from services.council.domain.attestation import (
    ATTESTATION_DECISION,
    DecideAttestation,
    EndLicenceSuspension,
    OpenAttestationDecision,
    Rechecked,
    ReferDeprivation,
    ReferFine,
    RestoreLicence,
    SuspendLicence,
    TellAttestationDecision,
    check_right,
)
from services.council.readmodels_attestations import rechecked
from services.council.schemas_attestations import (
    AttestationNotice,
    LicenceRestoration,
    NewAttestationDecision,
    NewDeprivationReferral,
    NewFineReferral,
    NewLicenceSuspension,
)


async def open_attestation_decision(ctx: Context, request: contract.OpenAttestationDecision) -> Accepted:
    """Awaits the decision on an attestation; once."""
    _, there = await ctx.load(ATTESTATION_DECISION, request.attestation_id)
    command = ctx.command(OpenAttestationDecision, **{name: value for name, value in request if name != "agency"})
    return await ctx.execute(ATTESTATION_DECISION, request.attestation_id, command, create=not there)


async def decide_attestation(ctx: Context, attestation_id: str, body: NewAttestationDecision) -> Accepted:
    """Records the order."""
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, ctx.command(DecideAttestation, **dict(body)))


async def tell_attestation_decision(ctx: Context, attestation_id: str, body: AttestationNotice) -> Accepted:
    """Records the letter to the organisation."""
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, ctx.command(TellAttestationDecision, **dict(body)))


async def suspend_licence(ctx: Context, attestation_id: str, body: NewLicenceSuspension) -> Accepted:
    """Records the suspension."""
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, ctx.command(SuspendLicence, **dict(body)))


async def refer_fine(ctx: Context, attestation_id: str, body: NewFineReferral) -> Accepted:
    """Records the referral of a fine."""
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, ctx.command(ReferFine, **dict(body)))


async def end_licence_suspension(ctx: Context, step: contract.EndLicenceSuspension) -> Accepted:
    """Its last day is over; told again, nothing follows."""
    return await ctx.execute(ATTESTATION_DECISION, step.attestation_id, ctx.command(EndLicenceSuspension))


async def restore_licence(ctx: Context, attestation_id: str, body: LicenceRestoration) -> Accepted:
    """Restores the licence on what the check found."""
    command = ctx.command(RestoreLicence, rechecked=await recheck_of(ctx, attestation_id), **dict(body))
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, command)


async def refer_deprivation(ctx: Context, attestation_id: str, body: NewDeprivationReferral) -> Accepted:
    """Refers the licence to the procedure of the law."""
    command = ctx.command(ReferDeprivation, rechecked=await recheck_of(ctx, attestation_id), **dict(body))
    return await ctx.execute(ATTESTATION_DECISION, attestation_id, command)


async def correct_attestation_decision(ctx: Context, attestation_id: str, body: Correction) -> Accepted:
    """Puts a number of a paper or the day of a letter right."""
    state, _ = await ctx.load(ATTESTATION_DECISION, attestation_id)
    if state.opened is None:
        raise NotFound(f"no decision on attestation {attestation_id} is awaited")
    on = local_date(ctx.at, resolve(state.opened.rulebook).zone)
    ids = {"attestation_id": attestation_id}
    kind = contract.AttestationDecisionCorrected
    how = Correctable(ATTESTATION_DECISION, kind, lambda _: ids, lambda right: check_right(right, on))
    return await ctx.correct(how, attestation_id, body, on)


async def recheck_of(ctx: Context, attestation_id: str) -> Rechecked | None:
    """What the check at the end of the suspension found; None before visits has told it."""
    c = rechecked.c
    row = await ctx.row(select(c.recheck_id, c.verdict, c.held_on).where(c.attestation_id == attestation_id))
    return Rechecked(row["recheck_id"], row["verdict"], row["held_on"]) if row else None
