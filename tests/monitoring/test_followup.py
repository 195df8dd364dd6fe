"""The follow-up of a certificate: opened once, classified, followed, ended; letter, expected days, another version of its rulebook."""

from datetime import date

import pytest

from chassis.testing import given
from regulations import load
from services.monitoring.contract import (
    CertificateFollowed,
    DecisionLetterSent,
    DirectorAlerted,
    ExpectedDateSet,
    FollowUpClassified,
    FollowUpEnded,
    FollowUpOpened,
    FollowUpRulebookAdopted,
)
from services.monitoring.domain.followup import FOLLOWUP, AdoptRulebook, Parts, corrections
from tests.monitoring.followups import (
    AAKR,
    ADVICE,
    KINDS,
    RECEIVED,
    REMARK,
    SAPATTUU,
    TODAY,
    adopting,
    alerting,
    at,
    classifying,
    expecting,
    following,
    opened,
    opening,
    sending,
)
from tests.monitoring.shelf import AMENDED, amended

__all__ = ["amended"]

BOTH = pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])


@pytest.mark.clause(AAKR, "I.1", "I.3", "II.4.b")
@pytest.mark.clause(SAPATTUU, "I.1", "I.3", "I.3.a")
@BOTH
def test_a_follow_up_opens_once_with_contract_kind_and_recommendations_by_criterion(rulebook: str) -> None:
    (fact,) = given(FOLLOWUP).when(opening(rulebook)).then_types(FollowUpOpened)
    assert isinstance(fact, FollowUpOpened)
    assert (fact.kind, fact.contract_reference, fact.recommendations) == (KINDS[rulebook], "No. 14", (REMARK, ADVICE))
    assert (fact.received_on, fact.number, fact.opened_on, fact.plan_required) == (RECEIVED, "KG-0001", TODAY, True)
    given(FOLLOWUP, [fact]).when(opening(rulebook)).then()


@pytest.mark.clause(SAPATTUU, "2.1")
def test_the_same_terms_hold_for_every_institution() -> None:
    one, other = (opened(SAPATTUU, institution_id=each) for each in ("state-university-bishkek", "private-school-osh"))
    assert one.model_copy(update={"institution_id": other.institution_id}) == other


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1")
def test_a_plan_that_came_on_paper_is_not_asked_for_again() -> None:
    for rulebook in KINDS:
        assert not opened(rulebook, plan_received_on=date(2026, 3, 5)).plan_required


@pytest.mark.clause(SAPATTUU, "I.3.a", "2.6.s1")
def test_a_kind_that_the_term_tells_is_taken_and_another_is_left_to_a_person() -> None:
    assert opened(SAPATTUU, kind=None).kind == "conditional_3y"
    unknown = opened(SAPATTUU, kind=None, valid_until=date(2030, 6, 1))
    assert (unknown.kind, unknown.windows, unknown.plan_required) == (None, (), False)


@pytest.mark.clause(AAKR, "I.1", "I.3", "II.4.b")
def test_a_person_classifies_and_what_is_due_follows() -> None:
    unknown = opened(AAKR, kind=None, contract_reference=None)
    assert unknown.windows == ()
    (fact,) = given(FOLLOWUP, [unknown]).when(classifying("conditional", contract_reference="No. 3")).then_types(FollowUpClassified)
    assert isinstance(fact, FollowUpClassified)
    assert (fact.plan_required, [each.cycle for each in fact.windows]) == (True, [1, 2])
    assert FOLLOWUP.fold([unknown, fact]).contract_reference == "No. 3"
    (again,) = (
        given(FOLLOWUP, [unknown, fact])
        .when(classifying("full_with_recommendations", parts=Parts(begun=1, plan_awaited=True)))
        .then_types(FollowUpClassified)
    )
    assert isinstance(again, FollowUpClassified)
    assert (again.plan_required, [each.cycle for each in again.windows]) == (False, [2])
    assert (again.recommendations, again.contract_reference) == ((REMARK, ADVICE), "No. 3")


@pytest.mark.clause(AAKR, "II.4.b")
def test_full_accreditation_is_with_recommendations_or_without() -> None:
    of = given(FOLLOWUP, [opened(AAKR, kind=None)])
    of.when(classifying("full_without_recommendations")).then_refused(clause="II.4.b", words="recommendations: 2")
    of = given(FOLLOWUP, [opened(AAKR, kind=None)])
    of.when(classifying("full_with_recommendations", recommendations=())).then_refused(clause="II.4.b")
    of = given(FOLLOWUP, [opened(AAKR, kind=None)])
    (fact,) = of.when(classifying("full_without_recommendations", recommendations=())).then_types(FollowUpClassified)
    assert isinstance(fact, FollowUpClassified)
    assert (fact.plan_required, len(fact.windows)) == (False, 2), "I.2: every accredited organisation, each year"


@pytest.mark.clause(SAPATTUU, "2.5.p1", "2.6.s1")
def test_a_kind_is_a_word_of_the_rulebook_and_ids_stand_for_one_recommendation() -> None:
    given(FOLLOWUP, [opened(SAPATTUU)]).when(classifying("conditional")).then_refused(words="no such words")
    twice = classifying("conditional_1y", recommendations=(REMARK, REMARK))
    given(FOLLOWUP, [opened(SAPATTUU)]).when(twice).then_refused(words="stands for one")


@pytest.mark.clause(SAPATTUU, "2.6.s1", "2.6.s2")
def test_classified_as_for_five_years_nothing_but_the_plan_is_left() -> None:
    (fact,) = given(FOLLOWUP, [opened(SAPATTUU)]).when(classifying("full_5y")).then_types(FollowUpClassified)
    assert isinstance(fact, FollowUpClassified)
    assert (fact.windows, fact.plan_required) == ((), True)
    given(FOLLOWUP, [opened(SAPATTUU), fact]).when(expecting(date(2028, 1, 10))).then_refused(clause="2.6.s1")


@pytest.mark.clause(AAKR, "II.3", "II.4.e")
def test_windows_follow_the_receipt_and_the_expiry() -> None:
    past = [opened(AAKR, received_on=None)]
    assert past[0].windows == ()
    (fact,) = given(FOLLOWUP, past).when(following(AAKR, received_on=date(2026, 3, 9))).then_types(CertificateFollowed)
    assert isinstance(fact, CertificateFollowed)
    assert [each.expected_on for each in fact.windows] == [date(2027, 3, 9), date(2028, 3, 9)]
    assert fact.reason == "The certificate: received on 2026-03-09"
    assert fact.certificate_version == 2
    given(FOLLOWUP, [*past, fact]).when(following(AAKR, received_on=date(2026, 3, 9))).then()


@pytest.mark.clause(SAPATTUU, "2.5.p3", "3.3.b.s2")
def test_a_suspension_and_a_later_expiry_are_followed() -> None:
    past = [opened(SAPATTUU)]
    (suspended,) = given(FOLLOWUP, past).when(following(SAPATTUU, status="suspended")).then_types(CertificateFollowed)
    later = following(SAPATTUU, status="in_force", valid_until=date(2029, 8, 31), version=3)
    (restored,) = given(FOLLOWUP, [*past, suspended]).when(later).then_types(CertificateFollowed)
    assert isinstance(restored, CertificateFollowed)
    assert [each.report_due_on for each in restored.windows] == [date(2029, 5, 31)]
    assert FOLLOWUP.fold([*past, suspended]).status == "suspended"


@pytest.mark.parametrize("status", ["expired", "ended", "revoked", "extended"])
@BOTH
def test_a_follow_up_ends_with_its_certificate_and_tells_the_lifecycles_under_way(rulebook: str, status: str) -> None:
    command = following(rulebook, status=status, parts=Parts(begun=1, workflow_ids=("plan-1", "cycle-1")))
    facts = given(FOLLOWUP, [opened(rulebook)]).when(command).then_types(CertificateFollowed, FollowUpEnded)
    ended = facts[1]
    assert isinstance(ended, FollowUpEnded)
    assert (ended.why, ended.workflow_ids, ended.ended_on) == (status, ("plan-1", "cycle-1"), TODAY)
    past = [opened(rulebook), *facts]
    assert FOLLOWUP.fold(past).windows == ()
    given(FOLLOWUP, past).when(command).then()
    given(FOLLOWUP, past).when(classifying(KINDS[rulebook])).then_refused(words="has ended")


@pytest.mark.clause(AAKR, "II.4.a")
def test_the_letter_on_the_decision_goes_out_once() -> None:
    past = [opened(AAKR)]
    (fact,) = given(FOLLOWUP, past).when(sending()).then_types(DecisionLetterSent)
    given(FOLLOWUP, [*past, fact]).when(sending()).then_refused(words="went out")
    given(FOLLOWUP, past).when(sending(sent_on=date(2026, 3, 11))).then_refused(words="not in the future")
    wrong = sending()
    assert wrong.document is not None
    wrong = wrong.model_copy(update={"document": wrong.document.model_copy(update={"kind": "action_plan"})})
    given(FOLLOWUP, past).when(wrong).then_refused(clause="II.4.a")


@pytest.mark.clause(SAPATTUU, "2.3")
def test_a_rulebook_without_such_a_letter_asks_for_none() -> None:
    given(FOLLOWUP, [opened(SAPATTUU)]).when(sending()).then_refused(words="no stage")


@pytest.mark.clause(AAKR, "II.4.e")
def test_the_agency_sets_an_expected_day_beside_the_proposal() -> None:
    (fact,) = given(FOLLOWUP, [opened(AAKR)]).when(expecting(date(2027, 4, 15))).then_types(ExpectedDateSet)
    assert isinstance(fact, ExpectedDateSet)
    assert (fact.proposed_on, fact.reason, fact.set_on) == (date(2027, 3, 2), "Agreed.", TODAY)
    assert [each.report_due_on for each in fact.windows] == [date(2027, 2, 15), date(2028, 1, 2)]
    given(FOLLOWUP, [opened(AAKR), fact]).when(expecting(date(2027, 4, 15))).then()


@pytest.mark.clause(AAKR, "II.4.e")
@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2029, 2, 28)])
def test_a_monitoring_is_expected_while_the_certificate_is_in_force(day: date) -> None:
    given(FOLLOWUP, [opened(AAKR)]).when(expecting(day)).then_refused(words="in force")


@pytest.mark.clause(AAKR, "I.2", "II.4.e")
def test_cycles_follow_one_another() -> None:
    early = given(FOLLOWUP, [opened(AAKR)]).when(expecting(date(2027, 3, 2), cycle=2)).then_refused(words="another; the one before")
    assert "next" not in str(early)
    (second,) = given(FOLLOWUP, [opened(AAKR)]).when(expecting(date(2027, 9, 1), cycle=2)).then_types(ExpectedDateSet)
    given(FOLLOWUP, [opened(AAKR), second]).when(expecting(date(2027, 9, 1))).then_refused(words="the next one is expected on 2027-09-01")


@pytest.mark.clause(SAPATTUU, "2.5.p3")
def test_a_conditional_accreditation_has_one_expected_visit() -> None:
    (fact,) = given(FOLLOWUP, [opened(SAPATTUU)]).when(expecting(date(2028, 9, 30))).then_types(ExpectedDateSet)
    assert isinstance(fact, ExpectedDateSet)
    assert (fact.proposed_on, [each.report_due_on for each in fact.windows]) == (None, [date(2028, 7, 30)])
    given(FOLLOWUP, [opened(SAPATTUU)]).when(expecting(date(2028, 9, 30), cycle=2)).then_refused(words="one cycle")


def test_the_director_is_told_of_a_deadline_once() -> None:
    (fact,) = given(FOLLOWUP, [opened(AAKR)]).when(alerting()).then_types(DirectorAlerted)
    given(FOLLOWUP, [opened(AAKR), fact]).when(alerting()).then()
    given(FOLLOWUP, [opened(AAKR), fact]).when(alerting("d-2")).then_types(DirectorAlerted)


@pytest.mark.clause(AAKR, "II.4.e")
@pytest.mark.usefixtures("amended")
def test_another_version_is_adopted_by_a_decision_and_moves_what_is_to_come() -> None:
    rules = load(AAKR, AMENDED)
    past = [opened(AAKR).model_copy(update={"rulebook": load(AAKR, "2024-09-06").ref})]
    command = AdoptRulebook(**at(), rulebook=rules.ref, reason="Order No. 8.", parts=Parts(begun=1, workflow_ids=("cycle-1",)))
    (fact,) = given(FOLLOWUP, past).when(command).then_types(FollowUpRulebookAdopted)
    assert isinstance(fact, FollowUpRulebookAdopted)
    assert (fact.previous.version, fact.rulebook.version, fact.workflow_ids) == ("2024-09-06", AMENDED, ("cycle-1",))
    assert [each.report_due_on for each in fact.windows] == [date(2027, 12, 2)], "three months instead of two"
    after = FOLLOWUP.fold([*past, fact])
    assert after.rules == rules.ref
    given(FOLLOWUP, [*past, fact]).when(command).then()


def test_the_version_that_it_runs_under_is_adopted_without_a_fact_and_another_procedure_never() -> None:
    given(FOLLOWUP, [opened(AAKR)]).when(adopting(AAKR)).then()
    given(FOLLOWUP, [opened(AAKR)]).when(adopting(SAPATTUU)).then_refused(words="another procedure")


def test_a_letter_is_corrected_to_a_day_that_is_over() -> None:
    how = corrections(TODAY)
    (letter,) = given(FOLLOWUP, [opened(AAKR)]).when(sending()).then_types(DecisionLetterSent)
    state = FOLLOWUP.fold([opened(AAKR), letter])
    how.check(state)
    assert how.ids(state) == {"followup_id": "f-1"}
