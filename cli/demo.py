"""`kepil demo`: a whole accreditation, from the application to the certificate's expiry, on real servers with skipped time."""

import shutil
import sys
import time
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.panel import Panel

from cli.play import Play, Unexpected
from cli.scenario import read_scenario
from cli.state import default_state_dir
from cli.supervisor import Stack, StackOptions
from cli.timeline import Timeline

ROOT = Path(__file__).parent.parent
SERVICES = ("intake", "review", "visits", "council", "monitoring")


async def run(scenario: Path | None = None, json: bool = False, state: Path | None = None, keep: bool = False) -> int:
    """Starts a stack of its own in a fresh state folder, plays the scenario, prints the story; 0 if all went as the scenario says."""
    console = Console(stderr=json)
    story = read_scenario(scenario or ROOT / "examples" / "kaznu-accreditation.yaml")
    folder = (state or default_state_dir() / "demo").absolute()
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    options = StackOptions(state_dir=folder, time_skipping=True, ports="free")
    with console.status("starting PostgreSQL, NATS JetStream, Temporal and the services …") as status:
        stack = Stack(options, on_change=lambda part: status.update(f"{part.name}: {part.state}"))
        await stack.__aenter__()
    try:
        if not json:
            console.print(Panel(story.about.strip(), title=story.title, title_align="left"))
        catalogues = {name: import_module(f"services.{name}.contract").EVENTS for name in SERVICES}
        names = {actor.subject: alias.replace("_", " ") for alias, actor in story.actors.items()}
        timeline = Timeline(console, ZoneInfo(story.zone), catalogues, names, machine=json)
        try:
            await Play(story, stack.settings(), dict(stack.urls), timeline).run()
        except Unexpected as error:
            console.print(str(error), style="red", markup=False)
            return 1
        trace = timeline.traces.get("ApplicationRegistered", "")
        timeline.summary(
            seconds=round(time.monotonic() - began, 1),
            one_trace=f"./kepil trace {trace} --state {_shown(folder)}",
        )
    finally:
        await stack.__aexit__(None, None, None)
    sys.stdout.flush()
    return 0


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
