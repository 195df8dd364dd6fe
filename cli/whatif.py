"""`kepil whatif`: what another value in a rulebook would have made of recorded, or of simulated, cases. It changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.cases import Cases, gather
from cli.errors import Explained
from cli.histogram import STATES, draw, svg
from cli.shelf import find, print_json, reference
from cli.wording import LANGUAGES, in_words
from regulations import Rulebook, calendar_for
from regulations.evidence import BeyondCalendar, Obligation
from regulations.revision import Change, ChangeRefused, revise
from regulations.values import fold
from regulations.whatif import Comparison, Moved, Standing, Turned, compare, governed

_ROWS = 30
_ID = 8
_NARROW, _WIDE, _ON_PAPER = 95, 125, 150
_FLIPS = {"newly_missed": ("too late now", "bold red"), "newly_met": ("in time now", "bold green")}


class NotAsked(Explained):
    """A what-if that asks nothing, or asks what the rulebook cannot answer."""


@dataclass(frozen=True)
class _Question:
    before: Rulebook
    after: Rulebook
    changes: tuple[Change, ...]
    cases: Cases
    answer: Comparison
    idle: tuple[str, ...]


async def run(
    rulebook: str,
    changes: Sequence[str],
    state: Path,
    on: str | None = None,
    agency: str | None = None,
    json: bool = False,
    picture: Path | None = None,
) -> int:
    """Asks and prints. NotAsked, NoCases, NotRunning; 0 also when much would have been otherwise."""
    before = find(rulebook)
    try:
        after, made = revise(before, _values(before, changes))
    except ChangeRefused as refusal:
        raise NotAsked(str(refusal)) from None
    cases = await gather(before, on, agency, state)
    try:
        answer = compare(before, after, cases.record)
    except BeyondCalendar as error:
        raise NotAsked(str(error)) from None
    idle = tuple(each.path for each in made if each.was != each.becomes and not governed(before, cases.record, each.path))
    question = _Question(before, after, made, cases, answer, idle)
    if picture is not None:
        _write(question, picture)
    if json:
        print_json(_document(question))
    else:
        console = Console()
        _print(question, console if console.is_terminal else Console(width=_ON_PAPER))
    return 0


def _values(book: Rulebook, given: Sequence[str]) -> dict[str, Any]:
    """`path=value`, the value as YAML."""
    if not given:
        raise NotAsked(f"say what to change: --set path=value; ./kepil rulebook show {book.id} lists the values, each with its path")
    found: dict[str, Any] = {}
    for each in given:
        path, sign, value = each.partition("=")
        path = path.strip()
        if not sign:
            raise NotAsked(f"{each!r}: write path=value, such as terms.{next(iter(book.terms))}.amount=5")
        if path in found:
            raise NotAsked(f"{path} is set twice")
        try:
            found[path] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise NotAsked(f"{path}: {value!r} is no value: write a number, a word, [a list] or {{of: 2/3, strictly: false}}") from None
    return found


def _write(of: _Question, file: Path) -> None:
    try:
        file.write_text(svg(of.answer, f"What if: {of.before.title.en}", _told(of), _figures(of)), encoding="utf-8")
    except OSError as error:
        raise NotAsked(f"the picture cannot be written: {error}") from None


def _told(of: _Question) -> list[str]:
    return [f"{each.path}: {_short(each.was)} → {_short(each.becomes)}   ({_clause(each.clause)}, {each.kind})" for each in of.changes]


def _figures(of: _Question) -> list[str]:
    answer = of.answer
    return [
        f"{of.cases.source}: {answer.cases:,} cases, {answer.deadlines:,} deadlines",
        f"{len(answer.touched):,} touched, {answer.newly_missed:,} newly missed, {answer.newly_met:,} newly met;"
        f" {len(answer.turned):,} outcomes flip",
    ]


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_short(member)}" for key, member in value.items()) + "}"
    return {None: "nothing", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)


def _clause(clause: str | None) -> str:
    return f"clause {clause}" if clause else "no clause"


def _document(of: _Question) -> dict[str, Any]:
    answer = of.answer
    return {
        "rulebook": reference(of.before),
        "changes": [_change_document(each, of) for each in of.changes],
        "cases": {"source": of.cases.source, "looked_at": answer.cases, "notes": [*of.cases.notes, *_calendar_notes(of)]},
        "summary": {
            "cases": answer.cases,
            "deadlines": answer.deadlines,
            "deadlines_touched": len(answer.touched),
            "newly_missed": answer.newly_missed,
            "newly_met": answer.newly_met,
            "outcomes": answer.outcomes,
            "outcomes_flipped": len(answer.turned),
        },
        "calendar_version": calendar_for(of.before.country).version,
        "deadlines": [_moved_document(each) for each in _ordered(answer.touched)],
        "outcomes": [_turned_document(each) for each in answer.turned],
        "states": {"before": dict(answer.before), "after": dict(answer.after)},
    }


def _change_document(change: Change, of: _Question) -> dict[str, Any]:
    return {
        "path": change.path,
        "was": change.was,
        "becomes": change.becomes,
        "clause": change.clause,
        "kind": change.kind,
        "quote": dict(change.quote),
        "why": change.why,
        "departs_from_text": change.departs,
        "standing": change.standing,
        "asked_of_anything": change.path not in of.idle,
    }


def _moved_document(moved: Moved) -> dict[str, Any]:
    return {
        "case": moved.of.case,
        "rule": moved.of.rule,
        "clause": moved.clause,
        "kind": moved.kind,
        "anchors": {name: {"on": since.on, "through": list(since.through)} for name, since in moved.of.since.items()},
        "acted_on": moved.of.acted_on,
        "recorded_due": moved.of.recorded_due,
        "extended_to": moved.of.extended_to,
        "before": _standing_document(moved.before),
        "after": _standing_document(moved.after),
        "days": moved.days,
        "flip": moved.flip or None,
    }


def _standing_document(standing: Standing) -> dict[str, Any]:
    return {"due_on": standing.due_on, "state": standing.state, "consequence": standing.consequence or None}


def _turned_document(turned: Turned) -> dict[str, Any]:
    return {
        "case": turned.case,
        "value": turned.value,
        "clause": turned.clause,
        "kind": turned.kind,
        "on": turned.on,
        "before": turned.before,
        "after": turned.after,
    }


def _ordered(touched: Sequence[Moved]) -> list[Moved]:
    """What flips first, then what moves farthest."""
    return sorted(touched, key=lambda moved: (not moved.flip, moved.flip, -abs(moved.days)))


def _calendar_notes(of: _Question) -> list[str]:
    version = calendar_for(of.before.country).version
    notes = []
    if others := [each for each in of.cases.calendars if each != version]:
        notes.append(f"recorded by other calendars ({', '.join(others)}); both sides are computed by {version}")
    if of.answer.recorded_otherwise:
        notes.append(f"{of.answer.recorded_otherwise:,} deadlines were recorded with another last day than this calendar and rulebook give")
    return notes


def _print(of: _Question, console: Console) -> None:
    console.print(Text(f"What if: {of.before.title.en}", style="bold"), soft_wrap=True)
    for change in of.changes:
        _print_change(of, change, console)
    _print_summary(of, console)
    for note in (*of.cases.notes, *_calendar_notes(of)):
        console.print(Text(note, style="dim"), soft_wrap=True)
    for path in of.idle:
        told = f"{path}: no deadline and no outcome of these cases rests on it; what it changes otherwise is not shown here"
        console.print(Text(told, style="yellow"), soft_wrap=True)
    if of.answer.nothing:
        console.print(Text("\nNothing changes: no deadline moves and no outcome flips.", style="bold"))
        return
    if of.answer.touched:
        console.print(_deadlines(of, console.width))
    if of.answer.turned:
        console.print(_outcomes(of))
    draw(console, of.answer)


def _print_change(of: _Question, change: Change, console: Console) -> None:
    line = Text(f"\n{change.path}", style="cyan").append(f"  {_short(change.was)}", style="red").append(" → ", style="default")
    line.append(_short(change.becomes), style="green").append(f"  {_clause(change.clause)} ({change.kind})", style="magenta")
    console.print(line, soft_wrap=True)
    was, becomes = (in_words(book, book.citations()[change.value]) for book in (of.before, of.after))
    if was != becomes:
        console.print(Text(f"    was      {was}\n    becomes  {becomes}"), soft_wrap=True)
    style = "bold yellow" if change.departs else "default"
    console.print(Text(f"    {change.standing}", style=style), soft_wrap=True)
    for language, text in change.quote.items():
        console.print(
            Text(f"    {LANGUAGES[language]:<8} ", style="dim").append(f"«{fold(text)}»", style="not dim default"), soft_wrap=True
        )


def _print_summary(of: _Question, console: Console) -> None:
    answer = of.answer
    figures = {
        "cases looked at": answer.cases,
        "their deadlines": answer.deadlines,
        "deadlines touched": len(answer.touched),
        "newly missed": answer.newly_missed,
        "newly met": answer.newly_met,
        "outcomes that flip": len(answer.turned),
    }
    console.print(Text(f"\n{of.cases.source}", style="bold"), soft_wrap=True)
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(justify="right")
    for name, number in figures.items():
        styles = {"newly missed": "bold red", "newly met": "bold green", "outcomes that flip": "bold yellow"}
        grid.add_row(Text(name, style="dim"), Text(f"{number:,}", style=styles.get(name, "bold") if number else "default"))
    console.print(grid)


def _deadlines(of: _Question, width: int) -> Table:
    """A narrow terminal has no room for the facts behind a deadline; the JSON has them all."""
    touched = _ordered(of.answer.touched)
    table = _table("Deadlines that would have stood otherwise", len(touched))
    rows = [_row(moved) for moved in touched[:_ROWS]]
    hidden = ("since", "done on") if width < _NARROW else ("since",) if width < _WIDE else ()
    shown = [heading for heading in rows[0] if heading not in hidden]
    for heading in shown:
        dates = heading in ("clause", "done on", "due before", "due after", "days")
        table.add_column(heading, justify="right" if heading == "days" else "left", no_wrap=dates, overflow="fold")
    for row in rows:
        table.add_row(*(row[heading] for heading in shown))
    return table


def _row(moved: Moved) -> dict[str, Text]:
    stands = _state(moved.before).append(" → ", style="default").append_text(_state(moved.after))
    if moved.flip:
        stands.append(f"  {_FLIPS[moved.flip][0]}", style=_FLIPS[moved.flip][1])
    return {
        "case": _case(moved.of.case),
        "deadline": Text(moved.of.rule.replace("_", " ")),
        "clause": Text(moved.clause or "–", style="magenta"),
        "since": _since(moved.of),
        "done on": Text(str(moved.of.acted_on or "–")),
        "due before": Text(str(moved.before.due_on)),
        "due after": Text(str(moved.after.due_on)),
        "days": Text(f"{moved.days:+}" if moved.days else "0"),
        "before → after": stands,
    }


def _outcomes(of: _Question) -> Table:
    table = _table("Outcomes that would have been others", len(of.answer.turned))
    for heading in ("case", "by", "clause", "on the facts", "before", "after"):
        table.add_column(heading, no_wrap=heading == "clause", overflow="fold")
    for turned in of.answer.turned[:_ROWS]:
        words = [word.replace("_", " ") for word in (turned.before, turned.after)]
        clause = Text(turned.clause or "–", style="magenta")
        table.add_row(_case(turned.case), turned.value, clause, turned.on, words[0], Text(words[1], style="bold"))
    return table


def _table(title: str, number: int) -> Table:
    rest = f"; {number - _ROWS:,} more with --json" if number > _ROWS else ""
    return Table(title=f"\n{title} ({number:,}{rest})", title_justify="left", title_style="bold", header_style="dim", box=None)


def _since(of: Obligation) -> Text:
    told = {name.replace("_", " "): f"reckoned from {each.on}" if each.through else str(each.on) for name, each in of.since.items()}
    return Text("; ".join(f"{name} {day}" for name, day in told.items()))


def _case(name: str) -> Text:
    """The end of a long id tells cases of one day apart; the whole is in the JSON."""
    words = [f"…{word[-_ID:]}" if len(word) > 2 * _ID else word for word in name.split(" ")]
    return Text(" ".join(words))


def _state(standing: Standing) -> Text:
    return Text(standing.state.replace("_", " "), style=STATES[standing.state][0])
