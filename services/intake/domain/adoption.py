"""An agency's own adoption of a rulebook: who may use one that its authority has repealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict
from regulations import Rulebook, RulebookRef, local_date, resolve
from services.intake.contract import RulebookAdopted


@dataclass(frozen=True)
class Adoption:
    """Whether the agency has taken the rulebook as its own."""

    adopted: bool = False


class AdoptRulebook(Command):
    """The director's decision, with a reason."""

    rulebook: RulebookRef
    reason: str


def adoption_id(agency: str, rulebook: RulebookRef) -> str:
    """One adoption for each agency and version of a rulebook."""
    return derived_id("adoption", agency, rulebook.id, rulebook.version)


def decide(command: AdoptRulebook, state: Adoption, rules: Rulebook) -> Sequence[Event]:
    """A version is adopted once."""
    if state.adopted:
        raise Conflict(f"{command.rulebook.id} {command.rulebook.version} is adopted already")
    on = local_date(command.at, rules.zone)
    return [RulebookAdopted(rulebook=command.rulebook, reason=command.reason, adopted_on=on)]


def evolve(_state: Adoption, _event: Any) -> Adoption:
    """There is but one fact."""
    return Adoption(adopted=True)


def _rules(command: AdoptRulebook, _state: Adoption) -> Rulebook:
    return resolve(command.rulebook)


ADOPTION: Decider[Adoption, Rulebook] = Decider("rulebook", Adoption(), decide, evolve, _rules)
