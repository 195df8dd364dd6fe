"""Visits, wired."""

from chassis.service import Service
from regulations import RulebookChanged
from services.review.contract import EVENTS as REVIEW_EVENTS
from services.visits import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.visits import readmodels, readmodels_panel
from services.visits.activities import activities
from services.visits.api import router
from services.visits.contract import EVENTS, TASK_QUEUE
from services.visits.domain.expert import EXPERT
from services.visits.domain.visit import VISIT

SERVICE = Service(
    name="visits",
    title="Experts, commissions, site visits and reports on them",
    events=EVENTS,
    foreign=[REVIEW_EVENTS],
    deciders=[EXPERT, VISIT],
    read_models=[*readmodels.ALL, *readmodels_panel.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
