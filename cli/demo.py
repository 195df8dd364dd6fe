"""`kepil demo`: a whole accreditation, from the application to the certificate's expiry, on real servers with skipped time."""

import asyncio
import re
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from cli.play import Play
from cli.scenario import read_scenario
from cli.simulate import fresh, play_all, timeline_of, told
from cli.state import ROOT
from cli.supervisor import Stack, StackOptions
from cli.up import summary

_PICTURE_WIDTH = 118
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # rich would have them fetched from elsewhere


async def run(
    scenario: Path | None = None, json: bool = False, state: Path | None = None, keep: bool = False, picture: Path | None = None
) -> int:
    """Plays the scenario on a stack of its own and prints the story; 0 if all went as it says. `picture` takes it as SVG."""
    console = Console(stderr=json, record=picture is not None, width=_PICTURE_WIDTH if picture else None)
    script = read_scenario(scenario or ROOT / "examples" / "scenarios" / "kaznu-accreditation.yaml")
    story = script.scenario
    folder = fresh(state, "demo")
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
        timeline = timeline_of(script, console, machine=json)
        play = Play(script, story.agency, stack.settings(), dict(stack.urls), timeline)
        await play_all([play])
        trace = timeline.traces.get("ApplicationRegistered", "")
        timeline.summary(seconds=round(time.monotonic() - began, 1), one_trace=f"./kepil trace {trace} --state {_shown(folder)}")
        told(play)
        if picture:
            picture.write_text(_FONTS.sub("", console.export_svg(title="./kepil demo")), encoding="utf-8")
        if keep:
            summary(console, folder, stack.urls, [asdict(part) for part in stack.parts.values()], time.monotonic() - began)
            console.print("The stack runs on at its skipped time. Ctrl-C stops it.")
            await asyncio.Event().wait()
    finally:
        with console.status("stopping …"):
            await stack.stop()
    return 1 if play.failures else 0


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
