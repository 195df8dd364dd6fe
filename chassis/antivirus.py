"""Whether a file is known as harmful: a port, and clamd behind it by its protocol INSTREAM. Without a setting nothing is scanned."""

import asyncio
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from chassis.documents import ScanState
from chassis.logs import logger
from chassis.problems import Unavailable
from chassis.settings import Settings

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4_096
_FOUND = re.compile(r"^stream: (?P<signature>.{1,200}) FOUND$")
_log = logger("kepil.antivirus")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an antivirus says; `signature` names what was found."""

    state: ScanState
    signature: str | None = None


async def scan(file: IO[bytes], using: Settings) -> Verdict:
    """What clamd says of a file. Unavailable where one is set and does not answer: then nothing may be taken for clean."""
    if using.documents_antivirus is None:
        return Verdict("unscanned")
    try:
        async with asyncio.timeout(using.documents_antivirus_seconds):
            answer = await _ask(using.documents_antivirus, file)
    except (OSError, EOFError, TimeoutError, ValueError) as error:
        _log.error("clamd does not answer", error=str(error)[:500] or type(error).__name__)
        raise Unavailable("files cannot be scanned just now, and none is taken unscanned; try again", retry_after=30) from error
    if answer == "stream: OK":
        return Verdict("clean")
    if match := _FOUND.match(answer):
        return Verdict("infected", match["signature"])
    _log.error("clamd could not scan", answer=answer[:500])
    raise Unavailable("this file could not be scanned, and none is taken unscanned; the log says why", retry_after=30)


async def _ask(address: str, file: IO[bytes]) -> str:
    """One command on a connection of its own: chunks, each behind its length, and a length of nothing at the end."""
    parts = urlsplit(address)
    opened = asyncio.open_unix_connection(parts.path) if parts.scheme == "unix" else asyncio.open_connection(parts.hostname, parts.port)
    reader, writer = await opened
    try:
        with suppress(ConnectionError):  # clamd may have had enough before the last chunk: its answer says of what
            writer.write(b"zINSTREAM\0")
            file.seek(0)
            while chunk := file.read(_CHUNK):
                writer.write(struct.pack(">I", len(chunk)) + chunk)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
        answer = await reader.readuntil(b"\0")
        if len(answer) > _LONGEST_ANSWER:
            raise ValueError("too long an answer")
        return answer.rstrip(b"\0\r\n").decode("utf-8", "replace")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
