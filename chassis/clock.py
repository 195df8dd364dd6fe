"""The only place that asks what time it is. Legal time decides about deadlines; wall time about tokens, leases and records."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from google.protobuf.empty_pb2 import Empty
from temporalio.client import Client

from chassis.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Both times are aware, in UTC, to the microsecond."""

    async def now(self) -> datetime:
        """Legal time: the time that regulations count from."""

    def wall(self) -> datetime:
        """The machine's time."""


class SystemClock:
    """Legal time is the machine's time."""

    async def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def wall(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)


class TemporalTestClock:
    """Legal time is that of Temporal's time-skipping test server, so that years pass in a test as they do for its workflows."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def now(self) -> datetime:
        """The test server's time; an RPC."""
        answer = await self._client.test_service.get_current_time(Empty())
        return _EPOCH + timedelta(seconds=answer.time.seconds, microseconds=answer.time.nanos // 1_000)

    def wall(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)


def clock_from(settings: Settings, client: Client | None = None) -> Clock:
    """The clock that the settings name; ValueError if it needs a Temporal client and there is none."""
    if settings.clock == "system":
        return SystemClock()
    if client is None:
        raise ValueError("the clock of the temporal test server needs a Temporal client")
    return TemporalTestClock(client)
