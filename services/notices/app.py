"""Notices, wired."""

from asyncio import Event
from pathlib import Path

from fastapi import APIRouter

from chassis.service import Runtime, Service
from services.notices import api, api_deliveries, readmodels
from services.notices.activities import activities
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS, TASK_QUEUE
from services.notices.dispatch import Dispatcher
from services.notices.domain.endpoint import ENDPOINT

router = APIRouter()
router.include_router(api_deliveries.router)
router.include_router(api.router)


async def _dispatch(runtime: Runtime, stop: Event) -> None:
    await Dispatcher(runtime).run(stop)


SERVICE = Service(
    name="notices",
    title="Webhooks: where institutions are told of their matters, and what arrived there",
    events=EVENTS,
    foreign=SOURCES,
    deciders=[ENDPOINT],
    read_models=readmodels.ALL,
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    activities_at_once=lambda using: using.webhooks_at_once,
    beside=_dispatch,
    migrations=Path(__file__).parent / "migrations",
)
