"""What the pages of the council, the panels, certificates, letters and documents share: history, actions, files of their lists."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import orjson
from starlette.responses import Response

from chassis.auth import Role
from console import labels, timeline
from console.client import Refused, together
from console.forms_sending import commands
from console.views.cases import Offer, offered
from console.visit import Visit
from regulations.rulebook import Rulebook

#: A file of a list has so many rows at most.
MOST = 10_000


@dataclass(frozen=True)
class Doing:
    """What the person may do to a record: its own actions, and the correction of what was recorded wrongly."""

    offers: list[Offer]
    corrections: list[tuple[str, str]]


async def doing(visit: Visit, service: str, path: str, data: Mapping[str, Any], back: str) -> Doing:
    """What a detail offers, each with the address of its form; the form leads back to `back`."""
    offers = await offered(visit, service, data.get("allowed_actions") or (), back=back)
    if not visit.person.has(Role.director):
        return Doing(offers, [])
    found = [
        (labels.action(each.name, visit.language), visit.url("/".join(["act", service, each.name, *ids]), back=back))
        for each in (await commands(visit, service)).values()
        if each.name.startswith("correct_") and (ids := each.ids_in(f"{path}/corrections")) is not None
    ]
    return Doing(offers, found)


async def history(visit: Visit, service: str, path: str, rulebook: str | None = None) -> list[timeline.Entry]:
    """What has happened to a record, the latest first; nothing where the person may not read it."""
    found = await visit.services.find(service, f"{path}/history")
    return entries(visit, service, found.data if found else [], rulebook)


def entries(visit: Visit, service: str, items: Iterable[Mapping[str, Any]], rulebook: str | None = None) -> list[timeline.Entry]:
    """The events of a history, the latest first."""
    under = [{**each, "rulebook": rulebook} for each in timeline.of_history(items, service)]
    return timeline.entries(under, visit.language, reverse=True)


async def may_begin(visit: Visit, service: str, *names: str) -> list[tuple[str, str]]:
    """Those of the commands that this person's role may begin with: their names and the addresses of their forms."""
    known = await commands(visit, service)
    roles = {str(role) for role in visit.person.roles}
    return [
        (labels.action(name, visit.language), visit.url(f"new/{service}/{name}"))
        for name in names
        if name in known and known[name].roles & roles
    ]


async def found_of(visit: Visit, service: str, path: str, ids: Iterable[str]) -> dict[str, Any]:
    """The details of these ids that the person may read; `path` with `{}` in the id's place."""
    wanted = list(dict.fromkeys(ids))
    answers = await together(*(visit.services.find(service, path.format(each)) for each in wanted))
    return {each: answer.data for each, answer in zip(wanted, answers, strict=True) if answer is not None}


async def listed(visit: Visit, service: str, path: str, **narrowed: Any) -> list[dict[str, Any]]:
    """A list that the page does not depend on; empty where the person may not read it."""
    try:
        return await visit.services.items(service, path, **narrowed)
    except Refused as refused:
        if refused.status in (403, 404):
            return []
        raise


def asked(visit: Visit, names: Iterable[str]) -> dict[str, str]:
    """The filters of the address that say something."""
    return {name: given[:80] for name in names if (given := visit.request.query_params.get(name, "").strip())}


def books(ids: Iterable[str | None]) -> dict[str, Rulebook]:
    """The rulebooks of these ids."""
    return {each: found[0] for each in dict.fromkeys(ids) if each and (found := labels.books(each))}


def book_title(book: Rulebook | None, language: str) -> str:
    """What a rulebook is called."""
    return str(getattr(book.title, language)) if book is not None else ""


def as_file(name: str, extension: str, rows: Sequence[Mapping[str, Any]]) -> Response:
    """The rows of a list for spreadsheets or for programs."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{extension}"'}
    if extension == "json":
        return Response(orjson.dumps({"items": list(rows)}), media_type="application/json", headers=disposition)
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [name])
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=disposition)


def _cell(value: Any) -> Any:
    """A list in one cell; what a spreadsheet would take for a formula is made text."""
    text = "; ".join(str(each) for each in value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t") else text
