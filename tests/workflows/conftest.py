"""The lifecycles on real Temporal servers, with recording services on the task queues of the real ones.

`world` is on the time-skipping server. `cluster` has a full Temporal server, with visibility and Worker Versioning, in real time.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from temporalio.client import Client

from chassis.clock import SystemClock, TemporalTestClock
from chassis.messaging import connect_nats
from chassis.temporal import connect_temporal
from cli.supervisor import Stack, StackOptions
from tests.workflows.cases import World
from tests.workflows.recording import Services
from tests.workflows.wire import Wire
from workflows.worker import ensure_search_attributes, make_worker


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def temporal(servers: Stack) -> Client:
    """A client as every process makes it."""
    client = await connect_temporal(servers.settings(), lazy=False)
    await ensure_search_attributes(client)
    return client


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def services(temporal: Client) -> AsyncIterator[Services]:
    """Their workers run for as long as lifecycles are tested."""
    recording = Services(temporal, TemporalTestClock(temporal))
    async with recording.working():
        yield recording


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def lifecycles(temporal: Client) -> AsyncIterator[None]:
    """The worker of the lifecycles runs."""
    async with make_worker(temporal, versioned=False):
        yield


@pytest_asyncio.fixture
async def world(temporal: Client, services: Services, lifecycles: None, agency: str) -> AsyncIterator[World]:
    """A world whose lifecycles end with the test."""
    world = World(temporal, services, agency)
    yield world
    await world.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """NATS and a full Temporal server over its database file, in real time."""
    options = StackOptions(state_dir=tmp_path_factory.mktemp("cluster"), services=[], ports="free")
    async with Stack(options) as stack:
        yield stack


@pytest_asyncio.fixture
async def real_time(cluster: Stack, agency: str) -> AsyncIterator[World]:
    """A world on the full server; each test runs the workers that it needs."""
    client = await connect_temporal(cluster.settings(), lazy=False)
    world = World(client, Services(client, SystemClock()), agency)
    yield world
    await world.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def nats(servers: Stack) -> AsyncIterator[Nats]:
    """A connection as every process makes it."""
    client = await connect_nats(servers.settings(), "tests")
    yield client
    await client.close()


@pytest_asyncio.fixture
async def wire(nats: Nats, agency: str) -> AsyncIterator[Wire]:
    """A stream of this test's own."""
    wire = Wire(nats, agency)
    await wire.open()
    yield wire
    await wire.close()
