"""Review's routes about the self-assessment materials of state attestations (attestation, p. 15). No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import RulebookRef, latest_day, resolve
from services.review import handlers_materials
from services.review.domain.materials import (
    CONTENTS,
    MATERIALS,
    AnalyseMaterials,
    ReceiveMaterials,
    TellMissingParts,
    named_missing,
)
from services.review.readmodels_materials import material_rounds, materials
from services.review.schemas_materials import (
    MaterialsAnalysis,
    MaterialsDetail,
    MaterialsItem,
    MaterialsReceipt,
    MaterialsStage,
    MissingNotice,
)

router = APIRouter(prefix="/v1")

PATH = "/attestation-materials"
BODY = [Role.authorised_body_officer, Role.coordinator, Role.director]
INVOLVED = [Role.institution_officer, *BODY, Role.auditor]

_C = materials.c
MATERIALS_BY = sorting(
    "starts_on",
    [_C.starts_on, _C.awaited_on, _C.institution_id, _C.rulebook_id, _C.stage, _C.attestation_id],
    _C.attestation_id,
)


@post(router, f"{PATH}/{{attestation_id}}/receipts", roles=[Role.institution_officer, Role.coordinator], command=ReceiveMaterials)
async def receive_materials(ctx: Commanding, attestation_id: Id, body: MaterialsReceipt) -> Accepted:
    """Takes self-assessment materials, whole or in part; what lacks is named (attestation, p. 15)."""
    return await handlers_materials.receive_materials(ctx, attestation_id, body)


@post(router, f"{PATH}/{{attestation_id}}/missing-notice", roles=BODY, command=TellMissingParts)
async def tell_missing_parts(ctx: Commanding, attestation_id: Id, body: MissingNotice) -> Accepted:
    """Tells the organisation which parts lack (attestation, p. 15)."""
    return await handlers_materials.tell_missing_parts(ctx, attestation_id, body)


@post(router, f"{PATH}/{{attestation_id}}/analysis", roles=BODY, command=AnalyseMaterials)
async def analyse_materials(ctx: Commanding, attestation_id: Id, body: MaterialsAnalysis) -> Accepted:
    """Records the authorised body's analysis of the materials (attestation, p. 15)."""
    return await handlers_materials.analyse_materials(ctx, attestation_id, body)


@post(router, f"{PATH}/{{attestation_id}}/corrections", roles=[Role.director])
async def correct_materials(ctx: Commanding, attestation_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of the materials right, for a reason."""
    return await handlers_materials.correct_materials(ctx, attestation_id, body)


@get(router, PATH, roles=INVOLVED, response_model=page_model(MaterialsItem))
async def list_materials(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: MaterialsStage | None = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(MATERIALS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Materials by the start of their attestation; an institution's officer sees its own."""
    query = narrowed(select(materials.table), ((_C.stage, stage), (_C.institution_id, institution_id)))
    query = narrowed(query, ((_C.institution_id, ctx.own_institution),))
    return await page_of(ctx, query, keys=order, model=MaterialsItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, f"{PATH}/{{attestation_id}}", roles=INVOLVED, response_model=MaterialsDetail)
async def read_materials(ctx: Reading, attestation_id: Id, request: Request, response: Response) -> Any:
    """The materials of one attestation: what came in each round, what lacks, by when they are awaited, what the caller may do."""
    found = await _materials(ctx, attestation_id)
    etag(response, found["version"])
    state, _ = await ctx.load(MATERIALS, attestation_id)
    rules = resolve(RulebookRef.model_validate(found["rulebook"]))
    c = material_rounds.c
    rounds = await ctx.rows(select(material_rounds.table).where(c.attestation_id == attestation_id).order_by(c.round))
    told = {
        "due_on": latest_day(rules, CONTENTS, found["starts_on"]) if CONTENTS in rules.terms else None,
        "lacking": named_missing(rules, found["missing"]),
        "received": [dict(row) for row in rounds],
        "allowed_actions": allowed_actions(
            request, router, MATERIALS, state, rules, ids={"attestation_id": attestation_id}, regulation=rules
        ),
    }
    return MaterialsDetail.model_validate({**found, **told})


@get(router, f"{PATH}/{{attestation_id}}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def materials_history(ctx: Reading, attestation_id: Id) -> Any:
    """Every fact of the materials of an attestation, oldest first."""
    found = await _materials(ctx, attestation_id)
    return await history(ctx, MATERIALS, attestation_id, resolve(RulebookRef.model_validate(found["rulebook"])))


async def _materials(ctx: Context, attestation_id: str) -> RowMapping:
    found = await ctx.row(select(materials.table).where(_C.attestation_id == attestation_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there are no materials of attestation {attestation_id}")
    return found
