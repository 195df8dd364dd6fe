"""What random lives of council's aggregates share: they are asked by fold and decide alone; what is refused leaves no trace."""

from collections.abc import Iterable
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Problem
from regulations import Rulebook

#: The same lives in every run.
LIVES = settings(max_examples=200, stateful_step_count=30, deadline=None, derandomize=True)


class Life(RuleBasedStateMachine):
    """One aggregate with its past."""

    decider: Decider[Any, Any]
    book: Rulebook

    def born(self, *past: Event) -> None:
        self.history = list(past)
        self.state = self.decider.fold(past)

    def ask(self, command: Command) -> list[Event]:
        """What follows; nothing from what is refused. A refusal names a clause of the rulebook."""
        try:
            facts = list(self.decider.decide(command, self.state, self.book))
        except Problem as problem:
            clause = getattr(problem, "clause", None)
            assert clause is None or clause in self.book.clauses
            facts = []
        assert {type(fact) for fact in facts} <= set(command.records)
        self.history += facts
        self.state = self.decider.fold(facts, self.state)
        return facts

    def ask_for_one(self, commands: Iterable[Command]) -> list[Event]:
        """The first of them that something follows from."""
        return next((facts for command in commands if (facts := self.ask(command))), [])

    def of(self, *kinds: type[Event]) -> list[Any]:
        """The facts of these types."""
        return [fact for fact in self.history if isinstance(fact, kinds)]

    def built_anew(self) -> None:
        assert self.decider.fold(self.history) == self.state
