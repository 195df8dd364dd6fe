"""Bodies and answers of council's routes for what comes before a decision: dossier, secret ballot, minutes."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.text import Identifier, ShortText, Text
from services.council.contract import Outcome, Proposal

_IN = ConfigDict(extra="forbid", frozen=True)

Count = Annotated[int, Field(strict=True, ge=0, le=1000)]


class ReportCheck(BaseModel):
    """The edited version beside the panel's own, what was changed, and the protocol of the experts' council (IQAA, S3.a)."""

    model_config = _IN

    document: Document
    panel_version: Document | None = None
    changes: Text
    checked_by: Identifier | None = Field(default=None, description="Who of the department; the caller, if nobody is named")
    experts_council_protocol: ShortText | None = None


class NewProposal(BaseModel):
    """A proposal on one scope; `outcome` is a word of the rulebook's `decisions`."""

    model_config = _IN

    scope: ShortText
    outcome: Outcome
    grounds: Text


class ConclusionDraft(BaseModel):
    """The conclusion for the council (IQAA, S3.a) with the references applied (P.2)."""

    model_config = _IN

    document: Document
    text: Text
    proposals: Annotated[tuple[NewProposal, ...], Field(max_length=100)]
    references: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")], ...], Field(max_length=100)] = ()


class BallotCount(BaseModel):
    """The tellers' count of a secret ballot on one scope."""

    model_config = _IN

    meeting_id: Identifier
    scope: ShortText
    votes_for: Count
    votes_against: Count
    abstained: Count
    counted_by: Annotated[tuple[Identifier, ...], Field(max_length=20)]


class SignedMinutes(BaseModel):
    """The minutes of a meeting with its protocol number, signed by who presided and by the secretary."""

    model_config = _IN

    protocol_number: ShortText
    document: Document
    presided_by: Identifier
    secretary: Identifier


class CheckItem(BaseModel):
    """The check of the panel's report."""

    document: Document
    panel_version: Document | None = None
    changes: str
    checked_by: str
    experts_council_protocol: str
    checked_on: date


class ConclusionItem(BaseModel):
    """The conclusion with its proposals."""

    document: Document
    proposals: list[Proposal]
    references: list[str]
    text: str
    drafted_on: date


class PresentationItem(BaseModel):
    """The presentation for the council."""

    document: Document
    prepared_on: date


class BallotItem(BaseModel):
    """A counted secret ballot."""

    scope: str
    meeting_id: str
    votes_for: int
    votes_against: int
    abstained: int
    counted_by: list[str]
