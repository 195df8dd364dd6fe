"""Facts of the schedules of state attestation and of each attestation's place in them. `contract` has all of them."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.intake.contract_attested import ATTESTATION, Profile, Specialty

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class YearLoad(BaseModel):
    """How many attestations an authorised body has in a year of a proposal."""

    model_config = _FROZEN

    year: int
    authority: Identifier
    attestations: int = Field(ge=0)
    due: int = Field(default=0, ge=0, description="How many of the body's must be held by the end of the year and need not before it")
    fixed: int = Field(default=0, ge=0, description="How many are of this year alone: extraordinary ones (p. 5)")


class ProposedEntry(BaseModel):
    """One attestation of a proposal. `due_by`: the last day by which it falls due; None: never attested, founded nobody knows when."""

    model_config = _FROZEN

    institution_id: str
    authority: Identifier
    kind: Word = Field(description="A word of `kinds`")
    ground: Word | None = Field(default=None, description="A word of `extraordinary_grounds`")
    specialties: tuple[str, ...] = Field(default=(), description="Only these, by code; none: all")
    year: int
    starts_on: date
    due_by: date | None = None


class ApprovedChange(BaseModel):
    """What a person changed of a proposal when the schedule was approved, and why. No `starts_on`: it was left out."""

    model_config = _FROZEN

    institution_id: str
    kind: Word = Field(description="A word of `kinds`")
    starts_on: date | None = None
    reason: Text


class ScheduleProposed(Event):
    """A schedule of years was generated from the register: who is due by when, each authorised body with an even load (attestation,
    p. 4, 5, 11).

    Its entries follow in `ScheduleProposalPart`s of the same stream.
    """

    under: ClassVar = {ATTESTATION: ("4", "5", "11")}
    proposal_id: str
    rulebook: RulebookRef
    first_year: int
    years: int = Field(ge=1, le=10)
    entries: int
    loads: tuple[YearLoad, ...]
    overdue: int = Field(default=0, description="How many fall due before they can start: notice takes three months (p. 12)")
    approval_on: date | None = Field(default=None, description="The day on which it is meant to be approved; None: the day of the proposal")
    reason: Text | None = None
    proposed_on: date


class ScheduleProposalPart(Event):
    """Some of the entries of a proposal, in order."""

    under: ClassVar = {ATTESTATION: ("11",)}
    proposal_id: str
    part: int = Field(ge=1)
    entries: tuple[ProposedEntry, ...]


class AttestationScheduleApproved(Event):
    """The authorised body approved the schedule of a calendar year (attestation, p. 11). Stream: one for each rulebook and year."""

    under: ClassVar = {ATTESTATION: ("11",)}
    correctable: ClassVar = frozenset({"act"})
    schedule_id: str
    rulebook: RulebookRef
    year: int
    proposal_id: str | None = None
    act: ShortText
    entries: int
    changes: tuple[ApprovedChange, ...] = Field(default=(), description="What a person changed of the proposal")
    despite_notice: Text | None = Field(default=None, description="Why some begin sooner than they can be told three months before (p. 12)")
    approved_on: date


class AttestationScheduleCorrected(FactCorrected):
    """The approval of a year's schedule was recorded wrongly."""

    schedule_id: str


class AttestationScheduled(Event):
    """An organisation has its place in an approved schedule: its attestation begins (attestation, p. 4, 5, 9, 10, 11).

    It is paid from the budget: no contract, no invoice (p. 10). `amendment`: it came in by an amendment, under that ground (p. 13).
    """

    under: ClassVar = {ATTESTATION: ("4", "5", "9", "10", "11")}
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    schedule_id: str
    authority: Identifier
    kind: Word = Field(description="A word of `kinds`")
    ground: Word | None = Field(default=None, description="A word of `extraordinary_grounds`")
    year: int
    levels: tuple[Word, ...]
    specialties: tuple[Specialty, ...] = Field(default=(), description="Those that are attested apart (p. 9)")
    whole: bool = Field(default=True, description="False: extraordinarily and by these specialties alone (p. 5)")
    state_owned: bool
    arts: bool = False
    profile: Profile = "ordinary"
    languages: tuple[Word, ...] = ()
    starts_on: date
    ends_on: date = Field(description="The last day of the commission's work, as planned")
    act: ShortText
    amendment: Word | None = Field(default=None, description="A word of `schedule_change_grounds`")
    reasons: Text | None = Field(default=None, description="Of the amendment")
    late: bool = Field(default=False, description="True where the agency only flags an amendment that comes too late (p. 14)")
    scheduled_on: date


class AttestationDatesTold(Event):
    """The organisation was told its dates (attestation, p. 12), or the changed ones (p. 14)."""

    under: ClassVar = {ATTESTATION: ("12", "14")}
    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    attestation_id: str
    institution_id: str
    starts_on: date
    changed: bool = Field(default=False, description="True: of an amendment (p. 14)")
    outgoing_number: ShortText
    document: Document | None = None
    told_on: date


class ScheduleChangeRequested(Event):
    """The organisation asked in writing, with reasons, for other dates (attestation, p. 13.1)."""

    under: ClassVar = {ATTESTATION: ("13.1",)}
    attestation_id: str
    institution_id: str
    request: int = Field(ge=1)
    reasons: Text
    document: Document | None = None
    wished_on: date | None = None
    requested_on: date


class ScheduleChangeDeclined(Event):
    """The authorised body left the schedule as it is; the text is silent on when, so a person decided."""

    under: ClassVar = {ATTESTATION: ("13.1",)}
    attestation_id: str
    institution_id: str
    request: int
    reasons: Text
    declined_on: date


class AttestationRescheduled(Event):
    """The schedule was amended: the attestation has other dates (attestation, p. 13.1-13.3). It can be notified in time (p. 14)."""

    under: ClassVar = {ATTESTATION: ("13.1", "13.2", "13.3", "14")}
    correctable: ClassVar = frozenset({"act"})
    attestation_id: str
    institution_id: str
    amendment: int = Field(ge=1)
    ground: Word = Field(description="A word of `schedule_change_grounds`")
    reasons: Text
    request: int | None = Field(default=None, description="The request that it answers")
    document: Document | None = None
    previous_starts_on: date
    starts_on: date
    ends_on: date
    year: int
    act: ShortText
    notify_by: date = Field(description="The last day for telling the organisation (p. 14)")
    late: bool = Field(default=False, description="True where the agency only flags an amendment that comes too late")
    amended_on: date


class AttestationCancelled(Event):
    """An attestation was taken out of the schedule by an amendment (attestation, p. 13.2): the organisation is no more."""

    under: ClassVar = {ATTESTATION: ("13.2",)}
    attestation_id: str
    institution_id: str
    ground: Word = Field(description="A word of `schedule_change_grounds`")
    reasons: Text
    act: ShortText
    cancelled_on: date


class AttestationAnnounced(Event):
    """The head of the organisation gave notice of the commission's work and prepared the written announcements (attestation, p. 21)."""

    under: ClassVar = {ATTESTATION: ("21",)}
    attestation_id: str
    institution_id: str
    announcement: Text
    document: Document | None = None
    announced_on: date


class AttestationClosed(Event):
    """Nothing more is asked of anybody in this attestation."""

    attestation_id: str
    institution_id: str
    outcome: ShortText
    attested_on: date | None = Field(default=None, description="The day of the decision: the next five years run from it (p. 4)")
    next_due_by: date | None = Field(default=None, description="By when the next planned one falls due; None: that stays as it was")
    closed_on: date


class AttestationCorrected(FactCorrected):
    """A fact of an attestation's place in the schedule was recorded wrongly."""

    attestation_id: str


class CloseAttestation(BaseModel):
    """Activity `intake.close_attestation`: the lifecycle is at its end. Closed already: nothing."""

    agency: str
    attestation_id: str
    outcome: str
    attested_on: date | None = None


CLOSE_ATTESTATION = "intake.close_attestation"

PROPOSAL_EVENTS = (ScheduleProposed, ScheduleProposalPart)
ATTESTATION_SCHEDULE_EVENTS = (AttestationScheduleApproved, AttestationScheduleCorrected)
ATTESTATION_EVENTS = (
    AttestationScheduled,
    AttestationDatesTold,
    ScheduleChangeRequested,
    ScheduleChangeDeclined,
    AttestationRescheduled,
    AttestationCancelled,
    AttestationAnnounced,
    AttestationClosed,
    AttestationCorrected,
)
