"""Where the cases of a what-if come from: the running stack, files of events, or synthetic ones."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import ValidationError

from chassis.clock import clock_from
from chassis.events import Event
from chassis.postgres import open_connection
from chassis.settings import Settings, settings
from chassis.temporal import connect_temporal
from cli.errors import Explained
from cli.recorded import CATALOGUES, READ, Recording, Story
from cli.running import adopt
from cli.shelf import unknown
from regulations import Rulebook, local_date
from regulations.evidence import Record, joined
from regulations.simulated import SEED, simulate

SIMULATED = "simulated"
_MOST = 100_000
_ENDINGS = (".jsonl", ".ndjson", ".json")
_EVENTS = "SELECT type, schema_version, data FROM events WHERE agency = $1 AND type = ANY($2) ORDER BY xid, position"
_AGENCIES = "SELECT DISTINCT agency FROM events ORDER BY agency"


class NoCases(Explained):
    """There are no cases where they were looked for, or they cannot be read."""


@dataclass
class Cases:
    """The cases, and in words where they come from and what of it was left out."""

    record: Record
    source: str
    notes: list[str] = field(default_factory=list)
    calendars: tuple[str, ...] = ()


async def gather(rules: Rulebook, on: str | None, agency: str | None, state: Path) -> Cases:
    """The cases that `--on` names. NoCases, NotRunning."""
    if on is None:
        return await _of_stack(rules, agency, state)
    if agency is not None:
        raise NoCases("--agency chooses among the cases of the running stack; with --on there is nothing to choose")
    if on == SIMULATED or on.startswith(f"{SIMULATED}:"):
        return _simulated(rules, on)
    return of_files(rules, Path(on))


def _simulated(rules: Rulebook, on: str) -> Cases:
    number, _, seed = on.removeprefix(SIMULATED).removeprefix(":").partition(":")
    if not number.isdecimal() or not 0 < int(number) <= _MOST or (seed and not seed.isdecimal()):
        raise NoCases(f"{on!r}: write simulated:N with N from 1 to {_MOST:,}, or simulated:N:SEED for other cases, such as simulated:500")
    chosen = int(seed) if seed else SEED
    return Cases(simulate(rules, int(number), chosen), f"{int(number):,} simulated cases, seed {chosen}; they stand for no institution")


def of_files(rules: Rulebook, path: Path) -> Cases:
    """The cases of a file of JSON lines, or of every such file in a folder. NoCases."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _ENDINGS)
        if not files:
            raise NoCases(f"{path} has no file of events: *{', *'.join(_ENDINGS)}")
    elif path.is_file():
        files = [path]
    else:
        raise NoCases(
            f"there is no file or folder {path}; cases are a file or folder of events, simulated:N, or those of the running stack"
        )
    stories = {(file.stem, name): story for file in files for name, story in _read(file).items()}
    found = []
    for (stem, name), story in stories.items():
        story.told.label = f"{Path(name).stem if name else stem}/" if len(stories) > 1 else ""
        found.append(story.told.recording(rules, story.known_until))
    return _cases(rules, found, f"the events in {path}")


@dataclass
class _Told:
    """One scenario of a file, or the whole file: institutions of the same name in two are not the same."""

    told: Story = field(default_factory=Story)
    known_until: date | None = None


def _read(file: Path) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    events = 0
    for place, line in _lines(file):
        story = found.setdefault(str(line.get("scenario", "")), _Told())
        if isinstance(line.get("date"), str):
            story.known_until = max(_day(place, line["date"]), story.known_until or date.min)
        if "event" in line and "data" in line:
            events += 1
            event = _event(place, line)
            if event is not None:
                story.told.take(event)
    if not events:
        raise NoCases(f"{file} holds no events as ./kepil demo --json and ./kepil simulate --json write them, one a line")
    return found


def _day(place: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise NoCases(f"{place}: {written!r} is no day as YYYY-MM-DD") from None


def _lines(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoCases(f"{file} cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError as error:
            raise NoCases(f"{file}:{number}: this is no JSON: {error}; expected is one JSON object a line") from None
        if not isinstance(content, dict):
            raise NoCases(f"{file}:{number}: expected is one JSON object a line")
        yield f"{file}:{number}", content


def _event(place: str, line: Mapping[str, Any]) -> Event | None:
    service, name = line.get("service"), str(line["event"])
    named = [each for each, read in READ.items() if name in read and service in (None, each)]
    if not named:
        return None
    try:
        return CATALOGUES[named[0]].type_of(name).model_validate(line["data"])
    except ValidationError as refusal:
        first = refusal.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NoCases(f"{place}: {name} is not what {named[0]} publishes: {where}: {first['msg']}") from None


async def _of_stack(rules: Rulebook, agency: str | None, state: Path) -> Cases:
    adopt(state)
    using = settings()
    try:
        chosen = await _agency(using, agency)
        story = Story()
        for service in READ:
            await _take(using, service, chosen, story)
        temporal = await connect_temporal(using) if using.clock != "system" else None
        today = local_date(await clock_from(using, temporal).now(), rules.zone)
    except (OSError, asyncpg.PostgresError) as error:
        raise NoCases(f"the event stores do not answer ({error}): ./kepil status says what runs") from None
    return _cases(rules, [story.recording(rules, today)], f"every recorded case of {chosen}, as of {today}")


async def _agency(using: Settings, wanted: str | None) -> str:
    """The agency that is meant: the one named, or the only one that there is."""
    there: set[str] = set()
    for service in READ:
        connection = await open_connection(using, "kepil_system", service)
        try:
            there |= {row["agency"] for row in await connection.fetch(_AGENCIES)}
        finally:
            await connection.close()
    if wanted is None and len(there) == 1:
        return there.pop()
    if wanted in there:
        return str(wanted)
    if not there:
        raise NoCases("nothing is recorded in the running stack yet: try --on simulated:500")
    if wanted is None:
        raise NoCases(f"name the agency with --agency; there are: {', '.join(sorted(there))}")
    raise NoCases(unknown("agency", wanted, sorted(there)))


async def _take(using: Settings, service: str, agency: str, story: Story) -> None:
    """The events of one service, in the order of its log. Read only; older shapes are brought to the present one."""
    connection = await open_connection(using, "kepil_system", service)
    try:
        async with connection.transaction(readonly=True):
            async for row in connection.cursor(_EVENTS, agency, list(READ[service]), prefetch=1000):
                story.take(CATALOGUES[service].parse(row["type"], row["schema_version"], row["data"]))
    finally:
        await connection.close()


def _cases(rules: Rulebook, found: list[Recording], source: str) -> Cases:
    record = joined(each.record for each in found)
    left_out: Counter[str] = sum((each.left_out for each in found), Counter())
    versions: Counter[str] = sum((each.other_versions for each in found), Counter())
    if not record.cases:
        other = f"; there are cases under: {', '.join(sorted(left_out))}" if left_out else ""
        raise NoCases(f"no case of {rules.id} is in {source}{other}; --on simulated:500 asks synthetic ones")
    notes = [f"left out, for another rulebook governs them: {_of(number)} under {name}" for name, number in sorted(left_out.items())]
    notes += [f"{_of(number)} begun under version {name} asked as under {rules.version}" for name, number in sorted(versions.items())]
    return Cases(record, source, notes, tuple(sorted({calendar for each in found for calendar in each.calendars})))


def _of(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"
