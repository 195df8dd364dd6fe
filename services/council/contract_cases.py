"""Facts of a case before the council, up to its decision. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import ShortText, Text
from regulations import RulebookRef
from services.council.contract_meetings import IQAA, ORDER_109, Outcome, Vote


class PresidingStatement(BaseModel):
    """What the presiding person stated where the votes decided nothing by the agency's settings: who, what and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    presided_by: str
    outcome: Outcome
    reasons: Text


class ScopeDecision(BaseModel):
    """The decision on one scope of a case, with the count of its vote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: str
    outcome: Outcome
    votes_for: int
    votes_against: int
    abstained: int
    round: Annotated[int, Field(ge=1, description="2 and on: decided anew after an appeal; what was not remitted keeps its own")] = 1
    presiding_statement: PresidingStatement | None = Field(default=None, description="Only where the votes alone decided nothing")


class Proposal(BaseModel):
    """What the conclusion proposes on one scope of a case (IQAA, S3.a)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: str
    outcome: Outcome
    grounds: Text


class Deviation(BaseModel):
    """Why the council decided a scope otherwise than the conclusion proposed (IQAA, S3.c.3)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: str
    proposed: Outcome
    grounds: Text
    opinions: Text | None = Field(default=None, description="Of the council's members")
    information: Text | None = Field(default=None, description="On the institution, besides what the council was given")


class ConsiderationOpened(Event):
    """The visit's report is in: materials for the council are to be prepared (order 109, p. 9.7, 18)."""

    under: ClassVar = {ORDER_109: ("9.7", "18")}
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date = Field(description="Of the application: the bar of p. 22 runs from it")
    registered_on: date
    opened_on: date


class ReportChecked(Event):
    """The department checked and edited the panel's report with the experts' council (IQAA, S3.a). The panel's version is kept apart."""

    correctable: ClassVar = frozenset({"experts_council_protocol"})
    under: ClassVar = {IQAA: ("S3.a",)}
    case_id: str
    document: Document = Field(description="The edited version")
    panel_version: Document | None = Field(default=None, description="The experts' own version, never overwritten")
    changes: Text
    checked_by: ShortText
    experts_council_protocol: ShortText
    checked_on: date


class ConclusionDrafted(Event):
    """The conclusion for the council: what it proposes on each scope, and the references applied (IQAA, P.2, S3.a)."""

    under: ClassVar = {IQAA: ("P.2", "S3.a")}
    case_id: str
    document: Document
    proposals: tuple[Proposal, ...]
    references: tuple[str, ...] = Field(description="Words of the rulebook's `references`")
    text: Text
    drafted_on: date


class PresentationPrepared(Event):
    """The coordinator prepared the presentation for the council, on both reports and the conclusion (IQAA, S3.b)."""

    under: ClassVar = {IQAA: ("S3.b",)}
    case_id: str
    document: Document
    prepared_on: date


class MaterialsPrepared(Event):
    """The council's materials are ready (order 109, p. 9.7, 18: both reports were studied; IQAA, S3.c.2: all four inputs are there)."""

    under: ClassVar = {ORDER_109: ("9.7", "18"), IQAA: ("S3.c.2",)}
    case_id: str
    documents: tuple[Document, ...]
    conclusion: Text
    prepared_on: date


class MemberRecused(Event):
    """A member takes no part in a case for an interest in it."""

    under: ClassVar = {ORDER_109: ("9.8",), IQAA: ("S3.c.1",)}
    case_id: str
    meeting_id: str
    member_id: str
    reason: Text


class VoteCast(Event):
    """A member's vote on one scope of a case."""

    under: ClassVar = {ORDER_109: ("9.8",), IQAA: ("S3.c.1",)}
    case_id: str
    meeting_id: str
    member_id: str
    scope: str
    vote: Vote


class SecretBallotCounted(Event):
    """The tellers counted a secret ballot on one scope; a later count on it takes the place of the earlier (order 109, p. 9.8)."""

    under: ClassVar = {ORDER_109: ("9.8",)}
    case_id: str
    meeting_id: str
    scope: str
    votes_for: int
    votes_against: int
    abstained: int
    counted_by: tuple[str, ...]


class DecisionAdopted(Event):
    """The council decided every scope of the case (order 109, p. 9.8, 9.9, 19; IQAA, S3.c.1, S3.c.3). `before_first_year` flags p. 11."""

    correctable: ClassVar = frozenset({"protocol_number"})
    under: ClassVar = {ORDER_109: ("9.8", "9.9", "19.1", "19.2"), IQAA: ("S3.c.1", "S3.c.3")}
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    meeting_id: str
    protocol_number: ShortText
    decisions: tuple[ScopeDecision, ...]
    outcome: Outcome = Field(description="The case's outcome: positive if any scope is accredited")
    reasons: Text | None = Field(default=None, description="Always given where a scope is refused (order 109, p. 22)")
    before_first_year: bool
    adopted_on: date
    deviations: tuple[Deviation, ...] = ()


class ConsiderationSuspended(Event):
    """The agency suspended the case: until it is resumed the council does nothing in it. Both rulebooks are silent on it."""

    case_id: str
    reason: Text
    suspended_on: date


class ConsiderationResumed(Event):
    """The case goes on: its consideration stands where it stood."""

    case_id: str
    resumed_on: date


class ConsiderationClosed(Event):
    """The case ended and the council has nothing more to do in it: withdrawn, terminated or discontinued."""

    case_id: str
    reason: Text
    closed_on: date


class ConsiderationCorrected(FactCorrected):
    """A fact of a case before the council was recorded wrongly."""

    case_id: str
