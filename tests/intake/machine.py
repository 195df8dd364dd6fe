"""What intake's model-based tests share: a life of commands on one aggregate, on a day that passes, with the row that shows it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

from chassis.corrected import FactCorrected
from chassis.correcting import correcting_writes
from chassis.corrections import Correctable, CorrectFact
from chassis.decider import Command, Decider
from chassis.events import Event, Recorded
from chassis.problems import Problem
from chassis.readmodels import ReadModel, project

SETTINGS = settings(derandomize=True, deadline=None, max_examples=300, stateful_step_count=30)
DAY = timedelta(days=1)
BEGIN = date(2010, 3, 2)


class Life(RuleBasedStateMachine):
    """One aggregate, asked by fold and decide alone. What is refused leaves no trace."""

    decider: Decider[Any, Any]
    model: ReadModel

    def __init__(self) -> None:
        super().__init__()
        self.today, self.state, self.asked = BEGIN, self.decider.initial, 0
        self.history: list[Event] = []
        self.recorded: list[Recorded[Any]] = []
        self.row: dict[str, Any] = {}

    def ask(self, kind: type[Command], /, **fields: Any) -> list[Event]:
        """The facts that follow today; none where the command is refused."""
        command = kind(**self.now(), **fields)
        self.asked += 1
        try:
            facts = list(self.decider.decide(command, self.state, self.decider.rules(command, self.state)))
        except Problem:
            return []
        assert {type(fact) for fact in facts} <= set(command.records)
        for fact in facts:
            self.state = self.decider.evolve(self.state, fact)
            self._keep(fact)
        return facts

    def correct(self, how: Correctable, version: int, right: Mapping[str, Any]) -> bool:
        """Whether an earlier fact is put right today."""
        told = {"corrects": "e", "version": version, "corrected": dict(right), "reason": "A slip.", "corrected_on": self.today}
        try:
            facts = list(how.decider.decide(CorrectFact(**self.now(), **told), tuple(self.history), None))
        except Problem:
            return False
        for fact in facts:
            self._keep(fact)
        self.state = self.decider.fold(self.history)
        return bool(facts)

    def now(self) -> dict[str, Any]:
        """The command's moment and caller."""
        return {"at": datetime.combine(self.today, time(6), UTC), "by": "somebody"}

    def _keep(self, fact: Event) -> None:
        at = self.now()["at"]
        stream, version = f"{self.decider.category}-1", len(self.history) + 1
        recorded = Recorded(fact, f"e-{version}", "/kepil/intake", "iqaa", stream, version, at, at, {})
        writes = project([self.model], recorded)
        if isinstance(fact, FactCorrected):
            writes += correcting_writes([self.model], self.recorded, recorded)
        self.history.append(fact)
        self.recorded.append(recorded)
        for write in writes:
            self.row |= write.values

    def told(self, *kinds: type[Event]) -> list[Event]:
        """Every fact of these types, as it was recorded."""
        return [fact for fact in self.history if isinstance(fact, kinds)]
