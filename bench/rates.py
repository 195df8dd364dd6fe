"""Rates: how often a step is done by some at once, and the raw PostgreSQL writer that Kepil is measured beside."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg

from bench.subject import SERVICE, institution, owner
from chassis.ids import new_id
from chassis.postgres import open_connection
from chassis.settings import Settings

Step = Callable[[], Awaitable[None]]

# The columns, types, defaults and indexes of the event store; no trigger, no row-level security, no checks.
_TABLE = """
DROP TABLE IF EXISTS raw_events;
CREATE TABLE raw_events (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(), position bigint GENERATED ALWAYS AS IDENTITY,
    agency text NOT NULL, stream text NOT NULL, version integer NOT NULL, event_id uuid NOT NULL, type text NOT NULL,
    schema_version smallint NOT NULL, data jsonb NOT NULL, metadata jsonb NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, hash bytea NOT NULL,
    PRIMARY KEY (xid, position), UNIQUE (agency, stream, version))
"""
_INSERT = """
INSERT INTO {table} (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def rate(steps: Sequence[Step], seconds: float) -> float:
    """How many steps a second, all `steps` repeated at once, each one after the other."""
    done = 0
    began = time.perf_counter()
    end = began + seconds

    async def repeat(step: Step) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await step()
            done += 1

    await asyncio.gather(*(repeat(step) for step in steps))
    return done / (time.perf_counter() - began)


async def rate_of(steps: Sequence[Step], count: int) -> float:
    """As `rate`, but for `count` steps in all instead of a time."""
    left = iter(range(count))
    began = time.perf_counter()

    async def repeat(step: Step) -> None:
        for _ in left:
            await step()

    await asyncio.gather(*(repeat(step) for step in steps))
    return count / (time.perf_counter() - began)


@asynccontextmanager
async def raw_writers(using: Settings, count: int, *, same_table: bool = False) -> AsyncIterator[list[Step]]:
    """Writers that insert one event a transaction, each with a prepared statement on a connection of its own.

    They write to a bare copy of the event store's table; `same_table`: to the event store itself, with its role and its
    row-level security.
    """
    connections = [await (_as_a_service(using) if same_table else owner(using)) for _ in range(count)]
    try:
        if not same_table:
            await connections[0].execute(_TABLE)
        insert = _INSERT.format(table="events" if same_table else "raw_events")
        yield [_raw_step(await connection.prepare(insert)) for connection in connections]
    finally:
        for connection in connections:
            await connection.close()


async def _as_a_service(using: Settings) -> asyncpg.Connection:
    connection = await open_connection(using, "kepil_api", SERVICE)
    await connection.execute("SELECT set_config('app.agency', 'bench', false)")
    return connection


def _raw_step(insert: Any) -> Step:
    metadata = {"actor": "bench", "agency": "bench", "correlation_id": new_id(), "traceparent": f"00-{'0af7' * 8}-{'b7ad' * 4}-01"}

    async def step() -> None:
        now = datetime.now(UTC)
        body = institution(new_id())
        stream = f"institution-{body['institution_id']}"
        await insert.fetch("bench", stream, 1, new_id(), "InstitutionRegistered", 1, body, metadata, now, now, b"\0" * 32)

    return step
