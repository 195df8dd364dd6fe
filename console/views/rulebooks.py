"""The rulebook reader: each regulation clause by clause, what rests on it, what enforces and shows it; its stages; its versions."""

import difflib
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import coverage, labels, rulebook_stages, rulebook_words, simulations
from console.i18n import N_
from console.visit import Anybody, Visit
from regulations.clauses import Trace
from regulations.differences import Change, differences
from regulations.library import library
from regulations.rulebook import Rulebook
from regulations.values import fold

router = APIRouter()

PROCEDURES = {
    "accreditation": N_("accreditation"),
    "attestation": N_("attestation"),
    "post_accreditation_monitoring": N_("post-accreditation monitoring"),
    "internal_monitoring": N_("internal monitoring"),
}
COUNTRIES = {"KZ": N_("Kazakhstan"), "KG": N_("Kyrgyzstan")}
SHOWN = {
    "reading": N_("with a reading"),
    "practice": N_("with a practice of the agency"),
    "value": N_("with a value"),
    "gap": N_("with a gap"),
}
CHANGES = {"added": N_("added"), "removed": N_("removed"), "changed": N_("changed")}
_LONG = 40


@router.get("/{language}/rulebooks")
async def shelf(visit: Anybody) -> Response:
    """Every rulebook, with how much of it is enforced and shown."""
    books = labels.books()
    found = await coverage.traced(books)
    return visit.page(
        "knowledge/rulebooks.html.jinja",
        rows=[(book, coverage.figures(found[book.id]), len(labels.every(book.id))) for book in books],
        procedures=PROCEDURES,
        countries=COUNTRIES,
        tested=coverage.with_tests(),
        players=simulations.READERS,
    )


@router.get("/{language}/rulebooks/{rulebook_id}")
async def read(visit: Anybody, rulebook_id: str, version: str = "", show: str = "", q: str = "") -> Response:
    """One rulebook, clause by clause; `show` and `q` narrow it."""
    book = book_of(rulebook_id, version)
    found = (await coverage.traced([book]))[book.id]
    told = rulebook_words.told(visit, book)
    by_clause: dict[str | None, list[rulebook_words.Told]] = {}
    for each in told:
        by_clause.setdefault(each.cited.clause, []).append(each)
    also: dict[str, list[rulebook_words.Told]] = {}
    for each in told:
        for clause in each.cited.see_also:
            also.setdefault(clause, []).append(each)
    return visit.page(
        "knowledge/rulebook.html.jinja",
        **_head(visit, book, "read"),
        traces=[trace for trace in found if _wanted(trace, by_clause.get(trace.clause.id, []), show, q)],
        figures=coverage.figures(found),
        by_clause=by_clause,
        also=also,
        loose=by_clause.get(None, []) if show in ("", "practice", "value") and not q else [],
        show=show,
        q=q,
        shown=SHOWN,
        tested=coverage.with_tests(),
        words=rulebook_words,
        instrument=_instrument(visit, book),
    )


@router.get("/{language}/rulebooks/{rulebook_id}/stages")
async def stages(visit: Anybody, rulebook_id: str, version: str = "") -> Response:
    """The stages as a picture and as a table."""
    book = book_of(rulebook_id, version)
    before = rulebook_stages.before(book.stages)
    return visit.page(
        "knowledge/stages.html.jinja",
        **_head(visit, book, "stages"),
        picture=rulebook_stages.picture(book.stages),
        rows=[
            (place + 1, stage, rulebook_words.party(visit, book, stage.actor), [each + 1 for each in before[place]])
            for place, stage in enumerate(book.stages)
        ],
        letters="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        words=rulebook_words,
        parties={word: rulebook_words.party(visit, book, word) for word in book.parties},
    )


@router.get("/{language}/rulebooks/{rulebook_id}/compare")
async def compare(visit: Anybody, rulebook_id: str, version: str = "", old: str = "", new: str = "") -> Response:
    """What changed between two versions of a rulebook."""
    book = book_of(rulebook_id, version)
    versions = [each.version for each in library()[rulebook_id]]
    chosen = (old or versions[max(len(versions) - 2, 0)], new or versions[-1])
    a, b = (book_of(rulebook_id, each) for each in chosen)
    return visit.page(
        "knowledge/compare.html.jinja",
        **_head(visit, book, "compare"),
        versions=versions,
        old=a.version,
        new=b.version,
        changes=[(each, *marked(each)) for each in differences(a, b)],
        kinds=CHANGES,
        words=rulebook_words,
    )


def book_of(rulebook_id: str, version: str = "") -> Rulebook:
    """The rulebook, its newest version unless one is named; 404."""
    found = [each for each in library().get(rulebook_id, ()) if not version or each.version == version]
    if not found:
        raise HTTPException(404)
    return found[-1]


def _head(visit: Visit, book: Rulebook, tab: str) -> dict[str, Any]:
    newest = labels.every(book.id)[0]
    named = {} if book.version == newest.version else {"version": book.version}
    tabs = [
        ("read", N_("Clauses"), visit.url(f"rulebooks/{book.id}", **named)),
        ("stages", N_("Stages"), visit.url(f"rulebooks/{book.id}/stages", **named)),
        ("compare", N_("Versions"), visit.url(f"rulebooks/{book.id}/compare", **named)),
    ]
    return {
        "book": book,
        "title": visit.named(book.title.model_dump()),
        "plain": getattr(book.title, visit.language),
        "tabs": tabs,
        "tab": tab,
    }


def _wanted(trace: Trace, values: Sequence[rulebook_words.Told], show: str, q: str) -> bool:
    kinds = {each.cited.kind for each in values}
    match show:
        case "gap" if not trace.gaps:
            return False
        case "reading" | "practice" if show not in kinds:
            return False
        case "value" if not values:
            return False
    sought = " ".join(q.casefold().split())
    clause = trace.clause
    if not sought:
        return True
    texts = [
        clause.id,
        clause.rule,
        *map(fold, clause.quote.values()),
        *(f"{each.path} {each.name}" for each in values),
    ]
    return any(sought in text.casefold() for text in texts)


def _instrument(visit: Visit, book: Rulebook) -> list[tuple[str, Any]]:
    act = book.instrument
    english = Markup('<span lang="en">{}</span>')
    return [
        (visit._("Procedure"), visit._(PROCEDURES[book.procedure])),
        (visit._("Country"), visit._(COUNTRIES[book.country])),
        (visit._("Number"), act.number),
        (visit._("Adopted on"), visit.date(act.adopted_on) if act.adopted_on else None),
        (visit._("Approved by"), english.format(act.approved_by) if act.approved_by else None),
        (visit._("Registered"), " ".join(filter(None, (act.registered_number, str(act.registered_on or "")))) or None),
        (visit._("In force from"), visit.date(book.in_force_from) if book.in_force_from else visit._("not stated")),
        (visit._("In force until"), visit.date(book.in_force_until) if book.in_force_until else None),
        (visit._("Why from then"), english.format(fold(act.in_force_why))),
        (visit._("Languages of the act"), ", ".join(book.languages)),
        (visit._("Version in Kepil"), book.version),
        (visit._("Content hash (SHA-256)"), Markup("<code>{}</code>").format(book.content_hash)),
    ]


def marked(change: Change) -> tuple[Markup, Markup]:
    """What it was and what it is; of long texts the words that came and went are marked."""
    old, new = _plain(change.old), _plain(change.new)
    if change.change != "changed" or max(len(old), len(new)) < _LONG:
        return Markup("{}").format(old), Markup("{}").format(new)
    a, b = old.split(), new.split()
    was, now = [], []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, come = Markup("{}").format(" ".join(a[i:j])), Markup("{}").format(" ".join(b[k:m]))
        was += [gone if kind == "equal" else Markup("<del>{}</del>").format(gone)] if gone else []
        now += [come if kind == "equal" else Markup("<ins>{}</ins>").format(come)] if come else []
    return Markup(" ").join(was), Markup(" ").join(now)


def _plain(value: Any) -> str:
    match value:
        case None:
            return "–"
        case dict():
            return "; ".join(f"{name}: {_plain(each)}" for name, each in value.items() if each not in (None, "", [], {}))
        case list():
            return ", ".join(map(_plain, value))
    return fold(str(value))
