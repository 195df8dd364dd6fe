"""Appeals against a decision, and which of its scopes are not in force meanwhile and afterwards (order 109, p. 27; IQAA, S3.e).

Order 109 refers to the law: who decides an appeal, and until when one may be filed, is not in it and is not asked here. Where the
appeal is a stage of the agency's own procedure, a commission decides it, of people who took no part in the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import AppealCommissionFormed, AppealDecided, AppealFiled, AppealOutcome, Commissioner, DecisionAdopted
from services.council.domain.clauses import IQAA, KZ, has_stage, may_be_appealed, outcomes
from services.council.domain.complaint import named_body

Rest = Literal["suspended", "remitted", "overturned"]

STAGE = "appeal"


class FileAppeal(Command):
    """An appeal against the decision on these scopes; on all of them, if none is named."""

    records = (AppealFiled,)

    scopes: tuple[str, ...] = ()
    addressed_to: str = ""
    document: Document
    grounds: str


class FormAppealCommission(Command):
    """The commission for the pending appeal. `took_part` tells of everybody who took part in the case, in what."""

    records = (AppealCommissionFormed,)

    members: tuple[Commissioner, ...]
    act: str
    took_part: Mapping[str, str]


class DecideAppeal(Command):
    """Records what was decided on the pending appeal."""

    records = (AppealDecided,)

    outcome: AppealOutcome
    decided_by: str
    act: str
    reasons: str
    decided_on: date
    new_visit: bool = False


AnyCommand = FileAppeal | FormAppealCommission | DecideAppeal


@dataclass(frozen=True)
class Appeals:
    """The appeals of a case. `resting` names the scopes whose decision is not in force, and why; `overturned` since when it was not.

    A decision that the council took otherwise when it decided anew counts as overturned: what rested on it has lost its ground.
    """

    filed: int = 0
    pending: AppealFiled | None = None
    commission: AppealCommissionFormed | None = None
    resting: Mapping[str, Rest] = field(default_factory=dict)
    overturned: Mapping[str, date] = field(default_factory=dict)

    @property
    def remitted(self) -> tuple[str, ...]:
        """The scopes that the council has to decide anew."""
        return tuple(scope for scope, why in self.resting.items() if why == "remitted")

    def overturned_on(self, scopes: Iterable[str]) -> date | None:
        """The day from which the decision on none of these scopes is in force; None if it is on any."""
        days = [self.overturned.get(scope) for scope in scopes]
        known = [day for day in days if day is not None]
        return max(known) if known and len(known) == len(days) else None

    def after_filing(self, fact: AppealFiled) -> "Appeals":
        """Only what the agency's readings suspend rests."""
        suspended: dict[str, Rest] = dict.fromkeys(fact.suspends, "suspended")
        resting = {**self.resting, **suspended}
        return replace(self, filed=self.filed + 1, pending=fact, commission=None, resting=resting)

    def after_forming(self, fact: AppealCommissionFormed) -> "Appeals":
        """The last commission counts."""
        return replace(self, commission=fact)

    def after_decision(self, fact: AppealDecided) -> "Appeals":
        """An upheld decision is in force again; a remitted or overturned one is not."""
        resting = {scope: why for scope, why in self.resting.items() if scope not in fact.scopes}
        if fact.outcome != "upheld":
            resting |= dict.fromkeys(fact.scopes, fact.outcome)
        overturned = dict.fromkeys(fact.scopes, fact.decided_on) if fact.outcome == "overturned" else {}
        return replace(self, pending=None, resting=resting, overturned={**self.overturned, **overturned})

    def after_reconsideration(self, earlier: DecisionAdopted | None, fact: DecisionAdopted) -> "Appeals":
        """The council has decided anew what was remitted to it."""
        before = {each.scope: each.outcome for each in earlier.decisions} if earlier else {}
        changed = [each.scope for each in fact.decisions if each.scope in self.remitted and each.outcome != before.get(each.scope)]
        resting = {scope: why for scope, why in self.resting.items() if why != "remitted"}
        return replace(self, resting=resting, overturned={**self.overturned, **dict.fromkeys(changed, fact.adopted_on)})


@enforces(KZ, "27")
@enforces(IQAA, "S3.e")
def may_file(rules: Rulebook, decision: DecisionAdopted | None, appeals: Appeals) -> None:
    """One appeal at a time, against a decision that stands."""
    if appeals.pending:
        raise Conflict(f"the appeal of {appeals.pending.filed_on} is not decided yet")
    if not _standing(decision, appeals):
        raise _refused(rules, "there is no decision in force on this case", "an appeal after the council's decision")


@enforces(IQAA, "S3.e")
def may_form(rules: Rulebook, appeals: Appeals) -> None:
    """For a pending appeal, where others do not decide it by law."""
    if not has_stage(rules, STAGE):
        accepts = "the decision of whoever decides the appeal under the law"
        raise _refused(rules, "the agency forms no commission: an appeal is decided under the law", accepts)
    if appeals.pending is None:
        raise Conflict("no appeal is pending in this case")


@enforces(KZ, "27")
@enforces(IQAA, "S3.e")
def may_decide(rules: Rulebook, appeals: Appeals) -> None:
    """A pending appeal; by its commission, where the agency forms one."""
    if appeals.pending is None:
        raise Conflict("no appeal is pending in this case")
    if has_stage(rules, STAGE) and appeals.commission is None:
        raise _refused(rules, "the appeal has no commission", "the decision of a commission of people who took no part in the case")


def _standing(decision: DecisionAdopted | None, appeals: Appeals) -> tuple[str, ...]:
    """The scopes whose decision is in force."""
    return tuple(each.scope for each in decision.decisions if each.scope not in appeals.resting) if decision else ()


def act(command: AnyCommand, decision: DecisionAdopted | None, appeals: Appeals, rules: Rulebook, today: date) -> Sequence[Event]:
    """The fact that follows, or a refusal with its clause."""
    match command:
        case FileAppeal():
            appealed = (command.scopes, command.addressed_to, command.document, command.grounds)
            return [file(rules, decision, appeals, *appealed, today)]
        case FormAppealCommission():
            return [form(rules, appeals, command, today)]
        case DecideAppeal():
            return [decide(rules, appeals, command, today)]


@enforces(KZ, "27")
@enforces(IQAA, "S3.e")
def file(
    rules: Rulebook,
    decision: DecisionAdopted | None,
    appeals: Appeals,
    scopes: tuple[str, ...],
    addressed_to: str,
    document: Document,
    grounds: str,
    today: date,
) -> AppealFiled:
    """An appeal against the decision on `scopes` (on all of them, if none is named); Refused for one that does not stand."""
    assert decision is not None
    decided = {each.scope: each.outcome for each in decision.decisions}
    standing = _standing(decision, appeals)
    appealed = tuple(dict.fromkeys(scopes)) or standing
    unknown = [scope for scope in appealed if scope not in standing]
    if unknown:
        accepts = f"an appeal against the decision on: {', '.join(standing)}"
        raise _refused(rules, f"there is no decision in force on {', '.join(unknown)}", accepts)
    return AppealFiled(
        appeal_id=derived_id("appeal", decision.case_id, str(appeals.filed + 1)),
        case_id=decision.case_id,
        institution_id=decision.institution_id,
        scopes=appealed,
        addressed_to=named_body(rules, "appeal_body", addressed_to, may_be_appealed(rules)),
        document=document,
        grounds=grounds,
        suspends=tuple(scope for scope in appealed if _suspended(rules, decided[scope])),
        filed_on=today,
    )


@enforces(IQAA, "S3.e")
def form(rules: Rulebook, appeals: Appeals, command: FormAppealCommission, today: date) -> AppealCommissionFormed:
    """The commission of an appeal within the agency; Refused for whoever took part in the case."""
    assert appeals.pending is not None
    ids = [member.member_id for member in command.members]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice or not ids:
        raise _refused(rules, f"named twice: {', '.join(twice)}" if twice else "the commission has no member", "members, each named once")
    partial = {member.member_id: part for member in command.members if (part := _part(member, command.took_part))}
    if partial:
        told = "; ".join(f"{member}: {part}" for member, part in partial.items())
        clause = may_be_appealed(rules)
        accepts = "members who took no part in the case"
        raise Refused(f"took part in the case: {told}", clause=clause, rulebook=rules.id, accepts=accepts, took_part=partial)
    pending = appeals.pending
    return AppealCommissionFormed(
        appeal_id=pending.appeal_id, case_id=pending.case_id, members=command.members, act=command.act, formed_on=today
    )


def _part(member: Commissioner, took_part: Mapping[str, str]) -> str | None:
    """By the id; by the name too, for some facts of a case name their people in words."""
    by_name = {person.casefold(): part for person, part in took_part.items()}
    return took_part.get(member.member_id) or by_name.get(member.name.casefold())


@enforces(KZ, "27")
@enforces(IQAA, "S3.e")
def decide(rules: Rulebook, appeals: Appeals, command: DecideAppeal, today: date) -> AppealDecided:
    """What was decided on the pending appeal, by its commission, or by whoever decides it under the law."""
    pending, decided_on = appeals.pending, command.decided_on
    assert pending is not None
    first = max(pending.filed_on, appeals.commission.formed_on) if appeals.commission else pending.filed_on
    if not first <= decided_on <= today:
        reason = f"an appeal of {pending.filed_on} was not decided on {decided_on}"
        raise _refused(rules, reason, f"a decision on the appeal from {first} to {today}")
    if command.new_visit and command.outcome != "remitted":
        raise _refused(rules, "a new visit is for the council to decide anew", "a new visit where the decision is remitted to the council")
    if command.new_visit and appeals.remitted:
        reason = f"the council has still to decide anew on {', '.join(appeals.remitted)}: a case has one visit at a time"
        raise _refused(rules, reason, "this decision without a new visit, or once the council has decided anew")
    return AppealDecided(
        appeal_id=pending.appeal_id,
        case_id=pending.case_id,
        institution_id=pending.institution_id,
        scopes=pending.scopes,
        outcome=command.outcome,
        decided_by=command.decided_by,
        act=command.act,
        reasons=command.reasons,
        decided_on=decided_on,
        new_visit=command.new_visit,
    )


def _suspended(rules: Rulebook, outcome: str) -> bool:
    """By the agency's reading: one for any decision, or one for each kind."""
    positive = outcome == outcomes(rules).positive
    apart = "appeal_suspends_accreditation" if positive else "appeal_suspends_refusal"
    return rules.setting_if_any("appeal_suspends_decision" if "appeal_suspends_decision" in rules.settings else apart) is True


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=may_be_appealed(rules), rulebook=rules.id, accepts=accepts)
