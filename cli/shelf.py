"""Which rulebook a command names: `ID`, `ID@VERSION`, or a file that somebody works on. Refusals say what there is."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cli.errors import Explained
from cli.state import ROOT
from regulations import library
from regulations.library import RulebookRefused, draft
from regulations.rulebook import Rulebook


class NoSuchRulebook(Explained):
    """Neither the shelf nor the disk has it."""


class RulebookNotReadable(Explained):
    """There is such a file, and it is no rulebook that could be used."""


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """That `word` is none of the known ones, which of them is probably meant, and what there is."""
    there = list(known)
    near = get_close_matches(word, there, n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"there is no {what} {word!r}{meant}; there are: {', '.join(there) or 'none'}"


def ids() -> list[str]:
    """The rulebooks on the shelf by id, readable or not."""
    return sorted(folder.name for folder in library.SHELF.iterdir() if any(folder.glob("*.yaml")))


def is_file(name: str) -> bool:
    """Whether the name means a file and not a rulebook of the shelf."""
    return "/" in name or name.endswith((".yaml", ".yml"))


def find(name: str, version: str | None = None) -> Rulebook:
    """The rulebook that `name` means, the newest version unless one is named. NoSuchRulebook, RulebookNotReadable."""
    if version and "@" not in name and not is_file(name):
        name = f"{name}@{version}"
    file = file_of(name)
    try:
        return draft(file) if is_file(name) else library.load(file.parent.name, file.stem)
    except RulebookRefused:
        raise RulebookNotReadable(f"{name} cannot be used as it is: ./kepil rulebook check {name} says what is wrong and where") from None


def file_of(name: str) -> Path:
    """The file behind `ID`, `ID@VERSION` or a file's own name, readable as a rulebook or not. NoSuchRulebook."""
    rulebook_id, _, version = name.partition("@")
    if is_file(name) or rulebook_id not in ids():
        if Path(name).is_file():
            return Path(name)
        raise NoSuchRulebook(f"there is no file {name}" if is_file(name) else unknown("rulebook", rulebook_id, ids()))
    known = library.versions(rulebook_id)
    if version and version not in known:
        raise NoSuchRulebook(unknown(f"version of {rulebook_id}", version, known))
    return library.SHELF / rulebook_id / f"{version or known[-1]}.yaml"


def shown(file: Path) -> str:
    """The file's place within the project, or its name as it was given."""
    return str(file.resolve().relative_to(ROOT)) if file.resolve().is_relative_to(ROOT) else str(file)


def reference(rulebook: Rulebook) -> dict[str, str]:
    """What identifies a rulebook's content in everything that is printed for machines."""
    return rulebook.ref.model_dump()


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=1, ensure_ascii=False, default=str))
