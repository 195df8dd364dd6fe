"""A thousand endpoints, some dead and some slow: how soon the healthy ones are told, through the real processes and real receivers.

Beside them bare posts: as many, at the same pace, to the same receivers, by httpx, of nothing but a body.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx

from bench.results import Result, Sizes, percentile
from chassis.auth import Role
from chassis.issuer import development_token
from cli.supervisor import Stack, StackOptions

TARGETS: Mapping[float, float | None] = {0.5: None, 0.99: 2000.0, 1.0: None}

_EACH = 20  # endpoints of one institution
_DEAD, _SLOW = 0.10, 0.05
_SLOW_SECONDS = 10.0
_AT_ONCE = 16
_PATIENCE = 120.0


@dataclass
class Portals:
    """One server for all receivers, told apart by their paths. Dead ones never answer, once they are `ill`."""

    ill: bool = False
    pings: int = 0
    arrived: dict[tuple[str, str, int], float] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            length = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length"))
            told = json.loads(await reader.readexactly(length))
            if told["type"].endswith(".ping"):
                self.pings += 1
            elif path.startswith("/dead") and self.ill:
                await reader.read()
                return
            else:
                if path.startswith("/slow") and self.ill:
                    await asyncio.sleep(_SLOW_SECONDS)
                self.arrived.setdefault((path, told["data"]["resource"], told["data"]["sequence"]), time.perf_counter())
            writer.write(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
        writer.close()


async def measure(_using: object, sizes: Sizes) -> list[Result]:
    """Endpoints are registered over REST; then institutions are described anew, and each description goes to all of their endpoints."""
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        environment = {"KEPIL_WEBHOOKS_ALLOW_LOOPBACK": "true"}
        options = StackOptions(state_dir=Path(folder), services=("intake", "notices", "workflows"), ports="free", environment=environment)
        async with Stack(options) as stack, httpx.AsyncClient(timeout=60) as http:
            return await _Bench(stack, http, sizes).run()


class _Bench:
    def __init__(self, stack: Stack, http: httpx.AsyncClient, sizes: Sizes) -> None:
        self._stack = stack
        self._http = http
        self._sizes = sizes
        self._portals = Portals()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        agency = f"bench-{uuid4().hex[:12]}"
        self._token = development_token(stack.settings(), subject="bench", roles=[Role.coordinator], agency=agency)
        self._institutions = [f"institution-{number}" for number in range(sizes.endpoints // _EACH)]
        self._paths: dict[str, list[str]] = {}
        self._sent: dict[tuple[str, int], float] = {}

    async def run(self) -> list[Result]:
        server = await asyncio.start_server(self._portals.serve, "127.0.0.1", 0, backlog=1024)
        try:
            await self._prepare(server.sockets[0].getsockname()[1])
            self._portals.ill = True
            await self._offer()
            took = await self._healthy()
            bare = await self._bare(server.sockets[0].getsockname()[1])
        finally:
            server.close()
        dead, slow = f"{_DEAD * 100:.0f} % dead", f"{_SLOW * 100:.0f} % slow"
        what = f"webhooks: {self._sizes.endpoints:,} endpoints, {dead}, {slow}; {len(took):,} to healthy ones, of their event"
        peer = "bare httpx posts at the same pace"
        return [
            Result(f"{what}, p{share * 100:.0f}", percentile(took, share) * 1000, percentile(bare, share) * 1000, peer, "ms", target)
            for share, target in TARGETS.items()
        ]

    async def _prepare(self, port: int) -> None:
        await asyncio.gather(*(self._enter(each) for each in self._institutions))
        number = 0
        made = []
        for institution in self._institutions:
            for _ in range(_EACH):
                share = number % _EACH / _EACH + 0.5 / _EACH
                kind = "dead" if share < _DEAD else "slow" if share < _DEAD + _SLOW else "well"
                path = f"/{kind}/{number}"
                self._paths.setdefault(institution, []).append(path)
                made.append(self._register(institution, f"http://127.0.0.1:{port}{path}"))
                number += 1
        await asyncio.gather(*made)
        await self._until(lambda: self._portals.pings >= self._sizes.endpoints, "every endpoint has answered")
        await asyncio.sleep(2)  # the last of them are entered as verified

    async def _enter(self, institution: str) -> None:
        body = {"institution_id": institution, "names": {"en": institution}, "kind": "university", "city": "Almaty", "country": "KZ"}
        await self._post("intake", "/v1/institutions", body)

    async def _register(self, institution: str, url: str) -> None:
        body = {"institution_id": institution, "url": url, "types": ["kepil.intake"]}
        for _ in range(100):  # notices may not have heard of the institution yet
            if (await self._post("notices", "/v1/webhook-endpoints", body)).status_code == 201:
                return
            await asyncio.sleep(0.1)
        raise RuntimeError(f"no endpoint of {institution}")

    async def _offer(self) -> None:
        """Events at a steady rate, whether the ones before have arrived or not."""
        began, describing = time.perf_counter(), []
        for number in range(int(self._sizes.webhook_seconds * self._sizes.webhook_rate)):
            await asyncio.sleep(max(0.0, began + number / self._sizes.webhook_rate - time.perf_counter()))
            describing.append(asyncio.create_task(self._describe(self._institutions[number % len(self._institutions)], number)))
        await asyncio.gather(*describing)

    async def _describe(self, institution: str, number: int) -> None:
        details = {"ownership": "other", "levels": ["higher"], "eter_id": None, "deqar_id": None, "national_id": f"{number}"}
        at = time.perf_counter()
        answer = await self._post("intake", f"/v1/institutions/{institution}/details", details)
        self._sent[f"institution-{institution}", answer.raise_for_status().json()["version"]] = at

    async def _healthy(self) -> list[float]:
        wanted = [
            (path, resource, version)
            for (resource, version) in self._sent
            for path in self._paths[resource.removeprefix("institution-")]
            if path.startswith("/well")
        ]
        await self._until(lambda: all(each in self._portals.arrived for each in wanted), "every healthy endpoint was told everything")
        return sorted(self._portals.arrived[each] - self._sent[each[1], each[2]] for each in wanted)

    async def _bare(self, port: int) -> list[float]:
        """The same events, told to the same healthy receivers by nothing but a client."""
        took: list[float] = []
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)

        async def post(http: httpx.AsyncClient, path: str, at: float) -> None:
            body = {"type": "bare", "data": {"resource": path, "sequence": len(took)}}
            (await http.post(f"http://127.0.0.1:{port}{path}", json=body)).raise_for_status()
            took.append(time.perf_counter() - at)

        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http, asyncio.TaskGroup() as posting:
            began = time.perf_counter()
            for number in range(len(self._sent)):
                due = began + number / self._sizes.webhook_rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                for path in self._paths[self._institutions[number % len(self._institutions)]]:
                    if path.startswith("/well"):
                        posting.create_task(post(http, path, time.perf_counter()))
        return took

    async def _post(self, service: str, path: str, body: Mapping[str, object]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}", "idempotency-key": uuid4().hex, "if-match": "*"}
        async with self._gate:
            return await self._http.post(self._stack.urls[service] + path, json=body, headers=headers)

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {_PATIENCE:.0f} s: {what}")
            await asyncio.sleep(0.05)
