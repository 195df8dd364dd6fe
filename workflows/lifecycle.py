"""What every lifecycle has: facts that are awaited, services that are asked once, deadlines, and what the Temporal UI shows.

A lifecycle runs from its top with its memory: stages that are done pass at once and without a command, so that continue-as-new
may happen at any stage and the code reads as the procedure does.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import date, datetime
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from chassis.events import Event
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from workflows.facts import CORRECTIONS, KEYS
    from workflows.messages import Begun, EventReceived, Fact, LifecycleView, PendingAppeal, Turn

from workflows.deadlines import Deadlines
from workflows.requests import Overtaken, Requests

A = TypeVar("A", bound=BaseModel)

AGENCY = SearchAttributeKey.for_keyword("KepilAgency")
INSTITUTION = SearchAttributeKey.for_keyword("KepilInstitution")
RULEBOOK = SearchAttributeKey.for_keyword("KepilRulebook")
STAGE = SearchAttributeKey.for_keyword("KepilStage")
WAITING_ON = SearchAttributeKey.for_keyword("KepilWaitingOn")
NEXT_DEADLINE = SearchAttributeKey.for_datetime("KepilNextDeadline")

_DEADLINE_MOVES = tuple(
    kind.type_name() for kind in (monitoring.DeadlineExtended, monitoring.DeadlineRecomputed, monitoring.DeadlineWithdrawn)
)


_SUSPENDED, _RESUMED = intake.CaseSuspended.type_name(), intake.CaseResumed.type_name()


class Lifecycle:
    """The state and the tools of one lifecycle; the order of its stages is the workflow's own.

    Any of the facts `ended_by` overtakes it: whatever waits raises `Overtaken`, until `close` begins its end.
    """

    def __init__(self, of: Begun, workflow_id: str, *, ended_by: tuple[type[Event], ...] = ()) -> None:
        self._of = of
        self.ended_by = ended_by
        self.memory = of.memory
        self.phases: dict[str, str] = {}
        self._requests = Requests(self.memory, self.show, self._overtaken)
        self.deadlines = Deadlines(of, workflow_id, self.memory, self._requests, self.show)
        self._alarm: datetime | None = None
        self._shown: dict[str, Any] = {}
        self._background: list[asyncio.Task[None]] = []
        self._failure: BaseException | None = None

    async def __aenter__(self) -> "Lifecycle":
        """Begins to watch the deadlines."""
        self.show()
        self.beside(self.deadlines.watch())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing goes on after the last stage."""
        for task in self._background:
            task.cancel()
        if kind is None:
            await workflow.wait_condition(workflow.all_handlers_finished)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that goes on beside the stages. What fails there fails the stage that waits meanwhile."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._keep_failure)
        self._background.append(task)

    def receive(self, event: EventReceived) -> None:
        """Keeps a fact. A second delivery is dropped; an older fact never replaces a newer one of its type."""
        if event.event_id in self.memory.seen:
            return
        self.memory.seen.append(event.event_id)
        fact = Fact(event_id=event.event_id, occurred_at=event.occurred_at, data=event.data, traceparent=event.traceparent)
        if event.type in _DEADLINE_MOVES:
            self.deadlines.heard(fact, event.type, event.version)
        elif event.type in CORRECTIONS:
            self._put_right(event)
        elif event.type in (_SUSPENDED, _RESUMED):
            self._turn(fact, suspends=event.type == _SUSPENDED)
        else:
            self._keep(event.type, fact)
            if KEYS.get(event.type) in fact.data:
                self._keep(f"{event.type}:{fact.data[KEYS[event.type]]}", fact)
            self.deadlines.came(event.type)
        self.show()

    def forget(self, *names: str) -> None:
        """What these facts told is to come anew."""
        for name in names:
            self.memory.facts.pop(name, None)

    def close(self) -> None:
        """The end begins, whatever has overtaken the stages: from now on requests are made again."""
        self._requests.closing = True

    def resume(self) -> None:
        """Somebody has looked at the trouble: what was refused is asked again."""
        self._requests.resume()

    def has(self, *kinds: type[Event] | str) -> bool:
        """Whether any of these facts is there."""
        return any(_name(kind) in self.memory.facts for kind in kinds)

    async def fact(self, kind: type[Event] | str, *, stage: str = "", waiting_on: str = "") -> Fact:
        """Waits for a fact, in a stage of its own if it has one. One that came before its stage counts."""
        name = _name(kind)
        if stage and name not in self.memory.facts:
            self.enter(stage, waiting_on)
        await self.when(lambda: name in self.memory.facts)
        return self.memory.facts[name]

    async def when(self, so: Callable[[], bool]) -> None:
        """Waits until it is so; raises what failed beside the stages, and `Overtaken`."""
        await workflow.wait_condition(lambda: self._sound() and (self._overtaken() or so()))
        if self._overtaken():
            raise Overtaken

    async def due(
        self,
        kind: type[Event],
        rule: str,
        *,
        since: date,
        anchor: tuple[type[Event], str],
        done: str,
        because: str | None,
        stage: str,
        waiting_on: str,
        round: int = 1,
    ) -> Fact:
        """Waits for a fact that is due by a term of the rulebook; `done` names its date. Late, it is still waited for."""
        await self.deadlines.set(rule, since=since, anchor=anchor, met_by=(kind,), because=because, round=round)
        fact = await self.fact(kind, stage=stage, waiting_on=waiting_on)
        await self.deadlines.meet(rule, fact.day(done), because=fact.traceparent, round=round)
        return fact

    async def ask(
        self, queue: str, activity: str, argument: BaseModel, answer: type[A] | None = None, *, because: str | None = None
    ) -> Any:
        """Asks a service, as often as it is called."""
        return await self._requests.make(queue, activity, argument, answer, because=because)

    async def once(
        self, queue: str, activity: str, argument: BaseModel, answer: type[A] | None = None, *, because: str | None = None, round: int = 1
    ) -> Any:
        """Asks a service, once in the lifecycle's life (in each round of it); later the remembered answer."""
        key = activity if round == 1 else f"{activity}:{round}"
        if key not in self.memory.done:
            given: BaseModel | None = await self._requests.make(queue, activity, argument, answer, because=because)
            self.memory.done[key] = given.model_dump(mode="json") if answer is not None and given is not None else None
        remembered = self.memory.done[key]
        return answer.model_validate(remembered) if answer is not None else None

    async def until(
        self, instant: Callable[[], datetime | None], *, unless: tuple[type[Event] | str, ...], stage: str, waiting_on: str = ""
    ) -> bool:
        """Waits for an instant that may move; False if one of the facts `unless` comes first."""
        if not self._reached(instant()):
            self.enter(stage, waiting_on)
        while not self.has(*unless):
            at = self._alarm = instant()
            if self._reached(at):
                self._alarm = None
                return True
            with suppress(TimeoutError):
                await self._moved(at, instant, unless)
        self._alarm = None
        return False

    async def _moved(self, at: datetime | None, instant: Callable[[], datetime | None], unless: tuple[type[Event] | str, ...]) -> None:
        delay = None if at is None else at - workflow.now()
        await workflow.wait_condition(lambda: self._sound() and (self.has(*unless) or instant() != at), timeout=delay)

    async def milestone(self, name: str) -> None:
        """A new run with a short history begins here, and with it, under Worker Versioning, the newest code."""
        if name in self.memory.milestones:
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        async with self.deadlines.quiet:
            self.memory.milestones.append(name)
            self._continue()

    def enter(self, stage: str, waiting_on: str) -> None:
        """A stage begins; it shows who is waited for."""
        self.memory.stage, self.memory.waiting_on = stage, waiting_on
        self.show()

    def next_timer(self) -> datetime | None:
        """The earliest instant at which the lifecycle will move by itself."""
        return min((i for i in (self._alarm, self.deadlines.next_timer()) if i is not None), default=None)

    def suspended_on(self) -> date | None:
        """Since when the case stands still, as the newest that was heard tells it."""
        newest = self.memory.turns[-1] if self.memory.turns else self.memory.turn
        return newest.on if newest is not None and newest.suspends else None

    def view(self) -> LifecycleView:
        """What the lifecycle waits for."""
        memory = self.memory
        return LifecycleView(
            stage=memory.stage,
            phase=self.phases.get(memory.stage, ""),
            waiting_on=memory.waiting_on,
            suspended_on=self.suspended_on(),
            next_timer=self.next_timer(),
            deadlines=tuple(memory.deadlines.values()),
            facts={name: fact.data for name, fact in sorted(memory.facts.items())},
            trouble=memory.trouble,
        )

    def show(self) -> None:
        """Brings the search attributes to what is so now; what has not changed is not sent."""
        of, memory = self._of, self.memory
        wanted: list[tuple[SearchAttributeKey[Any], Any]] = [
            (AGENCY, of.agency),
            (INSTITUTION, of.institution_id),
            (RULEBOOK, None if isinstance(of, PendingAppeal) else f"{of.rulebook.id}@{of.rulebook.version}"),
            (STAGE, memory.stage or None),
            (WAITING_ON, self._shown_as_waiting_on() or None),
            (NEXT_DEADLINE, self.deadlines.next_due()),
        ]
        updates: list[SearchAttributeUpdate[Any]] = [
            key.value_unset() if value is None else key.value_set(value) for key, value in wanted if self._shown.get(key.name) != value
        ]
        if updates:
            workflow.upsert_search_attributes(updates)
            self._shown = {key.name: value for key, value in wanted}

    def _shown_as_waiting_on(self) -> str:
        if self.memory.trouble:
            return "operator"
        return "resumption" if self.suspended_on() else self.memory.waiting_on

    def _keep(self, name: str, fact: Fact) -> None:
        if fact.later_than(self.memory.facts.get(name)):
            self.memory.facts[name] = fact

    def _put_right(self, correction: EventReceived) -> None:
        """A fact that was recorded wrongly is from now on known as it is right."""
        for fact in self.memory.facts.values():
            if fact.event_id == correction.data["corrects"]:
                fact.data = {**fact.data, **correction.data["corrected"]}

    def _turn(self, fact: Fact, *, suspends: bool) -> None:
        turn = Turn(
            event_id=fact.event_id,
            occurred_at=fact.occurred_at,
            suspends=suspends,
            stops_clock=fact.data["stops_clock" if suspends else "stopped_clock"],
            on=fact.day("suspended_on" if suspends else "resumed_on"),
            traceparent=fact.traceparent,
        )
        self.memory.turns = sorted([*self.memory.turns, turn], key=lambda each: (each.occurred_at, each.event_id))

    def _keep_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and not isinstance(task.exception(), Overtaken):
            self._failure = self._failure or task.exception()

    def _overtaken(self) -> bool:
        return self.has(*self.ended_by)

    def _sound(self) -> bool:
        if self._failure is not None:
            raise self._failure
        return True

    def _reached(self, instant: datetime | None) -> bool:
        return instant is not None and instant <= workflow.now()

    def _continue(self) -> NoReturn:
        workflow.continue_as_new(self._of)


class Answering:
    """The signals and queries that every lifecycle has; its `__init__` makes `_life`."""

    _life: Lifecycle

    @workflow.signal
    def event(self, event: EventReceived) -> None:
        """A fact that a service published."""
        self._life.receive(event)

    @workflow.signal
    def resume(self) -> None:
        """Somebody has looked at the trouble that `view` shows: ask again."""
        self._life.resume()

    @workflow.query
    def stage(self) -> str:
        """The stage that the lifecycle is in."""
        return self._life.memory.stage

    @workflow.query
    def next_timer(self) -> datetime | None:
        """When the lifecycle moves by itself next."""
        return self._life.next_timer()

    @workflow.query
    def view(self) -> LifecycleView:
        """What the lifecycle waits for, and what it knows."""
        return self._life.view()


def _name(kind: type[Event] | str) -> str:
    return kind if isinstance(kind, str) else kind.type_name()
