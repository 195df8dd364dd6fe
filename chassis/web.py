"""REST as every service speaks it: idempotent commands with ETags, reads with cursors, problems instead of errors."""

import base64
import binascii
import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import BigInteger, Select, tuple_
from sqlalchemy.sql.elements import ColumnElement
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.auth import Principal, Role, allow
from chassis.context import Accepted, Context, fingerprint_of
from chassis.decider import Decider
from chassis.events import Json
from chassis.problem_handlers import PROBLEM_RESPONSES
from chassis.problems import (
    BodyTooLarge,
    IdempotencyKeyMissing,
    Invalid,
    MalformedJson,
    PreconditionRequired,
    UnsupportedMediaType,
)
from chassis.text import check_strings

M = TypeVar("M", bound=BaseModel)
Endpoint = Callable[..., Awaitable[Any]]

_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_JSON = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json\s*(?:;.*)?$", re.IGNORECASE)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]


#: Told by hand: what FastAPI would check it reports past the gate, and a header that may be absent it cannot call required.
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key gets the same answer; new for every new intention",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
}
_VERSION_HEADER = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The ETag that you read, for example `"3"`; `*` for any',
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[0-9]{1,9}")$', "maxLength": 40},
}


def expected_version(if_match: str | None, *, needed: bool) -> int | None:
    """The version in an If-Match header; PreconditionRequired if it is needed and absent, Invalid if it is no version."""
    if if_match is None or if_match == "*":
        if needed and if_match is None:
            raise PreconditionRequired('send If-Match with the ETag that you read, for example If-Match: "3"')
        return None
    match = _ETAG.match(if_match.strip())
    if match is None:
        raise Invalid(
            'If-Match holds one ETag, a version in quotes, for example "3"',
            errors=[{"pointer": "#/headers/if-match", "detail": "no ETag"}],
        )
    return int(match.group(1))


async def _checked_body(request: Request) -> bytes:
    """The body, empty or JSON whose strings are text; MalformedJson, UnsupportedMediaType or Invalid otherwise."""
    body = await request.body()
    if not body:
        return body
    if not _JSON.match(request.headers.get("content-type", "")):
        raise UnsupportedMediaType("send the body as application/json")
    try:
        check_strings(await request.json())
    except (ValueError, RecursionError) as error:
        raise MalformedJson("The body cannot be read as JSON.") from error
    return body


def checked_query(request: Request) -> None:
    """FastAPI dependency: the query's strings are text, which no database has trouble with. Invalid."""
    try:
        check_strings({"query": {name: " ".join(request.query_params.getlist(name)) for name in request.query_params}})
    except Invalid as found:
        raise Invalid("The query has characters that no text may have.", found.errors) from None


def _acting(principal: Principal, roles: Sequence[Role]) -> Principal:
    """The caller in those of his roles that let him in: what another role may see elsewhere opens nothing here."""
    return replace(principal, roles=principal.roles & frozenset(roles)) if roles else principal


def _gate(roles: Sequence[Role], if_match: bool) -> Callable[..., Any]:
    permitted = allow(*roles)

    async def gate(
        request: Request,
        principal: Annotated[Principal, Depends(permitted)],
        idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None,
        if_match: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> None:
        if idempotency_key is None or not _KEY.match(idempotency_key):
            raise IdempotencyKeyMissing("send an Idempotency-Key of 1 to 200 visible ASCII characters, new for every new intention")
        version = expected_version(if_match, needed=needs_version)
        body = await _checked_body(request)
        checked_query(request)
        runtime = request.app.state.runtime
        request.state.context = await runtime.context(
            agency=principal.agency,
            actor=principal.subject,
            principal=_acting(principal, roles),
            expected_version=version,
            key=idempotency_key,
            fingerprint=fingerprint_of(request.method, request.url.path, body),
        )

    needs_version = if_match
    gate.roles = frozenset(roles)  # type: ignore[attr-defined]
    return gate


def _reader(roles: Sequence[Role]) -> Callable[..., Any]:
    permitted = allow(*roles)

    async def reader(request: Request, principal: Annotated[Principal, Depends(permitted)]) -> None:
        checked_query(request)
        runtime = request.app.state.runtime
        acting = _acting(principal, roles)
        request.state.context = await runtime.context(agency=principal.agency, actor=principal.subject, principal=acting)

    reader.roles = frozenset(roles)  # type: ignore[attr-defined]
    return reader


async def _context(request: Request) -> Context:  # not plain: FastAPI sends plain functions to a thread
    context: Context = request.state.context
    return context


Commanding = Annotated[Context, Depends(_context)]
Reading = Annotated[Context, Depends(_context)]


def post(
    router: APIRouter, path: str, *, roles: Sequence[Role], status: int = 200, if_match: bool = True, summary: str | None = None
) -> Callable[[Endpoint], Endpoint]:
    """A command route. The endpoint returns Accepted; the answer carries its ETag, and Location where something was made (201)."""

    def register(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def answer(*args: Any, **kwargs: Any) -> Response:
            accepted: Accepted = await endpoint(*args, **kwargs)
            headers = {"ETag": f'"{accepted.version}"'}
            if status == 201:
                headers["Location"] = f"{router.prefix}{path}/{accepted.id}"
            content = orjson.dumps(accepted.model_dump(mode="json"))
            return Response(content, status_code=status, headers=headers, media_type="application/json")

        router.add_api_route(
            path,
            answer,
            methods=["POST"],
            status_code=status,
            response_model=Accepted,
            dependencies=[Depends(_gate(roles, if_match))],
            responses=PROBLEM_RESPONSES,
            summary=summary,
            openapi_extra={
                "x-kepil-roles": sorted(roles),
                "parameters": [_KEY_HEADER, _VERSION_HEADER] if if_match else [_KEY_HEADER],
            },
        )
        return endpoint

    return register


def get(
    router: APIRouter, path: str, *, roles: Sequence[Role], summary: str | None = None, **options: Any
) -> Callable[[Endpoint], Endpoint]:
    """A read route for these roles. An endpoint that returns a model with `version` gets its ETag."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            dependencies=[Depends(_reader(roles))],
            responses=PROBLEM_RESPONSES,
            summary=summary,
            openapi_extra={"x-kepil-roles": sorted(roles)},
            **options,
        )
        return endpoint

    return register


def etag(response: Response, version: int) -> None:
    """Sets the ETag of a detail answer."""
    response.headers["ETag"] = f'"{version}"'


class HistoryEntry(BaseModel):
    """One event of an aggregate, as an auditor reads it."""

    id: str
    type: str
    version: int
    occurred_at: datetime = Field(description="Legal time, UTC")
    recorded_at: datetime = Field(description="Wall clock, UTC")
    actor: str
    trace_id: str | None
    data: Json


async def history(context: Context, decider: Decider[Any, Any], aggregate_id: str) -> list[HistoryEntry]:
    """The history of an aggregate, oldest first."""
    return [
        HistoryEntry(
            id=e.event_id,
            type=type(e.event).__name__,
            version=e.version,
            occurred_at=e.occurred_at,
            recorded_at=e.recorded_at,
            actor=e.actor,
            trace_id=(e.metadata.get("traceparent") or "--").split("-")[1] or None,
            data=e.event.model_dump(mode="json"),
        )
        for e in await context.history(decider, aggregate_id)
    ]


Cursor = Annotated[str | None, Query(max_length=500, description="The `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page")]


@functools.cache
def page_model(item: type[M]) -> type[BaseModel]:
    """The OpenAPI model of a page of `item`."""
    return create_model(
        f"{item.__name__}Page",
        __config__=ConfigDict(frozen=True),
        items=(list[item], ...),  # type: ignore[valid-type]
        next=(str | None, Field(None, description="Cursor of the next page; null on the last")),
    )


async def page_of(
    context: Context,
    query: Select[Any],
    *,
    keys: Sequence[ColumnElement[Any]],
    model: type[M],
    cursor: str | None,
    limit: int,
    response: Response | None = None,
    request: Request | None = None,
) -> dict[str, Any]:
    """One page of a select, ordered by `keys` (the last of them unique, none of them null): `{items, next}`, with a Link header."""
    if cursor is not None:
        query = query.where(tuple_(*keys) > tuple_(*_read_cursor(cursor, keys)))
    rows = await context.rows(query.order_by(*keys).limit(limit + 1))
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = _write_cursor([rows[-1][str(key.key)] for key in keys])
        if response is not None and request is not None:
            response.headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return {"items": [model.model_validate(dict(row)) for row in rows], "next": following}


def _write_cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _read_cursor(cursor: str, keys: Sequence[ColumnElement[Any]]) -> list[Any]:
    bad = Invalid("this cursor is none of ours; begin without one", errors=[{"pointer": "#/query/cursor", "detail": "not a cursor"}])
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            raise bad
        return [_typed(value, key) for value, key in zip(values, keys, strict=True)]
    except (ValueError, binascii.Error, TypeError) as error:
        raise bad from error


def _typed(value: Any, key: ColumnElement[Any]) -> Any:
    wanted = key.type.python_type
    if wanted in (date, datetime):
        return wanted.fromisoformat(value)
    if type(value) is not wanted:
        raise TypeError(f"{key.key} is a {wanted.__name__}")
    if isinstance(value, int) and abs(value) >= 2 ** (63 if isinstance(key.type, BigInteger) else 31):
        raise ValueError(f"{key.key} is no number of the database")
    if isinstance(value, str) and not value.isprintable():
        raise ValueError(f"{key.key} has control characters")
    return value


class BodyLimit:
    """Refuses a request body over `limit` bytes before anybody reads it, declared or streamed.

    Starlette's own limit answers in plain text from outside the exception handlers; this one answers with a problem.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        read = self._limit + 1 if declared.isdigit() and int(declared) > self._limit else 0

        async def limited() -> Message:
            nonlocal read
            message: Message = {} if read > self._limit else await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise BodyTooLarge(f"a request body may have {self._limit} bytes")
            return message

        await self._app(scope, limited, send)
