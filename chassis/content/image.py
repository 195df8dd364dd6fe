"""Photographs and scans: no larger on a screen than is sensible, and nothing behind their end."""

import io
import re
import struct
import warnings
from typing import IO

from PIL import Image, UnidentifiedImageError

from chassis.content.kinds import Limits, Unfit
from chassis.content.text import HTML

_FOREIGN = re.compile(rb"PK\x03\x04|PK\x05\x06|%PDF-|^MZ|\x7fELF|Rar!|7z\xbc\xaf|ftyp|<\?php", re.IGNORECASE)
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def examine_png(file: IO[bytes], limits: Limits) -> None:
    """Unfit where its chunks are broken, or something stands behind the last."""
    size = file.seek(0, io.SEEK_END)
    at, kind = 8, b""
    while kind != b"IEND":
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            raise Unfit("damaged", "the picture is cut off")
        length, kind = struct.unpack(">I4s", header)
        at += 12 + length
        if at > size:
            raise Unfit("damaged", "the picture is cut off")
    if at != size:
        raise Unfit("polyglot", f"{size - at} bytes stand behind the end of the picture")
    _measure(file, "PNG", limits)


def examine_jpeg(file: IO[bytes], limits: Limits) -> None:
    """Unfit where its segments are broken, or what stands behind its end is another file. Some cameras leave notes of their own there."""
    file.seek(0)
    data = file.read()
    end = _end_of_jpeg(data)
    behind = data[end:]
    if _FOREIGN.search(behind) or HTML.search(behind):
        raise Unfit("polyglot", "another file stands behind the end of the picture")
    _measure(file, "JPEG", limits)


def _end_of_jpeg(data: bytes) -> int:
    """Where the picture ends; segments are passed over by their lengths, for a thumbnail in one has an end of its own."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker in _STANDALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0xDA:
                at = _end_of_scan(data, at)
    if data[at : at + 2] == b"\xff\xd9":
        return at + 2
    raise Unfit("damaged", "the picture is cut off or damaged")


def _end_of_scan(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in (0x00, 0xFF) and data[at + 1] not in _STANDALONE:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    raise Unfit("damaged", "the picture is cut off")


def _measure(file: IO[bytes], format_: str, limits: Limits) -> None:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(file, formats=(format_,))
        width, height = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Unfit("damaged", "the picture cannot be read, or is far too large on a screen") from None
    if width * height > limits.pixels:
        raise Unfit("bomb", f"the picture has {width} x {height} points; {limits.pixels} in all are taken")
