"""The kinds of document that are taken, what they may cost to read, and what is said of a file that is none of them."""

import re
from dataclasses import dataclass
from typing import Any

_OOXML = "application/vnd.openxmlformats-officedocument"
_LONGEST_NAME = 200
_TURNED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # a name that reads otherwise than it is written


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: what an upload may call it (`media`, the first is its own) and how its name may end (`extensions`)."""

    word: str
    media: tuple[str, ...]
    extensions: tuple[str, ...]

    @property
    def media_type(self) -> str:
        """Its own."""
        return self.media[0]


KINDS = {
    kind.word: kind
    for kind in (
        Kind("pdf", ("application/pdf",), ("pdf",)),
        Kind("docx", (f"{_OOXML}.wordprocessingml.document",), ("docx",)),
        Kind("xlsx", (f"{_OOXML}.spreadsheetml.sheet",), ("xlsx",)),
        Kind("pptx", (f"{_OOXML}.presentationml.presentation",), ("pptx",)),
        Kind("odt", ("application/vnd.oasis.opendocument.text",), ("odt",)),
        Kind("ods", ("application/vnd.oasis.opendocument.spreadsheet",), ("ods",)),
        Kind("jpg", ("image/jpeg",), ("jpg", "jpeg")),
        Kind("png", ("image/png",), ("png",)),
        Kind("csv", ("text/csv", "text/plain"), ("csv",)),
        Kind("txt", ("text/plain",), ("txt",)),
        Kind("cms", ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/cms"), ("p7s", "cms", "sig")),
    )
}

#: Every type that an upload may be sent as.
MEDIA_TYPES = tuple(dict.fromkeys(media for kind in KINDS.values() for media in kind.media))
EXTENSIONS = {extension: kind for kind in KINDS.values() for extension in kind.extensions}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may have at most; `ratio` is of unpacked bytes to packed ones, beyond the first million."""

    file_bytes: int = 50_000_000
    entries: int = 5_000
    expanded_bytes: int = 300_000_000
    ratio: int = 200
    depth: int = 2
    pixels: int = 200_000_000
    objects: int = 500_000


class Unfit(Exception):
    """A file that is not taken. `word` is stable, `why` is for people."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word
        self.why = why

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.word, self.why)


def shown_name(name: str) -> str:
    """A file's name as it may be shown. Unfit where it is a path, none at all, or reads otherwise than it is written."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise Unfit("name", f"a name has 1 to {_LONGEST_NAME} characters")
    if "/" in name or "\\" in name or name.startswith(".") or name.endswith((".", " ")) or re.match(r"^[A-Za-z]:", name):
        raise Unfit("name", "a name is no path: without slashes, drive, and dots at its beginning or end")
    if _TURNED.search(name) or not name.isprintable():
        raise Unfit("name", "the name has characters that cannot be seen")
    return name


def kind_named(name: str) -> Kind:
    """The kind that a name claims by its extension; Unfit where that is none that is taken."""
    stem, dot, extension = name.rpartition(".")
    kind = EXTENSIONS.get(extension.lower())
    if not (stem and dot and kind):
        raise Unfit("extension", f"files are taken whose names end in {', '.join('.' + each for each in EXTENSIONS)}")
    return kind
