"""Bodies and answers of visits' REST interface."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, InstitutionId, ShortText, Text
from chassis.web import Id
from regulations import RulebookRef
from services.visits.contract import Category, ConflictFound, CriterionFinding, Inaccuracy, ProgrammeItem, PurposeFinding, Ruling, VisitMode
from services.visits.domain.state import Standing

_IN = ConfigDict(extra="forbid", frozen=True)

PanelRole = Literal["chair", "member"]


class Job(BaseModel):
    """Where an expert works or has worked; `until` is absent while he does."""

    model_config = _IN

    institution_id: InstitutionId
    since: Day | None = None
    until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError("an employment ends on or after the day it began")
        return self


class NewExpert(BaseModel):
    """An expert to enter; the id is the one that the expert's own tokens carry as subject."""

    model_config = _IN

    expert_id: Id
    name: ShortText
    email: ShortText | None = None
    competences: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    languages: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()
    affiliations: Annotated[tuple[InstitutionId, ...], Field(max_length=50, description="Institutions that the expert is bound to")] = ()
    categories: Annotated[tuple[Category, ...], Field(max_length=20, description="Whom the expert may represent in a panel")] = ()
    employments: Annotated[tuple[Job, ...], Field(max_length=50)] = ()


class NewSeat(BaseModel):
    """An expert's place in the commission; in which category, where the rulebook composes it."""

    model_config = _IN

    expert_id: Id
    role: PanelRole
    category: Category | None = None


class NewPanel(BaseModel):
    """The commission, the act that approves its statute where it has one, and why experts sit there in spite of what the check finds."""

    model_config = _IN

    members: Annotated[tuple[NewSeat, ...], Field(min_length=1, max_length=50)]
    statute_act: ShortText | None = None
    despite_conflicts: Text | None = None


class Objection(BaseModel):
    """The institution's written objection to an expert, with its grounds."""

    model_config = _IN

    expert_id: Id
    grounds: Text
    document: Document


class ObjectionRuling(BaseModel):
    """The decision on an objection; upheld, it leaves the expert's seat vacant."""

    model_config = _IN

    expert_id: Id
    outcome: Literal["upheld", "rejected"]
    reasons: Text


class DropOutNotice(BaseModel):
    """Who cannot take part or go on, and why."""

    model_config = _IN

    expert_id: Id
    reason: Text


class Replacement(BaseModel):
    """Who takes the seat that `expert_id` left."""

    model_config = _IN

    expert_id: Id
    successor: NewSeat
    despite_conflicts: Text | None = None


class PanelStatement(BaseModel):
    """Why the panel goes on without those who left it, and who chairs it now where its chair left."""

    model_config = _IN

    reasons: Text
    chair_id: Id | None = None


class Interruption(BaseModel):
    """Why the visit was broken off, and on which day if not today."""

    model_config = _IN

    reason: Text
    interrupted_on: Day | None = None


class Materials(BaseModel):
    """What is sent; the kind of each document is a word of the rulebook's preparation of the panel."""

    model_config = _IN

    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=200)]


class Attendance(BaseModel):
    """The experts who were there."""

    model_config = _IN

    attended: Annotated[tuple[Id, ...], Field(min_length=1, max_length=50)]


class Webinar(Attendance):
    """Who was there and what was treated, in words of the rulebook's preparation of the panel."""

    topics: Annotated[tuple[Category, ...], Field(max_length=20)] = ()


class Announcement(BaseModel):
    """The days of the visit, both included; `waiver` is the institution's written consent to a shorter notice.

    The reasons stand for another length than the rulebook's, for a visit that is not on site, and for a visit that is moved.
    """

    model_config = _IN

    starts_on: Day
    ends_on: Day
    waiver: Document | None = None
    length_reason: Text | None = None
    mode: VisitMode = "on_site"
    mode_reason: Text | None = None
    moved_because: Text | None = None
    programme: Annotated[tuple[ProgrammeItem, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _countable(self) -> Self:
        """Working days are counted one by one: dates that are years apart are a slip of the pen, and cost nobody anything."""
        if self.ends_on - self.starts_on > timedelta(days=366):
            raise ValueError("a visit does not last longer than a year")
        return self


class VisitReport(BaseModel):
    """The commission's report on the visit, with who signed it and what some of them hold otherwise, where that is told."""

    model_config = _IN

    document: Document
    findings: Text
    recommendations: Annotated[tuple[Text, ...], Field(max_length=200)]
    remarks: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    good_practice: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    purposes: Annotated[tuple[PurposeFinding, ...], Field(max_length=20)] = ()
    findings_by_criterion: Annotated[tuple[CriterionFinding, ...], Field(max_length=1000)] = ()
    signed_by: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    dissent: Text | None = None


class CheckAnswer(BaseModel):
    """The factual inaccuracies that the institution sees in the report; an empty list says that there are none."""

    model_config = _IN

    corrections: Annotated[tuple[Inaccuracy, ...], Field(max_length=500)]


class CheckClosing(BaseModel):
    """A ruling on each correction, the corrected report if any is accepted, or why no answer is awaited."""

    model_config = _IN

    rulings: Annotated[tuple[Ruling, ...], Field(max_length=500)] = ()
    report: Document | None = None
    without_answer: Text | None = None


class Expert(BaseModel):
    """An expert of the pool."""

    expert_id: str
    name: str
    email: str | None
    competences: list[str]
    languages: list[str]
    affiliations: list[str]
    categories: list[str]
    employments: list[Job]
    version: int


class ExpertDetail(Expert):
    """An expert with what the caller may do."""

    allowed_actions: list[Action]


class VisitItem(BaseModel):
    """A visit in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    stage: str
    round: int = Field(description="2 and more: a visit after an appeal; the earlier ones are in the history")
    standing: Standing
    opened_on: date
    starts_on: date | None
    ends_on: date | None
    submitted_on: date | None
    version: int


class Seat(BaseModel):
    """A place in the commission, and when its holder had studied the report."""

    expert_id: str
    role: str
    studied_on: date | None
    category: str | None
    left_on: date | None
    conflicts: list[ConflictFound] | None = Field(description="What the check found; for the agency's own people alone")


class ObjectionItem(BaseModel):
    """The institution's last objection to an expert, and what was decided on it."""

    expert_id: str
    grounds: str
    document: Document
    objected_on: date
    upheld: bool | None
    reasons: str | None
    decided_on: date | None


class VisitDetail(VisitItem):
    """A visit whole."""

    rulebook: RulebookRef
    standing_reason: str | None = Field(description="Why it is suspended or closed")
    standing_since: date | None
    first_version_on: date | None = Field(None, description="The first version of the self-assessment report came in")
    final_version_on: date | None = Field(None, description="Its final version was accepted")
    panel: list[Seat]
    statute_act: str | None
    formed_on: date | None
    told_on: date | None = Field(description="The institution was told the composition")
    panel_statement: str | None = Field(description="Why the panel goes on without those who left it, by the director")
    panel_missing: dict[str, int] | None = Field(description="What it lacks since then, by category")
    panel_stated_on: date | None
    announced_on: date | None
    waiver: Document | None
    length_reason: str | None
    mode: str | None
    mode_reason: str | None
    moved_because: str | None
    programme: list[ProgrammeItem] | None
    materials_sent_on: date | None
    materials_due_on: date | None
    materials_late: bool | None
    webinar_on: date | None
    briefing_on: date | None
    started_on: date | None
    interruption: str | None = Field(description="Why the visit was broken off, the last time that it was")
    interrupted_on: date | None
    ended_on: date | None
    document: Document | None
    findings: str | None
    recommendations: list[str] | None
    remarks: list[str] | None
    good_practice: list[str] | None
    purposes: list[PurposeFinding] | None
    findings_by_criterion: list[CriterionFinding] | None
    signed_by: list[str] | None
    dissent: str | None
    check_sent_on: date | None
    corrections: list[Inaccuracy] | None
    check_answered_on: date | None
    rulings: list[Ruling] | None
    corrected_report: Document | None
    check_without_answer: str | None
    check_closed_on: date | None
    allowed_actions: list[Action]
