"""The institution's report: what it lacks, whether it is late, its rejection, the changes it needs, its study.

An incomplete or late report is recorded; only a person says what follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from chassis.documents import Document
from chassis.problems import Conflict, Invalid
from regulations import Rulebook, enforces
from services.monitoring.contract import (
    Attachment,
    InterimReportRejected,
    InterimReportSubmitted,
    ReportChangesRequested,
    ReportedMeasure,
    ReportStudied,
)
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.cycle_state import Cycle


@dataclass(frozen=True)
class Report:
    """A report as it is handed in."""

    document: Document
    sections: tuple[str, ...]
    table: tuple[ReportedMeasure, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    medium: str | None = None


@dataclass(frozen=True)
class Known:
    """What is known of the follow-up by now. `measures` are the plan's, each with its last day; a day that is None is as at the opening.

    `due`: whether a report is asked for still; a person may have classified the accreditation anew.
    """

    measures: tuple[tuple[str, date], ...] = ()
    nonconformity: bool = False
    expected_on: date | None = None
    valid_until: date | None = None
    due: bool = True


@dataclass(frozen=True)
class Rejection:
    """Why a report is rejected, and until when a new one is to come."""

    grounds: tuple[str, ...]
    unmet: tuple[str, ...]
    reasons: str
    due_on: date
    due_reason: str


@dataclass(frozen=True)
class Study:
    """What the agency found when it studied the report."""

    findings: str
    qualities: dict[str, bool] = field(default_factory=dict)
    reading_departure: str | None = None


@enforces(AAKR, "II.4.e", "III.d")
@enforces(SAPATTUU, "2.5.p3")
def submit(rules: Rulebook, state: Cycle, given: Report, known: Known, on: date) -> InterimReportSubmitted:
    """The report as it is, with what it lacks and how late it is."""
    opened = state.terms
    of.check_kind(rules, given.document, [of.report_kind(rules)])
    _check_shape(rules, given, known)
    unproved, unreported = check_table(opened.period_until, given.table, known.measures)
    missing = missing_sections(rules, given, known, unreported)
    due_on = last_day(rules, state, known)
    return InterimReportSubmitted(
        cycle_id=opened.cycle_id,
        followup_id=opened.followup_id,
        institution_id=opened.institution_id,
        round=state.round + 1,
        document=given.document,
        sections=given.sections,
        table=given.table,
        attachments=given.attachments,
        medium=given.medium,
        missing=missing,
        unproved=unproved,
        unreported=unreported,
        unmet=_unmet(rules, given, missing, unproved, unreported),
        complete=not (missing or unproved or unreported),
        due_on=due_on,
        late_days=max(0, (on - due_on).days) if due_on else 0,
        submitted_on=on,
    )


def last_day(rules: Rulebook, state: Cycle, known: Known) -> date | None:
    """The last day for the report: a person's, once it was sent back, else the rulebook's by what is known today."""
    opened = state.terms
    return state.due_on or of.report_due(rules, known.valid_until or opened.valid_until, known.expected_on or opened.expected_on)


def _check_shape(rules: Rulebook, given: Report, known: Known) -> None:
    """Words of the rulebook, measures of the plan where it is known, each once."""
    contents = rules.contents.get(of.report_kind(rules), {})
    foreign = sorted(set(given.sections) - set(contents))
    if foreign:
        raise _invalid("#/sections", f"no such sections: {', '.join(foreign)}", f"sections of: {', '.join(contents)}")
    if given.medium is not None:
        of.check_words(rules, of.MEDIA, [given.medium], "#/medium")
    rows = [row.measure_id for row in given.table]
    twice = sorted({row for row in rows if rows.count(row) > 1})
    if twice:
        raise _invalid("#/table", f"reported twice: {', '.join(twice)}", "one row for each measure")
    planned = [measure for measure, _ in known.measures]
    strange = [row for row in rows if planned and row not in planned]
    if strange:
        raise _invalid("#/table", f"not in the plan: {', '.join(strange)}", f"measures of the plan: {', '.join(planned)}")
    for index, each in enumerate(given.attachments):
        _check_attachment(rules, each, f"#/attachments/{index}")


@enforces(AAKR, "II.2")
def _check_attachment(rules: Rulebook, given: Attachment, at: str) -> None:
    """A document is attached, or is marked as one that has not changed."""
    if given.state is not None:
        of.check_words(rules, of.STATES, [given.state], f"{at}/state")
    marked = given.state == of.UNCHANGED
    if (given.document is None) is not marked:
        raise _invalid(at, f"{given.name!r} is neither attached nor marked unchanged", "a document, or a mark that it has not changed")


@enforces(AAKR, "III.f")
@enforces(SAPATTUU, "2.5.p2.s1")
def check_table(
    period_until: date, table: Sequence[ReportedMeasure], measures: Sequence[tuple[str, date]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Measures without proof, and measures of the plan without a row. What falls due after the period needs no proof yet."""
    later = {measure for measure, due_on in measures if due_on > period_until}
    rows = [row.measure_id for row in table]
    unproved = tuple(row.measure_id for row in table if not row.evidence and row.measure_id not in later)
    return unproved, tuple(measure for measure, _ in measures if measure not in rows)


@enforces(AAKR, "II.2", "II.3", "III.e")
@enforces(SAPATTUU, "2.5.p2.s1", "2.5.p2.s2", "2.5.p2.s3")
def missing_sections(rules: Rulebook, given: Report, known: Known, unreported: Sequence[str] = ()) -> tuple[str, ...]:
    """The contents that the rulebook asks for and the report does not hold, in the rulebook's order."""
    supported = any(each.document for each in given.attachments) or any(row.evidence for row in given.table)
    supported = supported or bool(set(given.sections).intersection(of.SUPPORT))
    lacking = []
    for name, section in rules.contents.get(of.report_kind(rules), {}).items():
        if name in of.SUPPORT:
            held = supported
        elif name == of.OF_NONCONFORMITY:
            held = not known.nonconformity or name in given.sections
        else:
            held = section.when is not None or name in given.sections
        if not held:
            lacking.append(name)
    return tuple(lacking)


@enforces(AAKR, "III.h")
def _unmet(rules: Rulebook, given: Report, missing: Sequence[str], unproved: Sequence[str], unreported: Sequence[str]) -> tuple[str, ...]:
    """The clauses that it does not meet, as far as no judgement is needed."""
    contents = rules.contents.get(of.report_kind(rules), {})
    lacking = list(missing) + [of.PROOFS] * bool(unproved) + [of.OF_TABLE] * bool(unreported)
    clauses = [contents[name].clause for name in lacking if name in contents]
    if not of.medium_stands(rules, given.medium):
        clauses.append(of.medium_clause(rules))
    return tuple(dict.fromkeys(clause for clause in clauses if clause))


@enforces(AAKR, "III.i")
def reject(rules: Rulebook, state: Cycle, given: Rejection, today: date) -> InterimReportRejected:
    """Rejected for content or layout, by the requirements that are not met. That it is late is no ground."""
    clause = of.need_stage(rules, of.REJECTION)
    opened, report = state.terms, _under_study(state)
    of.check_words(rules, of.REASONS, given.grounds, "#/grounds")
    if not given.grounds:
        refuse = f"one or more of: {', '.join(of.words(rules, of.REASONS))}"
        of.refuse(rules, clause, "a rejection has a ground in content or layout", refuse)
    allowed = of.requirements(rules, given.grounds)
    foreign = [each for each in given.unmet if each not in allowed]
    if foreign or not given.unmet:
        of.refuse(
            rules, clause, f"no requirement of these grounds: {', '.join(foreign) or 'none is named'}", f"one of: {', '.join(allowed)}"
        )
    if set(given.unmet) == {of.medium_clause(rules)} and of.medium_stands(rules, report.medium):
        late = "it is late, which is flagged and is no ground" if report.late_days else "it came in time on a medium that stands"
        of.refuse(rules, clause, f"of that requirement nothing but the time is left: {late}", "a requirement on content or layout")
    _day_ahead(given.due_on, today)
    return InterimReportRejected(
        cycle_id=opened.cycle_id,
        followup_id=opened.followup_id,
        institution_id=opened.institution_id,
        round=report.round,
        grounds=tuple(dict.fromkeys(given.grounds)),
        unmet=tuple(dict.fromkeys(given.unmet)),
        reasons=given.reasons,
        due_on=given.due_on,
        due_reason=given.due_reason,
        rejected_on=today,
    )


@enforces(SAPATTUU, "2.7")
def request_changes(rules: Rulebook, state: Cycle, changes: str, due_on: date, today: date) -> ReportChangesRequested:
    """The report is to come again with changes or additions, by a day that a person sets."""
    of.need_stage(rules, of.REVISION)
    opened, report = state.terms, _under_study(state)
    _day_ahead(due_on, today)
    return ReportChangesRequested(
        cycle_id=opened.cycle_id,
        followup_id=opened.followup_id,
        institution_id=opened.institution_id,
        round=report.round,
        changes=changes,
        due_on=due_on,
        requested_on=today,
    )


@enforces(AAKR, "II.4.f", "II.4.g", "III.g")
@enforces(SAPATTUU, "2.7")
def study(rules: Rulebook, state: Cycle, given: Study, today: date) -> ReportStudied:
    """Studied as it stands. Where only a complete report is studied, a person says why this one is, if it lacks something."""
    clause = of.need_stage(rules, *of.STUDY_STAGES)
    opened, report = state.terms, _under_study(state)
    whole = rules.setting_if_any("study_starts_with") == "complete_report"
    if whole and not report.complete and not given.reading_departure:
        lacks = [*report.missing, *report.unproved, *report.unreported]
        of.refuse(
            rules, clause, "the report is not complete", "a rejection, a new report, or the reason why it is studied all the same", lacks
        )
    qualities = of.words(rules, of.QUALITIES)
    of.check_words(rules, of.QUALITIES, list(given.qualities), "#/qualities")
    unjudged = [word for word in qualities if word not in given.qualities]
    if unjudged:
        quality = of.clause_of(qualities[unjudged[0]], rules)
        of.refuse(rules, quality, f"not judged: {', '.join(unjudged)}", f"a judgement on: {', '.join(qualities)}", unjudged)
    return ReportStudied(
        cycle_id=opened.cycle_id,
        followup_id=opened.followup_id,
        institution_id=opened.institution_id,
        round=report.round,
        findings=given.findings,
        qualities=tuple((word, given.qualities[word]) for word in qualities),
        reading_departure=given.reading_departure if whole and not report.complete else None,
        began_on=report.submitted_on,
        studied_on=today,
    )


def _under_study(state: Cycle) -> InterimReportSubmitted:
    if state.report is None:
        raise Conflict("no report is there")
    return state.report


def _day_ahead(due_on: date, today: date) -> None:
    if due_on < today:
        raise _invalid("#/due_on", f"{due_on} is over", f"a day from {today} on")


def _invalid(at: str, reason: str, accepts: str) -> Invalid:
    return Invalid(reason, errors=[{"pointer": at, "detail": accepts}])
