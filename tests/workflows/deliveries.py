"""Notices as a delivery's workflow sees it: its attempts answered as a test has written down."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from chassis.clock import Clock
from services.notices.contract import (
    ATTEMPT,
    DELIVERY,
    DELIVERY_QUEUE,
    GIVE_UP,
    PRUNE,
    PRUNING,
    RESEND,
    TASK_QUEUE,
    AttemptDelivery,
    Attempted,
    DeliveryTask,
    GiveUp,
    Pruned,
    delivery_workflow,
)
from tests.workflows.skipping import SkippedTime

FAILS, LOST, ARRIVES, GONE = "fails", "lost", "arrives", "gone"


@dataclass
class Asked:
    """One attempt that was asked for."""

    at: datetime
    following: float | None


@dataclass
class Notices:
    """Answers by delivery: a word for each attempt, or the answer itself; the last one stays."""

    clock: Clock
    script: dict[str, list[str | Attempted]] = field(default_factory=dict)
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    old: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def working(self, client: Client) -> AsyncIterator[None]:
        """Its worker runs."""

        @activity.defn(name=ATTEMPT)
        async def attempt(ask: AttemptDelivery) -> Attempted:
            self.asked.setdefault(ask.delivery_id, []).append(Asked(await self.clock.now(), ask.following))
            left = self.script[ask.delivery_id]
            word = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(word, Attempted):
                return word
            if word == LOST:
                raise ApplicationError("the sender died")
            return Attempted(over=word != FAILS or ask.following is None, wait=ask.following if word == FAILS else None)

        @activity.defn(name=GIVE_UP)
        async def give_up(ask: GiveUp) -> None:
            self.given_up.append(ask.delivery_id)

        @activity.defn(name=PRUNE)
        async def prune() -> Pruned:
            count = self.old.pop(0) if self.old else 0
            return Pruned(deliveries=count, more=bool(self.old))

        async with Worker(client, task_queue=TASK_QUEUE, activities=[attempt, give_up, prune]):
            yield


@dataclass
class Sending:
    """One delivery under way."""

    client: Client
    notices: Notices
    time: SkippedTime
    id: str

    @property
    def workflow_id(self) -> str:
        """Of its workflow."""
        return delivery_workflow(self.id, "endpoint")

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """Its workflow."""
        return self.client.get_workflow_handle(self.workflow_id)

    @property
    def asked(self) -> list[Asked]:
        """Its attempts so far."""
        return self.notices.asked.get(self.id, [])

    @property
    def pauses(self) -> list[float]:
        """Seconds between its attempts."""
        times = [each.at for each in self.asked]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]

    async def begin(self, *, again: bool = False, tried: int = 0, wait: float | None = None) -> None:
        """Starts it as the dispatcher does, which may have made the first attempt; `again`: as at the word of a person."""
        task = DeliveryTask(agency="agency", delivery_id=self.id, tried=tried, wait=wait)
        policy = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
        await self.client.start_workflow(
            DELIVERY,
            task,
            id=self.workflow_id,
            task_queue=DELIVERY_QUEUE,
            id_reuse_policy=policy,
            **({"start_signal": RESEND} if again else {}),
        )

    async def over(self) -> bool:
        """Whether it has ended."""
        described = await self.handle.describe()
        return described.status is not None and described.status.name == "COMPLETED"

    async def runs(self) -> Sequence[WorkflowHistory]:
        """Its history; it has one run."""
        return [await self.handle.fetch_history()]


def sending(client: Client, notices: Notices, time: SkippedTime, *script: str | Attempted, name: str | None = None) -> Sending:
    """A delivery with its script."""
    made = Sending(client, notices, time, name or uuid4().hex)
    notices.script[made.id] = list(script)
    return made


@dataclass
class Pruning:
    """One night's pruning."""

    client: Client
    id: str

    async def begin(self) -> None:
        """Starts it as the schedule does."""
        await self.client.execute_workflow(PRUNING, id=self.id, task_queue=DELIVERY_QUEUE)

    async def runs(self) -> Sequence[WorkflowHistory]:
        """Its history; it has one run."""
        return [await self.client.get_workflow_handle(self.id).fetch_history()]
