"""Signing in as a browser does it: through the console, the issuer's page, and back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

import httpx

from cli.supervisor import Stack


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of a page."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in fields}


@asynccontextmanager
async def visiting(stack: Stack, language: str = "en") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    console = stack.urls["console"]
    headers = {"Origin": console, "Accept-Language": language}
    async with httpx.AsyncClient(base_url=console, headers=headers, follow_redirects=True, timeout=60) as client:
        yield client


async def chosen(
    client: httpx.AsyncClient, way: str, role: str, agency: str, subject: str | None = None, institution: str | None = None
) -> httpx.Response:
    """Where somebody comes out who goes this way to the issuer and says there who they are."""
    choosing = await client.get(way)
    assert choosing.status_code == 200, choosing.text[:2_000]
    form = {**hidden(choosing.text), "role": role, "agency": agency, "subject": subject or role, "institution": institution or ""}
    return await client.post(choosing.url, data=form)


@asynccontextmanager
async def signed_in(
    stack: Stack, role: str, *, agency: str, subject: str | None = None, institution: str | None = None, language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has signed in by the real code flow. Forms need `csrf(page)`."""
    async with visiting(stack, language) as client:
        back = await chosen(client, f"/signin?to=/{language}", role, agency, subject, institution)
        assert back.url.path.startswith(f"/{language}"), (back.status_code, back.url, back.text[:2_000])
        yield client


def csrf(text: str) -> str:
    """The token that the forms of a page carry."""
    return hidden(text)["csrf"]
