"""`kepil traces CASE`: the traces of a case out of the span store, or out of the span files where the store does not run."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.table import Table

from chassis import traces
from chassis.settings import settings
from chassis.spanstore.store import Asked, Seen, SpanStore
from cli.running import NotRunning, adopt
from cli.trace import as_document

_EVERYTHING = Seen(None)


def run(
    case: str, state: Path, *, errors: bool = False, min_ms: int | None = None, limit: int = 20, drawn: bool = True, json: bool = False
) -> int:
    """Prints a table of the newest traces of a case, the oldest of them first, and each as a waterfall; 1 where there is none."""
    asked = Asked(case, error=True if errors else None, min_ms=min_ms, limit=limit)
    found = stored(state, asked)
    if found is None:
        spans = traces.read(state / "traces")
        read = [each for name in traces.of_case(spans, case) if (each := traces.assemble(spans, name))]
        found = [each for each in read if _fits(each, asked)][-limit:]
        typer.echo("The span store does not run here: these are the span files, which hold the last few hours at most.", err=True)
    if not found:
        typer.echo(f"No trace of {case}: spans come within a second or two, and are dropped after KEPIL_TRACES_DAYS.", err=True)
        return 1
    if json:
        for each in found:
            typer.echo(orjson.dumps(as_document(each)).decode())
        return 0
    console = Console()
    console.print(_listed(case, found))
    for each in found if drawn else []:
        console.print()
        console.print(traces.render(each))
    return 0


def stored(state: Path, asked: Asked) -> list[traces.Trace] | None:
    """Traces of the running stack's span store, the oldest first; None where it does not answer."""
    try:
        adopt(state)
    except NotRunning:
        return None
    try:
        return asyncio.run(_stored(asked))
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return None


async def _stored(asked: Asked) -> list[traces.Trace]:
    store = await SpanStore.open(settings())
    try:
        rows = await store.search(_EVERYTHING, asked)
        spans = [await store.spans(_EVERYTHING, row["trace_id"]) for row in reversed(rows)]
    finally:
        await store.close()
    found = [whole for each in spans if each and (whole := traces.assemble(each, each[0].trace))]
    return sorted(found, key=lambda trace: trace.start)


def _fits(trace: traces.Trace, asked: Asked) -> bool:
    failed = any(span.error for _, span in trace.spans)
    return (not asked.error or failed) and (asked.min_ms is None or trace.end - trace.start >= asked.min_ms * 1e6)


def _listed(case: str, found: list[traces.Trace]) -> Table:
    table = Table(title=f"Traces of {case}", title_justify="left")
    for column in ("began (UTC)", "what", "services", "spans", "failed", "ms", "trace"):
        table.add_column(column, justify="right" if column in ("spans", "failed", "ms") else "left", overflow="fold")
    for each in found:
        root = each.spans[0][1]
        failed = sum(span.error for _, span in each.spans)
        table.add_row(
            f"{datetime.fromtimestamp(each.start / 1e9, UTC):%Y-%m-%d %H:%M:%S}",
            root.name,
            ", ".join(each.services),
            str(len(each.spans)),
            f"[bold red]{failed}[/]" if failed else "",
            f"{(each.end - each.start) / 1e6:.0f}" if traces.is_real(each) else "legal time",
            each.trace_id,
        )
    return table
