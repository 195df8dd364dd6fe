"""An expert of the agency's pool. Who may sit in a commission is decided there; here is only who is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from services.visits.contract import Employment, ExpertRegistered


@dataclass(frozen=True)
class Expert:
    """What a later command needs to know: whether the expert is there."""

    expert_id: str = ""


class RegisterExpert(Command):
    """Enters an expert into the pool. `expert_id` is the subject of the expert's tokens; `affiliations` are institution ids.

    `categories` are whom he may represent in a panel, words of whatever rulebooks the agency works by.
    """

    records = (ExpertRegistered,)

    expert_id: str
    name: str
    email: str | None = None
    competences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    employments: tuple[Employment, ...] = ()


def entry(state: Expert, _rules: None) -> None:
    """An expert joins the pool once."""
    if state.expert_id:
        raise Conflict(f"expert {state.expert_id} is in the pool already")


def decide(command: RegisterExpert, _state: Expert, _rules: None) -> Sequence[Event]:
    """With what the pool is told of him."""
    return [ExpertRegistered(**command.model_dump(exclude={"at", "by"}))]


def evolve(_state: Expert, event: Any) -> Expert:
    """There is but one fact."""
    return Expert(expert_id=event.expert_id)


EXPERT: Decider[Expert, None] = Decider("expert", Expert(), decide, evolve, no_rules, {RegisterExpert: entry})
