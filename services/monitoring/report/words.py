"""The words of the report in four languages."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("ky", "kk", "ru", "en")


class Words:
    """The words of one language; KeyError for one that nobody has written."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._told = _told()

    def __call__(self, name: str) -> str:
        return self._told[name][self.language]

    def outcome(self, of: str, word: str) -> str:
        """The outcome of a ruling; an appeal that is `upheld` upholds the decision (order 109, p. 27)."""
        name = f"decision_{word}" if of == "appeals" and word == "upheld" else word
        return self._told[name][self.language] if name in self._told else word


@cache
def _told() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load((files(__package__) / "words.yaml").read_text("utf-8"))
    return read
