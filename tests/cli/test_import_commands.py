"""`kepil import`: what a coordinator at the terminal gets told about a table."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx

from chassis.auth import Role
from chassis.issuer import development_token
from cli.importing import told
from cli.state import ROOT
from cli.supervisor import Stack
from tests.waiting import eventually

EXAMPLES = ROOT / "examples" / "import"


def kepil(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "import", *arguments, "--state", str(stack.options.state_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


async def test_an_agency_starts_from_its_two_tables(stack: Stack) -> None:
    agency = f"agency-{uuid4().hex[:12]}"
    institutions = (str(EXAMPLES / "institutions.csv"), "--agency", agency)
    would = kepil(stack, "institutions", *institutions, "--dry-run")
    assert (would.returncode, would.stdout) == (
        0,
        "institutions.csv: 5 institutions: 5 would be registered, 0 registered before, 0 differ from what is registered, 0 refused\n",
    )
    made = kepil(stack, "institutions", *institutions, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["created"] == 5
    assert json.loads(kepil(stack, "institutions", *institutions, "--json").stdout)["same"] == 5

    certificates = (str(EXAMPLES / "certificates.csv"), "--agency", agency)

    async def known() -> bool:
        return kepil(stack, "certificates", *certificates, "--dry-run").returncode == 0

    await eventually(known, "council knows the institutions")
    recorded = kepil(stack, "certificates", *certificates)
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    assert recorded.stdout == (
        "certificates.csv: 6 certificates: 6 recorded, 0 recorded before, 0 differ from what is recorded, 0 refused\n"
    )
    assert json.loads(kepil(stack, "certificates", *certificates, "--json").stdout)["same"] == 6


async def test_what_is_wrong_is_told_by_line_and_the_exit_code_says_so(stack: Stack, tmp_path: Path) -> None:
    agency = f"agency-{uuid4().hex[:12]}"
    table = tmp_path / "list.csv"
    table.write_text("number,institution,object,issued_on,valid_until\nKG-1,nobody,programme,soon,2030-01-01\n", encoding="utf-8")
    answer = kepil(stack, "certificates", str(table), "--agency", agency, "--rulebook", "aakr-monitoring-2024")
    assert answer.returncode == 1
    assert "line 2 (KG-1), issued_on: 'soon' is no day; accepted: a day as 2025-03-14 or 14.03.2025" in answer.stdout
    assert "not registered: nobody (1 certificate, on line 2)" in answer.stdout
    table.write_text("number,institutoin\n", encoding="utf-8")
    unknown = kepil(stack, "certificates", str(table), "--agency", agency)
    assert (unknown.returncode, "'institutoin'" in unknown.stderr) == (1, True)
    missing = kepil(stack, "certificates", str(tmp_path / "none.csv"), "--agency", agency)
    assert (missing.returncode, "No such file" in missing.stderr) == (1, True)


async def test_institutions_that_differ_or_are_badly_written_are_told(stack: Stack, tmp_path: Path) -> None:
    agency = f"agency-{uuid4().hex[:12]}"
    table = tmp_path / "institutions.csv"
    head = "id;название;вид;город;страна"
    table.write_text(f"{head}\none;Первый;university;Ош;KG\nTwo;Второй;university;Ош;Кыргызстан\n", encoding="cp1251")
    first = kepil(stack, "institutions", str(table), "--agency", agency, "--json")
    assert first.returncode == 1
    report = json.loads(first.stdout)["report"]
    assert [each["outcome"] for each in report] == ["created", "refused"]
    assert "institution_id" in report[1]["problem"]
    assert "country" in report[1]["problem"]
    table.write_text(f"{head}\none;Первый;university;Бишкек;KG\n", encoding="cp1251")
    changed = kepil(stack, "institutions", str(table), "--agency", agency)
    assert (changed.returncode, "differs: line 2: other city" in changed.stdout) == (1, True)


async def test_the_empty_table_is_written(stack: Stack, tmp_path: Path) -> None:
    table = tmp_path / "empty.csv"
    assert kepil(stack, "certificates", str(table), "--template", "ru").returncode == 0
    assert table.read_text(encoding="utf-8-sig").startswith("номер свидетельства,организация образования,")


def test_of_very_many_faults_the_first_are_told() -> None:
    problem = {"line": 2, "field": None, "heading": None, "problem": "torn", "clause": "I.1", "rulebook": "r", "accepts": None}
    line = {"number": None, "outcome": "refused", "problems": [problem]}
    counts = {"lines": 150, "created": 0, "same": 0, "differs": 0, "refused": 150}
    lines = told("list.csv", {**counts, "dry_run": False, "report": [line] * 150, "unknown_institutions": []})
    assert lines[1] == "  refused: line 2: torn [r I.1]"
    assert lines[-1] == "  … and 50 more: --json has them all"


async def test_the_organisations_that_are_attested_are_entered_from_a_table(stack: Stack, tmp_path: Path) -> None:
    agency = f"agency-{uuid4().hex[:12]}"
    kepil(stack, "institutions", str(EXAMPLES / "institutions.csv"), "--agency", agency)
    first = (EXAMPLES / "institutions.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[0]
    adoption = {"rulebook_id": "kz-109-2008-attestation", "rulebook_version": "2008-03-05", "reason": "Attestations go on by it."}
    token = development_token(stack.settings(), subject="director", roles=[Role.director], agency=agency)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{stack.urls['intake']}/v1/rulebook-adoptions", json=adoption, headers=headers)
    assert answer.status_code == 201, answer.text
    table = tmp_path / "attested.csv"
    options = (str(table), "--agency", agency, "--rulebook", "kz-109-2008-attestation")
    assert kepil(stack, "subjects", str(table), "--agency", agency, "--template", "kk").returncode == 0
    assert table.read_text(encoding="utf-8-sig").startswith("білім беру ұйымы,")
    table.write_text(f"institution,authority,levels,state_owned\n{first},ministry,higher,yes\nnobody,ministry,driving,maybe\n", "utf-8")
    would = kepil(stack, "subjects", *options, "--dry-run")
    assert (would.returncode, would.stdout.splitlines()[0]) == (
        1,
        "attested.csv: 2 organisations: 1 would be entered, 0 known so, 1 refused",
    )
    made = kepil(stack, "subjects", *options)
    assert made.returncode == 1
    assert "1 of them: nobody has told when they were attested last or founded, so a person must schedule them" in made.stdout
    assert "refused: line 3 (nobody), levels: 'driving' is no levels of this rulebook [kz-109-2008-attestation 2]" in made.stdout
    assert json.loads(kepil(stack, "subjects", *options, "--json").stdout)["same"] == 1
