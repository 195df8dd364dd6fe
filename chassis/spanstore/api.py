"""The span store over HTTP: the receiver for processes that know the installation's secret, the search for people with a token."""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from chassis.auth import Principal, Role, allow
from chassis.problems import BodyTooLarge, Invalid, NotFound, Unauthenticated, Unavailable, UnsupportedMediaType
from chassis.spanstore import otlp
from chassis.spanstore.store import Asked, Seen, SpanStore
from chassis.traces import SpanRecord

router = APIRouter()
MOST_UNPACKED = 32_000_000
_READERS = allow(Role.operator, Role.coordinator, Role.director, Role.auditor)
Reader = Annotated[Principal, Depends(_READERS)]


class TraceFound(BaseModel):
    """A trace in a few words."""

    trace_id: str
    name: str | None = Field(description="Of the first span; null where it is not here")
    service: str | None = Field(description="Where it began")
    received_at: datetime = Field(description="Wall clock, UTC")
    began_at: datetime = Field(description="As the spans tell it: legal time inside workflows")
    duration_ms: float
    spans: int
    errors: int
    services: list[str]
    cases: list[str]


class TracePage(BaseModel):
    """Traces, the newest first."""

    items: list[TraceFound]
    next: str | None = Field(None, description="Cursor of the next page; null on the last")


class SpanTold(BaseModel):
    """One span of a trace."""

    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start: int = Field(description="Nanoseconds since 1970, UTC")
    end: int
    error: bool
    attributes: dict[str, Any]
    links: list[str] = Field(description="Ids of other traces")


class TraceTold(BaseModel):
    """A trace with its spans, by the time they began."""

    trace_id: str
    spans: list[SpanTold]


@router.post("/v1/traces", include_in_schema=False)
async def take_spans(request: Request) -> Response:
    """OTLP over HTTP. 503 while the database is away: senders try again for a while, and then lose spans."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), request.app.state.sender_token.encode()):
        raise Unauthenticated("Spans are taken from the processes of this installation alone.")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (otlp.PROTOBUF, otlp.JSON):
        raise UnsupportedMediaType(f"Spans are taken as {otlp.PROTOBUF} or {otlp.JSON}.")
    try:
        body = otlp.unpacked(await request.body(), request.headers.get("content-encoding", "").lower(), MOST_UNPACKED)
        spans, refused = otlp.read(body, media)
    except otlp.TooMuch as error:
        raise BodyTooLarge(f"an export request may have {MOST_UNPACKED} bytes") from error
    except otlp.Unreadable as error:
        raise Invalid(str(error)) from error
    if spans:
        try:
            await _store(request).keep(spans)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable("The database of spans does not answer just now.", retry_after=1) from error
    return Response(otlp.answer(refused, media), media_type=media)


@router.get("/v1/traces", summary="Traces of the agency, the newest first")
async def search_traces(
    request: Request,
    reader: Reader,
    case_id: Annotated[str | None, Query(max_length=80)] = None,
    service: Annotated[str | None, Query(max_length=80)] = None,
    error: Annotated[bool | None, Query(description="Only those with a failed span, or only those without")] = None,
    min_ms: Annotated[int | None, Query(ge=0, le=10**9, description="Only those that took so long")] = None,
    after: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="The `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TracePage:
    """An operator also sees the traces that belong to no agency: timers, probes, what failed before it was known who asked."""
    asked = Asked(case_id, service, error, min_ms, int(after) if after else None, limit + 1)
    rows = await _store(request).search(_seen(reader), asked)
    following = str(rows[limit - 1]["seq"]) if len(rows) > limit else None
    return TracePage(items=[_found(row) for row in rows[:limit]], next=following)


@router.get("/v1/traces/{trace_id}", summary="One trace with its spans")
async def show_trace(request: Request, reader: Reader, trace_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> TraceTold:
    """The spans of the reader's agency, and those that tell none where no other agency has any in it."""
    spans = await _store(request).spans(_seen(reader), trace_id)
    if not spans:
        raise NotFound("There is no such trace, or its days are over.")
    return TraceTold(trace_id=trace_id, spans=[_told(span) for span in spans])


def _seen(reader: Principal) -> Seen:
    return Seen(reader.agency, nobodys=reader.has(Role.operator))


def _store(request: Request) -> SpanStore:
    store: SpanStore | None = request.app.state.store
    if store is None:
        raise Unavailable("The database of spans does not answer yet.", retry_after=1)
    return store


def _found(row: dict[str, Any]) -> TraceFound:
    return TraceFound(
        trace_id=row["trace_id"],
        name=row["name"],
        service=row["root_service"],
        received_at=row["received_at"],
        began_at=datetime.fromtimestamp(row["began_ns"] // 1000 / 1e6, UTC),
        duration_ms=(row["ended_ns"] - row["began_ns"]) / 1e6,
        spans=row["spans"],
        errors=row["errors"],
        services=row["services"],
        cases=row["cases"],
    )


def _told(span: SpanRecord) -> SpanTold:
    return SpanTold(
        span_id=span.span,
        parent_id=span.parent,
        service=span.service,
        name=span.name,
        kind=span.kind,
        start=span.start,
        end=span.end,
        error=span.error,
        attributes=span.attributes,
        links=span.links,
    )
