"""What lifecycles ask of monitoring. Each answers how the deadline stands: one that missed a message knows it then."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from chassis.context import Context
from chassis.problems import Invalid
from chassis.service import Runtime
from services.monitoring import activities_cycle, activities_followup, activities_internal, contract, handlers
from services.monitoring.contract import DeadlineStep, DeadlineTerms

#: How far the clocks of Temporal and of this machine may be apart; beyond it an open deadline has been moved.
SKEW = timedelta(minutes=5)


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""

    async def context(agency: str) -> Context:
        return await runtime.workflow_context(agency, activity.info())

    @activity.defn(name=contract.SET_DEADLINE)
    async def set_deadline(request: contract.SetDeadline) -> DeadlineTerms:
        return await handlers.set_deadline(await context(request.agency), request)

    @activity.defn(name=contract.REMIND)
    async def remind(step: DeadlineStep) -> DeadlineTerms:
        return await handlers.remind(await context(step.agency), step)

    @activity.defn(name=contract.MEET_DEADLINE)
    async def meet_deadline(step: DeadlineStep) -> DeadlineTerms:
        return await handlers.meet_deadline(await context(step.agency), step, _day(step))

    @activity.defn(name=contract.MISS_DEADLINE)
    async def miss_deadline(step: DeadlineStep) -> DeadlineTerms:
        ctx = await context(step.agency)
        terms = await handlers.miss_deadline(ctx, step)
        if terms.state == "open" and terms.due_at is not None and terms.due_at - ctx.at <= SKEW:
            early = max(terms.due_at - ctx.at, timedelta(seconds=1))
            raise ApplicationError("the due day has not ended by this clock", type="NotDueYet", next_retry_delay=early)
        return terms

    @activity.defn(name=contract.WITHDRAW_DEADLINE)
    async def withdraw_deadline(step: DeadlineStep) -> DeadlineTerms:
        return await handlers.withdraw_for_lifecycle(await context(step.agency), step)

    @activity.defn(name=contract.MOVE_ANCHOR)
    async def move_anchor(step: DeadlineStep) -> DeadlineTerms:
        if step.anchor_on is None:
            raise Invalid("an anchor moves to a day")
        return await handlers.move_anchor(await context(step.agency), step, step.anchor_on)

    @activity.defn(name=contract.SUSPEND_DEADLINE)
    async def suspend_deadline(step: DeadlineStep) -> DeadlineTerms:
        return await handlers.suspend_deadline(await context(step.agency), step, _day(step))

    @activity.defn(name=contract.RESUME_DEADLINE)
    async def resume_deadline(step: DeadlineStep) -> DeadlineTerms:
        return await handlers.resume_deadline(await context(step.agency), step, _day(step))

    @activity.defn(name=contract.READ_PROCEDURE)
    async def read_procedure(request: contract.ReadProcedure) -> contract.Procedure:
        return handlers.procedure(request)

    @activity.defn(name=contract.READ_OUTCOMES)
    async def read_outcomes(request: contract.ReadOutcomes) -> contract.Outcomes:
        return handlers.outcomes(request)

    @activity.defn(name=contract.READ_CERTIFICATE_TERM)
    async def read_certificate_term(request: contract.ReadCertificateTerm) -> contract.CertificateTerm:
        return handlers.certificate_term(request)

    moving = [move_anchor, suspend_deadline, resume_deadline, withdraw_deadline]
    asked: list[Callable[..., Awaitable[Any]]] = [read_procedure, read_outcomes, read_certificate_term]
    of_followups = [*activities_followup.activities(runtime), *activities_cycle.activities(runtime)]
    of_internal = activities_internal.activities(runtime)
    return [set_deadline, remind, meet_deadline, miss_deadline, *moving, *asked, *of_followups, *of_internal]


def _day(step: DeadlineStep) -> date:
    if step.on is None:
        raise Invalid("a deadline is met, suspended and resumed on a day")
    return step.on
