"""The generator of schedules: nobody late who need not be, each authorised body even, always the same (attestation, p. 4, 5, 11, 12)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulations import calendar_for, earliest_anchor, load
from services.intake.domain.scheduling import Candidate, Generated, generate, last_day_of_work, spread, unevenness

ORDER = "kz-109-2008-attestation"
RULES, CALENDAR = load(ORDER), calendar_for("KZ")
APPROVED = date(2026, 9, 1)


def generated(candidates: Sequence[Candidate], first_year: int = 2027, years: int = 5, approved_on: date = APPROVED) -> Generated:
    return generate(candidates, RULES, CALENDAR, first_year=first_year, years=years, approved_on=approved_on)


def register(count: int, *, seed: int = 1, authorities: int = 60, until: int = 1826) -> list[Candidate]:
    """Organisations of bodies of very different sizes, due on any day from 2027 on."""
    chance = Random(seed)
    return [
        Candidate(
            f"org-{n:05}", f"body-{int(chance.random() ** 2 * authorities):02}", date(2027, 1, 20) + timedelta(chance.randrange(until))
        )
        for n in range(count)
    ]


def by_year(made: Generated) -> dict[int, int]:
    return dict(sorted(Counter(entry.year for entry in made.entries).items()))


@pytest.mark.clause(ORDER, "4", "11", "12")
def test_everybody_who_falls_due_has_a_place_in_time_on_a_working_day_that_can_be_told_three_months_before() -> None:
    candidates = register(1_500, until=1_700)
    made = generated(candidates)
    assert {entry.institution_id for entry in made.entries} == {each.institution_id for each in candidates}
    assert made.overdue == 0
    for entry in made.entries:
        assert entry.due_by is not None
        assert last_day_of_work(RULES, CALENDAR, entry.starts_on) <= entry.due_by
        assert entry.starts_on.year == entry.year
        assert last_day_of_work(RULES, CALENDAR, entry.starts_on).year == entry.year
        assert CALENDAR.is_working_day(entry.starts_on)
        assert entry.starts_on >= earliest_anchor(RULES, "dates_notice", APPROVED)


@pytest.mark.clause(ORDER, "4", "11")
def test_each_body_and_all_together_are_even_within_a_tenth_where_due_days_allow_it() -> None:
    candidates = [Candidate(f"org-{n:05}", f"body-{n % 7}", date(2031, 12, 31)) for n in range(3_503)]
    made = generated(candidates)
    sizes = by_year(made)
    assert max(sizes.values()) - min(sizes.values()) <= 1
    for body in range(7):
        loads = [load.attestations for load in made.loads if load.authority == f"body-{body}"]
        assert max(loads) - min(loads) <= 1
    assert unevenness(made.loads) == []


@pytest.mark.clause(ORDER, "4")
def test_where_due_days_do_not_allow_it_the_years_are_least_uneven_and_it_is_said_why() -> None:
    candidates = [Candidate(f"early-{n:03}", "body", date(2028, 12, 31)) for n in range(100)]
    candidates += [Candidate(f"late-{n:03}", "body", date(2031, 12, 31)) for n in range(30)]
    made = generated(candidates)
    assert by_year(made) == {2027: 50, 2028: 50, 2029: 10, 2030: 10, 2031: 10}
    (body,) = [each for each in unevenness(made.loads) if each.authority == "body"]
    assert (body.least, body.most, body.year) == (10, 50, 2027)
    assert "all 100 of the years up to 2028 fall due by its end" in body.why


def test_small_bodies_fill_what_all_together_lack() -> None:
    """A body with one organisation has no even years by itself; together they are even."""
    made = generated([Candidate(f"org-{n:03}", f"body-{n:03}", date(2031, 12, 31)) for n in range(200)])
    assert by_year(made) == {2027: 40, 2028: 40, 2029: 40, 2030: 40, 2031: 40}
    weeks = Counter(entry.starts_on.isocalendar()[:2] for entry in made.entries)
    assert max(weeks.values()) <= 3, "they do not all begin in the middle of the year"


@pytest.mark.clause(ORDER, "11")
def test_the_starts_of_a_body_lie_over_all_working_weeks_of_a_year() -> None:
    made = generated([Candidate(f"org-{n:04}", "body", date(2028, 12, 31)) for n in range(500)], first_year=2028, years=1)
    weeks = Counter(entry.starts_on.isocalendar()[1] for entry in made.entries)
    assert len(weeks) >= 49
    days = Counter(entry.starts_on for entry in made.entries)
    assert max(days.values()) - min(days.values()) <= 1


@pytest.mark.clause(ORDER, "5")
def test_extraordinary_attestations_stand_in_their_year_and_the_others_make_room_for_them() -> None:
    planned = [Candidate(f"org-{n:03}", "body", date(2031, 12, 31)) for n in range(90)]
    found: dict[str, Any] = {"extraordinary_year": 2028, "ground": "limit_exceeded"}
    made = generated([*planned, *(Candidate(f"bad-{n}", "body", planned=False, **found) for n in range(10))])
    extra = [entry for entry in made.entries if entry.kind == "extraordinary"]
    assert {(entry.year, entry.ground, entry.due_by) for entry in extra} == {(2028, "limit_exceeded", date(2028, 12, 31))}
    assert by_year(made) == dict.fromkeys(range(2027, 2032), 20)


@pytest.mark.clause(ORDER, "5")
def test_an_organisation_of_higher_education_is_attested_by_the_specialties_below_the_threshold() -> None:
    known: dict[str, Any] = {"ground": "specialty_below_threshold", "specialties": ("5B0301",), "extraordinary_year": 2027}
    made = generated([Candidate("kaznu", "body", date(2027, 6, 30), **known)])
    assert [(entry.kind, entry.specialties) for entry in sorted(made.entries, key=lambda entry: entry.kind)] == [
        ("extraordinary", ("5B0301",)),
        ("planned", ()),
    ]
    first, second = sorted(entry.starts_on for entry in made.entries)
    assert second - first > timedelta(days=40), "not two commissions at once"


@pytest.mark.clause(ORDER, "12")
def test_who_falls_due_before_notice_allows_it_comes_first_and_is_counted() -> None:
    late = [Candidate(f"late-{n}", "body", date(2027, 1, 15) - timedelta(days=n)) for n in range(5)]
    rest = [Candidate(f"org-{n:02}", "body", date(2027, 12, 31)) for n in range(20)]
    made = generated([*rest, *late], years=1, approved_on=date(2026, 12, 1))
    assert made.overdue == 5
    assert {entry.institution_id for entry in made.entries[:5]} == {each.institution_id for each in late}
    assert made.entries[0].starts_on >= date(2027, 3, 1)


def test_who_was_never_attested_and_founded_nobody_knows_when_fills_the_years_evenly() -> None:
    made = generated([Candidate(f"org-{n}", "body") for n in range(50)])
    assert by_year(made) == dict.fromkeys(range(2027, 2032), 10)


def test_who_falls_due_after_the_years_is_not_in_the_schedule() -> None:
    assert generated([Candidate("org", "body", date(2029, 6, 1))], years=2).entries == ()


def test_who_falls_due_in_the_first_days_of_a_year_is_attested_in_the_year_before() -> None:
    (entry,) = generated([Candidate("org", "body", date(2028, 1, 5))], years=2).entries
    assert entry.year == 2027


def test_the_same_register_in_any_order_gives_the_same_schedule() -> None:
    candidates = register(800)
    shuffled = list(candidates)
    Random(7).shuffle(shuffled)
    assert generated(candidates) == generated(shuffled)


@pytest.mark.clause(ORDER, "19")
def test_the_last_day_of_work_is_the_seventh_working_day_or_by_the_kazakh_text_the_seventh_day() -> None:
    monday = date(2027, 2, 1)
    assert last_day_of_work(RULES, CALENDAR, monday) == date(2027, 2, 9)
    kazakh = RULES.revised({"settings.commission_work_text": {"value": "kk"}}, version="kk")
    assert last_day_of_work(kazakh, CALENDAR, monday) == date(2027, 2, 7)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 29), min_size=1, max_size=60).map(sorted), st.integers(0, 986))
def test_a_spread_is_late_for_nobody_keeps_the_order_and_no_other_has_a_lower_peak_over_any_number_of_days(
    latest: list[int], turn: int
) -> None:
    slots = 30
    found = spread(latest, slots, Fraction(turn, 987))
    assert found == sorted(found)
    assert all(0 <= at <= end for at, end in zip(found, latest, strict=True))
    steepest = max(Fraction(sum(end <= day for end in latest), day + 1) for day in range(slots))
    for first in range(slots):
        for last in range(first, slots):
            begun = sum(first <= at <= last for at in found)
            assert begun < steepest * (last - first + 1) + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=40))
def test_no_move_to_another_permitted_year_makes_a_body_more_even(dues: list[tuple[int, int]]) -> None:
    """The loads are those that no exchange improves: over nested choices that is the least uneven there is."""
    made = generated([Candidate(f"org-{n:02}", f"body-{body}", date(2027 + due, 12, 31)) for n, (due, body) in enumerate(dues)])
    loads: dict[str, Counter[int]] = defaultdict(Counter)
    for entry in made.entries:
        loads[entry.authority][entry.year] += 1
    for entry in made.entries:
        assert entry.due_by is not None
        here = loads[entry.authority]
        assert all(here[entry.year] - here[year] <= 1 for year in range(2027, entry.due_by.year + 1))
