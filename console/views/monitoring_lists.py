"""The agency's follow-ups, plans and cycles as lists: who is late, what comes, where each stands; as CSV and JSON too."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import labels, tables
from console.i18n import N_
from console.tables import Filter, Table, asked, link, tag
from console.visit import SignedIn, Visit

router = APIRouter()

PICTURE = "/v1/follow-up-picture"
TABS = [
    ("monitoring", N_("At one look")),
    ("monitoring/late", N_("Who is late")),
    ("monitoring/due", N_("What comes next")),
    ("monitoring/follow-ups", N_("Follow-ups")),
    ("monitoring/plans", N_("Plans of measures")),
    ("monitoring/cycles", N_("Cycles")),
]
NARROWING = ("institution_id", "rulebook_id")
#: Where a plan or a cycle stands, by the words of the service.
STAGES = {
    "awaited": N_("awaited"),
    "submitted": N_("submitted"),
    "changes_requested": N_("changes are asked for"),
    "reviewed": N_("reviewed"),
    "report_due": N_("the report is due"),
    "under_study": N_("the report is studied"),
    "returned": N_("sent back"),
    "studied": N_("studied"),
    "visit": N_("a visit follows"),
    "no_visit": N_("no visit"),
    "assessed": N_("assessed"),
    "not_positive": N_("not positive"),
    "accepted": N_("accepted"),
    "ruled": N_("the director has ruled"),
    "before_council": N_("before the council"),
    "closed": N_("closed"),
}
#: Lists with a page and twins: the service's path, its filters, what it is called.
LISTS = {
    "late": (f"{PICTURE}/late", ("binds", "rule", *NARROWING), N_("Who is late")),
    "due": (f"{PICTURE}/due", ("within", "what", *NARROWING), N_("What comes next")),
    "follow-ups": (
        "/v1/follow-ups",
        ("kind", "status", "classified", "ended", "valid_before", "certificate_id", *NARROWING),
        N_("Follow-ups"),
    ),
    "plans": ("/v1/plans", ("followup_id", "institution_id", "stage"), N_("Plans of measures")),
    "cycles": ("/v1/cycles", ("stage", "late", "followup_id", *NARROWING), N_("Cycles")),
}
_NEXT = {
    "late": N_("Whoever does not do in time what a regulation on follow-up asks for is named here from the next day on."),
    "due": N_("Deadlines and the windows of cycles appear here as soon as a follow-up has one."),
    "follow-ups": N_("A follow-up opens by itself when a certificate is issued, imported or recorded whose rulebook is followed up."),
    "plans": N_("A plan appears here when a follow-up begins to wait for one."),
    "cycles": N_("A cycle opens by itself some time before its report is due."),
}
_EMPTY = {
    "late": N_("Nobody is late."),
    "due": N_("Nothing comes due in this time."),
    "follow-ups": N_("There is no follow-up yet."),
    "plans": N_("No plan is awaited yet."),
    "cycles": N_("No cycle has opened yet."),
}


def empty(visit: Visit, name: str) -> str:
    """Why a list has nothing."""
    return visit._(_EMPTY[name])


def next_step(visit: Visit, name: str) -> str:
    """What brings something into a list."""
    return visit._(_NEXT[name])


def stage(visit: Visit, word: str | None) -> str:
    """Where something stands, in the language of the visit."""
    return visit._(STAGES[word]) if word in STAGES else labels.value("stage", word or "–", visit.language)


@router.get("/{language}/monitoring/{name}.{kind}")
async def list_as_file(visit: SignedIn, name: str, kind: tables.Kind) -> Response:
    """A whole list as CSV or JSON, with the filters of its page."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, _ = LISTS[name]
    return await tables.twin(visit, "monitoring", path, filters, name, kind)


@router.get("/{language}/monitoring/{name}")
async def show_list(visit: SignedIn, name: str) -> Response:
    """One of the lists; filters in the address."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, title = LISTS[name]
    given = asked(visit, *filters)
    found = await tables.found(visit, "monitoring", path, **given)
    make = {"late": _late_list, "due": _due_list, "follow-ups": _followup_list, "plans": _plan_list, "cycles": cycle_list}[name]
    heads, rows = make(visit, found)
    narrowed = bool(given)
    return visit.page(
        "agency/list.html.jinja",
        title=visit._(title),
        area=visit._("Follow-up after accreditation"),
        tabs=TABS,
        path=f"monitoring/{name}",
        note="",
        fields=[*filters_of(visit, found.items, found.names), *_own_filters(visit, name, found)],
        given=given,
        table=Table(visit._(title), heads, rows, visit._("Nothing fits what you asked for.") if narrowed else visit._(_EMPTY[name])),
        next_step=next_step(visit, name),
        following=found.following,
        forms=("csv", "json"),
    )


def _own_filters(visit: Visit, name: str, found: tables.Found) -> list[Filter]:
    if name == "late":
        words = sorted({each["binds"] for each in found.items} | set(asked(visit, "binds").values()))
        return (
            [Filter("binds", visit._("Waiting on"), [(each, labels.value("binds", each, visit.language)) for each in words])]
            if words
            else []
        )
    if name == "due":
        days = [(str(each), visit.ngettext("%(num)s day", "%(num)s days", each)) for each in (30, 90, 365, 730)]
        what = [("deadline", visit._("deadlines")), ("window", visit._("windows that open"))]
        return [Filter("within", visit._("Within"), days), Filter("what", visit._("What"), what)]
    if name == "follow-ups":
        ended = [("false", visit._("open")), ("true", visit._("ended"))]
        words = sorted({each["status"] for each in found.items} | set(asked(visit, "status").values()))
        status = [(each, labels.value("status", each, visit.language)) for each in words]
        return [Filter("ended", visit._("Follow-up"), ended), *([Filter("status", visit._("Certificate"), status)] if status else [])]
    words = sorted({each["stage"] for each in found.items} | set(asked(visit, "stage").values()))
    return (
        [Filter("stage", visit._("Where it stands"), [(each, stage(visit, each)) for each in words])] if words and name == "cycles" else []
    )


def _institution(visit: Visit, found: tables.Found, item: Mapping[str, Any]) -> Any:
    return visit.named(found.names.get(item["institution_id"]), item["institution_id"])


def _certificate(item: Mapping[str, Any], visit: Visit) -> str:
    return " · ".join(filter(None, (item["number"], item["programme"]))) or visit._("without a number")


def _late_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Due"), visit._("What"), visit._("Institution"), visit._("Waiting on"), visit._("Clause")]
    rows = [
        [
            visit.date(each["due_on"]) + " " + tag(visit.ngettext("%(num)s day late", "%(num)s days late", each["late_days"]), "late"),
            link(visit, f"monitoring/follow-ups/{each['followup_id']}", visit.named(each["names"], each["rule"])),
            _institution(visit, found, each) + " " + _certificate(each, visit),
            tables.party(each, visit),
            tables.clause(each["clause"]),
        ]
        for each in found.items
    ]
    return heads, rows


def _due_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Day"), visit._("What"), visit._("Institution"), visit._("Waiting on"), visit._("Clause")]
    rows = []
    for each in found.items:
        name = visit.named(each["names"], each["rule"] or visit._("the next cycle"))
        opens = tag(visit._("a window opens"), "quiet") if each["what"] == "window" else tag(visit._("deadline"), "soon")
        where = link(visit, f"monitoring/follow-ups/{each['followup_id']}", name)
        rows.append(
            [
                visit.date(each["on"]),
                where + " " + opens,
                _institution(visit, found, each),
                tables.party(each, visit),
                tables.clause(each["clause"]),
            ]
        )
    return heads, rows


def _followup_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [
        visit._("Certificate"),
        visit._("Institution"),
        labels.field("kind", visit.language),
        visit._("Certificate's state"),
        labels.field("valid_until", visit.language),
        visit._("Follow-up"),
    ]
    rows = [
        [
            link(visit, f"monitoring/follow-ups/{each['followup_id']}", _certificate(each, visit)),
            _institution(visit, found, each),
            word_of(visit, each, "kind", each["kind"]) if each["kind"] else tag(visit._("of no kind yet"), "soon"),
            word_of(visit, each, "status", each["status"]),
            visit.date(each["valid_until"]),
            tag(visit._("ended"), "quiet") if each["ended_on"] else tag(visit._("open"), "good"),
        ]
        for each in found.items
    ]
    return heads, rows


def _plan_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Institution"), visit._("Where it stands"), visit._("Awaited since"), visit._("Submitted"), visit._("Measures")]
    rows = [
        [
            link(visit, f"monitoring/plans/{each['plan_id']}", _institution(visit, found, each)),
            stage(visit, each["stage"]),
            visit.date(each["awaited_on"]),
            visit.date(each["submitted_on"]),
            each["measures"],
        ]
        for each in found.items
    ]
    return heads, rows


def cycle_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    """Cycles as rows of a table."""
    heads = [visit._("Cycle"), visit._("Institution"), visit._("Where it stands"), visit._("Period"), visit._("Submitted")]
    rows = []
    for each in found.items:
        late = tag(visit.ngettext("%(num)s day late", "%(num)s days late", each["late_days"]), "late") if each["late_days"] else ""
        period = visit.date(each["period_from"]) + " – " + visit.date(each["period_until"])
        number = link(visit, f"monitoring/cycles/{each['cycle_id']}", visit._("Cycle %(number)s", number=each["cycle"]))
        rows.append(
            [number, _institution(visit, found, each), stage(visit, each["stage"]), period, visit.date(each["submitted_on"]) + " " + late]
        )
    return heads, rows


def filters_of(visit: Visit, items: list[dict[str, Any]], names: tables.Names) -> list[Filter]:
    """What every list can be narrowed by."""
    books = {each["rulebook_id"] for each in items if each.get("rulebook_id")} | set(asked(visit, "rulebook_id").values())
    institutions = {each["institution_id"] for each in items if each.get("institution_id")} | set(asked(visit, "institution_id").values())
    told = [(each, visit.plain(names.get(each), each)) for each in sorted(institutions)]
    fields = [Filter("rulebook_id", labels.field("rulebook_id", visit.language), tables.rulebooks(visit, stage=books))] if books else []
    return [*fields, *([Filter("institution_id", visit._("Institution"), told)] if told and visit.person.staff else [])]


def word_of(visit: Visit, item: Mapping[str, Any], name: str, word: str | None) -> str:
    """A word of the item's rulebook in the language of the visit."""
    return labels.value(name, word, visit.language, tables.book_of(item)) if word else "–"
