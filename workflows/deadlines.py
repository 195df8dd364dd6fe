"""The deadlines that a lifecycle waits with: set, reminded, met, missed, moved. Monitoring decides; here are only the timers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.monitoring import contract as monitoring
    from workflows.messages import Begun, Fact, FollowedUp, Memory, PendingAppeal, Turn, Watched

from workflows.requests import Requests

#: When monitoring says that what is due here is not: its clock is far behind, and it is asked again so much later.
CLOCKS_APART = timedelta(minutes=1)

_RUNNING = ("open", "suspended")
UNMET = (*_RUNNING, "missed")

SUSPENDED = "the case is suspended"
MOVED = "the day from which it runs has moved"


class Deadlines:
    """One timer at a time waits for the earliest instant; whatever changes the deadlines moves it."""

    def __init__(
        self,
        of: Begun,
        workflow_id: str,
        memory: Memory,
        requests: Requests,
        show: Callable[[], None],
    ) -> None:
        self._of = of
        self._workflow_id = workflow_id
        self._memory = memory
        self._requests = requests
        self._show = show
        self._changes = 0
        # A cycle opens on the day of its first reminder: that one goes out at once.
        self._still_told = timedelta(days=1) if isinstance(of, FollowedUp) else timedelta()
        self.quiet = asyncio.Lock()

    def of(self, rule: str, round: int = 1) -> Watched:
        """A deadline that was set."""
        return self._memory.deadlines[_key(rule, round)]

    def has(self, rule: str, round: int = 1) -> bool:
        """Whether a deadline was set."""
        return _key(rule, round) in self._memory.deadlines

    def runs(self, rule: str, round: int = 1) -> bool:
        """Whether it was set and still binds."""
        return self.has(rule, round) and self.of(rule, round).state in _RUNNING

    def reached(self, rule: str, round: int = 1) -> bool:
        """Whether what it waits for has come and it was not told so."""
        watched = self._memory.deadlines.get(_key(rule, round))
        return watched is not None and watched.state in UNMET and self._done(watched)

    def overdue(self) -> bool:
        """Whether something is about to be recorded as missed."""
        return any(watched.due_at is not None and watched.due_at <= workflow.now() for watched in self._waiting())

    def rounds(self, rule: str) -> int:
        """How often it was set."""
        return next(number for number in count() if not self.has(rule, number + 1))

    def done(self) -> list[Watched]:
        """What has been done and is not told so yet."""
        return [watched for _, watched in sorted(self._memory.deadlines.items()) if watched.state in UNMET and self._done(watched)]

    def next_timer(self) -> datetime | None:
        """The earliest instant at which something is to be done."""
        return min((i for w in self._waiting() for i in (*w.reminders_at, w.due_at) if i is not None), default=None)

    def next_due(self) -> datetime | None:
        """The earliest end of an open deadline."""
        return min((w.due_at for w in self._waiting() if w.due_at is not None), default=None)

    async def set(
        self,
        rule: str,
        *,
        since: date,
        met_by: tuple[type[Event] | str, ...],
        because: str | None,
        round: int = 1,
        any_of: bool = False,
        due_on: date | None = None,
        anchor: tuple[type[Event], str] | None = None,
        anchor_shift: int = 0,
        by_itself: bool = False,
        judged_by: tuple[type[Event] | str, ...] = (),
    ) -> None:
        """Has monitoring compute and record a deadline, once in each round of a rule. A practice without a term stays `unset`.

        `due_on` is the contract's own day, or a person's. `anchor` names the fact whose day `since` is, where it may still move;
        `since` is so many days after it as `anchor_shift` says. What passes `by_itself` is met at its end. What others find out later is
        `judged_by` what they find: past its end it is missed when one of these facts is there and none that meets it.
        """
        if self.has(rule, round):
            return
        of = self._of
        assert not isinstance(of, PendingAppeal), "no rulebook gives an appeal a term of its own"
        request = monitoring.SetDeadline(
            agency=of.agency,
            case_id=of.case_id,
            workflow_id=self._workflow_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            rule=rule,
            anchor_on=since,
            round=round,
            due_on=due_on,
        )
        async with self.quiet:
            terms: monitoring.DeadlineTerms = await self._requests.make(
                monitoring.TASK_QUEUE, monitoring.SET_DEADLINE, request, monitoring.DeadlineTerms, because=because
            )
            watched = Watched(**terms.model_dump(), met_by=tuple(_name(kind) for kind in met_by), any_of=any_of)
            watched.reminders_at = tuple(i for i in watched.reminders_at if i > workflow.now() - self._still_told)
            if anchor is not None:
                watched.anchor, watched.anchor_on, watched.anchor_shift = (anchor[0].type_name(), anchor[1]), since, anchor_shift
            watched.by_itself = by_itself
            watched.judged_by = tuple(_name(kind) for kind in judged_by)
            self._memory.deadlines[_key(rule, round)] = watched
        self._changed()

    async def meet(self, rule: str, on: date, *, because: str | None, round: int = 1) -> None:
        """What was due was done on the local day `on`; late if that is after the due day."""
        await self.tell_done(self.of(rule, round), on, because=because)

    async def tell_done(self, watched: Watched, on: date, *, because: str | None) -> None:
        """What was due was done on the local day `on`, whichever deadline it is."""
        async with self.quiet:
            if watched.state in UNMET:
                await self._step(watched, monitoring.MEET_DEADLINE, on=on, because=because)
        self._changed()

    async def withdraw_all(self, reason: str, *, because: str | None) -> None:
        """Nothing of this lifecycle binds anybody any more."""
        async with self.quiet:
            for watched in self._memory.deadlines.values():
                if watched.state in _RUNNING:
                    await self._step(watched, monitoring.WITHDRAW_DEADLINE, reason=reason, because=because)
        self._changed()

    async def withdraw(self, rule: str, reason: str, *, because: str | None, round: int = 1) -> None:
        """What it asked for is asked for no longer."""
        async with self.quiet:
            if self.runs(rule, round):
                await self._step(self.of(rule, round), monitoring.WITHDRAW_DEADLINE, reason=reason, because=because)
        self._changed()

    def to_suspend(self, turn: Turn) -> list[Watched]:
        """Open deadlines whose clock was not asked yet to stand still for this suspension."""
        return [watched for watched in self._memory.deadlines.values() if watched.state == "open" and watched.stood != turn.event_id]

    async def suspend(self, turn: Turn) -> None:
        """Their clock stands still from the suspension's day; monitoring leaves running what was due before it."""
        async with self.quiet:
            for watched in self.to_suspend(turn):
                watched.stood = turn.event_id
                await self._step(watched, monitoring.SUSPEND_DEADLINE, on=turn.on, reason=SUSPENDED, because=turn.traceparent)
        self._changed()

    def suspended(self) -> list[Watched]:
        """Deadlines whose clock stands still."""
        return [watched for watched in self._memory.deadlines.values() if watched.state == "suspended"]

    async def resume(self, turn: Turn) -> None:
        """Their clock runs again, and they end later by the days on which it stood still."""
        async with self.quiet:
            for watched in self.suspended():
                await self._step(watched, monitoring.RESUME_DEADLINE, on=turn.on, because=turn.traceparent)
        self._changed()

    def moved(self) -> list[tuple[Watched, Fact, date]]:
        """Deadlines that run from a day which is another one by now."""
        found = []
        for watched in self._memory.deadlines.values():
            fact = self._memory.facts.get(watched.anchor[0]) if watched.anchor and watched.state in _RUNNING else None
            if watched.anchor and fact is not None:
                day = fact.day(watched.anchor[1]) + timedelta(days=watched.anchor_shift)
                if day != watched.anchor_on:
                    found.append((watched, fact, day))
        return found

    async def follow_anchors(self) -> None:
        """What hangs on a day that has moved is computed anew from there."""
        async with self.quiet:
            for watched, fact, day in self.moved():
                watched.anchor_on = day
                await self._step(watched, monitoring.MOVE_ANCHOR, anchor_on=day, reason=MOVED, because=fact.traceparent)
        self._changed()

    def heard(self, fact: Fact, type_name: str, version: int) -> None:
        """A person extended, recomputed or withdrew a deadline: its timer moves, later or earlier, or falls."""
        for watched in self._memory.deadlines.values():
            if watched.deadline_id != fact.data["deadline_id"] or watched.state not in _RUNNING:
                continue
            if type_name == monitoring.DeadlineWithdrawn.type_name():
                watched.state = "withdrawn"
            else:
                reminders = tuple(datetime.fromisoformat(i) for i in fact.data.get("reminders_at", ()))
                _move(watched, fact.day("due_on"), datetime.fromisoformat(fact.data["due_at"]), reminders, version)
        self._changed()

    def came(self, name: str) -> None:
        """A fact is there that may tell what became of a deadline whose end has passed."""
        if any(name in watched.judged_by for watched in self._waiting()):
            self._changes += 1

    async def watch(self) -> None:
        """Reminds and records what was missed, for as long as the lifecycle runs."""
        while True:
            changes, upcoming = self._changes, self.next_timer()
            if upcoming is not None and upcoming <= workflow.now():
                async with self.quiet:
                    await self._act_on_what_is_due()
                self._show()
                if self.next_timer() != upcoming:
                    continue
                upcoming = workflow.now() + CLOCKS_APART
            delay = None if upcoming is None else upcoming - workflow.now()
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda seen=changes: self._changes != seen, timeout=delay)  # type: ignore[misc]

    def _waiting(self) -> list[Watched]:
        """Open deadlines, without those that are done already and whose stage is about to say on which day, or of which nobody can tell."""
        found = (watched for _, watched in sorted(self._memory.deadlines.items()) if watched.state == "open")
        return [watched for watched in found if not self._done(watched) and not self._untold(watched)]

    def _untold(self, watched: Watched) -> bool:
        """Whether its end has passed, and nobody has said yet whether it was done by then."""
        if not watched.judged_by or watched.due_at is None or watched.due_at > workflow.now():
            return False
        return not any(name in self._memory.facts for name in watched.judged_by)

    def _done(self, watched: Watched) -> bool:
        there = [name in self._memory.facts for name in watched.met_by]
        return any(there) if watched.any_of else bool(there) and all(there)

    async def _act_on_what_is_due(self) -> None:
        for watched in self._waiting():
            now = workflow.now()
            if watched not in self._waiting():  # a fact came while the one before it was answered
                continue
            if watched.due_at is not None and watched.due_at <= now and watched.by_itself:
                await self._step(watched, monitoring.MEET_DEADLINE, on=watched.due_on, because=None)
            elif watched.due_at is not None and watched.due_at <= now:
                await self._step(watched, monitoring.MISS_DEADLINE, because=None)
            elif any(i <= now for i in watched.reminders_at):
                watched.reminders_at = tuple(i for i in watched.reminders_at if i > now)
                await self._step(watched, monitoring.REMIND, because=None)

    async def _step(
        self,
        watched: Watched,
        activity: str,
        *,
        on: date | None = None,
        anchor_on: date | None = None,
        reason: str = "",
        because: str | None,
    ) -> None:
        step = monitoring.DeadlineStep(agency=self._of.agency, deadline_id=watched.deadline_id, on=on, anchor_on=anchor_on, reason=reason)
        terms: monitoring.DeadlineTerms = await self._requests.make(
            monitoring.TASK_QUEUE, activity, step, monitoring.DeadlineTerms, because=because
        )
        watched.state = terms.state
        if terms.due_on is not None and terms.due_at is not None:
            _move(watched, terms.due_on, terms.due_at, terms.reminders_at, terms.version)

    def _changed(self) -> None:
        self._changes += 1
        self._show()


def _name(kind: type[Event] | str) -> str:
    return kind if isinstance(kind, str) else kind.type_name()


def _key(rule: str, round: int) -> str:
    """What becomes due again and again has a deadline in each round; the first is called by its rule alone, as it always was."""
    return rule if round == 1 else f"{rule}:{round}"


def _move(watched: Watched, due_on: date, due_at: datetime, reminders_at: tuple[datetime, ...], version: int) -> None:
    """The newest version of a deadline holds; an answer that another move has overtaken changes nothing.

    An older Kepil told no versions and moved deadlines only forward.
    """
    newer = version > watched.version if version else watched.due_at is None or due_at > watched.due_at
    if not newer:
        return
    watched.version = version or watched.version
    if due_at != watched.due_at:
        watched.due_on, watched.due_at = due_on, due_at
        watched.reminders_at = tuple(i for i in reminders_at if i > workflow.now())
