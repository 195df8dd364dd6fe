"""One part of the stack as a child process: started, watched, restarted when it dies, stopped."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cli.errors import Explained
from cli.ports import holder, listens
from cli.state import ROOT, StateDir, write_pid

State = Literal["waiting", "starting", "ready", "restarting", "stopping", "stopped", "done", "failed"]

_LEASH = Path(__file__).with_name("leash.py")
_POLL = 0.05
_LONGEST_PAUSE = 5.0
_FIRST_TRIES = 3
_LOG_LIMIT = 20_000_000


class StartFailed(Explained):
    """A part did not come up; `log_tail` has the end of its log."""

    def __init__(self, part: str, reason: str, log: Path) -> None:
        self.part = part
        self.log = log
        self.log_tail = tail(log)
        super().__init__(f"{part} {reason}; the end of {log}:\n{self.log_tail}")


@dataclass(frozen=True)
class Part:
    """What to run and how to know that it works. Without `ready` it is a job that must end well, once."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace: float = 15.0
    user: tuple[int, int] | None = None
    port: int | None = None
    url: str | None = None


@dataclass(frozen=True)
class PartStatus:
    """A part as seen from outside."""

    name: str
    state: State
    pid: int | None
    restarts: int
    port: int | None
    url: str | None
    log: str


class Child:
    """Keeps one part running. `changed` is called at each change of state."""

    def __init__(self, part: Part, state: StateDir, changed: Callable[["Child"], None], start_timeout: float) -> None:
        self.part = part
        self.state: State = "waiting"
        self.restarts = 0
        self._dir = state
        self._changed = changed
        self._start_timeout = start_timeout
        self._process: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._noted = ""

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def log(self) -> Path:
        return self._dir.log(self.part.name)

    def status(self) -> PartStatus:
        part = self.part
        return PartStatus(part.name, self.state, self.pid, self.restarts, part.port, part.url, str(self.log))

    async def start(self) -> None:
        """Returns at the first readiness (of a job: its good end). StartFailed after three deaths or the time out."""
        self._first = asyncio.get_running_loop().create_future()
        self._loop = asyncio.create_task(self._keep_running() if self.part.ready else self._run_once())
        try:
            async with asyncio.timeout(self._start_timeout):
                await asyncio.shield(self._first)
        except TimeoutError:
            self._set("failed")
            raise StartFailed(self.part.name, f"was not ready after {self._start_timeout:.0f} s", self.log) from None

    async def stop(self) -> None:
        """Asks the process to leave, kills it after the grace, and waits for its end."""
        if self._loop is None:
            return
        self._stop.set()
        if self.pid:
            self._set("stopping")
            self._send(self.part.stop_signal)
        try:
            async with asyncio.timeout(self.part.stop_grace):
                await asyncio.shield(self._loop)
        except TimeoutError:
            self._send(signal.SIGKILL)
            await self._loop
        if self.state not in ("done", "failed"):
            self._set("stopped")

    async def kill(self, signum: signal.Signals) -> None:
        """Sends a signal; after one that ends processes, waits for the end."""
        process = self._process
        if process is None or process.returncode is not None:
            raise ProcessLookupError(f"{self.part.name} does not run")
        self._send(signum)
        if signum in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT):
            await process.wait()
            if not self._stop.is_set():
                self._set("restarting")

    async def answers(self) -> bool:
        """Ready by its state and by a new check."""
        return self.state == "done" or (self.state == "ready" and await self._check())

    async def _keep_running(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._set("starting")
            began = time.monotonic()
            was_ready = await self._run()
            if self._stop.is_set():
                break
            failures = 0 if was_ready and time.monotonic() - began > _LONGEST_PAUSE else failures + 1
            if self._first and not self._first.done() and failures >= _FIRST_TRIES:
                self._set("failed")
                self._first.set_exception(StartFailed(self.part.name, f"died {failures} times at its start", self.log))
                return
            self.restarts += 1
            self._set("restarting")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), min(_LONGEST_PAUSE, 0.1 * 2 ** (failures - 1) if failures else 0.1))

    async def _run(self) -> bool:
        """One life of the process; says whether it became ready."""
        process = await self._spawn()
        if process is None:
            return False
        end = asyncio.create_task(process.wait())
        was_ready = False
        while not was_ready and not end.done():
            was_ready = await self._check() and not end.done()
            if not was_ready:
                await asyncio.wait({end}, timeout=_POLL)
        if was_ready and not self._stop.is_set():
            self._set("ready")
            if self._first and not self._first.done():
                self._first.set_result(None)
        await end
        self._dir.pid_file(self.part.name).unlink(missing_ok=True)
        return was_ready

    async def _run_once(self) -> None:
        self._set("starting")
        assert self._first
        process = await self._spawn()
        code = await process.wait() if process else 1
        self._dir.pid_file(self.part.name).unlink(missing_ok=True)
        if self._first.done():
            return
        if code == 0:
            self._set("done")
            self._first.set_result(None)
        else:
            self._set("failed")
            self._first.set_exception(StartFailed(self.part.name, f"ended with {code}", self.log))

    async def _check(self) -> bool:
        assert self.part.ready
        try:
            answers = await self.part.ready()
        except Exception as error:
            self._note(f"readiness check: {error!r}")
            return False
        port, pid = self.part.port, self.pid
        if not answers or port is None:
            return answers
        ours = pid is not None and await asyncio.to_thread(listens, pid, port)
        if pid is not None and not ours:
            other = await asyncio.to_thread(holder, port) or "nobody that the system tells of"
            self._note(f"port {port} answers, but not for this process ({pid}): {other} listens there")
        return ours

    async def _spawn(self) -> asyncio.subprocess.Process | None:
        """The process, or None with the reason in the log."""
        part = self.part
        self._noted = ""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        try:
            if part.prepare:
                await part.prepare()
            if self._stop.is_set():
                return None
            uid, gid = part.user or (os.geteuid(), os.getegid())
            leash = (sys.executable, "-I", "-S", str(_LEASH), str(int(part.stop_signal)), str(os.getpid()), str(uid), str(gid))
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *leash,
                    *part.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **part.environment},
                    cwd="/" if part.user else ROOT,
                    start_new_session=True,
                )
        except (OSError, RuntimeError) as error:
            self._note(f"cannot start: {error}")
            return None
        write_pid(self._dir.pid_file(part.name), self._process.pid, part.stop_signal)
        self._changed(self)
        if self._stop.is_set():  # asked to stop between the check above and now
            self._send(part.stop_signal)
        return self._process

    def _send(self, signum: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signum)

    def _set(self, state: State) -> None:
        self.state = state
        self._changed(self)

    def _note(self, text: str) -> None:
        if text != self._noted:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"kepil: {text}\n")
        self._noted = text


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 200 * lines))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
