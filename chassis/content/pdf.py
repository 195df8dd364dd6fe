"""PDF: well formed, readable without a password, and only to be read: no script, no program to start, no file within."""

import io
import re
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

import pikepdf

from chassis.content.kinds import Limits, Unfit
from chassis.content.text import HTML

_TAIL = 65_536
_MOST_BEHIND = 1_024
_FOREIGN = re.compile(rb"PK\x03\x04|PK\x05\x06|MZ\x90|\x7fELF|Rar!|<\?php")
_DEEPEST = 60

#: What a dictionary that has this key is.
_KEYS = {
    "/JS": "a script",
    "/JavaScript": "a script",
    "/EF": "a file within it",
    "/EmbeddedFiles": "a file within it",
    "/XFA": "a form with a program of its own (XFA)",
    "/RichMedia": "a film or a program",
    "/RichMediaContent": "a film or a program",
}
#: What an action (`/S`), an annotation (`/Subtype`) or a stream (`/Type`) of this name is.
_NAMES = {
    "/JavaScript": "a script",
    "/Launch": "a program to start",
    "/ImportData": "an action that brings data in",
    "/SubmitForm": "an action that sends data away",
    "/GoToE": "a link into a file within it",
    "/GoToR": "a link into another file",
    "/Rendition": "a film or a program",
    "/Movie": "a film or a program",
    "/Sound": "a film or a program",
    "/RichMedia": "a film or a program",
    "/FileAttachment": "a file within it",
    "/EmbeddedFile": "a file within it",
    "/3D": "a film or a program",
}


def examine_pdf(file: IO[bytes], limits: Limits) -> None:
    """Unfit where it is damaged, needs a password, or is more than something to read."""
    _end(file)
    file.seek(0)
    try:
        with pikepdf.open(cast("BinaryIO", file), attempt_recovery=False, suppress_warnings=True, inherit_page_attributes=False) as pdf:
            if len(pdf.pages) == 0:
                raise Unfit("damaged", "it has no page")
            _walk(pdf, limits)
    except pikepdf.PasswordError:
        raise Unfit("encrypted", "it needs a password to be read; send it without one") from None
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError, RuntimeError, UnicodeError, RecursionError):
        raise Unfit("damaged", "it is damaged; print it to PDF anew") from None


def _end(file: IO[bytes]) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    at = tail.rfind(b"%%EOF")
    if at < 0:
        raise Unfit("damaged", "its end is missing")
    behind = tail[at + 5 :].strip(b"\r\n\t \0")
    if len(behind) > _MOST_BEHIND or _FOREIGN.search(behind) or HTML.search(behind):
        raise Unfit("polyglot", "something else stands behind the end of the PDF")


def _walk(pdf: pikepdf.Pdf, limits: Limits) -> None:
    left = limits.objects
    for number, found in enumerate(_dictionaries(pdf)):
        if number >= left:
            raise Unfit("bomb", f"it has more than {limits.objects} parts")
        for key in found:
            if key in _KEYS:
                raise Unfit("active", f"it has {_KEYS[key]} ({key})")
        for key in ("/S", "/Subtype", "/Type"):
            named = found.get(key)
            if isinstance(named, pikepdf.Name) and str(named) in _NAMES and not _is_harmless(found, key, str(named)):
                raise Unfit("active", f"it has {_NAMES[str(named)]} ({named})")


def _is_harmless(found: Any, key: str, named: str) -> bool:
    """`/S /Sound` and the like stand for other things where there is no action: a structure element may have any name."""
    return key == "/S" and found.get("/Type") == pikepdf.Name("/StructElem") and named not in ("/JavaScript", "/Launch")


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary of the file, also those that no page leads to."""
    for top in (pdf.trailer, *pdf.objects):
        stack: list[tuple[Any, int]] = [(top, 0)]
        while stack:
            each, depth = stack.pop()
            if depth > _DEEPEST:
                raise Unfit("bomb", "it is nested too deep")
            if isinstance(each, pikepdf.Stream | pikepdf.Dictionary):
                found = each.stream_dict if isinstance(each, pikepdf.Stream) else each
                yield found
                inner = [value for _, value in found.items()]
            elif isinstance(each, pikepdf.Array):
                inner = list(each)
            else:
                continue
            stack.extend((value, depth + 1) for value in inner if not getattr(value, "is_indirect", True))
