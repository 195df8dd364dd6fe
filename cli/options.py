"""What the modules of `kepil`'s commands share: the two consoles, options that many have, and the way to what a command runs."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.state import default_state_dir

console = Console()
errors = Console(stderr=True)

StateOption = Annotated[Path | None, typer.Option("--state", help="State folder; default .kepil of the project.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]


def state_folder(given: Path | None) -> Path:
    """The state folder that a command was given, or the project's."""
    return (given or default_state_dir()).absolute()


def later(module: str, function: str, **options: Any) -> int:
    """Imports what a command runs when it runs, and answers its exit code."""
    if find_spec(module) is None:
        errors.print(f"this command is not there yet ({module})")
        return 2
    from cli.serve import finish

    return int(finish(getattr(import_module(module), function)(**options)) or 0)
