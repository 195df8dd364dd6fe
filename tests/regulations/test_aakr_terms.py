"""The terms of AAKR's regulation on post-accreditation monitoring, each date found by hand in a calendar of Kyrgyzstan."""

from datetime import UTC, date, datetime, timedelta

import pytest

from regulations import compute, earliest_anchor, latest_day, load, working_days_between

AAKR = "aakr-monitoring-2024"
RULES = load(AAKR)


def due(term: str, anchor: date) -> date:
    return compute(RULES, term, anchor).due_on


@pytest.mark.clause(AAKR, "I.2", "II.3")
class TestYearlyCycle:
    """One year after the institution received the certificate."""

    @pytest.mark.parametrize(
        ("received", "expected", "day_off"),
        [
            (date(2024, 10, 15), date(2025, 10, 15), False),
            (date(2024, 11, 15), date(2025, 11, 15), True),
            (date(2025, 1, 1), date(2026, 1, 1), True),
            (date(2028, 2, 29), date(2029, 2, 28), False),
            (date(2027, 2, 28), date(2028, 2, 28), False),
        ],
        ids=["a Wednesday", "a Saturday stays", "New Year stays", "from a leap day", "into a leap year"],
    )
    def test_by_hand(self, received: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "monitoring_cycle", received)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)

    def test_comes_round_and_is_counted_from_the_receipt_by_a_reading(self) -> None:
        term = RULES.terms["monitoring_cycle"]
        assert (term.nature, term.anchor, term.kind, term.follows) == ("recurrence", "certificate_received", "reading", "flagged")


@pytest.mark.clause(AAKR, "II.4.e", "III.h")
class TestInterimReport:
    """Two months before the expected date, which itself is not two months before."""

    @pytest.mark.parametrize(
        ("expected_date", "expected", "day_off"),
        [
            (date(2025, 10, 15), date(2025, 8, 15), False),
            (date(2025, 12, 31), date(2025, 10, 31), False),
            (date(2025, 10, 31), date(2025, 8, 31), True),
            (date(2026, 4, 30), date(2026, 2, 28), True),
            (date(2028, 4, 30), date(2028, 2, 29), False),
            (date(2028, 4, 29), date(2028, 2, 29), False),
            (date(2026, 3, 1), date(2026, 1, 1), True),
            (date(2026, 1, 31), date(2025, 11, 30), True),
        ],
        ids=[
            "not sixty days",
            "month end to month end",
            "Independence Day, a Sunday, stays",
            "no 30 February: its last day, a Saturday",
            "the leap day for the 30th",
            "the leap day itself",
            "New Year stays",
            "over the year, to a Sunday",
        ],
    )
    def test_by_hand(self, expected_date: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "interim_report", expected_date)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)
        assert latest_day(RULES, "interim_report", expected_date) == expected

    def test_the_last_day_is_in_time_to_its_end_in_bishkek(self) -> None:
        computed = compute(RULES, "interim_report", date(2025, 10, 15))
        midnight = datetime(2025, 8, 15, 18, 0, tzinfo=UTC)
        assert computed.due_at == midnight
        assert [computed.met_by(midnight - timedelta(seconds=1)), computed.met_by(midnight)] == [True, False]

    @pytest.mark.parametrize(
        ("filed", "first"),
        [
            (date(2025, 8, 15), date(2025, 10, 15)),
            (date(2025, 8, 31), date(2025, 10, 31)),
            (date(2025, 12, 31), date(2026, 3, 1)),
            (date(2026, 2, 28), date(2026, 4, 28)),
        ],
        ids=["the same day", "the 31st", "February has no 31st: the day after it", "from the end of February"],
    )
    def test_a_report_filed_allows_monitoring_from(self, filed: date, first: date) -> None:
        assert earliest_anchor(RULES, "interim_report", filed) == first

    @pytest.mark.clause(AAKR, "III.i")
    def test_lateness_is_flagged_and_is_no_reason_to_reject(self) -> None:
        assert RULES.terms["interim_report"].follows == RULES.setting("late_report") == "flagged"
        assert list(RULES.vocabulary("rejection_reasons")) == ["content", "layout"]
        assert RULES.documents["interim_report"].if_missing == "person_decides"


@pytest.mark.clause(AAKR, "II.4.f", "II.4.g")
class TestStudyOfTheReport:
    """Thirty calendar days after a complete report was received."""

    @pytest.mark.parametrize(
        ("received", "expected", "rolled_from"),
        [
            (date(2025, 9, 1), date(2025, 10, 1), None),
            (date(2025, 8, 15), date(2025, 9, 15), date(2025, 9, 14)),
            (date(2026, 1, 31), date(2026, 3, 2), None),
            (date(2028, 1, 31), date(2028, 3, 1), None),
            (date(2026, 4, 1), date(2026, 5, 11), date(2026, 5, 1)),
            (date(2024, 12, 2), date(2025, 1, 8), date(2025, 1, 1)),
        ],
        ids=["a Wednesday", "a Sunday moves to Monday", "over February", "over a leap day", "over the May holidays", "over New Year"],
    )
    def test_by_hand(self, received: date, expected: date, rolled_from: date | None) -> None:
        computed = compute(RULES, "report_study", received)
        assert (computed.due_on, computed.rolled_from, computed.falls_on_day_off) == (expected, rolled_from, False)

    def test_an_agency_may_leave_the_end_where_the_count_ends(self) -> None:
        strict = RULES.revised({"settings.forward_term_on_day_off": {"value": "never"}}, version="strict")
        assert compute(strict, "report_study", date(2025, 8, 15)).due_on == date(2025, 9, 14)
        assert compute(strict, "interim_report", date(2025, 10, 31)).due_on == date(2025, 8, 31)

    def test_cites_the_clause_that_carries_the_term(self) -> None:
        computed = compute(RULES, "report_study", date(2025, 9, 1))
        assert (computed.clause, computed.quote, computed.kind) == ("II.4.g", {"ru": "в течение 30 календарных дней"}, "reading")


@pytest.mark.clause(AAKR, "II.4.i")
class TestVisitReport:
    """Seven working days after the last day of the visit."""

    @pytest.mark.parametrize(
        ("visit_end", "expected"),
        [
            (date(2025, 9, 12), date(2025, 9, 23)),
            (date(2025, 9, 13), date(2025, 9, 23)),
            (date(2025, 3, 12), date(2025, 3, 24)),
            (date(2025, 4, 29), date(2025, 5, 19)),
            (date(2025, 1, 6), date(2025, 1, 15)),
            (date(2028, 2, 22), date(2028, 3, 2)),
        ],
        ids=[
            "from a Friday",
            "from a Saturday",
            "over Nooruz",
            "over the May holidays",
            "with the worked Saturday 11 January 2025",
            "over a leap day",
        ],
    )
    def test_by_hand(self, visit_end: date, expected: date) -> None:
        assert due("visit_report", visit_end) == expected
        assert working_days_between(RULES, visit_end + timedelta(days=1), expected) == 7

    def test_binds_the_expert_group(self) -> None:
        term = RULES.terms["visit_report"]
        assert (term.binds, term.follows, term.anchor) == ("monitoring_panel", "person_decides", "visit_end")


@pytest.mark.clause(AAKR, "II.4.j")
class TestNoticeOfAcceptance:
    """Seven working days: after a visit from the visit report, without one from the positive assessment."""

    @pytest.mark.parametrize(
        ("term", "anchor", "expected"),
        [
            ("acceptance_notice", date(2025, 9, 23), date(2025, 10, 2)),
            ("acceptance_notice", date(2026, 12, 30), date(2027, 1, 15)),
            ("acceptance_notice_without_visit", date(2026, 8, 27), date(2026, 9, 8)),
            ("acceptance_notice_without_visit", date(2025, 9, 23), date(2025, 10, 2)),
        ],
        ids=["an ordinary week", "over the New Year holidays of 2027", "over Independence Day, a Monday", "the same without a visit"],
    )
    def test_by_hand(self, term: str, anchor: date, expected: date) -> None:
        assert due(term, anchor) == expected

    def test_says_when_it_rests_on_an_estimated_holiday(self) -> None:
        computed = compute(RULES, "acceptance_notice_without_visit", date(2027, 3, 2))
        assert (computed.due_on, computed.estimated) == (date(2027, 3, 15), True)

    def test_each_path_has_its_own_day_to_count_from(self) -> None:
        anchors = {name: term.anchor for name, term in RULES.terms.items() if term.clause == "II.4.j"}
        assert anchors == {"acceptance_notice": "visit_report_received", "acceptance_notice_without_visit": "positive_assessment"}

    def test_a_result_that_is_not_positive_brings_nothing_about(self) -> None:
        entry = RULES.vocabulary("decisions")["not_positive"]
        assert (entry.kind, entry.follows, RULES.setting("not_positive_result")) == ("practice", (), "person_decides")
        assert RULES.vocabulary("statuses")["not_positive"].follows == ()
