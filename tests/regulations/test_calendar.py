"""The legal calendar: holidays, decreed days, estimates, and a version that tells one calendar from another."""

from datetime import date

import pytest

from regulations import DecreedDay, calendar_for, compute, load
from regulations.values import Country

RULES = load("kz-109-2008-accreditation")
KZ = calendar_for("KZ")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2010, 3, 19), True),
        (date(2010, 3, 20), False),
        (date(2010, 3, 22), False),
        (date(2010, 3, 24), False),
        (date(2010, 3, 25), True),
        (date(2017, 3, 18), True),
        (date(2017, 3, 20), False),
        (date(2018, 3, 3), True),
        (date(2018, 3, 9), False),
        (date(2013, 12, 28), True),
        (date(2014, 1, 3), False),
    ],
)
def test_days_of_kazakhstan(day: date, works: bool) -> None:
    assert KZ.is_working_day(day) is works


@pytest.mark.parametrize(("language", "name"), [("en", "Nowruz Holiday"), ("kk", "Наурыз мейрамы"), ("ru", "Nowruz Holiday")])
def test_a_holiday_has_its_name_and_english_where_there_is_none(language: str, name: str) -> None:
    assert KZ.holiday_name(date(2012, 3, 22), language) == name
    assert KZ.holiday_name(date(2012, 3, 26), language) is None


def test_an_estimated_holiday_makes_the_date_an_estimate() -> None:
    """Kurban Ait of 2026 is expected on Wednesday 27 May; the moon may make it a day earlier or later."""
    assert KZ.is_estimated(date(2026, 5, 27))
    near, far = compute(RULES, "visit_report", date(2026, 5, 25)), compute(RULES, "visit_report", date(2026, 6, 1))
    assert (near.due_on, near.estimated, near.steps[-2].what) == (date(2026, 5, 29), True, "estimated")
    assert (far.due_on, far.estimated) == (date(2026, 6, 4), False)


@pytest.mark.parametrize("country", ["KZ", "KG"])
def test_a_decree_moves_days_and_makes_another_calendar(country: Country) -> None:
    off = DecreedDay(date=date(2026, 6, 8), kind="off", instrument="Decree 1")
    work = DecreedDay(date=date(2026, 6, 6), kind="work", instrument="Decree 1")
    plain, decreed = calendar_for(country), calendar_for(country, (off, work))
    assert [plain.is_working_day(day.date) for day in (off, work)] == [True, False]
    assert [decreed.is_working_day(day.date) for day in (off, work)] == [False, True]
    assert decreed.holiday_name(off.date) == "Decree 1"
    assert decreed.version != plain.version
    assert decreed.version == calendar_for(country, (work, off)).version


def test_a_computation_names_its_calendar() -> None:
    decreed = calendar_for("KZ", (DecreedDay(date=date(2009, 6, 11), kind="off", instrument="Decree 2"),))
    moved = compute(RULES, "duplicate", date(2009, 6, 1), calendar=decreed)
    assert (moved.due_on, moved.calendar_version) == (date(2009, 6, 12), decreed.version)
    assert compute(RULES, "duplicate", date(2009, 6, 1)).calendar_version == KZ.version != decreed.version


def test_an_empty_stretch_has_no_working_days() -> None:
    assert KZ.working_days_between(date(2010, 3, 25), date(2010, 3, 24)) == 0
    assert KZ.working_days_between(date(2010, 3, 20), date(2010, 3, 24)) == 0
