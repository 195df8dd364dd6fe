"""Lists and tables that several areas show alike: a page of a service's list, its filters, its twins as CSV and JSON."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal

import orjson
from markupsafe import Markup
from starlette.responses import Response

from console import labels, timeline
from console.client import Answer, Refused
from console.visit import Visit
from regulations.rulebook import Rulebook

MOST = 10_000
#: What a list is also given out as.
Kind = Literal["csv", "json"]
Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Table:
    """A table of a page; `why` is said where it has no rows. `numbers` are the columns of numbers, from 0."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    why: str = ""
    note: str = ""
    anchor: str = ""
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Filter:
    """A choice above a list; `options` are pairs of a word and its name. Without options it is a field for a `kind` of input."""

    name: str
    label: str
    options: Sequence[tuple[str, str]] = ()
    kind: str = "text"


@dataclass(frozen=True)
class Found:
    """A page of a list with the names of its institutions."""

    items: list[dict[str, Any]]
    following: str | None
    names: Names = field(default_factory=dict)


def asked(visit: Visit, *names: str) -> dict[str, Any]:
    """The filters of the address that are told."""
    return {name: given[:80] for name in names if (given := visit.request.query_params.get(name, "").strip())}


async def found(visit: Visit, service: str, path: str, **params: Any) -> Found:
    """A page of a list, by the cursor of the address."""
    page = (await visit.services.get(service, path, cursor=visit.request.query_params.get("cursor"), **params)).data
    return Found(page["items"], page.get("next"), await visit.names.institutions(each.get("institution_id") for each in page["items"]))


async def whole(visit: Visit, service: str, path: str, *, most: int = MOST, **params: Any) -> list[dict[str, Any]]:
    """A list; empty where there is none for this person."""
    try:
        return await visit.services.items(service, path, most=most, **params)
    except Refused as refused:
        if refused.status in (403, 404, 405, 422):
            return []
        raise


def link(visit: Visit, path: str, text: Any, **query: object) -> Markup:
    """A link to a page of the console."""
    return Markup('<a href="{}">{}</a>').format(visit.url(path, **query), text)


def tag(word: Any, kind: str = "") -> Markup:
    """A word in a frame."""
    return Markup('<span class="tag {}">{}</span>').format(kind, word)


def clause(found: str | None) -> Markup:
    """The number of a clause; nothing where there is none."""
    return Markup('<span class="clause">{}</span>').format(found) if found else Markup()


def yes_no(visit: Visit, value: bool | None) -> str:
    """A truth in words; a dash where it is not known."""
    return "–" if value is None else visit._("Yes") if value else visit._("No")


def book_of(item: Mapping[str, Any]) -> Rulebook | None:
    """The rulebook that an item is under."""
    ref = item.get("rulebook") or {}
    return (
        next(iter(labels.books(ref.get("id") or item.get("rulebook_id"), ref.get("version"))), None)
        if ref or "rulebook_id" in item
        else None
    )


def books(ids: Iterable[str | None]) -> dict[str, Rulebook]:
    """The rulebooks of these ids."""
    return {each: found[0] for each in dict.fromkeys(ids) if each and (found := labels.books(each))}


def title_of(rulebook: Rulebook | str | None, language: str) -> str:
    """What a regulation is called; its id where it is not known."""
    if isinstance(rulebook, str):
        return title_of(book, language) if (book := books([rulebook]).get(rulebook)) else rulebook
    return str(getattr(rulebook.title, language)) if rulebook else ""


def party(item: Mapping[str, Any], visit: Visit) -> Markup:
    """Whom a deadline binds."""
    book, word = book_of(item), item.get("binds") or ""
    return visit.named(book.parties[word].model_dump()) if book and word in book.parties else Markup("{}").format(word)


async def history(visit: Visit, service: str, path: str, rulebook: str | None = None) -> list[timeline.Entry]:
    """Every fact of a record, the newest first; nothing where the person may not read it."""
    answer: Answer | None = await visit.services.find(service, f"{path}/history")
    return entries(visit, service, answer.data if answer else [], rulebook)


def entries(visit: Visit, service: str, items: Iterable[Mapping[str, Any]], rulebook: str | None = None) -> list[timeline.Entry]:
    """The facts of a history, the newest first."""
    under = [{**each, "rulebook": rulebook} for each in timeline.of_history(items, service)]
    return timeline.entries(under, visit.language, reverse=True)


def flat(visit: Visit, item: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A record as one line: single values, lists of words joined, names in the language of the visit."""
    line: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, list):
            line[name] = "; ".join(str(each) for each in value if isinstance(each, str | int))
        elif isinstance(value, Mapping):
            line[name] = f"{value['id']} {value.get('version', '')}".strip() if "id" in value else visit.plain(value)
        else:
            line[name] = "" if value is None else value
    if "institution_id" in line:
        line["institution"] = visit.plain(names.get(str(line["institution_id"])), str(line["institution_id"]))
    return line


async def twin(
    visit: Visit, service: str, path: str, filters: Iterable[str], name: str, kind: Kind, *, columns: Iterable[str] = (), sort: str = ""
) -> Response:
    """A whole list as a file, by the filters of the address: of each record these columns.

    Without `columns` a record is one line in CSV and as it is in JSON.
    """
    order = {"sort": sort} if sort else {}
    items = await visit.services.items(service, path, most=MOST, **(order | asked(visit, *filters)))
    if columns:
        return as_file([{column: each[column] for column in columns} for each in items], name, kind)
    if kind == "json":
        return as_file(items, name, kind)
    names = await visit.names.institutions(each.get("institution_id") for each in items)
    return as_file([flat(visit, each, names) for each in items], name, kind)


def as_file(rows: Sequence[Mapping[str, Any]], name: str, kind: Kind) -> Response:
    """Rows as CSV for spreadsheets, with a byte order mark so that they read its alphabet, or as JSON for programs."""
    if kind == "json":
        return Response(orjson.dumps({"items": rows}), media_type="application/json")
    out = StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)) or ["-"])
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> Any:
    """A list in one cell; what a spreadsheet would take for a formula is made text."""
    text = "; ".join(str(each) for each in value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t") else text


def rulebooks(visit: Visit, *, stage: Iterable[str]) -> list[tuple[str, str]]:
    """The rulebooks of these ids as choices."""
    return [(each, title_of(each, visit.language)) for each in sorted(set(stage))]
