"""REST as every service speaks it: idempotent commands with ETags, reads with cursors, problems instead of errors."""

import functools
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Select
from sqlalchemy.sql.elements import ColumnElement

from chassis.actions import CommandRoute
from chassis.auth import Principal, Role, allow, is_public
from chassis.citations import Citation, Regulation, cited
from chassis.context import Accepted, Context, fingerprint_of
from chassis.corrected import correctable_fields
from chassis.decider import Command, Decider
from chassis.events import Json
from chassis.problem_handlers import PROBLEM_RESPONSES, problem_responses
from chassis.problems import (
    MOST_ERRORS,
    BodyTooLarge,
    IdempotencyKeyMissing,
    Invalid,
    MalformedJson,
    PreconditionRequired,
    UnsupportedMediaType,
)
from chassis.sorting import Order
from chassis.text import AGENCY_PATTERN, check_strings, pointer

M = TypeVar("M", bound=BaseModel)
Endpoint = Callable[..., Awaitable[Any]]

_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_JSON = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json\s*(?:;.*)?$", re.IGNORECASE)

_PUBLIC_BYTES = 64_000  # of a body that comes from anybody

_PUBLIC_PROBLEMS = (400, 404, 409, 413, 415, 422, 429, 500, 503)

#: The actor of a unit of work of somebody without a token.
ANYBODY = "public"

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


def _unread(request: Request, media: Sequence[str]) -> bytes:
    """No body: the endpoint reads it. UnsupportedMediaType where it is of another type."""
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named not in media:
        raise UnsupportedMediaType(f"send the body as {' or '.join(media)}")
    return b""


def checked_query(request: Request) -> None:
    """FastAPI dependency: the query has this operation's parameters alone, of strings which no database has trouble with. Invalid."""
    try:
        check_strings({"query": {name: " ".join(request.query_params.getlist(name)) for name in request.query_params}})
    except Invalid as found:
        raise Invalid("The query has characters that no text may have.", found.errors) from None
    if not request.query_params:
        return
    known = _query_of(request.scope["route"])
    strange = [name for name in request.query_params if name not in known]
    if strange:
        detail = f"No parameter of this operation; it takes {', '.join(sorted(known)) or 'none'}."
        faults = [{"pointer": pointer("query", name), "detail": detail} for name in strange[:MOST_ERRORS]]
        raise Invalid("The query has parameters that this operation does not take.", faults)


def _query_of(route: APIRoute) -> frozenset[str]:
    """The query parameters that a route declares, its own and those of its dependencies."""

    def names(dependant: Dependant) -> Iterator[str]:
        yield from (each.alias for each in dependant.query_params)
        for needed in dependant.dependencies:
            yield from names(needed)

    return frozenset(names(route.dependant))


def _acting(principal: Principal, roles: Sequence[Role]) -> Principal:
    """The caller in those of his roles that let him in: what another role may see elsewhere opens nothing here."""
    return replace(principal, roles=principal.roles & frozenset(roles)) if roles else principal


def _gate(roles: Sequence[Role], if_match: bool, media: Sequence[str] = ()) -> Callable[..., Any]:
    """`media` are the types of a body that the endpoint reads itself, as it comes; without them it is JSON."""
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
        body = _unread(request, media) if media else await _checked_body(request)
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


#: Checked by hand: past a fault of a gate FastAPI would go on to the endpoint's own dependencies, which need what the gate makes.
_AgencyOfPath = Annotated[
    str, Path(description="Whose matter it is", json_schema_extra={"pattern": AGENCY_PATTERN, "minLength": 1, "maxLength": 63})
]


def _checked_agency(agency: str) -> str:
    if re.fullmatch(AGENCY_PATTERN, agency) is None or agency.endswith("\n"):
        raise Invalid("the path names no agency", errors=[{"pointer": "#/path/agency", "detail": "no agency's id"}])
    return agency


async def _public_gate(
    request: Request,
    agency: _AgencyOfPath,
    idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """For a command of somebody without a token: as `_gate`, with less room for the body."""
    if idempotency_key is None or not _KEY.match(idempotency_key):
        raise IdempotencyKeyMissing("send an Idempotency-Key of 1 to 200 visible ASCII characters, new for every new intention")
    body = await _checked_body(request)
    if len(body) > _PUBLIC_BYTES:
        raise BodyTooLarge(f"a request body may have {_PUBLIC_BYTES} bytes here")
    checked_query(request)
    request.state.context = await request.app.state.runtime.context(
        agency=_checked_agency(agency),
        actor=ANYBODY,
        key=idempotency_key,
        fingerprint=fingerprint_of(request.method, request.url.path, body),
    )


async def _public_reader(request: Request, agency: _AgencyOfPath) -> None:
    checked_query(request)
    request.state.context = await request.app.state.runtime.context(agency=_checked_agency(agency), actor=ANYBODY)


def _told_of(roles: Sequence[Role]) -> dict[str, Any]:
    """What the OpenAPI document says of who may ask."""
    return {"security": [], "x-kepil-roles": []} if is_public(roles) else {"x-kepil-roles": sorted(roles)}


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
    router: APIRouter,
    path: str,
    *,
    roles: Sequence[Role],
    status: int = 200,
    if_match: bool = True,
    summary: str | None = None,
    command: type[Command] | None = None,
    answers: type[Accepted] = Accepted,
) -> Callable[[Endpoint], Endpoint]:
    """A command route. The endpoint returns Accepted, or what `answers` makes of it; the answer carries its ETag, and Location where
    something was made (201). With `roles=PUBLIC` it needs no token and no version: the path names the agency as `{agency}`.

    `command` is what the route sends to its aggregate: by it the aggregate's detail knows whether the route is open (`actions`).
    """

    def register(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def answer(*args: Any, **kwargs: Any) -> Response:
            accepted: Accepted = await endpoint(*args, **kwargs)
            headers = {"ETag": f'"{accepted.version}"'}
            if status == 201:
                headers["Location"] = f"{router.prefix}{path}/{accepted.id}"
            content = orjson.dumps(accepted.model_dump(mode="json"))
            return Response(content, status_code=status, headers=headers, media_type="application/json")

        name = endpoint.__name__
        told, public = _told_of(roles), is_public(roles)
        if command is not None:
            told["x-kepil-action"] = name
            answer.command_route = CommandRoute(name, router.prefix + path, frozenset(roles), if_match, command)  # type: ignore[attr-defined]
        router.add_api_route(
            path,
            answer,
            methods=["POST"],
            status_code=status,
            response_model=answers,
            dependencies=[Depends(_public_gate if public else _gate(roles, if_match))],
            responses=problem_responses(*_PUBLIC_PROBLEMS) if public else PROBLEM_RESPONSES,
            summary=summary,
            openapi_extra={**told, "parameters": [_KEY_HEADER, _VERSION_HEADER] if if_match and not public else [_KEY_HEADER]},
        )
        return endpoint

    return register


def upload(
    router: APIRouter,
    path: str,
    *,
    roles: Sequence[Role],
    media: Sequence[str],
    response_model: type[BaseModel],
    status: int = 200,
    if_match: bool = False,
) -> Callable[[Endpoint], Endpoint]:
    """A command route that takes a file of one of the types `media`, which the endpoint reads as it comes; its path is one of the
    service's `uploads`, where files are larger than bodies. The endpoint answers itself, as `response_model` says."""

    def register(endpoint: Endpoint) -> Endpoint:
        content = {each: {"schema": {"type": "string"}} for each in media}
        body = {"requestBody": {"required": True, "content": content}}
        router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            status_code=status,
            response_model=response_model,
            dependencies=[Depends(_gate(roles, if_match, media))],
            responses=PROBLEM_RESPONSES,
            openapi_extra={"x-kepil-roles": sorted(roles), "parameters": [_KEY_HEADER, *([_VERSION_HEADER] if if_match else [])], **body},
        )
        return endpoint

    return register


def get(
    router: APIRouter,
    path: str,
    *,
    roles: Sequence[Role],
    summary: str | None = None,
    media: Sequence[str] = (),
    answers: Mapping[int | str, dict[str, Any]] | None = None,
    **options: Any,
) -> Callable[[Endpoint], Endpoint]:
    """A read route for these roles; with `roles=PUBLIC` for everybody, of the agency that its path names as `{agency}`.

    One that answers with a file names its types in `media`; what it may answer that others do not is in `answers`."""
    files: dict[int | str, Any] = {200: {"content": {each: {"schema": {"type": "string"}} for each in media}}} if media else {}

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            dependencies=[Depends(_public_reader if is_public(roles) else _reader(roles))],
            responses=files | (problem_responses(404, 422, 429, 500, 503) if is_public(roles) else PROBLEM_RESPONSES) | dict(answers or {}),
            summary=summary,
            openapi_extra=_told_of(roles),
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
    clauses: list[Citation] = Field(default=[], description="The clauses of the rulebook that the event records")
    correctable: list[str] = Field(default=[], description="Members of `data` that may be corrected if they were recorded wrongly")
    data: Json


async def history(context: Context, decider: Decider[Any, Any], aggregate_id: str, rules: Regulation | None = None) -> list[HistoryEntry]:
    """The history of an aggregate, oldest first, with the clauses of its rulebook that each event records."""
    return [
        HistoryEntry(
            id=e.event_id,
            type=type(e.event).__name__,
            version=e.version,
            occurred_at=e.occurred_at,
            recorded_at=e.recorded_at,
            actor=e.actor,
            trace_id=(e.metadata.get("traceparent") or "--").split("-")[1] or None,
            clauses=cited(rules, e.event.clauses_of),
            correctable=sorted(correctable_fields(type(e.event))),
            data=e.event.model_dump(mode="json"),
        )
        for e in await context.history(decider, aggregate_id)
    ]


Cursor = Annotated[str | None, Query(max_length=500, description="The `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page")]
Named = Annotated[str | None, Query(max_length=80)]


def narrowed(query: Select[Any], wanted: Iterable[tuple[ColumnElement[Any], object]]) -> Select[Any]:
    """The rows of a list whose columns are as asked; None asks nothing of its column."""
    return query.where(*(column == value for column, value in wanted if value is not None))


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
    keys: Sequence[ColumnElement[Any]] | Order,
    model: type[M],
    cursor: str | None,
    limit: int,
    response: Response | None = None,
    request: Request | None = None,
) -> dict[str, Any]:
    """One page of a select, in the caller's Order or by `keys` (the last of them unique, none of them null): `{items, next}`, with a
    Link header."""
    order = keys if isinstance(keys, Order) else Order(tuple(keys))
    rows = await context.rows(order.page(query, cursor).limit(limit + 1))
    return told_page(rows, keys=order, model=model, limit=limit, response=response, request=request)


def told_page(
    rows: Sequence[Any],
    *,
    keys: Order,
    model: type[M],
    limit: int,
    response: Response | None = None,
    request: Request | None = None,
) -> dict[str, Any]:
    """The answer of rows in their order, of which there is one more than `limit` where another page follows."""
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = keys.cursor(rows[-1])
        if response is not None and request is not None:
            response.headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return {"items": [model.model_validate(dict(row)) for row in rows], "next": following}
