"""Making and rebuilding read models while the service serves: a shadow table is filled from the events and swapped in."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic import ValidationError

from chassis.commit import apply_writes
from chassis.corrected import FactCorrected
from chassis.correcting import correcting_writes
from chassis.events import Catalogue
from chassis.eventstore import HORIZON, START, LogPosition, before, read_log, recorded_from
from chassis.messaging import Envelope, recorded
from chassis.migrations import admin_connection
from chassis.postgres import open_pool
from chassis.privacy import KeyRing, open_fields
from chassis.readmodels import ReadModel, Write, project
from chassis.settings import Settings

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_BATCH = 2000
_ARRIVALS = "SELECT xid::text, arrival, envelope FROM inbox WHERE (xid, arrival) > ($1::text::xid8, $2)"
_IN_ORDER = "ORDER BY inbox.xid, inbox.arrival LIMIT $3"  # without `inbox.` it would be the text of the select list


class Rebuild:
    """Rebuilds the read models of one service. `admin` owns the tables; `system` reads events of every agency."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        catalogues: Mapping[str, Catalogue],
        keys_for: Callable[[asyncpg.Pool], KeyRing],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._catalogues = catalogues
        self._keys_for = keys_for

    async def ensure(self, models: Iterable[ReadModel]) -> list[str]:
        """Makes what is missing and rebuilds what has another definition than its table; the names of both."""
        admin = await admin_connection(self._settings, self._catalogue.service)
        try:
            known = {row["name"]: row["definition"] for row in await admin.fetch("SELECT name, definition FROM read_models")}
        finally:
            await admin.close()
        stale = [model for model in models if known.get(model.name) != model.definition]
        for model in stale:
            await self.rebuild(model)
        return [model.name for model in stale]

    async def rebuild(self, model: ReadModel, progress: Progress | None = None) -> int:
        """Fills a shadow of `model` and swaps it in; how many events it was fed. Writers wait only for the last batch and the swap."""
        service = self._catalogue.service
        shadow = f"{model.name}__shadow"
        pool = await open_pool(self._settings, "kepil_system", service, size=2)
        admin = await admin_connection(self._settings, service)
        try:
            await admin.execute("SELECT pg_advisory_lock(hashtext('kepil-rebuild'))")
            await admin.execute(f"DROP TABLE IF EXISTS {shadow}")
            for statement in model.ddl(shadow):
                await admin.execute(statement)
            fill = _Fill(model, shadow, self._catalogue, self._catalogues, self._keys_for(pool))
            async with pool.acquire() as connection:
                total = await connection.fetchval("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM inbox)")
                while await fill.some(connection) >= _BATCH:
                    if progress:
                        progress(fill.fed, max(total, fill.fed))
                await self._finish(admin, connection, fill, model, shadow)
            if progress:
                progress(fill.fed, fill.fed)
            return fill.fed
        finally:
            await admin.close()
            await pool.close()

    async def _finish(self, admin: asyncpg.Connection, system: PoolConnectionProxy, fill: "_Fill", model: ReadModel, shadow: str) -> None:
        while True:
            while await fill.some(system) >= _BATCH:
                pass
            try:
                async with admin.transaction():
                    await _lock_writers_out(admin, model)
                    while await fill.some(system, to_the_end=True):
                        pass
                    await self._swap(admin, model, shadow)
                return
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                await asyncio.sleep(0.05)  # a writer holds one table and waits for another: let it go first

    async def _swap(self, admin: asyncpg.Connection, model: ReadModel, shadow: str) -> None:
        await admin.execute(f"DROP TABLE IF EXISTS {model.name}")
        await admin.execute(f"ALTER TABLE {shadow} RENAME TO {model.name}")
        indexes = await admin.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1", model.name)
        for row in indexes:
            name = row["indexname"]
            if name.startswith(shadow):
                await admin.execute(f"ALTER INDEX {name} RENAME TO {model.name}{name.removeprefix(shadow)}")
        await admin.execute(
            "INSERT INTO read_models (name, definition) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, built_at = now()",
            model.name,
            model.definition,
        )


async def _lock_writers_out(admin: asyncpg.Connection, model: ReadModel) -> None:
    """Nobody writes events, arrivals or the model until the end of the transaction. Gives up before a writer is a deadlock's victim."""
    await admin.execute("SET LOCAL lock_timeout = '500ms'")
    await admin.execute("LOCK TABLE events, inbox IN SHARE ROW EXCLUSIVE MODE")
    if await admin.fetchval("SELECT to_regclass($1)", model.name):
        await admin.execute(f"LOCK TABLE {model.name} IN EXCLUSIVE MODE")


class _Fill:
    """The state of filling one shadow: how far own events and the inbox have been read."""

    def __init__(self, model: ReadModel, shadow: str, catalogue: Catalogue, catalogues: Mapping[str, Catalogue], keys: KeyRing) -> None:
        self._model = model
        self._shadow = shadow
        self._catalogue = catalogue
        self._catalogues = catalogues
        self._keys = keys
        self._own = START
        self._arrival = START
        self.fed = 0

    async def some(self, connection: asyncpg.Connection | PoolConnectionProxy, *, to_the_end: bool = False) -> int:
        """Feeds the next batch of each source; the size of the larger. `to_the_end` reads above the horizon: writers are locked out."""
        entries = await read_log(connection, self._own, _BATCH, whole=to_the_end)
        writes: list[Write] = []
        for entry in entries:
            event_type = self._catalogue.types.get(entry.row["type"])
            if event_type is not None and issubclass(event_type, FactCorrected):
                past = await before(connection, entry.row, self._catalogue, self._keys)
                writes += correcting_writes([self._model], past, recorded_from(entry.row, self._catalogue))
            if event_type in self._model.projectors:
                data = await open_fields(event_type, entry.row["data"], agency=entry.row["agency"], keys=self._keys)
                writes += project([self._model], recorded_from(entry.row, self._catalogue, data))
            self._own = entry.at
        query = _ARRIVALS if to_the_end else f"{_ARRIVALS} AND xid < {HORIZON}"
        arrivals = await connection.fetch(f"{query} {_IN_ORDER}", str(self._arrival.xid), self._arrival.position, _BATCH)
        for row in arrivals:
            writes += await self._of_arrival(Envelope.model_validate(row["envelope"]))
            self._arrival = LogPosition(int(row["xid"]), row["arrival"])
        async with connection.transaction():
            await apply_writes(connection, writes, table=self._shadow)
        self.fed += len(entries) + len(arrivals)
        return max(len(entries), len(arrivals))

    async def _of_arrival(self, envelope: Envelope) -> list[Write]:
        """Of what this version does not read, or cannot, nothing."""
        catalogue = self._catalogues.get(envelope.service)
        if catalogue is None or catalogue.types.get(envelope.type_name) not in self._model.projectors:
            return []
        try:
            return project([self._model], await recorded(envelope, self._catalogues))
        except ValidationError:
            log.exception("%s %s has a shape unknown to this version: %s is made without it", envelope.type, envelope.id, self._model.name)
            return []


async def compare(
    settings: Settings,
    catalogue: Catalogue,
    catalogues: Mapping[str, Catalogue],
    model: ReadModel,
    keys_for: Callable[[asyncpg.Pool], KeyRing],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of a read model as served and as a rebuild would make them, each sorted: equal if the projection is true to the events."""
    shadow = f"{model.name}__check"
    pool = await open_pool(settings, "kepil_system", catalogue.service, size=2)
    admin = await admin_connection(settings, catalogue.service)
    try:
        await admin.execute("SELECT pg_advisory_lock(hashtext('kepil-rebuild'))")
        await admin.execute(f"DROP TABLE IF EXISTS {shadow}")
        for statement in model.ddl(shadow):
            await admin.execute(statement)
        fill = _Fill(model, shadow, catalogue, catalogues, keys_for(pool))
        async with pool.acquire() as system:
            while await fill.some(system) >= _BATCH:
                pass
            async with admin.transaction():
                await admin.execute("LOCK TABLE events, inbox IN SHARE ROW EXCLUSIVE MODE")
                while await fill.some(system, to_the_end=True):
                    pass
                served = await _sorted_rows(system, model.name, model.key)
                rebuilt = await _sorted_rows(system, shadow, model.key)
            return served, rebuilt
    finally:
        await admin.execute(f"DROP TABLE IF EXISTS {shadow}")
        await admin.close()
        await pool.close()


async def _sorted_rows(connection: PoolConnectionProxy, table: str, key: Sequence[str]) -> list[dict[str, Any]]:
    rows = await connection.fetch(f"SELECT * FROM {table} ORDER BY agency, {', '.join(key)}")
    return [dict(row) for row in rows]
