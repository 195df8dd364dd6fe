"""How far behind a service is: its relay, and every reader of a stream in the process. Read when metrics are."""

import asyncpg
from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from chassis import telemetry
from chassis.messaging import reading, stream_name
from chassis.metrics import Measure, Value
from chassis.relay import Relay

_UNPUBLISHED = """
SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(recorded_at)), 0) AS seconds FROM events
WHERE (xid, position) > ($1::text::xid8, $2)
"""


def of_relay(relay: Relay, service: str, pool: asyncpg.Pool) -> list[Measure]:
    """Of the relay of a service: whether this process leads, and then what it has still to publish."""
    named = {"service": service}

    async def lag(column: str) -> list[Value]:
        if not relay.state.leading:
            return []  # another process knows
        at = relay.state.at
        row = await pool.fetchrow(_UNPUBLISHED, str(at.xid), at.position)
        return [(float(row[column]), named)] if row else []

    async def events() -> list[Value]:
        return await lag("events")

    async def seconds() -> list[Value]:
        return await lag("seconds")

    async def leading() -> list[Value]:
        return [(float(relay.state.leading), named)]

    return [
        Measure(telemetry.RELAY_LAG, "{events}", "Committed events that are not in the stream yet", events),
        Measure(telemetry.RELAY_OLDEST, "s", "Age of the oldest event that is not in the stream yet", seconds),
        Measure(telemetry.RELAY_LEADING, "{relays}", "1 where this process publishes for its service", leading),
    ]


def of_readers(client: Nats) -> list[Measure]:
    """Of every durable reader of this process: what the stream holds for it, and what it has been given and not yet done."""

    async def lag() -> list[Value]:
        found: list[Value] = []
        for source, durable in sorted(reading()):
            try:
                state = await client.jetstream().consumer_info(stream_name(source), durable)
            except (NatsError, APIError, OSError):
                continue
            waiting = (state.num_pending or 0) + (state.num_ack_pending or 0)
            found.append((float(waiting), {"source": source, "reader": durable}))
        return found

    return [Measure(telemetry.READER_LAG, "{events}", "Events of a service that a reader has not dealt with yet", lag)]
