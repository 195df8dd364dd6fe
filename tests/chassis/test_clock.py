"""Legal time and wall time."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client

from chassis.clock import SystemClock, TemporalTestClock, clock_from
from chassis.settings import Settings
from tests.chassis.servers import temporal_test_server


async def test_the_system_clock_tells_aware_utc() -> None:
    clock = SystemClock()

    legal = await clock.now()

    assert legal.tzinfo is UTC
    assert clock.wall() - legal < timedelta(seconds=5)


async def test_legal_time_follows_the_time_skipping_server_and_wall_time_does_not() -> None:
    async with temporal_test_server() as client:
        clock = clock_from(Settings(clock="temporal-test-server"), client)
        before = await clock.now()

        await _skip(client, timedelta(days=400))

        assert isinstance(clock, TemporalTestClock)
        assert await clock.now() - before >= timedelta(days=400)
        assert abs(clock.wall() - datetime.now(UTC)) < timedelta(seconds=5)


async def _skip(client: Client, duration: timedelta) -> None:
    wanted = Duration()
    wanted.FromTimedelta(duration)
    await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=wanted))


def test_the_settings_choose_the_clock() -> None:
    assert isinstance(clock_from(Settings()), SystemClock)
    with pytest.raises(ValueError, match="Temporal client"):
        clock_from(Settings(clock="temporal-test-server"))
