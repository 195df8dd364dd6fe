"""A report by versions: the first, its technical examination, any number of rounds, the final one, the audit (IQAA, S1.e-S1.h)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Refused
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
from services.review.domain.questions import DOCUMENT, IQAA, audit_needed, clause_of, missing_parts, needed_step, setting
from services.review.domain.state import Report, evolve

_IN_WORK = ("opened", "submitted", "examined", "rework", "finalising")
_DONE = ("final", "accepted")


class SetOutline(Command):
    """The agency names the sections that a report by its standards and criteria has."""

    sections: tuple[SectionRef, ...]


class SubmitVersion(Command):
    """The institution submits the first version, or a reworked one with its annexes."""

    sections: tuple[ReportSection, ...] = ()
    documents: tuple[Document, ...] = ()
    annexes: tuple[Document, ...] = ()


class ExamineVersion(Command):
    """The agency examined the newest version, section by section."""

    summary: str
    findings: tuple[SectionFinding, ...] = ()
    rework_needed: bool


class SendResults(Command):
    """The results of the examination go to the institution."""


class ResubmitVersion(Command):
    """No rework was needed: the examined version becomes the final one, with its annexes."""

    annexes: tuple[Document, ...] = ()


class AcceptReport(Command):
    """The agency takes the newest version as the final one."""


class HoldPreliminaryAudit(Command):
    """The preliminary audit was held on a day, with a result."""

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
            return _send_results(state, rules, on)
        case ResubmitVersion():
            return _resubmit(command, state, rules, on)
        case AcceptReport():
            return _accept(state, rules, on)
        case HoldPreliminaryAudit():
            return _hold_audit(command, state, rules, on)
    raise TypeError(f"no command of a report: {type(command).__name__}")


@enforces(IQAA, "S1.e")
def _set_outline(command: SetOutline, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """The standards and criteria are the agency's own; which sections they ask for is its word, until a final version is in."""
    if state.stage not in _IN_WORK or (state.stage == "submitted" and state.number > 1):
        raise Conflict("the version to be accepted is in: its outline stays as it was written by")
    if not command.sections:
        raise Refused(
            "the outline names no section",
            clause=clause_of(needed_step(rules, "self_assessment")),
            rulebook=rules.id,
            accepts="at least one standard, with its criteria where it has some",
        )
    return [ReportOutlineSet(case_id=state.case_id, sections=command.sections, set_on=on)]


def _submit(command: SubmitVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """A first version, and after it one for each examination that was answered; a version never replaces another."""
    needed_step(rules, "first_version")
    if state.stage in _DONE:
        raise Conflict(f"version {state.number} is the final one: there is nothing to rework")
    if state.stage in ("submitted", "examined"):
        raise Refused(
            f"version {state.number} is with the agency: what it found is not sent yet",
            clause=clause_of(needed_step(rules, "examination_results")),
            rulebook=rules.id,
            accepts=f"the results of the examination of version {state.number}, then version {state.number + 1}",
        )
    _must_follow_the_standards(command, rules)
    content = command.model_dump(exclude={"at", "by"})
    submitted = ReportVersionSubmitted(case_id=state.case_id, number=state.number + 1, **content, submitted_on=on)
    if state.number:
        _must_be_whole(evolve(state, submitted), rules)
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


@enforces(IQAA, "S1.e", "S1.g")
def _must_be_whole(state: Report, rules: Rulebook) -> None:
    """A first version may have gaps, which the examination finds; a later one has every part, its annexes among them."""
    missing = missing_parts(state, rules)
    if missing:
        words = "; ".join(part for part, _ in missing)
        raise Refused(
            f"the version lacks: {words}",
            clause=missing[0][1],
            rulebook=rules.id,
            accepts=f"a version with: {words}",
            missing=[part for part, _ in missing],
        )


@enforces(IQAA, "S1.f.1", "S1.f.2")
def _examine(command: ExamineVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """Every version may be examined, in as many rounds as the rulebook allows; a need for rework says where."""
    examination = needed_step(rules, "technical_examination")
    if state.stage == "opened":
        raise Refused(
            "there is no version of the report to examine",
            clause=clause_of(examination),
            rulebook=rules.id,
            accepts="the first version of the report, then its examination",
        )
    if state.stage != "submitted":
        raise Conflict(f"version {state.number} is examined already")
    limit = setting(rules, "examination_rounds")
    if isinstance(limit, int) and state.rounds >= limit:
        raise Refused(
            f"a report is examined {limit} times at most",
            clause=clause_of(rules.settings["examination_rounds"]),
            rulebook=rules.id,
            accepts=f"the acceptance of version {state.number}",
        )
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


@enforces(IQAA, "S1.f.2")
def _send_results(state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """The results of each examination are sent, once, after it."""
    results = needed_step(rules, "examination_results")
    if state.stage in ("opened", "submitted"):
        raise Refused(
            "there are no results to send: the newest version is not examined",
            clause=clause_of(results),
            rulebook=rules.id,
            accepts="the technical examination first",
        )
    if state.stage != "examined":
        raise Conflict(f"the results on version {state.number} are sent already")
    return [ExaminationResultsSent(case_id=state.case_id, number=state.number, rework_needed=state.rework_needed, sent_on=on)]


@enforces(IQAA, "S1.g")
def _resubmit(command: ResubmitVersion, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """Where no rework was needed the examined version may be submitted as final, unless the rulebook wants a new one."""
    final = needed_step(rules, "final_version")
    if state.stage in _DONE:
        raise Conflict(f"version {state.number} is the final one already")
    if state.stage != "finalising":
        raise Refused(
            "no examination has found that the report needs no rework",
            clause=clause_of(final),
            rulebook=rules.id,
            accepts="a reworked version with its annexes" if state.stage == "rework" else "the results of the examination first",
        )
    if setting(rules, "final_version_without_rework") == "new_version_required":
        raise Refused(
            "the final version is a new one, even where no rework was needed",
            clause=clause_of(rules.settings["final_version_without_rework"]),
            rulebook=rules.id,
            accepts=f"version {state.number + 1} with its annexes",
        )
    final_version = FinalVersionResubmitted(case_id=state.case_id, number=state.number, annexes=command.annexes, submitted_on=on)
    _must_be_whole(evolve(state, final_version), rules)
    return [final_version]


@enforces(IQAA, "S1.e", "S1.f.1", "S1.g")
def _accept(state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """A final version is accepted that was examined before, has every part and every section, and waits for nothing."""
    final = needed_step(rules, "final_version")
    if state.stage == "accepted":
        raise Conflict("the report is accepted already")
    if not _is_final(state, rules):
        raise Refused(
            "no final version is in",
            clause=clause_of(needed_step(rules, "technical_examination") if state.rounds == 0 else final),
            rulebook=rules.id,
            accepts=_what_is_left(state),
        )
    _must_be_whole(state, rules)
    return [SelfAssessmentReportAccepted(case_id=state.case_id, number=state.number, accepted_on=on)]


def _is_final(state: Report, rules: Rulebook) -> bool:
    if state.stage == "finalising":
        return setting(rules, "final_version_without_rework") == "nothing_resubmitted"
    return state.stage == "final" or (state.stage == "submitted" and state.rounds > 0)


def _what_is_left(state: Report) -> str:
    """What the institution or the agency still has to do before a version can be final."""
    steps = {
        "opened": "the first version of the report",
        "submitted": "the technical examination of the first version",
        "examined": "the results of the examination, sent to the institution",
        "rework": "the reworked version with its annexes",
    }
    return f"{steps.get(state.stage or '', 'the final version, submitted with its annexes')}; then the acceptance"


@enforces(IQAA, "S1.h")
def _hold_audit(command: HoldPreliminaryAudit, state: Report, rules: Rulebook, on: date) -> Sequence[Event]:
    """Held once, in the kinds of case that have one, after the final version unless the rulebook lets it come before."""
    audit = needed_step(rules, "preliminary_audit")
    if audit_needed(state, rules) is False:
        raise Refused(
            f"a case of the kind {state.kind} has no preliminary audit",
            clause=clause_of(audit),
            rulebook=rules.id,
            accepts=f"a preliminary audit {audit.when.en}" if audit.when else None,
        )
    if state.audited_on is not None:
        raise Conflict(f"the preliminary audit was held on {state.audited_on} already")
    after_final = setting(rules, "preliminary_audit_when") == "after_final_version"
    if after_final and (state.final_on is None or command.held_on < state.final_on):
        since = f"{state.final_on} or a later day" if state.final_on else "a day after the final version has come in"
        raise Refused(
            "the preliminary audit comes after the final version of the report",
            clause=clause_of(rules.settings["preliminary_audit_when"]),
            rulebook=rules.id,
            accepts=since,
        )
    if command.held_on > on:
        raise Refused(
            "the day of the audit has not come: it is recorded when it was held",
            clause=clause_of(audit),
            rulebook=rules.id,
            accepts=f"a day up to {on}",
        )
    content = command.model_dump(exclude={"at", "by"})
    return [PreliminaryAuditHeld(case_id=state.case_id, **content, recorded_on=on)]
