"""`kepil rulebook list`, `show` and `schema`: the rulebooks on the shelf, what one says, and the shape that they have."""

import json as jsonlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cli.errors import Explained
from cli.proofreading import line_of
from cli.shelf import RulebookNotReadable, file_of, find, ids, print_json, reference, shown, unknown
from cli.wording import LANGUAGES, Language, in_words, spoken
from regulations import library
from regulations.rulebook import Rulebook
from regulations.values import Cited, Clause, Names, Record, fold

#: What the file need not say, since the place where a value stands says it.
_SAID_BY_PLACE = ("Clause", "Term", "Range", "Document")
_STYLE = {"text": "default", "reading": "yellow", "practice": "blue"}
_INDENT = (0, 0, 0, 4)


class NoSuchValue(Explained):
    """The rulebook has nothing under this path, or the product not this language."""


def list_all(json: bool = False) -> int:
    """Every rulebook and version; one that cannot be read is shown as such, and the exit code is 1."""
    found = [_summary(name, version) for name in ids() for version in library.versions(name)]
    if json:
        print_json(found)
    else:
        console = Console()
        for each in found:
            head = Text(each["id"], style="bold cyan").append(f"  {each['version']}", style="default")
            if "refused" in each:
                console.print(head.append(f"  {each['refused']}", style="not bold red"), soft_wrap=True)
                continue
            head.append(f"  {each['clauses']} clauses, {each['values']} values  in force: {_in_force(each)}", style="not bold dim")
            console.print(head.append(f"  {each['content_hash'][:12]}"), soft_wrap=True)
            console.print(Padding(Text(each["title"]["en"]), _INDENT))
    return 1 if any("refused" in each for each in found) else 0


def _summary(rulebook_id: str, version: str) -> dict[str, Any]:
    file = library.SHELF / rulebook_id / f"{version}.yaml"
    try:
        rulebook = find(f"{rulebook_id}@{version}")
    except RulebookNotReadable as error:
        return {"id": rulebook_id, "version": version, "file": shown(file), "refused": str(error)}
    return {
        **reference(rulebook),
        "file": shown(file),
        "title": rulebook.title.model_dump(),
        "country": rulebook.country,
        "languages": list(rulebook.languages),
        "in_force_from": rulebook.in_force_from,
        "in_force_until": rulebook.in_force_until,
        "repealed_by": rulebook.repealed_by.by if rulebook.repealed_by else None,
        "clauses": len(rulebook.clauses),
        "terms": len(rulebook.terms),
        "stages": len(rulebook.stages),
        "values": len(rulebook.citations()),
    }


def _in_force(summary: Mapping[str, Any]) -> str:
    since, until = summary["in_force_from"], summary["in_force_until"]
    return f"{since or 'not stated'} – {until or 'now'}" if since or until else "not stated"


def show(rulebook: str, path: str | None = None, version: str | None = None, language: str = "en", json: bool = False) -> int:
    """The whole rulebook, a line for each value; or one value, or clause, with everything that stands behind it."""
    spoken_language = next((known for known in LANGUAGES if known == language), None)
    if spoken_language is None:
        raise NoSuchValue(unknown("language", language, LANGUAGES))
    book = find(rulebook, version)
    if path is not None:
        value = _value(book, path)
        if json:
            print_json({"rulebook": reference(book), "path": path, "value": value.model_dump(mode="json")})
        else:
            _print_value(book, path, value, spoken_language, file_of(rulebook if version is None else f"{rulebook}@{version}"))
    elif json:
        print_json({**book.model_dump(mode="json"), "content_hash": book.content_hash})
    else:
        _print_whole(book, spoken_language)
    return 0


def _value(book: Rulebook, path: str) -> Cited | Clause:
    if path in book.clauses:
        return book.clauses[path]
    values: dict[str, Cited | Clause] = {**book.citations(), **{f"clauses.{name}": clause for name, clause in book.clauses.items()}}
    ending = [known for known in values if known.rpartition(".")[2] == path]
    if path in values or len(ending) == 1:
        return values[path if path in values else ending[0]]
    if ending:
        raise NoSuchValue(f"{path!r} is several values of {book.id}: {', '.join(ending)}")
    raise NoSuchValue(unknown(f"value or clause of {book.id}", path, values))


def _print_whole(book: Rulebook, language: Language) -> None:
    console = Console()
    console.print(Text(spoken(book.title, language), style="bold"), soft_wrap=True)
    act = book.instrument
    facts = {
        "id": f"{book.id} {book.version}",
        "content": book.content_hash,
        "act": ", ".join(str(fact) for fact in (act.number, act.adopted_on, act.approved_by) if fact) or "not stated",
        "in force": _in_force({"in_force_from": book.in_force_from, "in_force_until": book.in_force_until}),
        "repealed": f"{book.repealed_by.day}, {book.repealed_by.by}" if book.repealed_by else "",
        "local time": book.zone,
    }
    for name, fact in facts.items():
        if fact:
            console.print(Text(f"{name:<11}", style="dim").append(fact, style="default"), soft_wrap=True)
    group = ""
    for path, cited in book.citations().items():
        if path.partition(".")[0] != group:
            group = path.partition(".")[0]
            console.print(Text(f"\n{group}", style="bold underline"))
        head = Text(f"  {path.removeprefix(f'{group}.')}", style="cyan")
        head.append(f"  {cited.clause}" if cited.clause else "", style="magenta")
        console.print(head.append("" if cited.kind == "text" else f"  {cited.kind}", style=_STYLE[cited.kind]), soft_wrap=True)
        told = Text(spoken(getattr(cited, "names", None), language), style="bold")
        words = in_words(book, cited, language)
        console.print(Padding(told.append(f"{': ' if told and words else ''}{words}", style="not bold"), _INDENT))
    console.print(Text("\nclauses", style="bold underline"))
    for clause in book.clauses.values():
        head = Text(f"  {clause.id}", style="magenta").append(f"  {spoken(book.parties.get(clause.actor), language, '–')}", style="cyan")
        console.print(head.append("" if clause.level == "must" else f"  {clause.level}", style="yellow"), soft_wrap=True)
        console.print(Padding(Text(clause.rule), _INDENT))


def _print_value(book: Rulebook, path: str, value: Cited | Clause, language: Language, file: Path) -> None:
    console = Console()

    def line(name: str, told: object) -> None:
        if told:
            console.print(Text(f"{name:<17}", style="dim").append(fold(str(told)), style="default"), soft_wrap=True)

    names = getattr(value, "names", None)
    console.print(Text(spoken(names, language) if isinstance(names, Names) else path, style="bold"), soft_wrap=True)
    if isinstance(value, Cited):
        line("says", in_words(book, value, language))
        line("kind", value.kind)
        line("why", value.why)
        for other in value.alternatives:
            line("or", f"{other.value}: {other.why}")
    else:
        line("who", value.actor)
        line("rule", f"{value.rule} ({value.level})")
        line("record", value.record)
    for key, further in _further(value):
        line(key.replace("_", " "), further)
    clause = value.id if isinstance(value, Clause) else value.clause
    line("clause", clause)
    for spoken_language, text in value.quote.items():
        line(f"  {LANGUAGES[spoken_language]}", f"«{fold(text)}»")
    if isinstance(names, Names):
        for known, told in LANGUAGES.items():
            line(f"  in {told}", spoken(names, known))
    full = next((known for known, cited in book.citations().items() if cited is value), f"clauses.{clause}")
    line("written at", f"{shown(file)}:{line_of(file, full)}")


def _further(value: Record) -> Iterator[tuple[str, str]]:
    """The fields that nothing else shows."""
    for key in ("roll", "reminders", "default_variant", "see_also"):
        told = getattr(value, key, None)
        if told:
            yield key, ", ".join(str(each) for each in told) if isinstance(told, tuple) else str(told)


def schema() -> int:
    """The JSON Schema of a rulebook file, for editors."""
    print(jsonlib.dumps(file_schema(), indent=1, ensure_ascii=False))
    return 0


def file_schema() -> dict[str, Any]:
    """The shape of the file: the model's, less what the reader fills in (ids from keys, the quotation of the whole clause)."""
    shape = Rulebook.model_json_schema()
    for name in _SAID_BY_PLACE:
        shape["$defs"][name]["required"].remove("id")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape}
