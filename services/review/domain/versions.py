"""A report by versions: the first, its technical examination, any number of rounds, the final one, the audit (IQAA, S1.e-S1.h).

What the state alone says against each step is in `guards`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.review.contract import (
    ExaminationResultsSent,
    FinalVersionResubmitted,
    PreliminaryAuditHeld,
    ReportOutlineSet,
    ReportSection,
    ReportVersionSubmitted,
    SectionFinding,
    SectionRef,
    SelfAssessmentReportAccepted,
    TechnicalExaminationHeld,
)
from services.review.domain.guards import must_be_whole, must_follow_final
from services.review.domain.questions import DOCUMENT, IQAA, audit_needed, clause_of, needed_step
from services.review.domain.state import Report, evolve


class SetOutline(Command):
    """The agency names the sections that a report by its standards and criteria has."""

    records = (ReportOutlineSet,)

    sections: tuple[SectionRef, ...]


class SubmitVersion(Command):
    """The institution submits the first version, or a reworked one with its annexes."""

    records = (ReportVersionSubmitted,)

    sections: tuple[ReportSection, ...] = ()
    documents: tuple[Document, ...] = ()
    annexes: tuple[Document, ...] = ()


class ExamineVersion(Command):
    """The agency examined the newest version, section by section."""

    records = (TechnicalExaminationHeld,)

    summary: str
    findings: tuple[SectionFinding, ...] = ()
    rework_needed: bool


class SendResults(Command):
    """The results of the examination go to the institution."""

    records = (ExaminationResultsSent,)


class ResubmitVersion(Command):
    """No rework was needed: the examined version becomes the final one, with its annexes."""

    records = (FinalVersionResubmitted,)

    annexes: tuple[Document, ...] = ()


class AcceptReport(Command):
    """The agency takes the newest version as the final one."""

    records = (SelfAssessmentReportAccepted,)


class HoldPreliminaryAudit(Command):
    """The preliminary audit was held on a day, with a result."""

    records = (PreliminaryAuditHeld,)

    held_on: date
    note: str
    document: Document | None = None


def decide_version(command: Any, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Conflict for what has happened already or has no place in the procedure."""
    match command:
        case SetOutline():
            return _set_outline(command, state, rules, on)
        case SubmitVersion():
            return _submit(command, state, rules, on)
        case ExamineVersion():
            return _examine(command, state, rules, on)
        case SendResults():
            return [ExaminationResultsSent(case_id=state.case_id, number=state.number, rework_needed=state.rework_needed, sent_on=on)]
        case ResubmitVersion():
            return _resubmit(command, state, rules, on)
        case AcceptReport():
            needed = audit_needed(state, rules)
            return [SelfAssessmentReportAccepted(case_id=state.case_id, number=state.number, accepted_on=on, audit_needed=needed)]
        case HoldPreliminaryAudit():
            return _hold_audit(command, state, rules, on)
    raise TypeError(f"no command of a report: {type(command).__name__}")


@enforces(IQAA, "S1.e")
def _set_outline(command: SetOutline, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """The standards and criteria are the agency's own; which sections they ask for is its word."""
    if not command.sections:
        raise Refused(
            "the outline names no section",
            clause=clause_of(needed_step(rules, "self_assessment")),
            rulebook=rules.id,
            accepts="at least one standard, with its criteria where it has some",
        )
    return [ReportOutlineSet(case_id=state.case_id, sections=command.sections, set_on=on)]


def _submit(command: SubmitVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """A version never replaces another."""
    _must_follow_the_standards(command, rules)
    content = command.model_dump(exclude={"at", "by"})
    submitted = ReportVersionSubmitted(case_id=state.case_id, number=state.number + 1, **content, submitted_on=on)
    if state.number:
        must_be_whole(evolve(state, submitted), rules)
    return [submitted]


@enforces(IQAA, "S1.e", "S1.f.1")
def _must_follow_the_standards(command: SubmitVersion, rules: Rulebook) -> None:
    """A report speaks by standard and criterion where the rulebook wants it in line with them; files stand beside."""
    wanted = rules.contents.get(DOCUMENT, {}).get("standards_and_criteria")
    if wanted is not None and not command.sections:
        raise Refused(
            "the report has no section: files alone do not show which standard they answer",
            clause=clause_of(wanted),
            rulebook=rules.id,
            accepts="a section for each standard or criterion, with its text",
        )
    if not command.sections and not command.documents:
        raise Refused(
            "the version is empty",
            clause=clause_of(needed_step(rules, "first_version")),
            rulebook=rules.id,
            accepts="sections of text, a file, or both",
        )


@enforces(IQAA, "S1.f.1", "S1.f.2")
def _examine(command: ExamineVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """A need for rework says where."""
    if command.rework_needed and not command.findings:
        raise Refused(
            "rework is needed, and no finding says where",
            clause=clause_of(needed_step(rules, "examination_results")),
            rulebook=rules.id,
            accepts="at least one finding with the standard that it is about",
        )
    content = command.model_dump(exclude={"at", "by"})
    held = TechnicalExaminationHeld(case_id=state.case_id, number=state.number, round=state.rounds + 1, **content, examined_on=on)
    return [held]


def _resubmit(command: ResubmitVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """The examined version with its annexes has every part."""
    final_version = FinalVersionResubmitted(case_id=state.case_id, number=state.number, annexes=command.annexes, submitted_on=on)
    must_be_whole(evolve(state, final_version), rules)
    return [final_version]


@enforces(IQAA, "S1.h")
def _hold_audit(command: HoldPreliminaryAudit, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """On a day that has come, after the final version unless the rulebook lets it come before."""
    must_follow_final(command.held_on, state, rules)
    if command.held_on > on:
        raise Refused(
            "the day of the audit has not come: it is recorded when it was held",
            clause=clause_of(needed_step(rules, "preliminary_audit")),
            rulebook=rules.id,
            accepts=f"a day up to {on}",
        )
    content = command.model_dump(exclude={"at", "by"})
    return [PreliminaryAuditHeld(case_id=state.case_id, **content, recorded_on=on)]
