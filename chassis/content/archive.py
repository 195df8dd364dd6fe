"""Office documents: ZIP archives of a known layout, read entry by entry without being unpacked, and only to be read: no macros, no
programs, nothing that is fetched when they are opened."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from chassis.content.kinds import KINDS, Limits, Unfit

_CHUNK = 65_536
_FREE = 1_000_000  # unpacked bytes that no ratio is asked of
_LARGEST_LIST = 4_000_000
_OVERLAP = 128

_MAIN = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
}
_MACROS = re.compile(r"macro|vbaproject|activex|intlmacrosheet|dialogsheet", re.IGNORECASE)
_MACRO_NAMES = re.compile(r"(?:^|/)(?:vba[^/]*\.(?:bin|xml)|activex|macrosheets|basic|scripts)(?:/|$)", re.IGNORECASE)
_PROGRAM_NAMES = re.compile(
    r"\.(?:exe|dll|com|scr|msi|bat|cmd|ps1|vbs?|vbe|jse?|wsf|hta|jar|lnk|url|html?|mht|svgz|swf|sct|reg|docm|xlsm|pptm|xlsb)$",
    re.IGNORECASE,
)
_FETCHED = ("/attachedTemplate", "/oleObject", "/frame", "/subDocument", "/package", "/aFChunk", "/image")

_NESTED = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF", b"\x28\xb5\x2f\xfd")
_PROGRAMS = ((b"MZ", "program"), (b"\x7fELF", "program"), (b"\xca\xfe\xba\xbe", "program"), (b"#!", "script"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: In the directory of an OLE object, where names are UTF-16: macros, and a file that was packed into it.
_IN_OLE = {"_VBA_PROJECT".encode("utf-16-le"): "macros", "\x01Ole10Native".encode("utf-16-le"): "a packed file"}
_IN_XML = {
    b"DDEAUTO": "a field that starts a program",
    b"<ddeLink": "a link that starts a program",
    b"<!DOCTYPE": "a document type of its own",
    b"<!ENTITY": "entities of its own",
    b"script:event-listener": "a script",
    b"vnd.sun.star.script": "a script",
}
_IN_SVG = {b"<script": "a script", b"javascript:": "a script", b"<foreignObject": "a page"}


@dataclass
class Budget:
    """What the archive and all within it may still have."""

    entries: int
    expanded: int

    def take(self, size: int) -> None:
        """So many unpacked bytes more."""
        self.expanded -= size
        if self.expanded < 0:
            raise Unfit("bomb", "unpacked it is larger than a document may be")


def examine_archive(file: IO[bytes], limits: Limits, budget: Budget, depth: int = 1) -> str:
    """The kind of an office document; Unfit where it is another archive, a bomb, encrypted, or has anything to run in it."""
    _last_record(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            budget.entries -= len(entries)
            if budget.entries < 0:
                raise Unfit("bomb", f"it has more than {limits.entries} parts")
            _layout(file, archive, entries)
            _names(entries)
            kind = _kind_of(archive, entries)
            for entry in entries:
                _examine_entry(archive, entry, limits, budget, depth)
            return kind
    except RecursionError:
        raise Unfit("bomb", "it is nested too deep") from None
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError, KeyError, RuntimeError):
        raise Unfit("damaged", "the archive that it is cannot be read") from None


def _last_record(file: IO[bytes]) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 22))
    record = file.read()
    if len(record) != 22 or record[:4] != b"PK\x05\x06" or record[20:] != b"\0\0":
        raise Unfit("polyglot", "something stands behind the end of the archive, or its end is missing")
    file.seek(0)


def _layout(file: IO[bytes], archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """One entry behind the other from the first byte to the directory: entries that lie on one another make bombs, gaps hide files."""
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        gap = entry.header_offset - at
        if gap < 0:
            raise Unfit("bomb", "parts of the archive lie on one another")
        if gap:
            raise Unfit("polyglot", "there is something in the archive beside its parts")
        file.seek(entry.header_offset + 26)
        names, extra = struct.unpack("<HH", file.read(4))
        at = entry.header_offset + 30 + names + extra + entry.compress_size
        if entry.flag_bits & 0x08:
            at += _descriptor(file, at)
    if at != archive.start_dir:
        raise Unfit("polyglot", "there is something in the archive beside its parts")


def _descriptor(file: IO[bytes], at: int) -> int:
    """The length of what follows a part that was written as it came: checksum and sizes, each of four or eight bytes."""
    file.seek(at)
    record = file.read(28)
    start = 4 if record[:4] == b"PK\x07\x08" else 0
    for length in (start + 12, start + 20):
        if record[length : length + 4] in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x06\x06"):
            return length
    return start + 12


def _names(entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0] or not name.isprintable() or not name:
            raise Unfit("path", f"a part of it has a path for a name: {name[:80]!r}")
        if name.lower() in seen:
            raise Unfit("polyglot", f"two parts of it have the same name: {name[:80]!r}")
        seen.add(name.lower())
        if entry.flag_bits & 0x41:
            raise Unfit("encrypted", "it needs a password to be read; send it without one")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Unfit("path", f"a part of it is a link: {name[:80]!r}")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unfit("unknown_type", "it is packed in a way that office documents are not")


def _kind_of(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> str:
    names = {entry.orig_filename for entry in entries}
    if "[Content_Types].xml" in names:
        return _office_open(archive)
    first = min(entries, key=lambda each: each.header_offset, default=None)
    if first is not None and first.orig_filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED and first.file_size < 100:
        media = archive.read(first).decode("ascii", "replace").strip()
        kind = next((kind.word for kind in KINDS.values() if kind.media_type == media and kind.word in ("odt", "ods")), None)
        if kind and {"content.xml", "META-INF/manifest.xml"} <= names:
            if b"encryption-data" in _small(archive, "META-INF/manifest.xml"):
                raise Unfit("encrypted", "it needs a password to be read; send it without one")
            return kind
    raise Unfit("unknown_type", "it is a ZIP archive, and no document: send its documents one by one")


def _office_open(archive: zipfile.ZipFile) -> str:
    found: set[str] = set()

    def on_type(_tag: str, attributes: dict[str, str]) -> None:
        content = attributes.get("ContentType", "")
        if _MACROS.search(content):
            raise Unfit("active", f"it has macros ({content[:80]})")
        found.update(kind for ending, kind in _MAIN.items() if content.endswith(ending))

    _parse(_small(archive, "[Content_Types].xml"), on_type)
    if len(found) != 1:
        raise Unfit("unknown_type", "it is an office archive, and no document, workbook or presentation")
    return found.pop()


def _on_link(_tag: str, attributes: dict[str, str]) -> None:
    if attributes.get("TargetMode") == "External" and attributes.get("Type", "").endswith(_FETCHED):
        what = attributes["Type"].rpartition("/")[2]
        raise Unfit("active", f"it fetches something from elsewhere when it is opened ({what})")


def _parse(data: bytes, on_start: Callable[[str, dict[str, str]], None]) -> None:
    """Without a document type, and so without entities. Unfit where it is no XML."""

    def on_doctype(*_: object) -> None:
        raise Unfit("active", "a part of it has a document type of its own")

    parser = expat.ParserCreate()
    parser.StartElementHandler = on_start
    parser.StartDoctypeDeclHandler = on_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise Unfit("damaged", "a part of it cannot be read as XML") from None


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        data = stream.read(_LARGEST_LIST + 1)
    if len(data) > _LARGEST_LIST:
        raise Unfit("bomb", f"{name} is too large")
    return data


def _examine_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits, budget: Budget, depth: int) -> None:
    name = entry.orig_filename.lower()
    if _MACRO_NAMES.search(name):
        raise Unfit("active", f"it has macros: {name[:80]!r}")
    if _PROGRAM_NAMES.search(name):
        raise Unfit("active", f"it has a program in it: {name[:80]!r}")
    if name.endswith(".rels"):
        _parse(_small(archive, entry.filename), _on_link)
    chunks = _unpacked(archive, entry, limits, budget)
    head = next(chunks, b"")
    for magic, what in _PROGRAMS:
        if head.startswith(magic):
            raise Unfit("active", f"it has a {what} in it: {name[:80]!r}")
    if head.startswith(_NESTED):
        raise Unfit("nested", f"it has an archive in it: {name[:80]!r}")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _nested(b"".join((head, *chunks)), name, limits, budget, depth)
        return
    if b"%PDF-" in head[:1_100]:
        raise Unfit("nested", f"it has a PDF in it: {name[:80]!r}; send it by itself")
    wanted: dict[bytes, str] = {}
    if head.startswith(_OLE):
        wanted = _IN_OLE
    elif name.endswith((".xml", ".rels", ".vml", ".rdf")):
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:64]:
            raise Unfit("damaged", f"{name[:80]!r} is not written in UTF-8")
        wanted = _IN_XML
    elif name.endswith(".svg"):
        wanted = _IN_SVG
    before = b""
    while head:
        part = before + head
        for mark, what in wanted.items():
            if mark in part:
                raise Unfit("active", f"it has {what} in it: {name[:80]!r}")
        before, head = part[-_OVERLAP:], next(chunks, b"")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits, budget: Budget) -> Iterator[bytes]:
    """What is in a part; counted as it comes, whatever the archive says of its size. The checksum is compared at its end."""
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            budget.take(len(chunk))
            if size > _FREE and size > limits.ratio * max(1, entry.compress_size):
                raise Unfit("bomb", f"a part of it unpacks to more than {limits.ratio} times its size: {entry.orig_filename[:80]!r}")
            yield chunk


def _nested(data: bytes, name: str, limits: Limits, budget: Budget, depth: int) -> None:
    """An office document in another, as the table of a chart is."""
    if depth >= limits.depth or not name.endswith(tuple(f".{each}" for each in ("docx", "xlsx", "pptx", "odt", "ods"))):
        raise Unfit("nested", f"it has an archive in it: {name[:80]!r}")
    examine_archive(io.BytesIO(data), limits, budget, depth + 1)
