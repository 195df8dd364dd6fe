"""The whole stack under one supervisor: ordered start, restarts, ordered stop. Also a library for the demo and for tests."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, Self

from chassis.settings import Settings
from cli import probes, servers
from cli.environment import child_environment
from cli.ports import SERVERS, FreePorts, PortBusy, check_free, fixed_ports
from cli.process import Child, Part, PartStatus, StartFailed
from cli.state import AlreadyRunning, StateDir, default_state_dir, identity, stop_leftovers

__all__ = ["AlreadyRunning", "PartStatus", "PortBusy", "Stack", "StackOptions", "StartFailed"]

SERVICES = ("intake", "review", "visits", "council", "monitoring", "notices")
ALL = (*SERVICES, "workflows", "console", "traces")
#: They begin with the servers and end with them: what the others need or tell to their last moment.
_BESIDE_SERVERS = ("issuer", "traces")


@dataclass(frozen=True)
class StackOptions:
    """What to start and where. `commands` replaces the program of a part, for tests."""

    state_dir: Path = field(default_factory=default_state_dir)
    time_skipping: bool = False
    services: Sequence[str] = ALL
    ports: Literal["fixed", "free"] = "fixed"
    port_base: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    start_timeout: float = 90.0
    migrate: bool | None = None
    issuer: bool | None = None


class Stack:
    """A running stack: `async with Stack(options) as stack`. All is ready inside, all is stopped after."""

    def __init__(self, options: StackOptions | None = None, *, on_change: Callable[[PartStatus], None] | None = None) -> None:
        self.options = options or StackOptions()
        self.state = StateDir(self.options.state_dir.absolute())
        self.ports: dict[str, int] = {}
        self.environment: dict[str, str] = {}
        self.leftovers: list[str] = []
        self.ready = False
        self._watchers = [on_change] if on_change else []
        self._children: dict[str, Child] = {}
        self._stages: list[list[Child]] = []
        self._lock: IO[str] | None = None
        self._free = FreePorts()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def parts(self) -> dict[str, PartStatus]:
        """Every part with its present state, in the order of start."""
        return {name: child.status() for name, child in self._children.items()}

    @property
    def pids(self) -> dict[str, int]:
        """Of the processes that run now."""
        return {name: child.pid for name, child in self._children.items() if child.pid}

    @property
    def urls(self) -> dict[str, str]:
        """Where to reach each part; the embedded database's has its password."""
        found = {name: child.part.url for name, child in self._children.items() if child.part.url}
        external = {"postgres": "KEPIL_POSTGRES_URL", "nats": "KEPIL_NATS_URL", "temporal": "KEPIL_TEMPORAL_ADDRESS"}
        found |= {name: self.environment[key] for name, key in external.items() if name not in found and key in self.environment}
        if "temporal-ui" in self.ports:
            found["temporal-ui"] = f"http://{self.settings().host}:{self.ports['temporal-ui']}"
        return found

    def settings(self) -> Settings:
        """The settings that the children have."""
        with _environ({**os.environ, **self.environment}):
            return Settings()

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.state.log(part)

    def on_change(self, callback: Callable[[PartStatus], None]) -> None:
        """Calls back at each change of a part's state."""
        self._watchers.append(callback)

    async def start(self) -> None:
        """Starts stage after stage. AlreadyRunning, PortBusy or StartFailed; then nothing is left running."""
        self.state.make()
        self._lock = self.state.lock()
        try:
            self.leftovers = await asyncio.to_thread(stop_leftovers, self.state)
            self._lay_out()
            check_free(self.settings().host, self.ports)
            self._write()
            for stage in self._stages:
                await self._start_stage(stage)
            self.ready = True
            self._write()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stops the stages in reverse order; safe to call again."""
        self.ready = False
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop() for child in stage))
        self._free.release()
        if self._lock:
            self.state.stack_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    async def kill(self, part: str, signum: signal.Signals = signal.SIGKILL) -> None:
        """Sends a signal to a part and waits until that process is gone; the part is then restarted."""
        await self._children[part].kill(signum)

    async def wait_ready(self, part: str | None = None, timeout: float = 60.0) -> None:
        """Until the part (or all) runs and answers. TimeoutError with the names of those that do not."""
        waiting = [self._children[part]] if part else list(self._children.values())
        try:
            async with asyncio.timeout(timeout):
                while waiting:
                    answers = await asyncio.gather(*(child.answers() for child in waiting))
                    waiting = [child for child, good in zip(waiting, answers, strict=True) if not good]
                    if waiting:
                        await asyncio.sleep(0.05)
        except TimeoutError:
            names = ", ".join(f"{child.part.name} ({child.state})" for child in waiting)
            raise TimeoutError(f"not ready after {timeout:.0f} s: {names}") from None

    def _lay_out(self) -> None:
        options = self.options
        with _environ({**os.environ, **options.environment}):
            given = Settings()
        issuer = options.issuer if options.issuer is not None else bool(options.services) and not given.auth_issuer
        programs = [*options.services, *(["issuer"] if issuer else [])]
        external = {
            *(("postgres",) if given.postgres_url else ()),
            *(("nats", "nats-monitor") if given.nats_url else ()),
            *(("temporal", "temporal-ui") if given.temporal_address else ()),
            *(("temporal-ui",) if options.time_skipping else ()),
        }
        if options.ports == "free":
            ports = {name: self._free.take(given.host) for name in (*SERVERS, *programs)}
        else:
            ports = fixed_ports(given, programs, options.port_base, self._free)
        self.ports = {name: port for name, port in ports.items() if name not in external}
        servers_parts = self._server_parts(given)
        urls = {part.name: part.url for part in servers_parts if part.url}
        self.environment = child_environment(given, options, self.state, self.ports, urls)
        migrate = options.migrate if options.migrate is not None else any(name in SERVICES for name in options.services)
        stages = [
            [*servers_parts, *(self._program(name) for name in programs if name in _BESIDE_SERVERS)],
            [self._job("migrate")] if migrate else [],
            [self._program(name) for name in options.services if name not in ("workflows", *_BESIDE_SERVERS)],
            [self._program(name) for name in options.services if name == "workflows"],
        ]
        self._stages = [[self._child(part) for part in stage] for stage in stages if stage]
        self._children = {child.part.name: child for stage in self._stages for child in stage}

    def _server_parts(self, given: Settings) -> list[Part]:
        ports, host = self.ports, given.host
        parts = []
        if "postgres" in ports:
            parts.append(servers.postgres_part(self.state, host, ports["postgres"]))
        if "nats" in ports:
            parts.append(servers.nats_part(self.state, host, ports["nats"], ports["nats-monitor"]))
        if "temporal" in ports and self.options.time_skipping:
            parts.append(servers.temporal_test_part(host, ports["temporal"], given.temporal_namespace))
        elif "temporal" in ports:
            parts.append(servers.temporal_part(self.state, host, ports["temporal"], ports["temporal-ui"], given.temporal_namespace))
        return parts

    def _program(self, name: str) -> Part:
        port = self.ports[name]
        url = f"http://{self.settings().host}:{port}"

        async def ready() -> bool:
            return await probes.http_ok(f"{url}/readyz")

        command = self.options.commands.get(name, (sys.executable, "-m", "cli", "serve", name))
        grace = self.settings().shutdown_grace_seconds + 5.0
        environment = {**self.environment, "KEPIL_PORT": str(port)}
        return Part(name, tuple(command), ready, environment=environment, stop_grace=grace, port=port, url=url)

    def _job(self, name: str) -> Part:
        command = self.options.commands.get(name, (sys.executable, "-m", "cli", name))
        return Part(name, tuple(command), environment=self.environment)

    def _child(self, part: Part) -> Child:
        return Child(part, self.state, self._changed, self.options.start_timeout)

    async def _start_stage(self, stage: list[Child]) -> None:
        starting = [asyncio.create_task(child.start()) for child in stage]
        try:
            await asyncio.gather(*starting)
        finally:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)

    def _changed(self, child: Child) -> None:
        status = child.status()
        for watcher in self._watchers:
            watcher(status)
        if self._lock:
            self._write()

    def _write(self) -> None:
        self.state.write_stack(
            {
                "supervisor": identity(os.getpid()),
                "started_at": self._started_at,
                "ready": self.ready,
                "time_skipping": self.options.time_skipping,
                "parts": [asdict(status) for status in self.parts.values()],
                "pids": self.pids,
                "ports": self.ports,
                "urls": self.urls,
                "environment": self.environment,
            }
        )


@contextmanager
def _environ(content: Mapping[str, str]) -> Iterator[None]:
    """Settings are read from the environment: gives them another one for a moment."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(content)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
