"""The peers of a lifecycle's start, each in a process of its own: `python -m bench.peers temporal|dbos ADDRESS COUNT AT_ONCE`.

Both start the same workflow, so many at once: one activity that does nothing, then a timer of five years. Printed are two rates: until
the last start was accepted, and until the last workflow had its activity's answer and set its timer.
"""

import asyncio
import os
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import uvloop
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FIVE_YEARS = timedelta(days=5 * 365)
_QUEUE = "bare"


class Waiting:
    """Counts the workflows that have come to their timer."""

    def __init__(self) -> None:
        self.count = 0

    async def rates(self, start: "Callable[[], Awaitable[object]]", count: int, at_once: int) -> tuple[float, float]:
        """Workflows a second: from the first start to the last one's acceptance, and to the last timer."""
        left = iter(range(count))

        async def repeat() -> None:
            for _ in left:
                await start()

        already, began = self.count, time.perf_counter()
        await asyncio.gather(*(repeat() for _ in range(at_once)))
        accepted = time.perf_counter()
        while self.count - already < count:
            await asyncio.sleep(0.001)
        return count / (accepted - began), count / (time.perf_counter() - began)


waiting = Waiting()


@activity.defn
async def nothing() -> None:
    """Answers at once."""


@workflow.defn
class Bare:
    """As little as a lifecycle can be."""

    @workflow.run
    async def run(self) -> None:
        """One activity, one timer."""
        await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=60))
        waiting.count += 1
        await workflow.sleep(FIVE_YEARS)


async def temporal(address: str, count: int, at_once: int) -> tuple[float, float]:
    """Client and worker in this process, without a sandbox."""
    client = await Client.connect(address)

    async def start() -> None:
        await client.start_workflow(Bare.run, id=uuid4().hex, task_queue=_QUEUE)

    async with Worker(client, task_queue=_QUEUE, workflows=[Bare], activities=[nothing], workflow_runner=UnsandboxedWorkflowRunner()):
        await waiting.rates(start, max(1, count // 10), at_once)  # caches, connections, the queue's first poll
        return await waiting.rates(start, count, at_once)


async def dbos(url: str, count: int, at_once: int) -> tuple[float, float]:
    """Its asynchronous workflows: of its ways the one in which a waiting workflow holds no thread."""
    from dbos import DBOS

    DBOS(config={"name": "bare", "system_database_url": url, "log_level": "ERROR"})

    @DBOS.step()
    async def step() -> None:
        """Answers at once."""

    @DBOS.workflow()
    async def bare() -> None:
        await step()
        waiting.count += 1
        await DBOS.sleep_async(FIVE_YEARS.total_seconds())

    DBOS.launch()

    async def start() -> None:
        await DBOS.start_workflow_async(bare)

    await waiting.rates(start, max(1, count // 10), at_once)
    return await waiting.rates(start, count, at_once)


def main(peer: str, address: str, count: str, at_once: str) -> None:
    """Prints both rates."""
    measure = {"temporal": temporal, "dbos": dbos}[peer]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(*runner.run(measure(address, int(count), int(at_once))), flush=True)
        os._exit(0)  # what was started waits for years


if __name__ == "__main__":
    main(*sys.argv[1:])
