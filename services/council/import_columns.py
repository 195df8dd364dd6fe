"""The columns of a table of certificates: their headings in the agencies' languages, what stands in them, and the empty table."""

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
    """One column. `name` is its English heading; `headings` are the others that it may have, by language."""

    name: str
    headings: Mapping[str, str]
    meaning: str
    example: str
    required: bool = False


def _column(name: str, ru: str, ky: str, kk: str, meaning: str, example: str, required: bool = False) -> Column:
    return Column(name, {"ky": ky, "kk": kk, "ru": ru, "en": name}, meaning, example, required)


_DAY = "YYYY-MM-DD or DD.MM.YYYY"

COLUMNS: tuple[Column, ...] = (
    _column(
        "number",
        "номер свидетельства",
        "күбөлүктүн номери",
        "куәлік нөмірі",
        "The certificate's number. A row without it, or with the number of the row above, has further recommendations of that certificate",
        "KG-0001",
        required=True,
    ),
    _column(
        "institution",
        "организация образования",
        "билим берүү уюму",
        "білім беру ұйымы",
        "Whose certificate it is: the institution's id, its national id, or its name as it is registered",
        "first-university",
        required=True,
    ),
    _column(
        "rulebook",
        "регламент",
        "жобо",
        "ереже",
        "The rulebook under which the certificate is followed up, `id` or `id@version`; needed where the request names none for the file",
        "aakr-monitoring-2024",
    ),
    _column(
        "object",
        "объект аккредитации",
        "аккредитациялоо объектиси",
        "аккредиттеу объектісі",
        "What is accredited: a word of the rulebook, or its name",
        "programme",
        required=True,
    ),
    _column("programme", "программа", "программа аталышы", "бағдарлама", "The educational programme, code and name", "710100 Informatics"),
    _column(
        "level",
        "уровень образования",
        "билим берүү деңгээли",
        "білім беру деңгейі",
        "The level of education: a word of the rulebook, or its name",
        "higher_professional",
    ),
    _column(
        "kind",
        "вид аккредитации",
        "аккредитациянын түрү",
        "аккредиттеу түрі",
        "For how long or on which condition: a word of the rulebook's `kinds`, or its name",
        "conditional",
    ),
    _column("scopes", "области", "тармактар", "салалар", "What the certificate covers besides, several by `;`", ""),
    _column("issued_on", "дата выдачи", "берилген күнү", "берілген күні", f"The day of issue, {_DAY}", "2025-03-14", required=True),
    _column(
        "received_on",
        "дата получения",
        "алынган күнү",
        "алынған күні",
        f"The day on which the institution received it, {_DAY}",
        "21.03.2025",
    ),
    _column("valid_until", "действует до", "жарактуу мөөнөтү", "жарамды мерзімі", f"Its last day, {_DAY}", "2030-03-13", required=True),
    _column(
        "criterion",
        "стандарт",
        "стандарт же критерий",
        "өлшемшарт",
        "The criterion of this row's recommendation or remark",
        "Standard 2",
    ),
    _column(
        "recommendation",
        "рекомендации",
        "сунуштар",
        "ұсынымдар",
        "A recommendation. Several in one cell: a line each, `criterion | text`, unless they share this row's criterion",
        "Standard 3 | Publish the graduates' surveys",
    ),
    _column("remark", "замечания", "сын-пикирлер", "ескертулер", "A remark, as recommendations are written", ""),
    _column(
        "nonconformity",
        "несоответствия",
        "дал келбөөлөр",
        "сәйкессіздіктер",
        "A recommendation on a nonconformity, as recommendations are written",
        "",
    ),
    _column(
        "panel", "эксперты", "эксперттер", "сарапшылар", "The ids of the accrediting commission's experts, by `;`", "expert.one; expert.two"
    ),
    _column("case_officer", "референт", "референт аты", "референт аты-жөні", "The id of the case officer who took part", "referent.one"),
    _column("contract_reference", "договор", "келишим", "шарт", "The contract of the accreditation", "No. 14/2025"),
    _column("plan_received_on", "план получен", "план алынган", "жоспар алынды", f"When the action plan came in, {_DAY}", ""),
    _column("plan_accepted_on", "план принят", "план кабыл алынган", "жоспар қабылданды", f"When the plan was accepted, {_DAY}", ""),
    _column(
        "term_reason",
        "основание срока",
        "мөөнөттүн негизи",
        "мерзім негізі",
        "Why its last day is another than the term of its kind gives",
        "",
    ),
    _column("origin", "источник", "булак", "дереккөз", "Where this is known from; without it: this import", "Agency's list of 2025"),
)

#: What a further row of a certificate may have.
OF_RECOMMENDATIONS = ("criterion", "recommendation", "remark", "nonconformity")


@cache
def headings() -> Mapping[str, str]:
    """The column's name by each heading that it may have, as `plain` makes it."""
    return {plain(heading): column.name for column in COLUMNS for heading in (column.name, *column.headings.values())}


def template(language: Language) -> bytes:
    """The empty table with the headings of a language, as spreadsheet programs open it: CSV in UTF-8 with its mark."""
    table = io.StringIO(newline="")
    csv.writer(table).writerow([column.headings[language] for column in COLUMNS])
    return table.getvalue().encode("utf-8-sig")
