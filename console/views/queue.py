"""The work queue: what is due, by when, who is waited on. The same list as CSV, JSON and a calendar."""

import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import orjson
from fastapi import APIRouter
from icalendar import Calendar, Event
from starlette.responses import Response

from console import deadlines
from console.client import together
from console.visit import SignedIn, Visit

router = APIRouter()

FILTERS = ("binds", "institution_id", "case_id", "source")
_OPEN = ("missed", "open", "suspended")
_PAGE = 200
_MOST = 10_000


def _filters(visit: Visit) -> dict[str, Any]:
    return {name: given[:80] for name in FILTERS if (given := visit.request.query_params.get(name, "").strip())}


@router.get("/{language}/queue")
async def queue(visit: SignedIn, cursor: str | None = None) -> Response:
    """By due day, in groups; filters in the query string."""
    asked = _filters(visit)
    first = [] if cursor else ["missed", "suspended"]
    now, page, *others = await together(
        visit.now(),
        visit.services.get("monitoring", "/v1/deadlines", state="open", limit=_PAGE, cursor=cursor, **asked),
        *(visit.services.items("monitoring", "/v1/deadlines", state=state, **asked) for state in first),
    )
    items = [*(each for other in others for each in other), *page.data["items"]]
    groups = deadlines.grouped(items, now)
    names = await visit.names.institutions(each["institution_id"] for each in items)
    parties = {one.item["binds"]: one.party for dues in groups.values() for one in dues}
    institutions = {each["institution_id"]: names.get(each["institution_id"], {}) for each in items}
    return visit.page(
        "queue/queue.html.jinja",
        groups=groups,
        titles=deadlines.GROUPS,
        names=names,
        asked=dict.fromkeys(FILTERS) | asked,
        narrowed=bool(asked),
        parties=parties,
        institutions=institutions,
        following=page.data.get("next"),
        total=len(items),
    )


async def _whole(visit: Visit) -> tuple[datetime, list[deadlines.Due], dict[str, Any]]:
    asked = _filters(visit)
    listed = (visit.services.items("monitoring", "/v1/deadlines", most=_MOST, state=state, **asked) for state in _OPEN)
    now, *found = await together(visit.now(), *listed)
    dues = [deadlines.due(item, now) for items in found for item in items]
    names = await visit.names.institutions(one.item["institution_id"] for one in dues)
    return now, sorted(dues, key=lambda one: (one.due_on, one.item["deadline_id"])), names


def _in(names: Any, language: str, otherwise: str) -> str:
    return str((names or {}).get(language) or (names or {}).get("ru") or (names or {}).get("en") or otherwise)


def _row(one: deadlines.Due, names: dict[str, Any], language: str) -> dict[str, Any]:
    item = one.item
    return {
        "due_on": item["due_on"],
        "group": one.group,
        "working_days_left": one.days_left,
        "days_late": one.days_late,
        "what": _in(one.names, language, item["rule"]),
        "clause": item["clause"] or "",
        "waiting_on": _in(one.party, language, item["binds"]),
        "institution_id": item["institution_id"],
        "institution": _in(names.get(item["institution_id"]), language, item["institution_id"]),
        "case_id": item["case_id"],
        "deadline_id": item["deadline_id"],
        "rulebook": item["rulebook"]["id"],
        "state": item["state"],
    }


def _file(content: str | bytes, name: str, media: str) -> Response:
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/{language}/queue.csv")
async def queue_as_csv(visit: SignedIn) -> Response:
    """A table for spreadsheets, with a byte order mark so that they read its alphabet."""
    _, dues, names = await _whole(visit)
    rows = [_row(one, names, visit.language) for one in dues]
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["due_on"])
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return _file("\ufeff" + out.getvalue(), "queue.csv", "text/csv; charset=utf-8")


def _harmless(value: Any) -> Any:
    """A cell that a spreadsheet would take for a formula is made text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


@router.get("/{language}/queue.json")
async def queue_as_json(visit: SignedIn) -> Response:
    """For programs."""
    _, dues, names = await _whole(visit)
    return Response(orjson.dumps({"items": [_row(one, names, visit.language) for one in dues]}), media_type="application/json")


@router.get("/{language}/queue.ics")
async def queue_as_calendar(visit: SignedIn) -> Response:
    """Whole-day entries with stable ids. A convenience: the notice is never the calendar."""
    now, dues, names = await _whole(visit)
    calendar = Calendar()
    calendar.add("prodid", "-//Kepil//queue//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", visit._("Work queue"))
    for one in dues:
        row = _row(one, names, visit.language)
        entry = Event()
        entry.add("uid", f"{row['deadline_id']}@{visit.person.agency}.kepil")
        entry.add("sequence", one.item["version"])
        entry.add("dtstamp", now)
        entry.add("dtstart", one.due_on)
        entry.add("dtend", one.due_on + timedelta(days=1))
        entry.add("summary", f"{row['what']} – {row['institution']}")
        entry.add("description", f"{row['waiting_on']} · {row['clause']}")
        entry.add("url", visit.absolute(visit.url(f"cases/{row['case_id']}") + f"#{one.anchor}"))
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return _file(calendar.to_ical(), "queue.ics", "text/calendar; charset=utf-8")
