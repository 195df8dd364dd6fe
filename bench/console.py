"""The page of a case with three hundred events: how long the console takes for it, from the request to the last byte of the page.

Beside it, in the same run, a bare page: Starlette under the same server answers text that was rendered once, as long as the case's page.
"""

import asyncio
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx

from bench.results import Result, Sizes, percentile
from chassis.auth import Role
from chassis.issuer import development_token
from cli.supervisor import Stack, StackOptions

TARGET = 150.0

_RULES = {"rulebook_id": "iqaa-accreditation", "rulebook_version": "undated"}
_STANDARDS = {
    **_RULES,
    "standards": "Standards",
    "version": "2026",
    "kind": "institutional",
    "act": "Order No. 3",
    "adopted_on": "2020-01-09",
    "areas": [{"code": "1", "title": "Mission and governance", "criteria": ["1.1"], "esg": ["1.1"]}],
    "references": ["esg", "state_acts", "international_standards"],
}
_PATIENCE = 60.0
_PROGRAM = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
text = sys.stdin.read()
app = Starlette(routes=[Route("/", lambda request: HTMLResponse(text))])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", access_log=False, log_level="error")
"""


async def measure(_using: object, sizes: Sizes) -> list[Result]:
    """A stack of its own; one case is filed over REST and gets its events by documents that are attached to it."""
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        async with Stack(StackOptions(state_dir=Path(folder), ports="free")) as stack:
            agency = f"bench-{uuid4().hex[:12]}"
            case_id = await _case(stack, agency, sizes.events)
            return await _asked(stack, agency, case_id, sizes)


async def _case(stack: Stack, agency: str, events: int) -> str:
    """A case of so many events: it is filed, and then one document after another is attached to it."""
    token = development_token(stack.settings(), subject="bench", roles=[Role.coordinator], agency=agency)
    async with httpx.AsyncClient(base_url=stack.urls["intake"], headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        names = {"ky": "Университет", "kk": "Университет", "ru": "Университет", "en": "University"}
        institution = {"institution_id": "university", "names": names, "kind": "university", "city": "Almaty", "country": "KZ"}
        await _post(http, "/v1/institutions", institution)
        director = development_token(stack.settings(), subject="bench", roles=[Role.director], agency=agency)
        await _post(http, "/v1/standards", _STANDARDS, {"Authorization": f"Bearer {director}"})
        known = {**_RULES, "institution_id": "university", "kind": "institutional", "levels": ["higher"]}
        papers = [_paper(kind, number) for number, kind in enumerate(("application", "activity_description", "licence_copies"))]
        about = {"standards": "Standards", "standards_version": "2026", "documents": papers}
        case_id = str((await _post(http, "/v1/applications", {**known, **about})).json()["id"])
        etag = (await http.get(f"/v1/applications/{case_id}")).headers["etag"]
        for number in range(events - 1):
            done = await _post(http, f"/v1/applications/{case_id}/documents", _paper("annex", 10 + number), {"If-Match": etag})
            etag = done.headers["etag"]
    await _until(lambda: _told(stack, token, case_id, events), f"the timeline of the case has {events} events")
    return case_id


def _paper(kind: str, number: int) -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}-{number}.pdf", "sha256": f"{number:064x}"}


async def _post(http: httpx.AsyncClient, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    answer = await http.post(path, json=body, headers={"Idempotency-Key": uuid4().hex, **(headers or {})})
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")
    return answer


async def _told(stack: Stack, token: str, case_id: str, events: int) -> bool:
    async with httpx.AsyncClient(base_url=stack.urls["notices"], headers={"Authorization": f"Bearer {token}"}) as http:
        answer = await http.get(f"/v1/cases/{case_id}/timeline", params={"limit": 1_000})
    return answer.status_code == 200 and len(answer.json()["items"]) >= events


async def _until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while not await done():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise RuntimeError(f"not within {_PATIENCE:.0f} s: {what}") from None


async def _asked(stack: Stack, agency: str, case_id: str, sizes: Sizes) -> list[Result]:
    """The case's page and the bare one take turns; the first of each warms up."""
    async with _signed_in(stack, agency) as http:
        path = f"/en/cases/{case_id}"
        text = (await _get(http, path)).text
        if text.count('<li id="e-') < sizes.events:
            raise RuntimeError("the page does not show every event")
        async with _bare(text) as url, httpx.AsyncClient(base_url=url) as plain:
            await _get(plain, "/")
            ours, theirs = [], []
            for _ in range(sizes.questions):
                ours.append(await _timed(http, path))
                theirs.append(await _timed(plain, "/"))
    what = f"console: a case's page with {sizes.events} events, {len(text.encode()) // 1024} KiB"
    peer = "bare Starlette page, as long"
    return [
        Result(f"{what}, p{share * 100:.0f}", percentile(ours, share), percentile(theirs, share), peer, "ms", target)
        for share, target in ((0.5, TARGET), (0.95, None))
    ]


async def _timed(http: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    await _get(http, path)
    return (time.perf_counter() - began) * 1_000


async def _get(http: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await http.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
    return answer


@asynccontextmanager
async def _signed_in(stack: Stack, agency: str) -> AsyncIterator[httpx.AsyncClient]:
    """A coordinator with the console's cookies, by the sign-in that people use."""
    console = stack.urls["console"]
    async with httpx.AsyncClient(base_url=console, headers={"Origin": console}, follow_redirects=True, timeout=60) as http:
        choosing = await http.get("/signin", params={"to": "/en"})
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', choosing.text)
        hidden = {name: unescape(value) for name, value in fields}
        await http.post(choosing.url, data={**hidden, "role": "coordinator", "agency": agency, "subject": "bench", "institution": ""})
        yield http


@asynccontextmanager
async def _bare(text: str) -> AsyncIterator[str]:
    """Starlette alone, in a process of its own as the console is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(*(sys.executable, "-c", _PROGRAM, str(port)), stdin=asyncio.subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.close()
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http:
            await _until(lambda: _answers(http, url), "the bare page answers")
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx.TransportError:
        return False
