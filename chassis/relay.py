"""The relay: the way out of one service's event store into its JetStream stream, in the order of the log, without gap or double.

There is one relay of a service at a time (advisory lock). Every publish names the sequence number that it expects before it, so
that the stream takes messages in the order of the log or not at all, however many are under way. The stream itself is the
checkpoint: its last message says how far the log has been published.
"""

import asyncio
import logging
from dataclasses import dataclass

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from chassis import telemetry
from chassis.events import Catalogue
from chassis.eventstore import START, LogEntry, LogPosition, read_log, undelivered
from chassis.messaging import POSITION_HEADER, ensure_stream, envelope_json, pause, stream_name
from chassis.postgres import prepare_connection, role_url
from chassis.settings import Settings

log = logging.getLogger(__name__)

_BATCH = 1000
_ACK_SECONDS = 10.0
_IDLE_SECONDS = 5.0
_HELD_BACK_SECONDS = 0.002


@dataclass
class RelayState:
    """How the relay stands, for readiness and metrics."""

    leading: bool = False
    at: LogPosition = START
    published: int = 0


class Relay:
    """Publishes one service's events while this process leads; otherwise waits for its turn."""

    def __init__(self, settings: Settings, catalogue: Catalogue, client: Nats) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._nats = client
        self._stream = stream_name(catalogue.service)
        self._woken = asyncio.Event()
        self.state = RelayState()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; every failure of PostgreSQL or NATS is waited out."""
        stopper = asyncio.create_task(self._wake_on(stop))
        try:
            while not stop.is_set():
                try:
                    await self._lead(stop)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, NatsError, APIError, TimeoutError) as error:
                    log.warning("relay of %s: %s", self._catalogue.service, error or type(error).__name__)
                    await pause(stop, 0.5)
                finally:
                    self.state.leading = False
        finally:
            stopper.cancel()

    async def lag(self, connection: asyncpg.Connection | PoolConnectionProxy) -> int:
        """Committed events that are not in the stream yet, as far as this relay knows."""
        return await undelivered(connection, self.state.at)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _lead(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(role_url(self._settings, "kepil_system", self._catalogue.service))
        try:
            await prepare_connection(connection)
            while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('kepil-relay'))"):
                await pause(stop, 1.0)
                if stop.is_set():
                    return
            await ensure_stream(self._nats, self._catalogue.service, self._settings.nats_replicas)
            sequence, self.state.at = await self._resume()
            self.state.leading = True
            await connection.add_listener("events", lambda *_: self._woken.set())
            while not stop.is_set():
                self._woken.clear()
                entries = await read_log(connection, self.state.at, _BATCH)
                if entries:
                    sequence = await self._publish(entries, sequence)
                elif await undelivered(connection, self.state.at):
                    await pause(stop, _HELD_BACK_SECONDS)  # committed, but an older transaction is still open
                else:
                    await self._wait()
        finally:
            if not connection.is_closed():
                await connection.close(timeout=2)

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), _IDLE_SECONDS)
        except TimeoutError:
            return

    async def _resume(self) -> tuple[int, LogPosition]:
        stream = self._nats.jetstream()
        info = await stream.stream_info(self._stream)
        last = info.state.last_seq
        if info.state.messages == 0:
            return last, START
        try:
            message = await stream.get_msg(self._stream, seq=last)
        except NotFoundError:
            return last, START
        return last, LogPosition.parse((message.headers or {})[POSITION_HEADER])

    async def _publish(self, entries: list[LogEntry], sequence: int) -> int:
        acks = []
        stream = self._nats.jetstream()
        for entry in entries:
            row = entry.row
            subject = self._catalogue.subject(row["type"])
            with telemetry.producer_span(
                subject,
                traceparent=row["metadata"].get("traceparent"),
                message_id=row["event_id"],
                kepil__case_id=row["data"].get("case_id"),
            ):
                headers = {
                    Header.MSG_ID.value: row["event_id"],
                    Header.EXPECTED_LAST_SEQUENCE.value: str(sequence),
                    POSITION_HEADER: str(entry.at),
                    "content-type": "application/cloudevents+json",
                }
                traceparent = telemetry.current_traceparent()
                if traceparent:
                    headers["traceparent"] = traceparent
                acks.append(await stream.publish_async(subject, envelope_json(entry, self._catalogue), headers=headers))
            sequence += 1
        async with asyncio.timeout(_ACK_SECONDS):
            answers = await asyncio.gather(*acks, return_exceptions=True)
        for entry, answer in zip(entries, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer  # those behind it were refused as well: the next turn resumes from the stream's last message
            self.state.at = entry.at
            self.state.published += 1
        return sequence
