"""PDF/A from Typst templates, without a browser, a network or the machine's fonts: the same facts give the same bytes everywhere.

What a document says goes in as JSON and is never pasted into the template's source.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import orjson
import typst

#: The face that Typst carries with every letter of Kyrgyz and Kazakh in it.
FACE = "Libertinus Serif"

#: Stands for a character that the face does not have.
_UNKNOWN = "\u25a1"
_NOT_IN_THE_FACE = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_ROUNDS = 5

_one_at_a_time = Lock()


class CannotTypeset(RuntimeError):
    """A template that does not compile."""


def typeset(template: Path, content: Mapping[str, Any], *, at: datetime, form: Literal["pdf", "svg", "png"] = "pdf") -> bytes:
    """The document as PDF/A-2b, or its first page as a picture.

    `template` is a `.typ` file that reads `json(bytes(sys.inputs.content))`; it sees its own folder alone. `at` stands in the file as the
    time of its making. A character that the face does not have is shown as an empty square. CannotTypeset for a template's error.
    """
    told = orjson.dumps(content, default=str).decode()
    for _ in range(_ROUNDS):
        try:
            return _page(template, told, at, form)
        except typst.TypstError as error:
            said = error.diagnostic or str(error)
            unknown = {character for text in _NOT_IN_THE_FACE.findall(said) for character in _strange(_ESCAPED.sub(_character, text))}
            if not any(character in told for character in unknown):
                raise CannotTypeset(said) from error
            told = told.translate(dict.fromkeys(map(ord, unknown), _UNKNOWN))
    raise CannotTypeset("it has ever more characters that the face does not have")


def _page(template: Path, told: str, at: datetime, form: Literal["pdf", "svg", "png"]) -> bytes:
    with _one_at_a_time:
        made = _compiler(template.parent).compile(
            template,
            format=form,
            sys_inputs={"content": told},
            pdf_standards=["a-2b"] if form == "pdf" else [],
            timestamp=at.replace(microsecond=0),
        )
    page = made[0] if isinstance(made, list) else made
    assert page is not None
    return page


def _strange(text: str) -> list[str]:
    """What the face lacks of a letter with its marks: the letter itself only if it has no such mark."""
    foreign = [character for character in text if not character.isascii()]
    marks = [character for character in foreign if not unicodedata.name(character, "").startswith(("LATIN", "CYRILLIC"))]
    return marks or foreign


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


@cache
def _compiler(root: Path) -> typst.Compiler:
    return typst.Compiler(root=root, font_paths=typst.Fonts(include_system_fonts=False))
