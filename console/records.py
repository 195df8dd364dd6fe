"""What a record of a service says, as a person reads it: only what has a name in the four languages is shown."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from console import labels
from regulations.rulebook import Rulebook

if TYPE_CHECKING:
    from console.visit import Visit

_UNTOLD = frozenset({"version", "sha256", "allowed_actions", "rulebook", "rulebook_version"})
_NUMBERS = ("number", "protocol_number", "order_number", "name")
_MOST_COLUMNS = 7
Names = Mapping[str, Mapping[str, str]]


def book_of(data: Mapping[str, Any]) -> Rulebook | None:
    """The rulebook that a record is under."""
    ref = data.get("rulebook")
    if isinstance(ref, Mapping):
        return next(iter(labels.books(ref.get("id"), ref.get("version"))), None)
    named = data.get("rulebook_id")
    return next(iter(labels.books(named)), None) if named else None


def number_of(data: Mapping[str, Any]) -> str:
    """What tells this record from others; nothing if that is its id alone."""
    return next((str(data[name]) for name in _NUMBERS if isinstance(data.get(name), str)), "")


def told(language: str, name: str, value: Any, visit: "Visit", names: Names, book: Rulebook | None = None) -> Any:
    """One value; an empty text where there is nothing to say."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return visit._("Yes") if value else visit._("No")
    if name == "institution_id":
        return visit.named(names.get(value), value)
    if isinstance(value, str) and name.endswith("_on") and len(value) == 10:
        return visit.date(value)
    if isinstance(value, Mapping):
        if {"sha256", "name"} <= value.keys():
            return value["name"]
        if set(value) <= {"ky", "kk", "ru", "en"}:
            return visit.named(value)
        return ""
    if isinstance(value, list):
        return ", ".join(labels.value(name, each, language, book) for each in value if isinstance(each, str | int))
    return labels.value(name, value, language, book)


def facts(data: Mapping[str, Any], visit: "Visit", names: Names) -> list[tuple[str, Any]]:
    """The single values of a record with their names."""
    book = book_of(data)
    shown = [name for name in data if name not in _UNTOLD and labels.known_field(name)]
    return [
        (labels.field(name, visit.language), text) for name in shown if (text := told(visit.language, name, data[name], visit, names, book))
    ]


def lists(data: Mapping[str, Any], visit: "Visit", names: Names) -> list[tuple[str, list[str], list[list[Any]]]]:
    """The tables in a record: a name, headings, rows."""
    book = book_of(data)
    found = []
    for name, value in data.items():
        rows = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) and name not in _UNTOLD else []
        heads = columns(rows) if rows and labels.known_field(name) else []
        if heads:
            cells = [[told(visit.language, head, row.get(head), visit, names, book) for head in heads] for row in rows]
            found.append((labels.field(name, visit.language), [labels.field(head, visit.language) for head in heads], cells))
    return found


def columns(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """The members that a table of these shows, in their order."""
    names = dict.fromkeys(
        name for item in items for name, value in item.items() if value not in (None, [], {}) and not isinstance(value, list)
    )
    return [name for name in names if name not in _UNTOLD and labels.known_field(name)][:_MOST_COLUMNS]


def path_of(path: str, item: Mapping[str, Any]) -> str | None:
    """The path of an item of a list: the list's own with the item's first id."""
    ids = [str(value) for name, value in item.items() if name.endswith("_id") and isinstance(value, str)]
    return f"{path}/{ids[0]}" if ids else None
