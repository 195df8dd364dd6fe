"""One follow-up, one plan of measures, one cycle, each on its page."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from chassis.auth import Role
from console import labels, records, tables
from console.client import together
from console.tables import Table, link, tag
from console.views.cases import offered
from console.views.monitoring_lists import PICTURE, cycle_list, empty, next_step, stage
from console.visit import SignedIn, Visit

router = APIRouter()


async def _record(visit: Visit, path: str, back: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """A record, what the page of any record shows of it, and its institution's name."""
    answer = await visit.services.get("monitoring", path)
    data: dict[str, Any] = answer.data
    names, entries, offers = await together(
        visit.names.institutions([data["institution_id"]]),
        tables.history(visit, "monitoring", path),
        offered(visit, "monitoring", data["allowed_actions"], back=back),
    )
    book = tables.book_of(data)
    name = visit.named(names.get(data["institution_id"]), data["institution_id"])
    under = name + (" · " + tables.title_of(book.id, visit.language) if book else "")
    return (
        data,
        {"facts": records.facts(data, visit, names), "entries": entries, "offers": offers, "under": under, "notices": [], "links": []},
        name,
    )


@router.get("/{language}/monitoring/follow-ups/{followup_id}")
async def followup(visit: SignedIn, followup_id: str) -> Response:
    """One follow-up: what is recommended, what comes next, its plan and its cycles."""
    path = f"/v1/follow-ups/{followup_id}"
    data, shown, _ = await _record(visit, path, f"monitoring/follow-ups/{followup_id}")
    cycles, late = await together(
        tables.whole(visit, "monitoring", "/v1/cycles", followup_id=followup_id),
        tables.whole(visit, "monitoring", f"{PICTURE}/late", institution_id=data["institution_id"]),
    )
    mine = tables.Found(late, None)
    shown["links"] = [link(visit, f"monitoring/plans/{data['plan_id']}", visit._("Plan of measures"))] if data["plan_id"] else []
    if visit.person.has(Role.coordinator, Role.director, Role.auditor):
        shown["links"].append(link(visit, f"records/council/certificates/{data['certificate_id']}", visit._("Certificate")))
    shown["notices"] = _needs(visit, data) + [
        (
            visit._(
                "%(what)s: %(days)s days late, due on %(day)s.",
                what=visit.plain(each["names"], each["rule"]),
                days=each["late_days"],
                day=each["due_on"],
            ),
            "bad",
        )
        for each in mine.items
        if each["followup_id"] == followup_id
    ]
    windows = [
        [each["cycle"], visit.instant(each["opens_at"]), visit.date(each["report_due_on"]), visit.date(each["expected_on"])]
        for each in data["windows"]
    ]
    recommended = [
        [
            each["criterion"],
            item["text"],
            visit._("Remark") if item["remark"] else visit._("Recommendation"),
            f"{each['done']} / {each['measures']}",
        ]
        for each in data["criteria"]
        for item in each["recommendations"]
    ]
    _, rows = cycle_list(visit, tables.Found(cycles, None, await visit.names.institutions([data["institution_id"]])))
    under = visit._("This is what the regulation rests on and what it aims at.")
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Follow-up of certificate %(number)s", number=data["number"] or "–"),
        tables=[
            Table(
                visit._("What is recommended"),
                [
                    labels.field("criterion", visit.language),
                    labels.field("text", visit.language),
                    visit._("What"),
                    visit._("measures done / planned"),
                ],
                recommended,
                visit._("Nothing was recommended, or nobody has told it yet."),
            ),
            Table(
                visit._("Cycles"),
                [visit._("Cycle"), visit._("Where it stands"), visit._("Period"), visit._("Submitted")],
                [[row[0], *row[2:]] for row in rows],
                empty(visit, "cycles"),
                next_step(visit, "cycles") if not rows else "",
            ),
            Table(
                visit._("Cycles to come"),
                [visit._("Cycle"), visit._("Opens"), visit._("The report is due"), labels.field("expected_on", visit.language)],
                windows,
                visit._("No cycle is to come."),
            ),
            Table(
                visit._("Grounds and aims"),
                [visit._("Clause"), visit._("What it says")],
                [[tables.clause(each["id"]), _quoted(visit, data, each["id"])] for each in data["basis"]],
                note=under,
            ),
        ],
    )


def _quoted(visit: Visit, data: Mapping[str, Any], clause: str) -> Any:
    text, written = labels.quoted(data["rulebook"]["id"], clause, visit.language)
    return visit.named({written: text})


def _needs(visit: Visit, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = {
        "classification": visit._("Nobody has said yet of what kind this accreditation is: what is due follows from it."),
        "receipt": visit._("The day on which the institution received the certificate is not known yet: the years run from it."),
        "contract": visit._("The contract is not known yet."),
    }
    return [(words[each], "soon") for each in data["needs"] if each in words]


@router.get("/{language}/monitoring/plans/{plan_id}")
async def plan(visit: SignedIn, plan_id: str) -> Response:
    """One plan: its measures with how far they are, what it leaves open."""
    data, shown, _ = await _record(visit, f"/v1/plans/{plan_id}", f"monitoring/plans/{plan_id}")
    shown["links"] = [link(visit, f"monitoring/follow-ups/{data['followup_id']}", visit._("Follow-up"))]
    shown["facts"] = [
        (visit._("Where it stands"), stage(visit, data["stage"])),
        *(row for row in shown["facts"] if row[0] != labels.field("stage", visit.language)),
    ]
    if data["uncovered"]:
        shown["notices"].append((visit._("No measure is planned against: %(names)s.", names=", ".join(data["uncovered"])), "soon"))
    if data["beyond_term"]:
        shown["notices"].append((visit._("Due only after the certificate's end: %(names)s.", names=", ".join(data["beyond_term"])), "soon"))
    kinds = {"done": "good", "under_way": "soon"}
    rows = [
        [
            each["criterion"],
            each["measure"],
            each["responsible"],
            visit.date(each["due_on"]),
            tag(labels.value("progress", each["progress"], visit.language), kinds[each["progress"]])
            if each["progress"]
            else tag(visit._("not begun"), "quiet"),
        ]
        for each in data["planned"]
    ]
    heads = [labels.field(name, visit.language) for name in ("criterion", "measure", "responsible", "due_on", "progress")]
    changes = [[visit.date(each.get("requested_on")), each["changes"]] for each in data["change_requests"]]
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Plan of measures"),
        tables=[
            Table(visit._("Measures"), heads, rows, visit._("The plan has not come yet.")),
            *([Table(visit._("Changes that were asked for"), [visit._("Day"), visit._("What")], changes)] if changes else []),
        ],
    )


@router.get("/{language}/monitoring/cycles/{cycle_id}")
async def cycle(visit: SignedIn, cycle_id: str) -> Response:
    """One cycle: its reports, what the agency made of them, the visit, the findings."""
    data, shown, _ = await _record(visit, f"/v1/cycles/{cycle_id}", f"monitoring/cycles/{cycle_id}")
    held = await visit.services.find("visits", f"/v1/monitoring-visits/{cycle_id}")
    shown["links"] = [link(visit, f"monitoring/follow-ups/{data['followup_id']}", visit._("Follow-up"))]
    if held is not None:
        shown["links"].append(link(visit, f"records/visits/monitoring-visits/{cycle_id}", visit._("Visit")))
    stands = [(visit._("Where it stands"), stage(visit, data["stage"]))]
    if data["late_days"]:
        stands.append(
            (visit._("The last report came"), tag(visit.ngettext("%(num)s day late", "%(num)s days late", data["late_days"]), "late"))
        )
    shown["facts"] = [*stands, *(row for row in shown["facts"] if row[0] != labels.field("stage", visit.language))]
    book = tables.book_of(data)
    reports = [
        [
            each["round"],
            visit.date(each.get("submitted_on") or each.get("received_on")),
            link(visit, f"documents/{each['document']['sha256']}", each["document"]["name"]),
            ", ".join(labels.value("section", word, visit.language, book) for word in each["missing"]) or "–",
        ]
        for each in data["reports"]
    ]
    heads = [visit._("Round"), visit._("Day"), visit._("Report"), visit._("What it lacks")]
    found = [
        [labels.value("criterion", each["criterion"], visit.language, book), each["finding"]]
        for each in (data["assessment"] or {}).get("findings", ())
    ]
    verdicts = [
        [each["recommendation_id"], labels.value("fulfilment", each["fulfilment"], visit.language, book) if each.get("fulfilment") else "–"]
        for each in (data["analysed"] or data["assessment"] or {}).get("verdicts", ())
    ]
    asked_for = [[each["request"], each["what"], visit.date(each["due_on"])] for each in data["requests"]]
    criteria, finding = labels.field("criterion", visit.language), visit._("Finding")
    shown_tables = [Table(visit._("Reports"), heads, reports, visit._("The report has not come yet."))]
    if asked_for:
        shown_tables.append(
            Table(visit._("Information that was asked for"), [visit._("Number"), visit._("What"), visit._("Due")], asked_for)
        )
    if verdicts:
        shown_tables.append(Table(visit._("Verdicts"), [visit._("Recommendation"), visit._("Fulfilment")], verdicts))
    if found:
        shown_tables.append(Table(visit._("Findings"), [criteria, finding], found))
    return visit.page("agency/record.html.jinja", **shown, title=visit._("Cycle %(number)s", number=data["cycle"]), tables=shown_tables)
