"""Who may take part in a case before the council: presence, quorum, recusal, one vote on each scope (order 109, p. 8, 9.8, 19)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import ConsiderationOpened, MemberRecused, Vote, VoteCast
from services.council.domain.clauses import KZ, considers, materials, setting_clause


@dataclass(frozen=True)
class Sitting:
    """What the meeting's aggregate says. `quorate` is None until attendance was recorded."""

    meeting_id: str
    members: tuple[str, ...]
    agenda: tuple[str, ...]
    present: tuple[str, ...]
    quorate: bool | None


@dataclass(frozen=True)
class Docket:
    """What the case's own stream says about its voting."""

    prepared: bool
    recused: frozenset[str]
    votes: Sequence[VoteCast]
    decided: bool


@enforces(KZ, "9.8")
def recuse(rules: Rulebook, opened: ConsiderationOpened, sitting: Sitting, member_id: str, reason: str, docket: Docket) -> MemberRecused:
    """A member of the sitting council declares an interest before voting; Conflict afterwards."""
    _undecided(docket)
    _on_agenda(rules, opened, sitting)
    _member(rules, sitting, member_id)
    if member_id in docket.recused:
        raise Conflict(f"{member_id} is recused already")
    if any(vote.member_id == member_id for vote in docket.votes):
        raise Conflict(f"{member_id} has voted in this case; the vote stands")
    return MemberRecused(case_id=opened.case_id, meeting_id=sitting.meeting_id, member_id=member_id, reason=reason)


@enforces(KZ, "9.8", "19.1", "19.2")
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
    _undecided(docket)
    _on_agenda(rules, opened, sitting)
    if not docket.prepared:
        raise Refused(
            "the materials are not ready", clause=materials(rules), rulebook=rules.id, accepts="votes on a case with prepared materials"
        )
    require_quorum(rules, sitting)
    _member(rules, sitting, member_id)
    if member_id not in sitting.present:
        raise _refused(rules, f"{member_id} is not present at the meeting", "votes of members who are present")
    if member_id in docket.recused:
        raise _refused(rules, f"{member_id} is recused from this case", "votes of members without an interest in the case")
    if scope not in opened.scopes:
        raise _refused(rules, f"the case has no scope {scope}", f"one of: {', '.join(opened.scopes)}")
    began_at = next((cast.meeting_id for cast in docket.votes), sitting.meeting_id)
    if began_at != sitting.meeting_id:
        raise Conflict(f"the vote on this case began at meeting {began_at}")
    if any(cast.member_id == member_id and cast.scope == scope for cast in docket.votes):
        raise Conflict(f"{member_id} has voted on {scope}")
    return VoteCast(case_id=opened.case_id, meeting_id=sitting.meeting_id, member_id=member_id, scope=scope, vote=vote)


@enforces(KZ, "9.8")
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


def _undecided(docket: Docket) -> None:
    if docket.decided:
        raise Conflict("the council has decided this case")


def _on_agenda(rules: Rulebook, opened: ConsiderationOpened, sitting: Sitting) -> None:
    if opened.case_id not in sitting.agenda:
        raise _refused(rules, "the case is not on the agenda of this meeting", "a meeting that was convened with the case on its agenda")


def _member(rules: Rulebook, sitting: Sitting, member_id: str) -> None:
    if member_id not in sitting.members:
        raise _refused(rules, f"{member_id} is not a member of this council", "members of the council that sits")


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)
