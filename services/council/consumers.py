"""What council takes from intake: the names of institutions, for the public register."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.council.readmodels_certificates import institutions
from services.intake.contract import InstitutionRegistered


@institutions.on(InstitutionRegistered)
def _registered(e: Recorded[InstitutionRegistered]) -> Write:
    return institutions.upsert(e, **e.event.model_dump(include={"institution_id", "names", "city", "country"}))
