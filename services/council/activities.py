"""What lifecycles ask of council. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.council import handlers
from services.council.contract import (
    CLOSE_RENEWAL_WINDOW,
    EXPIRE_CERTIFICATE,
    OPEN_CONSIDERATION,
    OPEN_RENEWAL_WINDOW,
    CertificateStep,
    OpenConsideration,
)


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    @activity.defn(name=OPEN_CONSIDERATION)
    async def open_consideration(request: OpenConsideration) -> None:
        await handlers.open_consideration(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=OPEN_RENEWAL_WINDOW)
    async def open_renewal_window(request: CertificateStep) -> None:
        await handlers.open_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=CLOSE_RENEWAL_WINDOW)
    async def close_renewal_window(request: CertificateStep) -> None:
        await handlers.close_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=EXPIRE_CERTIFICATE)
    async def expire_certificate(request: CertificateStep) -> None:
        await handlers.expire_certificate(await runtime.workflow_context(request.agency, activity.info()), request)

    return [open_consideration, open_renewal_window, close_renewal_window, expire_certificate]
