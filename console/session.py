"""The session, kept by the browser: one sealed cookie, nothing on the server. A cookie that does not open is no session."""

import os
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.responses import Response

from chassis.auth import Role

_PIECE = 3_600  # characters of one cookie: browsers take 4,096 bytes with name and attributes
_MOST_PIECES = 4


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as the services will see them."""

    subject: str
    roles: tuple[str, ...]
    agency: str
    institution: str | None = None
    name: str | None = None

    def has(self, *roles: Role | str) -> bool:
        """Whether the person has one of these roles."""
        return any(role in self.roles for role in roles)

    @property
    def staff(self) -> bool:
        """Whether the person works for the agency."""
        return self.has(Role.coordinator, Role.director, Role.auditor)


@dataclass(frozen=True, slots=True)
class Session:
    """A person with their tokens. `csrf` is in every form; `said` is shown once on the next page. Times are Unix seconds."""

    person: Person
    access: str
    refresh: str | None
    expires_at: int
    csrf: str
    began_at: int
    said: str | None = None

    def saying(self, said: str | None) -> "Session":
        """The same, with or without words for the next page."""
        return replace(self, said=said)


class Seal:
    """Seals small JSON documents for one purpose with a key derived from the installation's."""

    def __init__(self, master: bytes, purpose: str) -> None:
        self._purpose = purpose.encode()
        self._key = AESGCM(HKDF(hashes.SHA256(), 32, None, b"kepil console " + self._purpose).derive(master))

    def close(self, document: Mapping[str, Any]) -> str:
        """The document as one word for a cookie."""
        nonce = os.urandom(12)
        sealed = self._key.encrypt(nonce, zlib.compress(orjson.dumps(document)), self._purpose)
        return urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, word: str) -> Any:
        """The document; None if the word was not made here."""
        try:
            raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
            return orjson.loads(zlib.decompress(self._key.decrypt(raw[:12], raw[12:], self._purpose)))
        except (InvalidTag, ValueError, zlib.error):
            return None


class Sessions:
    """Reads the session of a request, and tells the cookies that keep it."""

    def __init__(self, master: bytes, *, secure: bool, lifetime_seconds: int) -> None:
        self._seal = Seal(master, "session")
        self._secure = secure
        self._lifetime = lifetime_seconds
        self._name = ("__Host-" if secure else "") + "kepil"

    def read(self, cookies: Mapping[str, str]) -> Session | None:
        """The session; None if there is none, or it is older than a session may be."""
        word = "".join(cookies.get(self._piece(number), "") for number in range(_MOST_PIECES))
        found = self._seal.open(word) if word else None
        try:
            if not isinstance(found, dict) or found["began_at"] + self._lifetime < time.time():
                return None
            person = Person(**found.pop("person"))
            return Session(replace(person, roles=tuple(person.roles)), **found)
        except (KeyError, TypeError):  # another version of Kepil sealed it
            return None

    def cookies(self, present: Mapping[str, str], session: Session | None) -> list[str]:
        """The `Set-Cookie` values that keep a session, or take the present one away."""
        word = self._seal.close(asdict(session)) if session else ""
        pieces = [word[at : at + _PIECE] for at in range(0, len(word), _PIECE)]
        if len(pieces) > _MOST_PIECES:
            raise ValueError("the issuer's tokens are too long for the session's cookies")
        response = Response()
        for number in range(_MOST_PIECES):
            name = self._piece(number)
            if number < len(pieces):
                response.set_cookie(name, pieces[number], path="/", secure=self._secure, httponly=True, samesite="lax")
            elif name in present:
                response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")
        return response.headers.getlist("set-cookie")

    def _piece(self, number: int) -> str:
        return f"{self._name}-{number}"
