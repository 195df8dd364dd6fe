"""Facts of the conclusion of an attestation commission, and of the check at the end of a suspension. `contract` has all of them."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.visits.contract_commission import Commissioner
from services.visits.contract_control import ControlFigures

ATTESTATION = "kz-109-2008-attestation"

_FROZEN = ConfigDict(frozen=True, extra="forbid")

_SECTIONS = tuple(f"30.{number}" for number in range(1, 17))
_ATTACHMENTS = tuple(f"32.{number}" for number in range(1, 9))


class ConclusionSection(BaseModel):
    """A section of the conclusion (attestation, p. 30): a word of its contents, and what it says."""

    model_config = _FROZEN

    section: Word
    text: Text


class SpecialtyRecommendation(BaseModel):
    """What the commission recommends for one specialty (attestation, p. 9, 30.13)."""

    model_config = _FROZEN

    specialty: ShortText
    recommendation: Word = Field(description="A word of `recommendations`")
    text: Text


class ConclusionAttachment(BaseModel):
    """An attachment of the conclusion (attestation, p. 32): a word of its contents, and the document."""

    model_config = _FROZEN

    attachment: Word
    document: Document


class ConclusionDrawnUp(Event):
    """The chair drew up the conclusion of the commission (attestation, p. 30) with its attachments (p. 32). A later round replaces
    it, and all sign anew."""

    under: ClassVar = {ATTESTATION: (*_SECTIONS, *_ATTACHMENTS)}
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    round: int = Field(ge=1)
    sections: tuple[ConclusionSection, ...]
    missing_sections: tuple[Word, ...] = Field(default=(), description="Where the agency has an incomplete conclusion flagged (p. 30)")
    recommendation: Word = Field(description="A word of `recommendations` (p. 30.16)")
    specialties: tuple[SpecialtyRecommendation, ...] = ()
    attachments: tuple[ConclusionAttachment, ...] = ()
    missing_attachments: tuple[Word, ...] = Field(default=(), description="Told, and no ground of refusal (p. 32)")
    figures: tuple[ControlFigures, ...] = Field(default=(), description="Of the controls that were concluded by then")
    document: Document
    drawn_up_on: date


class ConclusionSigned(Event):
    """The chair or a member signed both copies (attestation, p. 31)."""

    under: ClassVar = {ATTESTATION: ("31",)}
    attestation_id: str
    institution_id: str
    round: int
    expert_id: Identifier
    signed_on: date


class ConclusionCompleted(Event):
    """All have signed (attestation, p. 31): the ten days of the decision run from here (p. 33)."""

    under: ClassVar = {ATTESTATION: ("31",)}
    attestation_id: str
    institution_id: str
    round: int
    copies: int = Field(ge=1, description="How many copies there are (p. 31)")
    recommendation: Word
    specialties: tuple[SpecialtyRecommendation, ...] = ()
    figures: tuple[ControlFigures, ...] = ()
    signed_on: date


class SecondCopyHandedOver(Event):
    """The second copy went to the head of the organisation, who confirmed it by signature (attestation, p. 31)."""

    under: ClassVar = {ATTESTATION: ("31",)}
    correctable: ClassVar = frozenset({"received_on"})
    attestation_id: str
    institution_id: str
    confirmed: bool = Field(description="By the head's signature")
    document: Document | None = None
    received_on: date


class ConclusionCorrected(FactCorrected):
    """A fact of a conclusion was recorded wrongly."""

    attestation_id: str


class RecheckOpened(Event):
    """At the end of the suspension a commission checks that the defects are gone (attestation, p. 36); it is formed before."""

    under: ClassVar = {ATTESTATION: ("36",)}
    recheck_id: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    suspension_ends_on: date
    specialties: tuple[ShortText, ...] = Field(default=(), description="Those that were not attested; none: the organisation")
    opened_on: date


class RecheckCommissionFormed(Event):
    """The authorised body formed the commission of the check (attestation, p. 36)."""

    under: ClassVar = {ATTESTATION: ("36",)}
    correctable: ClassVar = frozenset({"order_number"})
    recheck_id: str
    attestation_id: str
    institution_id: str
    members: tuple[Commissioner, ...]
    chair_id: Identifier
    order_number: ShortText
    sits_on: date | None = None
    formed_on: date


class RecheckHeld(Event):
    """The commission checked whether the defects are gone, and gave its recommendation (attestation, p. 36, 37, 38)."""

    under: ClassVar = {ATTESTATION: ("36", "37", "38")}
    recheck_id: str
    attestation_id: str
    institution_id: str
    verdict: Word = Field(description="A word of `recheck_verdicts`")
    findings: Text
    document: Document
    held_on: date


class RecheckCorrected(FactCorrected):
    """A fact of the check was recorded wrongly."""

    recheck_id: str


class OpenRecheck(BaseModel):
    """Activity `visits.open_recheck`: a licence is suspended; the check follows its end. Open already: nothing."""

    agency: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    suspension_ends_on: date
    specialties: tuple[str, ...] = ()


OPEN_RECHECK = "visits.open_recheck"

CONCLUSION_EVENTS = (ConclusionDrawnUp, ConclusionSigned, ConclusionCompleted, SecondCopyHandedOver, ConclusionCorrected)
RECHECK_EVENTS = (RecheckOpened, RecheckCommissionFormed, RecheckHeld, RecheckCorrected)
