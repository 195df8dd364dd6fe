"""What can befall a case besides its course: suspension, withdrawal, termination, discontinuation, reopening.

The regulations are silent on nearly all of it: a person decides with a reason, and only what contradicts a fact is refused.
"""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from regulations import Rulebook, local_date
from services.intake.contract import (
    ApplicationWithdrawn,
    CaseDiscontinued,
    CaseReopened,
    CaseResumed,
    CaseSuspended,
    ContractTerminated,
    DiscontinuationGround,
    Terminator,
)
from services.intake.domain.state import Application

#: The setting with which an agency says once and for all whether a suspension stops the clock; absent or unset, who suspends says it.
STOPS_CLOCK = "suspension_stops_clock"


class SuspendCase(Command):
    """Suspends an open case. `stops_clock` None leaves it to the agency's setting."""

    records = (CaseSuspended,)

    reason: str
    act: str | None = None
    stops_clock: bool | None = None


class ResumeCase(Command):
    """Takes a suspended case up again."""

    records = (CaseResumed,)

    reason: str


class WithdrawApplication(Command):
    """The institution takes its application back. Whether the council has decided comes as a fact."""

    records = (ApplicationWithdrawn,)

    reason: str
    document: Document | None = None
    decided_on: date | None = None


class TerminateContract(Command):
    """Records that the concluded contract was terminated, by whom and on what grounds. Whether the council has decided comes as a fact."""

    records = (ContractTerminated,)

    terminated_by: Terminator
    grounds: str
    document: Document | None = None
    decided_on: date | None = None


class DiscontinueCase(Command):
    """Ends an open case. The day on which its institution was closed, and whether the council has decided, come as facts."""

    records = (CaseDiscontinued,)

    ground: DiscontinuationGround
    reason: str
    act: str | None = None
    institution_closed_on: date | None = None
    decided_on: date | None = None


class TakeUpAgain(Command):
    """Opens a closed case again for an appeal."""

    records = (CaseReopened,)

    appeal_id: str


AnyStanding = SuspendCase | ResumeCase | WithdrawApplication | TerminateContract | DiscontinueCase | TakeUpAgain


def befall(command: AnyStanding, state: Application, rules: Rulebook) -> Sequence[Event]:
    """The fact that follows, or why not."""
    match command:
        case SuspendCase():
            return _suspend(command, state, rules)
        case ResumeCase():
            return _resume(command, state, rules)
        case WithdrawApplication():
            return _withdraw(command, state, rules)
        case TerminateContract():
            return _terminate(command, state, rules)
        case DiscontinueCase():
            return _discontinue(command, state, rules)
        case TakeUpAgain():
            return _reopen(command, state, rules)


def check_undecided(decided_on: date | None) -> None:
    """Conflict for the end of a case on which the council has decided, unless its institution is no more."""
    if decided_on is not None:
        raise Conflict(f"the council decided on {decided_on}; what is decided is not withdrawn, and its contract stands")


def _suspend(command: SuspendCase, state: Application, rules: Rulebook) -> Sequence[Event]:
    return [
        CaseSuspended(
            case_id=state.case_id,
            institution_id=state.institution_id,
            reason=command.reason,
            act=command.act,
            stops_clock=_stops_clock(command, rules),
            suspended_on=local_date(command.at, rules.zone),
        )
    ]


def _stops_clock(command: SuspendCase, rules: Rulebook) -> bool:
    """The agency's setting, which binds who suspends; else what he says."""
    setting = rules.settings.get(STOPS_CLOCK)
    by_setting = setting.value if setting is not None and isinstance(setting.value, bool) else None
    if by_setting is None and command.stops_clock is None:
        error = {"pointer": "#/clock", "detail": f"{rules.id} does not say whether the clock stops; say stops or runs."}
        raise Invalid("whoever suspends the case says whether its clock stops", [error])
    if by_setting is not None and command.stops_clock not in (None, by_setting):
        raise Refused(
            "whether a suspension stops the clock is set for every case alike",
            clause=(setting.clause if setting else None) or "",
            rulebook=rules.id,
            accepts=f"a suspension with which the clock {'stops' if by_setting else 'runs'}",
        )
    return bool(command.stops_clock if by_setting is None else by_setting)


def _resume(command: ResumeCase, state: Application, rules: Rulebook) -> Sequence[Event]:
    still = state.suspended
    assert still is not None
    return [
        CaseResumed(
            case_id=state.case_id,
            institution_id=state.institution_id,
            reason=command.reason,
            suspended_on=still.suspended_on,
            resumed_on=local_date(command.at, rules.zone),
            stopped_clock=still.stops_clock,
        )
    ]


def _withdraw(command: WithdrawApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    """No rulebook forbids it, and none says how: until the council's decision, with a reason."""
    assert state.stage == "filed" or state.stage == "registered" or state.stage == "contracted"
    check_undecided(command.decided_on)
    return [
        ApplicationWithdrawn(
            case_id=state.case_id,
            institution_id=state.institution_id,
            stage=state.stage,
            reason=command.reason,
            document=command.document,
            withdrawn_on=local_date(command.at, rules.zone),
        )
    ]


def _terminate(command: TerminateContract, state: Application, rules: Rulebook) -> Sequence[Event]:
    check_undecided(command.decided_on)
    return [
        ContractTerminated(
            case_id=state.case_id,
            institution_id=state.institution_id,
            contract_number=state.contract.number,
            by=command.terminated_by,
            grounds=command.grounds,
            document=command.document,
            terminated_on=local_date(command.at, rules.zone),
        )
    ]


def _discontinue(command: DiscontinueCase, state: Application, rules: Rulebook) -> Sequence[Event]:
    on, closed_on = local_date(command.at, rules.zone), command.institution_closed_on
    if command.ground != "institution_closed":
        check_undecided(command.decided_on)
    elif closed_on is None or closed_on > on:
        raise Conflict(
            f"institution {state.institution_id} " + (f"closes on {closed_on}" if closed_on else "is not known as closed"),
            accepts=f"this ground from {closed_on} on" if closed_on else "this ground after the closing of the institution is recorded",
        )
    return [
        CaseDiscontinued(
            case_id=state.case_id,
            institution_id=state.institution_id,
            ground=command.ground,
            act=command.act,
            reason=command.reason,
            stage=state.stage,
            discontinued_on=on,
        )
    ]


def _reopen(command: TakeUpAgain, state: Application, rules: Rulebook) -> Sequence[Event]:
    """A case that nobody decided has no appeal to be opened for."""
    if state.stage != "closed" or state.without_decision:
        return []
    stage = state.closed_from
    assert stage == "filed" or stage == "registered" or stage == "contracted"
    return [
        CaseReopened(
            case_id=state.case_id,
            institution_id=state.institution_id,
            appeal_id=command.appeal_id,
            stage=stage,
            reopened_on=local_date(command.at, rules.zone),
        )
    ]
