"""A service as one process: REST API, activity worker, consumers and relay together, or some of them (`KEPIL_ROLES`)."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi_offline import FastAPIOffline
from nats.aio.client import Client as Nats
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp
from temporalio.activity import Info
from temporalio.client import Client as Temporal
from temporalio.worker import Worker

from chassis import lags, metrics, telemetry
from chassis.auth import Authenticator, Principal
from chassis.bell import Bell
from chassis.body_limit import BodyLimit
from chassis.clock import Clock, clock_from
from chassis.commit import Committer
from chassis.context import Context, Machinery
from chassis.decider import Decider
from chassis.events import Catalogue
from chassis.eventstore import EventStore
from chassis.failures import CountedFailures
from chassis.ids import derived_id
from chassis.messaging import connect_nats, pause
from chassis.migrations import History, migrate, prepare_cluster
from chassis.positions import LogPosition
from chassis.postgres import open_connection, open_engine, open_pool
from chassis.privacy import KeyRing
from chassis.problem_handlers import document_problems, install
from chassis.readmodels import ReadModel
from chassis.rebuild import Rebuild
from chassis.relay import Relay
from chassis.settings import Settings, settings
from chassis.subject_keys import PostgresSubjectKeys, master_key
from chassis.subscriptions import Subscription, until_applied
from chassis.temporal import connect_temporal
from chassis.version import VERSION

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """What a service consists of; `app.py` of each service makes one."""

    name: str
    title: str
    events: Catalogue
    deciders: Sequence[Decider[Any, Any]]
    read_models: Sequence[ReadModel]
    router: APIRouter
    foreign: Sequence[Catalogue] = ()
    activities: Callable[["Runtime"], Sequence[Callable[..., Awaitable[Any]]]] | None = None
    task_queue: str = ""
    activities_at_once: Callable[[Settings], int] = lambda _: 100
    beside: Callable[["Runtime", asyncio.Event], Awaitable[None]] | None = None  # until the event, in a process with consumers
    at_start: Callable[["Runtime"], Awaitable[Any]] | None = None  # once, beside serving, in a process that works
    migrations: Path | None = None
    conflicts: Sequence[type[Exception]] = ()  # exceptions of other layers that callers get as a conflict
    measures: Callable[["Runtime"], Sequence[metrics.Measure]] = lambda _: ()  # what it tells of itself beside what every service does
    untraced: Sequence[str] = ()  # regular expressions of URLs whose requests leave no span: nobody is to find who sent them
    uploads: Sequence[str] = ()  # paths whose body is a file, read as it comes

    @property
    def catalogues(self) -> dict[str, Catalogue]:
        """The service's own catalogue and those it reads."""
        return {c.service: c for c in (self.events, *self.foreign)}

    def rebuild(self, using: Settings) -> Rebuild:
        """The maker of this service's read models."""
        return Rebuild(using, self.events, self.catalogues, lambda pool: key_ring(using, pool))


@dataclass
class Runtime:
    """A running service: its connections and what is built on them."""

    service: Service
    settings: Settings
    pool: asyncpg.Pool
    system: asyncpg.Pool
    engine: AsyncEngine
    nats: Nats
    clock: Clock
    machinery: Machinery
    authenticator: Authenticator
    temporal: Temporal | None = None
    relay: Relay | None = None
    subscriptions: list[Subscription] = field(default_factory=list)
    worker_running: bool = False
    ending: asyncio.Event = field(default_factory=asyncio.Event)  # set when the process is to end: for answers that go on and on

    async def context(
        self,
        *,
        agency: str,
        actor: str,
        principal: Principal | None = None,
        expected_version: int | None = None,
        key: str | None = None,
        command_id: str | None = None,
        fingerprint: bytes = b"",
        causation_id: str | None = None,
    ) -> Context:
        """A unit of work at the present legal time. `command_id` (of an activity) is an idempotency key made of what is asked."""
        return Context(
            self.machinery,
            agency=agency,
            actor=actor,
            at=await self.clock.now(),
            principal=principal,
            expected_version=expected_version,
            key=key or command_id,
            fingerprint=fingerprint,
            causation_id=causation_id,
        )

    async def workflow_context(self, agency: str, info: Info) -> Context:
        """The unit of work of an activity: idempotent by workflow run and activity, however often it is tried."""
        command_id = derived_id(info.workflow_id or "", info.workflow_run_id or "", info.activity_id)
        return await self.context(agency=agency, actor=f"workflow:{info.workflow_id}", command_id=command_id)

    async def caught_up(self, seen: Mapping[str, str]) -> None:
        """Waits until the read models show what other services had published at these positions (`Envelope.position`), or raises
        Unavailable. The service's own events are in its read models as soon as they are events; of sources it does not read it waits
        for nothing."""
        read = {catalogue.service for catalogue in self.service.foreign}
        await until_applied(self.system, {source: LogPosition.parse(at) for source, at in seen.items() if source in read})


def key_ring(using: Settings, system: asyncpg.Pool) -> KeyRing:
    """The keys of subjects, kept by the service's own jobs' role."""
    return KeyRing(PostgresSubjectKeys(system, master_key(using)))


@asynccontextmanager
async def open_runtime(service: Service, using: Settings) -> AsyncIterator[Runtime]:
    """Connections of a service, closed in reverse order."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(using, "kepil_api", service.name, size=using.postgres_pool)
        stack.push_async_callback(pool.close)
        system = await open_pool(using, "kepil_system", service.name, size=3)
        stack.push_async_callback(system.close)
        engine = open_engine(using, service.name)
        stack.push_async_callback(engine.dispose)
        client = await connect_nats(using, service.name)
        stack.push_async_callback(client.close)
        temporal = await connect_temporal(using)
        keys = key_ring(using, system)
        clock = clock_from(using, temporal)
        store = EventStore(pool, service.events, keys)
        bell = Bell(lambda: open_connection(using, "kepil_api", service.name), lambda: runtime.relay is not None and runtime.relay.wake())
        stack.push_async_callback(bell.close)
        committer = Committer(lambda: open_connection(using, "kepil_api", service.name), committed=bell.ring)
        stack.push_async_callback(committer.close)
        machinery = Machinery(store, committer, engine, service.read_models, clock, keys)
        authenticator = Authenticator(using)
        stack.push_async_callback(authenticator.aclose)
        runtime = Runtime(service, using, pool, system, engine, client, clock, machinery, authenticator, temporal)
        yield runtime


def build_app(service: Service, using: Settings) -> FastAPI:
    """The REST application of a service; the runtime is put into its state before it serves."""
    app = FastAPIOffline(  # the page at /docs brings its own scripts: an agency's network may reach nothing else
        title=f"Kepil {service.name}",
        summary=service.title,
        version=VERSION,
        openapi_url="/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # the functions' names are unique over all services
    )
    app.include_router(service.router, tags=[service.name])
    install(app, service.conflicts)
    document_problems(app)
    app.add_middleware(BodyLimit, limit=using.max_body_bytes, uploads=dict.fromkeys(service.uploads, using.max_upload_bytes))
    _health_routes(app)
    metrics.expose(app, using)
    telemetry.instrument(app, service.untraced)
    return app


def _health_routes(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, bool]:
        return {"alive": True}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, Any]:
        report = await readiness(app.state.runtime)
        response.status_code = 200 if report["ready"] else 503
        return report


async def readiness(runtime: Runtime) -> dict[str, Any]:
    """Whether every part of the process can do its work, and how far behind it is."""
    roles = runtime.settings.roles
    parts: dict[str, Any] = {"nats": runtime.nats.is_connected}
    try:
        async with asyncio.timeout(2), runtime.system.acquire() as connection:
            lag = await runtime.relay.lag(connection) if runtime.relay else None
            parts["postgres"] = await connection.fetchval("SELECT true")
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        parts["postgres"], lag = False, None
    if "worker" in roles and runtime.service.activities:
        parts["worker"] = runtime.worker_running
    report: dict[str, Any] = {"ready": all(parts.values()), "service": runtime.service.name, "parts": parts}
    if runtime.relay:
        report["relay"] = {"leading": runtime.relay.state.leading, "lag": lag, "published": runtime.relay.state.published}
    return report


def _measures(runtime: Runtime) -> list[metrics.Measure]:
    service = runtime.service
    relay = lags.of_relay(runtime.relay, service.name, runtime.system) if runtime.relay else []
    return [*relay, *lags.of_readers(runtime.nats), *service.measures(runtime)]


async def _work(runtime: Runtime, stop: asyncio.Event) -> None:
    """The activity worker; a Temporal server that goes away is waited for."""
    service = runtime.service
    assert service.activities is not None
    activities = service.activities(runtime)
    while not stop.is_set():
        try:
            client = await connect_temporal(runtime.settings, lazy=False)
            worker = Worker(
                client,
                task_queue=service.task_queue,
                activities=activities,
                interceptors=[CountedFailures()],
                max_concurrent_activities=service.activities_at_once(runtime.settings),
                graceful_shutdown_timeout=timedelta(seconds=runtime.settings.shutdown_grace_seconds),
            )
            async with worker:
                runtime.worker_running = True
                await stop.wait()
        except Exception as error:
            log.warning("worker of %s: %s", service.name, error or type(error).__name__)
            await pause(stop, 1.0)
        finally:
            runtime.worker_running = False


async def serve(service: Service, using: Settings, stop: asyncio.Event) -> None:
    """Runs a service until `stop`: first no new requests, then no new work, then the connections."""
    telemetry.setup(service.name, using)
    app = build_app(service, using)
    async with open_runtime(service, using) as runtime:
        app.state.runtime = runtime
        app.state.authenticator = runtime.authenticator
        runtime.ending = stop
        background: list[asyncio.Task[None]] = []
        stop_background = asyncio.Event()
        if "relay" in using.roles:
            runtime.relay = Relay(using, service.events, runtime.nats)
            background.append(asyncio.create_task(runtime.relay.run(stop_background)))
        if "consumers" in using.roles:
            for source in service.foreign:
                subscription = Subscription(service.name, source, service.read_models, runtime.system, runtime.nats, service.catalogues)
                runtime.subscriptions.append(subscription)
                background.append(asyncio.create_task(subscription.run(stop_background)))
            if service.beside:
                background.append(asyncio.ensure_future(service.beside(runtime, stop_background)))
        if "worker" in using.roles and service.activities:
            background.append(asyncio.create_task(_work(runtime, stop_background)))
        if "worker" in using.roles and service.at_start:
            background.append(asyncio.ensure_future(service.at_start(runtime)))
        metrics.watch(_measures(runtime))
        settle_memory()
        await serve_http(app, using.host, using.port(service.name), stop, using)
        stop_background.set()
        for outcome in await asyncio.gather(*background, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a part of %s ended badly: %r", service.name, outcome)
    telemetry.shutdown()


def settle_memory() -> None:
    """What is loaded by now stays for the life of the process: the collector need not walk it at every turn."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def serve_http(app: ASGIApp, host: str, port: int, stop: asyncio.Event, using: Settings) -> None:
    """Serves until `stop`, then lets the requests under way end."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(using.shutdown_grace_seconds),
        server_header=False,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # not serve(): signals are the process's, not the server's
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    await serving


async def migrate_all(services: Sequence[Service], using: Settings | None = None) -> dict[str, list[str]]:
    """Databases, roles, migrations and read models of these services; what was done, by service."""
    using = using or settings()
    await prepare_cluster(using, [service.name for service in services])
    done = {}
    for service in services:
        applied = await migrate(using, History(service.name, service.migrations))
        done[service.name] = applied + await service.rebuild(using).ensure(service.read_models)
    return done


def run_process(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs a process until SIGTERM or SIGINT, then leaves at once: the Temporal SDK may abort an interpreter that finalizes."""
    code = 0

    async def supervise() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        await main(stop)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(supervise())
    except BaseException:
        log.exception("the process ends on an error")
        code = 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    return uvloop.new_event_loop


def run(service: Service) -> None:
    """The process of one service, until a signal."""
    using = settings()
    run_process(lambda stop: serve(service, using, stop))
