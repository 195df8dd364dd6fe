"""What the workflows of webhooks ask of notices."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from temporalio import activity

from chassis.service import Runtime
from services.notices.attempts import Sender
from services.notices.contract import ATTEMPT, GIVE_UP, PRUNE, AttemptDelivery, Attempted, GiveUp, Pruned
from services.notices.pruning import prune


def activities(runtime: Runtime) -> Sequence[Callable[..., Awaitable[Any]]]:
    """The activities of this service's task queue."""
    sender = Sender.of(runtime)

    @activity.defn(name=ATTEMPT)
    async def attempt(ask: AttemptDelivery) -> Attempted:
        info = activity.info()
        return await sender.attempt(ask, lambda: runtime.workflow_context(ask.agency, info))

    @activity.defn(name=GIVE_UP)
    async def give_up(ask: GiveUp) -> None:
        await sender.give_up(ask)

    @activity.defn(name=PRUNE)
    async def prune_deliveries() -> Pruned:
        return await prune(runtime)

    return [attempt, give_up, prune_deliveries]
