"""Spans into PostgreSQL and traces out of it. Who may see what is a matter of `Seen`; nothing here asks for a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from chassis.postgres import open_pool
from chassis.settings import Settings
from chassis.spanstore.tables import DATABASE, open_day
from chassis.telemetry import AGENCY, CASE_ID, STREAM
from chassis.traces import SpanRecord

_MOST_CASES = 200
_COLUMNS = (
    *("trace_id", "span_id", "parent_id", "service", "name", "kind", "began_ns", "ended_ns", "error"),
    *("agency", "case_id", "attributes", "links"),
)
_FRESH = """
CREATE TEMPORARY TABLE IF NOT EXISTS fresh (LIKE spans.spans) ON COMMIT DELETE ROWS
"""
_KEEP = f"""
WITH kept AS (
    INSERT INTO spans.spans SELECT DISTINCT ON (trace_id, span_id) * FROM fresh ON CONFLICT DO NOTHING RETURNING *
), told AS (
    SELECT trace_id, max(day) AS last_on, min(began_ns) AS began_ns, max(ended_ns) AS ended_ns,
           count(*) AS spans, count(*) FILTER (WHERE error) AS errors,
           min(name) FILTER (WHERE parent_id IS NULL) AS name, min(service) FILTER (WHERE parent_id IS NULL) AS root_service,
           array_agg(DISTINCT service) AS services,
           coalesce(array_agg(DISTINCT agency) FILTER (WHERE agency IS NOT NULL), '{{}}') AS agencies,
           coalesce((array_agg(DISTINCT case_id) FILTER (WHERE case_id IS NOT NULL))[:{_MOST_CASES}], '{{}}') AS cases
    FROM kept GROUP BY trace_id ORDER BY trace_id
)
INSERT INTO spans.traces AS t (trace_id, last_on, began_ns, ended_ns, spans, errors, name, root_service, services, agencies, cases)
SELECT trace_id, last_on, began_ns, ended_ns, spans, errors, name, root_service, services, agencies, cases FROM told
ON CONFLICT (trace_id) DO UPDATE SET
    last_on = greatest(t.last_on, excluded.last_on),
    began_ns = least(t.began_ns, excluded.began_ns), ended_ns = greatest(t.ended_ns, excluded.ended_ns),
    spans = t.spans + excluded.spans, errors = t.errors + excluded.errors,
    name = coalesce(t.name, excluded.name), root_service = coalesce(t.root_service, excluded.root_service),
    services = ARRAY(SELECT DISTINCT unnest(t.services || excluded.services) ORDER BY 1),
    agencies = ARRAY(SELECT DISTINCT unnest(t.agencies || excluded.agencies) ORDER BY 1),
    cases = (ARRAY(SELECT DISTINCT unnest(t.cases || excluded.cases) ORDER BY 1))[:{_MOST_CASES}]
"""
_FOUND = """
SELECT trace_id, seq, received_at, began_ns, ended_ns, spans, errors, name, root_service, services, agencies, cases FROM spans.traces
WHERE ($1::text IS NULL OR agencies @> ARRAY[$1] OR ($2 AND agencies = '{}'))
  AND ($3::text IS NULL OR cases @> ARRAY[$3])
  AND ($4::text IS NULL OR services @> ARRAY[$4])
  AND ($5::boolean IS NULL OR (errors > 0) = $5)
  AND ($6::bigint IS NULL OR ended_ns - began_ns >= $6)
  AND ($7::bigint IS NULL OR seq < $7)
ORDER BY seq DESC LIMIT $8
"""
_SPANS = """
SELECT * FROM spans.spans WHERE trace_id = $1 AND ($2::text IS NULL OR agency = $2 OR (agency IS NULL AND $4)) ORDER BY began_ns LIMIT $3
"""
_MOST_SPANS = 5_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody may see: the spans of one agency (None: of all), and the traces that belong to no agency besides."""

    agency: str | None
    nobodys: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Which traces are looked for."""

    case_id: str | None = None
    service: str | None = None
    error: bool | None = None
    min_ms: int | None = None
    before: int | None = None
    limit: int = 50


class SpanStore:
    """One pool over the database of spans."""

    def __init__(self, pool: asyncpg.Pool, keep_days: int) -> None:
        self._pool = pool
        self._keep_days = keep_days
        self._day: date | None = None

    @classmethod
    async def open(cls, using: Settings) -> "SpanStore":
        """Over a database that was prepared."""
        return cls(await open_pool(using, "kepil_system", DATABASE, size=4), using.traces_days)

    async def close(self) -> None:
        """Closes the pool."""
        await self._pool.close()

    async def ready(self) -> bool:
        """Whether the database answers; raises what it raises."""
        return bool(await self._pool.fetchval("SELECT to_regclass('spans.traces') IS NOT NULL"))

    async def keep(self, spans: Sequence[SpanRecord], day: date | None = None) -> None:
        """Stores spans as those of `day` (default: today). The same span again changes nothing."""
        day = day or datetime.now(UTC).date()
        rows = [(day, *_row(span)) for span in spans]
        async with self._pool.acquire() as connection:
            if day != self._day:
                await open_day(connection, day, self._keep_days)
                self._day = day
            async with connection.transaction():
                await connection.execute(_FRESH)
                await connection.copy_records_to_table("fresh", records=rows, columns=["day", *_COLUMNS])
                await connection.execute(_KEEP)

    async def search(self, seen: Seen, asked: Asked) -> list[dict[str, Any]]:
        """Traces, the newest first."""
        shortest = None if asked.min_ms is None else asked.min_ms * 1_000_000
        rows = await self._pool.fetch(
            _FOUND, seen.agency, seen.nobodys, asked.case_id, asked.service, asked.error, shortest, asked.before, asked.limit
        )
        return [dict(row) | ({} if _alone(seen, row["agencies"]) else {"cases": []}) for row in rows]

    async def spans(self, seen: Seen, trace_id: str) -> list[SpanRecord]:
        """The spans of a trace that may be seen; none where the trace may not be."""
        row = await self._pool.fetchrow("SELECT agencies FROM spans.traces WHERE trace_id = $1", trace_id)
        if row is None or not _may_see(seen, row["agencies"]):
            return []
        found = await self._pool.fetch(_SPANS, trace_id, seen.agency, _MOST_SPANS, _alone(seen, row["agencies"]))
        return [_span(row) for row in found]

    async def beginning(self, start: str, most: int = 3) -> list[str]:
        """Ids of traces that begin so."""
        rows = await self._pool.fetch("SELECT trace_id FROM spans.traces WHERE starts_with(trace_id, $1) LIMIT $2", start, most)
        return [row["trace_id"] for row in rows]


def _may_see(seen: Seen, agencies: Sequence[str]) -> bool:
    return seen.agency is None or seen.agency in agencies or (seen.nobodys and not agencies)


def _alone(seen: Seen, agencies: Sequence[str]) -> bool:
    """Whether what tells no agency is no other's: who sends a request names its trace, and may name another agency's."""
    return seen.agency is None or set(agencies) <= {seen.agency}


def _row(span: SpanRecord) -> tuple[object, ...]:
    stream = str(span.attributes.get(STREAM) or "")
    case_id = span.attributes.get(CASE_ID) or (stream.partition("-")[2] if stream.startswith("application-") else None)
    agency = span.attributes.get(AGENCY)
    return (
        span.trace,
        span.span,
        span.parent,
        span.service,
        span.name,
        span.kind,
        span.start,
        span.end,
        span.error,
        str(agency) if agency else None,
        str(case_id) if case_id else None,
        span.attributes,
        span.links,
    )


def _span(row: asyncpg.Record) -> SpanRecord:
    return SpanRecord(
        trace=row["trace_id"],
        span=row["span_id"],
        parent=row["parent_id"],
        service=row["service"],
        name=row["name"],
        kind=row["kind"],
        start=row["began_ns"],
        end=row["ended_ns"],
        error=row["error"],
        attributes=row["attributes"],
        links=list(row["links"]),
    )
