"""The columns of a table of organisations that are attested: their headings in the agencies' languages, and what stands in them."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
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


def _column(name: str, ru: str, ky: str, kk: str, meaning: str, example: str, required: bool = False) -> Column:
    return Column(name, {"ky": ky, "kk": kk, "ru": ru, "en": name}, meaning, example, required)


_DAY = "YYYY-MM-DD or DD.MM.YYYY"
_YES = "yes or no, also 1 or 0"

COLUMNS: tuple[Column, ...] = (
    _column(
        "institution",
        "организация образования",
        "билим берүү уюму",
        "білім беру ұйымы",
        "The organisation's id, its national id, or its name as it is registered",
        "school-7",
        required=True,
    ),
    _column(
        "rulebook",
        "регламент",
        "жобо",
        "ереже",
        "The rulebook, `id` or `id@version`; needed where the request names none for the file",
        "kz-109-2008-attestation",
    ),
    _column(
        "authority",
        "уполномоченный орган",
        "ыйгарым укуктуу орган",
        "уәкілетті орган",
        "The authorised body that attests it",
        "almaty-oblast",
        required=True,
    ),
    _column(
        "levels",
        "уровни образования",
        "билим деңгээлдери",
        "білім деңгейлері",
        "Words of the rulebook or their names, by `;`",
        "primary; basic_secondary",
        required=True,
    ),
    _column(
        "specialties",
        "специальности",
        "адистиктер",
        "мамандықтар",
        "Code, name and level in brackets, several by `;`. The level can be left out where only one is attested by specialty",
        "5B011700 Kazakh language [higher]",
    ),
    _column("state_owned", "государственная", "мамлекеттик", "мемлекеттік", f"Whether it is the state's: {_YES}", "yes", required=True),
    _column("arts", "искусства", "өнөр", "өнер", f"Whether it is an organisation of the arts: {_YES}; without it: no", "no"),
    _column("profile", "профиль", "багыты", "бейіні", "ordinary, out_of_school or special; without it: ordinary", "ordinary"),
    _column(
        "languages", "языки аттестации", "аттестация тилдери", "аттестаттау тілдері", "Words of the rulebook, or names, by `;`", "state"
    ),
    _column("foreign_branch", "иностранный филиал", "чет өлкөлүк филиал", "шетелдік филиал", f"{_YES}; without it: no", "no"),
    _column("treaty", "международный договор", "эл аралык келишим", "халықаралық шарт", "The treaty that takes a foreign branch out", ""),
    _column("learners", "обучающиеся", "окуучулар", "білім алушылар", "How many there are", "640"),
    _column("founded_on", "дата создания", "түзүлгөн күнү", "құрылған күні", f"When it was founded, {_DAY}", "1998-09-01"),
    _column(
        "last_attested_on",
        "последняя аттестация",
        "акыркы аттестация",
        "соңғы аттестаттау",
        f"The day of the last decision, {_DAY}; the next years run from it",
        "12.05.2009",
    ),
)


@cache
def headings() -> Mapping[str, str]:
    """The column's name by each heading that it may have, as `plain` makes it."""
    return {plain(heading): column.name for column in COLUMNS for heading in (column.name, *column.headings.values())}


def template(language: Language) -> bytes:
    """The empty table with the headings of a language: CSV in UTF-8 with its mark."""
    table = io.StringIO(newline="")
    csv.writer(table).writerow([column.headings[language] for column in COLUMNS])
    return table.getvalue().encode("utf-8-sig")
