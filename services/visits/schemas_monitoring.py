"""Bodies and answers of the REST interface of monitoring visits."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, ShortText, Text
from chassis.web import Id
from regulations import RulebookRef
from services.visits.contract import ConflictFound, CurrencyCode, Money, ProgrammeItem, VisitFinding, VisitVerdict, Word
from services.visits.domain.monitoring_visit_state import MonitoringStage

_IN = ConfigDict(extra="forbid", frozen=True)


class ProposedExpert(BaseModel):
    """An expert for the group."""

    model_config = _IN

    expert_id: Id
    former_member: bool | None = Field(
        default=None, description="Whether he sat in the commission of the accreditation; only where nobody recorded who did"
    )


class NewGroup(BaseModel):
    """The group, who leads it, and why experts sit there in spite of what the check finds.

    `case_officer` is the referent who goes with it: that of the accreditation, where he leads and none is named.
    """

    model_config = _IN

    members: Annotated[tuple[ProposedExpert, ...], Field(min_length=1, max_length=20)]
    leader_id: Id | None = None
    case_officer_leads: bool = False
    case_officer: Id | None = None
    order_number: ShortText | None = None
    formed_on: Day | None = Field(default=None, description="Today, unless it was earlier")
    despite_conflicts: Text | None = None


class GroupNotice(BaseModel):
    """What the institution is told besides the experts."""

    model_config = _IN

    programme: Annotated[tuple[ProgrammeItem, ...], Field(max_length=100)] = ()
    outgoing_number: ShortText | None = None
    document: Document | None = None
    told_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class MemberObjection(BaseModel):
    """Why the institution does not agree to an expert."""

    model_config = _IN

    expert_id: Id
    grounds: Text
    document: Document | None = None


class MemberObjectionRuling(BaseModel):
    """The decision on an objection; upheld, it leaves the expert's place open."""

    model_config = _IN

    expert_id: Id
    outcome: Literal["upheld", "rejected"]
    reasons: Text


class MemberReplacement(BaseModel):
    """Who takes the place of `expert_id`; nobody, where the others are enough."""

    model_config = _IN

    expert_id: Id
    successor: ProposedExpert | None = None
    leader_id: Id | None = Field(default=None, description="The expert who leads the group from now on, if that changes")
    reason: Text
    despite_conflicts: Text | None = None


class _Days(BaseModel):
    model_config = _IN

    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _countable(self) -> Self:
        """Days are counted one by one: dates that are years apart are a slip of the pen, and cost nobody anything."""
        if self.ends_on - self.starts_on > timedelta(days=366):
            raise ValueError("a visit does not last longer than a year")
        return self


class AgreedDates(_Days):
    """The days of the visit, both included, and when each side agreed to them."""

    agreed_by_agency_on: Day
    agreed_by_institution_on: Day


class NewVisitOrder(_Days):
    """The order on the group as it is, and on these days."""

    order_number: ShortText
    ordered_on: Day | None = Field(default=None, description="Today, unless it was earlier")
    document: Document | None = None


class NewInvoice(BaseModel):
    """An invoice for the costs of the visit."""

    model_config = _IN

    amount: Money
    currency: CurrencyCode
    payer: Word = Field(description="A party of the rulebook")
    invoice_number: ShortText
    invoiced_on: Day | None = Field(default=None, description="Today, unless it was earlier")
    document: Document | None = None


class Holding(BaseModel):
    """When the group was at the institution."""

    model_config = _IN

    started_on: Day
    ended_on: Day

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.ended_on - self.started_on > timedelta(days=366):
            raise ValueError("a visit does not last longer than a year")
        return self


class MonitoringReport(BaseModel):
    """The group's act or report: by the sections that the rulebook has, with what it saw of each measure."""

    model_config = _IN

    document: Document
    findings: Annotated[tuple[VisitFinding, ...], Field(max_length=50)] = ()
    verdicts: Annotated[tuple[VisitVerdict, ...], Field(max_length=500)] = ()
    signed_by: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class MonitoringVisitItem(BaseModel):
    """A monitoring visit in a list."""

    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook_id: str
    kind: str | None
    stage: MonitoringStage
    opened_on: date
    starts_on: date | None
    ends_on: date | None
    started_on: date | None
    ended_on: date | None
    submitted_on: date | None
    version: int


class GroupSeat(BaseModel):
    """An expert of the group, or one who left it."""

    expert_id: str
    former_member: bool = Field(description="He sat in the commission of the accreditation")
    left_on: date | None
    conflicts: list[ConflictFound] | None = Field(description="What the check found; for the agency's own people alone")


class GroupObjection(BaseModel):
    """The institution's last objection to an expert, and what was decided on it."""

    expert_id: str
    grounds: str
    document: Document | None
    objected_on: date
    upheld: bool | None
    reasons: str | None
    decided_on: date | None


class VisitInvoice(BaseModel):
    """An invoice for the costs of the visit."""

    invoice_number: str
    amount: str
    currency: str
    payer: str
    document: Document | None
    invoiced_on: date


class MonitoringVisitDetail(MonitoringVisitItem):
    """A monitoring visit whole."""

    rulebook: RulebookRef
    accreditation_panel: list[str] = Field(description="The experts of the commission of the accreditation; none where nobody recorded it")
    accreditation_officer: str | None
    group: list[GroupSeat]
    leader_id: str | None
    case_officer: str | None
    case_officer_leads: bool | None
    formation_order: str | None
    formed_on: date | None
    flags: list[str] | None = Field(description="What a person should see of the group, in words")
    told_on: date | None
    told_experts: list[str] | None
    programme: list[ProgrammeItem] | None
    agreed_by_agency_on: date | None
    agreed_by_institution_on: date | None
    agreed_experts: list[str] | None
    order_number: str | None
    ordered_on: date | None
    ordered_experts: list[str] | None
    ordered_starts_on: date | None
    ordered_ends_on: date | None
    document: Document | None
    findings: list[VisitFinding] | None
    verdicts: list[VisitVerdict] | None
    signed_by: list[str] | None
    objections: list[GroupObjection] | None = Field(description="The institution's objections, which are no matter of the experts")
    invoices: list[VisitInvoice] | None = Field(description="For the agency and the institution")
    awaits: str | None = Field(description="What stands between now and the visit; None where nothing does, or it was held")
    allowed_actions: list[Action]
