"""What `kepil bench lifecycles` promises beside its figures: every step of every case is taken exactly once. The checks are checked."""

import asyncio
from datetime import datetime

import pytest

import bench.cases
import bench.peers
from bench import lifecycles
from bench.cases import Logs
from bench.exactly import EXPECTED, Step, checked, faults
from bench.results import Sizes
from chassis.migrations import admin_connection
from cli.supervisor import Stack

CASES = ("case-1", "case-2", "case-3")
SMALL = Sizes(cases=4, clients=3)

_AGAIN = """
INSERT INTO events (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)
SELECT agency, stream, version + 1000, gen_random_uuid(), type, schema_version, data, metadata, occurred_at, recorded_at, hash
FROM events WHERE agency = $1 AND type = 'SelfAssessmentOpened' LIMIT 1
"""


def whole() -> dict[Step, int]:
    """Logs in which nothing is wrong."""
    return {(service, kind, case): times for service, kinds in EXPECTED.items() for kind, times in kinds.items() for case in CASES}


def test_every_step_once_is_no_fault() -> None:
    assert faults(CASES, whole()) == []


def test_the_steps_that_are_checked_are_those_of_the_logs() -> None:
    assert checked(CASES) == sum(whole().values())


def test_a_lost_step_is_found() -> None:
    logs = whole()
    del logs["visits", "VisitOpened", "case-2"]
    assert faults(CASES, logs) == ["visits: VisitOpened lost, 0 instead of 1, in 1 of 3 cases, such as case-2"]


def test_a_doubled_step_is_found() -> None:
    logs = whole() | {("review", "SelfAssessmentOpened", case): 2 for case in ("case-1", "case-3")}
    assert faults(CASES, logs) == ["review: SelfAssessmentOpened doubled, 2 instead of 1, in 2 of 3 cases, such as case-1"]


def test_one_signature_of_two_is_a_lost_step() -> None:
    assert faults(CASES, whole() | {("intake", "ContractSigned", "case-1"): 1})[0].startswith("intake: ContractSigned lost, 1 instead of 2")


def test_a_step_that_nobody_asked_for_is_found() -> None:
    logs = whole() | {("monitoring", "DeadlineSet contract", "case-1"): 1}
    assert faults(CASES, logs) == ["monitoring: DeadlineSet contract unexpected, 1 instead of 0, in 1 of 3 cases, such as case-1"]


def test_a_case_that_nobody_opened_is_found() -> None:
    assert faults(CASES, whole() | {("intake", "ApplicationFiled", "case-9"): 1}) != []


async def test_a_rate_ends_with_the_last_timer_and_not_with_the_last_start() -> None:
    waiting = bench.peers.Waiting()
    later: list[asyncio.Task[None]] = []

    async def arrive() -> None:
        await asyncio.sleep(0.2)
        waiting.count += 1

    async def start() -> None:
        later.append(asyncio.create_task(arrive()))

    accepted, timers = await waiting.rates(start, 10, 2)
    assert len(later) == 10
    assert timers <= 10 / 0.2 < accepted


@pytest.mark.slow
async def test_dbos_is_measured_and_leaves_no_database(servers: Stack) -> None:
    using = servers.settings()
    accepted, waiting = await lifecycles.bare_dbos(using, SMALL)
    assert accepted >= waiting > 0
    connection = await admin_connection(using.model_copy(update={"database_prefix": ""}), "postgres")
    try:
        assert not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'kepil_bench%'")
    finally:
        await connection.close()


@pytest.mark.slow
async def test_temporal_is_measured_on_a_server_of_its_own() -> None:
    accepted, waiting = await lifecycles.bare_temporal(SMALL)
    assert accepted >= waiting > 0


@pytest.mark.slow
async def test_cases_are_driven_at_once_and_every_step_is_there_once(stack: Stack) -> None:
    rates, results = await lifecycles.run_cases(stack.settings(), SMALL)
    assert rates["waiting with a deadline"]
    assert rates["started"] is None, "the time-skipping server's clock is not the machine's"
    by_name = {result.what.removeprefix("lifecycles: 4 at once, "): result for result in results}
    assert by_name["steps, none lost or doubled"].kepil == len(whole()) / 3 * 4 + 4  # two signatures
    assert 0 < by_name["a command, p50"].kepil <= by_name["a command, p99"].kepil
    assert 0 < by_name["fact to next step, p50"].kepil <= by_name["fact to next step, p99"].kepil


@pytest.mark.slow
async def test_an_event_that_stands_twice_in_a_log_fails_the_measurement(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubled(Logs):
        async def steps(self) -> tuple[dict[Step, int], dict[Step, datetime]]:
            """As if the self-assessment had been opened twice in one case, by a row in the log itself."""
            connection = self._connections["review"]
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(_AGAIN, self._agency)
                return await super().steps()
            finally:
                await transaction.rollback()

    monkeypatch.setattr(bench.cases, "Logs", Doubled)
    with pytest.raises(lifecycles.StepsAreWrong, match="review: SelfAssessmentOpened doubled, 2 instead of 1, in 1 of 4 cases"):
        await lifecycles.run_cases(stack.settings(), SMALL)


@pytest.mark.slow
async def test_a_case_without_its_lifecycle_fails_the_measurement(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycles, "_PATIENCE", 0.1)
    with pytest.raises(
        lifecycles.StepsAreWrong, match="1 of 1 lifecycles do not wait at visit_announcement, such as nobody: has no workflow"
    ):
        await lifecycles.check_workflows(stack.settings(), "bench-nobody", ["nobody"])
