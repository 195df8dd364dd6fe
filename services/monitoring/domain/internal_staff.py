"""Who works for the agency: of them its commission of internal monitoring and the persons responsible are (3.2.s1, 4.3.s1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from services.monitoring.contract import StaffCorrected, StaffLeft, StaffRegistered
from services.monitoring.domain.internal_rules import check_past, invalid


@dataclass(frozen=True)
class StaffMember:
    """Somebody of the staff, or who was."""

    registered: StaffRegistered | None = None
    left: StaffLeft | None = None

    @property
    def works(self) -> bool:
        """Whether he works for the agency by now."""
        return self.registered is not None and self.left is None


class RegisterStaff(Command):
    """Somebody works for the agency, or does so again. `today` is the agency's local day."""

    records = (StaffRegistered,)

    staff_id: str
    name: str
    post: str
    joined_on: date
    today: date


class LeaveStaff(Command):
    """Somebody works for the agency no more."""

    records = (StaffLeft,)

    left_on: date
    today: date


def decide(command: RegisterStaff | LeaveStaff, state: StaffMember, _rules: None) -> Sequence[Event]:
    """The facts that follow."""
    match command:
        case RegisterStaff():
            check_past(command.joined_on, command.today, "#/joined_on")
            if state.left is not None and command.joined_on < state.left.left_on:
                raise invalid("#/joined_on", "he had not left yet", f"a day from {state.left.left_on} to {command.today}")
            told = {"name": command.name, "post": command.post, "joined_on": command.joined_on}
            return [StaffRegistered(staff_id=command.staff_id, **told)]
        case LeaveStaff():
            assert state.registered
            check_past(command.left_on, command.today, "#/left_on")
            _check_order(state.registered.joined_on, command.left_on)
            return [StaffLeft(staff_id=state.registered.staff_id, left_on=command.left_on)]


def _check_order(joined_on: date, left_on: date) -> None:
    if left_on < joined_on:
        raise Conflict(f"nobody who joined on {joined_on} left on {left_on}")


def _joining(state: StaffMember, _rules: None) -> None:
    if state.works:
        raise Conflict("he works for the agency already")


def _leaving(state: StaffMember, _rules: None) -> None:
    if not state.works:
        raise Conflict("he does not work for the agency")


def evolve(state: StaffMember, event: Any) -> StaffMember:
    """The state after a fact."""
    match event:
        case StaffRegistered():
            return StaffMember(event)
        case StaffLeft():
            return replace(state, left=event)
    return state


GUARDS: Mapping[type[Command], Guard] = {RegisterStaff: _joining, LeaveStaff: _leaving}

STAFF: Decider[StaffMember, None] = Decider("staff", StaffMember(), decide, evolve, no_rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How the register is corrected on a day: nobody left before he joined, and neither day is to come."""

    def check(state: StaffMember) -> None:
        assert state.registered
        days = [state.registered.joined_on, *([state.left.left_on] if state.left else [])]
        if max(days) > today:
            raise Conflict(f"{max(days)} is still to come")
        if state.left is not None:
            _check_order(state.registered.joined_on, state.left.left_on)

    return Correctable(STAFF, StaffCorrected, lambda state: {"staff_id": state.registered.staff_id if state.registered else ""}, check)
