"""From the bytes of a file to its kind: the first bytes say what it pretends to be, a reader of that kind whether it is that alone."""

import io
import zipfile
from typing import IO

from chassis.content.archive import Budget, examine_archive
from chassis.content.kinds import KINDS, Kind, Limits, Unfit, kind_named, shown_name
from chassis.content.text import HTML, examine_text

_HEAD = 4_096
_SIGNATURES = ((b"%PDF-", "pdf"), (b"PK\x03\x04", "archive"), (b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))
_TEXTS = ("csv", "txt")


def examine(file: IO[bytes], name: str, declared: str | None = None, limits: Limits | None = None) -> Kind:
    """The kind of a file; Unfit where it is none that is taken, or another than its name or its declared media type say.

    `file` is binary and can be read from any place; it is left open.
    """
    limits = limits or Limits()
    claimed = kind_named(shown_name(name))
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise Unfit("empty", "the file is empty")
    if size > limits.file_bytes:
        raise Unfit("too_large", f"a file may have {limits.file_bytes} bytes; this has {size}")
    file.seek(0)
    head = file.read(_HEAD)
    found = KINDS[_found(file, head, claimed, limits)]
    if found is not claimed:
        raise Unfit("wrong_type", f"its name says {claimed.word}, its bytes say {found.word}")
    if declared is not None and declared not in found.media:
        raise Unfit("wrong_type", f"it was sent as {declared}, its bytes say {found.media_type}")
    return found


def _found(file: IO[bytes], head: bytes, claimed: Kind, limits: Limits) -> str:
    family = next((word for magic, word in _SIGNATURES if head.startswith(magic)), None)
    if family is None and claimed.word in (*_TEXTS, "cms"):
        family = claimed.word
    if family is None:
        raise Unfit("unknown_type", f"its name says {claimed.word}, its bytes do not: they look like {_looks_like(head)}")
    if family == "archive":
        _one_thing(head, "archive")
        return examine_archive(file, limits, Budget(limits.entries, limits.expanded_bytes))
    if claimed.word != family:
        raise Unfit("wrong_type", f"its name says {claimed.word}, its bytes say {family}")
    _one_thing(head, family)
    if zipfile.is_zipfile(file):
        raise Unfit("polyglot", f"it is a {family} and a ZIP archive at once")
    file.seek(0)
    if family == "pdf":
        from chassis.content.pdf import examine_pdf

        examine_pdf(file, limits)
    elif family == "cms":
        from chassis.content.signature import examine_signature

        examine_signature(file)
    elif family in _TEXTS:
        examine_text(file, table=family == "csv")
    else:
        from chassis.content.image import examine_jpeg, examine_png

        (examine_jpeg if family == "jpg" else examine_png)(file, limits)
    return family


def _one_thing(head: bytes, family: str) -> None:
    """A reader of PDF takes its header anywhere in the first thousand bytes, a browser's sniffing the tags of HTML."""
    if b"%PDF-" in head[5 if family == "pdf" else 0 : 1_100]:
        raise Unfit("polyglot", "a PDF begins within it" if family != "pdf" else "a second PDF begins within it")
    if family not in _TEXTS and HTML.search(head):
        raise Unfit("polyglot", f"it is a {family} with HTML at its beginning")


def _looks_like(head: bytes) -> str:
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return "nothing that is known"
    return found[0].name or found[0].mime_type or found[0].extension or "nothing that is known"
