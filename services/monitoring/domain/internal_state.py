"""A cycle of internal monitoring as its facts have made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.problems import NotFound
from services.monitoring.contract import (
    CarriedMeasure,
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
)


@dataclass(frozen=True)
class OpenMeasure:
    """A measure that this cycle answers for, its own or a carried one, as it stands."""

    measure_id: str
    cycle_id: str
    measure: str
    responsible: str
    due_on: date | None = None
    finding_id: str | None = None
    own_item: bool = False
    status: str = "planned"
    controlled_on: date | None = None

    @property
    def is_done(self) -> bool:
        """Whether the commission has seen it done."""
        return self.status == "done"

    def carried(self) -> CarriedMeasure:
        """As it goes on in another cycle."""
        told = {"responsible": self.responsible, "due_on": self.due_on, "finding_id": self.finding_id}
        return CarriedMeasure(measure_id=self.measure_id, cycle_id=self.cycle_id, measure=self.measure, **told)


@dataclass(frozen=True)
class InternalCycle:
    """A cycle as it stands."""

    opened: InternalCycleOpened | None = None
    plans: tuple[InternalPlanAdopted, ...] = ()
    findings: tuple[InternalFindingRecorded, ...] = ()
    fulfilments: Mapping[str, FulfilmentDetermined] = field(default_factory=dict)
    collected: InternalInformationCollected | None = None
    analysed: InternalAnalysisConcluded | None = None
    drafts: tuple[InternalReportDrafted, ...] = ()
    final: InternalReportFinalised | None = None
    meeting: GeneralMeetingHeld | None = None
    improvement: ImprovementPlanAdopted | None = None
    measures: Mapping[str, OpenMeasure] = field(default_factory=dict)
    controls: tuple[ImprovementMeasureControlled, ...] = ()
    moves: tuple[ImprovementMeasureMoved, ...] = ()
    closed: InternalCycleClosed | None = None

    @property
    def terms(self) -> InternalCycleOpened:
        """The fact with which it began; NotFound if it did not."""
        if self.opened is None:
            raise NotFound("there is no such cycle of internal monitoring")
        return self.opened

    @property
    def plan(self) -> InternalPlanAdopted | None:
        """The plan by now."""
        return self.plans[-1] if self.plans else None

    @property
    def open_measures(self) -> tuple[OpenMeasure, ...]:
        """Those that are not done."""
        return tuple(each for each in self.measures.values() if not each.is_done)

    @property
    def stage(self) -> str:
        """Where it is, in the words of the states of a cycle; `closed` at its end."""
        if self.closed is not None:
            return "closed"
        steps = (self.plan, self.collected, self.analysed, self.final, self.meeting, self.improvement)
        names = ("planning", "collecting", "analysing", "reporting", "discussion", "improvement_plan")
        return next((name for name, step in zip(names, steps, strict=True) if step is None), "control")


def evolve(state: InternalCycle, event: Any) -> InternalCycle:
    """The state after a fact."""
    match event:
        case InternalCycleOpened():
            return InternalCycle(event, measures={each.measure_id: _carried(each) for each in event.carried})
        case InternalPlanAdopted():
            return replace(state, plans=(*state.plans, event))
        case InternalFindingRecorded():
            return replace(state, findings=(*state.findings, event))
        case FulfilmentDetermined():
            return replace(state, fulfilments={**state.fulfilments, event.recommendation_id: event})
        case InternalInformationCollected():
            return replace(state, collected=event)
        case InternalAnalysisConcluded():
            return replace(state, analysed=event)
        case InternalReportDrafted():
            return replace(state, drafts=(*state.drafts, event))
        case InternalReportFinalised():
            return replace(state, final=event)
        case GeneralMeetingHeld():
            return replace(state, meeting=event)
        case InternalCycleClosed():
            return replace(state, closed=event)
    return _measured(state, event)


def _measured(state: InternalCycle, event: Any) -> InternalCycle:
    match event:
        case ImprovementPlanAdopted():
            own = {each.measure_id: _own(event.cycle_id, each) for each in event.measures}
            return replace(state, improvement=event, measures={**state.measures, **own})
        case ImprovementMeasureControlled():
            changed = _changed(state, event.measure_id, status=event.status, controlled_on=event.controlled_on)
            return replace(changed, controls=(*state.controls, event))
        case ImprovementMeasureMoved():
            changed = _changed(state, event.measure_id, responsible=event.responsible, due_on=event.due_on)
            return replace(changed, moves=(*state.moves, event))
    return state


def _changed(state: InternalCycle, measure_id: str, **told: Any) -> InternalCycle:
    return replace(state, measures={**state.measures, measure_id: replace(state.measures[measure_id], **told)})


def _carried(measure: CarriedMeasure) -> OpenMeasure:
    return OpenMeasure(**dict(measure))


def _own(cycle_id: str, measure: Any) -> OpenMeasure:
    removes = measure.removes[0] if measure.removes else None
    told = {"due_on": measure.due_on, "finding_id": removes, "own_item": measure.own_item}
    return OpenMeasure(measure.measure_id, cycle_id, measure.measure, measure.responsible, **told)
