"""A tiny service for the tests of the chassis: accounts of its own, and transfers that a foreign bank reports.

Every call of `ledger()` gives services of names of their own, and with them databases and streams of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import uuid4

from fastapi import APIRouter
from sqlalchemy import Column, Integer, Text, select

from chassis.context import Accepted, Context, fingerprint_of
from chassis.decider import Command, Decider, no_rules
from chassis.events import Catalogue, Event, Recorded
from chassis.problems import Conflict
from chassis.readmodels import ReadModel, Write
from chassis.relay import Relay
from chassis.service import Runtime, Service, migrate_all, open_runtime
from chassis.settings import Settings
from chassis.subscriptions import Subscription


class AccountOpened(Event):
    """Schema 1 had no currency and called the holder `owner`."""

    schema_version: ClassVar[int] = 2
    account_id: str
    holder: str
    number: str
    currency: str


class Deposited(Event):
    account_id: str
    amount: int
    balance: int
    memo: str = ""


class Withdrawn(Event):
    account_id: str
    amount: int
    balance: int


class TransferReported(Event):
    reference: str
    account_id: str
    amount: int


class TransferRevised(Event):
    reference: str
    account_id: str
    amount: int


def opened_with_owner(data: dict[str, Any]) -> dict[str, Any]:
    """AccountOpened of schema 1 in the shape of schema 2."""
    return {"holder": data["owner"], "currency": "KGS", **{k: v for k, v in data.items() if k != "owner"}}


UPCASTERS = {(AccountOpened, 1): opened_with_owner}


@dataclass(frozen=True)
class Account:
    """An account as its events tell."""

    open: bool = False
    holder: str = ""
    currency: str = ""
    balance: int = 0
    deposits: int = 0


class OpenAccount(Command):
    account_id: str
    number: str
    holder: str = "Aigul"


class Deposit(Command):
    account_id: str
    amount: int
    memo: str = ""


class Withdraw(Command):
    account_id: str
    amount: int


def _decide(command: Any, state: Account, _rules: None) -> Sequence[Event]:
    match command:
        case OpenAccount(account_id=account_id, number=number, holder=holder):
            if state.open:
                raise Conflict("the account is open already")
            return [AccountOpened(account_id=account_id, holder=holder, number=number, currency="KGS")]
        case Deposit(account_id=account_id, amount=amount, memo=memo):
            if amount < 0:
                raise Conflict("no negative deposits")
            return [Deposited(account_id=account_id, amount=amount, balance=state.balance + amount, memo=memo)] if amount else []
        case Withdraw(account_id=account_id, amount=amount):
            if amount > state.balance:
                raise Conflict("the balance does not suffice")
            return [Withdrawn(account_id=account_id, amount=amount, balance=state.balance - amount)]
    raise TypeError(command)


def _evolve(state: Account, event: Any) -> Account:
    match event:
        case AccountOpened(holder=holder, currency=currency):
            return replace(state, open=True, holder=holder, currency=currency)
        case Deposited(amount=amount):
            return replace(state, balance=state.balance + amount, deposits=state.deposits + 1)
        case Withdrawn(amount=amount):
            return replace(state, balance=state.balance - amount)
    raise TypeError(event)


ACCOUNT: Decider[Account, None] = Decider("account", Account(), _decide, _evolve, no_rules)


class ReportTransfer(Command):
    reference: str
    account_id: str
    amount: int


TRANSFER: Decider[int, None] = Decider(
    "transfer",
    0,
    lambda c, seen, _: [(TransferRevised if seen else TransferReported)(reference=c.reference, account_id=c.account_id, amount=c.amount)],
    lambda seen, _: seen + 1,
    no_rules,
)

accounts = ReadModel(
    "accounts",
    Column("account_id", Text, primary_key=True),
    Column("holder", Text),
    Column("number", Text),
    Column("currency", Text),
    Column("balance", Integer),
    Column("version", Integer),
    unique=[["number"]],
)

transfers = ReadModel(
    "transfers",
    Column("reference", Text, primary_key=True),
    Column("account_id", Text),
    Column("amount", Integer),
    Column("version", Integer),
)


@accounts.on(AccountOpened)
def _opened(e: Recorded[AccountOpened]) -> Write:
    fact = e.event
    return accounts.upsert(
        e, account_id=fact.account_id, holder=fact.holder, number=fact.number, currency=fact.currency, balance=0, version=e.version
    )


@accounts.on(Deposited, Withdrawn)
def _moved(e: Recorded[Deposited] | Recorded[Withdrawn]) -> Write:
    return accounts.update(e, {"account_id": e.event.account_id}, balance=e.event.balance, version=e.version)


@transfers.on(TransferReported)
def _reported(e: Recorded[TransferReported]) -> Write:
    return transfers.upsert(e, **e.event.model_dump(), version=e.version)


@transfers.on(TransferRevised)
def _revised(e: Recorded[TransferRevised]) -> Write:
    return transfers.update(e, {"reference": e.event.reference}, amount=e.event.amount, version=e.version)


NUMBER_TAKEN = {"accounts_number_once": Conflict("the number belongs to another account")}


def service_of(name: str, bank: str) -> Service:
    """The ledger under a name, reading the events of a bank under a name."""
    return Service(
        name=name,
        title="Accounts",
        events=Catalogue(name, {"account": [AccountOpened, Deposited, Withdrawn]}, UPCASTERS),
        foreign=[bank_events(bank)],
        deciders=[ACCOUNT],
        read_models=[accounts, transfers],
        router=APIRouter(),
    )


def bank_events(name: str) -> Catalogue:
    """What the bank publishes."""
    return Catalogue(name, {"transfer": [TransferReported, TransferRevised]})


def bank_of(name: str) -> Service:
    """The bank under a name."""
    return Service(name=name, title="Transfers", events=bank_events(name), deciders=[TRANSFER], read_models=[], router=APIRouter())


@dataclass
class Ledger:
    """A ledger and its bank on real servers, without any background work of their own: the tests start what they look at."""

    ledger: Runtime
    bank: Runtime

    @property
    def settings(self) -> Settings:
        """Of both."""
        return self.ledger.settings

    async def context(
        self, agency: str, *, actor: str = "aigul", key: str | None = None, body: str = "", version: int | None = None
    ) -> Context:
        """A unit of work of the ledger."""
        return await self.ledger.context(agency=agency, actor=actor, key=key, fingerprint=fingerprint_of(body), expected_version=version)

    async def open(self, agency: str, account_id: str, number: str | None = None, **of_context: Any) -> Accepted:
        """Opens an account."""
        ctx = await self.context(agency, **of_context)
        command = ctx.command(OpenAccount, account_id=account_id, number=number or account_id)
        return await ctx.execute(ACCOUNT, account_id, command, create=True, unique=NUMBER_TAKEN)

    async def deposit(self, agency: str, account_id: str, amount: int = 1, memo: str = "", **of_context: Any) -> Accepted:
        """Pays in."""
        ctx = await self.context(agency, **of_context)
        return await ctx.execute(ACCOUNT, account_id, ctx.command(Deposit, account_id=account_id, amount=amount, memo=memo))

    async def withdraw(self, agency: str, account_id: str, amount: int = 1, **of_context: Any) -> Accepted:
        """Pays out."""
        ctx = await self.context(agency, **of_context)
        return await ctx.execute(ACCOUNT, account_id, ctx.command(Withdraw, account_id=account_id, amount=amount))

    async def report(self, agency: str, reference: str, amount: int) -> Accepted:
        """The bank reports a transfer; for a known reference, revises it."""
        ctx = await self.bank.context(agency=agency, actor="bank")
        command = ctx.command(ReportTransfer, reference=reference, account_id="a", amount=amount)
        return await ctx.execute(TRANSFER, reference, command, create=(await ctx.load(TRANSFER, reference))[1] == 0)

    async def transfers(self, agency: str) -> dict[str, int]:
        """The amounts that the ledger shows, by reference."""
        ctx = await self.context(agency)
        return {row["reference"]: row["amount"] for row in await ctx.rows(select(transfers.table))}

    async def balances(self, agency: str) -> dict[str, int]:
        """The balances that the ledger shows, by account."""
        ctx = await self.context(agency)
        return {row["account_id"]: row["balance"] for row in await ctx.rows(select(accounts.table))}

    def relay(self, runtime: Runtime | None = None) -> Relay:
        """A relay of the bank, or of another runtime."""
        runtime = runtime or self.bank
        return Relay(runtime.settings, runtime.service.events, runtime.nats)

    def subscription(self) -> Subscription:
        """The ledger's reading of the bank."""
        mine = self.ledger
        service = mine.service
        return Subscription(service.name, self.bank.service.events, service.read_models, mine.system, mine.nats, service.catalogues)


@asynccontextmanager
async def ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """A ledger and a bank in new databases."""
    mark = uuid4().hex[:8]
    bank = bank_of(f"bank{mark}")
    service = service_of(f"ledger{mark}", bank.name)
    using = settings.model_copy(update={"clock": "system"})
    await migrate_all([bank, service], using)
    async with open_runtime(bank, using) as of_bank, open_runtime(service, using) as of_ledger:
        yield Ledger(of_ledger, of_bank)


@asynccontextmanager
async def running(run: Callable[[Any], Awaitable[None]]) -> AsyncIterator[Any]:
    """A relay's or a subscription's `run` in the background, stopped at the end; yields its task."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=15)
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            raise task.exception()  # type: ignore[misc]
