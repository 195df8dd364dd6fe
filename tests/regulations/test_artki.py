"""The rulebook of ARTKI's internal monitoring: its clauses, its yearly term worked out by hand, its edges, and no ambiguity left open."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulations import compute, load
from regulations.values import NOBODY, fold

ARTKI = "artki-internal-monitoring"
RULES = load(ARTKI)
ORIGINAL = Path(__file__).parent / "originals" / f"{ARTKI}.ky.txt"

# The clause table of the agency's page, artki-internal-monitoring.md, with its levels; goals and recommendations are `criterion` here.
MUST = """
1.2; 2.2.1; 2.2.2; 2.2.3; 2.2.4; 3.1; 3.2.s1; 3.2.s2; 3.3; 3.3.1; 3.3.2; 3.3.3; 3.3.4; 4.1; 4.2; 4.3.s1; 4.3.s2; 5.2; 6.1.s1; 7.2
"""
TABLE = """
1.1; 1.2; 2.1; 2.1.1; 2.1.2; 2.1.3; 2.1.4; 2.2; 2.2.1; 2.2.2; 2.2.3; 2.2.4; 3.1; 3.2.s1; 3.2.s2; 3.3; 3.3.1; 3.3.2; 3.3.3; 3.3.4;
4.1; 4.2; 4.3.s1; 4.3.s2; 5.1; 5.2; 5.end; 6.1.s1; 6.1.s2; 6.2; 7.1.s1; 7.1.s2; 7.2
"""
LEVELS = {
    "must": {clause.strip() for clause in MUST.split(";")},
    "may": {"5.1", "6.2"},
    "scope": {"1.1", "5.end"},
    "criterion": {"2.1", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2", "6.1.s2", "7.1.s1", "7.1.s2"},
}
ACTORS = {
    "agency": {"1.1", "1.2", "2.1", "2.1.3", "2.1.4", "3.1", "5.1", "5.2", "6.2", "7.1.s1", "7.1.s2"},
    "agency_and_commission": {"3.2.s1", "7.2"},
    "general_meeting": {"4.1"},
    NOBODY: {"4.2", "4.3.s1", "5.end"},
}

# What is left of the act without its clauses: the title, the headings and the numbers.
TITLE = (
    "«Аккредитация, рейтинг жана тастыктоочу коз карандысыз институту» коомдук фондунун ишмердүүлүгүнө ички мониторинг жүргүзүүнүн тартиби"
)
HEADINGS = [
    "1. ЖАЛПЫ ЖОБОЛОР",
    "2. ИЧКИ МОНИТОРИНГТИН МАКСАТТАРЫ ЖАНА МИЛДЕТТЕРИ",
    "3. ИЧКИ МОНИТОРИНГ ПРОЦЕДУРАСЫ",
    "4. МОНИТОРИНГ НАТЫЙЖАЛАРЫНА БААЛОО",
    "5. КОРУТУНДУ ЖОБОЛОР",
    "6. КЫЗЫКТУУ ТАРАПТАР МЕНЕН ӨЗАРА АРАКЕТ",
    "7. ОКУУ ЖАНА КВАЛИФИКАЦИЯНЫ ЖОГОРУЛАТУУ",
]

# Where each ambiguity of section 6 of the page is settled; C-18 (two names of one document) changes nothing that anyone does.
SETTLED = {
    "C-1": ["settings.cycle_year", "settings.cycle_held_when", "terms.yearly_cycle", "terms.year_since_report", "choices.next_cycle"],
    "C-2": ["thresholds.cycles_per_year"],
    "C-3": ["vocabularies.agency_names.niars"],
    "C-4": [
        "settings.commission_formed_by",
        "settings.commission_standing",
        "settings.commission_size_minimum",
        "settings.commission_term",
    ],
    "C-5": ["settings.own_item_controlled"],
    "C-6": [
        "settings.improvement_plan_drafted_by",
        "settings.improvement_plan_adopted_by",
        "settings.responsible_persons_appointed_by",
    ],
    "C-7": ["settings.meeting_quorum", "settings.meeting_majority", "settings.meeting_evidence"],
    "C-8": ["settings.stage_dates"],
    "C-9": ["settings.unused_method", "thresholds.uses_of_each_method", "contents.monitoring_plan.unused_methods"],
    "C-10": ["settings.group_not_reached"],
    "C-11": ["vocabularies.corrected_forms.efficiency_and_effectiveness"],
    "C-12": ["settings.earlier_checks", "settings.first_cycle_without_recommendations", "vocabularies.check_sources.external_check"],
    "C-13": ["settings.continuous_analysis", "registers.analysis_log"],
    "C-14": ["settings.report_published"],
    "C-15": ["settings.later_sections_bind"],
    "C-16": ["settings.approval_date"],
    "C-17": ["settings.amendment_reason"],
    "C-19": ["settings.trainings_per_year", "contents.final_report.trainings_held"],
    "C-20": ["vocabularies.corrected_forms.independent", "vocabularies.corrected_forms.activity"],
    "C-21": ["settings.missed_cycle"],
}

YEARS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(";")]


class TestClauses:
    def test_they_are_those_of_the_table_in_its_order(self) -> None:
        assert list(RULES.clauses) == words(TABLE)
        assert len(RULES.clauses) == 33

    @pytest.mark.clause(ARTKI, "1.1", "5.end")
    def test_each_has_the_level_of_the_table(self) -> None:
        found = {level: {clause.id for clause in RULES.clauses.values() if clause.level == level} for level in LEVELS}
        assert found == LEVELS

    def test_each_has_the_actor_of_the_table(self) -> None:
        for clause in RULES.clauses.values():
            expected = next((actor for actor, clauses in ACTORS.items() if clause.id in clauses), "internal_monitoring_commission")
            assert clause.actor == expected, clause.id

    @pytest.mark.clause(ARTKI, "2.1", "2.2", "6.1.s2", "7.1.s1")
    def test_aims_and_recommendations_are_told_apart_though_both_are_criteria(self) -> None:
        softer = RULES.vocabulary("softer_levels")
        assert set(softer["goal"].includes) | set(softer["should"].includes) == LEVELS["criterion"]
        assert (len(softer["goal"].includes), len(softer["should"].includes)) == (7, 2)

    def test_nothing_of_the_act_is_left_out(self) -> None:
        text = fold(ORIGINAL.read_text(encoding="utf-8"))
        for clause in RULES.clauses.values():
            quoted = fold(clause.quote["ky"])
            assert text.count(quoted) == 1, clause.id
            text = text.replace(quoted, " ")
        for heading in (TITLE, *HEADINGS):
            assert text.count(heading) == 1, heading
            text = text.replace(heading, " ")
        numbers = text.split()
        assert all(re.fullmatch(r"\d(\.\d){1,2}\.", number) for number in numbers), numbers
        points = [number.removesuffix(".") for number in numbers]
        assert points == list(dict.fromkeys(clause.split(".s")[0] for clause in RULES.clauses if clause != "5.end"))


class TestHeader:
    @pytest.mark.clause(ARTKI, "5.2")
    def test_the_text_tells_no_day_of_approval_so_none_is_known(self) -> None:
        assert RULES.version == "undated"
        assert (RULES.in_force_from, RULES.in_force_until, RULES.repealed_by) == (None, None, None)
        assert (RULES.instrument.number, RULES.instrument.adopted_on, RULES.instrument.approved_by) == (None, None, None)
        assert RULES.setting("approval_date") is None
        assert not re.search(r"(19|20)\d\d", ORIGINAL.read_text(encoding="utf-8"))

    def test_it_is_of_kyrgyzstan_and_in_kyrgyz(self) -> None:
        assert (RULES.country, RULES.zone, RULES.languages) == ("KG", "Asia/Bishkek", ("ky",))


@pytest.mark.clause(ARTKI, "3.1")
class TestYearlyCycle:
    @pytest.mark.parametrize(
        ("year_end", "expected", "day_off"),
        [
            (date(2024, 12, 31), date(2025, 12, 31), False),
            (date(2023, 12, 31), date(2024, 12, 31), False),
            (date(2021, 12, 31), date(2022, 12, 31), True),
            (date(2022, 12, 31), date(2023, 12, 31), True),
        ],
        ids=["Wednesday", "the end of a leap year", "Saturday", "Sunday"],
    )
    def test_the_next_cycle_is_due_by_the_end_of_the_next_year_and_never_moves(self, year_end: date, expected: date, day_off: bool) -> None:
        due = compute(RULES, "yearly_cycle", year_end)
        assert (due.due_on, due.falls_on_day_off, due.rolled_from) == (expected, day_off, None)

    def test_the_year_ends_at_midnight_in_bishkek(self) -> None:
        due = compute(RULES, "yearly_cycle", date(2024, 12, 31))
        assert due.due_at == datetime(2025, 12, 31, 18, tzinfo=UTC)
        assert due.met_by(datetime(2025, 12, 31, 17, 59, 59, tzinfo=UTC))
        assert not due.met_by(datetime(2025, 12, 31, 18, tzinfo=UTC))

    def test_reminders_come_while_a_cycle_can_still_be_held(self) -> None:
        due = compute(RULES, "yearly_cycle", date(2024, 12, 31))
        assert due.reminders_on == (date(2025, 7, 4), date(2025, 10, 2), date(2025, 12, 1), date(2025, 12, 24))

    @pytest.mark.parametrize(
        ("report", "expected", "day_off"),
        [
            (date(2025, 3, 14), date(2026, 3, 14), True),
            (date(2024, 2, 29), date(2025, 2, 28), False),
            (date(2023, 2, 28), date(2024, 2, 28), False),
            (date(2023, 11, 7), date(2024, 11, 7), True),
            (date(2024, 11, 7), date(2025, 11, 7), False),
            (date(2024, 12, 31), date(2025, 12, 31), False),
            (date(2025, 1, 1), date(2026, 1, 1), True),
        ],
        ids=[
            "a Saturday",
            "a leap day",
            "the last day of February before a leap year",
            "a day off by the old Labour Code",
            "the same day, worked under the Code of 2025",
            "the last day",
            "New Year",
        ],
    )
    def test_a_year_after_the_last_final_report_a_warning_is_given(self, report: date, expected: date, day_off: bool) -> None:
        due = compute(RULES, "year_since_report", report)
        assert (due.due_on, due.falls_on_day_off, due.rolled_from) == (expected, day_off, None)

    def test_the_warning_has_its_own_reminders_in_the_month_before(self) -> None:
        due = compute(RULES, "year_since_report", date(2025, 3, 14))
        assert due.reminders_on == (date(2026, 2, 12), date(2026, 3, 7))
        assert due.due_at == datetime(2026, 3, 14, 18, tzinfo=UTC)

    @given(YEARS)
    def test_the_warning_never_comes_after_the_end_of_the_year_that_counts(self, report: date) -> None:
        warned = compute(RULES, "year_since_report", report).due_on
        due = compute(RULES, "yearly_cycle", date(report.year, 12, 31)).due_on
        assert warned <= due == date(report.year + 1, 12, 31)
        assert warned - report in (timedelta(days=365), timedelta(days=366))

    def test_only_the_calendar_year_decides_and_nothing_is_sanctioned(self) -> None:
        choice = RULES.choices["next_cycle"]
        assert (choice.due, choice.missed_when, set(choice.of)) == ("latest", "all", set(RULES.terms))
        assert {name: term.follows for name, term in RULES.terms.items()} == {
            "yearly_cycle": "flagged",
            "year_since_report": "reminder_only",
        }
        assert RULES.setting("missed_cycle") == RULES.terms["yearly_cycle"].follows
        assert RULES.setting("cycle_year") == "calendar_year"
        assert RULES.setting("cycle_held_when") == "final_report_dated"

    def test_the_only_terms_are_those_of_the_only_number_in_the_act(self) -> None:
        assert {term.clause for term in RULES.terms.values()} == {"3.1"}
        assert {name: term.anchor for name, term in RULES.terms.items()} == {
            "yearly_cycle": "cycle_year_end",
            "year_since_report": "final_report_dated",
        }
        assert {(term.amount, term.unit, term.nature, term.roll) for term in RULES.terms.values()} == {(1, "years", "recurrence", "never")}

    @pytest.mark.parametrize(("cycles", "enough"), [(0, False), (1, True), (2, True), (12, True)])
    def test_one_cycle_a_year_is_enough_and_more_are_no_fault(self, cycles: int, enough: bool) -> None:
        assert RULES.thresholds["cycles_per_year"].holds(cycles) is enough


@pytest.mark.clause(ARTKI, "3.3.2", "6.2")
@pytest.mark.parametrize(("uses", "enough"), [(0, False), (1, True), (5, True)])
def test_each_of_the_three_methods_is_used_or_the_plan_says_why_not(uses: int, enough: bool) -> None:
    assert list(RULES.vocabulary("collection_methods")) == ["document_analysis", "survey", "interview"]
    assert RULES.thresholds["uses_of_each_method"].holds(uses) is enough
    assert RULES.setting("unused_method") == "reason_in_plan"
    assert RULES.contents["monitoring_plan"]["unused_methods"].when is not None


@pytest.mark.clause(ARTKI, "3.2.s1", "4.3.s1")
@pytest.mark.parametrize("name", ["commission", "plan_responsibles"])
def test_a_body_is_formed_from_the_staff_in_any_number_by_nobody_named(name: str) -> None:
    body = RULES.compositions[name]
    assert (body.minimum, body.maximum, body.formed_by) == (None, None, None)
    assert {group: required.at_least for group, required in body.requires.items()} == {"staff": 1}


@pytest.mark.clause(ARTKI, "3.2.s2", "4.1", "4.3.s2")
def test_the_commission_conducts_and_controls_and_the_meeting_discusses() -> None:
    decides = {name: competence.decided_by for name, competence in RULES.competences.items() if competence.kind == "text"}
    assert decides == {
        "organise_monitoring": "internal_monitoring_commission",
        "conduct_monitoring": "internal_monitoring_commission",
        "discuss_result": "general_meeting",
        "control_plan": "internal_monitoring_commission",
        "hold_additional_means": "agency",
    }


@pytest.mark.clause(ARTKI, "4.2", "4.3.s1")
@pytest.mark.parametrize(
    "name",
    [
        "commission_formed_by",
        "controlling_commission",
        "improvement_plan_drafted_by",
        "improvement_plan_adopted_by",
        "responsible_persons_appointed_by",
    ],
)
def test_who_acts_where_the_act_names_nobody_is_a_party_and_so_is_every_alternative(name: str) -> None:
    setting = RULES.settings[name]
    assert setting.kind != "text"
    assert {setting.value, *(alternative.value for alternative in setting.alternatives)} <= RULES.parties.keys()


@pytest.mark.clause(ARTKI, "3.3", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "4.1", "4.2", "4.3.s1", "4.3.s2")
def test_the_stages_come_in_the_order_of_the_act() -> None:
    required = [(stage.id, stage.clause) for stage in RULES.stages if not stage.optional]
    assert required == [
        ("planning", "3.3.1"),
        ("collecting", "3.3.2"),
        ("analysing", "3.3.3"),
        ("reporting", "3.3.4"),
        ("discussion", "4.1"),
        ("improvement_plan", "4.2"),
        ("responsible_persons", "4.3.s1"),
        ("control", "4.3.s2"),
    ]
    assert {stage.id for stage in RULES.stages if stage.optional} == {"commission", "additional_means"}
    assert all((stage.when is not None) is stage.optional for stage in RULES.stages)
    assert {stage.id: stage.after for stage in RULES.stages if stage.after} == {
        "additional_means": ("planning",),
        "analysing": ("collecting", "additional_means"),
    }
    assert [stage for stage in RULES.vocabulary("cycle_states") if stage not in dict(required)] == []


@pytest.mark.clause(ARTKI, "6.1.s1")
def test_the_four_groups_are_examples_and_a_group_that_was_not_reached_holds_nothing_up() -> None:
    assert list(RULES.vocabulary("stakeholder_groups")) == ["institution", "teacher", "student", "public_organisation"]
    assert RULES.setting("group_not_reached") == "shown"
    feedback = RULES.contents["information_collected"]
    assert all(feedback[f"{group}_feedback"].when is not None for group in RULES.vocabulary("stakeholder_groups"))


@pytest.mark.clause(ARTKI, "3.3.4", "4.2", "7.2")
@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("monitoring_plan", {"activities", "objects", "time_limits", "responsible_persons"}),
        (
            "information_collected",
            {"document_analysis", "surveys", "staff_interviews", "stakeholder_interviews", "focus_groups", "satisfaction_survey"},
        ),
        ("final_report", {"results", "proposals"}),
        ("discussion_record", set()),
        ("improvement_plan", {"remove_shortcomings", "improve_work", "responsible_persons", "control"}),
    ],
)
def test_only_the_parts_that_the_act_names_are_told_as_its_text(document: str, said: set[str]) -> None:
    assert {name for name, section in RULES.contents[document].items() if section.kind == "text"} == said
    assert document in {each.id for each in RULES.documents_for("internal_monitoring")}


@pytest.mark.clause(ARTKI, "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "3.3.3")
def test_every_aim_and_task_has_a_part_of_the_final_report() -> None:
    report = RULES.contents["final_report"].values()
    answered = {clause for section in report for clause in (section.clause, *section.see_also)}
    assert {"2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "3.3.3", "3.3.4", "7.2"} <= answered


def test_every_ambiguity_of_the_page_is_settled_by_a_value_that_says_why() -> None:
    citations = RULES.citations()
    assert list(SETTLED) == [f"C-{number}" for number in range(1, 22) if number != 18]
    for ambiguity, paths in SETTLED.items():
        for path in paths:
            assert path in citations, (ambiguity, path)
            assert citations[path].kind != "text" or path == "thresholds.cycles_per_year", path


@pytest.mark.clause(ARTKI, "5.1", "7.1.s2", "2.2.3")
def test_what_the_act_leaves_open_without_a_hint_is_unset() -> None:
    unset = {name for name, setting in RULES.settings.items() if setting.value is None}
    assert unset == {
        "approval_date",
        "commission_size_minimum",
        "commission_term",
        "first_cycle_year",
        "fulfilment_scale",
        "meeting_majority",
        "meeting_quorum",
        "trainings_per_year",
    }
    assert all(RULES.settings[name].kind == "practice" for name in unset)


def test_what_is_set_is_the_reading_that_the_page_recommends() -> None:
    recommended = {name: setting.value for name, setting in RULES.settings.items() if setting.value is not None}
    assert recommended == {
        "cycle_year": "calendar_year",
        "cycle_held_when": "final_report_dated",
        "missed_cycle": "flagged",
        "commission_formed_by": "head",
        "commission_standing": True,
        "controlling_commission": "internal_monitoring_commission",
        "outsider_in_commission": "flagged",
        "own_item_controlled": "flagged",
        "plan_covers": "all_shortcomings_found",
        "improvement_plan_drafted_by": "internal_monitoring_commission",
        "improvement_plan_adopted_by": "general_meeting",
        "responsible_persons_appointed_by": "general_meeting",
        "meeting_evidence": "date_and_attendance",
        "stage_dates": "monitoring_plan",
        "unused_method": "reason_in_plan",
        "group_not_reached": "shown",
        "earlier_checks": "all",
        "first_cycle_without_recommendations": True,
        "continuous_analysis": "logged",
        "report_published": False,
        "later_sections_bind": True,
        "amendment_reason": "any_recorded",
        "reminder_distances": (30, 7, 1),
    }


def test_no_alternative_is_what_is_already_chosen() -> None:
    for name, setting in RULES.settings.items():
        others = [alternative.value for alternative in setting.alternatives]
        assert str(setting.value).lower() not in others, name
        assert len(set(others)) == len(others), name


@pytest.mark.clause(ARTKI, "1.2")
def test_the_report_is_published_only_by_choice() -> None:
    assert RULES.setting("report_published") is False
    assert RULES.settings["report_published"].alternatives[0].value == "true"
