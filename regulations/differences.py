"""Two rulebooks value by value: what was added, removed or changed, each with its clause. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regulations.rulebook import Rulebook

#: Groups whose members are compared one by one though they cite nothing themselves.
_UNCITED = ("clauses", "anchors", "parties")
_NOTHING = object()


@dataclass(frozen=True)
class Change:
    """One field of one value; `field` is None where the whole value came or went."""

    path: str
    clause: str | None
    change: Literal["changed", "added", "removed"]
    field: str | None
    old: Any
    new: Any


def differences(before: Rulebook, after: Rulebook) -> Iterator[Change]:
    """Every change, in the order of the older rulebook; what is new comes last."""
    old, new = _values(before), _values(after)
    for path, value in old.items():
        if path not in new:
            yield Change(path, _clause(path, value), "removed", None, value, None)
            continue
        clause = _clause(path, new[path]) or _clause(path, value)
        for field, was, is_now in _fields(value, new[path]):
            yield Change(path, clause, "changed", field or None, was, is_now)
    for path, value in new.items():
        if path not in old:
            yield Change(path, _clause(path, value), "added", None, None, value)


def _clause(path: str, value: Any) -> str | None:
    if path.startswith("clauses."):
        return path.partition(".")[2]
    return value.get("clause") if isinstance(value, Mapping) else None


def _values(rulebook: Rulebook) -> dict[str, Any]:
    content = rulebook.model_dump(mode="json")
    stages = content.pop("stages")
    order = [stage["id"] for stage in stages]
    found = dict(_units((), content))
    found |= {f"stages.{stage['id']}": stage for stage in stages}
    return found | {"stages": order}


def _units(place: tuple[str, ...], content: Any) -> Iterator[tuple[str, Any]]:
    """The values that are compared as one: a cited value, a clause, a name, or a single field of the head."""
    whole = isinstance(content, Mapping) and ("kind" in content or (len(place) == 2 and place[0] in _UNCITED))
    if isinstance(content, Mapping) and not whole:
        for key, member in content.items():
            yield from _units((*place, key), member)
    else:
        yield ".".join(place), content


def _fields(old: Any, new: Any, field: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{field}.{key}" if field else key
            was, is_now = old.get(key, _NOTHING), new.get(key, _NOTHING)
            yield from _fields(None if was is _NOTHING else was, None if is_now is _NOTHING else is_now, inner)
    elif old != new:
        yield field, old, new
