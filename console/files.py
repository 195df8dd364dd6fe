"""Files of the services, passed on as they come."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from console.visit import Visit

_KEPT = ("content-type", "content-disposition", "content-length", "content-range", "accept-ranges", "etag", "last-modified")
_ASKED = ("range", "if-range", "if-none-match")


class Relay(StreamingResponse):
    """An answer made of a service's answer, which it lets go of however it ends: sent, broken off, or never begun."""

    def __init__(
        self, opened: AbstractAsyncContextManager[Any], content: AsyncGenerator[bytes], status_code: int = 200, **more: Any
    ) -> None:
        super().__init__(content, status_code, **more)
        self._opened = opened
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            async with aclosing(self._content):
                await super().__call__(scope, receive, send)
        finally:
            await self._opened.__aexit__(None, None, None)


async def passed_on(visit: Visit, service: str, path: str, *, inline: bool = False, **params: Any) -> Response:
    """A service's file as the answer, parts of it too where the browser asks for parts. Refused."""
    asked = {name: visit.request.headers[name] for name in _ASKED if name in visit.request.headers}
    opened = visit.services.stream(service, path, headers=asked, **params)
    source = await opened.__aenter__()

    async def content() -> AsyncGenerator[bytes]:
        async for piece in source.aiter_raw():
            yield piece

    headers = {name: source.headers[name] for name in _KEPT if name in source.headers}
    if inline and "content-disposition" in headers:
        headers["content-disposition"] = headers["content-disposition"].replace("attachment", "inline", 1)
    return Relay(opened, content(), source.status_code, headers=headers)
