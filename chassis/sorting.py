"""The orders of a list: which columns a caller may sort by, and cursors that stay in the order they were made in."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import orjson
from fastapi import Query
from sqlalchemy import BigInteger, Select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from chassis.problems import Invalid


@dataclass(frozen=True)
class Order:
    """An order of a list: by `keys`, of which the last is unique and none is null. A list that is not sorted otherwise has no `name`."""

    keys: tuple[ColumnElement[Any], ...]
    descending: bool = False
    name: str = ""

    def page(self, query: Select[Any], cursor: str | None) -> Select[Any]:
        """The rows in this order, after those that a cursor of the same order has seen. Invalid."""
        if cursor is not None:
            here, there = tuple_(*self.keys), tuple_(*self._read(cursor), types=[key.type for key in self.keys])
            query = query.where(here < there if self.descending else here > there)
        return query.order_by(*(key.desc() if self.descending else key for key in self.keys))

    def cursor(self, row: Any) -> str:
        """The cursor of what follows a row."""
        values = [row[str(key.key)] for key in self.keys]
        content = orjson.dumps({"sort": self.name, "after": values} if self.name else values)
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    def _read(self, cursor: str) -> list[Any]:
        try:
            read = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            made_for, values = (read["sort"], read["after"]) if isinstance(read, dict) else ("", read)
            if made_for != self.name:
                raise _bad("this cursor is of another order; begin without one", "a cursor of another sort")
            if not isinstance(values, list) or len(values) != len(self.keys):
                raise TypeError("not the keys of this list")
            return [_typed(value, key) for value, key in zip(values, self.keys, strict=True)]
        except (ValueError, binascii.Error, TypeError, KeyError) as error:
            raise _bad("this cursor is none of ours; begin without one", "not a cursor") from error


def _bad(detail: str, fault: str) -> Invalid:
    return Invalid(detail, errors=[{"pointer": "#/query/cursor", "detail": fault}])


def _typed(value: Any, key: ColumnElement[Any]) -> Any:
    wanted = key.type.python_type
    if wanted in (date, datetime):
        return wanted.fromisoformat(value)
    if type(value) is not wanted:
        raise TypeError(f"{key.key} is a {wanted.__name__}")
    if isinstance(value, int) and abs(value) >= 2 ** (63 if isinstance(key.type, BigInteger) else 31):
        raise ValueError(f"{key.key} is no number of the database")
    if isinstance(value, str) and not value.isprintable():
        raise ValueError(f"{key.key} has control characters")
    return value


def sorting(default: str, columns: Sequence[ColumnElement[Any]], *last: ColumnElement[Any]) -> Callable[..., Awaitable[Order]]:
    """A FastAPI dependency: the order that `sort=<column>` or `sort=-<column>` (descending) asks for, one of `columns`, never null.

    `last` are the columns, together unique, that order what is alike. Without `sort` it is `default`.
    """
    known = {name + str(column.key): column for column in columns for name in ("", "-")}
    if default not in known:
        raise ValueError(f"{default} is none of {', '.join(known)}")
    accepted = Query(json_schema_extra={"enum": list(known)}, max_length=100, description="The order; `-` is descending")

    async def order(sort: Annotated[str, accepted] = default) -> Order:
        column = known.get(sort)
        if column is None:
            fault = {"pointer": "#/query/sort", "detail": f"One of these is expected: {', '.join(known)}."}
            raise Invalid("this list has no such order", errors=[fault])
        keys = (column, *(key for key in last if key.key != column.key))
        return Order(keys, descending=sort.startswith("-"), name=sort)

    return order
