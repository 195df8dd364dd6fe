"""IQAA's procedure in four stages: its clauses, the one length and the one counted term, and what is a reading or is left unset.

Dates were found by hand in a printed calendar of Kazakhstan.
"""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from regulations import compute, earliest_anchor, latest_day, length, load
from regulations.values import fold

IQAA = "iqaa-accreditation"
RULES = load(IQAA)
ORIGINAL = fold((Path(__file__).parent / "originals" / f"{IQAA}.kk.txt").read_text(encoding="utf-8"))

# The clause table of the agency's page, iqaa-accreditation.md: the ids were given there, the text has none.
CLAUSES = """
P.1; P.2; P.3; S1.a; S1.b.1; S1.b.2; S1.b.3; S1.c.1; S1.c.2; S1.d; S1.e; S1.f.1; S1.f.2; S1.g; S1.h; S2.a; S2.b; S2.c.1; S2.c.2; S2.d;
S2.e.1; S2.e.2; S2.f.1; S2.f.2; S2.g; S2.h; S2.i; S3.a; S3.b; S3.c.1; S3.c.2; S3.c.3; S3.d; S3.e; S3.f.1; S3.f.2; S3.g; S3.h; S4.a
"""
TABLE = [clause.strip() for clause in CLAUSES.split(";")]

# Who must act, as the table says it; the agency where it is not named here.
ACTORS = {
    "institution": {"S1.a", "S1.e", "S1.f.1", "S1.g", "S2.c.2", "S2.i", "S3.e"},
    "parties": {"S1.b.1", "S1.b.2", "S1.b.3"},
    "coordinator": {"S2.d", "S2.e.1", "S2.e.2", "S2.h", "S3.b"},
    "expert_panel": {"S2.f.1", "S2.f.2", "S2.g"},
    "analysis_department": {"S3.a"},
    "accreditation_council": {"S3.c.1", "S3.c.2", "S3.c.3"},
}
LEVELS = {"may": {"S2.c.2", "S2.i", "S3.c.3", "S3.e"}, "scope": {"P.1", "P.3"}}

# The page's table of ambiguities and the settings that decide them; B-11 is the panel's composition, B-29 is about slips of the pen.
AMBIGUITIES = {
    "B-1": ["due_dates_from"],
    "B-2": ["stage_names"],
    "B-3": ["panel_formation_from"],
    "B-4": ["materials_late"],
    "B-5": ["visit_length_departure"],
    "B-6": ["preliminary_trip_traveller"],
    "B-7": ["first_time_means"],
    "B-8": ["final_version_without_rework"],
    "B-9": ["examination_rounds"],
    "B-10": ["preliminary_audit_when", "preliminary_audit_apart_from_trip", "preliminary_audit_result"],
    "B-11": ["panel_chair_required"],
    "B-12": ["replacement_requests"],
    "B-13": ["remedies_are_apart", "complaint_suspends_procedure", "appeal_suspends_decision"],
    "B-14": ["publication_during_appeal"],
    "B-15": ["negative_outcome_published"],
    "B-16": ["ministry_information_for"],
    "B-17": ["one_external_report"],
    "B-18": ["panel_version_kept"],
    "B-19": ["factual_check_days", "factual_check_silence"],
    "B-20": ["experts_council_is"],
    "B-21": ["reasons_when_result_differs"],
    "B-22": ["follow_up_held_by", "follow_up_period_months"],
    "B-23": ["standards_used_for"],
    "B-24": ["ministry_name"],
    "B-25": ["procurement_bar", "contract_on_day_of_procurement"],
    "B-26": ["report_sent_to_institution"],
    "B-27": ["rework_by"],
    "B-28": ["result_change_needs"],
}

# The settings that suggest something where the text is silent; every other practice is unset.
SUGGESTED = {"preliminary_audit_result": "note", "panel_chair_required": False, "reminder_distances": (30, 7, 1)}

STAGES = {stage.id: stage for stage in RULES.stages}


def test_the_rulebook_has_the_clauses_of_the_table_in_its_order() -> None:
    assert list(RULES.clauses) == TABLE
    assert len(TABLE) == 39


def test_every_clause_has_the_actor_and_the_level_of_the_table() -> None:
    for clause in RULES.clauses.values():
        actor = next((actor for actor, clauses in ACTORS.items() if clause.id in clauses), "agency")
        level = next((level for level, clauses in LEVELS.items() if clause.id in clauses), "must")
        assert (clause.actor, clause.level) == (actor, level), clause.id


def test_the_clauses_are_the_whole_text_but_its_title_and_captions() -> None:
    rest, position = [], 0
    for clause in RULES.clauses.values():
        found = ORIGINAL.index(fold(clause.quote["kk"]), position)
        rest.append(ORIGINAL[position:found].strip())
        position = found + len(fold(clause.quote["kk"]))
    rest.append(ORIGINAL[position:])
    captions = [part for part in rest if part not in ("", "•")]
    assert captions == [RULES.instrument.quote["kk"], *["Схема аккредитации •"] * 4]


def test_every_clause_is_named_by_a_value() -> None:
    named = {clause for cited in RULES.citations().values() for clause in (cited.clause, *cited.see_also)}
    assert set(TABLE) <= named


def test_an_undated_text_is_in_force_on_every_day() -> None:
    assert (RULES.version, RULES.instrument.adopted_on, RULES.in_force_from, RULES.in_force_until) == ("undated", None, None, None)
    assert RULES.in_force_on(date(1999, 1, 1))
    assert RULES.in_force_on(date(2099, 12, 31))


@pytest.mark.clause(IQAA, "P.3", "S2.f.1")
def test_the_text_has_two_numbers_and_the_rulebook_makes_up_no_other_that_is_text() -> None:
    assert re.findall(r"\d+", ORIGINAL) == ["4", "3"]
    assert not [term.id for term in RULES.terms.values() if term.kind == "text"]
    assert [name for name, measure in RULES.thresholds.items() if measure.kind == "text"] == ["procedure_stages"]


@pytest.mark.clause(IQAA, "P.1", "P.2")
def test_the_standards_follow_the_esg_and_the_procedure_looks_to_state_acts_and_international_standards() -> None:
    references = RULES.vocabulary("references")
    assert {name: entry.clause for name, entry in references.items()} == {
        "esg": "P.1",
        "state_acts": "P.2",
        "international_standards": "P.2",
    }
    assert RULES.setting("standards_used_for") == "internal_and_external"


@pytest.mark.clause(IQAA, "P.3")
def test_there_are_four_stages_and_every_step_is_in_one() -> None:
    stages, count = RULES.vocabulary("procedure_stages"), RULES.thresholds["procedure_stages"]
    assert [count.holds(number) for number in (3, 4, 5)] == [False, True, False]
    assert count.holds(len(stages))
    assert [step for stage in stages.values() for step in stage.includes] == list(STAGES)
    for number, stage in enumerate(stages.values(), start=1):
        assert {(STAGES[step].clause or "")[:2] for step in stage.includes} == {f"S{number}"}
        assert stage.names.en == f"Stage {number}"


@pytest.mark.clause(IQAA, "S2.d")
class TestMaterialsToTheExperts:
    """Several weeks before the external audit: two at least, by the agency's number; the end never moves."""

    @pytest.mark.parametrize(
        ("visit_start", "expected", "day_off"),
        [
            (date(2025, 3, 3), date(2025, 2, 17), False),
            (date(2023, 3, 10), date(2023, 2, 24), False),
            (date(2024, 3, 10), date(2024, 2, 25), True),
            (date(2025, 1, 9), date(2024, 12, 26), False),
            (date(2025, 4, 4), date(2025, 3, 21), True),
            (date(2024, 3, 14), date(2024, 2, 29), False),
        ],
        ids=["Monday to Monday", "over February", "over a leap day to a Sunday", "over the new year", "to Nauryz", "to the leap day"],
    )
    def test_by_hand(self, visit_start: date, expected: date, day_off: bool) -> None:
        due = compute(RULES, "materials_to_experts", visit_start)
        assert (due.due_on, due.falls_on_day_off, due.rolled_from, due.kind) == (expected, day_off, None, "reading")

    @pytest.mark.parametrize(
        ("visit_start", "due_at"),
        [
            (date(2024, 3, 13), datetime(2024, 2, 28, 18, tzinfo=UTC)),
            (date(2024, 3, 14), datetime(2024, 2, 29, 19, tzinfo=UTC)),
            (date(2025, 3, 3), datetime(2025, 2, 17, 19, tzinfo=UTC)),
        ],
        ids=["six hours ahead of UTC", "the day of 25 hours on which Almaty set its clocks back", "five hours ahead"],
    )
    def test_the_day_ends_in_almaty(self, visit_start: date, due_at: datetime) -> None:
        due = compute(RULES, "materials_to_experts", visit_start)
        assert due.due_at == due_at
        assert due.met_by(due_at - timedelta(microseconds=1))
        assert not due.met_by(due_at)

    def test_reminders_come_a_week_and_a_day_before(self) -> None:
        assert compute(RULES, "materials_to_experts", date(2025, 3, 3)).reminders_on == (date(2025, 2, 10), date(2025, 2, 16))

    def test_an_audit_starts_two_weeks_after_the_sending_at_the_earliest(self) -> None:
        assert earliest_anchor(RULES, "materials_to_experts", date(2025, 2, 17)) == date(2025, 3, 3)
        assert latest_day(RULES, "materials_to_experts", date(2025, 3, 3)) == date(2025, 2, 17)

    def test_the_agency_sets_the_number_and_a_single_week_is_too_few(self) -> None:
        weeks = RULES.thresholds["materials_weeks"]
        assert [weeks.holds(number) for number in (1, 2, 3)] == [False, True, True]
        assert RULES.terms["materials_to_experts"].amount == 7 * (weeks.minimum or 0)
        three = RULES.revised({"terms.materials_to_experts": {"amount": 21}}, version="three-weeks")
        assert compute(three, "materials_to_experts", date(2025, 3, 3)).due_on == date(2025, 2, 10)

    def test_lateness_is_flagged_and_bars_nothing(self) -> None:
        assert (RULES.terms["materials_to_experts"].follows, RULES.setting("materials_late")) == ("flagged", "flagged")


@pytest.mark.clause(IQAA, "S2.f.1")
class TestLengthOfTheAudit:
    @pytest.mark.parametrize(
        ("start", "end", "days", "allowed"),
        [
            (date(2025, 3, 3), date(2025, 3, 4), 2, False),
            (date(2025, 3, 3), date(2025, 3, 5), 3, True),
            (date(2025, 3, 3), date(2025, 3, 6), 4, False),
            (date(2025, 3, 7), date(2025, 3, 9), 3, True),
            (date(2024, 2, 28), date(2024, 3, 1), 3, True),
            (date(2023, 2, 28), date(2023, 3, 1), 2, False),
            (date(2025, 3, 5), date(2025, 3, 3), 0, False),
        ],
        ids=["two days", "three", "four", "over a weekend and 8 March", "over a leap day", "over February", "backwards"],
    )
    def test_three_consecutive_dates(self, start: date, end: date, days: int, allowed: bool) -> None:
        stay = length(RULES, "visit_length", start, end)
        assert (stay.amount, stay.allowed, stay.clause) == (days, allowed, "S2.f.1")

    def test_an_agency_may_read_working_days(self) -> None:
        working = RULES.revised({"ranges.visit_length": {"unit": "working_days"}}, version="working-days")
        assert length(working, "visit_length", date(2025, 2, 28), date(2025, 3, 4)).allowed
        assert not length(working, "visit_length", date(2025, 3, 14), date(2025, 3, 16)).allowed

    def test_another_length_needs_a_reason(self) -> None:
        assert RULES.setting("visit_length_departure") == "allowed_with_reason"


@pytest.mark.clause(IQAA, "S2.a", "S2.b")
def test_the_panel_has_two_national_representatives_an_employer_a_student_and_an_international_expert() -> None:
    panel = RULES.compositions["expert_panel"]
    assert {category: need.at_least for category, need in panel.requires.items()} == {
        "national_academic": 2,
        "employer": 1,
        "student": 1,
        "international": 1,
    }
    assert [category for category, need in panel.requires.items() if need.kind == "reading"] == ["national_academic"]
    assert list(panel.requires) == list(RULES.vocabulary("panel_categories"))
    assert (panel.formed_by, panel.minimum, panel.maximum, RULES.setting("panel_size_minimum")) == ("agency", None, None, None)
    assert RULES.setting("panel_formation_from") == "first_version"
    assert STAGES["panel_formation"].after == ("first_version",)


@pytest.mark.clause(IQAA, "S1.a")
@pytest.mark.parametrize("kind", ["institutional", "programme"])
def test_an_application_of_either_kind_has_three_parts(kind: str) -> None:
    documents = RULES.documents_for(kind)
    assert [document.id for document in documents] == ["application", "activity_description", "licence_copies"]
    assert {document.if_missing for document in documents} == {"incomplete"}


@pytest.mark.clause(IQAA, "S1.b.1", "S1.b.2", "S1.b.3")
def test_a_contract_has_four_sections_and_with_a_state_organisation_only_after_public_procurement() -> None:
    sections = RULES.contents["contract"]
    assert list(sections) == ["rights_and_duties", "cost", "stages", "time_limits", "public_procurement"]
    assert [name for name, section in sections.items() if section.when] == ["public_procurement"]
    assert [word for word, entry in RULES.vocabulary("ownership").items() if "public_procurement" in entry.follows] == ["state"]
    bar = RULES.settings["procurement_bar"]
    assert (bar.value, bar.alternatives) == ("refused", ())
    assert RULES.setting("contract_on_day_of_procurement") is False
    assert RULES.setting("due_dates_from") == "contract"


@pytest.mark.clause(IQAA, "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2", "S2.g", "S2.h", "S3.c.2")
@pytest.mark.parametrize(
    ("document", "sections"),
    [
        ("self_assessment_report", "standards_and_criteria first_version examination_results reworked_version annexes"),
        ("replacement_request", "written reasons"),
        ("panel_preparation", "self_assessment_materials methodological_support training organisational_matters briefing"),
        ("external_evaluation_report", "remarks recommendations good_practice sent_to_coordinator factual_check"),
        ("council_package", "self_assessment_report external_evaluation_report accreditation_conclusion presentation"),
    ],
)
def test_a_document_has_the_parts_that_the_text_names(document: str, sections: str) -> None:
    assert list(RULES.contents[document]) == sections.split()


@pytest.mark.clause(IQAA, "S2.f.2", "S2.g")
def test_the_audit_has_two_purposes_and_its_report_three_kinds_of_finding() -> None:
    assert list(RULES.vocabulary("audit_purposes")) == ["truth_of_report", "state_of_affairs"]
    assert list(RULES.vocabulary("findings")) == ["remark", "recommendation", "good_practice"]


@pytest.mark.clause(IQAA, "S1.b.3", "S1.c.2", "S1.f.2", "S1.h", "S2.c.2", "S2.i", "S3.e", "S3.f.2", "S3.h", "S4.a")
def test_a_step_with_a_condition_says_in_which_case_it_comes() -> None:
    conditions = {stage.id: stage.when.en for stage in RULES.stages if stage.optional and stage.when}
    assert conditions == {
        "public_procurement": "with a state organisation",
        "preliminary_trip": "if the Agency works with the organisation for the first time",
        "rework": "where needed",
        "preliminary_audit": "in institutional accreditation",
        "expert_replacement": "on suspicion of a conflict of interest",
        "complaint": "where the need arises",
        "appeal": "where the need arises",
        "decision_register": "if accredited",
        "ministry_information": "if accredited",
        "follow_up": "if accredited",
    }
    assert {stage.id for stage in RULES.stages if stage.optional or stage.when} == set(conditions)


@pytest.mark.clause(IQAA, "S1.c.1", "S1.d", "S1.g", "S1.h", "S2.b", "S2.c.1", "S2.e.2", "S3.d")
def test_steps_wait_for_what_the_text_puts_before_them() -> None:
    assert {stage.id: stage.after for stage in RULES.stages if stage.after} == {
        "contract": ("application", "public_procurement"),
        "seminars": ("coordinator", "preliminary_trip"),
        "final_version": ("examination_results", "rework"),
        "panel_formation": ("first_version",),
        "materials": ("final_version", "panel_notice", "expert_replacement"),
        "external_audit": ("briefing", "preliminary_audit"),
        "report_check": ("factual_check",),
        "site_publication": ("decision_notice",),
        "decision_register": ("decision_notice",),
        "deqar_publication": ("decision_notice",),
        "ministry_information": ("decision_notice",),
        "follow_up": ("decision",),
    }


@pytest.mark.clause(IQAA, "S3.c.1", "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a")
def test_only_an_accredited_institution_is_registered_told_to_the_ministry_and_monitored() -> None:
    decisions = RULES.vocabulary("decisions")
    assert {word: entry.kind for word, entry in decisions.items()} == {"accredit": "reading", "not_accredit": "reading"}
    assert set(decisions["not_accredit"].follows) == {"decision_notice", "site_report", "site_results", "deqar"}
    more = set(decisions["accredit"].follows) - set(decisions["not_accredit"].follows)
    assert more == {"decision_register", "national_register", "follow_up"}
    assert {word for entry in decisions.values() for word in entry.follows} <= RULES.registers.keys() | STAGES.keys()
    assert {name for name, register in RULES.registers.items() if register.upon == ("accredited",)} == more & RULES.registers.keys()


@pytest.mark.clause(IQAA, "S3.d")
def test_the_decision_is_told_to_the_institution_and_to_the_experts() -> None:
    assert RULES.registers["decision_notice"].channels == ("institution", "expert_panel")


@pytest.mark.clause(IQAA, "S3.a", "S3.b", "S3.c.2", "S3.c.3")
def test_who_drafts_who_presents_and_who_decides() -> None:
    decided_by = {name: competence.decided_by for name, competence in RULES.competences.items()}
    assert decided_by["conclusion"] == "analysis_department"
    assert decided_by["conclusion_jointly"] == "experts_council"
    assert decided_by["accreditation_decision"] == "accreditation_council"
    assert STAGES["presentation"].actor == "coordinator"
    assert RULES.setting("panel_version_kept") is True
    assert RULES.setting("reasons_when_result_differs") is True


@pytest.mark.clause(IQAA, "S2.c.2", "S2.i", "S3.e")
def test_the_rights_of_the_institution_are_three_and_two_of_them_are_remedies() -> None:
    assert {clause.id for clause in RULES.clauses.values() if clause.level == "may" and clause.actor == "institution"} == {
        "S2.c.2",
        "S2.i",
        "S3.e",
    }
    assert {word: entry.clause for word, entry in RULES.vocabulary("remedies").items()} == {"complaint": "S2.i", "appeal": "S3.e"}


def test_every_ambiguity_of_the_page_is_decided_by_a_setting() -> None:
    assert list(AMBIGUITIES) == [f"B-{number}" for number in range(1, 29)]
    assert [name for names in AMBIGUITIES.values() for name in names if name not in RULES.settings] == []


def test_where_the_text_is_silent_nothing_is_set_but_what_the_page_suggests() -> None:
    practices = {name: setting.value for name, setting in RULES.settings.items() if setting.kind == "practice"}
    assert {name: value for name, value in practices.items() if value is not None} == SUGGESTED


def test_a_reading_names_another_way_to_read_unless_the_text_leaves_none() -> None:
    alone = {name for name, setting in RULES.settings.items() if setting.kind == "reading" and not setting.alternatives}
    assert alone == {"procurement_bar", "ministry_name"}
