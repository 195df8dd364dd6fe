"""A secret kept in the state folder of a development machine: made once, readable by its owner alone."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret at `path`; made if missing. Two processes at once end with the same secret, and none reads half of one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as fresh:  # 0600 by itself
            fresh.write(make())
            fresh.flush()
            os.fsync(fresh.fileno())
            with suppress(FileExistsError):  # another process was first: its secret is the one
                os.link(fresh.name, path)
    return path.read_bytes()
