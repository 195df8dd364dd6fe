"""What lifecycles ask of council. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.council import handlers, handlers_dossier
from services.council.contract import (
    CLOSE,
    CLOSE_RENEWAL_WINDOW,
    EXPIRE_CERTIFICATE,
    OPEN_CONSIDERATION,
    OPEN_RENEWAL_WINDOW,
    READ_CASE,
    RESUME,
    SUSPEND,
    CaseBeforeCouncil,
    CaseStep,
    CertificateStep,
    OpenConsideration,
    ReadCase,
)


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_CONSIDERATION)
    async def open_consideration(request: OpenConsideration) -> None:
        await handlers.open_consideration(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=SUSPEND)
    async def suspend(step: CaseStep) -> None:
        await handlers_dossier.suspend(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=RESUME)
    async def resume(step: CaseStep) -> None:
        await handlers_dossier.resume(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=CLOSE)
    async def close(step: CaseStep) -> None:
        await handlers_dossier.close(await runtime.workflow_context(step.agency, activity.info()), step)

    @activity.defn(name=READ_CASE)
    async def read_case(question: ReadCase) -> CaseBeforeCouncil:
        return await handlers.read_case(await runtime.workflow_context(question.agency, activity.info()), question)

    @activity.defn(name=OPEN_RENEWAL_WINDOW)
    async def open_renewal_window(request: CertificateStep) -> None:
        await handlers.open_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=CLOSE_RENEWAL_WINDOW)
    async def close_renewal_window(request: CertificateStep) -> None:
        await handlers.close_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=EXPIRE_CERTIFICATE)
    async def expire_certificate(request: CertificateStep) -> None:
        await handlers.expire_certificate(await runtime.workflow_context(request.agency, activity.info()), request)

    return [open_consideration, suspend, resume, close, read_case, open_renewal_window, close_renewal_window, expire_certificate]
