"""The self-assessment materials of a state attestation (p. 15): every part that lacks is named, nothing is sanctioned."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.corrections import CorrectFact
from chassis.decider import Command
from chassis.documents import Document
from chassis.problems import Invalid
from chassis.testing import given, guards_tell_the_truth
from regulations import load
from services.review.contract import (
    ATTESTATION,
    MaterialPart,
    MaterialsAnalysed,
    MaterialsAwaited,
    MaterialsClosed,
    MaterialsCorrected,
    MaterialsReceived,
    MissingPartsTold,
)
from services.review.domain.materials import (
    MATERIALS,
    AnalyseMaterials,
    AwaitMaterials,
    CloseMaterials,
    Materials,
    ReceiveMaterials,
    TellMissingParts,
    corrections,
)

RULES = load(ATTESTATION)
TODAY = date(2012, 3, 12)
NOW: dict[str, Any] = {"at": datetime(2012, 3, 12, 6, tzinfo=UTC), "by": "somebody"}
IDS = {"attestation_id": "a-1", "institution_id": "kaznu"}
PARTS = tuple(RULES.contents["self_assessment_materials"])
DOCUMENTS = ("founding_documents", "licence")
OPENING = AwaitMaterials(**NOW, **IDS, rulebook=RULES.ref, kind="planned", starts_on=date(2012, 4, 16))

pytestmark = pytest.mark.clause(ATTESTATION, "15")


def file(kind: str) -> Document:
    return Document(kind=kind, name=kind, sha256="a" * 64)


def parts(*words: str) -> tuple[MaterialPart, ...]:
    return tuple(MaterialPart(part=word, document=file("self_assessment_materials")) for word in words)


def awaited(**changes: Any) -> MaterialsAwaited:
    told = OPENING.model_dump(exclude={"at", "by"})
    return MaterialsAwaited(**{**told, "parts": PARTS, "documents": DOCUMENTS, "awaited_on": TODAY, **changes})


def received(round_: int, missing: tuple[str, ...]) -> MaterialsReceived:
    return MaterialsReceived(**IDS, round=round_, parts=parts("staff"), missing=missing, complete=not missing, received_on=TODAY)


WHOLE = ReceiveMaterials(**NOW, parts=parts(*PARTS), documents=tuple(map(file, DOCUMENTS)))


def test_eleven_characteristics_and_two_copies_are_awaited_once() -> None:
    assert len(PARTS) == 11
    given(MATERIALS).when(OPENING).then(awaited())
    given(MATERIALS, [awaited()]).when(OPENING).then()


def test_what_every_round_brings_counts_and_what_still_lacks_is_named() -> None:
    first = ReceiveMaterials(**NOW, parts=parts(*PARTS[1:]), documents=(file("licence"),))
    case = given(MATERIALS, [awaited()]).when(first)
    (fact,) = case.then_types(MaterialsReceived)
    assert isinstance(fact, MaterialsReceived)
    assert (fact.round, fact.missing, fact.complete) == (1, (PARTS[0], "founding_documents"), False)
    second = ReceiveMaterials(**NOW, parts=parts(PARTS[0]), documents=(file("founding_documents"),))
    (rest,) = case.when(second).then_types(MaterialsReceived)
    assert isinstance(rest, MaterialsReceived)
    assert (rest.round, rest.missing, rest.complete) == (2, (), True)


def test_the_materials_need_every_part_that_the_text_names() -> None:
    case = given(MATERIALS, [awaited()]).when(WHOLE)
    (fact,) = case.then_types(MaterialsReceived)
    assert isinstance(fact, MaterialsReceived)
    assert fact.complete
    for part in PARTS:
        without = WHOLE.model_copy(update={"parts": parts(*(each for each in PARTS if each != part))})
        (lacking,) = given(MATERIALS, [awaited()]).when(without).then_types(MaterialsReceived)
        assert isinstance(lacking, MaterialsReceived)
        assert lacking.missing == (part,)


def test_the_organisation_is_told_once_of_each_round_what_lacks() -> None:
    tell = TellMissingParts(**NOW, outgoing_number="44", due_on=date(2012, 3, 20))
    told = MissingPartsTold(**IDS, round=1, missing=("staff",), outgoing_number="44", due_on=date(2012, 3, 20), told_on=TODAY)
    given(MATERIALS, [awaited(), received(1, ("staff",))]).when(tell).then(told)
    given(MATERIALS, [awaited(), received(1, ("staff",)), told]).when(tell).then_refused(words="was told")
    given(MATERIALS, [awaited(), received(1, ())]).when(tell).then_refused(words="lack nothing")
    (all_of_it,) = given(MATERIALS, [awaited()]).when(tell).then_types(MissingPartsTold)
    assert isinstance(all_of_it, MissingPartsTold)
    assert all_of_it.missing == (*PARTS, *DOCUMENTS)
    given(MATERIALS, [awaited()]).when(tell.model_copy(update={"due_on": date(2012, 3, 11)})).then_refused(words="is past")


def test_incomplete_materials_are_analysed_all_the_same_and_a_later_round_once_more() -> None:
    analyse = AnalyseMaterials(**NOW, analysis="The staff is described.")
    given(MATERIALS, [awaited()]).when(analyse).then_refused(clause="15")
    done = MaterialsAnalysed(**IDS, round=1, analysis="The staff is described.", lacking=("licence",), analysed_on=TODAY)
    given(MATERIALS, [awaited(), received(1, ("licence",))]).when(analyse).then(done)
    given(MATERIALS, [awaited(), received(1, ("licence",)), done]).when(analyse).then_refused(words="analysed already")
    given(MATERIALS, [awaited(), received(1, ("licence",)), done, received(2, ())]).when(analyse).then_types(MaterialsAnalysed)


def test_an_agency_whose_rulebook_refuses_incomplete_materials_refuses_them() -> None:
    strict = RULES.revised({"settings.incomplete_materials": {"value": "refused"}}, version="strict")
    refusal = pytest.raises(Exception, match="incomplete")
    with refusal as caught:
        MATERIALS.decide(ReceiveMaterials(**NOW, parts=parts("staff")), MATERIALS.fold([awaited()]), strict)
    assert getattr(caught.value, "clause", None) == "15"
    assert MATERIALS.decide(WHOLE, MATERIALS.fold([awaited()]), strict)


def test_what_cannot_be_is_refused() -> None:
    case = [awaited()]
    assert isinstance(given(MATERIALS, case).when(ReceiveMaterials(**NOW)).then_refused(words="nothing came"), Invalid)
    assert isinstance(given(MATERIALS, case).when(ReceiveMaterials(**NOW, parts=parts("sports"))).then_refused(words="sports"), Invalid)
    given(MATERIALS, case).when(WHOLE.model_copy(update={"on": date(2012, 3, 13)})).then_refused(words="has not come yet")
    given(MATERIALS).when(WHOLE).then_refused(words="no materials are awaited")


@pytest.mark.clause(ATTESTATION, "13.2")
def test_what_is_taken_out_of_the_schedule_takes_no_materials_and_says_why() -> None:
    close = CloseMaterials(**NOW, reason="the attestation was taken out of the schedule")
    closed = MaterialsClosed(**IDS, reason="the attestation was taken out of the schedule", closed_on=TODAY)
    past = [awaited(), received(1, ("staff",))]
    given(MATERIALS, past).when(close).then(closed)
    given(MATERIALS, [*past, closed]).when(close).then()
    given(MATERIALS, [*past, closed]).when(OPENING).then()
    for act in (WHOLE, TellMissingParts(**NOW, outgoing_number="44"), AnalyseMaterials(**NOW, analysis="So.")):
        given(MATERIALS, [*past, closed]).when(act).then_refused(words="since 2012-03-12: the attestation was taken out")


def test_the_day_of_receipt_is_put_right() -> None:
    told = {"version": 2, "corrects": "e-2", "reason": "A slip.", "corrected_on": TODAY}
    command = CorrectFact(**NOW, **told, corrected={"received_on": "2012-03-11"})
    past = [awaited(), received(1, ())]
    (fact,) = given(corrections(TODAY).decider, past).when(command).then_types(MaterialsCorrected)
    assert MATERIALS.fold([*past, fact]).received_on == date(2012, 3, 11)
    late = command.model_copy(update={"corrected": {"received_on": "2012-03-13"}})
    given(corrections(TODAY).decider, past).when(late).then_refused(words="has not come yet")


def test_a_command_of_materials_is_open_exactly_where_some_body_is_accepted() -> None:
    bodies = [
        OPENING,
        ReceiveMaterials(**NOW, parts=parts("staff")),
        WHOLE,
        TellMissingParts(**NOW, outgoing_number="44"),
        AnalyseMaterials(**NOW, analysis="So."),
        CloseMaterials(**NOW, reason="So."),
    ]

    def alike(state: Materials) -> object:
        return min(state.round, 1), bool(state.lacking), state.told == state.round, state.analysed == state.round, bool(state.closed)

    def fitting(_state: Materials) -> list[Command]:
        return list(bodies)

    assert len(guards_tell_the_truth(MATERIALS, [awaited()], fitting, alike=alike)) == 16
