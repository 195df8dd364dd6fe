"""What review takes from others: a case and its contract from intake; from visits who has to study its report (order 109, p. 16)."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.intake.contract import ApplicationRegistered, ContractConcluded
from services.review.readmodels import cases, readers
from services.visits.contract import ExpertDroppedOut, ExpertReplaced, ObjectionDecided, PanelFormed, VisitOpened


@readers.on(VisitOpened)
def _afresh(e: Recorded[VisitOpened]) -> Write:
    """A later visit has a panel of its own: who sat in the earlier one reads no more unless he is seated again."""
    return readers.delete(e, {"case_id": e.event.case_id})


@readers.on(PanelFormed)
def _formed(e: Recorded[PanelFormed]) -> list[Write]:
    return [readers.upsert(e, case_id=e.event.case_id, expert_id=member.expert_id) for member in e.event.members]


@readers.on(ExpertReplaced)
def _replaced(e: Recorded[ExpertReplaced]) -> Write:
    return readers.upsert(e, case_id=e.event.case_id, expert_id=e.event.successor.expert_id)


@readers.on(ExpertDroppedOut, ObjectionDecided)
def _left(e: Recorded[ExpertDroppedOut | ObjectionDecided]) -> Write | None:
    stays = isinstance(e.event, ObjectionDecided) and not e.event.upheld
    return None if stays else readers.delete(e, {"case_id": e.event.case_id, "expert_id": e.event.expert_id})


@cases.on(ApplicationRegistered)
def _registered(e: Recorded[ApplicationRegistered]) -> Write:
    named = {"case_id", "institution_id", "kind", "rulebook", "standards", "standards_version"}
    return cases.upsert(e, **e.event.model_dump(include=named))


@cases.on(ContractConcluded)
def _concluded(e: Recorded[ContractConcluded]) -> Write:
    return cases.upsert(e, case_id=e.event.case_id, concluded_on=e.event.concluded_on)
