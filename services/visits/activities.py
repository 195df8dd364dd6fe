"""What lifecycles ask of visits. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.visits import handlers
from services.visits.contract import OPEN_VISIT, OpenVisit


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_VISIT)
    async def open_visit(request: OpenVisit) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers.open_visit(ctx, request)

    return [open_visit]
