"""A monitoring visit lives through random lives, by either rulebook: whatever is told of it, in whatever order, put right or not.

What must hold is read from its history alone, as the clauses have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chassis.corrected import right_history
from chassis.corrections import Correctable
from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event, Recorded
from chassis.problems import Problem
from chassis.readmodels import project
from regulations import load
from services.visits import contract as facts
from services.visits.contract import VisitFinding
from services.visits.domain.monitoring_visit import (
    MONITORING_VISIT,
    AgreeDates,
    HoldMonitoringVisit,
    InvoiceCosts,
    OpenMonitoringVisit,
    OrderVisit,
    ReportMonitoringVisit,
    check_right,
)
from services.visits.domain.monitoring_visit_group import (
    DecideMemberObjection,
    FormGroup,
    ObjectToMember,
    Proposed,
    ReplaceMember,
    TellGroup,
)
from services.visits.readmodels_monitoring import monitoring_visits
from tests.corrections import days_put_right

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
DAY = timedelta(days=1)
IDS = {"cycle_id": "c", "followup_id": "f", "institution_id": "i"}
PANEL = ("former-0", "former-1")
NAMES = (*PANEL, "new-0", "new-1", "new-2", "bound")
POOL: dict[str, Any] = {"affiliations": {name: ("i",) if name == "bound" else () for name in NAMES}}
FILE = Document(kind="file", name="file.pdf", sha256="a" * 64)
EXPERT = st.sampled_from(NAMES)
NUMBER = st.integers(0, 9)
FLAG = st.booleans()
GROUP = st.lists(EXPERT, min_size=1, max_size=5, unique=True)
SHORT_CUT = st.sampled_from(["", "", "", "", "replace", "order", "agree", "late", "wait", "object", "remove", "hold", "report"])
AHEAD = st.sampled_from([-1, 0, 0, 1, 3])


@dataclass
class Told:
    """What a reader of the history knows when he comes to a fact."""

    members: dict[str, bool] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    objected: set[str] = field(default_factory=set)
    leads: tuple[str | None, bool] = (None, False)
    notice: facts.GroupTold | None = None
    agreed: facts.VisitDatesAgreed | None = None
    order: facts.VisitOrdered | None = None
    stages: list[str] = field(default_factory=list)
    invoices: set[str] = field(default_factory=set)
    payers: set[str] = field(default_factory=set)


class MonitoringVisitMachine(RuleBasedStateMachine):
    """One monitoring visit, asked by fold and decide alone."""

    @initialize(rulebook=st.sampled_from([AAKR, SAPATTUU]), recorded=FLAG, why=FLAG, first=GROUP, life=st.lists(SHORT_CUT, max_size=12))
    def begin(self, rulebook: str, recorded: bool, why: bool, first: list[str], life: list[str]) -> None:
        self.book, self.today = load(rulebook), date(2026, 3, 2)
        self.state, self.history, self.shown = MONITORING_VISIT.initial, list[Event](), dict[str, Any]()
        self.panel: tuple[str, ...] = PANEL if recorded else ()
        self.referent = "referent" if recorded else None
        self.open(2)
        self.open(1)
        if first[0] != PANEL[0]:
            self.form(first, True, True, False, why)
        for short_cut in life:
            self.take_a_short_cut(short_cut)

    @property
    def strict(self) -> bool:
        return self.book.id == SAPATTUU

    @property
    def now(self) -> dict[str, Any]:
        return {"at": datetime.combine(self.today, time(6), UTC), "by": "coordinator"}

    def ask(self, kind: type[Command], /, **fields: Any) -> bool:
        """Whether something happens. What is refused leaves no trace; what is accepted is what the command says it records."""
        command = kind(**self.now, **fields)
        rules = MONITORING_VISIT.rules(command, self.state)
        refusal = MONITORING_VISIT.refusals(self.state, rules)[kind]
        try:
            happened = list(MONITORING_VISIT.decide(command, self.state, rules))
        except Problem:
            return False
        assert refusal is None
        assert {type(fact) for fact in happened} <= set(kind.records)
        for fact in happened:
            self.state = MONITORING_VISIT.evolve(self.state, fact)
            self.history.append(fact)
            at, version = self.now["at"], len(self.history)
            for write in project(
                [monitoring_visits], Recorded(fact, f"e-{version}", "visits", "a", "monitoring_visit-c", version, at, at, {})
            ):
                places = {name.removeprefix("where_"): value for name, value in write.values.items() if name.startswith("where_")}
                if all(self.shown.get(name, value) == value for name, value in places.items()):
                    self.shown |= write.values
        return bool(happened)

    @rule(passing=st.booleans())
    def go_on(self, passing: bool) -> None:
        """The next step of an ordinary life; the days of the visit pass."""
        days = self.state.agreed
        if passing and days and self.state.is_ordered:
            self.today = max(self.today, days.ends_on)
        for step in (
            lambda: self.form(["former-0", "new-0"], True, True, False, True),
            lambda: None if self.state.is_told else self.tell(),
            lambda: None if self.state.is_agreed else self.agree(3, 1, 0, 0),
            lambda: None if self.state.is_ordered else self.order_as_agreed(),
            lambda: self.hold(0, 0),
            lambda: self.report(3),
        ):
            before = len(self.history)
            step()
            if len(self.history) > before:
                return

    @rule(which=SHORT_CUT)
    def take_a_short_cut(self, which: str) -> None:
        """What a careless coordinator tries: a visit that is not told, agreed or ordered as it is held."""
        match which:
            case "replace":
                self.replace(0, "former-1", True, False)
            case "order":
                self.order(0, 0, len(self.history))
            case "agree":
                self.agree(0, 1, 0, 0)
            case "late":
                self.agree(-1, 1, 0, 0)
                self.order(-1, 1, len(self.history))
            case "wait":
                self.today += DAY
            case "report":
                self.report(2)
            case "object":
                self.object(0)
            case "remove":
                self.object(1)
                self.decide(True)
            case "hold":
                self.today = max(self.today, self.state.agreed.ends_on) if self.state.agreed else self.today
                self.hold(0, 0)
            case _:
                self.go_on(True)

    @rule(kind=st.integers(0, 2))
    def open(self, kind: int) -> None:
        word = [*self.book.vocabularies["kinds"], "full_5y"][kind]
        opening = {"panel": self.panel, "case_officer": self.referent}
        kinds = {} if not self.strict and word == "full_5y" else {"kind": word}
        self.ask(OpenMonitoringVisit, **IDS, certificate_id="cert", rulebook=self.book.ref, **opening, **kinds)

    @rule(days=st.sampled_from([1, 2, 7]))
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @rule(
        names=st.lists(EXPERT, min_size=1, max_size=5), said=st.booleans(), director=st.booleans(), leads=st.booleans(), why=st.booleans()
    )
    def form(self, names: list[str], said: bool, director: bool, leads: bool, why: bool) -> None:
        members = tuple(Proposed(name, None if self.panel or not said else name in PANEL) for name in names)
        who = {"case_officer": "referent", "case_officer_leads": True} if leads else {"leader_id": names[0]}
        self.ask(FormGroup, members=members, by_director=director, despite_conflicts="Nobody else" if why else None, **who, **POOL)

    @rule()
    def tell(self) -> None:
        self.ask(TellGroup)

    @rule(place=NUMBER)
    def object(self, place: int) -> None:
        names = (*self.state.expert_ids, "nobody")
        self.ask(ObjectToMember, expert_id=names[min(place, len(names) - 1)], grounds="A dispute")

    @rule(upheld=st.booleans())
    def decide(self, upheld: bool) -> None:
        for name in self.state.objected or ("nobody",):
            self.ask(DecideMemberObjection, expert_id=name, upheld=upheld, reasons="So")

    @rule(place=NUMBER, name=st.none() | EXPERT, why=st.booleans(), leads=st.booleans())
    def replace(self, place: int, name: str | None, why: bool, leads: bool) -> None:
        names = (*self.state.vacant_ids, *self.state.expert_ids, "nobody")
        successor = Proposed(name, None if self.panel else name in PANEL) if name else None
        fields = {"leader_id": name if leads else None, "despite_conflicts": "Why not" if why else None}
        self.ask(ReplaceMember, expert_id=names[place % len(names)], successor=successor, by_director=True, reason="Ill", **fields, **POOL)

    @rule(ahead=AHEAD, length=st.integers(0, 2), agency=st.integers(-2, 1), institution=st.integers(-2, 0))
    def agree(self, ahead: int, length: int, agency: int, institution: int) -> None:
        starts_on = self.today + ahead * DAY
        consents = {"agreed_by_agency_on": self.today + agency * DAY, "agreed_by_institution_on": self.today + institution * DAY}
        self.ask(AgreeDates, starts_on=starts_on, ends_on=starts_on + length * DAY, **consents)

    @rule(ahead=AHEAD, length=st.integers(0, 2), number=NUMBER)
    def order(self, ahead: int, length: int, number: int) -> None:
        starts_on = self.today + ahead * DAY
        self.ask(OrderVisit, order_number=f"{number}", starts_on=starts_on, ends_on=starts_on + length * DAY)

    @rule()
    def order_as_agreed(self) -> None:
        if self.state.agreed:
            days = {"starts_on": self.state.agreed.starts_on, "ends_on": self.state.agreed.ends_on}
            ordered_on = min(self.today, self.state.agreed.starts_on)
            self.ask(OrderVisit, order_number=f"as-{len(self.history)}", ordered_on=ordered_on, **days)

    @rule(payer=st.sampled_from(["institution", "agency"]), number=NUMBER)
    def invoice(self, payer: str, number: int) -> None:
        self.ask(InvoiceCosts, amount="1.00", currency="KGS", payer=payer, invoice_number=f"{number}")

    @rule(early=st.integers(-1, 1), late=st.integers(-1, 1))
    def hold(self, early: int, late: int) -> None:
        days = self.state.agreed
        first, last = (days.starts_on, days.ends_on) if days else (self.today, self.today)
        self.ask(HoldMonitoringVisit, started_on=first + early * DAY, ended_on=last + late * DAY)

    @rule(sections=st.integers(2, 3))
    def report(self, sections: int) -> None:
        words = ("adequacy", "conformity", "results")[:sections] if self.strict else ()
        findings = tuple(VisitFinding(section=word, text="So") for word in words)
        self.ask(ReportMonitoringVisit, document=FILE, findings=findings, signed_by=self.state.expert_ids[:1])

    @precondition(lambda machine: any(fact.correctable for fact in machine.history))
    @rule(number=st.integers(0, 40), days=st.integers(-3, 3))
    def put_a_day_right(self, number: int, days: int) -> None:
        """The log keeps what was wrong; the visit is read anew."""
        how = Correctable(
            MONITORING_VISIT,
            facts.MonitoringVisitCorrected,
            lambda state: {"cycle_id": state.cycle_id, "followup_id": state.followup_id},
            lambda state: check_right(state, self.today),
        )
        self.state = MONITORING_VISIT.fold(days_put_right(how, self.history, number, days, self.now, self.today))

    def read(self) -> Iterator[tuple[Event, Told]]:
        """Every fact, read right, with what was told before it."""
        told = Told()
        for fact in right_history(self.history):
            yield fact, told
            told.stages.append(type(fact).__name__)
            match fact:
                case facts.GroupFormed():
                    told.members = {each.expert_id: each.former_member for each in fact.members}
                    told.leads = (fact.leader_id, fact.case_officer_leads)
                case facts.GroupTold():
                    told.notice = fact
                case facts.GroupMemberObjected():
                    told.objected.add(fact.expert_id)
                case facts.GroupObjectionDecided():
                    told.objected.discard(fact.expert_id)
                    if fact.upheld:
                        told.members.pop(fact.expert_id)
                        told.left.add(fact.expert_id)
                        told.removed.add(fact.expert_id)
                        told.leads = (None if told.leads[0] == fact.expert_id else told.leads[0], told.leads[1])
                case facts.GroupMemberReplaced():
                    told.members.pop(fact.expert_id, None)
                    told.left.discard(fact.expert_id)
                    told.objected.discard(fact.expert_id)
                    told.leads = (fact.leader_id, told.leads[1])
                    if fact.successor:
                        told.members[fact.successor.expert_id] = fact.successor.former_member
                case facts.VisitDatesAgreed():
                    told.agreed = fact
                case facts.VisitOrdered():
                    told.order = fact
                case facts.VisitCostsInvoiced():
                    told.invoices.add(fact.invoice_number)
                    told.payers.add(fact.payer)

    @invariant()
    def read_anew_it_stands_as_it_stands(self) -> None:
        assert MONITORING_VISIT.fold(self.history) == self.state
        assert self.shown.get("stage") == self.state.stage
        if self.state.members:
            assert self.shown["leader_id"] == self.state.leader_id

    @invariant()
    def by_2_6_s2_nobody_visits_who_was_accredited_for_five_years(self) -> None:
        assert [type(fact).__name__ for fact in self.history].count("MonitoringVisitOpened") == bool(self.history)
        assert self.state.kind != "full_5y" or not self.strict

    @invariant()
    def by_2_8_and_2_11_the_group_is_one_to_three_with_a_former_member(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.GroupFormed):
                assert "GroupFormed" not in told.stages
            if isinstance(fact, facts.MonitoringVisitHeld | facts.VisitOrdered | facts.VisitDatesAgreed | facts.GroupTold):
                assert told.members
                assert not told.left
                assert not self.strict or len(told.members) <= 3
                assert not self.strict or any(told.members.values())
                assert all(former == (name in PANEL) for name, former in told.members.items() if self.panel)
            leader, officer_leads = told.leads
            assert leader is None or leader in told.members
            assert not (leader and officer_leads)

    @invariant()
    def nobody_bound_sits_unsaid_and_whom_an_objection_removed_stays_out(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.GroupFormed | facts.GroupMemberReplaced):
                seats = fact.members if isinstance(fact, facts.GroupFormed) else [fact.successor] if fact.successor else []
                names = {seat.expert_id for seat in seats}
                assert not names & told.removed
                assert "bound" not in names or (fact.despite_conflicts and {each.expert_id for each in fact.conflicts} == {"bound"})

    @invariant()
    def by_2_11_p2_days_are_one_or_two_and_agreed_and_ordered_before_they_come(self) -> None:
        for fact, _ in self.read():
            match fact:
                case facts.VisitDatesAgreed():
                    first, last = fact.starts_on, fact.ends_on
                    assert max(fact.agreed_by_agency_on, fact.agreed_by_institution_on) <= first
                case facts.VisitOrdered():
                    first, last = fact.starts_on, fact.ends_on
                    assert fact.ordered_on <= first
                case facts.MonitoringVisitHeld():
                    first, last = fact.started_on, fact.ended_on
                case _:
                    continue
            assert 0 <= (last - first).days <= (1 if self.strict else 999)

    @invariant()
    def by_2_9_2_11_p1_s3_and_II_4_h_a_visit_is_told_agreed_and_ordered_as_it_is_held(self) -> None:
        for fact, told in self.read():
            if not isinstance(fact, facts.MonitoringVisitHeld):
                continue
            group = set(told.members)
            assert not told.objected
            assert told.agreed is not None
            assert told.agreed.starts_on <= fact.started_on <= fact.ended_on <= told.agreed.ends_on
            assert max(told.agreed.agreed_by_agency_on, told.agreed.agreed_by_institution_on) <= fact.started_on
            if self.strict:
                assert told.notice is not None
                assert told.order is not None
                assert set(told.notice.experts) == group == set(told.order.experts)
                assert told.notice.told_on <= fact.started_on
                assert (told.order.starts_on, told.order.ends_on) == (told.agreed.starts_on, told.agreed.ends_on)
                assert told.order.ordered_on <= fact.started_on
                assert (told.order.leader_id, told.order.case_officer_leads) == told.leads
            else:
                assert set(told.agreed.experts) == group

    @invariant()
    def by_2_10_the_institution_pays_each_invoice_once(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.VisitCostsInvoiced):
                assert fact.invoice_number not in told.invoices
                assert fact.payer == "institution" or not self.strict

    @invariant()
    def by_3_1_and_II_4_i_one_report_follows_one_visit(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.MonitoringVisitHeld):
                assert "MonitoringVisitHeld" not in told.stages
            if isinstance(fact, facts.MonitoringVisitReported):
                assert "MonitoringVisitHeld" in told.stages
                assert "MonitoringVisitReported" not in told.stages
                assert len(fact.findings) == (3 if self.strict else 0)

    @invariant()
    def no_day_of_what_has_happened_is_ahead(self) -> None:
        ahead = {"starts_on", "ends_on"}
        for fact in right_history(self.history):
            assert all(value <= self.today for name, value in fact if isinstance(value, date) and name not in ahead)


TestMonitoringVisitMachine = MonitoringVisitMachine.TestCase
TestMonitoringVisitMachine.settings = settings(max_examples=250, stateful_step_count=25, deadline=None, derandomize=True)
