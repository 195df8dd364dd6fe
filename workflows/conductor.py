"""The conductor: reads every service's events from JetStream and starts or signals lifecycles. It keeps nothing of its own.

Whatever it does may be done twice: a workflow id is the case's, a signal carries the event's id. A message is acknowledged when
Temporal has accepted what follows from it, or when nothing ever will.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from nats.aio.client import Client as Nats
from pydantic import ValidationError
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from chassis import telemetry
from chassis.events import Catalogue, UnknownEvent
from chassis.messaging import Delivery, consume, recorded
from chassis.positions import LogPosition
from chassis.temporal import described
from services.council.contract import EVENTS as COUNCIL
from services.intake.contract import EVENTS as INTAKE
from services.monitoring.contract import EVENTS as MONITORING
from services.review.contract import EVENTS as REVIEW
from services.visits.contract import EVENTS as VISITS
from workflows.calendar import CertificateCalendar
from workflows.facts import FIELDS
from workflows.messages import TASK_QUEUE, AgencyCalendar, Look, calendar_id
from workflows.routes import Signal, Start, moves_calendar, orders

log = logging.getLogger(__name__)

CATALOGUES: dict[str, Catalogue] = {c.service: c for c in (INTAKE, REVIEW, VISITS, COUNCIL, MONITORING)}
DURABLE = "conductor"

#: Looks for a lifecycle that is not there yet, half a second apart at first and half a minute at last: some five minutes in all.
LOOKS = 16
_LOOKS_FOR_AN_OPTIONAL_ONE = 5
_LONGEST_WAIT = 30.0
_AT_ONCE = 32


class NotThereYet(Exception):
    """The lifecycle that the event is meant for has not begun; where it is optional, it may never."""

    def __init__(self, workflow_id: str, *, optional: bool = False) -> None:
        super().__init__(workflow_id)
        self.optional = optional


class Conductor:
    """One reader of all services; several share the work by the same durable consumer."""

    def __init__(self, nats: Nats, temporal: Client, *, catalogues: Mapping[str, Catalogue] = CATALOGUES, looks: int = LOOKS) -> None:
        self._nats = nats
        self._temporal = temporal
        self._catalogues = catalogues
        self._looks = looks
        self._missed: dict[str, int] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)
        meter = telemetry.meter()
        self._told = meter.create_counter(telemetry.CONDUCTOR_TOLD, description="Starts and signals that Temporal accepted")
        self._lost = meter.create_counter(telemetry.CONDUCTOR_LOST, description="Events whose lifecycle never came")
        self._lost.add(0)  # a first loss is to be seen as one

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        async with asyncio.TaskGroup() as readers:
            for service in self._catalogues:
                readers.create_task(consume(self._nats, service, DURABLE, self.handle, stop))

    async def handle(self, batch: Sequence[Delivery]) -> None:
        """One batch: events of one stream in their order, different streams at once; then one word to each agency's calendar."""
        by_stream: dict[tuple[str, str], list[Delivery]] = {}
        for delivery in batch:
            by_stream.setdefault((delivery.envelope.agency, delivery.envelope.subject), []).append(delivery)
        await asyncio.gather(*(self._in_order(deliveries) for deliveries in by_stream.values()))
        by_agency: dict[str, list[Delivery]] = {}
        for delivery in batch:
            if self._moves_calendar(delivery):
                by_agency.setdefault(delivery.envelope.agency, []).append(delivery)
        await asyncio.gather(*(self._look(agency, deliveries) for agency, deliveries in by_agency.items()))

    async def _in_order(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if delivery.envelope.type_name in FIELDS:
                async with self._gate:
                    await self._deliver(delivery)
            elif not self._moves_calendar(delivery):
                await delivery.message.ack()

    def _moves_calendar(self, delivery: Delivery) -> bool:
        envelope = delivery.envelope
        return moves_calendar(self._catalogues[envelope.service].types.get(envelope.type_name), envelope.data)

    async def _look(self, agency: str, deliveries: Sequence[Delivery]) -> None:
        """Tells a calendar how far the log must be seen, and begins it if there is none. What a lifecycle is not told yet comes again."""
        newest = max((delivery.envelope for delivery in deliveries), key=lambda envelope: LogPosition.parse(envelope.position))
        with telemetry.consumer_span(newest.type, newest.traceparent, message_id=newest.id, group=DURABLE) as span:
            span.set_attribute(telemetry.AGENCY, agency)
            look = Look(seen={newest.service: newest.position}, traceparent=telemetry.current_traceparent())
            try:
                await tell_calendar(self._temporal, agency, look)
            except (RPCError, RuntimeError, OSError) as error:
                log.warning("Temporal did not accept a look at the calendar of %s: %s", agency, error)
                for delivery in _open(deliveries):
                    await delivery.message.nak(delay=2)
                return
        self._told.add(1, {"type": newest.type_name})
        for delivery in _open(deliveries):
            await delivery.message.ack()

    async def _deliver(self, delivery: Delivery) -> None:
        envelope, message = delivery.envelope, delivery.message
        try:
            await self._tell(delivery)
        except NotThereYet as missing:
            looks = self._missed[envelope.id] = self._missed.get(envelope.id, 0) + 1
            if looks < (_LOOKS_FOR_AN_OPTIONAL_ONE if missing.optional else self._looks):
                await message.nak(delay=min(_LONGEST_WAIT, 0.25 * 2**looks))
                return
            if missing.optional:
                log.debug("%s %s: there is no %s", envelope.type, envelope.id, missing)
                await self._done_with(delivery)
                return
            log.error("%s %s has no lifecycle %s; given up after %d looks", envelope.type, envelope.id, missing, looks)
            self._lost.add(1, {"type": envelope.type})
        except ValidationError:
            log.exception("%s %s has a shape that this version does not know; it waits for one that does", envelope.type, envelope.id)
            await message.nak(delay=_LONGEST_WAIT)
            return
        except UnknownEvent:
            log.warning("%s published %s, which this version does not know", envelope.service, envelope.type)
        except (RPCError, RuntimeError, OSError) as error:
            log.warning("Temporal did not accept %s %s: %s", envelope.type, envelope.id, error)
            await message.nak(delay=2)
            return
        await self._done_with(delivery)

    async def _done_with(self, delivery: Delivery) -> None:
        self._missed.pop(delivery.envelope.id, None)
        if not self._moves_calendar(delivery):
            await delivery.message.ack()

    async def _tell(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        fact = await recorded(envelope, self._catalogues)
        with telemetry.consumer_span(envelope.type, envelope.traceparent, message_id=envelope.id, group=DURABLE) as span:
            span.set_attribute(telemetry.AGENCY, envelope.agency)
            case_id = getattr(fact.event, "case_id", None)
            if case_id is not None:
                span.set_attribute(telemetry.CASE_ID, case_id)
            missing: NotThereYet | None = None
            for order in orders(fact, telemetry.current_traceparent()):
                try:
                    await (self._start(order) if isinstance(order, Start) else self._signal(order))
                    self._told.add(1, {"type": envelope.type_name})
                except NotThereYet as error:
                    if not error.optional:
                        raise
                    missing = error
            if missing is not None:
                raise missing

    async def _start(self, order: Start) -> None:
        try:
            await self._temporal.start_workflow(
                order.workflow.__name__,
                order.argument,
                id=order.workflow_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            log.debug("%s %s has begun already", order.workflow.__name__, order.workflow_id)

    async def _signal(self, order: Signal) -> None:
        handle = self._temporal.get_workflow_handle(order.workflow_id)
        try:
            await handle.signal("event", order.event)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            if not await self._is_over(order.workflow_id):
                raise NotThereYet(order.workflow_id, optional=order.optional) from error
            log.info("%s came after the end of %s", order.event.type, order.workflow_id)

    async def _is_over(self, workflow_id: str) -> bool:
        try:
            description = await described(self._temporal, workflow_id)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return description.workflow_execution_info.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING


async def tell_calendar(temporal: Client, agency: str, look: Look) -> None:
    """The calendar of an agency looks anew; it begins where it does not run."""
    await temporal.start_workflow(
        CertificateCalendar.__name__,
        AgencyCalendar(agency=agency),
        id=calendar_id(agency),
        task_queue=TASK_QUEUE,
        start_signal="look",
        start_signal_args=[look],
    )


def _open(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that were not put back already."""
    return [delivery for delivery in deliveries if not delivery.message.is_acked]
