"""Council's routes that read appeals. An appeal stands in the stream of its case: what is done to it is done to the case."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.context import Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of
from regulations import resolve
from services.council import actions, api
from services.council.api_remedies import with_commissions
from services.council.domain.consideration import CONSIDERATION
from services.council.readmodels import appeals, considerations
from services.council.schemas import AppealDetail, AppealOfCase

router = APIRouter(prefix="/v1")

_A = appeals.c
APPEALS_BY = sorting("filed_on", [_A.filed_on, _A.institution_id, _A.case_id, _A.appeal_id], _A.appeal_id)


@get(router, "/appeals", roles=api.INVOLVED, response_model=page_model(AppealOfCase))
async def list_appeals(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Annotated[str | None, Query(max_length=80)] = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    decided: Annotated[bool | None, Query(description="Only those that are decided, or only those that are not")] = None,
    *,
    order: Annotated[Order, Depends(APPEALS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Appeals by the day of filing; an institution's officer sees its own."""
    c = appeals.c
    query = narrowed(
        select(appeals.table), ((c.case_id, case_id), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution))
    )
    if decided is not None:
        query = query.where(c.decided_on.is_not(None) if decided else c.decided_on.is_(None))
    return await page_of(ctx, query, keys=order, model=AppealOfCase, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/appeals/{appeal_id}", roles=api.INVOLVED, response_model=AppealDetail)
async def read_appeal(ctx: Reading, appeal_id: Id, request: Request, response: Response) -> Any:
    """One appeal with its commission; its ETag is that of its case."""
    found = await _appeal(ctx, appeal_id)
    of_case = await ctx.row(select(considerations.c.version).where(considerations.c.case_id == found["case_id"]))
    version = of_case["version"] if of_case else found["version"]
    etag(response, version)
    (shown,) = await with_commissions(ctx, [found])
    open_now = await actions.of_appeal(request, api.ROUTERS, ctx, found)
    return AppealDetail.model_validate({**shown, "version": version, "allowed_actions": open_now})


@get(router, "/appeals/{appeal_id}/history", roles=api.AGENCY, response_model=list[HistoryEntry])
async def appeal_history(ctx: Reading, appeal_id: Id) -> Any:
    """The facts of its case that are about the appeal, oldest first."""
    found = await _appeal(ctx, appeal_id)
    state, _ = await ctx.load(CONSIDERATION, found["case_id"])
    entries = await history(ctx, CONSIDERATION, found["case_id"], resolve(state.opened.rulebook) if state.opened else None)
    about = {entry.version for entry in entries if entry.data.get("appeal_id") == appeal_id}
    return [entry for entry in entries if entry.version in about or ("corrects" in entry.data and entry.data["version"] in about)]


async def _appeal(ctx: Context, appeal_id: str) -> dict[str, Any]:
    found = await ctx.row(select(appeals.table).where(appeals.c.appeal_id == appeal_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no appeal {appeal_id}")
    return dict(found)
