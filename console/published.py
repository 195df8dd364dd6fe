"""What Kepil promises to other programs, as its pages tell it: every operation of the services, and every event that they publish."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from chassis.published.asyncapi import asyncapi
from chassis.published.openapi import merged
from console.client import Refused
from console.forms_operations import SERVICES
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.notices import contract as notices
from services.review import contract as review
from services.visits import contract as visits

if TYPE_CHECKING:
    from console.visit import Visit

Json = dict[str, Any]

CATALOGUES = {each.service: each for each in (module.EVENTS for module in (intake, review, visits, council, monitoring, notices))}
METHODS = ("get", "post", "put", "patch", "delete")
_KEEP_SECONDS = 60.0
_MOST_DEPTH = 4

_kept: dict[str, tuple[float, "Portal"]] = {}


@dataclass(frozen=True)
class Operation:
    """One operation of the merged document."""

    service: str
    method: str
    path: str
    told: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its operationId, unique over all services."""
        return str(self.told["operationId"])

    @property
    def public(self) -> bool:
        """Whether it needs no token."""
        return self.told.get("security") == []


@dataclass(frozen=True)
class Portal:
    """The merged document; `silent` are services that did not answer, whose operations are missing."""

    document: Json
    silent: tuple[str, ...]

    def operations(self) -> Iterator[Operation]:
        """Every operation, by path."""
        for path, item in self.document["paths"].items():
            for method in (each for each in METHODS if each in item):
                yield Operation(item[method]["tags"][0], method, path, item[method])


@dataclass(frozen=True)
class Row:
    """One member of a body or an answer; `depth` is how deep it lies."""

    name: str
    depth: int
    type: str
    required: bool
    about: str


async def portal(visit: "Visit") -> Portal:
    """The operations of all services that answer; read anew after a minute."""
    key = visit.site.settings.url(SERVICES[0])
    found = _kept.get(key)
    if found is None or found[0] < time.monotonic():
        answers = await asyncio.gather(*(_document(visit, service) for service in SERVICES))
        given = {service: answer for service, answer in zip(SERVICES, answers, strict=True) if answer is not None}
        silent = tuple(service for service in SERVICES if service not in given)
        made = Portal(await asyncio.to_thread(merged, given), silent)
        found = _kept[key] = (time.monotonic() + (1 if silent else _KEEP_SECONDS), made)
    return found[1]


async def _document(visit: "Visit", service: str) -> Json | None:
    try:
        told: Json = (await visit.services.get(service, "/openapi.json")).data
        return told
    except Refused as refused:
        if refused.status >= 500:
            return None
        raise


@cache
def _events() -> Json:
    return asyncapi(CATALOGUES.values())


async def events() -> Json:
    """The AsyncAPI document of every event."""
    return await asyncio.to_thread(_events)


def rows(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int = 0, seen: tuple[str, ...] = ()) -> Iterator[Row]:
    """The members of a schema, and theirs below them, as lines of a table. A schema within itself is told once."""
    found, name = _named(schema, components)
    if name in seen or depth > _MOST_DEPTH:
        return
    seen = (*seen, name) if name else seen
    required = frozenset(found.get("required", ()))
    for member, about in found.get("properties", {}).items():
        inner = _inner(about, components)
        yield Row(member, depth, kind(about, components), member in required, _about(about, components))
        if inner is not None:
            yield from rows(inner, components, depth + 1, seen)


def kind(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    """The type of a member in a developer's words."""
    of = [each for each in schema.get("anyOf") or schema.get("oneOf") or () if each.get("type") != "null"]
    if of:
        texts = " or ".join(dict.fromkeys(kind(each, components) for each in of))
        return texts + (" or null" if len(of) < len(schema.get("anyOf") or schema.get("oneOf") or ()) else "")
    found, _ = _named(schema, components)
    if "const" in found:
        return repr(found["const"]).replace("'", '"')
    if "enum" in found:
        return " | ".join(map(str, found["enum"]))
    match found.get("type"):
        case "array":
            return f"array of {kind(found.get('items', {}), components)}"
        case str(name):
            return f"{name} ({found['format']})" if "format" in found else name
    return "any"


def _about(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    found = {**_named(schema, components)[0], **schema}
    limits = [
        f"{word} {found[key]}"
        for key, word in (("minimum", "≥"), ("maximum", "≤"), ("minLength", "length ≥"), ("maxLength", "length ≤"))
        if key in found
    ]
    told = found.get("description", "") if "description" in schema else ""
    return "; ".join(filter(None, (" ".join(str(told).split()), ", ".join(limits))))


def _named(schema: Mapping[str, Any], components: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    if "$ref" not in schema:
        return schema, ""
    name = str(schema["$ref"]).rpartition("/")[2]
    return components[name], name


def _inner(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What lies below a member: itself an object, or a list or a choice of some."""
    found, _ = _named(schema, components)
    if "properties" in found:
        return schema
    if found.get("type") == "array":
        return _inner(found.get("items", {}), components)
    of = [each for each in found.get("anyOf") or found.get("oneOf") or () if each.get("type") != "null"]
    return _inner(of[0], components) if len(of) == 1 else None
