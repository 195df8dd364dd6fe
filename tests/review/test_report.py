"""The rules of a self-assessment report (order 109, p. 9.2-9.5, 13)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound
from chassis.testing import Given, given
from regulations import load
from services.review.contract import (
    ElectronicReportReceived,
    PaperReportReceived,
    RecommendationsIssued,
    ReportReviewed,
    SelfAssessmentOpened,
    SelfAssessmentReportReceived,
)
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    OpenSelfAssessment,
    ReceiveElectronicReport,
    ReceivePaperReport,
    Report,
    ReviewReport,
    awaited,
)

ORDER_109 = "kz-109-2008-accreditation"
REF = load(ORDER_109).ref
NOON = datetime(2009, 3, 2, 6, 0, tzinfo=UTC)
TODAY = date(2009, 3, 2)
DOCUMENT = Document(kind="self_assessment_report", name="Self-assessment report", sha256="a" * 64)

OPENED = SelfAssessmentOpened(
    case_id="case-1",
    institution_id="kaznu",
    rulebook=REF,
    standards="institutional",
    standards_version="1",
    opened_on=date(2009, 1, 15),
)
ELECTRONIC = ElectronicReportReceived(case_id="case-1", document=DOCUMENT, received_on=TODAY)
PAPER = PaperReportReceived(case_id="case-1", incoming_number="17", received_on=TODAY)
RECEIVED = SelfAssessmentReportReceived(case_id="case-1", received_on=TODAY)
REVIEWED = ReportReviewed(case_id="case-1", findings="Complete", reviewed_on=TODAY)
RECOMMENDED = RecommendationsIssued(case_id="case-1", recommendations=("Describe the library",), issued_on=TODAY)
WHOLE = (OPENED, ELECTRONIC, PAPER, RECEIVED)


def report(*events: Event) -> Given[Report]:
    return given(REPORT, events)


def command(kind: type[Command], /, at: datetime = NOON, **fields: Any) -> Command:
    return kind(at=at, by="somebody", **fields)


def opening() -> Command:
    fields = OPENED.model_dump(exclude={"opened_on", "rulebook"})
    return command(OpenSelfAssessment, rulebook=REF, **fields)


def electronic(at: datetime = NOON) -> Command:
    return command(ReceiveElectronicReport, at, document=DOCUMENT)


def paper(at: datetime = NOON) -> Command:
    return command(ReceivePaperReport, at, incoming_number="17")


def review() -> Command:
    return command(ReviewReport, findings="Complete")


def recommend(*recommendations: str) -> Command:
    return command(IssueRecommendations, recommendations=recommendations)


@pytest.mark.clause(ORDER_109, "9.2")
def test_a_self_assessment_is_opened() -> None:
    report().when(opening()).then(OPENED.model_copy(update={"opened_on": TODAY}))


def test_opening_again_says_nothing_new() -> None:
    report(OPENED).when(opening()).then()


def test_nothing_is_received_before_the_opening() -> None:
    assert isinstance(report().when(electronic()).then_refused(), NotFound)


@pytest.mark.clause(ORDER_109, "13")
def test_one_form_alone_is_not_yet_the_report() -> None:
    report(OPENED).when(electronic()).then(ELECTRONIC)
    report(OPENED).when(paper()).then(PAPER)


@pytest.mark.clause(ORDER_109, "9.3", "13")
def test_the_report_counts_as_submitted_with_its_second_form() -> None:
    report(OPENED, ELECTRONIC).when(paper()).then(PAPER, RECEIVED)
    report(OPENED, PAPER).when(electronic()).then(ELECTRONIC, RECEIVED)


@pytest.mark.clause(ORDER_109, "13")
def test_the_report_counts_from_the_day_of_the_later_form() -> None:
    later = NOON + timedelta(days=10)
    _, received = report(OPENED, PAPER).when(electronic(later)).then_types(ElectronicReportReceived, SelfAssessmentReportReceived)
    assert isinstance(received, SelfAssessmentReportReceived)
    assert received.received_on == TODAY + timedelta(days=10)


def test_the_day_of_receipt_is_the_local_day() -> None:
    late_evening_in_utc = datetime(2009, 3, 2, 20, 0, tzinfo=UTC)
    (received,) = report(OPENED).when(electronic(late_evening_in_utc)).then_types(ElectronicReportReceived)
    assert isinstance(received, ElectronicReportReceived)
    assert received.received_on == date(2009, 3, 3)


@pytest.mark.parametrize(("past", "again"), [(ELECTRONIC, electronic()), (PAPER, paper())])
def test_a_form_is_received_once(past: Event, again: Command) -> None:
    assert isinstance(report(OPENED, past).when(again).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "9.4", "13")
@pytest.mark.parametrize(("past", "missing"), [((), "paper and electronic"), ((ELECTRONIC,), "paper"), ((PAPER,), "electronic")])
def test_a_review_waits_for_both_forms_and_says_which_is_missing(past: tuple[Event, ...], missing: str) -> None:
    problem = report(OPENED, *past).when(review()).then_refused(clause="13", words=missing)
    assert problem.rulebook == ORDER_109
    assert "then the review" in problem.accepts


@pytest.mark.clause(ORDER_109, "9.4")
def test_the_body_reviews_the_whole_report() -> None:
    report(*WHOLE).when(review()).then(REVIEWED)


def test_a_report_is_reviewed_once() -> None:
    assert isinstance(report(*WHOLE, REVIEWED).when(review()).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "9.5")
@pytest.mark.parametrize("past", [(OPENED,), WHOLE])
def test_recommendations_come_after_the_review(past: tuple[Event, ...]) -> None:
    report(*past).when(recommend("Describe the library")).then_refused(clause="9.5", words="not reviewed yet")


@pytest.mark.clause(ORDER_109, "9.5")
def test_recommendations_go_out_after_the_review() -> None:
    report(*WHOLE, REVIEWED).when(recommend("Describe the library")).then(RECOMMENDED)


@pytest.mark.clause(ORDER_109, "9.5")
def test_recommendations_say_something() -> None:
    problem = report(*WHOLE, REVIEWED).when(recommend()).then_refused(clause="9.5", words="empty")
    assert "at least one" in problem.accepts


def test_recommendations_go_out_once() -> None:
    assert isinstance(report(*WHOLE, REVIEWED, RECOMMENDED).when(recommend("More")).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "9.4", "9.5", "13")
def test_a_report_tells_what_is_awaited_of_whom() -> None:
    past: list[Event] = []
    seen = []
    for event in (*WHOLE, REVIEWED, RECOMMENDED):
        past.append(event)
        seen.append([(step.what, step.who, step.clause) for step in awaited(REPORT.fold(past), load(ORDER_109))])
    paper_step = ("receive_paper_report", "coordinator", "13")
    assert seen == [
        [paper_step, ("submit_electronic_report", "institution_officer", "13")],
        [paper_step],
        [],
        [("review_report", "coordinator", "9.4")],
        [("issue_recommendations", "coordinator", "9.5")],
        [],
    ]
