"""The deadlines that a lifecycle waits with: set, reminded, met, missed, moved. Monitoring decides; here are only the timers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.monitoring import contract as monitoring
    from workflows.messages import AccreditationCase, Fact, IssuedCertificate, Memory, Watched

from workflows.requests import Requests

#: When monitoring says that what is due here is not: its clock is far behind, and it is asked again so much later.
CLOCKS_APART = timedelta(minutes=1)


class Deadlines:
    """One timer at a time waits for the earliest instant; whatever changes the deadlines moves it."""

    def __init__(
        self,
        of: AccreditationCase | IssuedCertificate,
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
        self.quiet = asyncio.Lock()

    def of(self, rule: str, round: int = 1) -> Watched:
        """A deadline that was set."""
        return self._memory.deadlines[_key(rule, round)]

    def next_timer(self) -> datetime | None:
        """The earliest instant at which something is to be done."""
        return min((i for w in self._waiting() for i in (*w.reminders_at, w.due_at) if i is not None), default=None)

    def next_due(self) -> datetime | None:
        """The earliest end of an open deadline."""
        return min((w.due_at for w in self._waiting() if w.due_at is not None), default=None)

    async def set(self, rule: str, *, since: date, met_by: tuple[type[Event] | str, ...], because: str | None, round: int = 1) -> None:
        """Has monitoring compute and record a deadline, once in each round of a rule. A practice without a term stays `unset`."""
        if _key(rule, round) in self._memory.deadlines:
            return
        of = self._of
        request = monitoring.SetDeadline(
            agency=of.agency,
            case_id=of.case_id,
            workflow_id=self._workflow_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            rule=rule,
            anchor_on=since,
            round=round,
        )
        async with self.quiet:
            terms: monitoring.DeadlineTerms = await self._requests.make(
                monitoring.TASK_QUEUE, monitoring.SET_DEADLINE, request, monitoring.DeadlineTerms, because=because
            )
            names = tuple(kind if isinstance(kind, str) else kind.type_name() for kind in met_by)
            watched = Watched(**terms.model_dump(), met_by=names)
            watched.reminders_at = tuple(i for i in watched.reminders_at if i > workflow.now())
            self._memory.deadlines[_key(rule, round)] = watched
        self._changed()

    async def meet(self, rule: str, on: date, *, because: str | None, round: int = 1) -> None:
        """What was due was done on the local day `on`; late if that is after the due day."""
        async with self.quiet:
            if self.of(rule, round).state in ("open", "missed"):
                await self._step(self.of(rule, round), monitoring.MEET_DEADLINE, on=on, because=because)
        self._changed()

    async def withdraw_all(self, reason: str, *, because: str | None) -> None:
        """Nothing of this lifecycle binds anybody any more."""
        async with self.quiet:
            for watched in self._memory.deadlines.values():
                if watched.state == "open":
                    await self._step(watched, monitoring.WITHDRAW_DEADLINE, reason=reason, because=because)
        self._changed()

    def heard(self, fact: Fact, type_name: str, version: int) -> None:
        """A person extended, recomputed or withdrew a deadline: its timer moves, later or earlier, or falls."""
        for watched in self._memory.deadlines.values():
            if watched.deadline_id != fact.data["deadline_id"] or watched.state != "open":
                continue
            if type_name == monitoring.DeadlineWithdrawn.type_name():
                watched.state = "withdrawn"
            else:
                reminders = tuple(datetime.fromisoformat(i) for i in fact.data.get("reminders_at", ()))
                _move(watched, fact.day("due_on"), datetime.fromisoformat(fact.data["due_at"]), reminders, version)
        self._changed()

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
        """Open deadlines, without those that are done already and whose stage is about to say on which day."""
        facts = self._memory.facts
        return [
            watched
            for _, watched in sorted(self._memory.deadlines.items())
            if watched.state == "open" and not all(name in facts for name in watched.met_by)
        ]

    async def _act_on_what_is_due(self) -> None:
        for watched in self._waiting():
            now = workflow.now()
            if watched not in self._waiting():  # a fact came while the one before it was answered
                continue
            if watched.due_at is not None and watched.due_at <= now:
                await self._step(watched, monitoring.MISS_DEADLINE, because=None)
            elif any(i <= now for i in watched.reminders_at):
                watched.reminders_at = tuple(i for i in watched.reminders_at if i > now)
                await self._step(watched, monitoring.REMIND, because=None)

    async def _step(self, watched: Watched, activity: str, *, on: date | None = None, reason: str = "", because: str | None) -> None:
        step = monitoring.DeadlineStep(agency=self._of.agency, deadline_id=watched.deadline_id, on=on, reason=reason)
        terms: monitoring.DeadlineTerms = await self._requests.make(
            monitoring.TASK_QUEUE, activity, step, monitoring.DeadlineTerms, because=because
        )
        watched.state = terms.state
        if terms.due_on is not None and terms.due_at is not None:
            _move(watched, terms.due_on, terms.due_at, terms.reminders_at, terms.version)

    def _changed(self) -> None:
        self._changes += 1
        self._show()


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
