"""What the state of a plan alone says against a command, whatever its body."""

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain import plan_rules, profile
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.plan_state import Plan


@enforces(SAPATTUU, "2.3", "2.4")
def documents(state: Plan, rules: Rulebook) -> None:
    """Once, where the plan's term runs from their receipt."""
    known = state.terms.counts_from
    if plan_rules.COUNTED_FROM not in rules.settings:
        of.refuse(rules, plan_rules.looked(rules), "no term of the plan runs from the receipt of documents", "nothing")
    if state.documents is not None:
        raise Conflict(f"it is recorded that both were there on {state.documents.counts_from}; a slip is corrected")
    if known is not None:
        raise Conflict(f"the plan's term runs from {known}")


def submission(state: Plan, rules: Rulebook) -> None:
    """While it is awaited, and again when the agency has asked for changes."""
    _awaited(state)
    if state.standing == "submitted" and profile.reviewed(rules):
        raise Conflict("a plan is under review")
    if state.handed_in:
        raise Conflict("the plan stands; it is amended with a reason")


@enforces(AAKR, "II.4.c", "II.4.d")
def review(state: Plan, rules: Rulebook) -> None:
    """Of a plan that is under review; refused where the agency reviews none."""
    _awaited(state)
    if not profile.reviewed(rules):
        of.refuse(rules, plan_rules.looked(rules), "the agency reviews no plan in this procedure", "a plan that stands as it was submitted")
    if state.standing == "reviewed":
        raise Conflict("the plan was reviewed; it stands")
    if state.standing != "submitted":
        raise Conflict("no plan is under review")


def standing(state: Plan, rules: Rulebook) -> None:
    """Of a plan that stands: reviewed where the agency reviews it, else submitted."""
    _awaited(state)
    if not stands(state, rules):
        raise Conflict("the plan does not stand yet")


def stands(state: Plan, rules: Rulebook) -> bool:
    """Whether a plan is there of which nobody asks for changes any more."""
    return state.standing == "reviewed" or (state.standing == "submitted" and not profile.reviewed(rules))


def _awaited(state: Plan) -> None:
    assert state.terms
