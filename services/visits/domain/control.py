"""The control of learners' knowledge at a state attestation (attestation, p. 24-27, 35): from the list of a specialty, class or group over
the draw to the figures that the decision rests on."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.visits.contract import (
    AttestedSpecialty,
    ControlConcluded,
    ControlOpened,
    DisciplinesApproved,
    DisciplinesProposed,
    LearnersForgotten,
    LearnersListed,
    ListedLearner,
)
from services.visits.domain import control_drawing as drawing
from services.visits.domain import control_guards as guards
from services.visits.domain import control_results as recording
from services.visits.domain.control_drawing import DrawSample
from services.visits.domain.control_guards import OTHER_FORMS, QUESTIONNAIRES, TESTING
from services.visits.domain.control_results import RecordResults
from services.visits.domain.control_state import Control, evolve
from services.visits.domain.marking import ATTESTATION, figures, marks

PRESCHOOL = "preschool"
ORDINARY = "ordinary"
REPLACED = "A later list took the place of this one."


class OpenControl(Command):
    """A control of a specialty, class or group, in a form. What is attested, the visit tells: `levels`, `specialties`, `profile`."""

    records = (ControlOpened,)

    control_id: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    levels: tuple[str, ...]
    specialties: tuple[AttestedSpecialty, ...]
    profile: str
    specialty: str | None
    unit: str
    level: str
    form: str


class ProposeDisciplines(Command):
    """The list of disciplines to be tested went to the national testing centre."""

    records = (DisciplinesProposed,)

    disciplines: tuple[str, ...]
    outgoing_number: str
    proposed_on: date | None = None


class ApproveDisciplines(Command):
    """The authorised body approved the list."""

    records = (DisciplinesApproved,)

    act: str
    approved_on: date | None = None


class ListLearners(Command):
    """The learners of the graduating course, as pseudonyms."""

    records = (LearnersListed, LearnersForgotten)

    learners: tuple[ListedLearner, ...]


class ConcludeControl(Command):
    """The figures are final."""

    records = (ControlConcluded,)


class ForgetLearners(Command):
    """Who these learners are is to be forgotten; all of the control, where none are named. `named` are pseudonyms whose names are kept,
    listed or not."""

    records = (LearnersForgotten,)

    ground: str
    learners: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


ControlCommand = (
    OpenControl | ProposeDisciplines | ApproveDisciplines | ListLearners | DrawSample | RecordResults | ConcludeControl | ForgetLearners
)


def decide(command: ControlCommand, state: Control, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for what is no control of this attestation, Conflict for what is done."""
    on = local_date(command.at, rules.zone)
    match command:
        case OpenControl():
            return _open(command, rules, on)
        case ProposeDisciplines():
            return _propose(command, state, on)
        case ApproveDisciplines():
            return _approve(command, state, on)
        case ListLearners():
            return _list(command, state, rules, on)
        case DrawSample():
            return drawing.decided(command, state, rules, on)
        case RecordResults():
            return recording.record(command, state, rules, on)
        case ConcludeControl():
            return _conclude(state, rules, on)
        case ForgetLearners():
            return _forget(command, state, on)


@enforces(ATTESTATION, "24 (a)")
def _open(command: OpenControl, rules: Rulebook, on: date) -> Sequence[Event]:
    """Of what is attested, and in a form that the text has for it."""
    apart = {each.code for each in command.specialties if each.level == command.level}
    of_specialties = rules.vocabularies.get("attested_by_specialty", {command.level: None})
    if command.level not in command.levels:
        raise _invalid("#/level", f"{command.level} is not attested here", command.levels)
    if apart and command.specialty not in apart:
        raise _invalid("#/specialty", f"{command.specialty or 'nothing'} is no specialty that is attested here", sorted(apart))
    if command.specialty is not None and command.level not in of_specialties:
        errors = [{"pointer": "#/specialty", "detail": "none: a class or group is named as the unit"}]
        raise Invalid(f"at the level {command.level} there are no specialties", errors=errors)
    _check_form(command, rules)
    fields = command.model_dump(exclude={"at", "by", "levels", "specialties", "profile"})
    return [ControlOpened(**fields, opened_on=on)]


@enforces(ATTESTATION, "24 (a)", OTHER_FORMS)
def _check_form(command: OpenControl, rules: Rulebook) -> None:
    """Questionnaires take the place of the testing in pre-school; out-of-school and special organisations may use other forms."""
    usual, other = rules.vocabularies.get("control_forms", {}), rules.vocabularies.get("other_control_forms", {})
    if command.form not in usual and command.form not in other:
        raise _invalid("#/form", f"{command.form} is no form of control", [*usual, *other])
    preschool = command.level == PRESCHOOL and QUESTIONNAIRES in other
    allowed = [
        *(form for form in usual if not (preschool and form == TESTING)),
        *(form for form in other if (preschool if form == QUESTIONNAIRES else command.profile != ORDINARY)),
    ]
    if command.form not in allowed:
        usually = "other forms are for special and out-of-school organisations"
        why = "questionnaires take the place of testing in pre-school organisations" if preschool else usually
        raise Refused(f"{command.form} is no form of control here: {why}", clause=OTHER_FORMS, rulebook=rules.id, accepts=_one_of(allowed))


def _propose(command: ProposeDisciplines, state: Control, on: date) -> Sequence[Event]:
    proposed_on = _past(command.proposed_on, on, "#/proposed_on")
    fields = command.model_dump(include={"disciplines", "outgoing_number"})
    return [DisciplinesProposed(**state.ids, **fields, proposed_on=proposed_on)]


def _approve(command: ApproveDisciplines, state: Control, on: date) -> Sequence[Event]:
    approved_on = _past(command.approved_on, on, "#/approved_on")
    _check_approval(state.proposed_on, approved_on)
    return [DisciplinesApproved(**state.ids, act=command.act, approved_on=approved_on)]


def _check_approval(proposed_on: date | None, approved_on: date) -> None:
    if proposed_on and approved_on < proposed_on:
        raise Conflict(f"the list was proposed on {proposed_on}, and would have been approved on {approved_on}")


def _list(command: ListLearners, state: Control, rules: Rulebook, on: date) -> Sequence[Event]:
    """In the order of their pseudonyms, which tells nothing of them. Whom only the earlier list had is forgotten."""
    words, faults = marks(rules), []
    for place, each in enumerate(command.learners):
        if each.standing not in words:
            faults.append({"pointer": f"#/learners/{place}/standing", "detail": f"{each.standing} is none; {_one_of(words)}"})
    if faults or not command.learners:
        raise Invalid("This is no list of learners by their marks.", errors=faults or [{"pointer": "#/learners", "detail": "nobody"}])
    listed = LearnersListed(**state.ids, learners=tuple(sorted(command.learners, key=lambda each: each.learner_id)), listed_on=on)
    before = tuple(sorted(state.known - state.forgotten))
    if not before:
        return [listed]
    return [LearnersForgotten(**state.ids, learners=before, ground=REPLACED, forgotten_on=on), listed]


@enforces(ATTESTATION, "24 (a)", "35")
def _conclude(state: Control, rules: Rulebook, on: date) -> Sequence[Event]:
    """From the results that stand."""
    found = figures(state.results, len(state.drawn), rules).told()
    told = {"specialty": state.specialty, "unit": state.unit, "form": state.form}
    return [ControlConcluded(**state.ids, **told, **found, concluded_on=on)]


def _forget(command: ForgetLearners, state: Control, on: date) -> Sequence[Event]:
    """Whom nobody knows any more is not forgotten again."""
    known = state.known | set(command.named)
    strange = [place for place, each in enumerate(command.learners) if each not in known]
    if strange:
        raise Invalid(
            "Somebody of these was never listed here.",
            errors=[{"pointer": f"#/learners/{place}", "detail": "no learner of this control"} for place in strange],
        )
    left = tuple(sorted((set(command.learners) or known) - state.forgotten))
    return [LearnersForgotten(**state.ids, learners=left, ground=command.ground, forgotten_on=on)] if left else []


def check_codes(codes: Sequence[str]) -> None:
    """Invalid where two learners of a list have one code: nobody could tell whose result is whose. It says no code."""
    first = {code: place for place, code in reversed([*enumerate(codes)])}
    faults = [
        {"pointer": f"#/learners/{place}/code", "detail": "stands there a second time"}
        for place, code in enumerate(codes)
        if first[code] != place
    ]
    if faults:
        raise Invalid("Two learners have the same code.", errors=faults[:50])


def check_right(state: Control, on: date) -> None:
    """Conflict for a control that could not have come about by the day `on`. It sees the control as it would be read."""
    days = [day for day in (state.proposed_on, state.approved_on) if day]
    if days and max(days) > on:
        raise Conflict(f"{max(days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
    if state.approved_on:
        _check_approval(state.proposed_on, state.approved_on)


def _past(day: date | None, on: date, pointer: str) -> date:
    if day is not None and day > on:
        raise Invalid(f"{day} has not come: what is recorded has happened", errors=[{"pointer": pointer, "detail": f"a day up to {on}"}])
    return day or on


def _invalid(pointer: str, why: str, accepted: Sequence[str]) -> Invalid:
    return Invalid(why, errors=[{"pointer": pointer, "detail": _one_of(accepted)}])


def _one_of(words: Sequence[str]) -> str:
    return f"one of {', '.join(words)}"


def _rules(command: Any, state: Control) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenControl) else state.rulebook
    if ref is None:
        raise NotFound("no such control is opened")
    return resolve(ref)


GUARDS: Mapping[type[Command], Guard] = {
    OpenControl: guards.opening,
    ProposeDisciplines: guards.proposal,
    ApproveDisciplines: guards.approval,
    ListLearners: guards.listing,
    DrawSample: guards.drawing,
    RecordResults: guards.results,
    ConcludeControl: guards.conclusion,
    ForgetLearners: always,
}

CONTROL: Decider[Control, Rulebook] = Decider("control", Control(), decide, evolve, _rules, GUARDS)
