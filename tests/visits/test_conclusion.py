"""The conclusion of an attestation commission, and the check at the end of a suspension (order 109 of 2008, p. 9, 30-32, 36)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Forbidden, Invalid, NotFound
from chassis.testing import given, guards_tell_the_truth
from regulations import Rulebook, load
from services.visits.contract import (
    Commissioner,
    ConclusionAttachment,
    ConclusionCompleted,
    ConclusionCorrected,
    ConclusionDrawnUp,
    ConclusionSection,
    ConclusionSigned,
    ControlFigures,
    RecheckCommissionFormed,
    RecheckHeld,
    RecheckOpened,
    SecondCopyHandedOver,
    SpecialtyRecommendation,
)
from services.visits.domain import recheck as recheck_rules
from services.visits.domain.conclusion import CONCLUSION, Conclusion, DrawUpConclusion, HandOverSecondCopy, SignConclusion, check_right
from services.visits.domain.conclusion_rules import Attested, check_complete, must_chair, sections_for
from services.visits.domain.recheck import RECHECK, FormRecheckCommission, HoldRecheck, OpenRecheck, Recheck

ATTESTATION = "kz-109-2008-attestation"
BOOK = load(ATTESTATION)
ENDED, TODAY = date(2010, 5, 14), date(2010, 5, 17)
DAY = timedelta(days=1)
FILE = Document(kind="conclusion", name="conclusion.pdf", sha256="a" * 64)
IDS = {"attestation_id": "attestation-1", "institution_id": "almaty-college"}
OF = Attested(**IDS, rulebook=BOOK.ref, specialties=("law",), chair_id="aida", members=("aida", "bakyt"), ended_on=ENDED)
FIGURES = ControlFigures(
    control_id="c-1",
    specialty="law",
    unit="Law",
    form="complex_testing",
    sample=50,
    took_part=48,
    positive=34,
    base=48,
    participation="96",
    positive_marks="70.83",
    participation_met=True,
    positive_met=True,
)


def at(day: date = TODAY, by: str = "aida") -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": by}


def sections(of: Attested = OF, *but: str) -> tuple[ConclusionSection, ...]:
    return tuple(ConclusionSection(section=word, text="So") for word in sections_for(of, BOOK) if word not in but)


def draft(of: Attested = OF, day: date = TODAY, **fields: Any) -> DrawUpConclusion:
    each = tuple(SpecialtyRecommendation(specialty=code, recommendation="attest", text="So") for code in of.specialties)
    told = {"sections": sections(of), "recommendation": "attest", "specialties": each, "document": FILE, "figures": (FIGURES,), **fields}
    return DrawUpConclusion(**at(day), attested=of, **told)


def sign(name: str, day: date = TODAY, members: tuple[str, ...] = OF.members, **fields: Any) -> SignConclusion:
    return SignConclusion(**at(day, name), expert_id=name, members=members, **fields)


def drawn(**fields: Any) -> ConclusionDrawnUp:
    told = {"round": 1, "sections": (), "recommendation": "attest", "document": FILE, "drawn_up_on": TODAY, "figures": (FIGURES,)}
    return ConclusionDrawnUp(**IDS, rulebook=BOOK.ref, **{**told, **fields})


def signed(name: str, day: date = TODAY) -> ConclusionSigned:
    return ConclusionSigned(**IDS, round=1, expert_id=name, signed_on=day)


COMPLETED = ConclusionCompleted(**IDS, round=1, copies=2, recommendation="attest", figures=(FIGURES,), signed_on=TODAY)
WHOLE: tuple[Event, ...] = (drawn(), signed("aida"), signed("bakyt"), COMPLETED)


@pytest.mark.clause(
    ATTESTATION, "30.1", "30.2", "30.3", "30.4", "30.5", "30.6", "30.7", "30.8", "30.9", "30.10", "30.11", "30.14", "30.15", "30.16"
)
@pytest.mark.parametrize("left_out", [word for word, each in BOOK.contents["conclusion"].items() if each.when is None])
def test_a_conclusion_without_a_section_is_refused_and_the_section_named(left_out: str) -> None:
    problem = (
        given(CONCLUSION).when(draft(sections=sections(OF, left_out))).then_refused(clause=BOOK.contents["conclusion"][left_out].clause)
    )
    assert problem.missing == [left_out]


@pytest.mark.clause(ATTESTATION, "35")
def test_every_control_whose_sample_is_drawn_is_in_the_conclusion_with_its_figures() -> None:
    both = {"c-1": "Law", "c-2": "History"}
    problem = given(CONCLUSION).when(draft(sampled=both, figures=(FIGURES,))).then_refused(clause="35", words="History")
    assert problem.controls == ["c-2"]
    given(CONCLUSION).when(draft(sampled={"c-1": "Law"}, figures=(FIGURES,))).then_types(ConclusionDrawnUp)
    given(CONCLUSION, [drawn()]).when(sign("aida", sampled=both)).then_refused(clause="35", words="History")
    given(CONCLUSION, [drawn()]).when(sign("aida", sampled={"c-1": "Law"})).then(signed("aida"))


@pytest.mark.clause(ATTESTATION, "24 (a)", "27", "35")
def test_nothing_is_recommended_for_attestation_whose_knowledge_nobody_has_controlled() -> None:
    problem = given(CONCLUSION).when(draft(figures=())).then_refused(clause="24 (a)", words="law")
    assert problem.specialties == ["law"]
    school = OF.model_copy(update={"specialties": ()})
    given(CONCLUSION).when(draft(school, figures=())).then_refused(clause="24 (a)", words="the learners")
    given(CONCLUSION).when(draft(school, figures=(), recommendation="not_attest")).then_types(ConclusionDrawnUp)
    preschool = school.model_copy(update={"testing_replaced": True})
    given(CONCLUSION).when(draft(preschool, figures=())).then_types(ConclusionDrawnUp)


@pytest.mark.clause(ATTESTATION, "30.12")
def test_creative_activity_is_a_section_for_organisations_of_the_arts_alone() -> None:
    arts = OF.model_copy(update={"arts": True})
    assert "creative_activity" not in sections_for(OF, BOOK)
    given(CONCLUSION).when(draft()).then_types(ConclusionDrawnUp)
    given(CONCLUSION).when(draft(arts, sections=sections(OF))).then_refused(clause="30.12", words="creative_activity")
    given(CONCLUSION).when(draft(arts)).then_types(ConclusionDrawnUp)


@pytest.mark.clause(ATTESTATION, "9", "30.13")
def test_where_specialties_are_attested_apart_each_has_a_recommendation() -> None:
    given(CONCLUSION).when(draft(sections=sections(OF, "specialties"))).then_refused(clause="30.13", words="specialties")
    given(CONCLUSION).when(draft(specialties=())).then_refused(clause="30.13", words="law")
    school = OF.model_copy(update={"specialties": ()})
    assert "specialties" not in sections_for(school, BOOK)
    given(CONCLUSION).when(draft(school)).then_types(ConclusionDrawnUp)


def test_an_agency_may_have_an_incomplete_conclusion_flagged() -> None:
    flagged = BOOK.revised({"settings.incomplete_conclusion": {"value": "flagged"}}, "flagged")
    assert check_complete(sections(OF, "staff"), (), OF, flagged) == ("staff",)


@pytest.mark.clause(ATTESTATION, "32.1", "32.2", "32.3", "32.4", "32.5", "32.6", "32.7", "32.8")
def test_attachments_that_are_missing_are_told_and_refuse_nothing() -> None:
    every = tuple(ConclusionAttachment(attachment=word, document=FILE) for word in BOOK.contents["conclusion_attachments"])
    for n, each in enumerate(every):
        (fact,) = given(CONCLUSION).when(draft(attachments=every[:n] + every[n + 1 :])).then_types(ConclusionDrawnUp)
        assert isinstance(fact, ConclusionDrawnUp)
        assert fact.missing_attachments == (each.attachment,)
    given(CONCLUSION).when(draft(attachments=every)).then(
        drawn(sections=sections(), specialties=draft().specialties, attachments=every),
    )


@pytest.mark.clause(ATTESTATION, "30.16")
def test_the_recommendation_is_to_attest_or_not() -> None:
    given(CONCLUSION).when(draft(recommendation="not_attest")).then_types(ConclusionDrawnUp)
    assert isinstance(given(CONCLUSION).when(draft(recommendation="postpone")).outcome, Invalid)
    strange = (SpecialtyRecommendation(specialty="medicine", recommendation="attest", text="So"),)
    assert isinstance(given(CONCLUSION).when(draft(specialties=strange)).outcome, Invalid)
    twice = (*sections(), sections()[0])
    assert isinstance(given(CONCLUSION).when(draft(sections=twice)).outcome, Invalid)


@pytest.mark.clause(ATTESTATION, "30.1")
def test_the_chair_draws_it_up_once_the_study_has_ended() -> None:
    must_chair(OF, "aida")
    with pytest.raises(Forbidden, match="its chair alone"):
        must_chair(OF, "bakyt")
    with pytest.raises(NotFound):
        must_chair(OF, "stranger")
    given(CONCLUSION).when(draft(OF.model_copy(update={"ended_on": None}))).then_refused(clause="30.1", words="not ended")
    assert isinstance(given(CONCLUSION).when(draft(drawn_up_on=ENDED - DAY)).outcome, Invalid)
    assert isinstance(given(CONCLUSION).when(draft(drawn_up_on=TODAY + DAY)).outcome, Invalid)


@pytest.mark.clause(ATTESTATION, "31")
def test_the_last_of_the_commission_who_signs_completes_two_copies() -> None:
    given(CONCLUSION, [drawn()]).when(sign("bakyt")).then(signed("bakyt"))
    given(CONCLUSION, [drawn(), signed("bakyt")]).when(sign("aida", TODAY + DAY)).then(
        signed("aida", TODAY + DAY), COMPLETED.model_copy(update={"signed_on": TODAY + DAY})
    )


@pytest.mark.clause(ATTESTATION, "31")
def test_who_is_in_the_commission_now_signs_and_nobody_else() -> None:
    past = [drawn(), signed("aida")]
    given(CONCLUSION, past).when(sign("cholpon")).then_refused(clause="31", words="cholpon is not of the commission")
    given(CONCLUSION, past).when(sign("aida")).then_refused(words="aida has signed")
    replaced = ("aida", "cholpon")
    given(CONCLUSION, past).when(sign("bakyt", members=replaced)).then_refused(clause="31")
    given(CONCLUSION, past).when(sign("cholpon", members=replaced)).then_types(ConclusionSigned, ConclusionCompleted)
    given(CONCLUSION, past).when(sign("aida", members=("aida",))).then(COMPLETED)


@pytest.mark.clause(ATTESTATION, "31")
def test_a_later_draft_is_signed_anew_and_what_all_have_signed_stands() -> None:
    again = given(CONCLUSION, [drawn(), signed("aida")]).when(draft()).when(sign("bakyt"))
    (fact,) = again.then_types(ConclusionSigned)
    assert isinstance(fact, ConclusionSigned)
    assert fact.round == 2, "the first signature was of another draft"
    assert isinstance(given(CONCLUSION, WHOLE).when(draft()).outcome, Conflict)
    assert isinstance(given(CONCLUSION, WHOLE).when(sign("aida")).outcome, Conflict)


@pytest.mark.clause(ATTESTATION, "31")
def test_the_head_confirms_the_second_copy_by_signature() -> None:
    given(CONCLUSION, WHOLE[:-1]).when(HandOverSecondCopy(**at(), confirmed=True)).then_refused(clause="31", words="not signed by all")
    given(CONCLUSION, WHOLE).when(HandOverSecondCopy(**at(), confirmed=False)).then_refused(clause="31", words="confirmed")
    handed = SecondCopyHandedOver(**IDS, confirmed=True, received_on=TODAY)
    given(CONCLUSION, WHOLE).when(HandOverSecondCopy(**at(), confirmed=True)).then(handed)
    kazakh = BOOK.revised({"settings.second_copy": {"value": "institution"}}, "kk")
    state = CONCLUSION.fold(WHOLE)
    assert CONCLUSION.decide(HandOverSecondCopy(**at(), confirmed=False), state, kazakh) == [handed.model_copy(update={"confirmed": False})]


def test_a_second_copy_was_received_after_all_had_signed() -> None:
    handed = SecondCopyHandedOver(**IDS, confirmed=True, received_on=TODAY + DAY)
    right = {"version": 5, "corrects": "e", "fact": "SecondCopyHandedOver", "reason": "A slip", "corrected_on": TODAY + DAY}
    for day, fits in ((TODAY, True), (TODAY - DAY, False), (TODAY + 2 * DAY, False)):
        told = {"previous": {"received_on": str(handed.received_on)}, "corrected": {"received_on": str(day)}}
        state = CONCLUSION.fold([*WHOLE, handed, ConclusionCorrected(attestation_id="attestation-1", **right, **told)])
        assert state.received_on == day
        if fits:
            check_right(state, TODAY + DAY)
        else:
            with pytest.raises(Conflict):
                check_right(state, TODAY + DAY)


def conclusion_commands(state: Conclusion) -> Sequence[Command]:
    return [draft(), *(sign(name) for name in OF.members), HandOverSecondCopy(**at(), confirmed=True)]


def test_guards_of_a_conclusion_tell_the_truth() -> None:
    alike = lambda state: (bool(state.drawn), frozenset(state.signed or ()), bool(state.completed), state.received_on)  # noqa: E731
    assert len(guards_tell_the_truth(CONCLUSION, [], conclusion_commands, alike=alike)) == 6


ENDS = date(2010, 12, 1)
RECHECK_IDS = {"recheck_id": "recheck-1", **IDS}
OPENED = RecheckOpened(**RECHECK_IDS, rulebook=BOOK.ref, suspension_ends_on=ENDS, opened_on=TODAY)
MEMBERS = tuple(Commissioner(expert_id=name, groups=("authorised_bodies",)) for name in ("aida", "bakyt"))


def form(day: date = ENDS - DAY, **fields: Any) -> FormRecheckCommission:
    told = {"members": MEMBERS, "chair_id": "aida", "known": frozenset({"aida", "bakyt"}), "order_number": "44", **fields}
    return FormRecheckCommission(**at(day), **told)


def hold(day: date = ENDS + DAY, **fields: Any) -> HoldRecheck:
    return HoldRecheck(**at(day), **{"verdict": "removed", "findings": "So", "document": FILE, **fields})


FORMED = RecheckCommissionFormed(**RECHECK_IDS, members=MEMBERS, chair_id="aida", order_number="44", formed_on=ENDS - DAY)


@pytest.mark.clause(ATTESTATION, "36")
def test_the_check_is_opened_once() -> None:
    opening = OpenRecheck(**at(), **RECHECK_IDS, rulebook=BOOK.ref, suspension_ends_on=ENDS)
    given(RECHECK).when(opening).then(OPENED)
    given(RECHECK, [OPENED]).when(opening).then()


@pytest.mark.clause(ATTESTATION, "36")
def test_its_commission_is_formed_before_the_end_so_that_it_sits_after_it() -> None:
    given(RECHECK, [OPENED]).when(form()).then(FORMED)
    given(RECHECK, [OPENED]).when(form(sits_on=ENDS)).then_refused(clause="36", words="the suspension ends on")
    given(RECHECK, [OPENED]).when(form(sits_on=ENDS + DAY)).then_types(RecheckCommissionFormed)
    literal = BOOK.revised({"settings.recheck_commission_formed": {"value": "after_the_end"}}, "literal")
    with pytest.raises(Exception, match="would be formed on") as refused:
        RECHECK.decide(form(), RECHECK.fold([OPENED]), literal)
    assert getattr(refused.value, "clause", None) == "36"
    assert RECHECK.decide(form(ENDS + DAY), RECHECK.fold([OPENED]), literal)


def test_its_commission_is_of_the_pool_and_has_its_chair() -> None:
    for strange in ({"known": frozenset({"aida"})}, {"chair_id": "cholpon"}, {"members": (*MEMBERS, MEMBERS[0])}):
        assert isinstance(given(RECHECK, [OPENED]).when(form(**strange)).outcome, Invalid)
    nobody = (MEMBERS[0], MEMBERS[1].model_copy(update={"groups": ("friends",)}))
    assert isinstance(given(RECHECK, [OPENED]).when(form(members=nobody)).outcome, Invalid)
    assert isinstance(given(RECHECK, [OPENED, FORMED]).when(form()).outcome, Conflict), "of that order already"
    given(RECHECK, [OPENED, FORMED]).when(form(order_number="45", chair_id="bakyt")).then_types(RecheckCommissionFormed)


@pytest.mark.clause(ATTESTATION, "36", "37", "38")
def test_the_check_is_held_when_the_suspension_is_over() -> None:
    given(RECHECK, [OPENED]).when(hold()).then_refused(clause="36", words="no commission")
    given(RECHECK, [OPENED, FORMED]).when(hold(ENDS)).then_refused(clause="36", words="the suspension ends on")
    given(RECHECK, [OPENED, FORMED]).when(hold(ENDS + DAY, held_on=ENDS)).then_refused(clause="36")
    for verdict in ("removed", "not_removed"):
        held = RecheckHeld(**RECHECK_IDS, verdict=verdict, findings="So", document=FILE, held_on=ENDS + DAY)
        given(RECHECK, [OPENED, FORMED]).when(hold(verdict=verdict)).then(held)
    assert isinstance(given(RECHECK, [OPENED, FORMED]).when(hold(verdict="perhaps")).outcome, Invalid)
    done = [OPENED, FORMED, RecheckHeld(**RECHECK_IDS, verdict="removed", findings="So", document=FILE, held_on=ENDS + DAY)]
    assert isinstance(given(RECHECK, done).when(hold()).outcome, Conflict)
    assert isinstance(given(RECHECK, done).when(form(order_number="45")).outcome, Conflict)


def test_its_chair_alone_tells_what_it_found() -> None:
    state = RECHECK.fold([OPENED, FORMED])
    recheck_rules.must_chair(state, "aida")
    with pytest.raises(Forbidden):
        recheck_rules.must_chair(state, "bakyt")
    with pytest.raises(NotFound):
        recheck_rules.must_chair(state, "cholpon")
    with pytest.raises(Conflict):
        recheck_rules.check_right(RECHECK.fold([OPENED, FORMED, FORMED]))


def recheck_commands(state: Recheck) -> Sequence[Command]:
    opening = OpenRecheck(**at(), **RECHECK_IDS, rulebook=BOOK.ref, suspension_ends_on=ENDS)
    return [opening, form(order_number=str(len(state.orders))), hold()]


def test_guards_of_a_check_tell_the_truth() -> None:
    alike = lambda state: (bool(state.opened), bool(state.commission), bool(state.held))  # noqa: E731
    assert len(guards_tell_the_truth(RECHECK, [OPENED], recheck_commands, alike=alike)) == 3


def test_another_rulebook_without_these_contents_asks_for_nothing() -> None:
    bare: Rulebook = BOOK.model_copy(update={"contents": {}, "settings": {}, "stages": ()})
    assert sections_for(OF, bare) == {}
    assert check_complete((), (), OF, bare) == ()
