"""What visits publishes. A panel and a visit have the id of their case."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-visits"

Category = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="A word of the rulebook's panel categories")]
Conflicting = Literal["affiliation", "employment", "coordination"]
VisitMode = Literal["on_site", "remote", "mixed"]


class PanelMember(BaseModel):
    """An expert's place in a commission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expert_id: str
    role: Literal["chair", "member"]
    category: Category | None = Field(default=None, description="Whom the expert represents there, where the rulebook composes the panel")


class Employment(BaseModel):
    """Where an expert works or has worked; `until` is None while he does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    institution_id: str
    since: date | None = None
    until: date | None = None


class ConflictFound(BaseModel):
    """What the automatic check found of an expert who was seated all the same, for the reasons that stand beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expert_id: str
    ground: Conflicting
    detail: Annotated[ShortText, Personal("expert_id")]


class ExpertRegistered(Event):
    """An expert joined the pool. `affiliations` are institution ids, for conflicts of interest."""

    expert_id: str
    name: Annotated[ShortText, Personal("expert_id")]
    email: Annotated[ShortText | None, Personal("expert_id")] = None
    competences: tuple[ShortText, ...] = ()
    languages: tuple[ShortText, ...] = ()
    affiliations: tuple[str, ...] = ()
    categories: tuple[Category, ...] = Field(default=(), description="Whom the expert may represent in a panel (IQAA, S2.a)")
    employments: tuple[Employment, ...] = ()


class VisitOpened(Event):
    """The recommendations are out: an external expert commission is to be formed (order 109, p. 14)."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    opened_on: date


class PanelFormed(Event):
    """The panel exists (order 109, p. 14; IQAA, S2.a). `statute_act` approves its statute, where it has one.

    `conflicts` were found by the check and left to a person, who seated these experts for the reasons in `despite_conflicts`.
    """

    case_id: str
    members: tuple[PanelMember, ...]
    statute_act: ShortText | None = None
    formed_on: date
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None


class CompositionTold(Event):
    """The institution was told who is in the panel (IQAA, S2.c.1); again after a replacement."""

    case_id: str
    experts: tuple[str, ...]
    told_on: date


class ExpertObjected(Event):
    """The institution suspects a conflict of interest and asks in writing for another expert (IQAA, S2.c.2)."""

    case_id: str
    expert_id: str
    grounds: Annotated[Text, Personal("expert_id")]
    document: Document
    objected_on: date


class ObjectionDecided(Event):
    """The agency decided on the objection, with reasons (IQAA, S2.c.2). Upheld, it leaves the expert's seat vacant."""

    case_id: str
    expert_id: str
    upheld: bool
    reasons: Annotated[Text, Personal("expert_id")]
    decided_on: date


class ExpertDroppedOut(Event):
    """An expert of the panel cannot take part, or cannot go on, and leaves a vacant seat (IQAA, S2.a; order 109, p. 14)."""

    case_id: str
    expert_id: str
    reason: Annotated[Text, Personal("expert_id")]
    dropped_on: date


class ExpertReplaced(Event):
    """Another expert took a vacant seat (IQAA, S2.a, S2.c.2; order 109, p. 14)."""

    case_id: str
    expert_id: str
    successor: PanelMember
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None
    replaced_on: date


class VisitAnnounced(Event):
    """The institution was told the dates of the visit (order 109, p. 14; IQAA, S2.f.1). `waiver` is its consent to a shorter notice.

    `length_reason` is why the visit lasts otherwise than the rulebook says, `mode_reason` why it is not all at the institution,
    `moved_because` why earlier dates do not stand.
    """

    case_id: str
    starts_on: date
    ends_on: date
    announced_on: date
    waiver: Document | None = None
    length_reason: Text | None = None
    mode: VisitMode | None = None
    mode_reason: Text | None = None
    moved_because: Text | None = None


class MaterialsSent(Event):
    """The coordinator sent each of `experts` the materials (IQAA, S2.d). `due_on` was the last day in time; None where no term says."""

    case_id: str
    experts: tuple[str, ...]
    documents: tuple[Document, ...]
    sent_on: date
    due_on: date | None = None
    late: bool = False


class WebinarHeld(Event):
    """The panel was trained and the organisation of the audit discussed (IQAA, S2.e.1). `topics` are words of the rulebook."""

    case_id: str
    attended: tuple[str, ...]
    topics: tuple[str, ...]
    held_on: date


class BriefingHeld(Event):
    """The panel was briefed right before the trip (IQAA, S2.e.2)."""

    case_id: str
    attended: tuple[str, ...]
    held_on: date


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


class PurposeFinding(BaseModel):
    """What the panel found for one purpose of the visit, a word of the rulebook (IQAA, S2.f.2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Category
    finding: Text


class VisitReportSubmitted(Event):
    """The panel's report on the visit (order 109, p. 9.6, 17; IQAA, S2.f.2, S2.g)."""

    case_id: str
    document: Document
    findings: Text
    recommendations: tuple[Text, ...]
    submitted_on: date
    remarks: tuple[Text, ...] = ()
    good_practice: tuple[Text, ...] = ()
    purposes: tuple[PurposeFinding, ...] = ()


class Inaccuracy(BaseModel):
    """A factual inaccuracy that the institution sees in the report, and what would be right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passage: Text
    correction: Text


class Ruling(BaseModel):
    """What becomes of one correction, counted from 1 in the order of the institution's answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    accepted: bool
    reasons: Text


class ReportSentForCheck(Event):
    """The coordinator sent the institution the report, so that factual inaccuracies can be removed (IQAA, S2.h)."""

    case_id: str
    sent_on: date


class FactualCheckAnswered(Event):
    """The institution named the inaccuracies; none is an answer too (IQAA, S2.h)."""

    case_id: str
    corrections: tuple[Inaccuracy, ...]
    answered_on: date


class FactualCheckClosed(Event):
    """Every correction was accepted or not, with reasons (IQAA, S2.h).

    `report` is the corrected one; `without_answer` is why the institution's answer was not awaited.
    """

    case_id: str
    rulings: tuple[Ruling, ...] = ()
    report: Document | None = None
    without_answer: Text | None = None
    closed_on: date


EVENTS = Catalogue(
    "visits",
    {
        "expert": [ExpertRegistered],
        "visit": [
            VisitOpened,
            PanelFormed,
            CompositionTold,
            ExpertObjected,
            ObjectionDecided,
            ExpertDroppedOut,
            ExpertReplaced,
            VisitAnnounced,
            MaterialsSent,
            WebinarHeld,
            BriefingHeld,
            ReportStudied,
            VisitStarted,
            VisitCompleted,
            VisitReportSubmitted,
            ReportSentForCheck,
            FactualCheckAnswered,
            FactualCheckClosed,
        ],
    },
)


class OpenVisit(BaseModel):
    """Activity `visits.open_visit`: the case needs its commission."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef


OPEN_VISIT = "visits.open_visit"
