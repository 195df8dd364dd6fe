"""Text and tables of text: in an encoding that people use here, without anything that a program would run."""

import codecs
import io
import re
from typing import IO

from chassis.content.kinds import Unfit

#: What a browser would take for a page, in any file.
HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|meta|base|form)[\s>/]", re.IGNORECASE)

_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_PROGRAMS = ("#!", "{\\rtf", "<?xml", "<?php", "MZ\x90")
#: A cell by which a spreadsheet starts another program: =cmd|'/C calc'!A0
_DDE = re.compile(r"(?:^|[,;\t\"'])\s*[=+@-][^,;\t\n]*\|[^,;\t\n]*!", re.MULTILINE)
_CHUNK = 1_000_000
_OVERLAP = 1_000


def examine_text(file: IO[bytes], *, table: bool) -> None:
    """Unfit where it is no text, or one that is run or shown as a page."""
    encoding = _encoding(file)
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    before = ""
    try:
        while chunk := reader.read(_CHUNK):
            _check(before + chunk, first=not before, table=table)
            before = chunk[-_OVERLAP:]
    except UnicodeDecodeError:
        raise Unfit("not_text", "it is text in no encoding that is taken: UTF-8, UTF-16, windows-1251") from None
    finally:
        reader.detach()


def _encoding(file: IO[bytes]) -> str:
    head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1251"
    return "utf-8-sig"


def _check(text: str, *, first: bool, table: bool) -> None:
    if _CONTROLS.search(text):
        raise Unfit("not_text", "it is no text: it has control characters")
    if first and text.lstrip().startswith(_PROGRAMS):
        raise Unfit("polyglot", "it is no plain text: it begins as a program or a document of another kind does")
    if HTML.search(text.encode("utf-8", "replace")):
        raise Unfit("polyglot", "it is text with HTML in it")
    if table and _DDE.search(text):
        raise Unfit("active", "a cell of it starts another program")
