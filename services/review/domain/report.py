"""The self-assessment report of a case: its forms, the body's review and recommendations (order 109, p. 9.2-9.5, 13), or its versions.

Which of the two a case has is said by the stages of its rulebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.review.contract import (
    ElectronicReportReceived,
    PaperReportReceived,
    RecommendationsIssued,
    ReportReviewed,
    ReportSection,
    SelfAssessmentOpened,
    SelfAssessmentReportReceived,
)
from services.review.domain.questions import IQAA, ORDER_109, audit_needed, clause_of, media, missing_forms, needed_step, setting, step
from services.review.domain.state import Form, Report, Stage, evolve
from services.review.domain.versions import decide_version

__all__ = ["REPORT", "Form", "Report", "Stage", "awaited"]


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
    """What the report waits for; nothing once the recommendations are out, or the version accepted and the audit held."""
    match state.stage:
        case "opened" if media(rules):
            words = rules.vocabulary("report_media")
            return [Awaited(*_FORM_STEPS[form], clause_of(words[form])) for form in missing_forms(state, rules)]
        case "received":
            return [Awaited("review_report", "coordinator", clause_of(needed_step(rules, "report_review")))]
        case "reviewed":
            return [Awaited("issue_recommendations", "coordinator", clause_of(needed_step(rules, "recommendations")))]
        case None | "recommended":
            return []
    return [*_awaited_of_version(state, rules), *_awaited_of_audit(state, rules)]


def _awaited_of_version(state: Report, rules: Rulebook) -> Sequence[Awaited]:
    match state.stage:
        case "opened":
            what = ("submit_report_version", "institution_officer", "first_version")
        case "submitted" if state.rounds == 0:
            what = ("examine_report_version", "coordinator", "technical_examination")
        case "examined":
            what = ("send_examination_results", "coordinator", "examination_results")
        case "rework":
            what = ("submit_report_version", "institution_officer", "rework")
        case "finalising":
            what = (*_finalisation(rules), "final_version")
        case "submitted" | "final":
            what = ("accept_report", "coordinator", "final_version")
        case _:
            return []
    command, who, stage = what
    asked = step(rules, stage)
    return [Awaited(command, who, clause_of(asked))] if asked else []


def _finalisation(rules: Rulebook) -> tuple[str, str]:
    match setting(rules, "final_version_without_rework"):
        case "new_version_required":
            return "submit_report_version", "institution_officer"
        case "nothing_resubmitted":
            return "accept_report", "coordinator"
    return "resubmit_final_version", "institution_officer"


def _awaited_of_audit(state: Report, rules: Rulebook) -> Sequence[Awaited]:
    if state.final_on is None or state.audited_on is not None or not audit_needed(state, rules):
        return []
    return [Awaited("hold_preliminary_audit", "coordinator", clause_of(needed_step(rules, "preliminary_audit")))]


class OpenSelfAssessment(Command):
    """The contract is concluded: the institution may assess itself."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: str
    standards_version: str
    kind: str | None = None


class ReceiveElectronicReport(Command):
    """The report arrived electronically: a file, and sections beside it where the institution has them."""

    document: Document
    sections: tuple[ReportSection, ...] = ()


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
            content = command.model_dump(exclude={"at", "by"})
            electronic = ElectronicReportReceived(case_id=state.case_id, **content, received_on=on)
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
    return decide_version(command, state, rules, on)


@enforces(ORDER_109, "9.2")
@enforces(IQAA, "S1.e")
def must_be_concluded(concluded_on: date | None, rules: Rulebook) -> None:
    """The self-assessment stands after the contract in both procedures: a person opens it no earlier."""
    if concluded_on is None:
        raise Refused(
            "the contract of this case is not concluded",
            clause=clause_of(needed_step(rules, "self_assessment")),
            rulebook=rules.id,
            accepts="the contract signed by both sides, then the opening",
        )


def must_be_unopened(state: Report) -> None:
    """A person who opens what is open is told so."""
    if state.stage is not None:
        raise Conflict("the self-assessment of this case is opened already")


@enforces(ORDER_109, "9.3", "13")
def _receive(form: Form, received: ElectronicReportReceived | PaperReportReceived, state: Report, rules: Rulebook) -> Sequence[Event]:
    """A form is received once, in either order; with the second of them the report counts as submitted."""
    if form not in media(rules):
        raise Conflict(f"{rules.id} asks for no {form} form of a report: its versions are submitted")
    if form in state.forms:
        raise Conflict(f"the {form} form of the report was received already")
    if missing_forms(state, rules) != (form,):
        return [received]
    return [received, SelfAssessmentReportReceived(case_id=state.case_id, received_on=received.received_on)]


@enforces(ORDER_109, "9.4", "13")
def _must_be_whole(state: Report, rules: Rulebook) -> None:
    """A review needs the report in both forms, and happens once."""
    needed_step(rules, "report_review")
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
    asked = needed_step(rules, "recommendations")
    if state.stage == "recommended":
        raise Conflict("the recommendations on this report are issued already")
    if state.stage != "reviewed":
        raise Refused(
            "recommendations rest on the review, and the report is not reviewed yet",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts="the review of the report first",
        )
    if not command.recommendations:
        raise Refused(
            "the list of recommendations is empty",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts="at least one recommendation; if the report needs no change, one that says so",
        )


def _rules(command: Any, state: Report) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenSelfAssessment) else state.rulebook
    if ref is None:
        raise NotFound("no self-assessment is opened in this case")
    return resolve(ref)


REPORT: Decider[Report, Rulebook] = Decider("report", Report(), decide, evolve, _rules)
