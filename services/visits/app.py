"""Visits, wired."""

from chassis.service import Service
from regulations import RulebookChanged
from services.visits.activities import activities
from services.visits.api import router
from services.visits.contract import EVENTS, TASK_QUEUE
from services.visits.domain.expert import EXPERT
from services.visits.domain.visit import VISIT
from services.visits.readmodels import ALL

SERVICE = Service(
    name="visits",
    title="Experts, commissions, site visits and reports on them",
    events=EVENTS,
    deciders=[EXPERT, VISIT],
    read_models=ALL,
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
