"""The rules of a visit (order 109, p. 9.6, 14-17): 2 March 2009 is a Monday, and so is 8 June."""

from datetime import UTC, date, datetime, time
from typing import Any, Literal

import pytest

from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from chassis.testing import Given, given
from regulations import calendar_for, load
from services.visits.contract import (
    PanelFormed,
    PanelMember,
    ProgrammeItem,
    ReportStudied,
    VisitAnnounced,
    VisitCompleted,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
)
from services.visits.domain.dates import Rules
from services.visits.domain.panel import FormPanel
from services.visits.domain.preparation import ConfirmReportStudied
from services.visits.domain.report import SubmitVisitReport
from services.visits.domain.state import Visit
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, OpenVisit, StartVisit

ORDER_109 = "kz-109-2008-accreditation"
REF = load(ORDER_109).ref
CALENDAR = calendar_for("KZ")
TODAY = date(2009, 3, 2)
DOCUMENT = Document(kind="visit_report", name="Report on the visit", sha256="b" * 64)
WAIVER = Document(kind="visit_notice_waiver", name="Consent to a shorter notice", sha256="c" * 64)
POOL = {"chair": (), "anna": ("other",), "berik": ()}


def seat(expert_id: str, role: Literal["chair", "member"] = "member") -> PanelMember:
    return PanelMember(expert_id=expert_id, role=role)


PANEL = (seat("chair", "chair"), seat("anna"), seat("berik"))
STARTS, ENDS = date(2009, 6, 8), date(2009, 6, 10)

OPENED = VisitOpened(case_id="case-1", institution_id="kaznu", rulebook=REF, opened_on=date(2009, 2, 2))
FORMED = PanelFormed(case_id="case-1", members=PANEL, statute_act="Order 12", formed_on=TODAY)
ANNOUNCED = VisitAnnounced(case_id="case-1", starts_on=STARTS, ends_on=ENDS, announced_on=TODAY)
STUDIED = tuple(ReportStudied(case_id="case-1", expert_id=m.expert_id, studied_on=date(2009, 5, 20)) for m in PANEL)
STARTED = VisitStarted(case_id="case-1", started_on=STARTS)
COMPLETED = VisitCompleted(case_id="case-1", ended_on=ENDS)
REPORTED = VisitReportSubmitted(
    case_id="case-1",
    document=DOCUMENT,
    findings="In order",
    recommendations=("Renew the library",),
    submitted_on=date(2009, 6, 12),
)
READY = (OPENED, FORMED, ANNOUNCED, *STUDIED)


def at(day: date) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def visit(*events: Event) -> Given[Visit]:
    return given(VISIT, events)


def next_working_day(day: date) -> date:
    return CALENDAR.add_working_days(day, 1)


def opening() -> OpenVisit:
    return OpenVisit(**at(TODAY), case_id="case-1", institution_id="kaznu", rulebook=REF)


def panel(*members: PanelMember, pool: dict[str, tuple[str, ...]] = POOL) -> FormPanel:
    return FormPanel(**at(TODAY), members=members, statute_act="Order 12", affiliations=pool)


def announce(starts_on: date, ends_on: date, on: date = TODAY, waiver: Document | None = None) -> AnnounceVisit:
    return AnnounceVisit(**at(on), starts_on=starts_on, ends_on=ends_on, waiver=waiver)


def confirm(expert_id: str) -> ConfirmReportStudied:
    return ConfirmReportStudied(**at(TODAY), expert_id=expert_id)


def report(on: date = date(2009, 6, 12), recommendations: tuple[str, ...] = ("Renew the library",)) -> SubmitVisitReport:
    return SubmitVisitReport(**at(on), document=DOCUMENT, findings="In order", recommendations=recommendations)


def start(on: date) -> StartVisit:
    return StartVisit(**at(on))


def complete(on: date) -> CompleteVisit:
    return CompleteVisit(**at(on))


def test_a_visit_is_opened_once() -> None:
    visit().when(opening()).then(OPENED.model_copy(update={"opened_on": TODAY}))
    visit(OPENED).when(opening()).then()


def test_nothing_happens_before_the_opening() -> None:
    assert isinstance(visit().when(panel(*PANEL)).then_refused(), NotFound)


@pytest.mark.clause(ORDER_109, "14 (a)")
class TestPanel:
    def test_is_formed_of_experts_of_the_pool_under_an_approved_statute(self) -> None:
        visit(OPENED).when(panel(*PANEL)).then(FORMED)

    @pytest.mark.parametrize("members", [(seat("anna"), seat("berik")), (seat("chair", "chair"), seat("anna", "chair"))])
    def test_has_exactly_one_chair(self, members: tuple[PanelMember, ...]) -> None:
        assert isinstance(visit(OPENED).when(panel(*members)).then_refused(words="exactly one"), Invalid)

    def test_has_nobody_twice(self) -> None:
        problem = visit(OPENED).when(panel(seat("chair", "chair"), seat("anna"), seat("anna"))).then_refused(words="twice")
        assert problem.errors == [{"pointer": "#/members/2/expert_id", "detail": "anna is named twice"}]

    def test_has_nobody_unknown(self) -> None:
        problem = visit(OPENED).when(panel(*PANEL, seat("stranger"))).then_refused(words="stranger is not in the pool")
        assert problem.errors[0]["pointer"] == "#/members/3/expert_id"

    def test_has_nobody_of_the_institution_visited(self) -> None:
        pool = POOL | {"anna": ("other", "kaznu")}
        problem = visit(OPENED).when(panel(*PANEL, pool=pool)).then_refused(clause="14 (a)", words="anna")
        assert problem.experts == ["anna"]

    def test_has_the_members_that_the_agency_asks_for(self) -> None:
        book = load(ORDER_109).revised({"settings.panel_size_minimum": {"value": 4}}, version="larger")
        with pytest.raises(Invalid, match="at least 4 members"):
            VISIT.decide(panel(*PANEL), VISIT.fold([OPENED]), Rules(book, CALENDAR))

    def test_is_formed_once(self) -> None:
        assert isinstance(visit(OPENED, FORMED).when(panel(*PANEL)).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "14 (b)")
class TestNotice:
    def test_the_institution_is_told_three_months_before(self) -> None:
        first = date(2009, 6, 2)
        announced = ANNOUNCED.model_copy(update={"starts_on": first, "ends_on": date(2009, 6, 4)})
        visit(OPENED, FORMED).when(announce(first, date(2009, 6, 4))).then(announced)

    def test_a_nearer_start_is_refused_with_the_first_possible_one(self) -> None:
        problem = visit(OPENED, FORMED).when(announce(date(2009, 6, 1), date(2009, 6, 3))).then_refused(clause="14 (b)")
        assert "2009-06-02 or later" in problem.accepts
        assert problem.first_start_on == "2009-06-02"

    def test_the_first_possible_start_is_a_working_day(self) -> None:
        on = date(2009, 3, 6)
        problem = visit(OPENED, FORMED).when(announce(date(2009, 6, 3), date(2009, 6, 5), on=on)).then_refused(clause="14 (b)")
        assert problem.first_start_on == "2009-06-08"

    @pytest.mark.parametrize(
        ("on", "first"),
        [
            (date(2010, 11, 30), date(2011, 3, 1)),
            (date(2011, 2, 28), date(2011, 5, 30)),
            (date(2010, 2, 26), date(2010, 5, 26)),
        ],
        ids=["a month without that day", "a Saturday", "an ordinary day"],
    )
    def test_the_start_that_a_refusal_names_is_accepted(self, on: date, first: date) -> None:
        problem = visit(OPENED, FORMED).when(announce(on, next_working_day(on), on=on)).then_refused(clause="14 (b)")
        assert problem.first_start_on == first.isoformat()
        visit(OPENED, FORMED).when(announce(first, next_working_day(first), on=on)).then_types(VisitAnnounced)

    def test_the_institution_may_waive_the_notice_in_writing(self) -> None:
        starts, ends = date(2009, 3, 16), date(2009, 3, 18)
        announced = VisitAnnounced(case_id="case-1", starts_on=starts, ends_on=ends, announced_on=TODAY, waiver=WAIVER)
        visit(OPENED, FORMED).when(announce(starts, ends, waiver=WAIVER)).then(announced)

    @pytest.mark.parametrize(("day", "kept"), [(date(2009, 6, 8), True), (date(2009, 6, 10), True), (date(2009, 6, 11), False)])
    def test_its_programme_is_of_its_days(self, day: date, kept: bool) -> None:
        items = (ProgrammeItem(day=day, begins="09:30", subject="Meeting with the rectorate", meets="Rector"),)
        command = announce(date(2009, 6, 8), date(2009, 6, 10)).model_copy(update={"programme": items})
        if kept:
            (announced,) = visit(OPENED, FORMED).when(command).then_types(VisitAnnounced)
            assert announced.model_dump()["programme"] == tuple(item.model_dump() for item in items)
        else:
            assert isinstance(visit(OPENED, FORMED).when(command).then_refused(words="on which there is no visit"), Invalid)

    def test_no_waiver_lets_a_visit_be_announced_after_its_start(self) -> None:
        command = announce(date(2009, 2, 26), date(2009, 3, 3), waiver=WAIVER)
        visit(OPENED, FORMED).when(command).then_refused(clause="14 (b)", words="before it starts")

    def test_an_agency_may_read_the_clause_without_a_waiver(self) -> None:
        book = load(ORDER_109).revised({"settings.visit_notice_waiver": {"value": False}}, version="strict")
        command = announce(date(2009, 3, 16), date(2009, 3, 18), waiver=WAIVER)
        with pytest.raises(Refused) as refusal:
            VISIT.decide(command, VISIT.fold([OPENED, FORMED]), Rules(book, CALENDAR))
        assert refusal.value.accepts == "a start on 2009-06-02 or later"

    @pytest.mark.clause(ORDER_109, "14 (a)")
    def test_there_is_a_commission_before_its_visit_is_announced(self) -> None:
        visit(OPENED).when(announce(STARTS, ENDS)).then_refused(clause="14 (a)", words="not formed")

    def test_new_dates_have_their_full_notice_again(self) -> None:
        on = date(2009, 4, 1)
        visit(OPENED, FORMED, ANNOUNCED).when(announce(date(2009, 6, 9), date(2009, 6, 11), on=on)).then_refused(clause="14 (b)")
        moved = ANNOUNCED.model_copy(
            update={"starts_on": date(2009, 7, 1), "ends_on": date(2009, 7, 3), "announced_on": on},
        )
        visit(OPENED, FORMED, ANNOUNCED).when(announce(date(2009, 7, 1), date(2009, 7, 3), on=on)).then(moved)

    def test_the_same_dates_are_not_announced_twice(self) -> None:
        assert isinstance(visit(OPENED, FORMED, ANNOUNCED).when(announce(STARTS, ENDS)).then_refused(words="already"), Conflict)

    def test_dates_stand_once_the_visit_has_started(self) -> None:
        command = announce(date(2009, 10, 12), date(2009, 10, 14), on=STARTS)
        assert isinstance(visit(*READY, STARTED).when(command).then_refused(words="started"), Conflict)


@pytest.mark.clause(ORDER_109, "15")
class TestLength:
    @pytest.mark.parametrize(
        ("starts_on", "ends_on"),
        [
            (date(2009, 6, 8), date(2009, 6, 9)),
            (date(2009, 6, 8), date(2009, 6, 11)),
            (date(2009, 6, 11), date(2009, 6, 15)),
        ],
        ids=["two", "four", "three with a weekend between"],
    )
    def test_two_to_four_working_days_are_allowed(self, starts_on: date, ends_on: date) -> None:
        visit(OPENED, FORMED).when(announce(starts_on, ends_on)).then_types(VisitAnnounced)

    @pytest.mark.parametrize(("ends_on", "days"), [(date(2009, 6, 8), 1), (date(2009, 6, 12), 5), (date(2009, 6, 15), 6)])
    def test_shorter_and_longer_visits_are_refused(self, ends_on: date, days: int) -> None:
        problem = visit(OPENED, FORMED).when(announce(date(2009, 6, 8), ends_on)).then_refused(clause="15", words=f"{days} working days")
        assert "a visit of 2–4, counted in working days" in problem.accepts

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "day_off"),
        [
            (date(2009, 6, 6), date(2009, 6, 9), "Saturday"),
            (date(2009, 6, 11), date(2009, 6, 14), "Sunday"),
            (date(2009, 8, 28), date(2009, 8, 31), "Constitution Day"),
        ],
    )
    def test_a_visit_starts_and_ends_on_working_days(self, starts_on: date, ends_on: date, day_off: str) -> None:
        visit(OPENED, FORMED).when(announce(starts_on, ends_on)).then_refused(clause="15", words=day_off)

    def test_holidays_and_moved_days_are_counted_as_the_country_counts_them(self) -> None:
        """From Tuesday 15 to Monday 21 December 2009 are three working days: 16 to 18 are off, and Sunday 20 is worked instead."""
        visit(OPENED, FORMED).when(announce(date(2009, 12, 15), date(2009, 12, 21))).then_types(VisitAnnounced)
        visit(OPENED, FORMED).when(announce(date(2009, 12, 15), date(2009, 12, 23))).then_refused(clause="15", words="5 working days")
        visit(OPENED, FORMED).when(announce(date(2009, 12, 20), date(2009, 12, 21))).then_types(VisitAnnounced)

    def test_a_visit_does_not_end_before_it_starts(self) -> None:
        assert isinstance(visit(OPENED, FORMED).when(announce(ENDS, STARTS)).then_refused(), Invalid)


@pytest.mark.clause(ORDER_109, "16")
class TestStudy:
    def test_a_member_confirms_for_himself(self) -> None:
        visit(OPENED, FORMED).when(confirm("anna")).then(ReportStudied(case_id="case-1", expert_id="anna", studied_on=TODAY))

    def test_only_the_commission_confirms(self) -> None:
        visit(OPENED, FORMED).when(confirm("stranger")).then_refused(clause="16", words="stranger")

    def test_a_member_confirms_once(self) -> None:
        assert isinstance(visit(OPENED, FORMED, STUDIED[1]).when(confirm("anna")).then_refused(words="already"), Conflict)

    def test_the_visit_waits_for_every_member_and_names_who_is_missing(self) -> None:
        problem = visit(OPENED, FORMED, ANNOUNCED, STUDIED[1]).when(start(STARTS)).then_refused(clause="16", words="chair, berik")
        assert problem.experts == ["chair", "berik"]

    def test_moved_dates_leave_the_confirmations_standing(self) -> None:
        moved = ANNOUNCED.model_copy(update={"starts_on": date(2009, 7, 1), "ends_on": date(2009, 7, 3)})
        visit(*READY, moved).when(start(date(2009, 7, 1))).then_types(VisitStarted)


class TestCourse:
    def test_a_visit_starts_on_its_first_day(self) -> None:
        visit(*READY).when(start(STARTS)).then(STARTED)

    @pytest.mark.clause(ORDER_109, "14 (b)")
    def test_a_visit_without_announced_dates_does_not_start(self) -> None:
        visit(OPENED, FORMED, *STUDIED).when(start(STARTS)).then_refused(clause="14 (b)", words="not announced")

    @pytest.mark.clause(ORDER_109, "14 (b)")
    @pytest.mark.parametrize(
        ("on", "accepts"), [(date(2009, 6, 7), "from 2009-06-08"), (date(2009, 6, 11), "new dates")], ids=["before", "after"]
    )
    def test_a_visit_does_not_start_outside_its_days(self, on: date, accepts: str) -> None:
        problem = visit(*READY).when(start(on)).then_refused(clause="14 (b)", words="2009-06-08 to 2009-06-10")
        assert accepts in problem.accepts

    def test_the_first_day_begins_at_local_midnight(self) -> None:
        midnight = datetime(2009, 6, 7, 18, 30, tzinfo=UTC)
        visit(*READY).when(StartVisit(at=midnight, by="chair")).then(STARTED)

    def test_a_visit_starts_once(self) -> None:
        assert isinstance(visit(*READY, STARTED).when(start(STARTS)).then_refused(words="already"), Conflict)

    @pytest.mark.clause(ORDER_109, "15")
    def test_a_visit_is_not_cut_short(self) -> None:
        problem = visit(*READY, STARTED).when(complete(date(2009, 6, 9))).then_refused(clause="15", words="2009-06-10")
        assert "2009-06-10 or later" in problem.accepts

    @pytest.mark.clause(ORDER_109, "15")
    @pytest.mark.parametrize("on", [ENDS, date(2009, 6, 15)])
    def test_a_visit_ends_with_its_last_announced_day_whenever_that_is_told(self, on: date) -> None:
        visit(*READY, STARTED).when(complete(on)).then(COMPLETED)

    @pytest.mark.clause(ORDER_109, "15")
    def test_a_visit_that_has_not_started_does_not_end(self) -> None:
        visit(*READY).when(complete(ENDS)).then_refused(clause="15", words="not started")

    def test_a_visit_ends_once(self) -> None:
        assert isinstance(visit(*READY, STARTED, COMPLETED).when(complete(ENDS)).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "9.6", "17")
class TestReport:
    def test_the_report_follows_the_visit(self) -> None:
        visit(*READY, STARTED, COMPLETED).when(report()).then(REPORTED)

    def test_there_is_no_report_before_the_visit_is_over(self) -> None:
        visit(*READY, STARTED).when(report()).then_refused(clause="17", words="not completed")

    def test_a_late_report_is_taken(self) -> None:
        late = date(2009, 7, 15)
        visit(*READY, STARTED, COMPLETED).when(report(late)).then(REPORTED.model_copy(update={"submitted_on": late}))

    def test_the_report_recommends_something(self) -> None:
        visit(*READY, STARTED, COMPLETED).when(report(recommendations=())).then_refused(clause="9.6", words="none")

    def test_the_report_is_submitted_once(self) -> None:
        past = (*READY, STARTED, COMPLETED, REPORTED)
        assert isinstance(visit(*past).when(report()).then_refused(words="already"), Conflict)
