"""Files of the services, passed on as they come."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from console.visit import Visit

_KEPT = ("content-type", "content-disposition", "content-length", "content-range", "accept-ranges", "etag", "last-modified")
_ASKED = ("range", "if-range", "if-none-match")


async def passed_on(visit: Visit, service: str, path: str, *, inline: bool = False, **params: Any) -> Response:
    """A service's file as the answer, parts of it too where the browser asks for parts. Refused."""
    asked = {name: visit.request.headers[name] for name in _ASKED if name in visit.request.headers}
    opened = visit.services.stream(service, path, headers=asked, **params)
    source = await opened.__aenter__()

    async def content() -> AsyncIterator[bytes]:
        try:
            async for piece in source.aiter_raw():
                yield piece
        finally:
            await opened.__aexit__(None, None, None)

    headers = {name: source.headers[name] for name in _KEPT if name in source.headers}
    if inline and "content-disposition" in headers:
        headers["content-disposition"] = headers["content-disposition"].replace("attachment", "inline", 1)
    return StreamingResponse(content(), source.status_code, headers)
