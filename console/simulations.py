"""Scenarios and what came of playing them, as `kepil simulate --json` tells it. Files are read, nothing is played or kept here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from chassis.auth import Role

EXAMPLES = Path(__file__).parents[1] / "examples" / "scenarios"
FOLDER = "simulations"
READERS = (Role.coordinator, Role.director, Role.auditor, Role.operator)
MOST_BYTES = 20_000_000
_NAME = re.compile(r"[\w.-]{1,100}")
_KINDS = frozenset({"event", "refusal", "note", "expectation", "deadline", "step", "summary"})


class NotPlayed(ValueError):
    """The file is no record of a played scenario; says at which line."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}")


@dataclass
class Played:
    """One scenario as it was played. Each entry is a line of the record."""

    name: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    expectations: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)

    @property
    def rulebook(self) -> str | None:
        """The regulation that it was played under, where an event names it."""
        for entry in self.entries:
            ref = (entry.get("data") or {}).get("rulebook") if entry["kind"] == "event" else None
            if isinstance(ref, Mapping) and isinstance(ref.get("id"), str):
                return str(ref["id"])
        return None

    def anchored(self, deadline: Mapping[str, Any]) -> str | None:
        """The day from which a deadline counts, by the register or by the event that set it."""
        of = (each["data"] for each in self.entries if each["kind"] == "event" and each.get("event") == "DeadlineSet")
        set_by: Mapping[str, Any] = next((each for each in of if each.get("deadline_id") == deadline.get("deadline_id")), {})
        return deadline.get("anchor_on") or set_by.get("anchor_on")

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Expectations that did not hold."""
        return [each for each in self.expectations if not each.get("holds")]


def played(lines: Iterable[bytes], name: str = "") -> list[Played]:
    """The scenarios of a record, in their order. NotPlayed."""
    found: dict[str, Played] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise NotPlayed(number) from None
        if not isinstance(told, dict) or told.get("kind") not in _KINDS:
            raise NotPlayed(number)
        one = found.setdefault(str(told.get("scenario") or ""), Played(Path(str(told.get("scenario") or name)).stem))
        match told["kind"]:
            case "event" | "refusal" | "note" if isinstance(told.get("date"), str):
                one.entries.append(told)
            case "expectation":
                one.expectations.append(told)
            case "deadline":
                one.deadlines.append(told)
            case "summary":
                one.summary = {key: value for key, value in told.items() if key not in ("kind", "scenario")}
    return list(found.values())


def kept(state: Path) -> list[Path]:
    """The records in the state folder, the newest first."""
    folder = state / FOLDER
    files = [each for each in folder.glob("*.jsonl") if _NAME.fullmatch(each.name)] if folder.is_dir() else []
    return sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)


def record(state: Path, name: str) -> Path | None:
    """One of them by its name."""
    return next((each for each in kept(state) if each.stem == name), None)


@lru_cache(maxsize=256)
def _scenario(file: Path, _changed: int) -> dict[str, Any]:
    read = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return read if isinstance(read, dict) else {}


def scenario(name: str) -> dict[str, Any] | None:
    """One of the scenarios that come with Kepil."""
    file = EXAMPLES / f"{name}.yaml"
    return _scenario(file, file.stat().st_mtime_ns) if _NAME.fullmatch(name) and file.is_file() else None


def scenarios() -> dict[str, dict[str, Any]]:
    """All of them, by name; none where an installation leaves them out."""
    return {file.stem: _scenario(file, file.stat().st_mtime_ns) for file in sorted(EXAMPLES.glob("*.yaml"))}
