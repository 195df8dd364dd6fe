"""A local midnight when a measurement wants it: a time zone of the same name with another offset, for the children of a stack alone."""

import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

_HALF = 12 * 3600


@contextmanager
def midnight(folder: Path, zone: str, at: datetime) -> Iterator[date]:
    """Stacks that start meanwhile have a copy of `tzdata` in `folder`, by which the local day of `zone` ends at `at`, a whole minute.

    Yields that day.
    """
    seconds = -int(at.timestamp()) % 86_400
    offset = seconds - 86_400 if seconds > _HALF else seconds
    with as_file(files("tzdata")) as package:
        shutil.copytree(package, folder / "tzdata")
    (folder / "tzdata" / "zoneinfo" / zone).write_bytes(_tzif(offset))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), before]))
    try:
        yield (at.astimezone(UTC) + timedelta(seconds=offset)).date() - timedelta(days=1)
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _tzif(offset: int) -> bytes:
    """RFC 9636: one local time type, without a transition, in version 1 and again in version 2 with its footer."""
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    block = header + struct.pack(">lbB", offset, 0, 0) + b"KEP\0"
    west = "-" if offset > 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return block + block + f"\n<KEP>{west}{hours:02}:{minutes:02}\n".encode()
