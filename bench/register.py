"""The public register with a million entries: how long the service takes for what visitors ask, one question at a time.

Beside it, in the same run, the plain statements of the same searches on the same table, without a service.
"""

import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx

from bench.results import Result, Sizes, percentile
from chassis.migrations import admin_connection
from chassis.postgres import open_connection
from chassis.settings import Settings
from cli.supervisor import Stack, StackOptions
from services.council.domain.lettering import lettered, parts
from services.council.readmodels_register import register_entries

TARGET = 50.0
AGENCIES = tuple(f"agency-{number:02}" for number in range(20))
TODAY = datetime.now(UTC).date()

_CITIES = ("Бишкек", "Ош", "Алматы", "Астана", "Қарағанды", "Шымкент", "Нарын", "Талас", "Тараз", "Павлодар", "Көкшетау", "Жалал-Абад")
_OF = ("технический", "педагогический", "медицинский", "аграрный", "гуманитарный", "экономический", "юридический", "транспортный")
_SORT = (("университет", "университеті", "university"), ("институт", "институты", "institute"), ("колледж", "колледжі", "college"))
_AREAS = ("Право", "Информатика", "Медицина", "Педагогика", "Экономика", "Строительство", "Энергетика", "Туризм", "Финансы", "Логистика")
_SYLLABLES = (
    "ал",
    "бек",
    "ту",
    "нур",
    "жан",
    "кыз",
    "ма",
    "сар",
    "дос",
    "ер",
    "ка",
    "той",
    "шы",
    "мур",
    "ис",
    "ак",
    "бол",
    "тем",
    "гү",
    "ай",
)
_OUTCOMES = ("accredit", "accredit_conditionally", "accredit_5y", "accredit_3y")
_BOOKS = ("kz-109-2008-accreditation", "iqaa-accreditation", "aakr-monitoring-2024", "sapattuu-bilim-monitoring")

Ask = Mapping[str, Any]


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """A stack of its own with council alone, filled with `COPY`; every sort of question by its slowest hundredth, and all together."""
    with TemporaryDirectory(prefix="kepil-bench-") as folder:
        async with Stack(StackOptions(state_dir=Path(folder), services=("council",), ports="free")) as stack:
            settings = stack.settings()
            institutions = _institutions(random.Random(1), max(sizes.entries // 50, 10))
            await fill(settings, institutions, sizes.entries)
            return await asked(settings, stack.urls["council"], institutions, sizes)


async def fill(using: Settings, institutions: Sequence[Mapping[str, Any]], entries: int) -> None:
    """The rows, and their indexes after them."""
    admin = await admin_connection(using, "council")
    try:
        indexes = await admin.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'register_entries'")
        later = [row for row in indexes if not row["indexname"].endswith("_pkey")]
        for row in later:
            await admin.execute(f"DROP INDEX {row['indexname']}")
        names = [each.name for each in register_entries.table.columns]
        rows = _rows(random.Random(2), institutions, entries)
        await admin.copy_records_to_table("register_entries", columns=names, records=([row.get(name) for name in names] for row in rows))
        await admin.execute("SET maintenance_work_mem = '512MB'")
        for row in later:
            await admin.execute(row["indexdef"], timeout=1_800)
        await admin.execute("VACUUM ANALYZE register_entries", timeout=1_800)
    finally:
        await admin.close()


async def asked(using: Settings, url: str, institutions: Sequence[Mapping[str, Any]], sizes: Sizes) -> list[Result]:
    """Asks each question `questions` times with other words; the first of each warms up. Those that are told of as hard are measured
    too, but not reckoned among all."""
    took: dict[str, list[float]] = {}
    bare: list[float] = []
    connection = await open_connection(using, "kepil_system", "council")
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        chance = random.Random(3)
        for name, question in _questions(institutions).items():
            for number in range(sizes.questions + 1):
                path, params = question(chance)
                spent = await _timed(lambda p=path, q=params: _get(http, p, q))  # type: ignore[misc]
                if number:
                    took.setdefault(name, []).append(spent)
                if "q" in params and not path.endswith("facets") and number:
                    bare.append(await _timed(lambda q=params["q"]: _plain(connection, q)))  # type: ignore[misc]
    await connection.close()
    every = [spent for name, each in took.items() if not name.startswith("hard") for spent in each]
    what = f"register: {sizes.entries:,} entries"
    results = [Result(f"{what}, all questions, p99", percentile(every, 0.99), None, "", "ms", TARGET)]
    searched = [spent for name, each in took.items() if name.startswith("search") for spent in each]
    results.append(
        Result(f"{what}, searches, p99", percentile(searched, 0.99), percentile(bare, 0.99), "asyncpg, same statement", "ms", TARGET)
    )
    return results + [Result(f"{what}, {name}, p99", percentile(each, 0.99), None, "", "ms", None) for name, each in took.items()]


async def _timed(ask: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1_000


async def _get(http: httpx.AsyncClient, path: str, params: Ask) -> None:
    answer = await http.get(path, params=params)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")


async def _plain(connection: asyncpg.Connection, q: str) -> None:
    found = parts(q)
    where = " AND ".join(f"words LIKE ${place}" for place in range(1, len(found) + 1))
    where += " AND (ended_on IS NOT NULL OR revoked_on IS NULL)"
    await connection.fetch(
        f"SELECT * FROM register_entries WHERE {where} ORDER BY issued_on DESC, certificate_id DESC, agency DESC LIMIT 51", *found
    )


def _questions(institutions: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[random.Random], tuple[str, Ask]]]:
    """What visitors ask, each with words of its own."""

    def names(chance: random.Random, language: str) -> list[str]:
        return str(chance.choice(institutions)["names"][language]).split()

    page, counted = "/v1/register", "/v1/register/facets"
    return {
        "first page": lambda _: (page, {}),
        "oldest first": lambda _: (page, {"sort": "issued_on"}),
        "one agency": lambda chance: (page, {"agency": chance.choice(AGENCIES)}),
        "search, a name": lambda chance: (page, {"q": " ".join(names(chance, "ru"))}),
        "search, a name's own word": lambda chance: (page, {"q": names(chance, "kk")[0]}),
        "search, a frequent word": lambda chance: (page, {"q": chance.choice(_OF)}),
        "search, a programme in a city": lambda chance: (page, {"q": f"{chance.choice(_AREAS)} {chance.choice(_CITIES)}"}),
        "search, the beginning of a word": lambda chance: (page, {"q": names(chance, "en")[0][:4]}),
        "search, nothing is found": lambda chance: (page, {"q": f"zq{chance.randrange(10**6)}x"}),
        "search, in one agency": lambda chance: (page, {"q": names(chance, "ru")[0], "agency": chance.choice(AGENCIES)}),
        "search, a programme's code": lambda chance: (page, {"programme": f"6B{chance.randrange(300):05}"}),
        "number": lambda chance: (page, {"number": f"N-{chance.randrange(1000):07}"}),
        "institution": lambda chance: (page, {"institution_id": chance.choice(institutions)["institution_id"]}),
        "valid on a day": lambda chance: (page, {"as_of": (TODAY - timedelta(days=chance.randrange(2000))).isoformat(), "state": "valid"}),
        "suspended": lambda _: (page, {"state": "suspended"}),
        "revoked": lambda _: (page, {"state": "revoked"}),
        "expired": lambda _: (page, {"state": "expired", "sort": "-valid_until"}),
        "conditional ones of a country": lambda _: (page, {"outcome": "accredit_conditionally", "country": "KG"}),
        "a programme by its scope": lambda chance: (page, {"scope": f"programme:6B{chance.randrange(300):05}"}),
        "a country of which there is none": lambda chance: (page, {"country": chance.choice(("DE", "TJ", "UZ"))}),
        "facets of a name": lambda chance: (counted, {"q": " ".join(names(chance, "ru"))}),
        "facets of everything": lambda _: (counted, {}),
        "hard: three frequent words": lambda chance: (
            page,
            {"q": f"{chance.choice(_OF)} {chance.choice(_AREAS)} {chance.choice(_CITIES)}"},
        ),
        "hard: a programme's code in one agency": lambda chance: (
            page,
            {"programme": f"6B{chance.randrange(300):05}", "agency": chance.choice(AGENCIES)},
        ),
        "hard: facets of a frequent word": lambda chance: (counted, {"q": chance.choice(_OF)}),
        "hard: facets of a programme in a city": lambda chance: (counted, {"q": f"{chance.choice(_AREAS)} {chance.choice(_CITIES)}"}),
    }


def _institutions(chance: random.Random, many: int) -> list[dict[str, Any]]:
    made = []
    for number in range(many):
        ru, kk, en = chance.choice(_SORT)
        own = "".join(chance.choices(_SYLLABLES, k=3)).capitalize()
        city, of = chance.choice(_CITIES), chance.choice(_OF)
        names = {"ru": f"{own} {of} {ru} города {city}", "kk": f"{own} {of} {kk}", "en": f"{lettered(own).strip()} {of} {en}"}
        made.append({"institution_id": f"inst-{number:06}", "names": names, "city": city, "country": chance.choice(("KG", "KZ"))})
    return made


def _rows(chance: random.Random, institutions: Sequence[Mapping[str, Any]], entries: int) -> Iterator[dict[str, Any]]:
    written = [lettered(" ".join([*each["names"].values(), each["city"], each["institution_id"]])) for each in institutions]
    programmes = [(f"6B{number:05}", f"{chance.choice(_AREAS)} {''.join(chance.choices(_SYLLABLES, k=2))}") for number in range(300)]
    texts = [lettered(f"{code} {name}") for code, name in programmes]
    first = date(2008, 1, 1)
    days = (TODAY - first).days
    for number in range(entries):
        which, programme = chance.randrange(len(institutions)), chance.randrange(300)
        institution, (code, name) = institutions[which], programmes[programme]
        issued = first + timedelta(days=days * number // entries)  # as they are issued in the course of time
        until = issued + timedelta(days=365 * chance.choice((1, 3, 5, 7)))
        fate, day = chance.random(), issued + timedelta(days=200)
        stays = None
        if fate < 0.002:
            stays = [{"from": day.isoformat(), "until": (day + timedelta(days=90)).isoformat(), "to": None, "ground": "x", "was": None}]
        yield {
            "agency": AGENCIES[which % len(AGENCIES)],
            "certificate_id": f"certificate-{number:07}",
            "case_id": f"case-{number:07}",
            "number": f"N-{number:07}",
            "institution_id": institution["institution_id"],
            "institution_names": institution["names"],
            "city": institution["city"],
            "country": institution["country"],
            "scopes": [f"programme:{code}"],
            "programmes": [{"code": code, "name": name, "qf_ehea_cycle": "first_cycle"}],
            "kind": chance.choice(("institutional", "specialised")),
            "rulebook_id": _BOOKS[which % len(_BOOKS)],
            "rulebook": {"id": "iqaa-accreditation", "version": "undated", "sha256": "0" * 64},
            "decision": chance.choice(_OUTCOMES),
            "decided_on": issued,
            "issued_on": issued,
            "valid_from": issued,
            "valid_until": until,
            "lapses_from": until,
            "lapses_until": until,
            "lapses_at": datetime(until.year, until.month, until.day, 18, tzinfo=UTC),
            "suspended_on": day if stays else None,
            "revoked_on": day if 0.002 <= fate < 0.006 else None,
            "ended_on": day if 0.006 <= fate < 0.008 else None,
            "entered_on": issued,
            "stays": stays,
            "words": f"{written[which]}{texts[programme]} n {number:07}",
            "institution_words": written[which],
            "programme_words": texts[programme],
        }
