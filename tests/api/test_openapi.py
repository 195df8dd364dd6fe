"""The five OpenAPI documents: valid 3.1, and complete enough to write a client by them."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from jsonschema_rs import meta as metaschema

from tests.api.journey import SERVICES, Journey
from tests.api.routes import openapi, operations

OPERATIONS = list(operations())
EVERY_OPERATION = pytest.mark.parametrize(
    ("path", "method", "operation"), [(p, m, o) for _, m, p, o in OPERATIONS], ids=[f"{m} {s}{p}" for s, m, p, _ in OPERATIONS]
)
EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)


@EVERY_SERVICE
async def test_the_document_is_served_without_a_token(case: Journey, service: str) -> None:
    served = await case.http.get(f"{case.stack.urls[service]}/openapi.json")
    assert served.status_code == 200
    assert served.json() == openapi(service)


@EVERY_SERVICE
def test_the_document_is_openapi_3_1(service: str) -> None:
    document = openapi(service)
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"]
    assert document["info"]["summary"]
    assert document["info"]["version"]
    assert set(document) <= {"openapi", "info", "paths", "components", "tags", "servers", "security"}
    assert all(path.startswith("/v1/") for path in document["paths"])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


@EVERY_SERVICE
def test_every_reference_leads_somewhere_and_every_schema_is_used(service: str) -> None:
    document = openapi(service)
    schemas = document["components"]["schemas"]
    named = {reference.removeprefix("#/components/schemas/") for reference in _references(document)}
    assert named == set(schemas)


@EVERY_SERVICE
def test_every_schema_is_a_json_schema(service: str) -> None:
    document = openapi(service)
    for name, schema in document["components"]["schemas"].items():
        assert metaschema.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


#: What an agency has one of: its commands go to a resource without an id.
_SINGLE = ("/v1/internal-monitoring/", "/v1/internal-commission/", "/v1/letterhead")
_KEYWORDS = {
    *(
        "type",
        "format",
        "title",
        "description",
        "properties",
        "required",
        "items",
        "prefixItems",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "$ref",
    ),
    *("minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "additionalProperties", "default"),
    *("examples", "propertyNames", "patternProperties", "minProperties", "maxProperties", "oneOf", "exclusiveMinimum", "exclusiveMaximum"),
}


@EVERY_SERVICE
def test_no_schema_has_words_that_json_schema_does_not_know(service: str) -> None:
    def words(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema
            for keyword, value in schema.items():
                if keyword in ("properties", "patternProperties"):
                    for member in value.values():
                        yield from words(member)
                elif keyword in ("items", "additionalProperties", "propertyNames"):
                    yield from words(value)
                elif keyword in ("anyOf", "oneOf", "prefixItems"):
                    for member in value:
                        yield from words(member)

    for name, schema in openapi(service)["components"]["schemas"].items():
        assert set(words(schema)) <= _KEYWORDS, name


@EVERY_SERVICE
def test_a_body_takes_no_members_that_it_does_not_name(service: str) -> None:
    schemas = openapi(service)["components"]["schemas"]
    for owner, _, path, operation in OPERATIONS:
        if owner == service and "application/json" in operation.get("requestBody", {}).get("content", ()):
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert schemas[name]["additionalProperties"] is False, path
            assert operation["requestBody"]["required"] is True, path


def test_every_operation_has_an_id_of_its_own() -> None:
    for service in SERVICES:
        ids = Counter(operation["operationId"] for owner, _, _, operation in OPERATIONS if owner == service)
        assert [name for name, times in ids.items() if times > 1] == []
        assert all(re.fullmatch(r"[a-zA-Z0-9_]+", name) for name in ids)


@EVERY_OPERATION
def test_an_operation_says_what_it_does_and_who_may(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 10
    assert operation["x-kepil-roles"] or operation["security"] == []
    assert operation["security"] in ([], [{"accessToken": []}])
    named = set(re.findall(r"\{(\w+)\}", path))
    parameters = operation.get("parameters", [])
    assert {each["name"] for each in parameters if each["in"] == "path"} == named
    assert len({(each["in"], each["name"]) for each in parameters}) == len(parameters)


#: What is asked with a body, and changes nothing.
QUESTIONS = ("/v1/verification/{agency}/document",)


@EVERY_OPERATION
def test_an_operation_tells_its_answers_and_its_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    good = [status for status in answers if status.startswith("2")]
    assert [status for status in good if status != "206"] in (["200"], ["201"])
    told = answers[good[0]]["content"]
    a_file = "application/json" not in told or path.endswith(".json")
    assert all(each["schema"] for each in told.values()) if a_file else "$ref" in str(told["application/json"]["schema"])
    if "206" in good:  # the part of a file
        assert a_file
        assert list(answers["206"]["content"]) == list(told)
        assert "416" in answers
    assert "304" not in answers or (a_file and "content" not in answers["304"])
    public = operation["security"] == []
    needed = {"422", "500", "503"} if public else {"401", "403", "404", "422", "500", "503"}
    if method == "POST" and path in QUESTIONS:
        needed |= {"413", "415"}
    elif method == "POST":
        needed |= {"400", "409", "413", "415", *(("429",) if public else ("412", "428"))}
        headers = {each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"}
        assert headers["Idempotency-Key"] is True
        assert ("If-Match" in headers) == (("{" in path or path.startswith(_SINGLE)) and not public)
    assert needed <= set(answers)
    for status, answer in answers.items():
        if status not in (*good, "304"):
            assert list(answer["content"]) == ["application/problem+json"]
            assert answer["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert answer["description"]
