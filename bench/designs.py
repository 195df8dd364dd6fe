"""What `kepil bench certificates` compares: the other designs, bare, each step in a process of its own that is its client and its worker.

`python -m bench.designs each|institution keep|expire ADDRESS COUNT`: `keep` begins COUNT certificates that end in five years, `expire` as
many that end at one instant soon. Both end certificates by an activity, as the real one would. Printed is one line of JSON.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import uvloop
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "designs"
FIVE_YEARS = timedelta(days=5 * 365)

#: Certificates of one institution.
EACH = 50

_AT_ONCE = 32
_ACTIVITY = timedelta(seconds=60)

#: When each certificate was ended, in this process.
ended: dict[str, list[datetime]] = {}

#: The workflows that have come to their timer, in this process.
waiting: set[str] = set()


@activity.defn
async def end(certificate: str) -> None:
    """Keeps the moment."""
    ended.setdefault(certificate, []).append(datetime.now(UTC))


@workflow.defn
class OneCertificate:
    """A workflow of its own for each certificate."""

    @workflow.run
    async def run(self, certificate: str, until: datetime) -> None:
        """Waits for the end of the certificate."""
        waiting.add(workflow.info().workflow_id)
        await workflow.sleep(until - workflow.now())
        await workflow.execute_activity(end, certificate, start_to_close_timeout=_ACTIVITY)


@workflow.defn
class OneInstitution:
    """An entity for each institution, which knows its certificates; the fewest messages there could be: all come with its start."""

    @workflow.run
    async def run(self, certificates: dict[str, datetime]) -> None:
        """Waits for the earliest end, then for the next."""
        waiting.add(workflow.info().workflow_id)
        while certificates:
            await workflow.sleep(max(timedelta(), min(certificates.values()) - workflow.now()))
            over = sorted(name for name, until in certificates.items() if until <= workflow.now())
            await asyncio.gather(*(workflow.execute_activity(end, name, start_to_close_timeout=_ACTIVITY) for name in over))
            for name in over:
                del certificates[name]


def starts(design: str, client: Client, count: int, until: datetime) -> list[Callable[[], Awaitable[object]]]:
    """One call for each workflow of so many certificates."""
    names = [uuid4().hex for _ in range(count)]

    def each(name: str) -> Callable[[], Awaitable[object]]:
        return lambda: client.start_workflow(OneCertificate.run, args=[name, until], id=name, task_queue=QUEUE)

    def institution(some: list[str]) -> Callable[[], Awaitable[object]]:
        book = dict.fromkeys(some, until)
        return lambda: client.start_workflow(OneInstitution.run, book, id=some[0], task_queue=QUEUE)

    if design == "each":
        return [each(name) for name in names]
    return [institution(names[at : at + EACH]) for at in range(0, count, EACH)]


async def run(design: str, step: str, address: str, count: int) -> dict[str, Any]:
    """What the step took: seconds, certificates a second, memory of this process, and how late each certificate ended."""
    client = await Client.connect(address)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[OneCertificate, OneInstitution],
        activities=[end],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    lead = timedelta(seconds=20 + count / 40) if step == "expire" else FIVE_YEARS
    async with worker:
        before, until = pss(os.getpid()), datetime.now(UTC) + lead
        began = time.perf_counter()
        todo = starts(design, client, count, until)
        left, workflows = iter(todo), len(todo)

        async def repeat() -> None:
            for start in left:
                await start()

        await asyncio.gather(*(repeat() for _ in range(_AT_ONCE)))
        seconds = time.perf_counter() - began
        while len(waiting) < workflows:
            await asyncio.sleep(0.001)
        answer = {"seconds": seconds, "worker": pss(os.getpid()) - before, "late": []}
        if step == "expire":
            while len(ended) < count:
                await asyncio.sleep(0.01)
            answer["late"] = [(moments[0] - until).total_seconds() for moments in ended.values()]
            answer["twice"] = sum(len(moments) > 1 for moments in ended.values())
    return answer


def pss(pid: int) -> int:
    """Bytes of memory of a process, with its share of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
    print(orjson.dumps(found).decode(), flush=True)
    os._exit(0)  # what was begun waits for years
