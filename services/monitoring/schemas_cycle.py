"""Bodies and answers of monitoring's routes for cycles."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.monitoring.contract import (
    AcceptanceTold,
    AdditionalInformationProvided,
    AdditionalInformationRequested,
    Attachment,
    CouncilFileSent,
    CriterionFinding,
    DecisionReferred,
    EngagedExpert,
    InterimReportSubmitted,
    MeasuresAnalysed,
    MeasureVerdict,
    OutcomeRuled,
    ReportedMeasure,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)

_IN = ConfigDict(extra="forbid", frozen=True)

ClauseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9. ()]{0,39}$")]
Documents = Annotated[tuple[Document, ...], Field(max_length=200)]
Verdicts = Annotated[tuple[MeasureVerdict, ...], Field(max_length=1000)]


class OpenCycleRequest(BaseModel):
    """What a cycle is opened with: its number, its period, and what it belongs to."""

    model_config = _IN

    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    cycle: int = Field(ge=1)
    period_from: date
    period_until: date
    expected_on: date | None = None
    valid_until: date


class NewCycle(BaseModel):
    """Whose next report comes before its window has opened."""

    model_config = _IN

    followup_id: Identifier


class NewReport(BaseModel):
    """The institution's report. `sections` are the contents that the rulebook asks for and this report holds."""

    model_config = _IN

    document: Document
    sections: Annotated[tuple[Word, ...], Field(max_length=100)]
    table: Annotated[tuple[ReportedMeasure, ...], Field(max_length=1000)] = ()
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=500)] = ()
    medium: Word | None = None
    received_on: Day | None = Field(default=None, description="By the agency alone: the day on which it came, if that was an earlier one")


class NewRejection(BaseModel):
    """Words of the rulebook's `rejection_reasons`, the clauses that are not met, and the day for a new report."""

    model_config = _IN

    grounds: Annotated[tuple[Word, ...], Field(max_length=20)]
    unmet: Annotated[tuple[ClauseId, ...], Field(max_length=50)]
    reasons: Text
    due_on: Day
    due_reason: Text


class NewChangeRequest(BaseModel):
    """Which changes or additions the report needs, and until when."""

    model_config = _IN

    changes: Text
    due_on: Day


class NewStudy(BaseModel):
    """What the study found, with a judgement on every word of `report_qualities`, where the rulebook has them."""

    model_config = _IN

    findings: Text
    qualities: Annotated[dict[str, bool], Field(max_length=20)] = {}
    reading_departure: Text | None = Field(default=None, description="Why a report that is not complete is studied all the same")


class NewInformationRequest(BaseModel):
    """What the agency asks for beside the report, and until when."""

    model_config = _IN

    what: Text
    due_on: Day


class NewInformation(BaseModel):
    """The answer to a request by its number."""

    model_config = _IN

    request: Annotated[int, Field(strict=True, ge=1, le=1000)]
    information: Text
    documents: Documents = ()


class NewExperts(BaseModel):
    """Experts who are brought in, and why."""

    model_config = _IN

    experts: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=50)]
    reasons: Text


class NewAnalysis(BaseModel):
    """The analysis by experts and referent, with a verdict on each recommendation and remark and what the check of the facts brought."""

    model_config = _IN

    by: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=50)]
    case_officer: Identifier
    verdicts: Verdicts
    facts_checked: Text
    document: Document | None = None


class NewVisitDecision(BaseModel):
    """A word of the rulebook's decisions on a visit, with reasons."""

    model_config = _IN

    word: Word
    reasons: Text


class NewNotice(BaseModel):
    """A letter to the institution."""

    model_config = _IN

    outgoing_number: ShortText
    document: Document | None = None
    told_on: Day


class NewAssessment(BaseModel):
    """A finding on each of the rulebook's criteria, and whether the result is positive."""

    model_config = _IN

    findings: Annotated[tuple[CriterionFinding, ...], Field(max_length=50)]
    positive: Annotated[bool, Field(strict=True)]
    verdicts: Verdicts = ()


class NewRuling(BaseModel):
    """What follows a result that is not positive."""

    model_config = _IN

    ruling: Text


class NewCouncilFile(BaseModel):
    """Additional materials, besides those that the cycle has; verdicts, where they are others than those of the analysis."""

    model_config = _IN

    documents: Documents = ()
    verdicts: Verdicts = ()


class NewReferral(BaseModel):
    """A word of the rulebook's `sanction_grounds`."""

    model_config = _IN

    ground: Word


class CycleItem(BaseModel):
    """A monitoring cycle of the list."""

    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    cycle: int
    stage: str = Field(description="What it stands at: report_due, under_study, returned, studied, visit, no_visit, assessed, …, closed")
    period_from: date
    period_until: date
    expected_on: date | None
    valid_until: date
    opened_on: date
    round: int = Field(description="Of the last report; 0: none came")
    submitted_on: date | None
    complete: bool | None
    late_days: int = Field(description="Calendar days by which the last report was late")
    due_on: date | None = Field(description="The day that a person set for a new report")
    visit: bool | None
    positive: bool | None
    ground: str | None = Field(description="Of the last referral to those who decide on sanctions")
    closed_on: date | None
    outcome: str | None
    version: int


class CycleDetail(CycleItem):
    """A cycle with every report and all that the agency made of it."""

    allowed_actions: list[Action]
    reports: list[InterimReportSubmitted]
    requests: list[AdditionalInformationRequested]
    provided: list[AdditionalInformationProvided]
    engaged: list[EngagedExpert]
    analysed: MeasuresAnalysed | None
    visit_decision: VisitDecided | None
    visit_notice: VisitDecisionTold | None
    assessment: ResultAssessed | None
    acceptance_notice: AcceptanceTold | None
    ruling: OutcomeRuled | None
    council_file: CouncilFileSent | None
    referrals: list[DecisionReferred]
