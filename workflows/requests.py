"""How a lifecycle asks a service: an activity on the service's own task queue, tried until it is answered or refused."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from opentelemetry import context as otel
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    from pydantic import BaseModel

    from workflows.messages import Memory

#: Refusals and mistakes of ours: another try would be answered alike. Names of `chassis.problems`.
REFUSALS = ["Refused", "Invalid", "Conflict", "Forbidden", "NotFound", "ValidationError", "RulebookChanged"]

RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=5),
    non_retryable_error_types=REFUSALS,
)

#: After a refusal: soon, since a clock may be a moment behind; then every day, or when somebody resumes the lifecycle.
FIRST_PAUSE = timedelta(minutes=1)
LATER_PAUSE = timedelta(days=1)


class Overtaken(Exception):
    """Something has ended the stages of a lifecycle before their time: nothing of them is waited for any more."""


class Requests:
    """The activities of one lifecycle. A refusal does not end it: it shows its trouble and asks again.

    Once it is `overtaken` no request of its stages is made; what is made while it is `closing` belongs to its end.
    """

    def __init__(self, memory: Memory, show: Callable[[], None], overtaken: Callable[[], bool]) -> None:
        self._memory = memory
        self._show = show
        self._overtaken = overtaken
        self.closing = False
        self._resumed = 0
        self._troubles: list[str] = []

    def resume(self) -> None:
        """What was refused may be asked again."""
        self._resumed += 1

    async def make(self, queue: str, activity: str, argument: BaseModel, answer: type[BaseModel] | None, *, because: str | None) -> Any:
        """The answer of `activity`. `because` is the traceparent of the fact that led to it; None (a timer) begins a trace."""
        pause, given_up = FIRST_PAUSE, self._overtaken if not self.closing else _never
        while True:
            if given_up():
                raise Overtaken
            try:
                return await start(queue, activity, argument, answer, because)
            except ActivityError as error:
                if not isinstance(error.cause, ApplicationError):
                    raise
                workflow.logger.error("%s was refused: %s", activity, error.cause)
                await self._look_into(f"{activity}: {error.cause.message}", pause, given_up)
                pause = LATER_PAUSE

    async def _look_into(self, trouble: str, pause: timedelta, given_up: Callable[[], bool]) -> None:
        before = self._resumed
        self._troubles.append(trouble)
        self._tell()
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._resumed > before or given_up(), timeout=pause)
        self._troubles.remove(trouble)
        self._tell()

    def _tell(self) -> None:
        self._memory.trouble = "; ".join(self._troubles) or None
        self._show()


def _never() -> bool:
    return False


def start(
    queue: str,
    activity: str,
    argument: BaseModel,
    answer: type[BaseModel] | None,
    because: str | None,
    *,
    timeout: timedelta = timedelta(seconds=30),
) -> workflow.ActivityHandle[Any]:
    """The activity, begun in the trace of what led to it; each try may take as long as `timeout`."""
    carrier = {"traceparent": because} if because else {}
    # the tracing interceptor reads the current context while the activity is being started, and only then
    token = otel.attach(TraceContextTextMapPropagator().extract(carrier, otel.Context()))
    try:
        return workflow.start_activity(
            activity,
            argument,
            task_queue=queue,
            result_type=answer,
            start_to_close_timeout=timeout,
            retry_policy=RETRY,
        )
    finally:
        otel.detach(token)
