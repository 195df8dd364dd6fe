"""Trainings and seminars of the staff, and what of them went into internal monitoring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import TrainingCorrected, TrainingHeld, TrainingResultUsed
from services.monitoring.domain.gathering_rules import ARTKI, check_open, check_past, check_word, invalid


@dataclass(frozen=True)
class Training:
    """A training, if it was held, and its uses."""

    held: TrainingHeld | None = None
    uses: tuple[TrainingResultUsed, ...] = ()

    @property
    def fact(self) -> TrainingHeld:
        """The training; NotFound if it was not held."""
        if self.held is None:
            raise NotFound("there is no such training")
        return self.held


class HoldTraining(Command):
    """Staff were trained. `unknown` are those of `attendance` whom the register of staff does not have."""

    records = (TrainingHeld,)

    rulebook: RulebookRef
    training_id: str
    kind: str
    topic: str
    attendance: tuple[str, ...]
    unknown: tuple[str, ...]
    results: str | None
    document: Document | None
    held_on: date


class UseTrainingResult(Command):
    """What was taught went into a cycle."""

    records = (TrainingResultUsed,)

    rulebook: RulebookRef
    cycle_id: str
    cycle_closed: bool
    use: str


AnyCommand = HoldTraining | UseTrainingResult


def decide(command: AnyCommand, state: Training, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow."""
    today = local_date(command.at, rules.zone)
    match command:
        case HoldTraining():
            return [_hold(command, rules, today)]
        case UseTrainingResult():
            return _use(command, state, today)


@enforces(ARTKI, "7.1.s1", "7.1.s2")
def _hold(command: HoldTraining, rules: Rulebook, today: date) -> TrainingHeld:
    """Of the agency's staff, by today. How often is not said: they are counted by year."""
    check_word(rules, "training_kinds", command.kind, "#/kind")
    if command.unknown:
        raise invalid("#/attendance", f"not of the staff: {', '.join(command.unknown)}", "ids of the register of staff")
    check_past(command.held_on, today, "#/held_on")
    return TrainingHeld(**command.model_dump(exclude={"at", "by", "rulebook", "unknown"}))


@enforces(ARTKI, "7.2")
def _use(command: UseTrainingResult, state: Training, today: date) -> list[Event]:
    """In a cycle that is not over; the same again is none."""
    check_open(command.cycle_closed)
    if any((each.cycle_id, each.use) == (command.cycle_id, command.use) for each in state.uses):
        return []
    return [TrainingResultUsed(training_id=state.fact.training_id, cycle_id=command.cycle_id, use=command.use, used_on=today)]


def evolve(state: Training, event: Any) -> Training:
    """The state after a fact."""
    match event:
        case TrainingHeld():
            return Training(event)
        case TrainingResultUsed():
            return replace(state, uses=(*state.uses, event))
    return state


def once(state: Training, _rules: Rulebook) -> None:
    """It is recorded once."""
    if state.held is not None:
        raise Conflict("it is recorded; a slip is corrected")


def held(state: Training, _rules: Rulebook) -> None:
    """Of a training that was held."""
    assert state.fact


def _rules(command: AnyCommand, _state: Training) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {HoldTraining: once, UseTrainingResult: held}

TRAINING: Decider[Training, Rulebook] = Decider("training", Training(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a training is corrected on a day: it lies in the past then too."""

    def check(state: Training) -> None:
        check_past(state.fact.held_on, today, "#/corrected/held_on")

    return Correctable(TRAINING, TrainingCorrected, lambda state: {"training_id": state.fact.training_id}, check)
