"""From rows of a table to what they say of each certificate: rows that belong together, days, words of a rulebook, institutions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from chassis.spreadsheet import Row, plain
from regulations import Rulebook
from services.council.import_columns import OF_RECOMMENDATIONS

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?$")
DAY_ACCEPTS = "a day as 2025-03-14 or 14.03.2025"
_RECOMMENDATION_ACCEPTS = "`criterion | text`, a line for each, or the criterion in its own column"

#: More rows than any certificate has recommendations: a table that goes on without numbers is none.
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, or with a line as a whole (`field` None)."""

    line: int
    field: str | None
    problem: str
    clause: str | None = None
    rulebook: str | None = None
    accepts: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation or a remark of a certificate."""

    criterion: str
    text: str
    remark: bool = False
    nonconformity: bool = False


@dataclass(slots=True)
class Entry:
    """One certificate of the table: its first row, and what the rows below it add. No `rows`: the first could not be read."""

    line: int
    row: int
    cells: Mapping[str, str]
    advice: list[Advice] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0

    def add(self, row: Row) -> None:
        """Takes the recommendations of a row."""
        self.rows += 1
        if self.rows > MOST_ROWS:
            self.faults.append(
                Fault(row.line, None, f"a certificate has {MOST_ROWS} rows at most", accepts="a number in each certificate's row")
            )
            return
        found, faults = advice_of(row)
        self.advice += found
        self.faults += faults

    def continues(self, row: Row) -> bool:
        """Whether a row has further recommendations of this certificate: the same number or none, and nothing else that is new.

        A row that was written twice has not: it stands for itself, and so has no recommendation twice.
        """
        number = row.cells.get("number")
        if number not in (None, self.cells.get("number")):
            return False
        others = {name: cell for name, cell in row.cells.items() if name not in (*OF_RECOMMENDATIONS, "number")}
        if any(self.cells.get(name) != cell for name, cell in others.items()):
            return False
        found, faults = advice_of(row)
        return bool(faults) or any(each not in self.advice for each in found)


def entries(rows: Iterable[Row]) -> Iterator[Entry]:
    """The certificates of a table, one after the other."""
    entry: Entry | None = None
    for row in rows:
        if entry is not None and entry.rows and row.fault is None and entry.continues(row):
            entry.add(row)
            continue
        if entry is not None:
            if row.fault is not None and entry.rows and row.cells.get("number") in (None, entry.cells.get("number")):
                entry.faults.append(Fault(row.line, None, f"this row cannot be read, and may be of the certificate above: {row.fault}"))
            yield entry
        entry = Entry(row.line, row.row, row.cells)
        if row.fault is not None:
            entry.faults.append(Fault(row.line, None, row.fault))
        else:
            entry.add(row)
    if entry is not None:
        yield entry


def advice_of(row: Row) -> tuple[list[Advice], list[Fault]]:
    """The recommendations of one row, in the order of the columns."""
    found: list[Advice] = []
    faults: list[Fault] = []
    beside = row.cells.get("criterion")
    for name in ("recommendation", "remark", "nonconformity"):
        kind = {"remark": name == "remark", "nonconformity": name == "nonconformity"}
        for criterion, text in _parts(row.cells.get(name, ""), beside):
            if criterion and text:
                found.append(Advice(criterion, text, **kind))
            else:
                lacks = "text" if criterion else "criterion"
                faults.append(
                    Fault(row.line, name, f"a {name} without {lacks}: {(text or criterion)[:60]!r}", accepts=_RECOMMENDATION_ACCEPTS)
                )
    if beside and not any(name in row.cells for name in OF_RECOMMENDATIONS[1:]):
        faults.append(Fault(row.line, "criterion", "a criterion without recommendation", accepts=_RECOMMENDATION_ACCEPTS))
    return found, faults


def _parts(cell: str, beside: str | None) -> list[tuple[str, str]]:
    """Criterion and text of each recommendation of a cell; a line without a bar goes on with the one above."""
    if not cell:
        return []
    if "|" not in cell:
        return [(beside or "", cell)]
    parts: list[tuple[str, str]] = []
    for line in cell.splitlines():
        criterion, bar, text = (part.strip() for part in line.partition("|"))
        if bar:
            parts.append((criterion or beside or "", text))
        elif line.strip() and parts:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]}\n{line.strip()}")
        elif line.strip():
            parts.append((beside or "", line.strip()))
    return parts


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

    def __init__(self, rules: Rulebook) -> None:
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
