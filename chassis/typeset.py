"""PDF/A from Typst templates, without a browser, a network or the machine's fonts: the same facts give the same bytes everywhere.

What a document says goes in as JSON and is never pasted into the template's source.
"""

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

_one_at_a_time = Lock()


class CannotTypeset(RuntimeError):
    """A template that does not compile."""


def typeset(template: Path, content: Mapping[str, Any], *, at: datetime, form: Literal["pdf", "svg", "png"] = "pdf") -> bytes:
    """The document as PDF/A-2b, or its first page as a picture.

    `template` is a `.typ` file that reads `json(bytes(sys.inputs.content))`; it sees its own folder alone. `at` stands in the file as the
    time of its making. CannotTypeset for a template's error.
    """
    inputs = {"content": orjson.dumps(content, default=str).decode()}
    try:
        with _one_at_a_time:
            made = _compiler(template.parent).compile(
                template,
                format=form,
                sys_inputs=inputs,
                pdf_standards=["a-2b"] if form == "pdf" else [],
                timestamp=at.replace(microsecond=0),
            )
    except typst.TypstError as error:
        raise CannotTypeset(error.diagnostic or str(error)) from error
    page = made[0] if isinstance(made, list) else made
    assert page is not None
    return page


@cache
def _compiler(root: Path) -> typst.Compiler:
    return typst.Compiler(root=root, font_paths=typst.Fonts(include_system_fonts=False))
