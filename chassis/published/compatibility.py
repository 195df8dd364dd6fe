"""What in a new OpenAPI or AsyncAPI document would break those who rely on the last released one.

Something new breaks nobody: an operation, an optional member of a body, any member of an answer or an event, another word of a vocabulary
in an answer (a reader passes over what it does not know).
"""

from collections.abc import Iterator
from typing import Any

from chassis.published.asyncapi import events
from chassis.published.schemas import Comparison

Json = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")


def broken_operations(before: Json, after: Json) -> list[str]:
    """Of the OpenAPI documents: what a client of `before` can no longer do or read."""
    return list(_operations(before, after))


def broken_events(before: Json, after: Json) -> list[str]:
    """Of the AsyncAPI documents: what a reader of `before` can no longer read. A higher schema version is a new promise."""
    return list(_events(before, after))


def _operations(before: Json, after: Json) -> Iterator[str]:
    compared = Comparison(before, after)
    for path, item in before["paths"].items():
        for method in (each for each in _METHODS if each in item):
            name = f"{method.upper()} {path}"
            new = after["paths"].get(path, {}).get(method)
            if new is None:
                yield f"{name}: is gone"
                continue
            yield from _parameters(compared, item[method], new, name)
            yield from _body(compared, item[method], new, name)
            yield from _answers(compared, item[method], new, name)
            roles = set(item[method].get("x-kepil-roles", ())) - set(new.get("x-kepil-roles", ()))
            yield from (f"{name}: is not for {role} any more" for role in sorted(roles))


def _parameters(compared: Comparison, before: Json, after: Json, name: str) -> Iterator[str]:
    old = {(each["in"], each["name"]): each for each in before.get("parameters", ())}
    new = {(each["in"], each["name"]): each for each in after.get("parameters", ())}
    for key, parameter in new.items():
        if key not in old and parameter.get("required"):
            yield f"{name}: {key[0]} {key[1]} is needed now"
    for key, parameter in old.items():
        if key not in new:
            yield f"{name}: {key[0]} {key[1]} is taken no more"
            continue
        if new[key].get("required") and not parameter.get("required"):
            yield f"{name}: {key[0]} {key[1]} is needed now"
        yield from compared.broken(parameter.get("schema", {}), new[key].get("schema", {}), "taken", f"{name}: {key[1]}")


def _body(compared: Comparison, before: Json, after: Json, name: str) -> Iterator[str]:
    old, new = before.get("requestBody", {}), after.get("requestBody", {})
    if new.get("required") and not old.get("required"):
        yield f"{name}: a body is needed now"
    for media, content in old.get("content", {}).items():
        if media not in new.get("content", {}):
            yield f"{name}: {media} is taken no more"
        else:
            yield from compared.broken(content.get("schema", {}), new["content"][media].get("schema", {}), "taken", f"{name}: body")


def _answers(compared: Comparison, before: Json, after: Json, name: str) -> Iterator[str]:
    for status, answer in before["responses"].items():
        if not status.startswith("2"):
            continue
        new = after["responses"].get(status)
        if new is None:
            yield f"{name}: answers {status} no more"
            continue
        for media, content in answer.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{name}: {status} is {media} no more"
            else:
                yield from compared.broken(content.get("schema", {}), new["content"][media].get("schema", {}), "sent", f"{name}: {status}")


def _events(before: Json, after: Json) -> Iterator[str]:
    compared = Comparison(before, after)
    now = {name: (message, schema) for name, message, schema in events(after)}
    for name, message, schema in events(before):
        if name not in now:
            yield f"{name}: is published no more"
            continue
        new_message, new_schema = now[name]
        if new_message["name"] != message["name"]:
            yield f"{name}: was published as {message['name']} and is as {new_message['name']}"
        version, new_version = message["x-kepil-schema-version"], new_message["x-kepil-schema-version"]
        if new_version < version:
            yield f"{name}: had schema version {version} and has {new_version}"
        elif new_version == version:
            yield from compared.broken(schema, new_schema, "sent", name)
