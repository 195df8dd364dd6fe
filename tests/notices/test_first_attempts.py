"""Most deliveries are made by whoever read the event; what is slow, fails or was lost with its sender gets a workflow."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from temporalio.client import Client

from chassis.migrations import admin_connection
from chassis.temporal import connect_temporal
from cli.supervisor import Stack, StackOptions
from services.notices.contract import SCHEDULE, delivery_workflow
from services.notices.pruning import SCHEDULE_ID
from tests.notices.house import House
from tests.notices.receivers import Receiver, Reply, receiving
from tests.waiting import eventually
from workflows.webhook import JITTER

FILED, ATTACHED, PING = "ApplicationFiled", "DocumentAttached", "ping"


async def begun(house: House, delivery: dict[str, Any]) -> bool:
    """Whether a delivery has a workflow."""
    return await house._begun(delivery_workflow(delivery["event_id"], delivery["endpoint_id"]))


def answering(status: int, delay: float, of: str = FILED) -> Any:
    """Answers events of a type so after a while, all others well and at once."""
    return lambda message: Reply(status, delay=delay) if message.told["type"].endswith(of) else Reply()


async def test_what_arrives_at_once_needs_no_workflow(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        case_id = await house.files()
        for _ in range(5):
            await house.attaches(case_id)
        await receiver.receives(ATTACHED, 5)
        await eventually(lambda: _settled(house, made["id"]), "all are delivered")
        sent = await house.deliveries(made["id"], ATTACHED)
    assert not all([await begun(house, each) for each in sent]), "one may have been slow, on a machine that has much to do"
    [ping] = await house.deliveries(made["id"], PING)
    assert await begun(house, ping)


async def test_what_is_slow_gets_a_workflow_and_is_sent_once(house: House) -> None:
    async with receiving(answering(204, delay=2.5)) as receiver:
        made = await house.endpoint(receiver)
        await house.files()
        await receiver.receives(FILED)
        [waiting] = await house.deliveries(made["id"], FILED)
        sent = await house.delivery(made["id"], FILED, "delivered")
        assert (waiting["status"], waiting["attempts"]) == ("waiting", 1)
        assert await begun(house, sent)
        await house.passes(sent, timedelta(minutes=10))
        assert len(receiver.of_type(FILED)) == 1
        assert (await house.delivery(made["id"], FILED, "delivered"))["attempts"] == 1


async def test_what_is_slow_and_fails_is_tried_again_by_the_schedule(house: House) -> None:
    async with receiving(answering(500, delay=2.5)) as receiver:
        made = await house.endpoint(receiver)
        await house.files()
        failed = await _answered(house, made["id"])
        await house.passes(failed, timedelta(seconds=15))
        await house.delivery(made["id"], FILED, "waiting", attempts=2)
        await house.passes(failed, timedelta(minutes=2))  # the next is due after five, and a busy machine adds minutes of its own
        assert len(receiver.of_type(FILED)) == 2


async def test_the_first_attempt_is_one_of_the_schedules(house: House) -> None:
    async with receiving(answering(500, delay=0)) as receiver:
        made = await house.endpoint(receiver)
        await house.files()
        waiting = await house.delivery(made["id"], FILED, "waiting")
        await house.passes(waiting, timedelta(seconds=sum(SCHEDULE) * (1 + JITTER) + 60))
        await house.delivery(made["id"], FILED, "failed", attempts=len(SCHEDULE))


async def test_more_at_once_than_an_endpoint_has_room_for_arrives_once_each(house: House) -> None:
    async with receiving(answering(204, delay=0.6, of=ATTACHED)) as receiver:
        made = await house.endpoint(receiver)
        case_id = await house.files()
        for _ in range(12):
            await house.attaches(case_id)
        await receiver.receives(ATTACHED, 12, seconds=60)
        await eventually(lambda: _settled(house, made["id"]), "all are delivered")
        assert len(receiver.of_type(ATTACHED)) == len(_ids(receiver)) == 12
        assert any([await begun(house, each) for each in await house.deliveries(made["id"], ATTACHED)]), "not all had their turn"


@pytest.mark.timeout(240)
async def test_nothing_is_lost_when_notices_is_killed_again_and_again_while_events_flow(house: House) -> None:
    """Killed with attempts under way: the receivers take their time, so that there always are some."""
    enough, happened = asyncio.Event(), 0

    async def flow(case_id: str) -> None:
        nonlocal happened
        while not enough.is_set():
            await house.attaches(case_id)
            happened += 1
            await asyncio.sleep(0.05)

    async with receiving(answering(204, 0.3, ATTACHED)) as one, receiving(answering(204, 0.8, ATTACHED)) as other:
        endpoints = [(await house.endpoint(each))["id"] for each in (one, other)]
        flowing = asyncio.create_task(flow(await house.files()))
        try:
            for _ in range(3):
                await one.receives(ATTACHED, len(one.of_type(ATTACHED)) + 5, seconds=60)
                await house.stack.kill("notices")
                await house.stack.wait_ready("notices", timeout=60)
        finally:
            enough.set()
            await flowing

        async def all_there() -> bool:
            return len(_ids(one)) == len(_ids(other)) == happened

        await eventually(all_there, f"all {happened} have arrived at both", 120)

        async def all_delivered() -> bool:
            listed = [each for endpoint in endpoints for each in await house.deliveries(endpoint, ATTACHED)]
            return len(listed) >= min(happened, 200) and {each["status"] for each in listed} == {"delivered"}

        await eventually(all_delivered, "all are written down as delivered", 60)


@pytest.mark.timeout(180)
async def test_old_deliveries_are_pruned_by_a_schedule(tmp_path: Path) -> None:
    """On the real Temporal server, for the other has no schedules."""
    options = StackOptions(state_dir=tmp_path, services=["intake", "notices", "workflows"], ports="free")
    async with Stack(options) as stack:
        client = await connect_temporal(stack.settings(), lazy=False)
        database = await admin_connection(stack.settings(), "notices")
        try:
            await _ended(database, "old", days=366)
            await _ended(database, "young", days=364)
            await eventually(lambda: _triggered(client), "the schedule is there", 60)

            async def pruned() -> bool:
                rows = await database.fetch("SELECT delivery_id FROM webhook_deliveries")
                return {row["delivery_id"] for row in rows} == {"young"}

            await eventually(pruned, "what is old is pruned", 60)
        finally:
            await database.close()


async def _settled(house: House, endpoint_id: str) -> bool:
    return {each["status"] for each in await house.deliveries(endpoint_id)} == {"delivered"}


async def _triggered(client: Client) -> bool:
    if SCHEDULE_ID not in [each.id async for each in await client.list_schedules()]:
        return False
    await client.get_schedule_handle(SCHEDULE_ID).trigger()
    return True


async def _ended(database: asyncpg.Connection, delivery_id: str, days: int) -> None:
    insert = """INSERT INTO webhook_deliveries
        (agency, delivery_id, event_id, endpoint_id, institution_id, type, body, status, created_at, ended_at)
        VALUES ('agency', $1, $1, 'endpoint', 'kaznu', 'type', '{}', 'delivered', now(), now() - $2::int * interval '1 day')"""
    await database.execute(insert, delivery_id, days)


async def _answered(house: House, endpoint_id: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found = await house.deliveries(endpoint_id, FILED)
        return found[0] if found and found[0]["http_status"] else None

    found = await eventually(there, "the first attempt is answered")
    assert found
    return found


def _ids(receiver: Receiver) -> set[str]:
    return {message.headers["webhook-id"] for message in receiver.of_type(ATTACHED)}
