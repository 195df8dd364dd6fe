"""The guide is followed: its blocks are run in their order, in one shell, on a stack that they start themselves."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.running import NotRunning, describe
from cli.state import ROOT

GUIDE = (ROOT / "docs" / "guide" / "accreditation.md").read_text(encoding="utf-8")
PORT_BASE = {"guide": 22700, "machine": 22900}
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def blocks(language: str) -> list[str]:
    """What stands in the guide between fences of a language, in its order."""
    return [text for found, text in re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE) if found == language]


def kepil(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder in which the guide is followed: its `./kepil` is the project's, with ports of the test's own."""
    launcher = tmp_path / "kepil"
    launcher.write_text(
        f"""#!/bin/sh
case $1 in up) set -- "$@" --port-base {PORT_BASE["guide"]} ;; esac
PYTHONPATH='{ROOT}' exec '{sys.executable}' -P -m cli "$@"
"""
    )
    launcher.chmod(0o755)
    try:
        yield tmp_path
    finally:
        kepil("down", "--state", str(tmp_path / ".kepil" / "guide"))


def public(state: Path, path: str, **query: str) -> list[dict[str, Any]]:
    """A page of council's public routes."""
    answer = httpx.get(f"{describe(state)['urls']['council']}/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def alike(shown: Any, answered: Any) -> bool:
    """Whether an answer has the shape and the content that the guide shows; `…` stands for anything."""
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(answered, dict):
        return shown.keys() == answered.keys() and all(alike(shown[name], answered[name]) for name in shown)
    if isinstance(shown, list) and isinstance(answered, list):
        return len(shown) == len(answered) and all(map(alike, shown, answered))
    return bool(shown == answered)


def documents(output: str) -> list[Any]:
    """Every line that is a JSON document."""
    return [json.loads(line) for line in output.splitlines() if line.startswith('{"')]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_person_who_follows_the_guide_brings_a_case_from_nothing_to_the_register_by_curl(folder: Path) -> None:
    *way, last = blocks("bash")
    assert last == "./kepil down\n"
    script = folder / "guide.sh"
    script.write_text("\n".join(way), encoding="utf-8")
    command = ["bash", "-euo", "pipefail", str(script)]
    run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]

    state = folder / ".kepil" / "guide"
    [certificate] = public(state, "register", agency="my-agency")
    assert (certificate["number"], certificate["decision"], certificate["state"]) == ("109-1", "accredit", "expired")
    [then] = public(state, "register", agency="my-agency", as_of=certificate["valid_until"])
    assert then["state"] == "valid"
    [decision] = public(state, "register/decisions", agency="second-agency")
    assert (decision["outcome"], decision["rulebook_id"], decision["in_force"]) == ("accredit", "iqaa-accreditation", True)
    assert run.stdout.count(" | CaseClosed | workflow:") == 1

    answers = documents(run.stdout)
    for block in blocks("json"):
        assert any(alike(json.loads(block), answer) for answer in answers), block
    lines = {DAY.sub("", line) for line in run.stdout.splitlines()}
    for line in "".join(blocks("")).splitlines():
        assert DAY.sub("", line) in lines, line

    environment = {**os.environ, "KEPIL_STATE_DIR": str(state)}
    subprocess.run(["bash", "-euc", last], cwd=folder, env=environment, timeout=90, check=True)
    with pytest.raises(NotRunning):
        describe(state)


def test_time_passes_by_command_on_skipped_time_alone(tmp_path: Path) -> None:
    up = ("up", "--detach", "--services", "", "--state", str(tmp_path), "--port-base", str(PORT_BASE["machine"]))
    started = kepil(*up)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        today = date.fromisoformat(json.loads(kepil("time", "--json", "--state", str(tmp_path)).stdout)["day"])
        there = kepil("time", "--until", str(today), "--state", str(tmp_path))
        assert (there.returncode, "skipped" in there.stdout) == (0, False)
        answers = {
            str(today + timedelta(days=2)): f"come back on {today + timedelta(days=2)}",
            str(today - timedelta(days=1)): "is past",
            "tomorrow": "is no day",
        }
        for day, words in answers.items():
            refused = kepil("time", "--until", day, "--state", str(tmp_path))
            assert (refused.returncode, words in refused.stderr) == (1, True), refused
        assert "no time zone" in kepil("time", "--zone", "Moon/Base", "--state", str(tmp_path)).stderr
    finally:
        kepil("down", "--state", str(tmp_path))
    again = kepil(*up, "--skip-time")
    assert (again.returncode, "empty state folder" in again.stderr) == (1, True)
