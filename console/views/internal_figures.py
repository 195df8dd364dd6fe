"""Figures of internal monitoring: what the agency's own events tell of its work in a period."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console import labels, tables
from console.bars import bar
from console.client import Refused
from console.tables import Filter, Table, asked
from console.views.internal import TABS
from console.visit import SignedIn, Visit

router = APIRouter()


@router.get("/{language}/internal/figures")
async def figures(visit: SignedIn) -> Response:
    """What the agency's own events tell of its work in a period."""
    given = asked(visit, "first", "last")
    wrong = None
    try:
        data = (await visit.services.get("monitoring", "/v1/internal-figures", **given)).data
    except Refused as refused:
        if refused.status not in (400, 422):
            raise
        wrong = refused
        data = (await visit.services.get("monitoring", "/v1/internal-figures")).data
    return visit.page(
        "agency/figures.html.jinja",
        status=wrong.status if wrong else 200,
        problem=wrong.problem if wrong else None,
        tabs=TABS,
        given=given,
        fields=[Filter("first", visit._("From"), kind="date"), Filter("last", visit._("To"), kind="date")],
        first=data["first"],
        last=data["last"],
        cases=data["cases"],
        tables=_figures(visit, data),
    )


@router.get("/{language}/internal/figures.json")
async def figures_as_json(visit: SignedIn) -> Response:
    """The same figures for programs."""
    found = await visit.services.get("monitoring", "/v1/internal-figures", **asked(visit, "first", "last"))
    return tables.as_file([found.data], "internal-figures", "json")


def _named(visit: Visit, name: str) -> str:
    known = labels.words("figures").get(name)
    return known[visit.language] if known else labels.humane(name)


def _figures(visit: Visit, data: Mapping[str, Any]) -> list[Table]:
    under = labels.field("rulebook_id", visit.language)

    def book(each: Mapping[str, Any]) -> str:
        return tables.title_of(each["rulebook_id"], visit.language)

    def term(each: Mapping[str, Any]) -> Any:
        found = tables.book_of(each)
        known = found.terms.get(each["rule"]) if found else None
        stage = each["rule"].removeprefix("contract:").partition("/")[0]
        return visit.named(known.names.model_dump()) if known else labels.value("stage", stage, visit.language, found)

    due = [
        [
            term(each),
            tables.clause(each["clause"]),
            each["due"],
            each["met"],
            each["met_late"],
            each["missed"],
            each["open"],
            bar([(each["met"], "good"), (each["met_late"], "soon"), (each["missed"], "late"), (each["open"], "quiet")], each["due"])
            + ("" if each["in_time"] is None else f" {round(100 * each['in_time'])} %"),
        ]
        for each in data["deadlines"]
    ]
    heads = [
        visit._("Deadline"),
        visit._("Clause"),
        visit._("fell due"),
        visit._("in time"),
        visit._("late"),
        visit._("missed"),
        visit._("open"),
        visit._("Kept in time"),
    ]
    shown = [Table(visit._("Deadlines"), heads, due, visit._("No deadline fell due in this period."), numbers=frozenset(range(2, 7)))]
    for name, title in (("stages", visit._("How long stages took")), ("letters", visit._("How long letters took"))):
        most = max((each["longest"] for each in data[name]), default=0)
        rows = [
            [
                _named(visit, each["name"]),
                each["n"],
                f"{each['median']:g}",
                each["p90"],
                each["longest"],
                bar([(each["median"], "plain")], most),
                book(each),
            ]
            for each in data[name]
        ]
        days = [visit._("What"), visit._("Number"), visit._("median, days"), visit._("nine of ten, days"), visit._("longest, days")]
        why = visit._("Nothing of this ended in this period.")
        shown.append(Table(title, [*days, visit._("Picture"), under], rows, why, numbers=frozenset({1, 2, 3, 4})))
    rounds = [[_named(visit, each["name"]), each["n"], f"{each['mean']:.1f}", each["most"]] for each in data["rounds"]]
    heads = [visit._("What"), visit._("Number"), visit._("rounds, mean"), visit._("rounds, most")]
    shown.append(Table(visit._("Rounds"), heads, rounds, visit._("Nothing of this ended in this period."), numbers=frozenset({1, 2, 3})))
    rulings = [
        [
            _named(visit, each["name"]),
            each["filed"],
            ", ".join(f"{_named(visit, word)}: {number}" for word, number in each["outcomes"].items()) or "–",
        ]
        for each in data["rulings"]
    ]
    heads = [visit._("What"), visit._("filed"), visit._("Outcomes")]
    shown.append(Table(visit._("Objections, complaints, appeals"), heads, rulings, visit._("Nothing was filed."), numbers=frozenset({1})))
    shares = [
        [title, each["counted"], each["out_of"], bar([(each["counted"], "plain")], each["out_of"]), book(each)]
        for name, title in (
            ("factual_corrections", visit._("Factual corrections accepted")),
            ("deviations", visit._("Decisions otherwise than the conclusion")),
        )
        for each in data[name]
    ]
    heads = [visit._("What"), visit._("Number"), visit._("of"), visit._("Picture"), under]
    shown.append(Table(visit._("Shares"), heads, shares, visit._("Nothing was decided."), numbers=frozenset({1, 2})))
    return shown
