"""Sapattuu Bilim's regulation on post-accreditation monitoring: every value that is computed, found by hand."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from regulations import compute, latest_day, length, load
from regulations.values import fold

SB = "sapattuu-bilim-monitoring"
RULES = load(SB)
ORIGINAL = fold((Path(__file__).parent / "originals" / f"{SB}.ky.txt").read_text(encoding="utf-8"))
DAY = timedelta(days=1)


def due(term: str, anchor: date) -> date:
    return compute(RULES, term, anchor).due_on


def report_days(expiry: date, visit: date | None) -> dict[str, date]:
    """The last day of each alternative of 2.5.p3 that has a date to count from."""
    anchors: Mapping[str, date | None] = {"certificate_expiry": expiry, "expected_visit": visit}
    known = ((term, anchors[RULES.terms[term].anchor]) for term in RULES.choices["monitoring_report"].of)
    return {term: due(term, anchor) for term, anchor in known if anchor is not None}


@pytest.mark.clause(SB, "2.4", "2.3")
class TestPlan:
    @pytest.mark.parametrize(
        ("received", "expected", "rolled_from"),
        [
            (date(2024, 2, 15), date(2024, 3, 15), None),
            (date(2028, 1, 31), date(2028, 2, 29), None),
            (date(2026, 1, 31), date(2026, 3, 2), date(2026, 2, 28)),
            (date(2026, 2, 8), date(2026, 3, 9), date(2026, 3, 8)),
            (date(2025, 4, 1), date(2025, 5, 12), date(2025, 5, 1)),
            (date(2025, 12, 1), date(2026, 1, 8), date(2026, 1, 1)),
            (date(2023, 12, 27), date(2024, 1, 27), None),
        ],
        ids=[
            "a Friday",
            "the last day of a leap February",
            "the last day of February, a Saturday",
            "Women's Day, a Sunday",
            "over the May holidays and their weekend",
            "over the New Year holidays",
            "a worked Saturday stays",
        ],
    )
    def test_one_month_from_the_later_receipt(self, received: date, expected: date, rolled_from: date | None) -> None:
        computed = compute(RULES, "plan_submission", received)
        assert (computed.due_on, computed.rolled_from) == (expected, rolled_from)
        assert RULES.setting("plan_counted_from") == "later_of_order_and_conclusion"

    def test_an_agency_may_leave_the_end_where_the_count_ends(self) -> None:
        strict = RULES.revised({"settings.forward_term_on_day_off": {"value": "never"}}, version="strict")
        computed = compute(strict, "plan_submission", date(2026, 1, 31))
        assert (computed.due_on, computed.falls_on_day_off) == (date(2026, 2, 28), True)

    @pytest.mark.clause(SB, "2.6.s1")
    def test_the_collegial_body_approves_it_and_for_five_years_the_management(self) -> None:
        approvals = {name: RULES.competences[name].decided_by for name in ("plan_approval_conditional", "plan_approval_full")}
        assert approvals == {"plan_approval_conditional": "collegial_body", "plan_approval_full": "institution_management"}
        assert [name for name, section in RULES.contents["action_plan"].items() if section.when] == [
            "collegial_approval",
            "management_approval",
        ]

    @pytest.mark.clause(SB, "2.6.s1", "2.6.s2")
    def test_five_years_have_a_plan_and_nothing_else(self) -> None:
        assert [document.id for document in RULES.documents_for("full_5y")] == ["action_plan"]
        assert RULES.vocabulary("kinds")["full_5y"].follows == ("plan_submission", "validity_full_5y")
        assert [stage.id for stage in RULES.stages if not stage.optional] == ["measures", "plan_submission"]
        assert (RULES.setting("report_for_five_years"), RULES.setting("plan_without_remarks")) == (False, "not_required")


@pytest.mark.clause(SB, "2.5.p3")
class TestReport:
    @pytest.mark.parametrize(
        ("expiry", "expected", "day_off"),
        [
            (date(2027, 3, 21), date(2026, 12, 21), False),
            (date(2027, 5, 31), date(2027, 2, 28), True),
            (date(2028, 5, 31), date(2028, 2, 29), False),
            (date(2026, 4, 1), date(2026, 1, 1), True),
            (date(2026, 11, 30), date(2026, 8, 30), True),
        ],
        ids=["a Monday", "the last day of February, a Sunday", "a leap day", "New Year stays", "a Sunday stays"],
    )
    def test_three_months_before_the_expiry(self, expiry: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "report_before_expiry", expiry)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)
        assert latest_day(RULES, "report_before_expiry", expiry) == expected

    @pytest.mark.parametrize(
        ("visit", "expected"),
        [
            (date(2027, 7, 10), date(2027, 5, 10)),
            (date(2027, 4, 30), date(2027, 2, 28)),
            (date(2028, 4, 30), date(2028, 2, 29)),
            (date(2026, 3, 1), date(2026, 1, 1)),
        ],
        ids=["a Monday", "the last day of February", "a leap day", "New Year stays"],
    )
    def test_two_months_before_the_expected_visit(self, visit: date, expected: date) -> None:
        assert due("report_before_visit", visit) == expected

    @pytest.mark.parametrize(
        ("expiry", "visit", "due_on", "missed_after"),
        [
            (date(2027, 9, 15), None, date(2027, 6, 15), date(2027, 6, 15)),
            (date(2027, 9, 15), date(2027, 7, 10), date(2027, 5, 10), date(2027, 6, 15)),
            (date(2027, 9, 15), date(2027, 9, 1), date(2027, 6, 15), date(2027, 7, 1)),
            (date(2027, 9, 15), date(2027, 8, 15), date(2027, 6, 15), date(2027, 6, 15)),
            (date(2027, 9, 15), date(2027, 8, 14), date(2027, 6, 14), date(2027, 6, 15)),
            (date(2027, 9, 15), date(2027, 8, 16), date(2027, 6, 15), date(2027, 6, 16)),
            (date(2027, 3, 31), date(2027, 2, 28), date(2026, 12, 28), date(2026, 12, 31)),
        ],
        ids=[
            "no visit expected",
            "an early visit",
            "a late visit",
            "a month before the expiry",
            "a day earlier",
            "a day later",
            "a month before, at the end of February",
        ],
    )
    def test_due_on_the_earlier_day_and_missed_after_both(self, expiry: date, visit: date | None, due_on: date, missed_after: date) -> None:
        choice = RULES.choices["monitoring_report"]
        assert (choice.due, choice.missed_when, choice.kind) == ("earliest", "all", "reading")
        ends = report_days(expiry, visit).values()
        assert (min(ends), max(ends)) == (due_on, missed_after)

    @pytest.mark.clause(SB, "2.5.p4")
    def test_without_a_report_the_agency_may_suspend_or_cancel(self) -> None:
        ground = RULES.vocabulary("sanction_grounds")["report_not_submitted"]
        assert ground.follows == ("suspend_accreditation", "withdraw_accreditation")
        assert (RULES.clause("2.5.p4").level, RULES.setting("report_missed_at_expiry")) == ("may", True)

    @pytest.mark.clause(SB, "2.5.p2.s1", "2.5.p2.s2", "2.5.p2.s3")
    def test_what_it_contains(self) -> None:
        sections = RULES.contents["monitoring_report"]
        assert list(sections) == [
            "plan_fulfilment",
            "remarks_removed",
            "measures_of_whole_period",
            "changes_by_criterion",
            "orders",
            "regulations",
            "instructions",
            "other_materials",
        ]
        assert [name for name, section in sections.items() if section.when] == ["changes_by_criterion"]

    @pytest.mark.clause(SB, "I.3.a", "2.5.p1")
    def test_only_the_conditionally_accredited_make_one(self) -> None:
        assert RULES.documents["monitoring_report"].required_for == ("conditional_3y", "conditional_1y")
        assert [name for name, kind in RULES.vocabulary("kinds").items() if "monitoring_report" in kind.follows] == [
            "conditional_3y",
            "conditional_1y",
        ]


@pytest.mark.clause(SB, "2.7")
class TestReview:
    @pytest.mark.parametrize(
        ("received", "expected"),
        [
            (date(2026, 3, 2), date(2026, 4, 1)),
            (date(2028, 1, 30), date(2028, 2, 29)),
            (date(2026, 2, 20), date(2026, 3, 23)),
            (date(2026, 4, 1), date(2026, 5, 11)),
            (date(2024, 5, 18), date(2024, 6, 18)),
        ],
        ids=["a Wednesday", "a leap day", "a Sunday moves", "over the May holidays", "Eid al-Adha moves"],
    )
    def test_thirty_calendar_days(self, received: date, expected: date) -> None:
        assert due("report_review", received) == expected

    def test_it_ends_with_the_day_in_bishkek(self) -> None:
        computed = compute(RULES, "report_review", date(2026, 3, 2))
        assert computed.due_at == datetime(2026, 4, 1, 18, 0, tzinfo=UTC)
        assert computed.met_by(datetime(2026, 4, 1, 17, 59, 59, tzinfo=UTC))
        assert not computed.met_by(datetime(2026, 4, 1, 18, 0, tzinfo=UTC))

    @pytest.mark.clause(SB, "2.8")
    def test_changes_and_experts_come_only_where_needed(self) -> None:
        optional = {stage.id: stage.when is not None for stage in RULES.stages if stage.id in ("report_revision", "experts_brought_in")}
        assert optional == {"report_revision": True, "experts_brought_in": True}
        assert RULES.clause("2.8").level == "may"


class TestVisit:
    @pytest.mark.clause(SB, "2.9.s2", "2.11.p1.s3")
    def test_the_director_decides_on_the_trip_and_approves_the_order(self) -> None:
        assert [RULES.competences[name].decided_by for name in ("trip", "panel_formation", "visit_order")] == ["director"] * 3
        assert {name: decision.follows for name, decision in RULES.vocabulary("trip_decisions").items()} == {
            "visit": ("monitoring_panel", "panel_order", "visit_notice", "visit_length", "visit_act"),
            "no_visit": ("council_file",),
        }

    @pytest.mark.clause(SB, "2.9.s1")
    def test_what_the_institution_is_told(self) -> None:
        assert list(RULES.contents["visit_notice"]) == ["visit_or_check", "experts", "agreed_dates", "director_decision"]

    @pytest.mark.clause(SB, "2.9.s3")
    def test_experts_and_referent_analyse_with_or_without_a_trip(self) -> None:
        stages = [stage.id for stage in RULES.stages]
        assert stages.index("report_review") < stages.index("analysis") < stages.index("trip_decision")
        assert (RULES.setting("analysis_without_visit"), RULES.setting("experts_check_facts")) == ("required", True)

    @pytest.mark.clause(SB, "2.10")
    def test_the_institution_bears_the_costs_and_no_amount_is_written(self) -> None:
        assert (RULES.clause("2.10").actor, RULES.setting("visit_costs")) == ("institution", None)

    @pytest.mark.clause(SB, "2.11.p1.s1", "2.11.p1.s2")
    def test_one_to_three_experts_one_of_the_earlier_commission_and_the_referent_beside_them(self) -> None:
        group = RULES.compositions["monitoring_panel"]
        assert (group.minimum, group.maximum, group.formed_by, group.kind) == (1, 3, "director", "text")
        assert {name: needed.at_least for name, needed in group.requires.items()} == {"accreditation_panel_member": 1}
        assert (RULES.setting("case_officer_counted"), RULES.setting("four_with_case_officer")) == (False, "flagged")
        assert RULES.contents["panel_order"].keys() == {"composition", "accreditation_panel_member", "visit_period", "leader"}

    @pytest.mark.clause(SB, "2.11.p2")
    @pytest.mark.parametrize(("days", "allowed"), [(0, False), (1, True), (2, True), (3, False)])
    def test_it_lasts_one_or_two_consecutive_days(self, days: int, allowed: bool) -> None:
        saturday = date(2026, 3, 14)
        stay = length(RULES, "visit_length", saturday, saturday + (days - 1) * DAY)
        assert (stay.amount, stay.allowed) == (days, allowed)

    @pytest.mark.clause(SB, "3.1")
    @pytest.mark.parametrize(
        ("visit_end", "expected"),
        [
            (date(2026, 3, 11), date(2026, 3, 18)),
            (date(2026, 3, 17), date(2026, 3, 25)),
            (date(2026, 3, 14), date(2026, 3, 23)),
            (date(2026, 4, 29), date(2026, 5, 14)),
            (date(2025, 12, 30), date(2026, 1, 13)),
            (date(2024, 1, 25), date(2024, 1, 31)),
        ],
        ids=["a week", "over Eid al-Fitr", "from a Saturday", "over the May holidays", "over New Year", "with a worked Saturday"],
    )
    def test_the_act_is_drawn_up_in_five_working_days(self, visit_end: date, expected: date) -> None:
        assert due("visit_act", visit_end) == expected

    @pytest.mark.clause(SB, "3.1")
    def test_what_the_act_says_and_that_it_goes_to_the_council(self) -> None:
        assert list(RULES.contents["visit_act"]) == ["adequacy", "conformity", "results", "to_the_council"]
        assert list(RULES.contents["council_file"]) == ["monitoring_report", "additional_materials", "visit_act"]


class TestDecision:
    @pytest.mark.clause(SB, "I.3.a", "2.5.p1", "2.6.s1")
    @pytest.mark.parametrize(
        ("term", "issued", "expected"),
        [
            ("validity_conditional_1y", date(2027, 2, 28), date(2028, 2, 28)),
            ("validity_conditional_1y", date(2024, 2, 29), date(2025, 2, 28)),
            ("validity_conditional_3y", date(2024, 2, 29), date(2027, 2, 28)),
            ("validity_conditional_3y", date(2024, 6, 14), date(2027, 6, 14)),
            ("validity_full_5y", date(2024, 2, 29), date(2029, 2, 28)),
            ("validity_full_5y", date(2021, 1, 1), date(2026, 1, 1)),
        ],
    )
    def test_a_certificate_ends_on_its_day_be_it_a_day_off(self, term: str, issued: date, expected: date) -> None:
        computed = compute(RULES, term, issued)
        assert (computed.due_on, computed.rolled_from) == (expected, None)

    @pytest.mark.clause(SB, "3.2.s1")
    @pytest.mark.parametrize(
        ("term", "expiry", "expected"),
        [
            ("extension_2y", date(2027, 6, 14), date(2029, 6, 14)),
            ("extension_2y", date(2028, 2, 29), date(2030, 2, 28)),
            ("extension_4y", date(2025, 6, 14), date(2029, 6, 14)),
            ("extension_4y", date(2028, 2, 29), date(2032, 2, 29)),
        ],
    )
    def test_an_extension_of_two_or_four_years(self, term: str, expiry: date, expected: date) -> None:
        assert due(term, expiry) == expected

    @pytest.mark.clause(SB, "3.2.s1")
    @pytest.mark.parametrize(
        ("kind", "term", "extension"),
        [("conditional_3y", "validity_conditional_3y", "extension_2y"), ("conditional_1y", "validity_conditional_1y", "extension_4y")],
    )
    def test_conditional_and_extension_make_the_full_five_years_from_any_day(self, kind: str, term: str, extension: str) -> None:
        assert {term, extension} < set(RULES.vocabulary("kinds")[kind].follows)
        for offset in range(4 * 366):
            issued = date(2024, 1, 1) + offset * DAY
            assert due(extension, due(term, issued)) == due("validity_full_5y", issued), issued

    @pytest.mark.clause(SB, "3.2.s2")
    def test_the_regulation_that_is_referred_to_is_not_at_hand(self) -> None:
        assert (RULES.setting("certificate_rules"), RULES.setting("extension_is_new_certificate")) == (None, True)

    @pytest.mark.clause(SB, "3.3", "3.3.a", "3.3.b.s1", "3.3.c")
    def test_three_decisions_where_recommendations_are_not_fulfilled(self) -> None:
        ground = RULES.vocabulary("sanction_grounds")["recommendations_not_fulfilled"]
        assert ground.follows == ("publish_information", "suspend_accreditation", "withdraw_accreditation")
        assert set(ground.follows) < RULES.vocabulary("decisions").keys()
        assert {RULES.competences[name].decided_by for name in ("suspension", "withdrawal")} == {"accreditation_council"}
        assert (RULES.setting("fulfilment_decided_by"), RULES.setting("decisions_combine")) == ("person", True)

    @pytest.mark.clause(SB, "3.2.s1", "3.3", "3.4")
    def test_what_follows_from_a_decision(self) -> None:
        assert {name: decision.follows for name, decision in RULES.vocabulary("decisions").items()} == {
            "extend_accreditation": ("extension_2y", "extension_4y", "decision_notice"),
            "publish_information": ("agency_site",),
            "suspend_accreditation": ("suspended", "decision_notice"),
            "withdraw_accreditation": ("withdrawn", "delisted", "agency_register", "national_register", "decision_notice"),
        }
        assert {name: term.follows for name, term in RULES.vocabulary("certificate_terms").items()} == {
            "conditional_1y": ("validity_conditional_1y",),
            "conditional_3y": ("validity_conditional_3y",),
            "full_5y": ("validity_full_5y",),
            "extended_2y": ("extension_2y",),
            "extended_4y": ("extension_4y",),
        }
        assert RULES.vocabulary("fulfilment")["not_fulfilled"].follows == ("recommendations_not_fulfilled",)

    @pytest.mark.clause(SB, "3.3.b.s2", "3.3.b.s3")
    def test_a_corrected_suspension_is_extended_and_a_repeated_failure_cancelled(self) -> None:
        after_correction = [stage.id for stage in RULES.stages if stage.after == ("correction",)]
        assert after_correction == ["reinstatement", "withdrawal"]
        assert RULES.vocabulary("sanction_grounds")["repeated_failure"].follows == ("withdraw_accreditation",)
        assert RULES.clause("3.3.b.s3").level == "must"

    @pytest.mark.clause(SB, "3.3.c")
    def test_a_cancellation_is_told_to_the_national_council_and_leaves_the_list(self) -> None:
        told = [name for name, register in RULES.registers.items() if "withdraw_accreditation" in register.upon]
        assert told == ["agency_register", "national_register"]
        assert RULES.registers["national_register"].kept_by == "national_accreditation_council"

    @pytest.mark.clause(SB, "3.4")
    @pytest.mark.parametrize(
        ("decided", "expected"),
        [
            (date(2026, 6, 3), date(2026, 6, 8)),
            (date(2026, 6, 1), date(2026, 6, 8)),
            (date(2026, 3, 3), date(2026, 3, 9)),
            (date(2025, 12, 29), date(2026, 1, 8)),
            (date(2028, 2, 24), date(2028, 2, 29)),
        ],
        ids=["a Monday", "a Saturday moves", "Women's Day, a Sunday, moves", "over New Year", "a leap day"],
    )
    def test_it_is_delivered_in_five_calendar_days(self, decided: date, expected: date) -> None:
        assert due("decision_notice", decided) == expected
        assert RULES.setting("notice_met_by") == "delivered"


@pytest.mark.clause(SB, "2.2")
class TestSequence:
    def test_the_stages_follow_the_text(self) -> None:
        assert [(stage.id, stage.clause) for stage in RULES.stages] == [
            ("measures", "2.3"),
            ("plan_submission", "2.4"),
            ("implementation", "2.5.p1"),
            ("report_submission", "2.5.p3"),
            ("report_review", "2.7"),
            ("report_revision", "2.7"),
            ("experts_brought_in", "2.8"),
            ("analysis", "2.9.s3"),
            ("trip_decision", "2.9.s2"),
            ("panel_formation", "2.11.p1.s3"),
            ("visit_notice", "2.9.s1"),
            ("visit", "2.11.p2"),
            ("visit_act", "3.1"),
            ("council_study", "3.2.s1"),
            ("extension", "3.2.s2"),
            ("sanction", "3.3"),
            ("correction", "3.3.b.s2"),
            ("reinstatement", "3.3.b.s2"),
            ("withdrawal", "3.3.b.s3"),
            ("decision_notice", "3.4"),
        ]

    def test_no_stage_comes_after_one_that_follows_it_and_every_optional_one_says_when(self) -> None:
        order = [stage.id for stage in RULES.stages]
        assert not [stage.id for stage in RULES.stages if any(order.index(before) >= order.index(stage.id) for before in stage.after)]
        assert not [stage.id for stage in RULES.stages if stage.optional and stage.when is None]

    def test_every_word_that_follows_from_another_is_in_the_rulebook(self) -> None:
        groups = (
            RULES.terms,
            RULES.choices,
            RULES.documents,
            RULES.ranges,
            RULES.compositions,
            RULES.registers,
            *RULES.vocabularies.values(),
        )
        known = {name for group in groups for name in group}
        wanting = {
            (entry_id, word)
            for entries in RULES.vocabularies.values()
            for entry_id, entry in entries.items()
            for word in entry.follows
            if word not in known
        }
        assert not wanting
        assert {word for register in RULES.registers.values() for word in register.upon} <= RULES.vocabulary("decisions").keys()
