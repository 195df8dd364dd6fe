"""The launcher `./kepil` in a small copy of the project: its environment is made once, again for another lock, and whole."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from cli.state import ROOT
from tests.cli.conftest import until


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a project"
    (root / "cli").mkdir(parents=True)
    shutil.copy(ROOT / "kepil", root)
    shutil.copy(ROOT / "cli" / "bootstrap.py", root / "cli")
    (root / "cli" / "__init__.py").touch()  # a caller's PYTHONPATH may have a `cli` too
    (root / "cli" / "__main__.py").write_text("import os, sys; print(sys.argv[1:], os.getcwd()); sys.exit(7)")
    (root / "requirements.lock").write_text("# nothing is needed\n")
    return root


def run(program: Path, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=100, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_the_environment_is_made_once_and_again_when_the_lock_changes(project: Path, tmp_path: Path) -> None:
    first = run(project / "kepil", "up", "--state", "a b", cwd=tmp_path)
    assert first.returncode == 7
    assert first.stdout.strip() == f"['up', '--state', 'a b'] {tmp_path}"
    assert "first start" in first.stderr

    second = run(project / "kepil")
    assert (second.returncode, second.stderr) == (7, "")

    (tmp_path / "link").symlink_to(project / "kepil")
    assert run(tmp_path / "link").returncode == 7

    (project / "requirements.lock").write_text("# nothing is needed still\n")
    assert "has changed" in run(project / "kepil").stderr


def test_an_interrupted_set_up_is_done_again(project: Path) -> None:
    process = subprocess.Popen([str(project / "kepil")], stderr=subprocess.PIPE, start_new_session=True)
    until((project / ".venv" / "bin" / "python").exists, "the environment has begun")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (project / ".venv" / ".complete").exists()
    again = run(project / "kepil")
    assert again.returncode == 7
    assert (project / ".venv" / ".complete").exists()


def test_two_first_starts_at_once_take_turns(project: Path) -> None:
    both = [subprocess.Popen([str(project / "kepil")], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=100)[1].decode() for process in both]
    assert [process.returncode for process in both] == [7, 7], said
    assert sum("first start" in text for text in said) == 1


def test_a_package_whose_hash_differs_is_refused(project: Path) -> None:
    (project / "requirements.lock").write_text(f"idna==3.20 --hash=sha256:{'0' * 64}\n")
    answer = run(project / "kepil")
    assert answer.returncode == 1
    assert "could not be installed" in answer.stderr
    assert not (project / ".venv" / ".complete").exists()


def test_without_python_it_says_what_is_missing(project: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cmp", "dirname", "readlink"):
        (tools / name).symlink_to(str(shutil.which(name)))
    answer = run(project / "kepil", env={"PATH": str(tools)})
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer" in answer.stderr
