"""Monitoring's commands: load, decide, append. Those of lifecycles answer with how the deadline stands then."""

from datetime import date

from chassis.context import Accepted, Context
from chassis.problems import Conflict
from regulations import compute, end_of_local_day, resolve
from services.monitoring import contract
from services.monitoring.contract import DeadlineTerms
from services.monitoring.domain.deadline import (
    DAY,
    DEADLINE,
    Deadline,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    RecomputeDeadline,
    RemindOfDeadline,
    SetDeadline,
    WithdrawDeadline,
    deadline_id,
    reminder_instants,
)
from services.monitoring.schemas import Extension, Withdrawal

RENEWAL = "renewal_application"
RENEWAL_OPENING = "renewal_window_opening"


async def set_deadline(ctx: Context, request: contract.SetDeadline) -> DeadlineTerms:
    """Sets a deadline once. A practice to which the rulebook gives no term binds nobody."""
    if request.rule not in resolve(request.rulebook).terms:
        return DeadlineTerms(rule=request.rule, state="unset")
    id_ = deadline_id(request.workflow_id, request.rule, request.round)
    fields = request.model_dump(exclude={"agency", "round", "rulebook"})
    command = ctx.command(SetDeadline, deadline_id=id_, rulebook=request.rulebook, **fields)
    await ctx.execute(DEADLINE, id_, command, create=True)
    return await _terms(ctx, id_)


async def remind(ctx: Context, step: contract.DeadlineStep) -> DeadlineTerms:
    """Reminds whom it binds, if it is still open."""
    await ctx.execute(DEADLINE, step.deadline_id, ctx.command(RemindOfDeadline))
    return await _terms(ctx, step.deadline_id)


async def meet_deadline(ctx: Context, step: contract.DeadlineStep, on: date) -> DeadlineTerms:
    """What was due was done on `on`."""
    await ctx.execute(DEADLINE, step.deadline_id, ctx.command(MeetDeadline, on=on))
    return await _terms(ctx, step.deadline_id)


async def miss_deadline(ctx: Context, step: contract.DeadlineStep) -> DeadlineTerms:
    """Records that the due day has ended, unless it was met, withdrawn or moved meanwhile; the answer tells."""
    state, _ = await ctx.load(DEADLINE, step.deadline_id)
    if state.standing == "open" and ctx.at >= state.due_at:
        await ctx.execute(DEADLINE, step.deadline_id, ctx.command(MissDeadline))
    return await _terms(ctx, step.deadline_id)


async def withdraw_for_lifecycle(ctx: Context, step: contract.DeadlineStep) -> DeadlineTerms:
    """Withdraws a deadline whose lifecycle ends; one that is no longer open stays as it is."""
    try:
        await ctx.execute(DEADLINE, step.deadline_id, ctx.command(WithdrawDeadline, reason=step.reason))
    except Conflict:
        pass
    return await _terms(ctx, step.deadline_id)


async def extend_deadline(ctx: Context, id_: str, body: Extension) -> Accepted:
    """A person moves an open deadline, with a reason."""
    return await ctx.execute(DEADLINE, id_, ctx.command(ExtendDeadline, due_on=body.due_on, reason=body.reason))


async def recompute_deadline(ctx: Context, id_: str) -> Accepted:
    """Computes an open deadline anew by the present calendar; no fact follows where that is the one that is recorded."""
    return await ctx.execute(DEADLINE, id_, ctx.command(RecomputeDeadline))


async def withdraw_deadline(ctx: Context, id_: str, body: Withdrawal) -> Accepted:
    """A person takes an open deadline away, with a reason."""
    return await ctx.execute(DEADLINE, id_, ctx.command(WithdrawDeadline, reason=body.reason))


def outcomes(request: contract.ReadOutcomes) -> contract.Outcomes:
    """What the words of the rulebook's decisions bring about."""
    words = resolve(request.rulebook).vocabulary("decisions")
    return contract.Outcomes(
        certified=tuple(word for word, entry in words.items() if "certificate" in entry.follows),
        refused=tuple(word for word, entry in words.items() if "refusal_notice" in entry.follows),
    )


def certificate_term(request: contract.ReadCertificateTerm) -> contract.CertificateTerm:
    """When the renewal window opens and when the certificate lapses: at the beginning and at the end of local days."""
    rules = resolve(request.rulebook)
    opens = None
    if RENEWAL in rules.terms and RENEWAL_OPENING in rules.terms:
        closes_on = compute(rules, RENEWAL, request.valid_until).due_on
        opens = end_of_local_day(compute(rules, RENEWAL_OPENING, closes_on).due_on - DAY, rules.zone)
    return contract.CertificateTerm(renewal_opens_at=opens, expires_at=end_of_local_day(request.valid_until, rules.zone))


async def _terms(ctx: Context, id_: str) -> DeadlineTerms:
    state, version = await ctx.load(DEADLINE, id_)
    return terms_of(state, version)


def terms_of(state: Deadline, version: int) -> DeadlineTerms:
    """What a waiting lifecycle needs to know of a deadline."""
    terms = state.set_terms
    return DeadlineTerms(
        rule=terms.rule,
        state=state.standing or "open",
        deadline_id=terms.deadline_id,
        due_on=state.due_on,
        due_at=state.due_at,
        reminders_at=reminder_instants(state.reminders, terms.zone),
        version=version,
    )
