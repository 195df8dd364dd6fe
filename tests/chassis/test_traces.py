"""Traces read back from span files and drawn."""

import json
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from chassis.traces import assemble, latest, of_case, read, render
from cli.trace import run, trace

T1, T2 = "1" * 32, "2" * 32


def _line(trace_id: str, span: str, parent: str | None, service: str, name: str, start: int, end: int, **more: object) -> str:
    told = {"trace": trace_id, "span": span, "parent": parent, "service": service, "name": name, "kind": "internal"}
    return json.dumps({**told, "start": start * 10**6, "end": end * 10**6, "error": False, "attributes": {}, "links": [], **more})


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    intake = [
        _line(T1, "a", None, "intake", "POST /v1/cases", 0, 100, kind="server", attributes={"kepil.case_id": "c1"}),
        _line(T1, "b", "a", "intake", "append [events]", 10, 30, attributes={"kepil.stream": "application-c1"}),
        '{"trace": "cut sho',
        "[1, 2]",
    ]
    review = [
        _line(T1, "d", "b", "review", "process kepil.intake", 50, 90, error=True, attributes={"error.type": "ValueError"}),
        _line(T2, "e", "gone", "review", "orphan", 200, 210, attributes={"kepil.case_id": "c1"}),
        _line(T2, "f", None, "review", "poll", 220, 230),
    ]
    (folder / "intake.jsonl.1").write_text("\n".join(intake[:1]) + "\n")
    (folder / "intake.jsonl").write_text("\n".join(intake[1:]) + "\n")
    (folder / "review.jsonl").write_text("\n".join(review))
    return tmp_path


def test_a_trace_is_put_together_across_services_and_rotated_files(state: Path) -> None:
    found = assemble(read(state / "traces"), T1)

    assert found is not None
    assert [(depth, span.name) for depth, span in found.spans] == [
        (0, "POST /v1/cases"),
        (1, "append [events]"),
        (2, "process kepil.intake"),
    ]
    assert found.services == ["intake", "review"]


def test_a_span_whose_parent_is_lost_still_shows(state: Path) -> None:
    found = assemble(read(state / "traces"), T2)

    assert found is not None
    assert [(depth, span.name) for depth, span in found.spans] == [(0, "orphan"), (0, "poll")]
    assert assemble(read(state / "traces"), "3" * 32) is None


def test_the_newest_is_what_a_caller_began_last(state: Path) -> None:
    assert latest(read(state / "traces")) == T1
    assert latest([]) is None


def test_the_traces_of_a_case_come_oldest_first(state: Path) -> None:
    assert of_case(read(state / "traces"), "c1") == [T1, T2]
    assert of_case(read(state / "traces"), "c2") == []


def test_the_waterfall_shows_service_time_bar_and_error(state: Path) -> None:
    found = assemble(read(state / "traces"), T1)
    assert found is not None
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(render(found))
    lines = captured.get().splitlines()

    assert "100.0 ms" in lines[0]
    assert "1 failed" in lines[0]
    assert "append [events]" in lines[2]
    assert "✗ process kepil.intake" in lines[3]
    assert "ValueError" in lines[3]
    assert lines[1].count("━") == 24
    assert lines[3].index("━") > lines[1].index("━")


def _cli(state: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    from chassis.settings import settings

    monkeypatch.setenv("KEPIL_STATE_DIR", str(state))
    settings.cache_clear()
    app = typer.Typer()
    app.command()(trace)
    result = CliRunner().invoke(app, list(arguments))
    settings.cache_clear()
    return result.exit_code, result.output


def test_the_command_finds_by_beginning_case_and_newest(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (("111",), ("--last",), ()):
        code, output = _cli(state, *arguments, "--json", monkeypatch=monkeypatch)
        assert code == 0
        assert [span["span"] for span in json.loads(output)["spans"]] == ["a", "b", "d"]
    code, output = _cli(state, "--case", "c1", "--json", monkeypatch=monkeypatch)
    assert [json.loads(line)["trace"] for line in output.splitlines()] == [T1, T2]


def test_the_command_says_what_it_cannot_show(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _cli(state, "999", monkeypatch=monkeypatch)[0] == 1
    assert _cli(state, "", monkeypatch=monkeypatch)[0] == 2
    assert _cli(state, "111", "--last", monkeypatch=monkeypatch)[0] == 2
    assert run(None, state / "nowhere") == 1
