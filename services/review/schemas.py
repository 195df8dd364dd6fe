"""Bodies and answers of review's REST interface."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.text import ShortText, Text
from regulations import RulebookRef

_IN = ConfigDict(extra="forbid", frozen=True)


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


class ReportItem(BaseModel):
    """A report in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    stage: str
    opened_on: date
    received_on: date | None
    reviewed_on: date | None
    issued_on: date | None
    version: int


class Awaited(BaseModel):
    """The next thing that somebody has to do, with its clause."""

    what: str
    who: str
    clause: str


class ReportDetail(ReportItem):
    """A report whole, with what is awaited."""

    rulebook: RulebookRef
    standards: str
    standards_version: str
    document: Document | None
    electronic_on: date | None
    incoming_number: str | None
    paper_on: date | None
    findings: str | None
    recommendations: list[str] | None
    awaited: list[Awaited]
