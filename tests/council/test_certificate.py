"""Certificates and the book of blanks (order 109, p. 4, 20, 21, 23, 24, 25)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict
from chassis.testing import Given, given
from services.council.contract import (
    AuthorisedBodyNotified,
    BlankSpoiled,
    BlanksReceived,
    CertificateExpired,
    CertificateIssued,
    DecisionAdopted,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
)
from services.council.domain.blanks import BLANKS, Blanks, ReceiveBlanks, SpoilBlank
from services.council.domain.certificate import (
    CERTIFICATE,
    Certificate,
    CloseRenewalWindow,
    EnterRegister,
    ExpireCertificate,
    IssueCertificate,
    NotifyAuthorisedBody,
    OpenRenewalWindow,
    certificate_id,
)
from services.council.domain.standing import valid_on
from tests.council.cases import INSTITUTION, LAW, ORDER_109, RULES, TODAY, at, decided

ID = certificate_id("case-1")
VALID_UNTIL, CLOSES_ON = date(2015, 3, 15), date(2014, 3, 15)
ISSUED = CertificateIssued(
    certificate_id=ID,
    case_id="case-1",
    institution_id="kaznu",
    rulebook=RULES.ref,
    number="001",
    blank_number="AB 000007",
    scopes=(INSTITUTION,),
    issued_on=TODAY,
    valid_until=VALID_UNTIL,
)
ACCREDITED = decided("accredit")
BATCH = BlanksReceived(rulebook=RULES.ref, series="AB", first=1, last=50, digits=6, received_on=TODAY)
SPOILED = BlankSpoiled(blank_number="AB 000007", reason="Torn", spoiled_on=TODAY)


def issue(decision: DecisionAdopted | None = ACCREDITED, on: date = TODAY, **changes: Any) -> IssueCertificate:
    fields = {"certificate_id": ID, "case_id": "case-1", "rulebook": RULES.ref, "number": "001", "blank_number": "AB 000007"}
    return IssueCertificate(**at(on), **{**fields, "decision": decision, "blank_received": True, "blank_spoiled": False, **changes})


def certificate(*events: Event) -> Given[Certificate]:
    return given(CERTIFICATE, events)


def book(*events: Event) -> Given[Blanks]:
    return given(BLANKS, events)


def receive(first: int, last: int, series: str = "AB", digits: int = 6) -> ReceiveBlanks:
    return ReceiveBlanks(**at(TODAY), rulebook=RULES.ref, series=series, first=first, last=last, digits=digits)


def spoil(number: str = "AB 000007") -> SpoilBlank:
    return SpoilBlank(**at(TODAY), blank_number=number, reason="Torn")


@pytest.mark.clause(ORDER_109, "20")
class TestIssue:
    def test_a_positive_decision_gives_a_certificate_of_five_years(self) -> None:
        certificate().when(issue()).then(ISSUED)

    @pytest.mark.parametrize("decision", [None, decided("refuse"), decided("refuse", "refuse")])
    def test_nothing_else_gives_one(self, decision: DecisionAdopted | None) -> None:
        problem = certificate().when(issue(decision)).then_refused(clause="20", words="no positive decision")
        assert "decision to accredit" in problem.accepts

    def test_only_accredited_scopes_stand_on_it(self) -> None:
        (event,) = certificate().when(issue(decided("refuse", "accredit"))).then_types(CertificateIssued)
        assert isinstance(event, CertificateIssued)
        assert event.scopes == (LAW,)

    def test_a_case_has_one_certificate(self) -> None:
        assert isinstance(certificate(ISSUED).when(issue()).then_refused(words="001"), Conflict)
        assert certificate_id("case-1") == certificate_id("case-1") != certificate_id("case-2")

    def test_a_certificate_of_a_leap_day_is_valid_to_the_end_of_february(self) -> None:
        (event,) = certificate().when(issue(on=date(2012, 2, 29))).then_types(CertificateIssued)
        assert isinstance(event, CertificateIssued)
        assert event.valid_until == date(2017, 2, 28)

    def test_a_case_that_rests_or_has_ended_gives_none(self) -> None:
        for why in ("suspended on 2010-03-15: A flood.", "closed on 2010-03-15: the case was discontinued"):
            assert isinstance(certificate().when(issue(stopped=why)).then_refused(words=why), Conflict)

    @pytest.mark.clause(ORDER_109, "23")
    @pytest.mark.parametrize(
        ("facts", "words"),
        [({"blank_received": False}, "not in the book"), ({"blank_spoiled": True}, "was spoiled")],
        ids=["unknown", "spoiled"],
    )
    def test_it_stands_on_an_unused_blank_of_the_book(self, facts: dict[str, bool], words: str) -> None:
        problem = certificate().when(issue(**facts)).then_refused(clause="23", words=words)
        assert problem.accepts == "an unused blank from the book of blanks"


class TestRegister:
    @pytest.mark.clause(ORDER_109, "24")
    def test_it_is_entered_in_the_body_s_register_once(self) -> None:
        entered = RegisterEntryMade(certificate_id=ID, case_id="case-1", entered_on=TODAY)
        certificate(ISSUED).when(EnterRegister(**at(TODAY))).then(entered)
        assert isinstance(certificate(ISSUED, entered).when(EnterRegister(**at(TODAY))).then_refused(words="already"), Conflict)

    @pytest.mark.clause(ORDER_109, "4", "24")
    def test_the_authorised_body_is_told_once(self) -> None:
        told = AuthorisedBodyNotified(certificate_id=ID, case_id="case-1", outgoing_number="88", notified_on=TODAY)
        command = NotifyAuthorisedBody(**at(TODAY), outgoing_number="88")
        certificate(ISSUED).when(command).then(told)
        assert isinstance(certificate(ISSUED, told).when(command).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "21")
class TestRenewalWindow:
    OPENING = date(2013, 9, 15)
    WINDOW = RenewalWindowOpened(certificate_id=ID, institution_id="kaznu", opened_on=OPENING, closes_on=CLOSES_ON)
    CLOSED = RenewalWindowClosed(certificate_id=ID, institution_id="kaznu", closed_on=CLOSES_ON)

    def test_its_last_day_is_a_year_before_the_expiry(self) -> None:
        certificate(ISSUED).when(OpenRenewalWindow(**at(self.OPENING))).then(self.WINDOW)

    def test_it_opens_once(self) -> None:
        certificate(ISSUED, self.WINDOW).when(OpenRenewalWindow(**at(self.OPENING))).then()

    def test_it_does_not_open_after_its_last_day(self) -> None:
        certificate(ISSUED).when(OpenRenewalWindow(**at(CLOSES_ON))).then_types(RenewalWindowOpened)
        certificate(ISSUED).when(OpenRenewalWindow(**at(date(2014, 3, 16)))).then()
        certificate(ISSUED, self.CLOSED).when(OpenRenewalWindow(**at(self.OPENING))).then()

    def test_it_stays_open_to_the_end_of_its_last_day(self) -> None:
        problem = certificate(ISSUED, self.WINDOW).when(CloseRenewalWindow(**at(CLOSES_ON))).then_refused(clause="21")
        assert problem.accepts == "the close after 2014-03-15"

    def test_it_closes_once_and_as_of_its_last_day_whenever_that_is_noticed(self) -> None:
        late = CloseRenewalWindow(**at(date(2014, 4, 1)))
        certificate(ISSUED, self.WINDOW).when(late).then(self.CLOSED)
        certificate(ISSUED, self.WINDOW, self.CLOSED).when(late).then()


@pytest.mark.clause(ORDER_109, "20", "25")
class TestExpiry:
    EXPIRED = CertificateExpired(certificate_id=ID, case_id="case-1", institution_id="kaznu", expired_on=VALID_UNTIL)

    def test_it_is_in_force_on_its_first_and_its_last_day(self) -> None:
        days = [date(2010, 3, 14), TODAY, VALID_UNTIL, date(2015, 3, 16)]
        assert [valid_on(day, TODAY, VALID_UNTIL) for day in days] == [False, True, True, False]

    def test_it_lapses_after_its_last_local_day_and_not_before(self) -> None:
        last_minute = datetime(2015, 3, 15, 17, 59, tzinfo=UTC)
        problem = certificate(ISSUED).when(ExpireCertificate(at=last_minute, by="timer")).then_refused(clause="25")
        assert "after 2015-03-15" in problem.accepts
        midnight = datetime(2015, 3, 15, 18, 0, tzinfo=UTC)
        certificate(ISSUED).when(ExpireCertificate(at=midnight, by="timer")).then(self.EXPIRED)

    def test_it_lapses_once(self) -> None:
        certificate(ISSUED, self.EXPIRED).when(ExpireCertificate(**at(date(2015, 4, 1)))).then()


@pytest.mark.clause(ORDER_109, "23")
class TestBlanks:
    def test_a_batch_is_entered_with_its_series_and_numbers(self) -> None:
        book().when(receive(1, 50)).then(BATCH)

    @pytest.mark.parametrize(("first", "last"), [(1, 50), (50, 60), (10, 20), (0, 1), (0, 99)])
    def test_no_number_is_entered_twice(self, first: int, last: int) -> None:
        book(BATCH).when(receive(first, last)).then_refused(clause="23", words="1 to 50")

    def test_other_numbers_and_other_series_are(self) -> None:
        book(BATCH).when(receive(51, 60)).then_types(BlanksReceived)
        book(BATCH).when(receive(1, 50, series="AC")).then_types(BlanksReceived)

    def test_a_batch_makes_sense(self) -> None:
        book().when(receive(9, 8)).then_refused(clause="23", words="ends before it begins")
        book().when(receive(1, 1000, digits=3)).then_refused(clause="23", words="more than 3 digits")

    @pytest.mark.parametrize(
        ("number", "there"),
        [
            ("AB 000001", True),
            ("AB 000050", True),
            ("AB 000051", False),
            ("AB 000000", False),
            ("AC 000007", False),
            ("AB 7", False),
            ("AB 00000٧", False),
            ("000007", False),
        ],
    )
    def test_the_book_knows_a_blank_as_it_is_printed(self, number: str, there: bool) -> None:
        assert BLANKS.fold([BATCH]).knows(number) is there

    def test_a_spoiled_blank_is_written_off_once(self) -> None:
        book(BATCH).when(spoil()).then(SPOILED)
        assert isinstance(book(BATCH, SPOILED).when(spoil()).then_refused(words="already"), Conflict)

    def test_only_blanks_of_the_book_are_spoiled(self) -> None:
        book(BATCH).when(spoil("AB 000099")).then_refused(clause="23", words="no blank AB 000099")
