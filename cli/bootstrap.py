"""Makes `.venv` from `requirements.lock`. Run by the launcher with a bare interpreter: standard library only.

A copy of the lock is written into the environment last, so an interrupted run is seen and done again; two at once take turns.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path


def say(text: str) -> None:
    print(f"kepil: {text}", file=sys.stderr, flush=True)


def ensure(root: Path) -> None:
    """Returns when `.venv` is complete; SystemExit with pip's own words if it cannot be."""
    folder, lock = root / ".venv", root / "requirements.lock"
    complete = folder / ".complete"
    with (root / ".venv.lock").open("a") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another start prepares .venv; waiting for it")
            fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = lock.read_bytes()
        python = folder / "bin" / "python"
        if complete.exists() and _works(python):
            if complete.read_bytes() == wanted:
                return
            say("requirements.lock has changed: updating .venv")
        else:
            say(f"first start: making .venv with Python {sys.version.split()[0]}")
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
        complete.unlink(missing_ok=True)
        _install(python, lock, total=sum(line[:1].isalnum() for line in wanted.decode().splitlines()))
        fresh = folder / ".complete.new"
        fresh.write_bytes(wanted)
        fresh.replace(complete)
        say("ready")


def _works(python: Path) -> bool:
    try:
        return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _install(python: Path, lock: Path, total: int) -> None:
    say(f"installing {total} packages by their hashes")
    command = [str(python), "-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar", "off", "-r", str(lock)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    lines: list[str] = []
    shown = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Collecting "):
                shown += 1
                if sys.stderr.isatty():
                    print(f"\rkepil: {shown}/{total} {line.split()[1][:50]:<50}", end="", file=sys.stderr, flush=True)
                elif shown % 20 == 0:
                    say(f"{shown}/{total} packages found")
            elif line.startswith("Installing collected"):
                print(f"\r{'':<70}\r", end="", file=sys.stderr) if sys.stderr.isatty() else None
                say("unpacking")
    if process.returncode:
        sys.exit(f"{''.join(lines[-25:])}kepil: the packages could not be installed; the same command tries again")


if __name__ == "__main__":
    try:
        ensure(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
