"""What the browser is told never to do, and how a form is known to be ours."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import FormData, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.i18n import N_
from console.session import Session, Sessions

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
MOST_FIELDS = 2_000
MOST_FILES = 50


class ForeignForm(Exception):
    """The form was not sent by a page of this console in this session."""

    words = N_("This form was not sent from a page of your present session. Open the page again and send it once more.")


async def check_form(request: Request, session: Session | None) -> FormData:
    """The form, after its origin and its token; ForeignForm."""
    if not _same_origin(request):
        raise ForeignForm
    form = await request.form(max_fields=MOST_FIELDS, max_files=MOST_FILES, max_part_size=1_000_000)
    if session is not None:
        token = form.get("csrf")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), session.csrf.encode()):
            raise ForeignForm
    return form


def _same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return site == "same-origin"
    return urlsplit(origin).netloc == request.headers.get("host")


class Guarded:
    """Adds the headers to every answer, and the session's cookies where a visit changed the session."""

    def __init__(self, app: ASGIApp, sessions: Sessions, *, secure: bool) -> None:
        self._app = app
        self._sessions = sessions
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=63072000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                state: dict[str, Any] = scope["state"]
                if state.get("session_changed"):
                    for cookie in self._sessions.cookies(Request(scope).cookies, state.get("session")):
                        headers.append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, guarded)
