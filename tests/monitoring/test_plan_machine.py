"""A plan lives through random lives: whatever is asked of it, in whatever order, on whatever day, by both regulations.

The model beside it is a ledger of measures: what they are by now, and which of them were reported done.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.decider import Command
from chassis.events import Event, Recorded
from chassis.problems import Problem
from chassis.readmodels import project
from regulations import load
from services.monitoring.contract import Measure, MeasureProgressed, PlanAmended, PlanChangesRequested, PlanReviewed, PlanSubmitted
from services.monitoring.domain.plan import (
    PLAN,
    AmendPlan,
    Draft,
    ReceiveDocuments,
    ReportProgress,
    RequestPlanChanges,
    ReviewPlan,
    SubmitPlan,
)
from services.monitoring.domain.plan_guards import stands
from services.monitoring.readmodels_plan import plans
from tests.monitoring.plans import AAKR, APPROVERS, AWAITED, EXPIRES, OWN, RECOMMENDED, SAPATTUU, awaiting, certified, document, measure

DAY = timedelta(days=1)
LIVES = st.sampled_from([(AAKR, "conditional"), (SAPATTUU, "conditional_3y"), (SAPATTUU, "full_5y")])
BODIES = st.sampled_from([None, "collegial_body", "institution_management"])
A_FEW_DAYS = st.sampled_from([0, 1, 7, 400])
IDS = ["m-1", "m-2", OWN]
MEASURES = st.lists(
    st.builds(
        measure,
        st.sampled_from(IDS),
        st.sampled_from([None, "r-1", "r-2"]),
        due_on=st.sampled_from([date(2026, 10, 1), EXPIRES, EXPIRES + DAY]),
    ),
    max_size=4,
)
#: Or most lives would be over before anything has happened in them.
WHOLE = st.just([measure("m-1", "r-1"), measure("m-2", "r-2")]) | st.just(
    [measure("m-1", "r-1"), measure("m-2", "r-2", due_on=EXPIRES), measure(OWN, None)]
)
GIVEN = WHOLE | MEASURES


class PlanMachine(RuleBasedStateMachine):
    """One plan, asked by fold and decide alone."""

    @initialize(life=LIVES)
    def awaits(self, life: tuple[str, str]) -> None:
        self.rulebook, self.kind = life
        self.book, self.approver = load(self.rulebook), APPROVERS[self.kind]
        self.today, self.acts = AWAITED, 0
        self.state, self.history, self.shown = PLAN.initial, list[Event](), dict[str, Any]()
        self.measures, self.done = list[Measure](), set[str]()
        assert self.give(awaiting(self.rulebook, self.kind))

    def ask(self, kind: type[Command], **fields: Any) -> list[Event]:
        return self.give(kind(at=datetime.combine(self.today, time(6), UTC), by="somebody", **fields))

    def give(self, command: Command) -> list[Event]:
        """What is refused leaves no trace."""
        try:
            facts = list(PLAN.decide(command, self.state, self.book))
        except Problem:
            return []
        for fact in facts:
            self.state = PLAN.evolve(self.state, fact)
            self.history.append(fact)
            self.show(fact)
        return facts

    def show(self, fact: Event) -> None:
        at, version = datetime.combine(self.today, time(6), UTC), len(self.history)
        for write in project([plans], Recorded(fact, f"e-{version}", "monitoring", "a", "plan-plan-1", version, at, at, {})):
            self.shown |= write.values

    @rule(days=A_FEW_DAYS)
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @rule(ahead=st.integers(-20, 1), further=st.integers(0, 20))
    def receive(self, ahead: int, further: int) -> None:
        order = self.today + ahead * DAY
        again = self.state.documents is not None
        facts = self.ask(ReceiveDocuments, order_received_on=order, conclusion_received_on=order - further * DAY)
        assert bool(facts) is (self.rulebook == SAPATTUU and not again and ahead <= 0)

    @rule(measures=GIVEN, right=st.sampled_from([True, True, False]), body=BODIES)
    def submit(self, measures: list[Measure], right: bool, body: str | None) -> None:
        """A plan comes while none is there that stands or is under review, and however late."""
        before, who = self.state.standing, self.approver if right else body
        act: dict[str, Any] = {"approval_act": f"Act {self.acts}", "approved_on": self.today} if who else {}
        draft = Draft(measures=tuple(measures), document=document(), approved_by=who, **act)
        facts = self.ask(SubmitPlan, draft=draft, certified=certified())
        fits = self.whole(measures) and (self.approver is None or who == self.approver)
        assert bool(facts) is (fits and before in ("awaited", "returned"))
        if facts:
            self.measures, self.acts = measures, self.acts + 1

    def whole(self, measures: list[Measure]) -> bool:
        once = len({each.measure_id for each in measures}) == len(measures)
        covered = self.rulebook == AAKR or {"r-1", "r-2"} <= {each.recommendation_id for each in measures}
        return bool(measures) and once and covered

    @rule(days=st.none() | st.integers(-1, 9))
    def request_changes(self, days: int | None) -> None:
        under_review = self.rulebook == AAKR and self.state.standing == "submitted"
        facts = self.ask(RequestPlanChanges, changes="More.", due_on=None if days is None else self.today + days * DAY)
        assert bool(facts) is (under_review and days != -1)

    @rule()
    def review(self) -> None:
        under_review = self.rulebook == AAKR and self.state.standing == "submitted"
        assert bool(self.ask(ReviewPlan)) is under_review

    @rule(measures=GIVEN, new_act=st.sampled_from([True, True, False]))
    def amend(self, measures: list[Measure], new_act: bool) -> None:
        """What is done is never changed, and where the plan has an approver, each amendment has an act that was not there before."""
        stood, kept = stands(self.state, self.book), [each for each in self.measures if each.measure_id in self.done]
        act = f"Act {self.acts}" if new_act else "Act 0"
        facts = self.ask(AmendPlan, measures=tuple(measures), reason="So.", approval_act=act, certified=certified())
        fits = self.whole(measures) and all(each in measures for each in kept)
        assert bool(facts) is (stood and fits and measures != self.measures and (new_act or self.approver is None))
        if facts:
            self.measures, self.acts = measures, self.acts + 1

    @rule(id_=st.sampled_from(IDS), progress=st.sampled_from(["under_way", "done"]), mark=st.sampled_from("bc"))
    def progress(self, id_: str, progress: str, mark: str) -> None:
        known = stands(self.state, self.book) and id_ in [each.measure_id for each in self.measures]
        facts = self.ask(ReportProgress, measure_id=id_, progress=progress, evidence=(document("orders", mark),))
        assert not facts or (known and (progress == "done" or id_ not in self.done))
        if facts and progress == "done":
            self.done.add(id_)

    @invariant()
    def it_is_as_the_ledger_has_it(self) -> None:
        assert list(self.state.measures) == self.measures
        assert {each.measure_id for each in self.state.done} == self.done
        covered = {each.recommendation_id for each in RECOMMENDED} <= {each.recommendation_id for each in self.measures}
        assert covered or self.rulebook == AAKR or not self.measures

    @invariant()
    def rounds_go_one_by_one_and_a_review_ends_them(self) -> None:
        rounds = [fact.round for fact in self.history if isinstance(fact, PlanSubmitted)]
        asked = [fact.round for fact in self.history if isinstance(fact, PlanChangesRequested)]
        reviews = [fact.round for fact in self.history if isinstance(fact, PlanReviewed)]
        assert rounds == list(range(1, len(rounds) + 1))
        assert asked == list(range(1, len(asked) + 1))
        assert len(rounds) - len(asked) in (0, 1)
        assert reviews in ([], rounds[-1:])

    @invariant()
    def nothing_is_amended_or_carried_out_before_it_stands(self) -> None:
        after = next((n for n, fact in enumerate(self.history) if isinstance(fact, PlanAmended | MeasureProgressed)), None)
        stood = next((n for n, fact in enumerate(self.history) if isinstance(fact, PlanReviewed | PlanSubmitted)), None)
        assert after is None or (stood is not None and stood < after and (self.rulebook == SAPATTUU or self.state.reviewed is not None))

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        assert PLAN.fold(self.history) == self.state

    @invariant()
    def the_register_shows_it_as_it_stands(self) -> None:
        stage = {"returned": "changes_requested"}.get(self.state.standing, self.state.standing)
        told = {"stage": stage, "round": self.state.round, "measures": len(self.measures), "version": len(self.history)}
        assert {name: self.shown[name] for name in told} == told

    @invariant()
    def what_is_offered_is_what_its_state_lets_in(self) -> None:
        refused = {kind.__name__ for kind, why in PLAN.refusals(self.state, self.book).items() if why}
        stood = stands(self.state, self.book)
        assert refused.issuperset({"AmendPlan", "ReportProgress"}) is not stood
        assert refused.isdisjoint({"AmendPlan", "ReportProgress"}) is stood
        assert ("SubmitPlan" in refused) is (self.state.standing not in ("awaited", "returned"))


TestPlanMachine = PlanMachine.TestCase
TestPlanMachine.settings = settings(derandomize=True, deadline=None, max_examples=150, stateful_step_count=40)
