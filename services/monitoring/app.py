"""Monitoring, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council.contract import EVENTS as COUNCIL_EVENTS
from services.monitoring import (
    api,
    api_cycle,
    api_followup,
    api_picture,
    api_plan,
    readmodels,
    readmodels_cycle,
    readmodels_followup,
    readmodels_picture,
    readmodels_plan,
)
from services.monitoring import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.monitoring.activities import activities
from services.monitoring.contract import EVENTS, TASK_QUEUE
from services.monitoring.domain.cycle import CYCLE
from services.monitoring.domain.deadline import DEADLINE
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.plan import PLAN
from services.monitoring.domain.procedure import PROCEDURE
from services.monitoring.recomputation import recompute_outdated
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_cycle.router)
router.include_router(api_followup.router)
router.include_router(api_plan.router)
router.include_router(api_picture.router)

SERVICE = Service(
    name="monitoring",
    title="The deadline register, follow-ups and their monitoring cycles",
    events=EVENTS,
    foreign=[COUNCIL_EVENTS, VISITS_EVENTS],
    deciders=[DEADLINE, PROCEDURE, FOLLOWUP, PLAN, CYCLE],
    read_models=[*readmodels.ALL, *readmodels_followup.ALL, *readmodels_plan.ALL, *readmodels_cycle.ALL, *readmodels_picture.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
    at_start=recompute_outdated,
)
