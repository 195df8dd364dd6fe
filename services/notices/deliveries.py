"""The rows of deliveries: made once for each event and endpoint, and moved by what comes of them. For the service's own jobs alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson

from chassis.ids import derived_id
from services.notices.domain.told import PING

_OPEN_TO = """
SELECT endpoint_id, types, status FROM endpoints
WHERE agency = $1 AND institution_id = $2 AND status <> 'removed' AND recorded_at <= $3
"""
_KEYS = """ARRAY(
    SELECT k.key_id FROM endpoint_keys k
    WHERE k.agency = e.agency AND k.endpoint_id = e.endpoint_id AND (k.until IS NULL OR k.until > {now})
    ORDER BY k.until DESC NULLS FIRST) AS keys"""

# A lease is given with the row, or taken where it has run out; of an endpoint that fails there is none. It is by the server's own clock.
_MAKE = f"""
WITH made AS (
    INSERT INTO webhook_deliveries AS d
        (agency, delivery_id, event_id, endpoint_id, institution_id, type, case_id, body,
        status, trouble, next_at, created_at, leased_until)
    SELECT $1, w.delivery_id, $2, e.endpoint_id, $5, $6, $7, $8,
        CASE WHEN e.status = 'active' OR $6 = $10 THEN 'waiting' ELSE 'held' END,
        CASE WHEN e.status = 'active' OR $6 = $10 THEN NULL ELSE e.status END,
        CASE WHEN e.status = 'active' OR $6 = $10 THEN $9::timestamptz END, $9,
        CASE WHEN e.status = 'active' AND w.leased AND h.endpoint_id IS NULL THEN statement_timestamp() + $11::interval END
    FROM unnest($3::text[], $4::text[], $12::boolean[]) AS w (delivery_id, endpoint_id, leased)
    JOIN endpoints e ON e.agency = $1 AND e.endpoint_id = w.endpoint_id
    LEFT JOIN webhook_health h ON h.agency = e.agency AND h.endpoint_id = e.endpoint_id
    ORDER BY w.delivery_id
    ON CONFLICT (agency, delivery_id) DO UPDATE SET leased_until = CASE
        WHEN d.status = 'waiting' AND d.leased_until < statement_timestamp() THEN statement_timestamp() + $11
        ELSE d.leased_until END
    RETURNING d.*, coalesce(d.status = 'waiting' AND d.leased_until = statement_timestamp() + $11, false) AS taken,
        coalesce(d.leased_until > statement_timestamp(), false) AS leased)
SELECT made.*, e.url, e.status AS endpoint_status, h.failing_since, {_KEYS.format(now="$9")}
FROM made
JOIN endpoints e ON e.agency = made.agency AND e.endpoint_id = made.endpoint_id
LEFT JOIN webhook_health h ON h.agency = made.agency AND h.endpoint_id = made.endpoint_id
"""
_HAND_OVER = "UPDATE webhook_deliveries SET leased_until = NULL WHERE agency = $1 AND delivery_id = $2"
_RELEASE = """
UPDATE webhook_deliveries d SET status = 'waiting', trouble = NULL, next_at = $3, ended_at = NULL
FROM endpoints e
WHERE d.agency = $1 AND d.endpoint_id = $2 AND d.status = 'held' AND d.trouble = 'unverified'
    AND e.agency = d.agency AND e.endpoint_id = d.endpoint_id AND e.status = 'active'
RETURNING d.delivery_id, d.event_id, d.endpoint_id
"""
_AGAIN = """
UPDATE webhook_deliveries d SET status = 'waiting', trouble = NULL, next_at = $4, ended_at = NULL
FROM endpoints e
WHERE d.agency = $1 AND d.endpoint_id = $2 AND ($3::text IS NULL OR d.delivery_id = $3)
    AND ($5::timestamptz IS NULL OR (d.created_at >= $5 AND d.type <> $6 AND d.status IN ('failed', 'stopped', 'held')))
    AND e.agency = d.agency AND e.endpoint_id = d.endpoint_id AND e.status = 'active'
RETURNING d.delivery_id, d.event_id, d.endpoint_id
"""
_STOP = """
UPDATE webhook_deliveries SET status = 'stopped', trouble = $3, next_at = NULL, ended_at = $4
WHERE agency = $1 AND endpoint_id = $2 AND status = 'waiting'
RETURNING delivery_id, event_id, endpoint_id
"""
_FIND = f"""
SELECT d.*, e.url, e.status AS endpoint_status, h.failing_since, {_KEYS.format(now="$3")},
    coalesce(extract(epoch FROM d.leased_until - now()), 0)::float8 AS leased_seconds
FROM webhook_deliveries d
JOIN endpoints e ON e.agency = d.agency AND e.endpoint_id = d.endpoint_id
LEFT JOIN webhook_health h ON h.agency = d.agency AND h.endpoint_id = d.endpoint_id
WHERE d.agency = $1 AND d.delivery_id = $2
"""
_BEGIN = """
WITH counted AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, next_at = NULL WHERE agency = $1 AND delivery_id = $2 RETURNING attempts)
INSERT INTO webhook_attempts (agency, delivery_id, number, at, url, request_headers, body_sha256)
SELECT $1, $2, attempts, $3, $4, $5, $6 FROM counted RETURNING number
"""
_END = """
WITH answered AS (
    UPDATE webhook_attempts SET address = $9, http_status = $4, response = $10, duration_ms = $11, trouble = $5
    WHERE agency = $1 AND delivery_id = $2 AND number = $8)
"""
_MOVE = """
UPDATE webhook_deliveries SET status = $3, http_status = $4, trouble = $5, next_at = $6, ended_at = $7, leased_until = NULL
WHERE agency = $1 AND delivery_id = $2 AND (status = 'waiting' OR $3 = 'delivered')
"""
_FAILED = """
INSERT INTO webhook_health (agency, endpoint_id, failing_since, failures) VALUES ($1, $2, $3, 1)
ON CONFLICT (agency, endpoint_id) DO UPDATE SET failures = webhook_health.failures + 1
RETURNING failing_since
"""
_WELL = "DELETE FROM webhook_health WHERE agency = $1 AND endpoint_id = $2"

# What was held for an endpoint that nobody wanted back for so long goes too; what waits never does.
_PRUNE = """
WITH old AS (
    SELECT agency, delivery_id FROM webhook_deliveries
    WHERE (ended_at < $1 AND status <> 'waiting') OR (status = 'held' AND created_at < $1)
    LIMIT $2 FOR UPDATE SKIP LOCKED),
tried AS (DELETE FROM webhook_attempts a USING old WHERE a.agency = old.agency AND a.delivery_id = old.delivery_id),
gone AS (DELETE FROM webhook_deliveries d USING old WHERE d.agency = old.agency AND d.delivery_id = old.delivery_id RETURNING 1)
SELECT count(*) FROM gone
"""

#: Longer than a first attempt may take; shorter than JetStream waits before it delivers a message again.
LEASE = timedelta(seconds=20)


@dataclass(frozen=True)
class Made:
    """A delivery, and what its workflow is called by."""

    delivery_id: str
    event_id: str
    endpoint_id: str


@dataclass(frozen=True)
class Ending:
    """What an attempt left behind."""

    status: str
    at: datetime
    http_status: int | None = None
    trouble: str | None = None
    next_at: datetime | None = None

    def values(self, agency: str, delivery_id: str) -> tuple[Any, ...]:
        """As `_MOVE` takes them."""
        over = self.at if self.status != "waiting" else None
        return agency, delivery_id, self.status, self.http_status, self.trouble, self.next_at, over


class Deliveries:
    """The tables of deliveries and attempts, through the pool of the service's own jobs."""

    def __init__(self, system: asyncpg.Pool) -> None:
        self._system = system

    async def open_to(self, agency: str, institution_id: str, recorded_at: datetime) -> Sequence[asyncpg.Record]:
        """The endpoints of an institution that were there when something was recorded."""
        rows: Sequence[asyncpg.Record] = await self._system.fetch(_OPEN_TO, agency, institution_id, recorded_at)
        return rows

    async def make(
        self,
        agency: str,
        event_id: str,
        endpoints: Mapping[str, bool],
        institution_id: str,
        body: dict[str, Any],
        at: datetime,
        *,
        lease: timedelta = LEASE,
    ) -> Sequence[asyncpg.Record]:
        """The deliveries of an event, made where there are none. `endpoints` says of each whether a lease of it is wanted.

        Of each: whether the caller has its lease now (`taken`) or somebody has one (`leased`), and what an attempt needs to know.
        """
        ids = [derived_id("webhook", event_id, each) for each in endpoints]
        case_id = body["data"].get("case_id")
        text = orjson.dumps(body).decode()
        told = (event_id, ids, list(endpoints), institution_id, body["type"], case_id, text, at, PING, lease, list(endpoints.values()))
        rows: Sequence[asyncpg.Record] = await self._system.fetch(_MAKE, agency, *told)
        return rows

    async def hand_over(self, agency: str, delivery_id: str) -> None:
        """Gives a lease back: the attempt is made by the workflow."""
        await self._system.execute(_HAND_OVER, agency, delivery_id)

    async def release(self, agency: str, endpoint_id: str, at: datetime) -> list[Made]:
        """Of a verified endpoint, what waited for that; nothing while it is not."""
        return _made(await self._system.fetch(_RELEASE, agency, endpoint_id, at))

    async def again(
        self, agency: str, endpoint_id: str, at: datetime, *, only: str | None = None, since: datetime | None = None
    ) -> list[Made]:
        """One delivery, or all since an instant that did not arrive, as waiting once more."""
        return _made(await self._system.fetch(_AGAIN, agency, endpoint_id, only, at, since, PING))

    async def stop(self, agency: str, endpoint_id: str, why: str, at: datetime) -> list[Made]:
        """Everything that waits for an endpoint, stopped."""
        return _made(await self._system.fetch(_STOP, agency, endpoint_id, why, at))

    async def find(self, agency: str, delivery_id: str, at: datetime) -> asyncpg.Record | None:
        """A delivery with the address and the status of its endpoint, and the keys that sign at an instant, the present one first."""
        return await self._system.fetchrow(_FIND, agency, delivery_id, at)

    async def begin(self, agency: str, delivery_id: str, at: datetime, url: str, headers: dict[str, str], sha256: str) -> int:
        """Writes an attempt before it is made; its number."""
        number: int = await self._system.fetchval(_BEGIN, agency, delivery_id, at, url, headers, sha256)
        return number

    async def end(
        self, agency: str, delivery_id: str, number: int, ending: Ending, *, address: str | None, response: str | None, duration_ms: int
    ) -> None:
        """Writes what came of an attempt, and where the delivery stands now."""
        await self._system.execute(_END + _MOVE, *ending.values(agency, delivery_id), number, address, response, duration_ms)

    async def move(self, agency: str, delivery_id: str, ending: Ending) -> None:
        """Where a delivery stands now, without an attempt."""
        await self._system.execute(_MOVE, *ending.values(agency, delivery_id))

    async def failed(self, agency: str, endpoint_id: str, at: datetime) -> datetime:
        """Counts a failure of an endpoint; since when it fails."""
        since: datetime = await self._system.fetchval(_FAILED, agency, endpoint_id, at)
        return since

    async def well(self, agency: str, endpoint_id: str) -> None:
        """The endpoint answered well, or begins anew."""
        await self._system.execute(_WELL, agency, endpoint_id)

    async def prune(self, before: datetime, most: int) -> int:
        """Deletes deliveries, with their attempts, that were over before an instant; how many."""
        count: int = await self._system.fetchval(_PRUNE, before, most)
        return count


def _made(rows: Sequence[asyncpg.Record]) -> list[Made]:
    return [Made(row["delivery_id"], row["event_id"], row["endpoint_id"]) for row in rows]
