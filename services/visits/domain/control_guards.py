"""What the state of a control alone says against a step, whatever its body (attestation, p. 24 (b)-(d), 27)."""

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.visits.domain.control_state import Control
from services.visits.domain.marking import ATTESTATION

TESTING, QUESTIONNAIRES = "complex_testing", "questionnaires"
DISCIPLINES, SAMPLE, WHOLE, OTHER_FORMS = "24 (b)", "24 (c)", "24 (d)", "27"
#: Whose disciplines are approved before they are tested (p. 24 (b)).
LISTED_LEVELS = ("post_secondary", "higher")


@enforces(ATTESTATION, OTHER_FORMS)
def _of_learners(state: Control, rules: Rulebook) -> None:
    """Questionnaires of staff and parents stand for the testing: no learner is controlled."""
    if state.form == QUESTIONNAIRES:
        raise Refused(
            "questionnaires of staff and parents stand for the testing here, and no learner is controlled",
            clause=OTHER_FORMS,
            rulebook=rules.id,
            accepts="the questionnaires of the commission",
        )


def _not_concluded(state: Control) -> None:
    if state.stage == "concluded":
        raise Conflict("this control is concluded")


def opening(state: Control, _rules: Rulebook) -> None:
    """Once for a specialty, class or group."""
    if state.stage:
        raise Conflict(f"the control of {state.unit} is opened already")


def proposal(state: Control, _rules: Rulebook) -> None:
    """Until the list is approved."""
    _not_concluded(state)
    if state.approved_on:
        raise Conflict(f"the list of disciplines was approved on {state.approved_on}")


@enforces(ATTESTATION, DISCIPLINES)
def approval(state: Control, rules: Rulebook) -> None:
    """Once, of a list that was proposed."""
    proposal(state, rules)
    if state.proposed_on is None:
        raise Refused(
            "no list of disciplines is proposed",
            clause=DISCIPLINES,
            rulebook=rules.id,
            accepts="the proposal of the teaching-methodical sections first",
        )


def listing(state: Control, rules: Rulebook) -> None:
    """Until the sample is drawn from the list."""
    _of_learners(state, rules)
    if state.stage not in ("opened", "listed"):
        raise Conflict("the sample is drawn from the list of learners that stands")


@enforces(ATTESTATION, SAMPLE)
def drawing(state: Control, rules: Rulebook) -> None:
    """Once, from a list."""
    _of_learners(state, rules)
    if state.stage == "opened":
        raise Refused("the learners are not listed yet", clause=SAMPLE, rulebook=rules.id, accepts="the list of the learners first")
    if state.stage != "listed":
        raise Conflict("the sample is drawn already")


@enforces(ATTESTATION, DISCIPLINES)
def results(state: Control, rules: Rulebook) -> None:
    """Of a sample; where disciplines are to be approved, not before that. Until the control is concluded."""
    _of_learners(state, rules)
    _not_concluded(state)
    if not state.drawn:
        raise Refused("the sample is not drawn yet", clause=SAMPLE, rulebook=rules.id, accepts="the draw of the sample first")
    if DISCIPLINES in rules.clauses and state.form == TESTING and state.level in LISTED_LEVELS and state.approved_on is None:
        raise Refused(
            "the list of disciplines that are tested is not approved",
            clause=DISCIPLINES,
            rulebook=rules.id,
            accepts="the approval of the list first",
        )


def conclusion(state: Control, rules: Rulebook) -> None:
    """Once, of results."""
    _of_learners(state, rules)
    _not_concluded(state)
    if not state.results:
        raise Refused("no results are recorded", clause="24 (a)", rulebook=rules.id, accepts="the results first")
