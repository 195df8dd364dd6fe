"""The rules of an attestation's commission and of its work (attestation, p. 4, 6-8, 12, 16-20, 22, 23)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.corrections import Correctable, CorrectFact
from chassis.problems import Forbidden, Invalid, NotFound, Problem, Refused
from chassis.testing import Given, given
from regulations import Rulebook, calendar_for
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    AttestationTasksAssigned,
    AttestationVisitClosed,
    AttestationVisitCorrected,
    AttestationWorkEnded,
    ChairInformed,
    NoteHandedOver,
    Shortcoming,
    Task,
)
from services.visits.domain.commission import (
    ATTESTATION_VISIT,
    BeginWork,
    CloseVisitOfAttestation,
    EndWork,
    OpenVisitOfAttestation,
    check_right,
    must_chair,
    must_sit,
)
from services.visits.domain.commission_members import ChangeAttestationCommission, FormAttestationCommission
from services.visits.domain.commission_rules import (
    approval_due_on,
    check_act,
    check_chair,
    check_covered,
    check_groups,
    check_note,
    check_noted,
    check_size,
    check_stay,
    strange_methods,
    unmet,
)
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.commission_study import AssignTasks, HandOverNote, InformChair
from services.visits.domain.dates import Rules
from tests.visits.commissions import (
    ATTESTATION,
    BOOK,
    ENDS,
    IDS,
    OBJECTS,
    POOL,
    STARTS,
    TODAY,
    all_noted,
    assigned,
    at,
    at_work,
    began,
    formed,
    member,
    noted,
    opened,
    parts,
    revised,
    tasks,
)

DAY = timedelta(days=1)
RULES = Rules(BOOK, calendar_for("KZ"))


CLAUSE = pytest.mark.clause


def past(*events: Any) -> Given[AttestationVisit]:
    return given(ATTESTATION_VISIT, events)


def state_of(*events: Any) -> AttestationVisit:
    return ATTESTATION_VISIT.fold(events)


def rules(book: Rulebook) -> Rules:
    return Rules(book, calendar_for(book.country))


def form(*names: str, **fields: Any) -> FormAttestationCommission:
    members = tuple(map(member, names or ("chair", "owner", "teacher")))
    return FormAttestationCommission(**{**at(), "members": members, "chair_id": "chair", "order_number": "21", "pool": POOL, **fields})


def changes(**fields: Any) -> ChangeAttestationCommission:
    return ChangeAttestationCommission(**{**at(), "reasons": "Ill.", "order_number": "22", "pool": POOL, **fields})


def note(word: str, by: str, **fields: Any) -> HandOverNote:
    return HandOverNote(**at(STARTS), object=word, expert_id=by, **parts(**fields))


def pointers(problem: Problem) -> list[str]:
    assert isinstance(problem, Invalid), problem
    return [fault["pointer"] for fault in problem.errors or ()]


def opening(**fields: Any) -> OpenVisitOfAttestation:
    told = opened(**fields).model_dump(exclude={"opened_on"})
    return OpenVisitOfAttestation(**at(), **told)


class TestOpening:
    @CLAUSE(ATTESTATION, "16")
    def test_a_commission_is_awaited_once_and_takes_over_other_days(self) -> None:
        past().when(opening()).then(opened())
        past(opened()).when(opening()).then()
        moved: dict[str, Any] = {"starts_on": STARTS + 7 * DAY, "ends_on": ENDS + 7 * DAY}
        past(opened(), formed()).when(opening(**moved)).then(opened(**moved))
        state = state_of(opened(), formed(), opened(**moved))
        assert (state.stage, state.starts_on, state.expert_ids) == ("formed", STARTS + 7 * DAY, ("chair", "owner", "teacher"))

    @CLAUSE(ATTESTATION, "16")
    def test_work_that_has_begun_keeps_its_days(self) -> None:
        past(*at_work()).when(opening(starts_on=STARTS + DAY)).then()

    def test_nothing_is_done_before_it_is_opened(self) -> None:
        with pytest.raises(NotFound):
            ATTESTATION_VISIT.rules(form(), AttestationVisit())


class TestFormation:
    @CLAUSE(ATTESTATION, "16", "17 (a)", "17 (b)", "18.1", "18.2", "18.3")
    def test_a_commission_of_every_group_is_approved_under_an_employee_of_the_body(self) -> None:
        past(opened()).when(form()).then(formed())
        past(opened(), formed()).when(form()).then_refused(words="formed already")

    @CLAUSE(ATTESTATION, "17 (b)")
    def test_another_chair_is_refused(self) -> None:
        past(opened()).when(form(chair_id="teacher")).then_refused(clause="17 (b)", words="teacher would chair")

    @CLAUSE(ATTESTATION, "17 (b)")
    def test_an_agency_may_take_another_chair_and_shows_it(self) -> None:
        assert check_chair((member("teacher"),), "teacher", revised(chair_not_of_the_body="flagged")) == ("chair",)

    @CLAUSE(ATTESTATION, "18.1", "18.2", "18.3")
    @pytest.mark.parametrize(
        ("names", "lacking"),
        [
            (("owner", "teacher"), ("authorised_bodies",)),
            (("chair", "teacher"), ("body_in_charge",)),
            (("chair", "owner"), ("education_community",)),
            (("chair",), ("body_in_charge", "education_community")),
            (("chair", "owner", "rector"), ()),
            (("chair", "owner", "union"), ()),
        ],
    )
    def test_a_group_that_lacks_is_shown_and_refused_where_the_agency_says_so(
        self, names: tuple[str, ...], lacking: tuple[str, ...]
    ) -> None:
        seats, strict = tuple(map(member, names)), revised(missing_member_group="refused")
        assert check_groups(seats, True, BOOK) == lacking
        if not lacking:
            assert check_groups(seats, True, strict) == ()
            return
        with pytest.raises(Refused) as refusal:
            check_groups(seats, True, strict)
        assert refusal.value.clause == {"authorised_bodies": "18.1", "body_in_charge": "18.2", "education_community": "18.3"}[lacking[0]]

    @CLAUSE(ATTESTATION, "18.2")
    def test_the_body_in_charge_is_asked_for_in_a_state_organisation_alone(self) -> None:
        assert check_groups((member("chair"), member("teacher")), False, BOOK) == ()
        (fact,) = past(opened()).when(form("chair", "teacher")).then_types(AttestationCommissionFormed)
        assert isinstance(fact, AttestationCommissionFormed)
        assert fact.lacking == ("body_in_charge",)

    @CLAUSE(ATTESTATION, "18.3")
    def test_members_are_kept_with_the_direction_for_which_they_were_chosen(self) -> None:
        chosen = member("teacher").model_copy(update={"directions": ("5B011 Pedagogy",)})
        seats = (member("chair"), member("owner"), chosen)
        past(opened()).when(form(members=seats)).then(formed().model_copy(update={"members": seats}))

    @CLAUSE(ATTESTATION, "17 (a)")
    def test_the_composition_is_approved_by_an_order_or_by_any_act_where_the_agency_reads_so(self) -> None:
        past(opened()).when(form(approved_by="letter")).then_refused(clause="17 (a)", words="letter")
        check_act("letter", revised(commission_approval_act="any"))

    @CLAUSE(ATTESTATION, "17 (a)")
    @pytest.mark.parametrize(("approved_on", "late"), [(date(2009, 2, 20), False), (date(2009, 2, 21), True)])
    def test_ten_calendar_days_before_the_start_is_in_time_and_later_counts_and_is_shown(self, approved_on: date, late: bool) -> None:
        past(opened()).when(form(**at(STARTS), approved_on=approved_on)).then(formed(approved_on=approved_on))
        due_on = approval_due_on(state_of(opened()), RULES)
        assert due_on == date(2009, 2, 20)
        assert (approved_on > due_on) is late

    @CLAUSE(ATTESTATION, "16")
    def test_the_text_gives_no_number_and_an_agency_may(self) -> None:
        check_size((member("chair"),), BOOK)
        with pytest.raises(Refused, match="1 members"):
            check_size((member("chair"),), revised(commission_size_minimum=3))

    def test_a_list_that_is_no_commission_is_invalid(self) -> None:
        seats = (member("chair"), member("chair"), member("stranger"), member("owner", "ministers"))
        found = pointers(past(opened()).when(form(members=seats, chair_id="nobody")).then_refused())
        assert found == ["#/members/1/expert_id", "#/members/2/expert_id", "#/members/3/groups/0", "#/chair_id"]
        assert pointers(past(opened()).when(form(approved_on=TODAY + DAY)).then_refused()) == ["#/approved_on"]


class TestChanges:
    @CLAUSE(ATTESTATION, "17 (a)", "18.1")
    def test_a_successor_takes_over_what_was_to_be_studied(self) -> None:
        change = changes(left="teacher", joined=member("rector"), **at(STARTS))
        (fact,) = past(*at_work()).when(change).then_types(AttestationCommissionChanged)
        state = state_of(*at_work(), fact)
        assert state.expert_ids == ("chair", "owner", "rector")
        assert state.assigned_to("rector") == {task.object for task in tasks() if task.expert_id == "teacher"}
        assert not state.assigned_to("teacher")

    def test_without_a_successor_his_objects_are_nobodys(self) -> None:
        change = changes(left="teacher", **at(STARTS))
        (fact,) = past(*at_work()).when(change).then_types(AttestationCommissionChanged)
        state = state_of(*at_work(), fact)
        assert state.lacking == ("education_community",)
        assert {task.object for task in state.tasks} == {task.object for task in tasks() if task.expert_id != "teacher"}

    @CLAUSE(ATTESTATION, "17 (b)")
    def test_who_takes_the_chair_is_of_the_body_too(self) -> None:
        past(opened(), formed()).when(changes(left="chair", joined=member("rector"), chair_id="rector")).then_refused(clause="17 (b)")
        assert pointers(past(opened(), formed()).when(changes(left="chair")).then_refused()) == ["#/chair_id"]
        second = member("spare", "authorised_bodies", body=True)
        (fact,) = (
            past(opened(), formed()).when(changes(left="chair", joined=second, chair_id="spare")).then_types(AttestationCommissionChanged)
        )
        assert state_of(opened(), formed(), fact).chair_id == "spare"

    def test_what_is_no_change_is_told(self) -> None:
        past(opened()).when(changes(left="owner")).then_refused(clause="16", words="not formed")
        past(opened(), formed()).when(changes()).then_refused(words="already")
        faults = past(opened(), formed()).when(changes(left="nobody", joined=member("owner"))).then_refused()
        assert pointers(faults) == ["#/left", "#/joined/expert_id"]
        early = past(opened(), formed()).when(changes(left="owner", changed_on=TODAY - DAY)).then_refused()
        assert pointers(early) == ["#/changed_on"]

    def test_who_signs_after_the_work_can_change_still(self) -> None:
        ended = AttestationWorkEnded(**IDS, started_on=STARTS, ended_on=ENDS)
        past(*at_work(), *all_noted(), ended).when(changes(left="owner", **at(ENDS))).then_types(AttestationCommissionChanged)


def assign(**fields: Any) -> AssignTasks:
    told = {"meeting": "Academic council", "tasks": tasks(), "acts": ("Law on education",)}
    return AssignTasks(**{**at(STARTS), **told, **fields})


class TestTasks:
    @CLAUSE(ATTESTATION, "20", "22", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11")
    def test_the_chair_presents_the_members_and_gives_every_object_to_one(self) -> None:
        past(opened(), formed()).when(assign()).then(assigned())
        past(opened()).when(assign()).then_refused(clause="16")

    @CLAUSE(ATTESTATION, "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11", "23")
    @pytest.mark.parametrize(
        ("number", "word"),
        [(entry.clause, word) for word, entry in BOOK.vocabulary("objects_of_study").items()],
    )
    def test_an_object_of_study_that_nobody_has_is_named(self, number: str, word: str) -> None:
        left = tuple(task for task in tasks() if task.object != word)
        problem = past(opened(), formed()).when(assign(tasks=left)).then_refused(clause=number, words=word)
        assert problem.extensions["missing"] == [word]
        with pytest.raises(Refused):
            check_covered(left, BOOK)

    @CLAUSE(ATTESTATION, "20")
    def test_tasks_go_to_members_and_the_meeting_follows_the_approval(self) -> None:
        wrong = (*tasks(), Task(object="weather", expert_id="stranger"), tasks()[0])
        found = pointers(past(opened(), formed()).when(assign(tasks=wrong)).then_refused())
        assert found == ["#/tasks/11/object", "#/tasks/11/expert_id", "#/tasks/12"]
        assert pointers(past(opened(), formed()).when(assign(meeting_on=TODAY - DAY)).then_refused()) == ["#/meeting_on"]
        assert pointers(past(opened(), formed()).when(assign(meeting_on=STARTS + DAY)).then_refused()) == ["#/meeting_on"]

    @CLAUSE(ATTESTATION, "22")
    def test_the_chair_provides_the_acts(self) -> None:
        assert pointers(past(opened(), formed()).when(assign(acts=())).then_refused()) == ["#/acts"]

    @CLAUSE(ATTESTATION, "20")
    def test_tasks_are_assigned_anew_until_the_work_ends(self) -> None:
        past(*at_work()).when(assign(tasks=tasks("chair"))).then_types(AttestationTasksAssigned)
        assert state_of(*at_work(), assigned("chair")).assigned_to("chair") == set(OBJECTS)

    @CLAUSE(ATTESTATION, "20", "26 (a)")
    def test_the_chair_alone_does_what_is_the_chairs(self) -> None:
        state = state_of(opened(), formed())
        must_chair(state, "chair")
        with pytest.raises(Forbidden):
            must_chair(state, "owner")
        with pytest.raises(NotFound):
            must_chair(state, "stranger")
        with pytest.raises(NotFound):
            must_sit(state, "stranger")


class TestWork:
    @CLAUSE(ATTESTATION, "19")
    def test_the_work_begins_on_the_day_of_the_schedule_or_later(self) -> None:
        past(opened(), formed()).when(BeginWork(**at(STARTS))).then(began())
        past(opened(), formed()).when(BeginWork(**at(STARTS + DAY))).then(began(started_on=STARTS + DAY))
        past(*at_work()).when(BeginWork(**at(STARTS))).then_refused(words="began its work on 2009-03-02")

    @CLAUSE(ATTESTATION, "12")
    def test_it_does_not_begin_before_the_day_that_the_organisation_was_told(self) -> None:
        early = BeginWork(**at(STARTS), started_on=STARTS - DAY)
        past(opened(), formed()).when(early).then_refused(clause="12", words="starts on 2009-03-02")

    @CLAUSE(ATTESTATION, "16", "17 (a)")
    def test_it_does_not_begin_without_a_commission_nor_before_its_approval(self) -> None:
        past(opened()).when(BeginWork(**at(STARTS))).then_refused(clause="16", words="not formed")
        late = formed(approved_on=STARTS + DAY)
        past(opened(), late).when(BeginWork(**at(STARTS + DAY), started_on=STARTS)).then_refused(clause="17 (a)")

    @CLAUSE(ATTESTATION, "4")
    def test_the_languages_of_the_work_are_those_of_the_instruction(self) -> None:
        both = BeginWork(**at(STARTS), languages=("state", "russian"))
        past(opened(), formed()).when(both).then(began(languages=("state", "russian")))
        wrong = past(opened(), formed()).when(BeginWork(**at(STARTS), languages=("state", "kk"))).then_refused()
        assert pointers(wrong) == ["#/languages/1"]

    @CLAUSE(ATTESTATION, "19")
    def test_seven_working_days_are_enough_and_eight_too_many(self) -> None:
        """Of 2 to 11 March 2009, the 7th, the 8th and the 9th are days off."""
        ended = AttestationWorkEnded(**IDS, started_on=STARTS, ended_on=ENDS)
        past(*at_work(), *all_noted()).when(EndWork(**at(ENDS))).then(ended)
        past(*at_work(), *all_noted()).when(EndWork(**at(ENDS + DAY))).then_refused(clause="19", words="8 working days")

    @CLAUSE(ATTESTATION, "19")
    def test_by_the_kazakh_text_they_are_seven_days(self) -> None:
        kazakh = rules(revised(commission_work_text="kk"))
        check_stay(STARTS, STARTS + 6 * DAY, kazakh)
        with pytest.raises(Refused, match="8 calendar days") as refusal:
            check_stay(STARTS, STARTS + 7 * DAY, kazakh)
        assert refusal.value.clause == "19"
        check_stay(STARTS, STARTS + 7 * DAY, RULES)

    @CLAUSE(ATTESTATION, "19")
    def test_the_end_comes_once_and_after_the_beginning(self) -> None:
        assert pointers(past(*at_work(), *all_noted()).when(EndWork(**at(STARTS), ended_on=STARTS - DAY)).then_refused()) == ["#/ended_on"]
        early = EndWork(**at(STARTS + 3 * DAY), ended_on=STARTS + DAY)
        assert pointers(past(*at_work(), *all_noted()).when(early).then_refused()) == ["#/ended_on"], "a note of the fourth of March is in"
        ended = AttestationWorkEnded(**IDS, started_on=STARTS, ended_on=STARTS)
        past(*at_work(), *all_noted(), ended).when(EndWork(**at(STARTS))).then_refused(words="ended its work")
        past(opened(), formed()).when(EndWork(**at(STARTS))).then_refused(clause="19", words="not begun")

    @CLAUSE(ATTESTATION, "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11", "23")
    @pytest.mark.parametrize(
        ("number", "word"),
        [(entry.clause, word) for word, entry in BOOK.vocabulary("objects_of_study").items()],
    )
    def test_the_work_does_not_end_without_a_note_on_every_object(self, number: str, word: str) -> None:
        problem = past(*at_work(), *all_noted(word)).when(EndWork(**at(STARTS))).then_refused(clause=number, words=word)
        assert problem.extensions["missing"] == [word]
        with pytest.raises(Refused):
            check_noted(state_of(*at_work(), *all_noted(word)), BOOK)


class TestNotes:
    @CLAUSE(ATTESTATION, "6", "23")
    def test_a_member_hands_over_his_note(self) -> None:
        past(*at_work()).when(note(OBJECTS[1], "owner")).then(noted(OBJECTS[1], "owner", handed_over_on=STARTS))
        again = noted(OBJECTS[1], "owner", conforms=False)
        state = state_of(*at_work(), noted(OBJECTS[1], "owner"), again)
        assert state.notes == (again,), "a later note takes the place of the earlier"

    @CLAUSE(ATTESTATION, "23")
    def test_a_note_is_the_assigned_members(self) -> None:
        past(*at_work()).when(note(OBJECTS[1], "teacher")).then_refused(clause="23", words="but to owner")
        past(opened(), formed(), began()).when(note(OBJECTS[1], "owner")).then_refused(clause="20", words="no")
        past(opened(), formed(), assigned()).when(note(OBJECTS[1], "owner")).then_refused(clause="19", words="not begun")

    @CLAUSE(ATTESTATION, "23")
    @pytest.mark.parametrize("part", ["indicators", "shortcomings", "recommendations", "conclusions"])
    def test_a_note_has_all_of_its_parts(self, part: str) -> None:
        problem = past(*at_work()).when(note(OBJECTS[1], "owner", **{part: None})).then_refused(clause="23", words=part)
        assert problem.extensions["missing"] == [part]

    @CLAUSE(ATTESTATION, "23")
    def test_no_shortcomings_are_told_by_an_empty_list(self) -> None:
        past(*at_work()).when(note(OBJECTS[1], "owner", shortcomings=())).then_types(NoteHandedOver)

    @CLAUSE(ATTESTATION, "23")
    def test_each_shortcoming_names_its_provision_unless_the_agency_reads_the_russian_text(self) -> None:
        bare = (Shortcoming(text="Old.", provision="Standard, p. 3"), Shortcoming(text="Dark."))
        past(*at_work()).when(note(OBJECTS[1], "owner", shortcomings=bare)).then_refused(clause="23", words="shortcoming 2")
        for text in (False, "false"):
            check_note({"shortcomings": bare}, bare, revised(note_names_provision=text))

    @CLAUSE(ATTESTATION, "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8")
    @pytest.mark.parametrize(
        "word",
        list(BOOK.vocabulary("methods")),
    )
    def test_the_methods_that_were_used_are_recorded_with_the_object(self, word: str) -> None:
        (fact,) = past(*at_work()).when(note(OBJECTS[1], "owner", methods=(word,))).then_types(NoteHandedOver)
        assert isinstance(fact, NoteHandedOver)
        assert (fact.object, fact.methods) == (OBJECTS[1], (word,))

    @CLAUSE(ATTESTATION, "8.1", "8.7")
    def test_some_method_was_used_and_another_one_is_taken_where_the_list_is_open(self) -> None:
        assert pointers(past(*at_work()).when(note(OBJECTS[1], "owner", methods=())).then_refused()) == ["#/methods"]
        past(*at_work()).when(note(OBJECTS[1], "owner", methods=("alumni_survey",))).then_types(NoteHandedOver)
        twice = note(OBJECTS[1], "owner", methods=("documents", "documents"))
        assert pointers(past(*at_work()).when(twice).then_refused()) == ["#/methods/1"]
        closed = strange_methods("#/methods", ("alumni_survey",), revised(interviews_open="false"))
        assert [fault["pointer"] for fault in closed] == ["#/methods/0"]

    def test_what_is_no_note_is_invalid(self) -> None:
        wrong = note("weather", "owner", shortcomings=(Shortcoming(text="Old.", provision="p. 1", specialty="6B000"),))
        assert pointers(past(*at_work()).when(wrong).then_refused()) == ["#/object", "#/shortcomings/0/specialty"]
        early = note(OBJECTS[1], "owner", handed_over_on=STARTS - DAY)
        assert pointers(past(*at_work()).when(early).then_refused()) == ["#/handed_over_on"]

    @CLAUSE(ATTESTATION, "6")
    def test_what_does_not_conform_is_known_of_each_object(self) -> None:
        notes = [noted(OBJECTS[0], "chair"), noted(OBJECTS[1], "owner", conforms=False), noted(OBJECTS[1], "chair", conforms=False)]
        assert unmet(notes) == (OBJECTS[1],)

    @CLAUSE(ATTESTATION, "23")
    def test_members_inform_the_chair_while_they_work(self) -> None:
        informs = InformChair(**at(STARTS), expert_id="owner", progress="Half of it.")
        past(*at_work()).when(informs).then(ChairInformed(**IDS, expert_id="owner", progress="Half of it.", informed_on=STARTS))
        past(opened(), formed()).when(informs).then_refused(clause="19")
        stranger = informs.model_copy(update={"expert_id": "stranger"})
        assert pointers(past(*at_work()).when(stranger).then_refused()) == ["#/expert_id"]


class TestClosing:
    @CLAUSE(ATTESTATION, "13.2")
    def test_what_is_taken_out_of_the_schedule_has_no_commission_and_says_why(self) -> None:
        close = CloseVisitOfAttestation(**at(), reason="the attestation was taken out of the schedule")
        closed = AttestationVisitClosed(**IDS, reason="the attestation was taken out of the schedule", closed_on=TODAY)
        past(opened()).when(close).then(closed)
        past(opened(), formed()).when(close).then(closed)
        past(opened(), closed).when(close).then()
        told = opened(starts_on=STARTS + 7 * DAY).model_dump(exclude={"opened_on"})
        past(opened(), closed).when(OpenVisitOfAttestation(**at(), **told)).then()
        for facts in ((opened(),), (opened(), formed()), at_work()):
            refusals = ATTESTATION_VISIT.refusals(ATTESTATION_VISIT.fold([*facts, closed]), rules(BOOK))
            acts = {kind: problem for kind, problem in refusals.items() if kind not in (OpenVisitOfAttestation, CloseVisitOfAttestation)}
            assert len(acts) == 10
            assert all("since 2009-02-16: the attestation was taken out" in str(problem) for problem in acts.values())


class TestCorrections:
    def correct(self, on: date, version: int, **corrected: Any) -> Given[Any]:
        events = [*at_work(), *all_noted(), AttestationWorkEnded(**IDS, started_on=STARTS, ended_on=STARTS + 3 * DAY)]
        own = {"attestation_id": IDS["attestation_id"]}
        how = Correctable(ATTESTATION_VISIT, AttestationVisitCorrected, lambda _: own, lambda state: check_right(state, at(on)["at"]))
        fields = {"version": version, "corrected": corrected, "reason": "A slip.", "corrects": "e", "corrected_on": on}
        return given(how.decider, events).when(CorrectFact(**at(on), **fields))

    def test_a_day_is_put_right_where_the_work_could_have_come_about_so(self) -> None:
        self.correct(ENDS, 2, approved_on=str(TODAY - DAY)).then_types(AttestationVisitCorrected)
        self.correct(ENDS, 4, started_on=str(STARTS + DAY)).then_types(AttestationVisitCorrected)

    def test_another_is_refused(self) -> None:
        self.correct(ENDS, 4, started_on=str(STARTS - DAY)).then_refused(clause="12")
        self.correct(ENDS, 4, started_on=str(STARTS + 4 * DAY)).then_refused(words="begin on")
        self.correct(date(2009, 4, 1), 16, ended_on="2009-03-31").then_refused(clause="19")
        self.correct(ENDS, 16, ended_on=str(ENDS + DAY)).then_refused(words="has not come")
        self.correct(ENDS, 16, ended_on=str(STARTS + DAY)).then_refused(words="still worked")
        self.correct(ENDS, 2, approved_on=str(STARTS + DAY)).then_refused(words="presented")
