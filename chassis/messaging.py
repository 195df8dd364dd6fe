"""Events on NATS JetStream: CloudEvents 1.0 in structured JSON, one stream a service, written by that service's relay alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nats
import orjson
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, BadRequestError, NotFoundError
from pydantic import BaseModel, ConfigDict, Field

from chassis.events import Catalogue, Json, Recorded
from chassis.eventstore import LogEntry, LogPosition
from chassis.hashchain import instant
from chassis.privacy import open_fields
from chassis.settings import Settings

log = logging.getLogger(__name__)

POSITION_HEADER = "Kepil-Position"
_BATCH = 256
_PULL_SECONDS = 5.0
_REST_SECONDS = 0.25


def nats_url(settings: Settings) -> str:
    """The setting, or the embedded server's address."""
    return settings.nats_url or f"nats://{settings.host}:{settings.nats_port}"


async def connect_nats(settings: Settings, name: str) -> Nats:
    """A connection that comes back by itself for as long as the process lives."""

    async def on_error(error: Exception) -> None:
        log.warning("nats: %s", error or type(error).__name__)

    return await nats.connect(
        nats_url(settings),
        name=f"kepil-{name}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.5,
        error_cb=on_error,
        pending_size=16 * 1024 * 1024,
    )


def stream_name(service: str) -> str:
    """The JetStream stream of a service's events."""
    return f"KEPIL_{service.upper()}"


async def ensure_stream(client: Nats, service: str, replicas: int) -> None:
    """Makes the stream of a service; everything is kept, so that a new reader can begin at the beginning."""
    config = StreamConfig(
        name=stream_name(service),
        subjects=[f"kepil.{service}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        num_replicas=replicas,
        duplicate_window=120.0,
    )
    try:
        await client.jetstream().add_stream(config)
    except BadRequestError:
        await client.jetstream().update_stream(config)


class Envelope(BaseModel):
    """A CloudEvents 1.0 event in structured JSON mode; extension names as the specification wants them, lower case."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: str = "1.0"
    id: str
    source: str = Field(description="/kepil/<service>")
    type: str = Field(description="kepil.<service>.<aggregate>.<EventType>")
    subject: str = Field(description="The stream")
    time: datetime = Field(description="Legal time of the fact")
    datacontenttype: str = "application/json"
    dataschema: str
    data: Json
    agency: str
    streamversion: int
    schemaversion: int
    recordedat: datetime
    position: str = Field(description="(xid, position) in the log of the service")
    actor: str = ""
    actorroles: str | None = Field(None, description="The roles in which the actor did it, with commas between")
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None

    @property
    def service(self) -> str:
        """The service that publishes it."""
        return self.source.rpartition("/")[2]

    @property
    def type_name(self) -> str:
        """The event type without its place."""
        return self.type.rpartition(".")[2]


def envelope_json(entry: LogEntry, catalogue: Catalogue) -> bytes:
    """The structured JSON of one log entry; sealed personal fields stay sealed."""
    row = entry.row
    metadata: Json = row["metadata"]
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": row["event_id"],
        "source": f"/kepil/{catalogue.service}",
        "type": catalogue.subject(row["type"]),
        "subject": row["stream"],
        "time": instant(row["occurred_at"]),
        "datacontenttype": "application/json",
        "dataschema": f"urn:kepil:schema:{catalogue.service}:{row['type']}:{row['schema_version']}",
        "data": row["data"],
        "agency": row["agency"],
        "streamversion": row["version"],
        "schemaversion": row["schema_version"],
        "recordedat": instant(row["recorded_at"]),
        "position": str(entry.at),
        "actor": metadata.get("actor", ""),
    }
    for extension, key in (("correlationid", "correlation_id"), ("causationid", "causation_id"), ("traceparent", "traceparent")):
        if key in metadata:
            document[extension] = metadata[key]
    if metadata.get("roles"):
        document["actorroles"] = ",".join(metadata["roles"])
    return orjson.dumps(document)


async def recorded(envelope: Envelope, catalogues: Mapping[str, Catalogue]) -> Recorded[Any]:
    """The typed event of an envelope, in its present shape; personal fields of another service read `[sealed]`. UnknownEvent."""
    catalogue = catalogues[envelope.service]
    name = envelope.type_name
    data = envelope.data
    if name in catalogue.types:
        data = await open_fields(catalogue.types[name], data, agency=envelope.agency, keys=None)
    return Recorded(
        event=catalogue.parse(name, envelope.schemaversion, data),
        event_id=envelope.id,
        source=envelope.service,
        agency=envelope.agency,
        stream=envelope.subject,
        version=envelope.streamversion,
        occurred_at=envelope.time,
        recorded_at=envelope.recordedat,
        metadata={"actor": envelope.actor, "agency": envelope.agency, "traceparent": envelope.traceparent},
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came, with its envelope; `attempt` counts from 1."""

    message: Msg
    envelope: Envelope
    attempt: int


Handle = Callable[[Sequence[Delivery]], Awaitable[None]]


def envelope_of(payload: bytes) -> Envelope | None:
    """The envelope in a message; None for what no relay of ours has made."""
    try:
        envelope = Envelope.model_validate_json(payload)
        LogPosition.parse(envelope.position)
    except ValueError:
        return None
    return envelope


_readers: set[tuple[str, str]] = set()


def reading() -> frozenset[tuple[str, str]]:
    """The services whose streams this process reads, each with the durable name of the reader."""
    return frozenset(_readers)


async def ensure_consumer(client: Nats, service: str, durable: str, *, ack_wait: float = 30.0) -> None:
    """The durable pull consumer of one reader on one service's stream, from the first event on."""
    config = ConsumerConfig(
        durable_name=durable,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ack_wait,
        max_ack_pending=2 * _BATCH,
    )
    await client.jetstream().add_consumer(stream_name(service), config)


async def consume(
    client: Nats, service: str, durable: str, handle: Handle, stop: asyncio.Event, *, ack_wait: float = 30.0, most: int = _BATCH
) -> None:
    """Hands batches of at most `most` to `handle` until `stop`. What it does not acknowledge within `ack_wait` seconds comes again; if
    it raises, all.

    What comes again comes after what was delivered meanwhile, and another process may have fetched what lies between: whoever
    needs the order of the log must look for it himself.
    """
    _readers.add((service, durable))
    while not stop.is_set():
        try:
            await ensure_consumer(client, service, durable, ack_wait=ack_wait)
            subscription = await client.jetstream().pull_subscribe_bind(durable, stream_name(service))
            try:
                await _pull(subscription, handle, stop, most)
            finally:
                await subscription.unsubscribe()
        except (NatsError, APIError, OSError) as error:
            if isinstance(error, NotFoundError):
                log.info("%s waits for the stream of %s", durable, service)
            else:
                log.warning("%s on %s: %s", durable, service, str(error) or type(error).__name__)
            await pause(stop, 0.5)


async def _pull(subscription: Any, handle: Handle, stop: asyncio.Event, most: int) -> None:
    while not stop.is_set():
        try:
            messages = await _unless(stop, _fetched(subscription, most))
        except TimeoutError:
            continue
        if messages is None:
            return
        batch = []
        for message in messages:
            envelope = envelope_of(message.data)
            if envelope is None:
                log.error("%s has a message that is no event, on %s: it is dropped", subscription._stream, message.subject)
                await message.term()
            else:
                batch.append(Delivery(message, envelope, message.metadata.num_delivered or 1))
        if not batch:
            continue
        try:
            await handle(batch)
        except Exception:
            log.exception("a batch of %d events failed and will come again", len(batch))
            for delivery in batch:
                await delivery.message.nak(delay=1)
            await pause(stop, 1.0)


async def _fetched(subscription: Any, most: int) -> list[Msg]:
    """The next message as soon as it comes, and with it those that wait behind it. TimeoutError if none comes.

    Asked for many at once, nats-py may hold one back until its time is over: it waits for a word of the server that more will not follow.
    """
    messages: list[Msg] = await subscription.fetch(1, timeout=_PULL_SECONDS)
    waiting = min(messages[0].metadata.num_pending or 0, most - 1)
    if waiting:
        with suppress(TimeoutError, NatsError):  # another process may have taken them; what has come is not held up for that
            messages += await subscription.fetch(waiting, timeout=_REST_SECONDS)
    return messages


async def _unless(stop: asyncio.Event, fetch: Coroutine[Any, Any, list[Msg]]) -> list[Msg] | None:
    """What is fetched, or None when `stop` comes first: an idle reader does not hold up the end of its process."""
    fetching, stopping = asyncio.create_task(fetch), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await fetching if fetching.done() else None
    finally:
        fetching.cancel()
        stopping.cancel()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Waits, but not past `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
