"""What lifecycles ask of intake. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.context import Context
from chassis.due import Due, RunDue
from chassis.service import Runtime
from services.intake import handlers, handlers_attestation, handlers_documents
from services.intake.contract import CLOSE_ATTESTATION, CLOSE_CASE, REOPEN_CASE, RUN_DUE, CloseAttestation, CloseCase, ReopenCase


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    async def context(agency: str) -> Context:
        return await runtime.workflow_context(agency, activity.info())

    @activity.defn(name=CLOSE_CASE)
    async def close_case(request: CloseCase) -> None:
        await handlers.close_case(await context(request.agency), request)

    @activity.defn(name=REOPEN_CASE)
    async def reopen_case(request: ReopenCase) -> None:
        await handlers.reopen_case(await context(request.agency), request)

    @activity.defn(name=CLOSE_ATTESTATION)
    async def close_attestation(request: CloseAttestation) -> None:
        await handlers_attestation.close_attestation(await context(request.agency), request)

    @activity.defn(name=RUN_DUE)
    async def run_due(request: RunDue) -> Due:
        await runtime.caught_up(request.seen)
        info = activity.info()
        ctx = await runtime.workflow_context(request.agency, info)
        return await handlers_documents.run_due(ctx, runtime.settings, again=info.attempt > 1)

    return [close_case, reopen_case, close_attestation, run_due]
