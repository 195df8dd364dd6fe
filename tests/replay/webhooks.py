"""Recordings of deliveries of webhooks."""

from datetime import timedelta

from services.notices.contract import RESEND, Attempted
from tests.workflows.cases import World
from tests.workflows.deliveries import ARRIVES, FAILS, LOST, Notices, Sending, sending
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


def _sending(world: World, name: str, *script: str | Attempted) -> Sending:
    sent = sending(world.client, Notices(world.services.clock), world.time, *script, name=name)
    world.time.follow(sent.workflow_id)
    return sent


WEBHOOKS = (webhook_late, webhook_given_up)
