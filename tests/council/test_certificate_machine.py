"""Certificates live through random lives beside the agency's book of blanks: a term, an early end, duplicates, sanctions."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from chassis.documents import Document
from chassis.problems import Conflict
from regulations import load
from services.council.contract import (
    BlankSpoiled,
    BlanksReceived,
    CertificateEnded,
    CertificateExpired,
    CertificateExtended,
    CertificateIssued,
    CertificateReceived,
    CertificateRecorded,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    NationalRegisterTold,
    RenewalWindowClosed,
    RenewalWindowOpened,
    SuspensionTermEnded,
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
from services.council.domain.followed import ReceiveCertificate
from services.council.domain.sanctions import EndSuspensionTerm, TellNationalRegister
from tests.council.cases import at, decided
from tests.council.followed import AAKR, RECORDED, extend, record, resolution, restore, revoke, suspend
from tests.council.machine import LIVES, Life
from tests.council.resolutions import EXTENDED, RULES, SAPATTUU, SUSPENDED, WITHDRAWN

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


DAY = timedelta(days=1)
FEW = st.sampled_from([0, 0, 1, 2, 29, 30, 31, 200])


class FollowedLife(Life):
    """A certificate from outside under the sanctions of its follow-up, whatever is tried on whatever day."""

    decider = CERTIFICATE
    sanctions: bool

    @initialize(after=st.sampled_from([0, 1, 700, 1200]))
    def recorded(self, after: int) -> None:
        self.today = RECORDED.issued_on + after * DAY
        self.born()
        self.decisions = 0
        self.asked = record(on=self.today, rulebook=self.book.ref, kind=None)
        assert [type(fact) for fact in self.ask(self.asked)] == [CertificateRecorded]

    @property
    def last_day(self) -> date:
        restored = self.of(CertificateRestored)
        return restored[-1].valid_until if restored else RECORDED.valid_until

    def resolved(self, item: Any, back: int, certificate: str = "cert-1") -> Any:
        self.decisions += 1
        day = max(RECORDED.issued_on, self.today - back * DAY)
        told = [fact.restored_on for fact in self.of(CertificateRestored)]
        return resolution(item, decision_id=f"d-{self.decisions}", adopted_on=max([day, *told]), certificate_id=certificate)

    @rule(days=FEW)
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @rule()
    def it_is_recorded_again(self) -> None:
        assert self.ask(self.asked) == []

    @rule(back=FEW)
    def it_is_received(self, back: int) -> None:
        for fact in self.ask(ReceiveCertificate(**at(self.today), received_on=self.today - back * DAY)):
            assert RECORDED.issued_on <= fact.received_on <= self.today  # type: ignore[attr-defined]

    @rule(back=FEW, until=FEW, other=st.sampled_from(["cert-1", "cert-1", "cert-1", "another"]))
    def the_council_suspends(self, back: int, until: int, other: str) -> None:
        day = max(RECORDED.issued_on, self.today - back * DAY)
        item = SUSPENDED.model_copy(update={"until": day + (until + 1) * DAY})
        adopted = self.resolved(item, back, other)
        facts = self.ask(suspend(on=self.today, adopted=adopted))
        over = self.of(CertificateRevoked, CertificateExpired) or adopted.adopted_on > self.last_day
        assert bool(facts) is (self.sanctions and other == "cert-1" and not over)
        assert self.ask(suspend(on=self.today, adopted=adopted)) == []

    @rule(back=FEW)
    def the_council_withdraws(self, back: int) -> None:
        suspended = [fact.suspended_on for fact in self.of(CertificateSuspended)]
        adopted = self.resolved(WITHDRAWN, back)
        if all(day <= adopted.adopted_on for day in suspended):
            self.ask(revoke(on=self.today, adopted=adopted))

    @rule()
    def timers_fire(self) -> None:
        expired = self.ask(ExpireCertificate(**at(self.today)))
        assert bool(expired) <= (self.today > self.last_day)
        for fact in self.ask(EndSuspensionTerm(**at(self.today))):
            assert fact.ended_on == self.of(CertificateSuspended)[-1].until < self.today  # type: ignore[attr-defined]

    @rule(back=FEW, entered=st.sampled_from([None, -1, 0, 1, 400]))
    def it_is_restored(self, back: int, entered: int | None) -> None:
        before, valid = self.last_day, self.state.in_force(self.today)
        command = restore(self.today, self.today - back * DAY, None if entered is None else before + entered * DAY)
        for fact in self.ask(command):
            assert isinstance(fact, CertificateRestored)
            assert not valid
            assert fact.previous_valid_until == before
            assert fact.proposed_valid_until == before + fact.lost_days * DAY
            assert fact.valid_until > before or fact.lost_days == 0
            assert self.state.in_force(self.today)

    @rule()
    def who_keeps_the_national_register_is_told(self) -> None:
        told = self.ask(TellNationalRegister(**at(self.today), outgoing_number="1", told_on=self.today))
        assert not told or self.of(CertificateRevoked)

    @rule(back=FEW)
    def the_council_extends(self, back: int) -> None:
        """Another stream begins; this one changes nothing."""
        adopted = self.resolved(EXTENDED, back)
        facts = {"earlier": self.state.issued, "suspended": bool(self.state.suspended), "over": self.state.over, "adopted": adopted}
        try:
            [made] = CERTIFICATE.decide(extend(on=self.today, **facts), CERTIFICATE.initial, RULES)
        except Conflict:
            assert facts["suspended"] or facts["over"]
            return
        assert isinstance(made, CertificateExtended)
        assert made.counts_from == max(self.last_day + DAY, adopted.adopted_on)
        assert made.gap_days == (made.counts_from - self.last_day).days - 1
        own = CERTIFICATE.fold([made])
        assert own.in_force(made.counts_from)
        assert not (own.in_force(self.last_day) and self.state.in_force(self.last_day))

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()

    @invariant()
    def it_is_over_once(self) -> None:
        assert len(self.of(CertificateRevoked)) <= 1
        assert len(self.of(CertificateExpired)) <= 1
        assert len(self.of(NationalRegisterTold)) <= len(self.of(CertificateRevoked))
        assert len(self.of(CertificateReceived)) <= 1
        assert len(self.of(SuspensionTermEnded)) <= len(self.of(CertificateSuspended))

    @invariant()
    def every_day_of_it_is_what_its_facts_say(self) -> None:
        """Past and to come, told from the facts alone."""
        revoked = next((fact.revoked_on for fact in self.of(CertificateRevoked)), date.max)
        away: list[tuple[date, date]] = []
        for fact in self.of(CertificateSuspended, CertificateRestored):
            if isinstance(fact, CertificateRestored):
                away[-1] = (away[-1][0], fact.restored_on)
            elif not away or away[-1][1] < date.max:
                away.append((fact.suspended_on, date.max))
        corners = {RECORDED.issued_on, self.last_day, self.today, *(day for stay in away for day in stay if day < date.max)}
        for day in {corner + step * DAY for corner in corners for step in (-1, 0, 1)}:
            valid = RECORDED.issued_on <= day <= self.last_day and day < revoked and not any(a <= day < b for a, b in away)
            assert self.state.in_force(day) is valid, (day, self.state)


class ByAakr(FollowedLife):
    book = AAKR
    sanctions = False


class BySapattuu(FollowedLife):
    book = RULES
    sanctions = True


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


class TestFollowedByAakr(ByAakr.TestCase):
    settings = LIVES


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.2.s1", "3.3.b.s1", "3.3.b.s2", "3.3.b.s3", "3.3.c")
class TestFollowedBySapattuu(BySapattuu.TestCase):
    settings = LIVES


@pytest.mark.clause(ORDER_109, "23")
class TestBookOfBlanks(BookLife.TestCase):
    settings = LIVES
