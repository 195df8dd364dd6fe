"""The agency's accreditation schedule of a year (order 109, p. 12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict
from services.intake.contract import ScheduleAdopted


@dataclass(frozen=True)
class Schedule:
    """Whether the year's schedule is adopted."""

    adopted: bool = False


class AdoptSchedule(Command):
    """Adopts the schedule of a year by an act."""

    year: int
    act: str
    on: date


def schedule_id(agency: str, year: int) -> str:
    """One schedule for each agency and year."""
    return derived_id("schedule", agency, str(year))


def decide(command: AdoptSchedule, state: Schedule, _rules: None) -> Sequence[Event]:
    """A year has one schedule; cases take their places in it one by one."""
    if state.adopted:
        raise Conflict(f"the schedule of {command.year} is adopted already")
    return [ScheduleAdopted(year=command.year, act=command.act, adopted_on=command.on)]


def evolve(_state: Schedule, _event: Any) -> Schedule:
    """There is but one fact."""
    return Schedule(adopted=True)


SCHEDULE: Decider[Schedule, None] = Decider("schedule", Schedule(), decide, evolve, no_rules)
