"""The tables of the span store: spans by the day on which they came, and a line for each trace to search by."""

from datetime import date, timedelta

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.migrations import admin_connection, prepare_cluster
from chassis.settings import Settings

DATABASE = "traces"
_LOCK = 0x7370616E  # "span": two that prepare at once take turns

_TABLES = """
CREATE TABLE IF NOT EXISTS spans.spans (
    day date NOT NULL,
    trace_id text NOT NULL,
    span_id text NOT NULL,
    parent_id text,
    service text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    began_ns bigint NOT NULL,
    ended_ns bigint NOT NULL,
    error boolean NOT NULL,
    agency text,
    case_id text,
    attributes jsonb NOT NULL,
    links text[] NOT NULL,
    PRIMARY KEY (trace_id, span_id, day)
) PARTITION BY RANGE (day);

CREATE TABLE IF NOT EXISTS spans.traces (
    trace_id text PRIMARY KEY,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    last_on date NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    began_ns bigint NOT NULL,
    ended_ns bigint NOT NULL,
    spans integer NOT NULL,
    errors integer NOT NULL,
    name text,
    root_service text,
    services text[] NOT NULL,
    agencies text[] NOT NULL,
    cases text[] NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS traces_seq ON spans.traces (seq);
CREATE INDEX IF NOT EXISTS traces_last_on ON spans.traces (last_on);
CREATE INDEX IF NOT EXISTS traces_cases ON spans.traces USING gin (cases);
CREATE INDEX IF NOT EXISTS traces_agencies ON spans.traces USING gin (agencies);
"""


async def prepare(using: Settings) -> list[str]:
    """The database, its schema and tables; safe to run again and by two at once. What was made."""
    await prepare_cluster(using, [DATABASE])
    admin = await admin_connection(using, DATABASE)
    try:
        async with admin.transaction():
            await admin.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            known = await admin.fetchval("SELECT to_regclass('spans.traces') IS NOT NULL")
            await admin.execute(f'GRANT TEMPORARY ON DATABASE "{using.database_prefix}{DATABASE}" TO kepil_system')
            await admin.execute("CREATE SCHEMA IF NOT EXISTS spans AUTHORIZATION kepil_system")
            await admin.execute("SET LOCAL ROLE kepil_system")
            await admin.execute(_TABLES)
            return [] if known else ["spans"]
    finally:
        await admin.close()


async def open_day(connection: asyncpg.Connection | PoolConnectionProxy, day: date, keep_days: int) -> list[str]:
    """The partition of a day and of the next, so that midnight finds one; those older than `keep_days` go. The names of those dropped."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for each in (day, day + timedelta(days=1)):
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS spans.{_partition(each)} PARTITION OF spans.spans "
                f"FOR VALUES FROM ('{each}') TO ('{each + timedelta(days=1)}')"
            )
        first = _partition(day - timedelta(days=keep_days - 1))
        names = await connection.fetch(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'spans.spans'::regclass"
        )
        old = sorted(row["relname"] for row in names if row["relname"] < first)
        for name in old:
            await connection.execute(f"DROP TABLE spans.{name}")
    await connection.execute("DELETE FROM spans.traces WHERE last_on < $1", day - timedelta(days=keep_days - 1))
    return old


def _partition(day: date) -> str:
    return f"spans_{day:%Y%m%d}"
