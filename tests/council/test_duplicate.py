"""Duplicates of lost certificates: written application, payment, issue on a blank; their term (order 109, p. 28)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.documents import Document
from chassis.problems import Conflict
from regulations import compute
from services.council.contract import DuplicateIssued, DuplicatePaid, DuplicateRequested
from services.council.domain.certificate import IssueDuplicate, PayDuplicate, RequestDuplicate
from tests.council.cases import ORDER_109, RULES, at
from tests.council.test_certificate import ID, ISSUED, VALID_UNTIL, certificate
from tests.council.test_ending import LIQUIDATED

ON = date(2011, 4, 5)
DAY = timedelta(days=1)
APPLICATION = Document(kind="duplicate_application", name="Application", sha256="e" * 64)
REQUESTED = DuplicateRequested(
    certificate_id=ID, case_id="case-1", institution_id="kaznu", round=1, application=APPLICATION, requested_on=ON
)
PAID = DuplicatePaid(certificate_id=ID, case_id="case-1", round=1, payment_reference="No. 448", paid_on=ON)
DUPLICATE = DuplicateIssued(
    certificate_id=ID, case_id="case-1", institution_id="kaznu", round=1, blank_number="AB 000018", issued_on=ON + DAY
)


def request(on: date = ON) -> RequestDuplicate:
    return RequestDuplicate(**at(on), application=APPLICATION)


def pay(paid_on: date = ON, on: date = ON) -> PayDuplicate:
    return PayDuplicate(**at(on), payment_reference="No. 448", paid_on=paid_on)


def issue(on: date = ON + DAY, **changes: Any) -> IssueDuplicate:
    return IssueDuplicate(**at(on), **{"blank_number": "AB 000018", "blank_received": True, "blank_spoiled": False, **changes})


@pytest.mark.clause(ORDER_109, "28 (a)")
class TestRequest:
    def test_it_is_asked_for_in_writing(self) -> None:
        certificate(ISSUED).when(request()).then(REQUESTED)

    def test_one_at_a_time_and_a_new_one_when_that_is_lost_too(self) -> None:
        assert isinstance(certificate(ISSUED, REQUESTED).when(request()).then_refused(words="not issued yet"), Conflict)
        (second,) = certificate(ISSUED, REQUESTED, PAID, DUPLICATE).when(request(ON + 90 * DAY)).then_types(DuplicateRequested)
        assert isinstance(second, DuplicateRequested)
        assert second.round == 2

    def test_only_of_a_certificate_that_is_in_force(self) -> None:
        certificate(ISSUED, LIQUIDATED).when(request(LIQUIDATED.ended_on)).then_refused(clause="28 (a)", words="no longer in force")
        certificate(ISSUED).when(request(VALID_UNTIL + DAY)).then_refused(clause="28 (a)", words="no longer in force")
        certificate(ISSUED).when(request(VALID_UNTIL)).then_types(DuplicateRequested)


@pytest.mark.clause(ORDER_109, "28 (b)")
class TestPayment:
    def test_it_is_recorded_once(self) -> None:
        certificate(ISSUED, REQUESTED).when(pay()).then(PAID)
        assert isinstance(certificate(ISSUED, REQUESTED, PAID).when(pay()).then_refused(words="was paid for"), Conflict)

    def test_it_was_made(self) -> None:
        certificate(ISSUED, REQUESTED).when(pay(ON + DAY)).then_refused(clause="28 (b)", words="still to come")

    def test_for_a_duplicate_that_was_requested(self) -> None:
        certificate(ISSUED).when(pay()).then_refused(clause="28 (a)", words="no duplicate is requested")

    def test_there_is_no_duplicate_before_it(self) -> None:
        problem = certificate(ISSUED, REQUESTED).when(issue()).then_refused(clause="28 (b)", words="not paid for")
        assert problem.accepts == "the duplicate after the institution's payment for it"

    def test_a_payment_is_for_one_duplicate(self) -> None:
        again = REQUESTED.model_copy(update={"round": 2})
        certificate(ISSUED, REQUESTED, PAID, DUPLICATE, again).when(issue()).then_refused(clause="28 (b)")


@pytest.mark.clause(ORDER_109, "28 (a)")
class TestIssue:
    def test_it_stands_on_a_blank(self) -> None:
        certificate(ISSUED, REQUESTED, PAID).when(issue()).then(DUPLICATE)

    def test_a_late_one_is_issued_all_the_same(self) -> None:
        certificate(ISSUED, REQUESTED, PAID).when(issue(ON + 60 * DAY)).then_types(DuplicateIssued)

    @pytest.mark.clause(ORDER_109, "23")
    @pytest.mark.parametrize("facts", [{"blank_received": False}, {"blank_spoiled": True}], ids=["unknown", "spoiled"])
    def test_the_blank_is_an_unused_one_of_the_book(self, facts: dict[str, bool]) -> None:
        certificate(ISSUED, REQUESTED, PAID).when(issue(**facts)).then_refused(clause="23")

    def test_nobody_gets_one_unasked_or_of_what_has_ended(self) -> None:
        certificate(ISSUED).when(issue()).then_refused(clause="28 (a)", words="no duplicate is requested")
        late = issue(LIQUIDATED.ended_on)
        certificate(ISSUED, REQUESTED, PAID, LIQUIDATED).when(late).then_refused(clause="28 (a)", words="no longer in force")


@pytest.mark.clause(ORDER_109, "28 (a)")
def test_the_term_is_ten_calendar_days_or_by_the_kazakh_text_ten_working_days() -> None:
    assert compute(RULES, "duplicate", ON).due_on == compute(RULES, "duplicate", ON, variant="ru").due_on == date(2011, 4, 15)
    assert compute(RULES, "duplicate", ON, variant="kk").due_on == date(2011, 4, 19)
