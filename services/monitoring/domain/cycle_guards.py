"""What the state of a monitoring cycle alone says against a command, whatever its body. What lifecycles ask for is never refused."""

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.domain import assessment
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.cycle_state import Cycle


def submission(state: Cycle, _rules: Rulebook) -> None:
    """While a report is due, and again while what came is not complete and not studied yet."""
    _not_concluded(state)
    if state.standing == "studied":
        raise Conflict("the report was studied; it stands")
    if state.standing == "submitted" and state.report is not None and state.report.complete:
        raise Conflict("a complete report is under study")


def rejection(state: Cycle, rules: Rulebook) -> None:
    """Of a report under study."""
    of.need_stage(rules, of.REJECTION)
    _under_study(state)


def change_request(state: Cycle, rules: Rulebook) -> None:
    """To a report under study."""
    of.need_stage(rules, of.REVISION)
    _under_study(state)


def study(state: Cycle, rules: Rulebook) -> None:
    """Of a report that was not studied yet."""
    of.need_stage(rules, *of.STUDY_STAGES)
    _under_study(state)


@enforces(AAKR, "II.1")
def information_request(state: Cycle, _rules: Rulebook) -> None:
    """Beside a report, until the agency has concluded."""
    _not_concluded(state)
    if state.report is None:
        raise Conflict("no report is there that the information would add to")


def information(state: Cycle, _rules: Rulebook) -> None:
    """What was asked for, until the agency has concluded."""
    _not_concluded(state)
    if not state.unanswered:
        raise Conflict("no information is asked for")


def experts(state: Cycle, rules: Rulebook) -> None:
    """For a report that is there."""
    of.need_stage(rules, of.EXPERTS)
    _not_concluded(state)
    if state.standing not in ("submitted", "studied"):
        raise Conflict("no report is there that experts would study")


def analysis(state: Cycle, rules: Rulebook) -> None:
    """Once, of a studied report."""
    of.need_stage(rules, of.ANALYSIS)
    _studied(state)
    if state.analysed is not None:
        raise Conflict("the measures were analysed")


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s2", "2.9.s3")
def visit_decision(state: Cycle, rules: Rulebook) -> None:
    """Once, after the study, and after the analysis where there is one."""
    of.need_stage(rules, *of.VISIT_STAGES)
    _studied(state)
    _analysed(state, rules)
    if state.visit is not None:
        raise Conflict(f"it was decided on {state.visit.decided_on}: {state.visit.word}")


def visit_notice(state: Cycle, _rules: Rulebook) -> None:
    """Once, of a decision that was taken."""
    _open(state)
    if state.visit is None:
        raise Conflict("nothing is decided on a visit")
    if state.told is not None:
        raise Conflict(f"the institution was told on {state.told.told_on}")


def assessed(state: Cycle, rules: Rulebook) -> None:
    """Once, when the institution knows whether it is visited."""
    of.need_stage(rules, of.ASSESSMENT)
    _studied(state)
    _visit_told(state, rules)


@enforces(AAKR, "II.4.j")
def acceptance_notice(state: Cycle, _rules: Rulebook) -> None:
    """Once, of a positive result."""
    _open(state)
    if state.assessed is None:
        raise Conflict("the result is not assessed")
    if not state.assessed.positive:
        raise Conflict("the result is not positive; a person rules what follows")
    if state.accepted is not None:
        raise Conflict(f"the institution was told on {state.accepted.told_on}")


@enforces(AAKR, "II.4.j")
def outcome(state: Cycle, _rules: Rulebook) -> None:
    """Once, of a result that is not positive."""
    _open(state)
    if state.assessed is None or state.assessed.positive:
        raise Conflict("no result is there that is not positive")
    if state.ruled is not None:
        raise Conflict(f"that was ruled on {state.ruled.ruled_on}")


@enforces(SAPATTUU, "2.9.s1", "3.2.s1")
def council_file(state: Cycle, rules: Rulebook) -> None:
    """Once, when it is decided whether there is a visit."""
    of.need_stage(rules, of.COUNCIL)
    _studied(state)
    _analysed(state, rules)
    _visit_told(state, rules)


def referral(state: Cycle, rules: Rulebook) -> None:
    """Where a ground may be there."""
    _open(state)
    known = of.words(rules, of.GROUNDS)
    if not known:
        of.refuse(rules, None, "the rulebook knows no sanction", "a person's ruling on the result")
    if not assessment.referable(rules, state):
        of.refuse(rules, next(iter(known.values())).clause, "nothing has failed", f"one of: {', '.join(known)}")


def _open(state: Cycle) -> None:
    if state.closed is not None:
        raise Conflict(f"this cycle was closed on {state.closed.closed_on}")


def _not_concluded(state: Cycle) -> None:
    _open(state)
    if state.assessed is not None:
        raise Conflict("the result is assessed")
    if state.file is not None:
        raise Conflict("the file is before the council")


def _under_study(state: Cycle) -> None:
    _not_concluded(state)
    if state.standing != "submitted":
        raise Conflict("no report is under study" if state.standing != "studied" else "the report was studied; it stands")


def _studied(state: Cycle) -> None:
    _not_concluded(state)
    if state.standing != "studied":
        raise Conflict("the report is not studied")


def _analysed(state: Cycle, rules: Rulebook) -> None:
    """Where the analysis comes before the decision on a visit."""
    decided, analysed = rules.stage(*of.VISIT_STAGES), rules.stage(of.ANALYSIS)
    if state.analysed is None and decided is not None and analysed is not None and analysed.id in decided.after:
        of.refuse(rules, analysed.clause, "the measures are not analysed", "this after the analysis by experts and referent")


def _visit_told(state: Cycle, rules: Rulebook) -> None:
    clause = of.need_stage(rules, *of.VISIT_STAGES)
    if state.visit is None:
        of.refuse(rules, clause, "it is not decided whether the institution is visited", "this after that decision")
    if state.told is None and of.told_of(rules, state.visit.word):
        notice = next((rules.documents[name] for name in of.VISIT_NOTICES if name in rules.documents), None)
        told = of.clause_of(notice, rules)
        of.refuse(rules, told, "the institution is not told of the decision on a visit", "this after the notice")
