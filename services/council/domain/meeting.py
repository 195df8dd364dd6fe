"""A meeting of the council: its agenda of prepared cases, who came, and whether that is a quorum (order 109, p. 9.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import AttendanceRecorded, MeetingConvened
from services.council.domain.clauses import KZ, considers, materials, setting_clause


@dataclass(frozen=True)
class Meeting:
    """A meeting. `quorate` is None until attendance was recorded; the last record counts."""

    convened: MeetingConvened | None = None
    present: tuple[str, ...] = ()
    quorate: bool | None = None


@dataclass(frozen=True)
class AgendaItem:
    """What the case's consideration says. `rulebook_id` is empty where no such case is before the council."""

    case_id: str
    rulebook_id: str = ""
    prepared: bool = False
    decided: bool = False


class ConveneMeeting(Command):
    """Convenes a council. `rulebook` and `members` are the council's, `agenda` the facts on each case."""

    meeting_id: str
    council_id: str
    rulebook: RulebookRef
    members: tuple[str, ...]
    held_on: date
    agenda: tuple[AgendaItem, ...]


class RecordAttendance(Command):
    """Records who is present; the presiding person states the quorum where the rulebook sets none."""

    present: tuple[str, ...]
    presiding_statement: str | None = None


AnyCommand = ConveneMeeting | RecordAttendance


def decide(command: AnyCommand, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    match command:
        case ConveneMeeting():
            return _convene(command, state, rules)
        case RecordAttendance():
            return _attend(command, state, rules)


@enforces(KZ, "9.7", "9.8", "18")
def _convene(command: ConveneMeeting, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    if state.convened:
        raise Conflict(f"meeting {command.meeting_id} is convened already")
    unknown = [item.case_id for item in command.agenda if not item.rulebook_id]
    if unknown:
        raise NotFound(f"not before the council: {', '.join(unknown)}")
    foreign = [item.case_id for item in command.agenda if item.rulebook_id != rules.id]
    if foreign:
        raise Refused(
            f"the council was composed under {rules.id}; other rulebooks govern: {', '.join(foreign)}",
            clause=setting_clause(rules, "missing_council_group"),
            rulebook=rules.id,
            accepts=f"cases under {rules.id}",
        )
    decided = [item.case_id for item in command.agenda if item.decided]
    if decided:
        raise Conflict(f"decided already: {', '.join(decided)}")
    unready = [item.case_id for item in command.agenda if not item.prepared]
    if unready:
        raise Refused(
            f"the materials are not ready: {', '.join(unready)}",
            clause=materials(rules),
            rulebook=rules.id,
            accepts="cases whose materials for the council were prepared",
        )
    agenda = tuple(dict.fromkeys(item.case_id for item in command.agenda))
    return [
        MeetingConvened(
            meeting_id=command.meeting_id,
            council_id=command.council_id,
            rulebook=command.rulebook,
            members=command.members,
            held_on=command.held_on,
            agenda=agenda,
        )
    ]


@enforces(KZ, "9.8")
def _attend(command: RecordAttendance, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    assert state.convened is not None
    today = local_date(command.at, rules.zone)
    if today < state.convened.held_on:
        raise Refused(
            f"the meeting is on {state.convened.held_on}; attendance is recorded when it is held",
            clause=considers(rules),
            rulebook=rules.id,
            accepts=f"attendance recorded on {state.convened.held_on} or later",
        )
    strangers = sorted(set(command.present) - set(state.convened.members))
    if strangers:
        raise Refused(
            f"not members of this council: {', '.join(strangers)}",
            clause=considers(rules),
            rulebook=rules.id,
            accepts="members of the council that was convened",
        )
    present = tuple(member for member in state.convened.members if member in command.present)
    return [
        AttendanceRecorded(
            meeting_id=state.convened.meeting_id,
            present=present,
            quorate=_quorate(command, rules, len(present), len(state.convened.members)),
            presiding_statement=command.presiding_statement,
        )
    ]


def _quorate(command: RecordAttendance, rules: Rulebook, present: int, members: int) -> bool:
    """By the agency's setting; the text is silent, so without a setting a person states it."""
    quorum = rules.share("council_quorum")
    if quorum is not None:
        return quorum.met_by(present, members)
    if not command.presiding_statement:
        raise Refused(
            "the regulation sets no quorum and the agency has set none",
            clause=setting_clause(rules, "council_quorum"),
            rulebook=rules.id,
            accepts="a statement of the presiding person that the meeting is competent to decide, or a quorum in the agency's settings",
        )
    return present > 0


def evolve(state: Meeting, event: Any) -> Meeting:
    """The state after a fact."""
    match event:
        case MeetingConvened():
            return Meeting(convened=event)
        case AttendanceRecorded():
            return replace(state, present=event.present, quorate=event.quorate)
    return state


def _rules(command: AnyCommand, state: Meeting) -> Rulebook:
    source = command if isinstance(command, ConveneMeeting) else state.convened
    assert source is not None
    return resolve(source.rulebook)


MEETING: Decider[Meeting, Rulebook] = Decider("meeting", Meeting(), decide, evolve, _rules)
