"""What lifecycles and the calendar ask of monitoring's follow-ups."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.monitoring import contract, due
from services.monitoring import handlers_followup as handlers


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities on follow-ups."""

    @activity.defn(name=contract.READ_FOLLOWUP)
    async def read_followup(request: contract.ReadFollowUp) -> contract.FollowUpTerms:
        return await handlers.read_followup(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=contract.ALERT_DIRECTOR)
    async def alert_director(request: contract.AlertDirector) -> None:
        await handlers.alert_director(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=contract.RUN_DUE)
    async def run_due(request: contract.RunDue) -> contract.Due:
        await runtime.caught_up(request.seen)
        return await due.run_due(await runtime.workflow_context(request.agency, activity.info()))

    return [read_followup, alert_director, run_due]
