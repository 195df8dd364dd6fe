"""Panels of experts: who sits in them, what speaks against whom, objections, those who left and who took their seats; and the pool."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console import labels, tables
from console.client import together
from console.i18n import N_
from console.nav import STAFF
from console.views import papers
from console.visit import SignedIn

router = APIRouter()

FILTERS = ("stage", "standing", "institution_id", "sort")
STAGES = {
    "opened": N_("panel to be formed"),
    "panel_formed": N_("panel formed"),
    "announced": N_("visit announced"),
    "started": N_("visit under way"),
    "interrupted": N_("visit broken off"),
    "completed": N_("report to be written"),
    "reported": N_("report handed in"),
}
STANDINGS = {"open": (N_("goes on"), ""), "suspended": (N_("suspended"), "soon"), "closed": (N_("closed"), "quiet")}
GROUNDS = {
    "affiliation": N_("bound to the institution"),
    "employment": N_("works there, or worked there too lately"),
    "coordination": N_("coordinates the case"),
    "earlier_visit": N_("sat in an earlier panel there"),
}
_REPLACED = "ExpertReplaced"
_COLUMNS = ("case_id", "institution_id", "rulebook_id", "stage", "round", "standing", "opened_on", "starts_on", "ends_on", "submitted_on")


@router.get("/{language}/panels")
async def panels(visit: SignedIn, cursor: str | None = None) -> Response:
    """The visits with their panels that this person may see."""
    given = tables.asked(visit, *FILTERS)
    page = await visit.services.get("visits", "/v1/visits", cursor=cursor, **({"sort": "-opened_on"} | given))
    items = page.data["items"]
    return visit.page(
        "council/panels.html.jinja",
        items=items,
        following=page.data.get("next"),
        names=await visit.names.institutions([*(each["institution_id"] for each in items), given.get("institution_id")]),
        books=tables.books(each["rulebook_id"] for each in items),
        asked=dict.fromkeys(FILTERS, "") | given,
        narrowed=any(name in given for name in ("stage", "standing", "institution_id")),
        stages=STAGES,
        standings=STANDINGS,
        words=labels,
        title=tables.title_of,
        staff=visit.person.has(*STAFF),
    )


@router.get("/{language}/panels.{extension}")
async def panels_as_file(visit: SignedIn, extension: tables.Kind) -> Response:
    """The same list for spreadsheets and programs."""
    return await tables.twin(visit, "visits", "/v1/visits", FILTERS, "panels", extension, columns=_COLUMNS, sort="-opened_on")


@router.get("/{language}/panels/{case_id}")
async def panel(visit: SignedIn, case_id: str) -> Response:
    """One panel. Names, and what speaks against an expert, are the agency's own people's to read."""
    path = f"/v1/visits/{case_id}"
    found = (await visit.services.get("visits", path)).data
    staff = visit.person.has(*STAFF)
    objections, pool, history, doing, names = await together(
        visit.services.find("visits", f"{path}/objections"),
        tables.whole(visit, "visits", "/v1/experts", most=tables.MOST) if staff else _nobody(),
        visit.services.find("visits", f"{path}/history"),
        papers.doing(visit, "visits", path, found, back=f"panels/{case_id}"),
        visit.names.institutions([found["institution_id"]]),
    )
    seated = {each["expert_id"] for each in found["panel"]}
    return visit.page(
        "council/panel.html.jinja",
        one=found,
        book=tables.books([found["rulebook_id"]]).get(found["rulebook_id"]),
        names=names,
        people={each["expert_id"]: each for each in pool},
        objections=list(objections.data) if objections else [],
        replaced=replaced(history.data if history else []),
        free=[(each, bound(each, found["institution_id"])) for each in pool if each["expert_id"] not in seated],
        stages=STAGES,
        standings=STANDINGS,
        grounds=GROUNDS,
        doing=doing,
        entries=tables.entries(visit, "visits", history.data if history else [], found["rulebook_id"]),
        words=labels,
        title=tables.title_of,
        staff=staff,
    )


async def _nobody() -> list[dict[str, Any]]:
    return []


def replaced(history: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """Who took whose seat and when, in the order of the events."""
    return [
        {"expert_id": each["data"]["expert_id"], "successor": each["data"]["successor"]["expert_id"], "on": each["data"].get("replaced_on")}
        for each in history
        if each["type"] == _REPLACED
    ]


def bound(expert: Mapping[str, Any], institution: str) -> str:
    """What binds an expert of the pool to the institution by what the pool says; the check of the service says the rest."""
    if institution in expert["affiliations"]:
        return "affiliation"
    return "employment" if any(job["institution_id"] == institution for job in expert["employments"]) else ""


@router.get("/{language}/pool")
async def pool(visit: SignedIn, cursor: str | None = None) -> Response:
    """The pool of experts."""
    page, begins = await together(
        visit.services.get("visits", "/v1/experts", cursor=cursor), papers.may_begin(visit, "visits", "register_expert")
    )
    items = page.data["items"]
    bound_to = [each for one in items for each in (*one["affiliations"], *(job["institution_id"] for job in one["employments"]))]
    return visit.page(
        "council/pool.html.jinja",
        items=items,
        following=page.data.get("next"),
        names=await visit.names.institutions(bound_to),
        begins=begins,
        words=labels,
    )
