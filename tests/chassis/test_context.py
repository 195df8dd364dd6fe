"""What a caller is promised: a key is answered once and the same, a version is kept, a refusal leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.context import Accepted, fingerprint_of
from chassis.eventstore import EventStore
from chassis.problems import ConcurrentChange, Conflict, IdempotencyKeyReused, NotFound, Problem, VersionConflict
from chassis.service import open_runtime
from cli.supervisor import Stack
from tests.chassis.ledger import ACCOUNT, Deposit, Ledger, ledger


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def replica(books: Ledger) -> AsyncIterator[Ledger]:
    """The same ledger in what stands for a second process."""
    async with open_runtime(books.ledger.service, books.settings) as runtime:
        yield Ledger(runtime, books.bank)


async def versions(books: Ledger, agency: str, stream: str = "account-acc") -> list[int]:
    """The versions that a stream has."""
    query = "SELECT version FROM events WHERE agency = $1 AND stream = $2 ORDER BY version"
    return [row["version"] for row in await books.ledger.system.fetch(query, agency, stream)]


async def keys(books: Ledger, agency: str) -> int:
    """How many keys an agency has used."""
    return int(await books.ledger.system.fetchval("SELECT count(*) FROM idempotency_keys WHERE agency = $1", agency))


async def test_the_same_key_gets_the_same_answer_and_no_second_event(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    first = await books.deposit(agency, "acc", 5, key="k", body="5")
    await books.deposit(agency, "acc", 1)
    for again in (books, replica, books):
        assert await again.deposit(agency, "acc", 5, key="k", body="5") == first
    assert first.version == 2
    assert await versions(books, agency) == [1, 2, 3]


async def test_a_creation_is_repeated_by_its_key_though_its_new_id_differs(books: Ledger, replica: Ledger, agency: str) -> None:
    first = await books.open(agency, "id-1", "n-1", key="k", body="open")
    assert await books.open(agency, "id-2", "n-1", key="k", body="open") == first
    assert await replica.open(agency, "id-3", "n-3", key="k", body="open") == first
    assert await versions(books, agency, "account-id-2") == await versions(books, agency, "account-id-3") == []


async def test_the_same_key_at_once_is_carried_out_once(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")

    async def ask(number: int) -> Accepted:
        while True:
            try:
                return await (books, replica)[number % 2].deposit(agency, "acc", 5, key="k", body="5")
            except ConcurrentChange:
                await asyncio.sleep(0.005)

    answers = await asyncio.gather(*(ask(n) for n in range(30)))
    assert len({answer.model_dump_json() for answer in answers}) == 1
    assert await versions(books, agency) == [1, 2]
    assert await books.balances(agency) == {"acc": 5}


async def test_the_same_creation_at_once_makes_one(books: Ledger, replica: Ledger, agency: str) -> None:
    asked = [(books, replica)[n % 2].open(agency, f"new{n}", f"n{n}", key="k", body="open") for n in range(30)]
    answers = [a for a in await asyncio.gather(*asked, return_exceptions=True) if not isinstance(a, ConcurrentChange)]
    assert {type(a) for a in answers} == {Accepted}
    assert len({a.id for a in answers if isinstance(a, Accepted)}) == 1
    query = "SELECT count(*) FROM events WHERE agency = $1"
    assert await books.ledger.system.fetchval(query, agency) == 1


async def test_different_keys_at_once_on_one_account_are_each_answered_for_themselves(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")

    async def ask(number: int) -> Accepted:
        while True:
            try:
                return await (books, replica)[number % 2].deposit(agency, "acc", number, key=f"k{number}", body=str(number))
            except ConcurrentChange:
                await asyncio.sleep(0.002)

    answers = await asyncio.gather(*(ask(n) for n in range(1, 21)))
    assert sorted(a.version for a in answers) == list(range(2, 22))
    repeated = await asyncio.gather(*(ask(n) for n in range(1, 21)))
    assert repeated == answers


async def test_the_same_key_with_another_body_is_refused(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    await books.deposit(agency, "acc", 5, key="k", body="5")
    for amount in (6, 0, -1):  # would be accepted, would do nothing, would be refused
        with pytest.raises(IdempotencyKeyReused):
            await books.deposit(agency, "acc", amount, key="k", body=str(amount))
    assert await versions(books, agency) == [1, 2]


async def test_another_clients_key_is_another_key(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    mine = await books.deposit(agency, "acc", 5, key="k", body="5", actor="aigul")
    other = await books.deposit(agency, "acc", 5, key="k", body="5", actor="bermet")
    assert (mine.version, other.version) == (2, 3)


async def test_another_agencys_key_is_another_key(books: Ledger, agency: str) -> None:
    for where in (agency, f"{agency}-2"):
        assert (await books.open(where, "acc", key="k", body="open")).version == 1
        assert (await books.deposit(where, "acc", 5, key="k2", body="5")).version == 2


async def test_a_refused_command_does_not_burn_its_key(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    with pytest.raises(Conflict):
        await books.withdraw(agency, "acc", 5, key="k", body="5")
    assert await keys(books, agency) == 0
    await books.deposit(agency, "acc", 5)
    assert (await books.withdraw(agency, "acc", 5, key="k", body="5")).version == 3


async def test_a_command_that_lost_a_unique_place_does_not_burn_its_key(books: Ledger, agency: str) -> None:
    await books.open(agency, "one", "7")
    with pytest.raises(Conflict, match="number belongs"):
        await books.open(agency, "two", "7", key="k", body="open")
    assert (await books.open(agency, "two", "8", key="k", body="open")).version == 1


async def test_a_stale_version_does_not_burn_its_key_and_a_done_one_is_answered_though_stale(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    first = await books.deposit(agency, "acc", 5, key="k", body="5", version=1)
    with pytest.raises(VersionConflict):
        await books.deposit(agency, "acc", 5, key="k2", body="5", version=1)
    assert await books.deposit(agency, "acc", 5, key="k", body="5", version=1) == first, "a retry, not a stale write"
    assert (await books.deposit(agency, "acc", 5, key="k2", body="5", version=2)).version == 3


async def test_an_answer_without_events_is_kept_too(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    nothing = await books.deposit(agency, "acc", 0, key="k", body="0")
    assert (nothing.version, nothing.events) == (1, ())
    await books.deposit(agency, "acc", 1)
    assert await books.deposit(agency, "acc", 0, key="k", body="0") == nothing


async def test_a_version_expected_is_the_version_changed(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    await replica.deposit(agency, "acc")
    with pytest.raises(VersionConflict):
        await books.deposit(agency, "acc", version=1)
    assert (await books.deposit(agency, "acc", version=2)).version == 3
    with pytest.raises(VersionConflict):
        await books.deposit(agency, "acc", version=9)


async def test_what_is_remembered_of_an_aggregate_never_decides_alone(books: Ledger, replica: Ledger, agency: str) -> None:
    """Both processes remember the account; one changes it; the other must neither refuse nor accept by its memory."""
    await books.open(agency, "acc")
    await replica.deposit(agency, "acc", 5)
    assert (await books.withdraw(agency, "acc", 5)).version == 3, "refused by memory, allowed by the store"
    with pytest.raises(Conflict):
        await replica.withdraw(agency, "acc", 5)
    assert await versions(books, agency) == [1, 2, 3]


async def test_nothing_to_do_is_said_of_the_store_not_of_the_memory(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    await replica.deposit(agency, "acc", 5)
    assert (await books.deposit(agency, "acc", 0)).version == 2


async def test_creating_what_exists_is_decided_on_what_exists(books: Ledger, replica: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    for again in (books, replica):
        with pytest.raises(Conflict, match="open already"):
            await again.open(agency, "acc", "other")


async def test_what_may_be_new_and_is_remembered_is_not_read_again(
    books: Ledger, replica: Ledger, agency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book of a year has an event for each of its numbers: to read it for every number would take ever longer."""
    read: list[int] = []
    stream = EventStore.stream

    async def counted(self: EventStore, *asked: Any, **more: Any) -> Any:
        events, last = await stream(self, *asked, **more)
        read.append(len(events))
        return events, last

    monkeypatch.setattr(EventStore, "stream", counted)

    async def deposit(at: Ledger) -> int:
        ctx = await at.context(agency)
        return (await ctx.execute(ACCOUNT, "acc", ctx.command(Deposit, account_id="acc", amount=1, memo=""), create=True)).version

    await books.open(agency, "acc")
    assert [await deposit(books) for _ in range(3)] == [2, 3, 4]
    assert read == []
    assert [await deposit(replica), await deposit(books)] == [5, 6], "what is remembered may be stale"


async def test_one_creation_by_many_at_once_makes_one(books: Ledger, replica: Ledger, agency: str) -> None:
    asked = [(books, replica)[n % 2].open(agency, "acc") for n in range(20)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [a.version for a in answers if isinstance(a, Accepted)] == [1]
    assert {type(a) for a in answers if not isinstance(a, Accepted)} <= {Conflict, ConcurrentChange}


async def test_a_command_on_what_is_not_there_is_not_found(books: Ledger, agency: str) -> None:
    with pytest.raises(NotFound):
        await books.deposit(agency, "nobody", key="k", body="1")
    assert await keys(books, agency) == 0
    await books.open(agency, "nobody")
    assert (await books.deposit(agency, "nobody", key="k", body="1")).version == 2


async def test_a_guard_sees_the_state_and_stops_the_command(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    ctx = await books.context(agency)
    seen: list[Any] = []

    def guard(state: Any) -> None:
        seen.append(state)
        raise NotFound("not yours")

    with pytest.raises(NotFound, match="not yours"):
        await ctx.execute(ACCOUNT, "acc", ctx.command(Deposit, account_id="acc", amount=1), guard=guard)
    assert seen[-1].open
    assert await versions(books, agency) == [1]


async def test_own_writes_are_read_at_once(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    for amount in range(1, 20):
        await books.deposit(agency, "acc", 1)
        assert await books.balances(agency) == {"acc": amount}


async def test_the_history_tells_who_when_and_why(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc", actor="aigul")
    await books.deposit(agency, "acc", 5, memo="a gift", actor="bermet", key="k", body="5")
    ctx = await books.context(agency)
    opened, deposited = await ctx.history(ACCOUNT, "acc")
    assert [e.version for e in (opened, deposited)] == [1, 2]
    assert (opened.actor, deposited.actor) == ("aigul", "bermet")
    assert deposited.event.memo == "a gift"
    assert deposited.metadata["correlation_id"] == "k"
    assert deposited.occurred_at.tzinfo is not None


async def test_an_agency_with_a_quote_in_its_name_opens_no_other(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    for name in (f"'{agency}", f"{agency}'; RESET ROLE; --", f"{agency}' "):
        ctx = await books.context(name)
        assert (await ctx.load(ACCOUNT, "acc"))[1] == 0
        with pytest.raises(Problem):
            await ctx.execute(ACCOUNT, "acc", ctx.command(Deposit, account_id="acc", amount=1))


def test_no_request_imitates_another_by_moving_a_boundary() -> None:
    assert fingerprint_of("POST", "/a", b"b") == fingerprint_of("POST", "/a", "b")
    assert len({fingerprint_of("ab", "c"), fingerprint_of("a", "bc"), fingerprint_of("abc"), fingerprint_of("abc", "")}) == 4
