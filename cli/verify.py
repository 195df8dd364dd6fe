"""`kepil verify`: every hash chain of every service recomputed, and no log that would go backwards after a restore."""

import json as jsonlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chassis.eventstore import verify_chains
from chassis.postgres import open_connection
from chassis.settings import Settings, settings
from cli.running import adopt
from cli.serve import SERVICES

console = Console()

# A row that is seen was written by a transaction before the end of the snapshot that sees it, unless it came from another cluster.
_HIGHEST = """
SELECT GREATEST((SELECT max(xid) FROM events), (SELECT max(xid) FROM inbox))::text AS highest,
       pg_snapshot_xmax(pg_current_snapshot())::text AS next
"""
_EVENT = "SELECT event_id::text, type FROM events WHERE agency = $1 AND stream = $2 AND version = $3"


@dataclass(frozen=True)
class Break:
    """The first event of a stream that does not follow from what stands before it."""

    agency: str
    stream: str
    version: int
    event_id: str
    type: str


@dataclass(frozen=True)
class Verdict:
    """One service's event store. `highest` is the highest transaction id stored, `next` the cluster's next."""

    service: str
    events: int
    broken: tuple[Break, ...]
    highest: int
    next: int

    @property
    def backwards(self) -> bool:
        """Whether new events would stand before old ones in the log: a dump was restored into a younger cluster."""
        return self.highest >= self.next

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.broken and not self.backwards

    def as_json(self) -> dict[str, Any]:
        """With what follows from the figures."""
        return {**asdict(self), "backwards": self.backwards, "whole": self.whole}


async def run(state: Path, json: bool = False) -> int:
    """Verifies the six services of a running stack; 1 if anything is wrong."""
    adopt(state)
    using = settings()
    with console.status("verifying …") as status:
        verdicts = []
        for name in SERVICES:
            status.update(f"verifying {name} …")
            verdicts.append(await verify(using, name))
    whole = all(verdict.whole for verdict in verdicts)
    if json:
        print(jsonlib.dumps({"whole": whole, "services": [verdict.as_json() for verdict in verdicts]}, indent=1))
    else:
        report(verdicts)
    return 0 if whole else 1


async def verify(using: Settings, name: str) -> Verdict:
    """Reads the whole event store of one service."""
    connection = await open_connection(using, "kepil_system", name)
    try:
        events, broken = await verify_chains(connection)
        breaks = []
        for each in broken:
            row = await connection.fetchrow(_EVENT, each.agency, each.stream, each.version)
            assert row
            breaks.append(Break(each.agency, each.stream, each.version, row["event_id"], row["type"]))
        ids = await connection.fetchrow(_HIGHEST)
        assert ids
        return Verdict(name, events, tuple(breaks), int(ids["highest"] or 0), int(ids["next"]))
    finally:
        await connection.close()


def report(verdicts: list[Verdict]) -> None:
    """A table, and a line for each thing that is wrong."""
    view = Table(title="Event stores", title_justify="left")
    for heading in ("service", "events", "chains", "log"):
        view.add_column(heading, justify="right" if heading == "events" else "left")
    for verdict in verdicts:
        chains = f"[red]{len(verdict.broken)} broken[/]" if verdict.broken else "[green]whole[/]"
        log = "[red]would go backwards[/]" if verdict.backwards else "[green]in order[/]"
        view.add_row(verdict.service, f"{verdict.events:,}", chains, log)
    console.print(view)
    for verdict in verdicts:
        for each in verdict.broken:
            console.print(
                f"{verdict.service}: {each.stream} of {each.agency} is broken at version {each.version}: {each.type} {each.event_id}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        if verdict.backwards:
            console.print(
                f"{verdict.service}: holds transaction id {verdict.highest}, but the cluster's next is {verdict.next}: stop the services"
                " and advance the cluster beyond it before they append (docs/adr/0002)",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
