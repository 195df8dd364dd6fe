"""The self-assessment report of a case: its forms, the body's review and recommendations (order 109, p. 9.2-9.5, 13), or its versions.

Which of the two a case has is said by the stages of its rulebook.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
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
from services.review.domain import guards
from services.review.domain.questions import (
    IQAA,
    ORDER_109,
    audit_needed,
    clause_of,
    media,
    missing_forms,
    missing_parts,
    needed_step,
)
from services.review.domain.standing import Close, Resume, Suspend, decide_standing
from services.review.domain.state import Form, Report, Stage, Standing, evolve
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
    decide_version,
)

__all__ = ["REPORT", "Form", "Report", "Stage", "Standing", "awaited"]


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
    """What the report waits for; nothing once the recommendations are out, or the version accepted and the audit held.

    A suspended or closed one waits for nobody.
    """
    if state.standing != "open":
        return []
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
            what = (*_finalisation(state, rules), "final_version")
        case "submitted" | "final":
            what = ("accept_report", "coordinator", "final_version")
        case _:
            return []
    command, who, stage = what
    asked = rules.stage(stage)
    return [Awaited(command, who, clause_of(asked))] if asked else []


def _finalisation(state: Report, rules: Rulebook) -> tuple[str, str]:
    """How an examined version becomes the final one; one that lacks more than its annexes needs a new version."""
    match rules.setting_if_any("final_version_without_rework"):
        case "new_version_required":
            whole = False
        case "nothing_resubmitted" if not missing_parts(state, rules):
            return "accept_report", "coordinator"
        case "nothing_resubmitted":
            whole = False
        case _:
            whole = not missing_parts(replace(state, annexed=True), rules)
    return ("resubmit_final_version" if whole else "submit_report_version"), "institution_officer"


def _awaited_of_audit(state: Report, rules: Rulebook) -> Sequence[Awaited]:
    if state.final_on is None or state.audited_on is not None or not audit_needed(state, rules):
        return []
    return [Awaited("hold_preliminary_audit", "coordinator", clause_of(needed_step(rules, "preliminary_audit")))]


class OpenSelfAssessment(Command):
    """The contract is concluded: the institution may assess itself."""

    records = (SelfAssessmentOpened,)

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: str
    standards_version: str
    kind: str | None = None


class ReceiveElectronicReport(Command):
    """The report arrived electronically: a file, and sections beside it where the institution has them."""

    records = (ElectronicReportReceived, SelfAssessmentReportReceived)

    document: Document
    sections: tuple[ReportSection, ...] = ()


class ReceivePaperReport(Command):
    """The report arrived on paper, under the body's incoming number."""

    records = (PaperReportReceived, SelfAssessmentReportReceived)

    incoming_number: str


class ReviewReport(Command):
    """The body reviewed the report."""

    records = (ReportReviewed,)

    findings: str


class IssueRecommendations(Command):
    """The body's recommendations go to the institution."""

    records = (RecommendationsIssued,)

    recommendations: tuple[str, ...]


def decide(command: Command, state: Report, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, or Conflict for what has happened already."""
    on = local_date(command.at, rules.zone)
    if isinstance(command, OpenSelfAssessment):
        return [] if state.stage else [SelfAssessmentOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
    if isinstance(command, Suspend | Resume | Close):
        return decide_standing(command, state, on)
    match command:
        case ReceiveElectronicReport():
            content = command.model_dump(exclude={"at", "by"})
            electronic = ElectronicReportReceived(case_id=state.case_id, **content, received_on=on)
            return _receive("electronic", electronic, state, rules)
        case ReceivePaperReport():
            paper = PaperReportReceived(case_id=state.case_id, incoming_number=command.incoming_number, received_on=on)
            return _receive("paper", paper, state, rules)
        case ReviewReport():
            return [ReportReviewed(case_id=state.case_id, findings=command.findings, reviewed_on=on)]
        case IssueRecommendations():
            _must_recommend(command, rules)
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
    """In either order; with the second of the forms the report counts as submitted."""
    if missing_forms(state, rules) != (form,):
        return [received]
    return [received, SelfAssessmentReportReceived(case_id=state.case_id, received_on=received.received_on)]


@enforces(ORDER_109, "9.5")
def _must_recommend(command: IssueRecommendations, rules: Rulebook) -> None:
    """Recommendations say something."""
    if not command.recommendations:
        raise Refused(
            "the list of recommendations is empty",
            clause=clause_of(needed_step(rules, "recommendations")),
            rulebook=rules.id,
            accepts="at least one recommendation; if the report needs no change, one that says so",
        )


def _rules(command: Any, state: Report) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenSelfAssessment) else state.rulebook
    if ref is None:
        raise NotFound("no self-assessment is opened in this case")
    return resolve(ref)


GUARDS: Mapping[type[Command], Guard] = {
    OpenSelfAssessment: always,
    Suspend: always,
    Resume: always,
    Close: always,
    ReceiveElectronicReport: guards.form("electronic"),
    ReceivePaperReport: guards.form("paper"),
    ReviewReport: guards.review,
    IssueRecommendations: guards.recommendations,
    SetOutline: guards.outline,
    SubmitVersion: guards.version,
    ExamineVersion: guards.examination,
    SendResults: guards.results,
    ResubmitVersion: guards.final_version,
    AcceptReport: guards.acceptance,
    HoldPreliminaryAudit: guards.audit,
}

REPORT: Decider[Report, Rulebook] = Decider("report", Report(), decide, evolve, _rules, GUARDS)
