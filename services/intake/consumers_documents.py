"""What intake takes from visits for its documents: who sits in the panel or the commission of a case, and so reads what is filed for it."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.intake.readmodels_documents import case_members
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    ExpertDroppedOut,
    ExpertReplaced,
    ObjectionDecided,
    PanelFormed,
    VisitOpened,
)


@case_members.on(VisitOpened)
def _afresh(e: Recorded[VisitOpened]) -> Write:
    """A later visit has a panel of its own: who sat in the earlier one reads no more unless he is seated again."""
    return case_members.delete(e, {"case_id": e.event.case_id})


@case_members.on(PanelFormed)
def _formed(e: Recorded[PanelFormed]) -> list[Write]:
    return [case_members.upsert(e, case_id=e.event.case_id, expert_id=member.expert_id) for member in e.event.members]


@case_members.on(ExpertReplaced)
def _replaced(e: Recorded[ExpertReplaced]) -> Write:
    return case_members.upsert(e, case_id=e.event.case_id, expert_id=e.event.successor.expert_id)


@case_members.on(ExpertDroppedOut, ObjectionDecided)
def _left(e: Recorded[ExpertDroppedOut | ObjectionDecided]) -> Write | None:
    stays = isinstance(e.event, ObjectionDecided) and not e.event.upheld
    return None if stays else case_members.delete(e, {"case_id": e.event.case_id, "expert_id": e.event.expert_id})


@case_members.on(AttestationCommissionFormed)
def _approved(e: Recorded[AttestationCommissionFormed]) -> list[Write]:
    fact = e.event
    afresh = case_members.delete(e, {"case_id": fact.attestation_id})
    return [afresh, *(case_members.upsert(e, case_id=fact.attestation_id, expert_id=member.expert_id) for member in fact.members)]


@case_members.on(AttestationCommissionChanged)
def _changed(e: Recorded[AttestationCommissionChanged]) -> list[Write]:
    fact, writes = e.event, []
    if fact.left is not None:
        writes.append(case_members.delete(e, {"case_id": fact.attestation_id, "expert_id": fact.left}))
    if fact.joined is not None:
        writes.append(case_members.upsert(e, case_id=fact.attestation_id, expert_id=fact.joined.expert_id))
    return writes
