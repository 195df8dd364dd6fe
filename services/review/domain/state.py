"""A self-assessment report as it stands, folded from its facts. No rule is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    SelfAssessmentOpened,
    SelfAssessmentReportAccepted,
    SelfAssessmentReportReceived,
    TechnicalExaminationHeld,
)

#: By forms (received, reviewed, recommended) or by versions (the rest), as the rulebook has it.
Stage = Literal[
    "opened", "received", "reviewed", "recommended", "submitted", "examined", "rework", "finalising", "final", "accepted"
]  # fmt: skip
Form = Literal["electronic", "paper"]
Place = tuple[str, str | None]


@dataclass(frozen=True)
class Report:
    """A report: its stage, None before the self-assessment is opened, the forms that are in, and its newest version.

    `number` and `rounds` count versions and examinations; `final_on` is the day since which a final version is there.
    """

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    forms: frozenset[Form] = frozenset()
    kind: str | None = None
    outline: tuple[Place, ...] = ()
    number: int = 0
    sections: frozenset[Place] = frozenset()
    annexed: bool = False
    rework_needed: bool = False
    rounds: int = 0
    final_on: date | None = None
    audited_on: date | None = None


def places(sections: Iterable[SectionRef]) -> tuple[Place, ...]:
    """The standard and criterion of each section."""
    return tuple((section.standard, section.criterion) for section in sections)


def evolve(state: Report, event: Any) -> Report:
    """The report after a fact."""
    match event:
        case SelfAssessmentOpened():
            return Report(event.case_id, event.institution_id, event.rulebook, "opened", kind=event.kind)
        case ReportOutlineSet():
            return replace(state, outline=places(event.sections))
        case ElectronicReportReceived():
            return replace(state, forms=state.forms | {"electronic"})
        case PaperReportReceived():
            return replace(state, forms=state.forms | {"paper"})
        case SelfAssessmentReportReceived():
            return replace(state, stage="received")
        case ReportReviewed():
            return replace(state, stage="reviewed")
        case RecommendationsIssued():
            return replace(state, stage="recommended")
        case PreliminaryAuditHeld():
            return replace(state, audited_on=event.held_on)
    return _evolve_version(state, event)


def _evolve_version(state: Report, event: Any) -> Report:
    match event:
        case ReportVersionSubmitted():
            return replace(
                state,
                stage="submitted",
                number=event.number,
                sections=frozenset(places(event.sections)),
                annexed=bool(event.annexes),
                final_on=event.submitted_on if event.number > 1 else None,
            )
        case TechnicalExaminationHeld():
            return replace(state, stage="examined", rounds=event.round, rework_needed=event.rework_needed, final_on=None)
        case ExaminationResultsSent():
            return replace(state, stage="rework" if event.rework_needed else "finalising")
        case FinalVersionResubmitted():
            return replace(state, stage="final", annexed=state.annexed or bool(event.annexes), final_on=event.submitted_on)
        case SelfAssessmentReportAccepted():
            return replace(state, stage="accepted", final_on=state.final_on or event.accepted_on)
    return state
