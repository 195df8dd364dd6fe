"""How fast the relay publishes a backlog: against the rate at which the store takes events, and against raw publishing to JetStream."""

import asyncio
import time
from contextlib import suppress

from nats.aio.client import Client as Nats
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import NotFoundError

from bench.rates import rate_of
from bench.results import Result, Sizes, middle
from bench.subject import CATALOGUE, SERVICE, open_subject, telemetry_as_in_a_service
from chassis.eventstore import START, LogPosition, read_log
from chassis.messaging import connect_nats, envelope_json, stream_name
from chassis.postgres import open_connection
from chassis.relay import Relay
from chassis.settings import Settings

TARGET = 1.0
WRITERS = 32
WINDOW = 1000
_RAW = "KEPIL_BENCH_RAW"
_PATIENCE = 60.0


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Each round appends a backlog, relays it and publishes the same messages raw."""
    appended, relayed, published = [], [], []
    client = await connect_nats(using, SERVICE)
    try:
        await _remove_streams(client)
        async with telemetry_as_in_a_service(using), open_subject(using) as subject:

            async def step() -> None:
                await subject.append("bench")

            reached = START
            for turn in range(1, sizes.rounds + 1):
                appended.append(await rate_of([step] * WRITERS, sizes.backlog))
                relayed.append(await _relay(using, client, sizes.backlog, turn * sizes.backlog))
                messages, reached = await _messages(using, reached)
                published.append(await _publish_raw(client, messages))
    finally:
        await _remove_streams(client)
        await client.close()
    what = f"relay: a backlog of {sizes.backlog:,} events"
    return [
        Result(what, middle(relayed), middle(appended), f"store's own rate, {WRITERS} at once", "events/s", TARGET),
        Result(what, middle(relayed), middle(published), f"nats publish, window {WINDOW}", "events/s", None),
    ]


async def _relay(using: Settings, client: Nats, backlog: int, whole: int) -> float:
    """Events a second from the relay's start until the stream has them all."""
    relay, stop = Relay(using, CATALOGUE, client), asyncio.Event()
    began = time.perf_counter()
    running = asyncio.create_task(relay.run(stop))
    async with asyncio.timeout(_PATIENCE):
        while relay.state.published < backlog:
            await asyncio.sleep(0.001)
    took = time.perf_counter() - began
    stop.set()
    await running
    stored = (await client.jetstream().stream_info(stream_name(SERVICE))).state.messages
    if stored != whole:
        raise RuntimeError(f"the stream has {stored} events instead of {whole}")
    return backlog / took


async def _messages(using: Settings, after: LogPosition) -> tuple[list[tuple[str, bytes]], LogPosition]:
    """What the relay has published of the log after a position."""
    messages: list[tuple[str, bytes]] = []
    connection = await open_connection(using, "kepil_system", SERVICE)
    try:
        while entries := await read_log(connection, after, WINDOW):
            messages += [("kepil-bench.raw", envelope_json(entry, CATALOGUE)) for entry in entries]
            after = entries[-1].at
    finally:
        await connection.close()
    return messages, after


async def _publish_raw(client: Nats, messages: list[tuple[str, bytes]]) -> float:
    stream = client.jetstream()
    await stream.add_stream(StreamConfig(name=_RAW, subjects=["kepil-bench.raw"], storage=StorageType.FILE))
    began = time.perf_counter()
    for start in range(0, len(messages), WINDOW):
        await asyncio.gather(*[await stream.publish_async(*message) for message in messages[start : start + WINDOW]])
    return len(messages) / (time.perf_counter() - began)


async def _remove_streams(client: Nats) -> None:
    for name in (stream_name(SERVICE), _RAW):
        with suppress(NotFoundError):
            await client.jetstream().delete_stream(name)
