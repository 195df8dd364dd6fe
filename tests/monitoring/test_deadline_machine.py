"""A deadline lives through random lives: whatever is asked of it, in whatever order, on whatever day, by both rulebooks.

The model beside it is a diary: it passes day after day and notes those on which the clock stood still.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chassis.decider import Command
from chassis.events import Event, Recorded
from chassis.problems import Problem
from chassis.readmodels import project
from regulations import calendar_for, load
from services.monitoring.contract import DeadlineMet, DeadlineResumed, DeadlineSet, DeadlineWithdrawn
from services.monitoring.domain import deadline as domain
from services.monitoring.domain.deadline import (
    DEADLINE,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    MoveAnchor,
    RecomputeDeadline,
    RemindOfDeadline,
    ResumeDeadline,
    SetDeadline,
    SuspendDeadline,
    WithdrawDeadline,
)
from services.monitoring.readmodels import deadlines
from tests.monitoring.test_recomputation import ANNOUNCED

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
DAY = timedelta(days=1)
TERMS = st.sampled_from(
    [
        *((ORDER_109, term) for term in ("visit_report", "certificate_issue", "overall", "renewal_application", "contract:visit")),
        *((IQAA, term) for term in ("materials_to_experts", "contract:first_version", "contract:external_audit")),
    ]
)
#: They run back from a day that is still to come.
BACKWARD = ("renewal_application", "materials_to_experts")
A_FEW_DAYS = st.sampled_from([0, 1, 2, 7, 40])

#: Or most lives would be over before anything has happened in them.
late_in_life = precondition(lambda machine: len(machine.history) > 5)


class DeadlineMachine(RuleBasedStateMachine):
    """One deadline, asked by fold and decide alone."""

    @initialize(of=TERMS)
    def set(self, of: tuple[str, str]) -> None:
        rulebook, term = of
        self.calendar = calendar_for("KZ")
        self.today, self.stood_still = date(2010, 3, 1), set[date]()
        self.state, self.history, self.shown = DEADLINE.initial, list[Event](), dict[str, Any]()
        backward, by_contract = term in BACKWARD, term.startswith("contract:")
        self.anchor_on = self.today + (400 * DAY if backward else 0 * DAY)
        self.moved = False
        ids = {"deadline_id": "d", "case_id": "c", "workflow_id": "c", "institution_id": "i"}
        due_on = self.today + 20 * DAY if by_contract else None
        self.ask(SetDeadline, **ids, rulebook=load(rulebook).ref, rule=term, anchor_on=self.anchor_on, due_on=due_on)

    def ask(self, kind: type[Command], **fields: Any) -> list[Event]:
        """Asks today, and a second time: once is as good as twice. What is refused leaves no trace."""
        command = kind(at=datetime.combine(self.today, time(6), UTC), by="somebody", **fields)
        facts = self.decide(command)
        for fact in facts:
            self.state = DEADLINE.evolve(self.state, fact)
            self.history.append(fact)
            self.show(fact)
        assert self.decide(command) == []
        return facts

    def decide(self, command: Command) -> list[Event]:
        try:
            with patch.object(domain, "calendar_for", lambda country: self.calendar):
                return list(DEADLINE.decide(command, self.state, DEADLINE.rules(command, self.state)))
        except Problem:
            return []

    def show(self, fact: Event) -> None:
        at, version = datetime.combine(self.today, time(6), UTC), len(self.history)
        for write in project([deadlines], Recorded(fact, f"e-{version}", "monitoring", "a", "deadline-d", version, at, at, {})):
            self.shown |= write.values

    @rule(days=A_FEW_DAYS)
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            if self.state.standing == "suspended":
                self.stood_still.add(self.today)
            self.today += DAY

    @rule()
    def remind(self) -> None:
        self.ask(RemindOfDeadline)

    @rule()
    def miss(self) -> None:
        over = self.state.standing == "open" and self.today > self.state.due_on
        assert bool(self.ask(MissDeadline)) is over

    @late_in_life
    @rule()
    def meet(self) -> None:
        due_on, clock_runs = self.state.due_on, self.state.standing != "suspended"
        for fact in self.ask(MeetDeadline, on=self.today):
            assert isinstance(fact, DeadlineMet)
            assert fact.late_days == (max(0, (self.today - due_on).days) if clock_runs else 0)

    @rule(days=A_FEW_DAYS)
    def extend(self, days: int) -> None:
        before = self.state.due_on
        if self.ask(ExtendDeadline, due_on=before + days * DAY, reason="Illness"):
            assert self.state.due_on == before + days * DAY > before

    @rule()
    def suspend(self) -> None:
        runs = self.state.standing == "open" and self.today <= self.state.due_on
        assert bool(self.ask(SuspendDeadline, on=self.today, reason="Flood")) is runs

    @rule()
    def resume(self) -> None:
        lost = sum(day >= self.anchor_on or not self.moved for day in self.stood_still)
        for fact in self.ask(ResumeDeadline, on=self.today):
            assert isinstance(fact, DeadlineResumed)
            assert fact.lost_days == lost
            assert fact.due_on >= fact.previous_due_on + lost * DAY
            assert fact.due_on >= self.today or self.moved
            self.stood_still.clear()

    @rule(days=st.integers(-5, 30))
    def move_the_anchor(self, days: int) -> None:
        to, given = self.anchor_on + days * DAY, self.state.extended_to
        if self.ask(MoveAnchor, anchor_on=to):
            self.anchor_on, self.moved = to, True
            assert given is None or self.state.due_on >= given

    @rule()
    def the_calendar_changes(self) -> None:
        self.calendar = ANNOUNCED if self.calendar == calendar_for("KZ") else calendar_for("KZ")

    @rule()
    def recompute(self) -> None:
        """By a calendar that has not changed nothing follows; what the contract sets hangs on none (IQAA S1.b.2)."""
        given, outdated = self.state.extended_to, self.state.calendar_version != self.calendar.version
        runs = self.state.standing == "open" and not self.state.by_contract
        assert bool(self.ask(RecomputeDeadline)) is (runs and outdated)
        assert given is None or self.state.due_on >= given

    @late_in_life
    @rule()
    def withdraw(self) -> None:
        self.ask(WithdrawDeadline, reason="The case was closed")

    @invariant()
    def it_is_set_once_and_has_one_end(self) -> None:
        ends = [number for number, fact in enumerate(self.history, 1) if isinstance(fact, DeadlineMet | DeadlineWithdrawn)]
        assert ends in ([], [len(self.history)])
        assert [isinstance(fact, DeadlineSet) for fact in self.history].count(True) == 1

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        assert DEADLINE.fold(self.history) == self.state

    @invariant()
    def the_register_shows_it_as_it_stands(self) -> None:
        told = {**self.shown, "state": self.shown["state"].removesuffix("_late")}
        for name, value in {"state": self.state.standing, "due_on": self.state.due_on, "suspended_on": self.state.suspended_on}.items():
            assert told.get(name) == value

    @invariant()
    def what_is_offered_is_what_is_not_over(self) -> None:
        refused = {kind.__name__ for kind, why in DEADLINE.refusals(self.state, load(self.state.set_terms.rulebook.id)).items() if why}
        over, still = self.state.standing in ("met", "missed", "withdrawn"), self.state.standing == "suspended"
        assert ("WithdrawDeadline" in refused) is over
        assert ("ExtendDeadline" in refused) is (over or still)

    @invariant()
    def a_reminder_comes_before_the_end(self) -> None:
        assert all(day < self.state.due_on for day in self.state.reminders)


TestDeadlineMachine = DeadlineMachine.TestCase
TestDeadlineMachine.settings = settings(derandomize=True, deadline=None, max_examples=150, stateful_step_count=40)
