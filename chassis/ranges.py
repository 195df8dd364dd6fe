"""Parts of what is sent (RFC 9110, 14): one range of bytes. What asks for several, or is no range at all, gets the whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.problems import RangeNotSatisfiable

_RANGE = re.compile(r"\s*bytes\s*=\s*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.last - self.first + 1

    @property
    def told(self) -> str:
        """As `Content-Range` has it."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def part_of(headers: Mapping[str, str], size: int, tag: str) -> Part | None:
    """What the headers `Range` and `If-Range` ask for of `size` bytes whose ETag is `tag`; None for the whole. RangeNotSatisfiable."""
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or headers.get("if-range", tag) != tag:
        return None
    first, last = match["first"], match["last"]
    if first:
        begins, ends = int(first), int(last or size - 1)
        if last and ends < begins:
            return None  # no range
    elif last:
        begins, ends = max(0, size - int(last)), size - 1
    else:
        return None
    if begins >= size or (not first and not int(last)):
        raise RangeNotSatisfiable(f"there are {size} bytes", size=size)
    return Part(begins, min(ends, size - 1), size)


def unchanged(headers: Mapping[str, str], tag: str) -> bool:
    """Whether the caller has what has this ETag already (`If-None-Match`)."""
    known = headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))
