"""What the state of a case before the council alone says against a command, whatever its body: asked before every decision, and of every
detail that tells which commands are open."""

from collections.abc import Callable

from chassis.decider import Guard
from chassis.problems import Conflict
from regulations import Rulebook
from services.council.domain import adoption, appeal, dossier, voting
from services.council.domain.aftermath import Decided
from services.council.domain.state import Consideration


def _running(state: Consideration) -> None:
    if state.stopped:
        raise Conflict(f"the case was {state.stopped}")


def _not_over(state: Consideration) -> None:
    """The agency's own suspension cuts off no right of the institution."""
    if state.closed:
        raise Conflict(f"the case was {state.stopped}")


def _laid(state: Consideration) -> None:
    _running(state)
    if state.decided or state.votes or state.ballots:
        raise Conflict("the council votes on the materials that it has; they no longer change")


def report_check(state: Consideration, rules: Rulebook) -> None:
    """Before the council votes."""
    _laid(state)
    dossier.may_check(rules)


def conclusion(state: Consideration, rules: Rulebook) -> None:
    """Before the council votes, once the report is checked."""
    _laid(state)
    dossier.may_draft(rules, state.dossier)


def presentation(state: Consideration, rules: Rulebook) -> None:
    """Before the council votes, once the conclusion is drafted."""
    _laid(state)
    dossier.may_present(rules, state.dossier)


def materials(state: Consideration, rules: Rulebook) -> None:
    """Before the council votes, once all is made that the procedure has a step for."""
    _laid(state)
    dossier.may_prepare(rules, state.dossier)


def recusal(state: Consideration, _rules: Rulebook) -> None:
    """Until the decision."""
    _running(state)
    voting.may_recuse(state.docket)


def vote(state: Consideration, rules: Rulebook) -> None:
    """On prepared materials, until the decision."""
    _running(state)
    voting.may_cast(rules, state.docket)


def ballot(state: Consideration, rules: Rulebook) -> None:
    """On prepared materials, until the decision."""
    _running(state)
    voting.may_count(rules, state.docket)


def decision(state: Consideration, rules: Rulebook) -> None:
    """Once, when everything is voted on."""
    _running(state)
    adoption.may_adopt(rules, state.scopes, state.docket)


def filing(state: Consideration, rules: Rulebook) -> None:
    """Against a decision in force, one at a time."""
    _not_over(state)
    appeal.may_file(rules, state.decision, state.appeals)


def commission(state: Consideration, rules: Rulebook) -> None:
    """Of a pending appeal."""
    _not_over(state)
    appeal.may_form(rules, state.appeals)


def ruling(state: Consideration, rules: Rulebook) -> None:
    """On a pending appeal."""
    _not_over(state)
    appeal.may_decide(rules, state.appeals)


def after(step: Callable[[Decided, Rulebook], None]) -> Guard:
    """Of a step that follows the decision."""

    def guard(state: Consideration, rules: Rulebook) -> None:
        _running(state)
        step(state.outcome, rules)

    return guard
