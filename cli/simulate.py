"""`kepil simulate`: plays scenarios on a stack of its own with skipped time, all on one legal clock, each in an agency of its own."""

import asyncio
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import nats
from rich.console import Console
from rich.text import Text
from temporalio.client import Client

from chassis.messaging import Envelope, envelope_of, recorded
from chassis.settings import Settings
from cli.errors import Explained
from cli.marked import FileRefused
from cli.play import Play, Wait
from cli.scenario import Script, read_scenario
from cli.scenario_check import catalogues
from cli.serve import SERVICES
from cli.skipping import LegalTime
from cli.state import StateDir, default_state_dir
from cli.supervisor import Stack, StackOptions
from cli.timeline import Timeline
from workflows.messages import PendingAppeal, calendar_id
from workflows.routes import CALENDAR, Start, orders

WRONG_FILE, WRONG_EXPECTATION = 2, 1


async def run(files: Sequence[Path], json: bool = False, trace: bool = False, state: Path | None = None) -> int:
    """Plays all files; 0 if everything went as they say, 1 if something did not, 2 if a file is wrong."""
    console = Console(stderr=json)
    scripts, wrong = read_all(files)
    if wrong:
        for error in wrong:
            print(error, file=sys.stderr)
        return WRONG_FILE
    stack = Stack(
        StackOptions(state_dir=fresh(state, "simulate"), time_skipping=True, ports="free"),
        on_change=lambda part: status.update(f"{part.name}: {part.state}"),
    )
    with console.status("starting PostgreSQL, NATS JetStream, Temporal and the services …") as status:
        await stack.start()
    try:
        return await simulate(scripts, stack.settings(), dict(stack.urls), console, json=json, trace=trace)
    finally:
        with console.status("stopping …"):
            await stack.stop()


def read_all(files: Sequence[Path]) -> tuple[list[Script], list[FileRefused]]:
    """The scripts in the files, and why those that are none are none."""
    scripts, wrong = [], []
    for file in files:
        try:
            scripts.append(read_scenario(file))
        except FileRefused as error:
            wrong.append(error)
    return scripts, wrong


async def simulate(
    scripts: Sequence[Script], settings: Settings, urls: Mapping[str, str], console: Console, *, json: bool = False, trace: bool = False
) -> int:
    """Plays scripts together on a running stack and prints their timelines; the exit status."""
    began = time.monotonic()
    plays, shown = [], []
    for script, agency in zip(scripts, _agencies(scripts), strict=True):
        own = console if len(scripts) == 1 or json else _page(console)
        timeline = timeline_of(script, own, machine=json, traces=trace, label=str(script.file) if json else "")
        plays.append(Play(script, agency, settings, dict(urls), timeline))
        shown.append(own)
    if not json and len(plays) == 1:
        _head(console, plays[0])
    await play_all(plays)
    for play, own in zip(plays, shown, strict=True):
        if own is not console:
            _head(console, play)
            console.file.write(own.file.getvalue())  # type: ignore[attr-defined]
        play.timeline.console = console
        figures = {"expectations": play.held + len(play.failures), "failed": len(play.failures)}
        play.timeline.summary(**figures, seconds=round(time.monotonic() - began, 1))
    for play in plays:
        told(play)
    return WRONG_EXPECTATION if any(play.failures for play in plays) else 0


def told(play: Play) -> None:
    """Every failure of a play on standard error: file, line and column, what was expected, what was seen."""
    for failure in play.failures:
        print(f"{play.script.place(*failure.at)}: expected {failure.expected}; seen: {failure.seen}", file=sys.stderr)


def timeline_of(script: Script, console: Console, *, machine: bool = False, traces: bool = False, label: str = "") -> Timeline:
    """The timeline on which a script is told."""
    names = {actor.subject: alias.replace("_", " ") for alias, actor in script.scenario.actors.items()}
    zone = ZoneInfo(script.rulebook.zone)
    return Timeline(console, zone, catalogues(), names, script.rulebook.id, machine=machine, label=label, show_traces=traces)


async def play_all(plays: Sequence[Play]) -> None:
    """Plays on one legal clock: time moves to the earliest instant for which a play or a lifecycle waits, and all settles there."""
    by_agency = {play.agency: play for play in plays}
    urls = plays[0].urls
    client = await Client.connect(urls["temporal"])
    connection = await nats.connect(urls["nats"])
    async with httpx.AsyncClient(timeout=30) as http:
        try:
            subscription = await connection.subscribe("kepil.>")

            async def hear() -> None:
                await connection.flush()
                while subscription.pending_msgs:
                    envelope = envelope_of((await subscription.next_msg(timeout=5)).data)
                    play = by_agency.get(envelope.agency) if envelope else None
                    if envelope and play and not play.over:
                        play.lifecycles |= await _follow(envelope, legal_time)
                        legal_time.stirred(play.lifecycles)
                        play.hear(envelope)

            services = {name: urls[name] for name in SERVICES}
            legal_time = LegalTime(client, connection.jetstream(), http, services, hear, tells=True)
            await legal_time.settle()
            await _share(plays, http, legal_time)
        finally:
            await connection.close()


async def _share(plays: Sequence[Play], http: httpx.AsyncClient, legal_time: LegalTime) -> None:
    by_agency = {play.agency: play for play in plays}
    stories = {agency: play.story(http, legal_time) for agency, play in by_agency.items()}
    waits: dict[str, Wait] = {}
    while stories:
        going = [agency for agency in stories if agency not in waits]
        reached = await asyncio.gather(*(anext(stories[agency], None) for agency in going))  # side by side: none of them moves time
        if going:
            await legal_time.settle()
        for agency, wait in zip(going, reached, strict=True):
            if wait is None:
                del stories[agency]
                legal_time.leave(by_agency[agency].lifecycles)
            else:
                waits[agency] = wait
        now = await legal_time.now()
        over = [agency for agency, wait in waits.items() if wait.is_over(now)]
        upcoming = min(_instants(waits, legal_time, now), default=None)
        if not over and waits and upcoming is not None:
            await legal_time.move_to(upcoming)
            continue
        for agency in over or list(waits):  # nothing will ever come of itself: those who wait must see that
            del waits[agency]


def _instants(waits: Mapping[str, Wait], legal_time: LegalTime, now: datetime) -> list[datetime]:
    timer = legal_time.next_timer()
    wanted = [wait.until for wait in waits.values() if wait.until is not None]
    return [instant for instant in (*wanted, *([timer] if timer else [])) if instant > now]


async def _follow(envelope: Envelope, legal_time: LegalTime) -> set[str]:
    """The lifecycles that begin with an event, by the conductor's own routes."""
    begun = set()
    fact = await recorded(envelope, catalogues())
    if type(fact.event) in CALENDAR:
        begun.add(calendar_id(envelope.agency))
        legal_time.follow(calendar_id(envelope.agency))
    for order in orders(fact, None):
        if isinstance(order, Start):
            begun.add(order.workflow_id)
            legal_time.follow(order.workflow_id)
            if isinstance(order.argument, PendingAppeal):
                legal_time.follow(order.argument.case_id, returns=True)
    return begun


def fresh(given: Path | None, name: str) -> Path:
    """An empty state folder: a command's own is emptied, one that somebody names must be empty already."""
    folder = (given or default_state_dir() / name).absolute()
    if given is None and folder.exists():
        StateDir(folder).lock().close()  # not under one that runs
        shutil.rmtree(folder)
    if folder.exists() and any(folder.iterdir()):
        raise Explained(f"{folder} is not empty, and a {name} begins in an empty state folder: name another one")
    return folder


def _agencies(scripts: Sequence[Script]) -> list[str]:
    """The agency of each, numbered where several name the same."""
    wanted = [script.scenario.agency for script in scripts]
    found: list[str] = []
    for own in wanted:
        names = (own if number == 1 else f"{own}-{number}" for number in count(1))
        found.append(next(name for name in names if name not in found and (name == own or name not in wanted)))
    return found


def _page(console: Console) -> Console:
    """Where a timeline is kept while others are played."""
    return Console(file=StringIO(), width=console.width, force_terminal=console.is_terminal, color_system="auto")


def _head(console: Console, play: Play) -> None:
    console.print(Text(play.script.scenario.title, style="bold"))
