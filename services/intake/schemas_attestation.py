"""Bodies and answers of the REST interface of schedules of attestation and of attestations."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, InstitutionId, ShortText, Text, Word
from chassis.web import Id
from regulations import RulebookRef
from services.intake.contract import ApprovedChange, Profile, Specialty, YearLoad
from services.intake.domain.attestation_state import AttestationStage
from services.intake.schemas import RulebookId, RulebookVersion

_IN = ConfigDict(extra="forbid", frozen=True)

Year = Annotated[int, Field(strict=True, ge=2000, le=2100)]


class NewProposal(BaseModel):
    """For which calendar years a schedule is generated from the register."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    first_year: Year
    years: Annotated[int, Field(strict=True, ge=1, le=10)] = 5
    approval_on: Day | None = Field(default=None, description="When the first schedule is meant to be approved; today unless told")
    reason: Text | None = None


class EntryChange(BaseModel):
    """What is otherwise than in the proposal: another first day, or left out. Without a proposal: each entry, with its first day."""

    model_config = _IN

    institution_id: InstitutionId
    kind: Word = Field(default="planned", description="A word of `kinds`")
    starts_on: Day | None = None
    leave_out: bool = False
    reason: Text

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.leave_out == (self.starts_on is not None):
            raise ValueError("either another first day (`starts_on`) or `leave_out`")
        return self


class NewYearSchedule(BaseModel):
    """The schedule of a calendar year: the entries that a proposal has for it, with the changes that a person made."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    year: Year
    proposal_id: Id | None = None
    act: ShortText
    approved_on: Day | None = Field(default=None, description="Today, unless it was earlier")
    changes: Annotated[tuple[EntryChange, ...], Field(max_length=5_000)] = ()
    despite_notice: Text | None = Field(default=None, description="Why some begin sooner than they can be told three months before")


class NewAttestation(BaseModel):
    """An attestation that comes into an approved schedule by an amendment of it."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    institution_id: InstitutionId
    kind: Word = Field(default="planned", description="A word of `kinds`")
    starts_on: Day
    ends_on: Day | None = Field(
        default=None, description="The last day of the commission's work; the last that the text allows, unless told"
    )
    ground: Word = Field(description="A word of `schedule_change_grounds`")
    reasons: Text
    act: ShortText


class DatesNotice(BaseModel):
    """How the organisation was told of its dates."""

    model_config = _IN

    outgoing_number: ShortText
    document: Document | None = None
    told_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class ChangeRequest(BaseModel):
    """Why the organisation asks for other dates, and for which."""

    model_config = _IN

    reasons: Text
    document: Document | None = None
    wished_on: Day | None = Field(default=None, description="The first day that it wishes")
    requested_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class ChangeRefusal(BaseModel):
    """Why the schedule stays as it is."""

    model_config = _IN

    reasons: Text


class Amendment(BaseModel):
    """Other dates, and the ground on which the schedule is amended."""

    model_config = _IN

    ground: Word = Field(description="A word of `schedule_change_grounds`")
    reasons: Text
    starts_on: Day
    ends_on: Day | None = Field(
        default=None, description="The last day of the commission's work; the last that the text allows, unless told"
    )
    act: ShortText
    document: Document | None = None


class Cancellation(BaseModel):
    """Why the attestation leaves the schedule."""

    model_config = _IN

    ground: Word = Field(description="A word of `schedule_change_grounds`")
    reasons: Text
    act: ShortText


class Announcement(BaseModel):
    """What the head of the organisation announced."""

    model_config = _IN

    announcement: Text
    document: Document | None = None
    announced_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class ProposalItem(BaseModel):
    """A proposal in a list."""

    proposal_id: str
    rulebook_id: str
    first_year: int
    years: int
    entries: int
    overdue: int
    proposed_on: date
    version: int


class UnevenYears(BaseModel):
    """Where the years of an authorised body, or of all together, differ by more than a tenth, and why they cannot be more even."""

    authority: str | None
    least: int
    most: int
    year: int = Field(description="The fullest")
    why: str


class YearTotal(BaseModel):
    """All attestations of a year."""

    year: int
    attestations: int


class ProposalDetail(ProposalItem):
    """A proposal with its loads; its entries are a list of their own."""

    rulebook: RulebookRef
    approval_on: date | None
    reason: str | None
    loads: list[YearLoad]
    totals: list[YearTotal]
    uneven: list[UnevenYears]
    allowed_actions: list[Action]


class ProposedItem(BaseModel):
    """An attestation of a proposal."""

    institution_id: str
    authority: str
    kind: str
    ground: str | None
    specialties: list[str]
    year: int
    starts_on: date
    due_by: date | None


class YearScheduleItem(BaseModel):
    """An approved schedule in a list."""

    schedule_id: str
    rulebook_id: str
    year: int
    proposal_id: str | None
    act: str
    entries: int
    approved_on: date
    version: int


class YearScheduleDetail(YearScheduleItem):
    """An approved schedule. Fewer `placed` than `entries`: its recording broke off, and the same request goes on with it."""

    rulebook: RulebookRef
    changes: list[ApprovedChange]
    despite_notice: str | None
    placed: int = Field(description="How many attestations have their places in it, amendments included")
    allowed_actions: list[Action]


class AttestationItem(BaseModel):
    """An attestation in a list."""

    attestation_id: str
    institution_id: str
    rulebook_id: str
    schedule_id: str
    authority: str
    kind: str
    year: int
    stage: AttestationStage
    starts_on: date
    ends_on: date
    told_on: date | None
    late: bool | None = Field(description="An amendment that came too late for its notice; flagged")
    outcome: str | None
    version: int


class ScheduleRequest(BaseModel):
    """A request of the organisation for other dates, and its answer."""

    request: int
    reasons: str
    document: Document | None
    wished_on: date | None
    requested_on: date
    answer: str | None
    answer_reasons: str | None
    answered_on: date | None


class AttestationDetail(AttestationItem):
    """An attestation's place in the schedule, whole."""

    rulebook: RulebookRef
    ground: str | None
    levels: list[str]
    specialties: list[Specialty]
    whole: bool
    state_owned: bool
    arts: bool
    profile: Profile
    languages: list[str]
    act: str
    amendment: str | None
    reasons: str | None
    amendments: int
    notify_by: date | None
    scheduled_on: date
    outgoing_number: str | None
    notice: Document | None
    announcement: str | None
    announced_on: date | None
    began_on: date | None = Field(description="When the commission began its work, as it says itself")
    cancelled_on: date | None
    attested_on: date | None
    closed_on: date | None
    requests: list[ScheduleRequest]
    allowed_actions: list[Action]


def uneven(found: Any) -> UnevenYears:
    """As the domain has it."""
    return UnevenYears(authority=found.authority, least=found.least, most=found.most, year=found.year, why=found.why)
