"""What lifecycles ask of review. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.review import handlers
from services.review.contract import OPEN_SELF_ASSESSMENT, OpenSelfAssessment


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_SELF_ASSESSMENT)
    async def open_self_assessment(request: OpenSelfAssessment) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers.open_self_assessment(ctx, request)

    return [open_self_assessment]
