"""A meeting of the council: its agenda of prepared cases, who came, whether that is a quorum, minutes (order 109, p. 9.8; IQAA, S3.c)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import AttendanceRecorded, BallotKind, MeetingConvened, MeetingCorrected, MinutesSigned
from services.council.domain.clauses import IQAA, KZ, adopts, considers, materials, setting_clause, share


@dataclass(frozen=True)
class Meeting:
    """A meeting. `quorate` is None until attendance was recorded; the last record counts."""

    convened: MeetingConvened | None = None
    present: tuple[str, ...] = ()
    quorate: bool | None = None
    minutes: MinutesSigned | None = None


@dataclass(frozen=True)
class AgendaItem:
    """What the case's consideration says. `rulebook_id` is empty where no such case is before the council; `stopped` says why it rests."""

    case_id: str
    rulebook_id: str = ""
    prepared: bool = False
    decided: bool = False
    missing: tuple[str, ...] = ()
    stopped: str = ""


class ConveneMeeting(Command):
    """Convenes a council. `rulebook`, `members` and `missing_groups` are the council's of that day, `agenda` the facts on each case."""

    records = (MeetingConvened,)

    meeting_id: str
    council_id: str
    rulebook: RulebookRef
    members: tuple[str, ...]
    held_on: date
    agenda: tuple[AgendaItem, ...]
    ballot: BallotKind = "open"
    missing_groups: tuple[str, ...] = ()


class RecordAttendance(Command):
    """Records who is present; the presiding person states the quorum where the rulebook sets none."""

    records = (AttendanceRecorded,)

    present: tuple[str, ...]
    presiding_statement: str | None = None
    presided_by: str | None = None


class SignMinutes(Command):
    """Records the minutes. `decided_under` are the protocol numbers of the decisions that the meeting has taken so far."""

    records = (MinutesSigned,)

    protocol_number: str
    document: Document
    presided_by: str
    secretary: str
    decided_under: tuple[str, ...] = ()


AnyCommand = ConveneMeeting | RecordAttendance | SignMinutes


def decide(command: AnyCommand, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    match command:
        case ConveneMeeting():
            return _convene(command, rules)
        case RecordAttendance():
            return _attend(command, state, rules)
        case SignMinutes():
            return _sign(command, state, rules)


def _convening(state: Meeting, _rules: Rulebook) -> None:
    """Once."""
    if state.convened:
        raise Conflict(f"meeting {state.convened.meeting_id} is convened already")


def _attendance(state: Meeting, _rules: Rulebook) -> None:
    """Until the minutes are signed."""
    if state.minutes:
        raise Conflict(f"the minutes were signed on {state.minutes.signed_on}; who was present no longer changes")


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def _minutes(state: Meeting, rules: Rulebook) -> None:
    """Once, of a meeting to which somebody came."""
    if state.minutes:
        raise Conflict(f"the minutes were signed on {state.minutes.signed_on} under number {state.minutes.protocol_number}")
    if state.quorate is None:
        raise _refused(rules, "the attendance of the meeting is not recorded", "the minutes of a meeting that was held")
    if not state.present:
        raise _refused(rules, "nobody was present", "the minutes of a meeting to which members came")


@enforces(KZ, "9.7", "9.8", "18")
@enforces(IQAA, "S3.c.1", "S3.c.2")
def _convene(command: ConveneMeeting, rules: Rulebook) -> Sequence[Event]:
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
    _able(command, rules)
    decided = [item.case_id for item in command.agenda if item.decided]
    if decided:
        raise Conflict(f"decided already: {', '.join(decided)}")
    stopped = [f"{item.case_id} ({item.stopped})" for item in command.agenda if item.stopped]
    if stopped:
        raise Conflict(f"not to be considered: {', '.join(stopped)}")
    unready = [item.case_id for item in command.agenda if not item.prepared]
    if unready:
        missing = {item.case_id: list(item.missing) for item in command.agenda if item.missing and not item.prepared}
        raise Refused(
            f"the materials are not ready: {', '.join(unready)}",
            clause=materials(rules),
            rulebook=rules.id,
            accepts="cases whose materials for the council were prepared",
            missing=missing or None,
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
            ballot=command.ballot,
        )
    ]


@enforces(KZ, "7")
def _able(command: ConveneMeeting, rules: Rulebook) -> None:
    """On the meeting's day there are members whose term has not ended, of every group."""
    if not command.members:
        raise Refused(
            f"nobody's term of office in the council includes {command.held_on}",
            clause=considers(rules),
            rulebook=rules.id,
            accepts="a day on which the council has members",
        )
    if command.missing_groups and rules.setting_if_any("missing_council_group") == "cannot_decide":
        raise Refused(
            f"on {command.held_on} nobody represents: {', '.join(command.missing_groups)}; a council that lacks a group cannot decide",
            clause=setting_clause(rules, "missing_council_group"),
            rulebook=rules.id,
            accepts="a meeting once members of these groups have joined the council",
            missing=list(command.missing_groups),
        )


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def _attend(command: RecordAttendance, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    assert state.convened is not None
    check_held(rules, state.convened, local_date(command.at, rules.zone))
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
            presided_by=command.presided_by,
        )
    ]


@enforces(KZ, "9.8")
@enforces(IQAA, "S3.c.1")
def _sign(command: SignMinutes, state: Meeting, rules: Rulebook) -> Sequence[Event]:
    """Once, after the meeting, under the one protocol number of its decisions, by who presided and by the secretary."""
    assert state.convened is not None
    if command.presided_by not in state.present:
        raise _refused(rules, f"{command.presided_by} was not present", f"one of those who were: {', '.join(state.present)}")
    if command.presided_by == command.secretary:
        raise _refused(rules, "one person presided and kept the minutes", "the signatures of who presided and of the secretary")
    same_number(rules, command.protocol_number, command.decided_under)
    return [
        MinutesSigned(
            meeting_id=state.convened.meeting_id,
            protocol_number=command.protocol_number,
            document=command.document,
            signed_by=(command.presided_by, command.secretary),
            signed_on=local_date(command.at, rules.zone),
        )
    ]


def check_held(rules: Rulebook, convened: MeetingConvened, today: date) -> None:
    """Refused before the meeting's day."""
    if today < convened.held_on:
        reason = f"the meeting is on {convened.held_on}; attendance is recorded when it is held"
        raise _refused(rules, reason, f"attendance recorded on {convened.held_on} or later")


def same_number(rules: Rulebook, number: str, known: Sequence[str]) -> None:
    """A meeting has one protocol: its minutes and all its decisions bear one number."""
    other = next((each for each in known if each != number), None)
    if other is not None:
        raise Refused(
            f"the protocol of this meeting is number {other}, not {number}",
            clause=adopts(rules),
            rulebook=rules.id,
            accepts=f"the number {other}",
        )


def _quorate(command: RecordAttendance, rules: Rulebook, present: int, members: int) -> bool:
    """By the agency's setting; the text is silent, so without a setting a person states it."""
    quorum = share(rules, "council_quorum")
    if quorum is not None:
        return quorum.met_by(present, members)
    if not command.presiding_statement:
        raise Refused(
            "the regulation sets no quorum and the agency has set none",
            clause=setting_clause(rules, "council_quorum"),
            rulebook=rules.id,
            accepts="a statement of the presiding person that the meeting is competent to decide, or a quorum in the agency's settings",
        )
    if command.presided_by is not None and command.presided_by not in command.present:
        raise _refused(rules, f"{command.presided_by} is not present", f"one of those who are: {', '.join(command.present)}")
    return present > 0


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)


def evolve(state: Meeting, event: Any) -> Meeting:
    """The state after a fact."""
    match event:
        case MeetingConvened():
            return Meeting(convened=event)
        case AttendanceRecorded():
            return replace(state, present=event.present, quorate=event.quorate)
        case MinutesSigned():
            return replace(state, minutes=event)
    return state


def _rules(command: AnyCommand, state: Meeting) -> Rulebook:
    source = command if isinstance(command, ConveneMeeting) else state.convened
    assert source is not None
    return resolve(source.rulebook)


GUARDS: Mapping[type[Command], Guard] = {ConveneMeeting: _convening, RecordAttendance: _attendance, SignMinutes: _minutes}

MEETING: Decider[Meeting, Rulebook] = Decider("meeting", Meeting(), decide, evolve, _rules, GUARDS)


def _corrected(state: Meeting) -> None:
    if state.convened and state.minutes and state.minutes.signed_on < state.convened.held_on:
        raise Conflict(f"the minutes of a meeting of {state.convened.held_on} cannot have been signed before it")


CORRECTIONS = Correctable(
    MEETING, MeetingCorrected, lambda state: {"meeting_id": state.convened.meeting_id if state.convened else ""}, _corrected
)
