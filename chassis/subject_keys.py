"""Where the keys of subjects live: in the service's own database, wrapped by the master key, which lives elsewhere."""

import os
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.privacy import SubjectForgotten
from chassis.secretfile import read_or_make
from chassis.settings import Settings

_FORMAT = b"\x01"  # nonce and ciphertext of AES-256-GCM follow


class MasterKeyMissing(RuntimeError):
    """No usable master key is configured."""


def master_key(settings: Settings) -> bytes:
    """The setting, or in development a key made once in the state folder. MasterKeyMissing in production or for a bad setting."""
    if settings.privacy_master_key:
        try:
            key = b64decode(settings.privacy_master_key, validate=True)
        except ValueError as error:
            raise MasterKeyMissing("KEPIL_PRIVACY_MASTER_KEY is not base64") from error
    elif settings.env == "production":
        raise MasterKeyMissing("KEPIL_PRIVACY_MASTER_KEY is needed in production: base64 of 32 random bytes")
    else:
        key = read_or_make(settings.state_dir / "privacy" / "master.key", lambda: os.urandom(32))
    if len(key) != 32:
        raise MasterKeyMissing(f"the privacy master key has {len(key)} bytes, not 32")
    return key


class PostgresSubjectKeys:
    """The table `subject_keys`, through a pool or one connection, under the row-level security of the agency asked for."""

    def __init__(self, database: asyncpg.Pool | asyncpg.Connection | PoolConnectionProxy, master: bytes) -> None:
        self._database = database
        self._master = AESGCM(master)

    async def get_or_create(self, agency: str, subject: str) -> bytes:
        """The subject's key, made if there is none; SubjectForgotten."""
        key = await self.get(agency, subject)
        if key is not None:
            return key
        async with self._connection(agency) as connection:
            await connection.execute(
                "INSERT INTO subject_keys (agency, subject, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                agency,
                subject,
                self._wrap(agency, subject, os.urandom(32)),
            )
        key = await self.get(agency, subject)
        if key is None:
            raise SubjectForgotten(subject)
        return key

    async def get(self, agency: str, subject: str) -> bytes | None:
        """The subject's key; None if it was forgotten or never made here."""
        async with self._connection(agency) as connection:
            query = "SELECT wrapped FROM subject_keys WHERE agency = $1 AND subject = $2 AND forgotten_at IS NULL"
            wrapped = await connection.fetchval(query, agency, subject)
        return None if wrapped is None else self._unwrap(agency, subject, wrapped)

    async def forget(self, agency: str, subject: str) -> None:
        """Deletes the key and keeps the fact, so that the subject gets no other."""
        async with self._connection(agency) as connection:
            await connection.execute(
                """
                INSERT INTO subject_keys (agency, subject, forgotten_at) VALUES ($1, $2, now())
                ON CONFLICT (agency, subject) DO UPDATE
                SET wrapped = NULL, forgotten_at = coalesce(subject_keys.forgotten_at, excluded.forgotten_at)
                """,
                agency,
                subject,
            )

    @asynccontextmanager
    async def _connection(self, agency: str) -> AsyncIterator[asyncpg.Connection | PoolConnectionProxy]:
        if isinstance(self._database, asyncpg.Pool):
            async with self._database.acquire() as connection, connection.transaction():
                await connection.execute("SELECT set_config('app.agency', $1, true)", agency)
                yield connection
        else:
            async with self._database.transaction():
                await self._database.execute("SELECT set_config('app.agency', $1, true)", agency)
                yield self._database

    def _wrap(self, agency: str, subject: str, key: bytes) -> bytes:
        nonce = os.urandom(12)
        return _FORMAT + nonce + self._master.encrypt(nonce, key, f"{agency}\0{subject}".encode())

    def _unwrap(self, agency: str, subject: str, wrapped: bytes) -> bytes:
        if wrapped[:1] != _FORMAT:
            raise MasterKeyMissing("a subject's key is wrapped in an unknown format")
        try:
            return self._master.decrypt(wrapped[1:13], wrapped[13:], f"{agency}\0{subject}".encode())
        except InvalidTag as error:
            raise MasterKeyMissing("a subject's key does not open with this master key") from error
