"""The clock of the time-skipping server, for lifecycles alone: time passes from one timer to the next, and all is quiet in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory

from chassis.clock import Clock
from tests.waiting import eventually

_OVER = {f"WORKFLOW_EXECUTION_{end}" for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW")}


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
        duration = Duration()
        duration.FromTimedelta(length + timedelta(milliseconds=1))
        await self._client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def settle(self) -> None:
        """Until no lifecycle has a workflow task or an activity open."""
        await eventually(self._quiet, "every lifecycle is quiet")

    async def _quiet(self) -> bool:
        for workflow_id in self._followed:
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


async def described(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse:
    """As the server gives it: this one keeps search attributes that were unset, and the client's own class cannot read those."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    return await client.workflow_service.describe_workflow_execution(request)


def at_work(history: WorkflowHistory) -> bool:
    """Whether a workflow task or an activity is open, by one look at the history."""
    kind, task, activities = "", "", 0
    for event in history.events:
        kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
        if kind.startswith("WORKFLOW_TASK_"):
            task = kind
        elif kind.startswith("ACTIVITY_TASK_") and kind not in ("ACTIVITY_TASK_STARTED", "ACTIVITY_TASK_CANCEL_REQUESTED"):
            activities += 1 if kind == "ACTIVITY_TASK_SCHEDULED" else -1
    return kind not in _OVER and (activities > 0 or task != "WORKFLOW_TASK_COMPLETED")
