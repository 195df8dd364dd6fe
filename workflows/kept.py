"""Deadlines that are kept beside the stages: whatever meets them meets them, whenever it comes, and days that persons set follow them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.monitoring import contract as monitoring
    from workflows.messages import Fact, Watched

from workflows.deadlines import UNMET
from workflows.lifecycle import Lifecycle
from workflows.standstill import whenever

ANOTHER_DAY = "another day was set"


class Kept:
    """Tells monitoring what was done, in whatever stage it came. `days`: in which field of a fact its day stands."""

    def __init__(self, life: Lifecycle, days: Mapping[type[Event], str], latest: Callable[[str], date | None] = lambda rule: None) -> None:
        self._life = life
        self._days = {kind.type_name(): day for kind, day in days.items()}
        self._latest = latest

    async def keep(self) -> None:
        """For as long as the lifecycle runs."""
        await whenever(self._life, lambda: not self.settled(), self._tell)

    def settled(self) -> bool:
        """Whether all that was done is told."""
        return not self._life.deadlines.done()

    async def _tell(self) -> None:
        for watched in self._life.deadlines.done():
            fact, on = self._first(watched)
            latest = self._latest(watched.rule)
            await self._life.deadlines.tell_done(watched, on if latest is None else min(on, latest), because=fact.traceparent)

    def _first(self, watched: Watched) -> tuple[Fact, date]:
        facts = self._life.memory.facts
        found = [(facts[name], facts[name].day(self._days[name.partition(":")[0]])) for name in watched.met_by if name in facts]
        return min(found, key=lambda each: each[1])


@dataclass(frozen=True)
class Wanted:
    """A last day that a person set: in which fact, and what meets it."""

    due_on: date
    since: date
    met_by: tuple[str, ...]
    because: str | None = None


class SetByPersons:
    """Deadlines on days that persons set: `wanted` has them by rule, as the facts that have come tell. Another day is another round."""

    def __init__(self, life: Lifecycle, wanted: Callable[[], dict[str, Wanted]]) -> None:
        self._life = life
        self._wanted = wanted
        self._known: dict[str, str] = life.memory.done.setdefault("set by persons", {})

    async def keep(self) -> None:
        """For as long as the lifecycle runs."""
        await whenever(self._life, lambda: bool(self._changed()), self._follow)

    def runs(self, rule: str) -> int:
        """The round of a rule that is not met yet; 0: there is none."""
        deadlines, last = self._life.deadlines, self._life.deadlines.rounds(rule)
        return last if last and deadlines.of(rule, last).state in UNMET else 0

    def _changed(self) -> dict[str, Wanted | None]:
        wanted = self._wanted()
        now = {rule: each.due_on.isoformat() for rule, each in wanted.items()}
        return {rule: wanted.get(rule) for rule in sorted({*now, *self._known}) if now.get(rule) != self._known.get(rule)}

    async def _follow(self) -> None:
        deadlines = self._life.deadlines
        for rule, wanted in self._changed().items():
            last = deadlines.rounds(rule)
            if last:
                await deadlines.withdraw(rule, ANOTHER_DAY, because=wanted.because if wanted else None, round=last)
            if wanted is None:
                self._known.pop(rule, None)
                continue
            if not self._life.has(*wanted.met_by):
                await deadlines.set(
                    rule,
                    since=wanted.since,
                    met_by=wanted.met_by,
                    any_of=True,
                    because=wanted.because,
                    round=last + 1,
                    due_on=wanted.due_on,
                )
            self._known[rule] = wanted.due_on.isoformat()


def by_person(step: str, which: str = "") -> str:
    """The rule of a day that a person set for a stage, or for one of several things in it."""
    return f"{monitoring.CONTRACT}{step}/{which}" if which else f"{monitoring.CONTRACT}{step}"
