"""`kepil clauses`: every clause of a regulation with the values, the code and the tests that keep it, or a gap."""

import json as jsonlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.errors import Explained
from cli.shelf import RulebookNotReadable, find, ids, print_json, reference, shown
from cli.state import ROOT
from regulations.clauses import COVERS, Marks, Trace, covers, lost, marks_in, traces
from regulations.rulebook import Rulebook

RECORD = ROOT / "tests" / "regulations" / "coverage.json"

Recorded = dict[str, dict[str, list[str]]]


class NotRecorded(Explained):
    """The record of covered clauses cannot be written as asked."""


def run(rulebook: str | None = None, record: bool = False, json: bool = False) -> int:
    """One rulebook clause by clause, or the figures of all. `record` adds what is newly covered to the record."""
    marks = marks_in(ROOT)
    books = [find(rulebook)] if rulebook else _readable()
    found = {book.id: traces(book, marks) for book in books}
    if record:
        return _record(found, json)
    stray = _stray(books, marks)
    if json:
        documents = [_document(book, found[book.id], stray.get(book.id, [])) for book in books]
        print_json(
            documents[0] if rulebook else [{key: document[key] for key in ("rulebook", "summary", "stray")} for document in documents]
        )
        return 0
    console = Console()
    for book in books:
        if rulebook:
            _print(console, found[book.id])
        _print_summary(console, book, found[book.id])
        for each in stray.get(book.id, []):
            console.print(Text(f"{each['place']}: {each['problem']}", style="red"), soft_wrap=True)
    return 0


def _readable() -> list[Rulebook]:
    """The newest version of every rulebook that can be read; `kepil rulebook list` tells the others."""
    books = []
    for rulebook_id in ids():
        try:
            books.append(find(rulebook_id))
        except RulebookNotReadable as error:
            Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
    return books


def _stray(books: Sequence[Rulebook], marks: Marks) -> dict[str, list[dict[str, str]]]:
    """Marks of these rulebooks that name a clause which there is not."""
    known = {book.id: book.clauses for book in books}
    ours = Marks(*(tuple(mark for mark in each if mark.rulebook in known) for each in (marks.code, marks.tests)))
    found: dict[str, list[dict[str, str]]] = {}
    for mark, problem in ours.stray(known):
        found.setdefault(str(mark.rulebook), []).append({"place": mark.place, "problem": problem})
    return found


def _document(book: Rulebook, found: Sequence[Trace], stray: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "rulebook": reference(book),
        "summary": _summary(found),
        "clauses": [
            {
                "id": trace.clause.id,
                "actor": trace.clause.actor,
                "rule": trace.clause.rule,
                "level": trace.clause.level,
                "held": list(trace.held),
                "enforced": [{"file": mark.file, "line": mark.line, "name": mark.name} for mark in trace.enforced],
                "tested": list(trace.tested),
                "gaps": list(trace.gaps),
            }
            for trace in found
        ],
        "stray": stray,
    }


def _summary(found: Sequence[Trace]) -> dict[str, Any]:
    return {
        "clauses": len(found),
        **{cover: sum(cover in trace.covers for trace in found) for cover in COVERS},
        "complete": sum(not trace.gaps for trace in found),
        "gaps": [trace.clause.id for trace in found if trace.gaps],
    }


def _print(console: Console, found: Sequence[Trace]) -> None:
    for trace in found:
        head = Text(f"{trace.clause.id:<8}", style="bold magenta").append(f" {trace.clause.rule}", style="not bold default")
        console.print(head)
        _places(console, "held", trace.held, "no value rests on it", "dim")
        code = [f"{mark.place} {mark.name}" for mark in trace.enforced]
        _places(console, "enforced", code, "gap: no code enforces it", "bold red")
        _places(console, "tested", trace.tested, "gap: no test shows it", "bold red")


def _places(console: Console, what: str, places: Sequence[str], none: str, style: str) -> None:
    for number, place in enumerate(places or [none]):
        line = Text(f"{what if number == 0 else '':<9}", style="dim").append(
            place, style="not dim default" if places else f"not dim {style}"
        )
        console.print(Text(" " * 9).append_text(line), soft_wrap=True)


def _print_summary(console: Console, book: Rulebook, found: Sequence[Trace]) -> None:
    told = _summary(found)
    line = Text(f"{book.id} {book.version}", style="bold")
    line.append(f"  {told['clauses']} clauses: held {told['held']}, enforced {told['enforced']}, tested {told['tested']}", style="not bold")
    line.append(f", enforced and tested {told['complete']}", style="not bold green")
    console.print(line, soft_wrap=True)
    if told["gaps"]:
        console.print(Text(f"gaps: {', '.join(told['gaps'])}", style="red"), soft_wrap=True)


def recorded() -> Recorded:
    """What `coverage.json` says: by rulebook and clause, how the clause is kept."""
    content: Recorded = jsonlib.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return content


def _record(found: Mapping[str, Sequence[Trace]], json: bool) -> int:
    """Extends the record; what was recorded stays, so that a cover that was lost is not forgotten by recording anew."""
    if not RECORD.parent.is_dir():
        raise NotRecorded(f"there are no tests here ({shown(RECORD.parent)}): the record is kept with them, in a checkout")
    before = recorded()
    after = {book: dict(clauses) for book, clauses in before.items()}
    added: list[dict[str, Any]] = []
    for book, each in found.items():
        for clause, now in covers(each).items():
            known = after.setdefault(book, {}).get(clause, [])
            if new := [cover for cover in now if cover not in known]:
                added.append({"rulebook": book, "clause": clause, "covers": new})
                after[book][clause] = [cover for cover in COVERS if cover in (*known, *new)]
    order = {book: [trace.clause.id for trace in each] for book, each in found.items()}
    RECORD.write_text(_laid_out(after, order), encoding="utf-8")
    gone = {book: missing for book, each in found.items() if (missing := lost(before.get(book, {}), covers(each)))}
    if json:
        print_json({"file": shown(RECORD), "added": added, "lost": gone})
    else:
        print(f"{shown(RECORD)}: {len(added)} added")
        for book, missing in gone.items():
            told = ", ".join(f"{clause} ({' '.join(kinds)})" for clause, kinds in missing.items())
            print(f"lost, and kept in the record: {book}: {told}")
    return 1 if gone else 0


def _laid_out(record: Recorded, order: Mapping[str, Sequence[str]]) -> str:
    """JSON with a line for each clause, in the order of the regulation: a cover that is given up is one removed line."""
    books = []
    for book in sorted(record):
        clauses = sorted(record[book], key=lambda clause: (order[book].index(clause) if clause in order.get(book, ()) else 10_000, clause))
        lines = [f"  {jsonlib.dumps(clause, ensure_ascii=False)}: {jsonlib.dumps(record[book][clause])}" for clause in clauses]
        books.append(f" {jsonlib.dumps(book)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(books) + "\n}\n"
