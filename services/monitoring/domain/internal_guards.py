"""What the state of a cycle of internal monitoring alone says against a command, whatever its body: its stages in their order."""

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.internal_rules import ARTKI
from services.monitoring.domain.internal_state import InternalCycle


def opening(state: InternalCycle, _rules: Rulebook) -> None:
    """Once."""
    if state.opened is not None:
        raise Conflict(f"this cycle is open since {state.opened.opened_on}")


def planning(state: InternalCycle, _rules: Rulebook) -> None:
    """Until the report is final: another round replaces the plan before."""
    _open(state)
    _not_final(state)


def noting(state: InternalCycle, _rules: Rulebook) -> None:
    """What comes early counts; what comes after the improvement plan belongs to the next cycle."""
    _open(state)
    if state.improvement is not None:
        raise Conflict("the improvement plan is adopted; what is found from now on belongs to the next cycle")


@enforces(ARTKI, "3.3", "3.3.2")
def collecting(state: InternalCycle, rules: Rulebook) -> None:
    """Once, of a cycle that has a plan."""
    _open(state)
    if state.collected is not None:
        raise Conflict(f"the collecting ended on {state.collected.collected_on}")
    if state.plan is None:
        of.refuse(rules, of.document_clause(rules, of.PLAN), "the cycle has no plan yet", "a monitoring plan first")


@enforces(ARTKI, "3.3", "3.3.3")
def analysing(state: InternalCycle, rules: Rulebook) -> None:
    """Once, of what was collected."""
    _open(state)
    if state.analysed is not None:
        raise Conflict(f"the analysis ended on {state.analysed.analysed_on}; a slip is corrected")
    _collected(state, rules)


def drafting(state: InternalCycle, _rules: Rulebook) -> None:
    """Until the report is final."""
    _open(state)
    _not_final(state)


@enforces(ARTKI, "3.3", "3.3.4")
def finalising(state: InternalCycle, rules: Rulebook) -> None:
    """Once, of a version that is there, after collecting and analysis."""
    drafting(state, rules)
    _collected(state, rules)
    if state.analysed is None:
        of.refuse(rules, of.stage_clause(rules, "analysing"), "what was collected is not analysed yet", "key problems and trends first")
    if not state.drafts:
        of.refuse(rules, of.document_clause(rules, of.REPORT), "no version of the report is there", "a draft first")
    _complete(state, rules)
    looked_at = {*state.fulfilments, *(each.measure_id for each in state.controls)}
    left = [each.measure_id for each in state.terms.carried if each.measure_id not in looked_at]
    if left:
        of.refuse_undetermined(rules, left)


@enforces(ARTKI, "3.3.4", "2.1", "2.2.1", "2.2.4", "7.1.s2", "7.2")
def _complete(state: InternalCycle, rules: Rulebook) -> None:
    """The last version has every section of the final report, the proposals and the use of trainings among them."""
    has = {each.section for each in state.drafts[-1].sections}
    missing = [name for name in of.required(rules, of.REPORT) if name not in has]
    if missing:
        told = of.document_clause(rules, of.REPORT)
        of.refuse(rules, told, f"the report lacks {', '.join(missing)}", "a version with every section", missing)


@enforces(ARTKI, "4.1")
def meeting(state: InternalCycle, rules: Rulebook) -> None:
    """Once, on the final report."""
    _open(state)
    if state.meeting is not None:
        raise Conflict(f"the result was discussed on {state.meeting.held_on}; a slip is corrected")
    if state.final is None:
        of.refuse(rules, of.stage_clause(rules, "discussion"), "there is no final report to discuss", "the final report first")


@enforces(ARTKI, "4.2")
def improving(state: InternalCycle, rules: Rulebook) -> None:
    """Once, on the outcome of the discussion."""
    _open(state)
    if state.improvement is not None:
        raise Conflict(f"the improvement plan is adopted since {state.improvement.adopted_on}; its measures are moved")
    if state.meeting is None:
        of.refuse(rules, of.stage_clause(rules, "improvement_plan"), "the result was not discussed yet", "the general meeting first")


def measuring(state: InternalCycle, _rules: Rulebook) -> None:
    """Of measures that are not done: its own, and those carried into it."""
    _open(state)
    if not state.open_measures:
        raise Conflict("no measure is open in this cycle")


def closing(state: InternalCycle, _rules: Rulebook) -> None:
    """Once."""
    _open(state)


def _open(state: InternalCycle) -> None:
    if state.terms and state.closed is not None:
        raise Conflict(f"the cycle is closed since {state.closed.closed_on}")


def _not_final(state: InternalCycle) -> None:
    if state.final is not None:
        raise Conflict(f"the report is final since {state.final.finalised_on}")


def _collected(state: InternalCycle, rules: Rulebook) -> None:
    if state.collected is None:
        of.refuse(rules, of.stage_clause(rules, "collecting"), "the collecting of information has not ended", "the end of collecting first")
