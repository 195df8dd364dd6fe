"""From published events to deliveries: each that an institution is told of, to each of its endpoints that wants it.

Whatever is done here may be done twice: a row is made once, a workflow begun once. A message is acknowledged when each of its deliveries
has arrived or has a workflow; until then JetStream brings it again, and who gets it takes what leases have run out.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from opentelemetry.trace import Span
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from chassis import telemetry
from chassis.events import Recorded, UnknownEvent
from chassis.hashchain import instant
from chassis.messaging import Delivery, Envelope, consume, recorded
from chassis.service import Runtime
from services.notices.consumers import SOURCES
from services.notices.contract import (
    DELIVERY,
    DELIVERY_QUEUE,
    EVENTS,
    RESEND,
    STOP,
    DeliveryResendRequested,
    DeliveryTask,
    EndpointChanged,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRegistered,
    EndpointRemoved,
    EndpointVerified,
    RecoveryRequested,
    TestEventRequested,
    delivery_workflow,
)
from services.notices.deliveries import LEASE, Deliveries, Made
from services.notices.domain.told import PING, TYPES, body, chosen
from services.notices.first import FirstAttempts

log = logging.getLogger(__name__)

DURABLE = "notices-webhooks"

#: Looks for the institution of a case: half a second apart at first, half a minute at last. Intake may be read later than another.
LOOKS = 10
_LONGEST_WAIT = 30.0
_AT_ONCE = 32
_MESSAGES_AT_ONCE = 64  # of a process
_FETCHED_AT_ONCE = 32
_AGAIN_SECONDS = 2.0

_AGENCIES = "SELECT DISTINCT agency FROM endpoints WHERE agency = ANY($1::text[]) AND status <> 'removed'"
_WHOSE = """
SELECT coalesce(
    (SELECT institution_id FROM cases WHERE agency = $1 AND case_id = $2),
    (SELECT institution_id FROM matters WHERE agency = $1 AND source = $3 AND stream = $4))
"""


class Dispatcher:
    """One reader of every service's events; several share the work by the same durable consumers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rows = Deliveries(runtime.system)
        self._first = FirstAttempts(runtime, self._rows, self._hand_over)
        self._room = asyncio.Semaphore(_MESSAGES_AT_ONCE)
        self._telling: set[asyncio.Task[None]] = set()
        self._restarting = asyncio.Semaphore(_AT_ONCE)
        self._looks: dict[str, int] = {}

    @property
    def _temporal(self) -> Client:
        assert self._runtime.temporal is not None
        return self._runtime.temporal

    async def _now(self) -> datetime:
        return await self._runtime.clock.now()

    def _span(self, envelope: Envelope) -> AbstractContextManager[Span]:
        return telemetry.consumer_span(
            envelope.type,
            envelope.traceparent,
            message_id=envelope.id,
            group=DURABLE,
            kepil__agency=envelope.agency,
            kepil__case_id=envelope.data.get("case_id"),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what is under way has a while to end."""
        async with asyncio.TaskGroup() as readers:
            for source in SOURCES:
                reading = consume(self._runtime.nats, source.service, DURABLE, self.tell, stop, most=_FETCHED_AT_ONCE)
                readers.create_task(reading)
            readers.create_task(consume(self._runtime.nats, EVENTS.service, DURABLE, self.obey, stop))
        left = self._telling | self._first.under_way
        if left:
            _, late = await asyncio.wait(left, timeout=self._runtime.settings.shutdown_grace_seconds / 2)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def tell(self, batch: Sequence[Delivery]) -> None:
        """Events of other services. Returns when all are taken up, not when they are done: one that takes its time holds up no other."""
        told = [delivery for delivery in batch if delivery.envelope.type in TYPES and self._kept(delivery.envelope)]
        asked = {delivery.envelope.agency for delivery in told}
        agencies = {row["agency"] for row in await self._runtime.system.fetch(_AGENCIES, list(asked))} if asked else set()
        wanted = {delivery.envelope.id for delivery in told if delivery.envelope.agency in agencies}
        for delivery in batch:
            if delivery.envelope.id not in wanted:
                await delivery.message.ack()
                continue
            await self._room.acquire()
            telling = asyncio.create_task(self._tell(delivery))
            self._telling.add(telling)
            telling.add_done_callback(self._told)

    def _told(self, telling: asyncio.Task[None]) -> None:
        self._telling.discard(telling)
        self._room.release()

    def _kept(self, envelope: Envelope) -> bool:
        """Whether a delivery would still be kept: of an older event it may have been made and pruned."""
        days = self._runtime.settings.webhooks_keep_days
        return not days or envelope.recordedat > self._runtime.clock.wall() - timedelta(days=days)

    async def obey(self, batch: Sequence[Delivery]) -> None:
        """Our own events, which say what is to be done with an endpoint; in their order."""
        for number, delivery in enumerate(batch):
            try:
                with self._span(delivery.envelope):
                    await self._obey(await recorded(delivery.envelope, {EVENTS.service: EVENTS}))
            except UnknownEvent:
                log.warning("%s is unknown to this version", delivery.envelope.type)
            except Exception as error:
                log.warning("%s %s is not done: %s", delivery.envelope.type, delivery.envelope.id, error or type(error).__name__)
                for later in batch[number:]:
                    await later.message.nak(delay=_AGAIN_SECONDS)
                return
            await delivery.message.ack()

    async def _tell(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except Exception as error:
            log.warning("%s %s is not dispatched: %s", delivery.envelope.type, delivery.envelope.id, error or type(error).__name__)
            await delivery.message.nak(delay=_AGAIN_SECONDS)

    async def _deliver(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        institution_id = await self._whose(envelope)
        if institution_id is None:
            looks = self._looks[envelope.id] = self._looks.get(envelope.id, 0) + 1
            if looks < LOOKS:
                await delivery.message.nak(delay=min(_LONGEST_WAIT, 0.25 * 2**looks))
                return
            log.warning("%s %s is no known institution's", envelope.type, envelope.id)
        self._looks.pop(envelope.id, None)
        if institution_id is not None:
            with self._span(envelope):
                if not await self._to_all(envelope, institution_id):
                    await delivery.message.nak(delay=LEASE.total_seconds())
                    return
        await delivery.message.ack()

    async def _whose(self, envelope: Envelope) -> str | None:
        named = envelope.data.get("institution_id")
        if isinstance(named, str) and named:
            return named
        case_id = envelope.data.get("case_id")
        found: str | None = await self._runtime.system.fetchval(_WHOSE, envelope.agency, case_id, envelope.service, envelope.subject)
        return found

    async def _to_all(self, envelope: Envelope, institution_id: str) -> bool:
        """Whether each delivery has arrived or has a workflow; not, where somebody else is at one of them."""
        found = await self._rows.open_to(envelope.agency, institution_id, envelope.recordedat)
        wanting = [each["endpoint_id"] for each in found if chosen(envelope.type, each["types"])]
        if not wanting:
            return True
        told = body(envelope.type, instant(envelope.time), institution_id, envelope.subject, envelope.streamversion, envelope.data)
        endpoints = {endpoint_id: not self._first.slow(envelope.agency, endpoint_id) for endpoint_id in wanting}
        rows = await self._rows.make(envelope.agency, envelope.id, endpoints, institution_id, told, await self._now())
        await asyncio.gather(*(self._to(row) for row in rows))
        return not any(row["leased"] and not row["taken"] for row in rows)

    async def _to(self, row: Any) -> None:
        """A delivery as it was made or found."""
        agency, endpoint_id = row["agency"], row["endpoint_id"]
        if row["taken"]:
            await self._first.make(row)
        elif row["status"] == "waiting" and row["leased_until"] is None:
            await self._hand_over(row)
        elif row["status"] == "held":  # it may have been verified between the look and the row
            await self._restart(agency, await self._rows.release(agency, endpoint_id, await self._now()))

    async def _obey(self, e: Recorded[Any]) -> None:
        fact, now = e.event, await self._now()
        match fact:
            case EndpointRegistered() | TestEventRequested():
                await self._ping(e, fact.endpoint_id, fact.institution_id, now)
            case EndpointChanged(moved=True):
                await self._ping(e, fact.endpoint_id, fact.institution_id, now)
            case EndpointEnabled():
                await self._rows.well(e.agency, fact.endpoint_id)
                await self._ping(e, fact.endpoint_id, fact.institution_id, now)
            case EndpointVerified():
                await self._restart(e.agency, await self._rows.release(e.agency, fact.endpoint_id, now))
            case DeliveryResendRequested():
                await self._restart(e.agency, await self._rows.again(e.agency, fact.endpoint_id, now, only=fact.delivery_id))
            case RecoveryRequested():
                await self._restart(e.agency, await self._rows.again(e.agency, fact.endpoint_id, now, since=fact.since))
            case EndpointDisabled():
                await self._stop(e.agency, await self._rows.stop(e.agency, fact.endpoint_id, f"endpoint disabled: {fact.why}", now))
            case EndpointRemoved():
                await self._stop(e.agency, await self._rows.stop(e.agency, fact.endpoint_id, "endpoint removed", now))

    async def _ping(self, e: Recorded[Any], endpoint_id: str, institution_id: str, now: datetime) -> None:
        told = body(PING, instant(e.occurred_at), institution_id, e.stream, e.version, {})
        for row in await self._rows.make(e.agency, e.event_id, {endpoint_id: False}, institution_id, told, now):
            await self._to(row)

    async def _hand_over(self, row: Any, *, tried: int = 0, wait: float | None = None) -> bool:
        """The rest is its workflow's; whether that has not begun before."""
        try:
            await self._temporal.start_workflow(
                DELIVERY,
                DeliveryTask(agency=row["agency"], delivery_id=row["delivery_id"], tried=tried, wait=wait),
                id=delivery_workflow(row["event_id"], row["endpoint_id"]),
                task_queue=DELIVERY_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            log.debug("delivery %s has begun already", row["delivery_id"])
            return False
        return True

    async def _restart(self, agency: str, all_made: Iterable[Made]) -> None:
        """Deliveries whose workflow may run, may have ended, or may never have begun: an attempt now, and the schedule anew."""

        async def one(made: Made) -> None:
            async with self._restarting:
                await self._temporal.start_workflow(
                    DELIVERY,
                    DeliveryTask(agency=agency, delivery_id=made.delivery_id),
                    id=delivery_workflow(made.event_id, made.endpoint_id),
                    task_queue=DELIVERY_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    start_signal=RESEND,
                )

        await asyncio.gather(*(one(made) for made in all_made))

    async def _stop(self, agency: str, all_made: Iterable[Made]) -> None:
        async def one(made: Made) -> None:
            async with self._restarting:
                handle = self._temporal.get_workflow_handle(delivery_workflow(made.event_id, made.endpoint_id))
                try:
                    await handle.signal(STOP)
                except RPCError as error:
                    if error.status != RPCStatusCode.NOT_FOUND:
                        raise

        await asyncio.gather(*(one(made) for made in all_made))
