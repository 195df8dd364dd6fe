"""The delivery of one event to one endpoint, where the first attempt was not enough or was made by nobody: it holds the schedule, by
durable timers, and asks notices for each attempt. And the pruning of what is over.

Its own and not the retries of an activity: a receiver may say when it wants to be asked again, a person may ask for it at once, an
endpoint may be switched off in between; and each attempt is a fact that is shown.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from services.notices.contract import (
        ATTEMPT,
        GIVE_UP,
        JITTER,
        PRUNE,
        SCHEDULE,
        TASK_QUEUE,
        AttemptDelivery,
        Attempted,
        DeliveryTask,
        GiveUp,
        Pruned,
    )

#: Longer than any attempt; a sender that is gone is not waited for much longer.
_ATTEMPT = timedelta(seconds=30)
_LONGEST_BUSY = 60.0

_PRUNE = timedelta(minutes=5)


@workflow.defn
class WebhookDelivery:
    """Workflow id = `wh:<event>:<endpoint>`. It ends with the delivery, or when nothing more is to be tried."""

    @workflow.init
    def __init__(self, task: DeliveryTask) -> None:
        self._task = task
        self._tried = task.tried
        self._wanted = False
        self._stopped = False
        self._wakes: datetime | None = None

    @workflow.run
    async def run(self, task: DeliveryTask) -> None:
        """Attempts, and the pauses between them."""
        busy = 1.0
        if task.wait is not None:
            await self._until(task.wait)
        while not self._stopped:
            self._wanted = False
            following = self._following()
            outcome = await self._attempt(following)
            if outcome.busy:
                await self._until(min(_LONGEST_BUSY, (outcome.wait or 1.0) * busy) * (0.5 + workflow.random().random()))
                busy *= 1.5
                continue
            busy = 1.0
            if outcome.wait is not None:
                self._tried += 1
                await self._until(outcome.wait)
            elif self._wanted:
                self._tried = 0  # somebody asked for it meanwhile
            else:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(task.model_copy(update={"tried": self._tried, "wait": None}))

    @workflow.signal
    def resend(self) -> None:
        """Somebody wants it now."""
        self._wanted = True

    @workflow.signal
    def stop(self) -> None:
        """Nothing more goes to the endpoint."""
        self._stopped = True

    @workflow.query
    def next_timer(self) -> datetime | None:
        """When the next attempt is made."""
        return self._wakes

    def _following(self) -> float | None:
        """The pause after the next attempt; None: it is the last."""
        if self._tried + 1 >= len(SCHEDULE):
            return None
        return SCHEDULE[self._tried + 1] * (1 + JITTER * workflow.random().random())

    async def _attempt(self, following: float | None) -> Attempted:
        ask = AttemptDelivery(agency=self._task.agency, delivery_id=self._task.delivery_id, following=following)
        try:
            attempted: Attempted = await workflow.execute_activity(
                ATTEMPT,
                ask,
                task_queue=TASK_QUEUE,
                result_type=Attempted,
                start_to_close_timeout=_ATTEMPT,
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError as error:
            workflow.logger.warning("an attempt ended without a word: %s", error.cause or error)
            if following is None:
                await self._give_up()
            return Attempted(wait=following)
        return attempted

    async def _give_up(self) -> None:
        await workflow.execute_activity(
            GIVE_UP,
            GiveUp(agency=self._task.agency, delivery_id=self._task.delivery_id),
            task_queue=TASK_QUEUE,
            start_to_close_timeout=_ATTEMPT,
        )

    async def _until(self, seconds: float) -> None:
        """A pause that somebody may cut short."""
        pause = timedelta(seconds=seconds)
        self._wakes = workflow.now() + pause
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._wanted or self._stopped, timeout=pause)
        self._wakes = None


@workflow.defn
class WebhookPruning:
    """Begun once a day by a schedule of Temporal's."""

    @workflow.run
    async def run(self) -> None:
        """Some thousand at a time, until nothing is left."""
        more = True
        while more:
            pruned: Pruned = await workflow.execute_activity(
                PRUNE,
                task_queue=TASK_QUEUE,
                result_type=Pruned,
                start_to_close_timeout=_PRUNE,
            )
            more = pruned.more
            if more and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new()
