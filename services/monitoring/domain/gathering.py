"""What is gathered once and stands as it is: an interview, a focus group, an analysed document, a sample of real cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    CaseSampleDrawn,
    DocumentAnalysed,
    FocusGroupHeld,
    GatheringCorrected,
    InterviewHeld,
    SampledCase,
)
from services.monitoring.domain import case_sample
from services.monitoring.domain.gathering_rules import (
    ARTKI,
    check_cycle_needed,
    check_goals,
    check_groups,
    check_open,
    check_past,
    invalid,
)

Gathered = InterviewHeld | FocusGroupHeld | DocumentAnalysed | CaseSampleDrawn


@dataclass(frozen=True)
class Gathering:
    """What was gathered, if it was."""

    fact: Gathered | None = None


class _Gather(Command):
    """`rulebook` is that of the cycle, or of the agency's procedure outside one; `cycle_closed`: nothing more is asked of anybody there."""

    rulebook: RulebookRef
    cycle_closed: bool = False


class HoldInterview(_Gather):
    """Somebody of the staff or a stakeholder was interviewed."""

    records = (InterviewHeld,)

    interview_id: str
    cycle_id: str
    group: str
    interviewee: str
    notes: str
    goals: tuple[str, ...]
    held_by: tuple[str, ...]
    held_on: date


class HoldFocusGroup(_Gather):
    """A focus group among stakeholders."""

    records = (FocusGroupHeld,)

    focus_group_id: str
    cycle_id: str
    groups: tuple[str, ...]
    participants: int
    expectations: str
    needs: str
    satisfaction: str
    held_by: tuple[str, ...]
    held_on: date


class AnalyseDocument(_Gather):
    """A document was analysed. `drawn` are the cases of the sample that it names, None where it names none."""

    records = (DocumentAnalysed,)

    analysis_id: str
    cycle_id: str | None
    subject: str
    case_id: str | None
    sample_id: str | None
    drawn: tuple[str, ...] | None
    findings: str
    conforms: bool | None
    analysed_by: str
    analysed_on: date


class DrawCaseSample(_Gather):
    """`size` cases of the population, which are the real cases of these rulebooks opened in the window."""

    records = (CaseSampleDrawn,)

    sample_id: str
    cycle_id: str
    seed: str
    seed_given: bool = False
    rulebooks: tuple[str, ...]
    opened_from: date
    opened_until: date
    size: int
    population: tuple[SampledCase, ...]


AnyCommand = HoldInterview | HoldFocusGroup | AnalyseDocument | DrawCaseSample


def decide(command: AnyCommand, _state: Gathering, rules: Rulebook) -> Sequence[Event]:
    """One fact; its day is a local one of the agency, by today."""
    check_open(command.cycle_closed)
    today = local_date(command.at, rules.zone)
    match command:
        case HoldInterview():
            return [_interview(command, rules, today)]
        case HoldFocusGroup():
            return [_focus_group(command, rules, today)]
        case AnalyseDocument():
            return [_analysis(command, rules, today)]
        case DrawCaseSample():
            return [_sample(command, today)]


@enforces(ARTKI, "3.3.2", "6.1.s1", "6.1.s2")
def _interview(command: HoldInterview, rules: Rulebook, today: date) -> InterviewHeld:
    """With staff or a group of stakeholders."""
    check_groups(rules, [command.group], "#/group")
    check_goals(rules, command.goals, "#/goals")
    check_past(command.held_on, today, "#/held_on")
    return InterviewHeld(**_told(command))


@enforces(ARTKI, "6.2", "6.1.s1", "2.1.3")
def _focus_group(command: HoldFocusGroup, rules: Rulebook, today: date) -> FocusGroupHeld:
    """Among stakeholders: the staff alone is none. It tells expectations, needs and satisfaction."""
    check_groups(rules, command.groups, "#/groups")
    if set(command.groups) == {"staff"}:
        raise invalid("#/groups", "a focus group is held among stakeholders (6.2)", "a stakeholder group")
    check_past(command.held_on, today, "#/held_on")
    return FocusGroupHeld(**_told(command))


@enforces(ARTKI, "2.2.1", "2.2.2", "3.3.2")
def _analysis(command: AnalyseDocument, rules: Rulebook, today: date) -> DocumentAnalysed:
    """Through the year, or in a cycle. What is said to be of a sample was drawn in it."""
    check_cycle_needed(command.cycle_id, rules)
    check_past(command.analysed_on, today, "#/analysed_on")
    if command.drawn is not None and command.case_id not in command.drawn:
        raise invalid("#/case_id", f"not drawn in {command.sample_id}: {command.case_id}", f"one of {', '.join(command.drawn)}")
    return DocumentAnalysed(**_told(command, "drawn"))


@enforces(ARTKI, "3.3.2", "2.2.2")
def _sample(command: DrawCaseSample, today: date) -> CaseSampleDrawn:
    """Of a window that is over or ends today, so that the population grows no more but by what came late."""
    if not command.opened_from <= command.opened_until <= today:
        accepts = f"from {command.opened_from} until {today} at the latest"
        raise invalid("#/opened_until", "the window ends before it begins, or is not over yet", accepts)
    if not command.population:
        raise Conflict(f"no case was opened from {command.opened_from} until {command.opened_until}")
    return CaseSampleDrawn(
        sample_id=command.sample_id,
        cycle_id=command.cycle_id,
        seed=command.seed,
        seed_given=command.seed_given,
        rulebooks=command.rulebooks,
        opened_from=command.opened_from,
        opened_until=command.opened_until,
        population=len(command.population),
        population_hash=case_sample.population_hash(command.population),
        drawn=case_sample.draw(command.population, command.seed, command.size),
        drawn_at=command.at,
    )


def _told(command: _Gather, *beside: str) -> dict[str, Any]:
    return command.model_dump(exclude={"at", "by", "rulebook", "cycle_closed", *beside})


def evolve(state: Gathering, event: Any) -> Gathering:
    """The state after a fact."""
    return Gathering(event) if isinstance(event, Gathered) else state


def once(state: Gathering, _rules: Rulebook) -> None:
    """What was gathered is told once; a slip is corrected."""
    if state.fact is not None:
        raise Conflict("it is recorded; a slip is corrected")


def _rules(command: AnyCommand, _state: Gathering) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = dict.fromkeys((HoldInterview, HoldFocusGroup, AnalyseDocument, DrawCaseSample), once)

GATHERING: Decider[Gathering, Rulebook] = Decider("gathering", Gathering(), decide, evolve, _rules, GUARDS)


def corrections(gathering_id: str, today: date) -> Correctable:
    """How what was gathered is corrected on a day: it lies in the past then too."""

    def check(state: Gathering) -> None:
        on = getattr(state.fact, "held_on", None)
        if on is not None:
            check_past(on, today, "#/corrected/held_on")

    return Correctable(GATHERING, GatheringCorrected, lambda _state: {"gathering_id": gathering_id}, check)
