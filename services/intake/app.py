"""Intake, wired."""

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council.contract import EVENTS as COUNCIL_EVENTS
from services.intake import (
    api,
    api_agency,
    api_attestation_schedules,
    api_attestations,
    api_attested,
    api_documents,
    readmodels,
    readmodels_agency,
    readmodels_attestation,
    readmodels_attested,
    readmodels_documents,
)
from services.intake import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.intake import consumers_attestation as _consumers_attestation  # noqa: F401
from services.intake import consumers_documents as _consumers_documents  # noqa: F401
from services.intake.activities import activities
from services.intake.contract import EVENTS, TASK_QUEUE
from services.intake.domain.adoption import ADOPTION
from services.intake.domain.application import APPLICATION
from services.intake.domain.attestation import ATTESTATION_PLACE
from services.intake.domain.attestation_schedule import ATTESTATION_SCHEDULE, PROPOSAL
from services.intake.domain.attested import ATTESTED
from services.intake.domain.attested_import import SUBJECT_IMPORT
from services.intake.domain.document import DOCUMENT, READINGS
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.interim_control import CONTROL_LIMIT
from services.intake.domain.schedule import SCHEDULE
from services.intake.domain.standards import STANDARDS
from services.intake.handlers_documents import finish_erasures
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_agency.router)
router.include_router(api_attested.router)
router.include_router(api_attestation_schedules.router)
router.include_router(api_attestations.router)
router.include_router(api_documents.router)

SERVICE = Service(
    name="intake",
    title="Institutions, applications, contracts, yearly schedules",
    events=EVENTS,
    foreign=[COUNCIL_EVENTS, VISITS_EVENTS],
    deciders=[
        *(INSTITUTION, ADOPTION, SCHEDULE, STANDARDS, APPLICATION, ATTESTED, CONTROL_LIMIT, SUBJECT_IMPORT),
        *(PROPOSAL, ATTESTATION_SCHEDULE, ATTESTATION_PLACE),
        *(DOCUMENT, READINGS),
    ],
    read_models=[
        *readmodels.ALL,
        *readmodels_agency.ALL,
        *readmodels_attested.ALL,
        *readmodels_attestation.ALL,
        *readmodels_documents.ALL,
    ],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
    uploads=[*api_attested.UPLOADS, *api_documents.UPLOADS],
    at_start=finish_erasures,
)
