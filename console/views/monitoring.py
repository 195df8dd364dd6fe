"""What follows an accreditation: the agency's follow-ups at one look, who is late, what comes; one follow-up, plan, cycle."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console import labels, tables
from console.bars import bar, columns
from console.client import together
from console.i18n import N_
from console.tables import Filter, Table, asked, link, tag
from console.views.monitoring_lists import NARROWING, PICTURE, TABS, empty, filters_of, next_step, word_of
from console.visit import SignedIn, Visit

router = APIRouter()

#: Columns of the years: in time, late, missed.
KINDS = {"good": N_("in time"), "soon": N_("late"), "late": N_("not submitted")}


@router.get("/{language}/monitoring")
async def picture(visit: SignedIn) -> Response:
    """All follow-ups: how many, who is late, what comes due, what waits for a person, the years, the criteria."""
    given = asked(visit, "as_of", *NARROWING)
    narrow: dict[str, Any] = {name: value for name, value in given.items() if name in NARROWING}
    seen, trends, criteria = await together(
        visit.services.get("monitoring", PICTURE, **given),
        visit.services.get("monitoring", f"{PICTURE}/trends", **narrow),
        tables.whole(visit, "monitoring", f"{PICTURE}/recommendations", **narrow),
    )
    names = await visit.names.institutions([given.get("institution_id")])
    data, years = seen.data, trends.data["years"]
    return visit.page(
        "agency/picture.html.jinja",
        tabs=TABS,
        given=given,
        fields=[*filters_of(visit, data["open"], names), Filter("as_of", visit._("As of"), kind="date")],
        awaiting=_awaiting(visit, data["awaiting"], narrow),
        late=_late(visit, data["late"], narrow),
        due=_due(visit, data["due"], narrow),
        open=_open(visit, data["open"], narrow),
        kinds={kind: visit._(name) for kind, name in KINDS.items()},
        picture=columns(
            (
                (str(each["year"]), {"good": each["reports_in_time"], "soon": each["reports_late"], "late": each["reports_missed"]})
                for each in years
            ),
            {kind: visit._(name) for kind, name in KINDS.items()},
        ),
        years=_years(visit, years),
        criteria=_criteria(visit, criteria),
    )


@router.get("/{language}/monitoring.json")
async def picture_as_json(visit: SignedIn) -> Response:
    """The same numbers for programs."""
    seen = await visit.services.get("monitoring", PICTURE, **asked(visit, "as_of", *NARROWING))
    return tables.as_file([seen.data], "monitoring", "json")


def _awaiting(visit: Visit, data: Mapping[str, int], narrow: Mapping[str, str]) -> list[tuple[str, int, str]]:
    ways = {
        "unclassified": visit.url("monitoring/follow-ups", classified="false", ended="false", **narrow),
        "alerted": visit.url("monitoring/late", **narrow),
        "before_council": visit.url("monitoring/cycles", stage="before_council", **narrow),
        "suspended": visit.url("monitoring/follow-ups", status="suspended", ended="false", **narrow),
    }
    words = {
        "unclassified": visit._("of no kind yet: to be classified"),
        "alerted": visit._("late, and the director was told"),
        "before_council": visit._("before the council"),
        "suspended": visit._("with a suspended certificate"),
    }
    return [(words[name], data[name], way) for name, way in ways.items()]


def _late(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    most = max((each["up_to_7"] + each["up_to_30"] + each["over_30"] for each in items), default=0)
    rows = [
        [
            link(visit, "monitoring/late", labels.value("binds", each["binds"], visit.language), binds=each["binds"], **narrow),
            each["up_to_7"],
            each["up_to_30"],
            each["over_30"],
            each["most_days"],
            bar([(each["up_to_7"], "quiet"), (each["up_to_30"], "soon"), (each["over_30"], "late")], most),
        ]
        for each in items
    ]
    heads = [visit._("Waiting on"), visit._("1–7 days"), visit._("8–30 days"), visit._("over 30 days"), visit._("the latest, days"), ""]
    heads[-1] = visit._("Picture")
    return Table(visit._("Who is late"), heads, rows, empty(visit, "late"), numbers=frozenset({1, 2, 3, 4}))


def _due(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    most = max((each["deadlines"] + each["windows"] for each in items), default=0)
    rows = [
        [
            link(visit, "monitoring/due", visit.ngettext("%(num)s day", "%(num)s days", each["days"]), within=each["days"], **narrow),
            each["deadlines"],
            each["windows"],
            bar([(each["deadlines"], "plain"), (each["windows"], "quiet")], most),
        ]
        for each in items
    ]
    heads = [visit._("Within"), visit._("deadlines"), visit._("windows that open"), visit._("Picture")]
    return Table(visit._("What comes next"), heads, rows, numbers=frozenset({1, 2}))


def _open(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    rows = []
    for each in items:
        query = {**narrow, "rulebook_id": each["rulebook_id"], "ended": "false", "status": each["state"]}
        query |= {"kind": each["kind"]} if each["kind"] else {"classified": "false"}
        kind = word_of(visit, each, "kind", each["kind"]) if each["kind"] else tag(visit._("of no kind yet"), "soon")
        regulation = tables.title_of(each["rulebook_id"], visit.language)
        rows.append(
            [
                regulation,
                kind,
                word_of(visit, each, "status", each["state"]),
                link(visit, "monitoring/follow-ups", each["followups"], **query),
            ]
        )
    heads = [
        labels.field("rulebook_id", visit.language),
        labels.field("kind", visit.language),
        visit._("Certificate"),
        visit._("Follow-ups"),
    ]
    return Table(
        visit._("Open follow-ups"),
        heads,
        rows,
        empty(visit, "follow-ups"),
        next_step(visit, "follow-ups") if not rows else "",
        "",
        frozenset({3}),
    )


def _years(visit: Visit, years: list[dict[str, Any]]) -> Table:
    named = {
        "reports_in_time": visit._("Reports in time"),
        "reports_late": visit._("Reports late"),
        "reports_missed": visit._("Reports not submitted"),
        "median_days_late": visit._("Median of days late"),
        "visits": visit._("Visits"),
        "acceptances": visit._("Reports accepted"),
        "rejections": visit._("Reports rejected"),
        "extensions": visit._("Certificates extended"),
        "suspensions": visit._("Certificates suspended"),
        "restorations": visit._("Certificates restored"),
        "revocations": visit._("Certificates withdrawn"),
        "share_fulfilled": visit._("Recommendations fulfilled, percent"),
    }
    rows = []
    for name, title in named.items():
        shown = [each[name] for each in years]
        if name == "share_fulfilled":
            shown = [None if each is None else round(100 * each) for each in shown]
        rows.append([title, *("–" if each is None else each for each in shown)])
    heads = [visit._("What happened"), *(str(each["year"]) for each in years)]
    return Table(visit._("The years in numbers"), heads, rows, numbers=frozenset(range(1, len(heads))))


def _criteria(visit: Visit, items: list[dict[str, Any]]) -> Table:
    most = max((each["recommendations"] + each["remarks"] for each in items), default=0)
    counted = ("recommendations", "remarks", "fulfilled", "partly_fulfilled", "not_fulfilled", "not_judged")
    rows = [
        [
            each["criterion"],
            *(each[name] for name in counted),
            bar(
                [
                    (each["fulfilled"] + each["noted"], "good"),
                    (each["partly_fulfilled"], "soon"),
                    (each["not_fulfilled"], "late"),
                    (each["not_judged"], "quiet"),
                ],
                most,
            ),
        ]
        for each in items
    ]
    heads = [
        labels.field("criterion", visit.language),
        visit._("Recommendations"),
        visit._("Remarks"),
        visit._("fulfilled"),
        visit._("partly fulfilled"),
        visit._("not fulfilled"),
        visit._("not judged yet"),
        visit._("Picture"),
    ]
    return Table(
        visit._("What was recommended, by criterion"), heads, rows, visit._("Nothing was recommended yet."), numbers=frozenset(range(1, 7))
    )
