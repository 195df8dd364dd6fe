"""A case that stands still: its services are suspended and resumed with it, and the clocks of its deadlines where it stops them.

Both rulebooks are silent on suspensions; that there is one, and whether it stops the clock, a person decided (`intake.CaseSuspended`).
"""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from services.council import contract as council
    from services.review import contract as review
    from services.visits import contract as visits
    from workflows.messages import AccreditationCase

from workflows.deadlines import SUSPENDED
from workflows.lifecycle import Lifecycle


class Service:
    """A service that has a part of the case: where it is asked, and what opens, suspends, resumes and closes its part."""

    def __init__(self, queue: str, opened_by: str, steps: tuple[str, str, str], step: type[BaseModel]) -> None:
        self.queue = queue
        self.opened_by = opened_by
        self.suspend, self.resume, self.close = steps
        self.step = step


SERVICES = {
    "review": Service(review.TASK_QUEUE, review.OPEN_SELF_ASSESSMENT, (review.SUSPEND, review.RESUME, review.CLOSE), review.CaseStep),
    "visits": Service(visits.TASK_QUEUE, visits.OPEN_VISIT, (visits.SUSPEND, visits.RESUME, visits.CLOSE), visits.CaseStep),
    "council": Service(council.TASK_QUEUE, council.OPEN_CONSIDERATION, (council.SUSPEND, council.RESUME, council.CLOSE), council.CaseStep),
}


class Standstill:
    """Brings services and deadlines to the state that the case's suspensions ask for, one after the other, whatever is opened meanwhile."""

    def __init__(self, case: AccreditationCase, life: Lifecycle) -> None:
        self._case = case
        self._life = life
        self._memory = life.memory

    def opened(self) -> list[str]:
        """The services that have a part of the case; all of them where it begins anew after it was closed."""
        done = self._memory.done
        return [name for name, service in SERVICES.items() if self._case.remitted or service.opened_by in done]

    async def keep(self) -> None:
        """For as long as the lifecycle runs."""
        while True:
            await self._life.when(lambda: self._work() is not None)
            turn = self._memory.turn
            match self._work():
                case ("suspend" | "resume" as way, str(name)):
                    service = SERVICES[name]
                    activity = service.suspend if way == "suspend" else service.resume
                    await self._ask(service, activity, SUSPENDED if way == "suspend" else "", turn.traceparent if turn else None)
                    (self._memory.held.append if way == "suspend" else self._memory.held.remove)(name)
                case ("stop", _) if turn is not None:
                    await self._life.deadlines.suspend(turn)
                case ("start", _) if turn is not None:
                    await self._life.deadlines.resume(turn)
                case _:
                    self._memory.turn = self._memory.turns.pop(0)
                    self._life.show()

    async def close(self, reason: str, because: str | None) -> None:
        """The case has ended: nothing more is done in any service."""
        for name in self.opened():
            await self._ask(SERVICES[name], SERVICES[name].close, reason, because)

    def _work(self) -> tuple[str, str] | None:
        """The next thing to do: all that is in force first, then the next turn."""
        turn, deadlines = self._memory.turn, self._life.deadlines
        if turn is not None and turn.suspends:
            free = [name for name in self.opened() if name not in self._memory.held]
            if free:
                return "suspend", free[0]
            if turn.stops_clock and deadlines.to_suspend(turn):
                return "stop", ""
        elif turn is not None:
            if self._memory.held:
                return "resume", self._memory.held[0]
            if deadlines.suspended():
                return "start", ""
        return ("turn", "") if self._memory.turns else None

    async def _ask(self, service: Service, activity: str, reason: str, because: str | None) -> None:
        step = service.step(agency=self._case.agency, case_id=self._case.case_id, reason=reason)
        await self._life.ask(service.queue, activity, step, because=because)


async def whenever(life: Lifecycle, so: Callable[[], bool], do: Callable[[], object]) -> None:
    """Does something each time that it is so, for as long as the lifecycle runs."""
    while True:
        await life.when(so)
        await do()  # type: ignore[misc]
