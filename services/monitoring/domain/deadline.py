"""A deadline: set once by the rulebook or the contract, then reminded of, met, missed, extended, suspended, recomputed or withdrawn.

Nothing is sanctioned here: that a deadline was missed is a fact, and what follows from it a person decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid
from regulations import Calendar, Rulebook, RulebookRef, calendar_for, compute, end_of_local_day, enforces, local_date, resolve
from regulations.standstill import end_after, end_after_all, lost_days
from regulations.values import NOBODY
from services.monitoring.contract import (
    CONTRACT,
    CONTRACT_ANCHOR,
    DeadlineExtended,
    DeadlineMet,
    DeadlineMissed,
    DeadlineRecomputed,
    DeadlineReminded,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSuspended,
    DeadlineWithdrawn,
    step_of,
)
from services.monitoring.domain import guards
from services.monitoring.domain.reckoning import change_of, kept_distances, reminder_instants, reminders_by_setting
from services.monitoring.domain.state import Deadline, evolve


class SetDeadline(Command):
    """Computes a due date by the rulebook and the calendar of this day."""

    records = (DeadlineSet,)

    deadline_id: str
    case_id: str
    workflow_id: str
    institution_id: str
    rulebook: RulebookRef
    rule: str
    anchor_on: date
    due_on: date | None = None
    clause: str | None = None


class RemindOfDeadline(Command):
    """A reminder's day has come."""

    records = (DeadlineReminded,)


class MeetDeadline(Command):
    """What was due was done on the local day `on`."""

    records = (DeadlineMet,)

    on: date


class MissDeadline(Command):
    """The due day has ended."""

    records = (DeadlineMissed,)


class ExtendDeadline(Command):
    """A person moves an open deadline forward."""

    records = (DeadlineExtended,)

    due_on: date
    reason: str


class RecomputeDeadline(Command):
    """The calendar by which an open deadline was computed is no longer the present one."""

    records = (DeadlineRecomputed,)


class MoveAnchor(Command):
    """What the term runs from is on another day by now: a visit was moved, a fact was put right."""

    records = (DeadlineRecomputed,)

    anchor_on: date
    reason: str = ""


class AdoptVersion(Command):
    """What the deadline belongs to goes on under another version of its rulebook."""

    records = (DeadlineRecomputed, DeadlineWithdrawn)

    rulebook: RulebookRef
    reason: str


class SuspendDeadline(Command):
    """The clock stands still from the local day `on`."""

    records = (DeadlineSuspended,)

    on: date
    reason: str


class ResumeDeadline(Command):
    """The clock runs again from the local day `on`."""

    records = (DeadlineResumed,)

    on: date


class WithdrawDeadline(Command):
    """A person, or the end of what it belonged to, takes an open deadline away."""

    records = (DeadlineWithdrawn,)

    reason: str


AnyCommand = (
    SetDeadline
    | RemindOfDeadline
    | MeetDeadline
    | MissDeadline
    | ExtendDeadline
    | RecomputeDeadline
    | MoveAnchor
    | AdoptVersion
    | SuspendDeadline
    | ResumeDeadline
    | WithdrawDeadline
)


def deadline_id(workflow_id: str, rule: str, round_: int) -> str:
    """The same rule is set anew only in a new round of the same lifecycle."""
    return derived_id(workflow_id, rule, str(round_))


def decide(command: AnyCommand, state: Deadline, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    match command:
        case SetDeadline():
            return [] if state.terms else [_set_by_contract(command, rules) if command.due_on else _set(command, rules)]
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
        case MoveAnchor():
            return _move_anchor(command, state, rules, calendar_for(rules.country))
        case AdoptVersion():
            return _adopt(command, state, rules, calendar_for(rules.country))
        case SuspendDeadline():
            return _suspend(command, state)
        case ResumeDeadline():
            return _resume(command, state, rules, calendar_for(rules.country))
        case WithdrawDeadline():
            return _withdrawn(state, command.reason)


@enforces("kz-109-2008-accreditation", "11", "17", "21")
def _set(command: SetDeadline, rules: Rulebook) -> DeadlineSet:
    """The due date with its clause, its calendar and everything that a reader needs to recompute it."""
    term = rules.terms[command.rule]
    due = compute(rules, command.rule, command.anchor_on, calendar=calendar_for(rules.country))
    return DeadlineSet(
        **command.model_dump(exclude={"at", "by", "rulebook", "due_on", "clause"}),
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


@enforces("iqaa-accreditation", "S1.b.2")
def _set_by_contract(command: SetDeadline, rules: Rulebook) -> DeadlineSet:
    """The contract's own last day of a step, as it stands in the contract: it is neither computed nor rolled."""
    if command.due_on is None or not command.rule.startswith(CONTRACT):
        raise Invalid(f"a day that the contract sets is a deadline {CONTRACT}<step>")
    step = step_of(command.rule)
    calendar, limits = calendar_for(rules.country), rules.contents.get("contract", {}).get("time_limits")
    return DeadlineSet(
        **command.model_dump(exclude={"at", "by", "rulebook", "clause"}),
        rulebook=command.rulebook,
        clause=command.clause or (limits.clause if limits else None),
        source="contract",
        binds=next((stage.actor for stage in rules.stages if stage.id == step), NOBODY),
        anchor=CONTRACT_ANCHOR,
        due_at=end_of_local_day(command.due_on, rules.zone),
        zone=rules.zone,
        calendar_version=calendar.version,
        estimated=False,
        falls_on_day_off=not calendar.is_working_day(command.due_on),
        reminders=reminders_by_setting(rules, command.anchor_on, command.due_on),
    )


def _remind(command: RemindOfDeadline, state: Deadline, rules: Rulebook) -> list[Event]:
    """Once on a day, and only while it is open."""
    terms, today = state.set_terms, local_date(command.at, rules.zone)
    if state.standing != "open" or today in state.reminded:
        return []
    return [DeadlineReminded(deadline_id=terms.deadline_id, case_id=terms.case_id, reminded_on=today, due_on=state.due_on)]


def _meet(command: MeetDeadline, state: Deadline) -> list[Event]:
    """Late by the calendar days after the due day. Not late: what was done in time and known late, or done while the clock stood."""
    terms = state.set_terms
    if state.standing not in ("open", "suspended", "missed"):
        return []
    reached = min(command.on, state.suspended_on) if state.suspended_on else command.on
    late = max(0, (reached - state.due_on).days)
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
    """Only forward, and never to a day that has passed. Reminders keep their distance from the end."""
    terms = state.set_terms
    if command.due_on <= state.due_on:
        raise Conflict(f"a deadline is extended forward; it is due on {state.due_on} now")
    today = local_date(command.at, rules.zone)
    if command.due_on < today:
        raise Conflict(f"the new due date has passed; today is {today}")
    reminders = kept_distances(terms.reminders, terms.due_on, command.due_on, today)
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
    """A new version of the calendar is recorded even where the end does not move, so that an announced date is no estimate any more."""
    terms = state.set_terms
    if state.calendar_version == calendar.version:
        return []
    anchor_on = state.moved_anchor_on or terms.anchor_on
    fact = _computed_anew(command, state, rules, calendar, anchor_on)
    days = (anchor_on, terms.due_on, compute(rules, terms.rule, anchor_on, calendar=calendar).due_on)
    return [fact.model_copy(update={"reason": change_of(calendar, state.calendar_version, days)})]


def _move_anchor(command: MoveAnchor, state: Deadline, rules: Rulebook, calendar: Calendar) -> list[Event]:
    """What is over stays as it is; what the contract sets hangs on no anchor."""
    terms = state.set_terms
    anchor_on = state.moved_anchor_on or terms.anchor_on
    if state.standing not in ("open", "suspended") or state.by_contract or command.anchor_on == anchor_on:
        return []
    moved = replace(state, moved_anchor_on=command.anchor_on)
    fact = _computed_anew(command, moved, rules, calendar, command.anchor_on)
    reason = command.reason or f"{terms.anchor} has moved from {anchor_on} to {command.anchor_on}"
    return [fact.model_copy(update={"reason": reason, "anchor_on": command.anchor_on, "previous_anchor_on": anchor_on})]


def _adopt(command: AdoptVersion, state: Deadline, rules: Rulebook, calendar: Calendar) -> list[Event]:
    """What is over stays as it is, and what the contract sets; a term that the version no longer has binds nobody."""
    terms = state.set_terms
    if state.standing not in ("open", "suspended") or state.by_contract or command.rulebook == state.rulebook:
        return []
    if terms.rule not in rules.terms:
        return _withdrawn(state, f"{command.reason} (version {rules.version} has no {terms.rule})")
    fact = _computed_anew(command, state, rules, calendar, state.moved_anchor_on or terms.anchor_on)
    return [fact.model_copy(update={"reason": command.reason, "rulebook": command.rulebook})]


def _computed_anew(command: Command, state: Deadline, rules: Rulebook, calendar: Calendar, anchor_on: date) -> DeadlineRecomputed:
    """By the same rulebook, with the days on which the clock stood still. What a person gave stays, unless the rules alone give more."""
    terms, since = state.set_terms, state.moved_anchor_on or date.min
    due = compute(rules, terms.rule, anchor_on, calendar=calendar)
    by_rules = end_after_all(due.due_on, state.standstills, rules.terms[terms.rule], rules, calendar, since)
    given = state.extended_to if state.extended_to is not None and state.extended_to >= by_rules else None
    due_on, today = given or by_rules, local_date(command.at, rules.zone)
    if given is None:
        reminders = kept_distances(due.reminders_on, due.due_on, by_rules, today)
    else:
        reminders = tuple(day for day in state.reminders if day > today)
    return DeadlineRecomputed(
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
        reason="computed anew",
        reminders=reminders,
        reminders_at=reminder_instants(reminders, rules.zone),
    )


def _suspend(command: SuspendDeadline, state: Deadline) -> list[Event]:
    """Only what is open, and of what it is the last day at the latest: a day that has passed is not given back."""
    if state.standing != "open" or command.on > state.due_on:
        return []
    ids = state.set_terms.model_dump(include={"deadline_id", "case_id", "workflow_id"})
    return [DeadlineSuspended(**ids, reason=command.reason or "The case was suspended", suspended_on=command.on)]


def _resume(command: ResumeDeadline, state: Deadline, rules: Rulebook, calendar: Calendar) -> list[Event]:
    """The end moves by the days on which the clock stood still, by the rules that gave it."""
    terms = state.set_terms
    if state.standing != "suspended" or state.suspended_on is None:
        return []
    if command.on < state.suspended_on:
        raise Conflict(f"this deadline is suspended since {state.suspended_on}; it is resumed on that day or later")
    still, today = (state.suspended_on, command.on), local_date(command.at, rules.zone)
    lost = lost_days(still, state.clock_since)
    due_on = end_after(state.due_on, still, rules.terms.get(terms.rule), rules, calendar, state.clock_since)
    reminders = kept_distances(terms.reminders, terms.due_on, due_on, today)
    return [
        DeadlineResumed(
            deadline_id=terms.deadline_id,
            case_id=terms.case_id,
            workflow_id=terms.workflow_id,
            previous_due_on=state.due_on,
            due_on=due_on,
            due_at=end_of_local_day(due_on, rules.zone),
            lost_days=lost,
            lost_days_in_all=state.lost_days + lost,
            resumed_on=command.on,
            reminders=reminders,
            reminders_at=reminder_instants(reminders, rules.zone),
        )
    ]


def _withdrawn(state: Deadline, reason: str) -> list[Event]:
    ids = state.set_terms.model_dump(include={"deadline_id", "case_id", "workflow_id"})
    return [DeadlineWithdrawn(**ids, reason=reason)]


def _rules(command: AnyCommand, state: Deadline) -> Rulebook:
    return resolve(command.rulebook if isinstance(command, SetDeadline | AdoptVersion) else state.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    SetDeadline: always,
    RemindOfDeadline: always,
    MeetDeadline: always,
    MissDeadline: always,
    ExtendDeadline: guards.extension,
    RecomputeDeadline: guards.recomputation,
    MoveAnchor: always,
    AdoptVersion: always,
    SuspendDeadline: always,
    ResumeDeadline: always,
    WithdrawDeadline: guards.withdrawal,
}

DEADLINE: Decider[Deadline, Rulebook] = Decider("deadline", Deadline(), decide, evolve, _rules, GUARDS)
