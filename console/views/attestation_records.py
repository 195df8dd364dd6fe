"""One year, proposal, organisation, attestation, each on its page; of an attestation what each control has found."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console import labels, records, tables
from console.bars import bar
from console.client import together
from console.tables import Found, Table, asked, link, tag
from console.views.attestation import name_of, rows_of, stage, word_of
from console.views.cases import offered
from console.visit import SignedIn, Visit

router = APIRouter()


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
    heads, rows = rows_of(visit, Found(places, None, names))
    if data["placed"] < data["entries"]:
        shown["notices"].append((visit._("Its recording broke off: send the same approval again, and it goes on."), "bad"))
    changed = [
        [name_of(visit, names, each), visit.date(each["starts_on"]) if each.get("starts_on") else visit._("left out"), each["reason"]]
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
            name_of(visit, found.names, each),
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
    heads, rows = rows_of(visit, Found(held, None, names))
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
        link(visit, f"attestation/organisations/{data['institution_id']}", name_of(visit, names, data)),
        *(link(visit, f"records/{path}/{attestation_id}", title) for path, (answer, title) in ways.items() if answer is not None),
    ]
    known = decided.data if decided is not None else None
    shown["facts"] = [
        (visit._("Where it stands"), stage(visit, known["stage"] if known else data["stage"])),
        (visit._("Decision"), word_of(visit, known, "decision") if known and known["decision"] else ""),
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
