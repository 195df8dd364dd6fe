"""The visit of a case: its commission, dates, preparation, course and report (order 109, p. 9.6, 14-17; IQAA, S2).

The panel, its preparation and the report have modules of their own; here are the dates and the course.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import RulebookRef, calendar_for, enforces, local_date, resolve
from services.visits.contract import VisitAnnounced, VisitCompleted, VisitMode, VisitOpened, VisitStarted
from services.visits.domain import panel, preparation, report
from services.visits.domain.conflicts import panel_clause
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
from services.visits.domain.state import Visit, evolve


class OpenVisit(Command):
    """The case needs its commission."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef


class AnnounceVisit(Command):
    """Tells the institution the days of the visit, both included. `waiver` is its written consent to a shorter notice.

    The reasons stand for another length, another place and other dates than were told before.
    """

    starts_on: date
    ends_on: date
    waiver: Document | None = None
    length_reason: str | None = None
    mode: VisitMode | None = None
    mode_reason: str | None = None
    moved_because: str | None = None


class StartVisit(Command):
    """The commission is at the institution."""


class CompleteVisit(Command):
    """The visit has ended."""


PanelCommand = FormPanel | TellComposition | ObjectToExpert | DecideObjection | DropOut | ReplaceExpert
PreparationCommand = SendMaterials | HoldWebinar | HoldBriefing | ConfirmReportStudied
ReportCommand = SubmitVisitReport | SendForFactualCheck | AnswerFactualCheck | CloseFactualCheck
AnyCommand = OpenVisit | PanelCommand | PreparationCommand | AnnounceVisit | StartVisit | CompleteVisit | ReportCommand


def decide(command: AnyCommand, state: Visit, rules: Rules) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for a panel that is none, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case OpenVisit():
            return [] if state.stage else [VisitOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
        case AnnounceVisit():
            return _announce(command, state, rules, on)
        case StartVisit():
            return _start(state, rules, on)
        case CompleteVisit():
            return _complete(state, rules, on)
        case SendMaterials() | HoldWebinar() | HoldBriefing() | ConfirmReportStudied():
            return _prepare(command, state, rules, on)
        case SubmitVisitReport() | SendForFactualCheck() | AnswerFactualCheck() | CloseFactualCheck():
            return _report(command, state, rules, on)
        case _:
            return _of_the_panel(command, state, rules, on)


def _of_the_panel(command: PanelCommand, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    match command:
        case FormPanel():
            return panel.form(command, state, rules, on)
        case TellComposition():
            return panel.tell(state, rules, on)
        case ObjectToExpert():
            return panel.object_to(command, state, rules, on)
        case DecideObjection():
            return panel.decide_objection(command, state, on)
        case DropOut():
            return panel.drop_out(command, state, on)
        case ReplaceExpert():
            return panel.replace_expert(command, state, rules, on)


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
            return report.send_for_check(state, rules, on)
        case AnswerFactualCheck():
            return report.answer(command, state, rules, on)
        case CloseFactualCheck():
            return report.close_check(command, state, rules, on)


def _announce(command: AnnounceVisit, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The dates are told after the commission is formed, and may be moved until the visit starts, each time with full notice.

    A rulebook without notice lets dates move at once, and then for a reason alone.
    """
    _must_be_announceable(state, rules)
    if command.ends_on < command.starts_on:
        raise Invalid("a visit ends on or after the day it starts", errors=[{"pointer": "#/ends_on", "detail": "before starts_on"}])
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


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def _must_be_announceable(state: Visit, rules: Rules) -> None:
    """Dates are announced for a commission that is there, and not once it is on its way."""
    if not state.formed:
        raise Refused(
            "the commission is not formed yet: there is nobody whose visit could be announced",
            clause=panel_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the formation of the commission first",
        )
    if state.stage not in ("panel_formed", "announced"):
        raise Conflict(f"the visit is {state.stage} already: its dates stand")


@enforces(ORDER_109, "14 (b)", "16")
@enforces(IQAA, "S2.f.1")
def _start(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit starts in its announced days, by a commission that is prepared."""
    if state.stage not in ("opened", "panel_formed", "announced"):
        raise Conflict(f"the visit is {state.stage} already")
    told = state.announced
    if told is None:
        raise Refused(
            "the dates of the visit are not announced yet",
            clause=visit_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the announcement of the dates first",
        )
    preparation.check_prepared(state, rules)
    if not told.starts_on <= on <= told.ends_on:
        raise Refused(
            f"the visit is announced for {told.starts_on} to {told.ends_on}, and today is {on}",
            clause=visit_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"a start from {told.starts_on}" if on < told.starts_on else "an announcement of new dates first",
        )
    return [VisitStarted(case_id=state.case_id, started_on=on)]


@enforces(ORDER_109, "15")
@enforces(IQAA, "S2.f.1")
def _complete(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit ends with the last of its announced days, however late that is told; its length was checked with the dates."""
    if state.stage in ("completed", "reported"):
        raise Conflict("the visit is completed already")
    if state.stage != "started" or state.announced is None:
        raise Refused(
            "the visit has not started",
            clause=stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the start of the visit first",
        )
    ends_on = state.announced.ends_on
    if on < ends_on:
        raise Refused(
            f"the visit lasts to {ends_on}, and today is {on}",
            clause=stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"the completion on {ends_on} or later",
        )
    return [VisitCompleted(case_id=state.case_id, ended_on=ends_on)]


def _rules(command: Any, state: Visit) -> Rules:
    ref = command.rulebook if isinstance(command, OpenVisit) else state.rulebook
    if ref is None:
        raise NotFound("no visit is opened in this case")
    rulebook = resolve(ref)
    return Rules(rulebook, calendar_for(rulebook.country))


VISIT: Decider[Visit, Rules] = Decider("visit", Visit(), decide, evolve, _rules)
