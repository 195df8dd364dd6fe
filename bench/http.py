"""Commands over HTTP, through a real service process with real tokens, against raw inserts."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from bench.rates import Step, rate, raw_writers
from bench.results import Result, Sizes, middle
from bench.subject import institution, open_subject
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.settings import Settings

TARGET = 0.4
CLIENTS = 32


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Requests a second that enter an institution, on keep-alive connections."""
    agency = f"bench-{uuid4().hex[:12]}"
    token = development_token(using, subject="bench", roles=[Role.coordinator], agency=agency)
    clients = [await Client.connect(using.url("intake"), token) for _ in range(CLIENTS)]
    steps: list[Step] = [client.register for client in clients]
    ours, theirs = [], []
    try:
        async with open_subject(using), raw_writers(using, CLIENTS) as raw:
            await rate(steps, sizes.seconds / 2)
            await rate(raw, sizes.seconds / 4)
            for _ in range(sizes.rounds):
                ours.append(await rate(steps, sizes.seconds))
                theirs.append(await rate(raw, sizes.seconds))
    finally:
        for client in clients:
            client.close()
    name = f"http: POST /v1/institutions, {CLIENTS} clients"
    return [Result(name, middle(ours), middle(theirs), f"asyncpg, bare table ×{CLIENTS}", "requests/s", TARGET)]


class Client:
    """One keep-alive connection that knows just enough HTTP/1.1 to cost the measured machine little."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def connect(cls, url: str, token: str) -> "Client":
        """A client of one service."""
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        head = (
            f"POST /v1/institutions HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
        )
        return cls(reader, writer, head)

    async def register(self) -> None:
        """Enters a new institution; anything but 201 is an error of the measurement."""
        body = orjson.dumps(institution(new_id()))
        self._writer.write(f"{self._head}Idempotency-Key: {new_id()}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0])
        content = await self._reader.readexactly(length)
        if not answer.startswith(b"http/1.1 201"):
            raise RuntimeError(f"intake answered {answer[:12].decode()}: {content.decode()}")

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
