"""Bodies and answers of council's routes for resolutions on follow-ups."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.text import Day, Identifier, ShortText, Text, Word

_IN = ConfigDict(extra="forbid", frozen=True)

Votes = Annotated[int, Field(ge=0, le=100, strict=True)]


class Decision(BaseModel):
    """One decision: the term with an extension, the last day with a suspension, the information with a publication."""

    model_config = _IN

    word: Word
    term: Word | None = Field(None, examples=["extension_2y"])
    until: Day | None = None
    text: Text | None = None


class Presided(BaseModel):
    """What the member who presided states where the votes decide nothing by the agency's settings."""

    model_config = _IN

    presided_by: Identifier
    outcome: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="One of the decisions of the resolution")]
    reasons: Text


class ResolutionAdoption(BaseModel):
    """What a meeting decided on a follow-up, with the count of the one vote on it. No decision: the certificate is left to its day."""

    model_config = _IN

    meeting_id: Identifier
    protocol_number: ShortText
    decisions: Annotated[tuple[Decision, ...], Field(max_length=20)]
    grounds: Text
    ground: Word | None = Field(None, description="Of what is decided against the institution; needed where there is more than one")
    votes_for: Votes
    votes_against: Votes = 0
    abstained: Votes = 0
    recused: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    presiding_statement: Presided | None = None
    reading_departure: Text | None = Field(None, description="Why a reading of the text is left, or what it leaves open is done")
    decided_on: Day | None = Field(None, description="The meeting's day, if left out")


class ResolutionDelivery(BaseModel):
    """The letter with the decision: when it was sent, and when the institution had it, which is what counts."""

    model_config = _IN

    outgoing_number: ShortText
    sent_on: Day
    delivered_on: Day


class NewPublication(BaseModel):
    """What stands on the site since when; the council's own wording, and today, if left out. The caller approves the text."""

    model_config = _IN

    text: Text | None = None
    published_on: Day | None = None


class ResolutionItem(BaseModel):
    """A resolution in a list; what it decided is null until it is adopted."""

    decision_id: str
    followup_id: str
    cycle_id: str
    certificate_id: str
    institution_id: str
    rulebook_id: str
    kind: str | None
    ground: str | None
    valid_until: date
    opened_on: date
    decisions: list[dict[str, Any]] | None
    adopted_on: date | None
    delivered_on: date | None
    published_on: date | None
    version: int


class ResolutionDetail(ResolutionItem):
    """A resolution, how it came about, and what the caller may do to it. Who was recused the agency alone is shown."""

    fulfilment: list[tuple[str, str]]
    suspended_before: bool
    brought_on: str | None = Field(description="The ground on which the matter came before the council")
    meeting_id: str | None
    protocol_number: str | None
    grounds: str | None
    votes_for: int | None
    votes_against: int | None
    abstained: int | None
    recused: list[str] | None
    presiding_statement: dict[str, Any] | None
    reading_departure: str | None
    notice_due_on: date | None = Field(description="The last day on which the institution has the decision in time")
    in_time: bool | None = Field(description="Whether it had; null until it is delivered")
    outgoing_number: str | None
    sent_on: date | None
    published_text: str | None
    approved_by: str | None
    allowed_actions: list[Action]
