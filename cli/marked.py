"""YAML with the place of every key and value, for files that people write by hand and want to be told where they are wrong.

Scalars are text unless quotation marks are missing and they read `true`, `false`, `null` or a whole number: `8.2` and `2027-03-01`
stay the text that they are, and no word such as `on` or `no` becomes something else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cli.errors import Explained

Path_ = tuple[str | int, ...]

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_DEEPEST = 40


class Place(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class FileRefused(Explained):
    """A file is wrong: where, and what was expected there."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True)
class Marked:
    """The content of a file, and where each key and value of it stands, by path."""

    content: Any
    keys: dict[Path_, Place]
    values: dict[Path_, Place]

    def place(self, path: Sequence[str | int]) -> Place:
        """Of the value at a path, or of what is nearest to it; parts that the file does not have are passed over."""
        at: Path_ = ()
        for part in path:
            if (*at, part) in self.values:
                at = (*at, part)
        return self.values[at]

    def key(self, path: Sequence[str | int]) -> Place:
        """Of the key at a path, else as `place`."""
        return self.keys.get(tuple(path)) or self.place(path)


def read_marked(file: Path) -> Marked:
    """The content of a YAML file with its places. FileRefused."""
    name = str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise FileRefused(Place(name, 1, 1), f"the file cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileRefused(Place(name, 1, 1), f"the file is not UTF-8 text: {error.reason} at byte {error.start}") from error
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _no_yaml(name, error) from error
    if node is None:
        raise FileRefused(Place(name, 1, 1), "the file is empty")
    keys: dict[Path_, Place] = {}
    values: dict[Path_, Place] = {}
    return Marked(_Reader(name, keys, values).read(node, ()), keys, values)


class _Reader:
    def __init__(self, name: str, keys: dict[Path_, Place], values: dict[Path_, Place]) -> None:
        self._name = name
        self._keys = keys
        self._values = values

    def read(self, node: yaml.Node, path: Path_) -> Any:
        place = self._values[path] = self._place(node)
        if len(path) > _DEEPEST:
            raise FileRefused(place, "this is nested too deeply")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        content: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise FileRefused(self._place(key), "expected a plain word as key")
            if key.value == "<<" and isinstance(value, yaml.MappingNode):
                merged = _Reader(self._name, {}, {}).read(value, path)
                continue
            at = (*path, key.value)
            if at in self._keys and key.value in content:
                raise FileRefused(self._place(key), f"{key.value!r} stands here a second time; first in line {self._keys[at].line}")
            self._keys[at] = self._place(key)
            content[key.value] = self.read(value, at)
        return {**merged, **content}

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._name, node.start_mark.line + 1, node.start_mark.column + 1)


def _scalar(node: Any) -> str | int | bool | None:
    text = str(node.value)
    if node.style:  # quoted, or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.fullmatch(text) else text


def _no_yaml(name: str, error: yaml.YAMLError) -> FileRefused:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return FileRefused(place, f"this is no YAML: {problem}")
