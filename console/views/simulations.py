"""Simulations: the scenarios that come with Kepil, and the timeline of one that was played."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from console import labels, rulebook_words, simulations
from console.i18n import N_
from console.timeline import PROGRAM
from console.visit import SignedIn, Visit
from regulations.rulebook import Rulebook

router = APIRouter()

FIGURES = {
    "events": N_("Events"),
    "refusals": N_("Refusals"),
    "deadlines_set": N_("Deadlines set"),
    "deadlines_met": N_("Deadlines kept"),
    "deadlines_met_late": N_("Deadlines kept late"),
    "deadlines_missed": N_("Deadlines missed"),
    "years_passed": N_("Years passed"),
    "expectations": N_("Expectations"),
    "failed": N_("Expectations that failed"),
}
STATES = {
    "open": N_("open"),
    "met": N_("kept"),
    "met_late": N_("kept late"),
    "missed": N_("missed"),
    "suspended": N_("stands still"),
    "withdrawn": N_("withdrawn"),
}
_BAD = frozenset({"DeadlineMissed"})


@router.get("/{language}/simulations")
async def index(visit: SignedIn, q: str = "", rulebook: str = "") -> Response:
    """What may be looked at."""
    _for_readers(visit)
    return await _index(visit, q=q, rulebook=rulebook)


@router.post("/{language}/simulations")
async def look(visit: SignedIn) -> Response:
    """A record that the person has, shown and not kept."""
    _for_readers(visit)
    form = await visit.form()
    file = form.get("record")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _index(visit, 422, wrong=visit._("Choose a file first."))
    content = await file.read(simulations.MOST_BYTES + 1)
    if len(content) > simulations.MOST_BYTES:
        return await _index(visit, 413, wrong=visit._("The file is larger than a record of a simulation can be here (20 MB)."))
    try:
        found = simulations.played(content.splitlines(), file.filename)
    except simulations.NotPlayed as error:
        return await _index(visit, 422, wrong=visit._("Line %(line)s is not of a record of a simulation.", line=error.line))
    return _show(visit, found, None)


@router.get("/{language}/simulations/scenarios/{name}")
async def scenario(visit: SignedIn, name: str) -> Response:
    """A scenario, step by step."""
    _for_readers(visit)
    found = simulations.scenario(name)
    if found is None:
        raise HTTPException(404)
    return visit.page(
        "knowledge/scenario.html.jinja",
        name=name,
        scenario=found,
        book=_book(str(found.get("rulebook", "")).partition("@")[0]),
        steps=[_step(visit, each) for each in found.get("steps", ())],
    )


@router.get("/{language}/simulations/played/{name}.jsonl")
async def played_file(visit: SignedIn, name: str) -> Response:
    """The record itself."""
    _for_readers(visit)
    file = simulations.record(visit.site.settings.state_dir, name)
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, filename=file.name, media_type="application/x-ndjson")


@router.get("/{language}/simulations/played/{name}")
async def played(visit: SignedIn, name: str) -> Response:
    """A record of the state folder."""
    _for_readers(visit)
    file = simulations.record(visit.site.settings.state_dir, name)
    if file is None or file.stat().st_size > simulations.MOST_BYTES:
        raise HTTPException(404)
    try:
        return _show(visit, simulations.played(file.read_bytes().splitlines(), file.name), name)
    except simulations.NotPlayed as error:
        return await _index(visit, 422, wrong=visit._("Line %(line)s is not of a record of a simulation.", line=error.line))


def _for_readers(visit: Visit) -> None:
    if not visit.person.has(*simulations.READERS):
        raise HTTPException(403)


async def _index(visit: Visit, status: int = 200, wrong: str = "", q: str = "", rulebook: str = "") -> Response:
    every = simulations.scenarios()
    sought = " ".join(q.casefold().split())
    rows = [
        (name, told, _book(book_id))
        for name, told in every.items()
        if (book_id := str(told.get("rulebook", "")).partition("@")[0]) and (not rulebook or book_id == rulebook)
        if sought in f"{name} {told.get('title', '')} {told.get('about', '')}".casefold()
    ]
    return visit.page(
        "knowledge/simulations.html.jinja",
        status,
        rows=rows,
        records=[each.stem for each in simulations.kept(visit.site.settings.state_dir)],
        wrong=wrong,
        q=q,
        rulebook=rulebook,
        books=labels.books(),
    )


def _show(visit: Visit, found: Sequence[simulations.Played], name: str | None) -> Response:
    return visit.page(
        "knowledge/played.html.jinja",
        plays=[(one, _book(one.rulebook), _days(visit, one)) for one in found],
        name=name,
        figures=FIGURES,
        states=STATES,
        words=labels,
        slug=rulebook_words.slug,
        rule=_rule,
    )


def _days(visit: Visit, one: simulations.Played) -> list[tuple[str, list[dict[str, Any]]]]:
    """The entries by their days, each with its title."""
    entries = [_entry(visit, one, each) for each in one.entries]
    return [(day, list(group)) for day, group in groupby(entries, key=lambda each: each["date"])]


def _entry(visit: Visit, one: simulations.Played, told: dict[str, Any]) -> dict[str, Any]:
    entry = {
        "date": told["date"],
        "kind": told["kind"],
        "who": _who(visit, told.get("who") or ""),
        "clause": "",
        "title": "",
        "detail": "",
        "due": None,
    }
    match told["kind"]:
        case "event":
            data = told.get("data") or {}
            entry["title"] = labels.event(str(told.get("event")), visit.language, str(told.get("service")))
            entry["clause"] = str(told.get("clause") or "")
            first = next((each for each in one.deadlines if each.get("deadline_id") == data.get("deadline_id")), None)
            entry["detail"] = _rule(visit, _book(one.rulebook), first["rule"]) if first and first.get("rule") else ""
            entry["due"] = data.get("due_on") if "deadline_id" in data else None
            entry["kind"] = "bad" if told.get("event") in _BAD else "event"
        case "refusal":
            problem = told.get("problem") or {}
            entry |= {"title": visit._("Refused"), "clause": str(problem.get("clause") or ""), "detail": str(problem.get("detail") or "")}
            entry["kind"] = "refusal"
        case _:
            entry["title"] = str(told.get("words") or "")
    return entry


def _who(visit: Visit, who: str) -> str:
    return visit._(PROGRAM) if who == "lifecycle" or who.startswith(("service:", "workflow:")) else who


def _rule(visit: Visit, book: Rulebook | None, rule: str) -> Any:
    """A term or a choice as its rulebook calls it."""
    for group in (book.terms, book.choices) if book else ():
        if rule in group:
            return visit.named(group[rule].names.model_dump(), rule)
    return labels.humane(rule)


def _book(rulebook: str | None) -> Rulebook | None:
    return next(iter(labels.books(rulebook)), None) if rulebook else None


def _step(visit: Visit, step: dict[str, Any]) -> dict[str, Any]:
    method = next((each for each in ("post", "get", "put", "delete") if each in step), "")
    expected = {key: step[key] for key in ("refused", "expect", "expects", "within") if key in step}
    return {
        "name": str(step.get("name") or ""),
        "actor": str(step.get("actor") or "").replace("_", " "),
        "request": f"{method.upper()} {step[method]}" if method else "",
        "at": step.get("at"),
        "refused": step.get("refused"),
        "expected": expected,
        "rest": {key: value for key, value in step.items() if key not in ("name", "actor", method, "at")},
    }
