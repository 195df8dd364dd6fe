"""Reading streams and the log of one service. Writing goes through `chassis.commit`."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.events import Catalogue, Json, Recorded
from chassis.hashchain import GENESIS, link
from chassis.positions import START as START
from chassis.positions import LogPosition as LogPosition
from chassis.privacy import KeyRing, open_fields

S = TypeVar("S")

_COLUMNS = "agency, stream, version, event_id::text, type, schema_version, data, metadata, occurred_at, recorded_at, hash"

#: Below this transaction nobody can still commit an event: the horizon of every reader of the log.
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"

_AFTER = f"SELECT xid::text, position, {_COLUMNS} FROM events WHERE (xid, position) > ($1::text::xid8, $2)"
_IN_ORDER = "ORDER BY events.xid, events.position LIMIT $3"  # without `events.` it would be the text of the select list
_LOG = f"{_AFTER} AND xid < {HORIZON} {_IN_ORDER}"
_WHOLE_LOG = f"{_AFTER} {_IN_ORDER}"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event of the log as stored; personal fields are still sealed."""

    at: LogPosition
    row: asyncpg.Record


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """An aggregate as it stands: its state, version and the hash of its last event; `personal` if any event has personal data."""

    state: S
    version: int
    hash: bytes
    personal: bool = False


def recorded_from(row: asyncpg.Record, catalogue: Catalogue, data: Json | None = None) -> Recorded[Any]:
    """The typed event of a row; `data` where its personal fields were opened."""
    event = catalogue.parse(row["type"], row["schema_version"], row["data"] if data is None else data)
    return Recorded(
        event=event,
        event_id=row["event_id"],
        source=catalogue.service,
        agency=row["agency"],
        stream=row["stream"],
        version=row["version"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        metadata=row["metadata"],
    )


class EventStore:
    """The streams of one service. Loads run under row-level security: another agency's stream is empty."""

    def __init__(self, pool: asyncpg.Pool, catalogue: Catalogue, keys: KeyRing) -> None:
        self._pool = pool
        self.catalogue = catalogue
        self._keys = keys

    async def stream(self, agency: str, stream: str, after: int = 0) -> tuple[list[Recorded[Any]], bytes | None]:
        """The events of a stream after a version, personal fields opened, and the hash of the last (None if there are none)."""
        query = f"SELECT {_COLUMNS} FROM events WHERE agency = $1 AND stream = $2 AND version > $3 ORDER BY version"
        rows = await self._rows(query, agency, stream, after)
        events = [await self._open(row) for row in rows]
        return events, (rows[-1]["hash"] if rows else None)

    async def streams(self, agency: str, streams: Sequence[str]) -> dict[str, list[Recorded[Any]]]:
        """The events of many streams at once, personal fields opened; a stream that is not there is left out."""
        found: dict[str, list[Recorded[Any]]] = {}
        query = f"SELECT {_COLUMNS} FROM events WHERE agency = $1 AND stream = ANY($2) ORDER BY stream, version"
        for row in await self._rows(query, agency, list(streams)):
            found.setdefault(row["stream"], []).append(await self._open(row))
        return found

    async def _rows(self, query: str, agency: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection:
            try:
                await connection.execute(f"BEGIN READ ONLY; SET LOCAL app.agency = '{agency.replace(chr(39), '')}'")
                rows: list[asyncpg.Record] = await connection.fetch(query, agency, *arguments)
                return rows
            finally:
                if not connection.is_closed():
                    await connection.execute("COMMIT")

    async def _open(self, row: asyncpg.Record) -> Recorded[Any]:
        event_type = self.catalogue.type_of(row["type"])
        data = await open_fields(event_type, row["data"], agency=row["agency"], keys=self._keys)
        return recorded_from(row, self.catalogue, data)


async def before(
    connection: asyncpg.Connection | PoolConnectionProxy, row: asyncpg.Record, catalogue: Catalogue, keys: KeyRing
) -> list[Recorded[Any]]:
    """What stands in the stream of an event before it, personal fields opened."""
    query = f"SELECT {_COLUMNS} FROM events WHERE agency = $1 AND stream = $2 AND version < $3 ORDER BY version"
    rows = await connection.fetch(query, row["agency"], row["stream"], row["version"])
    return [
        recorded_from(each, catalogue, await open_fields(catalogue.type_of(each["type"]), each["data"], agency=each["agency"], keys=keys))
        for each in rows
    ]


async def read_log(
    connection: asyncpg.Connection | PoolConnectionProxy, after: LogPosition = START, limit: int = 500, *, whole: bool = False
) -> list[LogEntry]:
    """The next entries in the order (xid, position) below the horizon: no event is skipped by a transaction that commits late.

    `whole` reads above the horizon too, for a reader that has locked the writers out.
    """
    rows = await connection.fetch(_WHOLE_LOG if whole else _LOG, str(after.xid), after.position, limit)
    return [LogEntry(LogPosition(int(row["xid"]), row["position"]), row) for row in rows]


async def undelivered(connection: asyncpg.Connection | PoolConnectionProxy, after: LogPosition) -> int:
    """How many committed events stand after a position, above the horizon too."""
    count = await connection.fetchval(
        "SELECT count(*) FROM events WHERE (xid, position) > ($1::text::xid8, $2)", str(after.xid), after.position
    )
    return int(count)


async def is_behind(connection: asyncpg.Connection | PoolConnectionProxy, at: LogPosition) -> bool:
    """Whether any committed event stands after a position, above the horizon too."""
    query = "SELECT EXISTS (SELECT FROM events WHERE (xid, position) > ($1::text::xid8, $2))"
    return bool(await connection.fetchval(query, str(at.xid), at.position))


async def whole_log(connection: asyncpg.Connection | PoolConnectionProxy, after: LogPosition = START) -> AsyncIterator[list[LogEntry]]:
    """The log in batches, up to the horizon of each batch."""
    while batch := await read_log(connection, after, 2000):
        yield batch
        after = batch[-1].at


@dataclass(frozen=True, slots=True)
class Broken:
    """A stream whose hash chain does not hold, from this version on."""

    agency: str
    stream: str
    version: int


async def verify_chains(connection: asyncpg.Connection | PoolConnectionProxy) -> tuple[int, list[Broken]]:
    """Recomputes every hash of the service; how many events were read, and the first break of each broken stream."""
    current, version, previous = ("", ""), 0, GENESIS
    broken: dict[tuple[str, str], Broken] = {}
    count = 0
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(f"SELECT {_COLUMNS} FROM events ORDER BY agency, stream, version", prefetch=1000):
            count += 1
            chain = (row["agency"], row["stream"])
            if chain != current:
                current, version, previous = chain, 0, GENESIS
            computed = link(
                previous,
                agency=row["agency"],
                stream=row["stream"],
                version=row["version"],
                event_id=row["event_id"],
                type_name=row["type"],
                schema_version=row["schema_version"],
                data=row["data"],
                metadata=row["metadata"],
                occurred_at=row["occurred_at"],
                recorded_at=row["recorded_at"],
            )
            if row["version"] != version + 1 or computed != row["hash"]:
                broken.setdefault(chain, Broken(*chain, row["version"]))
            version, previous = row["version"], row["hash"]
    return count, list(broken.values())


class StateCache:
    """Aggregates as last seen by this process, least recently used leave first. A stale one is found out by the append."""

    def __init__(self, size: int = 5_000) -> None:
        self._size = size
        self._known: OrderedDict[tuple[str, str], Loaded[Any]] = OrderedDict()

    def get(self, agency: str, stream: str) -> Loaded[Any] | None:
        """The aggregate, if this process has seen it lately."""
        found = self._known.get((agency, stream))
        if found is not None:
            self._known.move_to_end((agency, stream))
        return found

    def put(self, agency: str, stream: str, loaded: Loaded[Any]) -> None:
        """Remembers an aggregate after a load or an append; never one with personal data, which may be forgotten any moment."""
        if loaded.personal:
            return
        self._known[agency, stream] = loaded
        self._known.move_to_end((agency, stream))
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(self, agency: str, stream: str) -> None:
        """Drops an aggregate that has turned out stale."""
        self._known.pop((agency, stream), None)
