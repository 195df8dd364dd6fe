"""Every committed event reaches the stream once and in the order of the log, whatever dies on the way."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from chassis.eventstore import LogPosition, whole_log
from chassis.messaging import POSITION_HEADER, connect_nats, stream_name
from chassis.migrations import admin_connection
from chassis.postgres import open_connection
from chassis.problems import Unavailable
from chassis.relay import Relay
from cli.supervisor import Stack
from tests.chassis.ledger import Ledger, ledger, running
from tests.waiting import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger and a bank of this test's own."""
    async with ledger(servers.settings()) as made:
        yield made


@asynccontextmanager
async def own_relay(books: Ledger) -> AsyncIterator[Relay]:
    """A relay of the bank with a NATS connection of its own, as another process has it."""
    client = await connect_nats(books.settings, "relay-of-test")
    try:
        yield Relay(books.settings, books.bank.service.events, client)
    finally:
        await client.close()


def stream_of(books: Ledger) -> str:
    """The bank's stream."""
    return stream_name(books.bank.service.name)


async def messages(books: Ledger) -> list[RawStreamMsg]:
    """Everything in the bank's stream."""
    stream = books.bank.nats.jetstream()
    try:
        state = (await stream.stream_info(stream_of(books))).state
    except NotFoundError:
        return []
    return [await stream.get_msg(stream_of(books), seq=n) for n in range(state.first_seq, state.last_seq + 1) if state.messages]


async def logged(books: Ledger) -> list[tuple[str, str]]:
    """Every event of the bank's log, in order: (position, id)."""
    async with books.bank.system.acquire() as connection:
        return [(str(e.at), e.row["event_id"]) async for batch in whole_log(connection) for e in batch]


async def everything_is_published(books: Ledger, count: int, seconds: float = 30) -> None:
    """Waits until the stream has `count` messages, then compares it with the log."""

    async def there() -> bool:
        try:
            info = await books.bank.nats.jetstream().stream_info(stream_of(books))
        except NotFoundError:
            return False
        return bool(info.state.messages >= count)

    await eventually(there, f"{count} events are in the stream", seconds)
    found = [((m.headers or {}).get(POSITION_HEADER), (m.headers or {}).get("Nats-Msg-Id")) for m in await messages(books)]
    assert found == await logged(books), "each once, in the order (xid, position)"
    assert len(found) == count


async def report_many(books: Ledger, agency: str, count: int, first: int = 0) -> None:
    """Reports so many transfers, many at once, insisting where the database was away."""

    async def report(number: int) -> None:
        while True:
            try:
                await books.report(agency, f"t{number}", number)
                return
            except Unavailable:
                await asyncio.sleep(0.01)

    await asyncio.gather(*(report(n) for n in range(first, first + count)))


async def test_every_event_is_published_once_and_in_order(books: Ledger, agency: str) -> None:
    async with running(books.relay().run):
        await report_many(books, agency, 600)
        await everything_is_published(books, 600)


async def test_what_was_written_before_the_relay_ran_is_published_too(books: Ledger, agency: str) -> None:
    await report_many(books, agency, 1200)
    async with running(books.relay().run):
        await everything_is_published(books, 1200)


async def test_an_event_whose_transaction_is_late_is_published_in_its_place(books: Ledger, agency: str) -> None:
    relay = books.relay()
    async with running(relay.run):
        await books.report(agency, "first", 1)
        await everything_is_published(books, 1)
        late = await open_connection(books.settings, "kepil_api", books.bank.service.name)
        transaction = late.transaction()
        await transaction.start()
        await late.execute("SELECT set_config('app.agency', $1, true)", agency)
        await late.execute(
            "INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
            " VALUES ($1, 'transfer-late', 1, gen_random_uuid(), 'TransferReported', 1, '{}', '{}', now(), now(), '')",
            agency,
        )
        await report_many(books, agency, 20)
        async with books.bank.system.acquire() as connection:
            assert await relay.lag(connection) == 20
        assert len(await messages(books)) == 1, "what an open transaction may precede waits"
        await transaction.commit()
        await late.close()
        await everything_is_published(books, 22)


async def test_of_two_relays_one_leads_and_the_other_takes_over(books: Ledger, agency: str) -> None:
    async with own_relay(books) as one, own_relay(books) as other:
        stop_one = asyncio.Event()
        first = asyncio.create_task(one.run(stop_one))
        async with running(other.run):
            await report_many(books, agency, 200)
            await everything_is_published(books, 200)
            assert one.state.leading + other.state.leading == 1
            writing = asyncio.create_task(report_many(books, agency, 300, first=200))
            stop_one.set()
            await first
            await writing
            await everything_is_published(books, 500)
            assert other.state.leading
    assert one.state.published + other.state.published == 500


async def test_relays_that_die_at_any_moment_leave_neither_gap_nor_double(books: Ledger, agency: str) -> None:
    """Each relay is cancelled a little later than the one before: before, between and after publish and acknowledgement."""
    await report_many(books, agency, 2000)
    for moment in range(15):
        async with own_relay(books) as relay:
            task = asyncio.create_task(relay.run(asyncio.Event()))

            async def leads(relay: Relay = relay) -> bool:
                return relay.state.leading

            await eventually(leads, "the relay leads")
            await asyncio.sleep(0.004 * moment)
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=0.1)
    async with running(books.relay().run):
        await report_many(books, agency, 10, first=2000)
        await everything_is_published(books, 2010)


async def test_a_deposed_relay_that_still_publishes_makes_no_double(books: Ledger, agency: str) -> None:
    """Its lock went with its database connection, and it does not know yet; another leads already."""
    async with own_relay(books) as one, own_relay(books) as other, running(one.run), running(other.run):
        for turn in range(6):
            writing = asyncio.create_task(report_many(books, agency, 100, first=100 * turn))
            await cut_relays(books)
            await writing
        await everything_is_published(books, 600)


async def cut_relays(books: Ledger) -> None:
    """Ends the database connections of the bank's relays."""
    admin = await admin_connection(books.settings, books.bank.service.name)
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    finally:
        await admin.close()


async def test_nats_is_killed_and_comes_back(servers: Stack, books: Ledger, agency: str) -> None:
    async with running(books.relay().run):
        await report_many(books, agency, 50)
        await everything_is_published(books, 50)
        writing = asyncio.create_task(report_many(books, agency, 400, first=50))
        await asyncio.sleep(0)
        await servers.kill("nats")
        await writing  # commands go on without NATS
        await servers.wait_ready("nats", timeout=30)
        await everything_is_published(books, 450)


async def test_a_deleted_stream_is_filled_again_and_said_to_have_been_lost(
    books: Ledger, agency: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        await report_many(books, agency, 30)
        await everything_is_published(books, 30)

        async def shown() -> bool:
            return len(await books.transfers(agency)) == 30

        await eventually(shown, "30 transfers are shown")
        await books.ledger.system.execute("UPDATE transfers SET amount = -1 WHERE agency = $1", agency)
        with caplog.at_level(logging.ERROR):
            await books.bank.nats.jetstream().delete_stream(stream_of(books))
            await books.report(agency, "after", 7)
            await everything_is_published(books, 31)

        async def after() -> bool:
            return (await books.transfers(agency)).get("after") == 7

        await eventually(after, "the new event is shown")
        assert set((await books.transfers(agency)).values()) == {-1, 7}, "its readers take nothing twice"
    assert f"{stream_of(books)} has lost the 30 events" in caplog.text


async def test_a_strange_message_in_the_stream_does_not_stop_the_relay(books: Ledger, agency: str) -> None:
    async with running(books.relay().run):
        await books.report(agency, "t0", 0)
        await everything_is_published(books, 1)
        await books.bank.nats.jetstream().publish(f"kepil.{books.bank.service.name}.strange", b"{}")
        await books.report(agency, "t1", 1)
        await books.report(agency, "t2", 2)

        async def there() -> bool:
            return len(await messages(books)) == 4

        await eventually(there, "the events behind it are published")
    positions = [(m.headers or {}).get(POSITION_HEADER) for m in await messages(books)]
    assert [p for p in positions if p] == [position for position, _ in await logged(books)]


async def first_document(books: Ledger) -> tuple[dict[str, Any], dict[str, str]]:
    """The first message of the stream: its JSON and its headers."""
    async with running(books.relay().run):

        async def there() -> bool:
            return bool(await messages(books))

        await eventually(there, "an event is published")
    (message,) = await messages(books)
    return json.loads(message.data or b""), message.headers or {}


async def test_the_message_is_a_cloudevent_in_structured_json(books: Ledger, agency: str) -> None:
    """CloudEvents 1.0: required attributes, their types, and the names that extensions may have."""
    accepted = await books.report(agency, "t", 5)
    document, headers = await first_document(books)
    bank = books.bank.service.name
    assert document["specversion"] == "1.0"
    assert document["id"] == accepted.events[0].id == headers["Nats-Msg-Id"]
    assert document["source"] == f"/kepil/{bank}"
    assert document["type"] == f"kepil.{bank}.transfer.TransferReported"
    assert document["subject"] == "transfer-t"
    assert document["data"] == {"reference": "t", "account_id": "a", "amount": 5}
    assert document["datacontenttype"] == "application/json"
    assert headers["content-type"] == "application/cloudevents+json"
    assert urlsplit(document["dataschema"]).scheme == "urn"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", document["time"])
    assert datetime.fromisoformat(document["time"]).tzinfo is not None
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in document)
    assert all(isinstance(v, str | int | bool) for name, v in document.items() if name != "data"), "extensions are of the simple types"
    assert (document["agency"], document["streamversion"], document["schemaversion"], document["actor"]) == (agency, 1, 1, "bank")
    assert LogPosition.parse(document["position"]) == LogPosition.parse(headers[POSITION_HEADER])


async def test_the_message_carries_on_the_trace_of_the_command(books: Ledger, agency: str) -> None:
    portal = SpanContext(0xABCDEF0123456789ABCDEF0123456789, 0x1234567890ABCDEF, is_remote=True, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(portal)):
        await books.report(agency, "t", 5)
    document, headers = await first_document(books)
    for traceparent in (document["traceparent"], headers["traceparent"]):
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent)
        assert traceparent.split("-")[1] == f"{portal.trace_id:032x}"


async def test_the_relay_wakes_for_an_event_at_once(books: Ledger, agency: str) -> None:
    """By the database's notification, far sooner than its own look every few seconds."""
    relay = books.relay()
    async with running(relay.run):
        await books.report(agency, "t0", 0)
        await everything_is_published(books, 1)
        for n in range(1, 6):
            await books.report(agency, f"t{n}", n)
            await everything_is_published(books, n + 1, seconds=2)


async def test_the_relay_stops_when_told(books: Ledger, agency: str) -> None:
    async with own_relay(books) as leading, own_relay(books) as waiting:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(r.run(stop)) for r in (leading, waiting)]
        await books.report(agency, "t", 1)
        await everything_is_published(books, 1)
        stop.set()
        async with asyncio.timeout(3):
            await asyncio.gather(*tasks)
    assert not leading.state.leading
    assert not waiting.state.leading
