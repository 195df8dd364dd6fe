"""Durable subscriptions: other services' events into this service's read models, with exactly-once effect.

A batch, the inbox rows and the new checkpoint are one transaction; JetStream is acknowledged after it. Because a service's stream
has the order of its log, one checkpoint (xid, position) tells a repetition from news.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from nats.aio.client import Client as Nats

from chassis import telemetry
from chassis.commit import apply_writes
from chassis.events import Catalogue, UnknownEvent
from chassis.eventstore import START, LogPosition
from chassis.messaging import Delivery, consume, recorded
from chassis.readmodels import ReadModel, project

log = logging.getLogger(__name__)

_TAKE = """
INSERT INTO inbox (source, agency, event_id, type, envelope)
SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::text[], $5::jsonb[]) ON CONFLICT DO NOTHING
"""
_ADVANCE = """
INSERT INTO subscriptions (source, xid, position) VALUES ($1, $2::text::xid8, $3)
ON CONFLICT (source) DO UPDATE SET xid = excluded.xid, position = excluded.position
"""


class Subscription:
    """One service's reading of another's events. One process applies at a time (advisory lock per transaction)."""

    def __init__(
        self,
        service: str,
        source: Catalogue,
        models: Sequence[ReadModel],
        pool: asyncpg.Pool,
        client: Nats,
        catalogues: Mapping[str, Catalogue],
    ) -> None:
        self._service = service
        self._source = source.service
        self._types = {t.type_name() for m in models for t in m.projectors if t in set(source.types.values())}
        self._models = models
        self._pool = pool
        self._nats = client
        self._catalogues = catalogues
        self.applied = START

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        await consume(self._nats, self._source, f"{self._service}-projections", self._apply, stop)

    async def _apply(self, batch: Sequence[Delivery]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"subscription-{self._source}")
            after = await self._checkpoint(connection)
            news = [d for d in batch if LogPosition.parse(d.envelope.position) > after]
            if news:
                await self._take(connection, news)
                self.applied = LogPosition.parse(news[-1].envelope.position)
                await connection.execute(_ADVANCE, self._source, str(self.applied.xid), self.applied.position)
        for delivery in batch:
            await delivery.message.ack()

    async def _checkpoint(self, connection: PoolConnectionProxy) -> LogPosition:
        row = await connection.fetchrow("SELECT xid::text, position FROM subscriptions WHERE source = $1", self._source)
        return LogPosition(int(row["xid"]), row["position"]) if row else START

    async def _take(self, connection: PoolConnectionProxy, news: Sequence[Delivery]) -> None:
        columns: list[list[object]] = [
            [d.envelope.agency for d in news],
            [d.envelope.id for d in news],
            [d.envelope.type_name for d in news],
            [d.envelope.model_dump(mode="json") for d in news],
        ]
        await connection.execute(_TAKE, self._source, *columns)
        writes = []
        for delivery in news:
            if delivery.envelope.type_name not in self._types:
                continue
            traceparent = delivery.envelope.traceparent
            group = f"{self._service}-projections"
            with telemetry.consumer_span(
                delivery.envelope.type,
                traceparent,
                message_id=delivery.envelope.id,
                group=group,
                kepil__case_id=delivery.envelope.data.get("case_id"),
            ):
                try:
                    writes += project(self._models, await recorded(delivery.envelope, self._catalogues))
                except UnknownEvent:
                    log.warning("%s published %s, which this version does not know", self._source, delivery.envelope.type)
        await apply_writes(connection, writes)
