"""What goes otherwise in a visit: a case that stands still, a visit broken off, an expert lost during it, a later visit, signatures."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from regulations import load
from services.visits.contract import (
    CompositionTold,
    CriterionFinding,
    ExpertDroppedOut,
    ExpertReplaced,
    FactualCheckClosed,
    PanelContinued,
    PanelFormed,
    PanelMember,
    ReportStudied,
    VisitAnnounced,
    VisitClosed,
    VisitCompleted,
    VisitInterrupted,
    VisitOpened,
    VisitReportSubmitted,
    VisitResumed,
    VisitStarted,
    VisitSuspended,
)
from services.visits.domain.panel import DropOut, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied
from services.visits.domain.report import SubmitVisitReport
from services.visits.domain.standing import Close, Resume, Suspend
from services.visits.domain.vacancy import ContinueWithout
from services.visits.domain.visit import VISIT, CompleteVisit, InterruptVisit, OpenVisit, StartVisit
from tests.visits import test_visit as order
from tests.visits.test_iqaa import (
    ANNOUNCED,
    ANSWERED,
    BRIEFING,
    CHECKING,
    DONE,
    DROPPED,
    FORMED,
    IDS,
    IQAA,
    KNOWN,
    OBJECTED,
    OPENED,
    ORDER_109,
    PANEL,
    READY,
    REPORT,
    REPORTED,
    STARTS,
    TODAY,
    TOLD,
    UPHELD,
    announce,
    at,
    document,
    form,
    materials,
    replacing,
    revised,
    ruling,
    seat,
    visit,
)

STARTED = DONE[:-1]
FLOOD = VisitInterrupted(case_id="case-1", reason="Flood", interrupted_on=STARTS)
AGAIN = ANNOUNCED.model_copy(update={"starts_on": date(2026, 5, 4), "ends_on": date(2026, 5, 6), "announced_on": STARTS})
SECOND = OPENED.model_copy(update={"round": 2})
OVER = (*DONE, REPORTED)


def interrupt(on: date = STARTS, interrupted_on: date | None = None) -> InterruptVisit:
    return InterruptVisit(**at(on), reason="Flood", interrupted_on=interrupted_on)


def opening(number: int) -> OpenVisit:
    return OpenVisit(**at(), case_id="case-1", institution_id="kaznu", rulebook=OPENED.rulebook, round=number)


def goes_on(on: date = STARTS, chair_id: str | None = None) -> ContinueWithout:
    return ContinueWithout(**at(on), reasons="His part was done", chair_id=chair_id, categories=KNOWN["categories"])


def submit(**changes: Any) -> SubmitVisitReport:
    return SubmitVisitReport(**at(REPORTED.submitted_on), **{**REPORT, **changes})


class TestStanding:
    SUSPENDED = VisitSuspended(case_id="case-1", reason="A fire", suspended_on=TODAY)
    CLOSED = VisitClosed(case_id="case-1", reason="Withdrawn", closed_on=TODAY)

    def test_it_is_suspended_resumed_and_closed_once_each(self) -> None:
        suspend, resume, close = Suspend(**at(), reason="A fire"), Resume(**at()), Close(**at(), reason="Withdrawn")
        resumed = VisitResumed(case_id="case-1", resumed_on=TODAY)
        visit(OPENED).when(suspend).then(self.SUSPENDED)
        visit(OPENED, self.SUSPENDED).when(suspend).then()
        visit(OPENED, self.SUSPENDED).when(resume).then(resumed)
        visit(OPENED).when(resume).then()
        visit(OPENED, self.SUSPENDED).when(close).then(self.CLOSED)
        for command in (suspend, resume, close):
            visit(OPENED, self.CLOSED).when(command).then()
        assert VISIT.fold([*READY, self.SUSPENDED, resumed]) == VISIT.fold(READY)

    @pytest.mark.parametrize("standing", [SUSPENDED, CLOSED])
    @pytest.mark.parametrize(
        "command",
        [form(*PANEL), announce(), materials(), StartVisit(**at(STARTS)), interrupt(), submit(), ruling("anna", True), goes_on()],
        ids=lambda command: type(command).__name__,
    )
    def test_meanwhile_nothing_is_taken_and_the_answer_says_why(self, command: Any, standing: Event) -> None:
        word = "suspended since 2026-03-02: A fire" if standing is self.SUSPENDED else "closed since 2026-03-02: Withdrawn"
        assert isinstance(visit(*READY, standing).when(command).then_refused(words=word), Conflict)


class TestInterruption:
    def test_a_visit_is_broken_off_on_one_of_its_days(self) -> None:
        visit(*STARTED).when(interrupt()).then(FLOOD)
        told_later = FLOOD.model_copy(update={"interrupted_on": date(2026, 4, 5)})
        visit(*STARTED).when(interrupt(date(2026, 4, 9), date(2026, 4, 5))).then(told_later)

    @pytest.mark.parametrize("day", [STARTS - timedelta(days=1), STARTS + timedelta(days=1), date(2026, 4, 7)])
    def test_no_other_day_is_taken(self, day: date) -> None:
        problem = visit(*STARTED).when(interrupt(STARTS, day)).then_refused(clause="S2.f.1")
        assert problem.accepts == "an interruption on a day from 2026-04-04 to 2026-04-04"

    def test_what_comes_after_its_last_day_is_no_interruption(self) -> None:
        problem = visit(*STARTED).when(interrupt(date(2026, 4, 9), date(2026, 4, 7))).then_refused(clause="S2.f.1")
        assert problem.accepts == "an interruption on a day from 2026-04-04 to 2026-04-06"

    @pytest.mark.parametrize("past", [READY, DONE, (*STARTED, FLOOD)], ids=["before", "after", "twice"])
    def test_only_a_visit_under_way_is_broken_off(self, past: tuple[Event, ...]) -> None:
        assert isinstance(visit(*past).when(interrupt(date(2026, 4, 7), STARTS)).then_refused(), Conflict)

    @pytest.mark.clause(IQAA, "S2.f.1", "S2.e.2")
    def test_it_is_held_anew_in_days_that_are_announced_after_another_briefing(self) -> None:
        past = (*STARTED, FLOOD)
        visit(*past).when(StartVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.f.1", words="not announced")
        visit(*past).when(CompleteVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.f.1", words="interrupted")
        visit(*past).when(announce(date(2026, 5, 4), date(2026, 5, 5), on=STARTS)).then_refused(clause="S2.f.1")
        visit(*past).when(announce(date(2026, 5, 4), date(2026, 5, 6), on=STARTS)).then(AGAIN)
        visit(*past, AGAIN).when(StartVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.e.2", words="briefing")
        visit(*past, AGAIN, BRIEFING).when(StartVisit(**at(date(2026, 5, 4)))).then_types(VisitStarted)
        again = VisitStarted(case_id="case-1", started_on=date(2026, 5, 4))
        visit(*past, AGAIN, BRIEFING, again).when(CompleteVisit(**at(date(2026, 5, 6)))).then(
            VisitCompleted(case_id="case-1", ended_on=date(2026, 5, 6))
        )

    @pytest.mark.clause(ORDER_109, "14 (b)", "15", "16")
    def test_order_109_gives_notice_again_or_has_it_waived_and_its_experts_confirm_again(self) -> None:
        past = (*order.READY, order.STARTED, FLOOD.model_copy(update={"interrupted_on": order.STARTS}))
        starts, ends = date(2009, 6, 22), date(2009, 6, 24)
        problem = order.visit(*past).when(order.announce(starts, ends, on=order.ENDS)).then_refused(clause="14 (b)")
        assert problem.first_start_on == "2009-09-10"
        order.visit(*past).when(order.announce(starts, starts, on=order.ENDS, waiver=order.WAIVER)).then_refused(clause="15")
        (told,) = order.visit(*past).when(order.announce(starts, ends, on=order.ENDS, waiver=order.WAIVER)).then_types(VisitAnnounced)
        assert order.visit(*past, told).when(order.start(starts)).then_refused(clause="16").experts == ["chair", "anna", "berik"]
        order.visit(*past, told).when(ConfirmReportStudied(**at(starts), expert_id="anna")).then_types(ReportStudied)
        order.visit(*past, told, *order.STUDIED).when(order.start(starts)).then_types(VisitStarted)

    @pytest.mark.clause(IQAA, "S2.a")
    def test_a_seat_left_in_between_is_filled_and_the_successor_supplied(self) -> None:
        replaced = ExpertReplaced(case_id="case-1", expert_id="emil", successor=seat("fatima"), replaced_on=STARTS)
        told = CompositionTold(case_id="case-1", experts=(*IDS[:4], "fatima"), told_on=STARTS)
        past = (*STARTED, FLOOD, DROPPED)
        visit(*past, AGAIN, BRIEFING).when(StartVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.a", words="emil")
        after = (*past, replaced, told, AGAIN, BRIEFING)
        assert visit(*after).when(StartVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.d").experts == ["fatima"]


class TestLostDuringTheVisit:
    LOST = (*STARTED, DROPPED, DONE[-1])
    GOES_ON = PanelContinued(
        case_id="case-1", without=("emil",), missing={"international": 1}, reasons="His part was done", stated_on=STARTS
    )

    @pytest.mark.clause(IQAA, "S2.a")
    def test_a_panel_that_is_not_whole_gives_no_report(self) -> None:
        problem = visit(*self.LOST).when(submit()).then_refused(clause="S2.a", words="emil")
        assert (problem.experts, problem.missing) == (["emil"], {"international": 1})
        assert "director's statement" in problem.accepts

    @pytest.mark.clause(IQAA, "S2.a")
    def test_it_does_once_the_seat_is_filled_or_the_director_has_stated_why_it_goes_on(self) -> None:
        replaced = ExpertReplaced(case_id="case-1", expert_id="emil", successor=seat("fatima"), replaced_on=STARTS)
        visit(*self.LOST, replaced).when(submit()).then(REPORTED)
        visit(*STARTED, DROPPED).when(goes_on()).then(self.GOES_ON)
        visit(*self.LOST, self.GOES_ON).when(submit()).then(REPORTED)

    @pytest.mark.clause(IQAA, "S2.a")
    def test_a_panel_that_is_still_as_the_rulebook_composes_it_needs_no_statement(self) -> None:
        larger = FORMED.model_copy(update={"members": (*PANEL, seat("gani"))})
        gone = DROPPED.model_copy(update={"expert_id": "gani"})
        past = [larger if event is FORMED else event for event in STARTED]
        visit(*past, gone, DONE[-1]).when(submit()).then(REPORTED)
        assert isinstance(revised(submit(), [*past, gone, DONE[-1]], panel_size_minimum=6), Refused)

    @pytest.mark.clause(IQAA, "S2.a", "S2.c.1")
    def test_before_the_visit_no_statement_stands_for_what_the_rulebook_asks(self) -> None:
        visit(*READY, DROPPED).when(goes_on()).then_refused(clause="S2.a", words="international")
        larger = FORMED.model_copy(update={"members": (*PANEL, seat("gani"))})
        told = TOLD.model_copy(update={"experts": (*IDS, "gani")})
        gone = DROPPED.model_copy(update={"expert_id": "gani"})
        past = (OPENED, larger, told, gone)
        (stated,) = visit(*past).when(goes_on(TODAY)).then_types(PanelContinued)
        visit(*past, stated).when(TellComposition(**at())).then(TOLD)
        assert isinstance(revised(goes_on(TODAY), past, panel_size_minimum=6), Refused)

    def test_there_is_nothing_to_state_of_a_panel_without_a_vacant_seat(self) -> None:
        assert isinstance(visit(*STARTED).when(goes_on()).then_refused(words="no seat"), Conflict)
        assert isinstance(visit(*OVER).when(goes_on()).then_refused(words="already"), Conflict)
        nobody = [DROPPED.model_copy(update={"expert_id": expert_id}) for expert_id in IDS]
        visit(*STARTED, *nobody).when(goes_on()).then_refused(clause="S2.a", words="nobody is left")

    @pytest.mark.clause(ORDER_109, "14 (a)")
    def test_a_commission_that_lost_its_chair_goes_on_with_another(self) -> None:
        lost = ExpertDroppedOut(case_id="case-1", expert_id="chair", reason="Ill", dropped_on=order.STARTS)
        past = (*order.READY, order.STARTED, lost)
        assert isinstance(order.visit(*past).when(goes_on()).then_refused(words="exactly one"), Invalid)
        assert isinstance(order.visit(*past).when(goes_on(chair_id="stranger")).then_refused(words="of the panel"), Invalid)
        order.visit(*past, order.COMPLETED).when(order.report()).then_refused(clause="14 (a)", words="chair left")
        (stated,) = order.visit(*past).when(goes_on(chair_id="anna")).then_types(PanelContinued)
        assert VISIT.fold([*past, stated]).chair_id == "anna"
        order.visit(*past, stated, order.COMPLETED).when(order.report()).then_types(VisitReportSubmitted)

    @pytest.mark.clause(ORDER_109, "14 (a)")
    def test_order_109_asks_for_no_number_and_its_commission_goes_on_without_a_member(self) -> None:
        lost = ExpertDroppedOut(case_id="case-1", expert_id="anna", reason="Ill", dropped_on=order.STARTS)
        order.visit(*order.READY, order.STARTED, lost, order.COMPLETED).when(order.report()).then_types(VisitReportSubmitted)


class TestLaterVisit:
    def test_it_begins_panel_announcement_visit_report_and_check_afresh(self) -> None:
        visit(*ANSWERED).when(opening(2)).then(SECOND)
        state = VISIT.fold([*ANSWERED, SECOND])
        assert (state.stage, state.round, state.members, state.told, state.announced, state.check) == ("opened", 2, (), None, None, None)
        assert (state.supplied, state.studied, state.webinar_on, state.briefing_on) == (frozenset(), frozenset(), None, None)
        assert state.earlier == set(IDS)

    @pytest.mark.parametrize("number", [1, 2])
    def test_asked_again_it_says_nothing_new(self, number: int) -> None:
        visit(*OVER, SECOND).when(opening(number)).then()

    @pytest.mark.parametrize("past", [(OPENED,), READY, DONE])
    def test_it_follows_a_visit_that_is_over(self, past: tuple[Event, ...]) -> None:
        assert isinstance(visit(*past).when(opening(2)).then_refused(words="follows its report"), Conflict)

    def test_it_opens_what_was_closed_with_its_case_and_not_what_is_suspended(self) -> None:
        for past in (OVER, READY):
            visit(*past, TestStanding.CLOSED).when(opening(2)).then(SECOND)
        assert VISIT.fold([*OVER, TestStanding.CLOSED, SECOND]).standing == "open"
        assert isinstance(visit(*OVER, TestStanding.SUSPENDED).when(opening(2)).then_refused(words="A fire"), Conflict)

    @pytest.mark.parametrize("book", [IQAA, ORDER_109])
    def test_who_took_part_in_the_earlier_one_sits_again_for_a_reason_alone(self, book: str) -> None:
        role: Literal["chair"] = "chair"
        members = PANEL if book == IQAA else (PanelMember(expert_id="anna", role=role),)
        past = [
            event.model_copy(update={"rulebook": load(book).ref}) if isinstance(event, VisitOpened) else event for event in (*OVER, SECOND)
        ]
        command = form(*members, statute_act="Order 12")
        problem = visit(*past).when(command).then_refused(words="took part in the visit that this one follows")
        assert problem.clause == ("S2.c.2" if book == IQAA else "14 (a)")
        (formed,) = visit(*past).when(command.model_copy(update={"despite_conflicts": "No others know it"})).then_types(PanelFormed)
        assert isinstance(formed, PanelFormed)
        assert {found.ground for found in formed.conflicts} == {"earlier_visit"}
        assert formed.despite_conflicts == "No others know it"

    def test_who_left_before_the_earlier_visit_took_no_part_and_who_came_during_it_did(self) -> None:
        replaced = ExpertReplaced(case_id="case-1", expert_id="emil", successor=seat("fatima"), replaced_on=STARTS)
        assert VISIT.fold([*READY, DROPPED, replaced, *DONE[-2:], REPORTED, SECOND]).earlier == {*IDS, "fatima"} - {"emil"}
        assert VISIT.fold([*STARTED, DROPPED, replaced, DONE[-1], REPORTED, SECOND]).earlier == {*IDS, "fatima"}

    @pytest.mark.clause(IQAA, "S2.c.2")
    def test_who_was_removed_by_an_objection_does_not_come_back_in_it(self) -> None:
        past = (OPENED, FORMED, TOLD, OBJECTED, UPHELD, REPORTED, SECOND)
        visit(*past).when(form(*PANEL)).then_refused(clause="S2.c.2", words="anna left the panel")


@pytest.mark.clause(IQAA, "S2.g")
class TestReport:
    FINDINGS = (
        CriterionFinding(standard="4", criterion="4.2", kind="remark", text="Two rooms are closed"),
        CriterionFinding(standard="5", kind="good_practice", text="Open lessons"),
    )

    def test_findings_stand_under_their_criterion_and_the_experts_sign(self) -> None:
        told: dict[str, Any] = {"findings_by_criterion": self.FINDINGS, "signed_by": ("anna", "berik"), "dissent": "One would refuse"}
        visit(*DONE).when(submit(**told)).then(REPORTED.model_copy(update=told))

    def test_a_finding_is_of_a_kind_that_the_rulebook_names(self) -> None:
        strange = CriterionFinding(standard="4", kind="praise", text="Fine")
        problem = visit(*DONE).when(submit(findings_by_criterion=(*self.FINDINGS, strange))).then_refused()
        assert isinstance(problem, Invalid)
        assert [each["pointer"] for each in problem.errors] == ["#/findings_by_criterion/2/kind"]

    @pytest.mark.parametrize("signed_by", [("stranger",), ("anna", "anna")])
    def test_only_experts_of_the_panel_sign_and_once(self, signed_by: tuple[str, ...]) -> None:
        assert isinstance(visit(*DONE).when(submit(signed_by=signed_by)).then_refused(words="of the panel"), Invalid)

    def test_who_left_the_panel_does_not_sign(self) -> None:
        past = TestLostDuringTheVisit.LOST, TestLostDuringTheVisit.GOES_ON
        assert isinstance(visit(*past[0], past[1]).when(submit(signed_by=("emil",))).then_refused(), Invalid)

    @pytest.mark.clause(IQAA, "S2.h")
    def test_the_panels_report_is_not_replaced_once_its_facts_are_checked(self) -> None:
        closed = FactualCheckClosed(case_id="case-1", without_answer="None came", report=document("corrected"), closed_on=TODAY)
        for past in (OVER, CHECKING, (*CHECKING, closed)):
            assert isinstance(visit(*past).when(submit(findings="Otherwise")).then_refused(words="already"), Conflict)


COMMANDS = (
    form(*PANEL[:3]),
    form(*PANEL, affiliations={**KNOWN["affiliations"], "anna": ("kaznu",)}, statute_act="Order 12"),
    TellComposition(**at()),
    replacing("emil", seat("gani")),
    DropOut(**at(), expert_id="emil", reason="Ill"),
    goes_on(),
    announce(STARTS, STARTS),
    announce(TODAY - timedelta(days=3), TODAY),
    announce(mode="remote"),
    materials(final=None),
    materials(documents=()),
    ConfirmReportStudied(**at(), expert_id="stranger"),
    StartVisit(**at(STARTS)),
    interrupt(STARTS, TODAY),
    CompleteVisit(**at(STARTS)),
    submit(recommendations=()),
    submit(remarks=(), purposes=()),
    ruling("anna", True),
    opening(2),
)


@pytest.mark.parametrize("book", [IQAA, ORDER_109])
def test_a_refusal_cites_the_rulebook_of_the_case_and_no_other(book: str) -> None:
    """Whatever the visit has lived through, by whichever of the two."""
    rules, refused = load(book), set()
    opened = OPENED.model_copy(update={"rulebook": rules.ref})
    course = (*READY[1:], DROPPED, DONE[-2], FLOOD, AGAIN, REPORTED, CHECKING[-1])
    for lived in range(len(course) + 1):
        for command in COMMANDS:
            outcome = visit(opened, *course[:lived]).when(command).outcome
            if isinstance(outcome, Refused):
                assert outcome.rulebook == book
                assert outcome.clause in rules.clauses, outcome
                refused.add(type(command))
    assert len(refused) >= 8
