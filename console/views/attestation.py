"""State attestation: its years and how even they are, organisations, proposals, and one attestation with what the controls have found."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import labels, tables
from console.bars import bar
from console.i18n import N_
from console.tables import Filter, Found, Table, asked, link, tag
from console.visit import SignedIn, Visit

router = APIRouter()

TABS = [
    ("attestation", N_("Years")),
    ("attestation/attestations", N_("Attestations")),
    ("attestation/organisations", N_("Organisations")),
    ("attestation/proposals", N_("Proposals")),
]
LISTS = {
    "attestations": (
        "/v1/attestations",
        ("stage", "year", "kind", "authority", "institution_id", "schedule_id"),
        N_("Attestations"),
        N_("No attestation stands in a schedule."),
        N_("Attestations come with the approval of a year's schedule, or with an amendment of one."),
    ),
    "organisations": (
        "/v1/attestation-subjects",
        ("due_year", "needs", "level", "authority", "subject"),
        N_("Organisations"),
        N_("No organisation is in the register of the attested."),
        N_("Enter organisations one by one or from a table; schedules are proposed from the register."),
    ),
    "proposals": (
        "/v1/attestation-proposals",
        ("rulebook_id",),
        N_("Proposals"),
        N_("No schedule was proposed yet."),
        N_("A proposal spreads the organisations of the register evenly over the years."),
    ),
}
STAGES = {
    "scheduled": N_("scheduled"),
    "cancelled": N_("cancelled"),
    "closed": N_("closed"),
    "opened": N_("the decision is awaited"),
    "decided": N_("decided"),
    "suspended": N_("the licence is suspended"),
    "suspension_ended": N_("the suspension has ended"),
    "restored": N_("the licence is restored"),
    "referred": N_("referred for deprivation"),
}


def stage(visit: Visit, word: str | None) -> str:
    """Where an attestation or its decision stands."""
    return visit._(STAGES[word]) if word in STAGES else labels.value("stage", word or "–", visit.language)


def word_of(visit: Visit, item: Mapping[str, Any], name: str) -> str:
    """A word of an item, as its rulebook calls it."""
    return labels.value(name, item[name], visit.language, tables.book_of(item)) if item.get(name) else "–"


def name_of(visit: Visit, names: tables.Names, item: Mapping[str, Any]) -> Any:
    """The institution of an item."""
    return visit.named(names.get(item["institution_id"]), item["institution_id"])


@router.get("/{language}/attestation")
async def years(visit: SignedIn) -> Response:
    """The approved years beside each other."""
    found = await tables.whole(visit, "intake", "/v1/attestation-schedules")
    most = max((each["entries"] for each in found), default=0)
    rows = [
        [
            link(visit, f"attestation/years/{each['schedule_id']}", each["year"]),
            link(visit, "attestation/attestations", each["entries"], schedule_id=each["schedule_id"]),
            bar([(each["entries"], "plain")], most),
            each["act"],
            visit.date(each["approved_on"]),
        ]
        for each in sorted(found, key=lambda each: -each["year"])
    ]
    heads = [visit._("Year"), visit._("Attestations"), visit._("Picture"), labels.field("act", visit.language), visit._("Approved")]
    return visit.page(
        "agency/list.html.jinja",
        title=visit._("Schedule of attestation"),
        area=visit._("Attestation"),
        tabs=TABS,
        path="attestation",
        note=visit._("Each year has its schedule, approved by an act; what was changed later stands in each attestation."),
        fields=[],
        given={},
        table=Table(visit._("Approved years"), heads, rows, visit._("No year's schedule is approved yet."), numbers=frozenset({1})),
        next_step=visit._("Propose a schedule from the register of organisations, then approve it year by year."),
        following=None,
        forms=(),
    )


@router.get("/{language}/attestation/{name}.{kind}")
async def list_as_file(visit: SignedIn, name: str, kind: tables.Kind) -> Response:
    """A whole list as CSV or JSON."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, *_ = LISTS[name]
    return await tables.twin(visit, "intake", path, filters, name, kind)


@router.get("/{language}/attestation/attestations")
async def attestations(visit: SignedIn) -> Response:
    """All places in all schedules."""
    return await _list(visit, "attestations")


@router.get("/{language}/attestation/organisations")
async def organisations(visit: SignedIn) -> Response:
    """The register: who falls due by when."""
    return await _list(visit, "organisations")


@router.get("/{language}/attestation/proposals")
async def proposals(visit: SignedIn) -> Response:
    """Proposed schedules."""
    return await _list(visit, "proposals")


async def _list(visit: Visit, name: str) -> Response:
    path, filters, title, why, after = LISTS[name]
    given = asked(visit, *filters)
    found = await tables.found(visit, "intake", path, **given)
    heads, rows = {"attestations": rows_of, "organisations": _organisations, "proposals": _proposals}[name](visit, found)
    return visit.page(
        "agency/list.html.jinja",
        title=visit._(title),
        area=visit._("Attestation"),
        tabs=TABS,
        path=f"attestation/{name}",
        note="",
        fields=_filters(visit, name),
        given=given,
        table=Table(visit._(title), heads, rows, visit._("Nothing fits what you asked for.") if given else visit._(why)),
        next_step=visit._(after),
        following=found.following,
        forms=("csv", "json"),
    )


def _filters(visit: Visit, name: str) -> list[Filter]:
    if name == "attestations":
        stages = [(each, visit._(STAGES[each])) for each in ("scheduled", "cancelled", "closed")]
        return [Filter("year", visit._("Year"), kind="number"), Filter("stage", visit._("Where it stands"), stages)]
    if name == "organisations":
        needs = [("person", visit._("a person must say by when")), ("schedule", visit._("an extraordinary place is needed"))]
        return [Filter("due_year", visit._("Due in the year"), kind="number"), Filter("needs", visit._("What is missing"), needs)]
    return []


def rows_of(visit: Visit, found: Found) -> tuple[list[str], list[list[Any]]]:
    """Attestations as rows of a table."""
    heads = [visit._("Days"), visit._("Institution"), labels.field("kind", visit.language), visit._("Where it stands"), visit._("Told")]
    rows = []
    for each in found.items:
        days = visit.date(each["starts_on"]) + " – " + visit.date(each["ends_on"])
        told = visit.date(each["told_on"]) if each["told_on"] else tag(visit._("not told yet"), "soon")
        late = " " + tag(visit._("too late for its notice"), "late") if each["late"] else ""
        where = link(visit, f"attestation/{each['attestation_id']}", name_of(visit, found.names, each))
        rows.append([days, where, word_of(visit, each, "kind"), stage(visit, each["stage"]), told + late])
    return heads, rows


def _organisations(visit: Visit, found: Found) -> tuple[list[str], list[list[Any]]]:
    heads = [
        visit._("Institution"),
        labels.field("authority", visit.language),
        visit._("Last attested"),
        visit._("Falls due by"),
        visit._("Open attestation"),
    ]
    rows = []
    for each in found.items:
        due = visit.date(each["due_by"]) if each["due_by"] else tag(visit._("a person must say by when"), "soon")
        if each["extraordinary_year"]:
            due += " " + tag(visit._("extraordinary in %(year)s", year=each["extraordinary_year"]), "late")
        if not each["subject"]:
            due = tag(visit._("is not attested"), "quiet")
        known = each["open_attestation_id"]
        rows.append(
            [
                link(visit, f"attestation/organisations/{each['institution_id']}", name_of(visit, found.names, each)),
                each["authority"],
                visit.date(each["last_attested_on"]),
                due,
                link(visit, f"attestation/{known}", visit._("Show")) if known else "–",
            ]
        )
    return heads, rows


def _proposals(visit: Visit, found: Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Years"), visit._("Attestations"), visit._("Already overdue"), visit._("Proposed")]
    rows = [
        [
            link(visit, f"attestation/proposals/{each['proposal_id']}", f"{each['first_year']}–{each['first_year'] + each['years'] - 1}"),
            each["entries"],
            each["overdue"],
            visit.date(each["proposed_on"]),
        ]
        for each in found.items
    ]
    return heads, rows
