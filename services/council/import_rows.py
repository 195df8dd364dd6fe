"""From rows of a table to what they say of each certificate: rows that belong together, and their recommendations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chassis.spreadsheet import Row
from chassis.tables import Fault
from services.council.import_columns import OF_RECOMMENDATIONS

_RECOMMENDATION_ACCEPTS = "`criterion | text`, a line for each, or the criterion in its own column"

#: More rows than any certificate has recommendations: a table that goes on without numbers is none.
MOST_ROWS = 500


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
