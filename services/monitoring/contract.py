"""What monitoring publishes: the deadline register. A deadline's id is derived from its workflow, rule and round."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.events import Catalogue, Event
from chassis.text import Text
from regulations import RulebookRef

# What is published again, alias by alias.
# isort: off
from chassis.due import Due as Due, RunDue as RunDue
from services.monitoring.contract_cycle import (
    CLOSE_CYCLE as CLOSE_CYCLE,
    CYCLE_EVENTS as CYCLE_EVENTS,
    READ_CYCLE as READ_CYCLE,
    REFER_DECISION as REFER_DECISION,
    AcceptanceTold as AcceptanceTold,
    AdditionalInformationProvided as AdditionalInformationProvided,
    AdditionalInformationRequested as AdditionalInformationRequested,
    Attachment as Attachment,
    CouncilFileSent as CouncilFileSent,
    CriterionFinding as CriterionFinding,
    CycleClosed as CycleClosed,
    CycleCorrected as CycleCorrected,
    CycleOpened as CycleOpened,
    CycleStanding as CycleStanding,
    CycleStep as CycleStep,
    DecisionReferred as DecisionReferred,
    EngagedExpert as EngagedExpert,
    ExpertsEngaged as ExpertsEngaged,
    InterimReportRejected as InterimReportRejected,
    InterimReportSubmitted as InterimReportSubmitted,
    MeasuresAnalysed as MeasuresAnalysed,
    MeasureVerdict as MeasureVerdict,
    OutcomeRuled as OutcomeRuled,
    ReadCycle as ReadCycle,
    ReportChangesRequested as ReportChangesRequested,
    ReportedMeasure as ReportedMeasure,
    ReportStudied as ReportStudied,
    ResultAssessed as ResultAssessed,
    VisitDecided as VisitDecided,
    VisitDecisionTold as VisitDecisionTold,
)
from services.monitoring.contract_followup import (
    ALERT_DIRECTOR as ALERT_DIRECTOR,
    FOLLOWUP_EVENTS as FOLLOWUP_EVENTS,
    READ_FOLLOWUP as READ_FOLLOWUP,
    RUN_DUE as RUN_DUE,
    AlertDirector as AlertDirector,
    CertificateFollowed as CertificateFollowed,
    CycleWindow as CycleWindow,
    DecisionLetterSent as DecisionLetterSent,
    DirectorAlerted as DirectorAlerted,
    ExpectedDateSet as ExpectedDateSet,
    FollowedRecommendation as FollowedRecommendation,
    FollowUpClassified as FollowUpClassified,
    FollowUpCorrected as FollowUpCorrected,
    FollowUpEnded as FollowUpEnded,
    FollowUpOpened as FollowUpOpened,
    FollowUpProcedureChosen as FollowUpProcedureChosen,
    FollowUpTerms as FollowUpTerms,
    ReadFollowUp as ReadFollowUp,
    FollowUpRulebookAdopted as FollowUpRulebookAdopted,
)
from services.monitoring.contract_plan import (
    PLAN_EVENTS as PLAN_EVENTS,
    AccreditationDocumentsReceived as AccreditationDocumentsReceived,
    Measure as Measure,
    MeasureProgressed as MeasureProgressed,
    PlanAmended as PlanAmended,
    PlanAwaited as PlanAwaited,
    PlanChangesRequested as PlanChangesRequested,
    PlanCorrected as PlanCorrected,
    PlanReviewed as PlanReviewed,
    PlanSubmitted as PlanSubmitted,
)
from services.monitoring.contract_internal import (
    CLOSE_INTERNAL_CYCLE as CLOSE_INTERNAL_CYCLE,
    INTERNAL_COMMISSION_EVENTS as INTERNAL_COMMISSION_EVENTS,
    INTERNAL_CYCLE_EVENTS as INTERNAL_CYCLE_EVENTS,
    INTERNAL_PROCEDURE_EVENTS as INTERNAL_PROCEDURE_EVENTS,
    READ_INTERNAL_CYCLE as READ_INTERNAL_CYCLE,
    STAFF_EVENTS as STAFF_EVENTS,
    CarriedMeasure as CarriedMeasure,
    CloseInternalCycle as CloseInternalCycle,
    FulfilmentDetermined as FulfilmentDetermined,
    GeneralMeetingHeld as GeneralMeetingHeld,
    ImprovementMeasure as ImprovementMeasure,
    ImprovementMeasureControlled as ImprovementMeasureControlled,
    ImprovementMeasureMoved as ImprovementMeasureMoved,
    ImprovementPlanAdopted as ImprovementPlanAdopted,
    InternalAnalysisConcluded as InternalAnalysisConcluded,
    InternalCommissionChanged as InternalCommissionChanged,
    InternalCommissionCorrected as InternalCommissionCorrected,
    InternalCommissionFormed as InternalCommissionFormed,
    InternalCycleClosed as InternalCycleClosed,
    InternalCycleCorrected as InternalCycleCorrected,
    InternalCycleOpened as InternalCycleOpened,
    InternalCycleStanding as InternalCycleStanding,
    InternalFindingRecorded as InternalFindingRecorded,
    InternalInformationCollected as InternalInformationCollected,
    InternalMember as InternalMember,
    InternalMonitoringAdopted as InternalMonitoringAdopted,
    InternalPlanAdopted as InternalPlanAdopted,
    InternalProcedureCorrected as InternalProcedureCorrected,
    InternalRegulationAmended as InternalRegulationAmended,
    InternalReportDrafted as InternalReportDrafted,
    InternalReportFinalised as InternalReportFinalised,
    PlannedActivity as PlannedActivity,
    ReadInternalCycle as ReadInternalCycle,
    ReportPart as ReportPart,
    StaffCorrected as StaffCorrected,
    StaffLeft as StaffLeft,
    StaffRegistered as StaffRegistered,
    StageDate as StageDate,
    UnusedMethod as UnusedMethod,
)
from services.monitoring.contract_gathering import (
    GATHERING_EVENTS as GATHERING_EVENTS,
    RECOMMENDATION_EVENTS as RECOMMENDATION_EVENTS,
    SURVEY_ANSWER_EVENTS as SURVEY_ANSWER_EVENTS,
    SURVEY_EVENTS as SURVEY_EVENTS,
    TRAINING_EVENTS as TRAINING_EVENTS,
    AgencyRecommendationCorrected as AgencyRecommendationCorrected,
    AgencyRecommendationReceived as AgencyRecommendationReceived,
    Answer as Answer,
    CaseSampleDrawn as CaseSampleDrawn,
    DocumentAnalysed as DocumentAnalysed,
    FocusGroupHeld as FocusGroupHeld,
    GatheringCorrected as GatheringCorrected,
    InterviewHeld as InterviewHeld,
    Question as Question,
    SampledCase as SampledCase,
    SurveyAnswered as SurveyAnswered,
    SurveyClosed as SurveyClosed,
    SurveyCorrected as SurveyCorrected,
    SurveyLinkIssued as SurveyLinkIssued,
    SurveyLinkRevoked as SurveyLinkRevoked,
    SurveyOpened as SurveyOpened,
    TrainingCorrected as TrainingCorrected,
    TrainingHeld as TrainingHeld,
    TrainingResultUsed as TrainingResultUsed,
)
# isort: on

TASK_QUEUE = "kepil-monitoring"

Source = Literal["text", "reading", "practice", "contract"]
State = Literal["open", "suspended", "missed", "met", "withdrawn", "unset"]

CONTRACT = "contract:"
CONTRACT_ANCHOR = "contract_concluded"


def step_of(rule: str) -> str:
    """The stage of a deadline `contract:<step>`, or of one of several in it, `contract:<step>/<which>`."""
    return rule.removeprefix(CONTRACT).partition("/")[0]


class DeadlineSet(Event):
    """Somebody is bound to do something by the end of a local day. `due_at` is that end as an instant (UTC)."""

    deadline_id: str
    case_id: str
    workflow_id: str = Field(description="The lifecycle that waits for it: the case's, or the certificate's")
    institution_id: str
    rulebook: RulebookRef
    rule: str = Field(description="The id of the rulebook's term; `contract:<step>` where the contract sets the day (IQAA S1.b.2)")
    clause: str | None = Field(None, description="None: the text is silent and the term a practice")
    source: Source
    binds: str
    anchor: str
    anchor_on: date
    due_on: date
    due_at: datetime
    zone: str
    calendar_version: str
    estimated: bool = Field(description="Rests on a religious holiday whose date is not announced yet")
    falls_on_day_off: bool
    reminders: tuple[date, ...] = ()

    def clauses_of(self, rulebook: str) -> tuple[str, ...]:
        """The clause of its term."""
        return (self.clause,) if self.clause and self.rulebook.id == rulebook else ()


class DeadlineReminded(Event):
    """A reminder's day came and the deadline was still open."""

    deadline_id: str
    case_id: str
    reminded_on: date
    due_on: date


class DeadlineMet(Event):
    """What was due was done; `late_days` > 0 where it came after the due date."""

    deadline_id: str
    case_id: str
    met_on: date
    late_days: Annotated[int, Field(ge=0, description="Calendar days after the due date")]


class DeadlineMissed(Event):
    """The due day ended without what was due. Nothing is sanctioned by it: a person decides."""

    deadline_id: str
    case_id: str
    missed_on: date


class DeadlineExtended(Event):
    """A person moved an open deadline, with a reason. The waiting workflow moves its timer."""

    deadline_id: str
    case_id: str
    workflow_id: str
    previous_due_on: date
    due_on: date
    due_at: datetime
    reason: Text
    reminders: tuple[date, ...] = ()
    reminders_at: tuple[datetime, ...] = ()


class DeadlineRecomputed(Event):
    """A deadline, computed anew: since the calendar has changed (a religious date was announced, a day was moved by decree), or, with
    `anchor_on`, since its anchor has moved, or, with `rulebook`, since what it belongs to goes on under another version. It may end
    later, earlier, or as before. The waiting workflow moves its timer."""

    deadline_id: str
    case_id: str
    workflow_id: str
    previous_due_on: date
    due_on: date
    due_at: datetime
    previous_calendar_version: str
    calendar_version: str
    estimated: bool = Field(description="Still rests on a religious holiday whose date is not announced yet")
    falls_on_day_off: bool
    extended: bool = Field(description="A person's extension holds: the rules alone would end it no later")
    reason: Text = Field(description="What has changed in the calendar, or why the anchor has moved")
    anchor_on: date | None = Field(None, description="The anchor by now; None where it has not moved")
    previous_anchor_on: date | None = None
    rulebook: RulebookRef | None = Field(None, description="The rulebook that it goes on under; None where that has not changed")
    reminders: tuple[date, ...] = ()
    reminders_at: tuple[datetime, ...] = ()


class DeadlineSuspended(Event):
    """The clock stands still from this local day on: nobody is reminded, nothing is missed. The texts are silent: a person decided."""

    deadline_id: str
    case_id: str
    workflow_id: str
    reason: Text
    suspended_on: date


class DeadlineResumed(Event):
    """The clock runs again. The end has moved by the days on which it stood still, never back. The waiting workflow sets its timer."""

    deadline_id: str
    case_id: str
    workflow_id: str
    previous_due_on: date
    due_on: date
    due_at: datetime
    lost_days: Annotated[int, Field(ge=0, description="Calendar days on which the clock stood still since it was suspended")]
    lost_days_in_all: Annotated[int, Field(ge=0, description="With those of earlier suspensions")] = 0
    resumed_on: date
    reminders: tuple[date, ...] = ()
    reminders_at: tuple[datetime, ...] = ()


class DeadlineWithdrawn(Event):
    """The deadline no longer binds anybody."""

    deadline_id: str
    case_id: str
    workflow_id: str
    reason: Text


EVENTS = Catalogue(
    "monitoring",
    {
        "deadline": [
            DeadlineSet,
            DeadlineReminded,
            DeadlineMet,
            DeadlineMissed,
            DeadlineExtended,
            DeadlineRecomputed,
            DeadlineSuspended,
            DeadlineResumed,
            DeadlineWithdrawn,
        ],
        "procedure": [FollowUpProcedureChosen],
        "followup": list(FOLLOWUP_EVENTS),
        "plan": list(PLAN_EVENTS),
        "cycle": list(CYCLE_EVENTS),
        "internal_procedure": list(INTERNAL_PROCEDURE_EVENTS),
        "staff": list(STAFF_EVENTS),
        "internal_commission": list(INTERNAL_COMMISSION_EVENTS),
        "internal_cycle": list(INTERNAL_CYCLE_EVENTS),
        "survey": list(SURVEY_EVENTS),
        "survey_answer": list(SURVEY_ANSWER_EVENTS),
        "gathering": list(GATHERING_EVENTS),
        "agency_recommendation": list(RECOMMENDATION_EVENTS),
        "training": list(TRAINING_EVENTS),
    },
)


class SetDeadline(BaseModel):
    """Activity `monitoring.set_deadline`: computes the due date by the rulebook and the calendar of today, and records it.

    With `due_on` the contract sets the day (IQAA S1.b.2): `rule` is `contract:<step>`, nothing is computed, `clause` is its ground.
    """

    agency: str
    case_id: str
    workflow_id: str
    institution_id: str
    rulebook: RulebookRef
    rule: str
    anchor_on: date
    round: int = 1
    due_on: date | None = None
    clause: str | None = None


class DeadlineTerms(BaseModel):
    """How a deadline stands; what every activity on it answers. `unset`: a practice to which the agency has given no term."""

    model_config = ConfigDict(frozen=True)

    rule: str
    state: State
    deadline_id: str = ""
    due_on: date | None = None
    due_at: datetime | None = None
    reminders_at: tuple[datetime, ...] = ()
    version: int = Field(0, description="Of the deadline's stream; what is older changes nothing. 0: told by an older Kepil")


class DeadlineStep(BaseModel):
    """Activities `monitoring.remind`, `.meet_deadline` (`on` = the day it was done), `.miss_deadline`, `.withdraw_deadline`,
    `.suspend_deadline` and `.resume_deadline` (`on` = the day), `.move_anchor` (`anchor_on` = the anchor by now)."""

    agency: str
    deadline_id: str
    on: date | None = None
    reason: str = ""
    anchor_on: date | None = None


class ReadOutcomes(BaseModel):
    """Activity `monitoring.read_outcomes`: a question to the rulebook; no fact follows."""

    agency: str
    rulebook: RulebookRef


class Outcomes(BaseModel):
    """Which words of the rulebook's decisions lead to a certificate, and which to a notice of refusal."""

    certified: tuple[str, ...]
    refused: tuple[str, ...]


class ReadProcedure(BaseModel):
    """Activity `monitoring.read_procedure`: a question to the rulebook; no fact follows."""

    agency: str
    rulebook: RulebookRef


class Procedure(BaseModel):
    """What a rulebook says of the way of a case. What it does not have is empty and is not asked for."""

    stages: tuple[str, ...] = Field(description="The ids of its stages, in order")
    phases: dict[str, str] = Field(default_factory=dict, description="Stage to word of `procedure_stages`")
    terms: tuple[str, ...] = ()
    follows: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Word of `decisions` to what follows from it")
    channels: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Register to the channels that are told")
    actors: dict[str, str] = Field(default_factory=dict, description="Stage to the party that acts in it")
    about: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="What follows to the only scopes that it is about")
    verdicts: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Word of `recheck_verdicts` to what follows from it")


class ReadCertificateTerm(BaseModel):
    """Activity `monitoring.read_certificate_term`: the instants of a certificate's life by its rulebook; no fact follows."""

    agency: str
    rulebook: RulebookRef
    valid_until: date


class CertificateTerm(BaseModel):
    """Instants (UTC) at which local days begin or end. `renewal_opens_at` is a practice and may be unset."""

    renewal_opens_at: datetime | None
    renewal_closes_on: date | None = Field(None, description="The last day to apply, where the rulebook has one")
    renewable: bool = Field(True, description="Whether the rulebook has a term within which one applies to extend a certificate")
    expires_at: datetime


SET_DEADLINE = "monitoring.set_deadline"
REMIND = "monitoring.remind"
MEET_DEADLINE = "monitoring.meet_deadline"
MISS_DEADLINE = "monitoring.miss_deadline"
WITHDRAW_DEADLINE = "monitoring.withdraw_deadline"
MOVE_ANCHOR = "monitoring.move_anchor"
SUSPEND_DEADLINE = "monitoring.suspend_deadline"
RESUME_DEADLINE = "monitoring.resume_deadline"
READ_OUTCOMES = "monitoring.read_outcomes"
READ_PROCEDURE = "monitoring.read_procedure"
READ_CERTIFICATE_TERM = "monitoring.read_certificate_term"
