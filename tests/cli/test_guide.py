"""The guides are followed: the blocks of each are run in their order, in one shell, on a stack that they start themselves."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.running import NotRunning, describe
from cli.state import ROOT

GUIDES = ROOT / "docs" / "guide"
#: Below those that stacks with free ports choose from.
PORT_BASE = {"accreditation": 10700, "attestation": 11300, "internal-monitoring": 11500, "machine": 10900, "monitoring": 11100}
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def blocks(guide: str, language: str) -> list[str]:
    """What stands in a guide between fences of a language, in its order."""
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    return [block for found, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if found == language]


def kepil(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


@contextmanager
def folder_of(guide: str, folder: Path) -> Iterator[Path]:
    """The folder in which a guide is followed, and the state of its stack: `./kepil` is the project's, with ports of the test's own."""
    launcher = folder / "kepil"
    launcher.write_text(
        f"""#!/bin/sh
case $1 in up) set -- "$@" --port-base {PORT_BASE[guide]} ;; esac
PYTHONPATH='{ROOT}' exec '{sys.executable}' -P -m cli "$@"
"""
    )
    launcher.chmod(0o755)
    for name in ("docs", "examples"):
        (folder / name).symlink_to(ROOT / name)
    [state] = re.findall(r'^export KEPIL_STATE_DIR="\$PWD/(.*)"$', "".join(blocks(guide, "bash")), re.MULTILINE)
    try:
        yield folder / state
    finally:
        kepil("down", "--state", str(folder / state))


def follow(guide: str, folder: Path) -> tuple[str, str]:
    """Does all that a guide says but for its last block; what was printed, and that block."""
    *way, last = blocks(guide, "bash")
    script = folder / "guide.sh"
    script.write_text("\n".join(way), encoding="utf-8")
    command = ["bash", "-euo", "pipefail", str(script)]
    run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return run.stdout, last


def check_shown(guide: str, output: str) -> None:
    """What a guide shows was printed: documents by their shape and content, lines but for their days."""
    answers = documents(output)
    for block in blocks(guide, "json"):
        assert any(alike(json.loads(block), answer) for answer in answers), block
    lines = {undated(line) for line in output.splitlines()}
    for line in "".join(blocks(guide, "")).splitlines():
        assert undated(line) in lines, line


def undated(line: str) -> str:
    return DAY.sub("", line)


def end(last: str, folder: Path, state: Path) -> None:
    """The last block stops it all."""
    assert last == "./kepil down\n"
    environment = {**os.environ, "KEPIL_STATE_DIR": str(state)}
    subprocess.run(["bash", "-euc", last], cwd=folder, env=environment, timeout=90, check=True)
    with pytest.raises(NotRunning):
        describe(state)


def public(state: Path, path: str, **query: str) -> list[dict[str, Any]]:
    """A page of council's public routes."""
    answer = httpx.get(f"{describe(state)['urls']['council']}/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def seen(state: Path, service: str, path: str, **query: str) -> list[dict[str, Any]]:
    """A page of a route as an auditor sees it."""
    token = kepil("token", "--agency", "my-agency", "--role", "auditor", "--subject", "auditor", "--state", str(state)).stdout.strip()
    url = f"{describe(state)['urls'][service]}/v1/{path}"
    answer = httpx.get(url, params={"limit": 200, **query}, headers={"authorization": f"Bearer {token}"})
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
def test_a_person_who_follows_the_guide_brings_a_case_from_nothing_to_the_register_by_curl(tmp_path: Path) -> None:
    with folder_of("accreditation", tmp_path) as state:
        output, last = follow("accreditation", tmp_path)
        [certificate] = public(state, "register", agency="my-agency")
        assert (certificate["number"], certificate["decision"], certificate["state"]) == ("109-1", "accredit", "expired")
        [then] = public(state, "register", agency="my-agency", as_of=certificate["valid_until"])
        assert then["state"] == "valid"
        [decision] = public(state, "register/decisions", agency="second-agency")
        assert (decision["outcome"], decision["rulebook_id"], decision["in_force"]) == ("accredit", "iqaa-accreditation", True)
        assert output.count(" | CaseClosed | workflow:") == 1
        check_shown("accreditation", output)
        end(last, tmp_path, state)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_agency_that_follows_the_guide_comes_from_its_spreadsheet_to_the_follow_up_of_each_certificate(tmp_path: Path) -> None:
    with folder_of("monitoring", tmp_path) as state:
        output, last = follow("monitoring", tmp_path)
        found = {each["number"]: each for each in public(state, "register", agency="my-agency")}
        assert len(found) == 6 + 4 + 1
        assert found["S-1/2"]["extends"] == found["S-1"]["certificate_id"]
        assert found["S-1/2"]["valid_from"] == str(date.fromisoformat(found["S-1"]["valid_until"]) + timedelta(days=1))
        assert [found[number]["state"] for number in ("A-1", "A-2", "S-1", "S-2", "S-1/2")] == [*["valid"] * 4, "not_yet_valid"]
        check_shown("monitoring", output)
        end(last, tmp_path, state)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_body_that_follows_the_guide_attests_one_organisation_and_restores_the_licence_of_another(tmp_path: Path) -> None:
    with folder_of("attestation", tmp_path) as state:
        output, last = follow("attestation", tmp_path)
        attestations = {each["institution_id"]: each for each in seen(state, "intake", "attestations")}
        assert {name: each["outcome"] for name, each in attestations.items()} == {"almaty-college": "attest", "talgar-school": "restored"}
        college = attestations["almaty-college"]
        [decided] = seen(state, "council", "attestation-decisions", institution_id="almaty-college")
        assert college["starts_on"] <= decided["decided_on"]
        due_by = {each["institution_id"]: each["due_by"] for each in seen(state, "intake", "attestation-subjects")}
        assert len(due_by) == 10
        assert due_by["almaty-college"] == str(int(decided["decided_on"][:4]) + 5) + decided["decided_on"][4:]
        assert due_by["talgar-school"] == f"{college['year']}-12-20"
        check_shown("attestation", output)
        end(last, tmp_path, state)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_agency_that_follows_the_guide_looks_at_itself_for_a_year_and_goes_on_in_the_next(tmp_path: Path) -> None:
    with folder_of("internal-monitoring", tmp_path) as state:
        output, last = follow("internal-monitoring", tmp_path)
        first, second = seen(state, "monitoring", "internal-cycles", sort="year")
        assert (first["stage"], first["outcome"], first["report_year"]) == ("closed", "carried", first["year"])
        assert (second["stage"], second["year"]) == ("planning", first["year"] + 1)
        measures = {each["measure_id"]: each for each in seen(state, "monitoring", "improvement-measures")}
        assert {name: each["status"] for name, each in measures.items()} == {"m-1": "done", "m-2": "done"}
        assert (measures["m-2"]["planned_in"], measures["m-2"]["cycle_id"]) == (first["cycle_id"], second["cycle_id"])
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert "<svg" in page
        assert "A second person is to sign." in page
        check_shown("internal-monitoring", output)
        end(last, tmp_path, state)


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
