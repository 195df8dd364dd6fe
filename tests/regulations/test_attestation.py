"""State attestation by order 109: its clauses, bodies, thresholds and words, and where Russian and Kazakh differ."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from regulations import load

ATTESTATION = "kz-109-2008-attestation"
RULES = load(ATTESTATION)
ORIGINALS = Path(__file__).parent / "originals"

# The clause table of the page kz-109-2008-attestation.md, each part of a range apart; 2 and 3 stand above the table.
CLAUSES = """
2; 3; 4; 5; 6; 7.1; 7.2; 7.3; 7.4; 7.5; 7.6; 7.7; 7.8; 7.9; 7.10; 7.11; 8.1; 8.2; 8.3; 8.4; 8.5; 8.6; 8.7; 8.8; 9; 10; 11; 12; 13.1; 13.2;
13.3; 14; 15; 16; 17 (a); 17 (b); 18.1; 18.2; 18.3; 19; 20; 21; 22; 23; 24 (a); 24 (b); 24 (c); 24 (d); 25; 26 (a); 26 (b); 27; 28; 29;
30.1; 30.2; 30.3; 30.4; 30.5; 30.6; 30.7; 30.8; 30.9; 30.10; 30.11; 30.12; 30.13; 30.14; 30.15; 30.16; 31; 32.1; 32.2; 32.3; 32.4; 32.5;
32.6; 32.7; 32.8; 33; 34; 35; 36; 37; 38
"""

# Who must act, as the table says it; every other clause is the authorised body's.
ACTORS = {
    "commission": {"6", "19", "22", "24 (a)", "24 (c)", "24 (d)", "27", "28", "29", "31"},
    "commission_chair": {"20"},
    "commission_member": {"23"},
    "joint_commission": {"26 (a)"},
    "methodical_sections": {"24 (b)"},
    "institution": {"13.1", "15"},
    "institution_head": {"21"},
    "nobody": {"2", "3", "9", "10", "17 (b)", "18.1", "18.2", "18.3", "25", "26 (b)", "34", "38"},
}
ACTORS_OF_PARTS = {"7": "commission", "8": "commission", "30": "commission_chair", "32": "commission"}


def original(language: str) -> str:
    return (ORIGINALS / f"{ATTESTATION}.{language}.txt").read_text(encoding="utf-8")


class TestClauses:
    def test_they_are_those_of_the_table_in_its_order(self) -> None:
        assert list(RULES.clauses) == [clause.strip() for clause in CLAUSES.split(";")]

    def test_every_clause_has_the_actor_of_the_table(self) -> None:
        for clause in RULES.clauses.values():
            of_point = ACTORS_OF_PARTS.get(clause.point, "authorised_body")
            expected = next((actor for actor, clauses in ACTORS.items() if clause.id in clauses), of_point)
            assert clause.actor == expected, clause.id

    @pytest.mark.parametrize(("language", "heading"), [("ru", "1. Общие положения"), ("kk", "1. Жалпы ережелер")])
    def test_every_point_and_numbered_part_of_the_instruction_is_a_clause(self, language: str, heading: str) -> None:
        """Point 1 says by which law the instruction was made and binds nobody."""
        text = original(language)
        assert text.count(heading) == 1
        found: list[tuple[str, str]] = []
        for point, part in re.findall(r"^[^\S\n]+(?:(\d+)\s?\.\s|(\d+)\))", text.partition(heading)[2], flags=re.MULTILINE):
            found.append((point, "") if point else (found[-1][0], part))
        assert [point for point, part in found if not part] == [str(number) for number in range(1, 39)]
        assert {point for point, part in found if not part} - {clause.point for clause in RULES.clauses.values()} == {"1"}
        assert [f"{point}.{part}" for point, part in found if part] == [clause for clause in RULES.clauses if "." in clause]

    @pytest.mark.parametrize(("language", "note"), [("ru", r"Сноска\. Пункт (\d+) "), ("kk", r"Ескерту\. (\d+)-тармаққа")])
    def test_order_211_amended_four_points(self, language: str, note: str) -> None:
        assert re.findall(note, original(language)) == ["5", "11", "35", "38"]
        assert "5, 11, 35 and 38 as amended by order No. 211" in RULES.instrument.in_force_why

    def test_it_was_in_force_until_order_257(self) -> None:
        days = [date(2008, 4, 6), date(2008, 4, 7), date(2013, 7, 3), date(2013, 7, 4)]
        assert [RULES.in_force_on(day) for day in days] == [False, True, True, False]


@pytest.mark.clause(ATTESTATION, "14")
def test_only_a_late_change_of_the_schedule_is_refused() -> None:
    assert (RULES.terms["amendment_notice"].follows, RULES.setting("late_amendment")) == ("refused", "refused")
    assert RULES.terms["dates_notice"].follows == "person_decides"


@pytest.mark.clause(ATTESTATION, "13.1", "13.2", "13.3")
def test_a_schedule_is_changed_on_three_grounds_and_kazakh_only_puts_off() -> None:
    grounds = RULES.vocabulary("schedule_change_grounds")
    assert {name: ground.clause for name, ground in grounds.items()} == {
        "reasoned_request": "13.1",
        "reorganisation": "13.2",
        "interim_control": "13.3",
    }
    assert {RULES.clause(f"13.{part}").level for part in (1, 2, 3)} == {"may"}
    assert "кейінге қалдыру" in RULES.settings["schedule_move"].quote["kk"]
    assert (RULES.setting("schedule_move"), RULES.settings["schedule_move"].alternatives[0].value) == ("any", "later_only")


@pytest.mark.clause(ATTESTATION, "17 (b)", "18.1", "18.2", "18.3")
def test_the_chair_is_of_the_authorised_body_and_three_groups_sit_with_it() -> None:
    commission = RULES.compositions["commission"]
    assert {name: each.clause for name, each in commission.requires.items()} == {
        "chair": "17 (b)",
        "authorised_bodies": "18.1",
        "body_in_charge": "18.2",
        "education_community": "18.3",
    }
    assert (commission.formed_by, commission.minimum, commission.maximum) == ("authorised_body", None, None)
    assert (RULES.setting("chair_not_of_the_body"), RULES.setting("missing_member_group")) == ("refused", "flagged")


@pytest.mark.clause(ATTESTATION, "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11")
def test_eleven_objects_are_studied() -> None:
    assert [each.clause for each in RULES.vocabulary("objects_of_study").values()] == [f"7.{part}" for part in range(1, 12)]


@pytest.mark.clause(ATTESTATION, "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8")
def test_by_eight_methods_of_which_the_russian_list_of_interviews_is_open() -> None:
    assert [each.clause for each in RULES.vocabulary("methods").values()] == [f"8.{part}" for part in range(1, 9)]
    assert RULES.clause("8.7").quote["ru"].endswith("и другие;")
    assert RULES.setting("interviews_open") is True


@pytest.mark.clause(ATTESTATION, "20", "21")
def test_the_chair_assigns_and_the_head_announces() -> None:
    assert RULES.competences["task_assignment"].decided_by == "commission_chair"
    assert RULES.registers["institution_notice"].told_by == "institution_head"


@pytest.mark.clause(ATTESTATION, "27")
def test_testing_has_substitutes_and_sport_is_measured_without_a_norm() -> None:
    assert list(RULES.vocabulary("other_control_forms")) == [
        "questionnaires",
        "control_works",
        "auditions",
        "viewings",
        "sport_measurements",
    ]


@pytest.mark.clause(ATTESTATION, "23")
def test_a_note_has_five_parts_and_names_the_provision() -> None:
    parts = ["indicators", "shortcomings", "violated_provisions", "recommendations", "conclusions"]
    assert list(RULES.contents["member_note"]) == parts
    assert RULES.setting("note_names_provision") is True
    assert "қай нақты нормасы" in RULES.clause("23").quote["kk"]


@pytest.mark.clause(ATTESTATION, "24 (c)", "24 (d)")
@pytest.mark.parametrize(("learners", "russian", "kazakh"), [(1, True, True), (49, True, True), (50, True, False), (51, False, False)])
def test_a_small_specialty_is_controlled_whole(learners: int, russian: bool, kazakh: bool) -> None:
    assert RULES.thresholds["whole_specialty"].holds(learners) is russian
    assert RULES.thresholds["whole_specialty_kk"].holds(learners) is kazakh
    assert RULES.setting("whole_specialty_text") == "ru"


@pytest.mark.clause(ATTESTATION, "24 (a)", "24 (b)", "24 (c)")
def test_a_sample_has_fifty_learners_and_the_control_six_forms() -> None:
    assert [RULES.thresholds["sample_size"].holds(size) for size in (49, 50, 51)] == [False, True, False]
    assert (RULES.setting("sample_rounding"), RULES.setting("control_wider")) == ("largest_remainder", True)
    assert list(RULES.vocabulary("control_forms")) == [
        "complex_testing",
        "control_work",
        "essay",
        "project",
        "creative_task",
        "composition",
    ]
    assert RULES.competences["discipline_list"].decided_by == "authorised_body"


@pytest.mark.clause(ATTESTATION, "25")
class TestMarks:
    @pytest.mark.parametrize(
        ("score", "mark"),
        [
            (Fraction(100), "excellent"),
            (Fraction(88), "excellent"),
            (Fraction("87.5"), "good"),
            (Fraction(87), "good"),
            (Fraction(75), "good"),
            (Fraction("74.99"), "satisfactory"),
            (Fraction(60), "satisfactory"),
            (Fraction("59.99"), "fail"),
            (Fraction(0), "fail"),
        ],
    )
    def test_the_mark_is_the_highest_whose_lower_end_is_reached(self, score: Fraction, mark: str) -> None:
        """87.5 lies between two bands of the text: the lower one holds until the next is reached."""
        lower_ends = {name: RULES.thresholds[name].minimum or 0 for name in ("excellent", "good", "satisfactory", "fail")}
        assert next(name for name, lower_end in lower_ends.items() if score >= lower_end) == mark
        assert RULES.setting("score_between_bands") == "lower_band"

    def test_the_bands_are_those_of_the_text(self) -> None:
        bands = [(RULES.thresholds[name].minimum, RULES.thresholds[name].maximum) for name in ("excellent", "good", "satisfactory")]
        assert bands == [(88, 100), (75, 87), (60, 74)]
        between = Fraction("87.5")
        assert not RULES.thresholds["excellent"].holds(between)
        assert not RULES.thresholds["good"].holds(between)


@pytest.mark.clause(ATTESTATION, "26 (a)", "26 (b)")
def test_other_works_are_marked_by_three_people_and_three_of_five_is_positive() -> None:
    joint = RULES.compositions["joint_commission"]
    assert (list(joint.requires), joint.minimum, joint.maximum) == (["chair", "member", "teacher"], 3, 3)
    assert RULES.competences["joint_commission"].decided_by == "commission_chair"
    assert [RULES.thresholds["positive_answers"].holds(right) for right in (2, 3, 5, 6)] == [False, True, True, False]
    assert RULES.vocabulary("marks")["positive"].includes == ("excellent", "good", "satisfactory")


@pytest.mark.clause(ATTESTATION, "28", "29")
def test_the_commission_analyses_and_in_kazakh_conducts_the_questionnaires() -> None:
    assert "анкетирования сотрудников и родителей осуществляется Комиссией" in RULES.clause("28").quote["ru"]
    assert "сауалнама жүргізуді Комиссия жүзеге асырады" in RULES.clause("28").quote["kk"]
    assert RULES.setting("questionnaires_by_commission") is False
    assert list(RULES.vocabulary("invited_organisations")) == ["student", "youth", "public"]


@pytest.mark.clause(
    ATTESTATION,
    "30.1",
    "30.2",
    "30.3",
    "30.4",
    "30.5",
    "30.6",
    "30.7",
    "30.8",
    "30.9",
    "30.10",
    "30.11",
    "30.12",
    "30.13",
    "30.14",
    "30.15",
    "30.16",
)
def test_a_conclusion_has_sixteen_sections_two_of_them_not_always() -> None:
    sections = RULES.contents["conclusion"]
    assert [section.clause for section in sections.values()] == [f"30.{part}" for part in range(1, 17)]
    assert list(sections)[:11] == list(RULES.vocabulary("objects_of_study"))
    assert [name for name, section in sections.items() if section.when is not None] == ["creative_activity", "specialties"]
    assert list(RULES.vocabulary("recommendations")) == ["attest", "not_attest"]
    assert (RULES.setting("incomplete_conclusion"), RULES.setting("arts_section")) == ("refused", "arts_only")


@pytest.mark.clause(ATTESTATION, "31", "32.1", "32.2", "32.3", "32.4", "32.5", "32.6", "32.7", "32.8")
def test_two_copies_are_signed_and_eight_papers_attached() -> None:
    assert [RULES.thresholds["conclusion_copies"].holds(copies) for copies in (1, 2, 3)] == [False, True, False]
    assert RULES.setting("second_copy") == "institution_head"
    attached = RULES.contents["conclusion_attachments"]
    assert [section.clause for section in attached.values()] == [f"32.{part}" for part in range(1, 9)]


@pytest.mark.clause(ATTESTATION, "9")
def test_decisions_go_by_specialty_too_from_vocational_education_on() -> None:
    assert list(RULES.vocabulary("attested_by_specialty")) == ["technical_vocational", "post_secondary", "higher", "postgraduate"]
    assert (RULES.setting("decision_per_specialty"), RULES.setting("specialties_go_by")) == (True, "programmes")


@pytest.mark.clause(ATTESTATION, "2", "3")
def test_every_level_of_education_is_subject_to_it() -> None:
    levels = RULES.vocabulary("education_levels")
    assert len(levels) == 8
    assert set(RULES.vocabulary("attested_by_specialty")) < set(levels)
    assert {RULES.clause("2").level, RULES.clause("3").level} == {"scope"}


@pytest.mark.clause(ATTESTATION, "34")
def test_whom_the_fine_meets_differs_and_no_amount_is_given() -> None:
    assert RULES.setting("fined") == "official_or_legal_person"
    assert RULES.settings["fined"].quote == {"ru": "на должностное или юридическое лицо", "kk": "заңды немесе жеке тұлғаға"}
    assert RULES.vocabulary("decisions")["not_attest"].follows == ("licence_suspension", "fine", "recheck", "removal_of_violations")


@pytest.mark.clause(ATTESTATION, "35")
class TestConditionsOfTheDecisionToAttest:
    @pytest.mark.parametrize(
        ("took_part", "sample", "enough"), [(47, 50, False), (48, 50, True), (19, 20, True), (18, 20, False), (50, 50, True)]
    )
    def test_95_percent_of_the_sample_took_part(self, took_part: int, sample: int, enough: bool) -> None:
        assert RULES.thresholds["participation"].holds(Fraction(100 * took_part, sample)) is enough

    @pytest.mark.parametrize(("positive", "of", "enough"), [(34, 48, True), (33, 48, False), (35, 50, True), (9, 13, False), (7, 10, True)])
    def test_70_percent_of_them_have_positive_marks(self, positive: int, of: int, enough: bool) -> None:
        assert RULES.thresholds["positive_marks"].holds(Fraction(100 * positive, of)) is enough

    def test_of_them_is_what_the_kazakh_text_says(self) -> None:
        base = RULES.settings["positive_marks_base"]
        assert (base.value, base.alternatives[0].value) == ("participants", "sample")
        assert base.quote["kk"].startswith("олардың")

    def test_below_a_threshold_it_is_refused_and_conformity_is_full(self) -> None:
        assert (RULES.setting("attest_below_threshold"), RULES.setting("conformity")) == ("refused", "full")


def test_the_stages_follow_the_points_and_branch_after_the_decision() -> None:
    stages = {stage.id: stage for stage in RULES.stages}
    order = ["11", "12", "14", "15", "16", "20", "19", "24 (a)", "30.1", "31", "33", "34", "36", "37", "38"]
    assert [stage.clause for stage in RULES.stages] == order
    assert [name for name, stage in stages.items() if stage.optional] == [
        "schedule_change",
        "suspension",
        "recheck",
        "restoration",
        "deprivation_referral",
    ]
    assert all(stage.when is not None for stage in RULES.stages if stage.optional)
    assert stages["restoration"].after == stages["deprivation_referral"].after == ("recheck",)


def test_what_only_an_agency_can_say_is_practice_and_no_rule() -> None:
    unset = {name for name, setting in RULES.settings.items() if setting.value is None}
    assert unset == {
        "specialty_control_of_fewer",
        "sample_without_specialties",
        "suspension_length",
        "interim_control_limit",
        "specialty_threshold_level",
        "first_attestation",
        "extraordinary_restarts_cycle",
        "commission_size_minimum",
    }
    practices = {name for name, setting in RULES.settings.items() if setting.kind == "practice"}
    assert practices == unset | {"reminder_distances", "repealed_rulebook"}
    assert (RULES.setting("reminder_distances"), RULES.setting("repealed_rulebook")) == ((30, 7, 1), "refused_unless_adopted")
    assert {term.kind for term in RULES.terms.values()} == {"text", "reading"}
