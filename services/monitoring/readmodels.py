"""The deadline register: who is bound to what, by when, under which clause, and what became of it."""

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.monitoring.contract import (
    DeadlineExtended,
    DeadlineMet,
    DeadlineMissed,
    DeadlineRecomputed,
    DeadlineReminded,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSuspended,
    DeadlineWithdrawn,
)

deadlines = ReadModel(
    "deadlines",
    Column("deadline_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("workflow_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rule", Text),
    Column("clause", Text),
    Column("source", Text),
    Column("binds", Text),
    Column("anchor", Text),
    Column("anchor_on", Date),
    Column("first_due_on", Date),
    Column("due_on", Date),
    Column("due_at", DateTime(timezone=True)),
    Column("zone", Text),
    Column("calendar_version", Text),
    Column("estimated", Boolean),
    Column("falls_on_day_off", Boolean),
    Column("reminders", JSONB),
    Column("reminded_on", Date),
    Column("state", Text),
    Column("extended", Boolean),
    Column("extension_reason", Text),
    Column("recomputation_reason", Text),
    Column("withdrawal_reason", Text),
    Column("suspended_on", Date),
    Column("suspension_reason", Text),
    Column("lost_days", Integer),
    Column("met_on", Date),
    Column("missed_on", Date),
    Column("late_days", Integer),
    Column("version", Integer),
    indexes=[["case_id", "due_on"], ["institution_id", "due_on"], ["state", "due_on"]],
)

ALL = [deadlines]


@deadlines.on(DeadlineSet)
def _set(e: Recorded[DeadlineSet]) -> Write:
    fact = e.event
    plain = fact.model_dump(exclude={"rulebook", "reminders"})
    return deadlines.upsert(
        e,
        **plain,
        rulebook=fact.rulebook.model_dump(),
        reminders=[day.isoformat() for day in fact.reminders],
        first_due_on=fact.due_on,
        state="open",
        extended=False,
        late_days=0,
        lost_days=0,
        version=e.version,
    )


@deadlines.on(DeadlineReminded)
def _reminded(e: Recorded[DeadlineReminded]) -> Write:
    return _change(e, e.event.deadline_id, reminded_on=e.event.reminded_on)


@deadlines.on(DeadlineMet)
def _met(e: Recorded[DeadlineMet]) -> Write:
    late = e.event.late_days
    return _change(e, e.event.deadline_id, state="met_late" if late else "met", met_on=e.event.met_on, late_days=late)


@deadlines.on(DeadlineMissed)
def _missed(e: Recorded[DeadlineMissed]) -> Write:
    return _change(e, e.event.deadline_id, state="missed", missed_on=e.event.missed_on)


@deadlines.on(DeadlineExtended)
def _extended(e: Recorded[DeadlineExtended]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.deadline_id,
        due_on=fact.due_on,
        due_at=fact.due_at,
        reminders=[day.isoformat() for day in fact.reminders],
        extended=True,
        extension_reason=fact.reason,
    )


@deadlines.on(DeadlineRecomputed)
def _recomputed(e: Recorded[DeadlineRecomputed]) -> Write:
    fact = e.event
    anchor = {} if fact.anchor_on is None else {"anchor_on": fact.anchor_on}
    rulebook = {} if fact.rulebook is None else {"rulebook": fact.rulebook.model_dump()}
    return _change(
        e,
        fact.deadline_id,
        **anchor,
        **rulebook,
        due_on=fact.due_on,
        due_at=fact.due_at,
        calendar_version=fact.calendar_version,
        estimated=fact.estimated,
        falls_on_day_off=fact.falls_on_day_off,
        reminders=[day.isoformat() for day in fact.reminders],
        extended=fact.extended,
        recomputation_reason=fact.reason,
    )


@deadlines.on(DeadlineSuspended)
def _suspended(e: Recorded[DeadlineSuspended]) -> Write:
    fact = e.event
    return _change(e, fact.deadline_id, state="suspended", suspended_on=fact.suspended_on, suspension_reason=fact.reason)


@deadlines.on(DeadlineResumed)
def _resumed(e: Recorded[DeadlineResumed]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.deadline_id,
        state="open",
        suspended_on=None,
        lost_days=fact.lost_days_in_all,
        due_on=fact.due_on,
        due_at=fact.due_at,
        reminders=[day.isoformat() for day in fact.reminders],
    )


@deadlines.on(DeadlineWithdrawn)
def _withdrawn(e: Recorded[DeadlineWithdrawn]) -> Write:
    return _change(e, e.event.deadline_id, state="withdrawn", withdrawal_reason=e.event.reason)


def _change(e: Recorded[Event], deadline_id: str, **values: object) -> Write:
    return deadlines.update(e, {"deadline_id": deadline_id}, **values, version=e.version)
