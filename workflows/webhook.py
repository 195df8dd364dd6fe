"""The delivery of one event to one endpoint: it holds the schedule, by durable timers, and asks notices for each attempt.

Its own and not the retries of an activity: a receiver may say when it wants to be asked again, a person may ask for it at once, an
endpoint may be switched off in between; and each attempt is a fact that is shown.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from services.notices.contract import ATTEMPT, GIVE_UP, TASK_QUEUE, AttemptDelivery, Attempted, DeliveryTask, GiveUp

#: Seconds from one attempt to the next, as Standard Webhooks proposes it: some three days in all.
SCHEDULE = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)

#: Each pause is longer by up to this part of it, so that what failed at the same moment does not come back at the same moment.
JITTER = 0.2

#: Longer than any attempt; a sender that is gone is not waited for much longer.
_ATTEMPT = timedelta(seconds=30)
_LONGEST_BUSY = 60.0


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
                workflow.continue_as_new(task.model_copy(update={"tried": self._tried}))

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
