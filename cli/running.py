"""The stack that another process runs on a state folder: its description, its end, and its settings for commands."""

import os
import signal
from pathlib import Path
from typing import Any

from cli.errors import Explained
from cli.state import AlreadyRunning, StateDir, identity, stop_leftovers, wait_gone


class NotRunning(Explained):
    """No supervisor lives on the state folder."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(f"Kepil does not run on {state_dir}: start it with `kepil up`")


def describe(state_dir: Path) -> dict[str, Any]:
    """What the living supervisor wrote: parts, pids, ports, urls, environment, started_at. NotRunning."""
    state = StateDir(state_dir.absolute())
    content = state.read_stack()
    if content is None or state.supervisor() is None:
        raise NotRunning(state.path)
    return content


def adopt(state_dir: Path) -> dict[str, Any]:
    """Gives this process the running stack's settings; call it before `chassis.settings.settings()`. NotRunning."""
    content = describe(state_dir)
    os.environ.update({key: value for key, value in content["environment"].items() if key.startswith("KEPIL_")})
    return content


def stop(state_dir: Path, timeout: float = 120.0) -> list[str]:
    """Stops the supervisor in order, or what a killed one left; names what was stopped, nothing if nothing ran."""
    state = StateDir(state_dir.absolute())
    supervisor = state.supervisor()
    if supervisor:
        names = [part["name"] for part in (state.read_stack() or {}).get("parts", []) if part["pid"]]
        named = identity(supervisor.pid)
        supervisor.send_signal(signal.SIGTERM)
        if wait_gone([named], timeout):
            raise TimeoutError(f"the supervisor (process {supervisor.pid}) did not end within {timeout:.0f} s")
        return names
    if not state.run.is_dir():
        return []
    try:
        lock = state.lock()
    except AlreadyRunning:
        raise RuntimeError(f"a supervisor is just starting or ending on {state.path}: try again in a moment") from None
    with lock:
        found = stop_leftovers(state)
        state.stack_file.unlink(missing_ok=True)
    return found
