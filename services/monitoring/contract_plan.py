"""Facts of the plan of measures of a follow-up. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.monitoring.contract_followup import AAKR, SAPATTUU

Round = Annotated[int, Field(ge=1, description="2 and on: a revised plan")]


class Measure(BaseModel):
    """One measure: against which recommendation or remark, who answers for it, and by when (Sapattuu Bilim, 2.3; AAKR, III.a)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure_id: Identifier
    recommendation_id: Identifier | None = Field(default=None, description="None: a measure of the institution's own for quality")
    criterion: ShortText
    measure: Text
    responsible: ShortText = Field(description="The office or the post that answers for it, no person's name")
    due_on: date


class PlanAwaited(Event):
    """The institution owes a plan of measures (AAKR, II.4.b; Sapattuu Bilim, 2.3, 2.4, 2.6.s1)."""

    under: ClassVar = {AAKR: ("II.4.b",), SAPATTUU: ("2.3", "2.4", "2.6.s1")}
    plan_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word | None
    approved_by: Word | None = Field(default=None, description="The body of the institution that approves it")
    counts_from: date | None = Field(default=None, description="Its term runs from this day; None: not known yet")
    awaited_on: date


class AccreditationDocumentsReceived(Event):
    """The institution received the order and the commission's final conclusion: the plan's month runs from the later (2.3, 2.4)."""

    under: ClassVar = {SAPATTUU: ("2.3", "2.4")}
    correctable: ClassVar = frozenset({"order_received_on", "conclusion_received_on", "counts_from"})
    plan_id: str
    followup_id: str
    institution_id: str
    order_received_on: date
    conclusion_received_on: date
    counts_from: date


class PlanSubmitted(Event):
    """The institution submitted its plan, approved as the rulebook asks (AAKR, II.4.b; Sapattuu Bilim, 2.3, 2.4, 2.6.s1)."""

    under: ClassVar = {AAKR: ("II.4.b",), SAPATTUU: ("2.3", "2.4", "2.6.s1")}
    plan_id: str
    followup_id: str
    institution_id: str
    round: Round
    measures: tuple[Measure, ...]
    approved_by: Word | None = None
    approval_act: ShortText | None = None
    approved_on: date | None = None
    document: Document
    submitted_on: date
    uncovered: tuple[str, ...] = Field(default=(), description="Recommendations and remarks against which it has no measure")


class PlanChangesRequested(Event):
    """The agency told the institution that changes or additions are needed (AAKR, II.4.c, II.4.d)."""

    under: ClassVar = {AAKR: ("II.4.c", "II.4.d")}
    plan_id: str
    followup_id: str
    institution_id: str
    round: Round
    changes: Text
    due_on: date | None = None
    requested_on: date


class PlanReviewed(Event):
    """The agency reviewed the plan: no changes are needed (AAKR, II.4.c, II.4.d)."""

    under: ClassVar = {AAKR: ("II.4.c", "II.4.d")}
    plan_id: str
    followup_id: str
    institution_id: str
    round: Round
    reviewed_on: date


class PlanAmended(Event):
    """The plan was changed after it stood, with a reason: `measures` is the whole plan from now on."""

    plan_id: str
    followup_id: str
    institution_id: str
    measures: tuple[Measure, ...]
    reason: Text
    approval_act: ShortText | None = None
    amended_on: date


class MeasureProgressed(Event):
    """How far a measure is, with its evidence (Sapattuu Bilim, 2.5.p1)."""

    under: ClassVar = {SAPATTUU: ("2.5.p1",)}
    correctable: ClassVar = frozenset({"progress", "note"})
    plan_id: str
    followup_id: str
    institution_id: str
    measure_id: Identifier
    progress: Literal["under_way", "done"]
    note: Text | None = None
    evidence: tuple[Document, ...] = ()
    progressed_on: date


class PlanCorrected(FactCorrected):
    """A fact of a plan was recorded wrongly."""

    plan_id: str


PLAN_EVENTS = (
    PlanAwaited,
    AccreditationDocumentsReceived,
    PlanSubmitted,
    PlanChangesRequested,
    PlanReviewed,
    PlanAmended,
    MeasureProgressed,
    PlanCorrected,
)
