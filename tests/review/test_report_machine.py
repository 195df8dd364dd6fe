"""A self-assessment report lives through random lives, by either rulebook: whatever is told of it, in whatever order, put right or not.

What must hold is read from its history alone, as the clauses have it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

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
from regulations import load
from services.review import contract as facts
from services.review.contract import ReportSection, SectionFinding, SectionRef
from services.review.domain.correction import check_right
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    OpenSelfAssessment,
    ReceiveElectronicReport,
    ReceivePaperReport,
    ReviewReport,
    awaited,
)
from services.review.domain.standing import Close, Resume, Suspend
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
)
from services.review.readmodels import reports
from tests.corrections import days_put_right

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
DAY = timedelta(days=1)
FILE = Document(kind="report", name="report.pdf", sha256="a" * 64)
STANDARDS = st.lists(st.sampled_from(["1", "2", "3"]), max_size=3, unique=True)
STANDING = facts.SelfAssessmentSuspended | facts.SelfAssessmentResumed | facts.SelfAssessmentClosed
BY_FORMS = facts.ElectronicReportReceived | facts.PaperReportReceived | facts.ReportReviewed | facts.RecommendationsIssued
BY_VERSIONS = facts.ReportVersionSubmitted | facts.TechnicalExaminationHeld | facts.SelfAssessmentReportAccepted
STEPS: dict[str, type[Command]] = {
    "receive_paper_report": ReceivePaperReport,
    "submit_electronic_report": ReceiveElectronicReport,
    "review_report": ReviewReport,
    "issue_recommendations": IssueRecommendations,
    "submit_report_version": SubmitVersion,
    "examine_report_version": ExamineVersion,
    "send_examination_results": SendResults,
    "resubmit_final_version": ResubmitVersion,
    "accept_report": AcceptReport,
    "hold_preliminary_audit": HoldPreliminaryAudit,
}


def sections_of(standards: Iterable[str]) -> tuple[ReportSection, ...]:
    return tuple(ReportSection(standard=each, text="So") for each in standards)


WHOLE = sections_of(("1", "2", "3"))
#: Or most lives would be over before anything has happened in them.
late_in_life = precondition(lambda machine: len(machine.history) > 7)


class ReportMachine(RuleBasedStateMachine):
    """One report, asked by fold and decide alone."""

    @initialize(
        rulebook=st.sampled_from([ORDER_109, IQAA]),
        kind=st.sampled_from(["institutional", "programme", None]),
        outline=STANDARDS,
        steps=st.lists(st.tuples(st.booleans(), STANDARDS), max_size=9),
    )
    def open(self, rulebook: str, kind: str | None, outline: list[str], steps: list[tuple[bool, list[str]]]) -> None:
        self.rules, self.kind, self.today = load(rulebook), kind, date(2026, 3, 2)
        self.state, self.history, self.shown = REPORT.initial, list[Event](), dict[str, Any]()
        ids = {"case_id": "c", "institution_id": "i", "standards": "s", "standards_version": "1"}
        self.opening = {**ids, "rulebook": self.rules.ref, "kind": kind}
        self.open_again()
        self.set_the_outline(outline)
        for rework, standards in steps:
            self.go_on(rework, standards)

    @property
    def now(self) -> dict[str, Any]:
        return {"at": datetime.combine(self.today, time(6), UTC), "by": "somebody"}

    def ask(self, kind: type[Command], /, **fields: Any) -> bool:
        """Whether something happens. What is refused leaves no trace; what is accepted is what the command says it records."""
        command = kind(**self.now, **fields)
        refusal = REPORT.refusals(self.state, self.rules)[kind]
        try:
            happened = list(REPORT.decide(command, self.state, REPORT.rules(command, self.state)))
        except Problem:
            return False
        assert refusal is None
        assert {type(fact) for fact in happened} <= set(kind.records)
        for fact in happened:
            self.state = REPORT.evolve(self.state, fact)
            self.history.append(fact)
            self.show(fact)
        return bool(happened)

    def show(self, fact: Event) -> None:
        at, version = self.now["at"], len(self.history)
        for write in project([reports], Recorded(fact, f"e-{version}", "review", "a", "report-c", version, at, at, {})):
            self.shown |= write.values

    @rule(rework=st.booleans(), standards=STANDARDS)
    def go_on(self, rework: bool, standards: list[str]) -> None:
        """The next step of those that make up an ordinary life."""
        self.today += DAY
        steps = (
            lambda: self.ask(Resume),
            lambda: self.ask(ReceivePaperReport, incoming_number="17"),
            lambda: self.ask(ReceiveElectronicReport, document=FILE),
            lambda: self.ask(ReviewReport, findings="Complete"),
            lambda: self.ask(IssueRecommendations, recommendations=("Describe the library",)),
            lambda: (
                self.ask(ExamineVersion, summary="So", findings=(SectionFinding(standard="2", finding="None"),), rework_needed=rework)
                and not rework
            ),
            lambda: self.ask(SendResults),
            lambda: not rework and self.ask(ResubmitVersion, annexes=(FILE,)),
            lambda: self.ask(SubmitVersion, sections=sections_of(standards)),
            lambda: self.ask(SubmitVersion, sections=sections_of(standards), annexes=(FILE,)),
            lambda: self.ask(SubmitVersion, sections=WHOLE, annexes=(FILE,)),
            lambda: self.ask(AcceptReport),
            lambda: self.ask(HoldPreliminaryAudit, held_on=self.today, note="Seen"),
        )
        any(step() for step in steps)

    @rule()
    def open_again(self) -> None:
        self.ask(OpenSelfAssessment, **self.opening)

    @rule(days=st.sampled_from([1, 2, 30]))
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @rule()
    def receive_electronically(self) -> None:
        self.ask(ReceiveElectronicReport, document=FILE)

    @rule()
    def receive_on_paper(self) -> None:
        self.ask(ReceivePaperReport, incoming_number="17")

    @rule()
    def review(self) -> None:
        self.ask(ReviewReport, findings="Complete")

    @rule(recommendations=st.sampled_from([(), ("Describe the library",)]))
    def recommend(self, recommendations: tuple[str, ...]) -> None:
        self.ask(IssueRecommendations, recommendations=recommendations)

    @rule(standards=STANDARDS)
    def set_the_outline(self, standards: list[str]) -> None:
        self.ask(SetOutline, sections=tuple(SectionRef(standard=each) for each in standards))

    @rule(standards=STANDARDS, annexes=st.sampled_from([(), (FILE,)]))
    def submit_a_version(self, standards: list[str], annexes: tuple[Document, ...]) -> None:
        self.ask(SubmitVersion, sections=sections_of(standards), annexes=annexes)

    @rule()
    def submit_a_whole_version(self) -> None:
        self.ask(SubmitVersion, sections=WHOLE, annexes=(FILE,))

    @rule(rework=st.booleans(), found=st.booleans())
    def examine(self, rework: bool, found: bool) -> None:
        findings = (SectionFinding(standard="2", finding="None"),) if found else ()
        self.ask(ExamineVersion, summary="So", findings=findings, rework_needed=rework)

    @rule()
    def send_the_results(self) -> None:
        self.ask(SendResults)

    @rule(annexes=st.sampled_from([(), (FILE,)]))
    def resubmit(self, annexes: tuple[Document, ...]) -> None:
        self.ask(ResubmitVersion, annexes=annexes)

    @rule()
    def accept(self) -> None:
        self.ask(AcceptReport)

    @rule(days=st.integers(-40, 2))
    def hold_the_audit(self, days: int) -> None:
        self.ask(HoldPreliminaryAudit, held_on=self.today + days * DAY, note="Seen")

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
    @rule(number=st.integers(0, 30), days=st.integers(-3, 3))
    def put_a_day_right(self, number: int, days: int) -> None:
        """The log keeps what was wrong; the report is read anew."""
        how = Correctable(
            REPORT, facts.ReportCorrected, lambda state: {"case_id": state.case_id}, lambda state: check_right(state, self.today)
        )
        self.state = REPORT.fold(days_put_right(how, self.history, number, days, self.now, self.today))

    def told(self, *kinds: Any) -> list[Any]:
        return [fact for fact in right_history(self.history) if isinstance(fact, kinds)]

    @invariant()
    def read_anew_it_stands_as_it_stands(self) -> None:
        assert REPORT.fold(self.history) == self.state
        assert (self.shown["stage"], self.shown["standing"]) == (self.state.stage, self.state.standing)

    @invariant()
    def no_day_is_ahead_and_none_before_the_opening(self) -> None:
        days = [value for fact in right_history(self.history) for name, value in fact if name.endswith("_on") and value is not None]
        assert all(days[0] <= day <= self.today for day in days if day != days[0])

    @invariant()
    def while_it_stands_still_nothing_happens_and_after_its_end_nothing_more(self) -> None:
        standing = "open"
        for fact in self.history:
            if isinstance(fact, facts.SelfAssessmentResumed):
                assert standing == "suspended"
            elif not isinstance(fact, STANDING | FactCorrected):
                assert standing == "open"
            assert standing != "closed" or isinstance(fact, FactCorrected)
            if isinstance(fact, STANDING):
                standing = type(fact).__name__.removeprefix("SelfAssessment").lower().replace("resumed", "open")

    @invariant()
    def it_goes_by_forms_or_by_versions_as_its_rulebook_has_it(self) -> None:
        assert not self.told(BY_VERSIONS if self.rules.id == ORDER_109 else BY_FORMS)

    @invariant()
    def by_order_109_13_it_counts_as_submitted_with_its_later_form(self) -> None:
        forms, received = (
            self.told(facts.ElectronicReportReceived, facts.PaperReportReceived),
            self.told(facts.SelfAssessmentReportReceived),
        )
        assert len(forms) == len({type(form) for form in forms})
        assert len(received) == (len(forms) == 2)
        assert all(whole.received_on >= form.received_on for whole in received for form in forms)

    @invariant()
    def by_order_109_9_4_and_9_5_review_and_recommendations_follow_it_once_each(self) -> None:
        order = [facts.SelfAssessmentReportReceived, facts.ReportReviewed, facts.RecommendationsIssued]
        course = self.told(*order)
        assert [type(fact) for fact in course] == order[: len(course)]
        days = [next(value for name, value in fact if name.endswith("_on")) for fact in course]
        assert days == sorted(days)
        assert all(fact.recommendations for fact in self.told(facts.RecommendationsIssued))

    @invariant()
    def by_iqaa_s1_f_a_version_follows_the_results_on_the_one_before(self) -> None:
        awaits: list[Any] = [facts.ReportVersionSubmitted]
        following = {
            facts.ReportVersionSubmitted: [facts.TechnicalExaminationHeld, facts.SelfAssessmentReportAccepted],
            facts.TechnicalExaminationHeld: [facts.ExaminationResultsSent],
            facts.ExaminationResultsSent: [facts.ReportVersionSubmitted, facts.FinalVersionResubmitted],
            facts.FinalVersionResubmitted: [facts.SelfAssessmentReportAccepted],
            facts.SelfAssessmentReportAccepted: [],
        }
        for fact in self.told(*following):
            assert type(fact) in awaits
            awaits = following[type(fact)]
        versions = self.told(facts.ReportVersionSubmitted)
        assert [version.number for version in versions] == list(range(1, len(versions) + 1))
        assert all(held.findings for held in self.told(facts.TechnicalExaminationHeld) if held.rework_needed)

    @invariant()
    def by_iqaa_s1_g_what_is_accepted_was_examined_before_and_is_whole(self) -> None:
        for accepted in self.told(facts.SelfAssessmentReportAccepted):
            assert self.told(facts.TechnicalExaminationHeld)
            newest = self.told(facts.ReportVersionSubmitted)[-1]
            assert accepted.number == newest.number
            assert newest.annexes or any(again.annexes for again in self.told(facts.FinalVersionResubmitted))
            outline = {section.standard for each in self.told(facts.ReportOutlineSet)[-1:] for section in each.sections}
            assert outline <= {section.standard for section in newest.sections}

    @invariant()
    def by_iqaa_s1_h_the_audit_follows_the_final_version_of_an_institution_once(self) -> None:
        audits = self.told(facts.PreliminaryAuditHeld)
        assert len(audits) <= (self.rules.id == IQAA and self.kind != "programme")
        final = [*self.told(facts.FinalVersionResubmitted), *self.told(facts.ReportVersionSubmitted)[1:]]
        assert all(any(each.submitted_on <= audit.held_on for each in final) for audit in audits)

    @invariant()
    def what_is_awaited_is_open(self) -> None:
        refusals = REPORT.refusals(self.state, self.rules)
        assert [step.what for step in awaited(self.state, self.rules) if refusals[STEPS[step.what]] is not None] == []


TestReportMachine = ReportMachine.TestCase
TestReportMachine.settings = settings(max_examples=200, stateful_step_count=50, deadline=None, derandomize=True)
