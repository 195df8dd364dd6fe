"""Recordings of deliveries of webhooks."""

from datetime import timedelta

from services.notices.contract import RESEND, Attempted
from tests.workflows.cases import World
from tests.workflows.deliveries import ARRIVES, FAILS, LOST, Notices, Pruning, Sending, sending
from workflows.webhook import JITTER, SCHEDULE


async def webhook_late(world: World, name: str) -> Sending:
    """It fails, waits for as long as the receiver asks, finds it busy, is asked for by a person and arrives."""
    sent = _sending(world, name, FAILS, Attempted(wait=900.0), Attempted(busy=True, wait=2.0), LOST, FAILS, ARRIVES)
    async with sent.notices.working(world.client):
        await sent.begin()
        await sent.time.advance_to(await sent.time.now() + timedelta(hours=1))
        await sent.handle.signal(RESEND)
        await sent.time.settle()
    return sent


async def webhook_given_up(world: World, name: str) -> Sending:
    """Nothing arrives in all its days, and the last sender dies."""
    sent = _sending(world, name, *([FAILS] * (len(SCHEDULE) - 1)), LOST)
    async with sent.notices.working(world.client):
        await sent.begin()
        await sent.time.advance_to(await sent.time.now() + timedelta(seconds=sum(SCHEDULE) * (1 + JITTER) + 60))
    return sent


async def webhook_handed_over(world: World, name: str) -> Sending:
    """The first attempt failed before it began; the second does too."""
    sent = _sending(world, name, FAILS, ARRIVES)
    async with sent.notices.working(world.client):
        await sent.begin(tried=1, wait=5.5)
        await sent.time.advance_to(await sent.time.now() + timedelta(hours=1))
    return sent


async def webhook_pruning(world: World, name: str) -> Pruning:
    """Two times some thousand, and a rest."""
    pruning = Pruning(world.client, name)
    async with Notices(world.services.clock, old=[5_000, 5_000, 12]).working(world.client):
        await pruning.begin()
    return pruning


def _sending(world: World, name: str, *script: str | Attempted) -> Sending:
    sent = sending(world.client, Notices(world.services.clock), world.time, *script, name=name)
    world.time.follow(sent.workflow_id)
    return sent


WEBHOOKS = (webhook_late, webhook_given_up, webhook_handed_over, webhook_pruning)
