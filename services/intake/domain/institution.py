"""An education organisation as the agency knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from regulations import local_date
from services.intake.contract import (
    InstitutionClosed,
    InstitutionCorrected,
    InstitutionDescribed,
    InstitutionRegistered,
    InstitutionSucceeded,
    Language,
)

_DETAILS = ("ownership", "levels", "eter_id", "deqar_id", "national_id")

# An institution has no rulebook and so no zone of its own: a day has come once it has begun anywhere.
_WHERE_DAYS_BEGIN = "Pacific/Kiritimati"


@dataclass(frozen=True)
class Institution:
    """What a later command needs to know: whether it is there, its details, who took its place, since when it is no more."""

    institution_id: str = ""
    names: Mapping[Language, str] = field(default_factory=dict)
    ownership: str | None = None
    levels: tuple[str, ...] = ()
    eter_id: str | None = None
    deqar_id: str | None = None
    national_id: str | None = None
    successor_id: str | None = None
    closed_on: date | None = None

    @property
    def details(self) -> dict[str, Any]:
        """What a description replaces."""
        return {name: getattr(self, name) for name in _DETAILS}


class RegisterInstitution(Command):
    """Enters an education organisation; `names` by language, at least one."""

    records = (InstitutionRegistered,)

    institution_id: str
    names: dict[Language, str]
    kind: str
    city: str
    country: str
    website: str | None = None
    ownership: str | None = None
    levels: tuple[str, ...] = ()
    eter_id: str | None = None
    deqar_id: str | None = None
    national_id: str | None = None


class DescribeInstitution(Command):
    """Replaces the details of an institution as a whole."""

    records = (InstitutionDescribed,)

    ownership: str | None = None
    levels: tuple[str, ...] = ()
    eter_id: str | None = None
    deqar_id: str | None = None
    national_id: str | None = None


class RecordSuccession(Command):
    """Another institution took the place of this one, by an act."""

    records = (InstitutionSucceeded,)

    successor_id: str
    successor_known: bool
    act: str
    succeeded_on: date


class CloseInstitution(Command):
    """Records that the institution ceased to be, by an act."""

    records = (InstitutionClosed,)

    act: str
    closed_on: date


AnyCommand = RegisterInstitution | DescribeInstitution | RecordSuccession | CloseInstitution


def decide(command: AnyCommand, state: Institution, _rules: None) -> Sequence[Event]:
    """An institution is registered once, described anew as often as needed, succeeded once and closed once."""
    match command:
        case RegisterInstitution():
            return [InstitutionRegistered(**command.model_dump(exclude={"at", "by"}))]
        case DescribeInstitution():
            described = command.model_dump(include=set(_DETAILS))
            if described == state.details:
                raise Conflict("the institution is described so already")
            return [InstitutionDescribed(institution_id=state.institution_id, **described)]
        case RecordSuccession():
            return _succeed(command, state)
        case CloseInstitution():
            _check_day(command.closed_on, command.at)
            return [InstitutionClosed(institution_id=state.institution_id, act=command.act, closed_on=command.closed_on)]


def _check_day(closed_on: date, at: datetime) -> None:
    if closed_on > local_date(at, _WHERE_DAYS_BEGIN):
        raise Conflict(f"{closed_on} has not come yet, wherever the institution is")


def _succeed(command: RecordSuccession, state: Institution) -> Sequence[Event]:
    if command.successor_id == state.institution_id:
        raise Conflict("an institution does not succeed itself")
    if not command.successor_known:
        raise Conflict(f"there is no institution {command.successor_id}; register the successor first")
    return [
        InstitutionSucceeded(
            institution_id=state.institution_id,
            successor_id=command.successor_id,
            act=command.act,
            succeeded_on=command.succeeded_on,
        )
    ]


def evolve(state: Institution, event: Any) -> Institution:
    """The state after a fact."""
    match event:
        case InstitutionRegistered():
            return Institution(event.institution_id, event.names, **event.model_dump(include=set(_DETAILS)))
        case InstitutionDescribed():
            return replace(state, **event.model_dump(include=set(_DETAILS)))
        case InstitutionSucceeded():
            return replace(state, successor_id=event.successor_id)
        case InstitutionClosed():
            return replace(state, closed_on=event.closed_on)
    return state


def _not_registered(state: Institution, _rules: None) -> None:
    if state.institution_id:
        raise Conflict(f"institution {state.institution_id} is registered already")


def _not_succeeded(state: Institution, _rules: None) -> None:
    if state.successor_id:
        raise Conflict(f"{state.successor_id} has taken the place of {state.institution_id} already")


def _not_closed(state: Institution, _rules: None) -> None:
    if state.closed_on is not None:
        raise Conflict(f"{state.institution_id} is closed since {state.closed_on}")


GUARDS: Mapping[type[Command], Guard] = {
    RegisterInstitution: _not_registered,
    DescribeInstitution: always,
    RecordSuccession: _not_succeeded,
    CloseInstitution: _not_closed,
}

INSTITUTION: Decider[Institution, None] = Decider("institution", Institution(), decide, evolve, no_rules, GUARDS)


def corrections(at: datetime) -> Correctable:
    """How the facts of an institution are put right at a moment."""

    def check(state: Institution) -> None:
        if not state.names:
            raise Conflict("an institution has a name", accepts="its name in one language at least")
        if state.closed_on is not None:
            _check_day(state.closed_on, at)

    return Correctable(INSTITUTION, InstitutionCorrected, lambda state: {"institution_id": state.institution_id}, check)
