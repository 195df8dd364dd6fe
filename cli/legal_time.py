"""`kepil time`: the legal time of the running stack, and its passing where the stack was started with `up --skip-time`."""

import json as jsonlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from temporalio.api.workflowservice.v1 import ListOpenWorkflowExecutionsRequest
from temporalio.client import Client

from chassis.clock import clock_from
from chassis.messaging import connect_nats
from chassis.settings import Settings, settings
from chassis.temporal import connect_temporal
from cli.errors import Explained
from cli.running import adopt
from cli.skipping import LegalTime
from cli.supervisor import SERVICES
from regulations.calendar import zone_of

console = Console()


class CannotPass(Explained):
    """A day or zone that is none, a day that is past, or one that this stack cannot bring."""


async def run(state: Path, until: str | None = None, zone: str = "UTC", json: bool = False) -> int:
    """Prints the legal time in `zone`; before that lets it pass until noon of the day `until`, if one is given."""
    stack = adopt(state)
    using, place, skips = settings(), _zone(zone), bool(stack["time_skipping"])
    client = await connect_temporal(using)
    clock = clock_from(using, client)
    if until is not None:
        noon, now = datetime.combine(_day(until), time(12), place), (await clock.now()).astimezone(place)
        if noon.date() < now.date():
            raise CannotPass(f"{noon.date()} is past: it is {now.date()}")
        if not skips and noon.date() > now.date():
            raise CannotPass(f"this stack keeps the machine's time: come back on {noon.date()}, or start one with `kepil up --skip-time`")
        if skips and noon > now:
            await _pass(using, client, {name: stack["urls"][name] for name in SERVICES}, noon)
    now = (await clock.now()).astimezone(place)
    if json:
        print(jsonlib.dumps({"legal_time": now.isoformat(timespec="seconds"), "day": now.date().isoformat(), "skips": skips}))
    else:
        console.print(f"{now:%A, %Y-%m-%d %H:%M} {zone}{', skipped time' if skips else ''}", highlight=False)
    return 0


async def _pass(using: Settings, client: Client, services: Mapping[str, str], noon: datetime) -> None:
    """Stops at every timer of every lifecycle on the way, so that what follows of itself happens on its own day."""
    nats = await connect_nats(using, "time")
    try:
        async with httpx.AsyncClient(timeout=30) as http:

            async def hear() -> None:
                for workflow_id in await _running(client):
                    legal_time.follow(workflow_id)

            legal_time = LegalTime(client, nats.jetstream(), http, services, hear)
            await legal_time.advance_to(noon.astimezone(UTC))
    finally:
        await nats.close()


async def _running(client: Client) -> list[str]:
    """The time-skipping server lists what is open, and nothing else."""
    request = ListOpenWorkflowExecutionsRequest(namespace=client.namespace)
    found = await client.workflow_service.list_open_workflow_executions(request)
    return [each.execution.workflow_id for each in found.executions]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CannotPass(f"{text!r} is no day: write it as YYYY-MM-DD") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_of(name)
    except (OSError, ValueError):
        raise CannotPass(f"there is no time zone {name!r}: Asia/Almaty and Asia/Bishkek are two") from None
