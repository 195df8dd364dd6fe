"""Council's routes for resolutions on follow-ups: parse, call a handler or a query, answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.council import actions
from services.council import handlers_resolutions as handlers
from services.council.domain.resolution import RESOLUTION, AdoptResolution, DeliverResolution, PublishInformation, notice_due
from services.council.readmodels_resolutions import resolutions
from services.council.schemas_resolutions import (
    NewPublication,
    ResolutionAdoption,
    ResolutionDelivery,
    ResolutionDetail,
    ResolutionItem,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.council_member, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]
ONE = "/resolutions/{decision_id}"

_C = resolutions.c
RESOLUTIONS_BY = sorting("opened_on", [_C.opened_on, _C.valid_until, _C.institution_id, _C.rulebook_id, _C.decision_id], _C.decision_id)


@post(router, f"{ONE}/adoption", roles=[Role.coordinator, Role.director], command=AdoptResolution)
async def adopt_resolution(ctx: Commanding, decision_id: Id, body: ResolutionAdoption) -> Accepted:
    """Records what the council decided on a follow-up at a meeting, with the count (Sapattuu Bilim, 2.5.p4, 3.2.s1, 3.3)."""
    return await handlers.adopt_resolution(ctx, decision_id, body)


@post(router, f"{ONE}/delivery", roles=[Role.coordinator], command=DeliverResolution)
async def deliver_resolution(ctx: Commanding, decision_id: Id, body: ResolutionDelivery) -> Accepted:
    """Records that the institution has the council's decision (Sapattuu Bilim, 3.4)."""
    return await handlers.deliver_resolution(ctx, decision_id, body)


@post(router, f"{ONE}/publication", roles=[Role.director], command=PublishInformation)
async def publish_information(ctx: Commanding, decision_id: Id, body: NewPublication) -> Accepted:
    """Records that the information stands on the agency's site, in the text that the caller approves (Sapattuu Bilim, 3.3.a)."""
    return await handlers.publish_information(ctx, decision_id, body)


@post(router, f"{ONE}/corrections", roles=[Role.director])
async def correct_resolution(ctx: Commanding, decision_id: Id, body: Correction) -> Accepted:
    """Corrects numbers of papers and days of letters; never a vote, a decision, or the day from which a term runs."""
    return await handlers.correct_resolution(ctx, decision_id, body)


@get(router, "/resolutions", roles=INVOLVED, response_model=page_model(ResolutionItem))
async def list_resolutions(
    ctx: Reading,
    request: Request,
    response: Response,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    certificate_id: Annotated[str | None, Query(max_length=80)] = None,
    followup_id: Annotated[str | None, Query(max_length=80)] = None,
    cycle_id: Annotated[str | None, Query(max_length=80)] = None,
    adopted: Annotated[bool | None, Query(description="Only those that are adopted, or only those that wait for the council")] = None,
    *,
    order: Annotated[Order, Depends(RESOLUTIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Follow-ups before the council, and what it decided, by the day they came to it; an institution's officer sees its own."""
    c = resolutions.c
    wanted = (
        (c.institution_id, institution_id),
        (c.institution_id, ctx.own_institution),
        (c.certificate_id, certificate_id),
        (c.followup_id, followup_id),
        (c.cycle_id, cycle_id),
    )
    query = narrowed(select(resolutions.table), wanted)
    if adopted is not None:
        query = query.where(c.adopted_on.is_not(None) if adopted else c.adopted_on.is_(None))
    return await page_of(ctx, query, keys=order, model=ResolutionItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, ONE, roles=INVOLVED, response_model=ResolutionDetail)
async def read_resolution(ctx: Reading, decision_id: Id, request: Request, response: Response) -> Any:
    """One resolution."""
    found = await ctx.row(select(resolutions.table).where(resolutions.c.decision_id == decision_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no resolution {decision_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(RESOLUTION, decision_id)
    told: dict[str, Any] = {"notice_due_on": None, "in_time": None, "recused": found["recused"] if ctx.own_institution is None else None}
    due = notice_due(resolve(state.adopted.rulebook), state.adopted.adopted_on) if state.adopted else None
    if due is not None:
        told["notice_due_on"] = due.due_on
        told["in_time"] = state.delivered.delivered_on <= due.due_on if state.delivered else None
    told["allowed_actions"] = actions.of_resolution(request, [router], state)
    return ResolutionDetail.model_validate({**found, **told})


@get(router, f"{ONE}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def resolution_history(ctx: Reading, decision_id: Id) -> Any:
    """Every fact of a resolution, oldest first."""
    state, known = await ctx.load(RESOLUTION, decision_id)
    if not known:
        raise NotFound(f"there is no resolution {decision_id}")
    return await history(ctx, RESOLUTION, decision_id, resolve(state.opened.rulebook) if state.opened else None)
