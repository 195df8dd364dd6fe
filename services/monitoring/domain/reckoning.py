"""Days and instants of a deadline's reminders, and the words for a changed calendar. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from regulations import Calendar, Rulebook, end_of_local_day

DAY = timedelta(days=1)


def reminders_by_setting(rules: Rulebook, anchor_on: date, due_on: date) -> tuple[date, ...]:
    """The days of reminders of a last day that the contract sets, at the agency's usual distances."""
    setting = rules.settings.get("reminder_distances")
    distances = setting.value if setting and isinstance(setting.value, tuple) else ()
    return tuple(sorted(day for day in (due_on - int(distance) * DAY for distance in distances) if day > anchor_on))


def kept_distances(reminders: Sequence[date], due_on: date, moved_to: date, today: date) -> tuple[date, ...]:
    """Reminders at their distances from an end that has moved, without those whose day has come."""
    moved = moved_to - due_on
    return tuple(day + moved for day in reminders if day + moved > today)


def reminder_instants(days: Sequence[date], zone: str) -> tuple[datetime, ...]:
    """Reminders go out as their local day begins."""
    return tuple(end_of_local_day(day - DAY, zone) for day in days)


def change_of(calendar: Calendar, previous: str, days: Sequence[date]) -> str:
    """The calendars before and after, and what is announced or decreed by now of the time in which these days lie."""
    told = "; ".join(calendar.moved_between(min(days) - calendar.estimate_margin, max(days) + calendar.estimate_margin))
    return f"The calendar {previous} has become {calendar.version}: {told or 'nothing is announced or decreed of these days'}"
