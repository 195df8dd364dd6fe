"""Years in seconds: moves the time-skipping server's clock from one thing that waits to the next, and lets everything settle between."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError

from chassis.messaging import stream_name
from cli.errors import Explained

_CONTINUED = "WORKFLOW_EXECUTION_CONTINUED_AS_NEW"
_OVER = {f"WORKFLOW_EXECUTION_{end}" for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED")}
_SETTLE_SECONDS = 60.0
_PAUSE_SECONDS = 0.01
#: Time stands still while an activity runs, and a machine may be busy.
_SKIP_TIMEOUT = timedelta(seconds=90)


async def skip(client: Client, length: timedelta) -> None:
    """Moves the time-skipping server's clock at once, whatever is under way."""
    duration = Duration()
    duration.FromTimedelta(length + timedelta(milliseconds=1))
    await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration), timeout=_SKIP_TIMEOUT)


class NotSettling(Explained):
    """Something goes on and on, or a part does not answer."""


@dataclass(frozen=True)
class Look:
    """What one look at a lifecycle's history shows. `timers` are the instants at which its open timers fire."""

    over: bool
    at_work: bool
    timers: tuple[datetime, ...]


class LegalTime:
    """The legal clock of a stack on the time-skipping server. One driver at a time moves it, and nobody acts meanwhile.

    `hear` is awaited in every round of settling, once all deliveries are acknowledged: it takes in what was published, and may
    `follow` what begins with it. Where it `tells`, it also says with `stirred` of which lifecycles something was published: only these are
    looked at then, and those with a timer that is due. A lifecycle moves by itself upon nothing else.
    """

    def __init__(
        self,
        client: Client,
        jetstream: JetStreamContext,
        http: httpx.AsyncClient,
        services: Mapping[str, str],
        hear: Callable[[], Awaitable[None]] | None = None,
        *,
        tells: bool = False,
    ) -> None:
        self._client = client
        self._jetstream = jetstream
        self._http = http
        self._services = services
        self._hear = hear
        self._lifecycles: dict[str, tuple[datetime, ...]] = {}
        self._over: set[str] = set()
        self._returning: set[str] = set()
        self._tells = tells
        self._stirred: set[str] = set()
        self._published: dict[str, int] | None = None
        self._looking = asyncio.Lock()
        self._asked = self._answered = 0

    def follow(self, workflow_id: str, *, returns: bool = False) -> None:
        """A lifecycle whose timers are stopped at on the way. One that `returns` may begin anew after its end, at the word of another."""
        if returns:
            self._over.discard(workflow_id)
            self._returning.add(workflow_id)
        if workflow_id not in self._over:
            self._lifecycles.setdefault(workflow_id, ())
            self._stirred.add(workflow_id)

    def stirred(self, workflow_ids: Collection[str]) -> None:
        """Something was published that these lifecycles may hear of."""
        self._stirred.update(workflow_ids)

    def leave(self, workflow_ids: Collection[str]) -> None:
        """Lifecycles that nobody asks about any more: they live on, and their timers are no stops."""
        self._over.update(workflow_ids)
        self._returning.difference_update(workflow_ids)
        for workflow_id in workflow_ids:
            self._lifecycles.pop(workflow_id, None)

    async def now(self) -> datetime:
        """The legal time, UTC."""
        answer = await self._client.test_service.get_current_time(Empty())
        return answer.time.ToDatetime(UTC)

    def next_timer(self) -> datetime | None:
        """The earliest instant at which a followed lifecycle moves by itself, as the last settling saw it."""
        return min((timer for timers in self._lifecycles.values() for timer in timers), default=None)

    async def advance_to(self, instant: datetime) -> None:
        """Moves to `instant`, stopping at every timer of a followed lifecycle before it, so that what it starts happens on its day."""
        await self.settle()
        while await self.now() < instant:
            await self.move_to(min(instant, self.next_timer() or instant))

    async def move_to(self, instant: datetime) -> None:
        """Moves to `instant` at once, whatever timers lie before it, and lets everything settle."""
        length = instant - await self.now()
        if length > timedelta():
            await skip(self._client, length)
        await self.settle()

    async def settle(self) -> None:
        """Returns when nothing is under way: no event unpublished, no delivery unacknowledged, no activity or workflow task open.

        One round is proof, for it ends as the one before it has ended. No service has written an event between these two looks at the
        logs; so every delivery that there is was acknowledged before the lifecycles were looked at, and none came since.

        Several may ask at once: a look that begins after all of them have asked answers them all.
        """
        self._asked += 1
        asked = self._asked
        async with self._looking:
            if self._answered < asked:
                answers = self._asked
                await self._until_quiet()
                self._answered = answers

    async def _until_quiet(self) -> None:
        deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
        while busy := await self._busy():
            if asyncio.get_running_loop().time() > deadline:
                raise NotSettling(f"not settled after {_SETTLE_SECONDS:.0f} s: {busy}")
            await asyncio.sleep(_PAUSE_SECONDS)
        self._stirred.clear()

    async def _busy(self) -> str | None:
        busy = await self._deliveries()
        if busy:
            return busy
        if self._hear:
            await self._hear()
        busy = await self._workflows()
        if busy:
            return busy
        before, self._published = self._published, None
        published: dict[str, int] = {}
        busy = await self._logs(published)
        if busy:
            return busy
        self._published = published
        return None if published == before else "events were published meanwhile"

    async def _logs(self, published: dict[str, int]) -> str | None:
        answers = await asyncio.gather(*(self._http.get(f"{url}/readyz") for url in self._services.values()))
        for service, answer in zip(self._services, answers, strict=True):
            relay = answer.json().get("relay") or {}
            if relay.get("lag") != 0:
                return f"the relay of {service} has {relay.get('lag')} events to publish"
            published[service] = relay["published"]
        return None

    async def _deliveries(self) -> str | None:
        found = await asyncio.gather(*(self._undelivered(service) for service in self._services))
        return next((busy for busy in found if busy), None)

    async def _undelivered(self, service: str) -> str | None:
        try:
            consumers = await self._jetstream.consumers_info(stream_name(service))
        except NotFoundError:
            return None
        for consumer in consumers:
            if consumer.num_pending or consumer.num_ack_pending:
                return f"{consumer.name} has {consumer.num_pending} + {consumer.num_ack_pending} events of {service} to take"
        return None

    async def _workflows(self) -> str | None:
        if not self._lifecycles:
            return None
        now = await self.now()
        for group in (self._lifecycles.keys() - self._returning, self._returning):  # those last that others begin
            moving = [workflow_id for workflow_id in sorted(group) if self._may_move(workflow_id, now)]
            found = await asyncio.gather(*(self._lifecycle(workflow_id, now) for workflow_id in moving))
            busy = next((busy for busy in found if busy), None)
            if busy:
                return busy
        return None

    def _may_move(self, workflow_id: str, now: datetime) -> bool:
        """Whether anything can have happened to a lifecycle since it was quiet."""
        due = any(timer <= now for timer in self._lifecycles.get(workflow_id, ()))
        return not self._tells or due or workflow_id in self._stirred

    async def _lifecycle(self, workflow_id: str, now: datetime) -> str | None:
        try:
            history = await self._client.get_workflow_handle(workflow_id).fetch_history()
        except RPCError:
            return f"lifecycle {workflow_id} is not there yet"
        seen = look(history)
        if seen.over and workflow_id in self._returning:
            self._lifecycles[workflow_id] = ()
            return None
        if seen.over:
            self.leave([workflow_id])
            return None
        self._lifecycles[workflow_id] = seen.timers
        if seen.at_work:
            self._stirred.add(workflow_id)  # its timer is no longer there to say so
            return f"lifecycle {workflow_id} is at work"
        if any(timer <= now for timer in seen.timers):
            return f"a timer of lifecycle {workflow_id} is about to fire"
        return None


def at_work(history: WorkflowHistory) -> bool:
    """Whether a workflow task or an activity is open, by one look at the history: the time-skipping server does not report it otherwise."""
    return look(history).at_work


def look(history: WorkflowHistory) -> Look:
    """What a history shows. One that ends with continue-as-new is at work: the next run is about to begin."""
    kind, task, activities = "", "", 0
    timers: dict[str, datetime] = {}
    for event in history.events:
        kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
        if kind.startswith("WORKFLOW_TASK_"):
            task = kind
        elif kind.startswith("ACTIVITY_TASK_") and kind not in ("ACTIVITY_TASK_STARTED", "ACTIVITY_TASK_CANCEL_REQUESTED"):
            activities += 1 if kind == "ACTIVITY_TASK_SCHEDULED" else -1
        elif kind == "TIMER_STARTED":
            timers[event.timer_started_event_attributes.timer_id] = _fires_at(event)
        elif kind == "TIMER_FIRED":
            timers.pop(event.timer_fired_event_attributes.timer_id, None)
        elif kind == "TIMER_CANCELED":
            timers.pop(event.timer_canceled_event_attributes.timer_id, None)
    if kind in _OVER:
        return Look(over=True, at_work=False, timers=())
    busy = kind == _CONTINUED or activities > 0 or task != "WORKFLOW_TASK_COMPLETED"
    return Look(over=False, at_work=busy, timers=tuple(sorted(timers.values())))


def _fires_at(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC) + event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
