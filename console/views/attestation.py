"""State attestation: its years and how even they are, organisations, proposals, and one attestation with what the controls have found."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import labels, records, tables
from console.bars import bar
from console.client import together
from console.i18n import N_
from console.tables import Filter, Found, Table, asked, link, tag
from console.views.cases import offered
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


def _word(visit: Visit, item: Mapping[str, Any], name: str) -> str:
    return labels.value(name, item[name], visit.language, tables.book_of(item)) if item.get(name) else "–"


def _name(visit: Visit, names: tables.Names, item: Mapping[str, Any]) -> Any:
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
async def list_as_file(visit: SignedIn, name: str, kind: str) -> Response:
    """A whole list as CSV or JSON."""
    if name not in LISTS or kind not in ("csv", "json"):
        raise HTTPException(404)
    path, filters, *_ = LISTS[name]
    return await tables.twin(visit, await visit.services.items("intake", path, most=tables.MOST, **asked(visit, *filters)), name, kind)


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
    heads, rows = {"attestations": _attestations, "organisations": _organisations, "proposals": _proposals}[name](visit, found)
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


def _attestations(visit: Visit, found: Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Days"), visit._("Institution"), labels.field("kind", visit.language), visit._("Where it stands"), visit._("Told")]
    rows = []
    for each in found.items:
        days = visit.date(each["starts_on"]) + " – " + visit.date(each["ends_on"])
        told = visit.date(each["told_on"]) if each["told_on"] else tag(visit._("not told yet"), "soon")
        late = " " + tag(visit._("too late for its notice"), "late") if each["late"] else ""
        where = link(visit, f"attestation/{each['attestation_id']}", _name(visit, found.names, each))
        rows.append([days, where, _word(visit, each, "kind"), stage(visit, each["stage"]), told + late])
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
                link(visit, f"attestation/organisations/{each['institution_id']}", _name(visit, found.names, each)),
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


async def _shown(visit: Visit, path: str, back: str) -> tuple[dict[str, Any], dict[str, Any], tables.Names]:
    answer = await visit.services.get("intake", path)
    data: dict[str, Any] = answer.data
    names, entries, offers = await together(
        visit.names.institutions([data.get("institution_id")]),
        tables.history(visit, "intake", path),
        offered(visit, "intake", data["allowed_actions"], back=back),
    )
    under = tables.title_of(data["rulebook"]["id"], visit.language)
    shown = {"facts": records.facts(data, visit, names), "entries": entries, "offers": offers, "under": under, "notices": [], "links": []}
    return data, shown, names


@router.get("/{language}/attestation/years/{schedule_id}")
async def year(visit: SignedIn, schedule_id: str) -> Response:
    """The approved schedule of a year with its places."""
    data, shown, _ = await _shown(visit, f"/v1/attestation-schedules/{schedule_id}", f"attestation/years/{schedule_id}")
    places = await tables.whole(visit, "intake", "/v1/attestations", schedule_id=schedule_id)
    names = await visit.names.institutions([each["institution_id"] for each in [*places, *data["changes"]]])
    heads, rows = _attestations(visit, Found(places, None, names))
    if data["placed"] < data["entries"]:
        shown["notices"].append((visit._("Its recording broke off: send the same approval again, and it goes on."), "bad"))
    changed = [
        [_name(visit, names, each), visit.date(each["starts_on"]) if each.get("starts_on") else visit._("left out"), each["reason"]]
        for each in data["changes"]
    ]
    months = [sum(each["starts_on"][5:7] == f"{number:02}" for each in places) for number in range(1, 13)]
    most = max(months, default=0)
    spread = [[f"{number:02}.{data['year']}", count, bar([(count, "plain")], most)] for number, count in enumerate(months, 1) if count]
    shown["links"] = [link(visit, f"attestation/proposals/{data['proposal_id']}", visit._("Proposal"))] if data["proposal_id"] else []
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Schedule of %(year)s", year=data["year"]),
        tables=[
            Table(visit._("By month"), [visit._("Month"), visit._("Attestations"), visit._("Picture")], spread, numbers=frozenset({1})),
            Table(visit._("Attestations"), heads, rows, visit._("No attestation stands in a schedule.")),
            *(
                [Table(visit._("Otherwise than proposed"), [visit._("Institution"), visit._("Day"), visit._("Reason")], changed)]
                if changed
                else []
            ),
        ],
    )


@router.get("/{language}/attestation/proposals/{proposal_id}")
async def proposal(visit: SignedIn, proposal_id: str, cursor: str | None = None) -> Response:
    """One proposal: how even its years are, for each body and in all, and its entries."""
    path = f"/v1/attestation-proposals/{proposal_id}"
    data, shown, _ = await _shown(visit, path, f"attestation/proposals/{proposal_id}")
    found = await tables.found(visit, "intake", f"{path}/entries", limit=200, **asked(visit, "year", "authority"))
    most = max((each["attestations"] for each in data["totals"]), default=0)
    totals = [
        [
            link(visit, f"attestation/proposals/{proposal_id}", each["year"], year=each["year"]),
            each["attestations"],
            bar([(each["attestations"], "plain")], most),
        ]
        for each in data["totals"]
    ]
    spans = sorted({each["year"] for each in data["loads"]})
    loads: dict[str, dict[int, int]] = {}
    for each in data["loads"]:
        loads.setdefault(each["authority"], {})[each["year"]] = each["attestations"]
    by_body = [[body, *(numbers.get(span, 0) for span in spans)] for body, numbers in sorted(loads.items())]
    body = labels.field("authority", visit.language)
    uneven = [
        [each["authority"] or visit._("all together"), each["least"], each["most"], each["year"], each["why"]] for each in data["uneven"]
    ]
    entries = [
        [
            visit.date(each["starts_on"]),
            _name(visit, found.names, each),
            each["authority"],
            labels.value("kind", each["kind"], visit.language),
            visit.date(each["due_by"]),
        ]
        for each in found.items
    ]
    heads = [visit._("Begins"), visit._("Institution"), body, labels.field("kind", visit.language), visit._("Falls due by")]
    if found.following:
        shown["links"] = [link(visit, f"attestation/proposals/{proposal_id}", visit._("Next page"), cursor=found.following)]
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Proposed schedule from %(year)s", year=data["first_year"]),
        tables=[
            Table(visit._("By year"), [visit._("Year"), visit._("Attestations"), visit._("Picture")], totals, numbers=frozenset({1})),
            Table(visit._("By body and year"), [body, *map(str, spans)], by_body, numbers=frozenset(range(1, len(spans) + 1))),
            Table(
                visit._("Where the years are not even"),
                [body, visit._("least"), visit._("most"), visit._("The fullest year"), visit._("Why")],
                uneven,
                visit._("The years differ by no more than a tenth."),
                numbers=frozenset({1, 2}),
            ),
            Table(visit._("Attestations"), heads, entries, visit._("Nothing fits what you asked for.")),
        ],
    )


@router.get("/{language}/attestation/organisations/{institution_id}")
async def organisation(visit: SignedIn, institution_id: str) -> Response:
    """One organisation: by when it falls due and why, its interim controls, its attestations."""
    path = f"/v1/attestation-subjects/{institution_id}"
    data, shown, names = await _shown(visit, path, f"attestation/organisations/{institution_id}")
    held = await tables.whole(visit, "intake", "/v1/attestations", institution_id=institution_id)
    planned, more = data["next_planned"], data["extraordinary"]
    due = visit.date(planned["due_by"]) if planned["due_by"] else tag(visit._("a person must say by when"), "soon")
    shown["facts"] = [(visit._("Falls due by"), due + " " + tables.clause(planned["clause"])), *shown["facts"]]
    if more:
        shown["notices"].append((visit._("An extraordinary attestation is to be scheduled in %(year)s.", year=more["year"]), "bad"))
    controls = [
        [
            each["year"],
            each["took_part"],
            each["failed"],
            bar([(each["took_part"] - each["failed"], "good"), (each["failed"], "late")], each["took_part"]),
            visit._("an extraordinary attestation in %(year)s", year=each["extraordinary_year"]) if each["extraordinary_year"] else "–",
        ]
        for each in data["interim_controls"]
    ]
    heads, rows = _attestations(visit, Found(held, None, names))
    parts = [[each["code"], each["name"]] for each in data["specialties"]]
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit.plain(names.get(institution_id), institution_id),
        tables=[
            Table(visit._("Attestations"), heads, rows, visit._("No attestation stands in a schedule.")),
            Table(
                visit._("Interim state controls"),
                [visit._("Year"), visit._("took part"), visit._("failed"), visit._("Picture"), visit._("What follows")],
                controls,
                visit._("No interim control is recorded."),
                numbers=frozenset({1, 2}),
            ),
            *([Table(labels.field("specialties", visit.language), [visit._("Code"), visit._("Name")], parts)] if parts else []),
        ],
    )


@router.get("/{language}/attestation/{attestation_id}")
async def attestation(visit: SignedIn, attestation_id: str) -> Response:
    """One attestation from its place in the schedule to the decision, with what each control has found."""
    data, shown, names = await _shown(visit, f"/v1/attestations/{attestation_id}", f"attestation/{attestation_id}")
    held, concluded, decided, controls = await together(
        visit.services.find("visits", f"/v1/attestation-visits/{attestation_id}"),
        visit.services.find("visits", f"/v1/attestation-conclusions/{attestation_id}"),
        visit.services.find("council", f"/v1/attestation-decisions/{attestation_id}"),
        tables.whole(visit, "visits", "/v1/controls", attestation_id=attestation_id),
    )
    back = f"attestation/{attestation_id}"
    for service, answer in (("visits", held), ("visits", concluded), ("council", decided)):
        if answer is not None:
            shown["offers"] += await offered(visit, service, answer.data.get("allowed_actions") or (), back=back)
    ways = {
        "visits/attestation-visits": (held, visit._("Commission and its work")),
        "visits/attestation-conclusions": (concluded, visit._("Conclusion")),
        "council/attestation-decisions": (decided, visit._("Decision")),
    }
    shown["links"] = [
        link(visit, f"attestation/organisations/{data['institution_id']}", _name(visit, names, data)),
        *(link(visit, f"records/{path}/{attestation_id}", title) for path, (answer, title) in ways.items() if answer is not None),
    ]
    known = decided.data if decided is not None else None
    shown["facts"] = [
        (visit._("Where it stands"), stage(visit, known["stage"] if known else data["stage"])),
        (visit._("Decision"), _word(visit, known, "decision") if known and known["decision"] else ""),
        *(row for row in shown["facts"] if row[0] != labels.field("stage", visit.language)),
    ]
    if data["late"]:
        shown["notices"].append((visit._("The organisation could not be told in time of its dates."), "bad"))
    asked_for = [
        [
            visit.date(each["requested_on"]),
            each["reasons"],
            visit.date(each["wished_on"]),
            labels.value("answer", each["answer"], visit.language) if each["answer"] else tag(visit._("not answered yet"), "soon"),
        ]
        for each in data["requests"]
    ]
    shown_tables = [_controls(visit, controls)]
    if known and known["measured"]:
        shown_tables.append(_measured(visit, known["measured"]))
    if asked_for:
        heads = [visit._("Day"), visit._("Reason"), visit._("Wished day"), visit._("Answer")]
        shown_tables.append(Table(visit._("Requests for other dates"), heads, asked_for))
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Attestation of %(name)s", name=visit.plain(names.get(data["institution_id"]), data["institution_id"])),
        tables=shown_tables,
    )


def _share(visit: Visit, share: Any, met: bool | None) -> Any:
    """Percents with their bar and whether they are enough; a dash before the control is concluded."""
    if share is None:
        return "–"
    number = float(share)
    word = "" if met is None else tag(visit._("enough") if met else visit._("too few"), "good" if met else "late")
    return bar([(number, "good" if met else "late")], 100) + f" {number:g} % " + word


def _controls(visit: Visit, items: list[dict[str, Any]]) -> Table:
    heads = [visit._("Unit"), labels.field("level", visit.language), visit._("Drawn"), visit._("took part"), visit._("with positive marks")]
    rows = [
        [
            link(visit, f"records/visits/controls/{each['control_id']}", " ".join(filter(None, (each["specialty"], each["unit"])))),
            labels.value("level", each["level"], visit.language, tables.book_of(each)),
            "–" if each["sample"] is None else each["sample"],
            _share(visit, each["participation"], each["participation_met"]),
            _share(visit, each["positive_marks"], each["positive_met"]),
        ]
        for each in items
    ]
    why = visit._("No knowledge was controlled yet.")
    return Table(visit._("Controls of knowledge"), heads, rows, why, numbers=frozenset({2}))


def _measured(visit: Visit, items: list[dict[str, Any]]) -> Table:
    heads = [visit._("What is measured"), visit._("Part"), visit._("of"), visit._("asked, percent"), visit._("Result")]
    rows = [
        [
            visit._("took part") if each["of"].startswith("particip") else visit._("with positive marks"),
            each["part"],
            each["whole"],
            "–" if each["asked"] is None else each["asked"],
            bar([(each["part"], "good" if each["met"] else "late")], each["whole"])
            + " "
            + tag(visit._("enough") if each["met"] else visit._("too few"), "good" if each["met"] else "late"),
        ]
        for each in items
    ]
    return Table(visit._("All controls together"), heads, rows, numbers=frozenset({1, 2, 3}))
