"""A visit lives through random lives, by either rulebook: whatever is told of it, in whatever order, put right or not.

What must hold is read from its history alone, as the clauses have it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chassis.corrected import FactCorrected, right_history
from chassis.corrections import Correctable
from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event, Recorded
from chassis.problems import Problem
from chassis.readmodels import project
from regulations import calendar_for, load
from services.visits import contract as facts
from services.visits.contract import Inaccuracy, PanelMember, PurposeFinding, Ruling
from services.visits.domain.correction import check_right
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.standing import Close, Resume, Suspend
from services.visits.domain.vacancy import ContinueWithout
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, InterruptVisit, OpenVisit, StartVisit
from services.visits.readmodels import visits
from tests.corrections import days_put_right

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
DAY = timedelta(days=1)
CALENDAR = calendar_for("KZ")
WORDS = ("national_academic", "national_academic", "employer", "student", "international")
#: Expert by expert in the order of WORDS, and over again; `bound` works at the institution.
NAMES = (*(f"{word}-{number}" for number in range(3) for word in dict.fromkeys(WORDS)), "national_academic-3", "bound")
CATEGORY = {name: name.split("-")[0] if name != "bound" else "employer" for name in NAMES}
COMPOSED = tuple(f"{word}-{WORDS[:place].count(word)}" for place, word in enumerate(WORDS))
FILE = Document(kind="file", name="file.pdf", sha256="a" * 64)
MATERIALS = tuple(Document(kind=kind, name=kind, sha256="b" * 64) for kind in ("self_assessment_materials", "methodological_support"))
KNOWN: dict[str, Any] = {
    "affiliations": {name: ("i",) if name == "bound" else () for name in NAMES},
    "categories": {name: (CATEGORY[name],) for name in NAMES},
}
STANDING = facts.VisitSuspended | facts.VisitResumed | facts.VisitClosed
EXPERT = st.sampled_from(NAMES)
SHORT_CUT = st.tuples(st.integers(0, 9), st.sampled_from([0, 1, 3]))
late_in_life = precondition(lambda machine: len(machine.history) > 12)


@dataclass
class Told:
    """What a reader of the history knows when he comes to a fact of one round."""

    members: dict[str, PanelMember] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    composition: set[str] = field(default_factory=set)
    objected: set[str] = field(default_factory=set)
    supplied: set[str] = field(default_factory=set)
    studied: set[str] = field(default_factory=set)
    announced: facts.VisitAnnounced | None = None
    webinar: bool = False
    briefed: bool = False
    stages: list[str] = field(default_factory=list)
    stated: Counter[str] = field(default_factory=Counter)
    corrections: int | None = None


class VisitMachine(RuleBasedStateMachine):
    """One visit, asked by fold and decide alone."""

    @initialize(rulebook=st.sampled_from([ORDER_109, IQAA]), life=st.lists(st.none() | st.none() | st.none() | SHORT_CUT, max_size=20))
    def begin(self, rulebook: str, life: list[tuple[int, int] | None]) -> None:
        self.book, self.today = load(rulebook), date(2026, 3, 2)
        self.state, self.history, self.shown = VISIT.initial, list[Event](), dict[str, Any]()
        self.open(1)
        for short_cut in life:
            if short_cut is None:
                self.go_on()
            else:
                self.take_a_short_cut(*short_cut)

    @property
    def by_categories(self) -> bool:
        return self.book.id == IQAA

    @property
    def now(self) -> dict[str, Any]:
        return {"at": datetime.combine(self.today, time(6), UTC), "by": "coordinator"}

    def ask(self, kind: type[Command], /, **fields: Any) -> bool:
        """Whether something happens. What is refused leaves no trace; what is accepted is what the command says it records."""
        command = kind(**self.now, **fields)
        rules = VISIT.rules(command, self.state)
        refusal = VISIT.refusals(self.state, rules)[kind]
        try:
            happened = list(VISIT.decide(command, self.state, rules))
        except Problem:
            return False
        assert refusal is None
        assert {type(fact) for fact in happened} <= set(kind.records)
        for fact in happened:
            self.state = VISIT.evolve(self.state, fact)
            self.history.append(fact)
            self.show(fact)
        return bool(happened)

    def show(self, fact: Event) -> None:
        at, version = self.now["at"], len(self.history)
        for write in project([visits], Recorded(fact, f"e-{version}", "visits", "a", "visit-c", version, at, at, {})):
            self.shown |= write.values

    def sitting(self, place: int) -> str:
        """An expert of the panel; nobody where it has no such place."""
        return [*self.state.expert_ids, "nobody"][min(place, len(self.state.members))]

    def seat(self, name: str, role: Literal["chair", "member"] = "member") -> PanelMember:
        return PanelMember(expert_id=name, role=role, category=CATEGORY[name] if self.by_categories else None)

    @rule()
    def go_on(self) -> None:
        """The next step of those that make up an ordinary life."""
        self.today = max(self.today, self.state.announced.ends_on) if self.state.stage == "started" and self.state.announced else self.today
        before = len(self.history)
        for step in (
            self.resume,
            lambda: self.form_a_whole_one([]),
            self.tell_the_composition,
            lambda: None if self.state.announced else self.announce_for_now(),
            lambda: self.send_the_materials(True, MATERIALS),
            lambda: self.hold_the_webinar(("training", "organisational_matters")),
            self.hold_the_briefing,
            lambda: [self.study(name) for name in self.state.expert_ids],
            self.start,
            self.complete,
            lambda: self.report(True),
            self.send_for_the_check,
            lambda: self.answer_the_check(1),
            lambda: self.close_the_check(1, True, False),
        ):
            step()
            if len(self.history) > before:
                return

    @rule(which=st.integers(0, 9), days=st.sampled_from([0, 1, 3]))
    def take_a_short_cut(self, which: int, days: int) -> None:
        """What a careless coordinator tries: a visit of people who must not go, or who are not prepared."""
        match which:
            case 0:
                self.form([*COMPOSED, "bound"], 1, days > 0)
            case 1:
                self.form(list(COMPOSED[1:]), 1, True)
            case 2:
                self.announce(1, 2, False, True)
            case 3:
                self.announce(0, 0 if days else 5, True, False)
            case 4:
                self.announce(95, 2, True, True)
                self.hold_the_briefing()
            case 5:
                self.object(days)
            case 6:
                self.drop_out(days)
            case 7:
                self.object(days)
                self.decide_the_objections(True)
                for seat in self.state.vacancies:
                    self.replaced(seat, seat.expert_id)
                    self.replaced(seat, "national_academic-3")
            case 8:
                self.drop_out(days)
                self.fill_the_seats(False)
            case 9:
                self.interrupt(0)
                self.announce_for_now()
        self.today += (days if which in (4, 5) else 0) * DAY
        self.start()

    @rule(number=st.sampled_from([1, 2, 3]))
    def open(self, number: int) -> None:
        self.ask(OpenVisit, case_id="c", institution_id="i", rulebook=self.book.ref, round=number)

    @rule(days=st.sampled_from([1, 2, 7, 95]))
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @rule(names=st.lists(EXPERT, max_size=6), chairs=st.integers(0, 2), despite=st.booleans())
    def form(self, names: list[str], chairs: int, despite: bool) -> None:
        members = tuple(self.seat(name, "chair" if place < chairs else "member") for place, name in enumerate(names))
        despite_conflicts = "Nobody else" if despite else None
        self.ask(FormPanel, members=members, statute_act="Order 12", despite_conflicts=despite_conflicts, **KNOWN)

    @rule(more=st.lists(EXPERT, max_size=2, unique=True))
    def form_a_whole_one(self, more: list[str]) -> None:
        self.form([*COMPOSED, *(name for name in more if name not in COMPOSED)], 1, True)

    @rule()
    def tell_the_composition(self) -> None:
        self.ask(TellComposition)

    @rule(place=st.integers(0, 6))
    def object(self, place: int) -> None:
        self.ask(ObjectToExpert, expert_id=self.sitting(place), grounds="A dispute", document=FILE)

    @rule(upheld=st.booleans())
    def decide_the_objections(self, upheld: bool) -> None:
        for name in self.state.objected or ("nobody",):
            self.ask(DecideObjection, expert_id=name, upheld=upheld, reasons="So")

    @rule(place=st.integers(0, 6))
    def drop_out(self, place: int) -> None:
        self.ask(DropOut, expert_id=self.sitting(place), reason="Ill")

    @rule(name=EXPERT, despite=st.booleans())
    def replace(self, name: str, despite: bool) -> None:
        for seat in self.state.vacancies[:1]:
            successor = self.seat(name, seat.role)
            self.ask(
                ReplaceExpert, expert_id=seat.expert_id, successor=successor, despite_conflicts="Why not" if despite else None, **KNOWN
            )

    @rule(upheld=st.booleans())
    def fill_the_seats(self, upheld: bool) -> None:
        """What follows an objection or an illness, in an ordinary life."""
        self.decide_the_objections(upheld)
        for seat in self.state.vacancies:
            for name in NAMES:
                if CATEGORY[name] == CATEGORY[seat.expert_id] and self.replaced(seat, name):
                    break

    def replaced(self, seat: PanelMember, name: str) -> bool:
        return self.ask(ReplaceExpert, expert_id=seat.expert_id, successor=self.seat(name, seat.role), despite_conflicts="Why not", **KNOWN)

    @rule(chair=EXPERT, without=st.booleans())
    def go_on_without(self, chair: str, without: bool) -> None:
        self.ask(ContinueWithout, reasons="His part was done", chair_id=None if without else chair, categories=KNOWN["categories"])

    @rule(ahead=st.sampled_from([-1, 0, 1, 40, 95]), length=st.integers(0, 5), waived=st.booleans(), moved=st.booleans())
    def announce(self, ahead: int, length: int, waived: bool, moved: bool) -> None:
        starts_on = self.today + ahead * DAY
        reasons = {"moved_because": "Asked" if moved else None, "length_reason": "Small" if moved else None}
        self.ask(AnnounceVisit, starts_on=starts_on, ends_on=starts_on + length * DAY, waiver=FILE if waived else None, **reasons)

    @rule()
    def announce_for_now(self) -> None:
        self.announce(0, 2, True, True)

    @rule(final=st.booleans(), kinds=st.sampled_from([MATERIALS, MATERIALS[:1]]))
    def send_the_materials(self, final: bool, kinds: tuple[Document, ...]) -> None:
        self.ask(SendMaterials, documents=kinds, final_version_on=self.today if final else None)

    @rule(topics=st.sampled_from([("training", "organisational_matters"), ("training",)]))
    def hold_the_webinar(self, topics: tuple[str, ...]) -> None:
        self.ask(HoldWebinar, attended=self.state.expert_ids, topics=topics)

    @rule()
    def hold_the_briefing(self) -> None:
        self.ask(HoldBriefing, attended=self.state.expert_ids)

    @rule(name=EXPERT)
    def study(self, name: str) -> None:
        self.ask(ConfirmReportStudied, expert_id=name)

    @rule()
    def prepare(self) -> None:
        """What a good coordinator has done before the day."""
        self.tell_the_composition()
        self.announce_for_now()
        self.send_the_materials(True, MATERIALS)
        self.hold_the_webinar(("training", "organisational_matters"))
        self.hold_the_briefing()
        for name in self.state.expert_ids:
            self.study(name)

    @rule()
    def start(self) -> None:
        self.ask(StartVisit)

    @rule(days=st.integers(-2, 1))
    def interrupt(self, days: int) -> None:
        self.ask(InterruptVisit, reason="Flood", interrupted_on=self.today + days * DAY)

    @rule()
    def complete(self) -> None:
        self.ask(CompleteVisit)

    @rule(whole=st.booleans())
    def report(self, whole: bool) -> None:
        purposes = tuple(PurposeFinding(purpose=word, finding="So") for word in self.book.vocabularies.get("audit_purposes", {}))
        told = {"recommendations": ("Renew",) if whole else (), "remarks": ("One",), "good_practice": ("Two",), "purposes": purposes}
        self.ask(SubmitVisitReport, document=FILE, findings="In order", signed_by=self.state.expert_ids[:1], **told)

    @rule()
    def send_for_the_check(self) -> None:
        self.ask(SendForFactualCheck)

    @rule(count=st.integers(0, 2))
    def answer_the_check(self, count: int) -> None:
        self.ask(AnswerFactualCheck, corrections=(Inaccuracy(passage="900", correction="950"),) * count)

    @rule(count=st.integers(0, 2), accepted=st.booleans(), silence=st.booleans())
    def close_the_check(self, count: int, accepted: bool, silence: bool) -> None:
        rulings = tuple(Ruling(number=number + 1, accepted=accepted, reasons="So") for number in range(count))
        self.ask(CloseFactualCheck, rulings=rulings, report=FILE if accepted else None, without_answer="None came" if silence else None)

    @rule()
    def suspend(self) -> None:
        self.ask(Suspend, reason="A fire")

    @rule()
    def resume(self) -> None:
        self.ask(Resume)

    @late_in_life
    @rule()
    def close(self) -> None:
        self.ask(Close, reason="Withdrawn")

    @precondition(lambda machine: any(fact.correctable for fact in machine.history))
    @rule(number=st.integers(0, 60), days=st.integers(-3, 3))
    def put_a_day_right(self, number: int, days: int) -> None:
        """The log keeps what was wrong; the visit is read anew."""
        how = Correctable(
            VISIT, facts.VisitCorrected, lambda state: {"case_id": state.case_id}, lambda state: check_right(state, self.today)
        )
        self.state = VISIT.fold(days_put_right(how, self.history, number, days, self.now, self.today))

    def read(self) -> Iterator[tuple[Event, Told]]:
        """Every fact, read right, with what was told before it in its round."""
        told = Told()
        for fact in right_history(self.history):
            if isinstance(fact, facts.VisitOpened):
                told = Told()
            yield fact, told
            told.stages.append(type(fact).__name__)
            match fact:
                case facts.PanelFormed():
                    told.members = {member.expert_id: member for member in fact.members}
                case facts.CompositionTold():
                    told.composition = set(fact.experts)
                case facts.ExpertObjected():
                    told.objected.add(fact.expert_id)
                case facts.ObjectionDecided(upheld=False):
                    told.objected.discard(fact.expert_id)
                case facts.ExpertDroppedOut() | facts.ObjectionDecided():
                    told.members.pop(fact.expert_id, None)
                    told.objected.discard(fact.expert_id)
                    told.left.add(fact.expert_id)
                case facts.ExpertReplaced():
                    told.members[fact.successor.expert_id] = fact.successor
                    told.left.discard(fact.expert_id)
                case facts.PanelContinued():
                    told.left, told.stated = set(), Counter(fact.missing)
                case facts.VisitAnnounced():
                    told.announced, told.briefed = fact, False
                case facts.MaterialsSent():
                    told.supplied |= set(fact.experts)
                case facts.WebinarHeld():
                    told.webinar = True
                case facts.BriefingHeld():
                    told.briefed = True
                case facts.ReportStudied():
                    told.studied.add(fact.expert_id)
                case facts.VisitInterrupted():
                    told.announced, told.briefed, told.studied = None, False, set()
                case facts.FactualCheckAnswered():
                    told.corrections = len(fact.corrections)

    def missing(self, told: Told) -> Counter[str]:
        wanted = Counter(WORDS) if self.by_categories else Counter[str]()
        return wanted - Counter(member.category or "" for member in told.members.values())

    @invariant()
    def read_anew_it_stands_as_it_stands(self) -> None:
        assert VISIT.fold(self.history) == self.state
        assert (self.shown["stage"], self.shown["standing"]) == (self.state.stage, self.state.standing)

    @invariant()
    def while_it_stands_still_nothing_happens_and_after_its_end_a_later_round_alone(self) -> None:
        standing = "open"
        for fact in self.history:
            if isinstance(fact, facts.VisitOpened):
                assert standing != "suspended"
                standing = "open"
            elif isinstance(fact, STANDING):
                assert standing == "suspended" if isinstance(fact, facts.VisitResumed) else standing != "closed"
                standing = type(fact).__name__.removeprefix("Visit").lower().replace("resumed", "open")
            elif not isinstance(fact, FactCorrected):
                assert standing == "open"

    @invariant()
    def a_round_has_one_panel_one_report_and_one_check_and_a_later_one_follows_its_end(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.PanelFormed | facts.VisitReportSubmitted | facts.ReportSentForCheck | facts.FactualCheckClosed):
                assert type(fact).__name__ not in told.stages
        opened = [place for place, fact in enumerate(self.history) if isinstance(fact, facts.VisitOpened)]
        for before, after in pairwise(opened):
            assert any(isinstance(fact, facts.VisitReportSubmitted | facts.VisitClosed) for fact in self.history[before:after])

    @invariant()
    def by_14a_and_s2a_a_panel_is_composed_and_chaired_as_the_rulebook_has_it(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.PanelFormed):
                assert not self.missing(Told({member.expert_id: member for member in fact.members}))
                assert sum(member.role == "chair" for member in fact.members) in ((0, 1) if self.by_categories else (1,))
            if isinstance(fact, facts.VisitStarted):
                assert not self.missing(told) - told.stated
                assert not told.left
                chairs = sum(member.role == "chair" for member in told.members.values())
                assert self.by_categories or len(told.members) >= 1
                assert chairs <= 1

    @invariant()
    def by_14a_and_s2c2_nobody_bound_sits_unsaid_and_by_order_109_nobody_at_all(self) -> None:
        for fact in self.history:
            if isinstance(fact, facts.PanelFormed | facts.ExpertReplaced):
                seats = fact.members if isinstance(fact, facts.PanelFormed) else (fact.successor,)
                if "bound" in {seat.expert_id for seat in seats}:
                    assert self.by_categories
                    assert fact.despite_conflicts
                    assert "bound" in {found.expert_id for found in fact.conflicts}

    @invariant()
    def by_s2c2_whom_an_objection_removed_does_not_come_back(self) -> None:
        removed: set[str] = set()
        for fact in self.history:
            if isinstance(fact, facts.ObjectionDecided) and fact.upheld:
                removed.add(fact.expert_id)
            if isinstance(fact, facts.PanelFormed):
                assert not removed & {seat.expert_id for seat in fact.members}
            if isinstance(fact, facts.ExpertReplaced):
                assert fact.successor.expert_id not in removed

    @invariant()
    def by_14b_15_and_s2f1_the_dates_are_told_before_and_are_as_many_as_they_must_be(self) -> None:
        for fact, told in self.read():
            if not isinstance(fact, facts.VisitAnnounced):
                continue
            assert told.members or told.left, "there is somebody whose visit is announced"
            assert fact.announced_on <= fact.starts_on <= fact.ends_on
            days = [fact.starts_on + number * DAY for number in range((fact.ends_on - fact.starts_on).days + 1)]
            if self.by_categories:
                assert len(days) == 3 or fact.length_reason
                assert told.announced is None or fact.moved_because
            else:
                assert 2 <= sum(map(CALENDAR.is_working_day, days)) <= 4
                assert fact.waiver or (fact.starts_on - fact.announced_on).days >= 89

    @invariant()
    def by_14b_16_and_s2_a_visit_starts_in_its_days_with_a_panel_that_is_prepared(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.VisitStarted):
                assert told.announced is not None
                assert told.announced.starts_on <= fact.started_on <= told.announced.ends_on
                experts = set(told.members)
                assert not told.objected
                if self.by_categories:
                    assert experts == told.composition
                    assert experts <= told.supplied
                    assert told.webinar
                    assert told.briefed
                else:
                    assert experts <= told.studied

    @invariant()
    def by_9_6_15_and_s2g_a_report_follows_the_end_of_the_visit_and_comes_of_a_whole_panel(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.VisitCompleted | facts.VisitInterrupted):
                course = [name for name in told.stages if name in ("VisitStarted", "VisitInterrupted", "VisitCompleted")]
                assert course[-1:] == ["VisitStarted"]
            if isinstance(fact, facts.VisitReportSubmitted):
                assert "VisitCompleted" in told.stages
                assert fact.recommendations
                assert not (told.left and self.missing(told) - told.stated)

    @invariant()
    def the_steps_of_a_round_are_on_days_in_their_order_and_none_is_ahead(self) -> None:
        days: list[date] = []
        for fact in right_history(self.history):
            match fact:
                case facts.VisitOpened():
                    days = []
                case facts.VisitStarted() | facts.VisitCompleted() | facts.VisitReportSubmitted() | facts.ReportSentForCheck():
                    days.append(next(value for name, value in fact if name.endswith("_on")))
            assert days == sorted(days)
            assert all(day <= self.today for day in days)

    @invariant()
    def by_s2h_every_correction_has_its_ruling_and_silence_its_reason(self) -> None:
        for fact, told in self.read():
            if isinstance(fact, facts.ReportSentForCheck):
                assert "VisitReportSubmitted" in told.stages
            if isinstance(fact, facts.FactualCheckAnswered | facts.FactualCheckClosed):
                assert "ReportSentForCheck" in told.stages
                assert "FactualCheckClosed" not in told.stages
            if isinstance(fact, facts.FactualCheckClosed):
                assert sorted(ruling.number for ruling in fact.rulings) == list(range(1, (told.corrections or 0) + 1))
                assert told.corrections is not None or fact.without_answer
                assert fact.report or not any(ruling.accepted for ruling in fact.rulings)


TestVisitMachine = VisitMachine.TestCase
TestVisitMachine.settings = settings(max_examples=250, stateful_step_count=25, deadline=None, derandomize=True)
