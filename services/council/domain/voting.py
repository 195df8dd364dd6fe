"""Who may take part in a case before the council: presence, quorum, recusal, one vote on each scope (order 109, p. 8, 9.8, 19).

A vote is by name, or in a meeting with a secret ballot a count by tellers; the texts know neither the one nor the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import BallotKind, ConsiderationOpened, MemberRecused, SecretBallotCounted, Vote, VoteCast
from services.council.domain.clauses import IQAA, KZ, considers, materials, setting_clause

#: A count is nobody's alone: the least number of tellers.
TELLERS = 2


@dataclass(frozen=True)
class Sitting:
    """What the meeting's aggregate says. `quorate` is None until attendance was recorded; `protocols` are the numbers known so far."""

    meeting_id: str
    members: tuple[str, ...]
    agenda: tuple[str, ...]
    present: tuple[str, ...]
    quorate: bool | None
    ballot: BallotKind = "open"
    protocols: tuple[str, ...] = ()

    def entitled(self, recused: frozenset[str]) -> list[str]:
        """Who votes: the present members without an interest in the case."""
        return [member for member in self.present if member not in recused]


@dataclass(frozen=True)
class Docket:
    """What the case's own stream says about its voting."""

    prepared: bool
    recused: frozenset[str]
    votes: Sequence[VoteCast]
    decided: bool
    ballots: Mapping[str, SecretBallotCounted] = field(default_factory=dict)

    @property
    def began_at(self) -> str | None:
        """The meeting at which the vote on the case began; None before it."""
        begun: list[VoteCast | SecretBallotCounted] = [*self.votes, *self.ballots.values()]
        return begun[0].meeting_id if begun else None


@enforces(KZ, "9.8")
def recuse(rules: Rulebook, opened: ConsiderationOpened, sitting: Sitting, member_id: str, reason: str, docket: Docket) -> MemberRecused:
    """A member of the sitting council declares an interest before voting; Conflict afterwards."""
    _on_agenda(rules, opened, sitting)
    _member(rules, sitting, member_id)
    if member_id in docket.recused:
        raise Conflict(f"{member_id} is recused already")
    check_silent(docket.votes, member_id)
    return MemberRecused(case_id=opened.case_id, meeting_id=sitting.meeting_id, member_id=member_id, reason=reason)


@enforces(KZ, "9.8", "19.1", "19.2")
@enforces(IQAA, "S3.c.1")
def cast(
    rules: Rulebook,
    opened: ConsiderationOpened,
    sitting: Sitting,
    member_id: str,
    scope: str,
    vote: Vote,
    docket: Docket,
) -> VoteCast:
    """A present member who is not recused votes once on a scope of the case, at the meeting where the vote on it began."""
    _votable(rules, opened, sitting, docket, scope)
    if sitting.ballot == "secret":
        raise _refused(rules, "this meeting votes by secret ballot", "the count of the secret ballot by its tellers")
    _member(rules, sitting, member_id)
    if member_id not in sitting.present:
        raise _refused(rules, f"{member_id} is not present at the meeting", "votes of members who are present")
    check_interest(rules, docket.recused, member_id)
    if any(cast.member_id == member_id and cast.scope == scope for cast in docket.votes):
        raise Conflict(f"{member_id} has voted on {scope}")
    return VoteCast(case_id=opened.case_id, meeting_id=sitting.meeting_id, member_id=member_id, scope=scope, vote=vote)


@enforces(KZ, "9.8", "19.1", "19.2")
@enforces(IQAA, "S3.c.1")
def count(
    rules: Rulebook,
    opened: ConsiderationOpened,
    sitting: Sitting,
    scope: str,
    counts: tuple[int, int, int],
    tellers: Sequence[str],
    docket: Docket,
) -> SecretBallotCounted:
    """The votes for, against and abstained of a secret ballot, as many as there are members who vote."""
    _votable(rules, opened, sitting, docket, scope)
    if sitting.ballot != "secret":
        raise _refused(rules, "this meeting votes openly", "the vote of each member by name")
    counted_by = tuple(dict.fromkeys(tellers))
    if len(counted_by) < TELLERS:
        raise _refused(rules, "nobody counts a secret ballot alone", f"a count by at least {TELLERS} tellers")
    voting, earlier = len(sitting.entitled(docket.recused)), docket.ballots.get(scope)
    if not voting or sum(counts) != voting:
        raise _refused(
            rules,
            f"{sum(counts)} votes were counted on {scope}; {voting} members are present without an interest in the case",
            f"as many votes (for, against, abstained) as there are such members: {voting}",
        )
    if earlier is not None and total(earlier) == voting:
        raise Conflict(f"the secret ballot on {scope} is counted")
    votes_for, votes_against, abstained = counts
    return SecretBallotCounted(
        case_id=opened.case_id,
        meeting_id=sitting.meeting_id,
        scope=scope,
        votes_for=votes_for,
        votes_against=votes_against,
        abstained=abstained,
        counted_by=counted_by,
    )


@enforces(KZ, "9.8")
def may_recuse(docket: Docket) -> None:
    """Before the council has decided, and before a secret ballot, of which nobody knows who voted."""
    _undecided(docket)
    if docket.ballots:
        raise Conflict("the secret ballot on this case is counted")


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def may_cast(rules: Rulebook, docket: Docket) -> None:
    """On prepared materials, before the decision, unless the vote on the case has begun by secret ballot."""
    _prepared(rules, docket)
    if docket.ballots:
        raise _refused(rules, "this case is voted on by secret ballot", "the count of the secret ballot by its tellers")


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def may_count(rules: Rulebook, docket: Docket) -> None:
    """On prepared materials, before the decision, unless the vote on the case has begun openly."""
    _prepared(rules, docket)
    if docket.votes:
        raise _refused(rules, "this case is voted on openly", "the vote of each member by name")


def check_interest(rules: Rulebook, recused: frozenset[str], member_id: str) -> None:
    """Refused for a member who declared an interest in the case."""
    if member_id in recused:
        raise _refused(rules, f"{member_id} is recused from this case", "votes of members without an interest in the case")


def check_silent(votes: Sequence[VoteCast], member_id: str) -> None:
    """Conflict for a member who has voted in the case."""
    if any(vote.member_id == member_id for vote in votes):
        raise Conflict(f"{member_id} has voted in this case; the vote stands")


def check_unvoted(votes: Sequence[VoteCast], scopes: Sequence[str], member_id: str) -> None:
    """Conflict for a member who has voted on every scope."""
    voted = {vote.scope for vote in votes if vote.member_id == member_id}
    if voted.issuperset(scopes):
        raise Conflict(f"{member_id} has voted on {', '.join(scopes)}")


def _prepared(rules: Rulebook, docket: Docket) -> None:
    _undecided(docket)
    if not docket.prepared:
        raise Refused(
            "the materials are not ready", clause=materials(rules), rulebook=rules.id, accepts="votes on a case with prepared materials"
        )


def _undecided(docket: Docket) -> None:
    if docket.decided:
        raise Conflict("the council has decided this case")


def total(ballot: SecretBallotCounted) -> int:
    """How many votes were counted."""
    return ballot.votes_for + ballot.votes_against + ballot.abstained


def _votable(rules: Rulebook, opened: ConsiderationOpened, sitting: Sitting, docket: Docket, scope: str) -> None:
    """The case may be voted on at this meeting: on the agenda, by a quorum, where the vote on it began."""
    _on_agenda(rules, opened, sitting)
    require_quorum(rules, sitting)
    if scope not in opened.scopes:
        raise _refused(rules, f"the case has no scope {scope}", f"one of: {', '.join(opened.scopes)}")
    if docket.began_at not in (None, sitting.meeting_id):
        raise Conflict(f"the vote on this case began at meeting {docket.began_at}")


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def require_quorum(rules: Rulebook, sitting: Sitting) -> None:
    """Refused unless the meeting's last attendance is a quorum."""
    if sitting.quorate is None:
        raise _refused(rules, "the attendance of the meeting is not recorded", "votes after an attendance that is a quorum")
    if not sitting.quorate:
        raise Refused(
            "the meeting has no quorum",
            clause=setting_clause(rules, "council_quorum"),
            rulebook=rules.id,
            accepts="votes after an attendance that is a quorum by the agency's setting",
        )


def _on_agenda(rules: Rulebook, opened: ConsiderationOpened, sitting: Sitting) -> None:
    if opened.case_id not in sitting.agenda:
        raise _refused(rules, "the case is not on the agenda of this meeting", "a meeting that was convened with the case on its agenda")


def _member(rules: Rulebook, sitting: Sitting, member_id: str) -> None:
    if member_id not in sitting.members:
        raise _refused(rules, f"{member_id} is not a member of this council", "members of the council that sits")


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)
