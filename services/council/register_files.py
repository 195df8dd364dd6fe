"""The public register as files: everything that is public, page by page, as CSV or JSON."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import orjson
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import Select

from chassis.context import Context
from chassis.sorting import Order

Format = Literal["csv", "json"]

LANGUAGES = ("ky", "kk", "ru", "en")
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
#: Whoever builds a page of his own may show what is public.
ANYWHERE = {"Access-Control-Allow-Origin": "*"}
_PAGE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def file_of(
    ctx: Context, query: Select[Any], *, order: Order, model: type[BaseModel], kind: Format, name: str, told: Mapping[str, Any]
) -> StreamingResponse:
    """Every row of a query as a file, read while it is sent. `told` stands above the items in JSON, and in each row of CSV."""
    write = _as_csv if kind == "csv" else _as_json
    headers = {**ANYWHERE, "Content-Disposition": f'attachment; filename="{name}.{kind}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(write(_items(ctx, query, order, model), model, told), headers=headers, media_type=MEDIA[kind])


async def _items(ctx: Context, query: Select[Any], order: Order, model: type[BaseModel]) -> AsyncIterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        rows = await ctx.rows(order.page(query, cursor).limit(_PAGE))
        yield [model.model_validate(dict(row)).model_dump(mode="json") for row in rows]
        if len(rows) < _PAGE:
            return
        cursor = order.cursor(rows[-1])


async def _as_json(pages: AsyncIterator[list[dict[str, Any]]], model: type[BaseModel], told: Mapping[str, Any]) -> AsyncIterator[bytes]:
    yield orjson.dumps(dict(told))[:-1] + b',"items":['
    first = True
    async for items in pages:
        for item in items:
            yield (b"\n" if first else b",\n") + orjson.dumps(item)
            first = False
    yield b"\n]}\n"


async def _as_csv(pages: AsyncIterator[list[dict[str, Any]]], model: type[BaseModel], told: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """With the mark that spreadsheets know UTF-8 by."""
    columns = [*_columns(model), *told]
    yield b"\xef\xbb\xbf" + _lines([columns])
    async for items in pages:
        rows = [{**_cells(item), **told} for item in items]
        yield _lines([[_cell(row.get(column)) for column in columns] for row in rows])


def _columns(model: type[BaseModel]) -> list[str]:
    """Names in a column for each language, so that the columns are the same whatever the rows have."""
    columns: list[str] = []
    for name in model.model_fields:
        columns += [f"{name}_{language}" for language in LANGUAGES] if name == "institution_names" else [name]
    return columns


def _cells(item: Mapping[str, Any]) -> dict[str, Any]:
    names = item.get("institution_names") or {}
    return {**item, **{f"institution_names_{language}": names.get(language) for language in LANGUAGES}}


def _cell(value: Any) -> str:
    """A cell as text. What a spreadsheet would take for a formula is kept from being one."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "; ".join(_part(each) for each in value)
        case dict():
            return _part(value)
        case date():
            return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _part(value: Any) -> str:
    if isinstance(value, Mapping):
        named = [value[name] for name in ("code", "name", "sha256") if value.get(name)]
        return " ".join(str(each) for each in named)
    return str(value)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
