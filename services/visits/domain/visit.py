"""The visit of a case: its commission, dates, preparation, course and report (order 109, p. 9.6, 14-17; IQAA, S2).

The panel, its preparation and the report have modules of their own; here are the dates and the course. What the state alone says
against each step is in `guards`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import RulebookRef, calendar_for, enforces, local_date, resolve
from services.visits.contract import (
    CompositionTold,
    FactualCheckAnswered,
    ProgrammeItem,
    ReportSentForCheck,
    VisitAnnounced,
    VisitCompleted,
    VisitInterrupted,
    VisitMode,
    VisitOpened,
    VisitStarted,
)
from services.visits.domain import guards, panel, preparation, report
from services.visits.domain.dates import (
    IQAA,
    NOTICE,
    ORDER_109,
    Rules,
    check_length,
    check_mode,
    check_notice,
    place_clause,
    stay_clause,
    visit_clause,
)
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.standing import Close, Resume, StandingCommand, Suspend, decide_standing, must_be_open
from services.visits.domain.state import Visit, evolve
from services.visits.domain.vacancy import ContinueWithout, continue_without


class OpenVisit(Command):
    """The case needs its commission; a later `round` begins it afresh."""

    records = (VisitOpened,)

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    round: int = 1


class AnnounceVisit(Command):
    """Tells the institution the days of the visit, both included. `waiver` is its written consent to a shorter notice.

    The reasons stand for another length, another place and other dates than were told before.
    """

    records = (VisitAnnounced,)

    starts_on: date
    ends_on: date
    waiver: Document | None = None
    length_reason: str | None = None
    mode: VisitMode | None = None
    mode_reason: str | None = None
    moved_because: str | None = None
    programme: tuple[ProgrammeItem, ...] = ()


class StartVisit(Command):
    """The commission is at the institution."""

    records = (VisitStarted,)


class InterruptVisit(Command):
    """The visit is broken off, on this day unless another is named."""

    records = (VisitInterrupted,)

    reason: str
    interrupted_on: date | None = None


class CompleteVisit(Command):
    """The visit has ended."""

    records = (VisitCompleted,)


PanelCommand = FormPanel | TellComposition | ObjectToExpert | DecideObjection | DropOut | ReplaceExpert | ContinueWithout
PreparationCommand = SendMaterials | HoldWebinar | HoldBriefing | ConfirmReportStudied
ReportCommand = SubmitVisitReport | SendForFactualCheck | AnswerFactualCheck | CloseFactualCheck
CourseCommand = AnnounceVisit | StartVisit | InterruptVisit | CompleteVisit
AnyCommand = OpenVisit | StandingCommand | PanelCommand | PreparationCommand | CourseCommand | ReportCommand


def decide(command: AnyCommand, state: Visit, rules: Rules) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for a panel that is none, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case OpenVisit():
            return _open(command, state, on)
        case Suspend() | Resume() | Close():
            return decide_standing(command, state, on)
        case AnnounceVisit():
            return _announce(command, state, rules, on)
        case StartVisit():
            return _start(state, rules, on)
        case InterruptVisit():
            return _interrupt(command, state, rules, on)
        case CompleteVisit():
            return _complete(state, rules, on)
        case SendMaterials() | HoldWebinar() | HoldBriefing() | ConfirmReportStudied():
            return _prepare(command, state, rules, on)
        case SubmitVisitReport() | SendForFactualCheck() | AnswerFactualCheck() | CloseFactualCheck():
            return _report(command, state, rules, on)
        case _:
            return _of_the_panel(command, state, rules, on)


def _open(command: OpenVisit, state: Visit, on: date) -> Sequence[Event]:
    """Opened once for each round; a later one follows a visit that is over, and opens one that was closed with its case too."""
    if state.stage and command.round <= state.round:
        return []
    if state.standing == "suspended":
        must_be_open(state)
    if state.stage and state.stage != "reported" and state.standing != "closed":
        raise Conflict(f"visit {state.round} of this case is {state.stage}: a later one follows its report")
    return [VisitOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]


def _of_the_panel(command: PanelCommand, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    match command:
        case FormPanel():
            return panel.form(command, state, rules, on)
        case TellComposition():
            return [CompositionTold(case_id=state.case_id, experts=state.expert_ids, told_on=on)]
        case ObjectToExpert():
            return panel.object_to(command, state, rules, on)
        case DecideObjection():
            return panel.decide_objection(command, state, on)
        case DropOut():
            return panel.drop_out(command, state, on)
        case ReplaceExpert():
            return panel.replace_expert(command, state, rules, on)
        case ContinueWithout():
            return continue_without(command, state, rules, on)


def _prepare(command: PreparationCommand, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    match command:
        case SendMaterials():
            return preparation.send_materials(command, state, rules, on)
        case HoldWebinar():
            return preparation.hold_webinar(command, state, rules, on)
        case HoldBriefing():
            return preparation.hold_briefing(command, state, rules, on)
        case ConfirmReportStudied():
            return preparation.confirm(command, state, rules, on)


def _report(command: ReportCommand, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    match command:
        case SubmitVisitReport():
            return report.submit(command, state, rules, on)
        case SendForFactualCheck():
            return [ReportSentForCheck(case_id=state.case_id, sent_on=on)]
        case AnswerFactualCheck():
            return [FactualCheckAnswered(case_id=state.case_id, corrections=command.corrections, answered_on=on)]
        case CloseFactualCheck():
            return report.close_check(command, state, rules, on)


def _announce(command: AnnounceVisit, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The dates are told after the commission is formed, and may be moved until the visit starts, each time with full notice.

    A rulebook without notice lets dates move at once, and then for a reason alone. A visit that was interrupted is held anew.
    """
    if command.ends_on < command.starts_on:
        raise Invalid("a visit ends on or after the day it starts", errors=[{"pointer": "#/ends_on", "detail": "before starts_on"}])
    outside = [n for n, item in enumerate(command.programme) if not command.starts_on <= item.day <= command.ends_on]
    if outside:
        errors = [{"pointer": f"#/programme/{n}/day", "detail": f"a day from {command.starts_on} to {command.ends_on}"} for n in outside]
        raise Invalid("the programme has days on which there is no visit", errors=errors)
    if state.announced and (command.starts_on, command.ends_on) == (state.announced.starts_on, state.announced.ends_on):
        raise Conflict("these dates are announced already")
    _must_have_reason_to_move(command, state, rules)
    check_mode(command.mode, command.mode_reason, rules)
    check_length(command.starts_on, command.ends_on, rules, command.length_reason)
    check_notice(command.starts_on, on, rules, waived=command.waiver is not None)
    fields = command.model_dump(exclude={"at", "by"})
    return [VisitAnnounced(case_id=state.case_id, announced_on=on, **fields)]


@enforces(IQAA, "S2.f.1")
def _must_have_reason_to_move(command: AnnounceVisit, state: Visit, rules: Rules) -> None:
    """Dates that were told stand, unless something stronger moves them; where new dates have full notice again, that protects enough."""
    if state.announced is None or command.moved_because or NOTICE in rules.rulebook.terms:
        return
    raise Refused(
        f"the visit is announced for {state.announced.starts_on} to {state.announced.ends_on}",
        clause=place_clause(rules.rulebook),
        rulebook=rules.rulebook.id,
        accepts="new dates with the reason why the visit is moved",
    )


@enforces(ORDER_109, "14 (b)")
@enforces(IQAA, "S2.f.1")
def _start(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit starts in its announced days."""
    told = state.announced
    if told and not told.starts_on <= on <= told.ends_on:
        raise Refused(
            f"the visit is announced for {told.starts_on} to {told.ends_on}, and today is {on}",
            clause=visit_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"a start from {told.starts_on}" if on < told.starts_on else "an announcement of new dates first",
        )
    return [VisitStarted(case_id=state.case_id, started_on=on)]


def _interrupt(command: InterruptVisit, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit that is under way may be broken off on one of its days, for a reason. Both texts are silent on it: a person decides."""
    day = command.interrupted_on or on
    started_on, ends_on = _days_of(state)
    last = min(on, ends_on)
    if not started_on <= day <= last:
        raise Refused(
            f"the visit runs from {started_on} to {ends_on}, and today is {on}",
            clause=stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"an interruption on a day from {started_on} to {last}",
        )
    return [VisitInterrupted(case_id=state.case_id, reason=command.reason, interrupted_on=day)]


@enforces(ORDER_109, "15")
@enforces(IQAA, "S2.f.1")
def _complete(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit ends with the last of its announced days, however late that is told; its length was checked with the dates."""
    _, ends_on = _days_of(state)
    if on < ends_on:
        raise Refused(
            f"the visit lasts to {ends_on}, and today is {on}",
            clause=stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"the completion on {ends_on} or later",
        )
    return [VisitCompleted(case_id=state.case_id, ended_on=ends_on)]


def _days_of(state: Visit) -> tuple[date, date]:
    """When a visit that is under way started, and when it is to end."""
    if state.started_on is None or state.announced is None:
        raise TypeError(f"the visit of {state.case_id} is not under way")
    return state.started_on, state.announced.ends_on


def _rules(command: Any, state: Visit) -> Rules:
    ref = command.rulebook if isinstance(command, OpenVisit) else state.rulebook
    if ref is None:
        raise NotFound("no visit is opened in this case")
    rulebook = resolve(ref)
    return Rules(rulebook, calendar_for(rulebook.country))


GUARDS: Mapping[type[Command], Guard] = {
    OpenVisit: always,
    Suspend: always,
    Resume: always,
    Close: always,
    FormPanel: guards.formation,
    TellComposition: guards.composition,
    ObjectToExpert: guards.objection,
    DecideObjection: guards.objection_decision,
    DropOut: guards.drop_out,
    ReplaceExpert: guards.replacement,
    ContinueWithout: guards.panel_statement,
    AnnounceVisit: guards.announcement,
    SendMaterials: guards.materials,
    HoldWebinar: guards.webinar,
    HoldBriefing: guards.briefing,
    ConfirmReportStudied: guards.study,
    StartVisit: guards.start,
    InterruptVisit: guards.interruption,
    CompleteVisit: guards.completion,
    SubmitVisitReport: guards.report,
    SendForFactualCheck: guards.check_sending,
    AnswerFactualCheck: guards.check_answer,
    CloseFactualCheck: guards.check_closing,
}

VISIT: Decider[Visit, Rules] = Decider("visit", Visit(), decide, evolve, _rules, GUARDS)
