"""Bodies and answers of the REST interface of conclusions of attestation commissions, and of checks at the end of a suspension."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.visits.contract import (
    Commissioner,
    ConclusionAttachment,
    ConclusionSection,
    ControlFigures,
    SpecialtyRecommendation,
)

_IN = ConfigDict(extra="forbid", frozen=True)

ConclusionStage = Literal["drawn_up", "signed", "handed_over"]
RecheckStage = Literal["opened", "commission_formed", "held"]


class NewConclusion(BaseModel):
    """The conclusion by its sections, with the recommendation on the organisation and on each specialty that is attested apart."""

    model_config = _IN

    sections: Annotated[tuple[ConclusionSection, ...], Field(min_length=1, max_length=50)]
    recommendation: Word
    specialties: Annotated[tuple[SpecialtyRecommendation, ...], Field(max_length=500)] = ()
    attachments: Annotated[tuple[ConclusionAttachment, ...], Field(max_length=50)] = ()
    document: Document
    drawn_up_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class NewSignature(BaseModel):
    """A signature; an expert signs for himself, a coordinator records whose came on paper."""

    model_config = _IN

    expert_id: Identifier | None = Field(default=None, description="The caller, unless it is recorded as it came on paper")
    signed_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class SecondCopy(BaseModel):
    """The handing over of the second copy."""

    model_config = _IN

    confirmed: bool = Field(description="The head of the organisation confirmed it by signature")
    document: Document | None = None
    received_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class NewRecheckCommission(BaseModel):
    """The commission of the check, by an order of the authorised body."""

    model_config = _IN

    members: Annotated[tuple[Commissioner, ...], Field(min_length=1, max_length=50)]
    chair_id: Identifier
    order_number: ShortText
    sits_on: Day | None = Field(default=None, description="When it is to sit, after the end of the suspension")
    formed_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class RecheckFindings(BaseModel):
    """What the commission of the check found; `verdict` is a word of the rulebook."""

    model_config = _IN

    verdict: Annotated[Word, Field(examples=["removed"])]
    findings: Text
    document: Document
    held_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class ConclusionItem(BaseModel):
    """A conclusion in a list."""

    attestation_id: str
    institution_id: str
    rulebook_id: str
    stage: ConclusionStage
    round: int
    recommendation: str
    drawn_up_on: date
    signed_on: date | None
    received_on: date | None
    version: int


class Signature(BaseModel):
    """Who signed the draft that stands."""

    expert_id: str
    signed_on: date


class OpenControl(BaseModel):
    """A control that was begun and not concluded: its figures are not in the conclusion."""

    control_id: str
    unit: str


class ConclusionDetail(BaseModel):
    """The conclusion of an attestation whole; nothing of it yet where none is drawn up."""

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    stage: ConclusionStage | None = None
    round: int = 0
    sections: list[ConclusionSection] = []
    missing_sections: list[str] = []
    recommendation: str | None = None
    specialties: list[SpecialtyRecommendation] = []
    attachments: list[ConclusionAttachment] = []
    missing_attachments: list[str] = Field(default=[], description="Those of p. 32 that are not there")
    figures: list[ControlFigures] = []
    document: Document | None = None
    drawn_up_on: date | None = None
    copies: int | None = None
    signed_on: date | None = None
    confirmed: bool | None = None
    receipt: Document | None = None
    received_on: date | None = None
    asked: list[str] = Field(description="The sections that this conclusion must have")
    chair_id: str | None = Field(description="Of the commission as it is now")
    signatures: list[Signature]
    unsigned: list[str] = Field(description="Who of the commission as it is now has not signed the draft that stands")
    open_controls: list[OpenControl]
    version: int
    allowed_actions: list[Action]


class RecheckItem(BaseModel):
    """A check in a list."""

    recheck_id: str
    attestation_id: str
    institution_id: str
    rulebook_id: str
    stage: RecheckStage
    suspension_ends_on: date
    formed_on: date | None
    verdict: str | None
    held_on: date | None
    version: int


class RecheckDetail(RecheckItem):
    """A check whole."""

    rulebook: RulebookRef
    specialties: list[str]
    opened_on: date
    members: list[dict[str, Any]] | None
    chair_id: str | None
    order_number: str | None
    sits_on: date | None
    findings: str | None
    document: Document | None
    allowed_actions: list[Action]
