"""The span store: what OTLP brings, what is kept of it and for how long, and who sees what."""

import gzip
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from chassis.auth import Authenticator, Role
from chassis.issuer import development_token, issuer_app
from chassis.settings import Settings
from chassis.spanstore import otlp
from chassis.spanstore.app import build_app
from chassis.spanstore.sender import sender_token
from chassis.spanstore.store import Asked, Seen, SpanStore
from chassis.spanstore.tables import prepare
from chassis.traces import SpanRecord, assemble
from cli.supervisor import Stack

EVERYTHING = Seen(None)


def trace_id() -> str:
    return uuid4().hex


def record(
    trace: str, span: int, parent: int | None = None, *, error: bool = False, ms: int = 5, name: str = "step", **told: str
) -> SpanRecord:
    attributes = {f"kepil.{key}": value for key, value in told.items()}
    up = None if parent is None else f"{parent:016x}"
    return SpanRecord(trace, f"{span:016x}", up, "intake", name, "server", 10**18, 10**18 + ms * 10**6, error, attributes, [])


def exported(
    trace: str, *, service: str = "intake", attributes: dict[str, str] | None = None, name: str = "POST /v1/applications"
) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    span = resource.scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes.fromhex(trace), bytes.fromhex("00000000000000aa"), name
    span.kind = Span.SPAN_KIND_SERVER
    span.start_time_unix_nano, span.end_time_unix_nano = 10**18, 10**18 + 7_000_000
    for key, value in (attributes or {}).items():
        span.attributes.add(key=key).value.string_value = value
    return request.SerializeToString()


async def prepared(servers: Stack, **more: object) -> Settings:
    found = servers.settings().model_copy(update={"database_prefix": f"t{uuid4().hex[:8]}_", **more})
    assert await prepare(found) == ["spans"]
    assert await prepare(found) == []
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def using(servers: Stack) -> Settings:
    return await prepared(servers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store(using: Settings) -> AsyncIterator[SpanStore]:
    opened = await SpanStore.open(using)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def client(using: Settings, store: SpanStore) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(using)
    app.state.store = store
    app.state.authenticator = Authenticator(using)
    issuer = httpx.ASGITransport(issuer_app(using))
    app.state.authenticator._jwks._client = httpx.AsyncClient(transport=issuer)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://traces") as opened:
        yield opened


def sending(using: Settings, media: str = otlp.PROTOBUF) -> dict[str, str]:
    return {"authorization": f"Bearer {sender_token(using)}", "content-type": media}


def reading(using: Settings, agency: str, role: Role = Role.operator) -> dict[str, str]:
    token = development_token(using, subject="somebody", roles=[role], agency=agency, institution="uni" if "officer" in role else None)
    return {"authorization": f"Bearer {token}"}


async def test_a_trace_of_several_exports_is_one_trace(store: SpanStore) -> None:
    trace = trace_id()
    await store.keep([record(trace, 2, 1, case_id="c1", agency="a1")])
    await store.keep([record(trace, 1, name="POST /v1/applications", ms=20), record(trace, 3, 2, error=True)])

    (found,) = await store.search(EVERYTHING, Asked(case_id="c1"))
    assert (found["trace_id"], found["name"], found["spans"], found["errors"], found["agencies"]) == (
        trace,
        "POST /v1/applications",
        3,
        1,
        ["a1"],
    )
    assembled = assemble(await store.spans(EVERYTHING, trace), trace)
    assert assembled is not None
    assert [depth for depth, _ in assembled.spans] == [0, 1, 2]


async def test_spans_that_are_sent_again_are_counted_once(store: SpanStore) -> None:
    trace = trace_id()
    for _ in range(2):
        await store.keep([record(trace, 1), record(trace, 1), record(trace, 2, 1)])

    (found,) = [each for each in await store.search(EVERYTHING, Asked()) if each["trace_id"] == trace]
    assert found["spans"] == 2


async def test_an_agency_sees_its_own_spans_and_the_operator_those_of_nobody(store: SpanStore) -> None:
    ours, mixed, nobodys = trace_id(), trace_id(), trace_id()
    await store.keep(
        [
            record(ours, 1, agency="ours"),
            record(mixed, 1),
            record(mixed, 2, 1, agency="ours"),
            record(mixed, 3, 1, agency="theirs", case_id="secret"),
            record(nobodys, 1),
        ]
    )

    async def seen(by: Seen) -> set[str]:
        return {each["trace_id"] for each in await store.search(by, Asked())} & {ours, mixed, nobodys}

    assert await seen(Seen("ours")) == {ours, mixed}
    assert await seen(Seen("ours", nobodys=True)) == {ours, mixed, nobodys}
    assert await seen(Seen("theirs")) == {mixed}
    assert {span.span[-1] for span in await store.spans(Seen("ours"), mixed)} == {"2"}, "what tells no agency may be the other's"
    assert [each["cases"] for each in await store.search(Seen("ours"), Asked()) if each["trace_id"] == mixed] == [[]]
    assert await store.spans(Seen("theirs"), ours) == []
    assert await store.spans(Seen("ours"), nobodys) == []


async def test_search_by_service_error_duration_and_page(store: SpanStore) -> None:
    slow, failed, third = trace_id(), trace_id(), trace_id()
    for trace, more in ((slow, {"ms": 900}), (failed, {"error": True}), (third, {})):
        await store.keep([record(trace, 1, agency="paged", **more)])  # type: ignore[arg-type]
    mine = Seen("paged")

    async def ids(**asked: object) -> list[str]:
        return [each["trace_id"] for each in await store.search(mine, Asked(**asked))]  # type: ignore[arg-type]

    assert await ids() == [third, failed, slow]
    assert await ids(min_ms=500) == [slow]
    assert await ids(error=True) == [failed]
    assert await ids(error=False) == [third, slow]
    assert await ids(service="review") == []
    first = await store.search(mine, Asked(limit=1))
    assert await ids(before=first[0]["seq"]) == [failed, slow]


async def test_old_days_go_when_a_new_one_begins(servers: Stack) -> None:
    store = await SpanStore.open(await prepared(servers, traces_days=2))
    day, traces = date(2026, 3, 1), [trace_id() for _ in range(3)]
    try:
        for n, trace in enumerate(traces):
            await store.keep([record(trace, 1)], day + timedelta(days=n))
        left = {each["trace_id"] for each in await store.search(EVERYTHING, Asked())}
        assert left == set(traces[1:])
        assert await store.spans(EVERYTHING, traces[0]) == []
        partitions = await store._pool.fetch("SELECT relname FROM pg_class WHERE relname ~ '^spans_2026....$' ORDER BY 1")
        assert [row["relname"] for row in partitions] == ["spans_20260302", "spans_20260303", "spans_20260304"]
    finally:
        await store.close()


async def test_the_receiver_takes_protobuf_gzip_and_json(using: Settings, client: httpx.AsyncClient, store: SpanStore) -> None:
    plain, packed, as_json = trace_id(), trace_id(), trace_id()
    answer = await client.post("/v1/traces", content=exported(plain, attributes={"kepil.case_id": "c7"}), headers=sending(using))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == otlp.PROTOBUF
    assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")

    body = gzip.compress(exported(packed))
    assert (await client.post("/v1/traces", content=body, headers={**sending(using), "content-encoding": "gzip"})).status_code == 200

    span = {"traceId": as_json, "spanId": "00000000000000bb", "name": "s", "startTimeUnixNano": "5", "endTimeUnixNano": "9"}
    document = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span, {**span, "traceId": "00"}]}]}], "later": 1}
    answer = await client.post("/v1/traces", content=orjson.dumps(document), headers=sending(using, otlp.JSON))
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    for trace in (plain, packed, as_json):
        assert len(await store.spans(EVERYTHING, trace)) == 1


async def test_what_no_trace_should_tell_is_not_kept(using: Settings, client: httpx.AsyncClient, store: SpanStore) -> None:
    trace = trace_id()
    told = {"client.address": "10.1.2.3", "url.full": "http://x/y?name=Aibek", "http.route": "/y", "long": "x" * 5_000}
    await client.post("/v1/traces", content=exported(trace, attributes=told), headers=sending(using))

    (span,) = await store.spans(EVERYTHING, trace)
    assert span.attributes == {"url.full": "http://x/y", "http.route": "/y", "long": "x" * 400}


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"\xff\xff\xff", {}, 422),
        (b"[]", {"content-type": otlp.JSON}, 422),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"no gzip", {"content-encoding": "gzip"}, 422),
        (gzip.compress(b"\0" * 40_000_000), {"content-encoding": "gzip"}, 413),
        (b"x" * 9_000_000, {}, 413),
        (b"", {"authorization": "Bearer " + b64encode(b"another").decode()}, 401),
    ],
    ids=["no protobuf", "no request", "type", "no gzip", "bomb", "too large", "stranger"],
)
async def test_the_receiver_refuses(using: Settings, client: httpx.AsyncClient, body: bytes, more: dict[str, str], status: int) -> None:
    assert (await client.post("/v1/traces", content=body, headers={**sending(using), **more})).status_code == status


async def test_a_reader_needs_a_role_and_sees_a_trace_whole(using: Settings, client: httpx.AsyncClient) -> None:
    trace = trace_id()
    told = {"kepil.agency": "ours", "kepil.case_id": "c9"}
    await client.post("/v1/traces", content=exported(trace, attributes=told), headers=sending(using))

    found = (await client.get("/v1/traces", params={"case_id": "c9"}, headers=reading(using, "ours", Role.auditor))).json()
    assert [(each["trace_id"], each["name"], each["duration_ms"]) for each in found["items"]] == [(trace, "POST /v1/applications", 7.0)]
    one = await client.get(f"/v1/traces/{trace}", headers=reading(using, "ours"))
    assert one.json()["spans"][0]["attributes"]["kepil.case_id"] == "c9"
    assert (await client.get(f"/v1/traces/{trace}", headers=reading(using, "theirs"))).status_code == 404
    assert (await client.get("/v1/traces")).status_code == 401
    for role in (Role.institution_officer, Role.expert, Role.council_member):
        assert (await client.get("/v1/traces", headers=reading(using, "ours", role))).status_code == 403


async def test_while_the_database_is_away_senders_are_told_to_come_again(
    using: Settings, client: httpx.AsyncClient, store: SpanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise asyncpg.CannotConnectNowError("starting up")

    monkeypatch.setattr(store, "keep", gone)
    answer = await client.post("/v1/traces", content=exported(trace_id()), headers=sending(using))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
