"""Durable subscriptions: other services' events into this service's read models, with exactly-once effect.

A batch, the inbox rows and the new checkpoint are one transaction; JetStream is acknowledged after it. Because a service's stream
has the order of its log, one checkpoint (xid, position) tells a repetition from news. What is delivered may have gaps (another
process had fetched what lies between, and died): they are filled from the stream, so that nothing is applied before its time.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from chassis import telemetry
from chassis.commit import apply_writes
from chassis.events import Catalogue, UnknownEvent
from chassis.eventstore import START, LogPosition
from chassis.messaging import Delivery, Envelope, consume, envelope_of, recorded, stream_name
from chassis.problems import Unavailable
from chassis.readmodels import ReadModel, Write, project

log = logging.getLogger(__name__)

_ACK_WAIT = 5.0
_PATIENCE = 20.0
_FIRST_LOOK, _LAST_LOOK = 0.005, 0.25
_TAKE = """
INSERT INTO inbox (source, agency, event_id, type, envelope)
SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::text[], $5::jsonb[]) ON CONFLICT DO NOTHING
"""
_ADVANCE = """
INSERT INTO subscriptions (source, xid, position) VALUES ($1, $2::text::xid8, $3)
ON CONFLICT (source) DO UPDATE SET xid = excluded.xid, position = excluded.position
"""
_APPLIED = "SELECT source, xid::text, position FROM subscriptions WHERE source = ANY($1::text[])"


async def until_applied(pool: asyncpg.Pool, positions: Mapping[str, LogPosition], *, patience: float = _PATIENCE) -> None:
    """Waits until a service's read models have taken each source's log up to a position; whichever of its processes takes it.

    Unavailable when that is not so after `patience` seconds. `pool` is that of the service's own jobs' role.
    """
    missing, pause = dict(positions), _FIRST_LOOK
    end = asyncio.get_running_loop().time() + patience
    while missing:
        for row in await pool.fetch(_APPLIED, list(missing)):
            if LogPosition(int(row["xid"]), row["position"]) >= missing[row["source"]]:
                del missing[row["source"]]
        if missing:
            if asyncio.get_running_loop().time() + pause > end:
                raise Unavailable(f"events of {', '.join(sorted(missing))} are not taken in yet; try again", retry_after=1)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)


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
        await consume(self._nats, self._source, f"{self._service}-projections", self._apply, stop, ack_wait=_ACK_WAIT)

    async def _apply(self, batch: Sequence[Delivery]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"subscription-{self._source}")
            after = await self._checkpoint(connection)
            news = await self._news(batch, after)
            if news:
                await self._take(connection, news)
                self.applied = LogPosition.parse(news[-1].position)
                await connection.execute(_ADVANCE, self._source, str(self.applied.xid), self.applied.position)
        for delivery in batch:
            await delivery.message.ack()

    async def _news(self, batch: Sequence[Delivery], after: LogPosition) -> list[Envelope]:
        """Everything that the stream has after the checkpoint, up to the last that was delivered, in its order."""
        delivered = {d.message.metadata.sequence.stream: d.envelope for d in batch}
        news: list[Envelope] = []
        for sequence in range(max(delivered), 0, -1):
            envelope = delivered.get(sequence) or await self._fetched(sequence)
            if envelope is None:
                continue
            if LogPosition.parse(envelope.position) <= after:
                break
            news.append(envelope)
        return news[::-1]

    async def _fetched(self, sequence: int) -> Envelope | None:
        try:
            message = await self._nats.jetstream().get_msg(stream_name(self._source), seq=sequence)
        except NotFoundError:
            return None
        return envelope_of(message.data or b"")

    async def _checkpoint(self, connection: PoolConnectionProxy) -> LogPosition:
        row = await connection.fetchrow("SELECT xid::text, position FROM subscriptions WHERE source = $1", self._source)
        return LogPosition(int(row["xid"]), row["position"]) if row else START

    async def _take(self, connection: PoolConnectionProxy, news: Sequence[Envelope]) -> None:
        columns: list[list[object]] = [
            [e.agency for e in news],
            [e.id for e in news],
            [e.type_name for e in news],
            [e.model_dump(mode="json") for e in news],
        ]
        await connection.execute(_TAKE, self._source, *columns)
        writes: list[Write] = []
        for envelope in news:
            if envelope.type_name not in self._types:
                continue
            with telemetry.consumer_span(
                envelope.type,
                envelope.traceparent,
                message_id=envelope.id,
                group=f"{self._service}-projections",
                kepil__agency=envelope.agency,
                kepil__case_id=envelope.data.get("case_id"),
            ):
                try:
                    writes += project(self._models, await recorded(envelope, self._catalogues))
                except (UnknownEvent, ValidationError):
                    log.exception("%s published %s %s in a shape unknown to this version", self._source, envelope.type, envelope.id)
                    await self._leave_to_rebuild(connection, envelope.type_name)
        await apply_writes(connection, writes)

    async def _leave_to_rebuild(self, connection: PoolConnectionProxy, type_name: str) -> None:
        """The models without this event count as changed: the next migration, of a version that knows it, rebuilds them from the inbox."""
        names = [m.name for m in self._models if type_name in {t.type_name() for t in m.projectors}]
        await connection.execute("UPDATE read_models SET definition = 'incomplete' WHERE name = ANY($1)", names)
