"""The OpenAPI documents of all services as one: what a portal's developer reads and generates a client from."""

from collections.abc import Mapping
from typing import Any

from chassis.version import VERSION

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def merged(documents: Mapping[str, Json], servers: Mapping[str, str] | None = None) -> Json:
    """One document of those of the services, by service.

    `servers` are their base URLs. Answers that many operations have stand once, among the components; schemas of one name that are not the
    same get their service's name before it. ValueError where two services have the same path or operation.
    """
    renamed = _renamed(documents)
    paths: Json = {}
    responses: Json = {}
    schemas: Json = {}
    tags: list[Json] = []
    for service, document in documents.items():
        names = renamed[service]
        tags.append({"name": service, "description": document["info"].get("summary", document["info"]["title"])})
        for path, item in _moved(document["paths"], names).items():
            if path in paths:
                raise ValueError(f"two services have {path}")
            server = [{"url": servers[service]}] if servers else None
            paths[path] = {**({"servers": server} if server else {}), **_shared(item, responses)}
        for name, schema in document["components"].get("schemas", {}).items():
            new = names.get(name, name)
            schemas[new] = {**_moved(schema, names), **({"title": new} if new != name else {})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kepil",
            "version": VERSION,
            "summary": "The work of an education accreditation agency",
            "description": "All services in one document. Each path belongs to the service that its tag names.",
        },
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": dict(sorted(responses.items())),
            "securitySchemes": {
                name: scheme
                for document in documents.values()
                for name, scheme in document["components"].get("securitySchemes", {}).items()
            },
        },
    }


def _renamed(documents: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """Of each service, the schemas that another service has in another shape, and their new names."""
    shapes: dict[str, list[Json]] = {}
    for document in documents.values():
        for name, schema in document["components"].get("schemas", {}).items():
            shapes.setdefault(name, []).append(schema)
    torn = {name for name, found in shapes.items() if any(each != found[0] for each in found)}
    return {
        service: {name: f"{service.capitalize()}{name}" for name in document["components"].get("schemas", {}) if name in torn}
        for service, document in documents.items()
    }


def _moved(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: f"{_SCHEMAS}{names.get(name, name)}"
            if key == "$ref" and isinstance(each, str) and (name := each.removeprefix(_SCHEMAS)) != each
            else _moved(each, names)
            for key, each in value.items()
        }
    return [_moved(each, names) for each in value] if isinstance(value, list) else value


def _shared(item: Json, responses: Json) -> Json:
    """A path with its problems told by reference; `responses` gets what they refer to."""
    told = {}
    for method, operation in item.items():
        if isinstance(operation, dict) and "responses" in operation:
            told[method] = {**operation, "responses": {status: _once(status, answer, responses) for status, answer in _answers(operation)}}
        else:
            told[method] = operation
    return told


def _answers(operation: Json) -> list[tuple[str, Json]]:
    return list(operation["responses"].items())


def _once(status: str, answer: Json, responses: Json) -> Json:
    if not status.startswith(("4", "5")):
        return answer
    number = 1
    while (name := f"Problem{status}" + (f"_{number}" if number > 1 else "")) in responses and responses[name] != answer:
        number += 1
    responses[name] = answer
    return {"$ref": f"#/components/responses/{name}"}
