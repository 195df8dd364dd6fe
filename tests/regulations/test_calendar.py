"""The legal calendar: holidays, decreed days, estimates, and a version that tells one calendar from another."""

from datetime import date

import pytest
from pydantic import ValidationError

from regulations import AnnouncedDay, DecreedDay, calendar_for, compute, load
from regulations.calendar import Overlay
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


KURBAN_AIT = date(2026, 5, 27)


def announced(on: date, estimated: date = KURBAN_AIT) -> AnnouncedDay:
    return AnnouncedDay(estimated=estimated, date=on, instrument="Announcement No. 5", dated=date(2026, 5, 18))


@pytest.mark.parametrize(
    ("on", "ends"),
    [(KURBAN_AIT, date(2026, 5, 29)), (date(2026, 5, 28), date(2026, 5, 29)), (date(2026, 5, 30), date(2026, 5, 28))],
    ids=["as estimated", "a day later", "on a Saturday"],
)
def test_an_announced_kurban_ait_is_no_estimate_and_moves_a_term_of_working_days(on: date, ends: date) -> None:
    told = calendar_for("KZ", (), (announced(on),))
    assert [told.is_working_day(day) for day in (KURBAN_AIT, on)] == [on != KURBAN_AIT, False]
    assert not told.is_estimated(KURBAN_AIT)
    assert (told.holiday_name(on), told.holiday_name(on, "kk")) == ("Eid al-Adha", "Құрбан айт")
    term = compute(RULES, "visit_report", date(2026, 5, 25), calendar=told)
    assert (term.due_on, term.estimated, term.calendar_version) == (ends, False, told.version)
    assert told.version != KZ.version


def test_a_term_across_the_announced_day_alone_is_moved_by_it() -> None:
    """Three working days from Wednesday 27 May: 28, 29 May and 1 June; with Kurban Ait on Thursday the 28th, 29 May, 1 and 2 June."""
    moved = compute(RULES, "visit_report", KURBAN_AIT, calendar=calendar_for("KZ", (), (announced(date(2026, 5, 28)),)))
    assert (compute(RULES, "visit_report", KURBAN_AIT).due_on, moved.due_on) == (date(2026, 6, 1), date(2026, 6, 2))
    assert "2026-05-28 is not counted (Eid al-Adha)" in [step.text for step in moved.steps]


def test_a_day_that_is_two_holidays_keeps_the_other_when_the_religious_one_is_announced_elsewhere() -> None:
    """In 2028 the estimate falls on Kyrgyzstan's Constitution Day."""
    told = calendar_for("KG", (), (announced(date(2028, 5, 4), date(2028, 5, 5)),))
    assert not told.is_working_day(date(2028, 5, 5))
    assert (told.holiday_name(date(2028, 5, 5)), told.is_estimated(date(2028, 5, 5))) == ("Constitution Day", False)
    assert told.holiday_name(date(2028, 5, 4)) == "May Holidays; Eid al-Adha"


def test_an_announced_day_stays_a_day_off_when_the_package_has_learnt_it() -> None:
    told = calendar_for("KZ", (), (announced(date(2025, 6, 6), date(2025, 6, 7)),))
    assert (told.is_working_day(date(2025, 6, 6)), told.holiday_name(date(2025, 6, 6))) == (False, "Eid al-Adha")
    assert told.holiday_name(date(2025, 6, 7)) is None


def test_a_decree_outranks_an_announcement() -> None:
    worked = DecreedDay(date=date(2026, 5, 28), kind="work", instrument="Decree 3")
    assert calendar_for("KZ", (worked,), (announced(date(2026, 5, 28)),)).is_working_day(date(2026, 5, 28))


def test_what_was_moved_is_told_with_its_dated_instrument() -> None:
    off = DecreedDay(date=date(2026, 5, 29), kind="off", instrument="Decree 1", dated=date(2026, 1, 9))
    told = calendar_for("KZ", (off,), (announced(date(2026, 5, 28)),))
    assert told.moved_between(date(2026, 5, 26), date(2026, 5, 29)) == (
        "the religious holiday on 2026-05-28, instead of 2026-05-27 (Announcement No. 5, 2026-05-18)",
        "2026-05-29 a day off (Decree 1, 2026-01-09)",
    )
    assert told.moved_between(date(2026, 5, 27), date(2026, 5, 27)) == told.moved_between(date(2026, 5, 28), date(2026, 5, 28)) != ()
    assert told.moved_between(date(2026, 5, 30), date(2026, 6, 30)) == told.moved_between(date(2026, 5, 1), date(2026, 5, 26)) == ()


def test_the_kept_data_name_and_date_every_instrument() -> None:
    kept = {"country": "KZ", "working_week": [1, 2, 3, 4, 5], "estimate_margin_days": 1, "languages": {"en": "en_US"}, "decreed": []}
    day = {"date": date(2026, 6, 8), "kind": "off", "instrument": "Decree 1"}
    told = announced(date(2026, 5, 28)).model_dump()
    assert Overlay.model_validate({**kept, "decreed": [{**day, "dated": date(2026, 1, 9)}], "announced": [told]})
    for wrong in ({"decreed": [day]}, {"announced": [told, told]}, {"announced": [{**told, "dated": None}]}):
        with pytest.raises(ValidationError):
            Overlay.model_validate({**kept, **wrong})


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
