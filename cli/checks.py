"""`kepil test`: lint, format, types, import contracts, then the tests; the same that CI runs."""

import os
import subprocess
import sys
from collections.abc import Sequence

from cli.state import ROOT

_TYPED = ("chassis", "regulations", "services", "workflows", "console", "cli", "bench")
_STEPS: dict[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy", *_TYPED),
    "import contracts": ("-m", "cli.contracts"),
}
#: The tests of a file wait for servers about half the time; each process has a whole stack of its own, of some 3 GB.
_MOST_PROCESSES = 4


def run(arguments: Sequence[str]) -> int:
    """The first failing step ends it, unless pytest arguments were given; no failure is forgotten in the exit code."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    failed = 0
    for name, command in _STEPS.items():
        print(f"── {name}", flush=True)
        code = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False).returncode
        if code:
            print(f"{name} failed ({code})", flush=True)
            failed = failed or code
            if not arguments:
                return failed
    print("── pytest", flush=True)
    whole = ("-n", str(min(os.cpu_count() or 1, _MOST_PROCESSES)), "--dist", "loadfile", "--no-loadscope-reorder")
    command = (sys.executable, "-m", "cli.run_pytest", *(arguments or whole))
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return code or failed
