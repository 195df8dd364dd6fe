"""Problems as HTTP answers (RFC 9457) and as part of the OpenAPI document. No stack, no SQL and no input leaves through here."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import asyncpg
import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from chassis import telemetry
from chassis.logs import logger
from chassis.problems import (
    LONGEST_DETAIL,
    LONGEST_FAULT,
    MOST_ERRORS,
    PROBLEM_TYPES,
    TYPE_PREFIX,
    Conflict,
    Forbidden,
    Invalid,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from chassis.text import MANY_LINES, ONE_LINE, pointer

MEDIA_TYPE = "application/problem+json"
#: The database is away, is stopping, or takes no more connections.
_AWAY = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError, ConnectionError, NoConnection)
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_log = logger("kepil.problems")


class Fault(BaseModel):
    """One fault of a request."""

    pointer: str = Field(max_length=2_000, description="JSON pointer into the body, or `#/query/…`, `#/path/…`, `#/headers/…`")
    detail: str = Field(max_length=LONGEST_FAULT)


class ProblemDocument(BaseModel):
    """RFC 9457. `type` is stable; other members than these may be there, by type."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(max_length=200, description=f"`{TYPE_PREFIX}<slug>`, or `about:blank` where the status says it all")
    title: str = Field(max_length=200)
    status: int = Field(ge=400, le=599, json_schema_extra={"format": "int32"})
    detail: str = Field(max_length=LONGEST_DETAIL)
    instance: str = Field("", max_length=4_000, description="The path of the request")
    trace_id: str = Field("", max_length=32, description="The trace that an operator finds the request by")
    clause: str = Field("", max_length=100, description="The clause of the rulebook that refuses")
    rulebook: str = Field("", max_length=100)
    accepts: str = Field("", max_length=LONGEST_DETAIL, description="What would be accepted instead")
    errors: list[Fault] = Field(default_factory=list, max_length=MOST_ERRORS)


def _answer(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _all_answers() -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in PROBLEM_TYPES:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: _answer(" or ".join(f"{kind.title} (`{TYPE_PREFIX}{kind.slug}`)" for kind in kinds))
        for status, kinds in sorted(by_status.items())
    }


_ANSWERS = _all_answers()

#: For `responses=` of a router or a route: every problem that a service answers callers with whom it knows.
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: answer for status, answer in _ANSWERS.items() if status != TooManyRequests.status
}


def problem_answer(kind: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """A problem of few operations, for theirs."""
    return {kind.status: _answer(f"{kind.title} (`{TYPE_PREFIX}{kind.slug}`)")}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of these statuses alone."""
    return {status: _ANSWERS[status] for status in statuses}


def response_of(problem: Problem, request: Request | None = None) -> Response:
    """The answer that tells a problem."""
    instance = quote(request.url.path, safe="/:@!$&'()*+,;=-._~%") if request else None
    return _response(problem.document(instance, telemetry.current_trace_id()), problem.headers)


def _response(document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    try:
        content = orjson.dumps(document, default=str)
    except TypeError:  # a lone surrogate in what the client sent
        content = orjson.dumps(_printable(document), default=str)
    return Response(content, document["status"], {**headers, "Cache-Control": "no-store"}, MEDIA_TYPE)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_printable(str(key)): _printable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_printable(item) for item in value]
    return value


def install(app: Starlette, conflicts: Sequence[type[Exception]] = ()) -> None:
    """Every error of the app becomes a problem document. `conflicts` are exceptions of other layers that a person must settle."""
    app.add_exception_handler(Problem, _on_problem)
    for kind in conflicts:
        app.add_exception_handler(kind, _on_conflict)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for kind in (*_AWAY, DBAPIError):
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_conflict(request: Request, error: Exception) -> Response:
    _log.error("conflict", error=type(error).__name__, detail=str(error))
    return response_of(Conflict(str(error)), request)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.status >= 500:
        _log.warning("problem", problem=error.slug, status=error.status)
    clause = getattr(error, "clause", None)
    telemetry.annotate(problem=error.slug, **({"clause": clause} if isinstance(clause, str) else {}))
    return response_of(error, request)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return response_of(MalformedJson("The body cannot be read as JSON."), request)
    faults = [{"pointer": _pointer(fault["loc"]), "detail": _detail(fault)} for fault in found[:MOST_ERRORS]]
    return response_of(Invalid("The request has another shape than this operation takes.", faults), request)


def _pointer(location: Sequence[int | str]) -> str:
    where, *rest = location
    if where == "body":
        return pointer(*rest)
    return pointer("headers" if where == "header" else where, *rest)


def _detail(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "string_pattern_mismatch" and fault.get("ctx", {}).get("pattern") in (ONE_LINE, MANY_LINES):
        return "Control characters are not allowed."
    if fault["type"] == "union_tag_invalid":
        return f"One of these is expected: {fault['ctx']['expected_tags']}"[:500]
    return str(fault["msg"])[:500]


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Problem):  # FastAPI wraps what is raised while it reads the body
        return response_of(error.__cause__, request)
    if isinstance(error.__cause__, (ValueError, RecursionError)):
        return response_of(MalformedJson("The body cannot be read as JSON."), request)
    known: dict[int, Problem] = {
        401: Unauthenticated("Send an access token: Authorization: Bearer …", error=None),
        403: Forbidden("The caller may not do this."),
        404: NotFound("There is nothing at this path."),
    }
    if error.status_code == 405:
        allow = _methods(request)
        return response_of(MethodNotAllowed(f"This path is served by {' and '.join(allow)}.", allow=allow), request)
    if error.status_code in known:
        return response_of(known[error.status_code], request)
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    document = Problem(error.detail or "").document(quote(request.url.path), telemetry.current_trace_id())
    document |= {"type": "about:blank", "title": HTTPStatus(error.status_code).phrase, "status": error.status_code}
    return _response(document, error.headers or {})


def _methods(request: Request) -> list[str]:
    """Every method of the path, of whichever route: Starlette names those of the first alone."""

    def served(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in _METHODS if served(method)]


async def _on_database(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and not error.connection_invalidated and not isinstance(error.__cause__, _AWAY):
        raise error
    _log.warning("the database does not serve", error=type(error).__name__, detail=str(error)[:300])
    return response_of(Unavailable("The database does not answer just now.", retry_after=1), request)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.error("unexpected error", exc_info=error, method=request.method, path=request.url.path)
    return response_of(Problem("The service has failed; the fault is logged under this trace."), request)


def document_problems(app: FastAPI) -> None:
    """The OpenAPI document tells problems where FastAPI tells its own validation errors."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(original())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            answers = operation["responses"]
            invalid = answers.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if invalid.get("$ref", "").endswith("/HTTPValidationError"):
                answers["422"] = PROBLEM_RESPONSES[422]
            answers.setdefault("500", PROBLEM_RESPONSES[500])
    return document
