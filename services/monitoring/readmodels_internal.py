"""What monitoring shows of the agency's monitoring of itself: staff, cycles, measures of improvement, fulfilled recommendations."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.monitoring.contract import (
    FulfilmentDetermined,
    GeneralMeetingHeld,
    ImprovementMeasureControlled,
    ImprovementMeasureMoved,
    ImprovementPlanAdopted,
    InternalAnalysisConcluded,
    InternalCycleClosed,
    InternalCycleOpened,
    InternalFindingRecorded,
    InternalInformationCollected,
    InternalPlanAdopted,
    InternalReportDrafted,
    InternalReportFinalised,
    StaffLeft,
    StaffRegistered,
)

staff = ReadModel(
    "staff",
    Column("staff_id", Text, primary_key=True),
    Column("name", Text),
    Column("post", Text),
    Column("joined_on", Date),
    Column("left_on", Date),
    Column("works", Boolean),
    Column("version", Integer),
)

internal_cycles = ReadModel(
    "internal_cycles",
    Column("cycle_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("year", Integer),
    Column("number", Integer),
    Column("stage", Text),
    Column("reason", Text),
    Column("opened_on", Date),
    Column("previous_report_on", Date),
    Column("round", Integer),
    Column("planned_on", Date),
    Column("collected_on", Date),
    Column("analysed_on", Date),
    Column("draft", Integer),
    Column("finalised_on", Date),
    Column("report_year", Integer),
    Column("published", Boolean),
    Column("held_on", Date),
    Column("improved_on", Date),
    Column("closed_on", Date),
    Column("outcome", Text),
    Column("version", Integer),
    indexes=[["year", "number", "cycle_id"], ["finalised_on"]],
)

improvement_measures = ReadModel(
    "improvement_measures",
    Column("measure_id", Text, primary_key=True),
    Column("planned_in", Text),
    Column("cycle_id", Text),
    Column("measure", Text),
    Column("removes", JSONB),
    Column("responsible", Text),
    Column("due_on", Date),
    Column("own_item", Boolean),
    Column("adopted_on", Date),
    Column("status", Text),
    Column("note", Text),
    Column("controlled_by", Text),
    Column("controlled_on", Date),
    indexes=[["adopted_on", "measure_id"], ["cycle_id"]],
)

fulfilments = ReadModel(
    "agency_fulfilments",
    Column("recommendation_id", Text, primary_key=True),
    Column("cycle_id", Text),
    Column("degree", Text),
    Column("word", Text),
    Column("determined_on", Date),
)

ALL = [staff, internal_cycles, improvement_measures, fulfilments]


@staff.on(StaffRegistered)
def _registered(e: Recorded[StaffRegistered]) -> Write:
    return staff.upsert(e, **e.event.model_dump(), left_on=None, works=True, version=e.version)


@staff.on(StaffLeft)
def _left(e: Recorded[StaffLeft]) -> Write:
    return staff.update(e, {"staff_id": e.event.staff_id}, left_on=e.event.left_on, works=False, version=e.version)


@internal_cycles.on(InternalCycleOpened)
def _opened(e: Recorded[InternalCycleOpened]) -> Write:
    fact = e.event
    plain = fact.model_dump(include={"cycle_id", "year", "number", "reason", "opened_on", "previous_report_on"})
    rulebook = fact.rulebook
    begun = {"stage": "planning", "round": 0, "draft": 0, "version": e.version}
    return internal_cycles.upsert(e, **plain, rulebook=rulebook.model_dump(), rulebook_id=rulebook.id, **begun)


@internal_cycles.on(InternalPlanAdopted)
def _planned(e: Recorded[InternalPlanAdopted]) -> Write:
    """A later round changes the plan, not the stage."""
    begins = {"stage": "collecting"} if e.event.round == 1 else {}
    return _change(e, e.event.cycle_id, **begins, round=e.event.round, planned_on=e.event.adopted_on)


@internal_cycles.on(InternalInformationCollected)
def _collected(e: Recorded[InternalInformationCollected]) -> Write:
    return _change(e, e.event.cycle_id, stage="analysing", collected_on=e.event.collected_on)


@internal_cycles.on(InternalAnalysisConcluded)
def _analysed(e: Recorded[InternalAnalysisConcluded]) -> Write:
    return _change(e, e.event.cycle_id, stage="reporting", analysed_on=e.event.analysed_on)


@internal_cycles.on(InternalReportDrafted)
def _drafted(e: Recorded[InternalReportDrafted]) -> Write:
    return _change(e, e.event.cycle_id, draft=e.event.number)


@internal_cycles.on(InternalReportFinalised)
def _finalised(e: Recorded[InternalReportFinalised]) -> Write:
    fact = e.event
    told = {"finalised_on": fact.finalised_on, "report_year": fact.year, "published": fact.published}
    return _change(e, fact.cycle_id, stage="discussion", **told)


@internal_cycles.on(GeneralMeetingHeld)
def _discussed(e: Recorded[GeneralMeetingHeld]) -> Write:
    return _change(e, e.event.cycle_id, stage="improvement_plan", held_on=e.event.held_on)


@internal_cycles.on(ImprovementPlanAdopted)
def _improving(e: Recorded[ImprovementPlanAdopted]) -> Write:
    return _change(e, e.event.cycle_id, stage="control", improved_on=e.event.adopted_on)


@internal_cycles.on(InternalCycleClosed)
def _closed(e: Recorded[InternalCycleClosed]) -> Write:
    return _change(e, e.event.cycle_id, stage="closed", closed_on=e.event.closed_on, outcome=e.event.outcome)


@internal_cycles.on(InternalFindingRecorded, FulfilmentDetermined, ImprovementMeasureControlled, ImprovementMeasureMoved)
def _other(e: Recorded[InternalFindingRecorded]) -> Write:
    return _change(e, e.event.cycle_id)


@improvement_measures.on(ImprovementPlanAdopted)
def _measures(e: Recorded[ImprovementPlanAdopted]) -> list[Write]:
    fact = e.event
    whose = {"planned_in": fact.cycle_id, "cycle_id": fact.cycle_id, "adopted_on": fact.adopted_on, "status": "planned"}
    plain = [each.model_dump(exclude={"removes"}) | {"removes": list(each.removes)} for each in fact.measures]
    return [improvement_measures.upsert(e, **each, **whose) for each in plain]


@improvement_measures.on(InternalCycleOpened)
def _carried(e: Recorded[InternalCycleOpened]) -> list[Write]:
    """From now on they belong to the cycle that takes them over."""
    of = e.event
    return [improvement_measures.update(e, {"measure_id": each.measure_id}, cycle_id=of.cycle_id) for each in of.carried]


@improvement_measures.on(ImprovementMeasureControlled)
def _controlled(e: Recorded[ImprovementMeasureControlled]) -> Write:
    told = e.event.model_dump(include={"status", "note", "controlled_by", "controlled_on"})
    return improvement_measures.update(e, {"measure_id": e.event.measure_id}, **told)


@improvement_measures.on(ImprovementMeasureMoved)
def _moved(e: Recorded[ImprovementMeasureMoved]) -> Write:
    told = e.event.model_dump(include={"responsible", "due_on"})
    return improvement_measures.update(e, {"measure_id": e.event.measure_id}, **told)


@fulfilments.on(FulfilmentDetermined)
def _determined(e: Recorded[FulfilmentDetermined]) -> Write:
    return fulfilments.upsert(e, **e.event.model_dump())


def _change(e: Recorded[Event], cycle_id: str, **values: object) -> Write:
    return internal_cycles.update(e, {"cycle_id": cycle_id}, **values, version=e.version)
