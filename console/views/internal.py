"""The agency's monitoring of itself: its regulation and years, the commission, cycles, figures, surveys, measures, the report."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from console import labels, records, tables
from console.bars import bar
from console.client import together
from console.files import Relay
from console.i18n import N_
from console.tables import Filter, Table, asked, link, tag
from console.views.cases import offered
from console.visit import SignedIn, Visit

router = APIRouter()

TABS = [
    ("internal", N_("At one look")),
    ("internal/figures", N_("Figures")),
    ("internal/surveys", N_("Surveys")),
    ("internal/measures", N_("Measures of improvement")),
]
STANDINGS = {"held": (N_("held"), "good"), "open": (N_("under way"), "soon"), "missed": (N_("not held"), "late")}
LISTS = {
    "surveys": (
        "/v1/surveys",
        ("cycle_id", "stage"),
        N_("Surveys"),
        N_("No survey was opened yet."),
        N_("A survey is opened in a cycle, among stakeholders or staff; its links are given out by group."),
    ),
    "measures": (
        "/v1/improvement-measures",
        ("cycle_id", "status", "responsible"),
        N_("Measures of improvement"),
        N_("No measure is planned yet."),
        N_("Measures come from the plan of improvement that follows the report of a cycle."),
    ),
}
_STATUS = {"planned": "quiet", "under_way": "soon", "done": "good", "not_done": "late"}
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


@router.get("/{language}/internal")
async def overview(visit: SignedIn) -> Response:
    """The regulation, its years, the commission, the cycles."""
    procedure, commission, cycles = await together(
        visit.services.find("monitoring", "/v1/internal-monitoring"),
        visit.services.find("monitoring", "/v1/internal-commission"),
        tables.whole(visit, "monitoring", "/v1/internal-cycles"),
    )
    given = procedure.data if procedure else None
    body = commission.data if commission else None
    offers = await offered(visit, "monitoring", (given or {}).get("allowed_actions") or (), back="internal")
    offers += await offered(visit, "monitoring", (body or {}).get("allowed_actions") or (), back="internal")
    notices = []
    if given is None:
        notices.append((visit._("The agency has not adopted a regulation on internal monitoring yet: the director does."), "soon"))
    elif given["warning"]:
        notices.append((visit._("A year has passed since the last final report."), "bad"))
    if given is not None and body is None:
        notices.append((visit._("There is no standing commission yet."), "soon"))
    elif body and body["outsiders"]:
        notices.append((visit._("No longer of the staff: %(names)s.", names=", ".join(body["outsiders"])), "soon"))
    links = [link(visit, path, visit._(title)) for path, title in TABS[1:]]
    if visit.person.has(Role.director) and given is None:
        links.insert(0, link(visit, "new/monitoring/adopt_internal_monitoring", labels.action("adopt_internal_monitoring", visit.language)))
    return visit.page(
        "agency/record.html.jinja",
        title=visit._("Internal monitoring"),
        under=tables.title_of(given["rulebook"]["id"], visit.language) if given else "",
        links=links,
        notices=notices,
        offers=offers,
        facts=records.facts(given, visit, {}) if given else [],
        entries=[],
        tables=[_years(visit, given), _cycles(visit, cycles), _commission(visit, body)],
    )


def _standing(visit: Visit, word: str) -> Any:
    name, kind = STANDINGS[word]
    return tag(visit._(name), kind)


def _years(visit: Visit, given: Mapping[str, Any] | None) -> Table:
    heads = [visit._("Year"), visit._("How it stands"), visit._("Final reports"), visit._("Trainings")]
    rows = [
        [
            each["year"],
            _standing(visit, each["standing"]),
            each["reports"],
            each["trainings"],
        ]
        for each in (given or {}).get("years", ())
    ]
    return Table(
        visit._("Years"), heads, rows, visit._("Years are counted from the adoption of the regulation."), numbers=frozenset({2, 3})
    )


def _stage(visit: Visit, item: Mapping[str, Any]) -> str:
    if item["stage"] == "closed":
        return labels.enumerated("stage", "closed", visit.language) or item["stage"]
    return labels.value("stage", item["stage"], visit.language, tables.book_of(item))


def _cycles(visit: Visit, items: list[dict[str, Any]]) -> Table:
    heads = [visit._("Cycle"), visit._("Where it stands"), visit._("Opened"), visit._("Final report"), visit._("General meeting")]
    rows = [
        [
            link(visit, f"internal/cycles/{each['cycle_id']}", f"{each['year']}/{each['number']}"),
            _stage(visit, each),
            visit.date(each["opened_on"]),
            visit.date(each["finalised_on"]),
            visit.date(each["held_on"]),
        ]
        for each in sorted(items, key=lambda each: (-each["year"], -each["number"]))
    ]
    return Table(visit._("Cycles"), heads, rows, visit._("A cycle opens by itself at the beginning of each year."))


def _commission(visit: Visit, body: Mapping[str, Any] | None) -> Table:
    heads = [visit._("Name"), labels.field("post", visit.language), labels.field("role", visit.language)]
    rows = [
        [each.get("name") or each["staff_id"], each.get("post") or "–", visit._("head") if each.get("head") else visit._("member")]
        for each in (body or {}).get("members", ())
    ]
    return Table(visit._("Commission"), heads, rows, visit._("There is no standing commission yet."))


@router.get("/{language}/internal/cycles/{cycle_id}")
async def internal_cycle(visit: SignedIn, cycle_id: str) -> Response:
    """One cycle: plan, what was collected, findings, the report, measures and their control."""
    path = f"/v1/internal-cycles/{cycle_id}"
    answer = await visit.services.get("monitoring", path)
    data: dict[str, Any] = answer.data
    entries, offers, surveys = await together(
        tables.history(visit, "monitoring", path),
        offered(visit, "monitoring", data["allowed_actions"], back=f"internal/cycles/{cycle_id}"),
        tables.whole(visit, "monitoring", "/v1/surveys", cycle_id=cycle_id),
    )
    book = tables.book_of(data)
    notices = []
    if data["undetermined"]:
        text = visit.ngettext(
            "Of %(num)s earlier recommendation nobody has said how far it is fulfilled.",
            "Of %(num)s earlier recommendations nobody has said how far they are fulfilled.",
            len(data["undetermined"]),
        )
        notices.append((text, "soon"))
    if data["drafts"] and data["missing_sections"]:
        names = ", ".join(labels.value("section", each, visit.language, book) for each in data["missing_sections"])
        notices.append((visit._("The report still lacks: %(names)s.", names=names), "soon"))
    links = [link(visit, "internal", visit._("Internal monitoring"))]
    if data["drafts"]:
        links.append(link(visit, f"internal/cycles/{cycle_id}/report", visit._("Report of the cycle, with pictures")))
    uses = [[labels.value("method", word, visit.language, book), number] for word, number in data["uses"].items()]
    found = [
        [labels.value("kind", each["kind"], visit.language, book), each["text"], ", ".join(each["goals"])] for each in data["findings"]
    ]
    finding = [labels.field("kind", visit.language), labels.field("text", visit.language), visit._("Goals")]
    plan = [
        [each["activity"], each.get("object") or "–", each.get("responsible") or "–", visit.date(each["due_on"])]
        for each in (data["plan"] or {}).get("activities", ())
    ]
    planned = [labels.field(name, visit.language) for name in ("activity", "object", "responsible", "due_on")]
    heads, rows = _measures(visit, data["measures"])
    return visit.page(
        "agency/record.html.jinja",
        title=visit._("Internal monitoring of %(year)s, cycle %(number)s", year=data["year"], number=data["number"]),
        under=tables.title_of(data["rulebook"]["id"], visit.language),
        links=links,
        notices=notices,
        offers=offers,
        facts=[
            (visit._("Where it stands"), _stage(visit, data)),
            *(row for row in records.facts(data, visit, {}) if row[0] != labels.field("stage", visit.language)),
        ],
        entries=entries,
        tables=[
            Table(visit._("Plan"), planned, plan, visit._("The plan is not adopted yet.")),
            Table(
                visit._("What was collected"),
                [labels.field("method", visit.language), visit._("Number")],
                uses,
                visit._("Nothing was collected yet."),
                numbers=frozenset({1}),
            ),
            _surveys(visit, surveys),
            Table(visit._("Findings"), finding, found, visit._("Nothing was found yet.")),
            Table(visit._("Measures of improvement"), heads, rows, visit._("No measure is planned yet.")),
        ],
    )


@router.get("/{language}/internal/cycles/{cycle_id}/report")
async def report(visit: SignedIn, cycle_id: str) -> Response:
    """The report of a cycle as the service shows it: a page that needs nothing else, and may do nothing."""
    path = f"/v1/internal-cycles/{cycle_id}/report"
    opened = visit.services.stream("monitoring", path, headers={"Accept": "text/html"}, language=visit.language)
    source = await opened.__aenter__()

    async def content() -> AsyncGenerator[bytes]:
        async for piece in source.aiter_bytes():
            yield piece

    return Relay(opened, content(), media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _REPORT_POLICY})


@router.get("/{language}/internal/surveys/{survey_id}")
async def survey(visit: SignedIn, survey_id: str) -> Response:
    """One survey: its questions, its links, and what was answered as far as that may be told."""
    path = f"/v1/surveys/{survey_id}"
    answer = await visit.services.get("monitoring", path)
    data: dict[str, Any] = answer.data
    entries, offers, results = await together(
        tables.history(visit, "monitoring", path),
        offered(visit, "monitoring", data["allowed_actions"], back=f"internal/surveys/{survey_id}"),
        visit.services.find("monitoring", f"{path}/results"),
    )
    questions = {each["question_id"]: each for each in data["questions"]}
    shown = []
    for each in results.data["results"] if results else ():
        title = labels.value("group", each["group"], visit.language) if each["group"] else visit._("All groups together")
        rows = [_answered(visit, questions[one["question_id"]], one) for one in each["questions"] if one["question_id"] in questions]
        why = visit._("Too few have answered for this to be told.") if each["suppressed"] else visit._("Nobody has answered yet.")
        heads = [visit._("Question"), visit._("answered"), visit._("mean"), visit._("Answers")]
        shown.append(Table(f"{title} ({each['answers']})", heads, rows, why, numbers=frozenset({1, 2})))
    notices = [(visit._("What was answered is told when the survey takes no more answers."), "")] if data["anonymous"] and not shown else []
    return visit.page(
        "agency/record.html.jinja",
        title=visit.plain(data["title"], survey_id),
        under=visit._("An anonymous survey") if data["anonymous"] else visit._("A survey that is not anonymous"),
        links=[link(visit, f"internal/cycles/{data['cycle_id']}", visit._("Cycle"))],
        notices=notices,
        offers=offers,
        facts=[(visit._("Answers"), data["answers"]), *records.facts(data, visit, {})],
        entries=entries,
        tables=shown,
    )


def _answered(visit: Visit, question: Mapping[str, Any], result: Mapping[str, Any]) -> list[Any]:
    given = {int(value): number for value, number in result["counts"].items()}
    named = dict(enumerate(question.get("choices") or (), 1))
    told = Markup("{}").format("; ".join(result["texts"]))
    for value in sorted(given):
        told += bar([(given[value], "plain")], result["answered"]) + f" {named.get(value, value)}: {given[value]} "
    return [visit.named(question["text"]), result["answered"], result["mean"] or "–", told or "–"]


@router.get("/{language}/internal/{name}.{kind}")
async def list_as_file(visit: SignedIn, name: str, kind: tables.Kind) -> Response:
    """A whole list as CSV or JSON."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, *_ = LISTS[name]
    return await tables.twin(visit, "monitoring", path, filters, name, kind)


@router.get("/{language}/internal/{name}")
async def show_list(visit: SignedIn, name: str) -> Response:
    """Surveys, or measures of improvement."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, title, why, after = LISTS[name]
    given = asked(visit, *filters)
    found = await tables.found(visit, "monitoring", path, **given)
    table = _surveys(visit, found.items) if name == "surveys" else Table(visit._(title), *_measures(visit, found.items))
    why = visit._("Nothing fits what you asked for.") if given else visit._(why)
    states = [(word, labels.enumerated("status", word, visit.language) or visit._("planned")) for word in _STATUS]
    return visit.page(
        "agency/list.html.jinja",
        title=visit._(title),
        area=visit._("Internal monitoring"),
        tabs=TABS,
        path=f"internal/{name}",
        note="",
        fields=[Filter("status", visit._("How it stands"), states)] if name == "measures" else [],
        given=given,
        table=Table(table.title, table.heads, table.rows, why),
        next_step=visit._(after),
        following=found.following,
        forms=("csv", "json"),
    )


def _surveys(visit: Visit, items: list[dict[str, Any]]) -> Table:
    heads = [visit._("Survey"), visit._("Groups"), visit._("How it stands"), visit._("Takes answers until")]
    rows = [
        [
            link(visit, f"internal/surveys/{each['survey_id']}", visit.named(each["title"], each["survey_id"])),
            ", ".join(labels.value("group", word, visit.language) for word in each["groups"]),
            tag(visit._("open"), "good") if each["stage"] == "open" else tag(visit._("closed"), "quiet"),
            visit.date(each["closes_on"]),
        ]
        for each in items
    ]
    return Table(visit._("Surveys"), heads, rows, visit._("No survey was opened yet."))


def _measures(visit: Visit, items: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    heads = [labels.field(name, visit.language) for name in ("measure", "responsible", "due_on")] + [
        visit._("How it stands"),
        visit._("Cycle"),
    ]
    rows = []
    for each in items:
        word = labels.enumerated("status", each["status"], visit.language) or visit._("planned")
        own = " " + tag(visit._("controlled by whoever answers for it"), "soon") if each["own_item"] else ""
        rows.append(
            [
                each["measure"],
                each["responsible"],
                visit.date(each["due_on"]),
                tag(word, _STATUS.get(each["status"], "")) + own,
                link(visit, f"internal/cycles/{each['cycle_id']}", visit._("Show")),
            ]
        )
    return heads, rows
