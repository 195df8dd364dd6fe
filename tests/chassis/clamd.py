"""A daemon that speaks clamd's protocol INSTREAM and knows one signature: that of the EICAR test file."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Clamd:
    """What it was sent. `signatures` may grow while it runs; `most` is its StreamMaxLength; a `silent` one never
    answers; `answer` is what it says of everything."""

    address: str = ""
    signatures: dict[bytes, str] = field(default_factory=lambda: {EICAR: "Eicar-Test-Signature"})
    most: int = 25_000_000
    silent: bool = False
    answer: bytes | None = None
    seen: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            data = b""
            while length := struct.unpack(">I", await reader.readexactly(4))[0]:
                data += await reader.readexactly(length)
                if len(data) > self.most:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    break
            else:
                self.seen.append(data)
                found = next((name for mark, name in self.signatures.items() if mark in data), None)
                told = f"stream: {found} FOUND".encode() if found else b"stream: OK"
                if not self.silent:
                    writer.write((told if self.answer is None else self.answer) + b"\0")
            if self.silent:
                await reader.read()
            await writer.drain()
        writer.close()


@asynccontextmanager
async def clamd(socket: Path | None = None) -> AsyncIterator[Clamd]:
    """A running one, on a port of its own or on a socket in the file system."""
    daemon = Clamd()
    if socket is not None:
        server: asyncio.Server = await asyncio.start_unix_server(daemon.serve, socket)
        daemon.address = f"unix://{socket}"
    else:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
        daemon.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield daemon
