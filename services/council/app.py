"""Council, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council import (
    api,
    api_appeals,
    api_certificates,
    api_corrections,
    api_dossier,
    api_register,
    api_remedies,
    readmodels,
    readmodels_certificates,
    readmodels_dossier,
    readmodels_remedies,
)
from services.council import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.council.activities import activities
from services.council.contract import EVENTS, TASK_QUEUE
from services.council.domain.blanks import BLANKS
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.complaint import COMPLAINT
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL
from services.council.domain.meeting import MEETING
from services.intake.contract import EVENTS as INTAKE_EVENTS
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_dossier.router)
router.include_router(api_remedies.router)
router.include_router(api_certificates.router)
router.include_router(api_appeals.router)
router.include_router(api_corrections.router)
router.include_router(api_register.router)

SERVICE = Service(
    name="council",
    title="Councils, meetings, votes, decisions, certificates, public register",
    events=EVENTS,
    foreign=[INTAKE_EVENTS, VISITS_EVENTS],
    deciders=[COUNCIL, MEETING, CONSIDERATION, COMPLAINT, BLANKS, CERTIFICATE],
    read_models=[*readmodels.ALL, *readmodels_dossier.ALL, *readmodels_remedies.ALL, *readmodels_certificates.ALL],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
)
