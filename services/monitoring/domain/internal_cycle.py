"""A cycle of the agency's monitoring of itself: opened, planned, information collected and analysed, reported, discussed; then improved and
controlled until every measure is done or carried on. Lateness refuses nothing: the deadline register tells it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    CarriedMeasure,
    FulfilmentDetermined,
    GeneralMeetingHeld,
    ImprovementMeasure,
    ImprovementMeasureControlled,
    ImprovementMeasureMoved,
    ImprovementPlanAdopted,
    InternalAnalysisConcluded,
    InternalCycleClosed,
    InternalCycleCorrected,
    InternalCycleOpened,
    InternalFindingRecorded,
    InternalInformationCollected,
    InternalPlanAdopted,
    InternalReportDrafted,
    InternalReportFinalised,
    PlannedActivity,
    ReportPart,
    StageDate,
    UnusedMethod,
)
from services.monitoring.domain import internal_guards as guards
from services.monitoring.domain import internal_measures, internal_monitoring, internal_reporting
from services.monitoring.domain.internal_rules import ARTKI, Body
from services.monitoring.domain.internal_state import InternalCycle, evolve


class OpenInternalCycle(Command):
    """A cycle of a year begins. `carried`: measures that are not done; `takes_over`: the cycles that had them until now."""

    records = (InternalCycleOpened,)

    cycle_id: str
    rulebook: RulebookRef
    year: int
    number: int
    carried: tuple[CarriedMeasure, ...] = ()
    takes_over: tuple[str, ...] = ()
    previous_report_on: date | None = None
    reason: str | None = None


class AdoptInternalPlan(Command):
    """The monitoring plan, or a later round of it."""

    records = (InternalPlanAdopted,)

    activities: tuple[PlannedActivity, ...]
    stages: tuple[StageDate, ...] = ()
    unused_methods: tuple[UnusedMethod, ...] = ()
    reason: str | None = None
    body: Body


class RecordInternalFinding(Command):
    """What the commission found."""

    records = (InternalFindingRecorded,)

    finding_id: str
    kind: str
    goals: tuple[str, ...]
    text: str
    evidence: tuple[str, ...] = ()


class DetermineFulfilment(Command):
    """How far an earlier recommendation was fulfilled. `source`: of its register; None where the register does not know it."""

    records = (FulfilmentDetermined,)

    recommendation_id: str
    degree: str
    word: str | None = None
    source: str | None = None


class EndCollecting(Command):
    """The collecting ends. `uses` counts by method and means what there is, `groups` who was asked."""

    records = (InternalInformationCollected,)

    uses: dict[str, int]
    groups: tuple[str, ...] = ()


class ConcludeInternalAnalysis(Command):
    """The analysis ends."""

    records = (InternalAnalysisConcluded,)

    key_problems: str
    trends: str


class DraftInternalReport(Command):
    """A version of the report, edited or generated from figures."""

    records = (InternalReportDrafted,)

    sections: tuple[ReportPart, ...]
    generated: bool = False
    figures: dict[str, Any] = Field(default_factory=dict)
    figures_as_of: date | None = None


class FinaliseInternalReport(Command):
    """The last version becomes final. `undetermined`: earlier recommendations whose fulfilment nobody has determined ever."""

    records = (InternalReportFinalised,)

    document: Document | None = None
    published: bool | None = None
    undetermined: tuple[str, ...] = ()


class HoldGeneralMeeting(Command):
    """The team discussed the result."""

    records = (GeneralMeetingHeld,)

    held_on: date
    attendance: tuple[str, ...]
    chair: str | None = None
    outcome: str
    minutes: Document | None = None
    statement: str | None = None
    body: Body


class AdoptImprovementPlan(Command):
    """The plan of measures. `taken`: ids of measures of other cycles."""

    records = (ImprovementPlanAdopted,)

    measures: tuple[ImprovementMeasure, ...]
    taken: frozenset[str] = frozenset()
    body: Body


class ControlImprovementMeasure(Command):
    """A member of the commission looked at a measure. `goes_on_in`: the cycle that it belongs to by now."""

    records = (ImprovementMeasureControlled,)

    measure_id: str
    status: Literal["under_way", "done", "not_done"]
    note: str
    document: Document | None = None
    controlled_by: str
    body: Body
    goes_on_in: str | None = None


class MoveImprovementMeasure(Command):
    """Another day, or another person."""

    records = (ImprovementMeasureMoved,)

    measure_id: str
    responsible: str
    due_on: date | None
    reason: str
    body: Body
    goes_on_in: str | None = None


class CloseInternalCycle(Command):
    """Nothing more is asked in it; by a person with a reason, or by its lifecycle."""

    records = (InternalCycleClosed,)

    outcome: str
    carried_into: str | None = None


def internal_cycle_id(year: int, number: int) -> str:
    """The id of a cycle in its agency."""
    return derived_id("internal-cycle", str(year), str(number))


def decide(command: Any, state: InternalCycle, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    today = local_date(command.at, rules.zone)
    match command:
        case OpenInternalCycle():
            return [_open(command, today)]
        case AdoptInternalPlan():
            return internal_monitoring.plan(command, state, rules, today)
        case RecordInternalFinding():
            return internal_monitoring.finding(command, state, rules, today)
        case DetermineFulfilment():
            return internal_monitoring.fulfilment(command, state, rules, today)
        case EndCollecting():
            return [internal_monitoring.collection(command, state, rules, today)]
        case ConcludeInternalAnalysis():
            return [_analysis(command, state, today)]
        case DraftInternalReport():
            return internal_reporting.draft(command, state, rules, today)
        case FinaliseInternalReport():
            return [internal_reporting.final(command, state, rules, today)]
        case HoldGeneralMeeting():
            return [internal_reporting.meeting(command, state, rules, today)]
        case AdoptImprovementPlan():
            return [internal_measures.adopt(command, state, rules, today)]
        case ControlImprovementMeasure():
            return internal_measures.control(command, state, rules, today)
        case MoveImprovementMeasure():
            return internal_measures.move(command, state, rules, today)
        case CloseInternalCycle():
            return [_close(command, state, today)]
    raise TypeError(f"no command of a cycle of internal monitoring: {type(command).__name__}")


@enforces(ARTKI, "1.1", "3.1", "2.2.3")
def _open(command: OpenInternalCycle, today: date) -> InternalCycleOpened:
    """One for each year at least; the text sets no upper limit. What earlier cycles left undone goes on in it."""
    return InternalCycleOpened(
        cycle_id=command.cycle_id,
        rulebook=command.rulebook,
        year=command.year,
        number=command.number,
        carried=command.carried,
        takes_over=command.takes_over,
        previous_report_on=command.previous_report_on,
        reason=command.reason,
        opened_on=today,
    )


@enforces(ARTKI, "3.3.3")
def _analysis(command: ConcludeInternalAnalysis, state: InternalCycle, today: date) -> InternalAnalysisConcluded:
    """With key problems and trends."""
    told = {"key_problems": command.key_problems, "trends": command.trends}
    return InternalAnalysisConcluded(cycle_id=state.terms.cycle_id, **told, analysed_on=today)


@enforces(ARTKI, "4.3.s2")
def _close(command: CloseInternalCycle, state: InternalCycle, today: date) -> InternalCycleClosed:
    """What is not done stays open all the same: the next cycle takes it over."""
    left = tuple(each.measure_id for each in state.open_measures)
    return InternalCycleClosed(
        cycle_id=state.terms.cycle_id,
        outcome=command.outcome,
        carried=left if command.carried_into is not None else (),
        carried_into=command.carried_into,
        closed_on=today,
    )


def _rules(command: Any, state: InternalCycle) -> Rulebook:
    return resolve(command.rulebook if isinstance(command, OpenInternalCycle) else state.terms.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    OpenInternalCycle: guards.opening,
    AdoptInternalPlan: guards.planning,
    RecordInternalFinding: guards.noting,
    DetermineFulfilment: guards.noting,
    EndCollecting: guards.collecting,
    ConcludeInternalAnalysis: guards.analysing,
    DraftInternalReport: guards.drafting,
    FinaliseInternalReport: guards.finalising,
    HoldGeneralMeeting: guards.meeting,
    AdoptImprovementPlan: guards.improving,
    ControlImprovementMeasure: guards.measuring,
    MoveImprovementMeasure: guards.measuring,
    CloseInternalCycle: guards.closing,
}

INTERNAL_CYCLE: Decider[InternalCycle, Rulebook] = Decider("internal_cycle", InternalCycle(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a cycle is corrected on a day: the meeting was held after its report, and is not to come."""

    def check(state: InternalCycle) -> None:
        held = state.meeting
        if held is not None and state.final is not None and not state.final.finalised_on <= held.held_on <= today:
            raise Conflict(f"the meeting was held between {state.final.finalised_on} and {today}")
        if held is not None and state.improvement is not None and held.held_on > state.improvement.adopted_on:
            raise Conflict(f"the improvement plan was adopted on {state.improvement.adopted_on}, after the meeting")

    return Correctable(INTERNAL_CYCLE, InternalCycleCorrected, lambda state: {"cycle_id": state.terms.cycle_id}, check)
