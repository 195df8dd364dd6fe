"""The documents that Kepil publishes: written from the code, and compared with those of the last release."""

import json as jsonlib
from pathlib import Path
from typing import Any

from chassis.published.asyncapi import asyncapi
from chassis.published.compatibility import broken_events, broken_operations
from chassis.published.lint import findings
from chassis.published.openapi import merged
from chassis.service import build_app
from chassis.settings import Settings
from cli.errors import Explained
from cli.options import console
from cli.serve import SERVICES, service

Json = dict[str, Any]

#: The contract of the last release.
RELEASED = Path(__file__).parents[1] / "docs" / "contracts"
_COMPARED = {"openapi": broken_operations, "asyncapi": broken_events}


def document(name: str) -> Json:
    """`openapi` or `asyncapi` of all services; Explained for another name."""
    match name:
        case "openapi":
            return merged({each: build_app(service(each), Settings()).openapi() for each in SERVICES})
        case "asyncapi":
            return asyncapi([service(each).events for each in SERVICES])
    raise Explained(f"there is no document {name}: openapi or asyncapi")


def released(name: str) -> Json:
    """The document of the last release; Explained where none was released."""
    try:
        found: Json = jsonlib.loads((RELEASED / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Explained(f"no {name} was released yet: ./kepil contracts release") from None
    return found


def broken() -> dict[str, list[str]]:
    """What of the last release this version breaks, by document."""
    return {name: compare(released(name), document(name)) for name, compare in _COMPARED.items()}


def show(name: str, out: Path | None) -> int:
    """Prints or writes one document."""
    text = written(document(name))
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
    return 0


def check(json: bool) -> int:
    """Prints what is broken or poor; 1 where anything is."""
    found = {**broken(), "lint": findings(document("openapi"))}
    if json:
        console.print_json(data=found)
    else:
        for name, faults in found.items():
            console.print(f"{name}: {len(faults) or 'nothing'} {'to mend' if name == 'lint' else 'broken'}", highlight=False)
            for fault in faults:
                console.print(f"  {fault}", markup=False, highlight=False, soft_wrap=True)
    return 1 if any(found.values()) else 0


def release(breaking: bool) -> int:
    """Writes both documents over the released ones; Explained where that would break a promise unasked."""
    RELEASED.mkdir(parents=True, exist_ok=True)
    for name, compare in _COMPARED.items():
        new = document(name)
        if (RELEASED / f"{name}.json").exists() and not breaking and (faults := compare(released(name), new)):
            raise Explained(f"{name} breaks what was promised ({len(faults)}, first: {faults[0]}); --breaking releases it all the same")
        (RELEASED / f"{name}.json").write_text(written(new), encoding="utf-8")
        console.print(f"docs/contracts/{name}.json", highlight=False)
    return 0


def written(document: Json) -> str:
    """A document as text: one line for each path, channel and component, so that a change is one line too."""
    lines = ["{"]
    for index, (name, value) in enumerate(document.items()):
        end = "," if index + 1 < len(document) else ""
        lines += _part(name, value, 2 if name == "components" else 1, 1, end)
    return "\n".join([*lines, "}", ""])


def _part(name: str, value: Any, depth: int, indent: int, end: str) -> list[str]:
    pad = " " * indent
    if depth == 0 or not isinstance(value, dict) or not value:
        return [f"{pad}{jsonlib.dumps(name)}: {jsonlib.dumps(value, ensure_ascii=False, separators=(',', ':'))}{end}"]
    lines = [f"{pad}{jsonlib.dumps(name)}: {{"]
    for index, (key, each) in enumerate(value.items()):
        lines += _part(key, each, depth - 1, indent + 1, "," if index + 1 < len(value) else "")
    return [*lines, f"{pad}}}{end}"]
