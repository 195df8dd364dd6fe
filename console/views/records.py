"""Any record of any service on a page of its own, with what may be done to it: for what has no page made for it."""

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from chassis.auth import Role
from console import labels, records
from console.client import Answer
from console.forms_operations import SERVICES
from console.forms_sending import commands
from console.views.actions import page_of
from console.views.cases import offered
from console.visit import SignedIn, Visit

router = APIRouter()


@router.get("/{language}/records/{service}/{path:path}")
async def show(visit: SignedIn, service: str, path: str, cursor: str | None = None) -> Response:
    """A record, or a list of them, as the service tells it to this person."""
    if service not in SERVICES or ".." in path:
        raise HTTPException(404)
    own = page_of(service, f"/v1/{path}")
    if not own.startswith("records/"):
        return RedirectResponse(visit.url(own), 303)
    answer = await visit.services.get(service, f"/v1/{path}", **({"cursor": cursor} if cursor else {}))
    if not isinstance(answer.data, dict):
        raise HTTPException(404)
    if "items" in answer.data:
        return await _list(visit, service, path, answer)
    return await _record(visit, service, path, answer)


async def _list(visit: Visit, service: str, path: str, answer: Answer) -> Response:
    items = answer.data["items"]
    names = await visit.names.institutions(each.get("institution_id") for each in items)
    columns = records.columns(items)
    rows = [
        (records.path_of(path, each), [records.told(visit.language, name, each.get(name), visit, names) for name in columns])
        for each in items
    ]
    heads = [labels.field(name, visit.language) for name in columns]
    return visit.page(
        "forms/records.html.jinja", title=_title(visit, path), service=service, heads=heads, rows=rows, following=answer.data.get("next")
    )


async def _record(visit: Visit, service: str, path: str, answer: Answer) -> Response:
    data: dict[str, Any] = answer.data
    names = await visit.names.institutions([data.get("institution_id")])
    here = f"records/{service}/{path}"
    corrections = [
        each
        for each in (await commands(visit, service)).values()
        if each.name.startswith("correct_") and each.ids_in(f"/v1/{path}/corrections") is not None and visit.person.has(Role.director)
    ]
    return visit.page(
        "forms/record.html.jinja",
        title=_title(visit, path),
        number=records.number_of(data),
        facts=records.facts(data, visit, names),
        lists=records.lists(data, visit, names),
        offers=await offered(visit, service, data.get("allowed_actions") or (), back=here),
        corrections=[
            (
                labels.action(each.name, visit.language),
                "/".join(["act", service, each.name, *(each.ids_in(f"/v1/{path}/corrections") or ())]),
            )
            for each in corrections
        ],
    )


def _title(visit: Visit, path: str) -> str:
    """What the records of a path are."""
    parts = path.split("/")
    known = [part for part in parts if part in labels.words("collections")]
    return labels.collection(known[-1] if known else parts[0], visit.language)
