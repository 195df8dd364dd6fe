"""Receivers of webhooks: real HTTP servers that answer as they are told and keep what they got."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.waiting import eventually


@dataclass
class Message:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """The body."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass
class Reply:
    """How to answer: after `delay` seconds; `hangs` never does, `endless` never ends."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    hangs: bool = False
    endless: bool = False


@dataclass
class Receiver:
    """A server on a port of its own."""

    port: int = 0
    scheme: str = "http"
    reply: Callable[[Message], Reply] = lambda _: Reply()
    got: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    def of_type(self, end: str) -> list[Message]:
        """What came of a type of event."""
        return [message for message in self.got if message.told["type"].endswith(end)]

    async def receives(self, end: str, count: int = 1, seconds: float = 30.0) -> list[Message]:
        """Waits for so many messages of a type."""

        async def there() -> list[Message]:
            found = self.of_type(end)
            return found if len(found) >= count else []

        return await eventually(there, f"{count} {end} at {self.url}", seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            message = Message(head[0].split()[1], headers, body)
            self.got.append(message)
            reply = self.reply(message)
            if reply.hangs:
                await reader.read()
                return
            await asyncio.sleep(reply.delay)
            told = reply.headers if reply.endless else {"content-length": str(len(reply.body)), **reply.headers}
            lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in told.items()), "", ""]
            writer.write("\r\n".join(lines).encode() + reply.body)
            await writer.drain()
            while reply.endless:
                writer.write(b"x" * 1024)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(reply: Callable[[Message], Reply] = lambda _: Reply(), *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of the loopback."""
    receiver = Receiver(scheme="https" if tls else "http", reply=reply)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
