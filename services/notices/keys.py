"""Where the keys of endpoints live: in the service's own database, sealed by a key derived from the master key; shown once."""

import os
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.subject_keys import MasterKeyMissing
from services.notices.contract import Algorithm
from services.notices.signing import SigningKey

_FORMAT = b"\x01"  # nonce and ciphertext of AES-256-GCM follow
_MOST_KNOWN = 10_000  # of one process: a key never changes under its id

_MAKE = """
INSERT INTO webhook_secrets (agency, key_id, endpoint_id, algorithm, sealed, public_key) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
"""
_SHOW = "UPDATE webhook_secrets SET shown_at = now() WHERE agency = $1 AND key_id = $2 AND shown_at IS NULL RETURNING *"
_OPEN = "SELECT * FROM webhook_secrets WHERE agency = $1 AND key_id = ANY($2)"


class EndpointKeys:
    """The table `webhook_secrets`, through the pool of either role."""

    def __init__(self, pool: asyncpg.Pool, master: bytes) -> None:
        self._pool = pool
        derived = HKDF(SHA256(), length=32, salt=None, info=b"kepil webhook secrets").derive(master)
        self._seal = AESGCM(derived)
        self._known: dict[tuple[str, str], SigningKey] = {}

    async def make(self, agency: str, endpoint_id: str, key_id: str, algorithm: Algorithm) -> None:
        """A new key under an id; a key that has the id already stays."""
        key = SigningKey.new(algorithm)
        nonce = os.urandom(12)
        sealed = _FORMAT + nonce + self._seal.encrypt(nonce, key.secret, _place(agency, endpoint_id, key_id))
        await self._fetch(agency, _MAKE, agency, key_id, endpoint_id, algorithm, sealed, key.public)

    async def show(self, agency: str, key_id: str) -> SigningKey | None:
        """The key, the first time that somebody asks for it; None ever after."""
        rows = await self._fetch(agency, _SHOW, agency, key_id)
        return self._opened(rows[0]) if rows else None

    async def open(self, agency: str, key_ids: list[str]) -> list[SigningKey]:
        """Keys to sign with, in the order asked for."""
        found = {key_id: self._known[agency, key_id] for key_id in key_ids if (agency, key_id) in self._known}
        missing = [key_id for key_id in key_ids if key_id not in found]
        if missing:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            for row in await self._fetch(agency, _OPEN, agency, missing):
                found[row["key_id"]] = self._known[agency, row["key_id"]] = self._opened(row)
        return [found[key_id] for key_id in key_ids if key_id in found]

    async def _fetch(self, agency: str, query: str, *values: Any) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('app.agency', $1, true)", agency)
            rows: list[asyncpg.Record] = await connection.fetch(query, *values)
            return rows

    def _opened(self, row: asyncpg.Record) -> SigningKey:
        sealed = bytes(row["sealed"])
        if sealed[:1] != _FORMAT:
            raise MasterKeyMissing("the secret of a webhook is sealed in an unknown format")
        try:
            secret = self._seal.decrypt(sealed[1:13], sealed[13:], _place(row["agency"], row["endpoint_id"], row["key_id"]))
        except InvalidTag as error:
            raise MasterKeyMissing("the secret of a webhook does not open with this master key") from error
        return SigningKey(row["algorithm"], secret)


def _place(agency: str, endpoint_id: str, key_id: str) -> bytes:
    return f"{agency}\0{endpoint_id}\0{key_id}".encode()
