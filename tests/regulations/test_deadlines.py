"""Terms computed to the day, each date found by hand in a printed calendar of Kazakhstan, and the laws that hold for all of them."""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from regulations import (
    Rulebook,
    calendar_for,
    compute,
    compute_choice,
    earliest_anchor,
    end_of_local_day,
    latest_day,
    length,
    load,
    local_date,
    possible_from,
)
from regulations.deadlines import add_months
from regulations.values import Choice

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
CALENDAR = calendar_for("KZ")
DAY = timedelta(days=1)

TERMS = [(name, variant) for name, term in RULES.terms.items() for variant in (None, *term.variants)]
FORWARD = [(name, variant) for name, variant in TERMS if RULES.terms[name].direction == "after"]
BACKWARD = [name for name, term in RULES.terms.items() if term.direction == "before"]
IN_WORKING_DAYS = [
    (name, variant)
    for name, variant in FORWARD
    if (RULES.terms[name] if variant is None else RULES.terms[name].variants[variant]).unit == "working_days"
]

Stated = tuple[str, str | None]
LAW = settings(max_examples=300, deadline=None)
days = st.dates(date(2008, 4, 7), date(2026, 12, 31))


def due(term: str, anchor: date, variant: str | None = None, rules: Rulebook = RULES) -> date:
    return compute(rules, term, anchor, variant=variant).due_on


@pytest.mark.clause(ORDER_109, "17")
class TestWorkingDays:
    """Three working days after the end of the visit."""

    @pytest.mark.parametrize(
        ("visit_end", "expected"),
        [
            (date(2010, 3, 16), date(2010, 3, 19)),
            (date(2010, 3, 19), date(2010, 3, 29)),
            (date(2017, 3, 15), date(2017, 3, 18)),
            (date(2017, 3, 16), date(2017, 3, 24)),
            (date(2018, 2, 28), date(2018, 3, 3)),
            (date(2018, 3, 6), date(2018, 3, 13)),
            (date(2012, 3, 6), date(2012, 3, 12)),
            (date(2025, 3, 19), date(2025, 3, 27)),
        ],
        ids=[
            "Tuesday to Friday",
            "over Nauryz of 2010, moved to Wednesday for a Sunday",
            "to the worked Saturday before Nauryz of 2017",
            "over that Saturday, its Monday off and Nauryz",
            "to the worked Saturday 3 March 2018",
            "over the swapped Friday 9 March 2018",
            "over a swapped Friday and a worked Sunday in 2012",
            "over Nauryz of 2025 with its two days for the weekend",
        ],
    )
    def test_by_hand(self, visit_end: date, expected: date) -> None:
        assert due("visit_report", visit_end) == expected

    def test_a_count_shows_what_it_skipped_and_what_was_worked(self) -> None:
        steps = [(step.what, step.on) for step in compute(RULES, "visit_report", date(2017, 3, 16)).steps]
        assert steps == [
            ("anchor", date(2017, 3, 16)),
            ("not_counted", date(2017, 3, 16)),
            ("counted", date(2017, 3, 17)),
            ("worked", date(2017, 3, 18)),
            ("skipped", date(2017, 3, 19)),
            ("skipped", date(2017, 3, 20)),
            ("skipped", date(2017, 3, 21)),
            ("skipped", date(2017, 3, 22)),
            ("skipped", date(2017, 3, 23)),
            ("counted", date(2017, 3, 24)),
            ("ends", date(2017, 3, 24)),
        ]

    def test_every_day_of_the_count_is_told_in_order_with_its_reason(self) -> None:
        """From Friday, 19 March 2027: a Saturday, Nauryz on three days, its Sunday made up for on Wednesday, and a weekend."""
        texts = [step.text for step in compute(RULES, "visit_report", date(2027, 3, 19)).steps]
        assert texts == [
            "visit_end on 2027-03-19",
            "the day of the event is not counted",
            "2027-03-20 is not counted (Saturday)",
            "2027-03-21 is not counted (Nowruz Holiday)",
            "2027-03-22 is not counted (Nowruz Holiday)",
            "2027-03-23 is not counted (Nowruz Holiday)",
            "2027-03-24 is not counted (Nowruz Holiday (observed))",
            "2027-03-25 is counted: day 1 of 3",
            "2027-03-26 is counted: day 2 of 3",
            "2027-03-27 is not counted (Saturday)",
            "2027-03-28 is not counted (Sunday)",
            "2027-03-29 is counted: day 3 of 3",
            "ends at 24:00 of 2027-03-29, Asia/Almaty: 2027-03-29T19:00:00+00:00",
        ]

    def test_a_long_count_is_told_in_runs_of_days(self) -> None:
        long = RULES.revised({"terms.certificate_issue": {"amount": 30}}, version="long")
        steps = compute(long, "certificate_issue", date(2017, 2, 21)).steps
        said = [step.text for step in steps if step.on >= date(2017, 3, 13) and step.what in ("counted", "skipped", "worked")]
        assert said == [
            "2017-03-13 to 2017-03-17 counted: days 13 to 17 of 30",
            "2017-03-18 counted, a working day by decree: day 18 of 30",
            "2017-03-19 to 2017-03-23: 5 days off (Sunday, Day off (substituted from 03/18/2017), Nowruz Holiday) not counted",
            "2017-03-24 counted: day 19 of 30",
            "2017-03-25 to 2017-03-26: 2 days off (Saturday, Sunday) not counted",
            "2017-03-27 to 2017-03-31 counted: days 20 to 24 of 30",
            "2017-04-01 to 2017-04-02: 2 days off (Saturday, Sunday) not counted",
            "2017-04-03 to 2017-04-07 counted: days 25 to 29 of 30",
            "2017-04-08 to 2017-04-09: 2 days off (Saturday, Sunday) not counted",
            "2017-04-10 counted: day 30 of 30",
        ]
        [nauryz] = [step for step in steps if step.on == date(2017, 3, 19)]
        assert (nauryz.what, nauryz.until) == ("skipped", date(2017, 3, 23))

    def test_a_backward_count_is_told_from_its_anchor_back(self) -> None:
        before = {"direction": "before", "roll": "never", "anchor": "visit_start"}
        back = RULES.revised({"terms.visit_report": before}, version="back")
        steps = compute(back, "visit_report", date(2017, 3, 24)).steps
        assert [(step.what, step.on.day) for step in steps[2:]] == [
            ("skipped", 23),
            ("skipped", 22),
            ("skipped", 21),
            ("skipped", 20),
            ("skipped", 19),
            ("worked", 18),
            ("counted", 17),
            ("counted", 16),
            ("ends", 16),
        ]

    def test_the_kazakh_text_counts_two_calendar_days(self) -> None:
        assert due("visit_report", date(2010, 3, 16), "kk") == date(2010, 3, 18)
        assert due("visit_report", date(2010, 3, 19), "kk") == date(2010, 3, 25)
        assert RULES.terms["visit_report"].variants["kk"].lower_amount == 1


@pytest.mark.clause(ORDER_109, "28 (a)")
class TestCalendarDays:
    @pytest.mark.parametrize(
        ("requested", "expected", "rolled_from"),
        [
            (date(2009, 6, 1), date(2009, 6, 11), None),
            (date(2009, 6, 3), date(2009, 6, 15), date(2009, 6, 13)),
            (date(2017, 3, 13), date(2017, 3, 24), date(2017, 3, 23)),
            (date(2017, 3, 8), date(2017, 3, 18), None),
            (date(2012, 2, 19), date(2012, 2, 29), None),
        ],
        ids=["a working day", "a Saturday moves to Monday", "Nauryz moves to Friday", "a worked Saturday stays", "a leap day"],
    )
    def test_ten_of_them_by_hand(self, requested: date, expected: date, rolled_from: date | None) -> None:
        computed = compute(RULES, "duplicate", requested)
        assert (computed.due_on, computed.rolled_from, computed.variant) == (expected, rolled_from, "ru")

    def test_each_day_off_that_the_end_moves_over_is_told(self) -> None:
        steps = compute(RULES, "duplicate", date(2027, 3, 11)).steps
        assert [(step.what, step.on.day) for step in steps] == [
            ("anchor", 11),
            ("not_counted", 11),
            ("counted", 21),
            ("day_off", 21),
            ("day_off", 22),
            ("day_off", 23),
            ("day_off", 24),
            ("rolled", 25),
            ("ends", 25),
        ]
        assert steps[2].text == "10 calendar days after: 2027-03-21"

    def test_the_kazakh_text_counts_working_days(self) -> None:
        computed = compute(RULES, "duplicate", date(2017, 3, 13), variant="kk")
        assert (computed.due_on, computed.quote) == (date(2017, 3, 30), {"kk": "он жұмыс күні ішінде"})

    def test_an_agency_may_leave_the_end_where_the_count_ends(self) -> None:
        strict = RULES.revised({"settings.forward_term_on_day_off": {"value": "never"}}, version="strict")
        computed = compute(strict, "duplicate", date(2009, 6, 3))
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (date(2009, 6, 13), True, None)


class TestMonthsAndYears:
    @pytest.mark.clause(ORDER_109, "11")
    @pytest.mark.parametrize(
        ("registered", "expected"),
        [
            (date(2009, 3, 2), date(2012, 3, 2)),
            (date(2012, 2, 29), date(2015, 3, 2)),
            (date(2008, 12, 31), date(2012, 1, 4)),
        ],
        ids=["a Friday", "a leap day ends with February, a Saturday", "over New Year"],
    )
    def test_three_years_from_the_registration(self, registered: date, expected: date) -> None:
        assert due("overall", registered) == expected

    @pytest.mark.clause(ORDER_109, "14 (b)")
    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            (date(2009, 6, 8), date(2009, 3, 8)),
            (date(2011, 5, 31), date(2011, 2, 28)),
            (date(2012, 5, 31), date(2012, 2, 29)),
            (date(2012, 5, 30), date(2012, 2, 29)),
            (date(2010, 2, 28), date(2009, 11, 28)),
        ],
    )
    def test_three_months_before_a_visit(self, start: date, expected: date) -> None:
        assert latest_day(RULES, "visit_notice", start) == due("visit_notice", start) == expected

    def test_a_day_that_a_month_does_not_have_is_its_last(self) -> None:
        computed = compute(RULES, "visit_notice", date(2011, 5, 31))
        assert ("clipped", date(2011, 2, 28)) in [(step.what, step.on) for step in computed.steps]

    def test_a_backward_term_stays_on_a_day_off_and_says_so(self) -> None:
        computed = compute(RULES, "visit_notice", date(2009, 6, 8))
        assert (computed.falls_on_day_off, computed.rolled_from) == (True, None)
        assert "International Women's Day" in next(step.text for step in computed.steps if step.what == "stays")

    @pytest.mark.clause(ORDER_109, "20", "25")
    @pytest.mark.parametrize(
        ("issued", "expected", "day_off"),
        [
            (date(2010, 3, 15), date(2015, 3, 15), True),
            (date(2012, 2, 29), date(2017, 2, 28), False),
            (date(2011, 12, 16), date(2016, 12, 16), True),
        ],
    )
    def test_a_certificate_s_five_years_never_move(self, issued: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "certificate_validity", issued)
        assert (computed.due_on, computed.falls_on_day_off) == (expected, day_off)

    @pytest.mark.clause(ORDER_109, "21")
    def test_the_extension_is_applied_for_a_year_before(self) -> None:
        assert due("renewal_application", date(2015, 3, 15)) == date(2014, 3, 15)
        assert due("renewal_application", date(2016, 2, 29)) == date(2015, 2, 28)

    @pytest.mark.clause(ORDER_109, "11", "22 (b)")
    @pytest.mark.parametrize("term", ["earliest_decision", "reapplication_bar"])
    def test_what_a_year_bars_is_possible_on_the_day_after(self, term: str) -> None:
        assert possible_from(RULES, term, date(2009, 3, 2)) == date(2010, 3, 3)
        assert possible_from(RULES, term, date(2012, 2, 29)) == date(2013, 3, 1)

    @pytest.mark.clause(ORDER_109, "21")
    def test_a_window_opens_on_the_very_day_that_lies_so_long_before(self) -> None:
        """Backward, the day that lies so long before is included, as it is in "not later than … before"."""
        for closing, opening in ((date(2014, 3, 15), date(2013, 9, 15)), (date(2015, 8, 31), date(2015, 2, 28))):
            assert compute(RULES, "renewal_window_opening", closing).due_on == opening
            assert possible_from(RULES, "renewal_window_opening", closing) == opening

    @pytest.mark.parametrize(
        ("term", "said"),
        [("earliest_decision", "1 year after: 2010-03-02"), ("overall", "3 years after: 2012-03-02")],
    )
    def test_one_is_said_in_the_singular(self, term: str, said: str) -> None:
        assert compute(RULES, term, date(2009, 3, 2)).steps[2].text == said

    @pytest.mark.clause(ORDER_109, "14 (b)")
    @pytest.mark.parametrize(
        ("announced", "first_start"),
        [
            (date(2009, 3, 2), date(2009, 6, 2)),
            (date(2010, 11, 30), date(2011, 3, 1)),
            (date(2011, 2, 28), date(2011, 5, 28)),
        ],
    )
    def test_the_first_start_after_an_announcement(self, announced: date, first_start: date) -> None:
        assert earliest_anchor(RULES, "visit_notice", announced) == first_start


class TestInstants:
    """Almaty went from UTC+6 to UTC+5 at midnight before 1 March 2024; 29 February had 25 hours."""

    @pytest.mark.parametrize(
        ("day", "end"),
        [
            (date(2009, 6, 11), datetime(2009, 6, 11, 18, 0, tzinfo=UTC)),
            (date(2024, 2, 28), datetime(2024, 2, 28, 18, 0, tzinfo=UTC)),
            (date(2024, 2, 29), datetime(2024, 2, 29, 19, 0, tzinfo=UTC)),
            (date(2024, 3, 1), datetime(2024, 3, 1, 19, 0, tzinfo=UTC)),
        ],
    )
    def test_the_end_of_a_local_day(self, day: date, end: datetime) -> None:
        assert end_of_local_day(day, "Asia/Almaty") == end
        assert local_date(end - timedelta(microseconds=1), "Asia/Almaty") == day
        assert local_date(end, "Asia/Almaty") == day + DAY

    def test_a_term_across_the_change_ends_at_its_own_midnight(self) -> None:
        before, after = compute(RULES, "duplicate", date(2024, 2, 19)), compute(RULES, "duplicate", date(2024, 2, 20))
        assert (before.due_on, before.due_at) == (date(2024, 2, 29), datetime(2024, 2, 29, 19, 0, tzinfo=UTC))
        assert (after.due_on, after.due_at) == (date(2024, 3, 1), datetime(2024, 3, 1, 19, 0, tzinfo=UTC))
        assert compute(RULES, "duplicate", date(2024, 2, 16)).due_at == datetime(2024, 2, 26, 18, 0, tzinfo=UTC)

    def test_an_act_is_in_time_before_24_00_and_not_at_it(self) -> None:
        computed = compute(RULES, "duplicate", date(2009, 6, 1))
        assert computed.met_by(computed.due_at - timedelta(microseconds=1))
        assert not computed.met_by(computed.due_at)

    def test_a_naive_instant_has_no_local_day(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            local_date(datetime(2009, 6, 1), "Asia/Almaty")


class TestChoices:
    """Three years from 27 March 2024 end on Monday, 29 March 2027; ten days from 5 February 2027 on the 15th."""

    ANCHORS: ClassVar = {"application_registered": date(2024, 3, 27), "duplicate_requested": date(2027, 2, 5)}
    ENDS: ClassVar = [("overall", date(2027, 3, 29)), ("duplicate", date(2027, 2, 15))]

    @pytest.mark.parametrize(("due", "on"), [("earliest", date(2027, 2, 15)), ("latest", date(2027, 3, 29))])
    @pytest.mark.parametrize(("missed_when", "last"), [("any", date(2027, 2, 15)), ("all", date(2027, 3, 29))])
    def test_the_due_day_and_the_miss_are_two_questions(self, due: str, on: date, missed_when: str, last: date) -> None:
        chosen = compute_choice(with_choice(due, missed_when), "either", self.ANCHORS)
        assert [(end.term, end.due_on) for end in chosen.ends] == self.ENDS
        assert (chosen.due.due_on, chosen.missed_at) == (on, end_of_local_day(last, RULES.zone))
        assert chosen.met_by(chosen.missed_at - timedelta(seconds=1))
        assert not chosen.met_by(chosen.missed_at)

    def test_a_variant_is_taken_by_the_term_that_has_it(self) -> None:
        chosen = compute_choice(with_choice("earliest", "all"), "either", self.ANCHORS, variant="kk")
        assert [(end.variant, end.due_on) for end in chosen.ends] == [(None, date(2027, 3, 29)), ("kk", date(2027, 2, 19))]

    def test_it_needs_the_day_of_each_anchor(self) -> None:
        with pytest.raises(KeyError, match="duplicate_requested"):
            compute_choice(with_choice("earliest", "all"), "either", {"application_registered": date(2024, 3, 27)})

    @pytest.mark.clause("sapattuu-bilim-monitoring", "2.5.p3")
    def test_of_sapattuu_bilim_s_two_report_terms_the_earlier_is_due_and_missed_only_with_the_later(self) -> None:
        rules = load("sapattuu-bilim-monitoring")
        [(name, choice)] = rules.choices.items()
        anchors = {rules.terms[choice.of[0]].anchor: date(2027, 9, 1), rules.terms[choice.of[1]].anchor: date(2027, 6, 1)}
        chosen = compute_choice(rules, name, anchors)
        first, second = sorted(chosen.ends, key=lambda end: end.due_on)
        assert first.due_on < second.due_on
        assert (chosen.due, chosen.missed_at) == (first, second.due_at)


def with_choice(due: str, missed_when: str) -> Rulebook:
    quoted = RULES.terms["overall"]
    either = Choice(names=quoted.names, of=("overall", "duplicate"), due=due, missed_when=missed_when, clause="11", quote=quoted.quote)
    return RULES.model_copy(update={"choices": {"either": either}})


class TestMisuse:
    def test_unknown_terms_and_variants_are_named(self) -> None:
        with pytest.raises(KeyError, match="sunset"):
            compute(RULES, "sunset", date(2009, 3, 2))
        with pytest.raises(KeyError, match="'en'"):
            compute(RULES, "duplicate", date(2009, 3, 2), variant="en")

    def test_each_question_is_asked_of_its_own_kind_of_term(self) -> None:
        with pytest.raises(ValueError, match="bars nothing"):
            possible_from(RULES, "overall", date(2009, 3, 2))
        with pytest.raises(ValueError, match="does not run before"):
            earliest_anchor(RULES, "overall", date(2009, 3, 2))
        with pytest.raises(ValueError, match="does not run before"):
            latest_day(RULES, "overall", date(2009, 3, 2))


@pytest.mark.clause(ORDER_109, "15")
@pytest.mark.parametrize(
    ("start", "end", "amount", "allowed"),
    [
        (date(2009, 6, 8), date(2009, 6, 8), 1, False),
        (date(2009, 6, 8), date(2009, 6, 9), 2, True),
        (date(2009, 6, 8), date(2009, 6, 11), 4, True),
        (date(2009, 6, 8), date(2009, 6, 12), 5, False),
        (date(2017, 3, 17), date(2017, 3, 24), 3, True),
        (date(2009, 6, 9), date(2009, 6, 8), 0, False),
    ],
)
def test_a_visit_is_measured_in_working_days(start: date, end: date, amount: int, allowed: bool) -> None:
    measured = length(RULES, "visit_length", start, end)
    assert (measured.amount, measured.allowed, measured.minimum, measured.maximum) == (amount, allowed, 2, 4)


@LAW
@for_all(st.sampled_from(FORWARD), days)
def test_a_forward_term_ends_after_its_anchor(stated_term: Stated, anchor: date) -> None:
    term, variant = stated_term
    assert due(term, anchor, variant) > anchor


@LAW
@for_all(st.sampled_from(BACKWARD), days)
def test_a_backward_term_ends_before_its_anchor_and_never_moves(term: str, anchor: date) -> None:
    computed = compute(RULES, term, anchor)
    assert computed.due_on < anchor
    assert computed.rolled_from is None


@LAW
@for_all(st.sampled_from(IN_WORKING_DAYS), days)
def test_a_term_of_working_days_ends_on_one_and_holds_exactly_as_many(stated_term: Stated, anchor: date) -> None:
    term, variant = stated_term
    due_on = due(term, anchor, variant)
    stated = RULES.terms[term] if variant is None else RULES.terms[term].variants[variant]
    assert CALENDAR.is_working_day(due_on)
    assert CALENDAR.working_days_between(anchor + DAY, due_on) == stated.amount


@LAW
@for_all(st.sampled_from(FORWARD), days)
def test_a_term_that_moves_off_a_day_off_ends_on_the_next_working_day(stated_term: Stated, anchor: date) -> None:
    term, variant = stated_term
    computed = compute(RULES, term, anchor, variant=variant)
    if RULES.terms[term].roll == "never":
        assert computed.rolled_from is None
        return
    assert CALENDAR.is_working_day(computed.due_on)
    if computed.rolled_from is not None:
        assert CALENDAR.working_days_between(computed.rolled_from, computed.due_on) == 1


@LAW
@for_all(st.sampled_from(TERMS), days, st.integers(0, 400))
def test_a_later_anchor_never_makes_a_term_end_earlier(stated_term: Stated, anchor: date, later: int) -> None:
    term, variant = stated_term
    assert due(term, anchor, variant) <= due(term, anchor + DAY * later, variant)


@LAW
@for_all(st.sampled_from(BACKWARD), days)
def test_the_first_possible_anchor_is_possible_and_the_day_before_it_is_not(term: str, acted_on: date) -> None:
    first = earliest_anchor(RULES, term, acted_on)
    assert latest_day(RULES, term, first) >= acted_on
    assert latest_day(RULES, term, first - DAY) < acted_on


@LAW
@for_all(days, st.integers(1, 60))
def test_months_on_and_back_is_the_same_day_where_every_month_has_it(day: date, months: int) -> None:
    back = add_months(add_months(day, months), -months)
    assert back == day if day.day <= 28 else date(day.year, day.month, 28) <= back <= day


@LAW
@for_all(days, st.integers(1, 60))
def test_working_days_on_and_back_is_the_same_working_day(day: date, amount: int) -> None:
    start = CALENDAR.next_working_day(day)
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(start, amount), -amount) == start


@LAW
@for_all(st.sampled_from(FORWARD), days)
def test_reminders_come_between_the_anchor_and_the_end_in_order(stated_term: Stated, anchor: date) -> None:
    term, variant = stated_term
    computed = compute(RULES, term, anchor, variant=variant)
    assert list(computed.reminders_on) == sorted(computed.reminders_on)
    assert all(anchor < day < computed.due_on for day in computed.reminders_on)


@LAW
@for_all(days)
def test_a_local_day_ends_where_the_next_begins(day: date) -> None:
    end = end_of_local_day(day, RULES.zone)
    hours = (end - end_of_local_day(day - DAY, RULES.zone)) / timedelta(hours=1)
    assert hours == (25 if day == date(2024, 2, 29) else 24)
