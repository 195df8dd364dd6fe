"""Bodies and answers of monitoring's routes for plans of measures."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.monitoring.contract import (
    AccreditationDocumentsReceived,
    FollowedRecommendation,
    Measure,
    MeasureProgressed,
    PlanAmended,
    PlanChangesRequested,
    PlanReviewed,
    PlanSubmitted,
)

_IN = ConfigDict(extra="forbid", frozen=True)


class NewMeasure(Measure):
    """A measure, with the recommendation or remark that it is against."""

    due_on: Day


Measures = Annotated[tuple[NewMeasure, ...], Field(max_length=1000)]


class AwaitPlanRequest(BaseModel):
    """What a plan is awaited for. `recommendations`: whether the text asks for a plan may hang on them."""

    model_config = _IN

    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    recommendations: tuple[FollowedRecommendation, ...] = ()
    counts_from: date | None = None


class NewDocumentsReceived(BaseModel):
    """The days on which the institution received the order on accreditation and the commission's final conclusion."""

    model_config = _IN

    order_received_on: Day
    conclusion_received_on: Day


class NewPlan(BaseModel):
    """The institution's plan, with its approval where the rulebook asks for one."""

    model_config = _IN

    measures: Measures
    document: Document
    approved_by: Word | None = Field(default=None, description="The body of the institution, a word of the rulebook's `parties`")
    approval_act: ShortText | None = None
    approved_on: Day | None = None
    received_on: Day | None = Field(default=None, description="By the agency alone: the day on which it came, if that was an earlier one")


class NewPlanChanges(BaseModel):
    """Which changes or additions the plan needs; `due_on` where the agency sets a day."""

    model_config = _IN

    changes: Text
    due_on: Day | None = None


class NewAmendment(BaseModel):
    """The whole plan from now on, why it is changed, and the new act of those who approve it."""

    model_config = _IN

    measures: Measures
    reason: Text
    approval_act: ShortText | None = None


class NewProgress(BaseModel):
    """How far a measure is; `on`: the day of it, where it was an earlier one."""

    model_config = _IN

    measure_id: Identifier
    progress: Literal["under_way", "done"]
    note: Text | None = None
    evidence: Annotated[tuple[Document, ...], Field(max_length=200)] = ()
    on: Day | None = None


class PlanItem(BaseModel):
    """A plan of measures of the list."""

    plan_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    stage: str = Field(description="awaited, submitted, changes_requested, reviewed")
    approved_by: str | None = Field(description="The body of the institution that approves it; null: the text names none")
    awaited_on: date
    counts_from: date | None
    round: int = Field(description="Of the last submission; 0: none came")
    submitted_on: date | None
    due_on: date | None = Field(description="The day that a person set for the changes")
    reviewed_on: date | None
    amended_on: date | None
    measures: int = Field(description="How many it has")
    version: int


class PlannedMeasure(Measure):
    """A measure of the plan as it is by now, and how far it is."""

    progress: Literal["under_way", "done"] | None
    progressed_on: date | None


class PlanDetail(PlanItem):
    """A plan with every submission and amendment, and how far its measures are."""

    allowed_actions: list[Action]
    stands: bool = Field(description="Whether nobody asks for changes of it any more")
    documents: AccreditationDocumentsReceived | None
    planned: list[PlannedMeasure]
    uncovered: list[str] = Field(description="Recommendations and remarks against which it has no measure by now")
    beyond_term: list[str] = Field(description="Measures that are due only after the certificate's end")
    submissions: list[PlanSubmitted]
    change_requests: list[PlanChangesRequested]
    review: PlanReviewed | None
    amendments: list[PlanAmended]
    progress: list[MeasureProgressed]
