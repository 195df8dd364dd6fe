"""Years in seconds: moves the time-skipping server's clock from one thing that waits to the next, and lets everything settle between."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError

from chassis.messaging import stream_name
from cli.errors import Explained

_OVER = {f"WORKFLOW_EXECUTION_{end}" for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW")}
_QUIET_ROUNDS = 2
_SETTLE_SECONDS = 60.0
_OVER = {f"WORKFLOW_EXECUTION_{end}" for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW")}


class NotSettling(Explained):
    """Something goes on and on, or a part does not answer."""


class LegalTime:
    """The legal clock of a stack on the time-skipping server, for one driver at a time."""

    def __init__(self, client: Client, jetstream: JetStreamContext, http: httpx.AsyncClient, services: dict[str, str]) -> None:
        self._client = client
        self._jetstream = jetstream
        self._http = http
        self._services = services
        self._lifecycles: dict[str, None] = {}

    def follow(self, workflow_id: str) -> None:
        """A lifecycle whose timers are stopped at on the way."""
        self._lifecycles.setdefault(workflow_id)

    async def now(self) -> datetime:
        """The legal time, UTC."""
        answer = await self._client.test_service.get_current_time(Empty())
        return answer.time.ToDatetime(UTC)

    async def advance_to(self, instant: datetime) -> None:
        """Moves to `instant`, stopping at every timer of a followed lifecycle before it, so that what it starts happens on its day."""
        await self.settle()
        while (now := await self.now()) < instant:
            timers = [timer for timer in await self._timers() if timer > now]
            await self._sleep(min([*timers, instant]) - now)
            await self.settle()

    async def settle(self) -> None:
        """Returns when nothing is under way: logs relayed, deliveries acknowledged, no activity and no workflow task pending."""
        quiet = 0
        deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
        while quiet < _QUIET_ROUNDS:
            if asyncio.get_running_loop().time() > deadline:
                raise NotSettling(f"not settled after {_SETTLE_SECONDS:.0f} s: {await self._busy()}")
            busy = await self._busy()
            quiet = 0 if busy else quiet + 1
            if busy:
                await asyncio.sleep(0.02)

    async def _sleep(self, length: timedelta) -> None:
        duration = Duration()
        duration.FromTimedelta(length + timedelta(milliseconds=1))
        await self._client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def _timers(self) -> list[datetime]:
        found = []
        for workflow_id in list(self._lifecycles):
            handle = self._client.get_workflow_handle(workflow_id)
            try:
                if not _runs(await self._describe(workflow_id)):
                    del self._lifecycles[workflow_id]
                    continue
                timer = await handle.query("next_timer", result_type=Any)
            except RPCError:
                continue
            if timer:
                found.append(datetime.fromisoformat(timer))
        return found

    async def _busy(self) -> str | None:
        for check in (self._relays, self._deliveries, self._workflows):
            busy = await check()
            if busy:
                return busy
        return None

    async def _relays(self) -> str | None:
        answers = await asyncio.gather(*(self._http.get(f"{url}/readyz") for url in self._services.values()))
        for service, answer in zip(self._services, answers, strict=True):
            relay = answer.json().get("relay") or {}
            if relay.get("lag") != 0:
                return f"the relay of {service} has {relay.get('lag')} events to publish"
        return None

    async def _deliveries(self) -> str | None:
        for service in self._services:
            try:
                consumers = await self._jetstream.consumers_info(stream_name(service))
            except NotFoundError:
                continue
            for consumer in consumers:
                if consumer.num_pending or consumer.num_ack_pending:
                    return f"{consumer.name} has {consumer.num_pending} + {consumer.num_ack_pending} events of {service} to take"
        return None

    async def _workflows(self) -> str | None:
        for workflow_id in list(self._lifecycles):
            try:
                history = await self._client.get_workflow_handle(workflow_id).fetch_history()
            except RPCError:
                return f"lifecycle {workflow_id} is not there yet"
            if at_work(history):
                return f"lifecycle {workflow_id} is at work"
        return None

    async def _describe(self, workflow_id: str) -> DescribeWorkflowExecutionResponse:
        """As the server gives it: the time-skipping server keeps search attributes that are unset, and the client cannot read those."""
        request = DescribeWorkflowExecutionRequest(namespace=self._client.namespace, execution=WorkflowExecution(workflow_id=workflow_id))
        return await self._client.workflow_service.describe_workflow_execution(request)


def _runs(description: DescribeWorkflowExecutionResponse) -> bool:
    return description.workflow_execution_info.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING


def at_work(history: WorkflowHistory) -> bool:
    """Whether a workflow task or an activity is open, by one look at the history: the time-skipping server does not report it otherwise."""
    kind, task, activities = "", "", 0
    for event in history.events:
        kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
        if kind.startswith("WORKFLOW_TASK_"):
            task = kind
        elif kind.startswith("ACTIVITY_TASK_") and kind not in ("ACTIVITY_TASK_STARTED", "ACTIVITY_TASK_CANCEL_REQUESTED"):
            activities += 1 if kind == "ACTIVITY_TASK_SCHEDULED" else -1
    return kind not in _OVER and (activities > 0 or task != "WORKFLOW_TASK_COMPLETED")
