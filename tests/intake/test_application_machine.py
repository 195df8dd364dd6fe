"""A case lives through random lives by both rulebooks: whatever is asked of it, in whatever order and on whatever day.

The model beside it is what a person at the desk would remember: papers, signatures, days. Each assertion names the clause that it is of.
"""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from chassis.documents import Document
from chassis.events import Event
from regulations import load
from services.intake.contract import (
    ApplicationCorrected,
    ApplicationWithdrawn,
    CaseClosed,
    CaseDiscontinued,
    CaseReopened,
    CaseResumed,
    CaseSuspended,
    ContractConcluded,
    ContractSigned,
    ContractTerminated,
)
from services.intake.domain.agreement import SIDES, DrawUpContract, RecordProcurement, SignContract
from services.intake.domain.application import APPLICATION, AttachDocument, EndCase, FileApplication, RegisterApplication
from services.intake.domain.corrections import corrections
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.schedule import ScheduleCase
from services.intake.domain.standards import AdoptedStandards
from services.intake.domain.standing import (
    DiscontinueCase,
    ResumeCase,
    SuspendCase,
    TakeUpAgain,
    TerminateContract,
    WithdrawApplication,
)
from services.intake.readmodels import applications
from tests.intake.machine import DAY, SETTINGS, Life

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
PARTS = ("rights_and_duties", "cost", "stages", "time_limits")
ENDS = (ApplicationWithdrawn, ContractTerminated, CaseDiscontinued)
REACHED: Counter[tuple[str, str]] = Counter()

OF = st.sampled_from([ORDER_109, IQAA])
OWNERS = st.sampled_from(["state", "state", "other", None])
FAR = st.sampled_from([0, 1, 2, 4, 6, 7, 8, 9, 10])
CLOSING = st.sampled_from([None, None, None, None, 0, 5])
MOSTLY = st.sampled_from([True, True, True, False])
DAYS = st.sampled_from([0, 0, 1, 3])
SIDE = st.sampled_from(SIDES)
#: Or most lives would be over before anything has happened in them.
late_in_life = precondition(lambda life: life.asked > 12)
PERSON = st.sampled_from(["aigul", "dana"])


class CaseMachine(Life):
    """One case, with what the rest of the world knows beside it: the ownership, the council's decision, the end of the institution."""

    decider, model = APPLICATION, applications

    @initialize(rulebook=OF, ownership=OWNERS, far=FAR, closing=CLOSING)
    def begin(self, rulebook: str, ownership: str | None, far: int, closing: int | None) -> None:
        """A case that has gone `far` on its way, if the way is open to it."""
        self.rules, self.ownership = load(rulebook), ownership
        self.papers: set[str] = set()
        self.parts: set[str] = set()
        self.signed: set[str] = set()
        self.schedules: set[int] = {2010}
        self.procured_on: date | None = None
        self.decided_on: date | None = None
        self.closed_on = None if closing is None else self.today + closing * DAY
        self.coordinator, self.first, self.travelled = "", None, False
        needed = [kind for kind, paper in self.rules.documents.items() if "institutional" in paper.required_for]
        way = [
            lambda: self.file(True),
            lambda: [self.attach(kind) for kind in needed],
            lambda: self.register(),
            lambda: self.draw_up(True, True),
            lambda: self.procure(1),
            lambda: self.sign(SIDES[0], True),
            lambda: self.sign(SIDES[1], True),
            lambda: self.appoint("aigul", False),
            lambda: self.travel("aigul", 1, 0),
            lambda: self.hold_seminar("The report", 0),
        ]
        for step in way[:far]:
            step()

    @rule(documented=MOSTLY)
    def file(self, documented: bool) -> None:
        papers = ("application",) if documented else ()
        names = ("institutional", "1")
        facts = self.ask(
            FileApplication,
            case_id="1",
            institution_id="kaznu",
            kind="institutional",
            programmes=(),
            levels=("higher",),
            rulebook=self.rules.ref,
            standards=names[0],
            standards_version=names[1],
            documents=tuple(self._paper(kind) for kind in papers),
            adopted=True,
            adopted_standards=(AdoptedStandards(*names, "institutional"),),
            institution_closed_on=self.closed_on,
        )
        if facts:
            assert len(self.history) == 1, "a case is filed once"
            assert self.closed_on is None or self.closed_on > self.today
            self.papers |= set(papers)

    @staticmethod
    def _paper(kind: str) -> Document:
        return Document(kind=kind, name=kind, sha256="a" * 64)

    @rule(kind=st.sampled_from(["application", "activity_description", "licence_copies", "state_licence", "licence_annexes", "other"]))
    def attach(self, kind: str) -> None:
        if self.state.filed and self.ask(AttachDocument, document=self._paper(kind)):
            assert kind not in self.papers
            self.papers.add(kind)

    @rule()
    def register(self) -> None:
        """With every document alone (order 109, p. 8.1, 8.2, 10; IQAA S1.a)."""
        if self.state.filed and self.ask(RegisterApplication, number="17"):
            needed = {kind for kind, paper in self.rules.documents.items() if "institutional" in paper.required_for}
            assert needed <= self.papers

    @rule(whole=MOSTLY, same=MOSTLY)
    def draw_up(self, whole: bool, same: bool) -> None:
        """With every part alone (IQAA S1.b.2), and before the first signature."""
        known = PARTS if self.rules.id == IQAA else ()
        parts = dict.fromkeys(known if whole else known[1:], "As agreed.")
        number = "K-5" if same else "K-6"
        if self.state.filed and self.ask(DrawUpContract, contract_number=number, parts=parts, amount="1", currency="KZT"):
            assert not self.signed
            self.parts, self.number = set(parts), number
            assert self.parts == set(known)

    @rule(ago=DAYS)
    def procure(self, ago: int) -> None:
        on = self.today - ago * DAY
        if self.state.filed and self.ask(RecordProcurement, reference=f"No. {on}", completed_on=on):
            assert not self.signed
            self.procured_on = on

    @rule(side=SIDE, same=MOSTLY)
    def sign(self, side: str, same: bool) -> None:
        """Each side once, under the contract that is drawn up (order 109, p. 9.1; IQAA S1.b.1, S1.b.2), and with a state organisation
        only after the procurement (S1.b.3)."""
        number = getattr(self, "number", "K-5") if same else "K-9"
        named = {"contract_number": number, "side": side, "signatory_id": side, "signatory_name": "Name"}
        if not self.state.filed:
            return
        facts = self.ask(SignContract, **named, ownership=self.ownership)
        if facts:
            assert side not in self.signed
            self.signed.add(side)
            if self.rules.id == IQAA:
                assert self.parts == set(PARTS)
                assert self.ownership == "other" or (self.ownership == "state" and self.procured_on and self.procured_on < self.today)
            assert any(isinstance(fact, ContractConcluded) for fact in facts) is (self.signed == set(SIDES))
            self.first = self.state.preparation.first_time
            assert (self.first is not None) is (self.rules.id == IQAA and self.signed == set(SIDES))

    @rule(person=PERSON, reasoned=MOSTLY)
    def appoint(self, person: str, reasoned: bool) -> None:
        """After the contract, where the rulebook has the step (IQAA S1.c.1)."""
        named = {"coordinator_id": person, "coordinator_name": "Name", "act": "Order 14", "reason": "Ill." if reasoned else None}
        if self.state.filed and self.ask(AppointCoordinator, **named):
            assert self.rules.id == ORDER_109 or self.signed == set(SIDES)
            assert person != self.coordinator
            assert reasoned or not self.coordinator
            self.coordinator = person

    @rule(first=st.booleans())
    def state_first_time(self, first: bool) -> None:
        if self.state.filed and self.ask(StateFirstTime, first_time=first, reason="New."):
            assert self.first is not None
            assert not self.travelled
            self.first = first

    @rule(person=PERSON, starts=DAYS, ends=DAYS)
    def travel(self, person: str, starts: int, ends: int) -> None:
        """Once, by the coordinator, to a client that is new (IQAA S1.c.2)."""
        days = {"starts_on": self.today - starts * DAY, "ends_on": self.today - ends * DAY}
        if self.state.filed and self.ask(RecordPreliminaryTrip, traveller_id=person, **days):
            assert self.first
            assert person == self.coordinator
            assert not self.travelled
            assert days["starts_on"] <= days["ends_on"]
            self.travelled = True

    @rule(subject=st.sampled_from(["The report", "The evidence"]), ago=st.sampled_from([-1, 0, 1]))
    def hold_seminar(self, subject: str, ago: int) -> None:
        """After the coordinator, and after the trip where one is due (IQAA S1.d)."""
        if self.state.filed and self.ask(RecordSeminar, subject=subject, held_on=self.today - ago * DAY, attended=30):
            assert ago >= 0
            assert self.rules.id == ORDER_109 or (self.coordinator and (self.travelled or not self.first))

    @rule(year=st.sampled_from([2010, 2011]), month=st.integers(1, 12))
    def schedule(self, year: int, month: int) -> None:
        """In a schedule that is adopted, where the rulebook has schedules (order 109, p. 12)."""
        if self.state.filed and self.ask(ScheduleCase, year=year, month=month, schedule_adopted=year in self.schedules):
            assert year in self.schedules or "schedule" not in self.rules.registers
            assert self.state.scheduled == (year, month)

    @rule(stops=st.booleans())
    def suspend(self, stops: bool) -> None:
        if self.state.filed:
            self.ask(SuspendCase, reason="A flood.", act="Order 7", stops_clock=stops)

    @rule()
    def resume(self) -> None:
        since = self.state.suspended
        for fact in self.ask(ResumeCase, reason="It is over.") if self.state.filed else []:
            assert isinstance(fact, CaseResumed)
            assert (fact.suspended_on, fact.stopped_clock) == (since.suspended_on, since.stops_clock)

    @late_in_life
    @rule()
    def withdraw(self) -> None:
        """Nobody takes back what the council has decided."""
        if self.state.filed and self.ask(WithdrawApplication, reason="Why.", decided_on=self.decided_on):
            assert self.decided_on is None

    @rule()
    def terminate(self) -> None:
        """What is concluded, and on which the council has not decided."""
        if self.state.filed and self.ask(TerminateContract, terminated_by="both", grounds="Why.", decided_on=self.decided_on):
            assert self.decided_on is None
            assert self.signed == set(SIDES)

    @late_in_life
    @rule(closed=st.booleans())
    def discontinue(self, closed: bool) -> None:
        ground = "institution_closed" if closed else "other"
        known = {"institution_closed_on": self.closed_on, "decided_on": self.decided_on}
        if self.state.filed and self.ask(DiscontinueCase, ground=ground, reason="Why.", act="Order 8", **known):
            assert closed or self.decided_on is None
            assert not closed or (self.closed_on is not None and self.closed_on <= self.today)

    @late_in_life
    @rule()
    def end(self) -> None:
        if self.state.filed:
            self.ask(EndCase, outcome="accredit")
            assert self.state.stage == "closed" or self.state.suspended

    @rule()
    def reopen(self) -> None:
        """For an appeal, a case that was decided and closed (order 109, p. 27; IQAA S3.e)."""
        closed = self.state.stage == "closed"
        if self.state.filed and self.ask(TakeUpAgain, appeal_id="a-1"):
            assert closed
            assert not self.told(*ENDS)

    @rule(place=st.integers(0, 5), day=st.sampled_from([-3, -1, 0, 1]), number=st.sampled_from(["17", "71"]))
    def put_right(self, place: int, day: int, number: str) -> None:
        """What a correction leaves could have been so."""
        places = [number for number, fact in enumerate(self.history, 1) if type(fact).correctable or number % 9 == 0]
        if not places:
            return
        before, on, place = self.state, self.today + day * DAY, places[place % len(places)]
        values = {"number": number, "act": "Order 9", "attended": 31, "reference": f"No. {on}"}
        fields = type(self.history[place - 1]).correctable
        right = {name: values.get(name, on.isoformat()) for name in sorted(fields)} or {"case_id": "2"}
        if self.correct(corrections(before, self.ownership, self.rules, self.today), place, right):
            assert (self.state.stage, self.state.suspended is None) == (before.stage, before.suspended is None)
            procurement = self.state.contract.procurement
            self.procured_on = procurement.completed_on if procurement else None
            assert all(held_on <= self.today for _, held_on in self.state.preparation.seminars)
            assert len(set(self.state.preparation.seminars)) == len(before.preparation.seminars)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(what=st.sampled_from(["schedule", "schedule", "decision", "closing"]), year=st.sampled_from([2010, 2011]))
    def the_world_goes_on(self, what: str, year: int) -> None:
        if what == "schedule":
            self.schedules.add(year)
        elif what == "decision" and self.state.stage == "contracted":
            self.decided_on = self.decided_on or self.today
        elif what == "closing":
            self.closed_on = self.closed_on or self.today + 2 * DAY

    @invariant()
    def it_reads_as_it_stands(self) -> None:
        assert APPLICATION.fold(self.history) == self.state
        if self.history:
            assert self.row["version"] == len(self.history)
            assert self.row["stage"] == self.state.stage
            assert self.row.get("suspended_on") == (self.state.suspended.suspended_on if self.state.suspended else None)
            assert self.row.get("first_time") == self.state.preparation.first_time
            trip = self.state.preparation.trip_days or (None, None)
            assert (self.row.get("trip_starts_on"), self.row.get("trip_ends_on")) == trip

    @invariant()
    def a_contract_has_two_signatures(self) -> None:
        """Order 109, p. 9.1; IQAA S1.b.1."""
        signed = [fact.side for fact in self.history if isinstance(fact, ContractSigned)]
        assert len(signed) == len(set(signed))
        assert len(self.told(ContractConcluded)) == (len(signed) == len(SIDES))

    @invariant()
    def with_a_state_organisation_the_contract_comes_after_the_procurement(self) -> None:
        """IQAA S1.b.3, corrections or not."""
        if self.history and self.rules.id == IQAA and self.ownership == "state" and self.signed:
            assert self.procured_on is not None
            assert self.procured_on < self.state.contract.first_signed_on

    @invariant()
    def what_ended_without_a_decision_is_at_most_closed_and_put_right(self) -> None:
        ended = next((place for place, fact in enumerate(self.history) if isinstance(fact, ENDS)), None)
        after = self.history[ended + 1 :] if ended is not None else []
        assert all(isinstance(fact, CaseClosed | ApplicationCorrected) for fact in after)
        assert sum(isinstance(fact, CaseClosed) for fact in after) <= 1

    @invariant()
    def while_it_is_suspended_nothing_happens_to_it(self) -> None:
        still: Event | None = None
        for fact in self.history:
            if still is not None:
                assert isinstance(fact, CaseResumed | ApplicationCorrected | ENDS[0] | ENDS[1] | ENDS[2])
            still = fact if isinstance(fact, CaseSuspended) or (still and isinstance(fact, ApplicationCorrected)) else None

    @invariant()
    def it_is_closed_once_for_each_time_that_it_was_open(self) -> None:
        turns = [fact for fact in self.history if isinstance(fact, CaseClosed | CaseReopened)]
        assert all(isinstance(fact, CaseClosed) is (place % 2 == 0) for place, fact in enumerate(turns))

    def teardown(self) -> None:
        if hasattr(self, "rules"):
            REACHED.update((self.rules.id, type(fact).__name__) for fact in self.history)


@pytest.mark.clause(ORDER_109, "8.1", "8.2", "9.1", "10", "12", "27")
@pytest.mark.clause(IQAA, "S1.a", "S1.b.1", "S1.b.2", "S1.b.3", "S1.c.1", "S1.c.2", "S1.d", "S3.e")
def test_a_case_keeps_its_rulebook_whatever_is_asked_of_it() -> None:
    REACHED.clear()
    run_state_machine_as_test(CaseMachine, settings=settings(SETTINGS, max_examples=600))
    of_iqaa_alone = {"FirstTimeStated", "PreliminaryTripMade"}
    every = {kind for command in APPLICATION.guards for kind in command.records} | {ApplicationCorrected}
    for rulebook in (ORDER_109, IQAA):
        reached = {kind for of, kind in REACHED if of == rulebook}
        assert reached == {kind.__name__ for kind in every} - (of_iqaa_alone if rulebook == ORDER_109 else set())
