"""One finished case of one agency for the whole session, and the means to see that nothing has changed."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import nats
import pytest
import pytest_asyncio
from temporalio.client import Client

from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.finished import finished
from tests.api.journey import SERVICES, Journey
from tests.api.ledger import Ledger


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the stack and for a whole case; others walk over every route."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(400))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that reuses connections."""
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=20)) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def legal_time(stack: Stack, http: httpx.AsyncClient) -> AsyncIterator[LegalTime]:
    """The legal clock of the stack; it only goes forward."""
    client = await Client.connect(stack.urls["temporal"])
    connection = await nats.connect(stack.urls["nats"])
    yield LegalTime(client, connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES})
    await connection.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def case(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> Journey:
    """A case of agency A from its application to the certificate in the register: tests read it and must leave it as it is."""
    return await finished(stack, http, legal_time, agency=f"a-{uuid4().hex[:12]}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ledger(stack: Stack, legal_time: LegalTime) -> AsyncIterator[Ledger]:
    """Counts what stands in the databases."""
    async with Ledger(stack, legal_time) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def nothing_changes(case: Journey, ledger: Ledger) -> AsyncIterator[None]:
    """Whatever the test sends, no event and no row is written."""
    async with ledger.unchanged(case.agency):
        yield
