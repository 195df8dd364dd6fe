"""The standing commission of internal monitoring, of the agency's staff. It outlasts a cycle, for it controls the plan afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, NotFound
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    InternalCommissionChanged,
    InternalCommissionCorrected,
    InternalCommissionFormed,
    InternalMember,
)
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.internal_rules import ARTKI

COMMISSION_ID = "internal-commission"
OUTSIDER = "outsider_in_commission"


@dataclass(frozen=True)
class InternalCommission:
    """The commission as it stands."""

    formed: InternalCommissionFormed | None = None
    members: tuple[InternalMember, ...] = ()
    changes: int = 0
    since: date | None = None

    @property
    def ids(self) -> frozenset[str]:
        """Of its members."""
        return frozenset(each.staff_id for each in self.members)

    def stands(self, on: date) -> bool:
        """Whether its term, where it has one, is not over."""
        return self.formed is not None and (self.formed.until is None or on <= self.formed.until)


@dataclass(frozen=True)
class Seat:
    """Somebody who is to sit in it."""

    staff_id: str
    head: bool = False


class FormInternalCommission(Command):
    """The commission is formed; one that stands gives way. `staff`: who works for the agency."""

    records = (InternalCommissionFormed,)

    rulebook: RulebookRef
    members: tuple[Seat, ...]
    staff: frozenset[str]
    order_number: str
    formed_on: date
    until: date | None = None


class ChangeInternalCommission(Command):
    """Members join or leave."""

    records = (InternalCommissionChanged,)

    joined: tuple[Seat, ...] = ()
    left: tuple[str, ...] = ()
    staff: frozenset[str]
    order_number: str
    changed_on: date


def decide(command: FormInternalCommission | ChangeInternalCommission, state: InternalCommission, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow."""
    today = local_date(command.at, rules.zone)
    match command:
        case FormInternalCommission():
            return [_form(command, state, rules, today)]
        case ChangeInternalCommission():
            return [_change(command, state, rules, today)]


@enforces(ARTKI, "3.2.s1")
def _form(command: FormInternalCommission, state: InternalCommission, rules: Rulebook, today: date) -> InternalCommissionFormed:
    """Of the staff; by whom and for how long the text does not say."""
    of.check_past(command.formed_on, today, "#/formed_on")
    if state.since is not None and command.formed_on < state.since:
        raise of.invalid("#/formed_on", f"the commission stands as it is since {state.since}", f"a day from {state.since} to {today}")
    if command.until is not None and command.until <= command.formed_on:
        raise of.invalid("#/until", "its term ends before it begins", f"a day after {command.formed_on}, or none")
    members, flags = _seated(rules, (), command.members, command.staff, "#/members")
    return InternalCommissionFormed(
        rulebook=command.rulebook,
        members=members,
        order_number=command.order_number,
        formed_by=str(rules.setting_if_any("commission_formed_by") or "agency"),
        flags=flags,
        until=command.until,
        formed_on=command.formed_on,
    )


@enforces(ARTKI, "3.2.s1", "4.3.s2")
def _change(command: ChangeInternalCommission, state: InternalCommission, rules: Rulebook, today: date) -> InternalCommissionChanged:
    """The commission that controls is the one that monitored, with whom it has by now."""
    of.check_past(command.changed_on, today, "#/changed_on")
    if state.since is not None and command.changed_on < state.since:
        raise of.invalid("#/changed_on", f"it stands as it is since {state.since}", f"a day from {state.since} to {today}")
    if not command.joined and not command.left:
        raise of.invalid("#/joined", "nobody joins and nobody leaves", "members who join or leave")
    strange = sorted(set(command.left) - state.ids)
    if strange:
        raise of.invalid("#/left", f"no members: {', '.join(strange)}", f"members: {', '.join(sorted(state.ids))}")
    staying = tuple(each for each in state.members if each.staff_id not in command.left)
    members, flags = _seated(rules, staying, command.joined, command.staff, "#/joined")
    return InternalCommissionChanged(
        change=state.changes + 1,
        joined=members[len(staying) :],
        left=command.left,
        members=members,
        order_number=command.order_number,
        flags=flags,
        changed_on=command.changed_on,
    )


@enforces(ARTKI, "3.2.s1")
def _seated(
    rules: Rulebook, staying: tuple[InternalMember, ...], new: tuple[Seat, ...], staff: frozenset[str], at: str
) -> tuple[tuple[InternalMember, ...], tuple[str, ...]]:
    """The members with whether each is of the staff; one who is not is flagged, or refused where the agency has set that."""
    of.check_once([*(each.staff_id for each in staying), *(each.staff_id for each in new)], at)
    kept = tuple(each.model_copy(update={"staff": each.staff_id in staff}) for each in staying)
    members = (*kept, *(InternalMember(staff_id=each.staff_id, staff=each.staff_id in staff, head=each.head) for each in new))
    asked = of.staff_clause(rules, "commission")
    outsiders = [each.staff_id for each in members if not each.staff] if asked else []
    if outsiders and rules.setting_if_any(OUTSIDER) == of.REFUSED:
        of.refuse(rules, asked or "", f"not of the staff: {', '.join(outsiders)}", "a commission of the agency's staff")
    if len([each for each in members if each.head]) > 1:
        raise of.invalid(at, "two heads", "one head, or none")
    least = rules.setting_if_any("commission_size_minimum")
    least = least if isinstance(least, int) else 1
    if len(members) < least:
        of.refuse(rules, of.setting_clause(rules, "commission_size_minimum"), f"{len(members)} members", f"{least} members at least")
    return members, (OUTSIDER,) if outsiders else ()


def _standing(state: InternalCommission, _rules: Rulebook) -> None:
    if state.formed is None:
        raise NotFound("no commission of internal monitoring was formed")


def evolve(state: InternalCommission, event: Any) -> InternalCommission:
    """The state after a fact."""
    match event:
        case InternalCommissionFormed():
            return replace(state, formed=event, members=event.members, since=event.formed_on)
        case InternalCommissionChanged():
            return replace(state, members=event.members, changes=event.change, since=event.changed_on)
    return state


def _rules(command: FormInternalCommission | ChangeInternalCommission, state: InternalCommission) -> Rulebook:
    if isinstance(command, FormInternalCommission):
        return resolve(command.rulebook)
    _standing(state, None)  # type: ignore[arg-type]
    assert state.formed
    return resolve(state.formed.rulebook)


GUARDS: Mapping[type[Command], Guard] = {FormInternalCommission: always, ChangeInternalCommission: _standing}

INTERNAL_COMMISSION: Decider[InternalCommission, Rulebook] = Decider(
    "internal_commission", InternalCommission(), decide, evolve, _rules, GUARDS
)


def corrections(today: date) -> Correctable:
    """How the commission is corrected on a day: it was not formed later than it was changed, nor is that to come."""

    def check(state: InternalCommission) -> None:
        formed = state.formed
        if formed is not None and formed.formed_on > today:
            raise Conflict(f"{formed.formed_on} is still to come")
        if formed is not None and formed.until is not None and formed.until <= formed.formed_on:
            raise Conflict(f"its term ends on {formed.until}")

    return Correctable(INTERNAL_COMMISSION, InternalCommissionCorrected, lambda _state: {"commission_id": COMMISSION_ID}, check)
