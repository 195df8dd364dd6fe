"""The relay: the way out of one service's event store into its JetStream stream, in the order of the log, without gap or double.

There is one relay of a service at a time (advisory lock). Every publish names the sequence number that it expects before it, so
that the stream takes messages in the order of the log or not at all, however many are under way. The stream itself is the
checkpoint: its last message says how far the log has been published. A stream that was deleted or emptied is filled again from the
beginning of the log: its readers know by the positions what they have seen.
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
from chassis.bell import CHANNEL
from chassis.events import Catalogue
from chassis.eventstore import START, LogEntry, LogPosition, is_behind, read_log, undelivered
from chassis.messaging import POSITION_HEADER, ensure_stream, envelope_json, pause, stream_name
from chassis.postgres import KEEPALIVES, prepare_connection, role_url
from chassis.settings import Settings

log = logging.getLogger(__name__)

_BATCH = 1000
_ACK_SECONDS = 5.0
_IDLE_SECONDS = 5.0
_ANSWER_SECONDS = 30.0  # a connection that answers no longer gives the lead away
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
        self._jetstream = client.jetstream()
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
                    log.warning("relay of %s: %s", self._catalogue.service, str(error) or type(error).__name__)
                    await pause(stop, 0.5)
                except Exception:
                    log.exception("the relay of %s cannot go on; it tries again", self._catalogue.service)
                    await pause(stop, 5.0)
                finally:
                    self.state.leading = False
        finally:
            stopper.cancel()

    def wake(self) -> bool:
        """There is something to publish. Says whether this relay is the one that will."""
        self._woken.set()
        return self.state.leading

    async def lag(self, connection: asyncpg.Connection | PoolConnectionProxy) -> int:
        """Committed events that are not in the stream yet, as far as this relay knows."""
        return await undelivered(connection, self.state.at)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _lead(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(
            role_url(self._settings, "kepil_system", self._catalogue.service),
            command_timeout=_ANSWER_SECONDS,
            server_settings={"application_name": f"kepil-relay-{self._catalogue.service}", **KEEPALIVES},
        )
        try:
            await prepare_connection(connection)
            while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('kepil-relay'))"):
                await pause(stop, 1.0)
                if stop.is_set():
                    return
            await ensure_stream(self._nats, self._catalogue.service, self._settings.nats_replicas)
            sequence, self.state.at = await self._resume()
            self.state.leading = True
            await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
            while not stop.is_set():
                self._woken.clear()
                entries = await read_log(connection, self.state.at, _BATCH)
                if entries:
                    sequence = await self._publish(entries, sequence)
                elif await is_behind(connection, self.state.at):
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
        """The last sequence number of the stream, and the place in the log of the last event in it."""
        state = (await self._jetstream.stream_info(self._stream)).state
        for sequence in range(state.last_seq, max(state.first_seq, 1) - 1, -1):
            try:
                message = await self._jetstream.get_msg(self._stream, seq=sequence)
            except NotFoundError:
                continue
            position = (message.headers or {}).get(POSITION_HEADER)
            if position is not None:
                return state.last_seq, LogPosition.parse(position)
            log.error("message %d of %s was not published by this relay", sequence, self._stream)
        if self.state.at > START:
            log.error("%s has lost the %d events published so far: all are published again", self._stream, self.state.published)
        return state.last_seq, START

    async def _publish(self, entries: list[LogEntry], sequence: int) -> int:
        """Sends all, and waits for the last: it is taken only if all before it were. What was taken of a refused batch `_resume` finds."""
        before: dict[str, str] = {}
        for entry in entries:
            row = entry.row
            subject = self._catalogue.subject(row["type"])
            with telemetry.producer_span(
                subject,
                traceparent=row["metadata"].get("traceparent"),
                message_id=row["event_id"],
                kepil__agency=row["agency"],
                kepil__case_id=row["data"].get("case_id"),
            ):
                headers = {
                    Header.MSG_ID.value: row["event_id"],
                    Header.EXPECTED_LAST_SEQUENCE.value: str(sequence),
                    POSITION_HEADER: str(entry.at),
                    "content-type": "application/cloudevents+json",
                    **before,
                }
                traceparent = telemetry.current_traceparent()
                if traceparent:
                    headers["traceparent"] = traceparent
                payload = envelope_json(entry, self._catalogue)
                if entry is entries[-1]:
                    await self._jetstream.publish(subject, payload, timeout=_ACK_SECONDS, headers=headers)
                else:
                    await self._nats.publish(subject, payload, headers=headers)
            sequence += 1
            # if a stranger's message took this one's number, the next one's would fit: it must also follow this very message
            before = {Header.EXPECTED_LAST_MSG_ID.value: row["event_id"]}
        self.state.at = entries[-1].at
        self.state.published += len(entries)
        return sequence
