"""What review publishes. A self-assessment report has the id of its case."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.text import ShortText, Text
from regulations import RulebookRef

# isort: off
from services.review.contract_materials import (
    ATTESTATION as ATTESTATION,
    CLOSE_MATERIALS as CLOSE_MATERIALS,
    MATERIALS_EVENTS as MATERIALS_EVENTS,
    OPEN_MATERIALS as OPEN_MATERIALS,
    CloseMaterials as CloseMaterials,
    MaterialPart as MaterialPart,
    MaterialsAnalysed as MaterialsAnalysed,
    MaterialsAwaited as MaterialsAwaited,
    MaterialsClosed as MaterialsClosed,
    MaterialsCorrected as MaterialsCorrected,
    MaterialsReceived as MaterialsReceived,
    MissingPartsTold as MissingPartsTold,
    OpenMaterials as OpenMaterials,
)
# isort: on

TASK_QUEUE = "kepil-review"

_ORDER_109, _IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"

_PART = ConfigDict(frozen=True, extra="forbid")


class SectionRef(BaseModel):
    """A place in a self-assessment report: a standard of the agency's set, or one of its criteria."""

    model_config = _PART

    standard: ShortText
    criterion: ShortText | None = None


class ReportSection(SectionRef):
    """What the institution says of itself under one standard or criterion, and the files that show it."""

    text: Text
    evidence: Annotated[tuple[Document, ...], Field(max_length=50)] = ()


class SectionFinding(SectionRef):
    """What an examination found in one section, or that the section is not there."""

    finding: Text


class SelfAssessmentOpened(Event):
    """The contract is concluded: the institution carries out its self-assessment (order 109, p. 9.2; IQAA, S1.e)."""

    under: ClassVar = {_ORDER_109: ("9.2",), _IQAA: ("S1.e",)}
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: ShortText
    standards_version: ShortText
    kind: ShortText | None = Field(None, description="A word of the rulebook's `kinds`; None where nobody said it")
    opened_on: date


class ReportOutlineSet(Event):
    """The agency named the sections that a report by its standards and criteria has (IQAA, S1.e). A later outline replaces it."""

    under: ClassVar = {_IQAA: ("S1.e",)}
    case_id: str
    sections: tuple[SectionRef, ...]
    set_on: date


class ElectronicReportReceived(Event):
    """The self-assessment report arrived electronically (order 109, p. 13)."""

    under: ClassVar = {_ORDER_109: ("13",)}
    correctable: ClassVar = frozenset({"received_on"})
    case_id: str
    document: Document
    sections: tuple[ReportSection, ...] = ()
    received_on: date


class PaperReportReceived(Event):
    """The self-assessment report arrived on paper (order 109, p. 13)."""

    under: ClassVar = {_ORDER_109: ("13",)}
    correctable: ClassVar = frozenset({"incoming_number", "received_on"})
    case_id: str
    incoming_number: ShortText
    received_on: date


class SelfAssessmentReportReceived(Event):
    """Both forms are there: the report counts as submitted (order 109, p. 9.3, 13)."""

    under: ClassVar = {_ORDER_109: ("9.3", "13")}
    correctable: ClassVar = frozenset({"received_on"})
    case_id: str
    received_on: date


class ReportReviewed(Event):
    """The body reviewed the report (order 109, p. 9.4)."""

    under: ClassVar = {_ORDER_109: ("9.4",)}
    correctable: ClassVar = frozenset({"reviewed_on"})
    case_id: str
    findings: Text
    reviewed_on: date


class RecommendationsIssued(Event):
    """The body's recommendations on the report went to the institution (order 109, p. 9.5)."""

    under: ClassVar = {_ORDER_109: ("9.5",)}
    correctable: ClassVar = frozenset({"issued_on"})
    case_id: str
    recommendations: tuple[Text, ...]
    issued_on: date


class ReportVersionSubmitted(Event):
    """A version of the report came in: the first (IQAA, S1.f.1), numbered 1, or a reworked one with its annexes (S1.g)."""

    under: ClassVar = {_IQAA: ("S1.f.1", "S1.g")}
    correctable: ClassVar = frozenset({"submitted_on"})
    case_id: str
    number: Annotated[int, Field(ge=1)]
    sections: tuple[ReportSection, ...] = ()
    documents: tuple[Document, ...] = ()
    annexes: tuple[Document, ...] = ()
    submitted_on: date


class TechnicalExaminationHeld(Event):
    """A version of the report was examined; the institution knows nothing of it yet (IQAA, S1.f.1)."""

    under: ClassVar = {_IQAA: ("S1.f.1",)}
    correctable: ClassVar = frozenset({"examined_on"})
    case_id: str
    number: int
    round: Annotated[int, Field(ge=1, description="1 for the first examination of this report")]
    summary: Text
    findings: tuple[SectionFinding, ...] = ()
    rework_needed: bool
    examined_on: date


class ExaminationResultsSent(Event):
    """The results of an examination went to the institution, with the need for rework (IQAA, S1.f.2)."""

    under: ClassVar = {_IQAA: ("S1.f.2",)}
    correctable: ClassVar = frozenset({"sent_on"})
    case_id: str
    number: int
    rework_needed: bool
    sent_on: date


class FinalVersionResubmitted(Event):
    """No rework was needed: the examined version was submitted again as the final one, with its annexes (IQAA, S1.g)."""

    under: ClassVar = {_IQAA: ("S1.g",)}
    correctable: ClassVar = frozenset({"submitted_on"})
    case_id: str
    number: int
    annexes: tuple[Document, ...] = ()
    submitted_on: date


class SelfAssessmentReportAccepted(Event):
    """The agency took a version as the final one: experts and council rely on it (IQAA, S1.g)."""

    under: ClassVar = {_IQAA: ("S1.g",)}
    correctable: ClassVar = frozenset({"accepted_on"})
    case_id: str
    number: int
    accepted_on: date
    audit_needed: bool | None = Field(None, description="Whether the preliminary audit follows (S1.h); None where nobody told the kind")


class PreliminaryAuditHeld(Event):
    """The preliminary audit of an institutional accreditation was held (IQAA, S1.h). Its result is a note."""

    under: ClassVar = {_IQAA: ("S1.h",)}
    correctable: ClassVar = frozenset({"held_on"})
    case_id: str
    held_on: date
    note: Text
    document: Document | None = None
    recorded_on: date


class SelfAssessmentSuspended(Event):
    """The agency suspended the case: until it is resumed nothing is taken and nothing is done. Both rulebooks are silent on it."""

    case_id: str
    reason: Text
    suspended_on: date


class SelfAssessmentResumed(Event):
    """The case goes on: the self-assessment stands where it stood."""

    case_id: str
    resumed_on: date


class SelfAssessmentClosed(Event):
    """The case ended without more to do here: withdrawn, terminated, discontinued or decided."""

    case_id: str
    reason: Text
    closed_on: date


class ReportCorrected(FactCorrected):
    """A fact of a self-assessment was recorded wrongly: a day from which terms run, or the number of a paper."""

    case_id: str


EVENTS = Catalogue(
    "review",
    {
        "report": [
            SelfAssessmentOpened,
            ReportOutlineSet,
            ElectronicReportReceived,
            PaperReportReceived,
            SelfAssessmentReportReceived,
            ReportReviewed,
            RecommendationsIssued,
            ReportVersionSubmitted,
            TechnicalExaminationHeld,
            ExaminationResultsSent,
            FinalVersionResubmitted,
            SelfAssessmentReportAccepted,
            PreliminaryAuditHeld,
            SelfAssessmentSuspended,
            SelfAssessmentResumed,
            SelfAssessmentClosed,
            ReportCorrected,
        ],
        "materials": list(MATERIALS_EVENTS),
    },
)


class OpenSelfAssessment(BaseModel):
    """Activity `review.open_self_assessment`: the contract is concluded."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: str
    standards_version: str
    kind: str | None = None


OPEN_SELF_ASSESSMENT = "review.open_self_assessment"


class CaseStep(BaseModel):
    """Activities `review.suspend`, `review.resume` and `review.close`: nothing where there is no such report, or it is so already."""

    agency: str
    case_id: str
    reason: str = ""


SUSPEND = "review.suspend"
RESUME = "review.resume"
CLOSE = "review.close"
