"""`kepil bench`: a stack of its own (or a running one), each measurement in a process of its own, one table."""

import asyncio
import json as jsonlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.results import ALONE, KINDS, Result, Sizes, machine
from cli.errors import Explained
from cli.running import describe
from cli.state import ROOT
from cli.supervisor import ALL, Stack, StackOptions

#: The services that a measurement needs beside the three servers.
_NEEDED: dict[str, tuple[str, ...]] = {"store": (), "relay": (), "http": ("intake",), "latency": ("intake", "council"), "lifecycles": ALL}
_QUICK = Sizes(certificates=2_000, expiring=100, designs=500, organisations=500)
_MARK = {True: "[green]met[/]", False: "[red]not met[/]", None: "–"}


class MeasurementFailed(Explained):
    """A measurement's process ended on an error."""


async def run(
    which: str | None = None,
    json: bool = False,
    state: Path | None = None,
    *,
    cases: int = 500,
    count: int = 100_000,
    quick: bool = False,
    sizes: Sizes | None = None,
) -> int:
    """Measures one kind or all; prints a table, or JSON. 0 also where a target is not met: the figures say so."""
    console = Console(stderr=json)
    if which is not None and which not in (*KINDS, *ALONE):
        console.print(f"{which!r} is none of: {', '.join((*KINDS, *ALONE))}", markup=False, highlight=False)
        return 2
    if which in ALONE and state is not None:
        console.print(f"{which} makes stacks of its own: it takes no --state", markup=False, highlight=False)
        return 2
    kinds = (which,) if which else KINDS
    began = time.monotonic()
    results: list[Result] = []
    sizes = sizes or (replace(_QUICK, cases=cases) if quick else Sizes(cases=cases, certificates=count))
    with console.status("starting …") as status:
        for together in _stacks(kinds, state):
            status.update("starting …")
            async with _environment(together, state) as environment:
                for kind in together:
                    status.update(f"measuring: {kind} …")
                    results += await measure(kind, sizes, environment)
    seconds = time.monotonic() - began
    if json:
        document = {"machine": machine(), "seconds": round(seconds, 1), "results": [result.as_json() for result in results]}
        print(jsonlib.dumps(document, indent=1, ensure_ascii=False))
    else:
        console.print(table(results))
        about = machine()
        console.print(
            f"{about['cores']} cores, Python {about['python']}, asyncpg {about['asyncpg']}, {seconds:.0f} s in all", highlight=False
        )
    return 0


def _stacks(kinds: Sequence[str], state: Path | None) -> list[list[str]]:
    """What is measured on one stack: nothing may run beside a measurement that it does not need, so the whole of Kepil stands alone."""
    if kinds[0] in ALONE:
        return [list(kinds)]
    groups = [[kind for kind in kinds if (_NEEDED[kind] == ALL) is whole] for whole in (False, True)]
    return [group for group in groups if group] if state is None else [list(kinds)]


@asynccontextmanager
async def _environment(kinds: Sequence[str], state: Path | None) -> AsyncIterator[Mapping[str, str]]:
    if state is not None:
        yield describe(state)["environment"]
        return
    if kinds[0] in ALONE:
        yield {}
        return
    needed = tuple(dict.fromkeys(name for kind in kinds for name in _NEEDED[kind]))
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        async with Stack(StackOptions(state_dir=Path(folder), services=needed, ports="free")) as stack:
            yield stack.environment


async def measure(kind: str, sizes: Sizes, environment: Mapping[str, str]) -> list[Result]:
    """One measurement in its own process; MeasurementFailed with what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", kind, jsonlib.dumps(asdict(sizes))),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise MeasurementFailed(f"measuring {kind} failed:\n{errors.decode(errors='replace').strip()}")
    lines: list[dict[str, Any]] = jsonlib.loads(output.decode().strip().splitlines()[-1])
    return [Result(**{name: value for name, value in line.items() if name not in ("ratio", "met")}) for line in lines]


def table(results: Sequence[Result]) -> Table:
    """Both sides of every measurement."""
    view = Table(title="Kepil beside the raw servers", title_justify="left")
    for name in ("what", "Kepil", "peer", "ratio", "target", ""):
        view.add_column(name, justify="left" if name in ("what", "") else "right")
    for result in results:
        sign, digits = ("≤", 1) if result.unit in ("ms", "s", "MiB", "times") else ("≥", 0)
        view.add_row(
            result.what,
            f"{result.kepil:,.{digits}f} {result.unit}",
            f"{result.peer:,.{digits}f}  {result.peer_name}" if result.peer is not None else "–",
            f"{result.ratio:.2f}" if result.ratio is not None else "–",
            f"{sign} {result.target:g}" if result.target is not None else "–",
            _MARK[result.met],
        )
    return view
