"""When the cycles of a follow-up open: yearly or once, by receipt, expiry and expected days, for every institution alike."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from regulations import load
from services.monitoring.contract import CycleWindow, FollowedRecommendation
from services.monitoring.domain import profile
from services.monitoring.domain.agenda import Life, proposed, windows
from tests.monitoring.followups import AAKR, ADVICE, EXPIRES, ISSUED, RECEIVED, REMARK, SAPATTUU, TODAY

LIFE = Life("conditional", ISSUED, RECEIVED, EXPIRES, {}, TODAY)
OF_THREE = replace(LIFE, kind="conditional_3y")


def days(rulebook: str, life: Life) -> list[tuple[int, date | None, date]]:
    return [(each.cycle, each.expected_on, each.report_due_on) for each in windows(load(rulebook), life)]


@pytest.mark.clause(AAKR, "I.2", "II.3", "II.4.e")
def test_a_cycle_comes_each_year_two_months_after_its_report_is_due() -> None:
    assert days(AAKR, LIFE) == [
        (1, date(2027, 3, 2), date(2027, 1, 2)),
        (2, date(2028, 3, 2), date(2028, 1, 2)),
    ]


@pytest.mark.clause(AAKR, "II.4.e")
def test_a_window_opens_as_the_local_day_of_the_first_reminder_begins() -> None:
    first = windows(load(AAKR), LIFE)[0]
    assert max(load(AAKR).terms["interim_report"].reminders or ()) == 60
    assert first.opens_at == datetime(2026, 11, 2, 18, tzinfo=UTC), "3 November in Bishkek"


@pytest.mark.clause(AAKR, "II.3")
def test_the_first_period_runs_from_the_receipt_and_each_other_from_the_expected_day_before() -> None:
    periods = [(each.period_from, each.period_until) for each in windows(load(AAKR), LIFE)]
    assert periods == [(RECEIVED, date(2027, 3, 2)), (date(2027, 3, 2), date(2028, 3, 2))]


@pytest.mark.clause(AAKR, "II.3", "II.4.e")
def test_without_the_day_of_receipt_no_yearly_window_is_known_unless_a_person_sets_the_day() -> None:
    unknown = replace(LIFE, received_on=None)
    assert days(AAKR, unknown) == []
    assert days(AAKR, replace(unknown, expected={2: date(2028, 2, 1)})) == [(2, date(2028, 2, 1), date(2027, 12, 1))]


@pytest.mark.clause(AAKR, "I.2")
def test_a_certificate_for_one_year_is_monitored_by_its_last_day() -> None:
    short = replace(LIFE, valid_until=date(2027, 2, 27))
    assert proposed(short, 1) == date(2027, 2, 27)
    assert [cycle for cycle, *_ in days(AAKR, short)] == [1]


@pytest.mark.clause(AAKR, "I.2")
def test_what_was_expected_before_a_certificate_was_recorded_was_done_on_paper() -> None:
    assert [cycle for cycle, *_ in days(AAKR, replace(LIFE, opened_on=date(2027, 3, 2)))] == [1, 2]
    assert [cycle for cycle, *_ in days(AAKR, replace(LIFE, opened_on=date(2027, 3, 3)))] == [2]


def test_a_cycle_that_has_begun_has_no_window_any_more() -> None:
    assert [cycle for cycle, *_ in days(AAKR, replace(LIFE, begun=1))] == [2]
    assert days(SAPATTUU, replace(OF_THREE, begun=1)) == []


@pytest.mark.clause(AAKR, "II.4.e")
def test_a_day_that_a_person_sets_moves_its_own_cycle_and_no_other() -> None:
    assert days(AAKR, replace(LIFE, expected={1: date(2027, 5, 31)})) == [
        (1, date(2027, 5, 31), date(2027, 3, 31)),
        (2, date(2028, 3, 2), date(2028, 1, 2)),
    ]


@pytest.mark.clause(AAKR, "II.4.e")
def test_a_receipt_on_a_leap_day_has_its_anniversary_on_the_last_of_february() -> None:
    leap = replace(LIFE, received_on=date(2024, 2, 29), opened_on=date(2024, 3, 1))
    assert [day for _, day, _ in days(AAKR, leap)] == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


@pytest.mark.clause(SAPATTUU, "2.5.p3")
def test_a_conditional_accreditation_has_one_window_three_months_before_its_expiry() -> None:
    (window,) = windows(load(SAPATTUU), OF_THREE)
    assert (window.report_due_on, window.expected_on, window.period_from) == (date(2028, 11, 27), None, RECEIVED)
    assert window.opens_at == datetime(2028, 8, 28, 18, tzinfo=UTC), "90 days before, 29 August in Bishkek"
    of_may = windows(load(SAPATTUU), replace(OF_THREE, valid_until=date(2028, 5, 31)))
    assert [each.report_due_on for each in of_may] == [date(2028, 2, 29)]


@pytest.mark.clause(SAPATTUU, "2.5.p3")
def test_of_two_alternatives_the_earlier_opens_the_window() -> None:
    soon = replace(OF_THREE, expected={1: date(2028, 9, 30)})
    (window,) = windows(load(SAPATTUU), soon)
    assert (window.report_due_on, window.expected_on) == (date(2028, 7, 30), date(2028, 9, 30))
    assert window.opens_at == datetime(2028, 6, 29, 18, tzinfo=UTC), "30 days before the visit's term"


@pytest.mark.clause(SAPATTUU, "2.6.s1", "2.6.s2")
@pytest.mark.parametrize("kind", ["full_5y", None])
def test_five_years_and_what_nobody_has_classified_have_no_cycle(kind: str | None) -> None:
    assert windows(load(SAPATTUU), replace(LIFE, kind=kind, valid_until=date(2031, 2, 27))) == ()


@pytest.mark.clause(SAPATTUU, "2.5.p1", "2.6.s1", "I.3.a")
@pytest.mark.parametrize(
    ("valid_until", "kind"),
    [
        (date(2027, 2, 27), "conditional_1y"),
        (date(2029, 2, 27), "conditional_3y"),
        (date(2029, 2, 26), "conditional_3y"),
        (date(2031, 2, 27), "full_5y"),
        (date(2030, 2, 27), None),
    ],
)
def test_the_kind_is_told_by_the_term_of_the_certificate(valid_until: date, kind: str | None) -> None:
    assert profile.kind_of(load(SAPATTUU), ISSUED, valid_until) == kind
    assert profile.kind_of(load(AAKR), ISSUED, valid_until) is None


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1")
@pytest.mark.parametrize(
    ("rulebook", "kind", "recommendations", "due"),
    [
        (AAKR, "conditional", (), True),
        (AAKR, "full_with_recommendations", (ADVICE,), True),
        (AAKR, "full_without_recommendations", (), False),
        (AAKR, None, (REMARK,), False),
        (SAPATTUU, "conditional_1y", (), True),
        (SAPATTUU, "full_5y", (REMARK,), True),
        (SAPATTUU, "full_5y", (ADVICE,), False),
        (SAPATTUU, "full_5y", (), False),
    ],
)
def test_a_plan_is_due_by_the_kind_and_for_five_years_where_there_are_remarks(
    rulebook: str, kind: str | None, recommendations: tuple[FollowedRecommendation, ...], due: bool
) -> None:
    assert profile.plan_is_due(load(rulebook), kind, recommendations) is due


@pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1")
def test_a_collegial_body_approves_a_conditional_plan_and_the_management_that_of_five_years() -> None:
    bodies = {kind: profile.approval(load(SAPATTUU), kind) for kind in ("conditional_1y", "conditional_3y", "full_5y")}
    assert {kind: each.decided_by if each else None for kind, each in bodies.items()} == {
        "conditional_1y": "collegial_body",
        "conditional_3y": "collegial_body",
        "full_5y": "institution_management",
    }
    assert profile.approval(load(AAKR), "conditional") is None


@pytest.mark.clause(AAKR, "II.4.b", "II.4.e", "II.4.g", "II.4.i", "II.4.j", "III.0")
def test_what_the_yearly_monitoring_asks_for() -> None:
    terms = profile.terms_of(load(AAKR), "conditional")
    assert terms == {
        **NOTHING,
        "plan_reviewed": True,
        "report_rules": ("interim_report",),
        "report_rules_by_visit": ("interim_report",),
        "study_rule": "report_study",
        "study_of_complete_report": True,
        "visit_decided_by": "agency",
        "visit_notice": True,
        "visit_notice_without_visit": True,
        "visit_report_rule": "visit_report",
        "assessed": True,
        "acceptance_rule": "acceptance_notice",
        "acceptance_rule_without_visit": "acceptance_notice_without_visit",
    }


@pytest.mark.clause(SAPATTUU, "2.3", "2.4", "2.5.p3", "2.5.p4", "2.7", "2.9.s2", "2.9.s3", "3.1", "3.2.s1", "3.3.b.s3", "3.3.c", "3.4")
def test_what_the_monitoring_of_a_conditional_accreditation_asks_for() -> None:
    terms = profile.terms_of(load(SAPATTUU), "conditional_3y")
    assert terms == {
        **NOTHING,
        "plan_rule": "plan_submission",
        "report_rules": ("report_before_expiry", "report_before_visit"),
        "report_rules_by_visit": ("report_before_visit",),
        "report_missing_ground": "report_not_submitted",
        "study_rule": "report_review",
        "analysed": True,
        "visit_decided_by": "director",
        "visit_notice": True,
        "visit_report_rule": "visit_act",
        "council": True,
        "decision_rule": "decision_notice",
        "repeated_failure_ground": "repeated_failure",
        "registers": ("agency_register", "national_register", "agency_site"),
    }


NOTHING: dict[str, Any] = {
    "plan_rule": None,
    "plan_reviewed": False,
    "plan_review_rule": None,
    "plan_revision_rule": None,
    "report_missing_ground": None,
    "study_of_complete_report": False,
    "analysed": False,
    "visit_notice_without_visit": False,
    "council": False,
    "assessed": False,
    "acceptance_rule": None,
    "acceptance_rule_without_visit": None,
    "decision_rule": None,
    "repeated_failure_ground": None,
    "registers": (),
}


@pytest.mark.clause(SAPATTUU, "I.1", "I.2", "I.2.a", "I.2.b", "I.2.c", "I.3", "I.3.b", "I.3.c")
def test_scope_basis_and_aims_are_shown_and_criteria_of_assessment_are_none_of_them() -> None:
    named = [clause.id for clause in profile.basis(load(SAPATTUU))]
    assert named == ["I.1", "I.2", "I.2.a", "I.2.b", "I.2.c", "I.3", "I.3.b", "I.3.c"]
    assert [clause.id for clause in profile.basis(load(AAKR))] == ["I.1"]


@pytest.mark.parametrize(
    ("rulebook", "scopes", "word"),
    [
        (AAKR, ("institutional",), "institution"),
        (AAKR, ("programme:710100",), "programme"),
        (SAPATTUU, ("institution",), "organisation"),
        (SAPATTUU, ("programme",), "programme"),
    ],
)
def test_the_scopes_of_a_certificate_tell_what_was_accredited(rulebook: str, scopes: tuple[str, ...], word: str) -> None:
    assert profile.object_of(load(rulebook), scopes) == word


def test_a_window_is_kept_as_it_was_computed() -> None:
    (window,) = windows(load(SAPATTUU), OF_THREE)
    assert CycleWindow.model_validate(window.model_dump(mode="json")) == window
