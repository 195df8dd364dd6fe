"""The work queue: what is due, by when, who is waited on. The same list as CSV, JSON and a calendar."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from console import agenda, deadlines, tables
from console.client import together
from console.visit import SignedIn, Visit

router = APIRouter()

FILTERS = ("binds", "institution_id", "case_id", "source")
_OPEN = ("missed", "open", "suspended")
_PAGE = 200


@router.get("/{language}/queue")
async def queue(visit: SignedIn, cursor: str | None = None) -> Response:
    """By due day, in groups; filters in the query string."""
    asked = tables.asked(visit, *FILTERS)
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
    asked = tables.asked(visit, *FILTERS)
    listed = (visit.services.items("monitoring", "/v1/deadlines", most=tables.MOST, state=state, **asked) for state in _OPEN)
    now, *found = await together(visit.now(), *listed)
    dues = [deadlines.due(item, now) for items in found for item in items]
    names = await visit.names.institutions(one.item["institution_id"] for one in dues)
    return now, sorted(dues, key=lambda one: (one.due_on, one.item["deadline_id"])), names


def _row(visit: Visit, one: deadlines.Due, names: dict[str, Any]) -> dict[str, Any]:
    item = one.item
    return {
        "due_on": item["due_on"],
        "group": one.group,
        "working_days_left": one.days_left,
        "days_late": one.days_late,
        "what": visit.plain(one.names, item["rule"]),
        "clause": item["clause"] or "",
        "waiting_on": visit.plain(one.party, item["binds"]),
        "institution_id": item["institution_id"],
        "institution": visit.plain(names.get(item["institution_id"]), item["institution_id"]),
        "case_id": item["case_id"],
        "deadline_id": item["deadline_id"],
        "rulebook": item["rulebook"]["id"],
        "state": item["state"],
    }


@router.get("/{language}/queue.{kind}")
async def queue_as_file(visit: SignedIn, kind: Literal["csv", "json", "ics"]) -> Response:
    """For spreadsheets, for programs, for calendars: there a convenience, for the notice is never the calendar."""
    now, dues, names = await _whole(visit)
    if kind == "ics":
        return agenda.as_calendar(visit, [agenda.of_deadline(visit, one, names) for one in dues], now, "queue")
    return tables.as_file([_row(visit, one, names) for one in dues], "queue", kind)
