"""The registers of council, monitoring and intake as calendars meet them: what is due when, who has seen what, without databases."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity

from chassis.clock import Clock
from chassis.due import Due, RunDue
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring


@dataclass
class Register:
    """One service's register of one agency: each thing in it moves once, at its instant; the `refused` never do."""

    due: dict[str, datetime] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    batch: int = 500
    done: list[tuple[str, datetime]] = field(default_factory=list)
    calls: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)
    open: asyncio.Event | None = None
    behind: timedelta = timedelta()

    def run(self, now: datetime) -> tuple[int, datetime | None, bool]:
        """Does what is due: how much that was, when the next is due, whether more is due now."""
        over = [name for name, at in sorted(self.due.items(), key=lambda each: each[1]) if at <= now and name not in self.refused]
        for name in over[: self.batch]:
            self.done.append((name, now))
            del self.due[name]
        return len(over[: self.batch]), min(self.due.values(), default=None), len(over) > self.batch


class Registers:
    """Of all agencies, by service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.of: dict[tuple[str, str], Register] = defaultdict(Register)

    def activities(self, service: str) -> list[Callable[..., Awaitable[Any]]]:
        """What a service's worker has for calendars."""
        return [{"council": self._council, "intake": self._intake, "monitoring": self._monitoring}[service]()]

    def _council(self) -> Callable[..., Awaitable[Any]]:
        @activity.defn(name=council.RUN_DUE)
        async def run_due(request: council.RunDue) -> council.Due:
            done, next_at, more = await self._run("council", request.agency, request.seen)
            return council.Due(done=done, next_at=next_at, more=more)

        return run_due

    def _monitoring(self) -> Callable[..., Awaitable[Any]]:
        @activity.defn(name=monitoring.RUN_DUE)
        async def run_due(request: monitoring.RunDue) -> monitoring.Due:
            done, next_at, more = await self._run("monitoring", request.agency, request.seen)
            return monitoring.Due(done=done, next_at=next_at, more=more)

        return run_due

    def _intake(self) -> Callable[..., Awaitable[Any]]:
        @activity.defn(name=intake.RUN_DUE)
        async def run_due(request: RunDue) -> Due:
            done, next_at, more = await self._run("intake", request.agency, request.seen)
            return Due(done=done, next_at=next_at, more=more)

        return run_due

    async def _run(self, service: str, agency: str, seen: dict[str, str]) -> tuple[int, datetime | None, bool]:
        register, now = self.of[service, agency], await self._clock.now()
        register.calls.append((now, seen))
        if register.open is not None:
            await register.open.wait()
        return register.run(now - register.behind)
