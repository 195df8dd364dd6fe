"""The rulebooks on the shelf: YAML files under `rulebooks/<id>/<version>.yaml`, read once, checked on reading."""

import os
from collections.abc import Hashable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from regulations.calendar import zone_of
from regulations.rulebook import Rulebook
from regulations.values import RulebookRef

SHELF = Path(__file__).parent / "rulebooks"


class RulebookRefused(ValueError):
    """A rulebook file that cannot be adopted: says the file, the path inside it and what is wrong."""

    def __init__(self, file: Path, problems: list[tuple[str, str]]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {path}: {problem}" for path, problem in problems))


class RulebookUnknown(KeyError):
    """No such rulebook or version on the shelf."""


class RulebookChanged(ValueError):
    """The shelf holds the version under another content than the reference was made for."""


class _Loader(yaml.CSafeLoader):
    """YAML in which a key that is written twice is an error: else the first value would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is written twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(file: Path) -> Rulebook:
    """Read and check one rulebook file in its place on the shelf; raises `RulebookRefused`."""
    rulebook = draft(file)
    if (rulebook.id, rulebook.version) != (file.parent.name, file.stem):
        raise RulebookRefused(file, [("id, version", f"{rulebook.id} {rulebook.version} do not agree with the file's place")])
    return rulebook


def draft(file: Path) -> Rulebook:
    """Read and check a rulebook file that somebody works on, wherever it lies; raises `RulebookRefused`."""
    try:
        content = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 (it is a CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as problem:  # ValueError: no UTF-8, or a 31st of April
        raise RulebookRefused(file, [("(file)", str(problem))]) from problem
    if not isinstance(content, dict):
        raise RulebookRefused(file, [("(file)", "a rulebook is a mapping")])
    _name_by_key(content)
    _quote_whole_clause(content, content.get("clauses"))
    try:
        rulebook = Rulebook.model_validate(content)
    except ValidationError as refusal:
        raise RulebookRefused(file, [(_path(error["loc"]), error["msg"]) for error in refusal.errors()]) from refusal
    try:
        zone_of(rulebook.zone)
    except (OSError, ValueError) as problem:
        raise RulebookRefused(file, [("zone", f"there is no zone {rulebook.zone!r}")]) from problem
    return rulebook


def versions(rulebook_id: str) -> tuple[str, ...]:
    """The versions on the shelf, oldest first; raises `RulebookUnknown`."""
    folder = f"{SHELF}/{rulebook_id}"
    try:
        found = _listed(folder, os.stat(folder).st_mtime_ns)
    except (OSError, ValueError):  # no such folder, or no name that one could have
        found = ()
    if not found:
        raise RulebookUnknown(rulebook_id)
    return found


@lru_cache(maxsize=256)
def _listed(folder: str, _changed: int) -> tuple[str, ...]:
    """The versions in a folder as it was when it was changed last: whoever resolves many references looks once."""
    return tuple(sorted(file.stem for file in Path(folder).glob("*.yaml")))


@cache
def _load(rulebook_id: str, version: str) -> Rulebook:
    return read(SHELF / rulebook_id / f"{version}.yaml")


def load(rulebook_id: str, version: str | None = None) -> Rulebook:
    """The rulebook, its newest version unless one is named; cached for the life of the process."""
    known = versions(rulebook_id)
    if version is not None and version not in known:
        raise RulebookUnknown(f"{rulebook_id} {version}")
    return _load(rulebook_id, version or known[-1])


def resolve(ref: RulebookRef) -> Rulebook:
    """The very content that was referred to; raises `RulebookChanged` when the file was altered since."""
    rulebook = load(ref.id, ref.version)
    if rulebook.content_hash != ref.content_hash:
        raise RulebookChanged(
            f"the case was opened under {ref.id} {ref.version} as it was then (content {ref.content_hash[:12]}), and the file has been"
            f" changed since (content {rulebook.content_hash[:12]}): put the old file back, and give the new one a version of its own"
        )
    return rulebook


def library() -> dict[str, tuple[Rulebook, ...]]:
    """Every rulebook on the shelf by id, its versions oldest first."""
    return {rulebook_id: shelved for rulebook_id in _folders(str(SHELF), SHELF.stat().st_mtime_ns) if (shelved := every(rulebook_id))}


def every(rulebook_id: str) -> tuple[Rulebook, ...]:
    """All versions of a rulebook, oldest first; none of one that is not on the shelf."""
    try:
        known = versions(rulebook_id)
    except RulebookUnknown:
        return ()
    return tuple(_load(rulebook_id, version) for version in known)


@lru_cache(maxsize=8)
def _folders(shelf: str, _changed: int) -> tuple[str, ...]:
    """The folders of the shelf as it was when it was changed last."""
    return tuple(sorted(folder.name for folder in Path(shelf).iterdir() if folder.is_dir()))


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "(rulebook)"


def _name_by_key(content: dict[str, Any]) -> None:
    """The key under which a clause, term, range or document stands is its id: the file need not say it twice."""
    for group in ("clauses", "terms", "ranges", "documents"):
        members = content.get(group)
        if isinstance(members, dict):
            for key, member in members.items():
                if isinstance(member, dict):
                    member.setdefault("id", key)


def _quote_whole_clause(place: Any, clauses: Any) -> None:
    """A text or reading that quotes no narrower words quotes its whole clause."""
    if not isinstance(clauses, dict):
        return
    if isinstance(place, list):
        for member in place:
            _quote_whole_clause(member, clauses)
    elif isinstance(place, dict):
        cited = clauses.get(place.get("clause")) if isinstance(place.get("clause"), str) else None
        if isinstance(cited, dict) and "quote" not in place and place.get("kind") != "practice":
            place["quote"] = cited.get("quote")
        for key, member in place.items():
            if key != "clauses":
                _quote_whole_clause(member, clauses)
