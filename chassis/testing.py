"""Tests of rules that read as sentences: `given(DECIDER, events).when(command).then(facts or a refusal)`."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Conflict, Problem, Refused

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


def guards_tell_the_truth(
    decider: Decider[S, Any],
    past: Sequence[Event],
    commands: Callable[[S], Sequence[Command]],
    *,
    alike: Callable[[S], Any] = repr,
    most: int = 5_000,
) -> list[S]:
    """Walks every state that `commands` lead to from `past`, one of those that are `alike`, and compares what guards say with what is
    decided there; returns the states.

    A command is refused by its guard exactly if none of its kind is accepted in the state: so each kind needs among `commands` one that
    fits, and a guard has to know every refusal that no body can avoid. Every event is one that its command `records`.
    """
    seen: dict[Any, S] = {}
    frontier = [decider.fold(past)]
    while frontier:
        state = frontier.pop()
        if alike(state) in seen:
            continue
        seen[alike(state)] = state
        assert len(seen) <= most, f"more than {most} states: the commands must lead to fewer"
        outcomes = [(command, _outcome(decider, command, state)) for command in commands(state)]
        accepted = {type(command) for command, outcome in outcomes if not isinstance(outcome, Problem)}
        refusals = decider.refusals(state, decider.rules(outcomes[0][0], state))
        kinds = {type(command) for command, _ in outcomes}
        assert kinds == set(refusals), f"without guard or without a candidate: {kinds ^ set(refusals)}"
        for kind, refusal in refusals.items():
            assert (refusal is None) == (kind in accepted), f"{kind.__name__}: the guard says {refusal!r} in {state!r}"
            assert refusal is None or isinstance(refusal, Conflict | Refused), f"{kind.__name__}: {refusal!r}"
        for command, outcome in outcomes:
            if not isinstance(outcome, Problem):
                strange = {type(event) for event in outcome} - set(command.records)
                assert not strange, f"{type(command).__name__} does not say that it records {strange}"
                frontier.append(decider.fold(outcome, state))
    return list(seen.values())


def _outcome(decider: Decider[S, Any], command: Command, state: S) -> Sequence[Event] | Problem:
    try:
        return decider.decide(command, state, decider.rules(command, state))
    except Problem as problem:
        return problem
