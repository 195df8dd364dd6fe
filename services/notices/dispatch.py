"""From published events to deliveries: each that an institution is told of, to each of its endpoints that wants it, once.

Whatever is done here may be done twice: a row is made once, a workflow begun once. A message is acknowledged after that.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
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
from services.notices.deliveries import Deliveries, Made
from services.notices.domain.told import PING, TYPES, body, chosen

log = logging.getLogger(__name__)

DURABLE = "notices-webhooks"

#: Looks for the institution of a case: half a second apart at first, half a minute at last. Intake may be read later than another.
LOOKS = 10
_LONGEST_WAIT = 30.0
_AT_ONCE = 32
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
        self._gate = asyncio.Semaphore(_AT_ONCE)
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
        """Until `stop`."""
        async with asyncio.TaskGroup() as readers:
            for source in SOURCES:
                readers.create_task(consume(self._runtime.nats, source.service, DURABLE, self.tell, stop))
            readers.create_task(consume(self._runtime.nats, EVENTS.service, DURABLE, self.obey, stop))

    async def tell(self, batch: Sequence[Delivery]) -> None:
        """Events of other services."""
        told = [delivery for delivery in batch if delivery.envelope.type in TYPES]
        asked = {delivery.envelope.agency for delivery in told}
        agencies = {row["agency"] for row in await self._runtime.system.fetch(_AGENCIES, list(asked))} if asked else set()
        await asyncio.gather(*(self._tell(delivery, delivery in told and delivery.envelope.agency in agencies) for delivery in batch))

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

    async def _tell(self, delivery: Delivery, wanted: bool) -> None:
        if not wanted:
            await delivery.message.ack()
            return
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
                await self._to_all(envelope, institution_id)
        await delivery.message.ack()

    async def _whose(self, envelope: Envelope) -> str | None:
        named = envelope.data.get("institution_id")
        if isinstance(named, str) and named:
            return named
        case_id = envelope.data.get("case_id")
        found: str | None = await self._runtime.system.fetchval(_WHOSE, envelope.agency, case_id, envelope.service, envelope.subject)
        return found

    async def _to_all(self, envelope: Envelope, institution_id: str) -> None:
        found = await self._rows.open_to(envelope.agency, institution_id, envelope.recordedat)
        wanting = [each["endpoint_id"] for each in found if chosen(envelope.type, each["types"])]
        if not wanting:
            return
        told = body(envelope.type, instant(envelope.time), institution_id, envelope.subject, envelope.streamversion, envelope.data)
        now = await self._now()
        await asyncio.gather(*(self._to(envelope.agency, envelope.id, each, institution_id, told, now) for each in wanting))

    async def _to(self, agency: str, event_id: str, endpoint_id: str, institution_id: str, told: dict[str, object], now: datetime) -> None:
        async with self._gate:
            made, waits = await self._rows.make(agency, event_id, endpoint_id, institution_id, told, now)
            if waits:
                await self._start(agency, made)
            else:  # it may have been verified between the look and the row
                await self._restart(agency, await self._rows.release(agency, endpoint_id, now))

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
        await self._to(e.agency, e.event_id, endpoint_id, institution_id, told, now)

    async def _start(self, agency: str, made: Made) -> None:
        try:
            await self._temporal.start_workflow(
                DELIVERY,
                DeliveryTask(agency=agency, delivery_id=made.delivery_id),
                id=delivery_workflow(made.event_id, made.endpoint_id),
                task_queue=DELIVERY_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            log.debug("delivery %s has begun already", made.delivery_id)

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
