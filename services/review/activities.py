"""What lifecycles ask of review. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.review import handlers, handlers_materials
from services.review.contract import (
    CLOSE,
    CLOSE_MATERIALS,
    OPEN_MATERIALS,
    OPEN_SELF_ASSESSMENT,
    RESUME,
    SUSPEND,
    CaseStep,
    CloseMaterials,
    OpenMaterials,
    OpenSelfAssessment,
)


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_SELF_ASSESSMENT)
    async def open_self_assessment(request: OpenSelfAssessment) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers.open_self_assessment(ctx, request)

    @activity.defn(name=OPEN_MATERIALS)
    async def open_materials(request: OpenMaterials) -> None:
        await handlers_materials.open_materials(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=CLOSE_MATERIALS)
    async def close_materials(request: CloseMaterials) -> None:
        await handlers_materials.close_materials(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=SUSPEND)
    async def suspend(step: CaseStep) -> None:
        await handlers.suspend(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=RESUME)
    async def resume(step: CaseStep) -> None:
        await handlers.resume(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=CLOSE)
    async def close(step: CaseStep) -> None:
        await handlers.close(await runtime.workflow_context(step.agency, activity.info()), step)

    return [open_self_assessment, open_materials, close_materials, suspend, resume, close]
