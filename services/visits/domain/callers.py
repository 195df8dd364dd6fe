"""Who of the panel may speak for it: its members for themselves, its chair for all of it."""

from chassis.problems import Conflict, Forbidden, NotFound
from services.visits.domain.state import Visit


def must_sit(state: Visit, expert_id: str) -> None:
    """NotFound for somebody who holds no seat."""
    if expert_id not in state.expert_ids:
        raise NotFound("there is no visit of this case in whose commission you sit")


def must_lead(state: Visit, expert_id: str) -> None:
    """The chair; any of the panel where nobody chairs it."""
    must_sit(state, expert_id)
    if state.has_seat_of_chair and expert_id != state.chair_id:
        raise Forbidden("of the commission, its chair alone may do this")


def must_have_to_study(state: Visit, expert_id: str) -> None:
    """A member who has not confirmed yet."""
    must_sit(state, expert_id)
    if expert_id in state.studied:
        raise Conflict(f"{expert_id} has confirmed already")
