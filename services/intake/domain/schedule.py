"""The agency's accreditation schedule of a year, and a case's place in it (order 109, p. 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, Refused
from regulations import Rulebook, enforces
from services.intake.contract import CaseScheduled, ScheduleAdopted, ScheduleCorrected

_ORDER_109 = "kz-109-2008-accreditation"


@dataclass(frozen=True)
class Schedule:
    """The schedule of a year, once it is adopted."""

    year: int | None = None

    @property
    def adopted(self) -> bool:
        """Whether it is."""
        return self.year is not None


class AdoptSchedule(Command):
    """Adopts the schedule of a year by an act."""

    records = (ScheduleAdopted,)

    year: int
    act: str
    on: date


class ScheduleCase(Command):
    """Gives the case its place in an adopted yearly schedule, or another one with its ground and reason."""

    records = (CaseScheduled,)

    year: int
    month: int
    schedule_adopted: bool
    ground: str | None = None
    reason: str | None = None


def schedule_id(agency: str, year: int) -> str:
    """One schedule for each agency and year."""
    return derived_id("schedule", agency, str(year))


def decide(command: AdoptSchedule, state: Schedule, _rules: None) -> Sequence[Event]:
    """The fact that follows; cases take their places in the schedule one by one."""
    return [ScheduleAdopted(year=command.year, act=command.act, adopted_on=command.on)]


def evolve(_state: Schedule, event: Any) -> Schedule:
    """There is but one fact."""
    return Schedule(event.year)


def _once(state: Schedule, _rules: None) -> None:
    """A year has one schedule."""
    if state.adopted:
        raise Conflict(f"the schedule of {state.year} is adopted already")


@enforces(_ORDER_109, "12")
def place(command: ScheduleCase, scheduled: tuple[int, int] | None, case_id: str, rules: Rulebook) -> Sequence[Event]:
    """The place of an open case in its schedule, if the rulebook has one and the year's is adopted."""
    schedule = rules.registers.get("schedule")
    if schedule is not None and not command.schedule_adopted:
        raise Refused(
            f"there is no schedule of {command.year}",
            clause=schedule.clause or "",
            rulebook=rules.id,
            accepts=f"the case's place after the schedule of {command.year} is adopted",
        )
    if scheduled == (command.year, command.month):
        raise Conflict("the case has that place already")
    _check_ground(command, scheduled, rules)
    return [
        CaseScheduled(case_id=case_id, year=command.year, month=command.month, ground=command.ground, reason=command.reason),
    ]


def _check_ground(command: ScheduleCase, scheduled: tuple[int, int] | None, rules: Rulebook) -> None:
    """Where the rulebook lists the grounds of a change, a change has one of them; a first place has none."""
    grounds = rules.vocabularies.get("schedule_change_grounds", {}) if scheduled else {}
    if command.ground is not None and command.ground not in grounds:
        error = {"pointer": "#/ground", "detail": f"Grounds that {rules.id} has here: {', '.join(grounds) or 'none'}."}
        raise Invalid("this is no ground of the rulebook for the place of this case", [error])
    if grounds and command.ground is None:
        raise Refused(
            "the place of the case in the schedule changes on a ground alone",
            clause=next(iter(grounds.values())).clause or "",
            rulebook=rules.id,
            accepts=f"a change with one of the grounds {', '.join(grounds)}",
        )


GUARDS: Mapping[type[Command], Guard] = {AdoptSchedule: _once}

SCHEDULE: Decider[Schedule, None] = Decider("schedule", Schedule(), decide, evolve, no_rules, GUARDS)
SCHEDULE_CORRECTIONS = Correctable(SCHEDULE, ScheduleCorrected, lambda state: {"year": str(state.year)})
