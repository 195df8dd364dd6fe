"""Internal monitoring as tests tell it: the facts of a cycle, as monitoring publishes them."""

from datetime import date
from typing import Any

from chassis.events import Event
from chassis.ids import derived_id
from regulations import load
from services.monitoring import contract as monitoring
from tests.workflows.cases import Running, World

RULES = load("artki-internal-monitoring")


class Internal:
    """A cycle of an agency, and the facts of it."""

    def __init__(self, world: World, year: int, number: int = 1) -> None:
        self.world = world
        self.year = year
        self.number = number
        self.cycle_id = derived_id("internal-cycle", str(year), str(number))

    async def opened(self, *carried: monitoring.CarriedMeasure, previous_report_on: date | None = None) -> Running:
        """The cycle is opened."""
        return await self.world.begin(self.opening(await self.world.today(), *carried, previous_report_on=previous_report_on))

    def opening(
        self, today: date, *carried: monitoring.CarriedMeasure, previous_report_on: date | None = None, takes_over: tuple[str, ...] = ()
    ) -> Event:
        """The fact with which it begins."""
        return self.fact(
            monitoring.InternalCycleOpened,
            rulebook=RULES.ref,
            number=self.number,
            carried=carried,
            takes_over=takes_over,
            previous_report_on=previous_report_on,
            opened_on=today,
        )

    def fact(self, kind: type[Event], /, **fields: Any) -> Event:
        """A fact of this cycle."""
        of = {"cycle_id": self.cycle_id, "year": self.year}
        return kind(**{name: value for name, value in {**of, **fields}.items() if name in kind.model_fields})

    def planned(self, today: date, stages: dict[str, date], number: int = 1) -> Event:
        """The monitoring plan, or another round of it."""
        days = tuple(monitoring.StageDate(stage=stage, due_on=day) for stage, day in stages.items())
        return self.fact(monitoring.InternalPlanAdopted, round=number, activities=(), stages=days, adopted_on=today)

    def collected(self, today: date) -> Event:
        """The collecting is over."""
        return self.fact(monitoring.InternalInformationCollected, uses={"survey": 1}, collected_on=today)

    def analysed(self, today: date) -> Event:
        """The analysis is over."""
        return self.fact(monitoring.InternalAnalysisConcluded, key_problems="None.", trends="None.", analysed_on=today)

    def reported(self, today: date) -> Event:
        """The final report, dated in the year of this day."""
        return self.fact(monitoring.InternalReportFinalised, year=today.year, number=1, finalised_on=today)

    def discussed(self, today: date) -> Event:
        """The general meeting."""
        return self.fact(monitoring.GeneralMeetingHeld, held_on=today, attendance=("s1",), outcome="Names.")

    def improvement(self, today: date, **measures: date | None) -> Event:
        """The plan of measures, each with its last day or none."""
        those = tuple(
            monitoring.ImprovementMeasure(measure_id=name, measure="Names.", responsible="s1", due_on=day) for name, day in measures.items()
        )
        return self.fact(monitoring.ImprovementPlanAdopted, measures=those, adopted_by="commission_drafts_meeting_adopts", adopted_on=today)

    def controlled(self, today: date, measure_id: str, status: str = "done") -> Event:
        """The commission has looked at a measure."""
        told: dict[str, Any] = {"status": status, "note": "Names.", "controlled_by": "s2", "controlled_on": today}
        return self.fact(monitoring.ImprovementMeasureControlled, measure_id=measure_id, **told)

    def moved(self, today: date, measure_id: str, due_on: date | None) -> Event:
        """A measure has another day."""
        told: dict[str, Any] = {"responsible": "s1", "due_on": due_on, "reason": "Ill.", "moved_on": today}
        return self.fact(monitoring.ImprovementMeasureMoved, measure_id=measure_id, **told)

    def closed(self, today: date) -> Event:
        """A person says that nothing more comes of it."""
        return self.fact(monitoring.InternalCycleClosed, outcome="Given up.", closed_on=today)

    def carried(self, measure_id: str, due_on: date | None = None) -> monitoring.CarriedMeasure:
        """A measure of this cycle, as it goes on in another."""
        return monitoring.CarriedMeasure(measure_id=measure_id, cycle_id=self.cycle_id, measure="Names.", responsible="s1", due_on=due_on)

    def stands(self, *left: str) -> None:
        """What monitoring answers when it is asked: these measures are neither done nor carried on."""
        measures = tuple(self.carried(measure_id) for measure_id in left)
        standing = monitoring.InternalCycleStanding(cycle_id=self.cycle_id, year=self.year, open_measures=measures)
        self.world.services.internal[self.cycle_id] = standing

    async def to_the_plan(self, running: Running, **measures: date | None) -> None:
        """All stages on one day, to the plan of measures."""
        today = await self.world.today()
        for fact in (self.planned(today, {}), self.collected(today), self.analysed(today), self.reported(today), self.discussed(today)):
            await running.tell(fact)
        await running.tell(self.improvement(today, **measures))
