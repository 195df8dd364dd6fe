"""Monitoring, wired. It takes nothing from other services' events: lifecycles tell it what is due."""

from chassis.service import Service
from regulations import RulebookChanged
from services.monitoring.activities import activities
from services.monitoring.api import router
from services.monitoring.contract import EVENTS, TASK_QUEUE
from services.monitoring.domain.deadline import DEADLINE
from services.monitoring.readmodels import ALL
from services.monitoring.recomputation import recompute_outdated

SERVICE = Service(
    name="monitoring",
    title="The deadline register",
    events=EVENTS,
    deciders=[DEADLINE],
    read_models=ALL,
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
    at_start=recompute_outdated,
)
