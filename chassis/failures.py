"""Failures of workflows and activities, counted as they happen. Replays of what happened before count nothing."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from chassis import telemetry

T = TypeVar("T")

_workflows = telemetry.meter().create_counter(
    telemetry.WORKFLOW_FAILURES,
    description="Workflows that failed, and tasks of workflows that failed and come again",
)
_activities = telemetry.meter().create_counter(
    telemetry.ACTIVITY_FAILURES, description="Attempts at activities that failed: refused for good, or with an error that is tried again"
)


class CountedFailures(Interceptor):
    """For a worker of either kind."""

    def __init__(self) -> None:
        for kind in ("workflow", "task"):
            _workflows.add(0, {"kind": kind})  # so that a first failure is seen as one
        for kind in ("error", "refused"):
            _activities.add(0, {"kind": kind})

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Called by the worker."""
        return _CountedActivity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Called by the worker."""
        return _CountedWorkflow


class _CountedActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except Exception as error:
            final = isinstance(error, ApplicationError) and error.non_retryable
            _activities.add(1, {"activity": activity.info().activity_type, "kind": "refused" if final else "error"})
            raise


class _CountedWorkflow(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        return await _counted(super().execute_workflow, input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        await _counted(super().handle_signal, input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        return await _counted(super().handle_update_handler, input)


async def _counted(handle: Callable[[T], Awaitable[Any]], given: T) -> Any:
    try:
        return await handle(given)
    except Exception as error:  # cancellation and continue-as-new are none
        if not workflow.unsafe.is_replaying():
            kind = "workflow" if isinstance(error, FailureError) else "task"
            _workflows.add(1, {"workflow": workflow.info().workflow_type, "kind": kind})
        raise
