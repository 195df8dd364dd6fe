"""The register of organisations that are attested, and what the interim state control brings about."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chassis.corrections import CorrectFact
from chassis.decider import Command
from chassis.events import Recorded
from chassis.problems import Conflict, Invalid
from chassis.readmodels import project
from chassis.testing import given, guards_tell_the_truth
from services.intake.contract import (
    ATTESTATION,
    AttestationClosed,
    ExtraordinaryDue,
    InterimControlRecorded,
    SubjectCorrected,
    SubjectEntered,
    SubjectRemoved,
)
from services.intake.domain.attested import ATTESTED, Attested, RemoveSubject, corrections
from services.intake.domain.attested_due import apart, next_planned
from services.intake.domain.interim_control import CONTROL_LIMIT, Limit, SetLimit
from services.intake.readmodels_attested import attested_subjects
from tests.intake.attested import LANGUAGE, NOW, RULES, TEN_PERCENT, TODAY, control, enter, entered, limit_set, school, set_limit

CLAUSE = pytest.mark.clause
REMOVAL = RemoveSubject(**NOW, act="Order 9", reason="Joined another.", removed_on=TODAY)


@CLAUSE(ATTESTATION, "2")
@pytest.mark.parametrize("state_owned", [True, False])
def test_an_organisation_of_every_level_is_a_subject_whoever_owns_it(state_owned: bool) -> None:
    levels = tuple(RULES.vocabularies["education_levels"])
    assert len(levels) == 8
    (fact,) = given(ATTESTED).when(enter(levels=levels, state_owned=state_owned)).then_types(SubjectEntered)
    assert isinstance(fact, SubjectEntered)
    assert fact.subject


@CLAUSE(ATTESTATION, "2")
@pytest.mark.parametrize("levels", [(), ("driving",), ("higher", "driving")])
def test_an_organisation_outside_the_levels_is_no_subject(levels: tuple[str, ...]) -> None:
    given(ATTESTED).when(enter(levels=levels, specialties=())).then_refused(clause="2", words="outside the scope")


@CLAUSE(ATTESTATION, "2")
def test_a_repealed_instruction_binds_only_an_agency_that_has_adopted_it() -> None:
    now = datetime(2026, 6, 10, tzinfo=UTC)
    given(ATTESTED).when(enter(adopted=False).model_copy(update={"at": now})).then_refused(clause="2", words="not in force")
    given(ATTESTED).when(enter(adopted=True).model_copy(update={"at": now})).then_types(SubjectEntered)


@CLAUSE(ATTESTATION, "3")
def test_a_treaty_takes_a_foreign_branch_out_and_no_other_organisation() -> None:
    treaty = {"treaty": "Agreement of 17 January 2001", "foreign_branch": True}
    (fact,) = given(ATTESTED).when(enter(**treaty)).then_types(SubjectEntered)
    assert isinstance(fact, SubjectEntered)
    assert not fact.subject
    assert fact.treaty == treaty["treaty"]
    (branch,) = given(ATTESTED).when(enter(foreign_branch=True)).then_types(SubjectEntered)
    assert isinstance(branch, SubjectEntered)
    assert branch.subject
    assert isinstance(given(ATTESTED).when(enter(treaty="Agreement")).then_refused(), Invalid)
    given(ATTESTED, [fact]).when(control()).then_refused(words="is not attested")


@CLAUSE(ATTESTATION, "4")
@pytest.mark.parametrize(
    ("last", "founded", "due_by"),
    [
        (date(2008, 2, 29), date(1990, 1, 1), date(2013, 2, 28)),
        (date(2007, 5, 12), None, date(2012, 5, 12)),
        (None, date(2009, 9, 1), None),
        (None, None, None),
    ],
)
def test_the_next_attestation_falls_due_five_years_after_the_last(last: date | None, founded: date | None, due_by: date | None) -> None:
    planned = next_planned(RULES, last, founded)
    assert (planned.due_by, planned.clause) == (due_by, "4")
    assert ("a person schedules it" in planned.why) is (due_by is None)


@CLAUSE(ATTESTATION, "4")
def test_the_first_time_is_counted_from_the_founding_only_where_the_agency_says_so() -> None:
    own = RULES.model_copy(deep=True)
    own.settings["first_attestation"] = own.settings["first_attestation"].model_copy(update={"value": "founding"})
    assert next_planned(own, None, date(2009, 9, 1)).due_by == date(2014, 9, 1)
    assert next_planned(own, None, None).due_by is None


@CLAUSE(ATTESTATION, "4")
def test_the_years_run_from_kepil_s_own_attestation_once_there_is_one() -> None:
    told = entered(last_attested_on=date(2010, 3, 1))
    (anew,) = given(ATTESTED, [told]).when(enter(attested_here_on=date(2011, 5, 5), learners=7)).then_types(SubjectEntered)
    assert isinstance(anew, SubjectEntered)
    assert anew.last_attested_on == date(2011, 5, 5)
    (later,) = given(ATTESTED).when(enter(attested_here_on=date(2007, 5, 5))).then_types(SubjectEntered)
    assert isinstance(later, SubjectEntered)
    assert later.last_attested_on == date(2008, 2, 29)


@CLAUSE(ATTESTATION, "4")
def test_a_closed_attestation_moves_the_next_one_only_where_the_years_run_from_it() -> None:
    closed = AttestationClosed(attestation_id="a-1", institution_id="kaznu", outcome="attest", attested_on=TODAY, closed_on=TODAY)

    def left(fact: AttestationClosed) -> list[dict[str, Any]]:
        recorded = Recorded(fact, "e", "/kepil/intake", "agency", "attestation-a-1", 9, NOW["at"], NOW["at"], {})
        return [write.values for write in project([attested_subjects], recorded)]

    assert [each["open_attestation_id"] for each in left(closed)] == [None]
    _, moved = left(closed.model_copy(update={"next_due_by": date(2016, 6, 10)}))
    assert (moved["due_by"], moved["last_attested_on"]) == (date(2016, 6, 10), TODAY)


@CLAUSE(ATTESTATION, "4")
def test_the_languages_are_those_of_the_instruction() -> None:
    assert isinstance(given(ATTESTED).when(enter(languages=("english",))).then_refused(), Invalid)


@CLAUSE(ATTESTATION, "9")
def test_specialties_are_of_the_levels_that_are_attested_apart_and_that_the_organisation_has() -> None:
    assert apart(RULES) == {"technical_vocational", "post_secondary", "higher", "postgraduate"}
    primary = LANGUAGE.model_copy(update={"level": "primary"})
    given(ATTESTED).when(enter(levels=("primary",), specialties=(primary,))).then_refused(clause="9")
    assert isinstance(given(ATTESTED).when(enter(levels=("postgraduate",))).then_refused(), Invalid)
    assert isinstance(given(ATTESTED).when(enter(specialties=(LANGUAGE, LANGUAGE))).then_refused(words="twice"), Invalid)


def test_what_is_known_so_already_is_no_new_fact_and_what_differs_is_described_anew() -> None:
    given(ATTESTED, [entered()]).when(enter()).then()
    (anew,) = given(ATTESTED, [entered()]).when(enter(learners=7)).then_types(SubjectEntered)
    assert isinstance(anew, SubjectEntered)
    assert anew.learners == 7
    left = SubjectRemoved(institution_id="kaznu", act="Order 9", reason="Joined.", removed_on=TODAY)
    given(ATTESTED, [entered(), left]).when(enter()).then_types(SubjectEntered)


def test_days_to_come_and_closed_institutions_are_refused() -> None:
    given(ATTESTED).when(enter(last_attested_on=date(2011, 6, 11))).then_refused(words="has not come yet")
    given(ATTESTED).when(enter(institution_closed_on=TODAY)).then_refused(words="is closed")
    given(ATTESTED, [entered()]).when(REMOVAL.model_copy(update={"removed_on": date(2011, 6, 11)})).then_refused()
    given(ATTESTED, [entered()]).when(REMOVAL.model_copy(update={"open_attestation_id": "a-1"})).then_refused(words="is open")


def follows(fact: object) -> tuple[str | None, int | None, ExtraordinaryDue | None]:
    assert isinstance(fact, InterimControlRecorded)
    return fact.ground, fact.extraordinary_year, fact.due


@CLAUSE(ATTESTATION, "5")
@pytest.mark.parametrize(("failed", "exceeds"), [(20, False), (21, True), (0, False), (200, True)])
def test_more_failures_than_the_limit_bring_an_attestation_in_the_following_year(failed: int, exceeds: bool) -> None:
    (fact,) = given(ATTESTED, [school()]).when(control(failed=failed)).then_types(InterimControlRecorded)
    due = ExtraordinaryDue(year=2011, ground="limit_exceeded")
    assert follows(fact) == (("limit_exceeded", 2011, due) if exceeds else (None, None, None))


@CLAUSE(ATTESTATION, "5")
@pytest.mark.parametrize(("limit", "failed", "took_part", "exceeds"), [("33.3", 1, 3, True), ("33.4", 1, 3, False)])
def test_a_limit_in_percent_is_reckoned_exactly(limit: str, failed: int, took_part: int, exceeds: bool) -> None:
    assert SetLimit("l", Decimal(limit), "percent").exceeded_by(failed, took_part) is exceeds


@CLAUSE(ATTESTATION, "5")
def test_a_limit_in_learners_counts_them() -> None:
    limit = SetLimit("l", Decimal(20), "learners")
    assert (limit.exceeded_by(20, 21), limit.exceeded_by(21, 10_000)) == (False, True)


@CLAUSE(ATTESTATION, "5")
def test_higher_education_is_attested_extraordinarily_by_its_specialties_below_the_threshold() -> None:
    (fact,) = given(ATTESTED, [entered()]).when(control(failed=150, below_threshold=("5B011700",))).then_types(InterimControlRecorded)
    due = ExtraordinaryDue(year=2011, ground="specialty_below_threshold", specialties=("5B011700",))
    assert follows(fact) == ("specialty_below_threshold", 2011, due)
    given(ATTESTED, [school()]).when(control(below_threshold=("5B011700",))).then_refused(words="does not teach")
    college = entered(levels=("technical_vocational",), specialties=(LANGUAGE.model_copy(update={"level": "technical_vocational"}),))
    given(ATTESTED, [college]).when(control(below_threshold=("5B011700",))).then_refused(clause="5", words="higher education alone")
    cook = LANGUAGE.model_copy(update={"code": "0508000", "level": "technical_vocational"})
    both = entered(levels=("higher", "technical_vocational"), specialties=(LANGUAGE, cook))
    given(ATTESTED, [both]).when(control(below_threshold=("5B011700", "0508000"))).then_refused(clause="5", words="higher education alone")


@CLAUSE(ATTESTATION, "5")
def test_the_controls_of_a_year_bring_one_attestation_of_the_whole_where_one_of_them_asks_for_it() -> None:
    both = entered(levels=("higher", "primary"))
    of_higher = control(level="higher", below_threshold=("5B011700",), limit=SetLimit("limit-h", Decimal(10), "percent"))
    (first,) = given(ATTESTED, [both]).when(of_higher).then_types(InterimControlRecorded)
    (second,) = given(ATTESTED, [both, first]).when(control(level="primary", failed=100)).then_types(InterimControlRecorded)
    assert follows(second)[2] == ExtraordinaryDue(year=2011, ground="limit_exceeded")
    (right,) = given(ATTESTED, [both, first, second]).when(control(level="primary", failed=1)).then_types(InterimControlRecorded)
    assert follows(right)[2] == ExtraordinaryDue(year=2011, ground="specialty_below_threshold", specialties=("5B011700",))


@CLAUSE(ATTESTATION, "5")
def test_without_the_authorised_body_s_limit_nothing_follows_by_itself() -> None:
    given(ATTESTED, [school()]).when(control(limit=None)).then_refused(clause="5", words="no limit")
    given(CONTROL_LIMIT).when(set_limit()).then(limit_set())
    given(CONTROL_LIMIT, [limit_set()]).when(set_limit()).then_refused(words="set already")
    assert isinstance(given(CONTROL_LIMIT).when(set_limit(most_failed=Decimal(101))).then_refused(), Invalid)
    assert isinstance(given(CONTROL_LIMIT).when(set_limit(level="driving")).then_refused(), Invalid)


def test_a_control_that_cannot_be_is_refused() -> None:
    given(ATTESTED, [school()]).when(control(year=2012)).then_refused(words="has not come yet")
    given(ATTESTED, [school()]).when(control(failed=201)).then_refused(words="more failed")
    given(ATTESTED, [school()]).when(control(level="higher")).then_refused(words="does not teach")
    (fact,) = given(ATTESTED, [school()]).when(control()).then_types(InterimControlRecorded)
    given(ATTESTED, [school(), fact]).when(control()).then()


def test_a_day_is_corrected_until_the_years_run_from_another() -> None:
    told = {"version": 1, "corrects": "e-1", "reason": "A slip.", "corrected_on": TODAY}
    command = CorrectFact(**NOW, **told, corrected={"last_attested_on": "2009-02-28"})
    (fact,) = given(corrections(TODAY, None).decider, [entered()]).when(command).then_types(SubjectCorrected)
    state = ATTESTED.fold([entered(), fact])
    assert state.entered is not None
    assert state.entered.last_attested_on == date(2009, 2, 28)
    assert isinstance(given(corrections(TODAY, TODAY).decider, [entered()]).when(command).then_refused(), Conflict)
    late = command.model_copy(update={"corrected": {"last_attested_on": "2011-06-11"}})
    given(corrections(TODAY, None).decider, [entered()]).when(late).then_refused(words="has not come yet")


@CLAUSE(ATTESTATION, "5")
def test_a_command_of_the_register_is_open_exactly_where_some_body_is_accepted() -> None:
    def fitting(state: Attested) -> list[Command]:
        changed = 1 if state.entered is not None and state.entered.learners is None else None
        failed = 30 if TEN_PERCENT.limit_id in state.controls and state.controls[TEN_PERCENT.limit_id].failed == 20 else 20
        return [enter(learners=changed), REMOVAL, control(failed=failed)]

    def alike(state: Attested) -> object:
        return state.entered is None, state.removed_on, state.entered and state.entered.subject, bool(state.controls)

    assert len(guards_tell_the_truth(ATTESTED, [entered()], fitting, alike=alike)) == 4
    treaty = entered(subject=False, treaty="Agreement", foreign_branch=True)
    refusals = ATTESTED.refusals(ATTESTED.fold([treaty]), RULES)
    assert [kind.__name__ for kind, problem in refusals.items() if problem is not None] == ["RecordInterimControl"]
    assert len(guards_tell_the_truth(CONTROL_LIMIT, [], lambda _state: [set_limit()])) == 2
    assert CONTROL_LIMIT.fold([limit_set()]) == Limit(limit_set())
