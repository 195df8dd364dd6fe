"""An education organisation as the agency knows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from services.intake.contract import InstitutionDescribed, InstitutionRegistered, InstitutionSucceeded, Language

_DETAILS = ("ownership", "levels", "eter_id", "deqar_id", "national_id")


@dataclass(frozen=True)
class Institution:
    """What a later command needs to know: whether it is there, its details, who took its place."""

    institution_id: str = ""
    ownership: str | None = None
    levels: tuple[str, ...] = ()
    eter_id: str | None = None
    deqar_id: str | None = None
    national_id: str | None = None
    successor_id: str | None = None

    @property
    def details(self) -> dict[str, Any]:
        """What a description replaces."""
        return {name: getattr(self, name) for name in _DETAILS}


class RegisterInstitution(Command):
    """Enters an education organisation; `names` by language, at least one."""

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

    ownership: str | None = None
    levels: tuple[str, ...] = ()
    eter_id: str | None = None
    deqar_id: str | None = None
    national_id: str | None = None


class RecordSuccession(Command):
    """Another institution took the place of this one, by an act."""

    successor_id: str
    successor_known: bool
    act: str
    succeeded_on: date


AnyCommand = RegisterInstitution | DescribeInstitution | RecordSuccession


def decide(command: AnyCommand, state: Institution, _rules: None) -> Sequence[Event]:
    """An institution is registered once, described anew as often as needed, and succeeded once."""
    match command:
        case RegisterInstitution():
            if state.institution_id:
                raise Conflict(f"institution {state.institution_id} is registered already")
            return [InstitutionRegistered(**command.model_dump(exclude={"at", "by"}))]
        case DescribeInstitution():
            described = command.model_dump(include=set(_DETAILS))
            if described == state.details:
                raise Conflict("the institution is described so already")
            return [InstitutionDescribed(institution_id=state.institution_id, **described)]
        case RecordSuccession():
            return _succeed(command, state)


def _succeed(command: RecordSuccession, state: Institution) -> Sequence[Event]:
    if state.successor_id:
        raise Conflict(f"{state.successor_id} has taken the place of {state.institution_id} already")
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
            return Institution(event.institution_id, **event.model_dump(include=set(_DETAILS)))
        case InstitutionDescribed():
            return replace(state, **event.model_dump(include=set(_DETAILS)))
        case InstitutionSucceeded():
            return replace(state, successor_id=event.successor_id)
    return state


INSTITUTION: Decider[Institution, None] = Decider("institution", Institution(), decide, evolve, no_rules)
