"""Many accreditations at once, over REST: how fast their lifecycles begin and answer, and whether every step is taken exactly once.

Beside them, in the same run and before as well as after: a bare workflow on a fresh Temporal server with the same program and pragmas
as the embedded one, and the same workflow of `dbos` in a fresh database of the same PostgreSQL.
"""

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from nats.js import JetStreamContext
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from bench.cases import SERVICES, Case, Logs, Opened, Portals, drive, open_logs, prepare, register
from bench.exactly import checked, faults
from bench.results import Result, Sizes, middle, percentile
from chassis.messaging import connect_nats, stream_name
from chassis.postgres import admin_url
from chassis.settings import Settings
from chassis.temporal import connect_temporal, described
from cli.state import ROOT
from cli.supervisor import Stack, StackOptions
from workflows.conductor import DURABLE

_DBOS_DATABASE = "kepil_bench_dbos"
_WORKFLOW = "AccreditationLifecycle"
_LAST_STAGE = "visit_announcement"
_PATIENCE = 120.0

#: What a lifecycle does next, after the fact that it waits for.
_REACTIONS = (
    (("intake", "ContractConcluded"), ("review", "SelfAssessmentOpened")),
    (("review", "RecommendationsIssued"), ("visits", "VisitOpened")),
)
_REGISTERED, _DEADLINE = ("intake", "ApplicationRegistered"), ("monitoring", "DeadlineSet overall")

#: Workflows a second: until the last start is accepted, until the last one waits with its timer.
Rates = tuple[float, float]


class StepsAreWrong(RuntimeError):
    """A step was lost or done twice: figures mean nothing then."""


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Peers, Kepil, peers; the peers' figures are the middle of both."""
    peers: dict[str, list[Rates]] = {"bare Temporal": [], "dbos": []}

    async def measure_peers() -> None:
        peers["bare Temporal"].append(await bare_temporal(sizes))
        peers["dbos"].append(await bare_dbos(using, sizes))

    await measure_peers()
    rates, others = await run_cases(using, sizes)
    await measure_peers()
    beside = []
    for number, (what, rate) in enumerate(rates.items()):
        if rate is not None:
            beside += [
                Result(f"{_many(sizes)}, {what}", rate, middle([pair[number] for pair in pairs]), name, "lifecycles/s", None)
                for name, pairs in peers.items()
            ]
    return [*beside, *others]


async def run_cases(using: Settings, sizes: Sizes) -> tuple[dict[str, float | None], list[Result]]:
    """All cases registered at once, then all driven on at once; StepsAreWrong where a step is lost or doubled."""
    portals = Portals(using, f"bench-{uuid4().hex[:12]}", sizes.clients)
    async with open_logs(using, portals.agency) as logs:
        try:
            cases = await prepare(portals, sizes.cases)
            portals.took.clear()
            await asyncio.gather(*(register(portals, case) for case in cases))
            ids = [case.case_id for case in cases]
            await logs.until("monitoring", "DeadlineSet", ids)
            last = await _last_start(using, ids)
            began = time.perf_counter()
            await _drive(portals, cases, logs)
            seconds = time.perf_counter() - began
        finally:
            portals.close()
        await until_told(using)
        await check_workflows(using, portals.agency, ids)
        times, first = await logs.steps()
    if wrong := faults(ids, times):
        raise StepsAreWrong("\n".join(wrong))
    registered = [first[(*_REGISTERED, case)] for case in ids]
    waiting = [first[(*_DEADLINE, case)] for case in ids]
    rates = {
        "started": len(ids) / (last - min(registered)).total_seconds() if last else None,
        "waiting with a deadline": len(ids) / (max(waiting) - min(registered)).total_seconds(),
    }
    begins = _milliseconds(zip(registered, waiting, strict=True))
    lags = _milliseconds((first[(*fact, case)], first[(*step, case)]) for fact, step in _REACTIONS for case in ids)
    many = _many(sizes)
    return rates, [
        Result(f"{many}, driven on", len(ids) / seconds, None, "", "lifecycles/s", None),
        *_shares(f"{many}, a command", [took * 1000 for took in portals.took]),
        *_shares(f"{many}, registration to deadline", begins),
        *_shares(f"{many}, fact to next step", lags),
        Result(f"{many}, steps, none lost or doubled", checked(ids), None, "", "steps", None),
    ]


def _many(sizes: Sizes) -> str:
    return f"lifecycles: {sizes.cases:,} at once"


def _milliseconds(pairs: Iterable[tuple[datetime, datetime]]) -> list[float]:
    return [(after - before).total_seconds() * 1000 for before, after in pairs]


def _shares(what: str, milliseconds: Sequence[float]) -> list[Result]:
    return [Result(f"{what}, p{share * 100:.0f}", percentile(milliseconds, share), None, "", "ms", None) for share in (0.5, 0.99)]


async def _drive(portals: Portals, cases: Sequence[Case], logs: Logs) -> None:
    opened = Opened(logs, [case.case_id for case in cases])
    looking = asyncio.create_task(opened.look())
    try:
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(drive(portals, case, opened))
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _last_start(using: Settings, ids: Sequence[str]) -> datetime | None:
    """When Temporal started the last of them, which are all in their first run; None where its clock is not this machine's."""
    if using.clock != "system":
        return None
    client = await connect_temporal(using)
    found = await asyncio.gather(*(described(client, case_id) for case_id in ids))
    return max(each.workflow_execution_info.start_time.ToDatetime(UTC) for each in found)


async def until_told(using: Settings) -> None:
    """Until the conductor has acknowledged every event: what it would tell twice, it has told by then. StepsAreWrong if it never has."""
    nats = await connect_nats(using, "bench")
    try:
        end = time.monotonic() + _PATIENCE
        for service in SERVICES:
            while left := await _untold(nats.jetstream(), service):
                if time.monotonic() > end:
                    raise StepsAreWrong(f"the conductor still has {left} events of {service} to tell")
                await asyncio.sleep(0.1)
    finally:
        await nats.close()


async def _untold(streams: JetStreamContext, service: str) -> int:
    reader = await streams.consumer_info(stream_name(service), DURABLE)
    return (reader.num_pending or 0) + (reader.num_ack_pending or 0)


async def check_workflows(using: Settings, agency: str, ids: Sequence[str]) -> None:
    """One running lifecycle a case, at the stage that its facts led to; StepsAreWrong if one never gets there."""
    client = await connect_temporal(using)
    end = time.monotonic() + _PATIENCE
    missing = dict.fromkeys(ids, "")
    while missing:
        missing = {case_id: state for case_id in missing if (state := await _lifecycle(client, case_id)) != f"{_WORKFLOW} {_LAST_STAGE}"}
        if missing and time.monotonic() > end:
            case_id, state = next(iter(missing.items()))
            raise StepsAreWrong(f"{len(missing)} of {len(ids)} lifecycles do not wait at {_LAST_STAGE}, such as {case_id}: {state}")
    if using.clock == "system":  # the time-skipping server has no list of its workflows
        await _until_listed(client, agency, len(ids))


async def _lifecycle(client: Client, case_id: str) -> str:
    """Type and stage of a running workflow, else why there is none."""
    try:
        found = (await described(client, case_id)).workflow_execution_info
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return "has no workflow"
    if found.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
        return f"{found.type.name} is {WorkflowExecutionStatus.Name(found.status)}"
    stage = found.search_attributes.indexed_fields.get("KepilStage")
    return f"{found.type.name} {DataConverter.default.payload_converter.from_payload(stage, str) if stage else ''}"


async def _until_listed(client: Client, agency: str, count: int) -> None:
    """The server's own list has so many running workflows of the agency: none beside those of the cases."""
    end = time.monotonic() + _PATIENCE
    query = f"KepilAgency = '{agency}' AND ExecutionStatus = 'Running'"
    while (listed := (await client.count_workflows(query)).count) != count:
        if time.monotonic() > end:
            raise StepsAreWrong(f"Temporal lists {listed} running workflows instead of {count}")
        await asyncio.sleep(0.1)


async def bare_temporal(sizes: Sizes) -> Rates:
    """Starts a second on a server of its own, beside the stack's idle one."""
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        here = {"KEPIL_TEMPORAL_ADDRESS": ""}  # the servers of the stack are settings of this process; of Temporal another one is wanted
        async with Stack(StackOptions(state_dir=Path(folder), services=(), ports="free", environment=here)) as server:
            return await _peer("temporal", server.urls["temporal"], sizes)


async def bare_dbos(using: Settings, sizes: Sizes) -> Rates:
    """Starts a second in a database that is there for this alone."""
    url = urlsplit(admin_url(using))
    connection = await asyncpg.connect(url.geturl())
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {_DBOS_DATABASE} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {_DBOS_DATABASE}")
        return await _peer("dbos", urlunsplit(url._replace(path=f"/{_DBOS_DATABASE}")), sizes)
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {_DBOS_DATABASE} WITH (FORCE)")
        await connection.close()


async def _peer(name: str, address: str, sizes: Sizes) -> Rates:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.peers", name, address, str(sizes.cases), str(sizes.clients)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(f"measuring {name} failed:\n{errors.decode(errors='replace').strip()}")
    accepted, waiting = output.decode().strip().splitlines()[-1].split()
    return float(accepted), float(waiting)
