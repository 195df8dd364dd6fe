"""Monitoring, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council.contract import EVENTS as COUNCIL_EVENTS
from services.intake.contract import EVENTS as INTAKE_EVENTS
from services.monitoring import (
    api,
    api_cycle,
    api_figures,
    api_followup,
    api_gathering,
    api_internal,
    api_internal_cycle,
    api_picture,
    api_plan,
    api_surveys,
    api_trainings,
    readmodels,
    readmodels_cycle,
    readmodels_figures,
    readmodels_followup,
    readmodels_gathering,
    readmodels_internal,
    readmodels_picture,
    readmodels_plan,
)
from services.monitoring import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.monitoring.activities import activities
from services.monitoring.contract import EVENTS, TASK_QUEUE
from services.monitoring.domain.agency_recommendation import AGENCY_RECOMMENDATION
from services.monitoring.domain.cycle import CYCLE
from services.monitoring.domain.deadline import DEADLINE
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.gathering import GATHERING
from services.monitoring.domain.internal_commission import INTERNAL_COMMISSION
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE
from services.monitoring.domain.internal_procedure import INTERNAL_PROCEDURE
from services.monitoring.domain.internal_staff import STAFF
from services.monitoring.domain.plan import PLAN
from services.monitoring.domain.procedure import PROCEDURE
from services.monitoring.domain.survey import SURVEY
from services.monitoring.domain.survey_answer import SURVEY_ANSWER
from services.monitoring.domain.training import TRAINING
from services.monitoring.measures import measures
from services.monitoring.recomputation import recompute_outdated
from services.review.contract import EVENTS as REVIEW_EVENTS
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_cycle.router)
router.include_router(api_followup.router)
router.include_router(api_plan.router)
router.include_router(api_picture.router)
router.include_router(api_figures.router)
router.include_router(api_internal.router)
router.include_router(api_internal_cycle.router)
router.include_router(api_surveys.router)
router.include_router(api_gathering.router)
router.include_router(api_trainings.router)

SERVICE = Service(
    name="monitoring",
    title="The deadline register, follow-ups and their monitoring cycles",
    events=EVENTS,
    foreign=[COUNCIL_EVENTS, INTAKE_EVENTS, REVIEW_EVENTS, VISITS_EVENTS],
    deciders=[
        DEADLINE,
        PROCEDURE,
        FOLLOWUP,
        PLAN,
        CYCLE,
        INTERNAL_PROCEDURE,
        STAFF,
        INTERNAL_COMMISSION,
        INTERNAL_CYCLE,
        SURVEY,
        SURVEY_ANSWER,
        GATHERING,
        AGENCY_RECOMMENDATION,
        TRAINING,
    ],
    read_models=[
        *readmodels.ALL,
        *readmodels_followup.ALL,
        *readmodels_plan.ALL,
        *readmodels_cycle.ALL,
        *readmodels_picture.ALL,
        *readmodels_internal.ALL,
        *readmodels_gathering.ALL,
        *readmodels_figures.ALL,
    ],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
    measures=measures,
    at_start=recompute_outdated,
    untraced=api_surveys.UNTRACED,
)
