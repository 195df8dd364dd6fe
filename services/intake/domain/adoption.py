"""An agency's own adoption of a rulebook: who may use one that its authority has repealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, local_date, resolve
from services.intake.contract import RulebookAdopted


@dataclass(frozen=True)
class Adoption:
    """The rulebook that the agency has taken as its own, if it has."""

    rulebook: RulebookRef | None = None

    @property
    def adopted(self) -> bool:
        """Whether it has."""
        return self.rulebook is not None


class AdoptRulebook(Command):
    """The director's decision, with a reason."""

    records = (RulebookAdopted,)

    rulebook: RulebookRef
    reason: str


def adoption_id(agency: str, rulebook: RulebookRef) -> str:
    """One adoption for each agency and version of a rulebook."""
    return derived_id("adoption", agency, rulebook.id, rulebook.version)


def check_in_force(rules: Rulebook, on: date, adopted: bool, before: str) -> None:
    """A rulebook that is not in force on a day can be used by an agency alone that has adopted it; `before` what it is to be used for."""
    if rules.in_force_on(on) or adopted:
        return
    repeal = rules.repealed_by
    raise Refused(
        f"{rules.id} is not in force on {on}" + (f": repealed on {repeal.day} by {repeal.by}" if repeal else ""),
        clause=scope_clause(rules),
        rulebook=rules.id,
        accepts=f"an adoption of the rulebook as the agency's own by the director, with a reason, before {before}",
    )


def scope_clause(rules: Rulebook) -> str:
    """The clause that says to what the regulation applies."""
    return next((level.clause or "" for level in rules.vocabularies.get("education_levels", {}).values()), "")


def decide(command: AdoptRulebook, state: Adoption, rules: Rulebook) -> Sequence[Event]:
    """The fact that follows."""
    on = local_date(command.at, rules.zone)
    return [RulebookAdopted(rulebook=command.rulebook, reason=command.reason, adopted_on=on)]


def evolve(_state: Adoption, event: Any) -> Adoption:
    """There is but one fact."""
    return Adoption(event.rulebook)


def _once(state: Adoption, _rules: Rulebook) -> None:
    """A version is adopted once."""
    if state.rulebook is not None:
        raise Conflict(f"{state.rulebook.id} {state.rulebook.version} is adopted already")


def _rules(command: AdoptRulebook, _state: Adoption) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {AdoptRulebook: _once}

ADOPTION: Decider[Adoption, Rulebook] = Decider("rulebook", Adoption(), decide, evolve, _rules, GUARDS)
