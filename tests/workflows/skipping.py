"""The clock of the time-skipping server, for lifecycles alone: time passes from one timer to the next, and all is quiet in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus

from chassis.clock import Clock
from chassis.temporal import described
from cli.skipping import at_work, skip
from tests.waiting import eventually


class SkippedTime:
    """Legal time, and the lifecycles whose timers are stopped at on the way."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._followed: list[str] = []

    def follow(self, workflow_id: str) -> None:
        """From now on its timers count."""
        self._followed.append(workflow_id)

    async def now(self) -> datetime:
        """The legal time."""
        return await self._clock.now()

    async def advance_to(self, instant: datetime) -> None:
        """Moves to `instant`, with a stop at every timer before it."""
        await self.settle()
        while (now := await self.now()) < instant:
            timers = [timer for timer in await self._timers() if timer > now]
            await self.skip(min([*timers, instant]) - now)
            await self.settle()

    async def skip(self, length: timedelta) -> None:
        """Moves at once, whatever is under way."""
        await skip(self._client, length)

    async def settle(self) -> None:
        """Until no lifecycle has a workflow task or an activity open."""
        await eventually(self._quiet, "every lifecycle is quiet")

    async def _quiet(self) -> bool:
        for workflow_id in reversed(self._followed):  # an appeal before its case, which it may begin anew
            if at_work(await self._client.get_workflow_handle(workflow_id).fetch_history()):
                return False
        return True

    async def _timers(self) -> list[datetime]:
        found: list[datetime | None] = []
        for workflow_id in self._followed:
            status = (await described(self._client, workflow_id)).workflow_execution_info.status
            if int(status) == WorkflowExecutionStatus.RUNNING:
                timer = await self._client.get_workflow_handle(workflow_id).query("next_timer", result_type=Any)
                found.append(datetime.fromisoformat(timer).astimezone(UTC) if timer else None)
        return [timer for timer in found if timer]
