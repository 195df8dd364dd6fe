"""Intake, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council.contract import EVENTS as COUNCIL_EVENTS
from services.intake import api, api_agency, readmodels, readmodels_agency
from services.intake import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.intake.activities import activities
from services.intake.contract import EVENTS, TASK_QUEUE
from services.intake.domain.adoption import ADOPTION
from services.intake.domain.application import APPLICATION
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.schedule import SCHEDULE
from services.intake.domain.standards import STANDARDS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_agency.router)

SERVICE = Service(
    name="intake",
    title="Institutions, applications, contracts, yearly schedules",
    events=EVENTS,
    foreign=[COUNCIL_EVENTS],
    deciders=[INSTITUTION, ADOPTION, SCHEDULE, STANDARDS, APPLICATION],
    read_models=[*readmodels.ALL, *readmodels_agency.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
