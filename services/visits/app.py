"""Visits, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.review.contract import EVENTS as REVIEW_EVENTS
from services.visits import api, api_monitoring, readmodels, readmodels_monitoring, readmodels_panel
from services.visits import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.visits.activities import activities
from services.visits.contract import EVENTS, TASK_QUEUE
from services.visits.domain.expert import EXPERT
from services.visits.domain.monitoring_visit import MONITORING_VISIT
from services.visits.domain.visit import VISIT

router = APIRouter()
router.include_router(api.router)
router.include_router(api_monitoring.router)

SERVICE = Service(
    name="visits",
    title="Experts, commissions, site visits and reports on them",
    events=EVENTS,
    foreign=[REVIEW_EVENTS],
    deciders=[EXPERT, VISIT, MONITORING_VISIT],
    read_models=[*readmodels.ALL, *readmodels_panel.ALL, *readmodels_monitoring.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
