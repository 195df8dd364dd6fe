"""Bodies and answers of visits' REST interface."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.documents import Document
from chassis.text import Day, InstitutionId, ShortText, Text
from chassis.web import Id
from regulations import RulebookRef

_IN = ConfigDict(extra="forbid", frozen=True)

PanelRole = Literal["chair", "member"]


class NewExpert(BaseModel):
    """An expert to enter; the id is the one that the expert's own tokens carry as subject."""

    model_config = _IN

    expert_id: Id
    name: ShortText
    email: ShortText | None = None
    competences: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    languages: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()
    affiliations: Annotated[tuple[InstitutionId, ...], Field(max_length=50, description="Institutions that the expert is bound to")] = ()


class NewSeat(BaseModel):
    """An expert's place in the commission."""

    model_config = _IN

    expert_id: Id
    role: PanelRole


class NewPanel(BaseModel):
    """The commission and the act that approves its statute."""

    model_config = _IN

    members: Annotated[tuple[NewSeat, ...], Field(min_length=1, max_length=50)]
    statute_act: ShortText


class Announcement(BaseModel):
    """The days of the visit, both included; `waiver` is the institution's written consent to a shorter notice."""

    model_config = _IN

    starts_on: Day
    ends_on: Day
    waiver: Document | None = None

    @model_validator(mode="after")
    def _countable(self) -> Self:
        """Working days are counted one by one: dates that are years apart are a slip of the pen, and cost nobody anything."""
        if self.ends_on - self.starts_on > timedelta(days=366):
            raise ValueError("a visit does not last longer than a year")
        return self


class VisitReport(BaseModel):
    """The commission's report on the visit."""

    model_config = _IN

    document: Document
    findings: Text
    recommendations: Annotated[tuple[Text, ...], Field(max_length=200)]


class Expert(BaseModel):
    """An expert of the pool."""

    expert_id: str
    name: str
    email: str | None
    competences: list[str]
    languages: list[str]
    affiliations: list[str]
    version: int


class VisitItem(BaseModel):
    """A visit in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    stage: str
    opened_on: date
    starts_on: date | None
    ends_on: date | None
    submitted_on: date | None
    version: int


class Seat(BaseModel):
    """A place in the commission, and when its holder had studied the report."""

    expert_id: str
    role: str
    studied_on: date | None


class VisitDetail(VisitItem):
    """A visit whole."""

    rulebook: RulebookRef
    panel: list[Seat]
    statute_act: str | None
    formed_on: date | None
    announced_on: date | None
    waiver: Document | None
    started_on: date | None
    ended_on: date | None
    document: Document | None
    findings: str | None
    recommendations: list[str] | None
