"""Facts of one monitoring cycle, from its opening to its closing. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef

AAKR = "aakr-monitoring-2024"
SAPATTUU = "sapattuu-bilim-monitoring"

ClauseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9. ()]{0,39}$", description="The id of a clause of the rulebook")]

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class ReportedMeasure(BaseModel):
    """A row of the report's table: a measure, what came of it, and the documents that prove it. No document: it is not proved."""

    model_config = _FROZEN

    measure_id: Identifier = Field(description="The plan's id of it; free where the plan is not in Kepil")
    result: Text
    evidence: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


class Attachment(BaseModel):
    """A document beside the report. One that was not updated since it was last submitted is named and not attached (AAKR, II.2)."""

    model_config = _FROZEN

    name: ShortText
    state: Word | None = Field(default=None, description="A word of `attachment_states`, where the rulebook has them")
    document: Document | None = None


class MeasureVerdict(BaseModel):
    """What a person judged of a measure, or of a recommendation; `fulfilment` where the rulebook has words for it."""

    model_config = _FROZEN

    measure_id: Identifier | None = None
    recommendation_id: Identifier | None = None
    fulfilment: Word | None = Field(default=None, description="A word of `fulfilment`, where the rulebook has it")
    note: Text | None = None


class EngagedExpert(BaseModel):
    """An expert brought in. `former_member`: of the commission that accredited."""

    model_config = _FROZEN

    expert_id: Identifier
    former_member: bool


class CriterionFinding(BaseModel):
    """What was found on one criterion of the monitoring."""

    model_config = _FROZEN

    criterion: Word = Field(description="A word of the rulebook's `criteria`")
    finding: Text


class CycleOpened(Event):
    """A monitoring cycle begins: the institution is to report (AAKR, I.2; Sapattuu Bilim, 2.5.p3).

    The period runs from the receipt of the certificate, or from the end of the cycle before it (AAKR, II.3; Sapattuu Bilim, 2.5.p2.s1).
    """

    under: ClassVar = {AAKR: ("I.1", "I.2", "II.3"), SAPATTUU: ("2.5.p1", "2.5.p2.s1")}
    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word | None = Field(default=None, description="A word of the rulebook's `kinds`")
    cycle: int = Field(ge=1)
    period_from: date
    period_until: date
    expected_on: date | None = Field(default=None, description="When the monitoring is expected")
    valid_until: date
    opened_on: date


class InterimReportSubmitted(Event):
    """The institution submitted its report (AAKR, II.2, II.3, II.4.e, III.d-III.h; Sapattuu Bilim, 2.5.p2.s1-2.5.p3).

    What it lacks is told at once: `missing` sections, `unproved` measures, `unmet` requirements that are seen without judgement.
    An incomplete or late report is recorded all the same: what follows is for a person.
    """

    under: ClassVar = {
        AAKR: ("II.2", "II.3", "II.4.e", "III.d", "III.e", "III.f", "III.h"),
        SAPATTUU: ("2.5.p2.s1", "2.5.p2.s2", "2.5.p2.s3", "2.5.p3"),
    }
    cycle_id: str
    followup_id: str
    institution_id: str
    round: int = Field(ge=1, description="1 for the first report of the cycle; one more each time that one comes again")
    document: Document
    sections: tuple[Word, ...] = Field(description="The contents of the report, by the rulebook, that it holds")
    table: tuple[ReportedMeasure, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    medium: Word | None = Field(default=None, description="A word of `report_media`, where the rulebook has them")
    missing: tuple[Word, ...] = Field(default=(), description="Contents that it lacks")
    unproved: tuple[str, ...] = Field(default=(), description="Measures that were due in the period and that no document proves")
    unreported: tuple[str, ...] = Field(default=(), description="Measures of the plan that have no row in the table")
    unmet: tuple[ClauseId, ...] = Field(default=(), description="Clauses that it does not meet, as far as no judgement is needed")
    complete: bool
    due_on: date | None = Field(default=None, description="The last day for it, as known when it came; None: no day was known")
    late_days: Annotated[int, Field(ge=0, description="Calendar days after that day: flagged, and nothing else")] = 0
    submitted_on: date


class InterimReportRejected(Event):
    """The agency rejected the report: it does not meet the requirements on content or layout (AAKR, III.i). A new one is due.

    Being late is no ground of its own.
    """

    correctable: ClassVar = frozenset({"due_reason"})
    under: ClassVar = {AAKR: ("III.i",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    round: int
    grounds: tuple[Word, ...] = Field(description="Words of `rejection_reasons`")
    unmet: tuple[ClauseId, ...] = Field(description="The requirements that it does not meet")
    reasons: Text
    due_on: date = Field(description="The last day for a new report; the text is silent, a person set it")
    due_reason: Text
    rejected_on: date


class ReportChangesRequested(Event):
    """The agency told the institution which changes or additions the report needs (Sapattuu Bilim, 2.7). The report is to come again."""

    under: ClassVar = {SAPATTUU: ("2.7",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    round: int
    changes: Text
    due_on: date = Field(description="The last day for it; the text is silent, a person set it")
    requested_on: date


class ReportStudied(Event):
    """The agency studied the report (AAKR, II.4.f, II.4.g, III.g; Sapattuu Bilim, 2.7): it stands, nothing more is asked of it."""

    correctable: ClassVar = frozenset({"findings"})
    under: ClassVar = {AAKR: ("II.4.f", "II.4.g", "III.g"), SAPATTUU: ("2.7",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    round: int
    findings: Text
    qualities: tuple[tuple[Word, bool], ...] = Field(default=(), description="The reviewer's judgement by word of `report_qualities`")
    reading_departure: Text | None = Field(default=None, description="Why a report that lacks something was studied all the same")
    began_on: date = Field(description="The day of receipt, from which the study runs")
    studied_on: date


class AdditionalInformationRequested(Event):
    """The agency asked for more than the report holds (AAKR, II.1)."""

    correctable: ClassVar = frozenset({"due_on"})
    under: ClassVar = {AAKR: ("II.1",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    request: int = Field(ge=1)
    what: Text
    due_on: date = Field(description="The text is silent; a person set it")
    requested_on: date


class AdditionalInformationProvided(Event):
    """The institution gave what it was asked for (AAKR, II.1)."""

    under: ClassVar = {AAKR: ("II.1",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    request: int
    information: Text
    documents: tuple[Document, ...] = ()
    provided_on: date


class ExpertsEngaged(Event):
    """The agency brought in experts for the study, former members of the commission or others (Sapattuu Bilim, 2.8)."""

    under: ClassVar = {SAPATTUU: ("2.8",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    experts: tuple[EngagedExpert, ...]
    reasons: Text
    engaged_on: date


class MeasuresAnalysed(Event):
    """Experts and the referent analysed the measures and checked the facts of the report (Sapattuu Bilim, 2.9.s3), visit or no visit."""

    under: ClassVar = {SAPATTUU: ("2.9.s3",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    by: tuple[str, ...] = Field(description="The experts")
    case_officer: str = Field(description="The referent")
    verdicts: tuple[MeasureVerdict, ...]
    facts_checked: Text = Field(description="Which facts were checked, and what came of it")
    document: Document | None = None
    analysed_on: date


class VisitDecided(Event):
    """It was decided whether the institution is visited (AAKR, II.4.h; Sapattuu Bilim, 2.9.s2: by the Director)."""

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s2",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    word: Word = Field(description="A word of the rulebook's decisions on a visit")
    holds: bool = Field(description="Whether a visit follows")
    reasons: Text
    decided_by: str = Field(default="", description="Who of the agency")
    decided_on: date


class VisitDecisionTold(Event):
    """The institution was told whether it is visited (AAKR, II.4.h); of the visit or the check on site (Sapattuu Bilim, 2.9.s1)."""

    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s1",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    outgoing_number: ShortText
    document: Document | None = None
    told_on: date


class ResultAssessed(Event):
    """The agency assessed the result by each criterion (AAKR, III.0-III.c). Whether it is positive a person says: the text has no scale."""

    under: ClassVar = {AAKR: ("III.0", "III.a", "III.b", "III.c")}
    cycle_id: str
    followup_id: str
    institution_id: str
    findings: tuple[CriterionFinding, ...]
    verdicts: tuple[MeasureVerdict, ...] = ()
    positive: bool
    word: Word | None = Field(default=None, description="The word of `decisions` that says so")
    assessed_on: date


class AcceptanceTold(Event):
    """The institution was told that its report is accepted (AAKR, II.4.j)."""

    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    under: ClassVar = {AAKR: ("II.4.j",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    outgoing_number: ShortText
    document: Document | None = None
    told_on: date


class OutcomeRuled(Event):
    """A person said what follows a result that is not positive: the text is silent (AAKR, II.4.j)."""

    under: ClassVar = {AAKR: ("II.4.j",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    ruling: Text
    ruled_by: str
    ruled_on: date


class CouncilFileSent(Event):
    """Report, additional materials and the act on the visit went to the council (Sapattuu Bilim, 3.1, 3.2.s1), with a verdict on each
    recommendation and remark (3.3)."""

    under: ClassVar = {SAPATTUU: ("3.1", "3.2.s1", "3.3")}
    cycle_id: str
    followup_id: str
    institution_id: str
    documents: tuple[Document, ...]
    verdicts: tuple[MeasureVerdict, ...]
    sent_on: date


class DecisionReferred(Event):
    """A failure comes before those who may decide on a sanction: no report (Sapattuu Bilim, 2.5.p4), or nothing fulfilled (3.3)."""

    under: ClassVar = {SAPATTUU: ("2.5.p4", "3.3", "3.3.b.s3")}
    cycle_id: str
    followup_id: str
    institution_id: str
    ground: Word = Field(description="A word of `sanction_grounds`")
    referred_on: date


class CycleClosed(Event):
    """Nothing more is asked of anybody in this cycle; `outcome` is how it ended."""

    cycle_id: str
    followup_id: str
    institution_id: str
    outcome: ShortText
    closed_on: date


class CycleCorrected(FactCorrected):
    """A fact of a cycle was recorded wrongly."""

    cycle_id: str


class CycleStep(BaseModel):
    """Activities `monitoring.refer_decision` (with `ground`), `monitoring.close_cycle` (with `outcome`): done already, nothing follows."""

    agency: str
    cycle_id: str
    ground: str | None = None
    outcome: str = ""


class ReadCycle(BaseModel):
    """Activity `monitoring.read_cycle`: a question about a cycle; no fact follows."""

    agency: str
    cycle_id: str


class CycleStanding(BaseModel):
    """How a cycle stands, and what it has for a resolution."""

    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    cycle: int
    expected_on: date | None
    valid_until: date
    round: int = Field(description="Of the last report; 0: none came")
    complete: bool = False
    studied: bool = False
    visit: bool | None = Field(None, description="None: it is not decided")
    positive: bool | None = Field(None, description="None: it is not assessed")
    fulfilment: tuple[tuple[str, str], ...] = Field((), description="Recommendation by recommendation: its id and its word")
    ground: str | None = Field(None, description="Of the last referral")
    closed: bool = False


REFER_DECISION = "monitoring.refer_decision"
CLOSE_CYCLE = "monitoring.close_cycle"
READ_CYCLE = "monitoring.read_cycle"

CYCLE_EVENTS = (
    CycleOpened,
    InterimReportSubmitted,
    InterimReportRejected,
    ReportChangesRequested,
    ReportStudied,
    AdditionalInformationRequested,
    AdditionalInformationProvided,
    ExpertsEngaged,
    MeasuresAnalysed,
    VisitDecided,
    VisitDecisionTold,
    ResultAssessed,
    AcceptanceTold,
    OutcomeRuled,
    CouncilFileSent,
    DecisionReferred,
    CycleClosed,
    CycleCorrected,
)
