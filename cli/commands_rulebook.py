"""The commands for regulations: `kepil rulebook`, `deadline`, `clauses`, `whatif`. Most need no running stack."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, StateOption, later, state_folder

rulebook = typer.Typer(no_args_is_help=True, help="Regulations as data: read, check, compare and draw them.")

RulebookArgument = Annotated[str, typer.Argument(metavar="RULEBOOK", help="An id, id@version, or a file that you work on.")]
VersionOption = Annotated[str | None, typer.Option("--version", help="Default the newest.", show_default=False)]
LanguageOption = Annotated[str, typer.Option(help="Of names and quotations: ky, kk, ru or en.")]


@rulebook.command("list")
def list_rulebooks(json: JsonOption = False) -> int:
    """Every rulebook and version; exit code 1 where one cannot be read."""
    return later("cli.rulebook", "list_all", json=json)


@rulebook.command("show")
def show_rulebook(
    name: RulebookArgument,
    path: Annotated[str | None, typer.Argument(help="One value or clause, such as terms.duplicate or '14 (b)'.")] = None,
    version: VersionOption = None,
    language: LanguageOption = "en",
    json: JsonOption = False,
) -> int:
    """What a rulebook says, a line for each value; or one value with its clause, its wording and its reasons."""
    return later("cli.rulebook", "show", rulebook=name, path=path, version=version, language=language, json=json)


@rulebook.command("check")
def check_rulebook(name: RulebookArgument, json: JsonOption = False) -> int:
    """What is wrong with a rulebook, by line and clause; exit code 1 when it cannot be adopted."""
    return later("cli.proofreading", "run", name=name, json=json)


@rulebook.command("diff")
def diff_rulebooks(a: RulebookArgument, b: RulebookArgument, json: JsonOption = False) -> int:
    """Two rulebooks value by value: the clause, what was, what is."""
    return later("cli.differences", "run", a=a, b=b, json=json)


@rulebook.command("graph")
def graph_rulebook(
    name: RulebookArgument,
    svg: Annotated[Path | None, typer.Option(help="Draw it into this file.", show_default=False)] = None,
    version: VersionOption = None,
    language: LanguageOption = "en",
    json: JsonOption = False,
) -> int:
    """The stages of the procedure with the clause at each, as Mermaid or as a picture; optional ones are dashed."""
    return later("cli.graph", "run", rulebook=name, svg=svg, version=version, language=language, json=json)


@rulebook.command("schema")
def rulebook_schema() -> int:
    """The JSON Schema of a rulebook file, for editors."""
    return later("cli.rulebook", "schema")


def deadline(
    name: RulebookArgument,
    rule: Annotated[str, typer.Argument(help="A term, or a choice of terms, of the rulebook.")],
    anchor: Annotated[list[str] | None, typer.Option(help="name=YYYY-MM-DD; several times for a choice.", show_default=False)] = None,
    variant: Annotated[str | None, typer.Option(help="Another language version of the term.", show_default=False)] = None,
    version: VersionOption = None,
    json: JsonOption = False,
) -> int:
    """When a term ends, under which clause, and every step of the counting."""
    options = {"rulebook": name, "rule": rule, "anchors": anchor or [], "variant": variant, "version": version}
    return later("cli.deadline", "run", **options, json=json)


def clauses(
    name: Annotated[str | None, typer.Argument(metavar="[RULEBOOK]", help="Default the figures of all.", show_default=False)] = None,
    record: Annotated[bool, typer.Option("--record", help="Add what is newly covered to tests/regulations/coverage.json.")] = False,
    json: JsonOption = False,
) -> int:
    """Every clause with the values that hold it, the code that enforces it and the tests that show it, or a gap."""
    return later("cli.clauses", "run", rulebook=name, record=record, json=json)


def whatif(
    name: RulebookArgument,
    change: Annotated[list[str] | None, typer.Option("--set", help="path=value, as YAML; several times.", show_default=False)] = None,
    on: Annotated[
        str | None, typer.Option(help="Events (file, folder) or simulated:N; default the running stack.", show_default=False)
    ] = None,
    agency: Annotated[str | None, typer.Option(help="Whose cases of the running stack; default the only one.", show_default=False)] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the picture into this file.", show_default=False)] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """What another value in a rulebook would have made of recorded or simulated cases; it changes nothing."""
    options = {
        "rulebook": name,
        "changes": change or [],
        "on": on,
        "agency": agency,
        "state": state_folder(state),
        "json": json,
        "picture": svg,
    }
    return later("cli.whatif", "run", **options)
