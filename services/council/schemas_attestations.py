"""Bodies and answers of council's routes for decisions on state attestations."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, ShortText, Text, Word
from regulations import RulebookRef
from services.council.contract import KnowledgeFigures, SpecialtyDecision, SpecialtyProposal

_IN = ConfigDict(extra="forbid", frozen=True)

AttestationStage = Literal["opened", "decided", "suspended", "suspension_ended", "restored", "referred"]
Specialties = Annotated[tuple[ShortText, ...], Field(max_length=500)]
_TODAY = "Today, unless it was earlier"


class NewAttestationDecision(BaseModel):
    """The order: on the organisation, where it was attested as a whole, and on each specialty that is attested apart."""

    model_config = _IN

    decision: Annotated[Word | None, Field(examples=["attest"])] = None
    specialties: Annotated[tuple[SpecialtyDecision, ...], Field(max_length=500)] = ()
    conforms: bool = Field(description="Whether the activity fully conforms to the standards")
    grounds: Text
    reading_departure: Text | None = Field(default=None, description="Why it departs from what the commission recommended")
    order_number: ShortText
    document: Document | None = None
    decided_on: Day | None = Field(default=None, description=_TODAY)


class AttestationNotice(BaseModel):
    """The letter by which the organisation was told."""

    model_config = _IN

    outgoing_number: ShortText
    document: Document | None = None
    told_on: Day | None = Field(default=None, description=_TODAY)


class NewLicenceSuspension(BaseModel):
    """The suspension of the whole licence, or for some of the specialties that were not attested."""

    model_config = _IN

    specialties: Specialties = ()
    order_number: ShortText
    reasons: Text
    suspended_on: Day | None = Field(default=None, description=_TODAY)
    until: Day | None = Field(default=None, description="Its last day; needed, unless the agency has set a length")


class NewFineReferral(BaseModel):
    """The referral of a fine: no amount is decided here."""

    model_config = _IN

    referred_to: ShortText
    addressee: Annotated[ShortText, Field(examples=["official"], description="official, legal_person or natural_person, by the text")]
    outgoing_number: ShortText
    referred_on: Day | None = Field(default=None, description=_TODAY)


class LicenceRestoration(BaseModel):
    """The order by which the licence is restored."""

    model_config = _IN

    order_number: ShortText | None = Field(default=None, description="Needed, unless the agency restores on the recommendation alone")
    restored_on: Day | None = Field(default=None, description=_TODAY)


class NewDeprivationReferral(BaseModel):
    """The referral of the licence to the procedure of the law."""

    model_config = _IN

    referred_to: ShortText
    outgoing_number: ShortText
    reasons: Text
    document: Document | None = None
    referred_on: Day | None = Field(default=None, description=_TODAY)


class AttestationDecisionItem(BaseModel):
    """A decision on an attestation in a list, made or awaited."""

    attestation_id: str
    institution_id: str
    rulebook_id: str
    kind: str
    stage: AttestationStage
    recommendation: str
    conclusion_signed_on: date
    opened_on: date
    decision: str | None
    decided_on: date | None
    suspended_until: date | None
    version: int


class ShareMeasured(BaseModel):
    """What the controls together measure beside a threshold."""

    of: str
    part: int
    whole: int
    asked: int | None = Field(description="In percent")
    met: bool


class FineReferral(BaseModel):
    """A referral of a fine."""

    outgoing_number: str
    referred_to: str
    addressee: str
    referred_on: date


class RecheckOutcome(BaseModel):
    """What the check at the end of the suspension found."""

    recheck_id: str
    verdict: str
    held_on: date


class AttestationDecisionDetail(AttestationDecisionItem):
    """A decision on an attestation whole."""

    rulebook: RulebookRef
    whole: bool
    specialties: list[str]
    recommended: list[SpecialtyProposal]
    figures: list[KnowledgeFigures]
    measured: list[ShareMeasured] = Field(description="Of all controls together; none where nothing was controlled")
    decided: list[SpecialtyDecision] | None = Field(description="On each specialty")
    conforms: bool | None
    below: list[str] | None = Field(description="The controls below a threshold")
    grounds: str | None
    reading_departure: str | None
    order_number: str | None
    document: Document | None
    outgoing_number: str | None
    notice: Document | None
    told_on: date | None
    suspended_specialties: list[str] | None
    suspension_order: str | None
    suspension_reasons: str | None
    suspended_on: date | None
    suspension_ended_on: date | None
    recheck: RecheckOutcome | None
    fines: list[FineReferral]
    restoration_order: str | None
    restored_on: date | None
    referred_to: str | None
    referral_number: str | None
    referral_reasons: str | None
    referral: Document | None
    referred_on: date | None
    allowed_actions: list[Action]
