"""What intake takes from visits: whose attestation has begun, for its dates are then no plan any more."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.intake.readmodels_attestation import begun
from services.visits.contract import AttestationWorkBegan


@begun.on(AttestationWorkBegan)
def _began(e: Recorded[AttestationWorkBegan]) -> Write:
    return begun.upsert(e, attestation_id=e.event.attestation_id, started_on=e.event.started_on)
