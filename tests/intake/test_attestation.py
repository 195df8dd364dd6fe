"""An attestation's place in the schedule, and who can have one (attestation, p. 2-5, 9-14, 19, 21): 1 February 2027 is a Monday."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.corrections import CorrectFact
from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Problem
from chassis.testing import Given, given, guards_tell_the_truth
from regulations import Rulebook, calendar_for, load
from services.intake import contract
from services.intake.contract import (
    ApprovedChange,
    AttestationAnnounced,
    AttestationCancelled,
    AttestationClosed,
    AttestationDatesTold,
    AttestationRescheduled,
    AttestationScheduleApproved,
    AttestationScheduled,
    ScheduleChangeDeclined,
    ScheduleChangeRequested,
    ScheduleProposalPart,
    ScheduleProposed,
    Specialty,
)
from services.intake.domain import attestation as places
from services.intake.domain.attestation import (
    ATTESTATION_PLACE,
    AmendSchedule,
    AnnounceAttestation,
    CancelAttestation,
    DeclineScheduleChange,
    EndAttestation,
    RequestScheduleChange,
    ScheduleAttestation,
    TellAttestationDates,
    corrections,
)
from services.intake.domain.attestation_rules import Rules, Subject, attestation_id, attested_apart
from services.intake.domain.attestation_schedule import ATTESTATION_SCHEDULE, PROPOSAL, ApproveSchedule, ProposeSchedule
from services.intake.domain.attestation_state import Attestation
from services.intake.domain.scheduling import Candidate

ORDER = "kz-109-2008-attestation"
BOOK = load(ORDER)
TODAY, STARTS = date(2026, 10, 1), date(2027, 2, 1)
DAY = timedelta(days=1)
IDS = {"attestation_id": attestation_id("kaznu", 2027, "planned"), "institution_id": "kaznu"}
LAW, SEWING = Specialty(code="5B030100", name="Law", level="higher"), Specialty(code="1211000", name="Sewing", level="basic_secondary")


def at(day: date = TODAY, by: str = "body.officer") -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": by}


def subject(**fields: Any) -> Subject:
    told = {"institution_id": "kaznu", "authority": "kokson", "levels": ("higher",), "specialties": (LAW, SEWING), "state_owned": True}
    return Subject(**{**told, **fields})


def schedule(**fields: Any) -> ScheduleAttestation:
    told = {
        **at(),
        "attestation_id": IDS["attestation_id"],
        "rulebook": BOOK.ref,
        "schedule_id": "schedule-2027",
        "schedule_act": "Order No. 402",
        "act": "Order No. 402",
        "subject": subject(),
        "kind": "planned",
        "year": 2027,
        "starts_on": STARTS,
        "adopted": True,
    }
    return ScheduleAttestation(**{**told, **fields})


def scheduled(**fields: Any) -> AttestationScheduled:
    told = {
        **IDS,
        "rulebook": BOOK.ref,
        "schedule_id": "schedule-2027",
        "authority": "kokson",
        "kind": "planned",
        "year": 2027,
        "levels": ("higher",),
        "specialties": (LAW,),
        "state_owned": True,
        "starts_on": STARTS,
        "ends_on": date(2027, 2, 9),
        "act": "Order No. 402",
        "scheduled_on": TODAY,
    }
    return AttestationScheduled(**{**told, **fields})


def told_dates(**fields: Any) -> AttestationDatesTold:
    return AttestationDatesTold(**{**IDS, "starts_on": STARTS, "outgoing_number": "41", "told_on": TODAY, **fields})


def requested(**fields: Any) -> ScheduleChangeRequested:
    return ScheduleChangeRequested(**{**IDS, "request": 1, "reasons": "Examinations", "requested_on": TODAY, **fields})


def amend(ground: str = "reasoned_request", starts_on: date = date(2027, 3, 1), **fields: Any) -> AmendSchedule:
    told = {**at(), "ground": ground, "reasons": "So", "starts_on": starts_on, "act": "Order No. 37", **fields}
    return AmendSchedule(**told)


def place(*events: Event) -> Given[Attestation]:
    return given(ATTESTATION_PLACE, events)


def otherwise(book: Rulebook, **values: Any) -> Rules:
    """The rules with other settings, as an agency's what-if has them."""
    changes = {f"settings.{name}": {"value": value} for name, value in values.items()}
    return Rules(book.revised(changes, version="what-if"), calendar_for(book.country))


# --- scheduling


@pytest.mark.clause(ORDER, "4", "9", "11", "19")
def test_an_organisation_has_its_place_with_its_specialties_and_as_many_days_as_the_commission_may_work() -> None:
    place().when(schedule()).then(scheduled())


@pytest.mark.clause(ORDER, "11")
def test_there_is_no_place_in_a_year_whose_schedule_is_not_approved() -> None:
    place().when(schedule(schedule_act=None)).then_refused(clause="11", words="no approved schedule of 2027")


def test_a_place_is_given_once_and_the_same_again_is_nothing() -> None:
    place(scheduled()).when(schedule()).then()
    assert isinstance(place(scheduled()).when(schedule(starts_on=STARTS + DAY)).outcome, Conflict)
    assert isinstance(place(scheduled()).when(schedule(act="Order No. 7")).outcome, Conflict)


@pytest.mark.clause(ORDER, "2")
def test_a_repealed_order_is_used_by_an_agency_that_adopted_it_alone() -> None:
    problem = place().when(schedule(adopted=False)).then_refused(clause="2", words="repealed")
    assert "adoption" in problem.accepts


@pytest.mark.clause(ORDER, "2", "3")
def test_whom_a_treaty_takes_out_and_who_left_the_register_has_no_place() -> None:
    place().when(schedule(subject=subject(due=False, treaty="Treaty of 1998"))).then_refused(clause="3", words="Treaty of 1998")
    place().when(schedule(subject=subject(due=False))).then_refused(clause="2", words="left the register")


@pytest.mark.clause(ORDER, "5")
def test_an_extraordinary_attestation_rests_on_a_control_and_is_held_in_the_year_after_it() -> None:
    place().when(schedule(kind="extraordinary")).then_refused(clause="5")
    found = subject(extraordinary_year=2028, extraordinary_ground="limit_exceeded")
    problem = place().when(schedule(kind="extraordinary", subject=found)).then_refused(clause="5")
    assert "in 2028" in problem.accepts
    found = subject(extraordinary_year=2027, extraordinary_ground="limit_exceeded")
    (event,) = place().when(schedule(kind="extraordinary", subject=found)).then_types(AttestationScheduled)
    assert isinstance(event, AttestationScheduled)
    assert (event.ground, event.whole, event.specialties) == ("limit_exceeded", True, (LAW,))


@pytest.mark.clause(ORDER, "5")
def test_higher_education_is_attested_extraordinarily_by_the_specialties_below_the_threshold_alone() -> None:
    known = {"extraordinary_year": 2027, "extraordinary_ground": "specialty_below_threshold", "extraordinary_specialties": (LAW.code,)}
    (event,) = place().when(schedule(kind="extraordinary", subject=subject(**known))).then_types(AttestationScheduled)
    assert isinstance(event, AttestationScheduled)
    assert (event.whole, event.specialties) == (False, (LAW,))


@pytest.mark.clause(ORDER, "9")
def test_specialties_are_attested_apart_by_their_level_or_by_the_kazakh_text_by_that_of_the_organisation() -> None:
    assert attested_apart(subject(), BOOK) == (LAW,)
    kazakh = otherwise(BOOK, specialties_go_by="organisations").rulebook
    assert attested_apart(subject(), kazakh) == (LAW, SEWING)
    assert attested_apart(subject(levels=("basic_secondary",)), kazakh) == ()


@pytest.mark.clause(ORDER, "10")
def test_an_attestation_has_no_contract_and_no_invoice() -> None:
    """It is paid from the budget: no event, no command and no field of it could hold one."""
    named = [kind.__name__ for kind in contract.ATTESTATION_EVENTS]
    named += [field for kind in contract.ATTESTATION_EVENTS for field in kind.model_fields]
    named += [kind.__name__ for kind in places.GUARDS] + [field for kind in places.GUARDS for field in kind.model_fields]
    assert [name for name in named if any(word in name.lower() for word in ("contract", "invoice", "amount", "currency", "payer"))] == []


def test_an_attestation_begins_on_a_working_day_of_its_year() -> None:
    assert isinstance(place().when(schedule(starts_on=date(2027, 1, 31))).outcome, Invalid)
    assert isinstance(place().when(schedule(starts_on=date(2028, 2, 1))).outcome, Invalid)


@pytest.mark.clause(ORDER, "19")
def test_a_commission_is_not_planned_to_work_longer_than_it_may() -> None:
    place().when(schedule(ends_on=date(2027, 2, 10))).then_refused(clause="19", words="longer than it may")
    place().when(schedule(ends_on=date(2027, 2, 4))).then(scheduled(ends_on=date(2027, 2, 4)))
    assert isinstance(place().when(schedule(ends_on=STARTS - DAY)).outcome, Invalid)


@pytest.mark.clause(ORDER, "13.1", "13.2", "13.3", "14")
def test_a_single_place_comes_in_by_an_amendment_with_its_ground() -> None:
    place().when(schedule(amendment="reorganisation", reasons="New")).then(scheduled(amendment="reorganisation", reasons="New"))
    place().when(schedule(amendment="reasoned_request")).then_refused(clause="13.1")
    place().when(schedule(amendment="interim_control")).then_refused(clause="13.3")
    assert isinstance(place().when(schedule(amendment="whim")).outcome, Invalid)
    late = schedule(amendment="reorganisation", starts_on=date(2026, 12, 31), year=2026)
    place().when(late).then_refused(clause="14", words="by 2026-09-30")


@pytest.mark.clause(ORDER, "14")
def test_an_amendment_that_comes_too_late_is_flagged_where_the_agency_only_flags_it() -> None:
    rules = otherwise(BOOK, late_amendment="flagged")
    late = schedule(amendment="reorganisation", starts_on=date(2026, 12, 31), year=2026)
    (event,) = ATTESTATION_PLACE.decide(late, Attestation(), rules)
    assert isinstance(event, AttestationScheduled)
    assert event.late
    (moved,) = ATTESTATION_PLACE.decide(amend("reorganisation", date(2026, 12, 31)), ATTESTATION_PLACE.fold([scheduled()]), rules)
    assert isinstance(moved, AttestationRescheduled)
    assert (moved.late, moved.notify_by) == (True, date(2026, 9, 30))


# --- telling, asking, amending


@pytest.mark.clause(ORDER, "12")
def test_the_organisation_is_told_its_dates_once() -> None:
    tell = TellAttestationDates(**at(), outgoing_number="41")
    place(scheduled()).when(tell).then(told_dates())
    assert isinstance(place(scheduled(), told_dates()).when(tell).outcome, Conflict)
    assert isinstance(place(scheduled()).when(TellAttestationDates(**at(), outgoing_number="41", told_on=TODAY - DAY)).outcome, Invalid)
    assert isinstance(place(scheduled()).when(TellAttestationDates(**at(), outgoing_number="41", told_on=TODAY + DAY)).outcome, Invalid)


@pytest.mark.clause(ORDER, "12")
def test_who_is_told_late_is_told_all_the_same() -> None:
    """The text draws no consequence: the deadline shows it."""
    late = date(2027, 1, 25)
    place(scheduled()).when(TellAttestationDates(**at(late), outgoing_number="41")).then(told_dates(told_on=late))


@pytest.mark.clause(ORDER, "13.1")
def test_dates_are_moved_on_the_organisation_s_reasoned_request() -> None:
    ask = RequestScheduleChange(**at(), reasons="Examinations")
    place(scheduled()).when(amend()).then_refused(clause="13.1", words="has not asked")
    place(scheduled()).when(ask).then(requested())
    assert isinstance(place(scheduled(), requested()).when(ask).outcome, Conflict)
    place(scheduled(), requested()).when(amend()).then(
        AttestationRescheduled(
            **IDS,
            amendment=1,
            ground="reasoned_request",
            reasons="So",
            request=1,
            previous_starts_on=STARTS,
            starts_on=date(2027, 3, 1),
            ends_on=date(2027, 3, 10),
            year=2027,
            act="Order No. 37",
            notify_by=date(2026, 12, 1),
            amended_on=TODAY,
        )
    )


@pytest.mark.clause(ORDER, "13.1")
def test_a_request_is_declined_with_reasons_and_another_may_follow() -> None:
    decline = DeclineScheduleChange(**at(), reasons="Bound")
    place(scheduled()).when(decline).then_refused(clause="13.1")
    declined = ScheduleChangeDeclined(**IDS, request=1, reasons="Bound", declined_on=TODAY)
    place(scheduled(), requested()).when(decline).then(declined)
    again = RequestScheduleChange(**at(), reasons="Examinations")
    place(scheduled(), requested(), declined).when(again).then(requested(request=2))
    place(scheduled(), requested(), declined).when(amend()).then_refused(clause="13.1")


@pytest.mark.clause(ORDER, "13.1")
def test_by_the_kazakh_text_a_request_only_puts_an_attestation_off() -> None:
    rules = otherwise(BOOK, schedule_move="later_only")
    state = ATTESTATION_PLACE.fold([scheduled(), requested()])
    with pytest.raises(Problem, match="puts an attestation off") as refused:
        ATTESTATION_PLACE.decide(amend(starts_on=date(2027, 1, 18)), state, rules)
    assert getattr(refused.value, "clause", None) == "13.1"
    assert ATTESTATION_PLACE.decide(amend(), state, rules)
    wish = RequestScheduleChange(**at(), reasons="So", wished_on=date(2027, 1, 18))
    with pytest.raises(Problem, match="puts an attestation off"):
        ATTESTATION_PLACE.decide(wish, ATTESTATION_PLACE.fold([scheduled()]), rules)
    place(scheduled(), requested()).when(amend(starts_on=date(2027, 1, 18))).then_types(AttestationRescheduled)


@pytest.mark.clause(ORDER, "13.2", "13.3")
def test_dates_are_moved_for_a_reorganisation_or_by_a_control_that_the_register_knows_and_for_nothing_else() -> None:
    place(scheduled()).when(amend("reorganisation")).then_types(AttestationRescheduled)
    place(scheduled()).when(amend("interim_control")).then_refused(clause="13.3")
    place(scheduled()).when(amend("interim_control", control_found=True)).then_types(AttestationRescheduled)
    problem = place(scheduled()).when(amend("convenience")).outcome
    assert isinstance(problem, Invalid)
    assert "reasoned_request, reorganisation, interim_control" in str(problem.errors)


@pytest.mark.clause(ORDER, "14")
def test_an_amendment_that_cannot_be_told_three_months_before_the_new_start_is_refused() -> None:
    last = date(2026, 12, 1)
    place(scheduled()).when(amend("reorganisation", **at(last))).then_types(AttestationRescheduled)
    problem = place(scheduled()).when(amend("reorganisation", **at(last + DAY))).then_refused(clause="14", words="by 2026-12-01")
    assert problem.pointer == "#/starts_on"


@pytest.mark.clause(ORDER, "14")
def test_of_an_amendment_the_organisation_is_told_anew() -> None:
    asked = place(scheduled(), told_dates()).when(amend("reorganisation"))
    (moved,) = asked.then_types(AttestationRescheduled)
    place(scheduled(), told_dates(), moved).when(TellAttestationDates(**at(), outgoing_number="42")).then(
        told_dates(starts_on=date(2027, 3, 1), changed=True, outgoing_number="42")
    )


@pytest.mark.clause(ORDER, "13.2")
def test_only_a_reorganisation_takes_an_attestation_out_of_the_schedule() -> None:
    out = CancelAttestation(**at(), ground="reorganisation", reasons="Joined", act="Order No. 38")
    cancelled = AttestationCancelled(**IDS, ground="reorganisation", reasons="Joined", act="Order No. 38", cancelled_on=TODAY)
    place(scheduled()).when(out).then(cancelled)
    place(scheduled()).when(out.model_copy(update={"ground": "reasoned_request"})).then_refused(clause="13.2")
    place(scheduled(), cancelled).when(out).then_refused(words="cancelled")
    place(scheduled(), cancelled).when(schedule()).then_refused(words="taken out")
    place(scheduled(), cancelled).when(EndAttestation(**at(), outcome="cancelled")).then()


@pytest.mark.clause(ORDER, "13.1", "13.2", "19")
def test_the_dates_of_work_that_has_begun_are_no_plan_any_more() -> None:
    place(scheduled()).when(amend("reorganisation", began_on=STARTS)).then_refused(words="began its work on 2027-02-01")
    begun = CancelAttestation(**at(), ground="reorganisation", reasons="So", act="1", began_on=STARTS)
    place(scheduled()).when(begun).then_refused(words="began its work")


@pytest.mark.clause(ORDER, "21")
def test_the_head_of_the_organisation_announces_the_work_once_and_anew_for_other_dates() -> None:
    announce = AnnounceAttestation(**at(), announcement="From 1 February")
    announced = AttestationAnnounced(**IDS, announcement="From 1 February", announced_on=TODAY)
    place(scheduled()).when(announce).then(announced)
    assert isinstance(place(scheduled(), announced).when(announce).outcome, Conflict)
    later = at(TODAY + DAY)
    (moved,) = place(scheduled(), announced).when(amend("reorganisation", **later)).then_types(AttestationRescheduled)
    place(scheduled(), announced, moved).when(announce.model_copy(update=later)).then_types(AttestationAnnounced)


# --- closing


@pytest.mark.clause(ORDER, "4")
def test_a_planned_attestation_begins_new_years_from_the_day_of_its_decision() -> None:
    end = EndAttestation(**at(), outcome="attest", attested_on=date(2027, 2, 20))
    closed = AttestationClosed(**IDS, outcome="attest", attested_on=date(2027, 2, 20), next_due_by=date(2032, 2, 20), closed_on=TODAY)
    place(scheduled()).when(end).then(closed)
    place(scheduled(), closed).when(end).then()


@pytest.mark.clause(ORDER, "4", "5")
def test_whether_an_extraordinary_one_does_so_is_not_said() -> None:
    end = EndAttestation(**at(), outcome="attest", attested_on=date(2027, 2, 20))
    (closed,) = place(scheduled(kind="extraordinary", ground="limit_exceeded")).when(end).then_types(AttestationClosed)
    assert isinstance(closed, AttestationClosed)
    assert closed.next_due_by is None


def test_a_correction_cannot_tell_of_what_has_not_happened() -> None:
    past = [scheduled(), told_dates()]

    def corrected(day: date) -> Any:
        how = corrections(TODAY + DAY)
        fields = {"corrects": "x", "version": 2, "corrected": {"told_on": str(day)}, "reason": "A slip", "corrected_on": TODAY + DAY}
        return how.decider.decide(CorrectFact(**at(TODAY + DAY), **fields), tuple(past), None)

    assert len(corrected(TODAY + DAY)) == 1
    for day in (TODAY - DAY, TODAY + 2 * DAY):
        with pytest.raises(Conflict):
            corrected(day)


# --- guards


def steps(state: Attestation) -> list[Command]:
    to = date(2027, 3, 1) if state.starts_on != date(2027, 3, 1) else date(2027, 4, 1)
    ground = "reasoned_request" if state.request else "reorganisation"
    later = at(TODAY + DAY * (state.amendments + 1))
    return [
        schedule(),
        TellAttestationDates(**later, outgoing_number="41"),
        RequestScheduleChange(**later, reasons="So"),
        DeclineScheduleChange(**later, reasons="So"),
        amend(ground, to, **at(TODAY + DAY * (state.amendments + 2))),
        CancelAttestation(**later, ground="reorganisation", reasons="So", act="1"),
        AnnounceAttestation(**later, announcement="So"),
        EndAttestation(**later, outcome="attest"),
    ]


def seen(state: Attestation) -> Any:
    fresh = state.announced is not None and state.placed_on is not None and state.announced.announced_on >= state.placed_on
    return state.stage, state.told is None, state.request is None, min(state.amendments, 2), fresh


@pytest.mark.clause(ORDER, "12", "13.1", "14", "21")
def test_the_guards_of_an_attestation_tell_the_truth() -> None:
    states = guards_tell_the_truth(ATTESTATION_PLACE, [scheduled()], steps, alike=seen)
    assert {state.stage for state in states} == {"scheduled", "cancelled", "closed"}
    assert len(states) > 20


# --- proposals and schedules


def propose(**fields: Any) -> ProposeSchedule:
    candidates = tuple(Candidate(f"org-{n:04}", "body", date(2027 + n % 5, 12, 31)) for n in range(1_201))
    told = {**at(), "proposal_id": "p", "rulebook": BOOK.ref, "first_year": 2027, "years": 5, "candidates": candidates, "adopted": True}
    return ProposeSchedule(**{**told, **fields})


@pytest.mark.clause(ORDER, "4", "11")
def test_a_proposal_has_its_entries_in_parts() -> None:
    made, *parts = (
        given(PROPOSAL).when(propose()).then_types(ScheduleProposed, ScheduleProposalPart, ScheduleProposalPart, ScheduleProposalPart)
    )
    assert isinstance(made, ScheduleProposed)
    entries = [entry for part in parts if isinstance(part, ScheduleProposalPart) for entry in part.entries]
    assert made.entries == len(entries) == sum(load.attestations for load in made.loads) == 1_201
    for event in (made, *parts):
        assert type(event).model_validate(event.model_dump(mode="json")) == event


@pytest.mark.clause(ORDER, "4", "12")
def test_a_proposal_reaches_as_far_as_the_register_does_and_begins_when_notice_allows() -> None:
    assert "at most 5" in str(given(PROPOSAL).when(propose(years=6)).then_refused().errors)
    assert "from 2027" in str(given(PROPOSAL).when(propose(first_year=2026)).then_refused().errors)
    assert "a day from" in str(given(PROPOSAL).when(propose(approval_on=TODAY - DAY)).then_refused().errors)
    given(PROPOSAL).when(propose(adopted=False)).then_refused(clause="2", words="repealed")


def test_the_guards_of_proposals_and_schedules_tell_the_truth() -> None:
    guards_tell_the_truth(PROPOSAL, [], lambda _: [propose()], alike=lambda state: state.made is None)
    guards_tell_the_truth(ATTESTATION_SCHEDULE, [], lambda _: [approve()], alike=lambda state: state.approved is None)


def approve(**fields: Any) -> ApproveSchedule:
    told = {**at(), "schedule_id": "s", "rulebook": BOOK.ref, "year": 2027, "act": "Order No. 402", "adopted": True}
    return ApproveSchedule(**{**told, "starts": (("kaznu", STARTS), ("aues", date(2027, 5, 4))), **fields})


def approved(**fields: Any) -> AttestationScheduleApproved:
    told = {"schedule_id": "s", "rulebook": BOOK.ref, "year": 2027, "act": "Order No. 402", "entries": 2, "approved_on": TODAY}
    return AttestationScheduleApproved(**{**told, **fields})


@pytest.mark.clause(ORDER, "11")
def test_the_schedule_of_a_year_is_approved_once_and_the_same_request_goes_on_with_it() -> None:
    given(ATTESTATION_SCHEDULE).when(approve()).then(approved())
    given(ATTESTATION_SCHEDULE, [approved()]).when(approve(**at(TODAY + DAY))).then()
    for other in ({"act": "Order No. 7"}, {"starts": (("kaznu", STARTS),)}, {"proposal_id": "p"}):
        assert isinstance(given(ATTESTATION_SCHEDULE, [approved()]).when(approve(**other)).outcome, Conflict)
    change = ApprovedChange(institution_id="x", kind="planned", reason="So")
    assert isinstance(given(ATTESTATION_SCHEDULE, [approved()]).when(approve(changes=(change,))).outcome, Conflict)
    given(ATTESTATION_SCHEDULE).when(approve(adopted=False)).then_refused(clause="2")
    assert isinstance(given(ATTESTATION_SCHEDULE).when(approve(starts=())).outcome, Invalid)


@pytest.mark.clause(ORDER, "12")
def test_who_cannot_be_told_three_months_before_is_scheduled_on_a_person_s_word_alone() -> None:
    late = at(date(2026, 11, 2))
    problem = given(ATTESTATION_SCHEDULE).when(approve(**late)).then_refused(clause="12", words="1 of 2")
    assert problem.institutions == ["kaznu"]
    (event,) = given(ATTESTATION_SCHEDULE).when(approve(**late, despite_notice="So")).then_types(AttestationScheduleApproved)
    assert isinstance(event, AttestationScheduleApproved)
    assert event.despite_notice == "So"
