"""The console as a process: pages, static files, health. It keeps nothing: any number of it may run."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from chassis import metrics, telemetry
from chassis.body_limit import BodyLimit
from chassis.clock import clock_from
from chassis.logs import logger
from chassis.problems import BodyTooLarge
from chassis.service import run_process, serve_http, settle_memory
from chassis.settings import Settings, settings
from chassis.subject_keys import master_key
from chassis.temporal import connect_temporal
from console.client import Refused
from console.i18n import N_
from console.login import Login, NotSignedIn
from console.pages import STATIC, Pages
from console.security import ForeignForm, Guarded
from console.session import Sessions
from console.site import Site, site_of
from console.views import ROUTERS
from console.visit import SignInNeeded, Visit, anybody, language_of

NAME = "console"
#: Of these no span tells: files, and feeds, whose address is the secret.
UNTRACED = (r"/static/", r"/calendar/feed/")
_AROUND_AN_UPLOAD = 1_000_000
_NEW_SESSION_SECONDS = 30
_log = logger("kepil.console")


class _Static(StaticFiles):
    """Static files whose addresses carry a mark of their content: kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if scope["query_string"] else "public, max-age=300"
        return response


@asynccontextmanager
async def open_site(using: Settings) -> AsyncIterator[Site]:
    """The site with its connections, closed after."""
    master = master_key(using)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    temporal = await connect_temporal(using) if using.clock != "system" else None
    timeout, unlimited = httpx.Timeout(30.0, connect=5.0), httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with (
        httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as http,
        httpx.AsyncClient(timeout=timeout, limits=unlimited, trust_env=False) as long,
    ):
        login = Login(using, http, master)
        sessions = Sessions(master, secure=using.console_secure(), lifetime_seconds=using.console_session_hours * 3_600)
        try:
            yield Site(using, http, long, clock_from(using, temporal), sessions, login, Pages(reload=using.env == "development"))
        finally:
            await login.aclose()


def build_app(site: Site, stop: asyncio.Event) -> ASGIApp:
    """The console over a site; live pages end at `stop`. The guard is outermost: pages of errors have its headers too."""
    using = site.settings
    app = FastAPI(title="Kepil console", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.state.stop = stop
    app.mount("/static", _Static(directory=STATIC))
    _health(app)
    metrics.expose(app, using)
    for router in ROUTERS:
        app.include_router(router)
    for kind in (SignInNeeded, ForeignForm, NotSignedIn, Refused, HTTPException, RequestValidationError, BodyTooLarge, Exception):
        app.add_exception_handler(kind, _on_error)
    app.add_middleware(BodyLimit, limit=max(using.max_body_bytes, using.documents_max_bytes, using.max_upload_bytes) + _AROUND_AN_UPLOAD)
    telemetry.instrument(app, UNTRACED)
    return Guarded(app, site.sessions, secure=using.console_secure())


def _health(app: FastAPI) -> None:
    @app.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"alive": True})

    @app.get("/readyz")
    async def readyz(request: Request) -> Response:
        ready = await site_of(request).login.ready()
        return JSONResponse({"ready": ready, "service": NAME, "parts": {"issuer": ready}}, 200 if ready else 503)


async def _on_error(request: Request, error: Exception) -> Response:
    site = site_of(request)
    visit = await _visit(request, site)
    if isinstance(error, SignInNeeded) or (isinstance(error, Refused) and error.status == 401):
        if visit.session is not None:
            new = visit.session.began_at + _NEW_SESSION_SECONDS > time.time()
            visit.keep(None)
            if new:  # to sign in again would come to the same, for ever
                return visit.page("layout/not_signed_in.html.jinja", 403, words=N_("The services do not take this sign-in."))
        if request.method in ("GET", "HEAD") and "x-part" not in request.headers:
            return RedirectResponse(f"/signin?{httpx.QueryParams({'to': str(request.url).partition(request.url.netloc)[2]})}", 303)
        return visit.page("layout/session_ended.html.jinja", 401)
    if isinstance(error, NotSignedIn):
        return visit.page("layout/not_signed_in.html.jinja", 400, words=error.words)
    if isinstance(error, ForeignForm):
        return visit.page("layout/error.html.jinja", 403, problem={"status": 403, "type": "", "words": error.words})
    if isinstance(error, Refused):
        return visit.page("layout/error.html.jinja", error.status, problem=error.problem)
    if isinstance(error, (BodyTooLarge, HTTPException)) and isinstance(error.__cause__ or error, BodyTooLarge):
        return visit.page("layout/error.html.jinja", 413, problem={"status": 413, "type": "urn:kepil:problem:body-too-large"})
    if isinstance(error, HTTPException):
        if error.status_code < 400:
            return Response(status_code=error.status_code, headers=error.headers)
        return visit.page("layout/error.html.jinja", error.status_code, problem={"status": error.status_code, "type": ""})
    if isinstance(error, RequestValidationError):
        return visit.page("layout/error.html.jinja", 404, problem={"status": 404, "type": ""})
    _log.error("unexpected error", exc_info=error, method=request.method, path=_route(request))
    return visit.page("layout/error.html.jinja", 500, problem={"status": 500, "type": ""})


def _route(request: Request) -> str:
    """Where it came to, without what the address says: that may be a secret."""
    return getattr(request.scope.get("route"), "path", "")


async def _visit(request: Request, site: Site) -> Visit:
    try:
        return await anybody(request)
    except HTTPException:
        return Visit(request, site, language_of(request), site.sessions.read(request.cookies))


async def serve(using: Settings, stop: asyncio.Event) -> None:
    """Serves until `stop`; live pages end with it."""
    telemetry.setup(NAME, using)
    async with open_site(using) as site:
        app = build_app(site, stop)
        settle_memory()
        await serve_http(app, using.host, using.port(NAME), stop, using)
    telemetry.shutdown()


def main() -> None:
    """The process, until a signal."""
    using = settings()
    run_process(lambda stop: serve(using, stop))
