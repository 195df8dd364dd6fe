"""Places in the log of a service, as readers compare them and messages carry them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class LogPosition:
    """A place in the log of a service: (xid of the writing transaction, position)."""

    xid: int
    position: int

    def __str__(self) -> str:
        return f"{self.xid}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> "LogPosition":
        """The inverse of `str`."""
        xid, _, position = text.partition(".")
        return cls(int(xid), int(position))


START = LogPosition(0, 0)
