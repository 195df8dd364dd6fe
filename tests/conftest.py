"""The real servers and the real stack, once a session; every test works in an agency of its own."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import pytest_asyncio

from cli.supervisor import Stack, StackOptions


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_caller() -> Iterator[None]:
    """The tests take their settings from themselves alone."""
    with pytest.MonkeyPatch.context() as patch:
        import os

        for name in [name for name in os.environ if name.startswith("KEPIL_")]:
            patch.delenv(name)
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """PostgreSQL, NATS JetStream and the time-skipping Temporal server, and nothing of Kepil."""
    options = StackOptions(state_dir=tmp_path_factory.mktemp("servers"), time_skipping=True, services=[], ports="free")
    async with Stack(options) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The whole of Kepil: six services, workflows, issuer, on the time-skipping server."""
    webhooks = {"KEPIL_WEBHOOKS_ALLOW_LOOPBACK": "true"}
    options = StackOptions(state_dir=tmp_path_factory.mktemp("stack"), time_skipping=True, ports="free", environment=webhooks)
    async with Stack(options) as running:
        yield running


@pytest.fixture
def agency() -> str:
    """An agency that no other test has seen."""
    return f"agency-{uuid4().hex[:12]}"
