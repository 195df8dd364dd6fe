"""Council, wired."""

from pathlib import Path

from fastapi import APIRouter

from chassis.service import Service
from regulations import RulebookChanged
from services.council import (
    api,
    api_appeals,
    api_attestations,
    api_certificates,
    api_corrections,
    api_dossier,
    api_exports,
    api_followed,
    api_import,
    api_register,
    api_remedies,
    api_resolutions,
    api_verification,
    readmodels,
    readmodels_attestations,
    readmodels_certificates,
    readmodels_dossier,
    readmodels_followed,
    readmodels_imports,
    readmodels_papers,
    readmodels_register,
    readmodels_remedies,
    readmodels_resolutions,
)
from services.council import consumers as _consumers  # noqa: F401  its projectors register themselves
from services.council.activities import activities
from services.council.contract import EVENTS, TASK_QUEUE
from services.council.domain.attestation import ATTESTATION_DECISION
from services.council.domain.blanks import BLANKS
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.complaint import COMPLAINT
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL
from services.council.domain.importing import IMPORT
from services.council.domain.meeting import MEETING
from services.council.domain.paper import CREDENTIAL, PAPER
from services.council.domain.resolution import RESOLUTION
from services.intake.contract import EVENTS as INTAKE_EVENTS
from services.notices.contract import EVENTS as NOTICES_EVENTS
from services.visits.contract import EVENTS as VISITS_EVENTS

router = APIRouter()
router.include_router(api.router)
router.include_router(api_dossier.router)
router.include_router(api_remedies.router)
router.include_router(api_resolutions.router)
router.include_router(api_import.router)  # before the certificates by id
router.include_router(api_followed.router)
router.include_router(api_certificates.router)
router.include_router(api_appeals.router)
router.include_router(api_corrections.router)
router.include_router(api_register.router)
router.include_router(api_exports.router)
router.include_router(api_verification.router)
router.include_router(api_attestations.router)

SERVICE = Service(
    name="council",
    title="Councils, meetings, votes, decisions, certificates, public register",
    events=EVENTS,
    foreign=[INTAKE_EVENTS, VISITS_EVENTS, NOTICES_EVENTS],
    deciders=[COUNCIL, MEETING, CONSIDERATION, RESOLUTION, COMPLAINT, BLANKS, CERTIFICATE, IMPORT, ATTESTATION_DECISION, PAPER, CREDENTIAL],
    read_models=[
        *readmodels.ALL,
        *readmodels_dossier.ALL,
        *readmodels_remedies.ALL,
        *readmodels_resolutions.ALL,
        *readmodels_certificates.ALL,
        *readmodels_followed.ALL,
        *readmodels_imports.ALL,
        *readmodels_papers.ALL,
        *readmodels_attestations.ALL,
        *readmodels_register.ALL,  # made of the others: after them
    ],
    router=router,
    activities=activities,
    task_queue=TASK_QUEUE,
    conflicts=[RulebookChanged],
    uploads=api_import.UPLOADS,
    migrations=Path(__file__).parent / "migrations",
)
