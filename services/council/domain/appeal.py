"""Appeals against a decision, and which of its scopes are not in force meanwhile and afterwards (order 109, p. 27).

The text refers to the law: who decides an appeal, and until when one may be filed, is not in it and is not asked here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from chassis.documents import Document
from chassis.ids import derived_id
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import AppealDecided, AppealFiled, AppealOutcome, DecisionAdopted
from services.council.domain.clauses import KZ, may_be_appealed, outcomes

Rest = Literal["suspended", "remitted", "overturned"]


@dataclass(frozen=True)
class Appeals:
    """The appeals of a case. `resting` names the scopes whose decision is not in force, and why."""

    filed: int = 0
    pending: AppealFiled | None = None
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
        return replace(self, filed=self.filed + 1, pending=fact, resting=resting)

    def after_decision(self, fact: AppealDecided) -> "Appeals":
        """An upheld decision is in force again; a remitted or overturned one is not."""
        resting = {scope: why for scope, why in self.resting.items() if scope not in fact.scopes}
        if fact.outcome != "upheld":
            resting |= dict.fromkeys(fact.scopes, fact.outcome)
        overturned = dict.fromkeys(fact.scopes, fact.decided_on) if fact.outcome == "overturned" else {}
        return replace(self, pending=None, resting=resting, overturned={**self.overturned, **overturned})

    def after_reconsideration(self) -> "Appeals":
        """The council has decided anew what was remitted to it."""
        return replace(self, resting={scope: why for scope, why in self.resting.items() if why != "remitted"})


@enforces(KZ, "27")
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
    """An appeal against the decision on `scopes` (on all of them, if none is named); Refused without a decision that stands."""
    if appeals.pending:
        raise Conflict(f"the appeal of {appeals.pending.filed_on} is not decided yet")
    decided = {each.scope: each.outcome for each in decision.decisions} if decision else {}
    standing = tuple(scope for scope in decided if scope not in appeals.resting)
    appealed = tuple(dict.fromkeys(scopes)) or standing
    unknown = [scope for scope in appealed if scope not in standing]
    if decision is None or not appealed or unknown:
        raise Refused(
            f"there is no decision in force on {', '.join(unknown) or 'this case'}",
            clause=may_be_appealed(rules),
            rulebook=rules.id,
            accepts=f"an appeal against the decision on: {', '.join(standing)}" if standing else "an appeal after the council's decision",
        )
    return AppealFiled(
        appeal_id=derived_id("appeal", decision.case_id, str(appeals.filed + 1)),
        case_id=decision.case_id,
        institution_id=decision.institution_id,
        scopes=appealed,
        addressed_to=addressed_to,
        document=document,
        grounds=grounds,
        suspends=tuple(scope for scope in appealed if _suspended(rules, decided[scope])),
        filed_on=today,
    )


@enforces(KZ, "27")
def decide(
    rules: Rulebook, appeals: Appeals, outcome: AppealOutcome, decided_by: str, act: str, reasons: str, decided_on: date, today: date
) -> AppealDecided:
    """What was decided on the pending appeal, by whoever decides it under the law."""
    pending = appeals.pending
    if pending is None:
        raise Conflict("no appeal is pending in this case")
    if not pending.filed_on <= decided_on <= today:
        raise Refused(
            f"an appeal of {pending.filed_on} was not decided on {decided_on}",
            clause=may_be_appealed(rules),
            rulebook=rules.id,
            accepts=f"a decision on the appeal from {pending.filed_on} to {today}",
        )
    return AppealDecided(
        appeal_id=pending.appeal_id,
        case_id=pending.case_id,
        institution_id=pending.institution_id,
        scopes=pending.scopes,
        outcome=outcome,
        decided_by=decided_by,
        act=act,
        reasons=reasons,
        decided_on=decided_on,
    )


def _suspended(rules: Rulebook, outcome: str) -> bool:
    positive = outcome == outcomes(rules).positive
    return rules.setting("appeal_suspends_accreditation" if positive else "appeal_suspends_refusal") is True
