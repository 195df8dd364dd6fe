"""A shelf on which AAKR has amended its regulation: the report is due three months before the monitoring, not two."""

import shutil
from pathlib import Path

import pytest

from regulations import library

AAKR, AMENDED = "aakr-monitoring-2024", "2026-09-01"


@pytest.fixture
def amended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shelf of this project with one more version."""
    shelf = tmp_path / "rulebooks"
    shutil.copytree(library.SHELF, shelf)
    before = (shelf / AAKR / "2024-09-06.yaml").read_text()
    terms = before.index("\nterms:\n")
    at = before.index("amount: 2\n", before.index("\n  interim_report:\n", terms))
    text = before[:at] + "amount: 3\n" + before[at + len("amount: 2\n") :]
    text = text.replace('version: "2024-09-06"', f'version: "{AMENDED}"', 1).replace(
        "in_force_from: 2024-09-06", f"in_force_from: {AMENDED}", 1
    )
    (shelf / AAKR / f"{AMENDED}.yaml").write_text(text)
    monkeypatch.setattr(library, "SHELF", shelf)
