"""A case before the council as its facts leave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.council.contract import (
    AppealCommissionFormed,
    AppealDecided,
    AppealFiled,
    ConclusionDrafted,
    ConsiderationClosed,
    ConsiderationOpened,
    ConsiderationResumed,
    ConsiderationSuspended,
    DecisionAdopted,
    MaterialsPrepared,
    MemberRecused,
    PresentationPrepared,
    ReportChecked,
    SecretBallotCounted,
    VoteCast,
)
from services.council.domain import aftermath
from services.council.domain.aftermath import Decided
from services.council.domain.appeal import Appeals
from services.council.domain.dossier import Dossier
from services.council.domain.voting import Docket


@dataclass(frozen=True)
class Consideration:
    """A case before the council, as it stands. `rounds` counts its decisions, `visits` the visits on which the last one is to rest."""

    opened: ConsiderationOpened | None = None
    dossier: Dossier = field(default_factory=Dossier)
    recused: frozenset[str] = frozenset()
    votes: tuple[VoteCast, ...] = ()
    ballots: Mapping[str, SecretBallotCounted] = field(default_factory=dict)
    decision: DecisionAdopted | None = None
    rounds: int = 0
    visits: int = 1
    appeals: Appeals = field(default_factory=Appeals)
    after: aftermath.Aftermath = field(default_factory=aftermath.Aftermath)
    suspended: ConsiderationSuspended | None = None
    closed: ConsiderationClosed | None = None

    @property
    def materials(self) -> MaterialsPrepared | None:
        """What is before the council."""
        return self.dossier.materials

    @property
    def stopped(self) -> str:
        """Why nothing is done in the case just now; empty if something is."""
        if self.closed:
            return f"closed on {self.closed.closed_on}: {self.closed.reason}"
        return f"suspended on {self.suspended.suspended_on}: {self.suspended.reason}" if self.suspended else ""

    @property
    def decided(self) -> bool:
        """Whether the council has nothing more to decide."""
        return self.decision is not None and not self.appeals.remitted

    @property
    def case_id(self) -> str:
        """The case."""
        return self.opened.case_id if self.opened else ""

    @property
    def institution_id(self) -> str:
        """Whose case it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the council votes on: every scope of the case, or those that an appeal has remitted to it."""
        return self.appeals.remitted or (self.opened.scopes if self.opened else ())

    @property
    def docket(self) -> Docket:
        """How far the voting is."""
        return Docket(self.materials is not None, self.recused, self.votes, self.decided, self.ballots)

    @property
    def outcome(self) -> Decided:
        """What steps after the decision see."""
        assert self.opened is not None
        return Decided(self.opened, self.decision, self.appeals, self.after)


def evolve(state: Consideration, event: Any) -> Consideration:
    """The state after a fact."""
    match event:
        case ConsiderationOpened():
            return Consideration(opened=event)
        case ReportChecked() | ConclusionDrafted() | PresentationPrepared() | MaterialsPrepared():
            return replace(state, dossier=state.dossier.after(event))
        case ConsiderationSuspended():
            return replace(state, suspended=event)
        case ConsiderationResumed():
            return replace(state, suspended=None)
        case ConsiderationClosed():
            return replace(state, closed=event)
        case MemberRecused():
            return replace(state, recused=state.recused | {event.member_id})
        case VoteCast():
            return replace(state, votes=(*state.votes, event))
        case SecretBallotCounted():
            return replace(state, ballots={**state.ballots, event.scope: event})
        case DecisionAdopted():
            appeals = state.appeals.after_reconsideration(state.decision, event)
            return replace(state, decision=event, rounds=state.rounds + 1, appeals=appeals)
        case AppealFiled():
            return replace(state, appeals=state.appeals.after_filing(event))
        case AppealCommissionFormed():
            return replace(state, appeals=state.appeals.after_forming(event))
        case AppealDecided():
            return _after_appeal(replace(state, appeals=state.appeals.after_decision(event)), event)
    return replace(state, after=aftermath.evolve(state.after, event))


def _after_appeal(state: Consideration, fact: AppealDecided) -> Consideration:
    """What is remitted is voted on anew; after a new visit everything that the council was given is prepared anew too."""
    if fact.outcome != "remitted":
        return state
    if not fact.new_visit:
        return replace(state, votes=(), ballots={}, after=aftermath.Aftermath())
    begun = Consideration(opened=state.opened, recused=state.recused, visits=state.visits + 1)
    return replace(begun, decision=state.decision, rounds=state.rounds, appeals=state.appeals)
