"""The panel's report and the check of its facts by the institution (order 109, p. 9.6, 17; IQAA, S2.f.2, S2.g, S2.h)."""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Invalid, Refused
from regulations import Cited, Rulebook, enforces
from services.visits.contract import (
    CriterionFinding,
    FactualCheckAnswered,
    FactualCheckClosed,
    Inaccuracy,
    PurposeFinding,
    ReportSentForCheck,
    Ruling,
    VisitReportSubmitted,
)
from services.visits.domain.dates import IQAA, ORDER_109, VISITING, Rules, clause_of
from services.visits.domain.state import Visit

REPORT_TERM = "visit_report"
REPORT_STAGE = "external_report"
REPORT = "external_evaluation_report"
PURPOSES = "audit_purposes"
CHECK = "factual_check"
FINDINGS = "findings"


class SubmitVisitReport(Command):
    """The commission's report with its recommendations, and what else the rulebook has it show."""

    records = (VisitReportSubmitted,)

    document: Document
    findings: str
    recommendations: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    good_practice: tuple[str, ...] = ()
    purposes: tuple[PurposeFinding, ...] = ()
    findings_by_criterion: tuple[CriterionFinding, ...] = ()
    signed_by: tuple[str, ...] = ()
    dissent: str | None = None


class SendForFactualCheck(Command):
    """Sends the institution the report."""

    records = (ReportSentForCheck,)


class AnswerFactualCheck(Command):
    """The inaccuracies that the institution sees; none is an answer too."""

    records = (FactualCheckAnswered,)

    corrections: tuple[Inaccuracy, ...]


class CloseFactualCheck(Command):
    """Accepts each correction or not, with reasons; `without_answer` is why the institution's answer is not awaited."""

    records = (FactualCheckClosed,)

    rulings: tuple[Ruling, ...] = ()
    report: Document | None = None
    without_answer: str | None = None


def report_clause(book: Rulebook) -> str:
    """The clause of the report's term, else of the report, else of the visit."""
    cited: tuple[Cited | None, ...] = (book.terms.get(REPORT_TERM), book.stage(REPORT_STAGE), book.stage(*VISITING))
    return next((clause_of(each) for each in cited if each), "")


def check_clause(book: Rulebook) -> str:
    """The clause of the factual check, else of the report."""
    stage = book.stage(CHECK)
    return clause_of(stage) if stage else report_clause(book)


@enforces(ORDER_109, "9.6", "17")
@enforces(IQAA, "S2.g")
def submit(command: SubmitVisitReport, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The report shows what it must. A late one is taken: lateness is the deadline register's fact."""
    book = rules.rulebook
    if not command.recommendations:
        section = book.contents.get(REPORT, {}).get("recommendations") or book.stage(*VISITING)
        raise Refused(
            "the report on the visit comes with recommendations, and there are none",
            clause=clause_of(section) if section else report_clause(book),
            rulebook=book.id,
            accepts="at least one recommendation; if nothing is to be changed, one that says so",
        )
    _shows_its_sections(command, book)
    _shows_its_purposes(command, book)
    _check_findings(command, book)
    _check_signatures(command, state)
    return [VisitReportSubmitted(case_id=state.case_id, submitted_on=on, **command.model_dump(exclude={"at", "by"}))]


@enforces(IQAA, "S2.g")
def _shows_its_sections(command: SubmitVisitReport, book: Rulebook) -> None:
    """Remarks and good practice stand in the report where the rulebook names them."""
    given = {"remarks": command.remarks, "good_practice": command.good_practice}
    sections = book.contents.get(REPORT, {})
    missing = [name for name, told in given.items() if name in sections and not told]
    if missing:
        raise Refused(
            f"the report does not show {' and '.join(sections[name].names.en for name in missing)}",
            clause=clause_of(sections[missing[0]]),
            rulebook=book.id,
            accepts="at least one entry in each; if there is nothing to tell, one that says so",
            missing=missing,
        )


@enforces(IQAA, "S2.f.2")
def _shows_its_purposes(command: SubmitVisitReport, book: Rulebook) -> None:
    """For every purpose of the visit the report says what the panel found."""
    words = book.vocabularies.get(PURPOSES, {})
    told = [each.purpose for each in command.purposes]
    strange = [
        {"pointer": f"#/purposes/{index}/purpose", "detail": f"{purpose} is no purpose of the rulebook, or named twice"}
        for index, purpose in enumerate(told)
        if purpose not in words or purpose in told[:index]
    ]
    if strange:
        raise Invalid("the report tells of purposes that the rulebook does not have, or twice of one", errors=strange)
    missing = [purpose for purpose in words if purpose not in told]
    if missing:
        raise Refused(
            f"the report does not say what was found about {' and '.join(words[purpose].names.en for purpose in missing)}",
            clause=clause_of(words[missing[0]]),
            rulebook=book.id,
            accepts="a finding for each purpose of the visit: " + ", ".join(words),
            missing=missing,
        )


@enforces(IQAA, "S2.g")
def _check_findings(command: SubmitVisitReport, book: Rulebook) -> None:
    """A finding under a criterion is of a kind that the rulebook names; one that names none has none."""
    words = book.vocabularies.get(FINDINGS, {})
    strange = [
        {"pointer": f"#/findings_by_criterion/{index}/kind", "detail": f"{each.kind} is none of: {', '.join(words) or 'no word'}"}
        for index, each in enumerate(command.findings_by_criterion)
        if each.kind not in words
    ]
    if strange:
        raise Invalid("the report has findings of a kind that the rulebook does not name", errors=strange)


def _check_signatures(command: SubmitVisitReport, state: Visit) -> None:
    """Whoever signed is of the panel, and signed once; that all of them sign is asked by neither text."""
    strange = [
        {"pointer": f"#/signed_by/{index}", "detail": f"{expert_id} is not of this panel, or named twice"}
        for index, expert_id in enumerate(command.signed_by)
        if expert_id not in state.expert_ids or expert_id in command.signed_by[:index]
    ]
    if strange:
        raise Invalid("the report is signed by experts of the panel", errors=strange)


@enforces(IQAA, "S2.h")
def close_check(command: CloseFactualCheck, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """Each correction has its ruling, and what is accepted a corrected report. Silence has no effect that a person does not give it."""
    book = rules.rulebook
    corrections = state.check.corrections if state.check else None
    if corrections is None and not command.without_answer:
        raise Refused(
            "the institution has not answered",
            clause=check_clause(book),
            rulebook=book.id,
            accepts="its answer, or the reason why it is not awaited",
        )
    _check_rulings(command.rulings, len(corrections or ()), rules)
    if any(ruling.accepted for ruling in command.rulings) and command.report is None:
        raise Refused(
            "corrections are accepted, and the report is not corrected",
            clause=check_clause(book),
            rulebook=book.id,
            accepts="the corrected report beside the rulings",
        )
    return [
        FactualCheckClosed(
            case_id=state.case_id,
            rulings=command.rulings,
            report=command.report,
            without_answer=command.without_answer if corrections is None else None,
            closed_on=on,
        )
    ]


def _check_rulings(rulings: Sequence[Ruling], corrections: int, rules: Rules) -> None:
    numbers = [ruling.number for ruling in rulings]
    faults = [
        {"pointer": f"#/rulings/{index}/number", "detail": f"there is no correction {number}, or it has a ruling already"}
        for index, number in enumerate(numbers)
        if number > corrections or number in numbers[:index]
    ]
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)
    missing = [number for number in range(1, corrections + 1) if number not in numbers]
    if missing:
        raise Refused(
            f"no word on correction {', '.join(map(str, missing))}",
            clause=check_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="each correction accepted or not, with reasons",
            missing=missing,
        )
