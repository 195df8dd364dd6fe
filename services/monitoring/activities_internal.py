"""What the lifecycle of a cycle of internal monitoring asks of monitoring."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.monitoring import contract
from services.monitoring import handlers_internal_cycle as handlers


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities on cycles of internal monitoring."""

    @activity.defn(name=contract.CLOSE_INTERNAL_CYCLE)
    async def close_internal_cycle(request: contract.CloseInternalCycle) -> contract.InternalCycleStanding:
        return await handlers.close_for_lifecycle(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=contract.READ_INTERNAL_CYCLE)
    async def read_internal_cycle(request: contract.ReadInternalCycle) -> contract.InternalCycleStanding:
        return await handlers.standing(await runtime.workflow_context(request.agency, activity.info()), request.cycle_id)

    return [close_internal_cycle, read_internal_cycle]
