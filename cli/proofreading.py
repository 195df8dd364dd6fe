"""`kepil rulebook check`: what is wrong with a rulebook file, by line and clause, in words for its author, not its programmer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.text import Text

from cli.shelf import file_of, print_json, reference, shown
from cli.state import ROOT
from regulations import compute, values
from regulations.library import RulebookRefused, draft
from regulations.rulebook import Rulebook
from regulations.values import Record, fold

LANGUAGES = {"ky": "Kyrgyz", "kk": "Kazakh", "ru": "Russian", "en": "English"}
ORIGINALS = ROOT / "tests" / "regulations" / "originals"

_SAMPLE = date(2025, 3, 31)
_INCOHERENT = re.compile(r"; (?=[a-z_]+\.[^:;]+: )")
_NO_SUCH = re.compile(r"no (\w+) '(.*)'$")
_NOT_IN_CLAUSE = re.compile(r"the (\w\w) quotation is not in clause '(.*)'$")
_RECORDS: list[type[BaseModel]] = [
    Rulebook,
    *(each for each in vars(values).values() if isinstance(each, type) and issubclass(each, Record)),
]
_FIELDS = sorted({name for record in _RECORDS for name in record.model_fields})

Loc = Sequence[str | int]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where in the file, at which value, under which clause, and what, in words."""

    line: int | None
    path: str
    clause: str | None
    problem: str


@dataclass(frozen=True)
class Verdict:
    """What a reading of the file found; `rulebook` is there when nothing is wrong. Notes hinder nobody."""

    file: Path
    rulebook: Rulebook | None
    problems: tuple[Finding, ...]
    notes: tuple[str, ...]


def run(name: str, json: bool = False) -> int:
    """Prints the verdict on a file, or a rulebook of the shelf; 1 when it cannot be adopted as it is."""
    verdict = proofread(file_of(name))
    if json:
        rulebook = verdict.rulebook
        print_json(
            {
                "file": shown(verdict.file),
                "accepted": rulebook is not None,
                "rulebook": reference(rulebook) if rulebook else None,
                "problems": [asdict(finding) for finding in verdict.problems],
                "notes": list(verdict.notes),
            }
        )
    else:
        _print(verdict)
    return 0 if verdict.rulebook else 1


def _print(verdict: Verdict) -> None:
    console = Console()
    for finding in verdict.problems:
        where = Text(f"line {finding.line}" if finding.line else "the file", style="bold red")
        if finding.clause:
            where.append(f"  clause {finding.clause}", style="not bold magenta")
        where.append(f"  {finding.path}", style="not bold cyan")
        console.print(where, soft_wrap=True)
        console.print(f"  {finding.problem}", markup=False, highlight=False, soft_wrap=True)
    if verdict.rulebook:
        book = verdict.rulebook
        said = f"[green]good[/]  {book.id} {book.version}: {len(book.clauses)} clauses, {len(book.citations())} cited values"
        console.print(said, highlight=False, soft_wrap=True)
    else:
        count = len(verdict.problems)
        wrong = f"{count} {'thing is' if count == 1 else 'things are'} wrong"
        console.print(f"{shown(verdict.file)}: {wrong}", markup=False, highlight=False, soft_wrap=True)
    for note in verdict.notes:
        console.print(f"note  {note}", markup=False, highlight=False, soft_wrap=True)


def proofread(file: Path) -> Verdict:
    """Reads the file as if it were to be adopted."""
    try:
        text = file.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        return Verdict(file, None, (Finding(None, "(file)", None, "this is not a text in UTF-8: save it in that encoding"),), ())
    except yaml.YAMLError as error:
        return Verdict(file, None, (_not_yaml(error),), ())
    if wrong := tuple(_no_days(tree)):
        return Verdict(file, None, wrong, ())
    try:
        rulebook = draft(file)
    except RulebookRefused as refusal:
        return Verdict(file, None, tuple(sorted(set(_translated(refusal, tree)), key=lambda finding: finding.line or 0)), ())
    problems = (*_missing_settings(rulebook, tree), *_misquoted(rulebook, tree))
    return Verdict(file, None, problems, ()) if problems else Verdict(file, rulebook, (), tuple(_notes(file, rulebook)))


# Where: the tree of the file's nodes knows the lines.


def _steps(tree: yaml.Node | None, loc: Loc) -> Iterator[tuple[str, yaml.Node, int]]:
    """The nodes on the way to `loc` as far as the file has them, each with its key and the line (from 1) where it begins."""
    node = tree
    for part in loc:
        found: tuple[yaml.Node, int] | None = None
        if isinstance(node, yaml.MappingNode):
            found = next(((value, key.start_mark.line) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part].start_mark.line)
        if found is None:
            return
        node = found[0]
        yield str(part), node, found[1] + 1


def _located(tree: yaml.Node | None, path: str) -> list[str | int]:
    """A dotted path as its parts: keys may hold dots themselves, and the members of a list are meant by their id."""
    node, rest, parts = tree, path, list[str | int]()
    while rest:
        members: list[tuple[str, str | int, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            members = [(key.value, key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        elif isinstance(node, yaml.SequenceNode):
            members = [(_scalar(member, "id") or str(index), index, member) for index, member in enumerate(node.value)]
        fitting = [member for member in members if rest == member[0] or rest.startswith(f"{member[0]}.")]
        if not fitting:
            return [*parts, *rest.split(".")]
        word, part, node = max(fitting, key=lambda member: len(member[0]))
        parts.append(part)
        rest = rest[len(word) + 1 :]
    return parts


def _scalar(node: yaml.Node | None, key: str) -> str | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def _finding(tree: yaml.Node | None, loc: Loc, problem: str) -> Finding:
    steps = list(_steps(tree, loc))
    clauses = [clause for _, node, _ in steps if (clause := _scalar(node, "clause"))]
    if len(loc) > 1 and loc[0] == "clauses":
        clauses.append(str(loc[1]))
    words = [_scalar(node, "id") or word if word.isdecimal() else word for word, node, _ in steps]
    path = ".".join([*words, *(str(part) for part in loc[len(steps) :])]) or "(rulebook)"
    return Finding(steps[-1][2] if steps else None, path, clauses[-1] if clauses else None, problem)


def line_of(file: Path, path: str) -> int | None:
    """The line (from 1) of a value in a rulebook file."""
    tree = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return _finding(tree, _located(tree, path), "").line


# What: the schema's refusals in plain words.


def _not_yaml(error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or error)
    hints = {
        "mapping values are not allowed": "a colon stands where none may stand: put the text that holds it in quotation marks",
        "could not find expected ':'": "a key without its colon: write `key: value`, and begin every key of a group in the same column",
        "did not find expected key": "the columns do not agree: every key of a group begins in the same column, by spaces",
        "cannot start any token": "a sign that cannot begin a value (a tab, `@`, `%`, a backtick): use spaces, or quotation marks",
        "found unexpected end of stream": "a quotation mark is opened and never closed",
    }
    words = next((hint for sign, hint in hints.items() if sign in said), None)
    told = f"{words} ({said})" if words else f"the file is not well formed: {said}"
    return Finding(mark.line + 1 if mark else None, "(file)", None, told)


def _no_days(node: yaml.Node | None, path: tuple[str, ...] = (), clause: str | None = None) -> Iterator[Finding]:
    """Days that no calendar has, such as a 31st of April, which YAML itself stumbles over."""
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":timestamp"):
        try:
            date.fromisoformat(node.value[:10])
        except ValueError:
            problem = f"{node.value!r} is no day: write it as YYYY-MM-DD"
            yield Finding(node.start_mark.line + 1, ".".join(path), clause, problem)
    elif isinstance(node, yaml.MappingNode):
        for key, member in node.value:
            yield from _no_days(member, (*path, str(key.value)), _scalar(node, "clause") or clause)
    elif isinstance(node, yaml.SequenceNode):
        for number, member in enumerate(node.value):
            yield from _no_days(member, (*path, str(number)), clause)


def _translated(refusal: RulebookRefused, tree: yaml.Node | None) -> Iterator[Finding]:
    cause = refusal.__cause__
    if isinstance(cause, ValidationError):
        yield from _of_schema(cause, tree)
    elif isinstance(cause, yaml.YAMLError):
        yield _not_yaml(cause)
    else:
        for path, problem in refusal.problems:
            yield _finding(tree, _located(tree, path), problem)


def _of_schema(refusal: ValidationError, tree: yaml.Node | None) -> Iterator[Finding]:
    several: dict[tuple[str | int, ...], list[dict[str, Any]]] = {}
    for each in refusal.errors():
        error: dict[str, Any] = dict(each)
        if error["loc"][:1] == ("settings",) and error["loc"][2:3] == ("value",):
            several.setdefault(error["loc"][:3], []).append({**error, "type": "setting"})
            continue
        reached = error["loc"][: len(list(_steps(tree, error["loc"])))]
        missing = error["loc"][len(reached) :] if error["type"] in ("missing", "extra_forbidden") else ()
        several.setdefault((*reached, *missing), []).append(error)
    for loc, errors in several.items():
        for error in errors[:1] if errors[0]["type"] == "setting" else errors:
            if error["type"] == "value_error" and not loc:
                yield from _incoherent(str(error["ctx"]["error"]), tree)
            else:
                yield _finding(tree, loc, _words(error))


def _words(error: Mapping[str, Any]) -> str:
    """One refusal of the schema as a sentence."""
    given, context, field = error.get("input"), error.get("ctx", {}), str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "setting":
            return (
                "a setting is true, false, a whole number, a word, a list of numbers, a share {of: 1/2, strictly: true}, or null (not set)"
            )
        case "missing":
            return f"`{field}` is missing here"
        case "extra_forbidden":
            near = get_close_matches(field, _FIELDS, n=1)
            return f"a rulebook has no `{field}` at this place" + (f"; is `{near[0]}` meant?" if near else "")
        case "literal_error":
            return f"{given!r} is not possible here; possible: {context['expected']}"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"a whole number belongs here, not {given!r}"
        case "greater_than" | "greater_than_equal":
            least = context.get("gt", context.get("ge"))
            return f"the number must be {'greater than' if 'gt' in context else 'at least'} {least}; it is {given}"
        case "string_type" if isinstance(given, date | int | float | bool):
            return f"text belongs here: put {given} in quotation marks"
        case "string_type":
            return f"text belongs here, not {given!r}"
        case "string_pattern_mismatch":
            return f"{given!r} is not written as it must be ({context['pattern']})"
        case "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            return f"a group of `key: value` lines belongs here, not {given!r}"
        case "tuple_type" | "list_type":
            return f"a list belongs here, such as [a, b], not {given!r}"
        case "too_short":
            return f"at least {context['min_length']} belong here"
        case "value_error":
            return str(context["error"])
        case kind if kind.startswith("date"):
            return f"{given!r} is no day: write it as YYYY-MM-DD"
    return str(error["msg"])


def _incoherent(told: str, tree: yaml.Node | None) -> Iterator[Finding]:
    """What the rulebook as a whole found: names that lead nowhere, and quotations that are not in their clause."""
    for part in _INCOHERENT.split(told):
        path, _, problem = part.partition(": ")
        loc = _located(tree, path)
        if named := _NO_SUCH.match(problem):
            found = _finding(tree, loc, _leads_nowhere(named[1], named[2], tree))
            yield replace(found, line=_line_of_word(tree, loc, named[2]) or found.line)
        elif quoted := _NOT_IN_CLAUSE.match(problem):
            if len(list(_steps(tree, ("clauses", quoted[2])))) == 2:  # else the clause itself is what is wrong
                yield _finding(tree, [*loc, "quote", quoted[1]], _not_in_clause(tree, loc, quoted[1], quoted[2]))
        else:
            yield _finding(tree, loc, problem)


def _line_of_word(tree: yaml.Node | None, loc: Loc, word: str) -> int | None:
    """Where a value names the word, in a field or in a list of it."""
    steps = list(_steps(tree, loc))
    fields = steps[-1][1].value if len(steps) == len(loc) and isinstance(steps[-1][1], yaml.MappingNode) else []
    for _, value in fields:
        for node in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if isinstance(node, yaml.ScalarNode) and node.value == word:
                return int(node.start_mark.line) + 1
    return None


def _leads_nowhere(what: str, word: str, tree: yaml.Node | None) -> str:
    group = {"party": "parties", "kind": "vocabularies.kinds"}.get(what, f"{what}s")
    reached = [node for _, node, _ in _steps(tree, _located(tree, group))]
    there: list[str] = []
    if reached and isinstance(reached[-1], yaml.MappingNode):
        there = [key.value for key, _ in reached[-1].value]
    near = get_close_matches(word, there, n=1)
    return f"it names the {what} {word!r}, which stands nowhere under `{group}`" + (f"; is {near[0]!r} meant?" if near else "")


def _not_in_clause(tree: yaml.Node | None, loc: Loc, language: str, clause: str) -> str:
    def text(*place: str | int) -> str:
        reached = list(_steps(tree, place))
        return str(reached[-1][1].value) if len(reached) == len(place) else ""

    quoted, whole = text(*loc, "quote", language), text("clauses", clause, "quote", language)
    spoken = LANGUAGES.get(language, language)
    return f"the {spoken} quotation is not word for word in clause {clause}{departure(quoted, whole)}"


def departure(quoted: str, whole: str) -> str:
    """How far the quotation agrees with the text, and how each of them goes on; nothing where no word agrees."""
    words, text = fold(quoted).split(" "), fold(whole)
    agreed = max((count for count in range(len(words) + 1) if " ".join(words[:count]) in text), default=0)
    if not agreed or agreed == len(words):
        return ""
    kept = " ".join(words[:agreed])
    goes_on = text[text.index(kept) + len(kept) :].split(" ")
    return f": after «{' '.join(words[max(0, agreed - 4) : agreed])}» it says «{words[agreed]}», the text «{' '.join(goes_on[:3]).strip()}»"


# Beyond the schema: what the computation needs, and the act itself.


def _missing_settings(rulebook: Rulebook, tree: yaml.Node | None) -> Iterator[Finding]:
    missing: dict[str, str] = {}
    for term in rulebook.terms:
        try:
            compute(rulebook, term, _SAMPLE)
        except KeyError as error:
            missing.setdefault(str(error.args[0]), term)
    for setting, term in missing.items():
        yield _finding(tree, ["settings", setting], f"the setting `{setting}` is missing; without it the term {term!r} cannot be computed")


def _misquoted(rulebook: Rulebook, tree: yaml.Node | None) -> Iterator[Finding]:
    texts = {language: fold(file.read_text(encoding="utf-8")) for language, file in _originals(rulebook).items()}
    for clause in rulebook.clauses.values():
        for language, text in clause.quote.items():
            if language in texts and fold(text) not in texts[language]:
                differs = departure(text, texts[language])
                told = f"the {LANGUAGES[language]} wording is not word for word in the original{differs}"
                yield _finding(tree, ["clauses", clause.id, "quote", language], told)


def _originals(rulebook: Rulebook) -> dict[str, Path]:
    files = {language: ORIGINALS / f"{rulebook.id}.{language}.txt" for language in LANGUAGES}
    return {language: file for language, file in files.items() if file.is_file()}


def _notes(file: Path, rulebook: Rulebook) -> Iterator[str]:
    compared = [LANGUAGES[language] for language in _originals(rulebook) if language in rulebook.languages]
    if compared:
        yield f"the quotations of the clauses are word for word in the original ({', '.join(compared)})"
    else:
        yield f"the quotations were not compared: there is no original of {rulebook.id} in {ORIGINALS.relative_to(ROOT)}"
    place = Path("regulations", "rulebooks", rulebook.id, f"{rulebook.version}.yaml")
    if file.resolve() == (ROOT / place).resolve():
        return
    if (ROOT / place).exists() and draft(ROOT / place).content_hash != rulebook.content_hash:
        yield f"{place} has another content, and cases may rest on it: a draft that is to be adopted needs a `version` of its own"
    else:
        yield f"this is a draft: to be adopted it lies at {place}"
