"""Stacks that start side by side choose their ports: no two take the same."""

import json
import socket
import subprocess
import sys

import pytest

from cli import ports
from cli.ports import FreePorts
from cli.state import ROOT

HOST = "127.0.0.1"
#: So few that two who do not know of each other would meet.
FEW = range(11_900, 11_924)
TAKING = f"""
import json, sys
from cli import ports
ports._FREE_RANGE = range({FEW.start}, {FEW.stop})
free = ports.FreePorts()
print(json.dumps([free.take("{HOST}") for _ in range(10)]), flush=True)
sys.stdin.read()
"""


def test_processes_that_choose_at_the_same_time_take_different_ports() -> None:
    command = [sys.executable, "-c", TAKING]
    running = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        taken = [json.loads(each.stdout.readline()) for each in running if each.stdout]
    finally:
        for each in running:
            each.communicate(timeout=30)
    assert len({port for some in taken for port in some}) == 20


def test_what_is_released_is_taken_again_and_what_somebody_listens_on_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_FREE_RANGE", range(FEW.stop, FEW.stop + 3))
    one, other = FreePorts(), FreePorts()
    with socket.create_server((HOST, FEW.stop)):
        assert {one.take(HOST), one.take(HOST)} == {FEW.stop + 1, FEW.stop + 2}
        with pytest.raises(OSError, match=f"no port from {FEW.stop} to {FEW.stop + 2} is free"):
            other.take(HOST)
        one.release()
        assert {other.take(HOST), other.take(HOST)} == {FEW.stop + 1, FEW.stop + 2}
    other.release()


def test_a_host_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"):
        FreePorts().take("192.0.2.1")
