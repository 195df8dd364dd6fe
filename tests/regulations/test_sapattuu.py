"""Sapattuu Bilim's regulation on post-accreditation monitoring: its clauses and what the agency's page says of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from regulations import load
from regulations.values import fold

SB = "sapattuu-bilim-monitoring"
RULES = load(SB)
ORIGINAL = fold((Path(__file__).parent / "originals" / f"{SB}.ky.txt").read_text(encoding="utf-8"))
DAY = timedelta(days=1)

# The clause table of the agency's page, sapattuu-bilim-monitoring.md, with its actors; "must" unless said otherwise below.
TABLE = {
    "I.1": "agency",
    "I.2": "agency",
    "I.2.a": "nobody",
    "I.2.b": "nobody",
    "I.2.c": "nobody",
    "I.3": "agency",
    "I.3.a": "agency",
    "I.3.b": "institution",
    "I.3.c": "parties",
    "2.1": "agency",
    "2.2": "parties",
    "2.3": "institution",
    "2.4": "institution",
    "2.5.p1": "institution",
    "2.5.p2.s1": "institution",
    "2.5.p2.s2": "institution",
    "2.5.p2.s3": "institution",
    "2.5.p3": "institution",
    "2.5.p4": "agency",
    "2.6.s1": "institution",
    "2.6.s2": "agency",
    "2.7": "agency",
    "2.8": "agency",
    "2.9.s1": "agency",
    "2.9.s2": "director",
    "2.9.s3": "experts_and_case_officer",
    "2.10": "institution",
    "2.11.p1.s1": "director",
    "2.11.p1.s2": "case_officer",
    "2.11.p1.s3": "director",
    "2.11.p2": "experts",
    "3.1": "experts",
    "3.2.s1": "accreditation_council",
    "3.2.s2": "agency",
    "3.3": "agency",
    "3.3.a": "agency",
    "3.3.b.s1": "agency",
    "3.3.b.s2": "institution",
    "3.3.b.s3": "agency",
    "3.3.c": "agency",
    "3.4": "agency",
}
AIMS = {"I.3", "I.3.b", "I.3.c"}  # "goal" on the page, `criterion` here
SCOPE = {"I.1", "I.2", "I.2.a", "I.2.b", "I.2.c"}
MAY = {"2.5.p4", "2.8", "2.11.p1.s2", "3.3", "3.3.a", "3.3.b.s1", "3.3.c"}

# The ambiguities of the page's section 6 and where the recommended reading stands.
READINGS = {
    "D-1": ("choices.monitoring_report", "settings.report_missed_at_expiry"),
    "D-2": ("settings.early_report",),
    "D-3": ("settings.month_arithmetic",),
    "D-4": ("settings.extension_by_kind",),
    "D-5": ("settings.extension_by_kind",),
    "D-6": ("settings.extension_counts_from", "terms.extension_2y", "terms.extension_4y"),
    "D-7": ("settings.extension_is_new_certificate",),
    "D-8": ("settings.neither_extended_nor_sanctioned", "vocabularies.statuses.lapsed"),
    "D-9": ("settings.plan_counted_from", "terms.plan_submission"),
    "D-10": ("competences.plan_approval_conditional", "competences.plan_approval_full"),
    "D-11": ("settings.plan_without_remarks",),
    "D-12": ("settings.plan_term_for_five_years",),
    "D-13": ("settings.report_for_five_years",),
    "D-14": ("settings.reports_per_certificate",),
    "D-15": ("settings.revised_report_restarts_review", "terms.report_review"),
    "D-16": ("settings.report_revision_term",),
    "D-17": ("settings.visit_for_conditional", "vocabularies.trip_decisions.no_visit"),
    "D-18": ("settings.repeated_visit",),
    "D-19": ("settings.case_officer_counted", "settings.four_with_case_officer"),
    "D-20": ("compositions.monitoring_panel.requires.accreditation_panel_member",),
    "D-21": ("settings.former_member_required_for",),
    "D-23": ("competences.visit_order",),
    "D-24": ("ranges.visit_length",),
    "D-25": ("settings.visit_act_term_covers", "contents.visit_act.to_the_council"),
    "D-26": ("terms.visit_act",),
    "D-28": ("settings.notice_met_by", "terms.decision_notice"),
    "D-29": ("competences.suspension", "competences.withdrawal"),
    "D-30": ("settings.fulfilment_decided_by", "vocabularies.fulfilment.partly_fulfilled"),
    "D-31": ("settings.decisions_combine",),
    "D-32": ("settings.validity_after_suspension",),
    "D-33": ("settings.withdrawal_on_repeated_failure",),
    "D-34": ("vocabularies.statuses.suspended",),
    "D-35": ("vocabularies.statuses.reinstated",),
    "D-36": ("registers.national_register",),
    "D-37": ("settings.publication_approved_by",),
    "D-38": ("settings.implementation_period_from", "terms.validity_conditional_1y", "terms.validity_conditional_3y"),
    "D-39": ("settings.report_for_organisations",),
    "D-40": ("settings.visit_costs",),
    "D-43": ("settings.certificate_rules",),
    "D-44": ("settings.appeal",),
    "D-46": ("vocabularies.kinds.conditional_3y", "vocabularies.kinds.conditional_1y"),
    "D-47": ("settings.experts_check_facts",),
    "D-48": ("settings.analysis_without_visit",),
}
# D-22 is one party, D-27 two units, D-45 the header; D-41 and D-42 are about words that change nothing.
ELSEWHERE = {"D-22", "D-27", "D-41", "D-42", "D-45"}


# The recommended readings of that section, in the order of the rulebook.
RECOMMENDED = {
    "forward_term_on_day_off": "next_working_day",
    "month_arithmetic": "same_day_or_last_of_month",
    "early_report": "accepted",
    "report_missed_at_expiry": True,
    "reports_per_certificate": 1,
    "report_for_organisations": True,
    "implementation_period_from": "certificate_received",
    "plan_counted_from": "later_of_order_and_conclusion",
    "plan_term_for_five_years": True,
    "plan_without_remarks": "not_required",
    "report_for_five_years": False,
    "revised_report_restarts_review": True,
    "former_member_required_for": "visit",
    "visit_for_conditional": "director_decides",
    "experts_check_facts": True,
    "analysis_without_visit": "required",
    "repeated_visit": "monitoring_visit",
    "case_officer_counted": False,
    "four_with_case_officer": "flagged",
    "leader_from_organisation_accreditation": True,
    "visit_act_term_covers": "drawing_up",
    "extension_by_kind": "completes_five_years",
    "extension_counts_from": "later_of_expiry_and_decision",
    "extension_is_new_certificate": True,
    "neither_extended_nor_sanctioned": "lapses_at_expiry",
    "fulfilment_decided_by": "person",
    "decisions_combine": True,
    "validity_after_suspension": "person_enters_with_days_lost_proposed",
    "decisions_for_five_years": "person_decides",
    "withdrawal_on_repeated_failure": "must_recorded_by_person",
    "notice_met_by": "delivered",
    "publication_approved_by": "person",
}

# "Terms in one place" of the page, with who is bound.
TERMS = {
    "plan_submission": "deadline 1 months after order_and_conclusion_received next_working_day institution",
    "report_before_expiry": "deadline 3 months before certificate_expiry never institution",
    "report_before_visit": "deadline 2 months before expected_visit never institution",
    "report_review": "deadline 30 calendar_days after report_received next_working_day agency",
    "visit_act": "deadline 5 working_days after visit_end next_working_day experts",
    "decision_notice": "deadline 5 calendar_days after decision_taken next_working_day agency",
    "validity_conditional_1y": "validity 1 years after certificate_issued never nobody",
    "validity_conditional_3y": "validity 3 years after certificate_issued never nobody",
    "validity_full_5y": "validity 5 years after certificate_issued never nobody",
    "extension_2y": "validity 2 years after extension_counts_from never nobody",
    "extension_4y": "validity 4 years after extension_counts_from never nobody",
}

# Who decides what, by the text or by the reading of the page.
DECIDED_BY = {
    "plan_approval_conditional": "collegial_body",
    "plan_approval_full": "institution_management",
    "report_consideration": "agency",
    "experts_brought_in": "agency",
    "trip": "director",
    "panel_formation": "director",
    "visit_order": "director",
    "extension": "accreditation_council",
    "publication": "agency",
    "suspension": "accreditation_council",
    "withdrawal": "accreditation_council",
    "reinstatement": "agency",
}


class TestTheText:
    def test_the_clauses_are_those_of_the_table_in_its_order_with_its_actors(self) -> None:
        assert [(clause.id, clause.actor) for clause in RULES.clauses.values()] == list(TABLE.items())

    def test_the_levels_are_those_of_the_table(self) -> None:
        others = {**dict.fromkeys(SCOPE, "scope"), **dict.fromkeys(AIMS, "criterion"), **dict.fromkeys(MAY, "may")}
        levels = [clause.level for clause in RULES.clauses.values()]
        assert {clause.id: clause.level for clause in RULES.clauses.values() if clause.level != "must"} == others
        assert [levels.count(level) for level in ("must", "may", "criterion", "scope")] == [26, 7, 3, 5]

    @pytest.mark.clause(SB, "I.3", "I.3.b", "I.3.c")
    def test_an_aim_says_that_it_is_no_duty(self) -> None:
        assert {clause.id for clause in RULES.clauses.values() if "An aim, no duty" in (clause.record or "")} == AIMS

    def test_the_quotations_leave_only_numbers_and_headings_of_the_original(self) -> None:
        left = ORIGINAL
        for clause in RULES.clauses.values():
            assert left.count(fold(clause.quote["ky"])) == 1, clause.id
            left = left.replace(fold(clause.quote["ky"]), "")
        headings = [
            "Жалпы жоболор",
            "Аккредитациядан кийинки мониторингди уюштуруунун жана откоруунун процедурасы",
            "Кабыл алынган чечимдер",
        ]
        for heading in headings:
            assert left.count(heading) == 1
            left = left.replace(heading, "")
        numbers = "1. 1. 2. 3. II. 2.1. 2.2 2.3. 2.4. 2.5. 2.6. 2.7. 2.8. 2.9. 2.10. 2.11. Ш. 3.1. 3.2. 3.3. 3.4."
        assert left.split() == numbers.split()

    @pytest.mark.clause(SB, "I.2", "I.2.a", "I.2.b", "I.2.c")
    def test_nothing_is_known_of_its_approval(self) -> None:
        act = RULES.instrument
        assert (RULES.version, act.number, act.adopted_on, act.approved_by, act.registered_on) == ("undated", None, None, None, None)
        assert (RULES.in_force_from, RULES.in_force_until, RULES.repealed_by) == (None, None, None)
        assert (RULES.country, RULES.zone, RULES.languages) == ("KG", "Asia/Bishkek", ("ky",))

    def test_every_ambiguity_of_the_page_has_its_place(self) -> None:
        assert READINGS.keys() | ELSEWHERE == {f"D-{number}" for number in range(1, 49)}
        cited = RULES.citations()
        unsaid = {path for paths in READINGS.values() for path in paths if cited[path].kind == "text" or not cited[path].why}
        assert not unsaid

    def test_every_reading_is_the_recommended_one(self) -> None:
        assert {name: setting.value for name, setting in RULES.settings.items() if setting.kind == "reading"} == RECOMMENDED

    def test_the_terms_are_those_of_the_page(self) -> None:
        stated = {
            term.id: f"{term.nature} {term.amount} {term.unit} {term.direction} {term.anchor} {term.roll} {term.binds}"
            for term in RULES.terms.values()
        }
        assert stated == TERMS

    def test_who_decides_what(self) -> None:
        assert {name: competence.decided_by for name, competence in RULES.competences.items()} == DECIDED_BY

    def test_what_the_text_leaves_open_is_unset(self) -> None:
        practices = {name: setting.value for name, setting in RULES.settings.items() if setting.kind == "practice"}
        assert practices.pop("reminder_distances") == (30, 7, 1)
        assert practices == dict.fromkeys(
            [
                "measures_term",
                "report_revision_term",
                "visit_notice_term",
                "visit_costs",
                "council_meeting_term",
                "council_quorum",
                "council_majority",
                "council_tie",
                "certificate_rules",
                "suspension_length",
                "suspension_for_missing_report_ends",
                "appeal",
            ]
        )
        assert not [term.id for term in RULES.terms.values() if term.kind == "practice"]

    def test_a_missed_term_is_for_a_person_and_an_ended_certificate_lapses(self) -> None:
        assert {term.follows for term in RULES.terms.values() if term.nature == "deadline"} == {"person_decides"}
        assert {term.follows for term in RULES.terms.values() if term.nature == "validity"} == {"lapses"}

    @pytest.mark.clause(SB, "I.1")
    def test_six_levels_of_education(self) -> None:
        assert list(RULES.vocabulary("education_levels")) == [
            "secondary_general",
            "primary_vocational",
            "secondary_vocational",
            "higher_professional",
            "phd",
            "additional_professional",
        ]

    @pytest.mark.clause(SB, "2.1")
    def test_no_value_depends_on_whose_the_institution_is_or_where_it_lies(self) -> None:
        assert list(RULES.vocabulary("objects")) == ["organisation", "programme"]
        assert list(RULES.vocabulary("kinds")) == ["conditional_3y", "conditional_1y", "full_5y"]
