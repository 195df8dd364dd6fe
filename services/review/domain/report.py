"""The self-assessment report of a case: both its forms, the body's review and recommendations (order 109, p. 9.2-9.5, 13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Cited, Rulebook, RulebookRef, enforces, local_date, resolve
from services.review.contract import (
    ElectronicReportReceived,
    PaperReportReceived,
    RecommendationsIssued,
    ReportReviewed,
    SelfAssessmentOpened,
    SelfAssessmentReportReceived,
)

ORDER_109 = "kz-109-2008-accreditation"

Stage = Literal["opened", "received", "reviewed", "recommended"]
Form = Literal["electronic", "paper"]


@dataclass(frozen=True)
class Report:
    """A report as it stands: its stage, None before the self-assessment is opened, and the forms that are in."""

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    forms: frozenset[Form] = frozenset()


def missing_forms(state: Report, rules: Rulebook) -> tuple[Form, ...]:
    """The forms that the rulebook asks for and that are not in, in its order."""
    return tuple(form for form in _FORM_STEPS if form in rules.vocabulary("report_media") and form not in state.forms)


@dataclass(frozen=True)
class Awaited:
    """The next thing that somebody (a role) has to do, with the clause that asks for it."""

    what: str
    who: str
    clause: str


_FORM_STEPS: dict[Form, tuple[str, str]] = {
    "paper": ("receive_paper_report", "coordinator"),
    "electronic": ("submit_electronic_report", "institution_officer"),
}


def awaited(state: Report, rules: Rulebook) -> Sequence[Awaited]:
    """What the report waits for; nothing once the recommendations are out."""
    match state.stage:
        case "opened":
            media = rules.vocabulary("report_media")
            return [Awaited(*_FORM_STEPS[form], clause_of(media[form])) for form in missing_forms(state, rules)]
        case "received":
            return [Awaited("review_report", "coordinator", clause_of(_procedure_stage(rules, "report_review")))]
        case "reviewed":
            return [Awaited("issue_recommendations", "coordinator", clause_of(_procedure_stage(rules, "recommendations")))]
    return []


def clause_of(cited: Cited) -> str:
    """The clause of a rulebook's value, for a refusal."""
    return cited.clause or ""


def _procedure_stage(rules: Rulebook, stage_id: str) -> Cited:
    return next(stage for stage in rules.stages if stage.id == stage_id)


class OpenSelfAssessment(Command):
    """The contract is concluded: the institution may assess itself."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: str
    standards_version: str


class ReceiveElectronicReport(Command):
    """The report arrived electronically."""

    document: Document


class ReceivePaperReport(Command):
    """The report arrived on paper, under the body's incoming number."""

    incoming_number: str


class ReviewReport(Command):
    """The body reviewed the report."""

    findings: str


class IssueRecommendations(Command):
    """The body's recommendations go to the institution."""

    recommendations: tuple[str, ...]


def decide(command: Command, state: Report, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, or Conflict for what has happened already."""
    on = local_date(command.at, rules.zone)
    if isinstance(command, OpenSelfAssessment):
        return [] if state.stage else [SelfAssessmentOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
    match command:
        case ReceiveElectronicReport():
            electronic = ElectronicReportReceived(case_id=state.case_id, document=command.document, received_on=on)
            return _receive("electronic", electronic, state, rules)
        case ReceivePaperReport():
            paper = PaperReportReceived(case_id=state.case_id, incoming_number=command.incoming_number, received_on=on)
            return _receive("paper", paper, state, rules)
        case ReviewReport():
            _must_be_whole(state, rules)
            return [ReportReviewed(case_id=state.case_id, findings=command.findings, reviewed_on=on)]
        case IssueRecommendations():
            _must_be_reviewed(command, state, rules)
            return [RecommendationsIssued(case_id=state.case_id, recommendations=command.recommendations, issued_on=on)]
    raise TypeError(f"no command of a report: {type(command).__name__}")


@enforces(ORDER_109, "9.3", "13")
def _receive(form: Form, received: ElectronicReportReceived | PaperReportReceived, state: Report, rules: Rulebook) -> Sequence[Event]:
    """A form is received once, in either order; with the second of them the report counts as submitted."""
    if form in state.forms:
        raise Conflict(f"the {form} form of the report was received already")
    if missing_forms(state, rules) != (form,):
        return [received]
    return [received, SelfAssessmentReportReceived(case_id=state.case_id, received_on=received.received_on)]


@enforces(ORDER_109, "9.4", "13")
def _must_be_whole(state: Report, rules: Rulebook) -> None:
    """A review needs the report in both forms, and happens once."""
    missing = missing_forms(state, rules)
    if missing:
        raise Refused(
            f"the report is not in on {' and '.join(missing)}: it is reviewed when every form is there",
            clause=clause_of(rules.vocabulary("report_media")[missing[0]]),
            rulebook=rules.id,
            accepts=f"the receipt of the {' and the '.join(missing)} form, then the review",
        )
    if state.stage != "received":
        raise Conflict("the report is reviewed already")


@enforces(ORDER_109, "9.5")
def _must_be_reviewed(command: IssueRecommendations, state: Report, rules: Rulebook) -> None:
    """Recommendations follow the review, say something, and go out once."""
    if state.stage == "recommended":
        raise Conflict("the recommendations on this report are issued already")
    if state.stage != "reviewed":
        raise Refused(
            "recommendations rest on the review, and the report is not reviewed yet",
            clause=clause_of(_procedure_stage(rules, "recommendations")),
            rulebook=rules.id,
            accepts="the review of the report first",
        )
    if not command.recommendations:
        raise Refused(
            "the list of recommendations is empty",
            clause=clause_of(_procedure_stage(rules, "recommendations")),
            rulebook=rules.id,
            accepts="at least one recommendation; if the report needs no change, one that says so",
        )


def evolve(state: Report, event: Any) -> Report:
    """The report after a fact."""
    match event:
        case SelfAssessmentOpened():
            return Report(event.case_id, event.institution_id, event.rulebook, "opened")
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
    return state


def _rules(command: Any, state: Report) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenSelfAssessment) else state.rulebook
    if ref is None:
        raise NotFound("no self-assessment is opened in this case")
    return resolve(ref)


REPORT: Decider[Report, Rulebook] = Decider("report", Report(), decide, evolve, _rules)
