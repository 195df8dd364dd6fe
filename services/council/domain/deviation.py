"""A decision that is not what the conclusion proposed: on recorded grounds alone, where the rulebook asks for them (IQAA, S3.c.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.council.contract import Deviation, Proposal, ScopeDecision
from services.council.domain.clauses import IQAA, setting_clause

_NEEDS, _REASONED = "result_change_needs", "reasons_when_result_differs"


@dataclass(frozen=True)
class Grounds:
    """Why the result on a scope changed: reasoned grounds, members' opinions, additional information."""

    scope: str
    grounds: str
    opinions: str | None = None
    information: str | None = None


@enforces(IQAA, "S3.c.3")
def deviations(
    rules: Rulebook, decisions: Sequence[ScopeDecision], proposals: Mapping[str, Proposal], given: Sequence[Grounds]
) -> tuple[Deviation, ...]:
    """The deviations of these decisions with their grounds; Refused where the rulebook needs grounds that were not given."""
    by_scope = {each.scope: each for each in given}
    differing = [each for each in decisions if each.scope in proposals and proposals[each.scope].outcome != each.outcome]
    idle = sorted(set(by_scope) - {each.scope for each in differing})
    if idle:
        raise _refused(rules, f"nothing differs from the conclusion on: {', '.join(idle)}", "grounds for what differs from it alone")
    found = []
    for decision in differing:
        proposed, why = proposals[decision.scope].outcome, by_scope.get(decision.scope)
        _reasoned(rules, decision, proposed, why)
        if why is not None:
            told = {"grounds": why.grounds, "opinions": why.opinions or None, "information": why.information or None}
            found.append(Deviation(scope=decision.scope, proposed=proposed, **told))
    return tuple(found)


def _reasoned(rules: Rulebook, decision: ScopeDecision, proposed: str, why: Grounds | None) -> None:
    """Reasoned grounds, and what the agency reads the text to need besides them."""
    differs = f"the decision on {decision.scope} is {decision.outcome}; the conclusion proposes {proposed}"
    if rules.setting_if_any(_REASONED) is True and (why is None or not why.grounds.strip()):
        raise _refused(rules, f"{differs}, and no grounds are given", "the decision with the grounds of the change", decision.scope)
    opinions, information = bool(why and why.opinions), bool(why and why.information)
    match rules.setting_if_any(_NEEDS):
        case "grounds_with_opinion_or_information" if not (opinions or information):
            wanted = "the members' opinions or the additional information that led to it"
        case "all_three" if not (opinions and information):
            wanted = "the members' opinions and the additional information that led to it"
        case _:
            return
    raise Refused(
        f"{differs}, and not all is given on which it may change",
        clause=setting_clause(rules, _NEEDS),
        rulebook=rules.id,
        accepts=f"besides the grounds, {wanted}",
        scope=decision.scope,
    )


def _refused(rules: Rulebook, reason: str, accepts: str, scope: str | None = None) -> Refused:
    return Refused(reason, clause=setting_clause(rules, _REASONED), rulebook=rules.id, accepts=accepts, scope=scope)
