"""The state folder: where things lie in it, who runs on it now, and what a killed supervisor left behind."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from cli.errors import Explained

ROOT = Path(__file__).resolve().parent.parent


class AlreadyRunning(Explained):
    """Another supervisor holds this state folder."""


def default_state_dir() -> Path:
    """`KEPIL_STATE_DIR`, or `.kepil` of the project, wherever the command was typed."""
    return Path(os.environ.get("KEPIL_STATE_DIR") or ROOT / ".kepil").absolute()


@dataclass(frozen=True)
class StateDir:
    """Paths in one state folder. Searchable by all (the database may run as another user), readable by its owner."""

    path: Path

    def make(self) -> None:
        """Creates what is missing."""
        for folder, mode in ((self.path, 0o711), (self.logs, 0o700), (self.run, 0o700), (self.secrets, 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def stack_file(self) -> Path:
        return self.run / "stack.json"

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def pid_file(self, part: str) -> Path:
        return self.run / f"{part}.pid"

    def write_stack(self, content: Mapping[str, Any]) -> None:
        """Replaces the description of the running stack at once; it holds secrets."""
        fresh = self.stack_file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        fresh.replace(self.stack_file)

    def read_stack(self) -> dict[str, Any] | None:
        """What the supervisor wrote last, or None."""
        try:
            content: dict[str, Any] = json.loads(self.stack_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content

    def supervisor(self) -> psutil.Process | None:
        """The living supervisor of this folder."""
        content = self.read_stack()
        return alive(content["supervisor"]) if content else None

    def lock(self) -> IO[str]:
        """Takes the folder until the file is closed or the process ends. AlreadyRunning if another has it."""
        file = open(self.run / "lock", "a")  # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            content = self.read_stack() or {}
            who = content.get("supervisor", {}).get("pid", "unknown")
            since = content.get("started_at", "now")
            raise AlreadyRunning(f"Kepil already runs on {self.path} (supervisor {who}, since {since}): `kepil down` stops it") from None
        return file


def identity(pid: int) -> dict[str, Any]:
    """A process named so that a later process with the same pid is not taken for it."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def alive(named: Mapping[str, Any]) -> psutil.Process | None:
    """The process that `identity` named, if it still runs."""
    try:
        process = psutil.Process(named["pid"])
        if abs(process.create_time() - named["created"]) < 0.05 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    except (psutil.Error, KeyError, TypeError):
        pass
    return None


def write_pid(file: Path, pid: int, stop_signal: signal.Signals) -> None:
    """Notes a child for the case that the supervisor is killed before it can stop it."""
    try:
        named = identity(pid)
    except psutil.Error:
        return
    file.write_text(json.dumps({**named, "stop_signal": int(stop_signal)}), encoding="utf-8")


def stop_leftovers(state: StateDir, grace: float = 10.0) -> list[str]:
    """Stops the children of a supervisor that was killed; returns the names of parts. Call it with the lock held."""
    found: dict[str, Mapping[str, Any]] = {}
    for file in sorted(state.run.glob("*.pid")):
        try:
            named = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            named = {}
        if process := alive(named):
            found[file.stem] = named
            _signal(process, named.get("stop_signal", signal.SIGTERM))
        file.unlink(missing_ok=True)
    for named in wait_gone(list(found.values()), grace):
        if process := alive(named):
            _signal(process, signal.SIGKILL)
    wait_gone(list(found.values()), grace)
    return list(found)


def wait_gone(named: Sequence[Mapping[str, Any]], timeout: float) -> list[Mapping[str, Any]]:
    """Those of the processes that still run after `timeout` seconds. One that only waits to be reaped is gone."""
    deadline = time.monotonic() + timeout
    while (left := [one for one in named if alive(one)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _signal(process: psutil.Process, signum: int) -> None:
    try:
        process.send_signal(signum)
    except psutil.NoSuchProcess:
        pass
