"""Connections to a service's own database: one pool for the API under row-level security, one for the service's own jobs."""

from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.settings import Settings

Role = Literal["kepil_api", "kepil_system"]

#: So that the server lets go of the locks of a peer that is gone without a word.
KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}


def admin_url(settings: Settings) -> str:
    """The administrator's URL: the setting, or the embedded server's."""
    return settings.postgres_url or f"postgresql://postgres@{settings.host}:{settings.postgres_port}/postgres"


def role_url(settings: Settings, role: Role, service: str) -> str:
    """The URL of one role in the database of one service."""
    parts = urlsplit(admin_url(settings))
    host = parts.netloc.rpartition("@")[2]
    credentials = f"{role}:{quote(settings.postgres_password, safe='')}"
    return urlunsplit((parts.scheme, f"{credentials}@{host}", f"/{settings.database_prefix}{service}", parts.query, ""))


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """jsonb travels as Python values; orjson writes and reads them."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda raw: orjson.loads(raw[1:]),
    )


async def open_connection(settings: Settings, role: Role, service: str) -> asyncpg.Connection:
    """One connection of its holder's own."""
    connection = await asyncpg.connect(
        role_url(settings, role, service), command_timeout=60, statement_cache_size=400, server_settings=KEEPALIVES
    )
    await prepare_connection(connection)
    return connection


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Nothing to reset: only transaction-local settings are made on pooled connections."""


async def open_pool(settings: Settings, role: Role, service: str, *, size: int) -> asyncpg.Pool:
    """A pool of at most `size` connections, opened as they are needed."""
    return await asyncpg.create_pool(
        role_url(settings, role, service),
        min_size=1,
        max_size=size,
        init=prepare_connection,
        reset=_keep_session,
        command_timeout=60,
        server_settings={"application_name": f"kepil-{service}", **KEEPALIVES},
    )


def open_engine(settings: Settings, service: str) -> AsyncEngine:
    """The engine of the API's reads: SQLAlchemy caches what it compiles.

    PostgreSQL plans each for the values at hand: what is asked for may be rare or frequent, and a plan for any value takes it for frequent.
    """
    url = role_url(settings, "kepil_api", service).replace("postgresql://", "postgresql+asyncpg://", 1)
    planned = {"server_settings": {"plan_cache_mode": "force_custom_plan"}}
    size = settings.postgres_pool
    return create_async_engine(url, pool_size=size, max_overflow=0, pool_pre_ping=False, json_serializer=_dumps, connect_args=planned)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
