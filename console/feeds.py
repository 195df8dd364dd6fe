"""Addresses by which a calendar program reads one person's calendar without signing in.

One address a person. What it stands for – a sign-in of its own, which is renewed like that of a session – is kept sealed in a file,
under a name that only this installation can reckon; of the address's secret there is a hash. No file, no address: a lost folder ends all.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from console.session import Person, Seal, Session

DAYS = 180
_HEX = frozenset("0123456789abcdef")
_NAME_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Feed:
    """An address as it stands. Times are Unix seconds; `secret_hash` is SHA-256."""

    session: Session
    secret_hash: str
    made_at: int
    until: int


class Feeds:
    """The addresses of an installation, in a folder that its console processes share."""

    def __init__(self, folder: Path, master: bytes) -> None:
        self._folder = folder
        self._seal = Seal(master, "calendar")
        self._key = hmac.digest(master, b"kepil calendar names", "sha256")

    def make(self, session: Session) -> str:
        """A new address for a person; the one before it ends. What is answered is shown once: the word of the address."""
        secret = secrets.token_urlsafe(32)
        now = int(time.time())
        name = self._name(session.person)
        with self._locked():
            self._write(name, Feed(replace(session, said=None), _hash(secret), now, now + DAYS * 86_400))
        return f"{name}.{secret}"

    def of(self, person: Person) -> Feed | None:
        """The address that a person has by now."""
        return self._read(self._name(person))

    def end(self, person: Person) -> None:
        """Ends a person's address, at once and for good."""
        with self._locked():
            self._path(self._name(person)).unlink(missing_ok=True)

    def opened(self, word: str) -> Feed | None:
        """Whose calendar an address is; None for one that never was, was ended, or is too old."""
        name, _, secret = word.partition(".")
        if len(name) != _NAME_LENGTH or not _HEX.issuperset(name):
            return None
        feed = self._read(name)
        return feed if feed is not None and hmac.compare_digest(feed.secret_hash, _hash(secret)) else None

    def renewed(self, feed: Feed, session: Session) -> None:
        """Keeps the renewed sign-in of an address, unless it was ended or made anew meanwhile."""
        name = self._name(feed.session.person)
        with self._locked():
            present = self._read(name)
            if present is not None and present.secret_hash == feed.secret_hash:
                self._write(name, replace(feed, session=session))

    def _name(self, person: Person) -> str:
        whose = "\0".join((person.agency, person.institution or "", person.subject))
        return hmac.new(self._key, whose.encode(), "sha256").hexdigest()[:_NAME_LENGTH]

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _read(self, name: str) -> Feed | None:
        try:
            found: Any = self._seal.open(self._path(name).read_text(encoding="ascii"))
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        if not isinstance(found, dict) or found["until"] < time.time():
            return None
        session = dict(found["session"])
        person = Person(**session.pop("person"))
        return Feed(Session(replace(person, roles=tuple(person.roles)), **session), found["secret_hash"], found["made_at"], found["until"])

    def _write(self, name: str, feed: Feed) -> None:
        with NamedTemporaryFile("w", dir=self._folder, prefix=f".{name}.", encoding="ascii", delete=False) as fresh:  # 0600 by itself
            fresh.write(self._seal.close(asdict(feed)))
            fresh.flush()
            os.fsync(fresh.fileno())
        os.replace(fresh.name, self._path(name))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, over all processes: an address that is ended must not come back with its renewed sign-in."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
