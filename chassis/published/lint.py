"""What a good OpenAPI document has: the rules of `spectral:oas` and of Spectral's OWASP API security ruleset (2023) that say something of
Kepil, by their names there.

Left out, and why: `no-numeric-ids` takes page sizes and whole numbers of a procedure for ids; `rate-limit*` asks of every route what only
public ones have; `string-limit`, `array-limit` and `integer-limit` are asked of what is taken: answers are as long as what was taken.
A pattern without an open end is a limit.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_BOUNDS = ("enum", "const", "maxLength")
_RESTRICTED_FORMATS = frozenset({"date", "date-time", "uuid", "uri", "email"})
_UNBOUNDED = re.compile(r"[*+]|\{[0-9]*,\}")
_DECIMAL = "^(?!^[-+.]*$)"  # how pydantic writes a number told as text, of so many digits
_MARKUP = re.compile(r"<script|javascript:|eval\(", re.IGNORECASE)


def findings(document: Json) -> list[str]:
    """Every rule that the document breaks, as `rule: where`."""
    return [*_of_document(document), *_of_operations(document), *_of_what_is_taken(document), *_of_components(document)]


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Each `METHOD /path` with its operation."""
    for path, item in document["paths"].items():
        for method in (each for each in _METHODS if each in item):
            yield f"{method.upper()} {path}", item[method]


def _of_document(document: Json) -> Iterator[str]:
    for word in ("title", "version", "description"):
        if not document["info"].get(word):
            yield f"info-{word}: info"
    told = {tag["name"] for tag in document.get("tags", ()) if tag.get("description")}
    used = {tag for _, operation in operations(document) for tag in operation.get("tags", ())}
    yield from (f"tag-description: {tag}" for tag in sorted(used - told))
    ids = Counter(operation.get("operationId") for _, operation in operations(document))
    yield from (f"operation-operationId-unique: {name}" for name, times in ids.items() if times > 1 or not name)
    shapes = Counter(re.sub(r"\{[^}]*\}", "{}", path) for path in document["paths"])
    yield from (f"path-not-ambiguous: {path}" for path, times in shapes.items() if times > 1)
    yield from (f"path-keys-no-trailing-slash: {path}" for path in document["paths"] if path.endswith("/"))
    yield from (f"no-http-verbs-in-path: {path}" for path in document["paths"] if set(path.split("/")) & set(_METHODS))


def _of_operations(document: Json) -> Iterator[str]:
    for name, operation in operations(document):
        for word in ("summary", "description", "tags"):
            if not operation.get(word):
                yield f"operation-{word}: {name}"
        if _MARKUP.search(operation.get("description", "")):
            yield f"no-script-tags-in-markdown: {name}"
        statuses = set(operation["responses"])
        if not any(status.startswith("2") for status in statuses):
            yield f"operation-success-response: {name}"
        public = operation.get("security") == []
        if "security" not in operation:
            yield f"write-restricted: {name}"
        for status in ("422",) if public else ("401", "403", "422"):
            if status not in statuses and not (status == "422" and not operation.get("parameters") and "requestBody" not in operation):
                yield f"define-error-responses-{status}: {name}"
        asked = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        placed = set(re.findall(r"\{([^}]+)\}", name))
        yield from (f"path-params: {name} {each}" for each in sorted(asked ^ placed))
        secret = {"token", "password", "secret", "api_key"}
        yield from (f"no-credentials-in-url: {name}" for each in operation.get("parameters", ()) if each["name"].lower() in secret)


def _of_what_is_taken(document: Json) -> Iterator[str]:
    seen: set[str] = set()
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                yield from _bounded(parameter["schema"], document, f"{name} {parameter['name']}", seen)
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if media == "application/json":
                yield from _bounded(content.get("schema", {}), document, name, seen)


def _bounded(schema: Any, document: Json, where: str, seen: set[str]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in seen:
            return
        seen.add(name)
        yield from _bounded(document["components"]["schemas"][name], document, name, seen)
        return
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("prefixItems", ())):
        yield from _bounded(each, document, where, seen)
    kind = schema.get("type")
    if kind == "string" and not (
        set(_BOUNDS) & set(schema)
        or schema.get("format") in _RESTRICTED_FORMATS
        or ("pattern" in schema and (schema["pattern"].startswith(_DECIMAL) or not _UNBOUNDED.search(schema["pattern"])))
    ):
        yield f"string-limit: {where}"
    if kind == "array":
        if "maxItems" not in schema:
            yield f"array-limit: {where}"
        yield from _bounded(schema.get("items", {}), document, f"{where}/*", seen)
    if kind in ("integer", "number") and not all({word, f"exclusive{word.capitalize()}"} & set(schema) for word in ("minimum", "maximum")):
        yield f"integer-limit: {where}"
    if kind == "object":
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield f"no-additionalProperties: {where}"
        if isinstance(schema.get("additionalProperties"), dict):
            if not {"maxProperties", "propertyNames"} & set(schema):
                yield f"constrained-additionalProperties: {where}"
            yield from _bounded(schema["additionalProperties"], document, f"{where}/*", seen)
        for member, each in schema.get("properties", {}).items():
            yield from _bounded(each, document, f"{where}/{member}", seen)


def _of_components(document: Json) -> Iterator[str]:
    used = set(_references(document))
    for kind, components in document["components"].items():
        if kind != "securitySchemes":
            yield from (f"unused-component: {name}" for name in components if f"#/components/{kind}/{name}" not in used)
    for name, schema in document["components"]["schemas"].items():
        yield from _typed(schema, name)
    for name, scheme in document["components"].get("securitySchemes", {}).items():
        if scheme.get("scheme") == "basic":
            yield f"no-http-basic: {name}"


def _typed(schema: Any, where: str) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _typed(each, where)
    if not isinstance(schema, dict):
        return
    words = schema.get("enum")
    if isinstance(words, list) and schema.get("type") == "string" and not all(isinstance(word, str) for word in words):
        yield f"typed-enum: {where}"
    if isinstance(words, list) and len(words) != len({repr(word) for word in words}):
        yield f"duplicated-entry-in-enum: {where}"
    if schema.get("type") == "array" and not {"items", "prefixItems"} & set(schema):
        yield f"array-items: {where}"
    for key, each in schema.items():
        yield from _typed(each, f"{where}/{key}" if isinstance(each, dict) else where)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
