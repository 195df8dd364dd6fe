"""Whether a JSON schema may stand where another stood: for what we send, and for what we take.

Kepil's own schemas use a small part of JSON Schema; what else may be asked of a value is compared word for word, and called broken.
"""

from collections.abc import Iterator
from typing import Any, Literal

Json = dict[str, Any]
Way = Literal["sent", "taken"]

#: Words that say nothing of which values are meant.
_SPOKEN = frozenset({"title", "description", "default", "examples", "deprecated", "format", "contentEncoding"})
_LEAST = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
_MOST = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
_COMPARED = frozenset(
    {"type", "enum", "const", "properties", "required", "items", "prefixItems", "additionalProperties", "anyOf", "oneOf", "allOf", "$ref"}
    | {*_LEAST, *_MOST}
)


class Comparison:
    """Two documents whose schemas are compared, one pair once."""

    def __init__(self, before: Json, after: Json) -> None:
        self._before = before
        self._after = after
        self._seen: set[tuple[str, str, Way]] = set()

    def broken(self, before: Any, after: Any, way: Way, where: str) -> Iterator[str]:
        """What those who rely on `before` meet in `after`, as sentences that begin with `where`."""
        pair = (str(before.get("$ref")), str(after.get("$ref")), way)
        if "$ref" in before and "$ref" in after:
            if pair in self._seen:
                return
            self._seen.add(pair)
        before, after = _resolved(before, self._before), _resolved(after, self._after)
        yield from self._types(before, after, way, where)
        yield from _words(before, after, way, where)
        yield from _limits(before, after, way, where)
        yield from self._members(before, after, way, where)
        yield from self._items(before, after, way, where)
        for word in sorted((set(before) | set(after)) - _COMPARED - _SPOKEN):
            if not word.startswith("x-") and before.get(word) != after.get(word):
                yield f"{where}: {word} was {before.get(word)!r} and is {after.get(word)!r}"

    def _types(self, before: Json, after: Json, way: Way, where: str) -> Iterator[str]:
        old, new = _alternatives(before), _alternatives(after)
        if old is None and new is None:
            had, has = _kinds(before), _kinds(after)
            if not (has <= had if way == "sent" else had <= has):
                yield f"{where}: was {_either(had)} and is {_either(has)}"
            return
        old, new = old or [before], new or [after]
        narrow, wide, first, second = (new, old, self._after, self._before) if way == "sent" else (old, new, self._before, self._after)
        for each in narrow:
            fitting = [other for other in wide if _alike(_resolved(each, first), _resolved(other, second))]
            if not fitting:
                yield f"{where}: {_told(each)} is {'new' if way == 'sent' else 'taken no more'}"
            elif "$ref" in each or _kinds(_resolved(each, first)) & {"object", "array"}:
                other = next((one for one in fitting if one.get("$ref") == each.get("$ref")), fitting[0])
                pair = (other, each) if way == "sent" else (each, other)
                yield from self.broken(*pair, way, where)

    def _members(self, before: Json, after: Json, way: Way, where: str) -> Iterator[str]:
        old, new = before.get("properties", {}), after.get("properties", {})
        must, musts = set(before.get("required", ())), set(after.get("required", ()))
        for name in old:
            if name not in new:
                yield f"{where}/{name}: is gone"
            else:
                yield from self.broken(old[name], new[name], way, f"{where}/{name}")
        if way == "sent":
            yield from (f"{where}/{name}: was always there and may be missing" for name in sorted(must - musts) if name in new)
        else:
            yield from (f"{where}/{name}: is needed now" for name in sorted(musts - must))

    def _items(self, before: Json, after: Json, way: Way, where: str) -> Iterator[str]:
        for word in ("items", "additionalProperties"):
            old, new = before.get(word), after.get(word)
            if isinstance(old, dict) and isinstance(new, dict):
                yield from self.broken(old, new, way, f"{where}/*")
            elif word == "items" and (old is None) != (new is None) and old is not None:
                yield f"{where}/*: is not told any more"
            elif word == "additionalProperties" and way == "taken" and new is False and old not in (False, None):
                yield f"{where}: takes no other members any more"
        if before.get("prefixItems") or after.get("prefixItems"):
            old, new = before.get("prefixItems", []), after.get("prefixItems", [])
            if len(old) != len(new):
                yield f"{where}: had {len(old)} parts and has {len(new)}"
            for number, (one, other) in enumerate(zip(old, new, strict=False)):
                yield from self.broken(one, other, way, f"{where}/{number}")


def _resolved(schema: Any, document: Json) -> Json:
    while isinstance(schema, dict) and "$ref" in schema:
        place: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        schema = place
    return schema if isinstance(schema, dict) else {}


def _alternatives(schema: Json) -> list[Json] | None:
    return schema.get("anyOf") or schema.get("oneOf")


def _kinds(schema: Json) -> set[str]:
    kind = schema.get("type")
    if kind is None:
        values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
        return {_ANY} if values is None else {_kind_of(value) for value in values}
    found = {kind} if isinstance(kind, str) else set(kind)
    return found | {"integer"} if "number" in found else found


_ANY = "anything"


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "object" if isinstance(value, dict) else "array"


def _alike(one: Json, other: Json) -> bool:
    return bool(_kinds(one) & _kinds(other)) or (_alternatives(one) is not None) or (_alternatives(other) is not None)


def _words(before: Json, after: Json, way: Way, where: str) -> Iterator[str]:
    old, new = _values(before), _values(after)
    if way == "taken" and new is not None:
        gone = ["anything"] if old is None else [word for word in old if word not in new]
        yield from (f"{where}: {word!r} is taken no more" for word in gone)
    if way == "sent" and old is not None and new is None:
        yield f"{where}: was one of {len(old)} words and may be anything"


def _values(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found: list[Any] | None = schema.get("enum")
    return found


def _limits(before: Json, after: Json, way: Way, where: str) -> Iterator[str]:
    """Of what is taken: a limit may be loosened, never tightened. What is sent may have any."""
    if way == "sent":
        return
    for word in (*_LEAST, *_MOST):
        old, new = before.get(word), after.get(word)
        if new is not None and (old is None or (new > old if word in _LEAST else new < old)):
            yield f"{where}: {word} was {old if old is not None else 'unlimited'} and is {new}"


def _either(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _told(schema: Json) -> str:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else _either(_kinds(schema))
