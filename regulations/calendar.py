"""The legal calendar: working days of a country and the ends of local days.

A calendar is the pinned `holidays` package overlaid with decreed days from `calendars/<country>.yaml`. Its `version` belongs
into every recorded deadline, since the package changes past and future years: never compute inside a workflow.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from holidays import HolidayBase
from holidays.countries.kazakhstan import Kazakhstan
from holidays.countries.kyrgyzstan import Kyrgyzstan
from pydantic import BaseModel, ConfigDict

from regulations.values import Country

FOLDER = Path(__file__).parent / "calendars"
DAY = timedelta(days=1)
NATIONAL: Mapping[Country, type[HolidayBase]] = {"KZ": Kazakhstan, "KG": Kyrgyzstan}


class DecreedDay(BaseModel):
    """A day moved by decree: a weekday made a day off, or a weekend day made a working day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    kind: Literal["off", "work"]
    instrument: str


class Overlay(BaseModel):
    """One file of `calendars/`: the working week (ISO weekdays) and the decreed days of a country."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Country
    working_week: frozenset[int]
    estimate_margin_days: int
    languages: Mapping[str, str]
    decreed: tuple[DecreedDay, ...]


class Calendar:
    """Working days of one country. Years are worked out on first use and kept; a calendar never changes afterwards."""

    def __init__(self, overlay: Overlay, decreed: Iterable[DecreedDay] = ()) -> None:
        self.country: Country = overlay.country
        self.working_week = overlay.working_week
        self.estimate_margin = timedelta(days=overlay.estimate_margin_days)
        self._overlay = overlay
        self._decreed = {day.date: day for day in (*overlay.decreed, *decreed)}
        self._working: dict[int, frozenset[date]] = {}
        self._estimated: dict[int, frozenset[date]] = {}
        self._names: dict[tuple[int, str], dict[date, str]] = {}
        self.version = self._version()

    def _version(self) -> str:
        moved = sorted((day.date.isoformat(), day.kind, day.instrument) for day in self._decreed.values())
        content = repr((sorted(self._overlay.working_week), self._overlay.estimate_margin_days, moved))
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        return f"{self.country}+holidays-{installed('holidays')}+tzdata-{installed('tzdata')}+overlay-{digest}"

    def _holidays(self, year: int, language: str = "en", estimated: bool = True) -> HolidayBase:
        spoken = self._overlay.languages.get(language, self._overlay.languages["en"])
        years = range(year - 1, year + 2)  # a swap across New Year is written in one of the two years only
        return NATIONAL[self.country](years=years, language=spoken, islamic_show_estimated=estimated)  # type: ignore[call-arg]

    def _year(self, year: int) -> frozenset[date]:
        known = self._holidays(year)
        first, past = date(year, 1, 1), date(year + 1, 1, 1)
        days = [first + DAY * offset for offset in range((past - first).days)]
        week = self._overlay.working_week
        working = {day for day in days if (day.isoweekday() in week and day not in known) or day in known.weekend_workdays}
        for day in self._decreed.values():
            if day.date.year == year:
                (working.add if day.kind == "work" else working.discard)(day.date)
        certain = self._holidays(year, estimated=False)
        self._estimated[year] = frozenset(day for day in known if day.year == year and known[day] != certain[day])
        self._working[year] = frozenset(working)
        return self._working[year]

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is a working day: of the working week, no holiday, as moved by decree."""
        working = self._working.get(day.year)
        return day in (working if working is not None else self._year(day.year))

    def is_estimated(self, day: date) -> bool:
        """Whether `day` is a holiday only by an estimate of a religious date."""
        if day.year not in self._estimated:
            self._year(day.year)
        return day in self._estimated[day.year]

    def rests_on_estimate(self, first: date, last: date) -> bool:
        """Whether a shift of an estimated holiday by the margin could touch the days from `first` to `last`."""
        early, late = first - self.estimate_margin, last + self.estimate_margin
        return any(self._has_estimate(year, early, late) for year in range(early.year, late.year + 1))

    def _has_estimate(self, year: int, early: date, late: date) -> bool:
        if year not in self._estimated:
            self._year(year)
        return any(early <= day <= late for day in self._estimated[year])

    def holiday_name(self, day: date, language: str = "en") -> str | None:
        """The holiday, or the decree, that names `day`; English where the language has no list; `None` for ordinary days."""
        if day in self._decreed:
            return self._decreed[day].instrument
        key = (day.year, language)
        if key not in self._names:
            known = self._holidays(day.year, language)
            self._names[key] = {holiday: name for holiday, name in known.items() if holiday.year == day.year}
        return self._names[key].get(day)

    def next_working_day(self, day: date) -> date:
        """`day` itself if it is a working day, else the first one after it."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def add_working_days(self, day: date, amount: int) -> date:
        """The `amount`-th working day after `day` (before it when negative); `day` itself is not counted."""
        step = DAY if amount >= 0 else -DAY
        for _ in range(abs(amount)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie from `start` to `end`, both included; 0 when `end` comes first."""
        return sum(self.is_working_day(start + DAY * offset) for offset in range((end - start).days + 1))


@cache
def overlay_of(country: Country) -> Overlay:
    """The decreed days and the working week kept for a country."""
    return Overlay.model_validate(yaml.load((FOLDER / f"{country}.yaml").read_bytes(), Loader=yaml.CSafeLoader))


@cache
def calendar_for(country: Country, decreed: tuple[DecreedDay, ...] = ()) -> Calendar:
    """The calendar of a country, with the agency's own adopted `decreed` days on top; cached."""
    return Calendar(overlay_of(country), decreed)


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone from the pinned `tzdata` package, whatever the operating system's (Asia/Almaty changed on 1 March 2024)."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def end_of_local_day(day: date, zone: str) -> datetime:
    """24:00 of the local day as an instant in UTC: the first moment that is too late."""
    return datetime.combine(day + DAY, time.min, zone_of(zone)).astimezone(UTC)


def local_date(instant: datetime, zone: str) -> date:
    """The local day of an aware instant; raises `ValueError` for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return instant.astimezone(zone_of(zone)).date()
