"""Migrations in plain SQL, one history per service: the chassis' own files first, then those of the service."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chassis.postgres import admin_url, prepare_connection
from chassis.settings import Settings

_OURS = Path(__file__).parent
_LOCK = 0x6B6570  # "kep": two migrators at once take turns


class MigrationChanged(RuntimeError):
    """A migration that was applied has another text now."""


@dataclass(frozen=True)
class History:
    """The migrations of one service: files `NNNN_name.sql` of the chassis, then those in `folder`."""

    service: str
    folder: Path | None = None

    def files(self) -> list[Path]:
        """In the order of application."""
        own = sorted(self.folder.glob("*.sql")) if self.folder and self.folder.is_dir() else []
        return [*sorted(_OURS.glob("*.sql")), *own]


def _with_database(url: str, database: str) -> str:
    head, _, tail = url.partition("://")
    host, _, rest = tail.partition("/")
    query = f"?{rest.partition('?')[2]}" if "?" in rest else ""
    return f"{head}://{host}/{database}{query}"


async def prepare_cluster(settings: Settings, services: Sequence[str]) -> None:
    """Makes the two roles and a database for each service; safe to run again and by two at once."""
    connection = await asyncpg.connect(admin_url(settings))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        password = settings.postgres_password.replace("'", "''")
        for role in ("kepil_api", "kepil_system"):
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if known else "CREATE"
            await connection.execute(f"{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{password}'")
        for service in services:
            database = f"{settings.database_prefix}{service}"
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
                await connection.execute(f'CREATE DATABASE "{database}"')
                await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
            await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO kepil_api, kepil_system')
    finally:
        await connection.close()


async def admin_connection(settings: Settings, service: str) -> asyncpg.Connection:
    """A connection of the owner to one service's database."""
    connection = await asyncpg.connect(_with_database(admin_url(settings), f"{settings.database_prefix}{service}"))
    await prepare_connection(connection)
    return connection


async def migrate(settings: Settings, history: History) -> list[str]:
    """Applies what is missing, each file in its own transaction; returns the names applied. MigrationChanged if an old one differs."""
    connection = await admin_connection(settings, history.service)
    applied: list[str] = []
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute("""
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
        """)
        known = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM schema_migrations")}
        for file in history.files():
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            name = f"{file.parent.parent.name}/{file.name}"
            if name in known:
                if known[name] != digest:
                    raise MigrationChanged(f"{name} of {history.service} was applied with another text; add a new file instead")
                continue
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, digest)
            applied.append(name)
    finally:
        await connection.close()
    return applied
