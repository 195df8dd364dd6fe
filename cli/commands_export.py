"""`kepil export`: what an agency made public, and what goes to other registers, into a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands_import import TokenOption
from cli.options import StateOption, later, state_folder

export = typer.Typer(no_args_is_help=True, help="The public register, and submissions to other registers, as files.")

OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="The file; default the standard output.", show_default=False)]
DayOption = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="As it stood on this local day.", show_default=False)]
Format = Annotated[Literal["csv", "json"], typer.Option("--format", help="What the file is.")]


@export.command("register")
def export_register(
    agency: Annotated[
        str | None, typer.Option(help="The agency's id; default every agency of the installation.", show_default=False)
    ] = None,
    as_of: DayOption = None,
    form: Format = "csv",
    out: OutOption = None,
    state: StateOption = None,
) -> int:
    """The entries of the public register."""
    params = {"agency": agency, "as_of": as_of}
    return later(
        "cli.exporting", "run", path=f"/v1/register.{form}", params=params, agency=None, token=None, out=out, state=state_folder(state)
    )


@export.command("decisions")
def export_decisions(
    agency: Annotated[str, typer.Option(help="The agency's id.")] = "my-agency",
    as_of: DayOption = None,
    form: Format = "csv",
    out: OutOption = None,
    state: StateOption = None,
) -> int:
    """The decisions that were published or entered in the register."""
    path, params = f"/v1/register/decisions.{form}", {"agency": agency, "as_of": as_of}
    return later("cli.exporting", "run", path=path, params=params, agency=None, token=None, out=out, state=state_folder(state))


@export.command("deqar")
def export_deqar(
    agency: Annotated[str, typer.Option(help="The agency's id.")] = "my-agency",
    decided_since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Only what was decided since.", show_default=False)
    ] = None,
    form: Format = "csv",
    out: OutOption = None,
    token: TokenOption = None,
    state: StateOption = None,
) -> int:
    """The decided cases as submissions to DEQAR, by its Submission API v2 or its CSV form."""
    path, params = "/v1/deqar-submissions" + (".csv" if form == "csv" else ""), {"decided_since": decided_since}
    return later("cli.exporting", "run", path=path, params=params, agency=agency, token=token, out=out, state=state_folder(state))
