"""`kepil trace`: one trace, the newest, or all of a case, as a waterfall in the terminal."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from chassis import traces
from chassis.settings import settings


def trace(
    trace_id: Annotated[str | None, typer.Argument(help="The trace's id; its beginning is enough")] = None,
    case: Annotated[str | None, typer.Option("--case", help="Every trace that touched this case, oldest first")] = None,
    last: Annotated[bool, typer.Option("--last", help="The newest trace; the default")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The spans as JSON, one trace a line")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most this many traces of a case, the newest")] = 20,
) -> None:
    """Shows what happened, across all services, in one trace."""
    if sum((trace_id is not None, case is not None, last)) > 1:
        raise typer.BadParameter("give a trace id, --case or --last, and only one of them")
    raise typer.Exit(run(trace_id, case=case, as_json=as_json, limit=limit))


def run(trace_id: str | None = None, state: Path | None = None, *, case: str | None = None, as_json: bool = False, limit: int = 20) -> int:
    """Prints the trace, those of a case, or the newest, from the span files under `state`; the exit code."""
    spans = traces.read((state or settings().state_dir) / "traces")
    if case is not None:
        wanted = traces.of_case(spans, case)[-limit:]
    elif trace_id is not None:
        wanted = list(dict.fromkeys(span.trace for span in spans if span.trace.startswith(trace_id.lower())))
        if len(wanted) > 1:
            typer.echo(f"{trace_id} begins {len(wanted)} traces; give more of it", err=True)
            return 2
    else:
        newest = traces.latest(spans)
        wanted = [newest] if newest else []
    found = [assembled for each in wanted if (assembled := traces.assemble(spans, each))]
    if not found:
        typer.echo("No such trace in the span files; spans are written within a second, and the oldest are dropped.", err=True)
        return 1
    console = Console()
    for assembled in found:
        if as_json:
            typer.echo(orjson.dumps(as_document(assembled)).decode())
        else:
            console.print(traces.render(assembled))
    return 0


def as_document(trace: traces.Trace) -> dict[str, Any]:
    """A trace as `--json` tells it."""
    return {"trace": trace.trace_id, "spans": [dataclasses.asdict(span) for _, span in trace.spans]}
