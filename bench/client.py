"""HTTP/1.1 as a load needs it: one keep-alive connection that knows just enough of it to cost the measured machine little."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from chassis.ids import new_id


@dataclass(frozen=True)
class Answer:
    """What a service said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The document in the body."""
        return orjson.loads(self.body)


class Client:
    """One connection to one service. An idle one that the service has closed is opened again, with the same idempotency key."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Any, token: str, *, version: int | None = None) -> Answer:
        """One command; `version` goes into If-Match."""
        content = b"" if body is None else orjson.dumps(body)
        match = "" if version is None else f'If-Match: "{version}"\r\n'
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._where.netloc}\r\nAuthorization: Bearer {token}\r\n{match}"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Idempotency-Key: {new_id()}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        request = head.encode() + content
        if self._streams is not None:
            try:
                return await self._exchange(*self._streams, request)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
        self._streams = await asyncio.open_connection(self._where.hostname, self._where.port)
        return await self._exchange(*self._streams, request)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return Answer(int(head[9:12]), await reader.readexactly(length))

    def close(self) -> None:
        """Ends the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
