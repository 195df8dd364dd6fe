"""Bodies and answers of monitoring's routes for the agency's monitoring of itself."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.monitoring.contract import (
    FulfilmentDetermined,
    GeneralMeetingHeld,
    ImprovementMeasureControlled,
    ImprovementMeasureMoved,
    InternalAnalysisConcluded,
    InternalCycleClosed,
    InternalFindingRecorded,
    InternalInformationCollected,
    InternalMember,
    InternalPlanAdopted,
    InternalRegulationAmended,
    InternalReportDrafted,
    InternalReportFinalised,
    PlannedActivity,
    ReportPart,
    StageDate,
    UnusedMethod,
)
from services.monitoring.contract_internal import Goal

_IN = ConfigDict(extra="forbid", frozen=True)

Id = Annotated[Identifier, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
Year = Annotated[int, Field(strict=True, ge=2000, le=2100)]
Kind = Literal["shortcoming", "weakness", "key_problem", "trend", "conformity", "strength", "proposal"]


class NewInternalProcedure(BaseModel):
    """A regulation on internal monitoring that the agency takes as its own; without a version, the newest on the shelf."""

    model_config = _IN

    rulebook_id: Identifier
    rulebook_version: Identifier | None = None
    approved_on: Day
    act: ShortText
    first_year: Year = Field(description="The year of the first cycle: the text does not say whether it is that of the approval")


class NewInternalAmendment(BaseModel):
    """What was changed in it and why; with a version, where the shelf has another one for it."""

    model_config = _IN

    rulebook_version: Identifier | None = None
    reason: Word | None = Field(default=None, description="A word of `amendment_reasons`; none: another one, told in `change`")
    change: Text
    act: ShortText
    approved_on: Day


class YearHeld(BaseModel):
    """How a calendar year of internal monitoring stands. A missed one is a warning: the text names no consequence."""

    year: int
    standing: Literal["held", "open", "missed"]
    reports: int = Field(description="Final reports of that year")
    trainings: int = Field(description="Trainings and seminars held in it")
    cycles: list[str] = Field(description="The cycles of the year, by id")


class InternalProcedureDetail(BaseModel):
    """The agency's regulation on internal monitoring, its amendments, and each year since the first."""

    rulebook: RulebookRef
    approved_on: date
    act: str
    first_year: int
    adopted_on: date
    amendments: list[InternalRegulationAmended]
    years: list[YearHeld]
    last_report_on: date | None
    year_since_report: date | None = Field(description="On this day a year has passed since the last final report")
    warning: bool = Field(description="Whether that day is over; no breach while the calendar year lasts")
    allowed_actions: list[Action]
    version: int


class NewStaff(BaseModel):
    """Somebody who works for the agency; `staff_id` is the subject of his tokens."""

    model_config = _IN

    staff_id: Id
    name: ShortText
    post: ShortText
    joined_on: Day


class NewLeaving(BaseModel):
    """His last day."""

    model_config = _IN

    left_on: Day


class StaffItem(BaseModel):
    """Somebody of the register of staff."""

    staff_id: str
    name: str
    post: str
    joined_on: date
    left_on: date | None
    works: bool
    version: int


class StaffDetail(StaffItem):
    """Somebody of the register, and what may be done."""

    allowed_actions: list[Action]


class NewSeat(BaseModel):
    """Somebody who is to sit in the commission."""

    model_config = _IN

    staff_id: Identifier
    head: bool = False


class NewInternalCommission(BaseModel):
    """The commission, of the agency's staff. The text gives it no term; `until` where the agency does."""

    model_config = _IN

    members: Annotated[tuple[NewSeat, ...], Field(min_length=1, max_length=100)]
    order_number: ShortText
    formed_on: Day
    until: Day | None = None


class NewCommissionChange(BaseModel):
    """Who joins, who leaves."""

    model_config = _IN

    joined: Annotated[tuple[NewSeat, ...], Field(max_length=100)] = ()
    left: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    order_number: ShortText
    changed_on: Day


class InternalCommissionDetail(BaseModel):
    """The commission as it stands."""

    rulebook: RulebookRef
    members: list[InternalMember]
    formed_on: date
    formed_by: str
    order_number: str
    until: date | None
    stands: bool = Field(description="Whether its term, where it has one, is not over")
    outsiders: list[str] = Field(description="Members who are not of the staff by now")
    changes: int
    since: date = Field(description="As it is by now")
    allowed_actions: list[Action]
    version: int


class NewInternalCycle(BaseModel):
    """Why a cycle is opened by hand."""

    model_config = _IN

    reason: Text


class NewActivity(PlannedActivity):
    """An activity of the plan."""

    starts_on: Day | None = None
    due_on: Day


class NewStageDate(StageDate):
    """By when a stage is over."""

    due_on: Day


class NewInternalPlan(BaseModel):
    """The monitoring plan; a later one takes the place of that before, with a reason."""

    model_config = _IN

    activities: Annotated[tuple[NewActivity, ...], Field(max_length=500)]
    stages: Annotated[tuple[NewStageDate, ...], Field(max_length=50)] = ()
    unused_methods: Annotated[tuple[UnusedMethod, ...], Field(max_length=50)] = ()
    reason: Text | None = None


class NewFinding(BaseModel):
    """What was found, tied to goals and tasks."""

    model_config = _IN

    finding_id: Identifier
    kind: Kind
    goals: Annotated[tuple[Goal, ...], Field(max_length=50)]
    text: Text
    evidence: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()


class NewFulfilment(BaseModel):
    """How far a recommendation of an earlier check was fulfilled."""

    model_config = _IN

    recommendation_id: Identifier
    degree: Text
    word: Word | None = None


class NewCycleAnalysis(BaseModel):
    """Key problems and trends."""

    model_config = _IN

    key_problems: Text
    trends: Text


ReportLanguage = Literal["ky", "kk", "ru", "en"]


class NewReportDraft(BaseModel):
    """A version of the report as the commission has it; without sections it is written from the figures and what was collected."""

    model_config = _IN

    sections: Annotated[tuple[ReportPart, ...] | None, Field(max_length=50)] = None
    language: ReportLanguage | None = Field(default=None, description="Of what is written; None: the regulation's own")


class NewFinalReport(BaseModel):
    """The last version becomes final. `published`: without it as the agency has set."""

    model_config = _IN

    document: Document | None = None
    published: bool | None = None


class NewGeneralMeeting(BaseModel):
    """The general meeting on the result."""

    model_config = _IN

    held_on: Day
    attendance: Annotated[tuple[Identifier, ...], Field(max_length=1000)]
    chair: Identifier | None = None
    outcome: Text
    minutes: Document | None = None
    statement: Text | None = Field(default=None, description="What a person decided on quorum or majority")


class NewImprovement(BaseModel):
    """A measure; `removes`: the findings that it is against."""

    model_config = _IN

    measure_id: Identifier
    removes: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    measure: Text
    responsible: Identifier
    due_on: Day | None = None


class NewImprovementPlan(BaseModel):
    """The plan of measures."""

    model_config = _IN

    measures: Annotated[tuple[NewImprovement, ...], Field(max_length=500)]


class NewControl(BaseModel):
    """What the commission saw of a measure; `controlled_by`: its member, where it is not the caller."""

    model_config = _IN

    measure_id: Identifier
    status: Literal["under_way", "done", "not_done"]
    note: Text
    document: Document | None = None
    controlled_by: Identifier | None = None


class NewMeasureMove(BaseModel):
    """Who answers for a measure from now on, and by when it is done."""

    model_config = _IN

    measure_id: Identifier
    responsible: Identifier
    due_on: Day | None = None
    reason: Text


class NewInternalClosing(BaseModel):
    """Why a person closes a cycle."""

    model_config = _IN

    reason: ShortText


class InternalCycleItem(BaseModel):
    """A cycle of the list."""

    cycle_id: str
    rulebook: RulebookRef
    year: int
    number: int
    stage: str = Field(description="A word of `cycle_states`, or closed")
    reason: str | None
    opened_on: date
    previous_report_on: date | None
    round: int = Field(description="Of the plan; 0: none yet")
    planned_on: date | None
    collected_on: date | None
    analysed_on: date | None
    draft: int = Field(description="The last version of the report; 0: none yet")
    finalised_on: date | None
    report_year: int | None
    published: bool | None
    held_on: date | None
    improved_on: date | None
    closed_on: date | None
    outcome: str | None
    version: int


class MeasureItem(BaseModel):
    """A measure of improvement, wherever it goes on by now."""

    measure_id: str
    planned_in: str = Field(description="The cycle whose plan has it")
    cycle_id: str = Field(description="The cycle in which it is controlled by now")
    measure: str
    removes: list[str]
    responsible: str
    due_on: date | None
    own_item: bool = Field(description="Who answers for it sat in the commission that controls it: a warning")
    adopted_on: date
    status: str = Field(description="planned, under_way, done, not_done")
    note: str | None
    controlled_by: str | None
    controlled_on: date | None


class InternalCycleDetail(InternalCycleItem):
    """A cycle with everything that was recorded of it."""

    allowed_actions: list[Action]
    plan: InternalPlanAdopted | None
    plans: list[InternalPlanAdopted]
    findings: list[InternalFindingRecorded]
    fulfilments: list[FulfilmentDetermined]
    undetermined: list[str] = Field(description="Earlier recommendations whose fulfilment nobody has determined yet")
    collected: InternalInformationCollected | None
    uses: dict[str, int] = Field(description="What there is by now of each method and means")
    analysis: InternalAnalysisConcluded | None
    drafts: list[InternalReportDrafted]
    missing_sections: list[str] = Field(description="What the last version lacks of the final report")
    final: InternalReportFinalised | None
    meeting: GeneralMeetingHeld | None
    carried: list[str] = Field(description="Measures of earlier cycles that go on here")
    measures: list[MeasureItem]
    controls: list[ImprovementMeasureControlled]
    moves: list[ImprovementMeasureMoved]
    closing: InternalCycleClosed | None
