"""The three servers and a dummy service under a real supervisor: killed, restarted, refused, stopped."""

import asyncio
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path

import asyncpg
import nats
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.service import ConnectConfig, ServiceClient

from cli.ports import PortBusy
from cli.probes import http_ok
from cli.process import Child, Part
from cli.running import NotRunning, describe
from cli.servers import SEARCH_ATTRIBUTES
from cli.state import StateDir
from cli.supervisor import AlreadyRunning, Stack, StackOptions, StartFailed
from tests.cli.conftest import DUMMY, gone, until


def options(state: Path, **more: object) -> StackOptions:
    return StackOptions(**{"state_dir": state, "services": [], "ports": "free", "issuer": False, **more})  # type: ignore[arg-type]


async def test_what_was_acknowledged_survives_kill_9_of_each_server(tmp_path: Path) -> None:
    with_dummy = options(tmp_path / "state", services=["dummy"], commands={"dummy": DUMMY})
    async with Stack(with_dummy) as stack:
        connection = await asyncpg.connect(stack.urls["postgres"])
        await connection.execute("CREATE TABLE kept (word text)")
        await connection.execute("INSERT INTO kept VALUES ('pledge')")
        client = await nats.connect(stack.urls["nats"])
        await client.jetstream().add_stream(name="KEPT", subjects=["kept.*"])
        await client.jetstream().publish("kept.word", b"pledge")
        await client.close()

        for part in ("postgres", "nats", "temporal", "dummy"):
            before = stack.pids[part]
            await stack.kill(part)
            await stack.wait_ready(part)
            assert stack.pids[part] != before
            assert stack.parts[part].restarts == 1

        connection.terminate()
        connection = await asyncpg.connect(stack.urls["postgres"])
        assert await connection.fetchval("SELECT word FROM kept") == "pledge"
        await connection.close()
        client = await nats.connect(stack.urls["nats"])
        assert (await client.jetstream().get_msg("KEPT", 1)).data == b"pledge"
        await client.close()
        temporal = await ServiceClient.connect(ConnectConfig(target_host=stack.urls["temporal"]))
        known = await temporal.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
        assert set(SEARCH_ATTRIBUTES) <= set(known.custom_attributes)
        pids = list(stack.pids.values())
    assert gone(pids)
    with pytest.raises(NotRunning):
        describe(tmp_path / "state")


async def test_state_survives_an_ordered_stop(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "state")) as stack:
        connection = await asyncpg.connect(stack.urls["postgres"])
        await connection.execute("CREATE TABLE kept (word text)")
        await connection.close()
    async with Stack(options(tmp_path / "state")) as stack:
        connection = await asyncpg.connect(stack.urls["postgres"])
        assert await connection.fetchval("SELECT count(*) FROM kept") == 0
        await connection.close()


async def test_the_embedded_database_wants_its_password(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "state", time_skipping=True)) as stack:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{stack.ports['postgres']}/postgres")


async def test_a_state_path_longer_than_a_socket_path_works(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / ("long" * 30) / "state", time_skipping=True)) as stack:
        assert set(stack.pids) == {"postgres", "nats", "temporal"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may own a folder that the database's user cannot pass")
async def test_a_state_folder_below_a_private_one_is_reached_but_not_listed(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    async with Stack(options(private / "state", time_skipping=True)) as stack:
        assert private.stat().st_mode & 0o777 == 0o701
        assert f"chmod o+x {private}" in stack.log("postgres").read_text()


async def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "state", time_skipping=True)) as first:
        with pytest.raises(AlreadyRunning, match="kepil down"):
            await Stack(options(tmp_path / "state")).start()
        await first.wait_ready(timeout=5)


@pytest.mark.parametrize(
    ("part", "setting"),
    [("postgres", "KEPIL_POSTGRES_PORT"), ("temporal-ui", "KEPIL_TEMPORAL_UI_PORT"), ("intake", "KEPIL_PORTS")],
)
async def test_a_busy_port_is_named_with_its_part_and_its_setting(tmp_path: Path, part: str, setting: str) -> None:
    stack = Stack(options(tmp_path / "state", services=["intake"], ports="fixed", port_base=11700))
    offset = {"postgres": 32, "temporal-ui": 73, "intake": 1}[part]
    with socket.create_server(("127.0.0.1", 11700 + offset)), pytest.raises(PortBusy) as refused:
        await stack.start()
    assert f"port {11700 + offset} of {part} is taken" in str(refused.value)
    assert setting in str(refused.value)
    assert not stack.pids


async def test_a_service_that_cannot_start_is_shown_with_its_log(tmp_path: Path) -> None:
    broken = options(
        tmp_path / "state", services=["dummy"], commands={"dummy": DUMMY}, environment={"DUMMY_FAILS": "1"}, time_skipping=True
    )
    stack = Stack(broken)
    with pytest.raises(StartFailed) as failed:
        await stack.start()
    assert failed.value.part == "dummy"
    assert "no configuration for the dummy" in failed.value.log_tail
    assert not stack.pids


async def test_a_part_whose_port_another_process_answers_is_not_called_ready(tmp_path: Path) -> None:
    """Another stack's service on the same port says that it is ready: that is not ours."""
    silent = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    async with Stack(options(tmp_path / "one", services=["dummy"], commands={"dummy": DUMMY}, time_skipping=True)) as other:
        taken = other.ports["dummy"]
        state = StateDir(tmp_path / "two")
        state.make()
        part = Part("dummy", tuple(silent), partial(http_ok, f"{other.urls['dummy']}/readyz"), port=taken)
        child = Child(part, state, lambda _: None, start_timeout=3.0)
        with pytest.raises(StartFailed) as failed:
            await child.start()
        assert not await child.answers()
        await child.stop()
        told = f"port {taken} answers, but not for this process"
        assert failed.value.log_tail.count(told) == 1
        assert f"(process {other.pids['dummy']}) listens there" in failed.value.log_tail
        await other.wait_ready("dummy", timeout=5)


async def test_a_part_that_hangs_is_not_called_ready(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "state", time_skipping=True)) as stack:
        await stack.kill("nats", signal.SIGSTOP)
        with pytest.raises(TimeoutError, match="nats"):
            await stack.wait_ready("nats", timeout=1)
        await stack.kill("nats", signal.SIGCONT)
        await stack.wait_ready("nats")


async def test_an_external_server_is_not_started(tmp_path: Path) -> None:
    async with Stack(options(tmp_path / "one", time_skipping=True)) as ours:
        given = {"KEPIL_POSTGRES_URL": ours.urls["postgres"], "KEPIL_NATS_URL": ours.urls["nats"]}
        async with Stack(options(tmp_path / "two", environment=given, time_skipping=True)) as other:
            assert set(other.pids) == {"temporal"}
            assert other.settings().postgres_url == ours.urls["postgres"]
            assert other.urls["nats"] == ours.urls["nats"]


async def test_restarts_go_on_while_a_part_keeps_dying(tmp_path: Path) -> None:
    lively = options(tmp_path / "state", services=["dummy"], commands={"dummy": DUMMY}, time_skipping=True)
    async with Stack(lively) as stack:
        for _ in range(4):
            await stack.kill("dummy")
            await stack.wait_ready("dummy")
        assert stack.parts["dummy"].restarts == 4
        await asyncio.to_thread(until, lambda: describe(tmp_path / "state")["pids"] == stack.pids, "the description follows")
