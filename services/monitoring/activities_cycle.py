"""What lifecycles ask of monitoring's cycles. Each answers how the cycle stands."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.context import Context
from chassis.service import Runtime
from services.monitoring import contract
from services.monitoring import handlers_cycle as handlers
from services.monitoring.contract import CycleStanding, CycleStep, ReadCycle


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities on cycles."""

    async def context(agency: str) -> Context:
        return await runtime.workflow_context(agency, activity.info())

    @activity.defn(name=contract.REFER_DECISION)
    async def refer_decision(step: CycleStep) -> CycleStanding:
        return await handlers.refer_for_lifecycle(await context(step.agency), step)

    @activity.defn(name=contract.CLOSE_CYCLE)
    async def close_cycle(step: CycleStep) -> CycleStanding:
        return await handlers.close_for_lifecycle(await context(step.agency), step)

    @activity.defn(name=contract.READ_CYCLE)
    async def read_cycle(request: ReadCycle) -> CycleStanding:
        return await handlers.standing(await context(request.agency), request.cycle_id)

    return [refer_decision, close_cycle, read_cycle]
