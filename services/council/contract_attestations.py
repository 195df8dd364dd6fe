"""Facts of the authorised body's decision on a state attestation, and of what follows it. `contract` has all of them."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import ShortText, Text, Word
from regulations import RulebookRef

ATTESTATION = "kz-109-2008-attestation"

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class KnowledgeFigures(BaseModel):
    """What a control of knowledge found (attestation, p. 35); as visits published it."""

    model_config = _FROZEN

    control_id: str
    specialty: str | None = None
    unit: str
    form: str
    sample: int
    took_part: int
    positive: int
    base: int
    participation: Decimal
    positive_marks: Decimal
    participation_met: bool
    positive_met: bool


class SpecialtyProposal(BaseModel):
    """What the commission recommends for a specialty."""

    model_config = _FROZEN

    specialty: ShortText
    recommendation: Word


class SpecialtyDecision(BaseModel):
    """The decision on one specialty (attestation, p. 9, 33)."""

    model_config = _FROZEN

    specialty: ShortText
    decision: Word = Field(description="A word of `decisions`")
    grounds: Text | None = None


class AttestationDecisionOpened(Event):
    """All have signed the conclusion: the authorised body is to decide (attestation, p. 33)."""

    under: ClassVar = {ATTESTATION: ("33",)}
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word
    whole: bool = True
    specialties: tuple[ShortText, ...] = Field(default=(), description="Those that are attested apart (p. 9)")
    recommendation: Word
    recommended: tuple[SpecialtyProposal, ...] = ()
    figures: tuple[KnowledgeFigures, ...] = ()
    conclusion_signed_on: date
    opened_on: date


class AttestationDecided(Event):
    """The authorised body decided by order (attestation, p. 33): attest or not, the organisation and each specialty (p. 9).

    "Attest" stands on at least 95 percent who took part and 70 percent with positive marks (p. 35); `below` names the controls that are
    under a threshold and do not count against what was decided.
    """

    under: ClassVar = {ATTESTATION: ("9", "33", "34", "35")}
    correctable: ClassVar = frozenset({"order_number"})
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word
    decision: Word | None = Field(description="A word of `decisions`; None: the organisation was not attested as a whole (p. 5)")
    specialties: tuple[SpecialtyDecision, ...] = ()
    conforms: bool = Field(description="Whether the activity fully conforms to the standards (p. 35)")
    figures: tuple[KnowledgeFigures, ...] = ()
    below: tuple[str, ...] = Field(default=(), description="Controls below a threshold, by id")
    grounds: Text
    reading_departure: Text | None = None
    order_number: ShortText
    document: Document | None = None
    decided_on: date


class AttestationDecisionTold(Event):
    """The organisation was told of the decision; the text is silent on it, a person records it."""

    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    attestation_id: str
    institution_id: str
    outgoing_number: ShortText
    document: Document | None = None
    told_on: date


class LicenceSuspended(Event):
    """The licence was suspended for up to six months (attestation, p. 34)."""

    under: ClassVar = {ATTESTATION: ("34",)}
    correctable: ClassVar = frozenset({"order_number"})
    attestation_id: str
    institution_id: str
    specialties: tuple[ShortText, ...] = Field(default=(), description="Only for these; none: the whole licence")
    order_number: ShortText
    reasons: Text
    suspended_on: date
    until: date = Field(description="Its last day")


class FineReferred(Event):
    """The matter of a fine was referred by the law on administrative offences (attestation, p. 34); no amount is in the text."""

    under: ClassVar = {ATTESTATION: ("34",)}
    attestation_id: str
    institution_id: str
    referred_to: ShortText
    addressee: ShortText = Field(description="Whom it concerns: an official or a legal person, by the text that the agency follows")
    outgoing_number: ShortText
    referred_on: date


class LicenceSuspensionEnded(Event):
    """The suspension's last day is over; whether the defects are gone is checked (attestation, p. 36)."""

    under: ClassVar = {ATTESTATION: ("36",)}
    attestation_id: str
    institution_id: str
    ended_on: date


class LicenceRestored(Event):
    """The defects are gone: the licence is restored on the commission's positive recommendation (attestation, p. 37)."""

    under: ClassVar = {ATTESTATION: ("37",)}
    correctable: ClassVar = frozenset({"order_number"})
    attestation_id: str
    institution_id: str
    recheck_id: str
    order_number: ShortText | None = Field(default=None, description="None: the agency restores on the recommendation alone")
    restored_on: date


class DeprivationReferred(Event):
    """The defects were not removed within six months: the licence is for the procedure of the law (attestation, p. 38)."""

    under: ClassVar = {ATTESTATION: ("38",)}
    attestation_id: str
    institution_id: str
    recheck_id: str | None = None
    referred_to: ShortText
    outgoing_number: ShortText
    reasons: Text
    document: Document | None = None
    referred_on: date


class AttestationDecisionCorrected(FactCorrected):
    """A fact of a decision, or of what followed, was recorded wrongly."""

    attestation_id: str


class OpenAttestationDecision(BaseModel):
    """Activity `council.open_attestation_decision`: the conclusion is signed by all. Open already: nothing."""

    agency: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    whole: bool = True
    specialties: tuple[str, ...] = ()
    recommendation: str
    recommended: tuple[SpecialtyProposal, ...] = ()
    figures: tuple[KnowledgeFigures, ...] = ()
    conclusion_signed_on: date


class EndLicenceSuspension(BaseModel):
    """Activity `council.end_licence_suspension`: its last day is over. Ended already: nothing."""

    agency: str
    attestation_id: str


OPEN_ATTESTATION_DECISION = "council.open_attestation_decision"
END_LICENCE_SUSPENSION = "council.end_licence_suspension"

ATTESTATION_DECISION_EVENTS = (
    AttestationDecisionOpened,
    AttestationDecided,
    AttestationDecisionTold,
    LicenceSuspended,
    FineReferred,
    LicenceSuspensionEnded,
    LicenceRestored,
    DeprivationReferred,
    AttestationDecisionCorrected,
)
