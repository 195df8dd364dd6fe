"""What intake shows of the agency's own acts: adopted rulebooks, yearly schedules, standards."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import RulebookAdopted, ScheduleAdopted, StandardsAdopted

adoptions = ReadModel(
    "adoptions",
    Column("adoption_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("rulebook_version", Text),
    Column("reason", Text),
    Column("adopted_on", Date),
    Column("version", Integer),
)

schedules = ReadModel(
    "schedules",
    Column("schedule_id", Text, primary_key=True),
    Column("year", Integer),
    Column("act", Text),
    Column("adopted_on", Date),
    Column("version", Integer),
)

standards = ReadModel(
    "standards",
    Column("standards_id", Text, primary_key=True),
    Column("standards", Text),
    Column("standards_version", Text),
    Column("kind", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("areas", JSONB),
    Column("reference_words", JSONB),
    Column("act", Text),
    Column("adopted_on", Date),
    Column("version", Integer),
    indexes=[["rulebook_id"]],
)

ALL = [adoptions, schedules, standards]


@adoptions.on(RulebookAdopted)
def _adopted(e: Recorded[RulebookAdopted]) -> Write:
    fact = e.event
    return adoptions.upsert(
        e,
        adoption_id=e.subject_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        rulebook_version=fact.rulebook.version,
        reason=fact.reason,
        adopted_on=fact.adopted_on,
        version=e.version,
    )


@schedules.on(ScheduleAdopted)
def _schedule(e: Recorded[ScheduleAdopted]) -> Write:
    return schedules.upsert(e, schedule_id=e.subject_id, **e.event.model_dump(), version=e.version)


@standards.on(StandardsAdopted)
def _standards(e: Recorded[StandardsAdopted]) -> Write:
    fact = e.event
    return standards.upsert(
        e,
        standards_id=fact.standards_id,
        standards=fact.standards,
        standards_version=fact.version,
        kind=fact.kind,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        areas=[area.model_dump(mode="json") for area in fact.areas],
        reference_words=list(fact.references),
        act=fact.act,
        adopted_on=fact.adopted_on,
        version=e.version,
    )
