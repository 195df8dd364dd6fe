"""What lifecycles ask of council. Each is the same command that a person could give, made once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.council import handlers, handlers_attestations, handlers_dossier, handlers_followed, handlers_resolutions
from services.council.contract import (
    CLOSE,
    CLOSE_RENEWAL_WINDOW,
    END_LICENCE_SUSPENSION,
    EXPIRE_CERTIFICATE,
    OPEN_ATTESTATION_DECISION,
    OPEN_CONSIDERATION,
    OPEN_RENEWAL_WINDOW,
    OPEN_RESOLUTION,
    READ_CASE,
    RESUME,
    REVOKE_CERTIFICATE,
    RUN_DUE,
    SUSPEND,
    SUSPEND_CERTIFICATE,
    CaseBeforeCouncil,
    CaseStep,
    CertificateSanction,
    CertificateStep,
    Due,
    EndLicenceSuspension,
    OpenAttestationDecision,
    OpenConsideration,
    OpenResolution,
    ReadCase,
    RunDue,
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

    @activity.defn(name=OPEN_RESOLUTION)
    async def open_resolution(request: OpenResolution) -> None:
        await handlers_resolutions.open_resolution(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=OPEN_RENEWAL_WINDOW)
    async def open_renewal_window(request: CertificateStep) -> None:
        await handlers.open_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=CLOSE_RENEWAL_WINDOW)
    async def close_renewal_window(request: CertificateStep) -> None:
        await handlers.close_renewal_window(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=EXPIRE_CERTIFICATE)
    async def expire_certificate(request: CertificateStep) -> None:
        await handlers.expire_certificate(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=SUSPEND_CERTIFICATE)
    async def suspend_certificate(sanction: CertificateSanction) -> None:
        await handlers_followed.suspend_certificate(await runtime.workflow_context(sanction.agency, activity.info()), sanction)

    @activity.defn(name=REVOKE_CERTIFICATE)
    async def revoke_certificate(sanction: CertificateSanction) -> None:
        await handlers_followed.revoke_certificate(await runtime.workflow_context(sanction.agency, activity.info()), sanction)

    @activity.defn(name=RUN_DUE)
    async def run_due(request: RunDue) -> Due:
        await runtime.caught_up(request.seen)
        return await handlers_followed.run_due(await runtime.workflow_context(request.agency, activity.info()), request)

    @activity.defn(name=OPEN_ATTESTATION_DECISION)
    async def open_attestation_decision(request: OpenAttestationDecision) -> None:
        ctx = await runtime.workflow_context(request.agency, activity.info())
        await handlers_attestations.open_attestation_decision(ctx, request)

    @activity.defn(name=END_LICENCE_SUSPENSION)
    async def end_licence_suspension(step: EndLicenceSuspension) -> None:
        await handlers_attestations.end_licence_suspension(await runtime.workflow_context(step.agency, activity.info()), step)

    of_cases: list[Callable[..., Awaitable[Any]]] = [open_consideration, suspend, resume, close, read_case, open_resolution]
    followed: list[Callable[..., Awaitable[Any]]] = [suspend_certificate, revoke_certificate, run_due]
    attested: list[Callable[..., Awaitable[Any]]] = [open_attestation_decision, end_licence_suspension]
    return [*of_cases, *followed, *attested, open_renewal_window, close_renewal_window, expire_certificate]
