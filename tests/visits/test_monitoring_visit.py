"""The rules of a monitoring visit (AAKR, II.4.h, II.4.i; Sapattuu Bilim, 2.6.s2, 2.8-2.11, 3.1): 21 September 2026 is a Monday."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.corrections import Correctable, CorrectFact
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from chassis.testing import Given, given, guards_tell_the_truth
from regulations import Rulebook, load
from services.visits.contract import (
    Employment,
    GroupFormed,
    GroupMember,
    GroupMemberObjected,
    GroupMemberReplaced,
    GroupObjectionDecided,
    GroupTold,
    MonitoringVisitCorrected,
    MonitoringVisitHeld,
    MonitoringVisitOpened,
    MonitoringVisitReported,
    ProgrammeItem,
    VisitCostsInvoiced,
    VisitDatesAgreed,
    VisitFinding,
    VisitOrdered,
    VisitVerdict,
)
from services.visits.domain.dates import Rules
from services.visits.domain.monitoring_visit import (
    MONITORING_VISIT,
    AgreeDates,
    HoldMonitoringVisit,
    InvoiceCosts,
    OpenMonitoringVisit,
    OrderVisit,
    ReportMonitoringVisit,
    check_right,
    must_be_of_group,
)
from services.visits.domain.monitoring_visit_group import (
    DecideMemberObjection,
    FormGroup,
    ObjectToMember,
    Proposed,
    ReplaceMember,
    TellGroup,
)
from services.visits.domain.monitoring_visit_rules import check_group
from services.visits.domain.monitoring_visit_state import MonitoringVisit

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
BOTH = pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])
TODAY, STARTS = date(2026, 9, 1), date(2026, 9, 21)
DAY = timedelta(days=1)
FILE = Document(kind="visit_act", name="act.pdf", sha256="a" * 64)
IDS = {"cycle_id": "cycle-1", "followup_id": "followup-1", "institution_id": "ksu"}
POOL: dict[str, tuple[str, ...]] = dict.fromkeys(("aida", "bakyt", "cholpon", "daniyar", "elmira"), ()) | {"bound": ("ksu",)}
REFERENT = "agency.referent"


def at(day: date = TODAY, by: str = "agency.director") -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": by}


def opened(rulebook: str = SAPATTUU, **fields: Any) -> MonitoringVisitOpened:
    told = {"kind": "conditional_3y" if rulebook == SAPATTUU else "conditional", "panel": ("aida", "bakyt"), "case_officer": REFERENT}
    return MonitoringVisitOpened(**IDS, certificate_id="cert", rulebook=load(rulebook).ref, opened_on=TODAY, **{**told, **fields})


def member(name: str) -> GroupMember:
    return GroupMember(expert_id=name, former_member=name in ("aida", "bakyt"))


def formed(*names: str, **fields: Any) -> GroupFormed:
    return GroupFormed(**IDS, members=tuple(map(member, names or ("aida", "cholpon"))), formed_on=TODAY, **fields)


def told(*names: str) -> GroupTold:
    return GroupTold(**IDS, experts=names or ("aida", "cholpon"), told_on=TODAY)


def agreed(*names: str, starts_on: date = STARTS, ends_on: date = STARTS + DAY) -> VisitDatesAgreed:
    consents = {"agreed_by_agency_on": TODAY, "agreed_by_institution_on": TODAY}
    return VisitDatesAgreed(**IDS, starts_on=starts_on, ends_on=ends_on, experts=names or ("aida", "cholpon"), **consents)


def ordered(*names: str, starts_on: date = STARTS, ends_on: date = STARTS + DAY, **fields: Any) -> VisitOrdered:
    days = {"starts_on": starts_on, "ends_on": ends_on, "ordered_on": TODAY}
    return VisitOrdered(**IDS, order_number="17", experts=names or ("aida", "cholpon"), **days, **fields)


HELD = MonitoringVisitHeld(**IDS, started_on=STARTS, ended_on=STARTS + DAY)
READY = {AAKR: (opened(AAKR), formed(), agreed()), SAPATTUU: (opened(), formed(), told(), agreed(), ordered())}


def visit(*events: Event) -> Given[MonitoringVisit]:
    return given(MONITORING_VISIT, events)


def form(*names: str, director: bool = True, **fields: Any) -> FormGroup:
    members = fields.pop("members", tuple(map(Proposed, names)))
    return FormGroup(**at(), members=members, by_director=director, **{"affiliations": POOL, **fields})


def replace(name: str, successor: str | None, director: bool = True, **fields: Any) -> ReplaceMember:
    new = Proposed(successor) if successor else None
    return ReplaceMember(**at(), expert_id=name, successor=new, by_director=director, reason="Ill", affiliations=POOL, **fields)


def agree(starts_on: date = STARTS, ends_on: date | None = None, **fields: Any) -> AgreeDates:
    consents = {"agreed_by_agency_on": TODAY, "agreed_by_institution_on": TODAY, **fields}
    return AgreeDates(**at(), starts_on=starts_on, ends_on=ends_on or starts_on, **consents)


def order(starts_on: date = STARTS, ends_on: date | None = None, number: str = "17", on: date = TODAY) -> OrderVisit:
    return OrderVisit(**at(on), order_number=number, starts_on=starts_on, ends_on=ends_on or starts_on)


def invoice(payer: str = "institution", number: str = "112") -> InvoiceCosts:
    return InvoiceCosts(**at(), amount="48000.00", currency="KGS", payer=payer, invoice_number=number)


def hold(started_on: date = STARTS, ended_on: date = STARTS + DAY, on: date = STARTS + 2 * DAY) -> HoldMonitoringVisit:
    return HoldMonitoringVisit(**at(on), started_on=started_on, ended_on=ended_on)


def report(*sections: str, **fields: Any) -> ReportMonitoringVisit:
    findings = tuple(VisitFinding(section=word, text="So") for word in sections)
    return ReportMonitoringVisit(**at(STARTS + 4 * DAY), document=FILE, findings=findings, **fields)


ACT = ("adequacy", "conformity", "results")


class TestOpening:
    @BOTH
    def test_a_visit_is_opened_once_for_a_cycle(self, rulebook: str) -> None:
        fact = opened(rulebook)
        command = OpenMonitoringVisit(**at(), **fact.model_dump(exclude={"opened_on"}))
        visit().when(command).then(fact)
        visit(fact).when(command).then()

    @pytest.mark.clause(SAPATTUU, "2.6.s2")
    def test_nobody_visits_who_was_accredited_for_five_years(self) -> None:
        def opening(kind: str | None) -> Given[MonitoringVisit]:
            return visit().when(OpenMonitoringVisit(**at(), **opened(kind=kind).model_dump(exclude={"opened_on"})))

        opening("full_5y").then_refused(clause="2.6.s2", words="five years")
        for kind in ("conditional_3y", "conditional_1y", None):
            opening(kind).then_types(MonitoringVisitOpened)

    def test_by_aakr_every_kind_may_be_visited(self) -> None:
        for kind in load(AAKR).vocabularies["kinds"]:
            command = OpenMonitoringVisit(**at(), **opened(AAKR, kind=kind).model_dump(exclude={"opened_on"}))
            visit().when(command).then_types(MonitoringVisitOpened)

    def test_there_is_nothing_to_do_in_a_visit_that_is_not_opened(self) -> None:
        with pytest.raises(NotFound):
            MONITORING_VISIT.rules(form("aida"), MonitoringVisit())


class TestGroup:
    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    @pytest.mark.parametrize("names", [("aida",), ("aida", "cholpon"), ("aida", "cholpon", "daniyar")])
    def test_one_to_three_experts_are_the_group(self, names: tuple[str, ...]) -> None:
        visit(opened()).when(form(*names)).then(formed(*names))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_four_experts_are_too_many(self) -> None:
        visit(opened()).when(form("aida", "cholpon", "daniyar", "elmira")).then_refused(clause="2.11.p1.s1", words="4 members")

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_one_of_them_sat_in_the_commission_of_the_accreditation(self) -> None:
        visit(opened()).when(form("cholpon", "daniyar")).then_refused(clause="2.11.p1.s1", words="0 of the group")

    @pytest.mark.clause(AAKR, "II.4.h")
    def test_by_aakr_the_group_is_of_whom_the_agency_sends(self) -> None:
        names = ("cholpon", "daniyar", "elmira", "aida")
        visit(opened(AAKR)).when(form(*names, director=False)).then(formed(*names))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_the_director_forms_the_group(self) -> None:
        visit(opened()).when(form("aida", director=False)).then_refused(clause="2.11.p1.s1", words="director")
        visit(opened(), formed()).when(replace("cholpon", "daniyar", director=False)).then_refused(clause="2.11.p1.s1", words="director")

    @pytest.mark.clause(SAPATTUU, "2.8")
    def test_who_sat_in_the_commission_is_told_from_who_did_not(self) -> None:
        (fact,) = visit(opened()).when(form("bakyt", "cholpon")).then_types(GroupFormed)
        assert isinstance(fact, GroupFormed)
        assert [(each.expert_id, each.former_member) for each in fact.members] == [("bakyt", True), ("cholpon", False)]

    @pytest.mark.clause(SAPATTUU, "2.8")
    def test_where_nobody_recorded_the_commission_the_director_says_who_sat_in_it(self) -> None:
        unknown = opened(panel=())
        visit(unknown).when(form("aida")).then_refused(clause="2.11.p1.s1")
        (fact,) = visit(unknown).when(form(members=(Proposed("aida", True),))).then_types(GroupFormed)
        assert isinstance(fact, GroupFormed)
        assert fact.flags == ("former_member_stated",)
        visit(unknown, fact).when(replace("aida", "cholpon")).then_refused(clause="2.11.p1.s1")

    def test_what_is_recorded_of_the_commission_is_not_said_otherwise(self) -> None:
        for name, said in (("cholpon", True), ("aida", False)):
            problem = visit(opened()).when(form(members=(Proposed("bakyt"), Proposed(name, said)))).then_refused()
            assert isinstance(problem, Invalid)

    def test_a_list_that_is_no_group_is_invalid(self) -> None:
        for command, pointer in (
            (form("aida", "aida"), "#/members/1/expert_id"),
            (form("aida", "nobody"), "#/members/1/expert_id"),
            (form("aida", leader_id="bakyt"), "#/leader_id"),
            (form("aida", leader_id="aida", case_officer_leads=True), "#/leader_id"),
            (form("aida", "cholpon", case_officer="cholpon"), "#/case_officer"),
            (form("aida", formed_on=TODAY + DAY), "#/formed_on"),
        ):
            problem = visit(opened()).when(command).then_refused()
            assert isinstance(problem, Invalid)
            assert [fault["pointer"] for fault in problem.extensions["errors"]] == [pointer]

    def test_the_group_is_formed_once(self) -> None:
        assert isinstance(visit(opened(), formed()).when(form("aida")).outcome, Conflict)


class TestReferent:
    @pytest.mark.clause(SAPATTUU, "2.11.p1.s2")
    def test_the_referent_of_the_accreditation_may_lead(self) -> None:
        command = form("aida", "cholpon", case_officer_leads=True)
        visit(opened()).when(command).then(formed(case_officer_leads=True, case_officer=REFERENT))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s2")
    def test_another_referent_may_go_along_and_does_not_lead(self) -> None:
        visit(opened()).when(form("aida", case_officer="other", case_officer_leads=True)).then_refused(clause="2.11.p1.s2", words="other")
        visit(opened()).when(form("aida", case_officer="other")).then(formed("aida", case_officer="other"))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s2")
    def test_where_nobody_recorded_the_referent_a_person_says_who_it_was(self) -> None:
        unknown = opened(case_officer=None)
        assert isinstance(visit(unknown).when(form("aida", case_officer_leads=True)).outcome, Invalid)
        command = form("aida", case_officer_leads=True, case_officer="other")
        visit(unknown).when(command).then(formed("aida", case_officer_leads=True, case_officer="other", flags=("case_officer_stated",)))

    def test_by_aakr_anybody_of_the_agency_may_lead_for_it_does_not_speak_of_it(self) -> None:
        command = form("cholpon", case_officer="other", case_officer_leads=True)
        visit(opened(AAKR)).when(command).then(formed("cholpon", case_officer="other", case_officer_leads=True))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_the_referent_goes_beside_three_experts_and_four_in_all_are_flagged(self) -> None:
        command = form("aida", "cholpon", "daniyar", case_officer_leads=True)
        fields = {"case_officer_leads": True, "case_officer": REFERENT, "flags": ("four_with_case_officer",)}
        visit(opened()).when(command).then(formed("aida", "cholpon", "daniyar", **fields))

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_an_agency_may_refuse_four_or_count_the_referent_among_the_experts(self) -> None:
        three = [member(name) for name in ("aida", "cholpon", "daniyar")]
        for setting, value in (("four_with_case_officer", "refused"), ("case_officer_counted", True)):
            with pytest.raises(Problem, match="4"):
                check_group(three, REFERENT, chosen(SAPATTUU, setting, value))
            assert check_group(three, None, chosen(SAPATTUU, setting, value)) == ()
            assert check_group(three[:2], REFERENT, chosen(SAPATTUU, setting, value)) == ()

    def test_an_agency_may_ask_for_more_experts_where_the_text_does_not_say(self) -> None:
        asking = chosen(AAKR, "panel_size_minimum", 2)
        with pytest.raises(Problem, match="1 members"):
            check_group([member("cholpon")], None, asking)
        assert check_group([member("cholpon"), member("daniyar")], None, asking) == ()


class TestConflicts:
    @BOTH
    def test_a_conflict_of_interest_is_left_to_a_person_who_says_why(self, rulebook: str) -> None:
        problem = visit(opened(rulebook)).when(form("aida", "bound")).then_refused(words="bound to ksu")
        assert getattr(problem, "clause", None) == {AAKR: "II.4.h", SAPATTUU: "2.11.p1.s1"}[rulebook]
        (fact,) = visit(opened(rulebook)).when(form("aida", "bound", despite_conflicts="Nobody else")).then_types(GroupFormed)
        assert isinstance(fact, GroupFormed)
        assert [(found.expert_id, found.ground) for found in fact.conflicts] == [("bound", "affiliation")]
        assert fact.despite_conflicts == "Nobody else"

    def test_who_was_employed_there_or_forms_the_group_has_an_interest_too(self) -> None:
        jobs = {"aida": (Employment(institution_id="ksu", until=date(2020, 6, 30)),)}
        visit(opened()).when(form("aida", employments=jobs)).then_refused(words="until 2020-06-30")
        pool = {**POOL, "agency.director": ()}
        visit(opened()).when(form("aida", "agency.director", affiliations=pool)).then_refused(words="co-ordinates")

    def test_a_member_of_the_earlier_commission_has_none_for_it(self) -> None:
        (fact,) = visit(opened()).when(form("aida", despite_conflicts="Unasked")).then_types(GroupFormed)
        assert isinstance(fact, GroupFormed)
        assert (fact.conflicts, fact.despite_conflicts) == ((), None)


class TestAgreement:
    @pytest.mark.clause(AAKR, "II.4.h")
    @pytest.mark.clause(SAPATTUU, "2.9.s1")
    @BOTH
    def test_each_side_agrees_to_the_days_on_a_day_of_its_own(self, rulebook: str) -> None:
        command = agree(STARTS, STARTS + DAY, agreed_by_institution_on=TODAY - DAY)
        (fact,) = visit(opened(rulebook), formed()).when(command).then_types(VisitDatesAgreed)
        assert isinstance(fact, VisitDatesAgreed)
        assert (fact.agreed_by_agency_on, fact.agreed_by_institution_on) == (TODAY, TODAY - DAY)
        assert fact.experts == ("aida", "cholpon")

    @BOTH
    def test_nobody_agrees_in_the_future_nor_after_the_visit_has_begun(self, rulebook: str) -> None:
        past = visit(opened(rulebook), formed())
        assert isinstance(past.when(agree(agreed_by_institution_on=TODAY + DAY)).outcome, Invalid)
        clause = {AAKR: "II.4.h", SAPATTUU: "2.9.s1"}[rulebook]
        visit(opened(rulebook), formed()).when(agree(TODAY - DAY)).then_refused(clause=clause, words="last side agreed")

    @pytest.mark.clause(AAKR, "II.4.h")
    def test_by_aakr_a_group_that_changed_is_agreed_anew(self) -> None:
        changed = (
            *READY[AAKR],
            GroupMemberReplaced(**IDS, expert_id="cholpon", successor=member("daniyar"), reason="Ill", replaced_on=TODAY),
        )
        visit(*changed).when(hold()).then_refused(clause="II.4.h", words="not agreed")
        visit(*changed).when(agree(STARTS, STARTS + DAY)).when(hold()).then(HELD)

    @pytest.mark.clause(SAPATTUU, "2.9.s1")
    def test_by_sapattuu_the_institution_is_told_of_the_group_and_agrees_to_the_days(self) -> None:
        visit(opened(), formed(), agreed(), ordered()).when(hold()).then_refused(clause="2.9.s1", words="not told")
        visit(opened(), formed(), told(), ordered()).when(hold()).then_refused(clause="2.9.s1", words="not agreed")
        replaced = GroupMemberReplaced(**IDS, expert_id="cholpon", successor=member("daniyar"), reason="Ill", replaced_on=TODAY)
        changed = (*READY[SAPATTUU], replaced, ordered("aida", "daniyar"))
        visit(*changed).when(hold()).then_refused(clause="2.9.s1", words="not told")
        visit(*changed, told("aida", "daniyar")).when(hold()).then(HELD)

    @pytest.mark.clause(SAPATTUU, "2.9.s1")
    def test_the_notice_may_have_the_programme_of_the_days(self) -> None:
        def telling(day: date) -> TellGroup:
            return TellGroup(**at(), programme=(ProgrammeItem(day=day, subject="Meeting"),), outgoing_number="88")

        past = (opened(), formed(), agreed())
        (fact,) = visit(*past).when(telling(STARTS)).then_types(GroupTold)
        assert isinstance(fact, GroupTold)
        assert (fact.experts, fact.told_on) == (("aida", "cholpon"), TODAY)
        assert isinstance(visit(*past).when(telling(STARTS + 2 * DAY)).outcome, Invalid)

    def test_the_same_is_not_agreed_twice(self) -> None:
        assert isinstance(visit(*READY[AAKR]).when(agree(STARTS, STARTS + DAY)).outcome, Conflict)


class TestObjections:
    def objected(self, rulebook: str) -> tuple[Event, ...]:
        return (*READY[rulebook], GroupMemberObjected(**IDS, expert_id="cholpon", grounds="A dispute", objected_on=TODAY))

    @BOTH
    def test_the_institution_objects_to_whom_it_was_told_of(self, rulebook: str) -> None:
        command = ObjectToMember(**at(), expert_id="cholpon", grounds="A dispute")
        visit(*READY[rulebook]).when(command).then(self.objected(rulebook)[-1])
        visit(opened(rulebook), formed()).when(command).then_refused(words="told of no expert")
        stranger = ObjectToMember(**at(), expert_id="daniyar", grounds="A dispute")
        visit(*READY[rulebook]).when(stranger).then_refused(words="daniyar")

    @BOTH
    def test_the_visit_waits_for_the_decision_and_upheld_for_another_expert(self, rulebook: str) -> None:
        past = self.objected(rulebook)
        visit(*past).when(hold()).then_refused(words="not decided")
        visit(*past).when(DecideMemberObjection(**at(), expert_id="cholpon", upheld=False, reasons="None")).when(hold()).then(HELD)
        upheld = visit(*past).when(DecideMemberObjection(**at(), expert_id="cholpon", upheld=True, reasons="So"))
        upheld.then_types(GroupObjectionDecided)
        upheld.when(hold()).then_refused(words="place of cholpon")

    @BOTH
    def test_whom_an_objection_removed_does_not_come_back(self, rulebook: str) -> None:
        removed = GroupObjectionDecided(**IDS, expert_id="cholpon", upheld=True, reasons="So", decided_on=TODAY)
        past = (*self.objected(rulebook), removed)
        visit(*past).when(replace("cholpon", "cholpon")).then_refused(words="upheld")
        visit(*past).when(replace("cholpon", "daniyar")).then_types(GroupMemberReplaced)
        visit(*past).when(replace("cholpon", None)).then_types(GroupMemberReplaced)

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s1")
    def test_the_last_member_of_the_commission_is_replaced_by_another(self) -> None:
        visit(opened(), formed()).when(replace("aida", "daniyar")).then_refused(clause="2.11.p1.s1", words="0 of the group")
        visit(opened(), formed()).when(replace("aida", None)).then_refused(clause="2.11.p1.s1")
        (fact,) = visit(opened(), formed(leader_id="aida")).when(replace("aida", "bakyt")).then_types(GroupMemberReplaced)
        assert isinstance(fact, GroupMemberReplaced)
        assert (fact.successor, fact.leader_id) == (member("bakyt"), None)
        (led,) = visit(opened(), formed(leader_id="aida")).when(replace("aida", "bakyt", leader_id="bakyt")).then_types(GroupMemberReplaced)
        assert isinstance(led, GroupMemberReplaced)
        assert led.leader_id == "bakyt"

    def test_a_successor_is_an_expert_of_the_pool_who_has_no_place_yet(self) -> None:
        for command in (replace("cholpon", "aida"), replace("cholpon", "nobody"), replace("cholpon", "daniyar", leader_id="cholpon")):
            assert isinstance(visit(opened(), formed()).when(command).outcome, Invalid)
        assert isinstance(visit(opened(), formed()).when(replace("elmira", "daniyar")).outcome, Conflict)
        visit(opened(), formed()).when(replace("cholpon", "bound")).then_refused(words="conflict of interest")


class TestOrder:
    @pytest.mark.clause(SAPATTUU, "2.11.p1.s3")
    def test_an_order_approves_the_group_and_the_days(self) -> None:
        visit(*READY[SAPATTUU][:-1]).when(hold()).then_refused(clause="2.11.p1.s3", words="no order")
        visit(*READY[SAPATTUU][:-1]).when(order(STARTS, STARTS + DAY)).then(ordered())

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s3")
    @pytest.mark.parametrize(
        "other", [ordered("aida"), ordered(starts_on=STARTS + DAY), ordered(leader_id="aida"), ordered(case_officer=REFERENT)]
    )
    def test_an_order_on_another_group_or_other_days_is_not_enough(self, other: VisitOrdered) -> None:
        visit(*READY[SAPATTUU][:-1], other).when(hold()).then_refused(clause="2.11.p1.s3", words="approves this group")

    @pytest.mark.clause(SAPATTUU, "2.11.p1.s3")
    def test_a_later_order_takes_the_place_of_the_earlier(self) -> None:
        past = (*READY[SAPATTUU][:-1], ordered("aida"))
        visit(*past).when(order(STARTS, STARTS + DAY, number="18")).when(hold()).then(HELD)
        assert isinstance(visit(*past).when(order(number="17")).outcome, Conflict)

    def test_an_order_stands_before_the_visit(self) -> None:
        visit(opened(), formed()).when(order(TODAY - DAY)).then_refused(clause="2.11.p1.s3", words="cannot approve")

    def test_by_aakr_no_order_is_asked_for(self) -> None:
        visit(*READY[AAKR]).when(hold()).then(HELD)


class TestCosts:
    @pytest.mark.clause(SAPATTUU, "2.10")
    def test_the_institution_bears_the_costs(self) -> None:
        fact = {"amount": "48000.00", "currency": "KGS", "payer": "institution", "invoice_number": "112", "invoiced_on": TODAY}
        visit(opened()).when(invoice()).then(VisitCostsInvoiced(**IDS, **fact))
        visit(opened()).when(invoice("agency")).then_refused(clause="2.10", words="institution")

    def test_by_aakr_a_person_says_who_pays(self) -> None:
        for payer in ("institution", "agency"):
            visit(opened(AAKR)).when(invoice(payer)).then_types(VisitCostsInvoiced)
        assert isinstance(visit(opened(AAKR)).when(invoice("santa")).outcome, Invalid)

    def test_a_number_is_invoiced_once(self) -> None:
        past = visit(opened()).when(invoice())
        past.then_types(VisitCostsInvoiced)
        assert isinstance(past.when(invoice()).outcome, Conflict)
        visit(opened()).when(invoice()).when(invoice(number="113")).then_types(VisitCostsInvoiced)


class TestCourse:
    @pytest.mark.clause(SAPATTUU, "2.11.p2")
    @pytest.mark.parametrize("days", [1, 2])
    def test_a_visit_lasts_one_or_two_days(self, days: int) -> None:
        visit(opened(), formed()).when(agree(STARTS, STARTS + (days - 1) * DAY)).then_types(VisitDatesAgreed)
        visit(*READY[SAPATTUU]).when(hold(STARTS, STARTS + (days - 1) * DAY)).then_types(MonitoringVisitHeld)

    @pytest.mark.clause(SAPATTUU, "2.11.p2")
    def test_a_visit_of_three_days_is_too_long(self) -> None:
        ends_on = STARTS + 2 * DAY
        visit(opened(), formed()).when(agree(STARTS, ends_on)).then_refused(clause="2.11.p2", words="3 calendar days")
        visit(opened(), formed()).when(order(STARTS, ends_on)).then_refused(clause="2.11.p2", words="3 calendar days")

    @pytest.mark.clause(SAPATTUU, "2.11.p2")
    def test_the_days_are_counted_as_they_are_over_a_weekend(self) -> None:
        saturday = STARTS + 5 * DAY
        visit(opened(), formed()).when(agree(saturday, saturday + DAY)).then_types(VisitDatesAgreed)

    def test_by_aakr_a_visit_lasts_as_long_as_both_sides_agree(self) -> None:
        visit(opened(AAKR), formed()).when(agree(STARTS, STARTS + 9 * DAY)).then_types(VisitDatesAgreed)

    @BOTH
    def test_it_is_held_on_days_that_were_agreed_and_have_come(self, rulebook: str) -> None:
        clause = {AAKR: "II.4.h", SAPATTUU: "2.9.s1"}[rulebook]
        visit(*READY[rulebook]).when(hold(STARTS - DAY, STARTS)).then_refused(clause=clause, words="were agreed")
        assert isinstance(visit(*READY[rulebook]).when(hold(on=STARTS)).outcome, Invalid)
        assert isinstance(visit(*READY[rulebook]).when(hold(STARTS + DAY, STARTS)).outcome, Invalid)
        visit(*READY[rulebook]).when(hold()).then(HELD)
        assert isinstance(visit(*READY[rulebook], HELD).when(hold()).outcome, Conflict)

    def test_it_does_not_begin_before_everything_is_in_place(self) -> None:
        late = told().model_copy(update={"told_on": STARTS + DAY})
        past = (opened(), formed(), late, agreed(), ordered())
        visit(*past).when(hold()).then_refused(clause="2.9.s1", words="on 2026-09-22 only")
        visit(*past).when(hold(STARTS + DAY)).then_types(MonitoringVisitHeld)
        never = told().model_copy(update={"told_on": STARTS + 2 * DAY})
        visit(opened(), formed(), never, agreed(), ordered()).when(hold(on=STARTS + 9 * DAY)).then_refused(
            words="days that were agreed end"
        )

    @BOTH
    def test_nothing_is_agreed_or_ordered_without_a_group_nor_after_the_visit(self, rulebook: str) -> None:
        for command in (agree(), order(), TellGroup(**at()), replace("aida", "bakyt"), hold()):
            visit(opened(rulebook)).when(command).then_refused(words="not formed")
            assert isinstance(visit(*READY[rulebook], HELD).when(command).outcome, Conflict)


class TestReport:
    @pytest.mark.clause(SAPATTUU, "3.1")
    def test_the_act_speaks_of_adequacy_conformity_and_results(self) -> None:
        (fact,) = visit(*READY[SAPATTUU], HELD).when(report(*ACT, signed_by=("aida",))).then_types(MonitoringVisitReported)
        assert isinstance(fact, MonitoringVisitReported)
        assert ([each.section for each in fact.findings], fact.submitted_on) == (list(ACT), STARTS + 4 * DAY)
        problem = visit(*READY[SAPATTUU], HELD).when(report("adequacy", "results")).then_refused(clause="3.1", words="conformity")
        assert problem.extensions["missing"] == ["conformity"]
        visit(*READY[SAPATTUU], HELD).when(report(*ACT, "to_the_council")).then_types(MonitoringVisitReported)

    @pytest.mark.clause(AAKR, "II.4.i")
    def test_by_aakr_the_report_is_as_the_group_writes_it(self) -> None:
        visit(*READY[AAKR], HELD).when(report()).then_types(MonitoringVisitReported)
        assert isinstance(visit(*READY[AAKR], HELD).when(report("adequacy")).outcome, Invalid)

    @pytest.mark.clause(AAKR, "II.4.i")
    @pytest.mark.clause(SAPATTUU, "3.1")
    @BOTH
    def test_it_follows_the_visit_and_there_is_one(self, rulebook: str) -> None:
        clause = {AAKR: "II.4.i", SAPATTUU: "3.1"}[rulebook]
        sections = ACT if rulebook == SAPATTUU else ()
        visit(*READY[rulebook]).when(report(*sections)).then_refused(clause=clause, words="not held")
        done = visit(*READY[rulebook], HELD).when(report(*sections))
        done.then_types(MonitoringVisitReported)
        assert isinstance(done.when(report(*sections)).outcome, Conflict)

    def test_a_verdict_is_on_something_and_in_words_of_the_rulebook(self) -> None:
        half = VisitVerdict(measure_id="m-1", fulfilment="partly_fulfilled", note="Half")
        visit(*READY[SAPATTUU], HELD).when(report(*ACT, verdicts=(half,))).then_types(MonitoringVisitReported)
        for past, verdict in (
            ((*READY[SAPATTUU], HELD), half.model_copy(update={"fulfilment": "superb"})),
            ((*READY[SAPATTUU], HELD), half.model_copy(update={"measure_id": None})),
            ((*READY[AAKR], HELD), half),
        ):
            sections = ACT if past[0] == opened() else ()
            assert isinstance(visit(*past).when(report(*sections, verdicts=(verdict,))).outcome, Invalid)
        visit(*READY[AAKR], HELD).when(report(verdicts=(half.model_copy(update={"fulfilment": None}),))).then_types(MonitoringVisitReported)

    def test_strangers_sign_nothing_and_sections_stand_once(self) -> None:
        for command in (report(*ACT, signed_by=("elmira",)), report(*ACT, "results")):
            assert isinstance(visit(*READY[SAPATTUU], HELD).when(command).outcome, Invalid)

    def test_the_experts_of_the_group_and_the_referent_at_its_head_speak_for_it(self) -> None:
        led = MONITORING_VISIT.fold([opened(), formed(case_officer_leads=True, case_officer=REFERENT)])
        for who in ("aida", "cholpon", REFERENT):
            must_be_of_group(led, who)
        beside = MONITORING_VISIT.fold([opened(), formed(case_officer=REFERENT)])
        for state, who in ((led, "elmira"), (beside, REFERENT)):
            with pytest.raises(Forbidden):
                must_be_of_group(state, who)


class TestCorrection:
    def corrected(self, past: tuple[Event, ...], version: int, right: dict[str, Any], on: date) -> Any:
        def own(state: MonitoringVisit) -> dict[str, str]:
            return {"cycle_id": state.cycle_id, "followup_id": state.followup_id}

        how = Correctable(MONITORING_VISIT, MonitoringVisitCorrected, own, lambda state: check_right(state, on))
        command = CorrectFact(**at(on), corrects="e", version=version, corrected=right, reason="Typed", corrected_on=on)
        return list(how.decider.decide(command, past, None))

    def test_a_day_of_the_visit_is_put_right_where_it_could_have_been_so(self) -> None:
        past = (*READY[SAPATTUU], HELD)
        on = STARTS + 5 * DAY
        facts = self.corrected(past, 6, {"ended_on": STARTS.isoformat()}, on)
        held = MONITORING_VISIT.fold((*past, *facts)).held
        assert held is not None
        assert held.ended_on == STARTS
        for version, right in (
            (6, {"ended_on": (STARTS + 3 * DAY).isoformat()}),
            (6, {"ended_on": (STARTS - DAY).isoformat()}),
            (3, {"told_on": (STARTS + DAY).isoformat()}),
            (5, {"ordered_on": (STARTS + DAY).isoformat()}),
            (4, {"agreed_by_agency_on": (STARTS + DAY).isoformat()}),
            (2, {"formed_on": (on + DAY).isoformat()}),
        ):
            with pytest.raises(Problem):
                self.corrected(past, version, right, on)

    def test_what_no_longer_stands_is_put_right_as_strictly(self) -> None:
        later = ordered().model_copy(update={"order_number": "18"})
        for version, name in ((5, "ordered_on"), (4, "agreed_by_institution_on")):
            with pytest.raises(Problem):
                self.corrected((*READY[SAPATTUU], later, agreed()), version, {name: f"{STARTS + DAY}"}, STARTS + 5 * DAY)

    def test_an_invoice_is_put_right(self) -> None:
        past = visit(opened()).when(invoice())
        (fact,) = past.then_types(VisitCostsInvoiced)
        (right,) = self.corrected((opened(), fact), 2, {"amount": "4800.00"}, TODAY)
        assert right.previous == {"amount": "48000.00"}


def chosen(rulebook: str, setting: str, value: Any) -> Rulebook:
    """The rulebook as an agency reads it that chose otherwise."""
    book = load(rulebook)
    changed = book.settings[setting].model_copy(update={"value": value})
    return book.model_copy(update={"settings": {**book.settings, setting: changed}})


FORMER = tuple(f"former-{number}" for number in range(60))


def commands(state: MonitoringVisit) -> list[Any]:
    """One that fits of every kind, wherever any does; every expert of the pool sat in the commission."""
    group, vacant = state.expert_ids, state.vacant_ids
    known = [name for name in group if name not in state.objected]
    fresh = next(name for name in FORMER if name not in (*group, *state.excluded, *(state.told.experts if state.told else ())))
    days = (state.agreed.starts_on, state.agreed.ends_on) if state.agreed else (STARTS, STARTS)
    rulebook = state.rulebook.id if state.rulebook else SAPATTUU
    changed = {"affiliations": dict.fromkeys(FORMER, ()), "by_director": True}
    return [
        OpenMonitoringVisit(**at(), **opened(rulebook).model_dump(exclude={"opened_on"})),
        FormGroup(**at(), members=tuple(map(Proposed, FORMER[:2])), **changed),
        TellGroup(**at()),
        *(ObjectToMember(**at(), expert_id=name, grounds="So") for name in (*known, "nobody")),
        *(
            DecideMemberObjection(**at(), expert_id=name, upheld=upheld, reasons="So")
            for name in (*state.objected, "nobody")
            for upheld in (True, False)
        ),
        ReplaceMember(**at(), expert_id=(*vacant, *group, "nobody")[0], successor=Proposed(fresh), reason="Ill", **changed),
        agree(STARTS + DAY if state.agreed and state.agreed.starts_on == STARTS else STARTS),
        order(*days, number=f"{len(state.orders)}"),
        invoice(number=f"{len(state.invoices)}"),
        hold(*days, on=STARTS + 40 * DAY),
        report(*(ACT if rulebook == SAPATTUU else ())),
    ]


def alike(state: MonitoringVisit) -> Any:
    """Who they are makes no difference, nor how often the same was done."""
    heard = {*(state.told.experts if state.told else ()), *(state.agreed.experts if state.agreed else ())}
    group = (len(state.expert_ids), len(state.vacancies), len(state.objected), len(heard & set(state.expert_ids)))
    return (state.stage, *group, state.is_told, state.is_agreed, state.is_ordered, state.agreed and state.agreed.starts_on)


@BOTH
def test_the_guards_say_what_is_decided(rulebook: str) -> None:
    states = guards_tell_the_truth(MONITORING_VISIT, [opened(rulebook, panel=FORMER)], commands, alike=alike)
    assert {state.stage for state in states} == {"opened", "group_formed", "held", "reported"}
    assert any(state.vacancies for state in states)


def test_the_rules_are_those_of_the_rulebook_of_the_visit() -> None:
    rules = MONITORING_VISIT.rules(form("aida"), MONITORING_VISIT.fold([opened()]))
    assert isinstance(rules, Rules)
    assert rules.rulebook.id == SAPATTUU
