"""`kepil projections`: the read models of a running stack, how far behind each is, rebuilding one, and comparing with a rebuild."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chassis.eventstore import START, LogPosition, undelivered
from chassis.postgres import open_connection
from chassis.readmodels import ReadModel
from chassis.rebuild import compare
from chassis.service import Service, key_ring
from chassis.settings import Settings, settings
from cli.running import adopt
from cli.serve import SERVICES, service

console = Console()
errors = Console(stderr=True)

_SHOWN = 5


@dataclass(frozen=True)
class Projection:
    """A read model of a service."""

    service: Service
    model: ReadModel

    @property
    def name(self) -> str:
        """`<service>.<model>`."""
        return f"{self.service.name}.{self.model.name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The services whose events fill it, its own first."""
        feeding = [c.service for c in self.service.catalogues.values() if not self.model.projectors.keys().isdisjoint(c.types.values())]
        return tuple(feeding)


class UnknownProjection(LookupError):
    """No read model, or more than one, has this name."""


def projections() -> Iterator[Projection]:
    """Every read model of the six services."""
    for name in SERVICES:
        found: Service = service(name)
        for model in found.read_models:
            yield Projection(found, model)


def named(name: str, among: Iterable[Projection]) -> Projection:
    """The one that `service.model`, or `model` where one service alone has it, names. UnknownProjection says what there is."""
    known = list(among)
    found = [p for p in known if name in (p.name, p.model.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownProjection(f"{name!r} is a read model of several services: say {' or '.join(p.name for p in found)}")
    raise UnknownProjection(f"there is no read model {name!r}; there are: {', '.join(p.name for p in known)}")


async def list_all(state: Path) -> int:
    """A line for each read model: what fills it, its rows, its age, and how many events it is behind."""
    adopt(state)
    using = settings()
    view = Table(title="Read models", title_justify="left")
    for heading in ("read model", "fed by", "rows", "built, UTC", "behind"):
        view.add_column(heading, justify="right" if heading in ("rows", "behind") else "left", no_wrap=heading == "read model")
    known = list(projections())
    readers = {each.service.name: each.service for each in known}
    behind = {name: await _behind(using, reader) for name, reader in readers.items()}
    for each in known:
        connection = await open_connection(using, "kepil_system", each.service.name)
        try:
            row = await connection.fetchrow("SELECT definition, built_at FROM read_models WHERE name = $1", each.model.name)
            rows = await connection.fetchval(f"SELECT count(*) FROM {each.model.name}") if row else 0
        finally:
            await connection.close()
        if row is None:
            built = "[red]not made yet[/]"
        elif row["definition"] != each.model.definition:
            built = "[yellow]of an older definition[/]"
        else:
            built = f"{row['built_at']:%Y-%m-%d %H:%M}"
        late = sum(behind[each.service.name].get(source, 0) for source in each.sources)
        view.add_row(each.name, ", ".join(each.sources) or "–", f"{rows:,}", built, f"{late:,}")
    console.print(view)
    return 0


async def _behind(using: Settings, reader: Service) -> dict[str, int]:
    """How many events of each foreign source the service has not applied; its own are never behind."""
    connection = await open_connection(using, "kepil_system", reader.name)
    try:
        rows = await connection.fetch("SELECT source, xid::text, position FROM subscriptions")
    finally:
        await connection.close()
    reached = {row["source"]: LogPosition(int(row["xid"]), row["position"]) for row in rows}
    late = {}
    for source in reader.foreign:
        connection = await open_connection(using, "kepil_system", source.service)
        try:
            late[source.service] = await undelivered(connection, reached.get(source.service, START))
        finally:
            await connection.close()
    return late


async def rebuild(name: str, state: Path) -> int:
    """Makes one read model anew while its service serves; shows how far it is."""
    try:
        chosen = named(name, projections())
    except UnknownProjection as error:
        errors.print(error.args[0], markup=False, highlight=False, soft_wrap=True)
        return 2
    adopt(state)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(chosen.name, total=None)
        fed = await chosen.service.rebuild(settings()).rebuild(
            chosen.model, lambda done, total: bar.update(task, completed=done, total=total)
        )
    console.print(f"{chosen.name} is made anew from {fed:,} events", highlight=False)
    return 0


async def check(state: Path, name: str | None = None) -> int:
    """Compares one read model, or all, with what a rebuild would make; 1 if a row differs."""
    known = list(projections())
    try:
        chosen = [named(name, known)] if name else known
    except UnknownProjection as error:
        errors.print(error.args[0], markup=False, highlight=False, soft_wrap=True)
        return 2
    adopt(state)
    using = settings()
    code = 0
    for each in chosen:
        served, rebuilt = await compare(using, each.service.events, each.service.catalogues, each.model, lambda pool: key_ring(using, pool))
        found = list(differences(each.model, served, rebuilt))
        if not found:
            console.print(f"[green]true[/]    {each.name}: {len(served):,} rows", highlight=False)
            continue
        code = 1
        console.print(f"[red]differs[/] {each.name}: {len(found):,} of {max(len(served), len(rebuilt)):,} rows", highlight=False)
        for line in found[:_SHOWN]:
            console.print(f"        {line}", markup=False, highlight=False, soft_wrap=True)
        if len(found) > _SHOWN:
            console.print(f"        and {len(found) - _SHOWN:,} more", highlight=False)
    return code


def differences(model: ReadModel, served: Iterable[Mapping[str, Any]], rebuilt: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What differs, by the row's key; values are not shown, they may be personal."""
    key = ("agency", *model.key)
    ours = {tuple(row[column] for column in key): row for row in served}
    true = {tuple(row[column] for column in key): row for row in rebuilt}
    for place in [*ours, *(place for place in true if place not in ours)]:
        where = ", ".join(f"{column} {value}" for column, value in zip(key, place, strict=True))
        if place not in true:
            yield f"{where}: served, but no event says so"
        elif place not in ours:
            yield f"{where}: missing"
        elif wrong := [column for column in true[place] if ours[place].get(column) != true[place][column]]:
            yield f"{where}: {', '.join(wrong)}"
