"""A deadline: set once by a term of the rulebook, then reminded of, met, missed, extended, recomputed or withdrawn.

Nothing is sanctioned here: that a deadline was missed is a fact, and what follows from it a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, NotFound
from regulations import Calendar, Rulebook, RulebookRef, calendar_for, compute, end_of_local_day, enforces, local_date, resolve
from services.monitoring.contract import (
    DeadlineExtended,
    DeadlineMet,
    DeadlineMissed,
    DeadlineRecomputed,
    DeadlineReminded,
    DeadlineSet,
    DeadlineWithdrawn,
)

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Deadline:
    """A deadline as it stands. `terms` is the fact that set it; `due_on` and what follows may have moved since.

    `extended_to` is the last day that a person gave.
    """

    terms: DeadlineSet | None = None
    standing: Literal["", "open", "missed", "met", "withdrawn"] = ""
    due_on: date = date.min
    due_at: datetime = datetime.min
    reminders: tuple[date, ...] = ()
    reminded: frozenset[date] = frozenset()
    extended_to: date | None = None
    calendar_version: str = ""

    @property
    def institution_id(self) -> str:
        """Whose case it belongs to."""
        return self.terms.institution_id if self.terms else ""

    @property
    def set_terms(self) -> DeadlineSet:
        """The fact that set it; NotFound if none did."""
        if self.terms is None:
            raise NotFound("there is no such deadline")
        return self.terms


class SetDeadline(Command):
    """Computes a due date by the rulebook and the calendar of this day."""

    deadline_id: str
    case_id: str
    workflow_id: str
    institution_id: str
    rulebook: RulebookRef
    rule: str
    anchor_on: date


class RemindOfDeadline(Command):
    """A reminder's day has come."""


class MeetDeadline(Command):
    """What was due was done on the local day `on`."""

    on: date


class MissDeadline(Command):
    """The due day has ended."""


class ExtendDeadline(Command):
    """A person moves an open deadline forward."""

    due_on: date
    reason: str


class RecomputeDeadline(Command):
    """The calendar by which an open deadline was computed is no longer the present one."""


class WithdrawDeadline(Command):
    """A person, or the end of what it belonged to, takes an open deadline away."""

    reason: str


AnyCommand = SetDeadline | RemindOfDeadline | MeetDeadline | MissDeadline | ExtendDeadline | RecomputeDeadline | WithdrawDeadline


def deadline_id(workflow_id: str, rule: str, round_: int) -> str:
    """The same rule is set anew only in a new round of the same lifecycle."""
    return derived_id(workflow_id, rule, str(round_))


def decide(command: AnyCommand, state: Deadline, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    match command:
        case SetDeadline():
            return [] if state.terms else [_set(command, rules)]
        case RemindOfDeadline():
            return _remind(command, state, rules)
        case MeetDeadline():
            return _meet(command, state)
        case MissDeadline():
            return _miss(command, state, rules)
        case ExtendDeadline():
            return [_extend(command, state, rules)]
        case RecomputeDeadline():
            return _recompute(command, state, rules, calendar_for(rules.country))
        case WithdrawDeadline():
            return _withdraw(command, state)


def evolve(state: Deadline, event: Any) -> Deadline:
    """The state after a fact."""
    match event:
        case DeadlineSet():
            return Deadline(event, "open", event.due_on, event.due_at, event.reminders, calendar_version=event.calendar_version)
        case DeadlineReminded():
            return replace(state, reminded=state.reminded | {event.reminded_on})
        case DeadlineMet():
            return replace(state, standing="met")
        case DeadlineMissed():
            return replace(state, standing="missed")
        case DeadlineExtended():
            return replace(state, due_on=event.due_on, due_at=event.due_at, reminders=event.reminders, extended_to=event.due_on)
        case DeadlineRecomputed():
            return replace(
                state,
                due_on=event.due_on,
                due_at=event.due_at,
                reminders=event.reminders,
                extended_to=state.extended_to if event.extended else None,
                calendar_version=event.calendar_version,
            )
        case DeadlineWithdrawn():
            return replace(state, standing="withdrawn")
    return state


@enforces("kz-109-2008-accreditation", "11", "17", "21")
def _set(command: SetDeadline, rules: Rulebook) -> DeadlineSet:
    """The due date with its clause, its calendar and everything that a reader needs to recompute it."""
    term = rules.terms[command.rule]
    due = compute(rules, command.rule, command.anchor_on, calendar=calendar_for(rules.country))
    return DeadlineSet(
        **command.model_dump(exclude={"at", "by", "rulebook"}),
        rulebook=command.rulebook,
        clause=due.clause,
        source=due.kind,
        binds=term.binds,
        anchor=due.anchor,
        due_on=due.due_on,
        due_at=due.due_at,
        zone=rules.zone,
        calendar_version=due.calendar_version,
        estimated=due.estimated,
        falls_on_day_off=due.falls_on_day_off,
        reminders=due.reminders_on,
    )


def _remind(command: RemindOfDeadline, state: Deadline, rules: Rulebook) -> list[Event]:
    """Once on a day, and only while it is open."""
    terms, today = state.set_terms, local_date(command.at, rules.zone)
    if state.standing != "open" or today in state.reminded:
        return []
    return [DeadlineReminded(deadline_id=terms.deadline_id, case_id=terms.case_id, reminded_on=today, due_on=state.due_on)]


def _meet(command: MeetDeadline, state: Deadline) -> list[Event]:
    """Late by the calendar days after the due day. What was done in time but became known late is not late."""
    terms = state.set_terms
    if state.standing not in ("open", "missed"):
        return []
    late = max(0, (command.on - state.due_on).days)
    return [DeadlineMet(deadline_id=terms.deadline_id, case_id=terms.case_id, met_on=command.on, late_days=late)]


def _miss(command: MissDeadline, state: Deadline, rules: Rulebook) -> list[Event]:
    """`missed_on` is the first day that is too late, whenever it is recorded."""
    terms = state.set_terms
    if state.standing != "open":
        return []
    if command.at < state.due_at:
        raise Conflict(f"the deadline runs to the end of {state.due_on}; it is not missed yet")
    missed_on = local_date(state.due_at, rules.zone)
    return [DeadlineMissed(deadline_id=terms.deadline_id, case_id=terms.case_id, missed_on=missed_on)]


def _extend(command: ExtendDeadline, state: Deadline, rules: Rulebook) -> DeadlineExtended:
    """Only what is open, only forward, and never to a day that has passed. Reminders keep their distance from the end."""
    terms = state.set_terms
    if state.standing != "open":
        raise Conflict(f"this deadline is {state.standing}; only an open one is extended")
    if command.due_on <= state.due_on:
        raise Conflict(f"a deadline is extended forward; it is due on {state.due_on} now")
    today = local_date(command.at, rules.zone)
    if command.due_on < today:
        raise Conflict(f"the new due date has passed; today is {today}")
    moved = command.due_on - terms.due_on
    reminders = tuple(day + moved for day in terms.reminders if day + moved > today)
    return DeadlineExtended(
        deadline_id=terms.deadline_id,
        case_id=terms.case_id,
        workflow_id=terms.workflow_id,
        previous_due_on=state.due_on,
        due_on=command.due_on,
        due_at=end_of_local_day(command.due_on, rules.zone),
        reason=command.reason,
        reminders=reminders,
        reminders_at=reminder_instants(reminders, rules.zone),
    )


def _recompute(command: RecomputeDeadline, state: Deadline, rules: Rulebook, calendar: Calendar) -> list[Event]:
    """By the same rulebook from the same anchor. What a person gave stays, unless the rules alone give more by now.

    A new version of the calendar is recorded even where the end does not move, so that an announced date is no estimate any more.
    """
    terms = state.set_terms
    if state.standing != "open":
        raise Conflict(f"this deadline is {state.standing}; only an open one is recomputed")
    if state.calendar_version == calendar.version:
        return []
    due = compute(rules, terms.rule, terms.anchor_on, calendar=calendar)
    given = state.extended_to if state.extended_to is not None and state.extended_to >= due.due_on else None
    due_on, reminders = (due.due_on, due.reminders_on) if given is None else (given, state.reminders)
    today = local_date(command.at, rules.zone)
    reminders = tuple(day for day in reminders if day > today)
    return [
        DeadlineRecomputed(
            deadline_id=terms.deadline_id,
            case_id=terms.case_id,
            workflow_id=terms.workflow_id,
            previous_due_on=state.due_on,
            due_on=due_on,
            due_at=end_of_local_day(due_on, rules.zone),
            previous_calendar_version=state.calendar_version,
            calendar_version=calendar.version,
            estimated=due.estimated and given is None,
            falls_on_day_off=not calendar.is_working_day(due_on),
            extended=given is not None,
            reason=_change_of(calendar, terms.anchor_on, due.due_on, state),
            reminders=reminders,
            reminders_at=reminder_instants(reminders, rules.zone),
        )
    ]


def _change_of(calendar: Calendar, anchor_on: date, due_on: date, state: Deadline) -> str:
    """The calendars before and after, and what is announced or decreed of the days of the term by now."""
    ends = (anchor_on, due_on, state.set_terms.due_on)
    told = "; ".join(calendar.moved_between(min(ends) - calendar.estimate_margin, max(ends) + calendar.estimate_margin))
    return f"The calendar {state.calendar_version} has become {calendar.version}: {told or 'nothing is announced or decreed of these days'}"


def _withdraw(command: WithdrawDeadline, state: Deadline) -> list[Event]:
    terms = state.set_terms
    if state.standing == "withdrawn":
        return []
    if state.standing != "open":
        raise Conflict(f"this deadline is {state.standing}; only an open one is withdrawn")
    return [DeadlineWithdrawn(deadline_id=terms.deadline_id, case_id=terms.case_id, workflow_id=terms.workflow_id, reason=command.reason)]


def reminder_instants(days: Sequence[date], zone: str) -> tuple[datetime, ...]:
    """Reminders go out as their local day begins."""
    return tuple(end_of_local_day(day - DAY, zone) for day in days)


def _rules(command: AnyCommand, state: Deadline) -> Rulebook:
    return resolve(command.rulebook if isinstance(command, SetDeadline) else state.set_terms.rulebook)


DEADLINE: Decider[Deadline, Rulebook] = Decider("deadline", Deadline(), decide, evolve, _rules)
