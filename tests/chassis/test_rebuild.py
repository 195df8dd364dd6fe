"""A read model is rebuilt while the service serves, and loses nothing of what is written meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, Text, select

from chassis.migrations import admin_connection
from chassis.problems import ConcurrentChange, Conflict
from chassis.readmodels import ReadModel
from chassis.rebuild import Rebuild, compare
from chassis.service import key_ring
from cli.supervisor import Stack
from tests.chassis.ledger import AccountOpened, Ledger, accounts, ledger, running, transfers
from tests.waiting import eventually


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


def rebuild_of(books: Ledger) -> Rebuild:
    """The maker of the ledger's read models."""
    return books.ledger.service.rebuild(books.settings)


async def compared(books: Ledger, model: ReadModel) -> int:
    """Asserts that a model is what a rebuild would make; how many rows it has."""
    service = books.ledger.service
    served, made = await compare(books.settings, service.events, service.catalogues, model, lambda pool: key_ring(books.settings, pool))
    assert served == made
    return len(served)


class Traffic:
    """Writers that never pause: new accounts, deposits alone and many at once, and the bank's reports."""

    def __init__(self, books: Ledger, agency: str) -> None:
        self.books = books
        self.agency = agency
        self.stop = asyncio.Event()
        self.balances: dict[str, int] = {}
        self.reports: dict[str, int] = {}

    async def alone(self) -> None:
        """One command after the other."""
        number = 0
        while not self.stop.is_set():
            account = f"alone{number}"
            await self.books.open(self.agency, account)
            await self.books.deposit(self.agency, account, number)
            self.balances[account] = number
            number += 1

    async def together(self) -> None:
        """Batches of commands."""
        await asyncio.gather(*(self.books.open(self.agency, f"many{n}") for n in range(40)))
        self.balances |= {f"many{n}": 0 for n in range(40)}
        while not self.stop.is_set():
            await asyncio.gather(*(self.deposited(f"many{n}") for n in range(40)))

    async def deposited(self, account: str) -> None:
        """One more on an account."""
        try:
            await self.books.deposit(self.agency, account, 1)
        except ConcurrentChange:
            return
        self.balances[account] += 1

    async def reported(self) -> None:
        """The bank reports and revises."""
        number = 0
        while not self.stop.is_set():
            reference = f"t{number % 25}"
            await self.books.report(self.agency, reference, number)
            self.reports[reference] = number
            number += 1


@asynccontextmanager
async def traffic(books: Ledger, agency: str) -> AsyncIterator[Traffic]:
    """Writers while the block lasts; a command that fails fails the test."""
    made = Traffic(books, agency)
    tasks = [asyncio.create_task(job()) for job in (made.alone, made.together, made.reported)]
    try:
        yield made
    finally:
        made.stop.set()
        await asyncio.gather(*tasks)


async def test_rebuilding_under_continuous_writes_loses_nothing(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        async with traffic(books, agency) as written:

            async def busy() -> bool:
                return len(written.reports) > 10 and len(written.balances) > 60 and len(await books.transfers(agency)) > 5

            await eventually(busy, "the writers write")
            before = len(written.balances), dict(written.reports)
            for _ in range(2):
                for model in (accounts, transfers):
                    await rebuild_of(books).rebuild(model)
            assert (len(written.balances), written.reports) != before, "they wrote all the while"
            assert await compared(books, accounts) > 60
            assert await compared(books, transfers) > 5

        async def everything_arrived() -> bool:
            return await books.transfers(agency) == written.reports

        await eventually(everything_arrived, "every report is shown")
    assert await books.balances(agency) == written.balances
    await compared(books, accounts)
    assert await compared(books, transfers) == len(written.reports)


async def test_a_rebuild_makes_good_what_was_damaged_and_compare_says_so(books: Ledger, agency: str) -> None:
    for name in ("one", "two", "three"):
        await books.open(agency, name, f"{agency}-{name}")
        await books.deposit(agency, name, 5)
    await books.ledger.system.execute("DELETE FROM accounts WHERE agency = $1 AND account_id = 'one'", agency)
    await books.ledger.system.execute("UPDATE accounts SET balance = 99 WHERE agency = $1 AND account_id = 'two'", agency)
    with pytest.raises(AssertionError):
        await compared(books, accounts)
    seen: list[tuple[int, int]] = []
    fed = await rebuild_of(books).rebuild(accounts, lambda done, of: seen.append((done, of)))
    await compared(books, accounts)
    assert await books.balances(agency) == {"one": 5, "two": 5, "three": 5}
    assert fed >= 6
    assert seen[-1] == (fed, fed)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_a_rebuilt_table_has_the_walls_and_the_names_of_the_first(books: Ledger, agency: str) -> None:
    async def shape() -> list[Any]:
        admin = await admin_connection(books.settings, books.ledger.service.name)
        try:
            return [
                await admin.fetch("SELECT indexname FROM pg_indexes WHERE tablename = 'accounts' ORDER BY 1"),
                await admin.fetch("SELECT conname FROM pg_constraint WHERE conrelid = 'accounts'::regclass AND contype <> 'n' ORDER BY 1"),
                await admin.fetch("SELECT policyname, roles, qual, with_check FROM pg_policies WHERE tablename = 'accounts' ORDER BY 1"),
                await admin.fetch("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'accounts'"),
                await admin.fetch(
                    "SELECT grantee, privilege_type FROM information_schema.role_table_grants WHERE table_name = 'accounts' ORDER BY 1, 2"
                ),
                await admin.fetch("SELECT relname FROM pg_class WHERE relname LIKE '%!_!_shadow%' ESCAPE '!'"),
            ]
        finally:
            await admin.close()

    before = await shape()
    await rebuild_of(books).rebuild(accounts)
    assert await shape() == before
    await books.open(agency, "one", f"{agency}-7")
    with pytest.raises(Conflict, match="number belongs"):
        await books.open(agency, "two", f"{agency}-7")


async def test_a_rebuild_that_fails_leaves_the_served_table_alone(books: Ledger, agency: str) -> None:
    broken = ReadModel("accounts", Column("account_id", Text, primary_key=True), Column("balance", Integer))
    await books.open(agency, "acc", f"{agency}-acc")

    @broken.on(AccountOpened)
    def _fails(_e: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await rebuild_of(books).rebuild(broken)
    assert await books.balances(agency) == {"acc": 0}
    await rebuild_of(books).rebuild(accounts)
    assert await books.balances(agency) == {"acc": 0}


async def test_a_changed_definition_is_rebuilt_by_the_next_migration_and_an_unchanged_one_is_not(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc", f"{agency}-acc")
    models = books.ledger.service.read_models
    assert await rebuild_of(books).ensure(models) == []
    wider = ReadModel("accounts", Column("account_id", Text, primary_key=True), Column("holder_in_capitals", Text))

    @wider.on(AccountOpened)
    def _shout(e: Any) -> Any:
        return wider.upsert(e, account_id=e.event.account_id, holder_in_capitals=e.event.holder.upper())

    assert await rebuild_of(books).ensure([wider]) == ["accounts"]
    rows = await (await books.context(agency)).rows(select(wider.table))
    assert [row["holder_in_capitals"] for row in rows] == ["AIGUL"]
    assert await rebuild_of(books).ensure(models) == ["accounts"]
    assert await books.balances(agency) == {"acc": 0}


async def test_a_foreign_type_of_another_time_does_not_stop_a_rebuild(books: Ledger, agency: str) -> None:
    """The inbox keeps what arrived; this version reads neither that type nor that source."""
    for source, kind in ((books.bank.service.name, "TransferForgotten"), ("closed-bank", "TransferReported")):
        await books.ledger.system.execute(
            "INSERT INTO inbox (source, agency, event_id, type, envelope) VALUES ($1, $2, gen_random_uuid(), $3, $4)",
            source,
            agency,
            kind,
            {
                "id": "x",
                "source": f"/kepil/{source}",
                "type": f"kepil.{source}.transfer.{kind}",
                "subject": "transfer-x",
                "time": "2026-01-01T00:00:00Z",
                "dataschema": "urn:x",
                "data": {},
                "agency": agency,
                "streamversion": 1,
                "schemaversion": 1,
                "recordedat": "2026-01-01T00:00:00Z",
                "position": "1.1",
            },
        )
    await rebuild_of(books).rebuild(transfers)
    await compared(books, transfers)


async def test_arrivals_are_fed_in_the_order_of_their_transactions_not_of_digits(books: Ledger, agency: str) -> None:
    async with running(books.relay().run), running(books.subscription().run):
        for amount in (1, 2):
            await books.report(agency, "t", amount)

        async def shown() -> bool:
            return await books.transfers(agency) == {"t": 2}

        await eventually(shown, "the revision is shown")
    admin = await admin_connection(books.settings, books.ledger.service.name)
    try:
        for xid, version in ((99, 1), (100, 2)):
            await admin.execute(
                "UPDATE inbox SET xid = $1::text::xid8 WHERE agency = $2 AND (envelope->>'streamversion')::int = $3",
                str(xid),
                agency,
                version,
            )
    finally:
        await admin.close()
    fed = await rebuild_of(books).rebuild(transfers)
    assert await books.transfers(agency) == {"t": 2}
    counted = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM inbox)"
    assert fed == await books.ledger.system.fetchval(counted), "none is fed twice"


async def test_two_rebuilds_at_once_take_turns(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc", f"{agency}-acc")
    await asyncio.gather(*(rebuild_of(books).rebuild(model) for model in (accounts, transfers, accounts)))
    assert await books.balances(agency) == {"acc": 0}


async def test_a_rebuild_waits_for_a_long_transaction_and_commands_are_answered_meanwhile(books: Ledger, agency: str) -> None:
    """It must not queue for the lock so long that every writer queues behind it."""
    admin = await admin_connection(books.settings, books.ledger.service.name)
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute("LOCK TABLE events IN ROW EXCLUSIVE MODE")
    rebuilding = asyncio.create_task(rebuild_of(books).rebuild(accounts))
    try:
        async with asyncio.timeout(4):
            for number in range(5):
                await books.open(agency, f"acc{number}", f"{agency}-{number}")
        assert not rebuilding.done()
    finally:
        await transaction.rollback()
        await admin.close()
    await rebuilding
    assert len(await books.balances(agency)) == 5
