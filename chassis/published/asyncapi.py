"""The AsyncAPI 3.0 document of every published event: CloudEvents 1.0 in structured JSON on NATS JetStream.

A channel is the subject of an aggregate, a message one event type in its present shape; a schema is `<service>.<Model>`.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from inspect import cleandoc
from typing import Any

from pydantic.json_schema import models_json_schema

from chassis.events import Catalogue, Event
from chassis.messaging import Envelope, stream_name
from chassis.privacy import sealed_schemas
from chassis.version import VERSION

Json = dict[str, Any]

_ENVELOPE = "Envelope"
_SCHEMAS = "#/components/schemas/"
_JSON = "application/cloudevents+json"


def asyncapi(catalogues: Iterable[Catalogue]) -> Json:
    """The document of these services' events."""
    channels: Json = {}
    operations: Json = {}
    messages: Json = {}
    schemas: Json = {_ENVELOPE: _envelope()}
    for catalogue in catalogues:
        schemas |= _schemas(catalogue)
        for aggregate, kinds in catalogue.aggregates.items():
            place = f"{catalogue.service}.{aggregate}"
            names = [kind.type_name() for kind in kinds]
            channels[place] = _channel(catalogue, aggregate, names)
            operations[f"publish.{place}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{place}"},
                "summary": f"{catalogue.service} publishes what becomes of {_spoken(aggregate)}",
                "messages": [{"$ref": f"#/channels/{place}/messages/{name}"} for name in names],
            }
            messages |= {f"{catalogue.service}.{kind.type_name()}": _message(catalogue, kind) for kind in kinds}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:kepil:events",
        "info": {
            "title": "Kepil events",
            "version": VERSION,
            "description": cleandoc(
                """
                Every fact that a service records, once it is durable. Delivery is at least once: `id` tells the second of two.
                Of one `subject` events arrive in the order of `streamversion`; between subjects no order is promised. An event may get
                members that are not here yet: a reader passes over what it does not know. Any other change raises `schemaversion`.
                """
            ),
        },
        "defaultContentType": _JSON,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _channel(catalogue: Catalogue, aggregate: str, names: list[str]) -> Json:
    return {
        "address": f"kepil.{catalogue.service}.{aggregate}.{{event}}",
        "title": _spoken(aggregate),
        "description": f"In the JetStream stream {stream_name(catalogue.service)}, kept for ever.",
        "parameters": {"event": {"enum": names, "description": "The event type"}},
        "messages": {name: {"$ref": f"#/components/messages/{catalogue.service}.{name}"} for name in names},
    }


def _message(catalogue: Catalogue, kind: type[Event]) -> Json:
    name = kind.type_name()
    summary, _, more = cleandoc(kind.__doc__ or name).partition("\n\n")
    told: Json = {
        "name": catalogue.subject(name),
        "title": name,
        "summary": " ".join(summary.split()),
        "contentType": _JSON,
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMAS}{_ENVELOPE}"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": catalogue.subject(name)},
                        "source": {"const": f"/kepil/{catalogue.service}"},
                        "schemaversion": {"const": kind.schema_version},
                        "data": {"$ref": f"{_SCHEMAS}{catalogue.service}.{name}"},
                    },
                },
            ]
        },
        "x-kepil-schema-version": kind.schema_version,
    }
    if more:
        told["description"] = more
    if kind.under:
        told["x-kepil-clauses"] = {rulebook: list(clauses) for rulebook, clauses in sorted(kind.under.items())}
    return told


def _schemas(catalogue: Catalogue) -> Json:
    with sealed_schemas():
        _, told = models_json_schema([(kind, "serialization") for kind in catalogue.types.values()], ref_template="#/$defs/{model}")
    return {f"{catalogue.service}.{name}": _moved(schema, catalogue.service) for name, schema in told.get("$defs", {}).items()}


def _moved(schema: Any, service: str) -> Any:
    """The same with its references into the document's components."""
    if isinstance(schema, dict):
        return {
            key: f"{_SCHEMAS}{service}.{value.removeprefix('#/$defs/')}" if key == "$ref" else _moved(value, service)
            for key, value in schema.items()
        }
    return [_moved(each, service) for each in schema] if isinstance(schema, list) else schema


def _envelope() -> Json:
    schema = deepcopy(Envelope.model_json_schema(mode="serialization"))
    schema["title"] = "CloudEvents 1.0 envelope"
    schema["description"] = "Attributes of CloudEvents 1.0 with Kepil's extensions; the header `Nats-Msg-Id` has the same id."
    schema["properties"]["specversion"] = {"const": "1.0"}
    return schema


def _spoken(aggregate: str) -> str:
    return aggregate.replace("_", " ")


def events(document: Json) -> Iterator[tuple[str, Json, Json]]:
    """Of a document: each `<service>.<EventType>`, its message and the schema of its data."""
    for name, message in document["components"]["messages"].items():
        yield name, message, document["components"]["schemas"][name]
