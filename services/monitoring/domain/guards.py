"""What the state of a deadline alone says against a command, whatever its body. What lifecycles ask is never refused: nothing follows
where there is nothing to do."""

from chassis.problems import Conflict
from regulations import Rulebook
from services.monitoring.domain.state import Deadline


def extension(state: Deadline, _rules: Rulebook) -> None:
    """Of what is open."""
    _only_open(state, "extended")


def recomputation(state: Deadline, _rules: Rulebook) -> None:
    """Of what is open and hangs on a calendar."""
    _only_open(state, "recomputed")
    if state.by_contract:
        raise Conflict("the contract sets this day; no calendar moves it")


def withdrawal(state: Deadline, _rules: Rulebook) -> None:
    """Of what is not over."""
    if state.standing not in ("open", "suspended"):
        raise Conflict(f"this deadline is {state.standing}; only an open one is withdrawn")


def _only_open(state: Deadline, what: str) -> None:
    if state.standing != "open":
        raise Conflict(f"this deadline is {state.standing}; only an open one is {what}")
