"""Review, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.intake.contract import EVENTS as INTAKE_EVENTS
from services.review import api, api_materials, readmodels, readmodels_materials
from services.review import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.review.activities import activities
from services.review.contract import EVENTS, TASK_QUEUE
from services.review.domain.materials import MATERIALS
from services.review.domain.report import REPORT
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_materials.router)

SERVICE = Service(
    name="review",
    title="Self-assessment reports, their review and the recommendations on them",
    events=EVENTS,
    foreign=[INTAKE_EVENTS, VISITS_EVENTS],
    deciders=[REPORT, MATERIALS],
    read_models=[*readmodels.ALL, *readmodels_materials.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
