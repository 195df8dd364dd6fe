"""The documents that Kepil publishes: valid by the specifications' own schemas, good by the lint, and nothing promised is broken.

`asyncapi-3.0.0.schema.json` is the AsyncAPI Initiative's, from its repository spec-json-schemas (Apache License 2.0).
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chassis.published.compatibility import broken_events, broken_operations
from chassis.published.lint import findings
from chassis.published.openapi import merged
from cli.published import broken, document, written
from cli.serve import SERVICES, service

HERE = Path(__file__).parent
SAMPLES = sorted((HERE / "events").glob("*/*.json"))


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return document("openapi")


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    return document("asyncapi")


def test_the_openapi_document_of_all_services_is_valid(openapi: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(openapi).iter_errors()) == []


def test_the_asyncapi_document_is_valid(asyncapi: dict[str, Any]) -> None:
    schema = json.loads((HERE / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))
    checker = jsonschema_rs.validator_for(schema)
    assert [f"{error.instance_path}: {error.message}" for error in checker.iter_errors(asyncapi)] == []
    spoiled = deepcopy(asyncapi)
    next(iter(spoiled["operations"].values()))["action"] = "sends"
    assert not checker.is_valid(spoiled)


def test_the_openapi_document_has_nothing_for_the_lint(openapi: dict[str, Any]) -> None:
    assert findings(openapi) == []


def test_nothing_that_was_promised_is_broken() -> None:
    assert broken() == {"openapi": [], "asyncapi": []}


def test_every_event_type_is_a_message_of_its_aggregate(asyncapi: dict[str, Any]) -> None:
    told = {reference["$ref"].rpartition("/")[2] for channel in asyncapi["channels"].values() for reference in channel["messages"].values()}
    assert told == {f"{name}.{kind}" for name in SERVICES for kind in service(name).events.types} == set(asyncapi["components"]["messages"])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_published_event_is_as_the_asyncapi_document_says(asyncapi: dict[str, Any], sample: Path) -> None:
    kind, version = sample.stem.split(".")[:2]
    name = f"{sample.parent.name}.{kind}"
    if version != f"v{asyncapi['components']['messages'][name]['x-kepil-schema-version']}":
        return
    schema = {"$ref": f"#/components/schemas/{name}", "components": asyncapi["components"]}
    told = json.loads(sample.read_text(encoding="utf-8"))
    assert [f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(schema).iter_errors(told)] == []


def test_a_written_document_reads_back_as_it_was(openapi: dict[str, Any]) -> None:
    assert json.loads(written(openapi)) == openapi


def test_two_services_with_one_path_are_refused() -> None:
    one = {"info": {"title": "one"}, "paths": {"/v1/things": {}}, "components": {}}
    with pytest.raises(ValueError, match="/v1/things"):
        merged({"one": one, "other": one})


def test_schemas_of_one_name_and_two_shapes_keep_apart() -> None:
    def of(kind: str) -> dict[str, Any]:
        body = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
        operation = {"requestBody": {"content": body}, "responses": {}}
        schemas = {"Thing": {"type": kind}, "Same": {"type": "null"}}
        return {"info": {"title": kind}, "paths": {f"/v1/{kind}": {"post": operation}}, "components": {"schemas": schemas}}

    told = merged({"a": of("string"), "b": of("integer")})
    assert set(told["components"]["schemas"]) == {"AThing", "BThing", "Same"}
    assert "#/components/schemas/BThing" in json.dumps(told["paths"]["/v1/integer"])


def api(**changes: Any) -> dict[str, Any]:
    """A small OpenAPI document; `changes` set members of its body, of its answer, or its parameters and roles."""
    body = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 100},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "parts": {"type": "array", "maxItems": 9, "items": {"$ref": "#/components/schemas/Part"}},
        },
    }
    answer = {
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": {"type": "string"},
            "state": {"type": "string", "enum": ["open", "closed"]},
            "whole": {"$ref": "#/components/schemas/Part"},
        },
    }
    part = {
        "type": "object",
        "properties": {"size": {"type": "integer", "minimum": 0}, "within": {"$ref": "#/components/schemas/Part"}},
    }
    operation = {
        "x-kepil-roles": ["coordinator", "director"],
        "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}}],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"content": {"application/json": {"schema": answer}}}},
    }
    told = {"paths": {"/v1/things": {"post": operation}}, "components": {"schemas": {"Part": part}}}
    for path, value in changes.items():
        place: Any = {"body": body, "answer": answer, "part": part, "operation": operation, "paths": told["paths"]}
        *steps, last = path.split("__")
        for step in steps:
            place = place[int(step) if isinstance(place, list) else step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return told


BREAKS = {
    "a path that is gone": {"paths__/v1/things": None},
    "a role that is let in no more": {"operation__x-kepil-roles": ["director"]},
    "a parameter that is gone": {"operation__parameters": []},
    "a parameter that is needed": {"operation__parameters__0__required": True},
    "a parameter with less room": {"operation__parameters__0__schema__maximum": 50},
    "another answer": {"operation__responses": {"202": {}}},
    "a member that is needed now": {"body__required": ["name", "kind"]},
    "a member that is taken no more": {"body__properties__note": None},
    "a word that is taken no more": {"body__properties__kind__enum": ["a"]},
    "a member that may not be null any more": {"body__properties__note": {"type": "string"}},
    "a shorter text": {"body__properties__name__maxLength": 50},
    "fewer parts": {"body__properties__parts__maxItems": 3},
    "another type": {"body__properties__name": {"type": "integer"}},
    "a pattern that was not asked for": {"body__properties__name__pattern": "^x"},
    "a member of an answer that is gone": {"answer__properties__state": None},
    "a member of an answer that may be missing": {"answer__required": ["id"]},
    "an answer that may be null": {"answer__properties__id": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    "an answer of another type": {"answer__properties__id": {"type": "integer"}},
    "an answer of any word": {"answer__properties__state": {"type": "string"}},
    "a part of what is taken that is narrower": {"part__properties__size__minimum": 1},
    "a part of what is sent that is gone": {"part__properties__size": None},
}
KEEPS = {
    "nothing": {},
    "a new path": {"paths__/v1/others": {}},
    "a new role": {"operation__x-kepil-roles": ["auditor", "coordinator", "director"]},
    "a new member that nobody needs": {"body__properties__more": {"type": "string"}},
    "a new word": {"body__properties__kind__enum": ["a", "b", "c"]},
    "a longer text": {"body__properties__name__maxLength": 500},
    "a member that is not needed any more": {"body__required": []},
    "a member that may be null": {"body__properties__kind": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]}},
    "a new member of an answer": {"answer__properties__more": {"type": "integer"}},
    "a new word in an answer": {"answer__properties__state__enum": ["open", "closed", "lost"]},
    "another description": {"body__properties__name__description": "The name"},
}


@pytest.mark.parametrize("changes", BREAKS.values(), ids=BREAKS)
def test_what_breaks_a_client_is_found(changes: dict[str, Any]) -> None:
    assert broken_operations(api(), api(**changes)) != []


@pytest.mark.parametrize("changes", KEEPS.values(), ids=KEEPS)
def test_what_breaks_no_client_is_let_pass(changes: dict[str, Any]) -> None:
    assert broken_operations(api(), api(**changes)) == []


def channel(schema: dict[str, Any], version: int = 1, name: str = "kepil.intake.case.Filed") -> dict[str, Any]:
    message = {"name": name, "x-kepil-schema-version": version}
    return {"components": {"messages": {"intake.Filed": message}, "schemas": {"intake.Filed": schema}}}


FILED = {"type": "object", "required": ["case_id"], "properties": {"case_id": {"type": "string"}, "day": {"type": "string"}}}


@pytest.mark.parametrize(
    ("after", "breaks"),
    [
        (channel(FILED), False),
        (channel({**FILED, "properties": {**FILED["properties"], "more": {"type": "integer"}}}), False),
        (channel({**FILED, "properties": {"case_id": {"type": "string"}}}), True),
        (channel({**FILED, "properties": {"case_id": {"type": "string"}}}, version=2), False),
        (channel({**FILED, "required": []}), True),
        (channel(FILED, name="kepil.intake.application.Filed"), True),
        ({"components": {"messages": {}, "schemas": {}}}, True),
    ],
    ids=["the same", "a new member", "a member gone", "a new version", "perhaps missing", "another subject", "gone"],
)
def test_what_breaks_a_reader_of_events_is_found(after: dict[str, Any], breaks: bool) -> None:
    assert bool(broken_events(channel(FILED), after)) is breaks


def spoil(path: str, change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    def spoiled(document: dict[str, Any]) -> None:
        place = document
        for step in path.split("|"):
            place = place[step]
        change(place)

    return spoiled


FILE = "paths|/v1/applications|post"
NEW = "components|schemas|NewApplication"
SPOILED = {
    "operation-description": spoil(FILE, lambda at: at.pop("description")),
    "operation-operationId-unique": spoil(FILE, lambda at: at.update(operationId="list_applications")),
    "operation-success-response": spoil(f"{FILE}|responses", lambda at: at.pop("201")),
    "define-error-responses-401": spoil(f"{FILE}|responses", lambda at: at.pop("401")),
    "write-restricted": spoil(FILE, lambda at: at.pop("security")),
    "path-params": spoil("paths|/v1/applications/{case_id}|get", lambda at: at.update(parameters=[])),
    "no-additionalProperties": spoil(NEW, lambda at: at.pop("additionalProperties")),
    "string-limit": spoil(f"{NEW}|properties", lambda at: at.update(more={"type": "string"})),
    "array-limit": spoil(f"{NEW}|properties", lambda at: at.update(more={"type": "array", "items": {"type": "boolean"}})),
    "integer-limit": spoil(f"{NEW}|properties", lambda at: at.update(more={"type": "integer"})),
    "array-items": spoil(f"{NEW}|properties", lambda at: at.update(more={"type": "array", "maxItems": 3})),
    "typed-enum": spoil(f"{NEW}|properties", lambda at: at.update(more={"type": "string", "enum": ["a", 1]})),
    "unused-component": spoil("components|schemas", lambda at: at.update(Lonely={"type": "string"})),
    "no-script-tags-in-markdown": spoil(FILE, lambda at: at.update(description="<script>alert(1)</script>")),
    "tag-description": spoil(FILE, lambda at: at.update(tags=["nobody knows"])),
}


@pytest.mark.parametrize(("rule", "spoiled"), SPOILED.items(), ids=SPOILED)
def test_the_lint_finds_what_its_rule_is_for(openapi: dict[str, Any], rule: str, spoiled: Callable[[dict[str, Any]], None]) -> None:
    document = deepcopy(openapi)
    spoiled(document)
    assert any(found.startswith(f"{rule}:") for found in findings(document))
