"""Monitoring's routes: the deadline register, and what a person may change in it. No rule lives here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import and_, or_, select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import IsoDate
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import RulebookRef, calendar_for, resolve
from regulations.values import Country
from services.monitoring import handlers
from services.monitoring.contract import Source, step_of
from services.monitoring.domain.deadline import DEADLINE, ExtendDeadline, RecomputeDeadline, WithdrawDeadline
from services.monitoring.readmodels import deadlines
from services.monitoring.schemas import DeadlineDetail, DeadlineItem, DeadlineState, Extension, Withdrawal

router = APIRouter(prefix="/v1")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.auditor]

BY = sorting("due_on", [deadlines.c.due_on, deadlines.c.late_days, deadlines.c.state, deadlines.c.binds], deadlines.c.deadline_id)


@get(router, "/deadlines", roles=INVOLVED, response_model=page_model(DeadlineItem))
async def list_deadlines(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BY)],
    case_id: Named = None,
    institution_id: Named = None,
    state: DeadlineState | None = None,
    binds: Named = None,
    source: Source | None = None,
    due_before: Annotated[IsoDate | None, Query(description="Due on an earlier day than this")] = None,
    due_after: Annotated[IsoDate | None, Query(description="Due on a later day than this")] = None,
    late_by: Annotated[
        int | None, Query(ge=1, le=36_500, description="Late by so many days or more: when it was met, or by now if it is not met")
    ] = None,
    outdated: Annotated[bool | None, Query(description="Computed by another calendar than its country's present one")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The deadline register by due date; an institution's officer sees what belongs to its own cases."""
    c = deadlines.c
    wanted = (
        (c.case_id, case_id),
        (c.institution_id, institution_id),
        (c.institution_id, ctx.own_institution),
        (c.state, state),
        (c.binds, binds),
        (c.source, source),
    )
    query = narrowed(select(deadlines.table), wanted)
    if due_before is not None:
        query = query.where(c.due_on < due_before)
    if due_after is not None:
        query = query.where(c.due_on > due_after)
    if late_by is not None:
        by_now = and_(c.state.in_(["open", "missed"]), c.due_at <= ctx.at - timedelta(days=late_by - 1))
        query = query.where(or_(c.late_days >= late_by, by_now))
    if outdated is not None:
        present = c.calendar_version.in_([calendar_for(country).version for country in get_args(Country)])
        query = query.where(and_(~present, c.source != "contract") if outdated else or_(present, c.source == "contract"))
    return await page_of(ctx, query, keys=order, model=DeadlineItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/deadlines/{deadline_id}", roles=INVOLVED, response_model=DeadlineDetail)
async def read_deadline(ctx: Reading, deadline_id: Id, request: Request, response: Response) -> Any:
    """One deadline, with the wording behind it."""
    found = await ctx.row(select(deadlines.table).where(deadlines.c.deadline_id == deadline_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no deadline {deadline_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(DEADLINE, deadline_id)
    rules = resolve(state.rulebook)
    actions = allowed_actions(request, router, DEADLINE, state, rules, ids={"deadline_id": deadline_id}, regulation=rules)
    return DeadlineDetail.model_validate({**found, **_wording(dict(found)), "allowed_actions": actions})


def _wording(of: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The names and the quotation of a term; of a day that the contract sets, the step's names and what the text says of such days."""
    rules = resolve(RulebookRef.model_validate(of["rulebook"]))
    if of["source"] == "contract":
        names = [stage.names for stage in rules.stages if stage.id == step_of(of["rule"])]
        quote = rules.clauses[of["clause"]].quote if of["clause"] in rules.clauses else {}
        return {"names": names[0].model_dump() if names else {}, "quote": dict(quote.items())}
    term = rules.terms[of["rule"]]
    return {"names": term.names.model_dump(), "quote": dict(term.quote.items())}


@get(router, "/deadlines/{deadline_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def deadline_history(ctx: Reading, deadline_id: Id) -> Any:
    """Every fact of a deadline, oldest first."""
    state, version = await ctx.load(DEADLINE, deadline_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no deadline {deadline_id}")
    return await history(ctx, DEADLINE, deadline_id, resolve(state.rulebook))


@post(router, "/deadlines/{deadline_id}/extension", roles=[Role.director, Role.coordinator], command=ExtendDeadline)
async def extend_deadline(ctx: Commanding, deadline_id: Id, body: Extension) -> Accepted:
    """Moves an open deadline forward, with a reason. The lifecycle that waits for it moves its timer."""
    return await handlers.extend_deadline(ctx, deadline_id, body)


@post(router, "/deadlines/{deadline_id}/recomputation", roles=[Role.director, Role.coordinator], command=RecomputeDeadline)
async def recompute_deadline(ctx: Commanding, deadline_id: Id) -> Accepted:
    """Computes an open deadline anew after its calendar has changed: a religious date was announced, a day moved by decree."""
    return await handlers.recompute_deadline(ctx, deadline_id)


@post(router, "/deadlines/{deadline_id}/withdrawal", roles=[Role.director], command=WithdrawDeadline)
async def withdraw_deadline(ctx: Commanding, deadline_id: Id, body: Withdrawal) -> Accepted:
    """Takes an open deadline away, with a reason. It no longer binds anybody."""
    return await handlers.withdraw_deadline(ctx, deadline_id, body)
