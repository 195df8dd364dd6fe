"""An education organisation as the agency knows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from services.intake.contract import InstitutionRegistered, Language


@dataclass(frozen=True)
class Institution:
    """What a later command needs to know: whether it is there."""

    institution_id: str = ""


class RegisterInstitution(Command):
    """Enters an education organisation; `names` by language, at least one."""

    institution_id: str
    names: dict[Language, str]
    kind: str
    city: str
    country: str
    website: str | None = None


def decide(command: RegisterInstitution, state: Institution, _rules: None) -> Sequence[Event]:
    """An institution is registered once."""
    if state.institution_id:
        raise Conflict(f"institution {state.institution_id} is registered already")
    return [InstitutionRegistered(**command.model_dump(exclude={"at", "by"}))]


def evolve(_state: Institution, event: Any) -> Institution:
    """There is but one fact."""
    return Institution(institution_id=event.institution_id)


INSTITUTION: Decider[Institution, None] = Decider("institution", Institution(), decide, evolve, no_rules)
