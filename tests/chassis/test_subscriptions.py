"""Another service's events take effect once, in the order of its log, whatever is delivered twice, late or broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError

from chassis.events import Catalogue, Event
from chassis.eventstore import LogPosition
from chassis.messaging import connect_nats, ensure_consumer, stream_name
from chassis.problems import Unavailable
from chassis.service import open_runtime
from chassis.subscriptions import until_applied
from cli.supervisor import Stack
from tests.chassis.ledger import Ledger, TransferReported, TransferRevised, ledger, running
from tests.waiting import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger and a bank of this test's own: what is done to streams and consumers here, nobody else sees."""
    async with ledger(servers.settings()) as made:
        yield made


@asynccontextmanager
async def another_client(books: Ledger) -> AsyncIterator[Any]:
    """A NATS client of the test's own."""
    client = await connect_nats(books.settings, "test")
    try:
        yield client
    finally:
        await client.close()


def durable(books: Ledger) -> tuple[str, str]:
    """The stream that the ledger reads, and its durable consumer."""
    return stream_name(books.bank.service.name), f"{books.ledger.service.name}-projections"


async def forget_acknowledgements(books: Ledger) -> None:
    """Every message of the bank will be delivered again."""
    try:
        await books.ledger.nats.jetstream().delete_consumer(*durable(books))
    except NotFoundError:
        return


async def shows(books: Ledger, agency: str, expected: dict[str, int]) -> None:
    """Waits until the ledger shows these transfers."""

    async def equal() -> bool:
        return await books.transfers(agency) == expected

    try:
        await eventually(equal, "the transfers are shown", 20)
    except AssertionError:
        assert await books.transfers(agency) == expected


async def inbox(books: Ledger, agency: str) -> int:
    """How many events of an agency have arrived."""
    return int(await books.ledger.system.fetchval("SELECT count(*) FROM inbox WHERE agency = $1", agency))


async def acknowledged(books: Ledger) -> None:
    """Waits until nothing is pending for the ledger."""

    async def all_acknowledged() -> bool:
        try:
            info = await books.ledger.nats.jetstream().consumer_info(*durable(books))
        except NotFoundError:
            return False
        return info.num_ack_pending == 0 and info.num_pending == 0

    await eventually(all_acknowledged, "everything is acknowledged", 20)


async def published(books: Ledger, count: int) -> None:
    """Waits until the bank's stream has so many messages."""

    async def there() -> bool:
        try:
            info = await books.bank.nats.jetstream().stream_info(durable(books)[0])
        except NotFoundError:
            return False
        return bool(info.state.messages >= count)

    await eventually(there, f"{count} messages are published", 20)


async def test_another_services_events_are_shown(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        for n in range(5):
            await books.report(agency, f"t{n}", n)
        await books.report(agency, "t0", 100)
        await shows(books, agency, {"t0": 100, "t1": 1, "t2": 2, "t3": 3, "t4": 4})
    assert await inbox(books, agency) == 6


async def test_a_reader_that_comes_before_its_source_waits_for_it(books: Ledger, agency: str) -> None:
    async with running(books.subscription().run):
        await books.report(agency, "t", 1)
        await asyncio.sleep(0.05)
        async with running(books.relay().run):
            await shows(books, agency, {"t": 1})


async def test_everything_delivered_again_changes_nothing(books: Ledger, agency: str) -> None:
    """The state after a crash between the commit and the acknowledgement: applied, and every message comes once more."""
    async with running(books.relay().run):
        async with running(books.subscription().run):
            await books.report(agency, "t", 1)
            await books.report(agency, "t", 2)
            await shows(books, agency, {"t": 2})
        await books.ledger.system.execute("UPDATE transfers SET amount = 77 WHERE agency = $1", agency)  # a second effect would show
        await forget_acknowledgements(books)
        async with running(books.subscription().run):
            await acknowledged(books)
            assert await books.transfers(agency) == {"t": 77}
            await books.report(agency, "t", 3)
            await shows(books, agency, {"t": 3})
    assert await inbox(books, agency) == 3


async def test_a_reader_that_dies_anywhere_in_between_neither_loses_nor_repeats(books: Ledger, agency: str) -> None:
    """Readers are cancelled at odd moments while 300 events pass; what each had fetched is left to the next."""
    async with running(books.relay().run):
        reporting = asyncio.gather(*(books.report(agency, f"t{n}", n) for n in range(300)))
        for moment in range(12):
            client = await connect_nats(books.settings, "dies")
            subscription = books.subscription()
            subscription._nats = client
            reader = asyncio.create_task(subscription.run(asyncio.Event()))
            await asyncio.sleep(0.013 * moment)
            while not reader.done():
                reader.cancel()
                await asyncio.wait([reader], timeout=0.1)
            await client.close()
        await reporting
        async with running(books.subscription().run):
            await shows(books, agency, {f"t{n}": n for n in range(300)})
    assert await inbox(books, agency) == 300


async def test_what_a_dead_reader_had_fetched_is_not_skipped(books: Ledger, agency: str) -> None:
    """A reader fetches the first messages and dies; the next one is handed later messages first."""
    for n in range(20):
        await books.report(agency, "t", n)
    async with running(books.relay().run), another_client(books) as dying:
        await published(books, 20)
        stream, name = durable(books)
        await ensure_consumer(dying, books.bank.service.name, name)
        fetching = await dying.jetstream().pull_subscribe_bind(name, stream)
        assert len(await fetching.fetch(12, timeout=5)) == 12
        async with running(books.subscription().run):
            await shows(books, agency, {"t": 19})
            assert await inbox(books, agency) == 20, "the first twelve were read from the stream"
    query = "SELECT envelope->>'position' FROM inbox WHERE agency = $1 ORDER BY xid, arrival"
    positions = [tuple(map(int, row[0].split("."))) for row in await books.ledger.system.fetch(query, agency)]
    assert positions == sorted(positions), "in the order of the bank's log"


async def test_messages_that_come_back_after_later_ones_are_not_applied_late(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), another_client(books) as other:
        for n in range(6):
            await books.report(agency, "t", n)
        await published(books, 6)
        stream, name = durable(books)
        await ensure_consumer(other, books.bank.service.name, name)
        fetching = await other.jetstream().pull_subscribe_bind(name, stream)
        early = await fetching.fetch(3, timeout=5)
        async with running(books.subscription().run):
            await shows(books, agency, {"t": 5})
            for message in reversed(early):
                await message.nak()
            await acknowledged(books)
            assert await books.transfers(agency) == {"t": 5}
    assert await inbox(books, agency) == 6


async def test_two_readers_share_the_work_without_loss_or_double(books: Ledger, agency: str) -> None:
    async with open_runtime(books.ledger.service, books.settings) as second, running(books.relay().run):
        other = Ledger(second, books.bank).subscription()
        async with running(books.subscription().run), running(other.run):
            await asyncio.gather(*(books.report(agency, f"t{n}", n) for n in range(400)))
            await asyncio.gather(*(books.report(agency, f"t{n}", n + 1000) for n in range(400)))
            await shows(books, agency, {f"t{n}": n + 1000 for n in range(400)})
            await acknowledged(books)
    assert await inbox(books, agency) == 800


async def publish(books: Ledger, payload: bytes, subject: str = "transfer.TransferReported") -> None:
    """A message that no relay of ours has made."""
    await books.bank.nats.jetstream().publish(f"kepil.{books.bank.service.name}.{subject}", payload)


async def test_a_message_that_is_no_event_does_not_stop_the_rest(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        await books.report(agency, "t0", 0)
        await shows(books, agency, {"t0": 0})
        for payload in (b"", b"not json", b"{}", b'{"specversion": "1.0"}', b"\xff\xfe"):
            await publish(books, payload)
        await books.report(agency, "t1", 1)
        await shows(books, agency, {"t0": 0, "t1": 1})
        await acknowledged(books)


async def store_by_hand(books: Ledger, agency: str, kind: str, data: dict[str, Any]) -> None:
    """An event of the bank as another version of it would have stored it."""
    async with books.bank.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.agency', $1, true)", agency)
        await connection.execute(
            "INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
            " VALUES ($1, $2, 1, $3, $4, 1, $5, '{}', now(), now(), '')",
            agency,
            f"transfer-{uuid4()}",
            uuid4(),
            kind,
            data,
        )


async def test_an_event_type_that_the_reader_does_not_know_does_not_stop_the_rest(books: Ledger, agency: str) -> None:
    """The bank is a version ahead: its relay knows the type, the ledger does not."""

    class TransferCancelled(Event):
        reference: str

    ahead = Catalogue(books.bank.service.name, {"transfer": [TransferReported, TransferRevised, TransferCancelled]})
    relay = books.relay()
    relay._catalogue = ahead
    async with running(relay.run), running(books.subscription().run):
        await books.report(agency, "t0", 0)
        await store_by_hand(books, agency, "TransferCancelled", {"reference": "t0"})
        await books.report(agency, "t1", 1)
        await shows(books, agency, {"t0": 0, "t1": 1})
    assert await inbox(books, agency) == 3, "kept for a version that knows it"


async def test_an_event_that_does_not_parse_does_not_stop_the_rest_and_asks_for_a_rebuild(books: Ledger, agency: str) -> None:
    service = books.ledger.service
    rebuild = service.rebuild(books.settings)
    async with running(books.relay().run), running(books.subscription().run):
        await books.report(agency, "t0", 0)
        await store_by_hand(books, agency, "TransferReported", {"reference": "x", "unheard_of": True})
        await books.report(agency, "t1", 1)
        await shows(books, agency, {"t0": 0, "t1": 1})
    assert await rebuild.ensure(service.read_models) == ["transfers"], "the next migration makes good what was left out"
    assert await rebuild.ensure(service.read_models) == []
    assert await books.transfers(agency) == {"t0": 0, "t1": 1}


async def test_the_envelope_is_kept_as_it_came(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        accepted = await books.report(agency, "t", 5)
        await shows(books, agency, {"t": 5})
    row = await books.ledger.system.fetchrow("SELECT event_id::text, source, type, envelope FROM inbox WHERE agency = $1", agency)
    assert row is not None
    assert (row["event_id"], row["source"], row["type"]) == (accepted.events[0].id, books.bank.service.name, "TransferReported")
    assert row["envelope"]["data"] == {"reference": "t", "account_id": "a", "amount": 5}


async def bank_position(books: Ledger) -> str:
    """Of the bank's last event."""
    return str(await books.bank.system.fetchval("SELECT xid::text || '.' || position FROM events ORDER BY xid DESC, position DESC LIMIT 1"))


async def test_who_needs_to_have_seen_an_event_waits_until_it_is_taken_in(books: Ledger, agency: str) -> None:
    for n in range(300):
        await books.report(agency, f"t{n}", n)
    seen = {books.bank.service.name: await bank_position(books)}
    waiting = asyncio.create_task(books.ledger.caught_up(seen))
    async with running(books.relay().run):
        await published(books, 300)
        assert not waiting.done()
        async with running(books.subscription().run):
            await asyncio.wait_for(waiting, 20)
            assert len(await books.transfers(agency)) == 300
    await asyncio.wait_for(books.ledger.caught_up(seen), 1)


async def test_what_is_not_taken_in_in_time_is_to_be_asked_again(books: Ledger, agency: str) -> None:
    await books.report(agency, "t", 1)
    seen = {books.bank.service.name: LogPosition.parse(await bank_position(books))}
    with pytest.raises(Unavailable):
        await until_applied(books.ledger.system, seen, patience=0.1)


async def test_for_its_own_events_and_for_those_it_does_not_read_nobody_waits(books: Ledger) -> None:
    later = str(LogPosition(2**62, 2**62))
    await asyncio.wait_for(books.ledger.caught_up({}), 1)
    await asyncio.wait_for(books.ledger.caught_up({books.ledger.service.name: later, "nobody": later}), 1)
