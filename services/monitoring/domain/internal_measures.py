"""The improvement plan of a cycle and the control of its measures, the carried ones among them (4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.contract import (
    ImprovementMeasureControlled,
    ImprovementMeasureMoved,
    ImprovementPlanAdopted,
    InternalFindingRecorded,
)
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.internal_rules import ARTKI, Body
from services.monitoring.domain.internal_state import InternalCycle, OpenMeasure

if TYPE_CHECKING:
    from services.monitoring.domain import internal_cycle as commands

SHORTCOMING = "shortcoming"
ALL_FOUND = "all_shortcomings_found"
OWN_ITEM = "own_item_controlled"
RESPONSIBLE = "plan_responsibles"


@enforces(ARTKI, "1.2", "4.2", "4.3.s1")
def adopt(command: commands.AdoptImprovementPlan, state: InternalCycle, rules: Rulebook, today: date) -> ImprovementPlanAdopted:
    """A measure against every shortcoming found, each with a person of the staff who answers for it."""
    told = of.document_clause(rules, of.IMPROVEMENT)
    if not command.measures:
        of.refuse(rules, told, "the plan has no measures", "one measure at least")
    ids = [each.measure_id for each in command.measures]
    of.check_once(ids, "#/measures")
    taken = sorted(set(ids) & {*command.taken, *state.measures})
    if taken:
        raise of.invalid("#/measures", f"ids of measures that are there already: {', '.join(taken)}", "ids of their own")
    _check_removed(command, state)
    _check_responsible(rules, command.body, [each.responsible for each in command.measures])
    early = [each.measure_id for each in command.measures if each.due_on is not None and each.due_on < today]
    if early:
        raise of.invalid("#/measures", f"due before today: {', '.join(early)}", f"days from {today} on, or none")
    uncovered = _uncovered(command, state)
    if uncovered and rules.setting_if_any("plan_covers") == ALL_FOUND:
        told = of.setting_clause(rules, "plan_covers")
        of.refuse(rules, told, f"no measure removes {', '.join(uncovered)}", "a measure against every shortcoming found", uncovered)
    return ImprovementPlanAdopted(
        cycle_id=state.terms.cycle_id,
        measures=tuple(each.model_copy(update={"own_item": _own(rules, command.body, each.responsible)}) for each in command.measures),
        adopted_by=str(rules.setting_if_any("improvement_plan_adopted_by") or "agency"),
        uncovered=uncovered,
        adopted_on=today,
    )


def _check_removed(command: commands.AdoptImprovementPlan, state: InternalCycle) -> None:
    known = {each.finding_id for each in state.findings}
    strange = sorted({each for measure in command.measures for each in measure.removes} - known)
    if strange:
        raise of.invalid("#/measures", f"no findings of this cycle: {', '.join(strange)}", f"findings: {', '.join(sorted(known))}")


def _uncovered(command: commands.AdoptImprovementPlan, state: InternalCycle) -> tuple[str, ...]:
    removed = {each for measure in command.measures for each in measure.removes}
    return tuple(each.finding_id for each in state.findings if _is_shortcoming(each) and each.finding_id not in removed)


def _is_shortcoming(finding: InternalFindingRecorded) -> bool:
    return finding.kind == SHORTCOMING


@enforces(ARTKI, "4.3.s1")
def _check_responsible(rules: Rulebook, body: Body, given: list[str]) -> None:
    """Of the agency's staff."""
    asked = of.staff_clause(rules, RESPONSIBLE)
    outsiders = sorted(set(given) - body.staff)
    if asked and outsiders:
        of.refuse(rules, asked, f"not of the staff: {', '.join(outsiders)}", "persons of the register of staff, who work there by now")


def _own(rules: Rulebook, body: Body, responsible: str) -> bool:
    """Whether it is told that who answers for a measure sits in the commission that controls it."""
    return responsible in body.commission and rules.setting_if_any(OWN_ITEM) in (of.FLAGGED, of.REFUSED)


@enforces(ARTKI, "2.2.3", "4.3.s2")
def control(command: commands.ControlImprovementMeasure, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """By a member of the commission alone. That he answers for the measure himself is told; no word of the text bars it."""
    measure = _measure(state, command.measure_id, command.goes_on_in)
    of.check_commission(rules, command.body)
    if command.controlled_by not in command.body.commission:
        members, told = ", ".join(sorted(command.body.commission)), of.stage_clause(rules, "control")
        of.refuse(rules, told, f"{command.controlled_by} does not sit in the commission", f"a member of the commission: {members}")
    own = command.controlled_by == measure.responsible
    if own and rules.setting_if_any(OWN_ITEM) == of.REFUSED:
        told = of.setting_clause(rules, OWN_ITEM)
        of.refuse(rules, told, f"{command.controlled_by} answers for this measure", "another member of the commission")
    fact = ImprovementMeasureControlled(
        cycle_id=state.terms.cycle_id,
        measure_id=command.measure_id,
        status=command.status,
        note=command.note,
        document=command.document,
        controlled_by=command.controlled_by,
        own_item=own and rules.setting_if_any(OWN_ITEM) == of.FLAGGED,
        controlled_on=today,
    )
    last = next((each for each in reversed(state.controls) if each.measure_id == command.measure_id), None)
    return [] if fact == last else [fact]


@enforces(ARTKI, "4.3.s1")
def move(command: commands.MoveImprovementMeasure, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """To another person of the staff, or another day."""
    measure = _measure(state, command.measure_id, command.goes_on_in)
    if (command.responsible, command.due_on) == (measure.responsible, measure.due_on):
        return []
    _check_responsible(rules, command.body, [command.responsible])
    if command.due_on is not None and command.due_on < today and command.due_on != measure.due_on:
        raise of.invalid("#/due_on", f"{command.due_on} is over", f"a day from {today} on, or none")
    told = {"responsible": command.responsible, "due_on": command.due_on, "reason": command.reason, "moved_on": today}
    return [ImprovementMeasureMoved(cycle_id=state.terms.cycle_id, measure_id=command.measure_id, **told)]


def _measure(state: InternalCycle, id_: str, goes_on_in: str | None) -> OpenMeasure:
    """A measure of this cycle that is not done and was not carried on."""
    known = state.measures.get(id_)
    if known is None:
        accepts = f"measures of the cycle: {', '.join(state.measures)}"
        raise of.invalid("#/measure_id", f"no measure of this cycle: {id_}", accepts)
    if known.is_done:
        raise Conflict(f"it was found done on {known.controlled_on}")
    if goes_on_in is not None and goes_on_in != state.terms.cycle_id:
        raise Conflict(f"it goes on in cycle {goes_on_in}; it is controlled there")
    return known


def check_some_here(state: InternalCycle, homes: Mapping[str, str]) -> None:
    """At least one open measure of the cycle was not carried on. `homes`: measure to the cycle that it belongs to by now."""
    cycle = state.terms.cycle_id
    if all(homes.get(each.measure_id, cycle) != cycle for each in state.open_measures):
        raise Conflict("every open measure of this cycle goes on in a later one")
