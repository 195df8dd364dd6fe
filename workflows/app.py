"""The process of the lifecycles: the workflow worker, the conductor, and their health."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nats.aio.client import Client as Nats
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError

from chassis import lags, metrics, telemetry
from chassis.messaging import connect_nats, pause
from chassis.service import run_process, serve_http
from chassis.settings import Settings, settings
from chassis.temporal import connect_temporal
from workflows.conductor import Conductor
from workflows.worker import ensure_search_attributes, make_current, make_worker

log = logging.getLogger(__name__)

NAME = "workflows"


@dataclass
class Health:
    """What the two parts of the process say of themselves."""

    worker: bool = False
    conductor: bool = False
    nats: Nats | None = None

    def report(self) -> dict[str, Any]:
        """As `/readyz` tells it."""
        parts = {"nats": self.nats is not None and self.nats.is_connected, "worker": self.worker, "conductor": self.conductor}
        return {"ready": all(parts.values()), "service": NAME, "parts": parts}


async def serve(using: Settings, stop: asyncio.Event) -> None:
    """Worker and conductor until `stop`: first no new signals, then no new tasks."""
    telemetry.setup(NAME, using)
    health = Health()
    nats = health.nats = await connect_nats(using, NAME)
    temporal = await connect_temporal(using)
    metrics.watch(lags.of_readers(nats))
    try:
        async with asyncio.TaskGroup() as parts:
            parts.create_task(serve_http(_app(health, using), using.host, using.port(NAME), stop, using))
            parts.create_task(_again(stop, "conductor", lambda: _conduct(nats, temporal, health, stop)))
            parts.create_task(_again(stop, "workflow worker", lambda: _work(using, health, stop)))
    finally:
        await nats.close()
        telemetry.shutdown()


def main() -> None:
    """The process, until a signal."""
    using = settings()
    run_process(lambda stop: serve(using, stop))


async def _again(stop: asyncio.Event, name: str, part: Callable[[], Awaitable[None]]) -> None:
    """A server that goes away is waited for."""
    while not stop.is_set():
        try:
            await part()
        except Exception as error:
            log.warning("%s: %s", name, error or type(error).__name__)
            await pause(stop, 1.0)


async def _conduct(nats: Nats, temporal: Client, health: Health, stop: asyncio.Event) -> None:
    health.conductor = True
    try:
        await Conductor(nats, temporal).run(stop)
    finally:
        health.conductor = False


async def _work(using: Settings, health: Health, stop: asyncio.Event) -> None:
    client = await connect_temporal(using, lazy=False)
    await ensure_search_attributes(client)
    grace = timedelta(seconds=using.shutdown_grace_seconds)
    try:
        async with make_worker(client, versioned=using.temporal_versioning, grace=grace, sandboxed=False):
            if using.temporal_versioning:
                await _become_current(client, stop)
            health.worker = True
            await stop.wait()
    finally:
        health.worker = False


async def _become_current(client: Client, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await make_current(client)
            return
        except RPCError as error:
            log.info("this version of the lifecycles is not current yet: %s", error)  # until the server has seen its first poll
            await pause(stop, 0.2)


def _app(health: Health, using: Settings) -> Starlette:
    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> JSONResponse:
        report = health.report()
        return JSONResponse(report, status_code=200 if report["ready"] else 503)

    app = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)])
    metrics.expose(app, using)
    return app
