"""The commands of `kepil`. Each imports what it runs when it runs, so that the command line itself starts at once."""

import asyncio
import json as jsonlib
import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from chassis.version import VERSION
from cli.commands_contracts import contracts
from cli.commands_export import export
from cli.commands_import import imports
from cli.commands_rulebook import clauses, deadline, rulebook, whatif
from cli.errors import Explained
from cli.options import JsonOption, StateOption, console, errors, later, state_folder

app = typer.Typer(name="kepil", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
projections = typer.Typer(no_args_is_help=True, help="Read models of the services.")
app.add_typer(projections, name="projections")
app.add_typer(rulebook, name="rulebook")
app.add_typer(imports, name="import")
app.add_typer(export, name="export")
app.add_typer(contracts, name="contracts")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@app.callback()
def kepil(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")] = False,
) -> None:
    """Kepil runs the work of an education accreditation agency. `./kepil demo` shows it."""


def leave(code: int) -> NoReturn:
    """Ends the process at once with its code: the Temporal SDK may abort an interpreter that finalizes."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> NoReturn:
    """The command line. Errors that explain themselves are one line; the rest is a defect and shows where."""
    try:
        result = app(prog_name="kepil", standalone_mode=False)
        leave(result if isinstance(result, int) else 0)
    except typer.Abort:
        leave(130)
    except typer.Exit as end:
        leave(end.exit_code)
    except ValidationError as error:
        if error.title != "Settings":
            raise
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            errors.print(f"KEPIL_{name}: {fault['msg']}" if name else fault["msg"], markup=False, highlight=False, soft_wrap=True)
        leave(2)
    except Explained as error:
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        leave(1)
    except KeyboardInterrupt:
        leave(130)
    except Exception as error:
        show: Callable[[], None] | None = getattr(error, "show", None)
        if show is None:
            if errors.is_terminal:
                errors.print_exception()
            else:
                traceback.print_exc()  # into a log: no boxes
            leave(1)
        show()
        leave(getattr(error, "exit_code", 2))


@app.command()
def up(
    state: StateOption = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready; it runs on.")] = False,
    port_base: Annotated[int | None, typer.Option(help="Move the ports 81xx to N+xx.", min=1024, max=65000)] = None,
    services: Annotated[str | None, typer.Option(help="Only these, by commas; '' for the three servers.", show_default=False)] = None,
    skip_time: Annotated[bool, typer.Option("--skip-time", help="For trying: `kepil time` lets days pass; kept in memory.")] = False,
) -> int:
    """Start PostgreSQL, NATS, Temporal, every service and the workflows."""
    from cli.serve import PROGRAMS
    from cli.supervisor import ALL, StackOptions
    from cli.up import detached, foreground

    chosen = ALL if services is None else tuple(name for name in services.split(",") if name)
    if unknown := set(chosen) - set(PROGRAMS):
        errors.print(f"unknown service {min(unknown)!r}; there are: {', '.join(ALL)}", markup=False, highlight=False)
        return 2
    options = StackOptions(state_dir=state_folder(state), port_base=port_base, services=chosen, time_skipping=skip_time)
    if skip_time and (options.state_dir / "postgres").exists():
        errors.print(f"{options.state_dir} is not empty, and skipped time begins in an empty state folder: name one with --state")
        return 1
    if not detach:
        return asyncio.run(foreground(options, console))
    base = ["--port-base", str(port_base)] if port_base is not None else []
    base += ["--skip-time"] if skip_time else []
    return detached(options, console, ["--state", str(options.state_dir), "--services", ",".join(chosen), *base])


@app.command()
def time(
    until: Annotated[str | None, typer.Option(help="Let time pass until noon of this day, YYYY-MM-DD.", show_default=False)] = None,
    zone: Annotated[str, typer.Option(help="Whose days and hours.")] = "UTC",
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """The legal time of the running stack; it passes by command where the stack was started with `up --skip-time`."""
    return later("cli.legal_time", "run", state=state_folder(state), until=until, zone=zone, json=json)


@app.command()
def down(state: StateOption = None) -> int:
    """Stop everything in order."""
    from cli.running import stop

    try:
        with console.status("stopping …"):
            stopped = stop(state_folder(state))
    except (TimeoutError, RuntimeError) as error:
        errors.print(str(error), markup=False)
        return 1
    console.print(f"stopped: {', '.join(stopped)}" if stopped else f"nothing runs on {state_folder(state)}", highlight=False)
    return 0


@app.command()
def status(state: StateOption = None, json: JsonOption = False) -> int:
    """Health, processes and memory of each part; exit code 1 when something does not answer."""
    from cli.status import health, table

    found = asyncio.run(health(state_folder(state)))
    if json:
        print(jsonlib.dumps(found.as_json(), indent=1))
    else:
        console.print(table(found))
    return 0 if found.healthy else 1


@app.command()
def logs(part: str, state: StateOption = None, lines: Annotated[int, typer.Option("-n", min=1)] = 200) -> int:
    """The end of a part's log."""
    from cli.process import tail
    from cli.state import StateDir

    folder = StateDir(state_folder(state))
    log = folder.log(part)
    if not log.exists():
        known = ", ".join(sorted(path.stem for path in folder.logs.glob("*.log"))) or "none"
        errors.print(f"no log of {part!r} in {folder.logs}; there are: {known}", markup=False, highlight=False, soft_wrap=True)
        return 1
    print(tail(log, lines))
    return 0


@app.command(hidden=True)
def serve(name: str) -> int:
    """Run one service in the foreground: the supervisor and containers start this."""
    from cli.serve import PROGRAMS
    from cli.serve import serve as run

    if name not in PROGRAMS:
        errors.print(f"{name!r} is none of {', '.join(PROGRAMS)}", markup=False)
        return 2
    run(name)
    return 0


@app.command(hidden=True)
def migrate() -> int:
    """Make databases, apply migrations, create read models."""
    from cli.serve import migrate as run

    for service, done in run().items():
        print(f"{service}: {', '.join(done) or 'nothing to do'}")
    return 0


@app.command()
def token(
    role: Annotated[list[str], typer.Option(help="One role, or several times.")],
    agency: Annotated[str, typer.Option(help="The agency's id.")] = "my-agency",
    institution: Annotated[str | None, typer.Option(help="The institution's id, for its officer.")] = None,
    subject: Annotated[str | None, typer.Option(help="Who; default the role's name.")] = None,
    state: StateOption = None,
) -> int:
    """An access token of the development issuer."""
    from chassis.auth import Role
    from chassis.issuer import IssuerRefused, development_token
    from chassis.settings import settings
    from cli.running import NotRunning, adopt

    roles = [name.replace("-", "_") for name in role]
    if unknown := [name for name in roles if name not in set(Role)]:
        errors.print(f"unknown role {unknown[0]!r}; there are: {', '.join(Role)}", markup=False, highlight=False)
        return 2
    try:
        adopt(state_folder(state))
    except NotRunning:
        os.environ["KEPIL_STATE_DIR"] = str(state_folder(state))
    try:
        print(development_token(settings(), subject=subject or role[0], roles=roles, agency=agency, institution=institution))
    except IssuerRefused as error:
        errors.print(str(error), markup=False)
        return 1
    return 0


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def test(context: typer.Context) -> int:
    """Lint, types, import contracts and the tests; arguments go to pytest."""
    from cli.checks import run

    return run(context.args)


@app.command()
def demo(
    scenario: Annotated[Path | None, typer.Argument(help="A scenario file; default the accreditation in examples/scenarios/.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running afterwards until Ctrl-C.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Write the timeline as an SVG picture.", show_default=False)] = None,
) -> int:
    """Play a whole accreditation, years in seconds, on real servers."""
    return later("cli.demo", "run", scenario=scenario, json=json, state=state and state.absolute(), keep=keep, picture=picture)


@app.command()
def simulate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files; docs/scenarios.md explains them.")],
    json: Annotated[bool, typer.Option("--json", help="JSON lines: events, refusals, deadlines, expectations.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="With the trace ids of each step.")] = False,
    state: StateOption = None,
) -> int:
    """Play scenarios on real servers with skipped time; exit code 1 where something is not as expected, 2 for a wrong file."""
    return later("cli.simulate", "run", files=files, json=json, trace=trace, state=state and state.absolute())


@app.command()
def bench(
    which: Annotated[
        str | None,
        typer.Argument(help="store, relay, http, latency, lifecycles; or certificates, attestations, webhooks, register, console."),
    ] = None,
    state: StateOption = None,
    json: JsonOption = False,
    cases: Annotated[int, typer.Option(min=1, help="How many lifecycles at once.")] = 500,
    count: Annotated[int, typer.Option(min=1_000, help="How many certificates.")] = 100_000,
    quick: Annotated[
        bool, typer.Option("--quick", help="Certificates: 2,000, and a tenth of the other designs. Attestations: 500.")
    ] = False,
) -> int:
    """Measure Kepil beside the raw servers, in one run."""
    where = state.absolute() if state else None
    return later("cli.bench", "run", which=which, json=json, state=where, cases=cases, count=count, quick=quick)


@app.command()
def trace(
    trace_id: Annotated[str | None, typer.Argument(help="Its beginning is enough; default the latest.")] = None,
    case: Annotated[str | None, typer.Option(help="Every trace of this case.", show_default=False)] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """Show one trace, from the request to the last event."""
    if trace_id is not None and case is not None:
        errors.print("give a trace or --case, not both")
        return 2
    return later("cli.trace", "run", trace_id=trace_id, state=state_folder(state), case=case, as_json=json)


@app.command()
def traces(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    errors_only: Annotated[bool, typer.Option("--errors", help="Only those in which something failed.")] = False,
    min_ms: Annotated[int | None, typer.Option(min=0, help="Only those that took so long.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest.")] = 20,
    drawn: Annotated[bool, typer.Option("--drawn/--list", help="With a waterfall of each, or the list alone.")] = True,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """List the traces of a case and draw each, from the request to the webhook."""
    return later(
        "cli.traces", "run", case=case, state=state_folder(state), errors=errors_only, min_ms=min_ms, limit=limit, drawn=drawn, json=json
    )


@app.command()
def verify(state: StateOption = None, json: JsonOption = False) -> int:
    """Recompute every hash chain; exit code 1 where an event was changed, or the log would go backwards after a restore.

    A stream whose end was cut off still holds together: `projections check` shows what is missing then.
    """
    return later("cli.verify", "run", state=state_folder(state), json=json)


@app.command("check-certificate")
def check_certificate(
    file: Annotated[Path, typer.Argument(help="A certificate's PDF, or its credential (vc+jwt).")],
    keys: Annotated[Path | None, typer.Option(help="The agency's keys (JWKS); default this installation's.", show_default=False)] = None,
    status: Annotated[list[Path] | None, typer.Option(help="A status list of the agency; or several times.", show_default=False)] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Whether in force on this day; default now.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> int:
    """Whether a certificate is genuine, without a network; exit code 1 where it is not."""
    day = on.date() if on else None
    return later("cli.check_certificate", "run", file=file, keys=keys, status=status or [], state=state_folder(state), json=json, on=day)


@app.command()
def forget(
    subject: Annotated[str, typer.Argument(help="Whose personal data; an expert's or member's id.")],
    agency: Annotated[str, typer.Option(help="The agency's id.")],
    state: StateOption = None,
) -> int:
    """Delete a person's key, so that the name cannot be read in any event any more. Cannot be undone."""
    return later("cli.forget", "run", agency=agency, subject=subject, state=state_folder(state))


@projections.command("list")
def list_projections(state: StateOption = None) -> int:
    """Every read model with its table and its lag."""
    return later("cli.projections", "list_all", state=state_folder(state))


@projections.command("rebuild")
def rebuild_projection(
    name: Annotated[str, typer.Argument(help="service.model, or model where one service alone has it.")], state: StateOption = None
) -> int:
    """Make a read model anew from the events, while the service serves."""
    return later("cli.projections", "rebuild", name=name, state=state_folder(state))


@projections.command("check")
def check_projections(
    name: Annotated[str | None, typer.Argument(help="service.model; default every read model.")] = None, state: StateOption = None
) -> int:
    """Compare read models with what a rebuild would make; exit code 1 where a row differs."""
    return later("cli.projections", "check", name=name, state=state_folder(state))


for _command in (deadline, clauses, whatif):
    app.command()(_command)
