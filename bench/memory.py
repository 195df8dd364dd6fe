"""What the parts of a stack weigh, in memory and on disk."""

from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.designs import pss


def weights(pids: Mapping[str, int]) -> dict[str, int]:
    """Bytes of each part with its children, each with its share of what it shares."""
    found = {}
    for name, pid in pids.items():
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        found[name] = sum(_alive(each) for each in family)
    return found


def on_disk(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _alive(pid: int) -> int:
    try:
        return pss(pid)
    except (ProcessLookupError, FileNotFoundError):
        return 0
