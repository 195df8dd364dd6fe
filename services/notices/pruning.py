"""The end of old deliveries: a schedule of Temporal's has them pruned once a day, when nobody is about."""

import asyncio
import logging
from datetime import timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from chassis.messaging import pause
from chassis.service import Runtime
from services.notices.contract import DELIVERY_QUEUE, PRUNING, Pruned
from services.notices.deliveries import Deliveries

log = logging.getLogger(__name__)

SCHEDULE_ID = "webhook-pruning"

_MOST = 5_000
_NIGHT = ScheduleCalendarSpec(hour=[ScheduleRange(20)], minute=[ScheduleRange(17)], comment="UTC: after midnight in Bishkek and Almaty")


async def prune(runtime: Runtime) -> Pruned:
    """Some thousand of the deliveries that the setting keeps no longer."""
    days = runtime.settings.webhooks_keep_days
    if not days:
        return Pruned(deliveries=0, more=False)
    before = await runtime.clock.now() - timedelta(days=days)
    count = await Deliveries(runtime.system).prune(before, _MOST)
    log.info("%d deliveries that were over before %s are pruned", count, before)
    return Pruned(deliveries=count, more=count == _MOST)


async def ensure_schedule(runtime: Runtime, stop: asyncio.Event) -> None:
    """Has the schedule made where there is none; the time-skipping server knows no schedules."""
    assert runtime.temporal is not None
    action = ScheduleActionStartWorkflow(PRUNING, id=SCHEDULE_ID, task_queue=DELIVERY_QUEUE)
    schedule = Schedule(action=action, spec=ScheduleSpec(calendars=[_NIGHT], jitter=timedelta(minutes=20)))
    while not stop.is_set():
        try:
            await runtime.temporal.create_schedule(SCHEDULE_ID, schedule)
            return
        except ScheduleAlreadyRunningError:
            return
        except RPCError as error:
            if error.status == RPCStatusCode.UNIMPLEMENTED:
                log.info("this Temporal server has no schedules: old deliveries stay")
                return
            log.debug("no schedule of the pruning yet: %s", error)
            await pause(stop, 2.0)
