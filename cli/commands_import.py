"""`kepil import`: the commands for tables that an agency has already."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, StateOption, later, state_folder

imports = typer.Typer(no_args_is_help=True, help="Tables that the agency has already, into a running stack.")

AgencyOption = Annotated[str, typer.Option(help="The agency's id.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only report what would become of each line.")]
TokenOption = Annotated[
    str | None, typer.Option(envvar="KEPIL_TOKEN", help="An access token; default one of the development issuer.", show_default=False)
]


@imports.command("certificates")
def import_certificates(
    file: Annotated[Path, typer.Argument(help="A table in CSV; docs/cli.md has the columns.")],
    agency: AgencyOption = "my-agency",
    rulebook: Annotated[str | None, typer.Option(help="The rulebook of rows that name none.", show_default=False)] = None,
    dry_run: DryRunOption = False,
    template: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Write the empty table into FILE: ky, kk, ru or en.", show_default=False)
    ] = None,
    token: TokenOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """Record certificates that were issued before, with their recommendations; exit code 1 where a line was not taken."""
    options = {"file": file, "agency": agency, "rulebook": rulebook, "dry_run": dry_run, "template": template, "token": token}
    return later("cli.importing", "certificates", **options, state=state_folder(state), json=json)


@imports.command("institutions")
def import_institutions(
    file: Annotated[Path, typer.Argument(help="A table in CSV; docs/cli.md has the columns.")],
    agency: AgencyOption = "my-agency",
    dry_run: DryRunOption = False,
    token: TokenOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """Register the institutions of a table; exit code 1 where a line was not taken."""
    options = {"file": file, "agency": agency, "dry_run": dry_run, "token": token, "state": state_folder(state), "json": json}
    return later("cli.importing", "institutions", **options)


@imports.command("subjects")
def import_subjects(
    file: Annotated[Path, typer.Argument(help="A table in CSV; docs/cli.md has the columns.")],
    agency: AgencyOption = "my-agency",
    rulebook: Annotated[str | None, typer.Option(help="The rulebook of rows that name none.", show_default=False)] = None,
    dry_run: DryRunOption = False,
    template: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Write the empty table into FILE: ky, kk, ru or en.", show_default=False)
    ] = None,
    token: TokenOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """Enter the organisations of a table that are to be attested; exit code 1 where a line was not taken."""
    options = {"file": file, "agency": agency, "rulebook": rulebook, "dry_run": dry_run, "template": template, "token": token}
    return later("cli.importing", "subjects", **options, state=state_folder(state), json=json)
