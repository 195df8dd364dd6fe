"""Whether a visit goes on: the lifecycle suspends, resumes and closes it with its case. Both rulebooks are silent on it."""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict
from services.visits.contract import VisitClosed, VisitResumed, VisitSuspended
from services.visits.domain.state import Visit

UNSTATED = "no reason was stated"


class Suspend(Command):
    """The case stands still."""

    records = (VisitSuspended,)

    reason: str = ""


class Resume(Command):
    """The case goes on."""

    records = (VisitResumed,)


class Close(Command):
    """The case has ended."""

    records = (VisitClosed,)

    reason: str = ""


StandingCommand = Suspend | Resume | Close


def decide_standing(command: StandingCommand, state: Visit, on: date) -> Sequence[Event]:
    """Nothing where there is no visit or it stands so already; what is closed is neither suspended nor resumed any more."""
    if state.stage is None or state.standing == "closed":
        return []
    match command:
        case Suspend() if state.standing == "open":
            return [VisitSuspended(case_id=state.case_id, reason=command.reason or UNSTATED, suspended_on=on)]
        case Resume() if state.standing == "suspended":
            return [VisitResumed(case_id=state.case_id, resumed_on=on)]
        case Close():
            return [VisitClosed(case_id=state.case_id, reason=command.reason or UNSTATED, closed_on=on)]
    return []


def must_be_open(state: Visit) -> None:
    """Conflict that says why and since when nothing is taken."""
    if state.standing != "open":
        raise Conflict(f"the visit is {state.standing} since {state.standing_since}: {state.standing_reason}")
