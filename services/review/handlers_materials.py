"""Review's commands about the self-assessment materials of state attestations: load, decide, append."""

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Forbidden, NotFound
from regulations import local_date, resolve
from services.review import contract
from services.review.domain.materials import (
    MATERIALS,
    AnalyseMaterials,
    AwaitMaterials,
    CloseMaterials,
    Materials,
    ReceiveMaterials,
    TellMissingParts,
    corrections,
)
from services.review.schemas_materials import MaterialsAnalysis, MaterialsReceipt, MissingNotice


async def open_materials(ctx: Context, request: contract.OpenMaterials) -> Accepted:
    """The materials of an attestation are awaited; once."""
    command = ctx.command(AwaitMaterials, **request.model_dump(exclude={"agency", "rulebook"}), rulebook=request.rulebook)
    return await ctx.execute(MATERIALS, request.attestation_id, command, create=True)


async def close_materials(ctx: Context, request: contract.CloseMaterials) -> None:
    """The attestation is over before its materials were needed."""
    _, version = await ctx.load(MATERIALS, request.attestation_id)
    if version:
        await ctx.execute(MATERIALS, request.attestation_id, ctx.command(CloseMaterials, reason=request.reason))


async def receive_materials(ctx: Context, attestation_id: str, body: MaterialsReceipt) -> Accepted:
    """Takes what the organisation sends, or records what came from it on paper."""
    who = ctx.principal

    def sent_now(state: Materials) -> None:
        ctx.guard_institution(state)
        if body.received_on is not None and who is not None and Role.coordinator not in who.roles:
            raise Forbidden("an organisation's officer sends what comes now; what came on paper before the coordinator records")

    command = ctx.command(ReceiveMaterials, parts=body.parts, documents=body.documents, on=body.received_on)
    return await ctx.execute(MATERIALS, attestation_id, command, guard=sent_now)


async def tell_missing_parts(ctx: Context, attestation_id: str, body: MissingNotice) -> Accepted:
    """Tells the organisation what lacks."""
    return await ctx.execute(MATERIALS, attestation_id, ctx.command(TellMissingParts, **body.model_dump()))


async def analyse_materials(ctx: Context, attestation_id: str, body: MaterialsAnalysis) -> Accepted:
    """Records the analysis."""
    return await ctx.execute(MATERIALS, attestation_id, ctx.command(AnalyseMaterials, analysis=body.analysis, document=body.document))


async def correct_materials(ctx: Context, attestation_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right."""
    state, _ = await ctx.load(MATERIALS, attestation_id)
    if state.awaited is None:
        raise NotFound(f"there are no materials of attestation {attestation_id}")
    on = local_date(ctx.at, resolve(state.awaited.rulebook).zone)
    return await ctx.correct(corrections(on), attestation_id, body, on)
