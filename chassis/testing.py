"""Tests of rules that read as sentences: `given(DECIDER, events).when(command).then(facts or a refusal)`."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Problem

S = TypeVar("S")


class Given(Generic[S]):
    """An aggregate with a past, and after `when` its answer."""

    def __init__(self, decider: Decider[S, Any], events: Sequence[Event]) -> None:
        self._decider = decider
        self._past = list(events)
        self.outcome: list[Event] | Problem | None = None

    def when(self, command: Command) -> "Given[S]":
        """Decides `command`; a second `when` goes on from the facts of the first."""
        if isinstance(self.outcome, Problem):
            raise AssertionError(f"the command before was refused: {self.outcome}")
        self._past += self.outcome or []
        state = self._decider.fold(self._past)
        try:
            self.outcome = list(self._decider.decide(command, state, self._decider.rules(command, state)))
        except Problem as problem:
            self.outcome = problem
        return self

    def then(self, *expected: Event) -> None:
        """The command led to exactly these facts."""
        assert self.outcome == list(expected), f"expected {list(expected)}, got {self.outcome!r}"

    def then_types(self, *expected: type[Event]) -> list[Event]:
        """The command led to facts of exactly these types; returned for a closer look."""
        assert isinstance(self.outcome, list), f"refused: {self.outcome!r}"
        assert [type(e) for e in self.outcome] == list(expected), f"got {self.outcome!r}"
        return self.outcome

    def then_refused(self, *, clause: str | None = None, words: str = "") -> Problem:
        """The command was refused, under `clause` if given, in a detail that contains `words`."""
        assert isinstance(self.outcome, Problem), f"not refused: {self.outcome!r}"
        if clause is not None:
            assert getattr(self.outcome, "clause", None) == clause, f"refused under {getattr(self.outcome, 'clause', None)}: {self.outcome}"
        assert words in str(self.outcome), f"{words!r} is not in {self.outcome}"
        return self.outcome


def given(decider: Decider[S, Any], events: Sequence[Event] = ()) -> Given[S]:
    """An aggregate that has lived through `events`."""
    return Given(decider, events)
