"""Counting: the votes of each scope become a decision of the rulebook's two (order 109, p. 8, 9.9, 11, 19, 22)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import ConsiderationOpened, DecisionAdopted, ScopeDecision, VoteCast
from services.council.domain.clauses import ADOPTION, BOTH_SCOPES, KZ, REFUSAL_NOTICE, decision_words, earliest_decision, tie_outcome
from services.council.domain.voting import Docket, Sitting, require_quorum


@enforces(KZ, "9.9", "11", "19.1", "19.2", "22")
def adopt(
    rules: Rulebook,
    opened: ConsiderationOpened,
    sitting: Sitting,
    docket: Docket,
    protocol_number: str,
    reasons: str,
    today: date,
) -> DecisionAdopted:
    """The decision of a quorate meeting on every scope; Refused for a scope without all votes, a tie, a refusal without reasons."""
    if docket.decided:
        raise Conflict("the council has decided this case")
    if any(vote.meeting_id != sitting.meeting_id for vote in docket.votes):
        raise Conflict(f"the vote on this case was at meeting {docket.votes[0].meeting_id}")
    require_quorum(rules, sitting)
    _everybody_voted(rules, opened.scopes, sitting, docket)
    words = decision_words(rules)
    decisions = tuple(_count(rules, scope, docket.votes) for scope in opened.scopes)
    outcomes = {each.outcome for each in decisions}
    if words.negative in outcomes and not reasons.strip():
        raise Refused(
            "a refusal is reasoned", clause=REFUSAL_NOTICE, rulebook=rules.id, accepts="the decision with the reasons of the refusal"
        )
    return DecisionAdopted(
        case_id=opened.case_id,
        institution_id=opened.institution_id,
        rulebook=opened.rulebook,
        meeting_id=sitting.meeting_id,
        protocol_number=protocol_number,
        decisions=decisions,
        outcome=words.positive if words.positive in outcomes else words.negative,
        reasons=reasons.strip() or None,
        before_first_year=today < earliest_decision(rules, opened.registered_on),
        adopted_on=today,
    )


@enforces(KZ, "8")
def _everybody_voted(rules: Rulebook, scopes: Sequence[str], sitting: Sitting, docket: Docket) -> None:
    """Each scope needs a decision of its own, and each the vote of everybody who is present and not recused."""
    entitled = [member for member in sitting.present if member not in docket.recused]
    for scope in scopes:
        voted = {vote.member_id for vote in docket.votes if vote.scope == scope}
        waiting = [member for member in entitled if member not in voted]
        if voted and not waiting:
            continue
        reason = f"not all have voted on {scope}: {', '.join(waiting)}" if waiting else f"nobody has voted on {scope}"
        raise Refused(
            f"every scope of the case must be decided; {reason}",
            clause=BOTH_SCOPES if len(scopes) > 1 else ADOPTION,
            rulebook=rules.id,
            accepts="a vote (for, against or abstained) of every present member without an interest, on every scope",
            waiting_for=waiting,
        )


def _count(rules: Rulebook, scope: str, votes: Sequence[VoteCast]) -> ScopeDecision:
    counted = Counter(vote.vote for vote in votes if vote.scope == scope)
    words = decision_words(rules)
    if counted["for"] == counted["against"]:
        outcome = _tie(rules, scope, counted["for"])
    else:
        outcome = words.positive if counted["for"] > counted["against"] else words.negative
    return ScopeDecision(
        scope=scope, outcome=outcome, votes_for=counted["for"], votes_against=counted["against"], abstained=counted["abstained"]
    )


def _tie(rules: Rulebook, scope: str, each: int) -> str:
    """The text is silent about a tie: the agency's setting decides, and without one nobody does."""
    rule = tie_outcome(rules)
    if rule.outcome is not None:
        return rule.outcome
    raise Refused(
        f"{each} votes for and {each} against on {scope}: no decision, and no rule for a tie",
        clause=rule.clause,
        rulebook=rules.id,
        accepts="a rule for a tie in the agency's settings, or a new vote at another meeting",
    )
