"""The first stages of a cycle: its plan, what is found and determined, and the end of collecting (3.3.1 to 3.3.2, 2.2.3, 6)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.contract import (
    FulfilmentDetermined,
    InternalFindingRecorded,
    InternalInformationCollected,
    InternalPlanAdopted,
)
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.internal_rules import ARTKI, METHODS
from services.monitoring.domain.internal_state import InternalCycle

if TYPE_CHECKING:
    from services.monitoring.domain import internal_cycle as commands

SHOWN = "shown"


@enforces(ARTKI, "3.2.s1", "3.2.s2", "3.3", "3.3.1")
def plan(command: commands.AdoptInternalPlan, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """By a commission that stands, with activities, objects, days and persons. The goals that nothing serves are told."""
    of.check_commission(rules, command.body)
    if not command.activities:
        of.refuse(rules, of.document_clause(rules, of.PLAN), "the plan has no activities", "one activity at least", ["activities"])
    of.check_once([each.activity_id for each in command.activities], "#/activities")
    of.check_staff(command.body, [each.responsible for each in command.activities], "#/activities")
    for place, each in enumerate(command.activities):
        if each.method is not None and each.method not in {**of.words(rules, METHODS), **of.words(rules, of.MEANS)}:
            known = ", ".join([*of.words(rules, METHODS), *of.words(rules, of.MEANS)])
            raise of.invalid(f"#/activities/{place}/method", f"no such method: {each.method}", known)
        if each.starts_on is not None and each.starts_on > each.due_on:
            raise of.invalid(f"#/activities/{place}/due_on", "it ends before it begins", f"a day from {each.starts_on} on")
        of.check_goals(rules, each.goals, f"#/activities/{place}/goals")
    _check_stages(command, rules)
    _check_methods(command, rules)
    before = state.plan
    if before is not None and command.reason is None:
        raise of.invalid("#/reason", "a plan is there already", "why another one takes its place")
    served = {goal for each in command.activities for goal in each.goals}
    return [
        InternalPlanAdopted(
            cycle_id=state.terms.cycle_id,
            round=len(state.plans) + 1,
            activities=command.activities,
            stages=command.stages,
            unused_methods=command.unused_methods,
            uncovered=tuple(goal for goal in of.goals(rules) if goal not in served),
            reason=command.reason,
            adopted_on=today,
        )
    ]


@enforces(ARTKI, "3.3.1")
def _check_stages(command: commands.AdoptInternalPlan, rules: Rulebook) -> None:
    """Days of stages, in the order of the stages."""
    named = [each.stage for each in command.stages]
    of.check_words(rules, of.STATES, named, "#/stages")
    of.check_once(named, "#/stages")
    days = {each.stage: each.due_on for each in command.stages}
    ordered = [days[stage] for stage in of.words(rules, of.STATES) if stage in days]
    if ordered != sorted(ordered):
        raise of.invalid("#/stages", "a stage ends before the one that it follows", "days in the order of the stages")


@enforces(ARTKI, "3.3.2")
def _check_methods(command: commands.AdoptInternalPlan, rules: Rulebook) -> None:
    """Each of the methods is planned, or the plan says why not."""
    of.check_words(rules, METHODS, [each.method for each in command.unused_methods], "#/unused_methods")
    planned = [each.method for each in command.activities]
    said = {each.method for each in command.unused_methods}
    both = sorted(said & set(planned))
    if both:
        raise of.invalid("#/unused_methods", f"planned all the same: {', '.join(both)}", "methods that no activity uses")
    _check_used(rules, {method: planned.count(method) for method in of.words(rules, METHODS)}, said, "the plan")


def _check_used(rules: Rulebook, uses: dict[str, int], said: set[str], what: str) -> tuple[str, ...]:
    """The methods that were used less often than asked; refused where their absence needs a reason and has none."""
    least = rules.thresholds.get("uses_of_each_method")
    unused = [method for method, count in uses.items() if least is not None and not least.holds(count)]
    rule = rules.setting_if_any("unused_method")
    faults = [each for each in unused if rule == of.INCOMPLETE or (rule != SHOWN and each not in said)]
    if faults:
        accepts = "each method used" + ("" if rule == of.INCOMPLETE else ", or why not in the plan (`unused_methods`)")
        of.refuse(rules, of.clause(rules, least), f"{what} has no {', '.join(faults)}", accepts, faults)
    return tuple(unused)


@enforces(ARTKI, "1.2", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.4", "3.3.3")
def finding(command: commands.RecordInternalFinding, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """Tied to a goal or a task. What came before the plan counts as well."""
    if not command.goals:
        raise of.invalid("#/goals", "it is tied to no goal or task", f"clauses of goals and tasks: {', '.join(of.goals(rules))}")
    of.check_goals(rules, command.goals, "#/goals")
    before = next((each for each in state.findings if each.finding_id == command.finding_id), None)
    fact = InternalFindingRecorded(
        cycle_id=state.terms.cycle_id,
        finding_id=command.finding_id,
        kind=command.kind,
        goals=command.goals,
        text=command.text,
        evidence=command.evidence,
        recorded_on=today if before is None else before.recorded_on,
    )
    if before is not None and fact != before:
        raise Conflict(f"finding {command.finding_id} is recorded already; its words are corrected")
    return [fact] if before is None else []


@enforces(ARTKI, "2.2.3")
def fulfilment(command: commands.DetermineFulfilment, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """Of a recommendation of the register, or of a carried measure; in words, for the text has no scale."""
    carried = [each.measure_id for each in state.terms.carried]
    id_ = command.recommendation_id
    if command.source is None and id_ not in carried:
        accepts = f"ids of the register of recommendations, or of carried measures: {', '.join(carried) or 'none'}"
        raise of.invalid("#/recommendation_id", f"no such recommendation: {id_}", accepts)
    only = rules.setting_if_any("earlier_checks")
    if command.source is not None and only not in (None, "all", command.source):
        told = of.setting_clause(rules, "earlier_checks")
        of.refuse(rules, told, f"it comes from a check that does not count: {command.source}", f"recommendations of {only}")
    scale = rules.setting_if_any("fulfilment_scale")
    if command.word is not None and scale is None:
        raise of.invalid("#/word", "no scale of fulfilment is set", "the degree in words")
    before = state.fulfilments.get(id_)
    told_before = before and (before.degree, before.word)
    if told_before == (command.degree, command.word):
        return []
    told_now = {"degree": command.degree, "word": command.word, "determined_on": today}
    return [FulfilmentDetermined(cycle_id=state.terms.cycle_id, recommendation_id=id_, **told_now)]


@enforces(ARTKI, "3.3.2", "6.1.s1", "6.1.s2", "6.2")
def collection(command: commands.EndCollecting, state: InternalCycle, rules: Rulebook, today: date) -> InternalInformationCollected:
    """Each method used, or its reason in the plan. Groups that were not reached are told; further means may be used or not."""
    known = [*of.words(rules, METHODS), *of.words(rules, of.MEANS)]
    uses = {method: command.uses.get(method, 0) for method in known}
    said = {each.method for each in state.plan.unused_methods} if state.plan else set()
    unused = _check_used(rules, {method: uses[method] for method in of.words(rules, METHODS)}, said, "what was collected")
    groups = of.words(rules, of.GROUPS)
    missed = tuple(group for group in groups if group not in command.groups)
    if missed and rules.setting_if_any("group_not_reached") == of.INCOMPLETE:
        told = of.setting_clause(rules, "group_not_reached")
        of.refuse(rules, told, f"not reached: {', '.join(missed)}", "every group reached", missed)
    return InternalInformationCollected(
        cycle_id=state.terms.cycle_id,
        uses=uses,
        reached=tuple(group for group in groups if group in command.groups),
        not_reached=missed,
        unused=unused,
        collected_on=today,
    )
