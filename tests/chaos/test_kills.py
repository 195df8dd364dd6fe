"""Every part of the stack is killed in turn while cases run; at the end nothing that was acknowledged is missing or doubled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from nats.js.api import DeliverPolicy

from chassis.auth import Role
from chassis.eventstore import verify_chains
from chassis.messaging import Envelope, connect_nats, stream_name
from chassis.migrations import admin_connection
from chassis.rebuild import compare
from chassis.service import key_ring
from chassis.temporal import connect_temporal
from cli.serve import SERVICES, service
from cli.supervisor import Stack, StackOptions
from tests.chaos.portal import Portal
from tests.waiting import eventually

PARTS = (*SERVICES, "workflows", "nats", "temporal", "postgres")
DRIVERS = 3


@pytest_asyncio.fixture(loop_scope="session")
async def portal(tmp_path: Path, agency: str) -> AsyncIterator[Portal]:
    """A stack of its own on the real Temporal server, whose state outlives its process."""
    async with Stack(StackOptions(state_dir=tmp_path, ports="free")) as stack, httpx.AsyncClient(timeout=15) as http:
        yield Portal(stack, http, agency)


@pytest.mark.timeout(600)
async def test_nothing_acknowledged_is_lost_or_doubled_when_any_part_is_killed(portal: Portal) -> None:
    await portal.prepare()
    enough, numbers, cases = asyncio.Event(), count(1), list[str]()

    async def drive() -> None:
        while not enough.is_set():
            cases.append(await portal.case(next(numbers)))

    drivers = [asyncio.create_task(drive()) for _ in range(DRIVERS)]
    try:
        for part in PARTS:
            await _goes_on(portal, drivers, f"commands before the end of {part}")
            await portal.stack.kill(part)
            await portal.stack.wait_ready(part, timeout=90)
        await portal.stack.wait_ready(timeout=90)
        enough.set()
        await asyncio.wait_for(asyncio.gather(*drivers), 120)
    finally:
        for driver in drivers:
            driver.cancel()

    assert not portal.refused
    assert portal.repeated > 0, "no kill was felt: the test shows nothing"
    await _until_settled(portal, cases)
    for name in SERVICES:
        await _check_service(portal, name)
    await _check_deadlines(portal, cases)


async def _until_settled(portal: Portal, cases: list[str]) -> None:
    """Every lifecycle waits for the dates of its visit, and every reader has read every event."""
    temporal = await connect_temporal(portal.stack.settings(), lazy=False)

    async def waiting() -> bool:
        stages = Counter([await temporal.get_workflow_handle(case).query("stage", result_type=str) for case in cases])
        return set(stages) == {"visit_announcement"}

    async def delivered() -> bool:
        nats = await connect_nats(portal.stack.settings(), "tests")
        try:
            for name in SERVICES:
                if (await (await portal.http.get(f"{portal.stack.urls[name]}/readyz")).aread()) and await _lag(portal, name):
                    return False
                for consumer in await nats.jetstream().consumers_info(stream_name(name)):
                    if consumer.num_pending or consumer.num_ack_pending:
                        return False
            return True
        finally:
            await nats.close()

    await eventually(waiting, "every lifecycle waits for the announcement of its visit", 120)
    await eventually(delivered, "every event is delivered", 120)


async def _lag(portal: Portal, name: str) -> int | None:
    return (await portal.http.get(f"{portal.stack.urls[name]}/readyz")).json()["relay"]["lag"]


async def _check_service(portal: Portal, name: str) -> None:
    settings, its = portal.stack.settings(), service(name)
    database = await admin_connection(settings, name)
    try:
        stored = await database.fetch("SELECT event_id::text, metadata FROM events ORDER BY xid, position")
        await _nothing_lost_or_doubled(portal, name, stored)
        checked, broken = await verify_chains(database)
        assert (checked, broken) == (len(stored), [])
    finally:
        await database.close()
    published = await _published(portal, name)
    assert published == [row["event_id"] for row in stored], f"the stream of {name} is not the log of {name}"
    for model in its.read_models:
        served, rebuilt = await compare(settings, its.events, its.catalogues, model, lambda pool: key_ring(settings, pool))
        assert served == rebuilt, f"{name}.{model.name} is not what its events make"


async def _nothing_lost_or_doubled(portal: Portal, name: str, stored: list[asyncpg.Record]) -> None:
    by_people = {row["event_id"] for row in stored if "somebody." in str(row["metadata"]["actor"])}
    assert by_people == set(portal.accepted[name]), f"events of {name} are not what was accepted"
    assert len(portal.accepted[name]) == len(set(portal.accepted[name]))


async def _published(portal: Portal, name: str) -> list[str]:
    nats = await connect_nats(portal.stack.settings(), "tests")
    try:
        jetstream = nats.jetstream()
        total = (await jetstream.stream_info(stream_name(name))).state.messages
        subscription = await jetstream.subscribe(f"kepil.{name}.>", ordered_consumer=True, deliver_policy=DeliverPolicy.ALL)
        return [Envelope.model_validate_json((await subscription.next_msg(timeout=30)).data).id for _ in range(total)]
    finally:
        await nats.close()


async def _check_deadlines(portal: Portal, cases: list[str]) -> None:
    """Each lifecycle has set the one deadline that it has by now: three years for the whole (p. 11)."""
    database = await admin_connection(portal.stack.settings(), "monitoring")
    try:
        rows = await database.fetch("SELECT data->>'case_id' AS case_id, data->>'rule' AS rule FROM events WHERE type = 'DeadlineSet'")
        shown = await database.fetch("SELECT case_id, rule, state FROM deadlines")
    finally:
        await database.close()
    assert Counter((row["case_id"], row["rule"]) for row in rows) == {(case, "overall"): 1 for case in cases}
    assert sorted(map(tuple, shown)) == sorted((case, "overall", "open") for case in cases)
    answer = await portal.read(Role.coordinator, "monitoring", "/v1/deadlines?limit=1")
    assert answer is not None
    assert len(answer.json()["items"]) == 1


async def _goes_on(portal: Portal, drivers: list[asyncio.Task[None]], what: str) -> None:
    """Some more commands are accepted; a driver that was refused fails the test at once."""

    def accepted() -> int:
        return sum(map(len, portal.accepted.values()))

    before = accepted()

    async def more() -> bool:
        for driver in drivers:
            if driver.done():
                driver.result()
        return accepted() >= before + 5

    await eventually(more, what, 120)
