"""Read models: tables that events fill. A projector is a function from one event to writes; it reads nothing and is safe to run twice."""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, TypeVar

from sqlalchemy import Column, Date, DateTime, Index, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, asyncpg
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import bindparam, delete, update
from sqlalchemy.sql.expression import ClauseElement

from chassis.events import Event, Recorded

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]

E = TypeVar("E", bound=Event)
Projector = Callable[[Recorded[Any]], "Write | Sequence[Write] | None"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement shape: its text for a table name, and the order of its arguments."""

    kind: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """One change of one read model: a statement shape and its values."""

    model: "ReadModel"
    statement: Statement
    values: dict[str, Any]

    def rendered(self, table: str | None = None) -> tuple[str, tuple[Any, ...]]:
        """SQL text and arguments, against `table` instead of the model's own (the shadow of a rebuild)."""
        sql, order = self.model.render(self.statement, table or self.model.name)
        return sql, tuple(self.values[name] for name in order)


class ReadModel:
    """A table of a service, keyed by agency and the primary key of its columns, under row-level security.

    `partial`: an index by columns of only those rows of which a condition in SQL is true; for the few that something is still to be done
    about among the many that are kept. A query uses it that says the same, word for word. `trigrams`: columns of text of which any part is
    searched for. `public`: everybody may read it, whosever the row is, and `across` are its indexes by columns whatever the agency, each
    with another first column.
    """

    #: Whether its rows are made of other tables' rows, after these are written (`chassis.derived`).
    derived = False

    def __init__(
        self,
        name: str,
        *columns: Column[Any],
        indexes: Sequence[Sequence[str]] = (),
        unique: Sequence[Sequence[str]] = (),
        partial: Sequence[tuple[Sequence[str], str]] = (),
        trigrams: Sequence[str] = (),
        across: Sequence[Sequence[str]] = (),
        public: bool = False,
    ) -> None:
        self.name = name
        self._specs = columns
        self._indexes = [tuple(i) for i in indexes]
        self._unique = [tuple(u) for u in unique]
        self._partial = [(tuple(names), condition) for names, condition in partial]
        self._trigrams = tuple(trigrams)
        self._across = [tuple(names) for names in across]
        self.public = public
        self.table = self.table_named(name)
        self.c = self.table.c
        self.projectors: dict[type[Event], Projector] = {}
        self._rendered: dict[tuple[Statement, str], tuple[str, tuple[str, ...]]] = {}

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key besides the agency."""
        return tuple(column.name for column in self._specs if column.primary_key)

    def table_named(self, name: str) -> Table:
        """The table's shape under another name."""
        columns = [Column("agency", Text, primary_key=True), *(_like(column) for column in self._specs)]
        table = Table(name, MetaData(), *columns, info={"public": self.public})
        for names in self._indexes:
            Index(f"{name}_{'_'.join(names)}", table.c.agency, *(table.c[n] for n in names))
        for names in self._unique:
            Index(f"{name}_{'_'.join(names)}_once", table.c.agency, *(table.c[n] for n in names), unique=True)
        for names, condition in self._partial:
            Index(f"{name}_{'_'.join(names)}_some", table.c.agency, *(table.c[n] for n in names), postgresql_where=text(condition))
        for names in self._across:
            Index(f"{name}_{names[0]}_across", *(table.c[n] for n in names))
        for each in self._trigrams:
            Index(f"{name}_{each}_parts", table.c[each], postgresql_using="gin", postgresql_ops={each: "gin_trgm_ops"})
        return table

    def ddl(self, name: str) -> list[str]:
        """The statements that make the table under `name`, with policies and grants."""
        table = self.table_named(name)
        statements = [str(CreateTable(table).compile(dialect=_DIALECT))]
        statements += [str(CreateIndex(index).compile(dialect=_DIALECT)) for index in sorted(table.indexes, key=lambda i: str(i.name))]
        mine = "agency = current_setting('app.agency', true)"
        policies = [f"CREATE POLICY own_agency ON {name} TO kepil_api USING ({mine}) WITH CHECK ({mine})"]
        if self.public:
            policies = [
                f"CREATE POLICY anybody_reads ON {name} FOR SELECT TO kepil_api USING (true)",
                f"CREATE POLICY own_agency_adds ON {name} FOR INSERT TO kepil_api WITH CHECK ({mine})",
                f"CREATE POLICY own_agency_changes ON {name} FOR UPDATE TO kepil_api USING ({mine}) WITH CHECK ({mine})",
                f"CREATE POLICY own_agency_removes ON {name} FOR DELETE TO kepil_api USING ({mine})",
            ]
        return [
            *statements,
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            *policies,
            f"CREATE POLICY every_agency ON {name} TO kepil_system USING (true) WITH CHECK (true)",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO kepil_api, kepil_system",
        ]

    @property
    def definition(self) -> str:
        """A hash of the table's shape and of its projectors' code; a change of it calls for a rebuild."""
        code = sorted({inspect.getsource(projector) for projector in self.projectors.values()})
        return hashlib.sha256("\n".join([*self.ddl(self.name), *code]).encode()).hexdigest()

    def on(self, *types: type[Event]) -> Callable[[Callable[[Recorded[Any]], Any]], Callable[[Recorded[Any]], Any]]:
        """Marks the projector of these event types; one for each type."""

        def mark(projector: Callable[[Recorded[Any]], Any]) -> Callable[[Recorded[Any]], Any]:
            for event_type in types:
                if event_type in self.projectors:
                    raise ValueError(f"{self.name} already projects {event_type.__name__}")
                self.projectors[event_type] = projector
            return projector

        return mark

    def upsert(self, recorded: Recorded[Any], **values: Any) -> Write:
        """Inserts the row or sets the given columns of the row with the same key."""
        key = self.key
        columns = tuple(name for name in values if name not in key)
        return self._write("upsert", recorded, key, columns, values)

    def update(self, recorded: Recorded[Any], where: dict[str, Any], **values: Any) -> Write:
        """Sets columns of the rows that `where` names (equality on each)."""
        keyed = {f"where_{name}": value for name, value in where.items()}
        return self._write("update", recorded, tuple(where), tuple(values), keyed | values)

    def delete(self, recorded: Recorded[Any], where: dict[str, Any]) -> Write:
        """Removes the rows that `where` names."""
        return self._write("delete", recorded, tuple(where), (), {f"where_{name}": value for name, value in where.items()})

    def _write(self, kind: str, recorded: Recorded[Any], keys: tuple[str, ...], columns: tuple[str, ...], values: dict[str, Any]) -> Write:
        return Write(self, Statement(kind, keys, columns), {"agency": recorded.agency, **values})

    def render(self, statement: Statement, table_name: str) -> tuple[str, tuple[str, ...]]:
        """The text of a statement shape against a table, compiled once."""
        cached = self._rendered.get((statement, table_name))
        if cached is None:
            table = self.table if table_name == self.name else self.table_named(table_name)
            cached = self._rendered[statement, table_name] = _compile(statement, table)
        return cached


def _compile(statement: Statement, table: Table) -> tuple[str, tuple[str, ...]]:
    def parameter(column: str, name: str) -> Any:
        return bindparam(name, type_=table.c[column].type)

    def where(query: Any) -> Any:
        query = query.where(table.c.agency == bindparam("agency", type_=table.c.agency.type))
        for column in statement.keys:
            query = query.where(table.c[column] == parameter(column, f"where_{column}"))
        return query

    built: ClauseElement
    values = {column: parameter(column, column) for column in statement.columns}
    if statement.kind == "upsert":
        keyed = {column: parameter(column, column) for column in ("agency", *statement.keys)}
        insert = pg_insert(table).values({**keyed, **values})
        key = [table.c.agency, *(table.c[column] for column in statement.keys)]
        changes = {column: insert.excluded[column] for column in statement.columns}
        built = insert.on_conflict_do_update(index_elements=key, set_=changes) if changes else insert.on_conflict_do_nothing()
    elif statement.kind == "update":
        # bindparam names may not equal column names in an UPDATE, so values carry a prefix of their own
        built = where(update(table)).values({column: parameter(column, f"set_{column}") for column in statement.columns})
    else:
        built = where(delete(table))
    compiled = built.compile(dialect=_DIALECT)
    positions: list[str] = getattr(compiled, "positiontup", None) or []
    names = tuple(name.removeprefix("set_") if statement.kind == "update" else name for name in positions)
    return str(compiled), names


def project(models: Iterable[ReadModel], recorded: Recorded[Any]) -> list[Write]:
    """Every write that one event causes, in the order of the models."""
    writes: list[Write] = []
    for model in models:
        projector = model.projectors.get(type(recorded.event))
        made = projector(recorded) if projector else None
        if isinstance(made, Write):
            writes.append(made)
        elif made:
            writes.extend(made)
    return writes


def in_order_of_tables(writes: Sequence[Write]) -> list[Write]:
    """Those of each table together, in their order; then what is made of these tables' rows, step by step and each row once."""
    plain = sorted((write for write in writes if not write.model.derived), key=lambda write: write.model.name)  # stable
    made = {(w.model.name, w.statement.kind, *sorted(w.values.items())): w for w in writes if w.model.derived}
    return plain + [made[place] for place in sorted(made)]


@cache
def column_kind(model: ReadModel, column: str) -> type:
    """The Python type of a column, for cursors."""
    kind = model.c[column].type
    if isinstance(kind, Date):
        return date
    if isinstance(kind, DateTime):
        return datetime
    if isinstance(kind, JSONB):
        return dict
    return kind.python_type


def _like(column: Column[Any]) -> Column[Any]:
    """A column belongs to one table; this one is for another."""
    return Column(column.name, column.type, primary_key=column.primary_key, nullable=column.nullable)
