"""What lifecycles ask of visits. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.visits import handlers, handlers_commission, handlers_conclusion, handlers_monitoring
from services.visits.contract import (
    CLOSE,
    CLOSE_ATTESTATION_VISIT,
    OPEN_ATTESTATION_VISIT,
    OPEN_MONITORING_VISIT,
    OPEN_RECHECK,
    OPEN_VISIT,
    RESUME,
    SUSPEND,
    CaseStep,
    CloseAttestationVisit,
    OpenAttestationVisit,
    OpenMonitoringVisit,
    OpenRecheck,
    OpenVisit,
)


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_VISIT)
    async def open_visit(request: OpenVisit) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers.open_visit(ctx, request)

    @activity.defn(name=SUSPEND)
    async def suspend(step: CaseStep) -> None:
        await handlers.suspend(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=RESUME)
    async def resume(step: CaseStep) -> None:
        await handlers.resume(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=CLOSE)
    async def close(step: CaseStep) -> None:
        await handlers.close(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=OPEN_MONITORING_VISIT)
    async def open_monitoring_visit(request: OpenMonitoringVisit) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers_monitoring.open_monitoring_visit(ctx, request)

    @activity.defn(name=OPEN_ATTESTATION_VISIT)
    async def open_attestation_visit(request: OpenAttestationVisit) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers_commission.open_attestation_visit(ctx, request)

    @activity.defn(name=CLOSE_ATTESTATION_VISIT)
    async def close_attestation_visit(request: CloseAttestationVisit) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers_commission.close_attestation_visit(ctx, request)

    @activity.defn(name=OPEN_RECHECK)
    async def open_recheck(request: OpenRecheck) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers_conclusion.open_recheck(ctx, request)

    return [open_visit, suspend, resume, close, open_monitoring_visit, open_attestation_visit, close_attestation_visit, open_recheck]
