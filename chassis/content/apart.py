"""The reading of a file in a process of its own, which has little memory, little time, no settings and nothing to write to.

A reader that a file overcomes falls alone, and what it held of this process is nothing: no keys, no connections.
"""

import asyncio
import io
import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO

from chassis.content.kinds import KINDS, Kind, Limits, Unfit, kind_named, shown_name

SECONDS = 30
MEMORY = 2_000_000_000
_AT_ONCE = asyncio.Semaphore(2)
_ROOT = Path(__file__).resolve().parents[2]
_TOO_COSTLY = Unfit("too_costly", "it takes more time or memory to read than a document may")


async def examine_apart(file: IO[bytes], name: str, declared: str | None = None, limits: Limits | None = None) -> Kind:
    """As `examine`. `file` has a descriptor, and stands at its end afterwards."""
    kind_named(shown_name(name))
    file.seek(0, io.SEEK_END)  # written out, and nothing read ahead: the other process moves the place that both read from
    asked = json.dumps({"name": name, "declared": declared, "limits": asdict(limits or Limits()), "memory": MEMORY, "seconds": SECONDS})
    environment = {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis.content.child", asked),
            stdin=file.fileno(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        try:
            async with asyncio.timeout(SECONDS):
                told, _ = await process.communicate()
        except TimeoutError:
            raise _TOO_COSTLY from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            file.seek(0, io.SEEK_END)
    if process.returncode != 0:
        raise Unfit(_TOO_COSTLY.word, _TOO_COSTLY.why)
    answer = json.loads(told)
    if "kind" in answer:
        return KINDS[answer["kind"]]
    raise Unfit(answer["word"], answer["why"])
