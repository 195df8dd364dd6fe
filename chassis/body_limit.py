"""How long a request's body may be."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import BodyTooLarge


class BodyLimit:
    """Refuses a request body over `limit` bytes before anybody reads it, declared or streamed; `uploads` are paths with their own limits.

    Starlette's own limit answers in plain text from outside the exception handlers; this one answers with a problem.
    """

    def __init__(self, app: ASGIApp, limit: int, uploads: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._limit = limit
        self._uploads = uploads or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._uploads.get(scope["path"], self._limit)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        read = limit + 1 if declared.isdigit() and int(declared) > limit else 0

        async def limited() -> Message:
            nonlocal read
            message: Message = {} if read > limit else await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise BodyTooLarge(f"a request body may have {limit} bytes")
            return message

        await self._app(scope, limited, send)
