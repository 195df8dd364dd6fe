"""`kepil contracts`: what Kepil promises to portals and readers of events, and whether a change breaks it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, later

contracts = typer.Typer(no_args_is_help=True, help="The published OpenAPI and AsyncAPI documents.")


@contracts.command("show")
def show(
    document: Annotated[str, typer.Argument(help="openapi or asyncapi.")],
    out: Annotated[Path | None, typer.Option(help="A file instead of the screen.", show_default=False)] = None,
) -> int:
    """The document as this version has it: all services in one."""
    return later("cli.published", "show", name=document, out=out)


@contracts.command("check")
def check(json: JsonOption = False) -> int:
    """What of the last released contract this version breaks, and where its OpenAPI document is poor; exit code 1 for either."""
    return later("cli.published", "check", json=json)


@contracts.command("release")
def release(
    breaking: Annotated[bool, typer.Option("--breaking", help="Although it breaks what was promised.")] = False,
) -> int:
    """Make this version's documents the promised ones (docs/contracts)."""
    return later("cli.published", "release", breaking=breaking)
