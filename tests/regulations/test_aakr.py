"""AAKR's regulation on post-accreditation monitoring: its clauses, its procedure, and what it leaves open."""

import re
from datetime import date
from pathlib import Path

import pytest

from regulations import load
from regulations.values import fold

AAKR = "aakr-monitoring-2024"
RULES = load(AAKR)
ORIGINAL = Path(__file__).parent / "originals" / f"{AAKR}.ru.txt"

# The clause table of the agency's page on the regulation, aakr-monitoring-2024.md.
CLAUSES = """
I.1; I.2; I.3; II.1; II.2; II.3; II.4.a; II.4.b; II.4.c; II.4.d; II.4.e; II.4.f; II.4.g; II.4.h; II.4.i; II.4.j;
III.0; III.a; III.b; III.c; III.d; III.e; III.f; III.g; III.h; III.i
"""
TABLE = [clause.strip() for clause in CLAUSES.split(";")]

# Who must act and how binding it is, as the table says it; the rest is the agency's, and a must.
ACTORS = {
    "institution": {"II.3", "II.4.b", "II.4.e", "III.d", "III.e", "III.f", "III.g", "III.h"},
    "parties": {"I.2", "I.3", "II.2", "II.4.h"},
    "monitoring_panel": {"II.4.i"},
}
LEVELS = {"scope": {"I.1"}, "criterion": {"III.a", "III.b", "III.c"}, "may": {"III.i"}}

# The page's table of ambiguities: the recommended reading, or the practice where the text is silent. A-28 (two acts of approval) is in
# `instrument`, A-30 (slips) in the quotations.
AMBIGUITIES = {
    "A-1": {"cycle_repeats": "every_year"},
    "A-2": {"cycle_counts_from": "certificate_received"},
    "A-3": {"expected_date_set_by": "agency", "expected_date_default": "receipt_anniversary"},
    "A-4": {"backward_term_last_day": "in_time"},
    "A-5": {"backward_term_on_day_off": "stays"},
    "A-6": {"study_starts_with": "complete_report"},
    "A-7": {"visit_report_counts_from": "visit_end"},
    "A-8": {"acceptance_counts_from": "visit_report_or_assessment"},
    "A-9": {"working_days": "national_calendar"},
    "A-10": {"visit_optional": True},
    "A-11": {"repeated_clauses": "one_step"},
    "A-12": {"plan_submitted_by": "institution"},
    "A-13": {"conditional_is_positive": True},
    "A-14": {"report_without_recommendations": True},
    "A-15": {"plan_submission_days": None, "plan_review_days": None, "plan_revision_days": None},
    "A-16": {"plan_review_outcome": "reviewed"},
    "A-17": {"late_report": "flagged"},
    "A-18": {"after_rejection": "report_due_again", "resubmission_days": None, "rejection_appeal": None},
    "A-19": {"not_positive_result": "person_decides"},
    "A-20": {"reporting_period": "past_year"},
    "A-21": {"unchanged_documents": "marked_unchanged"},
    "A-22": {"visit_agreement": "only_with_visit"},
    "A-23": {"notice_within_study": False, "visit_notice_days": None},
    "A-24": {"monitoring_panel_separate": True, "panel_size_minimum": None, "panel_conflict_of_interest": None},
    "A-25": {"cycle_object": "accreditation_decision"},
    "A-26": {"upload_accepted": False},
    "A-27": {"decision_letter_sent_by": "agency"},
    "A-29": {"one_report_type": True},
    "A-31": {"visit_paid_by": None, "visit_length_days": None, "results_published": None},
}

# Found in the text beside the page's table.
BESIDE = {
    "forward_term_on_day_off": "next_working_day",
    "visit_report_given_to": "agency",
    "rejection_needs": "content_or_layout",
    "additional_information_days": None,
    "decision_letter_days": None,
    "criteria_scale": None,
    "positive_when": None,
    "reminder_distances": (30, 7, 1),
}

# What the page's section 5 asks of the report: the parts; timeliness, medium and qualities are no parts of it.
REPORT_PARTS = {
    "title_page": "III.e",
    "introduction_rationale": "III.e",
    "introduction_description": "III.e",
    "introduction_problem_analysis": "III.e",
    "main_changes_and_achievements": "III.e",
    "main_recommendations": "III.e",
    "main_remarks": "III.e",
    "conclusion_with_strategy": "III.e",
    "table_measures": "III.f",
    "table_results": "III.f",
    "table_evidence": "III.f",
    "changes_over_the_year": "II.2",
    "measures_in_the_period": "II.3",
    "updated_documents": "II.2",
}


class TestClauses:
    def test_are_those_of_the_table_in_its_order(self) -> None:
        assert list(RULES.clauses) == TABLE

    def test_have_the_actor_and_the_level_of_the_table(self) -> None:
        for clause in RULES.clauses.values():
            assert clause.actor == next((actor for actor, clauses in ACTORS.items() if clause.id in clauses), "agency"), clause.id
            assert clause.level == next((level for level, clauses in LEVELS.items() if clause.id in clauses), "must"), clause.id

    def test_leave_nothing_of_the_act_but_its_headings_numbers_and_approval(self) -> None:
        rest, place, kept = fold(ORIGINAL.read_text(encoding="utf-8")), 0, ""
        for clause in RULES.clauses.values():
            quote = fold(clause.quote["ru"])
            found = rest.index(quote, place)
            kept += rest[place:found]
            place = found + len(quote)
        assert fold(kept + rest[place:]) == (
            "Рейтинги жана сапатты аккредиттоо агенттиги Агентство аккредитации качества и рейтинга "
            "Agency accreditation of quality and rating «Одобрено» На заседании АС ААКР Алышбаева А. Дж. "
            "Протокол №1 от 06.09.2024г «Утверждаю» Директор ААКР Токсобаева Б.А. от 06.09.2024г "
            "## ПОЛОЖЕНИЕ о постаккредитационном мониторинге ### *I. Общие положения* 1. 2. 3. "
            "### *II. Процедура и регламент постаккредитационного мониторинга* 1. 2. 3. 4. Регламент: "
            "*III. Критерии постаккредитационного мониторинга и требования отчету*"
        )

    @pytest.mark.clause(AAKR, "II.4.d", "II.4.f")
    def test_repeat_two_steps_that_are_one_each(self) -> None:
        assert not [term for term in RULES.terms.values() if term.clause in ("II.4.d", "II.4.f")]
        assert "II.4.f" in RULES.terms["report_study"].see_also
        assert {stage.id: stage.see_also for stage in RULES.stages if stage.id in ("plan_review", "report_study")} == {
            "plan_review": ("II.4.d",),
            "report_study": ("II.4.f",),
        }

    def test_every_number_of_the_act_is_a_term(self) -> None:
        written = {clause.id: re.findall(r"\d+", clause.quote["ru"]) for clause in RULES.clauses.values()}
        stated = {clause: [int(number) for number in numbers] for clause, numbers in written.items() if numbers}
        assert stated == {"II.4.e": [2], "II.4.g": [30], "II.4.i": [7], "II.4.j": [7]}
        terms = {(term.clause, term.amount, term.unit) for term in RULES.terms.values()}
        assert terms == {
            ("I.2", 1, "years"),
            ("II.4.e", 2, "months"),
            ("II.4.g", 30, "calendar_days"),
            ("II.4.i", 7, "working_days"),
            ("II.4.j", 7, "working_days"),
        }
        assert {**RULES.ranges, **RULES.thresholds, **RULES.choices} == {}

    def test_the_act_is_in_force_from_its_approval(self) -> None:
        assert [RULES.in_force_on(day) for day in (date(2024, 9, 5), date(2024, 9, 6), date(2034, 9, 6))] == [False, True, True]
        assert (RULES.instrument.number, RULES.repealed_by) == (None, None)


class TestPlanAndReport:
    @pytest.mark.clause(AAKR, "II.4.b")
    @pytest.mark.parametrize(
        ("kind", "filed"),
        [
            ("full_with_recommendations", ["action_plan", "interim_report"]),
            ("full_without_recommendations", ["interim_report"]),
            ("conditional", ["action_plan", "interim_report"]),
        ],
    )
    def test_a_plan_is_due_unless_full_without_recommendations(self, kind: str, filed: list[str]) -> None:
        assert [document.id for document in RULES.documents_for(kind)] == filed
        assert ("action_plan" in RULES.vocabulary("kinds")[kind].follows) == ("action_plan" in filed)

    @pytest.mark.clause(AAKR, "II.2", "II.3", "III.d", "III.e", "III.f")
    def test_the_report_has_the_parts_that_the_act_names(self) -> None:
        parts = RULES.contents["interim_report"]
        assert {name: part.clause for name, part in parts.items()} == REPORT_PARTS
        assert [name for name, part in parts.items() if part.when] == ["updated_documents"]
        assert {part.kind for part in parts.values()} == {"text"}

    @pytest.mark.clause(AAKR, "III.g", "III.h")
    def test_the_report_has_five_qualities_and_two_media(self) -> None:
        assert list(RULES.vocabulary("report_qualities")) == ["reliable", "objective", "structured", "concise", "substantial"]
        assert {name: entry.kind for name, entry in RULES.vocabulary("report_media").items()} == {
            "cd": "text",
            "flash_drive": "text",
            "other": "reading",
        }

    @pytest.mark.clause(AAKR, "II.4.c", "II.4.b")
    def test_what_the_plan_holds_and_by_when_is_no_rule_of_the_text(self) -> None:
        assert {part.kind for part in RULES.contents["action_plan"].values()} == {"reading", "practice"}
        assert not [term for term in RULES.terms.values() if term.clause in ("II.4.a", "II.4.b", "II.4.c", "II.4.d", "II.4.h", "III.i")]
        assert set(RULES.vocabulary("plan_reviews")) == {"changes_requested", "no_changes_needed"}

    @pytest.mark.clause(AAKR, "III.0", "III.a", "III.b", "III.c")
    def test_the_assessment_answers_each_criterion(self) -> None:
        criteria = {name: entry.clause for name, entry in RULES.vocabulary("criteria").items()}
        assert criteria == {"conformity_of_measures": "III.a", "positive_dynamics": "III.b", "rising_quality": "III.c"}
        assert {name: part.clause for name, part in RULES.contents["assessment"].items()} == criteria


class TestProcedure:
    @pytest.mark.clause(AAKR, "I.1")
    def test_full_and_conditional_accreditations_of_institutions_and_programmes_are_monitored(self) -> None:
        assert [*RULES.vocabulary("accreditation_types"), *RULES.vocabulary("scopes")] == [
            "full",
            "conditional",
            "institution",
            "programme",
        ]

    @pytest.mark.clause(AAKR, "II.1")
    def test_monitoring_has_three_bases_and_the_visit_is_optional_all_the_same(self) -> None:
        assert list(RULES.vocabulary("monitoring_bases")) == ["annual_reports", "additional_information", "visit"]
        assert (
            {entry.clause for entry in RULES.vocabulary("visit_decisions").values()}
            == {RULES.settings["visit_optional"].clause}
            == {"II.4.h"}
        )

    @pytest.mark.clause(AAKR, "II.4.a", "II.4.h", "III.i")
    def test_who_decides_what(self) -> None:
        assert {name: competence.decided_by for name, competence in RULES.competences.items()} == {
            "accreditation_decision": "accreditation_council",
            "plan_review": "agency",
            "expected_date": "agency",
            "visit_decision": "agency",
            "visit_terms": "parties",
            "assessment": "agency",
            "report_acceptance": "agency",
            "report_rejection": "agency",
        }

    @pytest.mark.clause(AAKR, "II.4.h")
    def test_the_size_of_the_expert_group_is_not_stated(self) -> None:
        panel = RULES.compositions["monitoring_panel"]
        assert (panel.body, panel.minimum, panel.maximum, panel.requires) == ("monitoring_panel", None, None, {})

    @pytest.mark.clause(AAKR, "II.4.a", "II.4.b", "II.4.c", "II.4.h")
    def test_the_stages_follow_each_other(self) -> None:
        assert {stage.id: (stage.clause, stage.optional) for stage in RULES.stages} == {
            "decision_letter": ("II.4.a", False),
            "action_plan": ("II.4.b", True),
            "plan_review": ("II.4.c", True),
            "plan_revision": ("II.4.c", True),
            "interim_report": ("II.4.e", False),
            "report_study": ("II.4.g", False),
            "report_rejection": ("III.i", True),
            "visit_decision": ("II.4.h", False),
            "visit_agreement": ("II.4.h", True),
            "visit": ("II.4.h", True),
            "visit_report": ("II.4.i", True),
            "assessment": ("III.0", False),
            "acceptance_notice": ("II.4.j", True),
        }
        assert all(stage.when for stage in RULES.stages if stage.optional)
        assert {stage.id: stage.after for stage in RULES.stages}["assessment"] == ("visit_decision", "visit_report")

    def test_no_state_leads_nowhere_unless_a_person_decides(self) -> None:
        states = RULES.vocabulary("statuses")
        assert {name for state in states.values() for name in state.follows} == states.keys() - {"council_decided"}
        assert [name for name, state in states.items() if not state.follows] == ["not_positive"]

    def test_a_decision_brings_about_only_what_the_rulebook_knows(self) -> None:
        known = {*RULES.documents, *RULES.terms, *(stage.id for stage in RULES.stages)}
        words = [entry for name, entries in RULES.vocabularies.items() if name != "statuses" for entry in entries.values()]
        assert {word for entry in words for word in entry.follows} <= known


class TestReadingsAndPractices:
    @pytest.mark.parametrize("ambiguity", AMBIGUITIES)
    def test_every_ambiguity_of_the_page_has_its_recommended_value(self, ambiguity: str) -> None:
        assert {name: RULES.setting(name) for name in AMBIGUITIES[ambiguity]} == AMBIGUITIES[ambiguity]

    def test_there_is_no_other_setting(self) -> None:
        assert {name: RULES.setting(name) for name in BESIDE} == BESIDE
        assert {name for settings in AMBIGUITIES.values() for name in settings} | BESIDE.keys() == RULES.settings.keys()

    def test_an_unset_value_is_a_practice_and_a_reading_quotes_the_act(self) -> None:
        for name, setting in RULES.settings.items():
            assert setting.kind == ("reading" if setting.quote else "practice"), name
            assert setting.value is not None or setting.kind == "practice", name

    def test_nothing_is_sanctioned(self) -> None:
        assert {term.follows for term in RULES.terms.values()} == {"flagged", "person_decides"}
        assert {document.if_missing for document in RULES.documents.values()} == {"person_decides"}
        assert not [term for term in RULES.terms.values() if term.kind == "practice"]
