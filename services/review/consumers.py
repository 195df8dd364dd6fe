"""What review takes from visits: who sits in a case's commission and so has to study its report (order 109, p. 16)."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.review.readmodels import readers
from services.visits.contract import PanelFormed


@readers.on(PanelFormed)
def _formed(e: Recorded[PanelFormed]) -> list[Write]:
    return [readers.upsert(e, case_id=e.event.case_id, expert_id=member.expert_id) for member in e.event.members]
