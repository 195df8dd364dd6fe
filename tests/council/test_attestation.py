"""The decision on a state attestation, and what follows where it is not to attest (order 109 of 2008, p. 9, 33-38)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import given, guards_tell_the_truth
from regulations import load
from services.council.contract import (
    AttestationDecided,
    AttestationDecisionCorrected,
    AttestationDecisionOpened,
    AttestationDecisionTold,
    DeprivationReferred,
    FineReferred,
    KnowledgeFigures,
    LicenceRestored,
    LicenceSuspended,
    LicenceSuspensionEnded,
    SpecialtyDecision,
    SpecialtyProposal,
)
from services.council.domain.attestation import (
    ATTESTATION_DECISION as DECISION,
)
from services.council.domain.attestation import (
    DecideAttestation,
    EndLicenceSuspension,
    OpenAttestationDecision,
    Rechecked,
    ReferDeprivation,
    ReferFine,
    RestoreLicence,
    SuspendLicence,
    TellAttestationDecision,
    check_right,
)
from services.council.domain.attestation_rules import measured, suspended_until
from services.council.domain.attestation_state import Attestation

ATTESTATION = "kz-109-2008-attestation"
BOOK = load(ATTESTATION)
SIGNED, TODAY = date(2010, 5, 17), date(2010, 5, 26)
SUSPENDED, ENDS = date(2010, 6, 1), date(2010, 12, 1)
DAY = timedelta(days=1)
FILE = Document(kind="order", name="order.pdf", sha256="a" * 64)
IDS = {"attestation_id": "attestation-1", "institution_id": "almaty-college"}
LAW, MEDICINE = "law", "medicine"


def at(day: date = TODAY) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "director"}


def control(took_part: int, positive: int, sample: int = 50, specialty: str | None = LAW, **fields: Any) -> KnowledgeFigures:
    """Shares and flags are what visits told: the decision counts for itself."""
    counts = {"sample": sample, "took_part": took_part, "positive": positive, "base": took_part, **fields}
    told = {"participation": "0", "positive_marks": "0", "participation_met": True, "positive_met": True}
    return KnowledgeFigures(control_id=f"c-{specialty}", specialty=specialty, unit="A", form="complex_testing", **counts, **told)


MET = control(48, 34)


def opened(*figures: KnowledgeFigures, **fields: Any) -> AttestationDecisionOpened:
    told = {"specialties": (LAW,), "recommended": (SpecialtyProposal(specialty=LAW, recommendation="attest"),), "recommendation": "attest"}
    days = {"conclusion_signed_on": SIGNED, "opened_on": SIGNED}
    return AttestationDecisionOpened(**IDS, rulebook=BOOK.ref, kind="planned", figures=figures, **days, **{**told, **fields})


def decide(day: date = TODAY, law: str | None = "attest", **fields: Any) -> DecideAttestation:
    apart = (SpecialtyDecision(specialty=LAW, decision=law),) if law else ()
    told = {"decision": "attest", "specialties": apart, "conforms": True, "grounds": "So", "order_number": "21", **fields}
    return DecideAttestation(**at(day), **told)


def decided(decision: str | None = "not_attest", law: str = "not_attest", **fields: Any) -> AttestationDecided:
    told = {"specialties": (SpecialtyDecision(specialty=LAW, decision=law),), "conforms": False, "grounds": "So", **fields}
    return AttestationDecided(
        **IDS, rulebook=BOOK.ref, kind="planned", decision=decision, figures=(MET,), order_number="21", decided_on=TODAY, **told
    )


SUSPENSION = LicenceSuspended(**IDS, order_number="22", reasons="So", suspended_on=SUSPENDED, until=ENDS)
OVER = (opened(MET), decided(), SUSPENSION)


@pytest.mark.clause(ATTESTATION, "33")
def test_a_decision_is_awaited_once_and_made_once_by_order() -> None:
    fields = {name: value for name, value in opened(MET) if name != "opened_on"}
    given(DECISION).when(OpenAttestationDecision(**at(SIGNED), **fields)).then(opened(MET))
    given(DECISION, [opened(MET)]).when(OpenAttestationDecision(**at(SIGNED), **fields)).then()
    (fact,) = given(DECISION, [opened(MET)]).when(decide()).then_types(AttestationDecided)
    assert isinstance(fact, AttestationDecided)
    assert (fact.decision, fact.order_number, fact.decided_on, fact.below) == ("attest", "21", TODAY, ())
    assert isinstance(given(DECISION, [opened(MET), fact]).when(decide()).outcome, Conflict)
    assert isinstance(given(DECISION, [opened(MET)]).when(decide(decided_on=SIGNED - DAY)).outcome, Invalid)
    assert isinstance(given(DECISION, [opened(MET)]).when(decide(decided_on=TODAY + DAY)).outcome, Invalid)


@pytest.mark.clause(ATTESTATION, "35")
@pytest.mark.parametrize(
    ("figures", "met"),
    [
        (control(47, 40), False),  # 94 percent took part
        (control(48, 34), True),  # 96, and 70.83 of 48
        (control(48, 33), False),  # 68.75
        (control(19, 14, sample=20), True),  # 95 exactly
        (control(20, 14, sample=20), True),  # 70 exactly
        (control(999, 999, sample=1052), False),  # 94.96: nothing is rounded up
        (control(0, 0, sample=50), False),
    ],
)
def test_to_attest_95_percent_took_part_and_70_percent_have_positive_marks(figures: KnowledgeFigures, met: bool) -> None:
    outcome = given(DECISION, [opened(figures)]).when(decide())
    if met:
        outcome.then_types(AttestationDecided)
        return
    problem = outcome.then_refused(clause="35", words="below a threshold")
    assert problem.controls == ["c-law"]
    assert {each["of"]: each["asked"] for each in problem.figures} == {"participation": 95, "positive_marks": 70}
    refusal = decide(law="not_attest", decision="not_attest", reading_departure="The figures")
    (fact,) = given(DECISION, [opened(figures)]).when(refusal).then_types(AttestationDecided)
    assert isinstance(fact, AttestationDecided)
    assert fact.below == ("c-law",)


@pytest.mark.clause(ATTESTATION, "35", "9")
def test_a_specialty_stands_on_its_own_controls_and_the_organisation_on_all_together() -> None:
    both = {"specialties": (LAW, MEDICINE), "recommended": ()}
    past = [opened(control(50, 50), control(48, 33, specialty=MEDICINE), **both)]
    each = [SpecialtyDecision(specialty=LAW, decision="attest"), SpecialtyDecision(specialty=MEDICINE, decision="attest")]
    given(DECISION, past).when(decide(specialties=tuple(each))).then_refused(clause="35", words="specialty medicine")
    each[1] = SpecialtyDecision(specialty=MEDICINE, decision="not_attest")
    (fact,) = given(DECISION, past).when(decide(specialties=tuple(each))).then_types(AttestationDecided)
    assert isinstance(fact, AttestationDecided)
    assert fact.below == ("c-medicine",)
    together = [opened(control(50, 40), control(48, 20, specialty=MEDICINE), **both)]
    given(DECISION, together).when(decide(specialties=tuple(each))).then_refused(clause="35", words="the organisation")


@pytest.mark.clause(ATTESTATION, "35")
def test_where_nothing_was_controlled_nothing_is_below() -> None:
    kindergarten = opened(specialties=(), recommended=())
    given(DECISION, [kindergarten]).when(decide(law=None)).then_types(AttestationDecided)


@pytest.mark.clause(ATTESTATION, "35")
def test_an_agency_may_have_a_decision_below_a_threshold_flagged() -> None:
    flagged = BOOK.revised({"settings.attest_below_threshold": {"value": "flagged"}}, "flagged")
    (fact,) = DECISION.decide(decide(), DECISION.fold([opened(control(47, 40))]), flagged)
    assert isinstance(fact, AttestationDecided)
    assert fact.below == ("c-law",)


@pytest.mark.clause(ATTESTATION, "35")
def test_what_does_not_conform_is_not_attested() -> None:
    given(DECISION, [opened(MET)]).when(decide(conforms=False)).then_refused(clause="35", words="does not fully conform")
    part = opened(MET, whole=False)
    given(DECISION, [part]).when(decide(decision=None, conforms=False)).then_refused(clause="35")
    given(DECISION, [part]).when(decide(decision=None)).then_types(AttestationDecided)


@pytest.mark.clause(ATTESTATION, "9")
def test_each_specialty_that_is_attested_apart_is_decided() -> None:
    given(DECISION, [opened(MET)]).when(decide(law=None)).then_refused(clause="9", words="law")
    one = BOOK.revised({"settings.decision_per_specialty": {"value": False}}, "one")
    assert DECISION.decide(decide(law=None), DECISION.fold([opened(MET)]), one)
    strange = (SpecialtyDecision(specialty=MEDICINE, decision="attest"),)
    for wrong in ({"specialties": strange}, {"law": "perhaps"}, {"decision": "perhaps"}, {"decision": None}):
        assert isinstance(given(DECISION, [opened(MET)]).when(decide(**wrong)).outcome, Invalid), wrong
    assert isinstance(given(DECISION, [opened(MET, whole=False)]).when(decide()).outcome, Invalid), "the organisation was not attested"


@pytest.mark.clause(ATTESTATION, "33")
def test_a_decision_that_departs_from_the_conclusion_says_why() -> None:
    refusal = {"decision": "not_attest", "law": "not_attest"}
    given(DECISION, [opened(MET)]).when(decide(**refusal)).then_refused(clause="33", words="the organisation (attest), law (attest)")
    (fact,) = given(DECISION, [opened(MET)]).when(decide(**refusal, reading_departure="New facts")).then_types(AttestationDecided)
    assert isinstance(fact, AttestationDecided)
    assert fact.reading_departure == "New facts"
    (fact,) = given(DECISION, [opened(MET)]).when(decide(reading_departure="As recommended")).then_types(AttestationDecided)
    assert isinstance(fact, AttestationDecided)
    assert fact.reading_departure is None, "what does not depart is no deviation"
    given(DECISION, [opened(MET, recommendation="not_attest")]).when(decide()).then_refused(clause="33")


def test_the_organisation_is_told_of_the_decision_once() -> None:
    told = AttestationDecisionTold(**IDS, outgoing_number="212", told_on=TODAY)
    telling = TellAttestationDecision(**at(), outgoing_number="212")
    assert isinstance(given(DECISION, [opened(MET)]).when(telling).outcome, Conflict)
    given(DECISION, [opened(MET), decided()]).when(telling).then(told)
    assert isinstance(given(DECISION, [opened(MET), decided(), told]).when(telling).outcome, Conflict)
    slip = {"version": 3, "corrects": "e", "fact": "AttestationDecisionTold", "reason": "A slip", "corrected_on": TODAY}
    for day, fits in ((TODAY, True), (TODAY - DAY, False), (TODAY + DAY, False)):
        right = {"previous": {"told_on": str(TODAY)}, "corrected": {"told_on": str(day)}}
        state = DECISION.fold([opened(MET), decided(), told, AttestationDecisionCorrected(attestation_id="attestation-1", **slip, **right)])
        assert state.told_on == day
        if fits:
            check_right(state, TODAY)
        else:
            with pytest.raises(Conflict):
                check_right(state, TODAY)


def suspend(day: date = SUSPENDED, **fields: Any) -> SuspendLicence:
    return SuspendLicence(**at(day), **{"order_number": "22", "reasons": "So", "until": ENDS, **fields})


@pytest.mark.clause(ATTESTATION, "34")
def test_a_licence_is_suspended_after_a_decision_not_to_attest_for_up_to_six_months() -> None:
    past = [opened(MET), decided()]
    given(DECISION, past).when(suspend()).then(SUSPENSION)
    given(DECISION, past).when(suspend(until=ENDS + DAY)).then_refused(clause="34", words="does not last until 2010-12-02")
    given(DECISION, past).when(suspend(until=SUSPENDED - DAY)).then_refused(clause="34")
    given(DECISION, past).when(suspend(until=None)).then_refused(clause="34", words="a person says")
    given(DECISION, [opened(MET)]).when(suspend()).then_refused(clause="34", words="no decision not to attest")
    given(DECISION, [opened(MET), decided("attest", "attest")]).when(suspend()).then_refused(clause="34")
    assert isinstance(given(DECISION, OVER).when(suspend()).outcome, Conflict)
    three = BOOK.revised({"settings.suspension_length": {"value": 3}}, "three")
    assert suspended_until(SUSPENDED, None, three) == date(2010, 9, 1)


@pytest.mark.clause(ATTESTATION, "34", "9")
def test_where_a_specialty_alone_was_refused_the_licence_is_suspended_for_it_alone() -> None:
    past = [opened(MET), decided("attest", "not_attest")]
    given(DECISION, past).when(suspend()).then_refused(clause="34", words="the organisation")
    given(DECISION, past).when(suspend(specialties=(MEDICINE,))).then_refused(clause="34", words="medicine")
    given(DECISION, past).when(suspend(specialties=(LAW,))).then(SUSPENSION.model_copy(update={"specialties": (LAW,)}))


@pytest.mark.clause(ATTESTATION, "34")
def test_a_fine_is_referred_and_no_amount_decided() -> None:
    fine = {"referred_to": "The court", "addressee": "official", "outgoing_number": "213"}
    past = [opened(MET), decided()]
    given(DECISION, past).when(ReferFine(**at(), **fine)).then(FineReferred(**IDS, **fine, referred_on=TODAY))
    given(DECISION, past).when(ReferFine(**at(), **{**fine, "addressee": "natural_person"})).then_refused(clause="34")
    kazakh = BOOK.revised({"settings.fined": {"value": "legal_or_natural_person"}}, "kk")
    assert DECISION.decide(ReferFine(**at(), **{**fine, "addressee": "natural_person"}), DECISION.fold(past), kazakh)
    again = given(DECISION, past).when(ReferFine(**at(), **fine)).when(ReferFine(**at(), **fine))
    assert isinstance(again.outcome, Conflict)
    given(DECISION, [opened(MET), decided("attest", "attest")]).when(ReferFine(**at(), **fine)).then_refused(clause="34")


@pytest.mark.clause(ATTESTATION, "36")
def test_the_suspension_ends_once_when_its_last_day_is_over() -> None:
    given(DECISION, OVER).when(EndLicenceSuspension(**at(ENDS))).then_refused(clause="36", words="until 2010-12-01")
    ended = LicenceSuspensionEnded(**IDS, ended_on=ENDS)
    given(DECISION, OVER).when(EndLicenceSuspension(**at(ENDS + DAY))).then(ended)
    given(DECISION, [*OVER, ended]).when(EndLicenceSuspension(**at(ENDS + DAY))).then()


REMOVED = Rechecked("recheck-1", "removed", ENDS + DAY)
THERE_STILL = Rechecked("recheck-1", "not_removed", ENDS + DAY)


def restore(rechecked: Rechecked | None = REMOVED, day: date = ENDS + 2 * DAY, **fields: Any) -> RestoreLicence:
    return RestoreLicence(**at(day), rechecked=rechecked, **{"order_number": "46", **fields})


@pytest.mark.clause(ATTESTATION, "37")
def test_a_licence_is_restored_on_the_positive_recommendation_of_the_check() -> None:
    given(DECISION, OVER).when(restore(None)).then_refused(clause="37", words="no check has found")
    given(DECISION, OVER).when(restore(THERE_STILL)).then_refused(clause="37", words="not gone")
    given(DECISION, OVER).when(restore(order_number=None)).then_refused(clause="37", words="by a decision")
    assert isinstance(given(DECISION, OVER).when(restore(restored_on=ENDS)).outcome, Invalid), "before the check"
    restored = LicenceRestored(**IDS, recheck_id="recheck-1", order_number="46", restored_on=ENDS + 2 * DAY)
    given(DECISION, OVER).when(restore()).then(restored)
    for russian in (False, "false"):
        alone = BOOK.revised({"settings.restoration_needs_decision": {"value": russian}}, "ru")
        assert DECISION.decide(restore(order_number=None), DECISION.fold(OVER), alone)
    assert isinstance(given(DECISION, [opened(MET), decided()]).when(restore()).outcome, Conflict), "nothing was suspended"
    assert isinstance(given(DECISION, [*OVER, restored]).when(restore()).outcome, Conflict)
    assert isinstance(given(DECISION, [*OVER, restored]).when(refer()).outcome, Conflict)


def refer(rechecked: Rechecked | None = THERE_STILL, day: date = ENDS + 2 * DAY, **fields: Any) -> ReferDeprivation:
    told = {"referred_to": "The court", "outgoing_number": "390", "reasons": "So", **fields}
    return ReferDeprivation(**at(day), rechecked=rechecked, **told)


@pytest.mark.clause(ATTESTATION, "38")
def test_a_licence_is_referred_to_the_law_where_the_violations_were_not_removed() -> None:
    referred = DeprivationReferred(
        **IDS, recheck_id="recheck-1", referred_to="The court", outgoing_number="390", reasons="So", referred_on=ENDS + 2 * DAY
    )
    given(DECISION, OVER).when(refer()).then(referred)
    given(DECISION, OVER).when(refer(REMOVED)).then_refused(clause="38", words="are gone")
    given(DECISION, OVER).when(refer(None, ENDS)).then_refused(clause="38", words="until 2010-12-01")
    given(DECISION, OVER).when(refer(None, ENDS + DAY)).then_types(DeprivationReferred)
    given(DECISION, OVER).when(refer(None, ENDS + DAY, referred_on=ENDS)).then_refused(clause="38")
    assert isinstance(given(DECISION, [*OVER, referred]).when(restore()).outcome, Conflict)


def test_measures_are_those_that_the_rulebook_has() -> None:
    bare = BOOK.model_copy(update={"thresholds": {}, "settings": {}, "stages": (), "terms": {}})
    assert measured([control(1, 0)], bare) == []
    assert suspended_until(SUSPENDED, ENDS, bare) == ENDS
    with pytest.raises(Refused):
        suspended_until(SUSPENDED, None, bare)


def commands(state: Attestation) -> Sequence[Command]:
    fields = {name: value for name, value in opened(MET) if name != "opened_on"}
    number = str(len(state.fines))
    return [
        OpenAttestationDecision(**at(SIGNED), **fields),
        decide(),
        decide(law="not_attest", reading_departure="So"),
        decide(law="not_attest", decision="not_attest", reading_departure="So"),
        TellAttestationDecision(**at(), outgoing_number="212"),
        suspend(),
        suspend(specialties=(LAW,)),
        ReferFine(**at(), referred_to="The court", addressee="official", outgoing_number=number),
        EndLicenceSuspension(**at(ENDS + DAY)),
        restore(),
        refer(),
    ]


def alike(state: Attestation) -> tuple[Any, ...]:
    facts = (state.opened, state.told_on, state.suspended, state.fines, state.suspension_ended_on, state.restored_on, state.referred_on)
    return (*map(bool, facts), state.decided and (state.decided.decision, state.refused))


def test_guards_tell_the_truth() -> None:
    assert len(guards_tell_the_truth(DECISION, [opened(MET)], commands, alike=alike)) > 20
