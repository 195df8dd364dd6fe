"""An application made by the console's forms alone, as people make it."""

import re
from typing import Any

import httpx

from chassis.auth import Role
from cli.supervisor import Stack
from tests.console.signing import hidden, signed_in

RULES = "kz-109-2008-accreditation"
UNIVERSITY = {
    "institution_id": "kaznu",
    "names.ky": "КазУУ",
    "names.kk": "ҚазҰУ",
    "names.ru": "КазНУ",
    "names.en": "KazNU",
    "kind": "university",
    "city": "Almaty",
    "country": "KZ",
}


async def shown(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The hidden fields of a form."""
    page = await client.get(path)
    assert page.status_code == 200, page.text[:3_000]
    return hidden(page.text)


async def register(client: httpx.AsyncClient, **other: str) -> httpx.Response:
    path = "/en/new/intake/register_institution"
    return await client.post(path, data={**await shown(client, path), **UNIVERSITY, **other})


async def adopt(stack: Stack, agency: str) -> None:
    """The rulebook was repealed: the director adopts it as the agency's own."""
    async with signed_in(stack, Role.director, agency=agency) as client:
        path = "/en/new/intake/adopt_rulebook"
        given = {"rulebook_id": RULES, "rulebook_version": "2008-03-05", "reason": "Ours"}
        done = await client.post(path, data={**await shown(client, path), **given})
        assert done.url.path.startswith("/en/records/intake/rulebook-adoptions/"), done.text[:5_000]


async def application(client: httpx.AsyncClient, **other: Any) -> httpx.Response:
    path = "/en/new/intake/file_application"
    given = {
        "institution_id": "kaznu",
        "kind": "institutional",
        "levels": ["higher"],
        "rulebook_id": RULES,
        "rulebook_version": "2008-03-05",
        "standards": "Standards",
        "standards_version": "1",
        **other,
    }
    return await client.post(path, data={**await shown(client, path), **given})


async def attached(client: httpx.AsyncClient, case: str, kind: str) -> httpx.Response:
    """The case's page after one of its documents was sent."""
    way = action(await client.get(case), "attach_document")
    fields = {**await shown(client, way), "kind": kind}
    return await client.post(way, data=fields, files={"file": (f"{kind}.txt", f"The {kind} of the university".encode(), "text/plain")})


def action(page: httpx.Response, name: str) -> str:
    """The address of the form of an action that a page offers."""
    found = re.search(rf'href="([^"]+/act/\w+/{name}/[^"]+)"', page.text)
    assert found, page.text[:6_000]
    return found[1]


async def registered(client: httpx.AsyncClient) -> str:
    """A case with a registered application; the path of its page."""
    await register(client)
    case = (await application(client)).url.path
    for kind in ("application", "state_licence", "licence_annexes"):
        await attached(client, case, kind)
    way = action(await client.get(case), "register_application")
    done = await client.post(way, data={**await shown(client, way), "number": "14-A"})
    assert done.url.path == case, done.text[:5_000]
    return case
