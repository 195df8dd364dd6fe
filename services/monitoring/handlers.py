"""Monitoring's commands: load, decide, append. Those of lifecycles answer with how the deadline stands then."""

from datetime import date

from chassis.context import Accepted, Context
from chassis.decider import Command
from chassis.problems import Conflict
from regulations import Rulebook, compute, end_of_local_day, resolve
from services.monitoring import contract
from services.monitoring.contract import DeadlineTerms
from services.monitoring.domain.deadline import (
    DEADLINE,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    MoveAnchor,
    RecomputeDeadline,
    RemindOfDeadline,
    ResumeDeadline,
    SetDeadline,
    SuspendDeadline,
    WithdrawDeadline,
    deadline_id,
)
from services.monitoring.domain.reckoning import DAY, reminder_instants
from services.monitoring.domain.state import Deadline
from services.monitoring.schemas import Extension, Withdrawal

RENEWAL = "renewal_application"
RENEWAL_OPENING = "renewal_window_opening"
INSTITUTION = "institution"
PUBLISHED = ("site_report", "site_results", "deqar")


async def set_deadline(ctx: Context, request: contract.SetDeadline) -> DeadlineTerms:
    """Sets a deadline once. A practice to which the rulebook gives no term binds nobody."""
    if request.due_on is None and request.rule not in resolve(request.rulebook).terms:
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


async def move_anchor(ctx: Context, step: contract.DeadlineStep, anchor_on: date) -> DeadlineTerms:
    """What a deadline runs from is on another day by now; what is over, unset or set by the contract stays as it is."""
    return await _step(ctx, step, ctx.command(MoveAnchor, anchor_on=anchor_on, reason=step.reason))


async def suspend_deadline(ctx: Context, step: contract.DeadlineStep, on: date) -> DeadlineTerms:
    """The clock of an open deadline stands still from `on`; what is over, or was due before that day, stays as it is."""
    return await _step(ctx, step, ctx.command(SuspendDeadline, on=on, reason=step.reason))


async def resume_deadline(ctx: Context, step: contract.DeadlineStep, on: date) -> DeadlineTerms:
    """The clock of a suspended deadline runs again from `on`; the end moves by the days between."""
    return await _step(ctx, step, ctx.command(ResumeDeadline, on=on))


async def _step(ctx: Context, step: contract.DeadlineStep, command: Command) -> DeadlineTerms:
    """Nothing follows for a deadline that was never set, of a practice without a term."""
    if not step.deadline_id:
        return DeadlineTerms(rule="", state="unset")
    await ctx.execute(DEADLINE, step.deadline_id, command)
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


def procedure(request: contract.ReadProcedure) -> contract.Procedure:
    """The stages of a rulebook and what hangs on them; a word or a part that it lacks is absent from the answer."""
    rules = resolve(request.rulebook)
    phases = rules.vocabularies.get("procedure_stages", {})
    return contract.Procedure(
        stages=tuple(stage.id for stage in rules.stages),
        phases={stage: word for word, entry in phases.items() for stage in entry.includes},
        terms=tuple(rules.terms),
        follows={word: _follows(rules, entry.follows) for word, entry in rules.vocabularies.get("decisions", {}).items()},
        channels={name: register.channels for name, register in rules.registers.items()},
        actors={stage.id: stage.actor for stage in rules.stages},
        verdicts={word: tuple(entry.follows) for word, entry in rules.vocabularies.get("recheck_verdicts", {}).items()},
        about={"national_register": (INSTITUTION,)} if rules.setting_if_any("ministry_information_for") == INSTITUTION else {},
    )


def _follows(rules: Rulebook, words: tuple[str, ...]) -> tuple[str, ...]:
    """What follows from a decision; by the agency's reading nothing of one that accredits nobody is published."""
    accredited = any("accredited" in rules.registers[word].upon for word in words if word in rules.registers)
    if accredited or rules.setting_if_any("negative_outcome_published") is not False:
        return words
    return tuple(word for word in words if word not in PUBLISHED)


def certificate_term(request: contract.ReadCertificateTerm) -> contract.CertificateTerm:
    """When the renewal window opens and when the certificate lapses: at the beginning and at the end of local days."""
    rules = resolve(request.rulebook)
    opens = closes_on = None
    if RENEWAL in rules.terms:
        closes_on = compute(rules, RENEWAL, request.valid_until).due_on
        if RENEWAL_OPENING in rules.terms:
            opens = end_of_local_day(compute(rules, RENEWAL_OPENING, closes_on).due_on - DAY, rules.zone)
    expires = end_of_local_day(request.valid_until, rules.zone)
    return contract.CertificateTerm(
        renewal_opens_at=opens, renewal_closes_on=closes_on, renewable=RENEWAL in rules.terms, expires_at=expires
    )


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
