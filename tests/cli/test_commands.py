"""The command line as a user meets it: up, status, logs, down, and a supervisor that is killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import describe
from cli.state import ROOT, StateDir, alive
from tests.cli.conftest import gone, until

PORT_BASE = {"test_up_status_logs_down": 10100, "test_children_of_a_killed_supervisor_end": 10300, "test_interrupt": 10500}


def kepil(*arguments: str, timeout: float = 90) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


def up(state: Path, base: int) -> subprocess.CompletedProcess[str]:
    return kepil("up", "--detach", "--services", "", "--state", str(state), "--port-base", str(base))


def test_up_status_logs_down(tmp_path: Path) -> None:
    state = tmp_path / "state"
    started = up(state, PORT_BASE["test_up_status_logs_down"])
    assert started.returncode == 0, started.stdout + started.stderr
    assert "nats://127.0.0.1:10142" in started.stdout
    pids = list(describe(state)["pids"].values())

    health = kepil("status", "--json", "--state", str(state))
    assert health.returncode == 0, health.stderr
    found = json.loads(health.stdout)
    assert found["healthy"]
    assert {part["name"] for part in found["parts"]} == {"postgres", "nats", "temporal", "supervisor"}
    assert found["rss"] > 0
    assert describe(state)["urls"]["postgres"].split(":")[2].split("@")[0] not in health.stdout  # no password in what is shown

    assert "database system is ready" in kepil("logs", "postgres", "--state", str(state)).stdout
    assert "there are: " in kepil("logs", "nothing", "--state", str(state)).stderr

    again = up(state, PORT_BASE["test_up_status_logs_down"])
    assert again.returncode == 1
    assert "already runs" in again.stdout

    assert kepil("down", "--state", str(state)).returncode == 0
    assert gone(pids)
    after = kepil("status", "--state", str(state))
    assert after.returncode == 1
    assert "does not run" in after.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops what was left")
def test_children_of_a_killed_supervisor_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    base = PORT_BASE["test_children_of_a_killed_supervisor_end"]
    assert up(state, base).returncode == 0
    content = describe(state)
    os.kill(content["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: gone(list(content["pids"].values())), "children end with their supervisor")
    restarted = up(state, base)
    assert restarted.returncode == 0, restarted.stdout
    assert kepil("down", "--state", str(state)).returncode == 0


def test_down_stops_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    state.make()
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    from cli.state import write_pid

    write_pid(state.pid_file("orphan"), left.pid, signal.SIGTERM)
    stopped = kepil("down", "--state", str(state.path))
    assert "orphan" in stopped.stdout
    assert left.wait(10) == -signal.SIGTERM


def test_a_pid_of_another_process_is_left_alone() -> None:
    assert alive({"pid": os.getpid(), "created": 1.0}) is None


def test_interrupt_while_it_runs_stops_in_order(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    command = [sys.executable, "-m", "cli", "up", "--services", "", "--state", str(state.path)]
    process = subprocess.Popen([*command, "--port-base", str(PORT_BASE["test_interrupt"])], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    until(lambda: bool((state.read_stack() or {}).get("ready")), "up")
    pids = list(describe(state.path)["pids"].values())
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "stopping" in output
    assert gone(pids)


def test_token_of_a_role() -> None:
    unknown = kepil("token", "--role", "emperor")
    assert unknown.returncode == 2
    assert "coordinator" in unknown.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    answer = kepil("ascend")
    assert answer.returncode == 2
    assert "No such command" in answer.stderr
