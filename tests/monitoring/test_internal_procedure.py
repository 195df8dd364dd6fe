"""The agency's regulation on internal monitoring, its staff, its standing commission."""

from datetime import date
from typing import Any

import pytest

from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import given, guards_tell_the_truth
from regulations import load
from services.monitoring.contract import InternalMonitoringAdopted
from services.monitoring.domain.internal_commission import (
    INTERNAL_COMMISSION,
    OUTSIDER,
    ChangeInternalCommission,
    FormInternalCommission,
    Seat,
)
from services.monitoring.domain.internal_procedure import (
    INTERNAL_PROCEDURE,
    AdoptInternalMonitoring,
    AmendInternalRegulation,
    warns_from,
    years,
)
from services.monitoring.domain.internal_rules import ARTKI
from services.monitoring.domain.internal_staff import STAFF as PEOPLE
from services.monitoring.domain.internal_staff import LeaveStaff, RegisterStaff, corrections
from tests.monitoring.internals import REF, RULES, STAFF, TODAY, at, decided, variant

clause = pytest.mark.clause


def adopting(**fields: Any) -> AdoptInternalMonitoring:
    told = {"rulebook": REF, "approved_on": date(2026, 2, 2), "act": "Order No. 3", "first_year": 2026}
    return AdoptInternalMonitoring(**at(), **{**told, **fields})


def amending(**fields: Any) -> AmendInternalRegulation:
    told = {"rulebook": REF, "reason": "law_changed", "change": "Twice a year.", "act": "Order No. 4", "approved_on": TODAY}
    return AmendInternalRegulation(**at(), **{**told, **fields})


def forming(*members: Seat, **fields: Any) -> FormInternalCommission:
    told = {"rulebook": REF, "staff": STAFF, "order_number": "5", "formed_on": date(2026, 2, 3)}
    return FormInternalCommission(**at(), members=members or (Seat("aida", True), Seat("bakyt")), **{**told, **fields})


def changing(*joined: Seat, left: tuple[str, ...] = (), **fields: Any) -> ChangeInternalCommission:
    return ChangeInternalCommission(
        **at(), joined=joined, left=left, **{"staff": STAFF, "order_number": "6", "changed_on": TODAY, **fields}
    )


def registering(**fields: Any) -> RegisterStaff:
    told = {"staff_id": "aida", "name": "Aida A.", "post": "Clerk", "joined_on": date(2026, 1, 5), "today": TODAY}
    return RegisterStaff(**at(), **{**told, **fields})


def leaving(left_on: date = TODAY) -> LeaveStaff:
    return LeaveStaff(**at(), left_on=left_on, today=TODAY)


ADOPTED = decided(adopting(), [], decider=INTERNAL_PROCEDURE)
FORMED = decided(forming(), [], decider=INTERNAL_COMMISSION)
REGISTERED = decided(registering(), [], decider=PEOPLE)


@clause(ARTKI, "1.1", "5.2", "5.end")
def test_a_regulation_is_in_force_from_its_approval_and_is_adopted_once() -> None:
    told = {"rulebook": REF, "approved_on": date(2026, 2, 2), "act": "Order No. 3", "first_year": 2026, "adopted_on": TODAY}
    given(INTERNAL_PROCEDURE).when(adopting()).then(InternalMonitoringAdopted(**told))
    given(INTERNAL_PROCEDURE).when(adopting(approved_on=date(2026, 6, 2))).then_refused(clause="5.2", words="only on 2026-06-02")
    given(INTERNAL_PROCEDURE, ADOPTED).when(adopting()).then_refused(words="amended")
    other = adopting(rulebook=load("aakr-monitoring-2024").ref)
    assert isinstance(decided(other, [], load("aakr-monitoring-2024"), INTERNAL_PROCEDURE), Invalid)


@clause(ARTKI, "3.1")
def test_a_person_says_whether_the_year_of_approval_needs_a_cycle() -> None:
    for year in (2026, 2027):
        (fact,) = decided(adopting(first_year=year), [], decider=INTERNAL_PROCEDURE)
        assert fact.first_year == year
    for year in (2025, 2028):
        assert isinstance(decided(adopting(first_year=year), [], decider=INTERNAL_PROCEDURE), Invalid)
    fixed = variant("first_cycle_year", "year_after_approval")
    refused = decided(adopting(), [], fixed, INTERNAL_PROCEDURE)
    assert isinstance(refused, Refused)
    assert refused.clause == "3.1"


@clause(ARTKI, "5.1")
def test_an_amendment_is_recorded_with_any_reason_unless_the_agency_takes_the_list_as_closed() -> None:
    (fact,) = decided(amending(), ADOPTED, decider=INTERNAL_PROCEDURE)
    assert (fact.amendment, fact.reason) == (1, "law_changed")
    assert decided(amending(reason=None), ADOPTED, decider=INTERNAL_PROCEDURE)
    refused = decided(amending(reason=None), ADOPTED, variant("amendment_reason", "listed_only"), INTERNAL_PROCEDURE)
    assert isinstance(refused, Refused)
    assert refused.clause == "5.1"
    assert isinstance(decided(amending(reason="whim"), ADOPTED, decider=INTERNAL_PROCEDURE), Invalid)
    assert isinstance(decided(amending(approved_on=date(2026, 1, 1)), ADOPTED, decider=INTERNAL_PROCEDURE), Invalid)
    given(INTERNAL_PROCEDURE).when(amending()).then_refused(words="no regulation")


@clause(ARTKI, "3.1")
def test_a_year_is_held_by_a_final_report_dated_in_it_open_while_it_lasts_and_then_missed() -> None:
    found = years(RULES, 2024, TODAY, [2025, 2025], [2024, 2025, 2026])
    assert [(each.year, each.standing, each.reports) for each in found] == [(2024, "missed", 0), (2025, "held", 2), (2026, "open", 0)]
    started = years(variant("cycle_held_when", "started"), 2024, TODAY, [2025], [2024, 2025])
    assert [each.standing for each in started] == ["held", "held", "open"]
    assert years(RULES, 2027, TODAY, []) == []
    assert warns_from(RULES, date(2025, 11, 3)) == date(2026, 11, 3)
    assert warns_from(RULES, None) is None


@clause(ARTKI, "3.2.s1")
def test_the_commission_is_of_the_staff_and_an_outsider_is_flagged() -> None:
    (fact,) = decided(forming(), [], decider=INTERNAL_COMMISSION)
    assert (fact.flags, fact.formed_by, [each.head for each in fact.members]) == ((), "head", [True, False])
    outside = forming(Seat("aida"), Seat("zarina"))
    (flagged,) = decided(outside, [], decider=INTERNAL_COMMISSION)
    assert (flagged.flags, [each.staff for each in flagged.members]) == ((OUTSIDER,), [True, False])
    refused = decided(outside, [], variant("outsider_in_commission", "refused"), INTERNAL_COMMISSION)
    assert isinstance(refused, Refused)
    assert refused.clause == "3.2.s1"
    small = decided(forming(), [], variant("commission_size_minimum", 3), INTERNAL_COMMISSION)
    assert isinstance(small, Refused)
    for wrong in (
        forming(Seat("aida"), Seat("aida")),
        forming(Seat("aida", True), Seat("bakyt", True)),
        forming(formed_on=date(2026, 6, 2)),
        forming(until=date(2026, 2, 3)),
    ):
        assert isinstance(decided(wrong, [], decider=INTERNAL_COMMISSION), Invalid), wrong


@clause(ARTKI, "3.2.s1", "4.3.s2")
def test_the_commission_outlasts_a_cycle_with_members_who_join_and_leave() -> None:
    (fact,) = decided(changing(Seat("cholpon"), left=("bakyt",)), FORMED, decider=INTERNAL_COMMISSION)
    assert [each.staff_id for each in fact.members] == ["aida", "cholpon"]
    state = INTERNAL_COMMISSION.fold([*FORMED, fact])
    assert (state.ids, state.changes, state.stands(TODAY)) == ({"aida", "cholpon"}, 1, True)
    ended = INTERNAL_COMMISSION.fold(decided(forming(until=date(2026, 5, 1)), [], decider=INTERNAL_COMMISSION))
    assert not ended.stands(TODAY)
    for wrong in (changing(), changing(left=("cholpon",)), changing(Seat("aida")), changing(left=("aida",), changed_on=date(2026, 1, 1))):
        assert isinstance(decided(wrong, FORMED, decider=INTERNAL_COMMISSION), Invalid), wrong
    assert isinstance(decided(changing(left=("aida", "bakyt")), FORMED, decider=INTERNAL_COMMISSION), Refused)
    (again,) = decided(forming(Seat("daniyar"), formed_on=TODAY), FORMED, decider=INTERNAL_COMMISSION)
    assert INTERNAL_COMMISSION.fold([*FORMED, again]).ids == {"daniyar"}


def test_somebody_works_for_the_agency_until_he_leaves_and_may_come_again() -> None:
    given(PEOPLE, REGISTERED).when(registering()).then_refused(words="already")
    given(PEOPLE).when(leaving()).then_refused(words="does not work")
    left = [*REGISTERED, *decided(leaving(date(2026, 3, 1)), REGISTERED, decider=PEOPLE)]
    assert not PEOPLE.fold(left).works
    assert isinstance(decided(registering(joined_on=date(2026, 2, 1)), left, decider=PEOPLE), Invalid)
    assert PEOPLE.fold([*left, *decided(registering(joined_on=date(2026, 3, 2)), left, decider=PEOPLE)]).works
    assert isinstance(decided(leaving(date(2025, 1, 1)), REGISTERED, decider=PEOPLE), Conflict)
    assert isinstance(decided(registering(joined_on=date(2026, 6, 2)), [], decider=PEOPLE), Invalid)
    corrections(TODAY).check(PEOPLE.fold(left))
    with pytest.raises(Conflict):
        corrections(date(2026, 2, 1)).check(PEOPLE.fold(left))


def test_guards_of_the_procedure_the_staff_and_the_commission_tell_the_truth() -> None:
    guards_tell_the_truth(
        INTERNAL_PROCEDURE, [], lambda state: [adopting(), amending()], alike=lambda s: (s.adopted is not None, bool(s.amendments))
    )
    guards_tell_the_truth(PEOPLE, [], lambda state: [registering(joined_on=TODAY), registering(), leaving()], alike=lambda s: s.works)
    guards_tell_the_truth(
        INTERNAL_COMMISSION,
        FORMED,
        lambda state: [forming(formed_on=TODAY), changing(Seat("daniyar")), changing(left=("daniyar",))],
        alike=lambda s: s.ids,
    )
