"""For developers: every operation of the services and every published event, for everybody to read, and the documents themselves."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from chassis.messaging import stream_name
from console import labels, published, rulebook_words
from console.forms_operations import SERVICES
from console.i18n import LANGUAGES, N_
from console.visit import Anybody, Visit

router = APIRouter()

TABS = [("api", N_("Operations")), ("api/events", N_("Events"))]
SERVICE_NAMES = {
    "intake": N_("Applications and documents"),
    "review": N_("Self-assessment reports"),
    "visits": N_("Panels and visits"),
    "council": N_("Council, certificates, register"),
    "monitoring": N_("Deadlines and follow-up"),
    "notices": N_("Webhooks, letters, events"),
}


@router.get("/{language}/api")
async def operations(visit: Anybody, service: str = "", q: str = "", role: str = "") -> Response:
    """The operations: of one service, or those of all that fit."""
    portal = await published.portal(visit)
    every = list(portal.operations())
    chosen = service if service in SERVICES else "" if q or role else SERVICES[0]
    shown = [each for each in every if (not chosen or each.service == chosen) and _fits(visit, each, q, role)]
    return visit.page(
        "knowledge/operations.html.jinja",
        tabs=TABS,
        tab="api",
        services=SERVICE_NAMES,
        counts={name: sum(each.service == name for each in every) for name in SERVICES},
        chosen=chosen,
        q=q,
        role=role,
        roles=[each for each in Role if each is not Role.service],
        operations=[(each, _title(visit, each)) for each in shown],
        silent=portal.silent,
        total=len(every),
    )


@router.get("/{language}/api/openapi.json")
async def openapi(visit: Anybody) -> Response:
    """The OpenAPI document of all services."""
    portal = await published.portal(visit)
    if portal.silent:
        raise HTTPException(503)
    return _file(portal.document, "openapi.json")


@router.get("/{language}/api/operations/{operation_id}")
async def operation(visit: Anybody, operation_id: str) -> Response:
    """One operation: who may call it, what it takes, what it answers."""
    portal = await published.portal(visit)
    found = next((each for each in portal.operations() if each.id == operation_id), None)
    if found is None:
        raise HTTPException(404)
    schemas = portal.document["components"]["schemas"]
    bodies = _contents(found.told.get("requestBody", {}), schemas)
    answers = []
    for status, told in found.told["responses"].items():
        if "$ref" in told:
            told = portal.document["components"]["responses"][str(told["$ref"]).rpartition("/")[2]]
        answers.append((status, told.get("description", ""), _contents(told, schemas) if status < "400" else []))
    return visit.page(
        "knowledge/operation.html.jinja",
        tabs=TABS,
        tab="api",
        services=SERVICE_NAMES,
        operation=found,
        title=_title(visit, found),
        bodies=bodies,
        answers=answers,
        parameters=[
            (each["name"], each["in"], published.kind(each["schema"], schemas), each.get("required", False), each.get("description", ""))
            for each in found.told.get("parameters", ())
        ],
        words=labels,
    )


@router.get("/{language}/api/events")
async def events(visit: Anybody, service: str = "", q: str = "") -> Response:
    """The event catalogue."""
    document = await published.events()
    every = [(_event(visit, name, message)) for name, message in document["components"]["messages"].items()]
    chosen = service if service in SERVICES else "" if q else SERVICES[0]
    sought = " ".join(q.casefold().split())
    shown = [each for each in every if (not chosen or each["service"] == chosen) and sought in each["searched"]]
    return visit.page(
        "knowledge/events.html.jinja",
        tabs=TABS,
        tab="api/events",
        services=SERVICE_NAMES,
        counts={name: sum(each["service"] == name for each in every) for name in SERVICES},
        chosen=chosen,
        q=q,
        events=shown,
        total=len(every),
    )


@router.get("/{language}/api/events/asyncapi.json")
async def asyncapi(visit: Anybody) -> Response:
    """The AsyncAPI document of all events."""
    return _file(await published.events(), "asyncapi.json")


@router.get("/{language}/api/events/{service}/{name}")
async def event(visit: Anybody, service: str, name: str) -> Response:
    """One event: its sentence in four languages, its subject, its members, the clauses that it is under."""
    document = await published.events()
    message = document["components"]["messages"].get(f"{service}.{name}")
    if message is None:
        raise HTTPException(404)
    schemas = document["components"]["schemas"]
    books = {book.id: book for book in labels.books()}
    clauses = [
        (book, [(clause, rulebook_words.slug("c", clause)) for clause in cited if clause in book.clauses])
        for book, cited in ((books[each], found) for each, found in message.get("x-kepil-clauses", {}).items() if each in books)
    ]
    return visit.page(
        "knowledge/event.html.jinja",
        tabs=TABS,
        tab="api/events",
        services=SERVICE_NAMES,
        event=_event(visit, f"{service}.{name}", message),
        message=message,
        sentences={language: labels.event(name, language, service) for language in LANGUAGES},
        rows=list(published.rows(schemas[f"{service}.{name}"], schemas)),
        envelope=list(published.rows(schemas["Envelope"], schemas)),
        clauses=clauses,
        stream=stream_name(service),
        words=labels,
    )


def _event(visit: Visit, full: str, message: Mapping[str, Any]) -> dict[str, Any]:
    service, _, name = full.partition(".")
    sentences = [labels.event(name, language, service) for language in LANGUAGES]
    return {
        "service": service,
        "name": name,
        "sentence": labels.event(name, visit.language, service),
        "subject": message["name"],
        "summary": message["summary"],
        "version": message["x-kepil-schema-version"],
        "searched": " ".join((name, message["summary"], *sentences)).casefold(),
    }


def _fits(visit: Visit, operation: published.Operation, q: str, role: str) -> bool:
    if role and role not in operation.told.get("x-kepil-roles", ()):
        return False
    told = operation.told
    texts = (operation.method, operation.path, operation.id, told.get("description", ""), _title(visit, operation))
    return " ".join(q.casefold().split()) in " ".join(texts).casefold()


def _title(visit: Visit, operation: published.Operation) -> str:
    """The command's name in the person's words; nothing where it has none."""
    return labels.action(operation.id, visit.language) if "x-kepil-action" in operation.told else ""


def _contents(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[tuple[str, str, list[published.Row]]]:
    return [
        (media, published.kind(content.get("schema", {}), schemas), list(published.rows(content.get("schema", {}), schemas)))
        for media, content in told.get("content", {}).items()
    ]


def _file(document: Any, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "public, max-age=60"}
    return Response(orjson.dumps(document), media_type="application/json", headers=headers)
