"""The external audit by IQAA's rulebook (S2.a-S2.h), which asks for no notice: 2 March 2026 is a Monday."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import pytest

from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Problem, Refused
from chassis.testing import Given, given
from regulations import calendar_for, load
from services.visits.contract import (
    BriefingHeld,
    CompositionTold,
    Employment,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertReplaced,
    FactualCheckAnswered,
    FactualCheckClosed,
    Inaccuracy,
    MaterialsSent,
    ObjectionDecided,
    PanelFormed,
    PanelMember,
    PurposeFinding,
    ReportSentForCheck,
    Ruling,
    VisitAnnounced,
    VisitCompleted,
    VisitMode,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
    WebinarHeld,
)
from services.visits.domain.dates import Rules
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.state import Visit
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, StartVisit

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"
BOOK = load(IQAA)
CALENDAR = calendar_for("KZ")
TODAY = date(2026, 3, 2)
STARTS, ENDS = date(2026, 4, 4), date(2026, 4, 6)

POOL = {
    "anna": "national_academic",
    "berik": "national_academic",
    "curt": "employer",
    "dana": "student",
    "emil": "international",
    "fatima": "international",
    "gani": "national_academic",
}
KNOWN: dict[str, Any] = {
    "affiliations": dict.fromkeys(POOL, ()),
    "categories": {expert_id: (category,) for expert_id, category in POOL.items()},
}


def seat(expert_id: str) -> PanelMember:
    return PanelMember(expert_id=expert_id, role="member", category=POOL[expert_id])


def document(kind: str) -> Document:
    return Document(kind=kind, name=f"{kind}.pdf", sha256="d" * 64)


PANEL = tuple(seat(expert_id) for expert_id in ("anna", "berik", "curt", "dana", "emil"))
IDS = tuple(member.expert_id for member in PANEL)
REQUEST = document("replacement_request")
MATERIALS = (document("self_assessment_materials"), document("methodological_support"))
TOPICS = ("training", "organisational_matters")
PURPOSES = tuple(PurposeFinding(purpose=purpose, finding="It is so") for purpose in ("truth_of_report", "state_of_affairs"))
REPORT: dict[str, Any] = {
    "document": document("external_evaluation_report"),
    "findings": "In order",
    "recommendations": ("Renew the library",),
    "remarks": ("Two rooms are closed",),
    "good_practice": ("Open lessons",),
    "purposes": PURPOSES,
}

OPENED = VisitOpened(case_id="case-1", institution_id="kaznu", rulebook=BOOK.ref, opened_on=TODAY)
FORMED = PanelFormed(case_id="case-1", members=PANEL, formed_on=TODAY)
TOLD = CompositionTold(case_id="case-1", experts=IDS, told_on=TODAY)
OBJECTED = ExpertObjected(case_id="case-1", expert_id="anna", grounds="She applied here", document=REQUEST, objected_on=TODAY)
UPHELD = ObjectionDecided(case_id="case-1", expert_id="anna", upheld=True, reasons="She did", decided_on=TODAY)
DROPPED = ExpertDroppedOut(case_id="case-1", expert_id="emil", reason="Ill", dropped_on=TODAY)
ANNOUNCED = VisitAnnounced(case_id="case-1", starts_on=STARTS, ends_on=ENDS, announced_on=TODAY, mode="on_site")
SENT = MaterialsSent(case_id="case-1", experts=IDS, documents=MATERIALS, sent_on=TODAY, due_on=date(2026, 3, 21))
WEBINAR = WebinarHeld(case_id="case-1", attended=("anna", "emil"), topics=TOPICS, held_on=date(2026, 3, 20))
BRIEFING = BriefingHeld(case_id="case-1", attended=IDS, held_on=date(2026, 4, 3))
READY = (OPENED, FORMED, TOLD, ANNOUNCED, SENT, WEBINAR, BRIEFING)
DONE = (*READY, VisitStarted(case_id="case-1", started_on=STARTS), VisitCompleted(case_id="case-1", ended_on=ENDS))
REPORTED = VisitReportSubmitted(case_id="case-1", submitted_on=date(2026, 4, 20), **REPORT)
CHECKING = (*DONE, REPORTED, ReportSentForCheck(case_id="case-1", sent_on=date(2026, 4, 21)))
CORRECTIONS = (Inaccuracy(passage="900 students", correction="950"), Inaccuracy(passage="No library", correction="One"))
ANSWERED = (*CHECKING, FactualCheckAnswered(case_id="case-1", corrections=CORRECTIONS, answered_on=date(2026, 4, 28)))


def at(day: date = TODAY, by: str = "coordinator") -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": by}


def visit(*events: Event) -> Given[Visit]:
    return given(VISIT, events)


def form(*members: PanelMember, by: str = "coordinator", **known: Any) -> FormPanel:
    return FormPanel(**at(by=by), members=members, **{**KNOWN, **known})


def replacing(expert_id: str, successor: PanelMember, **known: Any) -> ReplaceExpert:
    return ReplaceExpert(**at(), expert_id=expert_id, successor=successor, **{**KNOWN, **known})


def objection(expert_id: str) -> ObjectToExpert:
    return ObjectToExpert(**at(), expert_id=expert_id, grounds="She applied here", document=REQUEST)


def ruling(expert_id: str, upheld: bool) -> DecideObjection:
    return DecideObjection(**at(), expert_id=expert_id, upheld=upheld, reasons="She did")


def announce(starts_on: date = STARTS, ends_on: date = ENDS, on: date = TODAY, **more: Any) -> AnnounceVisit:
    return AnnounceVisit(**at(on), starts_on=starts_on, ends_on=ends_on, **{"mode": "on_site", **more})


def materials(on: date = TODAY, documents: tuple[Document, ...] = MATERIALS, final: date | None = TODAY) -> SendMaterials:
    return SendMaterials(**at(on), documents=documents, final_version_on=final)


def revised(command: Any, events: Sequence[Event], **settings: Any) -> Sequence[Event] | Problem:
    """The answer under the rulebook as an agency has set it."""
    changes = {f"settings.{name}": {"value": value} for name, value in settings.items()}
    try:
        return VISIT.decide(command, VISIT.fold(events), Rules(BOOK.revised(changes, version="ours"), CALENDAR))
    except Problem as problem:
        return problem


@pytest.mark.clause(IQAA, "S2.a")
class TestComposition:
    def test_institutions_an_employer_a_student_and_an_international_expert_are_a_panel(self) -> None:
        visit(OPENED).when(form(*PANEL)).then(FORMED)

    @pytest.mark.parametrize(
        ("absent", "missing"),
        [("anna", "national_academic"), ("curt", "employer"), ("dana", "student"), ("emil", "international")],
    )
    def test_a_panel_without_one_of_them_is_refused_and_says_who_is_missing(self, absent: str, missing: str) -> None:
        members = [member for member in PANEL if member.expert_id != absent]
        problem = visit(OPENED).when(form(*members)).then_refused(clause="S2.a", words="lacks 1")
        assert problem.missing == {missing: 1}
        assert "at least 2 of representatives" in problem.accepts

    def test_a_member_sits_only_as_what_the_pool_knows_him(self) -> None:
        employer = PanelMember(expert_id="gani", role="member", category="employer")
        problem = visit(OPENED).when(form(*PANEL, employer)).then_refused(words="gani is not in the pool as employer")
        assert isinstance(problem, Invalid)
        assert problem.errors[0]["pointer"] == "#/members/5/category"

    def test_a_category_is_a_word_of_the_rulebook(self) -> None:
        strange = PanelMember(expert_id="gani", role="member", category="minister")
        assert isinstance(visit(OPENED).when(form(*PANEL, strange)).then_refused(words="minister is none"), Invalid)

    def test_a_member_counts_once_unless_the_agency_reads_it_otherwise(self) -> None:
        both = {**KNOWN["categories"], "dana": ("student", "international")}
        command = form(*PANEL[:4], categories=both)
        visit(OPENED).when(command).then_refused(clause="S2.a", words="international")
        assert not isinstance(revised(command, [OPENED], panel_member_counts_once=False), Problem)

    def test_a_chair_is_optional_and_there_is_at_most_one(self) -> None:
        chairs = tuple(member.model_copy(update={"role": "chair"}) for member in PANEL)
        visit(OPENED).when(form(chairs[0], *PANEL[1:])).then_types(PanelFormed)
        assert isinstance(visit(OPENED).when(form(*chairs[:2], *PANEL[2:])).then_refused(words="at most one"), Invalid)

    def test_order_109_composes_no_panel_of_categories(self) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(ORDER_109).ref})
        problem = visit(opened).when(form(*PANEL)).then_refused(words="categories")
        assert problem.errors[-1]["pointer"] == "#/statute_act"


class TestConflicts:
    BOUND: ClassVar[dict[str, Any]] = {"affiliations": {**KNOWN["affiliations"], "anna": ("kaznu",)}}

    @pytest.mark.clause(IQAA, "S2.c.2")
    def test_an_affiliation_needs_a_persons_reason_and_is_kept_with_it(self) -> None:
        problem = visit(OPENED).when(form(*PANEL, **self.BOUND)).then_refused(clause="S2.c.2", words="anna: bound to kaznu")
        assert [found["ground"] for found in problem.conflicts] == ["affiliation"]
        (formed,) = visit(OPENED).when(form(*PANEL, **self.BOUND, despite_conflicts="An honorary post")).then_types(PanelFormed)
        assert isinstance(formed, PanelFormed)
        assert [(found.expert_id, found.ground) for found in formed.conflicts] == [("anna", "affiliation")]
        assert formed.despite_conflicts == "An honorary post"

    @pytest.mark.clause(ORDER_109, "14 (a)")
    def test_order_109_has_no_place_for_the_bound_whatever_the_reason(self) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(ORDER_109).ref})
        chaired = (PanelMember(expert_id="anna", role="chair"),)
        command = form(*chaired, **self.BOUND, statute_act="Order 12", despite_conflicts="An honorary post")
        visit(opened).when(command).then_refused(clause="14 (a)", words="external")

    @pytest.mark.parametrize("book", [IQAA, ORDER_109])
    def test_a_past_employment_is_told_with_its_dates(self, book: str) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(book).ref})
        members = PANEL if book == IQAA else (PanelMember(expert_id="anna", role="chair"),)
        past = Employment(institution_id="kaznu", since=date(2020, 9, 1), until=date(2025, 6, 30))
        command = form(*members, employments={"anna": (past,)}, statute_act="Order 12")
        visit(opened).when(command).then_refused(words="anna: employed at kaznu from 2020-09-01 until 2025-06-30")

    @pytest.mark.parametrize("until", [None, TODAY], ids=["open", "to this day"])
    def test_an_employment_that_goes_on_is_an_affiliation(self, until: date | None) -> None:
        present = Employment(institution_id="kaznu", since=date(2020, 9, 1), until=until)
        problem = visit(OPENED).when(form(*PANEL, employments={"anna": (present,)})).then_refused()
        assert [found["ground"] for found in problem.conflicts] == ["affiliation"]

    def test_an_employment_elsewhere_is_none_of_the_case(self) -> None:
        other = Employment(institution_id="enu", since=date(2020, 9, 1))
        visit(OPENED).when(form(*PANEL, employments={"anna": (other,)})).then(FORMED)

    def test_who_co_ordinates_the_case_does_not_sit_in_its_panel_unsaid(self) -> None:
        problem = visit(OPENED).when(form(*PANEL, by="anna")).then_refused(clause="S2.c.2")
        assert [found["ground"] for found in problem.conflicts] == ["coordination"]


@pytest.mark.clause(IQAA, "S2.c.1")
class TestNoticeOfThePanel:
    def test_the_institution_is_told_the_composition(self) -> None:
        visit(OPENED, FORMED).when(TellComposition(**at())).then(TOLD)

    def test_there_is_nothing_to_tell_before_the_panel_is_formed(self) -> None:
        visit(OPENED).when(TellComposition(**at())).then_refused(clause="S2.c.1")

    def test_the_same_composition_is_told_once(self) -> None:
        assert isinstance(visit(OPENED, FORMED, TOLD).when(TellComposition(**at())).then_refused(), Conflict)

    def test_no_materials_go_to_a_panel_of_which_the_institution_does_not_know(self) -> None:
        visit(OPENED, FORMED, ANNOUNCED).when(materials()).then_refused(clause="S2.c.1")


@pytest.mark.clause(IQAA, "S2.c.2")
class TestObjection:
    def test_the_institution_objects_in_writing_with_grounds(self) -> None:
        visit(OPENED, FORMED, TOLD).when(objection("anna")).then(OBJECTED)

    @pytest.mark.parametrize("events", [(OPENED, FORMED), (OPENED, FORMED, TOLD)], ids=["not told", "a stranger"])
    def test_an_objection_is_to_somebody_of_whom_it_was_told(self, events: tuple[Event, ...]) -> None:
        expert_id = "anna" if len(events) == 2 else "gani"
        visit(*events).when(objection(expert_id)).then_refused(clause="S2.c.2")

    def test_one_objection_to_an_expert_waits_at_a_time(self) -> None:
        assert isinstance(visit(OPENED, FORMED, TOLD, OBJECTED).when(objection("anna")).then_refused(words="awaits"), Conflict)

    def test_each_of_the_experts_may_be_objected_to_unless_the_agency_reads_it_otherwise(self) -> None:
        past = (OPENED, FORMED, TOLD, OBJECTED)
        visit(*past).when(objection("curt")).then_types(ExpertObjected)
        assert isinstance(revised(objection("curt"), past, replacement_requests="one_request"), Refused)

    def test_there_is_no_objection_once_the_visit_has_started(self) -> None:
        assert isinstance(visit(*DONE[:-1]).when(objection("anna")).then_refused(words="started"), Conflict)

    def test_the_agency_decides_with_reasons(self) -> None:
        visit(OPENED, FORMED, TOLD, OBJECTED).when(ruling("anna", True)).then(UPHELD)
        assert isinstance(visit(OPENED, FORMED, TOLD).when(ruling("anna", True)).then_refused(words="awaits"), Conflict)

    def test_the_preparation_waits_for_the_decision(self) -> None:
        problem = visit(OPENED, FORMED, TOLD, ANNOUNCED, OBJECTED).when(materials()).then_refused()
        assert (problem.clause, problem.experts) == ("S2.c.2", ["anna"])

    def test_the_visit_waits_for_the_decision(self) -> None:
        visit(*READY, OBJECTED).when(StartVisit(**at(STARTS))).then_refused(clause="S2.c.2", words="not decided")

    def test_an_objection_that_is_not_upheld_changes_nothing(self) -> None:
        rejected = UPHELD.model_copy(update={"upheld": False})
        visit(*READY, OBJECTED, rejected).when(StartVisit(**at(STARTS))).then_types(VisitStarted)

    def test_an_upheld_one_leads_to_another_expert_and_another_notice(self) -> None:
        past = (OPENED, FORMED, TOLD, OBJECTED, UPHELD)
        visit(*past).when(TellComposition(**at())).then_refused(clause="S2.a", words="vacant")
        replaced = ExpertReplaced(case_id="case-1", expert_id="anna", successor=seat("gani"), replaced_on=TODAY)
        visit(*past).when(replacing("anna", seat("gani"))).then(replaced)
        visit(*past, replaced, ANNOUNCED).when(materials()).then_refused(clause="S2.c.1")
        (told,) = visit(*past, replaced).when(TellComposition(**at())).then_types(CompositionTold)
        assert isinstance(told, CompositionTold)
        assert set(told.experts) == {*IDS, "gani"} - {"anna"}

    def test_who_was_removed_does_not_come_back(self) -> None:
        replaced = ExpertReplaced(case_id="case-1", expert_id="anna", successor=seat("gani"), replaced_on=TODAY)
        gone = ExpertDroppedOut(case_id="case-1", expert_id="gani", reason="Ill", dropped_on=TODAY)
        past = (OPENED, FORMED, TOLD, OBJECTED, UPHELD, replaced, gone)
        visit(*past).when(replacing("gani", seat("anna"))).then_refused(clause="S2.c.2", words="anna")


@pytest.mark.clause(IQAA, "S2.a")
class TestDropOut:
    def test_an_expert_may_drop_out_during_the_visit_and_be_replaced(self) -> None:
        past = DONE[:-1]
        command = DropOut(**at(), expert_id="emil", reason="Ill")
        visit(*past).when(command).then(DROPPED)
        visit(*past, DROPPED).when(replacing("emil", seat("fatima"))).then_types(ExpertReplaced)

    def test_the_visit_does_not_start_with_a_vacant_seat(self) -> None:
        visit(*READY, DROPPED).when(StartVisit(**at(STARTS))).then_refused(clause="S2.a", words="emil")

    def test_the_successor_is_of_the_category_that_is_missing(self) -> None:
        visit(*READY, DROPPED).when(replacing("emil", seat("gani"))).then_refused(clause="S2.a", words="international")

    def test_the_successor_gets_the_materials_before_the_visit_starts(self) -> None:
        replaced = ExpertReplaced(case_id="case-1", expert_id="emil", successor=seat("fatima"), replaced_on=TODAY)
        told = CompositionTold(case_id="case-1", experts=(*IDS[:4], "fatima"), told_on=TODAY)
        past = (*READY, DROPPED, replaced, told)
        assert visit(*past).when(StartVisit(**at(STARTS))).then_refused(clause="S2.d").experts == ["fatima"]
        (sent,) = visit(*past).when(materials()).then_types(MaterialsSent)
        assert isinstance(sent, MaterialsSent)
        assert sent.experts == ("fatima",)

    def test_the_successor_is_checked_for_conflicts(self) -> None:
        bound = {"affiliations": {**KNOWN["affiliations"], "fatima": ("kaznu",)}}
        visit(*READY, DROPPED).when(replacing("emil", seat("fatima"), **bound)).then_refused(clause="S2.c.2")

    @pytest.mark.parametrize("expert_id", ["anna", "stranger"])
    def test_the_successor_is_of_the_pool_and_not_of_the_panel(self, expert_id: str) -> None:
        successor = PanelMember(expert_id=expert_id, role="member")
        problem = visit(*READY, DROPPED).when(replacing("emil", successor)).then_refused()
        assert problem.errors[0]["pointer"] == "#/successor/expert_id"

    def test_nobody_takes_a_seat_that_is_held(self) -> None:
        assert isinstance(visit(*READY).when(replacing("emil", seat("fatima"))).then_refused(words="vacant"), Conflict)

    def test_a_panel_is_not_formed_anew_when_all_have_left(self) -> None:
        gone = [DROPPED.model_copy(update={"expert_id": expert_id}) for expert_id in IDS]
        assert isinstance(visit(OPENED, FORMED, *gone).when(form(*PANEL)).then_refused(words="already"), Conflict)

    @pytest.mark.clause(ORDER_109, "14 (a)")
    def test_order_109_replaces_its_chair_by_a_chair(self) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(ORDER_109).ref})
        formed = FORMED.model_copy(update={"members": (PanelMember(expert_id="anna", role="chair"),), "statute_act": "Order 12"})
        past = (opened, formed, DROPPED.model_copy(update={"expert_id": "anna"}))
        member, chair = (PanelMember(expert_id="gani", role=role) for role in ("member", "chair"))
        assert isinstance(visit(*past).when(replacing("anna", member)).then_refused(words="exactly one"), Invalid)
        visit(*past).when(replacing("anna", chair)).then_types(ExpertReplaced)


@pytest.mark.clause(IQAA, "S2.f.1")
class TestDates:
    def test_the_audit_lasts_three_days_of_the_calendar_and_needs_no_notice(self) -> None:
        tomorrow = TODAY + timedelta(days=1)
        visit(OPENED, FORMED).when(announce(tomorrow, tomorrow + timedelta(days=2))).then_types(VisitAnnounced)
        visit(OPENED, FORMED).when(announce()).then(ANNOUNCED)

    @pytest.mark.parametrize("days", [2, 4])
    def test_another_length_needs_a_reason(self, days: int) -> None:
        ends_on = STARTS + timedelta(days=days - 1)
        problem = visit(OPENED, FORMED).when(announce(STARTS, ends_on)).then_refused(clause="S2.f.1", words=f"{days} calendar days")
        assert problem.accepts == "a visit of 3, counted in calendar days; or the reason for another length"
        (told,) = visit(OPENED, FORMED).when(announce(STARTS, ends_on, length_reason="Two campuses")).then_types(VisitAnnounced)
        assert isinstance(told, VisitAnnounced)
        assert told.length_reason == "Two campuses"

    def test_an_agency_may_allow_no_other_length(self) -> None:
        command = announce(STARTS, STARTS, length_reason="One building")
        assert isinstance(revised(command, [OPENED, FORMED], visit_length_departure="refused"), Refused)

    def test_order_109_takes_no_reason_for_another_length(self) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(ORDER_109).ref})
        command = announce(date(2026, 8, 3), date(2026, 8, 3), length_reason="One building")
        visit(opened, FORMED).when(command).then_refused(clause="15")

    def test_a_visit_is_not_announced_after_it_began(self) -> None:
        problem = visit(OPENED, FORMED).when(announce(TODAY - timedelta(days=1), TODAY + timedelta(days=1))).then_refused(clause="S2.f.1")
        assert problem.first_start_on == TODAY.isoformat()

    @pytest.mark.parametrize("mode", ["remote", "mixed"])
    def test_a_visit_that_is_not_on_site_needs_a_reason(self, mode: VisitMode) -> None:
        visit(OPENED, FORMED).when(announce(mode=mode)).then_refused(clause="S2.f.1", words=mode)
        visit(OPENED, FORMED).when(announce(mode=mode, mode_reason="Quarantine")).then_types(VisitAnnounced)

    def test_dates_that_were_told_move_for_a_reason_alone(self) -> None:
        later, ends_on = STARTS + timedelta(days=30), ENDS + timedelta(days=30)
        visit(*READY).when(announce(later, ends_on)).then_refused(clause="S2.f.1", words="2026-04-04 to 2026-04-06")
        moved = ANNOUNCED.model_copy(update={"starts_on": later, "ends_on": ends_on, "moved_because": "Flood"})
        visit(*READY).when(announce(later, ends_on, moved_because="Flood")).then(moved)

    @pytest.mark.clause(IQAA, "S2.e.2")
    def test_a_visit_that_was_moved_has_its_briefing_before_the_new_days(self) -> None:
        later = ANNOUNCED.model_copy(update={"starts_on": date(2026, 5, 4), "ends_on": date(2026, 5, 6), "moved_because": "Flood"})
        visit(*READY, later).when(StartVisit(**at(date(2026, 5, 4)))).then_refused(clause="S2.e.2")


@pytest.mark.clause(IQAA, "S2.b")
class TestParallel:
    def test_the_panel_is_formed_while_the_report_is_examined(self) -> None:
        visit(OPENED).when(form(*PANEL)).then(FORMED)
        visit(OPENED, FORMED).when(TellComposition(**at())).then(TOLD)
        visit(OPENED, FORMED).when(announce()).then(ANNOUNCED)

    def test_an_agency_may_read_it_as_the_examination_by_the_experts(self) -> None:
        problem = revised(form(*PANEL), [OPENED], panel_formation_from="final_version")
        assert isinstance(problem, Refused)
        assert (problem.clause, problem.accepts) == ("S2.b", "the acceptance of the final version, then the formation of the panel")
        assert revised(form(*PANEL, final_version_on=TODAY), [OPENED], panel_formation_from="final_version") == [FORMED]

    @pytest.mark.clause(IQAA, "S2.d")
    def test_the_experts_are_sent_no_version_that_is_not_accepted(self) -> None:
        problem = visit(OPENED, FORMED, TOLD, ANNOUNCED).when(materials(final=None)).then_refused(clause="S2.d", words="none is accepted")
        assert "S1.g" in problem.accepts

    def test_order_109_knows_no_versions_to_wait_for(self) -> None:
        opened = OPENED.model_copy(update={"rulebook": load(ORDER_109).ref})
        visit(opened, FORMED, TOLD, ANNOUNCED).when(materials(final=None)).then_types(MaterialsSent)


@pytest.mark.clause(IQAA, "S2.d")
class TestMaterials:
    PAST = (OPENED, FORMED, TOLD, ANNOUNCED)

    def test_they_go_to_every_expert(self) -> None:
        visit(*self.PAST).when(materials()).then(SENT)

    @pytest.mark.parametrize("index", [0, 1])
    def test_self_assessment_and_methods_both_go(self, index: int) -> None:
        command = materials(documents=(MATERIALS[index],))
        problem = visit(*self.PAST).when(command).then_refused(clause="S2.d")
        assert problem.missing == [MATERIALS[1 - index].kind]

    @pytest.mark.parametrize(("on", "late"), [(date(2026, 3, 21), False), (date(2026, 3, 22), True)])
    def test_two_weeks_before_is_in_time_and_later_is_flagged(self, on: date, late: bool) -> None:
        (sent,) = visit(*self.PAST).when(materials(on)).then_types(MaterialsSent)
        assert isinstance(sent, MaterialsSent)
        assert (sent.due_on, sent.late) == (date(2026, 3, 21), late)

    def test_an_agency_may_refuse_late_ones(self) -> None:
        problem = revised(materials(date(2026, 3, 22)), self.PAST, materials_late="refused")
        assert isinstance(problem, Refused)
        assert problem.first_start_on == "2026-04-05"

    def test_they_are_sent_once_and_for_a_visit_whose_dates_are_known(self) -> None:
        assert isinstance(visit(*self.PAST, SENT).when(materials()).then_refused(), Conflict)
        visit(OPENED, FORMED, TOLD).when(materials()).then_refused(clause="S2.d", words="dates")


class TestPreparation:
    PAST = (OPENED, FORMED, TOLD, ANNOUNCED, SENT)

    @pytest.mark.clause(IQAA, "S2.e.1")
    def test_the_webinar_trains_the_experts_and_treats_the_organisation(self) -> None:
        on = WEBINAR.held_on
        visit(*self.PAST).when(HoldWebinar(**at(on), attended=("anna", "emil"), topics=TOPICS)).then(WEBINAR)
        problem = visit(*self.PAST).when(HoldWebinar(**at(on), attended=("anna",), topics=TOPICS[:1])).then_refused(clause="S2.e.1")
        assert problem.missing == ["organisational_matters"]

    @pytest.mark.clause(IQAA, "S2.e.1")
    def test_the_webinar_follows_the_materials(self) -> None:
        visit(*self.PAST[:-1]).when(HoldWebinar(**at(), attended=("anna",), topics=TOPICS)).then_refused(clause="S2.d")

    @pytest.mark.parametrize("attended", [(), ("stranger",), ("anna", "anna")])
    def test_experts_of_the_panel_attend(self, attended: tuple[str, ...]) -> None:
        assert isinstance(visit(*self.PAST).when(HoldWebinar(**at(), attended=attended, topics=TOPICS)).then_refused(), Invalid)

    @pytest.mark.clause(IQAA, "S2.e.2")
    def test_the_briefing_comes_after_the_webinar_and_before_the_trip(self) -> None:
        command = HoldBriefing(**at(BRIEFING.held_on), attended=IDS)
        visit(*self.PAST, WEBINAR).when(command).then(BRIEFING)
        visit(*self.PAST).when(command).then_refused(clause="S2.e.1", words="webinar")
        visit(*self.PAST, WEBINAR).when(HoldBriefing(**at(date(2026, 4, 7)), attended=IDS)).then_refused(clause="S2.e.2")

    @pytest.mark.parametrize(
        ("without", "clause"),
        [
            pytest.param(TOLD, "S2.c.1", marks=pytest.mark.clause(IQAA, "S2.c.1")),
            pytest.param(SENT, "S2.d", marks=pytest.mark.clause(IQAA, "S2.d")),
            pytest.param(WEBINAR, "S2.e.1", marks=pytest.mark.clause(IQAA, "S2.e.1")),
            pytest.param(BRIEFING, "S2.e.2", marks=pytest.mark.clause(IQAA, "S2.e.2")),
        ],
    )
    def test_the_audit_waits_for_every_step(self, without: Event, clause: str) -> None:
        visit(*(event for event in READY if event is not without)).when(StartVisit(**at(STARTS))).then_refused(clause=clause)

    @pytest.mark.clause(IQAA, "S2.f.1")
    def test_a_prepared_panel_starts_on_its_first_day_and_ends_on_its_last(self) -> None:
        visit(*READY).when(StartVisit(**at(STARTS))).then(DONE[-2])
        visit(*DONE[:-1]).when(CompleteVisit(**at(ENDS))).then(DONE[-1])
        visit(*READY).when(StartVisit(**at(date(2026, 4, 3)))).then_refused(clause="S2.f.1")
        visit(*DONE[:-1]).when(CompleteVisit(**at(STARTS))).then_refused(clause="S2.f.1")

    def test_the_study_of_the_report_may_be_confirmed_and_is_asked_of_nobody(self) -> None:
        command = ConfirmReportStudied(**at(), expert_id="stranger")
        visit(*READY).when(command).then_refused(clause="S2.d")
        visit(*READY).when(StartVisit(**at(STARTS))).then_types(VisitStarted)


class TestReport:
    def submit(self, **changes: Any) -> SubmitVisitReport:
        return SubmitVisitReport(**at(REPORTED.submitted_on), **{**REPORT, **changes})

    @pytest.mark.clause(IQAA, "S2.g")
    def test_it_shows_remarks_recommendations_and_good_practice(self) -> None:
        visit(*DONE).when(self.submit()).then(REPORTED)

    @pytest.mark.clause(IQAA, "S2.g")
    @pytest.mark.parametrize("section", ["remarks", "recommendations", "good_practice"])
    def test_a_report_without_one_of_them_is_refused(self, section: str) -> None:
        visit(*DONE).when(self.submit(**{section: ()})).then_refused(clause="S2.g")

    @pytest.mark.clause(IQAA, "S2.g")
    def test_it_follows_the_audit(self) -> None:
        visit(*READY).when(self.submit()).then_refused(clause="S2.g", words="not completed")

    @pytest.mark.clause(IQAA, "S2.f.2")
    def test_it_says_what_was_found_for_each_purpose_of_the_audit(self) -> None:
        problem = visit(*DONE).when(self.submit(purposes=PURPOSES[:1])).then_refused(clause="S2.f.2")
        assert problem.missing == ["state_of_affairs"]
        strange = PurposeFinding(purpose="beauty", finding="Little")
        assert isinstance(visit(*DONE).when(self.submit(purposes=(*PURPOSES, strange))).then_refused(), Invalid)


@pytest.mark.clause(IQAA, "S2.h")
class TestFactualCheck:
    ON = date(2026, 5, 4)

    def close(self, *rulings: Ruling, **more: Any) -> CloseFactualCheck:
        return CloseFactualCheck(**at(self.ON), rulings=rulings, **more)

    def test_the_report_goes_to_the_institution_once(self) -> None:
        command = SendForFactualCheck(**at(date(2026, 4, 21)))
        visit(*DONE, REPORTED).when(command).then(CHECKING[-1])
        visit(*DONE).when(command).then_refused(clause="S2.h", words="no report")
        assert isinstance(visit(*CHECKING).when(command).then_refused(), Conflict)

    def test_the_institution_answers_once_and_not_before(self) -> None:
        command = AnswerFactualCheck(**at(date(2026, 4, 28)), corrections=CORRECTIONS)
        visit(*CHECKING).when(command).then(ANSWERED[-1])
        visit(*DONE, REPORTED).when(command).then_refused(clause="S2.h")
        assert isinstance(visit(*ANSWERED).when(command).then_refused(words="answered"), Conflict)

    def test_each_correction_is_accepted_or_not_with_reasons(self) -> None:
        rulings = (Ruling(number=1, accepted=True, reasons="By the register"), Ruling(number=2, accepted=False, reasons="It is shut"))
        corrected = document("external_evaluation_report")
        closed = FactualCheckClosed(case_id="case-1", rulings=rulings, report=corrected, closed_on=self.ON)
        visit(*ANSWERED).when(self.close(*rulings, report=corrected)).then(closed)
        assert visit(*ANSWERED).when(self.close(rulings[0], report=corrected)).then_refused(clause="S2.h").missing == [2]
        visit(*ANSWERED).when(self.close(*rulings)).then_refused(clause="S2.h", words="not corrected")
        assert isinstance(visit(*ANSWERED, closed).when(self.close(*rulings, report=corrected)).then_refused(), Conflict)

    @pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 1, 2)])
    def test_a_ruling_is_on_a_correction_and_each_has_one(self, numbers: tuple[int, ...]) -> None:
        rulings = [Ruling(number=number, accepted=False, reasons="No") for number in numbers]
        assert isinstance(visit(*ANSWERED).when(self.close(*rulings)).then_refused(), Invalid)

    def test_an_answer_without_corrections_closes_without_rulings(self) -> None:
        fine = FactualCheckAnswered(case_id="case-1", corrections=(), answered_on=self.ON)
        visit(*CHECKING, fine).when(self.close()).then(FactualCheckClosed(case_id="case-1", closed_on=self.ON))

    def test_silence_means_nothing_until_a_person_says_why(self) -> None:
        visit(*CHECKING).when(self.close()).then_refused(clause="S2.h", words="not answered")
        closed = FactualCheckClosed(case_id="case-1", without_answer="A month has passed", closed_on=self.ON)
        visit(*CHECKING).when(self.close(without_answer="A month has passed")).then(closed)
