"""Notices, wired."""

from asyncio import Event, TaskGroup
from pathlib import Path

from fastapi import APIRouter

from chassis.service import Runtime, Service
from regulations import RulebookChanged
from services.notices import (
    api,
    api_deliveries,
    api_letters,
    api_search,
    api_timeline,
    readmodels,
    readmodels_letters,
    readmodels_search,
    readmodels_timeline,
)
from services.notices.activities import activities
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS, TASK_QUEUE
from services.notices.dispatch import Dispatcher
from services.notices.domain.endpoint import ENDPOINT
from services.notices.domain.letter import LETTER, LETTER_BOOK, LETTERHEAD
from services.notices.letters_writer import LetterWriter
from services.notices.measures import measures
from services.notices.pruning import ensure_schedule

router = APIRouter()
router.include_router(api_deliveries.router)
router.include_router(api.router)
router.include_router(api_letters.router)
router.include_router(api_timeline.router)
router.include_router(api_search.router)


async def _dispatch(runtime: Runtime, stop: Event) -> None:
    async with TaskGroup() as parts:
        parts.create_task(Dispatcher(runtime).run(stop))
        parts.create_task(LetterWriter(runtime).run(stop))
        parts.create_task(ensure_schedule(runtime, stop))


SERVICE = Service(
    name="notices",
    title="Webhooks: where institutions are told of their matters, and what arrived there",
    events=EVENTS,
    foreign=SOURCES,
    deciders=[ENDPOINT, LETTER, LETTER_BOOK, LETTERHEAD],
    read_models=[*readmodels.ALL, *readmodels_letters.ALL, *readmodels_timeline.ALL, *readmodels_search.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    activities_at_once=lambda using: using.webhooks_at_once,
    beside=_dispatch,
    measures=measures,
    migrations=Path(__file__).parent / "migrations",
    conflicts=[RulebookChanged],
)
