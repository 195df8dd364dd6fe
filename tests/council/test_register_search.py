"""Words in the public register: whichever way a search goes, it finds the same entries in the same order."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from chassis.context import Context
from services.council import register
from services.council.api_register import REGISTER_BY
from services.council.domain.lettering import lettered, parts
from services.council.register import Sample, Wanted, Word, facets, page
from tests.council.test_followed_over_rest import Keeper, desk, keeper

__all__ = ["desk", "keeper"]

MANY = 60
FREQUENT, RARE = Word("words", "%universitet%"), Word("words", "%manas%")


def entry(agency: str, number: int) -> dict[str, Any]:
    """All are of universities, a third in one city, each fifth of an area, and five of each name."""
    city, area = ("Ош", "Нарын", "Талас")[number % 3], ("Право", "Туризм", "Финансы", "Физика", "Химия")[number % 5]
    institution, programme = lettered(f"Университет Имя{number // 5:02}ов {city}"), lettered(f"6B{number % 7:05} {area}")
    return {
        "agency": agency,
        "certificate_id": f"searched-{number:03}",
        "issued_on": date(2024, 1, 1) + timedelta(days=number // 2),  # two a day: the order goes on by what they are known by
        "valid_until": date(2090, 1, 1),
        "country": "KG",
        "scopes": [f"programme:6B{number % 7:05}"],
        "words": institution + programme,
        "institution_words": institution,
        "programme_words": programme,
    }


def fits(found: dict[str, Any], asked: dict[str, str]) -> bool:
    """Whether an entry is what is asked for: it has all the words, and a text without a letter asks for nothing that there is."""
    columns = {"q": "words", "institution": "institution_words", "programme": "programme_words"}
    if asked.get("scope", found["scopes"][0]) not in found["scopes"]:
        return False
    texts = {columns[name]: parts(text) for name, text in asked.items() if name in columns}
    return all(words and all(part.strip("%") in found[column] for part in words) for column, words in texts.items())


@pytest_asyncio.fixture
async def ctx(keeper: Keeper) -> AsyncIterator[Context]:
    runtime, agency = keeper.desk.runtime, keeper.desk.agency
    rows = [entry(agency, number) for number in range(MANY)]
    columns = list(rows[0])
    async with runtime.system.acquire() as connection:  # no event stands behind these rows
        values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        statement = f"INSERT INTO register_entries ({', '.join(columns)}) VALUES ({values})"
        await connection.executemany(statement, [tuple(row.values()) for row in rows])
    yield await runtime.context(agency=agency, actor="public")
    async with runtime.system.acquire() as connection:
        await connection.execute("DELETE FROM register_entries WHERE agency = $1 AND certificate_id LIKE 'searched-%'", agency)


ASKED = (
    {"q": "университет"},
    {"q": "университет Ош"},
    {"q": "Ош право"},
    {"q": "Имя03ов"},
    {"q": "университет имя07 наш талас"},
    {"institution": "талас", "programme": "туризм"},
    {"programme": "6B00004"},
    {"q": "nowhere"},
    {"scope": "programme:6B00003"},
    {"scope": "programme:6B00003", "q": "Ош"},
    {"scope": "institution"},
    {"q": "университет", "programme": "«»"},
)


@pytest.mark.parametrize("sizes", [(4_000, 30_000), (20, 1_000), (3, 3), (20, 21)], ids=["whole", "in order", "index", "too few"])
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked.values()))
async def test_every_way_of_a_search_finds_the_same(
    ctx: Context, sizes: tuple[int, int], asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_OF_ONE", sizes)
    monkeypatch.setattr(register, "_LOOKED_THROUGH_TO_COUNT", sizes[1] * 1_000)
    wanted = Wanted(agency=ctx.agency, **asked)
    expected = [each["certificate_id"] for each in (entry(ctx.agency, number) for number in range(MANY)) if fits(each, asked)]
    for sort in ("issued_on", "-issued_on"):
        order, cursor = await REGISTER_BY(sort), None
        found: list[str] = []
        while True:
            rows = await page(ctx, wanted, order, cursor, 4)
            found += [row["certificate_id"] for row in rows[:4]]
            if len(rows) <= 4:
                break
            cursor = order.cursor(rows[3])
        assert found == (expected if sort == "issued_on" else expected[::-1])
    counted = await facets(ctx, wanted)
    assert (counted["entries"], counted["exact"]) == (len(expected), True)


@pytest.mark.parametrize(("found", "most", "enough"), [(0, 30_000, False), (6, 30_000, False), (7, 30_000, True), (4_000, 40, False)])
def test_a_page_is_filled_in_order_where_the_first_entries_promise_it(found: int, most: int, enough: bool) -> None:
    assert Sample(4_000, found, {FREQUENT: found}).promises(50, most) is enough


@pytest.mark.parametrize(
    ("frequent", "rare", "looked_up"),
    [(400, 0, [RARE]), (400, 39, [RARE]), (400, 40, [FREQUENT, RARE]), (0, 0, [FREQUENT, RARE])],
)
def test_rare_words_are_looked_up_and_all_of_them_where_none_is_rare(frequent: int, rare: int, looked_up: list[Word]) -> None:
    conditions = Sample(4_000, 0, {FREQUENT: frequent, RARE: rare}).looked_up()
    indexed = [word for word, condition in zip((FREQUENT, RARE), conditions, strict=True) if "||" not in str(condition)]
    assert indexed == looked_up
