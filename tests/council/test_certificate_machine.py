"""Certificates live through random lives beside the agency's book of blanks: a term, an early end, duplicates, on whatever day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from chassis.documents import Document
from regulations import load
from services.council.contract import (
    BlankSpoiled,
    BlanksReceived,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    RenewalWindowClosed,
    RenewalWindowOpened,
)
from services.council.domain.blanks import BLANKS, ReceiveBlanks, SpoilBlank
from services.council.domain.certificate import (
    CERTIFICATE,
    CloseRenewalWindow,
    EndCertificate,
    EnterRegister,
    ExpireCertificate,
    IssueCertificate,
    IssueDuplicate,
    NotifyAuthorisedBody,
    OpenRenewalWindow,
    PayDuplicate,
    RequestDuplicate,
)
from tests.council.cases import at, decided
from tests.council.machine import LIVES, Life

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
ISSUED_ON = date(2026, 3, 16)
LONG = st.sampled_from([0, 1, 30, 365, 1200])
APPLICATION = Document(kind="duplicate_application", name="Application", sha256="a" * 64)
IDS = {"certificate_id": "c", "case_id": "case-1"}

#: Or most certificates would end before anything has happened to them.
late = precondition(lambda life: len(life.history) > 3)


class CertificateLife(Life):
    decider = CERTIFICATE

    @initialize(stated=st.integers(1, 2000))
    def issue(self, stated: int) -> None:
        self.today = ISSUED_ON
        self.born()
        self.spoiled: set[str] = set()
        fields = {**IDS, "rulebook": self.book.ref, "decision": decided("accredit", scopes=("institution",)), "number": "1"}
        for blank in ({"blank_number": "AB 000001", "blank_received": True}, {}):
            for term in ({}, {"valid_until": ISSUED_ON + timedelta(days=stated), "term_reason": "So decided"}):
                self.ask(IssueCertificate(**at(self.today), **fields, **blank, **term))
        assert [type(fact) for fact in self.history] == [CertificateIssued]
        self.issued: CertificateIssued = self.history[0]  # type: ignore[assignment]

    @rule(outcome=st.sampled_from([None, "refuse"]))
    def another_is_issued(self, outcome: str | None) -> None:
        decision = None if outcome is None else decided(outcome, scopes=("institution",))
        assert not self.ask(IssueCertificate(**at(self.today), **IDS, rulebook=self.book.ref, decision=decision, number="2"))

    @rule(days=LONG)
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(kind=st.sampled_from([OpenRenewalWindow, CloseRenewalWindow, ExpireCertificate]))
    def a_timer_fires(self, kind: Any) -> None:
        for fact in self.ask(kind(**at(self.today))):
            assert not self.of(CertificateEnded)
            if isinstance(fact, CertificateExpired):
                assert self.today > fact.expired_on == self.issued.valid_until
            if isinstance(fact, RenewalWindowOpened):
                assert self.today <= fact.closes_on < self.issued.valid_until
            if isinstance(fact, RenewalWindowClosed):
                assert fact.closed_on < self.today

    @rule(kind=st.sampled_from([EnterRegister, NotifyAuthorisedBody]))
    def a_register_tells_of_it(self, kind: Any) -> None:
        fields = {"outgoing_number": "1"} if kind is NotifyAuthorisedBody else {}
        if self.ask(kind(**at(self.today), **fields)):
            assert not self.ask(kind(**at(self.today), **fields))

    @late
    @rule(ground=st.sampled_from(["liquidation", "reorganisation", "overturned"]), back=LONG, overturned=LONG)
    def it_ends(self, ground: str, back: int, overturned: int) -> None:
        on, since = self.today - timedelta(days=back), self.today - timedelta(days=overturned)
        command = EndCertificate(**at(self.today), ground=ground, act="Order 7", ended_on=on, overturned_on=since)
        for fact in self.ask(command):
            assert self.issued.issued_on <= fact.ended_on <= min(self.today, self.issued.valid_until)
            assert ground != "overturned" or fact.ended_on >= since

    @rule(paid=LONG, blank=st.sampled_from([{}, {"blank_number": "AB 2", "blank_received": True}]), hasty=st.booleans())
    def a_duplicate_is_asked_for(self, paid: int, blank: dict[str, Any], hasty: bool) -> None:
        in_force = self.state.in_force(self.today)
        for fact in self.ask(RequestDuplicate(**at(self.today), application=APPLICATION)):
            assert isinstance(fact, DuplicateRequested)
            assert in_force
        if not hasty:
            self.ask(PayDuplicate(**at(self.today), payment_reference="1", paid_on=self.today + timedelta(days=paid - 1)))
        for fact in self.ask(IssueDuplicate(**at(self.today), **blank)):
            assert in_force
            assert blank
            assert self.of(DuplicatePaid)[-1].round == fact.round
            assert self.of(DuplicatePaid)[-1].paid_on <= self.today

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()

    @invariant()
    def it_ends_once(self) -> None:
        assert len(self.of(CertificateEnded)) <= 1
        assert len(self.of(CertificateExpired)) <= 1
        assert len(self.of(CertificateIssued)) == 1

    @invariant()
    def it_is_in_force_in_its_term_alone(self) -> None:
        ended = self.of(CertificateEnded)
        over = bool(ended) and self.today >= ended[0].ended_on
        assert self.state.in_force(self.today) is (self.today <= self.issued.valid_until and not over)

    @invariant()
    def a_duplicate_is_issued_once_for_each_request(self) -> None:
        assert len(self.of(DuplicateIssued)) <= len(self.of(DuplicateRequested)) <= len(self.of(DuplicateIssued)) + 1


class ByOrder109(CertificateLife):
    book = load(ORDER_109)


class ByIqaa(CertificateLife):
    book = load(IQAA)


class BookLife(Life):
    """The book of blanks: what it holds and what is written off."""

    decider = BLANKS
    book = load(ORDER_109)

    @initialize()
    def opened(self) -> None:
        self.born()

    @rule(first=st.integers(1, 30), many=st.integers(-1, 9), series=st.sampled_from(["AB", "CD"]))
    def receive(self, first: int, many: int, series: str) -> None:
        self.ask(ReceiveBlanks(**at(ISSUED_ON), rulebook=self.book.ref, series=series, first=first, last=first + many, digits=2))

    @rule(number=st.integers(1, 40), series=st.sampled_from(["AB", "CD", "EF"]))
    def spoil(self, number: int, series: str) -> None:
        known = f"{series} {number:02}" in self.numbers()
        written_off = {fact.blank_number for fact in self.of(BlankSpoiled)}
        asked = SpoilBlank(**at(ISSUED_ON), blank_number=f"{series} {number:02}", reason="Torn")
        assert bool(self.ask(asked)) is (known and asked.blank_number not in written_off)

    def numbers(self) -> list[str]:
        return [f"{fact.series} {n:02}" for fact in self.of(BlanksReceived) for n in range(fact.first, fact.last + 1)]

    @invariant()
    def a_blank_is_entered_once_and_written_off_once(self) -> None:
        numbers, spoiled = self.numbers(), [fact.blank_number for fact in self.of(BlankSpoiled)]
        assert len(numbers) == len(set(numbers))
        assert len(spoiled) == len(set(spoiled))
        assert all(self.state.knows(number) for number in numbers)

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()


@pytest.mark.clause(ORDER_109, "20", "21", "24", "25", "26", "27", "28 (a)", "28 (b)")
class TestCertificateByOrder109(ByOrder109.TestCase):
    settings = LIVES


class TestCertificateByIqaa(ByIqaa.TestCase):
    settings = LIVES


@pytest.mark.clause(ORDER_109, "23")
class TestBookOfBlanks(BookLife.TestCase):
    settings = LIVES
