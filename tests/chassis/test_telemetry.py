"""Spans, log lines and traces, from a process that runs as a service does."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.spanfiles import Discreet, SpanFile

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

PROCESS = """
import asyncio, logging, os
import httpx
from fastapi import FastAPI
from chassis import telemetry
from chassis.logs import logger, bind
from chassis.problem_handlers import install
from chassis.settings import settings

telemetry.setup("intake", settings())
telemetry.setup("intake", settings())
app = FastAPI()
install(app)
telemetry.instrument(app)

@app.get("/cases/{case_id}")
async def case(case_id: str):
    telemetry.annotate(case_id=case_id, agency="iqaa")
    bind(agency="iqaa")
    try:
        int("x")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("foreign")
    logger("kepil.intake").info("case read", token="eyJhbGciOi.eyJzdWIi.c2ln", url="postgresql://kepil:hunter2@db/x")
    logging.getLogger("asyncpg").warning("sent %s", "Bearer abc.def")
    with telemetry.producer_span("kepil.intake.case.CaseRead", message_id="e1", kepil__stream="case-" + case_id):
        carried = telemetry.current_traceparent()
    with telemetry.consumer_span("kepil.intake.case.CaseRead", carried, group="review"):
        pass
    with telemetry.consumer_span("kepil.intake.case.CaseRead", carried, linked=True):
        pass
    return {}

@app.get("/healthz")
async def healthz():
    return {}

@app.get("/crash")
async def crash():
    raise ValueError("Key (name)=(Айгуль)\\nDETAIL: row of Айгуль")

async def main():
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        for path in ("/healthz", "/cases/c1?email=a@b.kg", "/crash"):
            answer = await http.get(path, headers={"traceparent": os.environ["PARENT"], "user-agent": "Secret/1"})
    print(answer.text)

asyncio.run(main())
telemetry.shutdown()
"""


class Collector(BaseHTTPRequestHandler):
    """Takes OTLP and remembers the paths."""

    seen: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        self.seen[self.path] = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, bytes]]]:
    state = tmp_path_factory.mktemp("state")
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "KEPIL_STATE_DIR": str(state),
        "PARENT": PARENT,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
    }
    done = subprocess.run([sys.executable, "-c", PROCESS], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    spans = [json.loads(line) for line in (state / "traces" / "intake.jsonl").read_text().splitlines()]
    yield spans, [json.loads(line) for line in done.stdout.splitlines()], Collector.seen
    collector.shutdown()


Run = tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, bytes]]


def test_one_trace_runs_from_the_caller_through_the_request_and_the_message(run: Run) -> None:
    spans = {(span["name"], span["kind"], bool(span["links"])): span for span in run[0]}
    request = spans["GET /cases/{case_id}", "server", False]
    sent = spans["send kepil.intake.case.CaseRead", "producer", False]
    processed = spans["process kepil.intake.case.CaseRead", "consumer", False]
    replayed = spans["process kepil.intake.case.CaseRead", "consumer", True]

    assert (request["trace"], request["parent"]) == (PARENT.split("-")[1], PARENT.split("-")[2])
    assert (sent["trace"], sent["parent"]) == (request["trace"], request["span"])
    assert (processed["trace"], processed["parent"]) == (request["trace"], sent["span"])
    assert replayed["trace"] != request["trace"]
    assert (replayed["parent"], replayed["links"]) == (None, [request["trace"]])
    assert request["service"] == "intake"
    assert request["attributes"]["kepil.case_id"] == "c1"
    assert request["attributes"]["http.response.status_code"] == 200
    assert sent["attributes"] == {
        "messaging.system": "nats",
        "messaging.destination.name": "kepil.intake.case.CaseRead",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.message.id": "e1",
        "kepil.stream": "case-c1",
    }
    assert processed["attributes"]["messaging.consumer.group.name"] == "review"


def test_health_checks_leave_no_spans(run: Run) -> None:
    assert not [span for span in run[0] if "healthz" in span["name"]]


def test_spans_tell_nothing_of_persons(run: Run) -> None:
    told = json.dumps(run[0], ensure_ascii=False)

    for word in ("a@b.kg", "Secret/1", "Айгуль", "client.address"):
        assert word not in told
    assert "Айгуль".encode() not in b"".join(run[2].values())
    assert [span["attributes"]["exception.type"] for span in run[0] if span["error"]] == ["ValueError"]


def test_log_lines_are_json_with_service_and_trace_and_without_secrets(run: Run) -> None:
    lines = {line.get("event"): line for line in run[1]}
    read = lines["case read"]

    assert (read["service"], read["agency"], read["level"]) == ("intake", "iqaa", "info")
    assert read["trace_id"] == PARENT.split("-")[1]
    assert read["token"] == "[secret]"
    assert read["url"] == "postgresql://[secret]@db/x"
    assert lines["sent [secret]"]["logger"] == "asyncpg"


def test_an_unexpected_error_is_logged_by_type_and_place_and_answered_with_its_trace(run: Run) -> None:
    line = next(line for line in run[1] if line.get("event") == "unexpected error")
    answer = next(line for line in run[1] if line.get("type") == "urn:kepil:problem:internal")

    assert line["exception"]["type"] == "ValueError"
    assert any(frame.endswith(" crash") for frame in line["exception"]["frames"])
    assert "DETAIL" not in json.dumps(line)
    assert answer["trace_id"] == line["trace_id"] == PARENT.split("-")[1]


def test_an_exception_of_another_library_is_told_in_the_same_way(run: Run) -> None:
    line = next(line for line in run[1] if line.get("event") == "foreign")

    assert line["exception"]["type"] == "ValueError"
    assert "Traceback" not in json.dumps(line)


def test_a_collector_gets_traces_metrics_and_logs(run: Run) -> None:
    assert set(run[2]) == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    assert b"case read" in run[2]["/v1/logs"]
    assert b"hunter2" not in run[2]["/v1/logs"]


@pytest.mark.parametrize(
    "traceparent", [None, "", "nonsense", "00-0-0-01", PARENT.replace("0af7", "zzzz"), "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
def test_a_malformed_traceparent_is_no_parent(traceparent: str | None) -> None:
    assert telemetry.context_from(traceparent) == {}


def test_outside_any_trace_there_is_no_traceparent() -> None:
    assert telemetry.current_traceparent() is None
    assert telemetry.current_trace_id() is None


def _spans(provider: TracerProvider, count: int) -> None:
    tracer = provider.get_tracer("test")
    for number in range(count):
        tracer.start_span(f"span {number}", kind=SpanKind.CLIENT).end()


def test_a_span_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "traces" / "x.jsonl"
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(SpanFile(path, most_bytes=4_000)))

    _spans(provider, 100)

    assert sorted(each.name for each in path.parent.iterdir()) == ["x.jsonl", "x.jsonl.1"]
    assert all(each.stat().st_size <= 4_000 for each in path.parent.iterdir())
    assert json.loads(path.read_text().splitlines()[-1])["name"] == "span 99"


def test_a_folder_that_cannot_be_written_costs_spans_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("a file")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(SpanFile(tmp_path / "traces" / "x.jsonl")))

    _spans(provider, 1)


def test_urls_lose_their_queries(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Discreet(SpanFile(path))))

    span = provider.get_tracer("test").start_span("GET", attributes={"url.full": "http://a/b?token=1", "client.address": "10.0.0.1"})
    span.end()

    assert isinstance(span, ReadableSpan)
    assert json.loads(path.read_text())["attributes"] == {"url.full": "http://a/b"}
