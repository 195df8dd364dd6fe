"""Somebody's change to a rulebook: which values a what-if may change, what each accepts, and how the change stands to the text.

Pure: a rulebook and values in, a revised rulebook out. What is refused says the path and what would be accepted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from regulations.rulebook import Rulebook
from regulations.values import Cited, Kind, Quote, Setting, Share

#: The fields that decide deadlines and outcomes. What cites, names or identifies a value is no what-if.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "terms": ("amount", "lower_amount", "unit", "direction", "roll", "follows", "reminders", "default_variant"),
    "choices": ("due", "missed_when"),
    "ranges": ("minimum", "maximum", "unit"),
    "thresholds": ("minimum", "maximum"),
    "compositions": ("minimum", "maximum"),
    "settings": ("value",),
}
_VARIANT = ("amount", "lower_amount", "unit")
_REQUIREMENT = ("at_least",)
_SHARES = re.compile(r"_(quorum|majority)$")
_A_SHARE = "a share such as {of: 2/3, strictly: false}"


class ChangeRefused(ValueError):
    """A change that no what-if can make: the path, what is wrong, and what would be accepted."""

    def __init__(self, path: str, reason: str, accepts: str) -> None:
        self.path = path
        self.reason = reason
        self.accepts = accepts
        super().__init__(f"{path}: {reason}; accepted: {accepts}")


@dataclass(frozen=True)
class Change:
    """One value as it is and as it would be, with what it rests on. `value` is the path of the cited value that it belongs to."""

    path: str
    value: str
    was: Any
    becomes: Any
    clause: str | None
    kind: Kind
    quote: Quote
    why: str | None
    standing: str

    @property
    def departs(self) -> bool:
        """Whether the regulation says otherwise in words: then only its author could make this change."""
        return self.kind == "text" and self.was != self.becomes


@dataclass(frozen=True)
class _Place:
    value: str
    cited: Cited
    owner: BaseModel
    field: str

    @property
    def current(self) -> Any:
        return getattr(self.owner, self.field)


def changeable(rulebook: Rulebook) -> dict[str, Any]:
    """Every path that a what-if may change, with its present value."""
    return {path: _plain(place.current) for path, place in _places(rulebook)}


def revise(rulebook: Rulebook, values: Mapping[str, Any]) -> tuple[Rulebook, tuple[Change, ...]]:
    """The rulebook with other values by dotted path (`terms.visit_report.amount`), checked as any rulebook. ChangeRefused."""
    places = dict(_places(rulebook))
    changes = []
    fields: dict[str, dict[str, Any]] = {}
    for path, given in values.items():
        if path not in places:
            raise _no_such(path, places)
        place = places[path]
        becomes = _checked(rulebook, path, place, given)
        changes.append(_change(rulebook, path, place, becomes))
        fields.setdefault(path.rpartition(".")[0], {})[place.field] = becomes
    _keep_variants_in_step(rulebook, fields)
    try:
        return rulebook.revised(fields, version=f"{rulebook.version} what-if"), tuple(changes)
    except ValidationError as refusal:
        problem = "; ".join(_plainly(error) for error in refusal.errors())
        raise ChangeRefused(", ".join(values), problem, "values with which the rulebook does not contradict itself") from refusal


def _places(rulebook: Rulebook) -> Iterator[tuple[str, _Place]]:
    for value, cited in rulebook.citations().items():
        group, _, rest = value.partition(".")
        fields = FIELDS.get(group, ())
        if ".variants." in rest:
            fields = _VARIANT
        elif group == "compositions" and ".requires." in rest:
            fields = _REQUIREMENT
        for field in fields:
            if field == "default_variant" and not getattr(cited, "variants", None):
                continue
            yield f"{value}.{field}", _Place(value, cited, cited, field)


def _no_such(path: str, places: Mapping[str, _Place]) -> ChangeRefused:
    """Follows the path as far as there is one."""
    known = ""
    for part in path.split("."):
        start = f"{known}." if known else ""
        below = list(dict.fromkeys(place.removeprefix(start).split(".")[0] for place in places if place.startswith(start)))
        if known in places:
            return ChangeRefused(path, f"{known} is one value, it has no {part!r}", f"{known}=…, the whole value")
        if part not in below:
            near = get_close_matches(part, below, n=1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            where = f"{known} has" if known else "a what-if changes"
            return ChangeRefused(path, f"{where} no {part!r}{meant}", ", ".join(f"{start}{name}" for name in below))
        known = f"{start}{part}"
    below = list(dict.fromkeys(place.removeprefix(f"{known}.").split(".")[0] for place in places if place.startswith(f"{known}.")))
    return ChangeRefused(path, "this is no single value", ", ".join(f"{known}.{name}" for name in below))


def _checked(rulebook: Rulebook, path: str, place: _Place, given: Any) -> Any:
    """The value as the rulebook's file would hold it. ChangeRefused."""
    if isinstance(place.owner, Setting):
        accepted = _accepted_by_setting(rulebook, place.value.partition(".")[2], place.owner)
    elif place.field == "default_variant":
        accepted = _words(list(getattr(place.owner, "variants", {})))
    else:
        info = type(place.owner).model_fields[place.field]
        annotation: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        accepted = _Accepted(_described(adapter.json_schema()), adapter)
    try:
        return _plain(accepted.adapter.validate_python(_tuples(given), strict=not isinstance(given, dict)))
    except ValidationError:
        raise ChangeRefused(
            path, f"{_shown(given, quoted=True)} is no value for it", f"{accepted.words} (it is {_shown(place.current)})"
        ) from None


@dataclass(frozen=True)
class _Accepted:
    words: str
    adapter: TypeAdapter[Any]


def _words(known: list[Any]) -> _Accepted:
    distinct = tuple(dict.fromkeys(known))
    literal: Any = Literal[distinct]
    return _Accepted(f"one of {', '.join(_shown(word) for word in distinct)}", TypeAdapter(literal))


def _accepted_by_setting(rulebook: Rulebook, name: str, setting: Setting) -> _Accepted:
    """A setting has no type of its own: what it holds, what the rulebook names beside it, and what its name means decide."""
    if isinstance(setting.value, Share) or _SHARES.search(name):
        return _Accepted(f"{_A_SHARE}, or null: a person decides", TypeAdapter(Share | None))
    if name == "council_tie":
        return _words([*rulebook.vocabularies.get("decisions", {}), None])
    if isinstance(setting.value, bool):
        return _Accepted("true or false", TypeAdapter(bool))
    if isinstance(setting.value, tuple):
        return _Accepted("a list of whole numbers", TypeAdapter(tuple[int, ...]))
    named = [alternative.value for alternative in setting.alternatives]
    if named:
        return _words([setting.value, *named])
    if setting.value is None:
        everything = f"a whole number, a word, true or false, {_A_SHARE}, or null: a person decides"
        return _Accepted(everything, TypeAdapter(bool | int | str | Share | tuple[int, ...] | None))
    whole = isinstance(setting.value, int)
    return _Accepted("a whole number" if whole else "a word", TypeAdapter(int if whole else str))


def _described(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_described(each) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return f"one of {', '.join(str(word) for word in schema.get('enum', [schema.get('const')]))}"
    match schema.get("type"):
        case "null":
            return "null"
        case "integer":
            least = schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else schema.get("minimum")
            return "a whole number" if least is None else f"a whole number of at least {least}"
        case "array":
            return "a list of whole numbers"
    return str(schema.get("type"))


def _change(rulebook: Rulebook, path: str, place: _Place, becomes: Any) -> Change:
    cited = place.cited
    return Change(
        path=path,
        value=place.value,
        was=_plain(place.current),
        becomes=becomes,
        clause=cited.clause,
        kind=cited.kind,
        quote=cited.quote,
        why=cited.why,
        standing=_standing(place, becomes),
    )


def _standing(place: _Place, becomes: Any) -> str:
    """How the new value stands to the regulation, in words."""
    clause = f"clause {place.cited.clause}"
    if becomes == _plain(place.current):
        return "this is its value already"
    match place.cited.kind:
        case "text":
            return f"departs from the text of {clause}: only a change of the regulation could bring it"
        case "practice":
            return "the text is silent: the agency may set it so"
    named = {alternative.value for alternative in place.cited.alternatives}
    if str(becomes).lower() in named or (place.field == "default_variant" and becomes in getattr(place.owner, "variants", {})):
        return f"another reading of {clause} that the rulebook names"
    return f"departs from the reading of {clause} that the rulebook has adopted, and is none that it names"


def _keep_variants_in_step(rulebook: Rulebook, fields: dict[str, dict[str, Any]]) -> None:
    """A term states what its default language version states: whoever changes one means the other too."""
    for term in rulebook.terms.values():
        if term.default_variant is None:
            continue
        own = fields.get(f"terms.{term.id}", {})
        default = own.get("default_variant", term.default_variant)
        variant = fields.get(f"terms.{term.id}.variants.{default}", {})
        if not own and not variant:
            continue
        stated = {name: getattr(term.variants[default], name) for name in _VARIANT} | variant
        stated |= {name: own[name] for name in _VARIANT if name in own and name not in variant}
        fields[f"terms.{term.id}"] = {**stated, **own}
        fields[f"terms.{term.id}.variants.{default}"] = stated


def _plainly(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _plain(value: Any) -> Any:
    """As the rulebook's file would hold it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _shown(value: Any, quoted: bool = False) -> str:
    plain = _plain(value)
    if isinstance(plain, dict):
        return "{" + ", ".join(f"{key}: {_shown(member)}" for key, member in plain.items()) + "}"
    if plain is None or isinstance(plain, bool):
        return {None: "null", True: "true", False: "false"}[plain]
    return repr(plain) if quoted and isinstance(plain, str) else str(plain)
