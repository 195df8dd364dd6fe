"""What a form asks for, out of a service's OpenAPI document: a tree of members, each of one kind. No page and no words here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "line",
    "prose",
    "date",
    "instant",
    "integer",
    "number",
    "flag",
    "yes_no",
    "choice",
    "choices",
    "group",
    "list",
    "map",
    "document",
    "any",
]
Schema = Mapping[str, Any]
Components = Mapping[str, Schema]

DOCUMENT = frozenset({"kind", "name", "sha256"})
LANGUAGES = ("ky", "kk", "ru", "en")

#: Text that may hold line breaks; text that may not has a pattern which forbids them too.
_PROSE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
_DECIMAL = re.compile(r"^\^\(0\|\[1-9\]")


@dataclass(frozen=True)
class Member:
    """One thing that a form asks for. `owner` is the schema that it stands in, `words` what it must be one of; `members` are those of a
    group, `item` is what a list or a map holds. A document without a name stands for the members of its group that describe a file."""

    name: str
    kind: Kind
    owner: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = None
    words: tuple[str, ...] = ()
    members: tuple["Member", ...] = ()
    item: "Member | None" = None
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    pattern: str | None = None

    @property
    def key(self) -> str:
        """By which its words and its choices are looked up."""
        return f"{self.owner}.{self.name}"

    @property
    def needed(self) -> bool:
        """Whether it must be filled in, not only sent: parts by their names may be none, where the service names no least number."""
        return self.required and not self.nullable and not (self.kind == "map" and not self.least)

    def walk(self) -> Iterator["Member"]:
        """This member and every one in it."""
        yield self
        for each in (*self.members, *([self.item] if self.item else [])):
            yield from each.walk()


def members_of(schema: Schema, components: Components) -> tuple[Member, ...]:
    """The members of the body that a schema describes."""
    found, name = _named(schema, components)
    return _members(found, name, components)


def _members(schema: Schema, owner: str, components: Components) -> tuple[Member, ...]:
    given: Mapping[str, Schema] = schema.get("properties", {})
    required = frozenset(schema.get("required", ()))
    of_file = given.keys() >= DOCUMENT
    file = (Member("", "document", owner, required="sha256" in required),) if of_file else ()
    return file + tuple(
        _member(name, each, owner, name in required, components) for name, each in given.items() if not (of_file and name in DOCUMENT)
    )


def _named(schema: Schema, components: Components) -> tuple[Schema, str]:
    """What a reference leads to, with its short name."""
    if "$ref" not in schema:
        return schema, ""
    name = str(schema["$ref"]).rpartition("/")[2]
    return components[name], name.rpartition("__")[2]


def _member(name: str, schema: Schema, owner: str, required: bool, components: Components) -> Member:
    of = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    nullable = "anyOf" in schema and len(of) < len(schema["anyOf"])
    numeric = {each.get("type") for each in of} == {"number", "string"}
    about = {**schema, **(of[0] if of else {})}
    found, kind_name = _named(about, components)
    common: dict[str, Any] = {
        "owner": owner,
        "required": required,
        "nullable": nullable,
        "default": schema.get("default"),
        "least": found.get("minimum", found.get("exclusiveMinimum", found.get("minProperties"))),
        "most": found.get("maximum", found.get("exclusiveMaximum")),
        "longest": found.get("maxLength"),
        "pattern": found.get("pattern"),
    }
    if numeric:
        return Member(name, "number", **common)
    if "enum" in found:
        return Member(name, "choice", **common, words=tuple(map(str, found["enum"])))
    match found.get("type"):
        case "object" if "properties" in found:
            inner = _members(found, kind_name, components)
            if len(inner) == 1 and inner[0].kind == "document":
                return Member(name, "document", **common)
            return Member(name, "group", **common, members=inner)
        case "object":
            return _map(name, found, common, components)
        case "array":
            return _list(name, found, common, components)
        case "boolean":
            return Member(name, "flag" if schema.get("default") is False else "yes_no", **common)
        case "integer":
            return Member(name, "integer", **common)
        case "number":
            return Member(name, "number", **common)
        case "string":
            return Member(name, _text(found), **common)
    return Member(name, "any", **common)


def _list(name: str, found: Schema, common: dict[str, Any], components: Components) -> Member:
    item = _member(name, found.get("items", {}), common["owner"], True, components)
    if item.kind == "choice":
        return Member(name, "choices", **common, words=item.words)
    return Member(name, "list", **common, item=item)


def _map(name: str, found: Schema, common: dict[str, Any], components: Components) -> Member:
    held = found.get("additionalProperties")
    keys = found.get("propertyNames", {}).get("enum")
    values = held if isinstance(held, Mapping) else {}
    if keys:
        inner = tuple(_member(key, values, "language", False, components) for key in LANGUAGES if key in keys)
        return Member(name, "group", **common, members=inner)
    return Member(name, "map", **common, item=_member("value", values, f"{common['owner']}.{name}", True, components))


def _text(found: Schema) -> Kind:
    match found.get("format"):
        case "date":
            return "date"
        case "date-time":
            return "instant"
    pattern = found.get("pattern", "")
    if pattern == _PROSE:
        return "prose"
    return "number" if _DECIMAL.match(pattern) else "line"
