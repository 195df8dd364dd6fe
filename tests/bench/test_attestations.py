"""What `kepil bench attestations` stands on: its register, and that it sees who has no place; with --quick it runs whole."""

import csv
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import cli.bench
from bench.attestations import YEARS, check, first_year_of, table
from bench.lifecycles import StepsAreWrong
from bench.results import Sizes


@pytest.mark.parametrize("today", [date(2026, 11, 21), date(2026, 2, 1), date(2027, 6, 30)])
def test_the_register_falls_due_within_the_years_that_are_proposed(today: date) -> None:
    rows = list(csv.DictReader(table(3_000, today).decode().splitlines()))
    first = first_year_of(today)
    assert len({row["institution"] for row in rows}) == 3_000
    last = [date.fromisoformat(row["last_attested_on"]) for row in rows]
    assert max(last) <= today
    assert all(first <= day.year + YEARS < first + YEARS for day in last)
    assert min(last) > today + timedelta(days=92) - timedelta(days=YEARS * 366)
    sizes = Counter(row["authority"] for row in rows)
    assert max(sizes.values()) > 10 * min(sizes.values())


def proposal(**fields: Any) -> dict[str, Any]:
    loads = [{"authority": "body", "year": year, "attestations": count} for year, count in ((2027, 12), (2028, 10))]
    return {"entries": 22, "overdue": 0, "loads": loads, "uneven": [{"authority": "body"}], **fields}


def test_who_is_left_out_late_or_uneven_for_no_reason_is_found() -> None:
    check(proposal(), 22, 0)
    for fields, count, late in (({}, 23, 0), ({}, 22, 1), ({"overdue": 1}, 22, 0), ({"uneven": []}, 22, 0)):
        with pytest.raises(StepsAreWrong):
            check(proposal(**fields), count, late)


async def test_it_takes_no_running_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await cli.bench.run("attestations", state=tmp_path) == 2
    assert "stacks of its own" in capsys.readouterr().out


@pytest.mark.slow
async def test_it_runs_whole_on_a_stack_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert await cli.bench.run("attestations", json=True, sizes=Sizes(organisations=60)) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert [each["unit"] for each in found] == ["s", "s", "times", "s", "lifecycles/s", "lifecycles"]
    assert all(each["kepil"] > 0 for each in found)
