"""For every command on a case before the council, bodies that its state takes: for the walk over all states, and for random lives."""

from datetime import date, timedelta
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from regulations import Rulebook
from services.council.contract import Commissioner, ConsiderationOpened, Proposal
from services.council.domain import notices
from services.council.domain.adoption import Statement
from services.council.domain.appeal import DecideAppeal, FileAppeal, FormAppealCommission
from services.council.domain.clauses import package
from services.council.domain.consideration import (
    AdoptDecision,
    CastVote,
    CheckReport,
    Close,
    CountSecretBallot,
    DraftConclusion,
    Open,
    PrepareMaterials,
    PreparePresentation,
    RecuseMember,
    Resume,
    Suspend,
)
from services.council.domain.deviation import Grounds
from services.council.domain.dossier import Check, Draft
from services.council.domain.state import Consideration
from services.council.domain.voting import Sitting
from tests.council.cases import at

FILED_ON, TODAY = date(2024, 2, 20), date(2026, 3, 16)
PRESENT = ("aigul", "berik")
OPENLY = Sitting("meeting-open", (*PRESENT, "dana", "erlan"), ("case-1",), PRESENT, quorate=True)
SECRETLY = Sitting("meeting-secret", (*PRESENT, "dana", "erlan"), ("case-1",), PRESENT, quorate=True, ballot="secret")


def opened(rules: Rulebook, *scopes: str) -> ConsiderationOpened:
    fields = {"case_id": "case-1", "institution_id": "kaznu", "rulebook": rules.ref, "scopes": scopes or ("institution",)}
    return ConsiderationOpened(**fields, filed_on=FILED_ON, registered_on=FILED_ON, opened_on=TODAY)


def document(kind: str) -> Document:
    return Document(kind=kind, name=kind, sha256="a" * 64)


def preparing(rules: Rulebook, state: Consideration, now: dict[str, Any]) -> list[Command]:
    """What is laid before the council."""
    words, held = list(rules.vocabularies["decisions"]), state.dossier.holds()
    check = Check(document("external_evaluation_report"), "Style", "saule", "No. 4", document("external_evaluation_report"))
    proposals = tuple(Proposal(scope=scope, outcome=words[0], grounds="Conforms") for scope in state.scopes)
    draft = Draft(document("accreditation_conclusion"), "Conforms", proposals, tuple(rules.vocabularies.get("references", {})))
    rest = tuple(document(kind) for kind in package(rules) if kind not in held)
    return [
        CheckReport(**now, check=check, visits_reported=state.visits),
        DraftConclusion(**now, draft=draft),
        PreparePresentation(**now, document=document("presentation")),
        PrepareMaterials(**now, documents=rest, conclusion="Conforms", visits_reported=state.visits),
    ]


def deciding(rules: Rulebook, state: Consideration, sitting: Sitting, now: dict[str, Any]) -> list[Command]:
    """Decisions of the meeting, whatever the votes leave to the presiding person and whatever the conclusion proposed."""
    words, scopes, ids = list(rules.vocabularies["decisions"]), state.scopes, sitting.entitled(state.recused)
    grounds = tuple(Grounds(scope, "Staff were hired", "Two saw it", "A list") for scope in scopes)
    fields = {"sitting": sitting, "protocol_number": "7", "reasons": "Why"}
    stated = [tuple(Statement(scope, each, word, "Why") for scope in scopes) for each in ids for word in words]
    return [
        AdoptDecision(**now, **fields, presiding_statements=statements, grounds=given)
        for statements in ((), *stated)
        for given in ((), *((each,) for each in grounds), grounds)
    ]


def following(rules: Rulebook, now: dict[str, Any]) -> list[Command]:
    """What follows a decision."""
    notice = rules.registers.get("decision_notice")
    channels = notice.channels if notice else ("institution",)
    return [
        notices.SendRefusalNotice(**now, reasons="Why"),
        notices.PublishReport(**now, document=document("full_report"), results=document("results"), address="https://example.org/1"),
        *(notices.SendDecisionNotice(**now, channel=each, outgoing_number="1") for each in channels),
        notices.EnterDecision(**now),
        notices.SubmitToDeqar(**now, submission="1"),
        notices.InformMinistry(**now, outgoing_number="1"),
        notices.AgreeFollowUp(**now, period_months=12, reason="Why"),
    ]


def appealing(state: Consideration, now: dict[str, Any], today: date) -> list[Command]:
    """Appeals and what is decided on them."""
    members = (Commissioner(member_id="viktor", name="Name"),)
    filing = {"addressed_to": "The board", "document": document("appeal"), "grounds": "Why"}
    ruling = {"decided_by": "The board", "act": "No. 3", "reasons": "Why", "decided_on": today}
    ways: list[dict[str, Any]] = [{"outcome": "upheld"}, {"outcome": "remitted"}, {"outcome": "remitted", "new_visit": True}]
    return [
        *(FileAppeal(**now, **filing, scopes=scopes) for scopes in appealed(state)),
        FormAppealCommission(**now, members=members, act="No. 2", took_part={"aigul": "voted"}),
        *(DecideAppeal(**now, **ruling, **way) for way in (*ways, {"outcome": "overturned"})),
    ]


def appealed(state: Consideration) -> list[tuple[str, ...]]:
    """All that stands, and each scope."""
    return [(), *((scope,) for scope in (state.opened.scopes if state.opened else ()))]


def every_command(rules: Rulebook, state: Consideration, today: date = TODAY) -> list[Command]:
    """Of every kind one that the state takes, if there is one, and some others."""
    now = at(today)
    stranger = f"member-{len(state.votes) + len(state.recused)}"
    sitting = Sitting("meeting-open", (*OPENLY.members, stranger), ("case-1",), (*PRESENT, stranger), quorate=True)
    counts = ({"votes_for": 2}, {"votes_for": 1, "votes_against": 1}, {"votes_against": 2})
    zero = {"votes_for": 0, "votes_against": 0, "abstained": 0, "counted_by": ("dana", "erlan")}
    wider = Sitting("meeting-secret", SECRETLY.members, ("case-1",), (*PRESENT, "dana"), quorate=True, ballot="secret")
    again = {**zero, "votes_for": 3} if any(total(ballot) == 2 for ballot in state.ballots.values()) else zero
    matter = {"case_id": "case-1", "institution_id": "kaznu", "scopes": ("institution",), "filed_on": FILED_ON, "registered_on": FILED_ON}
    return [
        Open(**now, **matter, rulebook=rules.ref),
        *preparing(rules, state, now),
        RecuseMember(**now, sitting=sitting, member_id=stranger, reason="Teaches there"),
        *(
            CastVote(**now, sitting=sitting, member_id=member, scope=scope, vote=word)
            for member in (*PRESENT, stranger)
            for scope in state.scopes
            for word in ("for", "against")
            if member != stranger or len(state.votes) >= len(PRESENT) * len(state.scopes)
        ),
        *(CountSecretBallot(**now, sitting=SECRETLY, scope=scope, **{**zero, **each}) for scope in state.scopes for each in counts),
        *(CountSecretBallot(**now, sitting=wider, scope=scope, **again) for scope in state.scopes),
        *deciding(rules, state, _who_voted(state), now),
        *following(rules, now),
        *appealing(state, now, today),
        Suspend(**now, reason="A flood"),
        Resume(**now),
        Close(**now, reason="Withdrawn"),
    ]


def total(ballot: Any) -> int:
    return int(ballot.votes_for + ballot.votes_against + ballot.abstained)


def _who_voted(state: Consideration) -> Sitting:
    """The meeting where the case was voted on, with those who voted on everything."""
    if state.ballots:
        counted = max(total(ballot) for ballot in state.ballots.values())
        return Sitting("meeting-secret", SECRETLY.members, ("case-1",), SECRETLY.members[:counted], quorate=True, ballot="secret")
    everything = {vote.member_id for vote in state.votes}
    for scope in state.scopes:
        everything &= {vote.member_id for vote in state.votes if vote.scope == scope}
    voted = tuple(sorted(everything)) or PRESENT
    return Sitting("meeting-open", voted, ("case-1",), voted, quorate=True)


def later(days: int) -> date:
    return TODAY + timedelta(days=days)
