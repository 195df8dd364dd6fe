"""The decider: an aggregate as three plain functions, without clock, random or I/O."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from chassis.corrected import FactCorrected, right_history
from chassis.events import Event
from chassis.problems import Problem

S = TypeVar("S")
R = TypeVar("R")


class Command(BaseModel):
    """An imperative to one aggregate. `at` is the legal time of the decision (UTC), `by` the subject that asks.

    `records` names the events that it leads to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    records: ClassVar[tuple[type[Event], ...]] = ()

    at: datetime
    by: str


Guard = Callable[[Any, Any], None]


@dataclass(frozen=True)
class Decider(Generic[S, R]):
    """One aggregate. `decision` returns facts or raises a problem; `evolve` never fails; `rules` picks the rulebook of a case.

    `guards` has for each command what its state and rules alone say against it: a function that raises. Every decision passes its guard
    first, so that what `refusals` tells of a state cannot differ from what is decided there.
    """

    category: str
    initial: S
    decision: Callable[[Any, S, R], Sequence[Event]]
    evolve: Callable[[S, Any], S]
    rules: Callable[[Any, S], R]
    guards: Mapping[type[Command], Guard] = field(default_factory=dict, compare=False)
    remembered: ClassVar[bool] = True

    def decide(self, command: Any, state: S, rules: R) -> Sequence[Event]:
        """The facts that follow from a command; raises the problem of its guard or of the decision."""
        guard = self.guards.get(type(command))
        if guard is not None:
            guard(state, rules)
        return self.decision(command, state, rules)

    def refusals(self, state: S, rules: R) -> dict[type[Command], Problem | None]:
        """Each guarded command with the problem that it meets in this state whatever its body says, or None where it is open."""
        return {kind: _problem_of(guard, state, rules) for kind, guard in self.guards.items()}

    def stream(self, aggregate_id: str) -> str:
        """The stream of one aggregate: `<category>-<id>`."""
        return f"{self.category}-{aggregate_id}"

    def fold(self, events: Iterable[Event], state: S | None = None) -> S:
        """The state after `events`; after a whole stream (no `state` before it), of every fact as it was corrected last."""
        folded = self.initial if state is None else state
        for event in right_history(events) if state is None else events:
            if not isinstance(event, FactCorrected):
                folded = self.evolve(folded, event)
        return folded


def _problem_of(guard: Guard, state: Any, rules: Any) -> Problem | None:
    try:
        guard(state, rules)
    except Problem as problem:
        return problem
    return None


def always(_state: Any, _rules: Any) -> None:
    """The guard of a command that a state alone never refuses."""


def no_rules(_command: Any, _state: Any) -> None:
    """For aggregates that no regulation parameterises."""
    return None
