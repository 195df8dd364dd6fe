"""The services' REST, asked with the signed-in person's own token: what a person may see or do is decided there and nowhere here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from opentelemetry import propagate

from chassis.ids import new_id
from chassis.problems import TYPE_PREFIX
from chassis.settings import Settings


class Refused(Exception):
    """A service answered with a problem (RFC 9457), or not at all."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('status')} {problem.get('title')}: {problem.get('detail')}")
        self.problem = dict(problem)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.problem.get("status", 500))

    @property
    def slug(self) -> str:
        """The stable name of the kind of problem: `refused`, `not-found`, `version-conflict`, …"""
        return str(self.problem.get("type", "")).removeprefix(TYPE_PREFIX)

    @property
    def errors(self) -> list[dict[str, str]]:
        """`{"pointer", "detail"}` of each fault of a body."""
        return list(self.problem.get("errors") or [])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered. `data` is its JSON, `content` its bytes where it is none."""

    data: Any
    etag: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


class Services:
    """The services as one person sees them; as the public does without a token."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        using: Settings,
        token: str | None = None,
        language: str = "en",
        long: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http
        self._long = long or http  # what lasts as long as somebody listens must not hold the connections of the others
        self._settings = using
        self._token = token
        self._language = language

    async def get(self, service: str, path: str, /, **params: Any) -> Answer:
        """One read; parameters that are None are left out. Refused."""
        return await self._ask("GET", service, path, params=params)

    async def find(self, service: str, path: str, /, **params: Any) -> Answer | None:
        """One read; None where there is nothing, or nothing for this person (404, 403)."""
        try:
            return await self.get(service, path, **params)
        except Refused as refused:
            if refused.status in (403, 404):
                return None
            raise

    async def items(self, service: str, path: str, *, most: int = 1_000, **params: Any) -> list[dict[str, Any]]:
        """The items of a list, page after page, `most` of them at most. Refused."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(found) < most:
            page = (await self.get(service, path, **{"limit": min(200, most - len(found)), **params, "cursor": cursor})).data
            found += page["items"]
            cursor = page.get("next")
            if cursor is None:
                break
        return found

    async def post(self, service: str, path: str, body: Any = None, *, etag: str | None = None, key: str | None = None) -> Answer:
        """One command. `key` is the form's hidden Idempotency-Key: the same key twice is one command. Refused."""
        headers = {"Idempotency-Key": key or new_id(), **({"If-Match": etag} if etag else {})}
        content = None if body is None else orjson.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self._ask("POST", service, path, headers=headers, content=content)

    async def send(
        self, service: str, path: str, content: AsyncIterator[bytes] | bytes, *, media: str, key: str | None = None, **headers: str
    ) -> Answer:
        """Posts a file as it comes: `headers` with `_` for `-`. Refused."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._ask(
            "POST", service, path, headers={"Idempotency-Key": key or new_id(), "Content-Type": media, **named}, content=content
        )

    @asynccontextmanager
    async def stream(
        self, service: str, path: str, /, *, headers: Mapping[str, str] | None = None, **params: Any
    ) -> AsyncIterator[httpx.Response]:
        """A read whose body is passed on as it comes: a file, a feed. Refused."""
        request = self._long.build_request(
            "GET", self._url(service, path), params=_given(params), headers=self._headers(headers), timeout=httpx.Timeout(30.0, read=None)
        )
        try:
            response = await self._long.send(request, stream=True)
        except httpx.HTTPError as error:
            raise _silent(service) from error
        try:
            if response.status_code >= 400:
                await response.aread()
                raise _refused(response)
            yield response
        finally:
            await response.aclose()

    async def _ask(self, method: str, service: str, path: str, *, params: Mapping[str, Any] | None = None, **given: Any) -> Answer:
        headers = self._headers(given.pop("headers", None))
        try:
            response = await self._http.request(
                method, self._url(service, path), params=_given(params or {}) or None, headers=headers, **given
            )
        except httpx.HTTPError as error:
            raise _silent(service) from error
        if response.status_code >= 400:
            raise _refused(response)
        json = response.headers.get("content-type", "").startswith("application/json") and response.content
        data = orjson.loads(response.content) if json else None
        return Answer(data, response.headers.get("etag"), response.status_code, response.headers, b"" if json else response.content)

    def _url(self, service: str, path: str) -> str:
        return self._settings.url(service) + path

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        headers = {"Accept-Language": self._language, **(more or {})}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        propagate.inject(headers)
        return headers


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_plain(each) for each in value] if isinstance(value, list) else _plain(value)
        for name, value in params.items()
        if value is not None
    }


def _refused(response: httpx.Response) -> Refused:
    try:
        problem = orjson.loads(response.content)
        if isinstance(problem, dict) and "status" in problem:
            return Refused(problem)
    except orjson.JSONDecodeError:
        pass
    return Refused({"type": "about:blank", "title": response.reason_phrase, "status": response.status_code, "detail": ""})


def _silent(service: str) -> Refused:
    detail = f"The service {service} does not answer."
    return Refused({"type": f"{TYPE_PREFIX}unavailable", "title": "Not available just now", "status": 503, "detail": detail})


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """Several reads at the same time, in their order; the first that fails is raised."""
    return list(await asyncio.gather(*asked))
