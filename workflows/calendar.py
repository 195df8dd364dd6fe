"""The calendar of an agency: it wakes for whatever certificate, follow-up or evidence is next to move by itself, however many. (ADR 11)

It knows none of them. The registers of the services do; it asks them to do what is due, and when something will be due next.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from chassis.due import Due, RunDue
    from chassis.positions import LogPosition
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from workflows.messages import AgencyCalendar, CalendarView, Look

from workflows.lifecycle import AGENCY, WAITING_ON
from workflows.requests import start

#: What stays due although its service was asked to do it is asked for again after these pauses, each twice the one before.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(hours=1)

#: A call does hundreds of commands at once.
_CALL = timedelta(minutes=1)


@dataclass(frozen=True)
class Register:
    """A service that knows when what it keeps moves by itself."""

    service: str
    queue: str
    activity: str


REGISTERS = (
    Register("council", council.TASK_QUEUE, council.RUN_DUE),
    Register("monitoring", monitoring.TASK_QUEUE, monitoring.RUN_DUE),
)

#: Of personal evidence, whose term ends: asked from the first that the agency has on.
EVIDENCE = Register("intake", intake.TASK_QUEUE, intake.RUN_DUE)


@workflow.defn
class CertificateCalendar:
    """Workflow id = `calendar:<agency>`; it goes on for as long as there is the agency. One service that is away holds up no other."""

    @workflow.init
    def __init__(self, calendar: AgencyCalendar) -> None:
        self._agency = calendar.agency
        asked = (*REGISTERS, EVIDENCE) if calendar.evidence else REGISTERS
        self._seen = {register.service: dict(calendar.seen) for register in asked}
        self._looks = 0
        self._because: str | None = None
        self._asking = 0
        self._wakes: dict[str, datetime | None] = {}
        self._troubles: dict[str, str] = {}
        self._shown = ""

    @workflow.run
    async def run(self, calendar: AgencyCalendar) -> None:
        """Does what is due, waits for what is due next, and begins a new run when this one has grown long."""
        workflow.upsert_search_attributes([AGENCY.value_set(calendar.agency)])
        await asyncio.gather(*(self._follow(register) for register in REGISTERS), self._follow_evidence())

    @workflow.signal
    def look(self, look: Look) -> None:
        """Something has happened: what is due next may be another thing now."""
        if EVIDENCE.service in look.seen:
            self._seen.setdefault(EVIDENCE.service, {})
        for seen in self._seen.values():
            for source, position in look.seen.items():
                seen[source] = _later(seen.get(source), position)
        self._because = look.traceparent
        self._looks += 1

    @workflow.query
    def next_timer(self) -> datetime | None:
        """When the calendar moves by itself next."""
        return min((at for at in self._wakes.values() if at is not None), default=None)

    @workflow.query
    def view(self) -> CalendarView:
        """What it waits for."""
        return CalendarView(next_at=self._wakes, seen=self._unseen(), trouble="; ".join(self._troubles.values()) or None)

    async def _follow_evidence(self) -> None:
        await workflow.wait_condition(lambda: EVIDENCE.service in self._seen)
        await self._follow(EVIDENCE)

    async def _follow(self, register: Register) -> None:
        pause, heard = SHORTEST_PAUSE, True
        while True:
            looks = self._looks
            due = await self._ask(register, self._because if heard else None)
            self._continue_if_long()
            if due is not None and due.done:
                pause = SHORTEST_PAUSE
                if due.more:
                    continue
            at = workflow.now() if due is None else due.next_at
            if at is None or at > workflow.now():
                pause = SHORTEST_PAUSE if due is not None else pause
            else:
                at, pause = workflow.now() + pause, min(2 * pause, LONGEST_PAUSE)
            heard = await self._until(register, at, looks)

    async def _until(self, register: Register, at: datetime | None, looks: int) -> bool:
        """Waits for an instant, or for a `look` that came since there were so many: whether one did."""
        self._wakes[register.service] = at
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._looks > looks, timeout=None if at is None else at - workflow.now())
        self._wakes[register.service] = None
        return self._looks > looks

    async def _ask(self, register: Register, because: str | None) -> Due | None:
        """What the service has done and what it waits for; None if it refused. One that is away is waited for."""
        seen = dict(self._seen[register.service])
        request = RunDue(agency=self._agency, seen=seen)
        self._asking += 1
        try:
            due: Due = await start(register.queue, register.activity, request, Due, because, timeout=_CALL)
        except ActivityError as error:
            why = error.cause.message if isinstance(error.cause, ApplicationError) else error.message
            workflow.logger.error("%s was refused: %s", register.activity, why)
            self._show(register, f"{register.activity}: {why}")
            return None
        finally:
            self._asking -= 1
        self._show(register, None)
        self._seen[register.service] = {
            source: position for source, position in self._seen[register.service].items() if seen.get(source) != position
        }
        return due

    def _continue_if_long(self) -> None:
        """The new run asks both services at once; what they are still to see goes with it."""
        if workflow.info().is_continue_as_new_suggested() and not self._asking:
            evidence = EVIDENCE.service in self._seen
            workflow.continue_as_new(AgencyCalendar(agency=self._agency, seen=self._unseen(), evidence=evidence))

    def _unseen(self) -> dict[str, str]:
        unseen: dict[str, str] = {}
        for seen in self._seen.values():
            for source, position in seen.items():
                unseen[source] = _later(unseen.get(source), position)
        return unseen

    def _show(self, register: Register, trouble: str | None) -> None:
        """An operator finds a calendar with which something is wrong."""
        if trouble is None:
            self._troubles.pop(register.service, None)
        else:
            self._troubles[register.service] = trouble
        waiting_on = "operator" if self._troubles else ""
        if waiting_on != self._shown:
            self._shown = waiting_on
            update: SearchAttributeUpdate[str] = WAITING_ON.value_set(waiting_on) if waiting_on else WAITING_ON.value_unset()
            workflow.upsert_search_attributes([update])


def _later(one: str | None, other: str) -> str:
    return other if one is None else max(one, other, key=LogPosition.parse)
