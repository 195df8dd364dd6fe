"""The columns of a table that is imported: their headings in the agencies' languages, what stands in them, and the empty table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chassis.spreadsheet import plain

Language = Literal["ky", "kk", "ru", "en"]


@dataclass(frozen=True)
class Column:
    """One column. `name` is its English heading; `headings` has every language's."""

    name: str
    headings: Mapping[str, str]
    meaning: str
    example: str
    required: bool = False


def column(name: str, ru: str, ky: str, kk: str, meaning: str, example: str, required: bool = False) -> Column:
    """A column by its headings."""
    return Column(name, {"ky": ky, "kk": kk, "ru": ru, "en": name}, meaning, example, required)


def headings(columns: Sequence[Column]) -> Mapping[str, str]:
    """The column's name by each heading that it may have, as `plain` makes it."""
    return {plain(heading): each.name for each in columns for heading in (each.name, *each.headings.values())}


def template(columns: Sequence[Column], language: Language) -> bytes:
    """The empty table with the headings of a language, as spreadsheet programs open it: CSV in UTF-8 with its mark."""
    table = io.StringIO(newline="")
    csv.writer(table).writerow([each.headings[language] for each in columns])
    return table.getvalue().encode("utf-8-sig")
