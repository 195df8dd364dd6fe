"""Counting: the votes of each scope become one of the rulebook's two decisions (order 109, p. 8, 9.9, 11, 19, 22)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import ConsiderationOpened, DecisionAdopted, ScopeDecision, VoteCast
from services.council.domain.clauses import (
    KZ,
    adopts,
    both_decided,
    earliest_decision,
    notice_of_refusal,
    outcomes,
    setting_clause,
    term_clause,
)
from services.council.domain.voting import Docket, Sitting, require_quorum


@enforces(KZ, "9.9", "22 (a)")
def adopt(
    rules: Rulebook,
    opened: ConsiderationOpened,
    sitting: Sitting,
    docket: Docket,
    protocol_number: str,
    reasons: str,
    today: date,
    kept: Sequence[ScopeDecision] = (),
) -> DecisionAdopted:
    """The decision of a quorate meeting on every scope; Refused for a scope without all votes, a tie, a refusal without reasons.

    `kept` are decisions on other scopes of the case, where an appeal has remitted only some of them.
    """
    if docket.decided:
        raise Conflict("the council has decided this case")
    if any(vote.meeting_id != sitting.meeting_id for vote in docket.votes):
        raise Conflict(f"the vote on this case was at meeting {docket.votes[0].meeting_id}")
    require_quorum(rules, sitting)
    _everybody_voted(rules, opened.scopes, sitting, docket)
    words = outcomes(rules)
    present = [vote for vote in docket.votes if vote.member_id in sitting.present]  # attendance may have been corrected since
    decisions = tuple(_count(rules, scope, present) for scope in opened.scopes)
    decided = {each.outcome for each in (*kept, *decisions)}
    if words.negative in {each.outcome for each in decisions} and not reasons.strip():
        raise Refused(
            "a refusal is reasoned",
            clause=notice_of_refusal(rules),
            rulebook=rules.id,
            accepts="the decision with the reasons of the refusal",
        )
    return DecisionAdopted(
        case_id=opened.case_id,
        institution_id=opened.institution_id,
        rulebook=opened.rulebook,
        meeting_id=sitting.meeting_id,
        protocol_number=protocol_number,
        decisions=(*kept, *decisions),
        outcome=words.positive if words.positive in decided else words.negative,
        reasons=reasons.strip() or None,
        before_first_year=_early(rules, opened.registered_on, today),
        adopted_on=today,
    )


@enforces(KZ, "11")
def _early(rules: Rulebook, registered_on: date, today: date) -> bool:
    """Whether less than the text's lower bound has passed: a flag, or a refusal if the agency reads it so."""
    possible = earliest_decision(rules, registered_on)
    if today < possible and rules.setting("early_decision") == "refused":
        raise Refused(
            f"a decision is possible from {possible}",
            clause=term_clause(rules, "earliest_decision"),
            rulebook=rules.id,
            accepts=f"a decision on {possible} or later",
        )
    return today < possible


@enforces(KZ, "8 (b)")
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
            clause=both_decided(rules) if len(scopes) > 1 else adopts(rules),
            rulebook=rules.id,
            accepts="a vote (for, against or abstained) of every present member without an interest, on every scope",
            waiting_for=waiting,
        )


@enforces(KZ, "19.1", "19.2")
def _count(rules: Rulebook, scope: str, votes: Sequence[VoteCast]) -> ScopeDecision:
    counted = Counter(vote.vote for vote in votes if vote.scope == scope)
    return ScopeDecision(
        scope=scope,
        outcome=_outcome(rules, scope, counted["for"], counted["against"]),
        votes_for=counted["for"],
        votes_against=counted["against"],
        abstained=counted["abstained"],
    )


def _outcome(rules: Rulebook, scope: str, votes_for: int, votes_against: int) -> str:
    """The text is silent about majority and tie: both are the agency's settings. An abstention is no vote cast."""
    words, cast = outcomes(rules), votes_for + votes_against
    if votes_for == votes_against:
        tie = rules.setting("council_tie")
        if tie in (words.positive, words.negative):
            return str(tie)
        raise _undecided(rules, scope, votes_for, votes_against, "council_tie")
    majority = rules.share("council_majority")
    if majority is not None and majority.met_by(votes_for, cast):
        return words.positive
    if majority is not None and majority.met_by(votes_against, cast):
        return words.negative
    raise _undecided(rules, scope, votes_for, votes_against, "council_majority")


def _undecided(rules: Rulebook, scope: str, votes_for: int, votes_against: int, setting: str) -> Refused:
    return Refused(
        f"{votes_for} for and {votes_against} against on {scope}: the votes decide nothing by the agency's setting {setting}",
        clause=setting_clause(rules, setting),
        rulebook=rules.id,
        accepts="a decision by the votes of the council; a person settles what follows from a vote that decided nothing",
        setting=setting,
    )
