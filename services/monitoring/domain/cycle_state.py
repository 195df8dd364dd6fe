"""A monitoring cycle as its facts have made it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from chassis.documents import Document
from chassis.problems import NotFound
from services.monitoring.contract import (
    AcceptanceTold,
    AdditionalInformationProvided,
    AdditionalInformationRequested,
    CouncilFileSent,
    CycleClosed,
    CycleOpened,
    DecisionReferred,
    EngagedExpert,
    ExpertsEngaged,
    InterimReportRejected,
    InterimReportSubmitted,
    MeasuresAnalysed,
    OutcomeRuled,
    ReportChangesRequested,
    ReportStudied,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)

Standing = Literal["", "awaited", "submitted", "returned", "studied"]


@dataclass(frozen=True)
class Cycle:
    """A cycle as it stands. `standing` is that of its report; `due_on` the day that a person set for a new one."""

    opened: CycleOpened | None = None
    standing: Standing = ""
    reports: tuple[InterimReportSubmitted, ...] = ()
    due_on: date | None = None
    requests: tuple[AdditionalInformationRequested, ...] = ()
    provided: tuple[AdditionalInformationProvided, ...] = ()
    engaged: tuple[EngagedExpert, ...] = ()
    analysed: MeasuresAnalysed | None = None
    visit: VisitDecided | None = None
    told: VisitDecisionTold | None = None
    assessed: ResultAssessed | None = None
    accepted: AcceptanceTold | None = None
    ruled: OutcomeRuled | None = None
    file: CouncilFileSent | None = None
    referred: tuple[DecisionReferred, ...] = ()
    closed: CycleClosed | None = None

    @property
    def institution_id(self) -> str:
        """Whose cycle it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def terms(self) -> CycleOpened:
        """The fact that opened it; NotFound if none did."""
        if self.opened is None:
            raise NotFound("there is no such cycle")
        return self.opened

    @property
    def report(self) -> InterimReportSubmitted | None:
        """The last report."""
        return self.reports[-1] if self.reports else None

    @property
    def round(self) -> int:
        """Of the last report; 0 where none came."""
        return len(self.reports)

    @property
    def unanswered(self) -> tuple[AdditionalInformationRequested, ...]:
        """What the institution was asked for and has not given."""
        answered = {each.request for each in self.provided}
        return tuple(each for each in self.requests if each.request not in answered)

    @property
    def concluded(self) -> bool:
        """Whether the agency is done with its own part: the result is assessed, or the file is with the council."""
        return self.assessed is not None or self.file is not None

    @property
    def stage(self) -> str:
        """What the cycle stands at, in one word."""
        if self.closed:
            return "closed"
        if self.file:
            return "before_council"
        if self.assessed:
            if self.accepted:
                return "accepted"
            return "assessed" if self.assessed.positive else "ruled" if self.ruled else "not_positive"
        if self.standing == "studied" and self.visit:
            return "visit" if self.visit.holds else "no_visit"
        return {"awaited": "report_due", "submitted": "under_study", "returned": "returned", "studied": "studied"}.get(self.standing, "")

    def documents(self) -> tuple[Document, ...]:
        """What the cycle holds for the council besides the report: attachments of the last one, what was given later."""
        attached = [each.document for each in (self.report.attachments if self.report else ()) if each.document]
        given = [document for each in self.provided for document in each.documents]
        analysis = [self.analysed.document] if self.analysed and self.analysed.document else []
        return (*attached, *given, *analysis)


def evolve(state: Cycle, event: Any) -> Cycle:
    """The state after a fact."""
    match event:
        case CycleOpened():
            return Cycle(opened=event, standing="awaited")
        case InterimReportSubmitted():
            return replace(state, standing="submitted", reports=(*state.reports, event))
        case InterimReportRejected() | ReportChangesRequested():
            return replace(state, standing="returned", due_on=event.due_on)
        case ReportStudied():
            return replace(state, standing="studied")
        case AdditionalInformationRequested():
            return replace(state, requests=(*state.requests, event))
        case AdditionalInformationProvided():
            return replace(state, provided=(*state.provided, event))
        case ExpertsEngaged():
            return replace(state, engaged=(*state.engaged, *event.experts))
        case MeasuresAnalysed():
            return replace(state, analysed=event)
        case VisitDecided():
            return replace(state, visit=event)
        case VisitDecisionTold():
            return replace(state, told=event)
        case ResultAssessed():
            return replace(state, assessed=event)
        case AcceptanceTold():
            return replace(state, accepted=event)
        case OutcomeRuled():
            return replace(state, ruled=event)
        case CouncilFileSent():
            return replace(state, file=event)
        case DecisionReferred():
            return replace(state, referred=(*state.referred, event))
        case CycleClosed():
            return replace(state, closed=event)
    return state
