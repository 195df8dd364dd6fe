"""What the cells of a table say, whatever it is a table of: days, lists, words of a rulebook, institutions; and what is wrong with them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, Protocol

from chassis.spreadsheet import plain

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?$")
DAY_ACCEPTS = "a day as 2025-03-14 or 14.03.2025"


class Vocabularies(Protocol):
    """What of a rulebook names its words."""

    @property
    def id(self) -> str:
        """The rulebook's."""

    @property
    def languages(self) -> Sequence[str]:
        """Its own first."""

    @property
    def vocabularies(self) -> Mapping[str, Mapping[str, Any]]:
        """Each with its words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, or with a line as a whole (`field` None)."""

    line: int
    field: str | None
    problem: str
    clause: str | None = None
    rulebook: str | None = None
    accepts: str | None = None


def day(cell: str) -> date | None:
    """A day as it is written in ISO 8601 or with dots; None where it is neither."""
    cell = _MIDNIGHT.sub("", cell)  # a spreadsheet's day may come with its hour
    if match := _ISO.fullmatch(cell):
        year, month, number = (int(each) for each in match.groups())
    elif match := _LOCAL.fullmatch(cell):
        number, month, year = (int(each) for each in match.groups())
    else:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def several(cell: str) -> tuple[str, ...]:
    """What a cell lists, by `;` or line by line."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[;\n]", cell) if part.strip()))


class Words:
    """The words of a rulebook by their ids and by their names in every language."""

    def __init__(self, rules: Vocabularies) -> None:
        self._rules = rules
        self._known: dict[str, dict[str, str]] = {}

    def word(self, text: str, *vocabularies: str) -> str | None:
        """The id of a word of the first of these vocabularies that the rulebook has; None where it has no such word. As it is written where
        the rulebook lists none."""
        name = self._first(vocabularies)
        if name is None:
            return text
        if name not in self._known:
            entries = self._rules.vocabularies[name].items()
            named = {plain(written): word for word, entry in entries for written in dict(entry.names).values() if written}
            self._known[name] = named | {plain(word): word for word, _ in entries}
        return self._known[name].get(plain(text))

    def fault(self, line: int, field: str, text: str, *vocabularies: str) -> Fault:
        """That a text is no such word, by the clause of those that there are."""
        words = self._rules.vocabularies[self._first(vocabularies) or ""]
        language = self._rules.languages[0]
        accepts = "; ".join(f"{word} ({getattr(entry.names, language)})" for word, entry in words.items())
        clause = next((entry.clause for entry in words.values() if entry.clause), None)
        return Fault(line, field, f"{text[:60]!r} is no {field} of this rulebook", clause, self._rules.id, accepts)

    def _first(self, vocabularies: Sequence[str]) -> str | None:
        return next((each for each in vocabularies if each in self._rules.vocabularies), None)


class Institutions:
    """The institutions that the agency has registered, by id, national id and name."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._by_id: set[str] = set()
        self._by_national_id: dict[str, str] = {}
        self._by_name: dict[str, dict[str, str]] = {}
        for row in rows:
            self._by_id.add(row["institution_id"])
            if row["national_id"]:
                self._by_national_id[str(row["national_id"])] = row["institution_id"]
            for name in row["names"].values():
                self._by_name.setdefault(plain(name), {})[row["institution_id"]] = name

    def named(self, cell: str) -> Sequence[str]:
        """The ids of those that are meant: none if it is unknown, several if the name is not one institution's alone."""
        if cell in self._by_id:
            return [cell]
        if cell in self._by_national_id:
            return [self._by_national_id[cell]]
        return sorted(self._by_name.get(plain(cell), ()))

    def similar(self, cell: str) -> list[str]:
        """Names that are written much alike."""
        return [next(iter(self._by_name[each].values())) for each in get_close_matches(plain(cell), self._by_name, n=3, cutoff=0.75)]
