"""The commission of a state attestation: who sits in it, what each studies, and its work on the spot (attestation, p. 4, 6-8, 12, 16-20,
22, 23, 26 (a), 27-29). The control of knowledge and the conclusion are decided elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Forbidden, NotFound
from regulations import RulebookRef, calendar_for, enforces, local_date, resolve
from services.visits.contract import (
    AttestationVisitClosed,
    AttestationVisitOpened,
    AttestationWorkBegan,
    AttestationWorkEnded,
    AttestedSpecialty,
)
from services.visits.domain import commission_guards as guards
from services.visits.domain import commission_members as members
from services.visits.domain import commission_study as study
from services.visits.domain.commission_members import ChangeAttestationCommission, FormAttestationCommission, FormJointCommission
from services.visits.domain.commission_rules import ATTESTATION, LANGUAGES, check_start, check_stay, invalid, past, strange, words
from services.visits.domain.commission_state import AttestationVisit, Profile, evolve
from services.visits.domain.commission_study import AnalyseResults, AssignTasks, HandOverNote, HoldQuestionnaires, InformChair
from services.visits.domain.dates import Rules


class OpenVisitOfAttestation(Command):
    """A commission is to be formed; again, with other days."""

    records = (AttestationVisitOpened,)

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    levels: tuple[str, ...]
    specialties: tuple[AttestedSpecialty, ...] = ()
    whole: bool = True
    state_owned: bool
    arts: bool = False
    profile: Profile = "ordinary"
    starts_on: date
    ends_on: date


class CloseVisitOfAttestation(Command):
    """The attestation was taken out of the schedule. Closed already: nothing."""

    records = (AttestationVisitClosed,)

    reason: str


class BeginWork(Command):
    """The commission began its work, on this day unless another is named."""

    records = (AttestationWorkBegan,)

    started_on: date | None = None
    languages: tuple[str, ...] = ()


class EndWork(Command):
    """The commission ended its work, on this day unless another is named."""

    records = (AttestationWorkEnded,)

    ended_on: date | None = None


Membership = FormAttestationCommission | ChangeAttestationCommission | FormJointCommission
Study = AssignTasks | InformChair | HandOverNote | HoldQuestionnaires | AnalyseResults


def decide(
    command: OpenVisitOfAttestation | CloseVisitOfAttestation | BeginWork | EndWork | Membership | Study,
    state: AttestationVisit,
    rules: Rules,
) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for what is no commission or no note, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case OpenVisitOfAttestation():
            return _open(command, state, on)
        case CloseVisitOfAttestation():
            return [] if state.closed else [AttestationVisitClosed(**state.ids, reason=command.reason, closed_on=on)]
        case FormAttestationCommission():
            return members.form(command, state, rules, on)
        case ChangeAttestationCommission():
            return members.change(command, state, rules, on)
        case FormJointCommission():
            return members.form_joint(command, state, rules, on)
        case BeginWork():
            return _begin(command, state, rules, on)
        case EndWork():
            return _end(command, state, rules, on)
    return _study(command, state, rules, on)


def _study(command: Study, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    match command:
        case AssignTasks():
            return study.assign(command, state, rules, on)
        case InformChair():
            return study.inform(command, state, on)
        case HandOverNote():
            return study.hand_over(command, state, rules, on)
        case HoldQuestionnaires():
            return study.hold(command, state, rules, on)
        case AnalyseResults():
            return study.analyse(command, state, on)


def _open(command: OpenVisitOfAttestation, state: AttestationVisit, on: date) -> Sequence[Event]:
    """Once; what is told anew is taken over until the work has begun, and nothing new is no fact."""
    told = {name: getattr(command, name) for name in type(command).model_fields if name not in Command.model_fields}
    same = all(getattr(state, name) == value for name, value in told.items())
    if state.closed or state.started_on or (state.stage and same):
        return []
    return [AttestationVisitOpened(**told, opened_on=on)]


@enforces(ATTESTATION, "4", "19")
def _begin(command: BeginWork, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """On the day of which the organisation was told, or later; in languages of the instruction, where they are said."""
    started_on = past(command.started_on or on, on, "#/started_on")
    invalid(strange("#/languages", "", command.languages, words(rules.rulebook, LANGUAGES)))
    check_start(started_on, state, rules.rulebook)
    return [AttestationWorkBegan(**state.ids, started_on=started_on, languages=command.languages)]


@enforces(ATTESTATION, "19")
def _end(command: EndWork, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """After no more days than the text gives, and after everything that was studied."""
    ended_on, started_on = past(command.ended_on or on, on, "#/ended_on"), state.started_on or on
    if ended_on < started_on:
        invalid([{"pointer": "#/ended_on", "detail": f"the work began on {started_on}"}])
    studied_on = state.studied_on or started_on
    if ended_on < studied_on:
        invalid([{"pointer": "#/ended_on", "detail": f"the commission still worked on {studied_on}, as its notes and questionnaires tell"}])
    check_stay(started_on, ended_on, rules)
    return [AttestationWorkEnded(**state.ids, started_on=started_on, ended_on=ended_on)]


def must_sit(state: AttestationVisit, expert_id: str) -> None:
    """NotFound for somebody who is not of the commission: to him it is as good as absent."""
    if expert_id not in state.expert_ids:
        raise NotFound("there is no attestation in whose commission you sit")


@enforces(ATTESTATION, "20", "26 (a)")
def must_chair(state: AttestationVisit, expert_id: str) -> None:
    """Forbidden for a member who does not chair the commission."""
    must_sit(state, expert_id)
    if expert_id != state.chair_id:
        raise Forbidden("of the commission, its chair alone may do this")


def check_right(state: AttestationVisit, at: datetime) -> None:
    """Conflict or Refused for a commission whose work could not have come about so by the moment `at`. It sees it as it would be read."""
    if state.rulebook is None:
        return
    rules = rules_of(state.rulebook)
    on = local_date(at, rules.rulebook.zone)
    if max(state.days) > on:
        raise Conflict(f"{max(state.days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
    if state.meeting_on and state.approved_on and state.meeting_on < state.approved_on:
        raise Conflict(f"the members would be presented on {state.meeting_on}, and the commission approved on {state.approved_on}")
    if state.started_on:
        check_start(state.started_on, state, rules.rulebook)
    if state.started_on and state.ended_on:
        _check_course(state.started_on, state.ended_on)
        if state.studied_on and state.ended_on < state.studied_on:
            raise Conflict(f"the commission still worked on {state.studied_on}", accepts=f"an end on {state.studied_on} or later")
        check_stay(state.started_on, state.ended_on, rules)


def _check_course(*days: date) -> None:
    for before, after in pairwise(days):
        if after < before:
            raise Conflict(
                f"the work would begin on {before} and end on {after}",
                accepts="days in the order of the steps; where several are wrong, the one that makes room is corrected first",
            )


def rules_of(ref: RulebookRef) -> Rules:
    """The rulebook and the calendar of an attestation."""
    book = resolve(ref)
    return Rules(book, calendar_for(book.country))


def _rules(command: Any, state: AttestationVisit) -> Rules:
    ref = command.rulebook if isinstance(command, OpenVisitOfAttestation) else state.rulebook
    if ref is None:
        raise NotFound("no commission of this attestation is awaited")
    return rules_of(ref)


GUARDS: Mapping[type[Command], Guard] = {
    OpenVisitOfAttestation: always,
    CloseVisitOfAttestation: always,
    FormAttestationCommission: guards.formation,
    ChangeAttestationCommission: guards.formed,
    AssignTasks: guards.tasks,
    BeginWork: guards.beginning,
    InformChair: guards.working,
    HandOverNote: guards.note,
    FormJointCommission: guards.joint,
    HoldQuestionnaires: guards.working,
    AnalyseResults: guards.analysis,
    EndWork: guards.end,
}

ATTESTATION_VISIT: Decider[AttestationVisit, Rules] = Decider("attestation", AttestationVisit(), decide, evolve, _rules, GUARDS)
