"""A house with intake, notices and the lifecycles, that may send to this machine; its time is skipped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio

from chassis.clock import TemporalTestClock
from chassis.temporal import connect_temporal
from cli.supervisor import Stack, StackOptions
from tests.notices.house import House
from tests.workflows.skipping import SkippedTime


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def notified(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The running parts."""
    options = StackOptions(
        state_dir=tmp_path_factory.mktemp("notified"),
        time_skipping=True,
        ports="free",
        services=["intake", "notices", "workflows"],
        environment={"KEPIL_WEBHOOKS_ALLOW_LOOPBACK": "true"},
    )
    async with Stack(options) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def listening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Without lifecycles: those that began upon events of services that do not run would ask them again and again as time passes."""
    options = StackOptions(
        state_dir=tmp_path_factory.mktemp("listening"),
        time_skipping=True,
        ports="free",
        services=["intake", "notices"],
        environment={"KEPIL_WEBHOOKS_ALLOW_LOOPBACK": "true"},
    )
    async with Stack(options) as stack:
        yield stack


@pytest_asyncio.fixture
async def house(notified: Stack, agency: str) -> AsyncIterator[House]:
    """An agency with two institutions."""
    async with housed(notified, agency) as made:
        yield made


@pytest_asyncio.fixture
async def heard(listening: Stack, agency: str) -> AsyncIterator[House]:
    """The same where events of every service are heard, and nobody acts upon them."""
    async with housed(listening, agency) as made:
        yield made


@asynccontextmanager
async def housed(stack: Stack, agency: str) -> AsyncIterator[House]:
    client = await connect_temporal(stack.settings(), lazy=False)
    async with httpx.AsyncClient(timeout=30) as http:
        made = House(stack, http, agency, SkippedTime(client, TemporalTestClock(client)))
        for institution in ("kaznu", "other"):
            await made.registers(institution)
        await made.adopts()
        yield made
