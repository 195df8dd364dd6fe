"""The span store as a process: it waits for its database, and takes, keeps and shows spans until it is told to stop."""

import asyncio
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response

from chassis import metrics, telemetry
from chassis.auth import Authenticator
from chassis.body_limit import BodyLimit
from chassis.logs import logger
from chassis.messaging import pause
from chassis.problem_handlers import document_problems, install
from chassis.service import run_process, serve_http, settle_memory
from chassis.settings import Settings, settings
from chassis.spanstore.api import router
from chassis.spanstore.sender import sender_token
from chassis.spanstore.store import SpanStore
from chassis.spanstore.tables import prepare
from chassis.version import VERSION

NAME = "traces"
_MOST_BYTES = 8_000_000
_log = logger("kepil.traces")


def build_app(using: Settings) -> FastAPI:
    """The REST application; `app.state.store` is None until the database is there."""
    app = FastAPI(title="Kepil traces", summary="What happened, across all services", version=VERSION, docs_url=None, redoc_url=None)
    app.state.store = None
    app.state.sender_token = sender_token(using)
    app.include_router(router, tags=[NAME])
    install(app)
    document_problems(app)
    app.add_middleware(BodyLimit, limit=_MOST_BYTES)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, bool]:
        return {"alive": True}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request, response: Response) -> dict[str, Any]:
        store: SpanStore | None = request.app.state.store
        try:
            async with asyncio.timeout(2):
                ready = store is not None and await store.ready()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            ready = False
        response.status_code = 200 if ready else 503
        return {"ready": ready, "service": NAME, "parts": {"postgres": ready}}

    metrics.expose(app, using)
    telemetry.instrument(app, [r"/v1/traces$"])  # to trace what takes spans would never end
    return app


async def serve(using: Settings, stop: asyncio.Event) -> None:
    """Serves until `stop`; the database may come later, and be prepared by whoever comes first."""
    telemetry.setup(NAME, using)
    app = build_app(using)
    authenticator = app.state.authenticator = Authenticator(using)
    opening = asyncio.create_task(_open(app, using, stop))
    settle_memory()
    try:
        await serve_http(app, using.host, using.port(NAME), stop, using)
    finally:
        await opening
        if app.state.store is not None:
            await app.state.store.close()
        await authenticator.aclose()
        telemetry.shutdown()


async def _open(app: FastAPI, using: Settings, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await prepare(using)
            app.state.store = await SpanStore.open(using)
            return
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.info("the database of spans is not there yet", error=type(error).__name__)
            await pause(stop, 0.3)


def main() -> None:
    """The process, until a signal."""
    using = settings()
    run_process(lambda stop: serve(using, stop))
