"""What the state of an attestation's commission alone says against a step, whatever its body."""

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.visits.domain.commission_rules import (
    ATTESTATION,
    JOINT,
    STUDYING,
    WORK,
    check_noted,
    commission_clause,
    first,
    note_clause,
    stage_clause,
    task_clause,
    testing_replaced,
    words,
)
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.dates import Rules


def open_still(state: AttestationVisit) -> None:
    """Conflict that says why and since when nothing is done in this attestation, nor in its controls."""
    if state.closed is not None:
        raise Conflict(f"this attestation is closed since {state.closed.closed_on}: {state.closed.reason}")


def formation(state: AttestationVisit, _rules: Rules) -> None:
    """Once."""
    open_still(state)
    if state.stage != "opened":
        raise Conflict("the commission of this attestation is formed already", accepts="a change of the commission")


@enforces(ATTESTATION, "16")
def formed(state: AttestationVisit, rules: Rules) -> None:
    """Of a commission that is formed, at any time: its conclusion is signed by those who sit in it then."""
    open_still(state)
    if state.stage == "opened":
        raise _first(
            "the commission is not formed yet", commission_clause(rules.rulebook), rules.rulebook, "the approval of the commission"
        )


def _not_ended(state: AttestationVisit, rules: Rules) -> None:
    formed(state, rules)
    if state.ended_on:
        raise Conflict(f"the commission ended its work on {state.ended_on}")


def tasks(state: AttestationVisit, rules: Rules) -> None:
    """By a commission that has not ended its work; again, where the tasks change."""
    _not_ended(state, rules)


@enforces(ATTESTATION, "26 (a)")
def joint(state: AttestationVisit, rules: Rules) -> None:
    """As long as the commission works, and has a member besides its chair."""
    _not_ended(state, rules)
    if state.expert_ids == (state.chair_id,):
        clause = first(rules.rulebook.compositions.get(JOINT))
        raise _first("nobody but the chair sits in the commission", clause, rules.rulebook, "another member of the commission")


@enforces(ATTESTATION, "16", "17 (a)")
def beginning(state: AttestationVisit, rules: Rules) -> None:
    """Once, with a commission."""
    _not_ended(state, rules)
    if state.started_on:
        raise Conflict(f"the commission began its work on {state.started_on}")


def working(state: AttestationVisit, rules: Rules) -> None:
    """Between the beginning and the end of the work."""
    _not_ended(state, rules)
    if not state.started_on:
        clause = first(rules.rulebook.ranges.get(WORK)) or stage_clause(rules.rulebook, STUDYING)
        raise _first("the commission has not begun its work", clause, rules.rulebook, "the beginning of the work")


@enforces(ATTESTATION, "20", "23")
def note(state: AttestationVisit, rules: Rules) -> None:
    """By members who have their tasks."""
    working(state, rules)
    if not state.tasks:
        why = "nobody was assigned a task yet" if state.meeting_on is None else "nobody who sits in the commission has a task any more"
        raise _first(why, task_clause(rules.rulebook) or note_clause(rules.rulebook), rules.rulebook, "the tasks of the members")


@enforces(ATTESTATION, "27", "28")
def analysis(state: AttestationVisit, rules: Rules) -> None:
    """Once there is something to analyse: where questionnaires stand for the testing, they were held."""
    formed(state, rules)
    if not state.started_on:
        working(state, rules)
    entry = words(rules.rulebook, "other_control_forms").get("questionnaires")
    if entry and testing_replaced(state.levels) and not state.questionnaires:
        raise _first("the questionnaires that replace the testing are not held yet", first(entry), rules.rulebook, "the questionnaires")


@enforces(ATTESTATION, "23")
def end(state: AttestationVisit, rules: Rules) -> None:
    """Once there is a note on every object of study."""
    working(state, rules)
    check_noted(state, rules.rulebook)


def _first(why: str, clause: str, book: Rulebook, accepts: str) -> Refused:
    return Refused(why, clause=clause, rulebook=book.id, accepts=f"{accepts} first")
