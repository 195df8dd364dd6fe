"""Counting: the votes of each scope become one of the rulebook's decisions (order 109, p. 8, 9.9, 11, 19, 22; IQAA, S3.c.1, S3.c.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import ConsiderationOpened, DecisionAdopted, PresidingStatement, Proposal, ScopeDecision
from services.council.domain.clauses import (
    IQAA,
    KZ,
    Outcomes,
    adopts,
    both_decided,
    considers,
    earliest_decision,
    notice_of_refusal,
    outcomes,
    setting_clause,
    share,
    term_clause,
)
from services.council.domain.deviation import Grounds, deviations
from services.council.domain.meeting import same_number
from services.council.domain.voting import Docket, Sitting, require_quorum, total


@dataclass(frozen=True)
class Statement:
    """What the presiding person states on a scope that the votes alone did not decide."""

    scope: str
    presided_by: str
    outcome: str
    reasons: str


@dataclass(frozen=True)
class Protocol:
    """What the director records beside the votes."""

    number: str
    reasons: str = ""
    statements: tuple[Statement, ...] = ()
    grounds: tuple[Grounds, ...] = ()


@enforces(KZ, "8 (b)", "9.9")
@enforces(IQAA, "S3.c.1")
def may_adopt(rules: Rulebook, scopes: Sequence[str], docket: Docket) -> None:
    """Once, where there are members who voted on every scope: whoever was present, a decision needs all of them."""
    if docket.decided:
        raise Conflict("the council has decided this case")
    voters = {scope: _voters(scope, docket) for scope in scopes}
    unvoted = [scope for scope in scopes if not voters[scope]]
    if unvoted or not set.intersection(*voters.values()):
        reason = f"nobody has voted on {', '.join(unvoted)}" if unvoted else "not the same members have voted on each"
        raise Refused(
            f"every scope of the case must be decided; {reason}",
            clause=both_decided(rules) if len(scopes) > 1 else adopts(rules),
            rulebook=rules.id,
            accepts="a vote (for, against or abstained) of every present member without an interest, on every scope",
            scopes=unvoted or None,
        )


def _voters(scope: str, docket: Docket) -> set[Any]:
    """Who voted on a scope; of a secret ballot only how many is known."""
    if docket.ballots:
        return {total(docket.ballots[scope])} if scope in docket.ballots else set()
    return {vote.member_id for vote in docket.votes if vote.scope == scope} - docket.recused


@enforces(KZ, "9.9", "22 (a)")
@enforces(IQAA, "S3.c.1")
def adopt(
    rules: Rulebook,
    opened: ConsiderationOpened,
    sitting: Sitting,
    docket: Docket,
    protocol: Protocol,
    today: date,
    proposals: Mapping[str, Proposal],
    kept: Sequence[ScopeDecision] = (),
) -> DecisionAdopted:
    """The decision of a quorate meeting on every scope; Refused for a scope without all votes, a tie, a refusal without reasons.

    `kept` are decisions on other scopes of the case, where an appeal has remitted only some of them.
    """
    if docket.began_at not in (None, sitting.meeting_id):
        raise Conflict(f"the vote on this case was at meeting {docket.began_at}")
    require_quorum(rules, sitting)
    _everybody_voted(rules, opened.scopes, sitting, docket)
    same_number(rules, protocol.number, sitting.protocols)
    strange = sorted({each.scope for each in protocol.statements} - set(opened.scopes))
    if strange:
        raise _refused(rules, f"not before the council: {', '.join(strange)}", f"statements on: {', '.join(opened.scopes)}")
    words, reasons = outcomes(rules), protocol.reasons.strip()
    decisions = tuple(_count(rules, scope, sitting, docket, protocol.statements) for scope in opened.scopes)
    decided = {each.outcome for each in (*kept, *decisions)}
    if "refusal_notice" in rules.terms and words.negative in {each.outcome for each in decisions} and not reasons:
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
        protocol_number=protocol.number,
        decisions=(*kept, *decisions),
        outcome=words.positive if words.positive in decided else words.negative,
        reasons=reasons or None,
        before_first_year=_early(rules, opened.registered_on, today),
        adopted_on=today,
        deviations=deviations(rules, decisions, proposals, protocol.grounds),
    )


@enforces(KZ, "11")
def _early(rules: Rulebook, registered_on: date, today: date) -> bool:
    """Whether less than the text's lower bound has passed: a flag, or a refusal if the agency reads it so."""
    if "earliest_decision" not in rules.terms:
        return False
    possible = earliest_decision(rules, registered_on)
    if today < possible and rules.setting_if_any("early_decision") == "refused":
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
    entitled = sitting.entitled(docket.recused)
    clause = both_decided(rules) if len(scopes) > 1 else adopts(rules)
    for scope in scopes:
        if sitting.ballot == "secret":
            ballot = docket.ballots.get(scope)
            if ballot is not None and entitled and total(ballot) == len(entitled):
                continue
            raise Refused(
                f"every scope of the case must be decided; the secret ballot on {scope} is not counted for {len(entitled)} members",
                clause=clause,
                rulebook=rules.id,
                accepts="the tellers' count of the votes of every present member without an interest, on every scope",
            )
        voted = {vote.member_id for vote in docket.votes if vote.scope == scope}
        waiting = [member for member in entitled if member not in voted]
        if voted.intersection(entitled) and not waiting:
            continue
        reason = f"not all have voted on {scope}: {', '.join(waiting)}" if waiting else f"nobody has voted on {scope}"
        raise Refused(
            f"every scope of the case must be decided; {reason}",
            clause=clause,
            rulebook=rules.id,
            accepts="a vote (for, against or abstained) of every present member without an interest, on every scope",
            waiting_for=waiting,
        )


@enforces(KZ, "19.1", "19.2")
@enforces(IQAA, "S3.c.1")
def _count(rules: Rulebook, scope: str, sitting: Sitting, docket: Docket, statements: Sequence[Statement]) -> ScopeDecision:
    """The votes of those who are present: the attendance may have been corrected since they voted."""
    ballot = docket.ballots.get(scope) if sitting.ballot == "secret" else None
    if ballot is not None:
        counted = Counter({"for": ballot.votes_for, "against": ballot.votes_against, "abstained": ballot.abstained})
    else:
        counted = Counter(vote.vote for vote in docket.votes if vote.scope == scope and vote.member_id in sitting.present)
    outcome = _outcome(rules, counted["for"], counted["against"])
    statement = next((each for each in statements if each.scope == scope), None)
    if outcome is not None and statement is not None:
        raise _refused(rules, f"the votes decide on {scope}: {outcome}", "a statement on what the votes do not decide alone")
    if outcome is None:
        outcome = _stated(rules, scope, counted["for"], counted["against"], statement, sitting.entitled(docket.recused))
    return ScopeDecision(
        scope=scope,
        outcome=outcome,
        votes_for=counted["for"],
        votes_against=counted["against"],
        abstained=counted["abstained"],
        presiding_statement=None if statement is None else _kept(statement),
    )


def _outcome(rules: Rulebook, votes_for: int, votes_against: int) -> str | None:
    """The texts are silent about majority and tie: both are the agency's settings. An abstention is no vote cast. None: undecided."""
    words, cast = outcomes(rules), votes_for + votes_against
    if votes_for == votes_against:
        tie = rules.setting_if_any("council_tie")
        return str(tie) if tie in (words.positive, words.negative) else None
    majority = share(rules, "council_majority")
    if majority is not None and majority.met_by(votes_for, cast):
        return words.positive
    if majority is not None and majority.met_by(votes_against, cast):
        return words.negative
    return None


def _stated(rules: Rulebook, scope: str, votes_for: int, votes_against: int, statement: Statement | None, present: Sequence[str]) -> str:
    """Where the votes decide nothing, a person does: who presided at the meeting, with reasons, on the record."""
    setting = "council_tie" if votes_for == votes_against else "council_majority"
    possible = _may_state(rules, outcomes(rules), setting)
    if statement is None:
        raise Refused(
            f"{votes_for} for and {votes_against} against on {scope}: the votes decide nothing by the agency's setting {setting}",
            clause=setting_clause(rules, setting),
            rulebook=rules.id,
            accepts="a person settles what follows from a vote that decided nothing: the statement of the presiding person, with reasons, "
            f"for one of: {', '.join(possible)}",
            setting=setting,
        )
    if statement.presided_by not in present:
        raise _refused(
            rules,
            f"{statement.presided_by} is not among the members who are present without an interest in the case",
            f"a statement by one of them: {', '.join(present)}",
        )
    if statement.outcome not in possible:
        raise _refused(rules, f"{statement.outcome} cannot be stated on {scope}", f"one of: {', '.join(possible)}")
    if not statement.reasons.strip():
        raise _refused(rules, f"the statement on {scope} has no reasons", "the statement with its reasons")
    return statement.outcome


def _may_state(rules: Rulebook, words: Outcomes, setting: str) -> tuple[str, ...]:
    """Any decision where the setting is unset; nothing that a majority is set for, where the majority was not reached."""
    if setting == "council_majority" and share(rules, setting) is not None:
        return (words.negative,)
    return tuple(rules.vocabulary("decisions"))


def _kept(statement: Statement) -> PresidingStatement:
    return PresidingStatement(presided_by=statement.presided_by, outcome=statement.outcome, reasons=statement.reasons.strip())


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)
