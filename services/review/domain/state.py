"""A self-assessment report as it stands, folded from its facts. No rule is decided here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.review.contract import (
    ElectronicReportReceived,
    ExaminationResultsSent,
    FinalVersionResubmitted,
    PaperReportReceived,
    PreliminaryAuditHeld,
    RecommendationsIssued,
    ReportOutlineSet,
    ReportReviewed,
    ReportVersionSubmitted,
    SectionRef,
    SelfAssessmentClosed,
    SelfAssessmentOpened,
    SelfAssessmentReportAccepted,
    SelfAssessmentReportReceived,
    SelfAssessmentResumed,
    SelfAssessmentSuspended,
    TechnicalExaminationHeld,
)

#: By forms (received, reviewed, recommended) or by versions (the rest), as the rulebook has it.
Stage = Literal[
    "opened", "received", "reviewed", "recommended", "submitted", "examined", "rework", "finalising", "final", "accepted"
]  # fmt: skip
Form = Literal["electronic", "paper"]
Place = tuple[str, str | None]
Standing = Literal["open", "suspended", "closed"]


@dataclass(frozen=True)
class Report:
    """A report: its stage, None before the self-assessment is opened, the forms that are in, and its newest version.

    `number` and `rounds` count versions and examinations; `final_on` is the day since which a final version is there. `course` has the
    days of the steps in their order, from the opening. What is not `open` stands still, for a reason and since a day.
    """

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    forms: Mapping[Form, date] = field(default_factory=dict)
    course: tuple[date, ...] = ()
    kind: str | None = None
    outline: tuple[Place, ...] = ()
    number: int = 0
    sections: frozenset[Place] = frozenset()
    annexed: bool = False
    rework_needed: bool = False
    rounds: int = 0
    final_on: date | None = None
    audited_on: date | None = None
    standing: Standing = "open"
    standing_reason: str | None = None
    standing_since: date | None = None


def places(sections: Iterable[SectionRef]) -> tuple[Place, ...]:
    """The standard and criterion of each section."""
    return tuple((section.standard, section.criterion) for section in sections)


def _after(state: Report, day: date, **changes: Any) -> Report:
    return replace(state, course=(*state.course, day), **changes)


def evolve(state: Report, event: Any) -> Report:
    """The report after a fact."""
    match event:
        case SelfAssessmentOpened():
            opened = Report(event.case_id, event.institution_id, event.rulebook, "opened", kind=event.kind)
            return _after(opened, event.opened_on)
        case ReportOutlineSet():
            return replace(state, outline=places(event.sections))
        case ElectronicReportReceived():
            return replace(state, forms={**state.forms, "electronic": event.received_on})
        case PaperReportReceived():
            return replace(state, forms={**state.forms, "paper": event.received_on})
        case SelfAssessmentReportReceived():
            return _after(state, event.received_on, stage="received")
        case ReportReviewed():
            return _after(state, event.reviewed_on, stage="reviewed")
        case RecommendationsIssued():
            return _after(state, event.issued_on, stage="recommended")
        case PreliminaryAuditHeld():
            return replace(state, audited_on=event.held_on)
        case SelfAssessmentSuspended():
            return replace(state, standing="suspended", standing_reason=event.reason, standing_since=event.suspended_on)
        case SelfAssessmentResumed():
            return replace(state, standing="open", standing_reason=None, standing_since=None)
        case SelfAssessmentClosed():
            return replace(state, standing="closed", standing_reason=event.reason, standing_since=event.closed_on)
    return _evolve_version(state, event)


def _evolve_version(state: Report, event: Any) -> Report:
    match event:
        case ReportVersionSubmitted():
            return _after(
                state,
                event.submitted_on,
                stage="submitted",
                number=event.number,
                sections=frozenset(places(event.sections)),
                annexed=bool(event.annexes),
                final_on=event.submitted_on if event.number > 1 else None,
            )
        case TechnicalExaminationHeld():
            told = {"rounds": event.round, "rework_needed": event.rework_needed, "final_on": None}
            return _after(state, event.examined_on, stage="examined", **told)
        case ExaminationResultsSent():
            return _after(state, event.sent_on, stage="rework" if event.rework_needed else "finalising")
        case FinalVersionResubmitted():
            annexed = state.annexed or bool(event.annexes)
            return _after(state, event.submitted_on, stage="final", annexed=annexed, final_on=event.submitted_on)
        case SelfAssessmentReportAccepted():
            return _after(state, event.accepted_on, stage="accepted", final_on=state.final_on or event.accepted_on)
    return state
