"""A case before a council of five, for the tests of this folder."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from chassis.documents import Document
from chassis.events import Event
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.council.contract import (
    ConsiderationOpened,
    DecisionAdopted,
    MaterialsPrepared,
    MemberRecused,
    ScopeDecision,
    Vote,
    VoteCast,
)
from services.council.domain.consideration import CONSIDERATION, AdoptDecision, CastVote, Consideration, RecuseMember
from services.council.domain.voting import Sitting

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
FILED_ON, REGISTERED_ON = date(2009, 2, 20), date(2009, 3, 2)
OPENED_ON, TODAY = date(2010, 3, 1), date(2010, 3, 15)
A_YEAR_HAS_PASSED = date(2010, 3, 3)

MEMBERS = ("aigul", "berik", "chingiz", "dana", "erlan")
INSTITUTION, LAW = "institution", "programme:5B030100"
DOCUMENT = Document(kind="council_dossier", name="Dossier", sha256="d" * 64)

OPENED = ConsiderationOpened(
    case_id="case-1",
    institution_id="kaznu",
    rulebook=RULES.ref,
    scopes=(INSTITUTION,),
    filed_on=FILED_ON,
    registered_on=REGISTERED_ON,
    opened_on=OPENED_ON,
)
COMBINED = OPENED.model_copy(update={"scopes": (INSTITUTION, LAW)})
PREPARED = MaterialsPrepared(case_id="case-1", documents=(DOCUMENT,), conclusion="Conforms", prepared_on=OPENED_ON)
SITTING = Sitting("meeting-1", MEMBERS, ("case-1",), MEMBERS, quorate=True)


def at(day: date) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def case(*events: Event) -> Given[Consideration]:
    return given(CONSIDERATION, events)


def sitting(*present: str, quorate: bool | None = True, meeting_id: str = "meeting-1", agenda: Sequence[str] = ("case-1",)) -> Sitting:
    return Sitting(meeting_id, MEMBERS, tuple(agenda), present, quorate)


def vote(member: str, vote: Vote, scope: str = INSTITUTION) -> VoteCast:
    return VoteCast(case_id="case-1", meeting_id="meeting-1", member_id=member, scope=scope, vote=vote)


def votes(votes_for: int = 0, votes_against: int = 0, abstained: int = 0, scope: str = INSTITUTION) -> tuple[VoteCast, ...]:
    """Votes of as many members, in the order of the council."""
    words: list[Vote] = ["for"] * votes_for + ["against"] * votes_against + ["abstained"] * abstained
    return tuple(vote(member, word, scope) for member, word in zip(MEMBERS, words, strict=False))


def recused(member: str) -> MemberRecused:
    return MemberRecused(case_id="case-1", meeting_id="meeting-1", member_id=member, reason="Teaches there")


def cast(member: str, word: Vote = "for", scope: str = INSTITUTION, at_: Sitting = SITTING) -> CastVote:
    return CastVote(**at(TODAY), sitting=at_, member_id=member, scope=scope, vote=word)


def recuse(member: str, at_: Sitting = SITTING) -> RecuseMember:
    return RecuseMember(**at(TODAY), sitting=at_, member_id=member, reason="Teaches there")


def adopt(reasons: str = "", at_: Sitting = SITTING, on: date = TODAY) -> AdoptDecision:
    return AdoptDecision(**at(on), sitting=at_, protocol_number="3", reasons=reasons)


def adopted(command: AdoptDecision, *past: Event, rules: Rulebook = RULES) -> DecisionAdopted:
    """The decision that follows under `rules`; a refusal is raised."""
    (event,) = CONSIDERATION.decide(command, CONSIDERATION.fold(past), rules)
    assert isinstance(event, DecisionAdopted)
    return event


def decided(*outcomes: str, reasons: str | None = None, scopes: Sequence[str] = (INSTITUTION, LAW)) -> DecisionAdopted:
    """A decision with these outcomes, scope by scope."""
    decisions = tuple(
        ScopeDecision(scope=scope, outcome=outcome, votes_for=3, votes_against=2, abstained=0)
        for scope, outcome in zip(scopes, outcomes, strict=False)
    )
    return DecisionAdopted(
        case_id="case-1",
        institution_id="kaznu",
        rulebook=RULES.ref,
        meeting_id="meeting-1",
        protocol_number="3",
        decisions=decisions,
        outcome="accredit" if "accredit" in outcomes else "refuse",
        reasons=reasons,
        before_first_year=False,
        adopted_on=TODAY,
    )
