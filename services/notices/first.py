"""The first attempt of a delivery, made by whoever read the event, under a lease of its row: most deliveries need no more, and no workflow.

Nobody waits long for it. When it takes its time its workflow begins, and looks after it when the lease has run out.
"""

import asyncio
import logging
import random
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any, Protocol

from temporalio.service import RPCError, RPCStatusCode

from chassis.context import Context
from chassis.ids import derived_id
from chassis.service import Runtime
from services.notices.attempts import Sender
from services.notices.contract import JITTER, RESEND, SCHEDULE, AttemptDelivery, delivery_workflow
from services.notices.deliveries import LEASE, Deliveries

log = logging.getLogger(__name__)

#: Who read the event waits so long for an attempt, and for its turn at an endpoint.
PATIENCE_SECONDS, TURN_SECONDS = 1.0, 0.5


class HandOver(Protocol):
    """Begins the workflow of a delivery; whether it had not begun before."""

    async def __call__(self, row: Any, *, tried: int = 0, wait: float | None = None) -> bool: ...


class FirstAttempts:
    """Those of one process."""

    def __init__(self, runtime: Runtime, rows: Deliveries, hand_over: HandOver) -> None:
        self._runtime = runtime
        self._rows = rows
        self._hand_over = hand_over
        self._sender = Sender.of(runtime)
        self._at_once = asyncio.Semaphore(runtime.settings.webhooks_at_once)
        self._slow: Counter[tuple[str, str]] = Counter()
        self.under_way: set[asyncio.Task[None]] = set()

    def slow(self, agency: str, endpoint_id: str) -> bool:
        """Whether an endpoint lets somebody wait just now: what comes for it is its workflows'."""
        return self._slow[agency, endpoint_id] > 0

    async def make(self, row: Any) -> None:
        """Until the delivery has arrived or has a workflow."""
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        attempt = asyncio.create_task(self._make(row, begun))
        self.under_way.add(attempt)
        attempt.add_done_callback(self._made)
        await asyncio.wait({attempt, begun}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({attempt}, timeout=PATIENCE_SECONDS)
        if attempt.done():
            attempt.result()
            return
        place = (row["agency"], row["endpoint_id"])
        self._slow[place] += 1
        attempt.add_done_callback(lambda _: self._slow.subtract((place,)))
        await self._hand_over(row, wait=LEASE.total_seconds())

    async def _make(self, row: Any, begun: asyncio.Future[None]) -> None:
        agency, delivery_id = row["agency"], row["delivery_id"]
        following = SCHEDULE[1] * random.uniform(1, 1 + JITTER)  # noqa: S311 no secret
        async with self._at_once, AsyncExitStack() as held:
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await held.enter_async_context(self._sender.rooms.within((agency, row["endpoint_id"])))
            except TimeoutError:
                await self._rows.hand_over(agency, delivery_id)
                await self._hand_over(row)
                return
            begun.set_result(None)
            ask = AttemptDelivery(agency=agency, delivery_id=delivery_id, following=following)
            attempted = await self._sender.send(ask, row, lambda: self._context(row))
        if attempted.wait is not None and not await self._hand_over(row, tried=1, wait=attempted.wait):
            await self._wake(row)

    def _made(self, attempt: asyncio.Task[None]) -> None:
        self.under_way.discard(attempt)
        if not attempt.cancelled() and (error := attempt.exception()):
            log.warning("a first attempt has not ended as it should: %s", error or type(error).__name__)

    async def _context(self, row: Any) -> Context:
        """For what follows of an attempt: the same command however often it is made."""
        workflow = delivery_workflow(row["event_id"], row["endpoint_id"])
        command_id = derived_id("webhook-first", row["delivery_id"])
        return await self._runtime.context(agency=row["agency"], actor=f"delivery:{workflow}", command_id=command_id)

    async def _wake(self, row: Any) -> None:
        """Its workflow waits for the end of the lease; it looks at the row, and then waits as the row says."""
        assert self._runtime.temporal is not None
        try:
            await self._runtime.temporal.get_workflow_handle(delivery_workflow(row["event_id"], row["endpoint_id"])).signal(RESEND)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
