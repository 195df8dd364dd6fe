"""Committing: every accepted command has a version of its own, nobody suffers from a neighbour, nothing that was answered is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from chassis.commit import Append, Committer, Key, KeyTaken, StoredEvent, StreamConflict
from chassis.context import Accepted
from chassis.eventstore import verify_chains
from chassis.ids import new_id
from chassis.migrations import admin_connection
from chassis.postgres import open_connection, prepare_connection, role_url
from chassis.problems import ConcurrentChange, Conflict, Problem, Unavailable
from chassis.service import open_runtime
from cli.supervisor import Stack
from tests.chassis.ledger import ACCOUNT, Ledger, accounts, ledger


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def replica(books: Ledger) -> AsyncIterator[Ledger]:
    """The same ledger in what stands for a second process: connections, caches and committer of its own."""
    async with open_runtime(books.ledger.service, books.settings) as runtime:
        yield Ledger(runtime, books.bank)


@asynccontextmanager
async def committer(books: Ledger, **limits: int) -> AsyncIterator[Committer]:
    """A committer to the ledger's database."""
    made = Committer(lambda: open_connection(books.settings, "kepil_api", books.ledger.service.name), **limits)
    try:
        yield made
    finally:
        await made.close()


def event(version: int = 1, data: dict[str, Any] | None = None) -> StoredEvent:
    """Something to append."""
    now = datetime.now(UTC)
    return StoredEvent(version, new_id(), "Deposited", 1, data or {}, {}, now, now, b"")


def append(agency: str, stream: str, *versions: int, key: str | None = None) -> Append:
    """These versions of a stream, under a key."""
    return Append(agency, stream, [event(v) for v in versions], (), Key("client", key, b"", {"stream": stream}) if key else None)


async def stored(books: Ledger, agency: str) -> list[tuple[str, int]]:
    """Every (stream, version) of an agency."""
    rows = await books.ledger.system.fetch("SELECT stream, version FROM events WHERE agency = $1 ORDER BY stream, version", agency)
    return [(row["stream"], row["version"]) for row in rows]


async def outcomes(*jobs: Awaitable[Any]) -> tuple[list[Any], list[BaseException]]:
    """What came back, and what was raised."""
    done = await asyncio.gather(*jobs, return_exceptions=True)
    return [d for d in done if not isinstance(d, BaseException)], [d for d in done if isinstance(d, BaseException)]


async def test_of_fifty_commands_at_once_on_one_stream_each_accepted_one_has_its_own_version(
    books: Ledger, replica: Ledger, agency: str
) -> None:
    await books.open(agency, "acc")
    accepted, refused = await outcomes(*((books, replica)[n % 2].deposit(agency, "acc", 1, f"number {n}") for n in range(50)))

    assert accepted, "somebody always wins"
    assert all(isinstance(error, ConcurrentChange) for error in refused), "the others are told"
    versions = sorted(a.version for a in accepted)
    assert versions == list(range(2, len(accepted) + 2)), "no version twice, none skipped, none lost"
    assert await stored(books, agency) == [("account-acc", v) for v in range(1, len(accepted) + 2)]
    state, version = await (await books.context(agency)).load(ACCOUNT, "acc")
    assert (state.balance, version) == (len(accepted), len(accepted) + 1)
    assert await books.balances(agency) == {"acc": len(accepted)}
    _, broken = await verify_chains_of(books)
    assert broken == []


async def verify_chains_of(books: Ledger) -> tuple[int, list[Any]]:
    """The chains of the streams that commands wrote, not those by hand."""
    async with books.ledger.system.acquire() as connection:
        count, broken = await verify_chains(connection)
    return count, [b for b in broken if b.stream.startswith("account-")]


async def test_who_reads_the_version_first_is_told_of_the_change_instead_of_overwriting_it(
    books: Ledger, replica: Ledger, agency: str
) -> None:
    await books.open(agency, "acc")
    accepted, refused = await outcomes(*((books, replica)[n % 2].deposit(agency, "acc", version=1) for n in range(10)))
    assert [a.version for a in accepted] == [2]
    assert {e.status for e in refused if isinstance(e, Problem)} == {412}
    assert len(refused) == 9


async def test_retried_commands_on_one_stream_all_arrive(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")

    async def insist(through: Ledger) -> Accepted:
        while True:
            try:
                return await through.deposit(agency, "acc")
            except ConcurrentChange:
                await asyncio.sleep(0)

    accepted = await asyncio.gather(*(insist((books, replica)[n % 2]) for n in range(40)))
    assert sorted(a.version for a in accepted) == list(range(2, 42))
    assert await books.balances(agency) == {"acc": 40}


async def test_an_account_is_never_overdrawn_by_commands_at_once(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    await books.deposit(agency, "acc", 5)
    accepted, refused = await outcomes(*((books, replica)[n % 2].withdraw(agency, "acc", 1) for n in range(12)))
    state, _ = await (await books.context(agency)).load(ACCOUNT, "acc")
    assert state.balance == 5 - len(accepted) >= 0
    assert all(isinstance(error, Conflict | ConcurrentChange) for error in refused)


async def test_many_streams_at_once_are_all_there(books: Ledger, replica: Ledger, agency: str) -> None:
    names = [f"acc{n:03}" for n in range(300)]
    await asyncio.gather(*((books, replica)[n % 2].open(agency, name) for n, name in enumerate(names)))
    await asyncio.gather(*((books, replica)[n % 2].deposit(agency, name, n) for n, name in enumerate(names)))
    deposited = {(f"account-{name}", 2) for name in names[1:]}  # a deposit of nothing is no event
    assert set(await stored(books, agency)) == {(f"account-{name}", 1) for name in names} | deposited
    assert await books.balances(agency) == {name: n for n, name in enumerate(names)}


async def test_commands_that_wait_together_share_a_transaction(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1, batch=64) as commits:
        await asyncio.gather(*(commits.commit(append(agency, f"s{n}", 1)) for n in range(65)))
    xids = await books.ledger.system.fetch("SELECT count(*) AS n FROM events WHERE agency = $1 GROUP BY xid ORDER BY xid", agency)
    assert [row["n"] for row in xids] == [64, 1]


async def test_a_batch_is_of_one_agency_and_every_agency_gets_its_turn(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1, batch=10) as commits:
        await asyncio.gather(*(commits.commit(append(f"{agency}-{n % 3}", f"s{n}", 1)) for n in range(90)))
    query = "SELECT DISTINCT xid::text::bigint AS xid, agency FROM events WHERE agency LIKE $1 || '%' ORDER BY xid"
    rows = await books.ledger.system.fetch(query, agency)
    assert max(Counter(row["xid"] for row in rows).values()) == 1
    assert len({row["agency"] for row in rows[:3]}) == 3, "nobody waits behind all of another agency's"


@pytest.mark.parametrize("together", [1, 2, 7, 40])
async def test_an_append_that_loses_its_version_fails_alone(books: Ledger, agency: str, together: int) -> None:
    async with committer(books, lanes=1) as commits:
        await commits.commit(append(agency, "taken", 1))
        good = [append(agency, f"good{n}", 1, 2) for n in range(together)]
        bad = append(agency, "taken", 1, 2)
        done, failed = await outcomes(*(commits.commit(a) for a in [*good[:3], bad, *good[3:]]))
    assert len(done) == together
    assert [type(error) for error in failed] == [StreamConflict]
    assert ("taken", 2) not in await stored(books, agency), "all of an append or nothing"
    assert len(await stored(books, agency)) == 2 * together + 1


@pytest.mark.parametrize("together", [1, 9])
async def test_of_two_rivals_in_one_batch_one_wins(books: Ledger, agency: str, together: int) -> None:
    async with committer(books, lanes=1) as commits:
        others = [append(agency, f"good{n}", 1) for n in range(together)]
        rivals = [append(agency, "rival", 1), append(agency, "rival", 1), append(agency, "rival", 1, 2)]
        done, failed = await outcomes(*(commits.commit(a) for a in [*rivals, *others]))
    assert len(done) == together + 1
    assert [type(error) for error in failed] == [StreamConflict, StreamConflict]
    assert (await stored(books, agency)).count(("rival", 1)) == 1


async def test_a_key_that_is_taken_fails_alone_and_a_lost_race_gives_its_key_back(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1) as commits:
        await commits.commit(append(agency, "first", 1, key="k1"))
        done, failed = await outcomes(
            commits.commit(append(agency, "again", 1, key="k1")),
            commits.commit(append(agency, "first", 1, key="k2")),
            commits.commit(append(agency, "good", 1, key="k3")),
        )
        assert (len(done), [type(error) for error in failed]) == (1, [KeyTaken, StreamConflict])
        await commits.commit(append(agency, "second", 1, key="k2"))
    assert await stored(books, agency) == [("first", 1), ("good", 1), ("second", 1)]


async def test_a_unique_violation_of_a_read_model_fails_alone(books: Ledger, agency: str) -> None:
    await books.open(agency, "owner", "777")
    good = [books.open(agency, f"good{n}") for n in range(20)]
    bad = [books.open(agency, f"bad{n}", "777") for n in range(3)]
    done, failed = await outcomes(*good[:10], *bad, *good[10:])
    assert len(done) == 20
    assert [str(error) for error in failed] == ["the number belongs to another account"] * 3
    streams = {stream for stream, _ in await stored(books, agency)}
    assert streams == {"account-owner", *(f"account-good{n}" for n in range(20))}


async def test_one_number_asked_for_by_many_at_once_is_given_once(books: Ledger, replica: Ledger, agency: str) -> None:
    done, failed = await outcomes(*((books, replica)[n % 2].open(agency, f"a{n}", "42") for n in range(20)))
    assert len(done) == 1
    assert {type(error) for error in failed} == {Conflict}
    assert await stored(books, agency) == [(f"account-{done[0].id}", 1)]


async def test_an_event_that_the_table_refuses_fails_alone(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1) as commits:
        unstorable = Append(agency, "bad", [event(1, {"text": "\x00"})])
        done, failed = await outcomes(*(commits.commit(append(agency, f"good{n}", 1)) for n in range(12)), commits.commit(unstorable))
    assert len(done) == 12
    assert [type(error) for error in failed] == [asyncpg.UntranslatableCharacterError]
    assert len(await stored(books, agency)) == 12


async def test_batches_of_two_processes_that_want_the_same_places_crosswise_both_come_to_an_end(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1) as one, committer(books, lanes=1) as other:
        for turn in range(10):
            streams = [f"t{turn}-{n}" for n in range(40)]
            done, failed = await outcomes(
                *(one.commit(append(agency, s, 1)) for s in streams), *(other.commit(append(agency, s, 1)) for s in reversed(streams))
            )
            assert len(done) == 40
            assert {type(error) for error in failed} == {StreamConflict}
    assert len(await stored(books, agency)) == 400


async def cut(books: Ledger) -> None:
    """Ends every connection of the API's role to the ledger's database."""
    admin = await admin_connection(books.settings, books.ledger.service.name)
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'kepil_api'"
        )
    finally:
        await admin.close()


async def test_commits_go_on_over_connections_that_are_cut(books: Ledger, agency: str) -> None:
    """What was answered is there; what was refused as unavailable may be asked again. Nothing is there twice."""
    answered: list[int] = []
    async with committer(books) as commits:

        async def write(number: int) -> None:
            while True:
                try:
                    await commits.commit(append(agency, f"s{number}", 1, key=f"k{number}"))
                    break
                except Unavailable:
                    await asyncio.sleep(0.01)
                except (KeyTaken, StreamConflict):
                    break  # it had been committed when the connection broke for the second time
            answered.append(number)

        async def cutting() -> None:
            for _ in range(5):
                await cut(books)
                await asyncio.sleep(0.02)

        for start in range(0, 400, 100):
            await asyncio.gather(*(write(n) for n in range(start, start + 100)), cutting())
    assert await stored(books, agency) == sorted((f"s{n}", 1) for n in answered)
    assert len(answered) == 400


class SwallowsOneAnswer(asyncpg.Connection):
    """The first INSERT reaches the server and commits; the connection breaks before the answer."""

    async def execute(self, query: str, *arguments: Any, **options: Any) -> str:
        """As a connection does."""
        answer: str = await super().execute(query, *arguments, **options)
        if "INSERT INTO events" in query:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return answer


async def test_an_append_whose_answer_a_broken_connection_swallowed_is_found_and_counted_as_done(books: Ledger, agency: str) -> None:
    kinds = iter([SwallowsOneAnswer, asyncpg.Connection])

    async def connect() -> asyncpg.Connection:
        url = role_url(books.settings, "kepil_api", books.ledger.service.name)
        connection = await asyncpg.connect(url, connection_class=next(kinds))
        await prepare_connection(connection)
        return connection

    commits = Committer(connect, lanes=1)
    await commits.commit(append(agency, "s", 1, 2))
    with pytest.raises(StreamConflict):
        await commits.commit(append(agency, "s", 1, 2))
    await commits.close()
    assert await stored(books, agency) == [("s", 1), ("s", 2)]


async def test_without_a_database_everyone_is_told_quickly(agency: str) -> None:
    async def refuse() -> asyncpg.Connection:
        await asyncio.sleep(0.05)
        raise ConnectionRefusedError

    made = Committer(refuse, lanes=1)
    async with asyncio.timeout(2):
        _, failed = await outcomes(*(made.commit(append(agency, f"s{n}", 1)) for n in range(100)))
    assert {type(error) for error in failed} == {Unavailable}
    assert len(failed) == 100
    await made.close()


async def test_a_caller_that_went_away_does_not_stop_the_others(books: Ledger, agency: str) -> None:
    async with committer(books, lanes=1) as commits:
        jobs = [asyncio.create_task(commits.commit(append(agency, f"s{n}", 1))) for n in range(20)]
        await asyncio.sleep(0)
        jobs[3].cancel()
        done, failed = await outcomes(*jobs)
    assert len(done) == 19
    assert [type(error) for error in failed] == [asyncio.CancelledError]
    assert len(await stored(books, agency)) >= 19


async def test_read_models_are_written_with_the_events_or_not_at_all(books: Ledger, agency: str) -> None:
    """The view never shows what the log has not, and the other way round, whatever happened above."""
    await books.open(agency, "acc")
    await asyncio.gather(*(books.deposit(agency, "acc", n, uuid4().hex) for n in range(1, 6)), return_exceptions=True)
    query = "SELECT max(version) FROM events WHERE agency = $1 AND stream = 'account-acc'"
    version = await books.ledger.system.fetchval(query, agency)
    shown = await books.ledger.system.fetchval(f"SELECT version FROM {accounts.name} WHERE agency = $1", agency)
    assert shown == version
