"""The rows of deliveries: made once for each event and endpoint, and moved by what comes of them. For the service's own jobs alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from chassis.ids import derived_id
from services.notices.domain.told import PING

_OPEN_TO = """
SELECT endpoint_id, types, status FROM endpoints
WHERE agency = $1 AND institution_id = $2 AND status <> 'removed' AND recorded_at <= $3
"""
_MAKE = """
INSERT INTO webhook_deliveries
    (agency, delivery_id, event_id, endpoint_id, institution_id, type, case_id, body, status, trouble, next_at, created_at)
SELECT $1, $2, $3, e.endpoint_id, $5, $6, $7, $8,
    CASE WHEN e.status = 'active' OR $6 = $10 THEN 'waiting' ELSE 'held' END,
    CASE WHEN e.status = 'active' OR $6 = $10 THEN NULL ELSE e.status END,
    CASE WHEN e.status = 'active' OR $6 = $10 THEN $9::timestamptz END, $9
FROM endpoints e WHERE e.agency = $1 AND e.endpoint_id = $4
ON CONFLICT (agency, delivery_id) DO UPDATE SET delivery_id = excluded.delivery_id
RETURNING status = 'waiting'
"""
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
_FIND = """
SELECT d.*, e.url, e.status AS endpoint_status, h.failing_since, ARRAY(
    SELECT k.key_id FROM endpoint_keys k WHERE k.agency = $1 AND k.endpoint_id = d.endpoint_id AND (k.until IS NULL OR k.until > $3)
    ORDER BY k.until DESC NULLS FIRST) AS keys
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
UPDATE webhook_deliveries SET status = $3, http_status = $4, trouble = $5, next_at = $6, ended_at = $7
WHERE agency = $1 AND delivery_id = $2 AND (status = 'waiting' OR $3 = 'delivered')
"""
_FAILED = """
INSERT INTO webhook_health (agency, endpoint_id, failing_since, failures) VALUES ($1, $2, $3, 1)
ON CONFLICT (agency, endpoint_id) DO UPDATE SET failures = webhook_health.failures + 1
RETURNING failing_since
"""
_WELL = "DELETE FROM webhook_health WHERE agency = $1 AND endpoint_id = $2"


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
        self, agency: str, event_id: str, endpoint_id: str, institution_id: str, body: dict[str, Any], at: datetime
    ) -> tuple[Made, bool]:
        """The delivery of an event to an endpoint, made if there is none; and whether it is to be sent."""
        delivery_id = derived_id("webhook", event_id, endpoint_id)
        case_id = body["data"].get("case_id")
        text = orjson.dumps(body).decode()
        told = (agency, delivery_id, event_id, endpoint_id, institution_id, body["type"], case_id, text, at, PING)
        waits = bool(await self._system.fetchval(_MAKE, *told))
        return Made(delivery_id, event_id, endpoint_id), waits

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


def _made(rows: Sequence[asyncpg.Record]) -> list[Made]:
    return [Made(row["delivery_id"], row["event_id"], row["endpoint_id"]) for row in rows]
