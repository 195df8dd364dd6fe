"""The agency's standards: mapped to the ESG, with what else is taken into account; and the four stages of the procedure."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.problems import Conflict, Invalid
from chassis.testing import given
from regulations import load, phase_of
from services.intake.contract import StandardArea, StandardsAdopted
from services.intake.domain.preparation import Preparation, procedure_stage
from services.intake.domain.standards import (
    ESG_PART_1,
    STANDARDS,
    AdoptedStandards,
    AdoptStandards,
    check_adopted,
    esg_without_area,
    standards_id,
)
from tests.intake.test_iqaa import FILED, application, filing

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"
RULES, OTHER_RULES = load(IQAA), load(ORDER_109)
TODAY = date(2024, 2, 5)
AREAS = (
    StandardArea(code="1", title="Mission", criteria=("1.1", "1.2"), esg=("1.1",)),
    StandardArea(code="2", title="Students", criteria=("2.1",), esg=("1.3", "1.4")),
)
FIELDS: dict[str, Any] = {
    "standards_id": "s-1",
    "standards": "institutional",
    "version": "1",
    "kind": "institutional",
    "rulebook": RULES.ref,
    "areas": AREAS,
    "references": ("esg", "state_acts", "international_standards"),
    "act": "No. 3",
    "adopted_on": TODAY,
}
ADOPTED = StandardsAdopted(**FIELDS)


def adopt(**changes: Any) -> AdoptStandards:
    return AdoptStandards(at=datetime(2024, 2, 5, 6, tzinfo=UTC), by="director", **FIELDS | changes)


@pytest.mark.clause(IQAA, "P.1", "P.2")
class TestAdoption:
    def test_standards_are_adopted_with_their_mapping_and_their_references(self) -> None:
        given(STANDARDS).when(adopt()).then(ADOPTED)

    def test_a_version_is_adopted_once_and_not_before_its_day(self) -> None:
        assert isinstance(given(STANDARDS, [ADOPTED]).when(adopt()).then_refused(words="another version"), Conflict)
        assert isinstance(given(STANDARDS).when(adopt(adopted_on=date(2024, 2, 6))).then_refused(words="not come"), Conflict)

    def test_every_agency_name_and_version_has_its_own(self) -> None:
        ids = {standards_id(agency, name, version) for agency in ("iqaa", "iaar") for name in ("a", "b") for version in ("1", "2")}
        assert len(ids) == 8

    def test_an_area_without_the_esg_is_refused(self) -> None:
        bare = AREAS[1].model_copy(update={"esg": ()})
        problem = given(STANDARDS).when(adopt(areas=(AREAS[0], bare))).then_refused(clause="P.1", words="areas without")
        assert problem.unmapped == ["2"]
        assert "1.1 to 1.10" in problem.accepts

    @pytest.mark.parametrize("strange", ["1.0", "1.11", "2.1", "1", "1.1.1"])
    def test_the_mapping_is_to_part_1_of_the_esg(self, strange: str) -> None:
        with pytest.raises(ValidationError, match="esg"):
            StandardArea(code="1", title="Mission", esg=(strange,))

    @pytest.mark.parametrize("standard", ESG_PART_1)
    def test_each_of_its_ten_standards_can_be_named(self, standard: str) -> None:
        assert StandardArea(code="1", title="Mission", esg=(standard,)).esg == (standard,)

    def test_what_no_area_is_mapped_to_is_shown(self) -> None:
        assert esg_without_area(AREAS, RULES) == ["1.2", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10"]
        assert not esg_without_area(AREAS, OTHER_RULES)

    @pytest.mark.parametrize(("absent", "clause"), [("esg", "P.1"), ("state_acts", "P.2"), ("international_standards", "P.2")])
    def test_what_the_rulebook_takes_into_account_is_named(self, absent: str, clause: str) -> None:
        named = tuple(word for word in RULES.vocabulary("references") if word != absent)
        problem = given(STANDARDS).when(adopt(references=named)).then_refused(clause=clause, words="what they go by")
        assert [m["kind"] for m in problem.missing] == [absent]

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "specialised"},
            {"references": (*FIELDS["references"], "horoscope")},
            {"references": (*FIELDS["references"], "esg")},
            {"areas": (AREAS[0], AREAS[0])},
            {"areas": (AREAS[0].model_copy(update={"criteria": ("1.1", "1.1")}),)},
            {"areas": (AREAS[0].model_copy(update={"esg": ("1.1", "1.1")}),)},
        ],
    )
    def test_words_are_the_rulebook_s_and_stand_once(self, changes: dict[str, Any]) -> None:
        assert isinstance(given(STANDARDS).when(adopt(**changes)).then_refused(), Invalid)

    def test_a_rulebook_that_names_no_references_asks_for_none(self) -> None:
        bare = tuple(area.model_copy(update={"esg": ()}) for area in AREAS)
        told = {"rulebook": OTHER_RULES.ref, "areas": bare, "references": ()}
        given(STANDARDS).when(adopt(**told)).then(ADOPTED.model_copy(update=told))


@pytest.mark.clause(IQAA, "P.1")
class TestApplicationUnderStandards:
    def test_an_application_names_standards_that_the_agency_has_adopted(self) -> None:
        application().when(filing()).then(FILED)
        problem = application().when(filing(adopted_standards=())).then_refused(clause="P.1", words="has adopted no standards")
        assert problem.accepts == "an application after the director has adopted standards for the kind institutional"

    @pytest.mark.parametrize(
        "other", [AdoptedStandards("institutional", "2", "institutional"), AdoptedStandards("other", "1", "institutional")]
    )
    def test_the_refusal_tells_which_ones_are_adopted(self, other: AdoptedStandards) -> None:
        problem = application().when(filing(adopted_standards=(other,))).then_refused(clause="P.1")
        assert problem.accepts == f"an application under: {other.standards}, version {other.version}"

    def test_standards_for_another_kind_do_not_fit(self) -> None:
        of_programmes = AdoptedStandards("institutional", "1", "programme")
        application().when(filing(adopted_standards=(of_programmes,))).then_refused(clause="P.1", words="kind institutional")

    def test_a_rulebook_that_names_no_references_asks_for_no_adopted_standards(self) -> None:
        check_adopted("anything", "1", "institutional", (), OTHER_RULES)


@pytest.mark.clause(IQAA, "P.3")
class TestProcedureStages:
    def test_every_step_of_the_rulebook_belongs_to_one_of_the_four_stages(self) -> None:
        words = [phase_of(RULES, stage.id) for stage in RULES.stages]
        assert None not in words
        assert len(set(words)) == RULES.thresholds["procedure_stages"].minimum == RULES.thresholds["procedure_stages"].maximum
        assert words == sorted(words, key=str)

    @pytest.mark.parametrize("stage", ["filed", "registered", "contracted"])
    def test_what_intake_does_is_of_the_first_stage(self, stage: str) -> None:
        for state in (Preparation(), Preparation(True, "aigul"), Preparation(True, "aigul", True, (("The report", TODAY),))):
            assert procedure_stage(stage, state, False, RULES) == "stage_1"

    def test_what_is_decided_is_of_the_third_and_what_has_ended_of_none(self) -> None:
        assert procedure_stage("contracted", Preparation(), True, RULES) == "stage_3"
        for ended in ("withdrawn", "terminated", "discontinued", "closed"):
            assert procedure_stage(ended, Preparation(), False, RULES) is None

    @pytest.mark.parametrize("stage", ["filed", "registered", "contracted"])
    def test_a_rulebook_without_such_stages_has_none(self, stage: str) -> None:
        assert procedure_stage(stage, Preparation(), False, OTHER_RULES) is None
        assert phase_of(OTHER_RULES, OTHER_RULES.stages[0].id) is None
