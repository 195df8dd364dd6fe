"""What monitoring shows of plans of measures."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.monitoring.contract import (
    AccreditationDocumentsReceived,
    MeasureProgressed,
    PlanAmended,
    PlanAwaited,
    PlanChangesRequested,
    PlanReviewed,
    PlanSubmitted,
)

plans = ReadModel(
    "monitoring_plans",
    Column("plan_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("certificate_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("stage", Text),
    Column("approved_by", Text),
    Column("awaited_on", Date),
    Column("counts_from", Date),
    Column("round", Integer),
    Column("submitted_on", Date),
    Column("due_on", Date),
    Column("reviewed_on", Date),
    Column("amended_on", Date),
    Column("measures", Integer),
    Column("version", Integer),
    indexes=[["awaited_on", "plan_id"], ["followup_id"], ["institution_id", "awaited_on"], ["stage", "awaited_on"]],
)

ALL = [plans]


@plans.on(PlanAwaited)
def _awaited(e: Recorded[PlanAwaited]) -> Write:
    fact = e.event
    plain = fact.model_dump(exclude={"rulebook"})
    rulebook = fact.rulebook
    return plans.upsert(
        e, **plain, rulebook=rulebook.model_dump(), rulebook_id=rulebook.id, stage="awaited", round=0, measures=0, version=e.version
    )


@plans.on(AccreditationDocumentsReceived)
def _received(e: Recorded[AccreditationDocumentsReceived]) -> Write:
    return _change(e, e.event.plan_id, counts_from=e.event.counts_from)


@plans.on(PlanSubmitted)
def _submitted(e: Recorded[PlanSubmitted]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"round", "submitted_on"})
    return _change(e, fact.plan_id, stage="submitted", due_on=None, measures=len(fact.measures), **told)


@plans.on(PlanChangesRequested)
def _changes_requested(e: Recorded[PlanChangesRequested]) -> Write:
    return _change(e, e.event.plan_id, stage="changes_requested", due_on=e.event.due_on)


@plans.on(PlanReviewed)
def _reviewed(e: Recorded[PlanReviewed]) -> Write:
    return _change(e, e.event.plan_id, stage="reviewed", reviewed_on=e.event.reviewed_on)


@plans.on(PlanAmended)
def _amended(e: Recorded[PlanAmended]) -> Write:
    return _change(e, e.event.plan_id, amended_on=e.event.amended_on, measures=len(e.event.measures))


@plans.on(MeasureProgressed)
def _progressed(e: Recorded[MeasureProgressed]) -> Write:
    return _change(e, e.event.plan_id)


def _change(e: Recorded[Event], plan_id: str, **values: object) -> Write:
    return plans.update(e, {"plan_id": plan_id}, **values, version=e.version)
