"""Visits, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.review.contract import EVENTS as REVIEW_EVENTS
from services.visits import (
    api,
    api_commission,
    api_conclusion,
    api_control,
    api_monitoring,
    api_recheck,
    readmodels,
    readmodels_commission,
    readmodels_conclusion,
    readmodels_control,
    readmodels_monitoring,
    readmodels_panel,
)
from services.visits import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.visits.activities import activities
from services.visits.contract import EVENTS, TASK_QUEUE
from services.visits.domain.commission import ATTESTATION_VISIT
from services.visits.domain.conclusion import CONCLUSION
from services.visits.domain.control import CONTROL
from services.visits.domain.control_learner import LEARNER
from services.visits.domain.expert import EXPERT
from services.visits.domain.monitoring_visit import MONITORING_VISIT
from services.visits.domain.recheck import RECHECK
from services.visits.domain.visit import VISIT

router = APIRouter()
router.include_router(api.router)
router.include_router(api_monitoring.router)
router.include_router(api_commission.router)
router.include_router(api_control.router)
router.include_router(api_conclusion.router)
router.include_router(api_recheck.router)

SERVICE = Service(
    name="visits",
    title="Experts, commissions, site visits and reports on them",
    events=EVENTS,
    foreign=[REVIEW_EVENTS],
    deciders=[EXPERT, VISIT, MONITORING_VISIT, ATTESTATION_VISIT, CONTROL, LEARNER, CONCLUSION, RECHECK],
    read_models=[
        *readmodels.ALL,
        *readmodels_panel.ALL,
        *readmodels_monitoring.ALL,
        *readmodels_commission.ALL,
        *readmodels_control.ALL,
        *readmodels_conclusion.ALL,
    ],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
