"""Intake, wired."""

from chassis.service import Service
from regulations import RulebookChanged
from services.council.contract import EVENTS as COUNCIL_EVENTS
from services.intake import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.intake.activities import activities
from services.intake.api import router
from services.intake.contract import EVENTS, TASK_QUEUE
from services.intake.domain.adoption import ADOPTION
from services.intake.domain.application import APPLICATION
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.schedule import SCHEDULE
from services.intake.readmodels import ALL

SERVICE = Service(
    name="intake",
    title="Institutions, applications, contracts, yearly schedules",
    events=EVENTS,
    foreign=[COUNCIL_EVENTS],
    deciders=[INSTITUTION, ADOPTION, SCHEDULE, APPLICATION],
    read_models=ALL,
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
