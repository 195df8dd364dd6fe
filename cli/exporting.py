"""`kepil export`: files of council's public and staff routes, written as they come."""

import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.settings import settings
from cli.errors import Explained
from cli.running import adopt


class NotExported(Explained):
    """The service did not give the file."""


async def run(path: str, params: Mapping[str, str | None], agency: str | None, token: str | None, out: Path | None, state: Path) -> int:
    """Writes what council answers. With an `agency` it is asked in the name of a coordinator of it. A file is whole or not there."""
    adopt(state)
    using = settings()
    headers = {}
    if agency is not None:
        token = token or development_token(using, subject="export", roles=[Role.coordinator], agency=agency)
        headers["authorization"] = f"Bearer {token}"
    asked = {name: value for name, value in params.items() if value is not None}
    part = out.with_name(f"{out.name}.part") if out else None
    async with (
        httpx.AsyncClient(base_url=using.url("council"), timeout=60) as http,
        http.stream("GET", path, params=asked, headers=headers) as answer,
    ):
        if answer.status_code != 200:
            await answer.aread()
            raise NotExported(f"council answered {answer.status_code}: {answer.json().get('detail', answer.text)}")
        if part is None:
            async for chunk in answer.aiter_bytes():
                sys.stdout.buffer.write(chunk)
            return 0
        with part.open("wb") as file:
            async for chunk in answer.aiter_bytes():
                file.write(chunk)
    assert out is not None
    part.replace(out)
    return 0
