"""The lifecycle of a cycle of internal monitoring: the agency looks at itself, until every measure is done or goes on in the next one.

ARTKI, 3.1, 3.3, 4. The text gives a term to nothing but the year: all other days are those of the agency's own plans.
"""

from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from regulations import enforces
    from services.monitoring import contract as monitoring
    from workflows.facts import keyed
    from workflows.messages import EventReceived, Fact, InternalCycle

from workflows.kept import Kept, SetByPersons, Wanted, by_person
from workflows.lifecycle import Answering, Lifecycle
from workflows.procedure import Way
from workflows.requests import Overtaken

ARTKI = "artki-internal-monitoring"

DONE, CARRIED, CLOSED = "done", "carried", "closed"

#: The stages in their order, and what shows each of them over.
_STAGES: dict[str, type[Event]] = {
    "planning": monitoring.InternalPlanAdopted,
    "collecting": monitoring.InternalInformationCollected,
    "analysing": monitoring.InternalAnalysisConcluded,
    "reporting": monitoring.InternalReportFinalised,
    "discussion": monitoring.GeneralMeetingHeld,
    "improvement_plan": monitoring.ImprovementPlanAdopted,
}
_CONTROL = "control"

_DAYS: dict[type[Event], str] = {
    monitoring.InternalPlanAdopted: "adopted_on",
    monitoring.InternalInformationCollected: "collected_on",
    monitoring.InternalAnalysisConcluded: "analysed_on",
    monitoring.InternalReportFinalised: "finalised_on",
    monitoring.GeneralMeetingHeld: "held_on",
    monitoring.ImprovementPlanAdopted: "adopted_on",
    monitoring.ImprovementMeasureControlled: "controlled_on",
}


@enforces(ARTKI, "3.1", "3.3", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "4.1", "4.2", "4.3.s2")
@workflow.defn
class InternalMonitoringCycle(Answering):
    """Workflow id = `agency:cycle id`. Returns how the cycle ended."""

    @workflow.init
    def __init__(self, of: InternalCycle) -> None:
        self._of = of
        self._life = Lifecycle(of, workflow_id=of.workflow_id, ended_by=(monitoring.InternalCycleClosed,))
        self._kept = Kept(self._life, _DAYS)
        self._by_persons = SetByPersons(self._life, self._set_by_persons)

    @workflow.run
    async def run(self, of: InternalCycle) -> str:
        """The stages and the control of the measures, or a person's word that nothing more comes of it."""
        async with self._life as life:
            life.beside(self._kept.keep())
            life.beside(self._by_persons.keep())
            try:
                outcome, into, because = await self._stages()
            except Overtaken:
                life.close()
                closed = life.memory.facts[monitoring.InternalCycleClosed.type_name()]
                await life.deadlines.withdraw_all("the cycle was closed", because=closed.traceparent)
                life.enter(CLOSED, "")
                return CLOSED
            await life.when(self._kept.settled)
            await life.deadlines.withdraw_all(f"the cycle is over: {outcome}", because=because)
            close = monitoring.CloseInternalCycle(agency=of.agency, cycle_id=of.case_id, outcome=outcome, carried_into=into)
            await life.once(monitoring.TASK_QUEUE, monitoring.CLOSE_INTERNAL_CYCLE, close, because=because)
            life.enter(outcome, "")
            return outcome

    @workflow.signal
    def event(self, event: EventReceived) -> None:
        """A fact that a service published. Another cycle's report counts for the year alone; a measure is done while it is said to be."""
        report = monitoring.InternalReportFinalised
        if event.type == report.type_name() and event.data["cycle_id"] != self._of.case_id:
            event = event.model_copy(update={"type": keyed(report, event.data["year"])})
        self._life.receive(event)
        controlled = monitoring.ImprovementMeasureControlled
        if event.type == controlled.type_name():
            measure_id = event.data["measure_id"]
            newest = self._life.memory.facts[keyed(controlled, measure_id)]
            self._life.forget(_done(measure_id))
            if newest.data["status"] == DONE:
                self._life.memory.facts[_done(measure_id)] = newest
            self._life.show()

    async def _stages(self) -> tuple[str, str | None, str | None]:
        """How it ended, the cycle that goes on with it, and the trace of what ended it."""
        life, of = self._life, self._of
        question = monitoring.ReadProcedure(agency=of.agency, rulebook=of.rulebook)
        way = Way(await life.once(monitoring.TASK_QUEUE, monitoring.READ_PROCEDURE, question, monitoring.Procedure, because=of.traceparent))
        await self._years_term()
        for stage, kind in _STAGES.items():
            name, waiting_on = way.acted(stage)
            await life.fact(kind, stage=name, waiting_on=waiting_on)
        await life.milestone("improving")

        # 4.3.s2: the control of the measures, of those that earlier cycles left too
        looked_at: str | None = None
        if self._left():
            life.enter(*way.acted(_CONTROL))
        while True:
            await life.when(lambda seen=looked_at: not self._left() or self._next_cycle() not in (None, seen))  # type: ignore[misc]
            if not self._left():
                return DONE, None, await self._end_control()
            opened = life.memory.facts[monitoring.InternalCycleOpened.type_name()]
            looked_at = opened.data["cycle_id"]
            standing: monitoring.InternalCycleStanding = await life.ask(
                monitoring.TASK_QUEUE,
                monitoring.READ_INTERNAL_CYCLE,
                monitoring.ReadInternalCycle(agency=of.agency, cycle_id=of.case_id),
                monitoring.InternalCycleStanding,
                because=opened.traceparent,
            )
            carried = {measure["measure_id"] for measure in opened.data["carried"]}
            if all(measure.measure_id in carried for measure in standing.open_measures):
                return CARRIED, looked_at, opened.traceparent

    async def _years_term(self) -> None:
        """3.1: the year's report is due by its last day, whichever cycle of the year it is of; a year without one only warns."""
        life, of, report = self._life, self._of, monitoring.InternalReportFinalised
        if of.number != 1:
            return
        of_the_year = keyed(report, of.year)
        await life.deadlines.set("yearly_cycle", since=date(of.year - 1, 12, 31), met_by=(of_the_year,), because=of.traceparent)
        if of.previous_report_on is not None:
            await life.deadlines.set(
                "year_since_report", since=of.previous_report_on, met_by=(report, of_the_year), any_of=True, because=of.traceparent
            )

    def _set_by_persons(self) -> dict[str, Wanted]:
        return {**self._stage_days(), **self._measure_days()}

    def _stage_days(self) -> dict[str, Wanted]:
        """3.3.1: by when a stage is over, as the newest round of the monitoring plan says."""
        plan = self._life.memory.facts.get(monitoring.InternalPlanAdopted.type_name())
        found = {}
        for each in plan.data["stages"] if plan is not None else ():
            met_by = (_STAGES[each["stage"]].type_name(),) if each["stage"] in _STAGES else ()
            if plan is not None and met_by != (monitoring.InternalPlanAdopted.type_name(),):
                due_on = date.fromisoformat(each["due_on"])
                found[by_person(each["stage"])] = Wanted(due_on, plan.day("adopted_on"), met_by, plan.traceparent)
        return found

    def _measure_days(self) -> dict[str, Wanted]:
        """4.3: each measure's own day. What was overdue already when it was carried here was missed there."""
        facts, of = self._life.memory.facts, self._of
        plan = facts.get(monitoring.ImprovementPlanAdopted.type_name())
        days: dict[str, tuple[date, date, str | None]] = {
            measure.measure_id: (measure.due_on, of.opened_on, of.traceparent)
            for measure in of.carried
            if measure.due_on is not None and measure.due_on >= of.opened_on
        }
        for measure in plan.data["measures"] if plan is not None else ():
            if plan is not None and measure.get("due_on"):
                days[measure["measure_id"]] = (date.fromisoformat(measure["due_on"]), plan.day("adopted_on"), plan.traceparent)
        for measure_id in self._measures():
            moved = facts.get(keyed(monitoring.ImprovementMeasureMoved, measure_id))
            if moved is not None:
                days.pop(measure_id, None)
                if moved.data.get("due_on"):
                    days[measure_id] = (moved.day("due_on"), moved.day("moved_on"), moved.traceparent)
        return {
            by_person(_CONTROL, measure_id): Wanted(due_on, since, (_done(measure_id),), because)
            for measure_id, (due_on, since, because) in days.items()
        }

    def _measures(self) -> set[str]:
        """Of the improvement plan, and those that earlier cycles left."""
        plan = self._life.memory.facts.get(monitoring.ImprovementPlanAdopted.type_name())
        own = {measure["measure_id"] for measure in plan.data["measures"]} if plan is not None else set()
        return own | {measure.measure_id for measure in self._of.carried}

    def _left(self) -> set[str]:
        return {measure_id for measure_id in self._measures() if not self._life.has(_done(measure_id))}

    def _next_cycle(self) -> str | None:
        """A cycle that was opened after this one, and carries measures on."""
        opened = self._life.memory.facts.get(monitoring.InternalCycleOpened.type_name())
        return None if opened is None else str(opened.data["cycle_id"])

    async def _end_control(self) -> str | None:
        """All measures are done: so is the control, on the day of the last of them."""
        facts = [self._life.memory.facts[_done(measure_id)] for measure_id in self._measures()]
        last: Fact | None = max(facts, key=lambda fact: (fact.day("controlled_on"), fact.event_id), default=None)
        because, rule = last.traceparent if last is not None else None, by_person(_CONTROL)
        on = last.day("controlled_on") if last is not None else None
        plan = self._life.memory.facts[monitoring.ImprovementPlanAdopted.type_name()]
        if number := self._by_persons.runs(rule):
            await self._life.deadlines.meet(rule, on or plan.day("adopted_on"), because=because, round=number)
        return because


def _done(measure_id: str) -> str:
    """Under which name the newest control of a measure stands that found it done."""
    return f"{keyed(monitoring.ImprovementMeasureControlled, measure_id)}:{DONE}"
