"""`kepil rulebook diff`: two rulebooks value by value, each change with its clause."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.shelf import find, print_json, reference
from cli.wording import in_words
from regulations.differences import Change, differences
from regulations.rulebook import Rulebook
from regulations.values import fold


def run(a: str, b: str, json: bool = False) -> int:
    """Prints what differs; 0 also when something does."""
    before, after = find(a), find(b)
    changes = list(differences(before, after))
    if json:
        print_json({"a": reference(before), "b": reference(after), "changes": [asdict(change) for change in changes]})
        return 0
    console = Console()
    if not changes:
        console.print("no difference", highlight=False)
    for change in changes:
        console.print(_line(change, before, after), soft_wrap=True)
    return 0


def _line(change: Change, before: Rulebook, after: Rulebook) -> Text:
    line = Text(f"clause {change.clause:<8}" if change.clause else f"{'':15}", style="magenta")
    line.append(f"  {change.path}{f'.{change.field}' if change.field else ''}", style="cyan")
    match change.change:
        case "added":
            return line.append(f"  added: {_whole(after, change.path, change.new)}", style="green")
        case "removed":
            return line.append(f"  removed: {_whole(before, change.path, change.old)}", style="red")
    return line.append(f"  {_short(change.old)}", style="red").append(" → ", style="default").append(_short(change.new), style="green")


def _whole(rulebook: Rulebook, path: str, value: Any) -> str:
    cited = rulebook.citations().get(path)
    return in_words(rulebook, cited) if cited else _short(value)


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(member)}" for key, member in value.items())
    if isinstance(value, list):
        return f"[{', '.join(_short(member) for member in value)}]"
    return "nothing" if value is None else fold(str(value))
