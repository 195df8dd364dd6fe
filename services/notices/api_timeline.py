"""Routes of the timeline and of the feeds: what has happened, in a case and everywhere, and what happens now."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import format_sse_event
from sqlalchemy import Select
from starlette.responses import StreamingResponse

from chassis.auth import Role
from chassis.context import Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import Identifier, InstitutionId
from chassis.web import Cursor, Id, Limit, Named, Reading, get, narrowed, page_model
from services.notices import feed, timeline
from services.notices.readmodels_timeline import timeline as places
from services.notices.schemas import Instant, TypeFilter
from services.notices.schemas_timeline import FeedEvent, FeedPage, TimelineEvent

router = APIRouter(prefix="/v1")

#: Who reads every history of the agency in its service; an institution's officer reads what his institution is told of.
READERS = [Role.institution_officer, Role.coordinator, Role.director, Role.auditor]

_T = places.c
EVENTS_BY = sorting("-occurred_at", [_T.occurred_at], _T.recorded_at, _T.nth, _T.event_id)

_STREAM_SECONDS = 300.0  # then the client comes again, with a token that is still good
_AGAIN_MILLISECONDS = 1000
_BEAT_SECONDS = 10.0

ServiceName = Literal["intake", "review", "visits", "council", "monitoring", "notices"]
Type = Annotated[TypeFilter | None, Query(description="A type, or the beginning of some up to a dot")]
After = Annotated[
    str | None, Query(max_length=40, pattern=r"^(end|[0-9]{1,19}\.[0-9]{1,19})$", description="A position; `end`: from now on")
]
CaseLimit = Annotated[int, Query(ge=1, le=1000, description="Items of a page")]


@get(router, "/timeline", roles=READERS, response_model=page_model(TimelineEvent))
async def list_timeline(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Identifier | None = None,
    institution_id: InstitutionId | None = None,
    attestation_id: Identifier | None = None,
    certificate_id: Identifier | None = None,
    service: ServiceName | None = None,
    stream: Annotated[str | None, Query(max_length=200)] = None,
    type: Type = None,
    actor: Named = None,
    since: Instant | None = None,
    until: Instant | None = None,
    *,
    order: Annotated[Order, Depends(EVENTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Events of every service that the agency's staff may read; for an institution's officer, those that his institution is told of."""
    query = narrowed(timeline.events(ctx), ((_T.source, service), (_T.stream, stream), (_T.certificate_id, certificate_id)))
    if case_id is not None:
        query = query.where(timeline.of_case(ctx, case_id))
    if institution_id is not None:
        query = query.where(timeline.of_institution(ctx, institution_id))
    if attestation_id is not None:
        query = query.where(timeline.of_attestation(ctx, attestation_id))
    if type is not None:
        query = query.where(timeline.of_type(type))
    if actor is not None and ctx.own_institution is None:
        query = query.where(_T.actor == actor)
    if since is not None:
        query = query.where(_T.occurred_at >= since)
    if until is not None:
        query = query.where(_T.occurred_at < until)
    return await _page(ctx, query, order, cursor, limit, request, response)


@get(router, "/cases/{case_id}/timeline", roles=READERS, response_model=page_model(TimelineEvent))
async def read_case_timeline(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Id,
    service: ServiceName | None = None,
    type: Type = None,
    *,
    order: Annotated[Order, Depends(EVENTS_BY)],
    cursor: Cursor = None,
    limit: CaseLimit = 300,
) -> Any:
    """Everything that happened in a case, whichever service knows of it, with what followed from its certificates."""
    whole = timeline.events(ctx).where(timeline.of_case(ctx, case_id))
    query = narrowed(whole, ((_T.source, service),))
    if type is not None:
        query = query.where(timeline.of_type(type))
    page = await _page(ctx, query, order, cursor, limit, request, response)
    if not page["items"] and await ctx.row(whole) is None:
        raise NotFound(f"nothing is known of a case {case_id}")
    return page


@get(router, "/events", roles=READERS, response_model=FeedPage)
async def read_events(
    ctx: Reading,
    request: Request,
    after: After = None,
    wait: Annotated[int, Query(ge=0, le=25, description="Seconds to wait for an event if there is none")] = 0,
    case_id: Identifier | None = None,
    institution_id: InstitutionId | None = None,
    type: Type = None,
    limit: Limit = 100,
) -> Any:
    """What has arrived after a position, in that order, none left out; without `after` from the beginning. Events come at least once."""
    runtime = request.app.state.runtime
    here, wanted = await feed.position(ctx, after), feed.Wanted(case_id, institution_id, type)
    found = await feed.news(ctx, here, wanted, limit)
    if wait and not found.items and not found.more:
        coming = feed.follow(ctx, runtime, feed.ear_of(request.app.state, runtime), here, wanted, wait, limit)
        async with aclosing(coming):
            async for found in coming:
                if found.items:
                    break
    return FeedPage(items=[FeedEvent.model_validate(each) for each in found.items], next=str(found.after), more=found.more)


@get(router, "/events/stream", roles=READERS, media=["text/event-stream"], response_model=None, response_class=StreamingResponse)
async def stream_events(
    ctx: Reading,
    request: Request,
    after: After = None,
    case_id: Identifier | None = None,
    institution_id: InstitutionId | None = None,
    type: Type = None,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> Any:
    """What arrives from now on, or after a position, as server-sent events; each has its position as its id."""
    here, wanted = await feed.position(ctx, last_event_id or after, otherwise=None), feed.Wanted(case_id, institution_id, type)
    runtime = request.app.state.runtime
    ear = feed.ear_of(request.app.state, runtime)

    async def written() -> AsyncIterator[bytes]:
        yield format_sse_event(retry=_AGAIN_MILLISECONDS)
        now, told_at = asyncio.get_running_loop().time, 0.0
        async with aclosing(feed.follow(ctx, runtime, ear, here, wanted, _STREAM_SECONDS, 100)) as coming:
            async for found in coming:
                for each in found.items:
                    yield format_sse_event(data_str=FeedEvent.model_validate(each).model_dump_json(), event="kepil", id=each["position"])
                if found.items:
                    told_at = now()
                elif now() - told_at > _BEAT_SECONDS:
                    told_at = now()
                    yield format_sse_event(comment="beat", id=str(found.after))

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(written(), media_type="text/event-stream", headers=headers)


async def _page(
    ctx: Context, query: Select[Any], order: Order, cursor: str | None, limit: int, request: Request, response: Response
) -> dict[str, Any]:
    rows = await ctx.rows(order.page(query, cursor).limit(limit + 1))
    following = order.cursor(rows[limit - 1]) if len(rows) > limit else None
    if following is not None:
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return {"items": await timeline.told(ctx, await timeline.placed(ctx, rows[:limit])), "next": following}
