"""Who sits in which commission, and the institution's objections to them: of the visit that is under way, not of the ones before it."""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Date, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    ConflictFound,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertReplaced,
    ObjectionDecided,
    PanelContinued,
    PanelFormed,
    PanelMember,
    ReportStudied,
    VisitInterrupted,
    VisitOpened,
)

panel_members = ReadModel(
    "panel_members",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("role", Text),
    Column("category", Text),
    Column("conflicts", JSONB),
    Column("studied_on", Date),
    Column("left_on", Date),
    indexes=[["expert_id"]],
)

objections = ReadModel(
    "objections",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("grounds", Text),
    Column("document", JSONB),
    Column("objected_on", Date),
    Column("upheld", Boolean),
    Column("reasons", Text),
    Column("decided_on", Date),
)

ALL = [panel_members, objections]


@panel_members.on(VisitOpened)
def _panel_afresh(e: Recorded[VisitOpened]) -> Write:
    """A later visit has a panel of its own; the earlier one stays in the history."""
    return panel_members.delete(e, {"case_id": e.event.case_id})


@objections.on(VisitOpened)
def _objections_afresh(e: Recorded[VisitOpened]) -> Write:
    return objections.delete(e, {"case_id": e.event.case_id})


@panel_members.on(VisitInterrupted)
def _to_study_again(e: Recorded[VisitInterrupted]) -> Write:
    return panel_members.update(e, {"case_id": e.event.case_id}, studied_on=None)


@panel_members.on(PanelContinued)
def _chaired(e: Recorded[PanelContinued]) -> Write | None:
    chair_id = e.event.chair_id
    return panel_members.update(e, {"case_id": e.event.case_id, "expert_id": chair_id}, role="chair") if chair_id else None


@panel_members.on(PanelFormed)
def _members(e: Recorded[PanelFormed]) -> list[Write]:
    return [_seated(e, e.event.case_id, member, e.event.conflicts) for member in e.event.members]


@panel_members.on(ExpertReplaced)
def _successor(e: Recorded[ExpertReplaced]) -> Write:
    return _seated(e, e.event.case_id, e.event.successor, e.event.conflicts)


def _seated(e: Recorded[Event], case_id: str, member: PanelMember, conflicts: Sequence[ConflictFound]) -> Write:
    return panel_members.upsert(
        e,
        case_id=case_id,
        expert_id=member.expert_id,
        role=member.role,
        category=member.category,
        conflicts=[each.model_dump() for each in conflicts if each.expert_id == member.expert_id],
        left_on=None,
    )


@panel_members.on(ExpertDroppedOut)
def _left(e: Recorded[ExpertDroppedOut]) -> Write:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, left_on=e.event.dropped_on)


@panel_members.on(ObjectionDecided)
def _removed(e: Recorded[ObjectionDecided]) -> Write | None:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, left_on=e.event.decided_on) if e.event.upheld else None


@panel_members.on(ReportStudied)
def _member_studied(e: Recorded[ReportStudied]) -> Write:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, studied_on=e.event.studied_on)


@objections.on(ExpertObjected)
def _objected(e: Recorded[ExpertObjected]) -> Write:
    fact = e.event
    return objections.upsert(
        e,
        case_id=fact.case_id,
        expert_id=fact.expert_id,
        grounds=fact.grounds,
        document=fact.document.model_dump(),
        objected_on=fact.objected_on,
        upheld=None,
        reasons=None,
        decided_on=None,
    )


@objections.on(ObjectionDecided)
def _ruled(e: Recorded[ObjectionDecided]) -> Write:
    fact = e.event
    where = {"case_id": fact.case_id, "expert_id": fact.expert_id}
    return objections.update(e, where, upheld=fact.upheld, reasons=fact.reasons, decided_on=fact.decided_on)
