"""The shape of what `kepil bench` says, and that every measurement runs, at the smallest sizes. No figure is judged."""

import io
import json

import pytest
from rich.console import Console

import cli.bench
from bench.results import Result, Sizes, machine, percentile
from cli.supervisor import Stack

TINY = Sizes(seconds=0.1, rounds=1, writers=(1, 2), backlog=50, latency_seconds=0.3, latency_rate=50)


def test_a_rate_is_judged_by_its_ratio_and_a_latency_by_itself() -> None:
    assert Result("a", 60, 100, "peer", "events/s", 0.6).met is True
    assert Result("a", 59, 100, "peer", "events/s", 0.6).met is False
    assert Result("a", 20, None, "", "ms", 20).met is True
    assert Result("a", 21, None, "", "ms", 20).met is False
    assert Result("a", 60, 100, "peer", "events/s", None).met is None


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0


def test_the_table_shows_both_sides_ratio_and_target() -> None:
    console = Console(width=160, record=True, quiet=False, file=io.StringIO())
    console.print(cli.bench.table([Result("store", 600, 1500, "asyncpg", "events/s", 0.6), Result("p50", 12.3, None, "", "ms", 20)]))
    text = console.export_text()
    for shown in ("600 events/s", "1,500  asyncpg", "0.40", "≥ 0.6", "not met", "12.3 ms", "≤ 20"):
        assert shown in text


def test_the_machine_is_described() -> None:
    about = machine()
    assert about["cores"] >= 1
    assert {"python", "asyncpg", "nats-py"} <= about.keys()


async def test_an_unknown_measurement_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert await cli.bench.run("speed") == 2
    assert "latency" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "lines"), [("store", 4), ("relay", 2)])
async def test_the_servers_alone_are_measured(servers: Stack, kind: str, lines: int) -> None:
    results = await cli.bench.measure(kind, TINY, servers.environment)
    assert len(results) == lines
    assert all(result.kepil > 0 and result.peer and result.ratio for result in results)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "lines"), [("http", 1), ("latency", 3)])
async def test_a_running_stack_is_measured(stack: Stack, capsys: pytest.CaptureFixture[str], kind: str, lines: int) -> None:
    assert await cli.bench.run(kind, json=True, state=stack.state.path, sizes=TINY) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["results"]) == lines
    assert all(line["kepil"] > 0 and "met" in line and "ratio" in line for line in document["results"])
