"""The one way into the event store. Commands that wait together are committed together: one transaction, one fsync, no lost update.

A batch writes for one agency. An append that loses a race fails alone; a batch that the database refuses is halved until the
one at fault stands alone, so that nobody suffers from a neighbour.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.events import Json
from chassis.problems import Unavailable
from chassis.readmodels import Write, in_order_of_tables


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row to append: what the event store keeps of an event."""

    version: int
    event_id: str
    type: str
    schema_version: int
    data: Json
    metadata: Json
    occurred_at: datetime
    recorded_at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A caller's idempotency key with the answer that a repetition gets."""

    client: str
    key: str
    fingerprint: bytes
    answer: Json


@dataclass(frozen=True, slots=True)
class Append:
    """What one command commits: its events (contiguous versions of one stream), read-model writes and idempotency key."""

    agency: str
    stream: str
    events: Sequence[StoredEvent]
    writes: Sequence[Write] = ()
    key: Key | None = None


class StreamConflict(Exception):
    """Somebody else has appended to the stream in between."""


class KeyTaken(Exception):
    """The idempotency key was used before."""


class _Lost(Exception):
    """Some of a batch have lost a race: the transaction is rolled back, so that it gives their keys back."""

    def __init__(self, by_index: dict[int, Exception]) -> None:
        super().__init__(by_index)
        self.by_index = by_index


class _Gone(Exception):
    """The connection broke; whether the server committed is not known."""


@dataclass(slots=True)
class _Waiting:
    append: Append
    done: asyncio.Future[None] = field(repr=False)


_KEYS = """
INSERT INTO idempotency_keys (agency, client, key, fingerprint, answer)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[], $5::jsonb[])
"""
_EVENTS = """
INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)
SELECT $1, * FROM unnest($2::text[], $3::int[], $4::uuid[], $5::text[], $6::smallint[], $7::jsonb[], $8::jsonb[],
                         $9::timestamptz[], $10::timestamptz[], $11::bytea[])
"""
_STORE = f"{_EVENTS} ON CONFLICT (agency, stream, version) DO NOTHING RETURNING stream, version"
_CLAIM = f"{_KEYS} ON CONFLICT DO NOTHING RETURNING client, key"
_SERVER_LEFT = (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError)
_DEADLOCKS = 3
_CONSTRAINTS = {"events_agency_stream_version_key": StreamConflict, "idempotency_keys_pkey": KeyTaken}


@dataclass(slots=True)
class _Lane:
    """A connection of the committer's own, and the agency for which row-level security is set on it."""

    connection: asyncpg.Connection
    agency: str = ""


class Committer:
    """Commits appends in up to `lanes` transactions at once, each of up to `batch` appends."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        committed: Callable[[], None] = lambda: None,
        lanes: int = 2,
        batch: int = 128,
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._batch = batch
        self._queues: dict[str, deque[_Waiting]] = {}
        self._idle = lanes
        self._parked: list[_Lane] = []
        self._running: set[asyncio.Task[None]] = set()

    async def commit(self, append: Append) -> None:
        """Returns when the append is durable. StreamConflict, KeyTaken, or asyncpg.UniqueViolationError of a read model otherwise."""
        waiting = _Waiting(append, asyncio.get_running_loop().create_future())
        self._queues.setdefault(append.agency, deque()).append(waiting)
        if self._idle:
            self._idle -= 1
            task = asyncio.create_task(self._flush())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await waiting.done

    async def close(self) -> None:
        """Waits for what is under way, then closes the connections."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        for lane in self._parked:
            await lane.connection.close(timeout=5)

    async def _flush(self) -> None:
        try:
            while self._queues:
                agency = next(iter(self._queues))
                queue = self._queues.pop(agency)
                taken = [queue.popleft() for _ in range(min(len(queue), self._batch))]
                if queue:
                    self._queues[agency] = queue  # to the end: every agency gets its turn
                await self._settle(agency, taken)
        finally:
            self._idle += 1

    async def _settle(self, agency: str, taken: list[_Waiting]) -> None:
        try:
            lost = await self._write(agency, [waiting.append for waiting in taken])
        except Exception as error:
            if len(taken) == 1 or isinstance(error, Unavailable):
                for waiting in taken:
                    _fail(waiting, error)
                return
            middle = len(taken) // 2  # somewhere in here is one that the table refuses: the others are not to suffer
            await self._settle(agency, taken[:middle])
            await self._settle(agency, taken[middle:])
            return
        except BaseException as error:
            for waiting in taken:
                _fail(waiting, error)
            raise
        self._committed()
        for index, waiting in enumerate(taken):
            if index in lost:
                _fail(waiting, lost[index])
            elif not waiting.done.done():
                waiting.done.set_result(None)

    async def _write(self, agency: str, appends: list[Append]) -> dict[int, Exception]:
        """Commits; those that lost a race, by index. The victim of a deadlock has left nothing behind and tries again."""
        for _ in range(_DEADLOCKS):
            try:
                return await self._write_once(agency, appends)
            except asyncpg.DeadlockDetectedError:
                continue
        raise Unavailable("too many changes of the same rows at once; try again", retry_after=1)

    async def _write_once(self, agency: str, appends: list[Append]) -> dict[int, Exception]:
        """A connection that breaks is replaced once, and what it had committed is found."""
        try:
            async with self._lane(agency) as lane:
                return await _write_all(lane.connection, agency, appends)
        except _Gone:
            pass
        try:
            async with self._lane(agency) as lane:
                lost = await _write_all(lane.connection, agency, appends)
                for index in list(lost):
                    if await _is_stored(lane.connection, appends[index]):
                        del lost[index]  # the broken connection had committed it and could not say so
                return lost
        except _Gone as gone:
            raise Unavailable("the database does not answer just now", retry_after=1) from gone

    @asynccontextmanager
    async def _lane(self, agency: str) -> AsyncIterator[_Lane]:
        lane = self._parked.pop() if self._parked else None
        try:
            if lane is None or lane.connection.is_closed():
                lane = _Lane(await self._connect())
            if lane.agency != agency:
                await lane.connection.execute("SELECT set_config('app.agency', $1, false)", agency)
                lane.agency = agency
            yield lane
        except (asyncpg.OperatorInterventionError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError) as error:
            if lane is None or lane.connection.is_closed() or isinstance(error, _SERVER_LEFT):
                if lane is not None:
                    lane.connection.terminate()
                raise _Gone from error
            raise
        finally:
            if lane is not None and not lane.connection.is_closed():
                self._parked.append(lane)


async def _write_all(connection: asyncpg.Connection, agency: str, appends: list[Append]) -> dict[int, Exception]:
    if len(appends) > 1:
        return await _write_many(connection, agency, appends)
    try:
        await _write_one(connection, appends[0])
    except (StreamConflict, KeyTaken) as conflict:
        return {0: conflict}
    return {}


async def _is_stored(connection: asyncpg.Connection, append: Append) -> bool:
    if not append.events:
        return False
    first = append.events[0]
    query = "SELECT event_id::text FROM events WHERE agency = $1 AND stream = $2 AND version = $3"
    return bool(await connection.fetchval(query, append.agency, append.stream, first.version) == first.event_id)


async def _write_one(connection: asyncpg.Connection, append: Append) -> None:
    """One append in as few round trips as it needs: one statement where no table is written twice.

    PostgreSQL runs the last part first, then the others from last to first: so locks are taken in the order of a batch.
    """
    tables = [write.model.name for write in append.writes]
    together = append.writes if len(set(tables)) == len(tables) else ()
    parts: list[tuple[str, tuple[Any, ...]]] = []
    if append.key:
        parts.append((_KEYS, _key_columns(append.agency, [append.key])))
    if append.events:
        parts.append((_EVENTS, _event_columns(append.agency, [(append.stream, e) for e in append.events])))
    parts += [write.rendered() for write in sorted(together, key=lambda write: write.model.name)]
    if not parts:
        return
    parts.reverse()
    sql = _combined(tuple(text for text, _ in parts))
    arguments = [argument for _, arguments in parts for argument in arguments]
    try:
        if together or not append.writes:
            await connection.execute(sql, *arguments)
            return
        async with connection.transaction():
            await connection.execute(sql, *arguments)
            await apply_writes(connection, append.writes)
    except asyncpg.UniqueViolationError as violation:
        known = _CONSTRAINTS.get(violation.constraint_name or "")
        if known is not None:
            raise known from None
        raise


@cache
def _combined(statements: tuple[str, ...]) -> str:
    """One statement that does all of them: the last stands alone, those before it are its common table expressions."""
    offset = 0
    parts = []
    for statement in statements:
        numbers = [0, *(int(n) for n in re.findall(r"\$(\d+)", statement))]
        parts.append(re.sub(r"\$(\d+)", lambda m, o=offset: f"${int(m.group(1)) + o}", statement))  # type: ignore[misc]
        offset += max(numbers)
    *before, last = parts
    return f"WITH {', '.join(f'part{i} AS ({p})' for i, p in enumerate(before))} {last}" if before else last


# PostgreSQL runs the parts as they are first read: the keys before the events, as a lone append does
_CLAIM_AND_STORE = _combined(
    (_STORE, _CLAIM, "SELECT client AS name, key, NULL AS version FROM part1 UNION ALL SELECT stream, NULL, version FROM part0")
)


async def _write_many(connection: asyncpg.Connection, agency: str, appends: list[Append]) -> dict[int, Exception]:
    """Many appends in one transaction; those that lost a race, by index, leave it and it is begun again without them.

    They go in the order of their streams, so that two batches that want the same places wait for each other one way only.
    """
    lost = _rivals(appends)
    in_order = sorted(enumerate(appends), key=lambda each: (each[1].stream, each[1].events[0].version if each[1].events else 0))
    while len(lost) < len(appends):
        staying = {index: append for index, append in in_order if index not in lost}
        try:
            async with connection.transaction():
                await _claim_and_store(connection, agency, staying)
                await apply_writes(connection, [write for append in staying.values() for write in append.writes])
            break
        except _Lost as found:
            lost |= found.by_index
    return lost


def _rivals(appends: Sequence[Append]) -> dict[int, Exception]:
    """Of those in one batch that want the same version of a stream, or the same key, only the first can have it."""
    lost: dict[int, Exception] = {}
    places: set[tuple[str, int]] = set()
    keys: set[tuple[str, str]] = set()
    for index, append in enumerate(appends):
        wanted = {(append.stream, event.version) for event in append.events}
        key = (append.key.client, append.key.key) if append.key else None
        if key in keys:
            lost[index] = KeyTaken()
        elif not places.isdisjoint(wanted):
            lost[index] = StreamConflict()
        else:
            places |= wanted
            if key is not None:
                keys.add(key)
    return lost


async def _claim_and_store(connection: asyncpg.Connection, agency: str, appends: Mapping[int, Append]) -> None:
    """Keys and events in one statement; `_Lost` if not all found their places free."""
    keyed = {index: append.key for index, append in appends.items() if append.key}
    wanted = [(append.stream, event) for append in appends.values() for event in append.events]
    keys = sorted(keyed.values(), key=lambda k: (k.client, k.key))
    rows = await connection.fetch(_CLAIM_AND_STORE, *_event_columns(agency, wanted), *_key_columns(agency, keys))
    if len(rows) == len(keyed) + len(wanted):
        return
    claimed = {(row["name"], row["key"]) for row in rows if row["version"] is None}
    stored = {(row["name"], row["version"]) for row in rows if row["version"] is not None}
    lost: dict[int, Exception] = {
        index: StreamConflict()
        for index, append in appends.items()
        if any((append.stream, event.version) not in stored for event in append.events)
    }
    raise _Lost(lost | {index: KeyTaken() for index, key in keyed.items() if (key.client, key.key) not in claimed})


def _key_columns(agency: str, keys: Sequence[Key]) -> tuple[Any, ...]:
    return (agency, [k.client for k in keys], [k.key for k in keys], [k.fingerprint for k in keys], [k.answer for k in keys])


def _event_columns(agency: str, rows: Sequence[tuple[str, StoredEvent]]) -> tuple[Any, ...]:
    return (
        agency,
        [stream for stream, _ in rows],
        [e.version for _, e in rows],
        [UUID(e.event_id) for _, e in rows],
        [e.type for _, e in rows],
        [e.schema_version for _, e in rows],
        [e.data for _, e in rows],
        [e.metadata for _, e in rows],
        [e.occurred_at for _, e in rows],
        [e.recorded_at for _, e in rows],
        [e.hash for _, e in rows],
    )


async def apply_writes(connection: asyncpg.Connection | PoolConnectionProxy, writes: Sequence[Write], *, table: str | None = None) -> None:
    """Runs the writes, those of each table in order; neighbours of one shape travel together. What is made of other tables' rows comes
    after them, each row once. `table` is a shadow to write to instead."""
    by_table = in_order_of_tables(writes)
    rendered = [write.rendered(table) for write in by_table]
    for sql, group in groupby(rendered, key=lambda r: r[0]):
        arguments = [values for _, values in group]
        if len(arguments) == 1:
            await connection.execute(sql, *arguments[0])
        else:
            await connection.executemany(sql, arguments)


def _fail(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
