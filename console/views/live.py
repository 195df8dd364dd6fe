"""What happens while a page is open: the events feed of notices, passed on to the browser as it comes."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
from fastapi import APIRouter
from starlette.responses import Response

from console.client import Refused
from console.files import Relay
from console.visit import SignedIn

router = APIRouter()

_HEARTBEAT_SECONDS = 20.0
_PASSED_ON = ("case_id", "institution_id", "type", "service", "after")


@router.get("/{language}/live")
async def live(visit: SignedIn) -> Response:
    """Server-sent events of what the person may see; 204 tells the browser not to ask again."""
    request = visit.request
    last = request.headers.get("last-event-id")
    asked = {name: request.query_params[name] for name in _PASSED_ON if name in request.query_params}
    opened = visit.services.stream("notices", "/v1/events/stream", headers={"Last-Event-ID": last} if last else None, **asked)
    try:
        source = await opened.__aenter__()
    except Refused as refused:
        return Response(status_code=503, headers={"Retry-After": "30"}) if refused.status >= 500 else Response(status_code=204)
    stop: asyncio.Event = request.app.state.stop

    async def content() -> AsyncGenerator[bytes]:
        pieces = source.aiter_raw().__aiter__()
        stopping = asyncio.create_task(stop.wait())
        reading: asyncio.Task[bytes] | None = None
        try:
            yield b"retry: 5000\n\n"
            while not stop.is_set():
                reading = reading or asyncio.ensure_future(anext(pieces))
                await asyncio.wait({reading, stopping}, timeout=_HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    yield reading.result()
                    reading = None
                elif not stop.is_set():
                    yield b": still here\n\n"
        except (StopAsyncIteration, httpx.HTTPError):
            pass  # the browser asks again by itself
        finally:
            stopping.cancel()
            if reading is not None:
                reading.cancel()
                await asyncio.wait({reading})

    return Relay(opened, content(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
