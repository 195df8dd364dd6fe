"""Routes for everybody: no token, the agency of the path, little room; and a unit of work that tells nothing of who caused it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from chassis import telemetry
from chassis.auth import PUBLIC, Role, is_public
from chassis.context import Accepted
from chassis.problem_handlers import document_problems, install
from chassis.service import open_runtime
from chassis.web import ANYBODY, Commanding, Reading, get, post
from cli.supervisor import Stack
from tests.chassis.ledger import ACCOUNT, Deposit, ledger

router = APIRouter(prefix="/v1")


class Said(BaseModel):
    words: str


class Heard(BaseModel):
    agency: str
    actor: str


class Receipt(Accepted):
    number: int


@post(router, "/walls/{agency}/{wall_id}", roles=PUBLIC, if_match=False, answers=Receipt)
async def write_on_wall(ctx: Commanding, wall_id: str, body: Said) -> Accepted:
    """Writes on a wall."""
    return Receipt(id=f"{ctx.agency}/{ctx.actor}/{ctx.key}", version=1, number=7)


@get(router, "/walls/{agency}/{wall_id}", roles=PUBLIC, response_model=Heard)
async def read_wall(ctx: Reading, wall_id: str) -> Any:
    """Reads a wall."""
    return Heard(agency=ctx.agency, actor=ctx.actor)


@get(router, "/doors", roles=[], response_model=Heard)
async def read_doors(ctx: Reading) -> Any:
    """Names no role, and is open to nobody without a token all the same."""
    return Heard(agency=ctx.agency, actor=ctx.actor)


class Runtime:
    async def context(self, **told: Any) -> Any:
        return SimpleNamespace(**told)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http() -> httpx.AsyncClient:
    app = FastAPI()
    install(app)
    app.include_router(router)
    document_problems(app)
    app.state.runtime = Runtime()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://walls")


KEY = {"idempotency-key": "k-1"}


async def test_a_public_route_takes_the_agency_of_its_path_and_minds_no_token(http: httpx.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Bearer x"}):
        answer = await http.get("/v1/walls/iqaa/w-1", headers=headers)
        assert answer.json() == {"agency": "iqaa", "actor": ANYBODY}
        told = await http.post("/v1/walls/iqaa/w-1", json={"words": "So."}, headers={**KEY, **headers})
        assert (told.status_code, told.json()["id"], told.json()["number"]) == (200, "iqaa/public/k-1", 7)
    assert (await http.get("/v1/doors")).status_code == 401


async def test_no_role_is_not_everybody() -> None:
    assert is_public(PUBLIC)
    assert not is_public([])
    assert not is_public(())
    assert not is_public([Role.auditor])


@pytest.mark.parametrize(
    ("path", "request_", "status"),
    [
        ("/v1/walls/IQAA/w-1", {"json": {"words": "So."}, "headers": KEY}, 422),
        ("/v1/walls/iqaa/w-1", {"json": {"words": "So."}}, 400),
        ("/v1/walls/iqaa/w-1", {"json": {"words": "So."}, "headers": {"idempotency-key": "ключ".encode()}}, 400),
        ("/v1/walls/iqaa/w-1?x=1", {"json": {"words": "So."}, "headers": KEY}, 422),
        ("/v1/walls/iqaa/w-1", {"json": {"words": "a" * 64_000}, "headers": KEY}, 413),
        ("/v1/walls/iqaa/w-1", {"content": "{", "headers": {**KEY, "content-type": "application/json"}}, 400),
        ("/v1/walls/iqaa/w-1", {"content": "words=So", "headers": {**KEY, "content-type": "text/plain"}}, 415),
        ("/v1/walls/iqaa/w-1", {"json": {"words": "a\x00"}, "headers": KEY}, 422),
    ],
)
async def test_what_comes_from_anybody_is_checked_as_from_everybody(
    http: httpx.AsyncClient, path: str, request_: dict[str, Any], status: int
) -> None:
    answer = await http.post(path, **request_)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_document_tells_that_no_token_is_needed_and_what_is_answered() -> None:
    app = FastAPI()
    app.include_router(router)
    paths = app.openapi()["paths"]["/v1/walls/{agency}/{wall_id}"]
    for operation in paths.values():
        assert operation["security"] == []
        assert operation["x-kepil-roles"] == []
        assert [each["name"] for each in operation["parameters"] if each["in"] == "path"].count("agency") == 1
    assert {"400", "404", "409", "413", "415", "422", "429"} <= set(paths["post"]["responses"])
    assert "429" not in app.openapi()["paths"]["/v1/doors"]["get"]["responses"]
    assert paths["post"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Receipt")


async def test_a_nameless_unit_of_work_leaves_no_mark_of_its_caller(servers: Stack, agency: str) -> None:
    day = datetime(2026, 10, 4, 19, tzinfo=UTC)
    async with ledger(servers.settings()) as books, open_runtime(books.ledger.service, books.settings) as runtime:
        await books.open(agency, "acc")
        ctx = await runtime.context(agency=agency, actor="somebody", key="k-1", fingerprint=b"f")
        with telemetry.span("a request"):
            nameless = ctx.nameless("anonymous", day)
            accepted = await nameless.execute(ACCOUNT, "acc", nameless.command(Deposit, account_id="acc", amount=5))
            again = await nameless.execute(ACCOUNT, "acc", nameless.command(Deposit, account_id="acc", amount=5))
        assert (accepted.version, again.version) == (2, 3), "no key is kept: the second is a second one"
        rows = await books.ledger.system.fetch("SELECT * FROM events WHERE agency = $1 AND version > 1", agency)
        for row in rows:
            assert row["metadata"] == {"actor": "anonymous", "agency": agency}
            assert (row["occurred_at"], row["recorded_at"]) == (day, day)
            assert UUID(str(row["event_id"])).version == 4
        kept = await books.ledger.system.fetchval("SELECT count(*) FROM idempotency_keys WHERE agency = $1 AND key = 'k-1'", agency)
        assert kept == 0


async def test_a_request_to_an_untraced_url_leaves_no_span_and_continues_no_trace() -> None:
    seen: dict[str, str | None] = {}
    app = FastAPI()

    @app.get("/watched/{name}")
    @app.get("/unwatched/{name}")
    async def look(name: str) -> None:
        seen[name] = telemetry.current_trace_id()

    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "get_tracer_provider", lambda: provider)
        telemetry.instrument(app, [r"/unwatched/"])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            parent = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
            for path in ("/watched/w", "/unwatched/u"):
                assert (await client.get(path, headers=parent)).status_code == 200
    assert seen == {"w": "a" * 32, "u": None}
