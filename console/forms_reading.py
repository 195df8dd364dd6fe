"""What a person has filled in, as a tree of values, and as the body of a command. Nothing is judged here but its shape.

A value is text, a flag, a list of words, a list of rows, or a mapping of a group's members; a document is a mapping of its three members.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import orjson

from console.fields import DOCUMENT, Member

#: A name of a field of the form with what it holds; a name may come several times.
Pairs = Sequence[tuple[str, str]]

_NUMBER = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,6})?")


def join(prefix: str, name: str | int) -> str:
    """The name of what is in something; the empty name stands for the thing itself."""
    return f"{prefix}.{name}" if prefix and name != "" else prefix or str(name)


def blank_of(member: Member) -> Any:
    """What a member holds before anybody has touched it."""
    match member.kind:
        case "group":
            return {each.name: blank_of(each) for each in member.members}
        case "document":
            return dict.fromkeys(DOCUMENT, "")
        case "list":
            item = cast(Member, member.item)
            return [blank_of(item)] if member.required or item.kind not in ("group", "document") else []
        case "map":
            return [{"key": "", "value": blank_of(cast(Member, member.item))}]
        case "choices":
            return []
        case "flag":
            return False
    return str(member.default) if isinstance(member.default, str | int | float) and not isinstance(member.default, bool) else ""


def blank(members: Iterable[Member]) -> dict[str, Any]:
    """An empty form."""
    return {each.name: blank_of(each) for each in members}


def read(members: Iterable[Member], pairs: Pairs, prefix: str = "") -> dict[str, Any]:
    """The values of a form that was sent."""
    return {each.name: _read(each, pairs, join(prefix, each.name)) for each in members}


def _read(member: Member, pairs: Pairs, name: str) -> Any:
    match member.kind:
        case "group":
            return read(member.members, pairs, name)
        case "document":
            return {each: _one(pairs, join(name, each)) for each in DOCUMENT}
        case "choices":
            return _boxes(pairs, name)
        case "list":
            if (words := _boxes(pairs, name)) or not rows(pairs, name):
                return words
            return [_read(cast(Member, member.item), pairs, join(name, row)) for row in rows(pairs, name)]
        case "map":
            item = cast(Member, member.item)
            return [
                {"key": _one(pairs, join(name, f"{row}.key")), "value": _read(item, pairs, join(name, f"{row}.value"))}
                for row in rows(pairs, name)
            ]
        case "flag":
            return _one(pairs, name) != ""
    return _one(pairs, name)


def rows(pairs: Pairs, name: str) -> list[int]:
    """The numbers of the rows that were sent of a list, in their order."""
    start = f"{name}."
    found = (given.removeprefix(start).partition(".")[0] for given, _ in pairs if given.startswith(start))
    return sorted({int(row) for row in found if row.isascii() and row.isdigit() and len(row) < 6})


def _one(pairs: Pairs, name: str) -> str:
    return next((value.strip().replace("\r\n", "\n") for given, value in pairs if given == name), "")


def _boxes(pairs: Pairs, name: str) -> list[str]:
    """The words that were ticked; one that several rulebooks have is shown several times and meant once."""
    return list(dict.fromkeys(value for given, value in pairs if given == name and value))


def is_blank(value: Any) -> bool:
    """Whether a value, or everything in it, was left empty."""
    if isinstance(value, Mapping):
        return all(is_blank(each) for each in value.values())
    if isinstance(value, list):
        return all(is_blank(each) for each in value)
    return value in ("", None, False)


def body(members: Iterable[Member], values: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the command: what was left empty and need not be said is left out."""
    made: dict[str, Any] = {}
    for each in members:
        value = values[each.name]
        if each.name == "" and each.kind == "document":
            made |= {name: text for name, text in value.items() if text}
        elif each.kind in ("flag",) or not is_blank(value):
            made[each.name] = _sent(each, value)
        elif each.required:
            made[each.name] = None if each.nullable else _empty(each)
    return made


def _empty(member: Member) -> Any:
    if member.kind == "group":
        return body(member.members, blank_of(member))
    return {"list": [], "choices": [], "map": {}}.get(member.kind, "")


def _sent(member: Member, value: Any) -> Any:
    match member.kind:
        case "group":
            return body(member.members, value)
        case "document":
            return {name: text for name, text in value.items() if text}
        case "list":
            return [_sent(cast(Member, member.item), each) for each in value if not is_blank(each)]
        case "map":
            item = cast(Member, member.item)
            return {row["key"]: _sent(item, row["value"]) for row in value if row["key"]}
        case "integer":
            return int(value) if re.fullmatch(r"-?[0-9]{1,15}", value) else value
        case "number":
            return value.replace(",", ".").replace(" ", "").replace("\u00a0", "")
        case "yes_no":
            return value == "yes"
        case "any":
            return _json(value)
    return value


def _json(text: str) -> Any:
    """A value of any kind: as JSON if it is some, as text else."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


#: What is wrong with a field, by the name of the field; the words are those of `forms.MISTAKES`.
Mistakes = dict[str, str]


def mistakes(members: Iterable[Member], values: Mapping[str, Any], prefix: str = "") -> Mistakes:
    """What no service needs to be asked about: what must be filled in, what is no day and no number."""
    found: Mistakes = {}
    for each in members:
        name = join(prefix, each.name)
        value = values[each.name]
        if is_blank(value) and each.kind != "flag":
            if each.needed:
                found[name] = "missing"
        else:
            found |= _mistakes(each, value, name)
    return found


def _mistakes(member: Member, value: Any, name: str) -> Mistakes:
    match member.kind:
        case "group":
            return mistakes(member.members, value, name)
        case "list":
            item = cast(Member, member.item)
            rows_of = [(join(name, row), each) for row, each in enumerate(value) if not is_blank(each)]
            return {at: word for at_row, each in rows_of for at, word in _mistakes(item, each, at_row).items()}
        case "document":
            return {} if value["sha256"] else {name: "missing"}
        case "date":
            return {} if _is_day(value) else {name: "no_day"}
        case "instant":
            return {} if _is_instant(value) else {name: "no_instant"}
        case "integer":
            return {} if re.fullmatch(r"-?[0-9]{1,15}", value) else {name: "no_integer"}
        case "number":
            return {} if _NUMBER.fullmatch(value.replace(" ", "").replace("\u00a0", "")) else {name: "no_number"}
        case "line" | "prose":
            return {name: "too_long"} if member.longest and len(value) > member.longest else {}
    return {}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def grown(members: Sequence[Member], values: dict[str, Any], at: str) -> None:
    """One more empty row in the list of a name such as `members.0.groups`."""
    found = _found(members, values, at)
    if found is not None:
        member, value = found
        item = cast(Member, member.item)
        value.append({"key": "", "value": blank_of(item)} if member.kind == "map" else blank_of(item))


def shrunk(members: Sequence[Member], values: dict[str, Any], at: str) -> None:
    """The list without the row of a name such as `members.1`."""
    of, _, row = at.rpartition(".")
    found = _found(members, values, of)
    if found is not None and row.isdigit() and int(row) < len(found[1]):
        del found[1][int(row)]


def _found(members: Sequence[Member], values: Any, at: str) -> tuple[Member, list[Any]] | None:
    """The list member of a name, and what it holds."""
    name, _, rest = at.partition(".")
    member = next((each for each in members if each.name == name), None)
    if member is None or not isinstance(values, Mapping):
        return None
    return _within(member, values[name], rest)


def _within(member: Member, value: Any, rest: str) -> tuple[Member, list[Any]] | None:
    if not rest:
        return (member, value) if member.kind in ("list", "map") else None
    if member.kind == "group":
        return _found(member.members, value, rest)
    row, _, inner = rest.partition(".")
    if member.kind != "list" or not row.isdigit() or int(row) >= len(value) or not inner:
        return None
    item = cast(Member, member.item)
    if item.kind == "group":
        return _found(item.members, value[int(row)], inner)
    return _within(item, value[int(row)], inner)


def filled(members: Iterable[Member], data: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form that begins with what is already so."""
    return {each.name: _filled(each, data) if each.name == "" else _filled(each, data.get(each.name)) for each in members}


def _filled(member: Member, value: Any) -> Any:
    if value is None:
        return blank_of(member)
    match member.kind:
        case "group":
            return filled(member.members, value)
        case "document":
            return {name: str(value.get(name) or "") for name in DOCUMENT}
        case "list":
            return [_filled(cast(Member, member.item), each) for each in value] or blank_of(member)
        case "map":
            return [{"key": key, "value": _filled(cast(Member, member.item), each)} for key, each in value.items()] or blank_of(member)
        case "choices":
            return [str(each) for each in value]
        case "flag":
            return bool(value)
        case "yes_no":
            return "yes" if value else "no"
    return str(value)
