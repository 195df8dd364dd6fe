"""`kepil up`: the supervisor in the foreground with its progress, or detached in a session of its own."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.process import tail
from cli.state import ROOT, StateDir, default_state_dir
from cli.supervisor import AlreadyRunning, PartStatus, PortBusy, Stack, StackOptions, StartFailed

_COLOUR = {"ready": "green", "done": "green", "failed": "red", "restarting": "yellow", "starting": "cyan", "stopping": "yellow"}
_TITLE = {
    "temporal-ui": "Temporal UI",
    "temporal": "Temporal",
    "nats": "NATS JetStream",
    "postgres": "PostgreSQL",
    "issuer": "tokens",
    "console": "the console",
    "traces": "traces",
}


class Progress:
    """Shows each part's state: redrawn in place on a terminal, a line for each change elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._parts: dict[str, str] = {}
        self._began = time.monotonic()
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8, transient=True)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, name: str, state: str) -> None:
        """Takes a state; the same again is passed over."""
        if self._parts.get(name) != state:
            self._parts[name] = state
            if not self._console.is_terminal:
                self._console.print(f"{time.monotonic() - self._began:6.1f} s  {name}: {state}", highlight=False)

    def changed(self, status: PartStatus) -> None:
        self.show(status.name, status.state)

    def _table(self) -> Table:
        view = Table.grid(padding=(0, 2))
        for name, state in self._parts.items():
            view.add_row(name, f"[{_COLOUR.get(state, 'dim')}]{state}[/]")
        return view


async def foreground(options: StackOptions, console: Console) -> int:
    """Runs until Ctrl-C, SIGTERM or `kepil down`; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    assert running
    starting = True

    def asked() -> None:
        stop.set()
        if starting:
            running.cancel()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, asked)
    began = time.monotonic()
    stack = Stack(options)
    try:
        with Progress(console) as progress:
            stack.on_change(progress.changed)
            await stack.start()
        starting = False
        if stack.leftovers:
            console.print(f"stopped first what a killed supervisor left: {', '.join(stack.leftovers)}")
        summary(console, options.state_dir, stack.urls, [asdict(status) for status in stack.parts.values()], time.monotonic() - began)
        console.print("Ctrl-C or [bold]kepil down[/] stops everything in order.")
        await stop.wait()
        starting = False
        console.print("stopping …")
    except asyncio.CancelledError:
        console.print("stopped while starting")
    except (AlreadyRunning, PortBusy, StartFailed, RuntimeError) as error:
        console.print(f"[red]not started:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 1
    finally:
        starting = False
        await stack.stop()
    return 0


def detached(options: StackOptions, console: Console, arguments: list[str]) -> int:
    """Starts the supervisor in its own session and follows it until all is ready; the exit code."""
    state = StateDir(options.state_dir)
    state.make()
    log = state.log("supervisor")
    began = time.monotonic()
    with log.open("ab") as output:
        position = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            start_new_session=True,
        )
    content: dict[str, Any] = {}
    with Progress(console) as progress:
        while not content.get("ready"):
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
            else:
                break
            found = state.read_stack() or {}
            content = found if found.get("supervisor", {}).get("pid") == process.pid else {}
            for part in content.get("parts", []):
                progress.show(part["name"], part["state"])
    if not content.get("ready"):
        with log.open("rb") as written:
            written.seek(position)
            lines = written.read().decode(errors="replace").strip() or tail(log)
        console.print(lines, markup=False, highlight=False)
        return process.returncode or 1
    summary(console, options.state_dir, content["urls"], content["parts"], time.monotonic() - began)
    console.print("It runs on its own now: [bold]kepil status[/], [bold]kepil logs PART[/], [bold]kepil down[/].")
    return 0


def summary(console: Console, folder: Path, urls: Mapping[str, str], parts: list[dict[str, Any]], seconds: float) -> None:
    """Where everything is, and a first request to try."""
    view = Table(title=f"Kepil is up: {len(parts)} parts in {seconds:.1f} s", title_justify="left")
    view.add_column("what")
    view.add_column("where", overflow="fold")
    for name, url in urls.items():
        if name == "postgres":
            scheme, _, rest = url.partition("://")
            url = f"{scheme}://postgres@{rest.rpartition('@')[2]}"
        documented = url.startswith("http") and name not in ("temporal-ui", "issuer", "workflows", "console", "traces")
        view.add_row(_TITLE.get(name, name), f"{url}/docs" if documented else url)
    console.print(view)
    if "intake" in urls and "issuer" in urls:
        state = "" if folder == default_state_dir().absolute() else f" --state {folder}"
        header = f"Authorization: Bearer $(./kepil token --role coordinator --agency my-agency{state})"
        console.print(f'curl -H "{header}" {urls["intake"]}/v1/institutions', markup=False, soft_wrap=True)
