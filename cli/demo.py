"""`kepil demo`: a whole accreditation, from the application to the certificate's expiry, on real servers with skipped time."""

import asyncio
import shutil
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.panel import Panel

from cli.errors import Explained
from cli.play import Play
from cli.scenario import read_scenario
from cli.state import StateDir, default_state_dir
from cli.supervisor import Stack, StackOptions
from cli.timeline import Timeline
from cli.up import summary

_PICTURE_WIDTH = 118
ROOT = Path(__file__).parent.parent
SERVICES = ("intake", "review", "visits", "council", "monitoring")


async def run(
    scenario: Path | None = None, json: bool = False, state: Path | None = None, keep: bool = False, picture: Path | None = None
) -> int:
    """Plays the scenario on a stack of its own and prints the story; 0 if all went as it says. `picture` takes it as SVG."""
    console = Console(stderr=json, record=picture is not None, width=_PICTURE_WIDTH if picture else None)
    story = read_scenario(scenario or ROOT / "examples" / "kaznu-accreditation.yaml")
    folder = _fresh(state)
    began = time.monotonic()
    stack = Stack(
        StackOptions(state_dir=folder, time_skipping=True, ports="free"),
        on_change=lambda part: status.update(f"{part.name}: {part.state}"),
    )
    with console.status("starting PostgreSQL, NATS JetStream, Temporal and the services …") as status:
        await stack.start()
    try:
        if not json:
            console.print(Panel(story.about.strip(), title=story.title, title_align="left"))
        catalogues = {name: import_module(f"services.{name}.contract").EVENTS for name in SERVICES}
        names = {actor.subject: alias.replace("_", " ") for alias, actor in story.actors.items()}
        timeline = Timeline(console, ZoneInfo(story.zone), catalogues, names, machine=json)
        await Play(story, stack.settings(), dict(stack.urls), timeline).run()
        trace = timeline.traces.get("ApplicationRegistered", "")
        timeline.summary(seconds=round(time.monotonic() - began, 1), one_trace=f"./kepil trace {trace} --state {_shown(folder)}")
        if picture:
            console.save_svg(str(picture), title="./kepil demo")
        if keep:
            summary(console, folder, stack.urls, [asdict(part) for part in stack.parts.values()], time.monotonic() - began)
            console.print("The stack runs on at its skipped time. Ctrl-C stops it.")
            await asyncio.Event().wait()
    finally:
        with console.status("stopping …"):
            await stack.stop()
    return 0


def _fresh(given: Path | None) -> Path:
    """An empty state folder: the demo's own is emptied, one that somebody names must be empty already."""
    folder = (given or default_state_dir() / "demo").absolute()
    if given is None and folder.exists():
        StateDir(folder).lock().close()  # not under a demo that runs
        shutil.rmtree(folder)
    if folder.exists() and any(folder.iterdir()):
        raise Explained(f"{folder} is not empty, and the demo begins in an empty state folder: name another one")
    return folder


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
