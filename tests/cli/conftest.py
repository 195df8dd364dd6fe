"""What the tests of the supervisor share: waiting for a condition, and a dummy service."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

DUMMY = [sys.executable, str(Path(__file__).with_name("dummy.py"))]


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Polls a condition of another process; fails with its name when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


def gone(pids: list[int]) -> bool:
    """None of these runs; a zombie in a container without an init does not count."""
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            continue
    return True


@pytest.fixture(autouse=True)
def no_settings_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack under test takes its settings from the test alone."""
    import os

    for name in [name for name in os.environ if name.startswith("KEPIL_")]:
        monkeypatch.delenv(name)
