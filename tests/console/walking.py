"""People who work in the console: at a browser's window, or sending the same forms without one. They know pages and nothing else."""

import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol

import httpx
import nats
import typst
from playwright.async_api import Browser, Download, Page
from temporalio.client import Client

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.console.access import checked
from tests.console.signing import signed_in
from tests.waiting import eventually

SERVICES = ("intake", "review", "visits", "council", "monitoring", "notices")
#: Where the pictures of docs/ are put, if they are asked for (docs/console.md).
SCREENS = os.environ.get("KEPIL_SCREENS")
_PATIENCE = 60.0
_MOST_BYTES = 200_000


@dataclass(frozen=True)
class File:
    """A file that a person has on his machine."""

    name: str
    content: bytes
    media: str = "application/pdf"


def paper(title: str) -> File:
    """A real PDF of one page."""
    return File(f"{title.lower().replace(' ', '-')}.pdf", typst.compile(f"= {title}\nSigned and sealed.".encode(), format="pdf"))


#: What is filled in, by the names of the fields: a text, words to tick, or a file.
Given = Mapping[str, str | Sequence[str] | File]
NOTHING: Given = {}


class Person(Protocol):
    """Somebody signed in, who goes from page to page."""

    path: str

    async def at(self, path: str) -> str:
        """Opens a page; its text."""
        ...

    async def do(self, action: str, given: Given = NOTHING, *, at: str | None = None) -> str:
        """Takes an action that a page offers (this one, if none is named), and fills in its form. The path of the page after it."""
        ...


@asynccontextmanager
async def passing(stack: Stack) -> AsyncIterator[LegalTime]:
    """The legal clock, for whoever waits for a day."""
    client = await Client.connect(stack.urls["temporal"])
    connection = await nats.connect(stack.urls["nats"])
    try:
        async with httpx.AsyncClient(timeout=30) as http:
            yield LegalTime(client, connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES})
    finally:
        await connection.close()


def _row(name: str) -> str:
    """The list that a field belongs to a row of: `members` of `members.1.expert_id`."""
    found = re.match(r"(.*?)\.\d+(\.|$)", name)
    assert found, f"the form does not ask for {name!r}"
    return found[1]


@dataclass
class Sheet(HTMLParser):
    """The form of a page, as a browser would send it."""

    text: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    choices: dict[str, set[str]] = field(default_factory=dict)
    _select: str = ""
    _area: str = ""
    _inside: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.feed(self.text)

    @property
    def names(self) -> set[str]:
        """What may be filled in."""
        return {name for name, _ in self.fields} | self.files | set(self.choices)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._inside = "command" in given.get("class", "")
        if not self._inside:
            return
        if tag == "input" and given.get("type") == "file":
            self.files.add(name)
        elif tag == "input" and given.get("type") == "checkbox":
            self.choices.setdefault(name, set()).add(given["value"])
            if "checked" in given:
                self.fields.append((name, given["value"]))
        elif tag == "input":
            self.fields.append((name, given.get("value", "")))
        elif tag == "textarea":
            self._area = name
            self.fields.append((name, ""))
        elif tag == "select":
            self._select = name
            self.choices[name] = set()
            self.fields.append((name, ""))
        elif tag == "option" and self._select:
            self.choices[self._select].add(given.get("value", ""))
            if "selected" in given:
                self._write(self._select, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self._write(self._area, dict(self.fields)[self._area] + data)

    def _write(self, name: str, value: str) -> None:
        self.fields = [(each, value if each == name else was) for each, was in self.fields]

    def fill(self, name: str, value: str | Sequence[str]) -> None:
        """Writes a text, or ticks words; only what is offered can be chosen."""
        words = [value] if isinstance(value, str) else list(value)
        if name in self.choices:
            assert set(words) <= self.choices[name], f"{name}: {words} are none of {sorted(self.choices[name])}"
        self.fields = [each for each in self.fields if each[0] != name] + [(name, word) for word in words]


@dataclass
class Sender:
    """Sends the console's forms without a window; what a form does not ask, or does not offer, cannot be sent."""

    http: httpx.AsyncClient
    language: str
    path: str = ""

    async def at(self, path: str) -> str:
        page = await self.http.get(path if path.startswith("/") else f"/{self.language}/{path}")
        assert page.status_code == 200, f"{page.url}: {page.status_code} {page.text[:3_000]}"
        self.path = page.url.path
        return page.text

    async def do(self, action: str, given: Given = NOTHING, *, at: str | None = None) -> str:
        where = self.path if at is None else at

        async def offered() -> str | None:
            return _offered(await self.at(where), action)

        way = await eventually(offered, f"{action} is offered at {where}", _PATIENCE)
        sheet = Sheet(await self.at(way))
        files = {name: (each.name, each.content, each.media) for name, each in given.items() if isinstance(each, File)}
        for name, value in given.items():
            while name not in sheet.names:
                grown = await self.http.post(way, data=_sent([*sheet.fields, ("_more", _row(name))]))
                sheet = Sheet(grown.text)
            if not isinstance(value, File):
                sheet.fill(name, value)
        done = await self.http.post(way, data=_sent(sheet.fields), files=files or None)
        assert done.status_code == 200, f"{action}: {done.status_code} {_main(done.text)}"
        assert done.url.path != httpx.URL(way).path, f"{action}: {_main(done.text)}"
        self.path = done.url.path
        return self.path


def _sent(fields: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def _offered(text: str, action: str) -> str | None:
    found = re.search(rf'href="([^"]+/(?:new/\w+/{action}|act/\w+/{action}/[^"]*))"', text)
    return found[1].replace("&amp;", "&") if found else None


def _main(text: str) -> str:
    words = re.sub(r"<[^>]+>|\s+", " ", text.partition("<main")[2])
    return re.sub(r"\s+", " ", words)[:2_000]


@dataclass
class Window:
    """Somebody at a browser: goes by links, fills in by hand, presses the button."""

    page: Page
    language: str
    flaws: list[str]

    @property
    def path(self) -> str:
        return httpx.URL(self.page.url).path

    async def at(self, path: str) -> str:
        base = httpx.URL(self.page.url)
        answer = await self.page.goto(str(base.join(path if path.startswith("/") else f"/{self.language}/{path}")))
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return await self.page.content()

    async def do(self, action: str, given: Given = NOTHING, *, at: str | None = None) -> str:
        await self.form(action, at=at)
        for name, value in given.items():
            await self._fill(name, value)
        form = self.path
        await self.page.locator("form.command .doing button").click()
        await self.page.wait_for_load_state("load")
        assert self.path != form, f"{action}: {(await self.page.locator('main').inner_text())[:2_000]}"
        return self.path

    async def form(self, action: str, *, at: str | None = None) -> None:
        """Follows the link to a form."""
        link = self.page.locator(f'main a[href*="/new/"][href$="/{action}"], main a[href*="/act/"][href*="/{action}/"]').first

        async def offered() -> bool:
            await self.at(self.path if at is None else at)
            return await link.count() > 0

        await eventually(offered, f"{action} is offered at {at or self.path}", _PATIENCE)
        await link.click()
        await self.page.wait_for_load_state("load")

    async def _fill(self, name: str, value: str | Sequence[str] | File) -> None:
        here = self.page.locator(f'form.command [name="{name}"]:not([type=hidden])')
        while await here.count() == 0:
            await self.page.locator(f'button[name=_more][value="{_row(name)}"]').click()
            await self.page.wait_for_load_state("load")
        kind = await here.first.evaluate("each => each.type")
        if isinstance(value, File):
            await here.set_input_files({"name": value.name, "mimeType": value.media, "buffer": value.content})
        elif kind == "checkbox":
            for word in [value] if isinstance(value, str) else value:
                await self.page.locator(f'form.command [name="{name}"][value="{word}"]').first.check()
        elif kind == "select-one":
            await here.select_option(str(value))
        else:
            await here.fill(str(value))

    async def kept(self, link: Any) -> bytes:
        """The file behind a link."""
        async with self.page.expect_download() as coming:
            await link.click()
        download: Download = await coming.value
        return Path(await download.path()).read_bytes()

    async def shot(self, name: str) -> None:
        """Whether everybody can use this page, told at the end; and its picture, where pictures are asked for."""
        size = self.page.viewport_size
        try:
            await checked(self.page)
        except AssertionError as flaw:
            self.flaws.append(f"{self.path}: {flaw}")
        if size:
            await self.page.set_viewport_size(size)
        if SCREENS:
            await self.page.evaluate("scrollTo(0, 0)")
            path = Path(SCREENS) / f"{name}.png"
            await self.page.screenshot(path=path, animations="disabled")
            if path.stat().st_size > _MOST_BYTES:
                self.flaws.append(f"{path} has {path.stat().st_size} bytes")


@asynccontextmanager
async def sending(
    stack: Stack, role: Role, *, agency: str, subject: str | None = None, institution: str | None = None, language: str = "en"
) -> AsyncIterator[Sender]:
    """Somebody without a window, after the sign-in."""
    async with signed_in(stack, role, agency=agency, subject=subject, institution=institution, language=language) as http:
        yield Sender(http, language, f"/{language}")


@asynccontextmanager
async def sitting(
    browser: Browser, stack: Stack, role: Role, *, agency: str, subject: str = "", institution: str = "", language: str = "en"
) -> AsyncIterator[Window]:
    """Somebody at a window, signed in through the page; errors of the page fail the test."""
    console, issuer = stack.urls["console"], stack.urls["issuer"]
    async with _page(browser, console, issuer) as (page, flaws):
        await page.goto(f"{console}/{language}")
        if not page.url.startswith(issuer):
            await page.locator("a[href*='/signin']").first.click()
        await page.get_by_label(role.value.replace("_", " "), exact=True).check()
        for name, value in (("Agency", agency), ("Institution", institution), ("Subject", subject)):
            await page.get_by_role("textbox", name=name).fill(value)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{console}/**")
        yield Window(page, language, flaws)


@asynccontextmanager
async def strolling(browser: Browser, stack: Stack, language: str = "en") -> AsyncIterator[Window]:
    """A visitor: nobody knows him."""
    async with _page(browser, stack.urls["console"]) as (page, flaws):
        await page.goto(f"{stack.urls['console']}/{language}")
        yield Window(page, language, flaws)


@asynccontextmanager
async def _page(browser: Browser, *own: str) -> AsyncIterator[tuple[Page, list[str]]]:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(_PATIENCE * 1_000 / 2)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((*own, "data:")) else complaints.append(f"foreign: {request.url}"))
    try:
        yield page, complaints
        assert complaints == [], "\n".join(complaints)
    finally:
        await context.close()
