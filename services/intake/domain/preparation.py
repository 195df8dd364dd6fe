"""What the agency does between the contract and the self-assessment: coordinator, preliminary trip, training seminars (IQAA S1.c, S1.d).

A rulebook whose stages lack a step asks nothing of it: its order is then a person's matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces, local_date, phase_of
from services.intake.contract import CoordinatorAppointed, FirstTimeStated, PreliminaryTripMade, TrainingSeminarHeld

_IQAA = "iqaa-accreditation"

# The rulebook's names of the steps of which intake knows whether they are taken; the last one it hears of from council.
APPLICATION, CONTRACT, COORDINATOR, TRIP, SEMINARS, DECISION = (
    "application",
    "contract",
    "coordinator",
    "preliminary_trip",
    "seminars",
    "decision",
)


@dataclass(frozen=True)
class Preparation:
    """The preparation as it stands. `first_time` is None until the contract, and where the rulebook does not ask."""

    first_time: bool | None = None
    coordinator_id: str = ""
    trip: bool = False
    seminars: tuple[tuple[str, date], ...] = ()
    trip_days: tuple[date, date] | None = None


class AppointCoordinator(Command):
    """Appoints the coordinator of the case; another one takes the place of the first with a reason."""

    records = (CoordinatorAppointed,)

    coordinator_id: str
    coordinator_name: str
    act: str
    reason: str | None = None


class StateFirstTime(Command):
    """States otherwise than the history whether the agency works with the institution for the first time."""

    records = (FirstTimeStated,)

    first_time: bool
    reason: str


class RecordPreliminaryTrip(Command):
    """Records the trip that was made."""

    records = (PreliminaryTripMade,)

    traveller_id: str
    starts_on: date
    ends_on: date
    note: str | None = None


class RecordSeminar(Command):
    """Records a seminar that was held."""

    records = (TrainingSeminarHeld,)

    subject: str
    held_on: date
    attended: int
    attendance_list: Document | None = None


AnyPreparation = AppointCoordinator | StateFirstTime | RecordPreliminaryTrip | RecordSeminar


def prepare(command: AnyPreparation, state: Preparation, case_id: str, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow for an open case, or a refusal with its clause."""
    match command:
        case AppointCoordinator():
            return _appoint(command, state, case_id, rules)
        case StateFirstTime():
            return _state_first_time(command, state, case_id, rules)
        case RecordPreliminaryTrip():
            return _record_trip(command, state, case_id, rules)
        case RecordSeminar():
            return _record_seminar(command, state, case_id, rules)


def _done(state: Preparation, contracted: bool) -> dict[str, bool]:
    """Each step of intake's: whether it is behind the case. A trip that is not due stands in nobody's way."""
    return {CONTRACT: contracted, COORDINATOR: bool(state.coordinator_id), TRIP: state.trip or not state.first_time}


@enforces(_IQAA, "P.3")
def procedure_stage(stage: str, state: Preparation, decided: bool, rules: Rulebook) -> str | None:
    """In which of the procedure's stages a case stands, as far as intake knows; None once it has ended, or where there are none."""
    if stage not in ("filed", "registered", "contracted"):
        return None
    return phase_of(rules, DECISION if decided else _current_step(stage, state, rules))


def _current_step(stage: str, state: Preparation, rules: Rulebook) -> str:
    """The first step of intake's that is not behind the case, or the step that follows them all."""
    behind = {APPLICATION: stage != "filed", **_done(state, stage == "contracted"), SEMINARS: bool(state.seminars)}
    order = [each.id for each in rules.stages]
    last = max((order.index(step) for step in behind if step in order), default=-1)
    return next((step for step in order if not behind.get(step, True)), order[min(last + 1, len(order) - 1)])


def check_order(rules: Rulebook, step: str, state: Preparation, contracted: bool) -> None:
    """Refused under the clause of the step that the rulebook puts before this one and that is not taken yet."""
    stages, done = {stage.id: stage for stage in rules.stages}, _done(state, contracted)
    if step not in stages:
        return
    order = list(stages)
    before = stages[step].after or tuple(order[max(order.index(step) - 1, 0) : order.index(step)])
    for each in before:
        if not done.get(each, True):
            raise Refused(
                f"{stages[step].names.en} comes after: {stages[each].names.en}",
                clause=stages[each].clause or "",
                rulebook=rules.id,
                accepts=f"{step} after {each}",
            )


def check_days(state: Preparation, today: date) -> None:
    """What is said to have been done was done by now, and is told once."""
    if state.trip_days is not None:
        _check_trip(*state.trip_days, today)
    _check_seminars(state.seminars, today)


def _check_trip(starts_on: date, ends_on: date, today: date) -> None:
    if not starts_on <= ends_on <= today:
        raise Conflict(f"a trip that was made ends on {today} at the latest, and not before it starts")


def _check_seminars(seminars: Sequence[tuple[str, date]], today: date) -> None:
    for _, held_on in seminars:
        if held_on > today:
            raise Conflict(f"{held_on} has not come yet")
    if len(set(seminars)) < len(seminars):
        raise Conflict("this seminar is recorded already")


@enforces(_IQAA, "S1.c.1")
def _appoint(command: AppointCoordinator, state: Preparation, case_id: str, rules: Rulebook) -> Sequence[Event]:
    if command.coordinator_id == state.coordinator_id:
        raise Conflict(f"{state.coordinator_id} is the coordinator already")
    if state.coordinator_id and not command.reason:
        raise Conflict(f"{state.coordinator_id} is the coordinator; say why another one takes the place")
    return [
        CoordinatorAppointed(
            case_id=case_id,
            coordinator_id=command.coordinator_id,
            coordinator_name=command.coordinator_name,
            act=command.act,
            reason=command.reason,
            appointed_on=local_date(command.at, rules.zone),
        )
    ]


@enforces(_IQAA, "S1.c.2")
def _state_first_time(command: StateFirstTime, state: Preparation, case_id: str, rules: Rulebook) -> Sequence[Event]:
    if state.first_time == command.first_time:
        raise Conflict("that is what is known already")
    on = local_date(command.at, rules.zone)
    return [FirstTimeStated(case_id=case_id, first_time=command.first_time, reason=command.reason, stated_on=on)]


@enforces(_IQAA, "S1.c.2")
def _record_trip(command: RecordPreliminaryTrip, state: Preparation, case_id: str, rules: Rulebook) -> Sequence[Event]:
    on = local_date(command.at, rules.zone)
    _check_trip(command.starts_on, command.ends_on, on)
    traveller = rules.settings.get("preliminary_trip_traveller")
    if traveller is not None and traveller.value == COORDINATOR and command.traveller_id != state.coordinator_id:
        raise Refused(
            f"{command.traveller_id} is not the coordinator of the case",
            clause=traveller.clause or "",
            rulebook=rules.id,
            accepts=f"a trip of {state.coordinator_id}",
        )
    return [
        PreliminaryTripMade(
            case_id=case_id,
            traveller_id=command.traveller_id,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            note=command.note,
            recorded_on=on,
        )
    ]


@enforces(_IQAA, "S1.d")
def _record_seminar(command: RecordSeminar, state: Preparation, case_id: str, rules: Rulebook) -> Sequence[Event]:
    on = local_date(command.at, rules.zone)
    _check_seminars((*state.seminars, (command.subject, command.held_on)), on)
    return [
        TrainingSeminarHeld(
            case_id=case_id,
            subject=command.subject,
            held_on=command.held_on,
            attended=command.attended,
            attendance_list=command.attendance_list,
            recorded_on=on,
        )
    ]
