"""Facts of the agency's internal monitoring of itself: its rules, its commission, a cycle from its opening to its closing. `contract` has
all of them."""

from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef

ARTKI = "artki-internal-monitoring"

_FROZEN = ConfigDict(frozen=True, extra="forbid")

Goal = Annotated[str, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,2}){0,3}$", description="The clause of a goal or a task", examples=["2.1.1"])]


class InternalMember(BaseModel):
    """A member of the commission (3.2.s1): one of the agency's staff; one who is not is flagged."""

    model_config = _FROZEN

    staff_id: Identifier
    staff: bool = Field(description="Whether the register of staff has him")
    head: bool = False


class PlannedActivity(BaseModel):
    """An activity of the monitoring plan (3.3.1): what is looked at, by which method, when, by whom, for which goal."""

    model_config = _FROZEN

    activity_id: Identifier
    activity: Text
    object: ShortText = Field(description="The object of monitoring")
    method: Word | None = Field(default=None, description="A word of `collection_methods` or of `additional_means`")
    goals: tuple[Goal, ...] = Field(default=(), max_length=50, description="Goals and tasks of section 2")
    starts_on: date | None = None
    due_on: date
    responsible: Identifier = Field(description="Of the staff")


class UnusedMethod(BaseModel):
    """Why one of the three methods is not used in this cycle (3.3.2)."""

    model_config = _FROZEN

    method: Word
    reason: Text


class StageDate(BaseModel):
    """By when a stage of the cycle is over, as the monitoring plan says (3.3.1)."""

    model_config = _FROZEN

    stage: Word = Field(description="A word of `cycle_states`")
    due_on: date


class CarriedMeasure(BaseModel):
    """A measure of an earlier cycle that was not done there: it goes on here."""

    model_config = _FROZEN

    measure_id: Identifier
    cycle_id: str = Field(description="Of the cycle whose plan it comes from")
    measure: Text
    responsible: Identifier
    due_on: date | None = None
    finding_id: Identifier | None = None


class ReportPart(BaseModel):
    """A section of the final report: a word of its contents, and what it says."""

    model_config = _FROZEN

    section: Word
    text: Text


class ImprovementMeasure(BaseModel):
    """A measure to remove a shortcoming or to improve the work (4.2), with the person responsible for it (4.3.s1)."""

    model_config = _FROZEN

    measure_id: Identifier
    removes: tuple[Identifier, ...] = Field(default=(), description="Findings that it removes; none: it improves the work")
    measure: Text
    responsible: Identifier = Field(description="Of the staff")
    due_on: date | None = Field(default=None, description="The text asks for none; control cannot work without")
    own_item: bool = Field(default=False, description="The person responsible sits in the commission that controls it: a warning")


class InternalMonitoringAdopted(Event):
    """The agency took a regulation on internal monitoring as its own, in force from its approval (5.2). Stream: one of the agency.

    From then on its cycles open by themselves, each year from `first_year`.
    """

    under: ClassVar = {ARTKI: ("1.1", "3.1", "5.2")}
    correctable: ClassVar = frozenset({"act"})
    rulebook: RulebookRef
    approved_on: Day = Field(description="The day from which it is in force (5.2)")
    act: ShortText
    first_year: int = Field(description="The text is silent on whether the year of approval needs a cycle: a person says")
    adopted_on: date


class InternalRegulationAmended(Event):
    """The regulation was changed (5.1): for a reason, mostly a law or a local document. Open cycles keep the version they have."""

    under: ClassVar = {ARTKI: ("5.1", "5.2")}
    correctable: ClassVar = frozenset({"act"})
    amendment: int = Field(ge=1)
    rulebook: RulebookRef
    reason: Word | None = Field(default=None, description="A word of `amendment_reasons`; None: another one, told in `change`")
    change: Text
    act: ShortText
    approved_on: Day
    amended_on: date


class InternalProcedureCorrected(FactCorrected):
    """A fact of the adoption was recorded wrongly."""

    procedure_id: str


class StaffRegistered(Event):
    """Somebody works for the agency."""

    correctable: ClassVar = frozenset({"joined_on"})
    staff_id: str
    name: Annotated[ShortText, Personal("staff_id")]
    post: ShortText
    joined_on: Day


class StaffLeft(Event):
    """Somebody works for the agency no more."""

    correctable: ClassVar = frozenset({"left_on"})
    staff_id: str
    left_on: Day


class StaffCorrected(FactCorrected):
    """A fact of the staff was recorded wrongly."""

    staff_id: str


class InternalCommissionFormed(Event):
    """The special commission was formed from the staff (3.2.s1). It outlasts a cycle, for it controls the plan (4.3.s2). Stream: one of the
    agency; a later one takes the place of the one before."""

    under: ClassVar = {ARTKI: ("3.2.s1",)}
    correctable: ClassVar = frozenset({"order_number", "formed_on"})
    rulebook: RulebookRef
    members: tuple[InternalMember, ...]
    order_number: ShortText
    formed_by: Word = Field(description="By the setting commission_formed_by")
    flags: tuple[Word, ...] = Field(default=(), description="outsider_in_commission: who is in it is not of the staff")
    until: date | None = Field(default=None, description="The text gives no term")
    formed_on: Day


class InternalCommissionChanged(Event):
    """Members joined or left the standing commission."""

    under: ClassVar = {ARTKI: ("3.2.s1", "4.3.s2")}
    change: int = Field(ge=1)
    joined: tuple[InternalMember, ...] = ()
    left: tuple[Identifier, ...] = ()
    members: tuple[InternalMember, ...] = Field(description="From now on")
    order_number: ShortText
    flags: tuple[Word, ...] = ()
    changed_on: Day


class InternalCommissionCorrected(FactCorrected):
    """A fact of the commission was recorded wrongly."""

    commission_id: str


class InternalCycleOpened(Event):
    """Internal monitoring of a year begins (3.1). What earlier cycles left undone goes on here (2.2.3, 4.3.s2)."""

    under: ClassVar = {ARTKI: ("1.1", "3.1", "2.2.3")}
    cycle_id: str
    rulebook: RulebookRef
    year: int
    number: int = Field(ge=1, description="2 and on: another one of the same year; the text sets no upper limit")
    carried: tuple[CarriedMeasure, ...] = ()
    takes_over: tuple[str, ...] = Field(default=(), description="The cycles that had the carried measures until now: each of them is over")
    previous_report_on: date | None = Field(default=None, description="Of the last final report: after a year without one, a warning")
    reason: Text | None = Field(default=None, description="Why another one of the year was opened by hand")
    opened_on: date


class InternalPlanAdopted(Event):
    """The commission drew up the monitoring plan (3.2.s2, 3.3.1): activities, objects, time limits, persons; goals of section 2. A later
    `round` replaces it."""

    under: ClassVar = {ARTKI: ("3.2.s2", "3.3", "3.3.1", "3.3.2", "2.1", "2.2")}
    cycle_id: str
    round: int = Field(ge=1)
    activities: tuple[PlannedActivity, ...]
    stages: tuple[StageDate, ...] = ()
    unused_methods: tuple[UnusedMethod, ...] = ()
    uncovered: tuple[Goal, ...] = Field(default=(), description="Goals and tasks of section 2 that no activity serves: shown")
    reason: Text | None = None
    adopted_on: date


class InternalFindingRecorded(Event):
    """What the commission found, tied to goals and tasks (1.2, 2.1.1-2.1.4, 2.2.1-2.2.4, 3.3.3)."""

    under: ClassVar = {ARTKI: ("1.2", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.4", "3.3.3")}
    correctable: ClassVar = frozenset({"text"})
    cycle_id: str
    finding_id: Identifier
    kind: Annotated[str, Field(pattern=r"^(shortcoming|weakness|key_problem|trend|conformity|strength|proposal)$")]
    goals: tuple[Goal, ...]
    text: Text
    evidence: tuple[ShortText, ...] = Field(default=(), description="Figures by key, documents analysed, surveys, interviews")
    recorded_on: date


class FulfilmentDetermined(Event):
    """How far a recommendation of an earlier check was fulfilled (2.2.3); told in words, for the text has no scale."""

    under: ClassVar = {ARTKI: ("2.2.3",)}
    cycle_id: str
    recommendation_id: Identifier = Field(description="Of the register of recommendations, or a carried measure")
    degree: Text
    word: Word | None = Field(default=None, description="Where the agency has set a scale")
    determined_on: date


class InternalInformationCollected(Event):
    """The commission ended the collecting (3.3.2): which methods were used how often, which groups were reached (6.1.s1)."""

    under: ClassVar = {ARTKI: ("3.3.2", "6.1.s1", "6.1.s2")}
    cycle_id: str
    uses: dict[Word, int] = Field(description="By method and means")
    reached: tuple[Word, ...] = Field(default=(), description="Words of `stakeholder_groups`")
    not_reached: tuple[Word, ...] = Field(default=(), description="Shown; the cycle goes on")
    unused: tuple[Word, ...] = Field(default=(), description="Methods without use, with their reason in the plan")
    collected_on: date


class InternalAnalysisConcluded(Event):
    """The commission ended the analysis (3.3.3): key problems and trends."""

    under: ClassVar = {ARTKI: ("3.3.3",)}
    correctable: ClassVar = frozenset({"key_problems", "trends"})
    cycle_id: str
    key_problems: Text
    trends: Text
    analysed_on: date


class InternalReportDrafted(Event):
    """The report was generated from figures and what was collected, or edited by the commission (3.3.4). A later version replaces it."""

    under: ClassVar = {ARTKI: ("3.3.4",)}
    cycle_id: str
    number: int = Field(ge=1)
    generated: bool = Field(description="Made from the figures; False: as the commission edited it")
    sections: tuple[ReportPart, ...]
    figures: dict[str, Any] = Field(default_factory=dict, description="The figures as they were, by key")
    figures_as_of: date | None = None
    drafted_on: date


class InternalReportFinalised(Event):
    """The final report (3.3.4): with it the cycle was held in the year of its day (3.1)."""

    under: ClassVar = {ARTKI: ("3.1", "3.3.4", "2.2.4")}
    cycle_id: str
    number: int = Field(description="Of the version that became final")
    year: int
    document: Document | None = None
    published: bool = Field(default=False, description="There is no duty to publish (1.2)")
    finalised_on: date


class GeneralMeetingHeld(Event):
    """The general meeting of the team discussed the result (4.1)."""

    under: ClassVar = {ARTKI: ("4.1",)}
    correctable: ClassVar = frozenset({"held_on", "outcome"})
    cycle_id: str
    held_on: Day
    attendance: tuple[Identifier, ...] = Field(description="Of the staff")
    chair: Identifier | None = None
    outcome: Text
    minutes: Document | None = None
    statement: Text | None = Field(default=None, description="What a person decided on quorum or majority, where they are unset")


class ImprovementPlanAdopted(Event):
    """The plan of measures was adopted on the outcome of the discussion (4.2), with the persons responsible (4.3.s1)."""

    under: ClassVar = {ARTKI: ("1.2", "4.2", "4.3.s1")}
    cycle_id: str
    measures: tuple[ImprovementMeasure, ...]
    adopted_by: Word = Field(description="By the setting improvement_plan_adopted_by")
    uncovered: tuple[Identifier, ...] = Field(default=(), description="Shortcomings without a measure; refused unless the agency flags it")
    adopted_on: date


class ImprovementMeasureControlled(Event):
    """The commission looked at a measure (4.3.s2), of this cycle or carried into it."""

    under: ClassVar = {ARTKI: ("4.3.s2", "2.2.3")}
    cycle_id: str
    measure_id: Identifier
    status: Annotated[str, Field(pattern=r"^(under_way|done|not_done)$")]
    note: Text
    document: Document | None = None
    controlled_by: Identifier
    own_item: bool = Field(default=False, description="Who controls it answers for it: a warning")
    controlled_on: date


class ImprovementMeasureMoved(Event):
    """A measure has another day, or another person (4.3.s1)."""

    under: ClassVar = {ARTKI: ("4.3.s1",)}
    cycle_id: str
    measure_id: Identifier
    responsible: Identifier
    due_on: date | None = None
    reason: Text
    moved_on: date


class InternalCycleClosed(Event):
    """Nothing more is asked of anybody in this cycle: every measure is done, or carried into the next cycle."""

    under: ClassVar = {ARTKI: ("4.3.s2",)}
    cycle_id: str
    outcome: ShortText
    carried: tuple[Identifier, ...] = Field(default=(), description="Measures that go on in the next one")
    carried_into: str | None = None
    closed_on: date


class InternalCycleCorrected(FactCorrected):
    """A fact of a cycle was recorded wrongly."""

    cycle_id: str


class CloseInternalCycle(BaseModel):
    """Activity `monitoring.close_internal_cycle`: closed already: nothing."""

    agency: str
    cycle_id: str
    outcome: str
    carried_into: str | None = None


class ReadInternalCycle(BaseModel):
    """Activity `monitoring.read_internal_cycle`: a question; no fact follows."""

    agency: str
    cycle_id: str


class InternalCycleStanding(BaseModel):
    """How a cycle stands."""

    cycle_id: str
    year: int
    stages: tuple[StageDate, ...] = ()
    open_measures: tuple[CarriedMeasure, ...] = Field((), description="Neither done nor carried on, its own and carried ones")
    planned: bool = False
    collected: bool = False
    analysed: bool = False
    reported: bool = False
    discussed: bool = False
    improving: bool = False
    closed: bool = False


CLOSE_INTERNAL_CYCLE = "monitoring.close_internal_cycle"
READ_INTERNAL_CYCLE = "monitoring.read_internal_cycle"

INTERNAL_PROCEDURE_EVENTS = (InternalMonitoringAdopted, InternalRegulationAmended, InternalProcedureCorrected)
STAFF_EVENTS = (StaffRegistered, StaffLeft, StaffCorrected)
INTERNAL_COMMISSION_EVENTS = (InternalCommissionFormed, InternalCommissionChanged, InternalCommissionCorrected)
INTERNAL_CYCLE_EVENTS = (
    InternalCycleOpened,
    InternalPlanAdopted,
    InternalFindingRecorded,
    FulfilmentDetermined,
    InternalInformationCollected,
    InternalAnalysisConcluded,
    InternalReportDrafted,
    InternalReportFinalised,
    GeneralMeetingHeld,
    ImprovementPlanAdopted,
    ImprovementMeasureControlled,
    ImprovementMeasureMoved,
    InternalCycleClosed,
    InternalCycleCorrected,
)
