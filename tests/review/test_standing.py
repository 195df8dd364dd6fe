"""A case that is suspended, goes on or has ended: the self-assessment with it. Both rulebooks are silent on it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict
from chassis.testing import Given, given
from regulations import load
from services.review.contract import SelfAssessmentClosed, SelfAssessmentOpened, SelfAssessmentResumed, SelfAssessmentSuspended
from services.review.domain.report import REPORT, OpenSelfAssessment, ReceivePaperReport, awaited
from services.review.domain.standing import Close, Resume, Suspend
from services.review.domain.state import Report
from services.review.domain.versions import AcceptReport, SubmitVersion

NOON: dict[str, Any] = {"at": datetime(2026, 3, 2, 6, 0, tzinfo=UTC), "by": "workflow:case"}
TODAY = date(2026, 3, 2)
STANDARDS = {"standards": "institutional", "standards_version": "2020"}
BOOKS = pytest.mark.parametrize("book", ["kz-109-2008-accreditation", "iqaa-accreditation"])

SUSPENDED = SelfAssessmentSuspended(case_id="case-1", reason="A fire", suspended_on=TODAY)
RESUMED = SelfAssessmentResumed(case_id="case-1", resumed_on=TODAY)
CLOSED = SelfAssessmentClosed(case_id="case-1", reason="Withdrawn", closed_on=TODAY)
SUSPEND, RESUME, CLOSE = Suspend(**NOON, reason="A fire"), Resume(**NOON), Close(**NOON, reason="Withdrawn")


def opened(book: str = "iqaa-accreditation") -> SelfAssessmentOpened:
    return SelfAssessmentOpened(case_id="case-1", institution_id="kaznu", rulebook=load(book).ref, **STANDARDS, opened_on=TODAY)


def report(*events: Event) -> Given[Report]:
    return given(REPORT, events)


def test_it_is_suspended_resumed_and_closed_once_each() -> None:
    report(opened()).when(SUSPEND).then(SUSPENDED)
    report(opened(), SUSPENDED).when(SUSPEND).then()
    report(opened(), SUSPENDED).when(RESUME).then(RESUMED)
    report(opened(), SUSPENDED, RESUMED).when(RESUME).then()
    report(opened()).when(RESUME).then()
    report(opened(), SUSPENDED).when(CLOSE).then(CLOSED)
    report(opened()).when(Close(**NOON)).then(CLOSED.model_copy(update={"reason": "no reason was stated"}))


@pytest.mark.parametrize("command", [SUSPEND, RESUME, CLOSE])
def test_what_is_closed_stays_closed(command: Any) -> None:
    report(opened(), CLOSED).when(command).then()


@BOOKS
@pytest.mark.parametrize(
    ("past", "words"), [(SUSPENDED, "suspended since 2026-03-02: A fire"), (CLOSED, "closed since 2026-03-02: Withdrawn")]
)
def test_meanwhile_nothing_is_taken_and_the_answer_says_why(book: str, past: Event, words: str) -> None:
    for command in (ReceivePaperReport(**NOON, incoming_number="17"), SubmitVersion(**NOON), AcceptReport(**NOON)):
        assert isinstance(report(opened(book), past).when(command).then_refused(words=words), Conflict)
    assert awaited(REPORT.fold([opened(book), past]), load(book)) == []


@BOOKS
def test_it_goes_on_where_it_stood(book: str) -> None:
    before, after = REPORT.fold([opened(book)]), REPORT.fold([opened(book), SUSPENDED, RESUMED])
    assert before == after
    assert awaited(after, load(book)) == awaited(before, load(book)) != []


def test_opening_again_says_nothing_new_in_any_standing() -> None:
    fields = opened().model_dump(include={"case_id", "institution_id", "standards", "standards_version"})
    report(opened(), CLOSED).when(OpenSelfAssessment(**NOON, rulebook=opened().rulebook, **fields)).then()
