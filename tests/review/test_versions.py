"""The rules of a report by versions: first version, examination, rounds, final version, preliminary audit (IQAA, S1.e-S1.h)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Refused
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.review.contract import (
    ExaminationResultsSent,
    FinalVersionResubmitted,
    PreliminaryAuditHeld,
    ReportOutlineSet,
    ReportSection,
    ReportVersionSubmitted,
    SectionFinding,
    SectionRef,
    SelfAssessmentOpened,
    SelfAssessmentReportAccepted,
    TechnicalExaminationHeld,
)
from services.review.domain.report import REPORT, IssueRecommendations, ReceiveElectronicReport, ReceivePaperReport, ReviewReport, awaited
from services.review.domain.state import Report
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
)

IQAA = "iqaa-accreditation"
RULES = load(IQAA)
ORDER_109 = load("kz-109-2008-accreditation")
NOON = datetime(2024, 4, 15, 6, 0, tzinfo=UTC)
TODAY = date(2024, 4, 15)


def file(kind: str) -> Document:
    return Document(kind=kind, name=f"{kind}.pdf", sha256="a" * 64)


FIRST_STANDARD = ReportSection(standard="1", criterion="1.1", text="The mission is published.", evidence=(file("evidence"),))
SECOND_STANDARD = ReportSection(standard="2", text="Programmes are reviewed every year.")
NO_SECOND = SectionFinding(standard="2", finding="No section.")
ANNEXES = (file("annex"),)


def opening(kind: str | None = "institutional", rules: Rulebook = RULES) -> SelfAssessmentOpened:
    standards = {"standards": "institutional", "standards_version": "2020"}
    return SelfAssessmentOpened(
        case_id="case-1", institution_id="kaznu", rulebook=rules.ref, **standards, kind=kind, opened_on=date(2024, 2, 1)
    )


OUTLINE = ReportOutlineSet(case_id="case-1", sections=(SectionRef(standard="1", criterion="1.1"), SectionRef(standard="2")), set_on=TODAY)
CONTENT: dict[str, Any] = {"sections": (FIRST_STANDARD,), "documents": (file("self_assessment_report"),)}
WHOLE: dict[str, Any] = {**CONTENT, "sections": (FIRST_STANDARD, SECOND_STANDARD), "annexes": ANNEXES}
FIRST = ReportVersionSubmitted(case_id="case-1", number=1, **CONTENT, submitted_on=TODAY)
SECOND = ReportVersionSubmitted(case_id="case-1", number=2, **WHOLE, submitted_on=TODAY)
FOUND: dict[str, Any] = {"summary": "A standard is missing.", "findings": (NO_SECOND,), "rework_needed": True}
GOOD: dict[str, Any] = {"summary": "It is complete.", "findings": (), "rework_needed": False}
RESUBMITTED = FinalVersionResubmitted(case_id="case-1", number=1, annexes=ANNEXES, submitted_on=TODAY)
ACCEPTED = SelfAssessmentReportAccepted(case_id="case-1", number=2, accepted_on=TODAY, audit_needed=True)
AUDITED = PreliminaryAuditHeld(case_id="case-1", held_on=TODAY, note="Three buildings were seen.", recorded_on=TODAY)


def examined(number: int = 1, content: Mapping[str, Any] = FOUND) -> TechnicalExaminationHeld:
    return TechnicalExaminationHeld(case_id="case-1", number=number, round=number, **content, examined_on=TODAY)


def sent(number: int = 1, rework: bool = True) -> ExaminationResultsSent:
    return ExaminationResultsSent(case_id="case-1", number=number, rework_needed=rework, sent_on=TODAY)


TO_REWORK = (opening(), FIRST, examined(), sent())
NO_REWORK = (opening(), FIRST, examined(content=GOOD), sent(rework=False))


def report(*events: Event) -> Given[Report]:
    return given(REPORT, events)


def under(changes: Mapping[str, Any], *events: Event) -> Given[Report]:
    """A report under IQAA's rules with other settings."""
    rules = RULES.revised({f"settings.{name}": {"value": value} for name, value in changes.items()}, "changed")
    return given(Decider("report", REPORT.initial, REPORT.decide, REPORT.evolve, lambda _command, _state: rules), events)


def command(kind: type[Command], /, at: datetime = NOON, **fields: Any) -> Command:
    return kind(at=at, by="somebody", **fields)


def submit(**content: Any) -> Command:
    return command(SubmitVersion, **content)


def audit(held_on: date = TODAY) -> Command:
    return command(HoldPreliminaryAudit, held_on=held_on, note=AUDITED.note)


ACCEPT, SEND = command(AcceptReport), command(SendResults)


@pytest.mark.clause(IQAA, "S1.f.1")
def test_the_first_version_may_have_gaps_and_no_annexes() -> None:
    report(opening(), OUTLINE).when(submit(**CONTENT)).then(FIRST)


@pytest.mark.clause(IQAA, "S1.e")
def test_a_report_speaks_by_standard_and_criterion() -> None:
    problem = report(opening()).when(submit(documents=(file("report"),))).then_refused(clause="S1.e", words="no section")
    assert problem.rulebook == IQAA
    assert "standard or criterion" in problem.accepts


@pytest.mark.clause(IQAA, "S1.e")
def test_an_outline_names_at_least_one_section() -> None:
    report(opening()).when(command(SetOutline, sections=())).then_refused(clause="S1.e", words="no section")
    report(opening()).when(command(SetOutline, sections=OUTLINE.sections)).then(OUTLINE)


def test_an_outline_is_not_changed_under_a_version_that_is_to_be_accepted() -> None:
    for past in ((*TO_REWORK, SECOND), (*NO_REWORK, RESUBMITTED), (*TO_REWORK, SECOND, ACCEPTED)):
        assert isinstance(report(*past).when(command(SetOutline, sections=OUTLINE.sections)).then_refused(), Conflict)


@pytest.mark.clause(IQAA, "S1.f.1")
def test_an_examination_needs_a_version() -> None:
    report(opening()).when(command(ExamineVersion, **FOUND)).then_refused(clause="S1.f.1", words="no version")


@pytest.mark.clause(IQAA, "S1.f.1")
def test_the_first_version_is_examined_section_by_section() -> None:
    report(opening(), FIRST).when(command(ExamineVersion, **FOUND)).then(examined())


@pytest.mark.clause(IQAA, "S1.f.2")
def test_a_need_for_rework_says_where() -> None:
    vague = {**FOUND, "findings": ()}
    report(opening(), FIRST).when(command(ExamineVersion, **vague)).then_refused(clause="S1.f.2", words="where")


@pytest.mark.clause(IQAA, "S1.f.2")
def test_the_results_are_sent_once_after_the_examination() -> None:
    report(opening(), FIRST).when(SEND).then_refused(clause="S1.f.2", words="not examined")
    report(opening(), FIRST, examined()).when(SEND).then(sent())
    assert isinstance(report(*TO_REWORK).when(SEND).then_refused(words="already"), Conflict)


@pytest.mark.clause(IQAA, "S1.f.2")
@pytest.mark.parametrize("past", [(opening(), FIRST), (opening(), FIRST, examined())])
def test_a_report_is_reworked_by_the_results_not_before_them(past: Sequence[Event]) -> None:
    problem = report(*past).when(submit(**WHOLE)).then_refused(clause="S1.f.2")
    assert "then version 2" in problem.accepts


@pytest.mark.clause(IQAA, "S1.g")
def test_a_reworked_version_comes_with_its_annexes() -> None:
    bare = {**WHOLE, "annexes": ()}
    report(*TO_REWORK).when(submit(**bare)).then_refused(clause="S1.g", words="annexes")
    report(*TO_REWORK).when(submit(**WHOLE)).then(SECOND)


@pytest.mark.clause(IQAA, "S1.e")
def test_a_reworked_version_has_every_section_of_the_outline() -> None:
    partial = {**WHOLE, "sections": (FIRST_STANDARD,)}
    problem = report(opening(), OUTLINE, *TO_REWORK[1:]).when(submit(**partial)).then_refused(clause="S1.e", words="section 2")
    assert problem.missing == ["section 2"]
    report(opening(), OUTLINE, *TO_REWORK[1:]).when(submit(**WHOLE)).then(SECOND)


@pytest.mark.clause(IQAA, "S1.e")
def test_a_standard_of_the_outline_is_answered_by_any_of_its_criteria() -> None:
    second = ReportSection(standard="2", criterion="2.3", text="Employers take part.")
    report(opening(), OUTLINE, *TO_REWORK[1:]).when(submit(sections=(FIRST_STANDARD, second), annexes=ANNEXES)).then_types(
        ReportVersionSubmitted
    )


@pytest.mark.clause(IQAA, "S1.f.2")
def test_there_may_be_any_number_of_rounds() -> None:
    past: list[Event] = list(TO_REWORK)
    for number in range(2, 6):
        version = SECOND.model_copy(update={"number": number})
        report(*past).when(submit(**WHOLE)).then(version)
        report(*past, version).when(command(ExamineVersion, **FOUND)).then(examined(number))
        past += [version, examined(number), sent(number)]


@pytest.mark.clause(IQAA, "S1.f.2")
def test_an_agency_may_limit_the_rounds() -> None:
    past = (*TO_REWORK, SECOND)
    problem = under({"examination_rounds": 1}, *past).when(command(ExamineVersion, **FOUND)).then_refused(clause="S1.f.2", words="1 times")
    assert "acceptance of version 2" in problem.accepts
    under({"examination_rounds": 1}, *past).when(ACCEPT).then(ACCEPTED)
    under({"examination_rounds": 2}, *past).when(command(ExamineVersion, **FOUND)).then(examined(2))


@pytest.mark.clause(IQAA, "S1.g")
def test_a_version_that_needs_no_rework_is_submitted_again_as_final_with_its_annexes() -> None:
    report(*NO_REWORK).when(command(ResubmitVersion)).then_refused(clause="S1.g", words="annexes")
    report(*NO_REWORK).when(command(ResubmitVersion, annexes=ANNEXES)).then(RESUBMITTED)
    annexed = FIRST.model_copy(update={"annexes": ANNEXES})
    report(opening(), annexed, *NO_REWORK[2:]).when(command(ResubmitVersion)).then(RESUBMITTED.model_copy(update={"annexes": ()}))


@pytest.mark.clause(IQAA, "S1.g")
@pytest.mark.parametrize("past", [(opening(),), (opening(), FIRST), TO_REWORK, (*TO_REWORK, SECOND)])
def test_a_version_is_not_made_final_while_rework_may_be_needed(past: Sequence[Event]) -> None:
    report(*past).when(command(ResubmitVersion, annexes=ANNEXES)).then_refused(clause="S1.g")


@pytest.mark.clause(IQAA, "S1.g")
def test_the_setting_says_what_is_final_without_rework() -> None:
    new = {"final_version_without_rework": "new_version_required"}
    under(new, *NO_REWORK).when(command(ResubmitVersion, annexes=ANNEXES)).then_refused(clause="S1.g", words="a new one")
    under(new, *NO_REWORK).when(submit(**WHOLE)).then(SECOND)
    none = {"final_version_without_rework": "nothing_resubmitted"}
    annexed = FIRST.model_copy(update={"annexes": ANNEXES})
    under(none, opening(), annexed, *NO_REWORK[2:]).when(ACCEPT).then(ACCEPTED.model_copy(update={"number": 1}))
    under(none, *NO_REWORK).when(ACCEPT).then_refused(clause="S1.g", words="annexes")


@pytest.mark.clause(IQAA, "S1.f.1", "S1.g")
@pytest.mark.parametrize(
    ("past", "clause", "first"),
    [
        ((opening(),), "S1.f.1", "first version"),
        ((opening(), FIRST), "S1.f.1", "technical examination"),
        ((opening(), FIRST, examined()), "S1.g", "results"),
        (TO_REWORK, "S1.g", "reworked version"),
        (NO_REWORK, "S1.g", "final version"),
    ],
)
def test_only_a_final_version_is_accepted_and_the_refusal_says_what_comes_first(past: Sequence[Event], clause: str, first: str) -> None:
    assert first in report(*past).when(ACCEPT).then_refused(clause=clause).accepts


@pytest.mark.clause(IQAA, "S1.g")
def test_a_final_version_is_accepted_once_and_closes_the_report() -> None:
    report(*TO_REWORK, SECOND).when(ACCEPT).then(ACCEPTED)
    report(*NO_REWORK, RESUBMITTED).when(ACCEPT).then(ACCEPTED.model_copy(update={"number": 1}))
    for late in (ACCEPT, SEND, submit(**WHOLE), command(ResubmitVersion), command(ExamineVersion, **GOOD)):
        assert isinstance(report(*TO_REWORK, SECOND, ACCEPTED).when(late).then_refused(), Conflict)


@pytest.mark.clause(IQAA, "S1.h")
def test_the_preliminary_audit_comes_after_the_final_version() -> None:
    for past in ((opening(),), TO_REWORK, NO_REWORK, (*TO_REWORK, SECOND, examined(2))):
        report(*past).when(audit()).then_refused(clause="S1.h", words="after the final version")
    early = report(*TO_REWORK, SECOND).when(audit(TODAY - timedelta(days=1))).then_refused(clause="S1.h")
    assert "2024-04-15" in early.accepts
    report(*TO_REWORK, SECOND).when(audit()).then(AUDITED)
    report(*TO_REWORK, SECOND, ACCEPTED).when(audit()).then(AUDITED)
    under({"preliminary_audit_when": "any_time_before_visit"}, opening()).when(audit()).then(AUDITED)


@pytest.mark.clause(IQAA, "S1.h")
def test_the_preliminary_audit_is_recorded_once_it_was_held_and_once() -> None:
    report(*TO_REWORK, SECOND).when(audit(TODAY + timedelta(days=1))).then_refused(clause="S1.h", words="not come")
    assert isinstance(report(*TO_REWORK, SECOND, AUDITED).when(audit()).then_refused(words="already"), Conflict)


@pytest.mark.clause(IQAA, "S1.h")
def test_only_an_institutional_case_has_a_preliminary_audit() -> None:
    past = (*TO_REWORK[1:], SECOND)
    problem = report(opening("programme"), *past).when(audit()).then_refused(clause="S1.h", words="programme")
    assert "in institutional accreditation" in problem.accepts
    report(opening(None), *past).when(audit()).then(AUDITED)


@pytest.mark.clause(IQAA, "S1.h")
@pytest.mark.parametrize(("kind", "needed"), [("institutional", True), ("programme", False), (None, None)])
def test_the_acceptance_says_whether_the_preliminary_audit_follows(kind: str | None, needed: bool | None) -> None:
    accepted = ACCEPTED.model_copy(update={"audit_needed": needed})
    report(opening(kind), *TO_REWORK[1:], SECOND).when(ACCEPT).then(accepted)


def steps(*events: Event, rules: Rulebook = RULES) -> list[tuple[str, str, str]]:
    return [(each.what, each.who, each.clause) for each in awaited(REPORT.fold(events), rules)]


@pytest.mark.clause(IQAA, "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S1.h")
def test_a_report_tells_what_is_awaited_of_whom_version_by_version() -> None:
    audit_step = ("hold_preliminary_audit", "coordinator", "S1.h")
    accept = ("accept_report", "coordinator", "S1.g")
    assert steps(opening()) == [("submit_report_version", "institution_officer", "S1.f.1")]
    assert steps(opening(), FIRST) == [("examine_report_version", "coordinator", "S1.f.1")]
    assert steps(opening(), FIRST, examined()) == [("send_examination_results", "coordinator", "S1.f.2")]
    assert steps(*TO_REWORK) == [("submit_report_version", "institution_officer", "S1.f.2")]
    assert steps(*NO_REWORK) == [("resubmit_final_version", "institution_officer", "S1.g")]
    assert steps(*TO_REWORK, SECOND) == [accept, audit_step]
    assert steps(*TO_REWORK, SECOND, AUDITED) == [accept]
    assert steps(*NO_REWORK, RESUBMITTED, ACCEPTED) == [audit_step]
    assert steps(*TO_REWORK, SECOND, ACCEPTED, AUDITED) == []
    assert steps(opening("programme"), *TO_REWORK[1:], SECOND, ACCEPTED) == []


@pytest.mark.clause("kz-109-2008-accreditation", "13")
def test_the_media_of_a_report_are_the_rulebook_s() -> None:
    for form in (command(ReceiveElectronicReport, document=file("report")), command(ReceivePaperReport, incoming_number="17")):
        assert isinstance(report(opening()).when(form).then_refused(words="asks for no"), Conflict)
        assert not isinstance(report(opening(None, ORDER_109)).when(form).outcome, Refused | Conflict)


def test_a_step_that_the_rulebook_does_not_have_is_not_taken() -> None:
    others = [command(ReviewReport, findings="Complete"), command(IssueRecommendations, recommendations=("Do",))]
    for step in others:
        assert isinstance(report(opening()).when(step).then_refused(words="no such step"), Conflict)
    own = [submit(**WHOLE), command(ExamineVersion, **GOOD), SEND, command(ResubmitVersion), ACCEPT, audit()]
    for step in own:
        assert isinstance(report(opening(None, ORDER_109)).when(step).then_refused(words="no such step"), Conflict)
