"""The legal calendar: working days of a country and the ends of local days.

A calendar is the pinned `holidays` package overlaid with decreed days and announced religious dates from `calendars/<country>.yaml`.
Its `version` belongs into every recorded deadline, since package and overlay change past and future years: never compute inside a workflow.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

import yaml
from holidays import HolidayBase
from holidays.constants import HOLIDAY_NAME_DELIMITER
from holidays.countries.kazakhstan import Kazakhstan
from holidays.countries.kyrgyzstan import Kyrgyzstan
from pydantic import BaseModel, ConfigDict, model_validator

from regulations.values import Country

FOLDER = Path(__file__).parent / "calendars"
DAY = timedelta(days=1)
IsoDay = date  # for models that have a field `date`
NATIONAL: Mapping[Country, type[HolidayBase]] = {"KZ": Kazakhstan, "KG": Kyrgyzstan}


class DecreedDay(BaseModel):
    """A day moved by decree: a weekday made a day off, or a weekend day made a working day. `dated` is the instrument's own date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: IsoDay
    kind: Literal["off", "work"]
    instrument: str
    dated: IsoDay | None = None

    def __str__(self) -> str:
        """What the instrument does, in a sentence's part."""
        return f"{self.date} {'a day off' if self.kind == 'off' else 'a working day'} ({_cited(self.instrument, self.dated)})"


class AnnouncedDay(BaseModel):
    """A religious holiday that the package only estimates, on the day on which it was announced (the same day, or another)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    estimated: IsoDay
    date: IsoDay
    instrument: str
    dated: IsoDay

    def __str__(self) -> str:
        """What the announcement does, in a sentence's part."""
        moved = "as estimated" if self.date == self.estimated else f"instead of {self.estimated}"
        return f"the religious holiday on {self.date}, {moved} ({_cited(self.instrument, self.dated)})"


def _cited(instrument: str, dated: date | None) -> str:
    return f"{instrument}, {dated}" if dated else instrument


class Overlay(BaseModel):
    """One file of `calendars/`: the working week (ISO weekdays), the decreed days and the announced religious dates of a country."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Country
    working_week: frozenset[int]
    estimate_margin_days: int
    languages: Mapping[str, str]
    decreed: tuple[DecreedDay, ...]
    announced: tuple[AnnouncedDay, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if undated := [str(day.date) for day in self.decreed if day.dated is None]:
            raise ValueError(f"the instrument of {', '.join(undated)} has no date")
        for days in ([day.date for day in self.decreed], [day.estimated for day in self.announced]):
            if len(set(days)) < len(days):
                raise ValueError("a day is decreed, or announced, twice")
        return self


class Calendar:
    """Working days of one country. Years are worked out on first use and kept; a calendar never changes afterwards."""

    def __init__(self, overlay: Overlay, decreed: Iterable[DecreedDay] = (), announced: Iterable[AnnouncedDay] = ()) -> None:
        self.country: Country = overlay.country
        self.working_week = overlay.working_week
        self.estimate_margin = timedelta(days=overlay.estimate_margin_days)
        self._overlay = overlay
        self._decreed = {day.date: day for day in (*overlay.decreed, *decreed)}
        self._announced = {day.estimated: day for day in (*overlay.announced, *announced)}
        self._working: dict[int, frozenset[date]] = {}
        self._estimated: dict[int, frozenset[date]] = {}
        self._names: dict[tuple[int, str], dict[date, str]] = {}
        self.version = self._version()

    def _version(self) -> str:
        moved = sorted((day.date.isoformat(), day.kind, day.instrument) for day in self._decreed.values())
        content: tuple[object, ...] = (sorted(self._overlay.working_week), self._overlay.estimate_margin_days, moved)
        if self._announced:
            content += (sorted((day.estimated.isoformat(), day.date.isoformat(), day.instrument) for day in self._announced.values()),)
        digest = hashlib.sha256(repr(content).encode()).hexdigest()[:12]
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
        certain = self._holidays(year, estimated=False)
        estimated = {day for day in known if day.year == year and known[day] != certain[day]}
        for told in self._announced.values():
            if told.estimated in estimated:
                estimated.discard(told.estimated)
                if told.estimated.isoweekday() in week and not self._names_beside(told.estimated, "en"):
                    working.add(told.estimated)
        working -= {told.date for told in self._announced.values()}
        for day in self._decreed.values():
            if day.date.year == year:
                (working.add if day.kind == "work" else working.discard)(day.date)
        self._estimated[year] = frozenset(estimated)
        self._working[year] = frozenset(working)
        return self._working[year]

    def _names_beside(self, day: date, language: str) -> list[str]:
        """The names of `day` without that of a religious holiday which is only estimated."""
        known, certain = (self._holidays(day.year, language, shown).get(day, "") for shown in (True, False))
        return [name for name in known.split(HOLIDAY_NAME_DELIMITER) if name and name in certain.split(HOLIDAY_NAME_DELIMITER)]

    def _name_told(self, told: AnnouncedDay, language: str) -> str:
        """The religious holiday's name, of which the package knows the day as `told.estimated`, or by now as `told.date`."""
        beside = self._names_beside(told.estimated, language)
        known = self._holidays(told.estimated.year, language, estimated=False)
        names = [name for name in known.get(told.estimated, "").split(HOLIDAY_NAME_DELIMITER) if name and name not in beside]
        return HOLIDAY_NAME_DELIMITER.join(names) or known.get(told.date) or told.instrument

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is a working day: of the working week, no holiday, as moved by decree."""
        working = self._working.get(day.year)
        return day in (working if working is not None else self._year(day.year))

    def is_estimated(self, day: date) -> bool:
        """Whether `day` is a holiday only by an estimate of a religious date that was not announced yet."""
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
            self._names[key] = self._named(day.year, language)
        return self._names[key].get(day)

    def _named(self, year: int, language: str) -> dict[date, str]:
        names = {day: name for day, name in self._holidays(year, language).items() if day.year == year}
        for told in self._announced.values():
            if told.estimated in names:
                names[told.estimated] = HOLIDAY_NAME_DELIMITER.join(self._names_beside(told.estimated, language))
        for told in self._announced.values():
            if told.date.year == year:
                name = self._name_told(told, language)
                beside = names.get(told.date, name)
                names[told.date] = name if beside in ("", name) else HOLIDAY_NAME_DELIMITER.join((beside, name))
        return {day: name for day, name in names.items() if name}

    def moved_between(self, first: date, last: date) -> tuple[str, ...]:
        """What the overlay says of the days from `first` to `last`, each with its instrument, by day."""
        told = [
            (day.date, str(day))
            for day in self._announced.values()
            if first <= max(day.date, day.estimated) and min(day.date, day.estimated) <= last
        ]
        decreed = [(day.date, str(day)) for day in self._decreed.values() if first <= day.date <= last]
        return tuple(text for _, text in sorted([*told, *decreed]))

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
    """The decreed and announced days and the working week kept for a country."""
    return Overlay.model_validate(yaml.load((FOLDER / f"{country}.yaml").read_bytes(), Loader=yaml.CSafeLoader))


@cache
def calendar_for(country: Country, decreed: tuple[DecreedDay, ...] = (), announced: tuple[AnnouncedDay, ...] = ()) -> Calendar:
    """The calendar of a country, with the agency's own adopted `decreed` and `announced` days on top; cached."""
    return Calendar(overlay_of(country), decreed, announced)


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
