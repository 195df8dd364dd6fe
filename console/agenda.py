"""What stands in the calendar: deadlines, visits, meetings of the council, as the services tell them to one person; and its month."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import get_day_names
from icalendar import Calendar, Event
from starlette.responses import Response

from console import deadlines, tables
from console.client import together
from console.i18n import N_
from console.visit import Visit
from regulations import local_date

DAY = timedelta(days=1)
KINDS = {"deadline": N_("Deadline"), "visit": N_("Visit"), "meeting": N_("Meeting of the council")}
WHAT = ("deadline", "visit", "meeting")
_OPEN = ("missed", "open", "suspended")
_LOCALES = {"ky": "ky", "kk": "kk", "ru": "ru", "en": "en_GB"}
#: How far a feed goes back and forward from today.
BEHIND, AHEAD = timedelta(days=92), timedelta(days=550)


@dataclass(frozen=True)
class Entry:
    """One entry; `last` is its last day, `party` who is waited on.

    `uid` is the same for ever, `version` grows with every change of what it is about.
    """

    uid: str
    version: int
    kind: str
    first: date
    last: date
    title: str
    about: str
    path: str
    clause: str = ""
    party: str = ""
    late: bool = False

    def covers(self, day: date) -> bool:
        """Whether it stands on a day."""
        return self.first <= day <= self.last


async def entries(visit: Visit, first: date, last: date, what: Iterable[str] = WHAT) -> list[Entry]:
    """What stands on these days, both included, as far as this person may read it."""
    wanted = set(what)
    read = {"deadline": _deadlines(visit, first, last), "visit": _visits(visit), "meeting": _meetings(visit)}
    chosen = [made for kind, made in read.items() if kind in wanted]
    for kind, made in read.items():
        if kind not in wanted:
            made.close()
    found = [entry for entries in await together(*chosen) for entry in entries]
    shown = [entry for entry in found if entry.first <= last and entry.last >= first]
    return sorted(shown, key=lambda entry: (entry.first, WHAT.index(entry.kind), entry.uid))


async def _deadlines(visit: Visit, first: date, last: date) -> list[Entry]:
    narrow: dict[str, Any] = {"due_after": first - DAY, "due_before": last + DAY}
    now, *listed = await together(
        visit.now(), *(tables.whole(visit, "monitoring", "/v1/deadlines", state=state, **narrow) for state in _OPEN)
    )
    dues = [deadlines.due(item, now) for items in listed for item in items]
    names = await visit.names.institutions(one.item["institution_id"] for one in dues)
    return [of_deadline(visit, one, names) for one in dues]


def of_deadline(visit: Visit, one: deadlines.Due, names: Mapping[str, Mapping[str, str]]) -> Entry:
    """A deadline as an entry of its day."""
    return Entry(
        uid=f"{one.item['deadline_id']}@{visit.person.agency}.kepil",
        version=one.item["version"],
        kind="deadline",
        first=one.due_on,
        last=one.due_on,
        title=visit.plain(one.names, one.item["rule"]),
        about=_name(visit, names, one.item["institution_id"]),
        path=f"queue?case_id={one.item['case_id']}" if not visit.person.staff else f"cases/{one.item['case_id']}#{one.anchor}",
        clause=one.item["clause"] or "",
        party=visit.plain(one.party, one.item["binds"]),
        late=one.group == "overdue",
    )


async def _visits(visit: Visit) -> list[Entry]:
    """Those whose days are set: of accreditations, of follow-ups, of attestations."""
    listed = await together(
        *(tables.whole(visit, "visits", f"/v1/{name}") for name in ("visits", "monitoring-visits", "attestation-visits"))
    )
    names = await visit.names.institutions(each["institution_id"] for items in listed for each in items)
    words = (visit._("Visit of the commission"), visit._("Visit in a follow-up"), visit._("Work of the attestation commission"))
    paths = ("cases/{case_id}", "monitoring/cycles/{cycle_id}", "attestation/{attestation_id}")
    keys = ("case_id", "cycle_id", "attestation_id")
    return [
        Entry(
            uid=f"visit-{each[key]}@{visit.person.agency}.kepil",
            version=each["version"],
            kind="visit",
            first=date.fromisoformat(each["starts_on"]),
            last=date.fromisoformat(each["ends_on"] or each["starts_on"]),
            title=word,
            about=_name(visit, names, each["institution_id"]),
            path=path.format(**each),
        )
        for items, word, path, key in zip(listed, words, paths, keys, strict=True)
        for each in items
        if each["starts_on"]
    ]


async def _meetings(visit: Visit) -> list[Entry]:
    listed = await tables.whole(visit, "council", "/v1/meetings")
    return [
        Entry(
            uid=f"meeting-{each['meeting_id']}@{visit.person.agency}.kepil",
            version=each["version"],
            kind="meeting",
            first=(day := date.fromisoformat(each["held_on"])),
            last=day,
            title=visit._("Meeting of the council"),
            about="",
            path=f"records/council/meetings/{each['meeting_id']}",
        )
        for each in listed
    ]


def _name(visit: Visit, names: Mapping[str, Mapping[str, str]], institution: str) -> str:
    return visit.plain(names.get(institution), institution)


async def today_of(visit: Visit) -> date:
    """The day by which the console's pages go."""
    return local_date(await visit.now(), visit.site.settings.console_zone)


def weeks(month: date) -> list[list[date]]:
    """The days of a month in whole weeks from Monday, with those of its neighbours."""
    return calendar.Calendar(firstweekday=0).monthdatescalendar(month.year, month.month)


def month_of(text: str | None, otherwise: date) -> date:
    """The first day of a month of the address, `2026-11`; of another day's month where it is none."""
    try:
        asked = datetime.strptime(text or "", "%Y-%m").date()
    except ValueError:
        asked = otherwise
    return asked.replace(day=1) if 2000 <= asked.year <= 2100 else otherwise.replace(day=1)


def beside(month: date, step: int) -> date:
    """The first day of the month before or after."""
    return (month + timedelta(days=32)).replace(day=1) if step > 0 else (month - DAY).replace(day=1)


def weekdays(language: str) -> list[tuple[str, str]]:
    """Monday first: short and long."""
    short, long = (get_day_names(width, "stand-alone", _LOCALES[language]) for width in ("abbreviated", "wide"))
    return [(short[number], long[number]) for number in range(7)]


def as_calendar(visit: Visit, found: Iterable[Entry], now: datetime, name: str) -> Response:
    """A file of whole-day entries (RFC 5545) with stable ids, and the version of what they are about as their sequence."""
    made = Calendar()
    made.add("prodid", "-//Kepil//calendar//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Kepil – {visit.person.institution or visit.person.agency}")
    made.add("x-published-ttl", "PT3H")
    for each in found:
        entry = Event()
        entry.add("uid", each.uid)
        entry.add("sequence", each.version)
        entry.add("dtstamp", now)
        entry.add("dtstart", each.first)
        entry.add("dtend", each.last + DAY)
        entry.add("summary", " – ".join(filter(None, (each.title, each.about))))
        waiting = " ".join((visit._("waiting on:"), each.party)) if each.party else ""
        notes = (visit._(KINDS[each.kind]), waiting, each.clause, visit._("A convenience: what binds is the notice, never this calendar."))
        entry.add("description", " · ".join(filter(None, notes)))
        entry.add("url", visit.absolute(f"/{visit.language}/{each.path}"))
        entry.add("transp", "TRANSPARENT")
        made.add_component(entry)
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(made.to_ical(), media_type="text/calendar; charset=utf-8", headers=headers)
