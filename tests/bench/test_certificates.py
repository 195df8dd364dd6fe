"""What `kepil bench certificates` stands on: its midnight, its table, and that it never touches a running stack."""

import csv
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import cli.bench
from bench.certificates import EACH, table
from bench.midnight import midnight
from cli.state import ROOT

_ASK = """
from datetime import date
from regulations import end_of_local_day
for day, zone in (("{day}", "Asia/Bishkek"), ("2026-01-01", "Asia/Almaty")):
    print(end_of_local_day(date.fromisoformat(day), zone).isoformat())
"""


@pytest.mark.parametrize("hour", [0, 5, 11, 12, 17, 23])
def test_the_local_day_ends_when_the_measurement_wants_it_and_no_other_zone_moves(tmp_path: Path, hour: int) -> None:
    at = datetime(2026, 11, 21, hour, 17, tzinfo=UTC)
    with midnight(tmp_path, "Asia/Bishkek", at) as day:
        child = subprocess.run(
            [sys.executable, "-c", _ASK.format(day=day)], capture_output=True, text=True, check=True, cwd=ROOT, env=dict(os.environ)
        )
    assert child.stdout.split() == [at.isoformat(), "2026-01-01T19:00:00+00:00"]
    assert str(tmp_path) not in os.environ.get("PYTHONPATH", "")


def test_the_certificates_of_the_table_have_numbers_of_their_own_and_none_is_due_soon() -> None:
    today = date(2026, 11, 21)
    rows = list(csv.DictReader(table("K", 3 * EACH, today).decode().splitlines()))
    assert len({row["number"] for row in rows}) == 3 * EACH
    assert len({row["institution"] for row in rows}) == 3
    assert all(date.fromisoformat(row["valid_until"]) > today + timedelta(days=4 * 365) for row in rows)
    assert {row["valid_until"] for row in csv.DictReader(table("M", 5, today, expires=today).decode().splitlines())} == {"2026-11-21"}


async def test_it_takes_no_running_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await cli.bench.run("certificates", state=tmp_path) == 2
    assert "stacks of its own" in capsys.readouterr().out
