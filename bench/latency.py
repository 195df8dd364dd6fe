"""From the commit in one service to the row in another's read model, at a steady load, through both services' real processes."""

import asyncio
import time
from collections.abc import Mapping
from uuid import uuid4

import asyncpg

from bench.results import Result, Sizes, percentile
from bench.subject import institution, telemetry_as_in_a_service
from chassis.ids import new_id
from chassis.postgres import open_connection
from chassis.service import Runtime, open_runtime
from chassis.settings import Settings
from services.intake.app import SERVICE as INTAKE
from services.intake.domain.institution import INSTITUTION, RegisterInstitution

TARGETS: Mapping[float, float | None] = {0.5: 20.0, 0.95: None, 0.99: 100.0}
_LOOK_SECONDS = 0.001
_PATIENCE = 30.0
_SEEN = "SELECT institution_id FROM institutions WHERE agency = $1 AND institution_id = ANY($2::text[])"


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Institutions are entered here with intake's handler; looked for in council's register of them."""
    watch = Watch(f"bench-{uuid4().hex[:12]}")
    async with telemetry_as_in_a_service(using), open_runtime(INTAKE, using) as runtime:
        connection = await open_connection(using, "kepil_system", "council")
        try:
            await _one(runtime, watch)
            await watch.until_all_are_seen(connection)  # whatever backlog there was is gone now
            watch.took.clear()
            looking = asyncio.create_task(watch.look(connection))
            offered = await _offer(runtime, watch, sizes)
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await watch.until_all_are_seen(connection)
        finally:
            await connection.close()
    what = f"latency: commit to another service, {offered:.0f}/s"
    return [
        Result(f"{what}, p{share * 100:.0f}", percentile(watch.took, share) * 1000, None, "", "ms", target)
        for share, target in TARGETS.items()
    ]


class Watch:
    """When each institution was committed, and how long it took until the other service showed it."""

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.took: list[float] = []
        self._committed: dict[str, float] = {}

    def committed(self, institution_id: str) -> None:
        """Now."""
        self._committed[institution_id] = time.perf_counter()

    async def look(self, connection: asyncpg.Connection) -> None:
        """Looks again and again; a look's own time is counted against Kepil."""
        while True:
            if self._committed:
                rows = await connection.fetch(_SEEN, self.agency, list(self._committed))
                now = time.perf_counter()
                self.took += [now - self._committed.pop(row["institution_id"]) for row in rows]
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_all_are_seen(self, connection: asyncpg.Connection) -> None:
        """TimeoutError if one never comes."""
        looking = asyncio.create_task(self.look(connection))
        try:
            async with asyncio.timeout(_PATIENCE):
                while self._committed:
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)


async def _one(runtime: Runtime, watch: Watch) -> None:
    body = institution(new_id())
    ctx = await runtime.context(agency=watch.agency, actor="bench", key=new_id())
    await ctx.execute(INSTITUTION, body["institution_id"], ctx.command(RegisterInstitution, **body), create=True)
    watch.committed(body["institution_id"])


async def _offer(runtime: Runtime, watch: Watch, sizes: Sizes) -> float:
    """Sends commands at the clock's pace, whether or not those before have been answered; the rate that was kept."""
    count = int(sizes.latency_rate * sizes.latency_seconds)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            due = began + number / sizes.latency_rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(_one(runtime, watch))
    return count / (time.perf_counter() - began)
