"""The plan of measures of a follow-up: awaited, submitted, reviewed where the text knows a review, amended, carried out.

Lateness refuses nothing: the deadline register tells it. What the rulebook does not ask for is not required.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    AccreditationDocumentsReceived,
    FollowedRecommendation,
    Measure,
    MeasureProgressed,
    PlanAmended,
    PlanAwaited,
    PlanChangesRequested,
    PlanCorrected,
    PlanReviewed,
    PlanSubmitted,
)
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain import plan_guards, plan_measures, plan_rules, profile
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.plan_measures import Certified
from services.monitoring.domain.plan_state import Plan, evolve


@dataclass(frozen=True)
class Draft:
    """A plan as it is handed in, with who of the institution approved it, by which act and when."""

    measures: tuple[Measure, ...]
    document: Document
    approved_by: str | None = None
    approval_act: str | None = None
    approved_on: date | None = None


class PlanCommand(Command):
    """A command to one plan. `rulebook`: the version that the follow-up runs under by now, where it adopted another one since."""

    rulebook: RulebookRef | None = None


class AwaitPlan(Command):
    """The institution owes a plan."""

    records = (PlanAwaited,)

    plan_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    recommendations: tuple[FollowedRecommendation, ...] = ()
    counts_from: date | None = None


class ReceiveDocuments(PlanCommand):
    """The institution received the order and the conclusion."""

    records = (AccreditationDocumentsReceived,)

    order_received_on: date
    conclusion_received_on: date


class SubmitPlan(PlanCommand):
    """The institution hands in its plan; `received_on` where it came on an earlier day than it is recorded."""

    records = (PlanSubmitted,)

    draft: Draft
    certified: Certified = Certified()
    received_on: date | None = None


class RequestPlanChanges(PlanCommand):
    """The agency tells that changes or additions are needed."""

    records = (PlanChangesRequested,)

    changes: str
    due_on: date | None = None


class ReviewPlan(PlanCommand):
    """The agency has reviewed it: no changes are needed."""

    records = (PlanReviewed,)


class AmendPlan(PlanCommand):
    """The whole plan as it is to be from now on."""

    records = (PlanAmended,)

    measures: tuple[Measure, ...]
    reason: str
    approval_act: str | None = None
    certified: Certified = Certified()


class ReportProgress(PlanCommand):
    """How far a measure is; `on`: the day of it, where it is not today."""

    records = (MeasureProgressed,)

    measure_id: str
    progress: Literal["under_way", "done"]
    note: str | None = None
    evidence: tuple[Document, ...] = ()
    on: date | None = None


AnyCommand = AwaitPlan | ReceiveDocuments | SubmitPlan | RequestPlanChanges | ReviewPlan | AmendPlan | ReportProgress


def plan_id(followup_id: str) -> str:
    """The id of the plan of a follow-up."""
    return derived_id("plan", followup_id)


def decide(command: AnyCommand, state: Plan, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    today = local_date(command.at, rules.zone)
    match command:
        case AwaitPlan():
            return [] if state.awaited else [_await(command, rules, today)]
        case ReceiveDocuments():
            return [_receive(command, state, rules, today)]
        case SubmitPlan():
            return [_submit(command, state, rules, today)]
        case RequestPlanChanges():
            return [_request(command, state, today)]
        case ReviewPlan():
            return [PlanReviewed(**_ids(state), round=state.round, reviewed_on=today)]
        case AmendPlan():
            return _amend(command, state, rules, today)
        case ReportProgress():
            return _progress(command, state, today)


@enforces(AAKR, "II.4.b")
@enforces(SAPATTUU, "2.4", "2.6.s1")
def _await(command: AwaitPlan, rules: Rulebook, today: date) -> PlanAwaited:
    """Of a certificate for which the text asks a plan; who approves it hangs on the kind."""
    if not profile.plan_is_due(rules, command.kind, command.recommendations):
        plan = rules.documents.get(profile.PLAN)
        kinds = ", ".join(plan.required_for) if plan else "nothing"
        reason = f"no plan is due for {command.kind or 'a certificate that nobody has classified'}"
        of.refuse(rules, plan_rules.looked(rules), reason, f"{kinds}; with remarks, where the text asks for one only then")
    approval = profile.approval(rules, command.kind)
    return PlanAwaited(
        plan_id=command.plan_id,
        followup_id=command.followup_id,
        certificate_id=command.certificate_id,
        institution_id=command.institution_id,
        rulebook=command.rulebook,
        kind=command.kind,
        approved_by=approval.decided_by if approval else None,
        counts_from=command.counts_from,
        awaited_on=today,
    )


@enforces(SAPATTUU, "2.3", "2.4")
def _receive(command: ReceiveDocuments, state: Plan, rules: Rulebook, today: date) -> AccreditationDocumentsReceived:
    """The plan's term runs from the later of both."""
    for name in ("order_received_on", "conclusion_received_on"):
        on = getattr(command, name)
        if on > today:
            raise _invalid(f"#/{name}", f"nothing was received on {on}", f"a day until {today}")
    return AccreditationDocumentsReceived(
        **_ids(state),
        order_received_on=command.order_received_on,
        conclusion_received_on=command.conclusion_received_on,
        counts_from=plan_rules.counts_from(rules, command.order_received_on, command.conclusion_received_on),
    )


@enforces(AAKR, "II.4.b")
@enforces(SAPATTUU, "2.3", "2.4", "2.6.s1")
def _submit(command: SubmitPlan, state: Plan, rules: Rulebook, today: date) -> PlanSubmitted:
    """Approved as the text asks, with measures against what was recommended and remarked. Late or not."""
    draft, on = command.draft, _received(command, state, today)
    of.check_kind(rules, draft.document, [profile.PLAN])
    _check_approval(rules, _kind(state, command.certified), draft, on)
    plan_measures.check(rules, draft.measures, command.certified)
    return PlanSubmitted(
        **_ids(state),
        round=state.round + 1,
        measures=draft.measures,
        approved_by=draft.approved_by,
        approval_act=draft.approval_act,
        approved_on=draft.approved_on,
        document=draft.document,
        submitted_on=on,
        uncovered=tuple(each.recommendation_id for each in plan_measures.uncovered(draft.measures, command.certified.recommendations)),
    )


def _received(command: SubmitPlan, state: Plan, today: date) -> date:
    """The day of receipt: today, or an earlier one since changes were asked for."""
    on, first = command.received_on or today, state.requests[-1].requested_on if state.requests else None
    if on > today or (first is not None and on < first):
        accepts = f"a day from {first} to {today}" if first else f"a day until {today}"
        raise _invalid("#/received_on", f"no plan came on {on}", accepts)
    return on


@enforces(SAPATTUU, "2.4", "2.6.s1")
def _check_approval(rules: Rulebook, kind: str | None, draft: Draft, on: date) -> None:
    """By the body that the text names, with its act and its day; nothing where it names none."""
    wanted = profile.approval(rules, kind)
    if wanted is not None:
        body, names = wanted.decided_by, ("approved_by", "approval_act", "approved_on")
        missing = [name for name in names if getattr(draft, name) is None]
        if missing:
            of.refuse(
                rules, wanted.clause, "the plan is not approved by the institution", f"approval by the {body}: its act and day", missing
            )
        if draft.approved_by != body:
            of.refuse(rules, wanted.clause, f"the plan is approved by the {draft.approved_by}", f"approval by the {body}")
    if draft.approved_on is not None and draft.approved_on > on:
        raise _invalid("#/approved_on", f"it was not approved by {on}", f"a day until {on}")


def _request(command: RequestPlanChanges, state: Plan, today: date) -> PlanChangesRequested:
    """A person may set a day; the text has none."""
    if command.due_on is not None and command.due_on < today:
        raise _invalid("#/due_on", f"{command.due_on} is over", f"a day from {today} on, or none")
    return PlanChangesRequested(**_ids(state), round=state.round, changes=command.changes, due_on=command.due_on, requested_on=today)


def _amend(command: AmendPlan, state: Plan, rules: Rulebook, today: date) -> list[Event]:
    """With a reason, and by an act of those who approve the plan, where the text has them. What is done stays as it is."""
    if command.measures == state.measures:
        return []
    wanted = profile.approval(rules, _kind(state, command.certified))
    if wanted is not None and (command.approval_act is None or command.approval_act in state.acts):
        reason = "the amendment has no approval of its own"
        of.refuse(rules, wanted.clause, reason, f"a new act of the {wanted.decided_by}", ["approval_act"])
    lost = [each.measure_id for each in state.done if each not in command.measures]
    if lost:
        raise Conflict(f"reported done, and so left as they are: {', '.join(lost)}")
    plan_measures.check(rules, command.measures, command.certified, state.measures)
    return [
        PlanAmended(**_ids(state), measures=command.measures, reason=command.reason, approval_act=command.approval_act, amended_on=today)
    ]


@enforces(SAPATTUU, "2.5.p1")
def _progress(command: ReportProgress, state: Plan, today: date) -> list[Event]:
    """Of a measure of the plan that stands. What is done stays done; more evidence may come."""
    on, known = command.on or today, [each.measure_id for each in state.measures]
    if command.measure_id not in known:
        raise _invalid("#/measure_id", f"not in the plan: {command.measure_id}", f"measures of the plan: {', '.join(known)}")
    if on > today:
        raise _invalid("#/on", f"{on} is still to come", f"a day until {today}")
    before = state.latest(command.measure_id)
    if before is not None and before.progress == "done" and command.progress != "done":
        raise Conflict(f"it was reported done on {before.progressed_on}; a slip is corrected")
    fact = MeasureProgressed(
        **_ids(state),
        measure_id=command.measure_id,
        progress=command.progress,
        note=command.note,
        evidence=command.evidence,
        progressed_on=on,
    )
    return [] if fact == before else [fact]


def _kind(state: Plan, certified: Certified) -> str | None:
    """As it is classified by now, else as it was when the plan was awaited."""
    return certified.kind or state.terms.kind


def _ids(state: Plan) -> dict[str, str]:
    awaited = state.terms
    return {"plan_id": awaited.plan_id, "followup_id": awaited.followup_id, "institution_id": awaited.institution_id}


def _invalid(at: str, reason: str, accepts: str) -> Invalid:
    return Invalid(reason, errors=[{"pointer": at, "detail": accepts}])


def _rules(command: AnyCommand, state: Plan) -> Rulebook:
    return resolve(command.rulebook or state.terms.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    AwaitPlan: always,
    ReceiveDocuments: plan_guards.documents,
    SubmitPlan: plan_guards.submission,
    RequestPlanChanges: plan_guards.review,
    ReviewPlan: plan_guards.review,
    AmendPlan: plan_guards.standing,
    ReportProgress: plan_guards.standing,
}

PLAN: Decider[Plan, Rulebook] = Decider("plan", Plan(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a plan is corrected on a day: the day from which its term runs follows both receipts, and none of them is to come."""

    def check(state: Plan) -> None:
        received = state.documents
        if received is None:
            return
        rules = resolve(state.terms.rulebook)
        first = plan_rules.counts_from(rules, received.order_received_on, received.conclusion_received_on)
        if received.counts_from != first:
            raise Conflict(f"the plan's term runs from {first}, not from {received.counts_from}: correct `counts_from` along")
        if max(received.order_received_on, received.conclusion_received_on) > today:
            raise Conflict(f"both were received by {today}")

    return Correctable(PLAN, PlanCorrected, lambda state: {"plan_id": state.terms.plan_id}, check)
