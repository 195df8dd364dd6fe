"""The group of a monitoring visit: who sits in it, who leads it, and who takes the place of another (AAKR, II.4.h; Sapattuu Bilim, 2.8,
2.9.s1, 2.11.p1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from regulations import Rulebook, enforces
from services.visits.contract import (
    ConflictFound,
    Employment,
    GroupFormed,
    GroupMember,
    GroupMemberObjected,
    GroupMemberReplaced,
    GroupObjectionDecided,
    GroupTold,
    ProgrammeItem,
)
from services.visits.domain.conflicts import Known, found_of
from services.visits.domain.dates import Rules
from services.visits.domain.monitoring_visit_rules import (
    AAKR,
    FORMER_STATED,
    OFFICER_STATED,
    SAPATTUU,
    check_group,
    conflict_clause,
    group_clause,
    must_form,
    officer_clause,
)
from services.visits.domain.monitoring_visit_state import MonitoringVisit


@dataclass(frozen=True)
class Proposed:
    """An expert for the group. `former_member` is what the director says; None leaves it to what is recorded of the accreditation."""

    expert_id: str
    former_member: bool | None = None


class FormGroup(Command):
    """Forms the group, on this day unless another is named.

    `affiliations` holds, for every expert that the pool knows, the institutions he is bound to.
    """

    records = (GroupFormed,)

    members: tuple[Proposed, ...]
    by_director: bool
    leader_id: str | None = None
    case_officer_leads: bool = False
    case_officer: str | None = None
    order_number: str | None = None
    formed_on: date | None = None
    despite_conflicts: str | None = None
    affiliations: Mapping[str, tuple[str, ...]]
    employments: Mapping[str, tuple[Employment, ...]] = {}


class TellGroup(Command):
    """Tells the institution of the visit and its experts, on this day unless another is named."""

    records = (GroupTold,)

    programme: tuple[ProgrammeItem, ...] = ()
    outgoing_number: str | None = None
    document: Document | None = None
    told_on: date | None = None


class ObjectToMember(Command):
    """The institution does not agree to an expert."""

    records = (GroupMemberObjected,)

    expert_id: str
    grounds: str
    document: Document | None = None


class DecideMemberObjection(Command):
    """The agency's decision on the objection."""

    records = (GroupObjectionDecided,)

    expert_id: str
    upheld: bool
    reasons: str


class ReplaceMember(Command):
    """`expert_id` leaves, or has left upon an objection, and `successor` comes; nobody, where the others are enough."""

    records = (GroupMemberReplaced,)

    expert_id: str
    successor: Proposed | None = None
    by_director: bool
    leader_id: str | None = None
    reason: str
    despite_conflicts: str | None = None
    affiliations: Mapping[str, tuple[str, ...]] = {}
    employments: Mapping[str, tuple[Employment, ...]] = {}


Faults = list[dict[str, str]]


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.8", "2.11.p1.s1", "2.11.p1.s2")
def form(command: FormGroup, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """Experts of the pool, as many and of such a past as the rulebook says, under an expert or the referent, or nobody."""
    book = rules.rulebook
    must_form(command.by_director, book)
    formed_on = past(command.formed_on or on, on, "#/formed_on")
    _raise(_faults(command, state))
    members = _seats(command.members, state)
    officer = command.case_officer or (state.referent if command.case_officer_leads else None)
    flags = check_group(members, officer, book) + _stated(members, command.case_officer_leads, state, book)
    if command.case_officer_leads:
        _check_officer(officer, state, book)
    if officer in {member.expert_id for member in members}:
        raise _invalid("#/case_officer", f"{officer} goes with the experts, and is none of them")
    conflicts = _judge(command.members, command, state, rules, on, officer)
    return [
        GroupFormed(
            **state.ids,
            members=members,
            leader_id=command.leader_id,
            case_officer_leads=command.case_officer_leads,
            case_officer=officer,
            order_number=command.order_number,
            formed_on=formed_on,
            flags=flags,
            conflicts=conflicts,
            despite_conflicts=command.despite_conflicts if conflicts else None,
        )
    ]


def _faults(command: FormGroup, state: MonitoringVisit) -> Faults:
    faults: Faults = []
    seen: set[str] = set()
    for index, proposed in enumerate(command.members):
        place = f"#/members/{index}"
        if proposed.expert_id in seen:
            faults.append({"pointer": f"{place}/expert_id", "detail": f"{proposed.expert_id} is named twice"})
        else:
            faults += _unknown(proposed, command.affiliations, state, place)
        seen.add(proposed.expert_id)
    if command.leader_id is not None and command.leader_id not in seen:
        faults.append({"pointer": "#/leader_id", "detail": f"{command.leader_id} is none of the experts"})
    if command.leader_id is not None and command.case_officer_leads:
        faults.append({"pointer": "#/leader_id", "detail": "either an expert leads the group or the referent"})
    if command.case_officer_leads and not (command.case_officer or state.referent):
        faults.append({"pointer": "#/case_officer", "detail": "nobody recorded the referent of the accreditation: say who leads"})
    return faults


def _unknown(proposed: Proposed, pool: Mapping[str, Any], state: MonitoringVisit, place: str) -> Faults:
    if proposed.expert_id not in pool:
        return [{"pointer": f"{place}/expert_id", "detail": f"{proposed.expert_id} is not in the pool of experts"}]
    recorded = proposed.expert_id in state.panel
    if state.panel and proposed.former_member not in (None, recorded):
        was = "sat" if recorded else "did not sit"
        return [{"pointer": f"{place}/former_member", "detail": f"{proposed.expert_id} {was} in the commission, as it is recorded"}]
    return []


@enforces(SAPATTUU, "2.8")
def _seats(proposed: Sequence[Proposed], state: MonitoringVisit) -> tuple[GroupMember, ...]:
    """The experts, each with whether he sat in the commission of the accreditation; a person says it where nobody recorded that one."""
    return tuple(
        GroupMember(expert_id=each.expert_id, former_member=each.expert_id in state.panel or bool(each.former_member)) for each in proposed
    )


def _stated(members: Sequence[GroupMember], officer_leads: bool, state: MonitoringVisit, book: Rulebook) -> tuple[str, ...]:
    """Flags on what a person says of the accreditation, since nobody recorded it."""
    former = not state.panel and any(member.former_member for member in members)
    officer = officer_leads and officer_clause(book) is not None and state.referent is None
    return (FORMER_STATED,) * former + (OFFICER_STATED,) * officer


@enforces(SAPATTUU, "2.11.p1.s2")
def _check_officer(officer: str | None, state: MonitoringVisit, book: Rulebook) -> None:
    """The referent who took part in the accreditation may lead; where the text speaks of him, nobody else in his stead."""
    clause = officer_clause(book)
    if clause is not None and state.referent is not None and officer != state.referent:
        raise Refused(
            f"{officer} is not the referent who took part in the accreditation",
            clause=clause,
            rulebook=book.id,
            accepts=f"{state.referent}, or one of the experts, as leader",
        )


@enforces(AAKR, "II.4.h")
def _judge(
    proposed: Sequence[Proposed], command: FormGroup | ReplaceMember, state: MonitoringVisit, rules: Rules, on: date, officer: str | None
) -> tuple[ConflictFound, ...]:
    """The texts are silent on conflicts of interest: a person decides, and says why an expert is seated in spite of one."""
    known = Known(command.affiliations, {}, command.employments, frozenset({command.by, officer or command.by}))
    found = found_of([each.expert_id for each in proposed], state.institution_id, known, rules, on)
    if found and not command.despite_conflicts:
        told = "; ".join(f"{conflict.expert_id}: {conflict.detail}" for conflict in found)
        raise Refused(
            f"there may be a conflict of interest ({told})",
            clause=conflict_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="other experts, or the reasons for these in spite of it",
            conflicts=[conflict.model_dump() for conflict in found],
        )
    return found


def tell(command: TellGroup, state: MonitoringVisit, on: date) -> Sequence[Event]:
    """Of the group as it is, with the programme of the days that were agreed, if they were."""
    told_on, days = past(command.told_on or on, on, "#/told_on"), state.agreed
    outside = [n for n, item in enumerate(command.programme) if days and not days.starts_on <= item.day <= days.ends_on]
    if days and outside:
        detail = f"a day from {days.starts_on} to {days.ends_on}"
        raise Invalid(
            "the programme has days on which there is no visit",
            errors=[{"pointer": f"#/programme/{n}/day", "detail": detail} for n in outside],
        )
    fields = command.model_dump(include={"programme", "outgoing_number", "document"})
    return [GroupTold(**state.ids, experts=state.expert_ids, told_on=told_on, **fields)]


def object_to(command: ObjectToMember, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """To an expert of whom the institution was told."""
    if command.expert_id not in objectionable(state):
        raise Refused(
            f"{command.expert_id} is none of the experts of whom the institution was told",
            clause=group_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="an objection to an expert of the group that it was told of, which awaits no decision yet",
        )
    fields = command.model_dump(include={"expert_id", "grounds", "document"})
    return [GroupMemberObjected(**state.ids, objected_on=on, **fields)]


def objectionable(state: MonitoringVisit) -> tuple[str, ...]:
    """The experts against whom the institution can speak now."""
    known = (*(state.told.experts if state.told else ()), *(state.agreed.experts if state.agreed else ()))
    return tuple(each for each in state.expert_ids if each in known and each not in state.objected)


def decide_objection(command: DecideMemberObjection, state: MonitoringVisit, on: date) -> Sequence[Event]:
    """Each objection, with reasons."""
    if command.expert_id not in state.objected:
        raise Conflict(f"no objection to {command.expert_id} awaits a decision")
    fields = command.model_dump(include={"expert_id", "upheld", "reasons"})
    return [GroupObjectionDecided(**state.ids, decided_on=on, **fields)]


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.8", "2.11.p1.s1")
def replace_member(command: ReplaceMember, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """The group that comes of it is judged as the first was, other open places as if taken; whom an objection removed stays out."""
    must_form(command.by_director, rules.rulebook)
    if command.expert_id not in (*state.expert_ids, *state.vacant_ids):
        raise Conflict(f"{command.expert_id} has no place in this group")
    successors = (command.successor,) if command.successor else ()
    _raise(_faults_of_successor(command, state))
    _not_excluded(successors, state, rules)
    stay = [member for member in (*state.members, *state.vacancies) if member.expert_id != command.expert_id]
    seats, book = _seats(successors, state), rules.rulebook
    flags = check_group((*stay, *seats), state.case_officer, book) + _stated((*stay, *seats), state.case_officer_leads, state, book)
    conflicts = _judge(successors, command, state, rules, on, state.case_officer)
    return [
        GroupMemberReplaced(
            **state.ids,
            expert_id=command.expert_id,
            successor=seats[0] if seats else None,
            leader_id=command.leader_id or (state.leader_id if state.leader_id != command.expert_id else None),
            reason=command.reason,
            flags=flags,
            conflicts=conflicts,
            despite_conflicts=command.despite_conflicts if conflicts else None,
            replaced_on=on,
        )
    ]


def _faults_of_successor(command: ReplaceMember, state: MonitoringVisit) -> Faults:
    successor, leader_id = command.successor, command.leader_id
    faults: Faults = []
    if successor and successor.expert_id in state.expert_ids:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} is in the group already"})
    elif successor and successor.expert_id == state.case_officer:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} goes with the experts, and is none of them"})
    elif successor:
        faults += _unknown(successor, command.affiliations, state, "#/successor")
    if leader_id is not None:
        left = {*state.expert_ids, *([successor.expert_id] if successor else [])} - {command.expert_id}
        if leader_id not in left:
            faults.append({"pointer": "#/leader_id", "detail": f"{leader_id} is none of the experts"})
        if state.case_officer_leads:
            faults.append({"pointer": "#/leader_id", "detail": "the referent leads this group"})
    return faults


def _not_excluded(successors: Sequence[Proposed], state: MonitoringVisit, rules: Rules) -> None:
    out = [each.expert_id for each in successors if each.expert_id in state.excluded]
    if out:
        raise Refused(
            f"{', '.join(out)} left the group upon an objection that was upheld",
            clause=group_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="another expert",
        )


def past(day: date, on: date, pointer: str) -> date:
    """The day, which has come by the day `on`; else Invalid."""
    if day > on:
        raise _invalid(pointer, f"{day} has not come yet; accepted is a day up to {on}")
    return day


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[{"pointer": pointer, "detail": detail}])


def _raise(faults: Faults) -> None:
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)
