"""Monitoring's routes: the deadline register, and what a person may change in it. No rule lives here."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted
from chassis.problems import NotFound
from chassis.text import IsoDate
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, post
from regulations import RulebookRef, calendar_for, resolve
from regulations.values import Country
from services.monitoring import handlers
from services.monitoring.domain.deadline import DEADLINE
from services.monitoring.readmodels import deadlines
from services.monitoring.schemas import DeadlineDetail, DeadlineItem, DeadlineState, Extension, Withdrawal

router = APIRouter(prefix="/v1")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.auditor]

Named = Annotated[str | None, Query(max_length=80)]


@get(router, "/deadlines", roles=INVOLVED, response_model=page_model(DeadlineItem))
async def list_deadlines(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Named = None,
    institution_id: Named = None,
    state: DeadlineState | None = None,
    binds: Named = None,
    due_before: Annotated[IsoDate | None, Query(description="Due on an earlier day than this")] = None,
    due_after: Annotated[IsoDate | None, Query(description="Due on a later day than this")] = None,
    outdated: Annotated[bool | None, Query(description="Computed by another calendar than its country's present one")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The deadline register by due date; an institution's officer sees what belongs to its own cases."""
    c = deadlines.c
    query = select(deadlines.table)
    wanted = (
        (c.case_id, case_id),
        (c.institution_id, institution_id),
        (c.institution_id, ctx.own_institution),
        (c.state, state),
        (c.binds, binds),
    )
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if due_before is not None:
        query = query.where(c.due_on < due_before)
    if due_after is not None:
        query = query.where(c.due_on > due_after)
    if outdated is not None:
        present = c.calendar_version.in_([calendar_for(country).version for country in get_args(Country)])
        query = query.where(~present if outdated else present)
    keys = [c.due_on, c.deadline_id]
    return await page_of(ctx, query, keys=keys, model=DeadlineItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/deadlines/{deadline_id}", roles=INVOLVED, response_model=DeadlineDetail)
async def read_deadline(ctx: Reading, deadline_id: Id, response: Response) -> Any:
    """One deadline, with the wording behind it."""
    found = await ctx.row(select(deadlines.table).where(deadlines.c.deadline_id == deadline_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no deadline {deadline_id}")
    term = resolve(RulebookRef.model_validate(found["rulebook"])).terms[found["rule"]]
    etag(response, found["version"])
    return DeadlineDetail.model_validate({**found, "names": term.names.model_dump(), "quote": dict(term.quote)})


@get(router, "/deadlines/{deadline_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def deadline_history(ctx: Reading, deadline_id: Id) -> Any:
    """Every fact of a deadline, oldest first."""
    state, version = await ctx.load(DEADLINE, deadline_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no deadline {deadline_id}")
    return await history(ctx, DEADLINE, deadline_id)


@post(router, "/deadlines/{deadline_id}/extension", roles=[Role.director, Role.coordinator])
async def extend_deadline(ctx: Commanding, deadline_id: Id, body: Extension) -> Accepted:
    """Moves an open deadline forward, with a reason. The lifecycle that waits for it moves its timer."""
    return await handlers.extend_deadline(ctx, deadline_id, body)


@post(router, "/deadlines/{deadline_id}/recomputation", roles=[Role.director, Role.coordinator])
async def recompute_deadline(ctx: Commanding, deadline_id: Id) -> Accepted:
    """Computes an open deadline anew after its calendar has changed: a religious date was announced, a day moved by decree."""
    return await handlers.recompute_deadline(ctx, deadline_id)


@post(router, "/deadlines/{deadline_id}/withdrawal", roles=[Role.director])
async def withdraw_deadline(ctx: Commanding, deadline_id: Id, body: Withdrawal) -> Accepted:
    """Takes an open deadline away, with a reason. It no longer binds anybody."""
    return await handlers.withdraw_deadline(ctx, deadline_id, body)
