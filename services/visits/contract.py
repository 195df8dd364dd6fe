"""What visits publishes. A panel and a visit have the id of their case."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-visits"


class PanelMember(BaseModel):
    """An expert's place in a commission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expert_id: str
    role: Literal["chair", "member"]


class ExpertRegistered(Event):
    """An expert joined the pool. `affiliations` are institution ids, for conflicts of interest."""

    expert_id: str
    name: Annotated[ShortText, Personal("expert_id")]
    email: Annotated[ShortText | None, Personal("expert_id")] = None
    competences: tuple[ShortText, ...] = ()
    languages: tuple[ShortText, ...] = ()
    affiliations: tuple[str, ...] = ()


class VisitOpened(Event):
    """The recommendations are out: an external expert commission is to be formed (order 109, p. 14)."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    opened_on: date


class PanelFormed(Event):
    """The external expert commission exists (order 109, p. 14); `statute_act` approves its statute."""

    case_id: str
    members: tuple[PanelMember, ...]
    statute_act: ShortText
    formed_on: date


class VisitAnnounced(Event):
    """The institution was told the dates of the visit (order 109, p. 14). `waiver` is its written consent to a shorter notice."""

    case_id: str
    starts_on: date
    ends_on: date
    announced_on: date
    waiver: Document | None = None


class ReportStudied(Event):
    """A member confirmed that he has studied the self-assessment report (order 109, p. 16)."""

    case_id: str
    expert_id: str
    studied_on: date


class VisitStarted(Event):
    """The commission is at the institution."""

    case_id: str
    started_on: date


class VisitCompleted(Event):
    """The visit ended (order 109, p. 15). The report's term runs from here."""

    case_id: str
    ended_on: date


class VisitReportSubmitted(Event):
    """The commission's report on the visit (order 109, p. 9.6, 17)."""

    case_id: str
    document: Document
    findings: Text
    recommendations: tuple[Text, ...]
    submitted_on: date


EVENTS = Catalogue(
    "visits",
    {
        "expert": [ExpertRegistered],
        "visit": [VisitOpened, PanelFormed, VisitAnnounced, ReportStudied, VisitStarted, VisitCompleted, VisitReportSubmitted],
    },
)


class OpenVisit(BaseModel):
    """Activity `visits.open_visit`: the case needs its commission."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef


OPEN_VISIT = "visits.open_visit"
