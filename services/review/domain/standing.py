"""Whether a self-assessment goes on: the lifecycle suspends, resumes and closes it with its case. Both rulebooks are silent on it."""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict
from services.review.contract import SelfAssessmentClosed, SelfAssessmentResumed, SelfAssessmentSuspended
from services.review.domain.state import Report

UNSTATED = "no reason was stated"


class Suspend(Command):
    """The case stands still."""

    records = (SelfAssessmentSuspended,)

    reason: str = ""


class Resume(Command):
    """The case goes on."""

    records = (SelfAssessmentResumed,)


class Close(Command):
    """The case has ended."""

    records = (SelfAssessmentClosed,)

    reason: str = ""


StandingCommand = Suspend | Resume | Close


def decide_standing(command: StandingCommand, state: Report, on: date) -> Sequence[Event]:
    """Nothing where there is no report or it stands so already; what is closed is neither suspended nor resumed any more."""
    if state.stage is None or state.standing == "closed":
        return []
    match command:
        case Suspend() if state.standing == "open":
            return [SelfAssessmentSuspended(case_id=state.case_id, reason=command.reason or UNSTATED, suspended_on=on)]
        case Resume() if state.standing == "suspended":
            return [SelfAssessmentResumed(case_id=state.case_id, resumed_on=on)]
        case Close():
            return [SelfAssessmentClosed(case_id=state.case_id, reason=command.reason or UNSTATED, closed_on=on)]
    return []


def must_be_open(state: Report) -> None:
    """Conflict that says why and since when nothing is taken."""
    if state.standing != "open":
        raise Conflict(f"the self-assessment is {state.standing} since {state.standing_since}: {state.standing_reason}")
