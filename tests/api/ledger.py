"""What stands in the five databases, seen as the superuser: no row-level security between the test and the truth."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import SERVICES

# Lifecycles of other tests may still be at work: what they do is nothing that a request has done.
_BY_PEOPLE = "SELECT count(*) FROM events WHERE metadata->>'actor' NOT LIKE 'workflow:%'"
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname = 'public' AND EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'agency')
    ORDER BY 1
"""


class Ledger:
    """Open connections to every service's database."""

    def __init__(self, stack: Stack, time: LegalTime) -> None:
        self._stack = stack
        self._time = time
        self.connections: dict[str, asyncpg.Connection] = {}

    async def __aenter__(self) -> Self:
        parts = urlsplit(self._stack.urls["postgres"])
        prefix = self._stack.settings().database_prefix
        for service in SERVICES:
            self.connections[service] = await asyncpg.connect(urlunsplit(parts._replace(path=f"/{prefix}{service}")))
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self.connections.values():
            await connection.close()

    async def events(self) -> dict[str, int]:
        """How many events people have caused, of every agency, by service."""
        return {service: await connection.fetchval(_BY_PEOPLE) for service, connection in self.connections.items()}

    async def content(self, agency: str) -> dict[str, Any]:
        """A digest of every row of an agency in every table: events, keys, inbox and read models."""
        found: dict[str, Any] = {}
        for service, connection in self.connections.items():
            for (table,) in await connection.fetch(_TABLES):
                query = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE agency = $1"
                found[f"{service}.{table}"] = tuple(await connection.fetchrow(query, agency))
        return found

    @asynccontextmanager
    async def unchanged(self, *agencies: str) -> AsyncIterator[None]:
        """Fails if an event was appended by anybody, or any row of these agencies was written, in the body."""
        await self._time.settle()
        before = await self.events(), {agency: await self.content(agency) for agency in agencies}
        yield
        await self._time.settle()
        after = await self.events(), {agency: await self.content(agency) for agency in agencies}
        assert after[0] == before[0], "events were appended"
        for agency in agencies:
            changed = [table for table, rows in after[1][agency].items() if rows != before[1][agency][table]]
            assert not changed, f"rows of {agency} were written: {changed}"
