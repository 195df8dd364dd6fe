"""The log that readers follow, the rule that it is only appended to, and the chains that show whether somebody did otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from chassis.eventstore import START, LogPosition, read_log, undelivered, verify_chains, whole_log
from chassis.migrations import admin_connection
from chassis.postgres import open_connection
from cli.supervisor import Stack
from tests.chassis.ledger import Ledger, ledger

NAIVE = "SELECT position, stream FROM events WHERE position > $1 ORDER BY position"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


@asynccontextmanager
async def connection(books: Ledger, role: Any) -> AsyncIterator[asyncpg.Connection]:
    """A connection of one of the service's roles."""
    opened = await open_connection(books.settings, role, books.ledger.service.name)
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def owner(books: Ledger) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the owner of the tables."""
    opened = await admin_connection(books.settings, books.ledger.service.name)
    try:
        yield opened
    finally:
        await opened.close()


async def append(writer: asyncpg.Connection, agency: str, stream: str, version: int = 1) -> None:
    """One event by hand, in the transaction that `writer` has open."""
    await writer.execute("SELECT set_config('app.agency', $1, false)", agency)
    now = datetime.now(UTC)
    await writer.execute(
        "INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
        " VALUES ($1, $2, $3, $4, 'Deposited', 1, '{}', '{}', $5, $5, '')",
        agency,
        stream,
        version,
        uuid4(),
        now,
    )


async def followed(reader: asyncpg.Connection, agency: str, after: LogPosition) -> tuple[list[str], LogPosition]:
    """The streams of an agency's next entries, and how far the log was read."""
    entries = await read_log(reader, after)
    return [e.row["stream"] for e in entries if e.row["agency"] == agency], entries[-1].at if entries else after


async def test_reading_by_position_alone_misses_an_event_whose_transaction_commits_late(books: Ledger, agency: str) -> None:
    async with connection(books, "kepil_api") as late, connection(books, "kepil_api") as early, connection(books, "kepil_system") as reader:
        naive_seen = [row["stream"] for row in await reader.fetch(NAIVE, 0)]
        naive_at = max([row["position"] for row in await reader.fetch(NAIVE, 0)], default=0)
        _, at = await followed(reader, agency, START)

        transaction = late.transaction()
        await transaction.start()
        await append(late, agency, "late")  # has the lower position …
        await append(early, agency, "early")

        rows = await reader.fetch(NAIVE, naive_at)
        assert [row["stream"] for row in rows] == ["early"]
        naive_seen += ["early"]
        naive_at = rows[-1]["position"]
        held_back, at = await followed(reader, agency, at)
        assert held_back == [], "what an older open transaction may still precede is not read yet"
        assert await undelivered(reader, at) >= 1, "but it is known to be there"

        await transaction.commit()  # … and comes after the reader's pass

        assert await reader.fetch(NAIVE, naive_at) == [], "the naive reader never sees it"
        assert "late" not in naive_seen
        seen, _ = await followed(reader, agency, at)
        assert seen == ["late", "early"]


async def test_a_transaction_that_began_first_but_wrote_later_is_read_in_its_place(books: Ledger, agency: str) -> None:
    async with connection(books, "kepil_api") as old, connection(books, "kepil_api") as young, connection(books, "kepil_system") as reader:
        _, at = await followed(reader, agency, START)
        transaction = old.transaction()
        await transaction.start()
        await old.fetchval("SELECT pg_current_xact_id()")  # an older xid, …
        await append(young, agency, "young")
        assert (await followed(reader, agency, at))[0] == []
        await append(old, agency, "old")  # … a higher position
        await transaction.commit()
        assert (await followed(reader, agency, at))[0] == ["old", "young"]


async def test_transactions_are_read_in_the_order_of_their_numbers_not_of_their_digits(books: Ledger, agency: str) -> None:
    """999 comes before 1000. In text it does not, and a reader in batches would skip it."""
    async with owner(books) as opened, connection(books, "kepil_system") as reader:
        for xid in (8, 9, 10, 11, 99, 100):
            await opened.execute(
                "INSERT INTO events (xid, agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at,"
                " recorded_at, hash) VALUES ($1::text::xid8, $2, $3, 1, gen_random_uuid(), 'Deposited', 1, '{}', '{}', now(), now(), '')",
                str(xid),
                agency,
                f"x{xid}",
            )
        at = START
        seen: list[str] = []
        while batch := await read_log(reader, at, 2):
            seen += [e.row["stream"] for e in batch if e.row["agency"] == agency]
            at = batch[-1].at
        assert seen == ["x8", "x9", "x10", "x11", "x99", "x100"]


async def test_a_reader_loses_nothing_and_sees_nothing_twice_while_many_write(books: Ledger, agency: str) -> None:
    """Transactions of random length by eight writers, one of them rolled back now and then; the reader polls all the while."""
    expected: set[str] = set()
    seen: list[str] = []
    done = asyncio.Event()

    async def write(number: int) -> None:
        async with connection(books, "kepil_api") as writer:
            for turn in range(25):
                streams = [f"w{number}-{turn}-{i}" for i in range(3)]
                transaction = writer.transaction()
                await transaction.start()
                for stream in streams:
                    await append(writer, agency, stream)
                    await asyncio.sleep(0.001 * ((number + turn) % 4))
                if turn % 5 == number % 5:
                    await transaction.rollback()
                else:
                    await transaction.commit()
                    expected.update(streams)

    async def read() -> None:
        async with connection(books, "kepil_system") as reader:
            at = START
            while True:
                last_round = done.is_set()
                found, at = await followed(reader, agency, at)
                seen.extend(found)
                if last_round and not found:
                    return
                await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(n) for n in range(8)))
    done.set()
    await reading
    assert len(seen) == len(set(seen)) == len(expected)
    assert set(seen) == expected


async def test_the_whole_log_comes_in_batches_in_order(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    for _ in range(4):
        await books.deposit(agency, "acc")
    async with connection(books, "kepil_system") as reader:
        entries = [e async for batch in whole_log(reader) for e in batch]
    assert [e.at for e in entries] == sorted(e.at for e in entries)
    assert [e.row["version"] for e in entries if e.row["agency"] == agency] == [1, 2, 3, 4, 5]


def test_a_log_position_reads_back_what_it_writes() -> None:
    assert LogPosition.parse(str(LogPosition(2**63, 17))) == LogPosition(2**63, 17)
    assert LogPosition(9, 5) < LogPosition(10, 1), "compared as numbers, not as text"


CHANGES = [
    "UPDATE events SET data = '{}'",
    "UPDATE events SET type = type WHERE false",
    "DELETE FROM events",
    "TRUNCATE events",
    "INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
    " SELECT agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash FROM events"
    " ON CONFLICT (agency, stream, version) DO UPDATE SET data = '{}'",
    "ALTER TABLE events DISABLE TRIGGER events_append_only",
    "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
    "DROP TABLE events",
]


@pytest.mark.parametrize("role", ["kepil_api", "kepil_system"])
@pytest.mark.parametrize("change", CHANGES)
async def test_no_role_of_the_service_may_change_the_log(books: Ledger, agency: str, role: str, change: str) -> None:
    await books.open(agency, "acc")
    async with connection(books, role) as opened:
        await opened.execute("SELECT set_config('app.agency', $1, false)", agency)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await opened.execute(change)
    assert (await books.ledger.machinery.store.stream(agency, "account-acc"))[1] is not None


@pytest.mark.parametrize("change", ["UPDATE events SET data = '{}'", "DELETE FROM events", "TRUNCATE events"])
async def test_even_the_owner_is_refused_by_the_trigger(books: Ledger, agency: str, change: str) -> None:
    await books.open(agency, "acc")
    async with owner(books) as opened:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await opened.execute(change)


async def test_a_writer_may_not_choose_its_place_in_the_log(books: Ledger, agency: str) -> None:
    async with connection(books, "kepil_api") as opened:
        await opened.execute("SELECT set_config('app.agency', $1, false)", agency)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await opened.execute(
                "INSERT INTO events (xid, agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at,"
                " recorded_at, hash) VALUES ('3', $1, 's', 1, gen_random_uuid(), 'T', 1, '{}', '{}', now(), now(), '')",
                agency,
            )


NASTY = ["", "e\u0301 ≠ é", "\u2028\u2029", '"\\/\b', "😀🏔️", "Кепил ҚЫРҒЫЗ", "a" * 20_000, "NaN", "\u200f\u202e"]


@pytest.fixture
async def chains(books: Ledger, agency: str) -> Ledger:
    """Three accounts of five events each, with memos that are hard to write the same way twice."""
    for account in ("one", "two", "three"):
        await books.open(agency, account, f"{agency}-{account}")
        for amount, memo in enumerate(NASTY[:4] if account == "one" else NASTY[4:8], 1):
            await books.deposit(agency, account, amount * 10**8, memo)
    return books


async def breaks(books: Ledger, agency: str) -> list[tuple[str, int]]:
    """The broken streams of an agency and where they break."""
    async with connection(books, "kepil_system") as reader:
        count, broken = await verify_chains(reader)
    assert count > 0
    return sorted((b.stream, b.version) for b in broken if b.agency == agency)


async def tamper(books: Ledger, *statements: str, agency: str) -> None:
    """What somebody with the power of a superuser could do: the trigger off, the statements, the trigger on again."""
    async with owner(books) as opened, opened.transaction():
        await opened.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await opened.execute(statement, agency)


async def test_untouched_chains_hold(chains: Ledger, agency: str) -> None:
    assert await breaks(chains, agency) == []


SET_COLUMN = "UPDATE events SET {} WHERE agency = $1 AND stream = 'account-two' AND version = 3"


@pytest.mark.parametrize(
    "column",
    [
        "data = jsonb_set(data, '{amount}', '1')",
        "data = data || '{\"more\": null}'",
        "metadata = jsonb_set(metadata, '{actor}', '\"other\"')",
        "occurred_at = occurred_at - interval '1 microsecond'",
        "recorded_at = recorded_at + interval '1 day'",
        "type = 'Withdrawn'",
        "schema_version = 2",
        "event_id = gen_random_uuid()",
        "hash = sha256('other')",
    ],
    ids=lambda change: change.split(" ")[0],
)
async def test_a_changed_event_breaks_its_chain(chains: Ledger, agency: str, column: str) -> None:
    await tamper(chains, SET_COLUMN.format(column), agency=agency)
    assert await breaks(chains, agency) == [("account-two", 3)]


@pytest.mark.parametrize("version", [1, 2, 4])
async def test_a_deleted_event_breaks_its_chain(chains: Ledger, agency: str, version: int) -> None:
    await tamper(chains, f"DELETE FROM events WHERE agency = $1 AND stream = 'account-two' AND version = {version}", agency=agency)
    assert await breaks(chains, agency) == [("account-two", version + 1)]


async def test_a_deleted_event_whose_place_is_closed_up_breaks_its_chain(chains: Ledger, agency: str) -> None:
    of = "WHERE agency = $1 AND stream = 'account-two'"
    later = [f"UPDATE events SET version = {version - 1} {of} AND version = {version}" for version in (4, 5)]
    await tamper(chains, f"DELETE FROM events {of} AND version = 3", *later, agency=agency)
    assert await breaks(chains, agency) == [("account-two", 3)]


async def test_events_in_another_order_break_their_chain(chains: Ledger, agency: str) -> None:
    of = "WHERE agency = $1 AND stream = 'account-two'"
    moves = [f"UPDATE events SET version = {to} {of} AND version = {was}" for was, to in ((3, 99), (4, 3), (99, 4))]
    await tamper(chains, *moves, agency=agency)
    assert await breaks(chains, agency) == [("account-two", 3)]


async def test_an_event_moved_to_another_stream_breaks_that_chain(chains: Ledger, agency: str) -> None:
    move = "UPDATE events SET stream = 'account-three', version = 6 WHERE agency = $1 AND stream = 'account-two' AND version = 5"
    await tamper(chains, move, agency=agency)
    assert await breaks(chains, agency) == [("account-three", 6)]


@pytest.mark.parametrize(("stream", "version"), [("account-two", 6), ("account-made-up", 1)])
async def test_a_forged_event_breaks_its_chain(chains: Ledger, agency: str, stream: str, version: int) -> None:
    forged = (
        "INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
        f" SELECT agency, '{stream}', {version}, gen_random_uuid(), type, 1, data, metadata, occurred_at, recorded_at, hash"
        " FROM events WHERE agency = $1 AND stream = 'account-two' AND version = 5"
    )
    await tamper(chains, forged, agency=agency)
    assert await breaks(chains, agency) == [(stream, version)]
