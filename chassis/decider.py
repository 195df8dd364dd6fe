"""The decider: an aggregate as three plain functions, without clock, random or I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from chassis.events import Event

S = TypeVar("S")
R = TypeVar("R")


class Command(BaseModel):
    """An imperative to one aggregate. `at` is the legal time of the decision (UTC), `by` the subject that asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    by: str


@dataclass(frozen=True)
class Decider(Generic[S, R]):
    """One aggregate. `decide` returns facts or raises a problem; `evolve` never fails; `rules` picks the rulebook of a case."""

    category: str
    initial: S
    decide: Callable[[Any, S, R], Sequence[Event]]
    evolve: Callable[[S, Any], S]
    rules: Callable[[Any, S], R]

    def stream(self, aggregate_id: str) -> str:
        """The stream of one aggregate: `<category>-<id>`."""
        return f"{self.category}-{aggregate_id}"

    def fold(self, events: Iterable[Event], state: S | None = None) -> S:
        """The state after `events`."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded


def no_rules(_command: Any, _state: Any) -> None:
    """For aggregates that no regulation parameterises."""
    return None
