"""Bodies and answers of review's REST interface."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text
from regulations import RulebookRef
from services.review.contract import ReportSection, SectionFinding, SectionRef
from services.review.domain.state import Standing

_IN = ConfigDict(extra="forbid", frozen=True)

Files = Annotated[tuple[Document, ...], Field(max_length=300)]
Sections = Annotated[tuple[ReportSection, ...], Field(max_length=500)]


class ElectronicReport(Document):
    """The report's file, and its text by standard and criterion where the institution has it so."""

    sections: Sections = ()


class Opening(BaseModel):
    """The case whose self-assessment is opened; the rest is known of it."""

    model_config = _IN

    case_id: Identifier


class PaperReceipt(BaseModel):
    """The number under which the body's office took in the paper."""

    model_config = _IN

    incoming_number: ShortText


class Review(BaseModel):
    """What the body found in the report."""

    model_config = _IN

    findings: Text


class Recommendations(BaseModel):
    """What the body recommends. An empty list is refused by the rule, so that the answer names it."""

    model_config = _IN

    recommendations: Annotated[tuple[Text, ...], Field(max_length=200)]


class Outline(BaseModel):
    """The sections that the agency's standards and criteria ask for. An empty list is refused by the rule."""

    model_config = _IN

    sections: Annotated[tuple[SectionRef, ...], Field(max_length=500)]


class ReportVersion(BaseModel):
    """A version of the report. What it must have is said by the rule, so that the answer names the clause."""

    model_config = _IN

    sections: Sections = ()
    documents: Files = ()
    annexes: Files = ()


class Examination(BaseModel):
    """What the technical examination of a version found, and whether the institution is to rework it."""

    model_config = _IN

    summary: Text
    findings: Annotated[tuple[SectionFinding, ...], Field(max_length=1000)] = ()
    rework: Literal["needed", "not_needed"]


class FinalVersion(BaseModel):
    """The annexes with which an examined version is submitted as final, besides those it has."""

    model_config = _IN

    annexes: Files = ()


class PreliminaryAudit(BaseModel):
    """The day of the preliminary audit, and its result in words."""

    model_config = _IN

    held_on: Day
    note: Text
    document: Document | None = None


class ReportItem(BaseModel):
    """A report in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    stage: str
    standing: Standing
    opened_on: date
    received_on: date | None
    reviewed_on: date | None
    issued_on: date | None
    kind: str | None = None
    number: int | None = Field(None, description="Of the newest version of the report; None where none is in")
    accepted_on: date | None = None
    audited_on: date | None = None
    version: int


class Awaited(BaseModel):
    """The next thing that somebody has to do, with its clause."""

    what: str
    who: str
    clause: str


class ReportDetail(ReportItem):
    """A report whole, with what is awaited."""

    rulebook: RulebookRef
    standing_reason: str | None = Field(description="Why it is suspended or closed")
    standing_since: date | None
    standards: str
    standards_version: str
    document: Document | None
    sections: list[ReportSection] | None = None
    electronic_on: date | None
    incoming_number: str | None
    paper_on: date | None
    findings: str | None
    recommendations: list[str] | None
    outline: list[SectionRef] | None = None
    missing: list[str] = Field([], description="What the newest version lacks to be the final one")
    final_on: date | None = None
    audit_note: str | None = None
    audit_document: Document | None = None
    awaited: list[Awaited]
    allowed_actions: list[Action]


class ReportVersionItem(BaseModel):
    """One version of a report with what its examination found."""

    case_id: str
    number: int
    sections: list[ReportSection]
    documents: list[Document]
    annexes: list[Document]
    submitted_on: date
    round: int | None
    summary: str | None
    findings: list[SectionFinding] | None
    rework_needed: bool | None
    examined_on: date | None
    sent_on: date | None
    resubmitted_on: date | None
    final_annexes: list[Document] | None
    accepted_on: date | None
