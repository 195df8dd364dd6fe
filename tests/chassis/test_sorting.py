"""Lists in an order that the caller asks for: every row once in each order, and no cursor of one order in another."""

import base64
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Date, Integer, MetaData, Table, Text, create_engine, select

from chassis.problems import Invalid
from chassis.sorting import Order, sorting

CASES = Table("cases", MetaData(), Column("case_id", Text), Column("filed_on", Date), Column("stage", Text), Column("year", Integer))
COLUMNS = [CASES.c.filed_on, CASES.c.stage, CASES.c.year, CASES.c.case_id]
SORTS = ["filed_on", "-filed_on", "stage", "-stage", "year", "-year", "case_id", "-case_id"]
ORDER = sorting("filed_on", COLUMNS, CASES.c.case_id)

rows = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["filed", "closed"]), st.integers(-2, 2)), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        CASES.create(opened)
        yield opened
    engine.dispose()


def _turned(connection: Connection, order: Order, size: int) -> list[Any]:
    """Every page of a list by its cursors."""
    found: list[Any] = []
    cursor = None
    while True:
        page = connection.execute(order.page(select(CASES), cursor).limit(size)).mappings().all()
        found += page
        if len(page) < size:
            return found
        cursor = order.cursor(page[-1])


@pytest.mark.parametrize("sort", SORTS)
@given(rows=rows, size=st.integers(1, 7))
async def test_pages_have_every_row_once_and_in_the_order(connection: Connection, sort: str, rows: list[Any], size: int) -> None:
    connection.execute(CASES.delete())
    day = date(2024, 2, 5)
    values = [
        {"case_id": f"case-{number:02}", "filed_on": day + timedelta(days), "stage": stage, "year": year}
        for number, (days, stage, year) in enumerate(rows)
    ]
    connection.execute(CASES.insert(), values)
    key = sort.removeprefix("-")

    turned = _turned(connection, await ORDER(sort), size)

    assert [dict(row) for row in turned] == sorted(values, key=lambda row: (row[key], row["case_id"]), reverse=sort.startswith("-"))


async def test_a_list_is_sorted_by_its_default_unasked() -> None:
    assert (await ORDER()).name == "filed_on"


@pytest.mark.parametrize("sort", ["number", "", "-", "--filed_on", "filed_on,stage", "+filed_on", "FILED_ON", "agency"])
async def test_an_unknown_order_is_told_what_is_accepted(sort: str) -> None:
    with pytest.raises(Invalid) as refused:
        await ORDER(sort)
    (fault,) = refused.value.extensions["errors"]
    assert fault["pointer"] == "#/query/sort"
    assert all(known in fault["detail"] for known in SORTS)


ROW = {"case_id": "case-1", "filed_on": date(2024, 2, 5), "stage": "filed", "year": 2024}


@pytest.mark.parametrize("made", SORTS)
@pytest.mark.parametrize("used", SORTS)
async def test_a_cursor_goes_on_in_its_own_order_alone(made: str, used: str) -> None:
    cursor, order = (await ORDER(made)).cursor(ROW), await ORDER(used)
    if made == used:
        assert "WHERE" in str(order.page(select(CASES), cursor))
        return
    with pytest.raises(Invalid, match="another order"):
        order.page(select(CASES), cursor)


async def test_a_cursor_of_a_list_that_is_not_sorted_fits_no_order_and_none_fits_it() -> None:
    plain, order = Order((CASES.c.filed_on, CASES.c.case_id)), await ORDER()
    for made, used in ((plain, order), (order, plain)):
        with pytest.raises(Invalid, match="another order"):
            used.page(select(CASES), made.cursor(ROW))


def _cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "content",
    [
        {"sort": "filed_on"},
        {"after": ["2024-02-05", "case-1"]},
        {"sort": ["filed_on"], "after": ["2024-02-05", "case-1"]},
        {"sort": "filed_on", "after": ["2024-02-05"]},
        {"sort": "filed_on", "after": ["today", "case-1"]},
        {"sort": "filed_on", "after": ["2024-02-05", 1]},
        {"sort": "filed_on", "after": {"filed_on": "2024-02-05"}},
        {},
        None,
        "filed_on",
        7,
    ],
    ids=str,
)
async def test_what_is_no_cursor_of_ours_is_invalid(content: Any) -> None:
    order = await ORDER()
    with pytest.raises(Invalid):
        order.page(select(CASES), _cursor(content))


def test_a_default_must_be_one_of_the_columns() -> None:
    with pytest.raises(ValueError, match="number is none of"):
        sorting("number", COLUMNS, CASES.c.case_id)
