"""First attempts are made under a lease of their row: who has it is alone with it, and what a sender that died had is taken by another."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest_asyncio
from temporalio.api.enums.v1 import EventType

from chassis.postgres import open_pool
from chassis.temporal import connect_temporal
from services.notices.contract import DELIVERY, DELIVERY_QUEUE, DeliveryTask, delivery_workflow
from services.notices.deliveries import LEASE, Deliveries, Ending
from services.notices.domain.told import PING
from tests.notices.house import House
from tests.notices.receivers import Reply, receiving
from tests.waiting import eventually

FILED = "kepil.intake.application.ApplicationFiled"
OVER = timedelta(seconds=-1)


@dataclass
class Rows:
    """The rows of an agency, made as a reader of events makes them."""

    house: House
    deliveries: Deliveries
    pool: asyncpg.Pool

    async def make(self, event_id: str, endpoint_id: str, *, leased: bool = True, kind: str = FILED, lease: timedelta = LEASE) -> Any:
        """One delivery."""
        body = {"type": kind, "data": {}}
        now = await self.house.time.now()
        [row] = await self.deliveries.make(self.house.agency, event_id, {endpoint_id: leased}, "kaznu", body, now, lease=lease)
        return row

    async def end(self, row: Any, status: str) -> None:
        """An attempt at it has ended so."""
        await self.deliveries.move(self.house.agency, row["delivery_id"], Ending(status, await self.house.time.now()))

    async def left(self, endpoint_id: str) -> set[str]:
        """The events of which there are deliveries."""
        rows = await self.pool.fetch("SELECT event_id FROM webhook_deliveries WHERE endpoint_id = $1 AND type <> $2", endpoint_id, PING)
        return {row["event_id"] for row in rows}


@pytest_asyncio.fixture
async def rows(house: House) -> AsyncIterator[Rows]:
    """By the role of the service's own jobs."""
    pool = await open_pool(house.stack.settings(), "kepil_system", "notices", size=2)
    try:
        yield Rows(house, Deliveries(pool), pool)
    finally:
        await pool.close()


async def test_who_makes_a_delivery_has_its_lease_and_nobody_else(house: House, rows: Rows) -> None:
    async with receiving() as receiver:
        endpoint = (await house.endpoint(receiver))["id"]
    first = await rows.make("event", endpoint)
    assert (first["taken"], first["url"], len(first["keys"])) == (True, receiver.url, 1)
    second = await rows.make("event", endpoint)
    assert (second["taken"], second["leased"]) == (False, True)
    assert second["delivery_id"] == first["delivery_id"]


async def test_a_lease_that_ran_out_is_taken_once(house: House, rows: Rows) -> None:
    async with receiving() as receiver:
        endpoint = (await house.endpoint(receiver))["id"]
    await rows.make("event", endpoint, lease=OVER)
    assert (await rows.make("event", endpoint))["taken"]
    assert not (await rows.make("event", endpoint))["taken"]


async def test_what_has_arrived_or_is_its_workflows_is_leased_to_nobody(house: House, rows: Rows) -> None:
    async with receiving() as receiver:
        endpoint = (await house.endpoint(receiver))["id"]
    arrived, failed = await rows.make("arrived", endpoint, lease=OVER), await rows.make("failed", endpoint, lease=OVER)
    await rows.end(arrived, "delivered")
    await rows.end(failed, "waiting")
    for event_id, status in (("arrived", "delivered"), ("failed", "waiting")):
        again = await rows.make(event_id, endpoint)
        assert (again["status"], again["taken"], again["leased_until"]) == (status, False, None)
    unwanted = await rows.make("unwanted", endpoint, leased=False)
    assert (unwanted["status"], unwanted["leased_until"]) == ("waiting", None)


async def test_of_an_endpoint_that_fails_or_is_not_in_use_nothing_is_leased(house: House, rows: Rows) -> None:
    async with receiving() as receiver, receiving(lambda _: Reply(500)) as broken:
        endpoint = (await house.endpoint(receiver))["id"]
        unverified = (await house.endpoint(broken, verified=False))["id"]
    await rows.deliveries.failed(house.agency, endpoint, await house.time.now())
    failing = await rows.make("event", endpoint)
    assert (failing["status"], failing["leased_until"]) == ("waiting", None)
    await rows.deliveries.well(house.agency, endpoint)
    assert (await rows.make("another", endpoint))["taken"]
    held = await rows.make("event", unverified)
    assert (held["status"], held["trouble"], held["leased_until"]) == ("held", "unverified", None)
    ping = await rows.make("ping", unverified, kind=PING)
    assert (ping["status"], ping["leased_until"]) == ("waiting", None)


async def test_a_workflow_leaves_alone_what_is_leased_and_sends_when_the_lease_is_over(house: House, rows: Rows) -> None:
    client = await connect_temporal(house.stack.settings(), lazy=False)
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        row = await rows.make(uuid4().hex, made["id"], lease=timedelta(minutes=10))
        task = DeliveryTask(agency=house.agency, delivery_id=row["delivery_id"])
        workflow_id = delivery_workflow(row["event_id"], made["id"])
        handle = await client.start_workflow(DELIVERY, task, id=workflow_id, task_queue=DELIVERY_QUEUE)

        async def answered() -> bool:
            history = await handle.fetch_history()
            return any(each.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED for each in history.events)

        await eventually(answered, "the workflow has asked for an attempt")
        assert receiver.of_type("ApplicationFiled") == []
        await rows.pool.execute("UPDATE webhook_deliveries SET leased_until = now() WHERE delivery_id = $1", row["delivery_id"])
        await house.passes(dict(row), timedelta(minutes=2))
        await receiver.receives("ApplicationFiled")


async def test_what_is_over_for_long_is_pruned_and_what_waits_is_not(house: House, rows: Rows) -> None:
    async with receiving() as receiver:
        endpoint = (await house.endpoint(receiver))["id"]
    for status in ("delivered", "failed", "stopped"):
        await rows.end(await rows.make(status, endpoint), status)
    await rows.make("waiting", endpoint)
    await rows.end(await rows.make("held", endpoint), "held")
    await house.time.skip(timedelta(days=10))
    now = await house.time.now()
    await rows.end(await rows.make("fresh", endpoint), "delivered")
    assert await _pruned(rows, now - timedelta(days=11)) == 0
    assert await _pruned(rows, now - timedelta(days=9)) >= 4
    assert await rows.left(endpoint) == {"waiting", "fresh"}
    orphans = (
        "SELECT count(*) FROM webhook_attempts a WHERE NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.delivery_id = a.delivery_id)"
    )
    assert await rows.pool.fetchval(orphans) == 0


async def _pruned(rows: Rows, before: Any) -> int:
    """All agencies' are pruned together; counted are this one's."""
    count = "SELECT count(*) FROM webhook_deliveries WHERE agency = $1"
    had = await rows.pool.fetchval(count, rows.house.agency)
    while await rows.deliveries.prune(before, 2):
        pass
    return int(had - await rows.pool.fetchval(count, rows.house.agency))
