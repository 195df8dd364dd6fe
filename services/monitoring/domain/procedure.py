"""Under which rulebook certificates of other procedures are followed up: the director says so (IQAA, S4.a names none)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Invalid
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import FollowUpProcedureChosen
from services.monitoring.domain.profile import FOLLOW_UP

PROCEDURE_ID = "follow-up"
ACCREDITATION = "accreditation"


@dataclass(frozen=True)
class Chosen:
    """For each accreditation rulebook the one of its follow-ups."""

    rulebooks: Mapping[str, RulebookRef] = field(default_factory=dict)


class ChooseProcedure(Command):
    """`procedures`: rulebook id to its procedure, of those that are named as accreditations."""

    records = (FollowUpProcedureChosen,)

    rulebook: RulebookRef
    accreditations: tuple[str, ...]
    procedures: Mapping[str, str]
    reason: str


@enforces("iqaa-accreditation", "S4.a")
def decide(command: ChooseProcedure, state: Chosen, rules: Rulebook) -> Sequence[Event]:
    """Of accreditations on the shelf, by a rulebook of follow-ups. The same choice again is none."""
    if rules.procedure != FOLLOW_UP:
        raise Invalid(f"{rules.id} is no rulebook of follow-ups", errors=[{"pointer": "#/rulebook", "detail": FOLLOW_UP}])
    strange = [each for each in command.accreditations if command.procedures.get(each) != ACCREDITATION]
    if strange or not command.accreditations:
        fault = {"pointer": "#/accreditations", "detail": "ids of rulebooks of accreditation, one at least"}
        raise Invalid(f"no rulebooks of accreditation: {', '.join(strange) or 'none is named'}", errors=[fault])
    if all(state.rulebooks.get(each) == command.rulebook for each in command.accreditations):
        return []
    return [
        FollowUpProcedureChosen(
            rulebook=command.rulebook,
            accreditations=tuple(dict.fromkeys(command.accreditations)),
            reason=command.reason,
            chosen_on=local_date(command.at, rules.zone),
        )
    ]


def evolve(state: Chosen, event: Any) -> Chosen:
    """The state after a fact."""
    return Chosen({**state.rulebooks, **dict.fromkeys(event.accreditations, event.rulebook)})


def _rules(command: ChooseProcedure, _state: Chosen) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {ChooseProcedure: always}

PROCEDURE: Decider[Chosen, Rulebook] = Decider("procedure", Chosen(), decide, evolve, _rules, GUARDS)
