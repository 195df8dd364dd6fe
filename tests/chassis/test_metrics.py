"""Metrics of a process: what Prometheus reads, who may read it, and that no alert waits for a metric that nobody tells."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from starlette.applications import Starlette

from chassis import metrics
from chassis.settings import Settings
from cli.supervisor import Stack

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy" / "alerts.yaml"
RULES: list[dict[str, Any]] = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
_NAME = re.compile(r"\b((?:kepil|http)_[a-z_]+)\b")


def test_the_text_is_what_prometheus_reads() -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    meter.create_counter("kepil.tries", description='Tries\nand "more"').add(3, {"outcome": 'a "b"\\'})
    meter.create_gauge("kepil.age", "s").set(1.5)
    meter.create_gauge("kepil.lag", "{events}").set(2)
    histogram = meter.create_histogram("kepil.took", "s", explicit_bucket_boundaries_advisory=[1, 5])
    for value in (0.5, 2, 9):
        histogram.record(value, {"route": "/v1"})

    assert metrics.exposition(reader.get_metrics_data()).splitlines() == [
        "# HELP kepil_age_seconds kepil.age",
        "# TYPE kepil_age_seconds gauge",
        "kepil_age_seconds 1.5",
        "# HELP kepil_lag kepil.lag",
        "# TYPE kepil_lag gauge",
        "kepil_lag 2",
        "# HELP kepil_took_seconds kepil.took",
        "# TYPE kepil_took_seconds histogram",
        'kepil_took_seconds_bucket{le="1",route="/v1"} 1',
        'kepil_took_seconds_bucket{le="5",route="/v1"} 2',
        'kepil_took_seconds_bucket{le="+Inf",route="/v1"} 3',
        'kepil_took_seconds_sum{route="/v1"} 11.5',
        'kepil_took_seconds_count{route="/v1"} 3',
        r"# HELP kepil_tries_total Tries\nand \"more\"",
        "# TYPE kepil_tries_total counter",
        r'kepil_tries_total{outcome="a \"b\"\\"} 3',
    ]
    assert metrics.exposition(None) == ""


@pytest.mark.parametrize(
    ("token", "peer", "headers", "status"),
    [
        (None, "127.0.0.1", {}, 200),
        (None, "::1", {}, 200),
        (None, "10.0.0.7", {}, 404),
        (None, "127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, 404),
        (None, "127.0.0.1", {"Host": "kepil.example"}, 404),
        (None, "127.0.0.1", {"Host": "localhost:8108"}, 200),
        ("secret", "10.0.0.7", {"Authorization": "Bearer secret"}, 200),
        ("secret", "127.0.0.1", {}, 404),
        ("secret", "127.0.0.1", {"Authorization": "Bearer другой".encode().decode("latin-1")}, 404),
    ],
)
async def test_only_the_machine_itself_or_the_token_reads_metrics(
    token: str | None, peer: str, headers: dict[str, str], status: int
) -> None:
    app = Starlette()
    metrics.expose(app, Settings(metrics_token=token))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 1)), base_url="http://127.0.0.1:8101") as client:
        assert (await client.get("/metrics", headers=[(k, v.encode("latin-1")) for k, v in headers.items()])).status_code == status  # type: ignore[misc]


async def test_every_metric_that_an_alert_names_is_told_by_the_running_stack(stack: Stack) -> None:
    told: set[str] = set()
    async with httpx.AsyncClient() as client:
        for part in (*stack.options.services, "issuer"):
            await client.get(f"{stack.urls[part]}/v1/nothing")
            answer = await client.get(f"{stack.urls[part]}/metrics")
            assert answer.status_code == 200, part
            told |= {re.split(r"[{ ]", line)[0] for line in answer.text.splitlines() if not line.startswith("#")}

    named = {name for rule in RULES for name in _NAME.findall(rule["expr"])} - {"http_response_status_code"}
    assert len(named) > 10
    assert named - told == set()


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    headings = {line.removeprefix("### ").strip() for line in operations.splitlines() if line.startswith("### ")}
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert {rule["alert"] for rule in RULES} == headings


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus's promtool is not on this machine")
def test_prometheus_takes_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(ALERTS)], check=True)
