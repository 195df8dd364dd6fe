"""Read models that are made of others of the same service: a row is made anew, whole, whenever an event touches what it is made of.

A projector reads nothing, so that it cannot put together what came from different streams in any order. Here it only says which rows
are to be made anew; PostgreSQL makes them of the other tables, in the transaction of the event and after these are written. Two
transactions that touch one agency's rows take turns, so that neither misses what the other has just written. (ADR 20)
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Column

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Statement, Write

_TURN, _CLEAR, _MAKE = "0 turn", "1 clear", "2 make"  # the order in which they run


class Derived(ReadModel):
    """`query` is a select of every column by its name, with `agency`, over the tables of `sources`. It says itself which rows there are."""

    derived = True

    def __init__(self, name: str, *columns: Column[Any], query: str, sources: Sequence[ReadModel], **options: Any) -> None:
        super().__init__(name, *columns, **options)
        self._query = query
        self._sources = tuple(sources)

    def anew(self, recorded: Recorded[Any], **of: str) -> list[Write]:
        """Makes the rows anew of which one column, such as a case's id, has this value."""
        (column,) = of
        return [Write(self, Statement(kind, (column,), ()), {"agency": recorded.agency, **of}) for kind in (_TURN, _CLEAR, _MAKE)]

    def render(self, statement: Statement, table_name: str) -> tuple[str, tuple[str, ...]]:
        """The text of one of the three steps against a table."""
        (column,) = statement.keys
        if statement.kind == _TURN:
            return f"SELECT pg_advisory_xact_lock(hashtextextended('{self.name} ' || $1::text, 0))", ("agency",)
        if statement.kind == _CLEAR:
            return f"DELETE FROM {table_name} WHERE agency = $1 AND {column} = $2", ("agency", column)
        names = ", ".join(each.name for each in self.table.columns)
        made = f"SELECT {names} FROM ({self._query}) AS made WHERE made.agency = $1 AND made.{column} = $2"
        key = ("agency", *self.key)
        changes = ", ".join(f"{each.name} = excluded.{each.name}" for each in self.table.columns if each.name not in key)
        again = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"  # one row may be named by its own id and by its case's
        return f"INSERT INTO {table_name} ({names}) {made} {again}", ("agency", column)

    @cached_property
    def everything(self) -> str:
        """The statement that makes every row of every agency at once, of an empty table."""
        names = ", ".join(each.name for each in self.table.columns)
        return f"INSERT INTO {self.name} ({names}) SELECT {names} FROM ({self._query}) AS made"

    @property
    def definition(self) -> str:
        """A change of what it is made of is a change of it."""
        parts = [super().definition, self._query, *(source.definition for source in self._sources)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
