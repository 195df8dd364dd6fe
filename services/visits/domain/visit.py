"""The visit of a case: its commission, dates, study of the report, course and report (order 109, p. 9.6, 14-17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import RulebookRef, calendar_for, enforces, local_date, resolve
from services.visits.contract import (
    PanelFormed,
    PanelMember,
    ReportStudied,
    VisitAnnounced,
    VisitCompleted,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
)
from services.visits.domain.dates import LENGTH, NOTICE, ORDER_109, Rules, check_length, check_notice, clause_of

Stage = Literal["opened", "panel_formed", "announced", "started", "completed", "reported"]

REPORT_TERM = "visit_report"


@dataclass(frozen=True)
class Visit:
    """A visit as it stands: its stage, None before it is opened, the commission and who of it has studied the report."""

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    members: tuple[PanelMember, ...] = ()
    announced: VisitAnnounced | None = None
    studied: frozenset[str] = frozenset()

    @property
    def expert_ids(self) -> tuple[str, ...]:
        """The experts of the commission."""
        return tuple(member.expert_id for member in self.members)

    @property
    def chair_id(self) -> str | None:
        """Who chairs the commission."""
        return next((member.expert_id for member in self.members if member.role == "chair"), None)


class OpenVisit(Command):
    """The case needs its commission."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef


class FormPanel(Command):
    """Forms the commission; `affiliations` holds, for every member that the pool knows, the institutions he is bound to."""

    members: tuple[PanelMember, ...]
    statute_act: str
    affiliations: Mapping[str, tuple[str, ...]]


class AnnounceVisit(Command):
    """Tells the institution the days of the visit, both included. `waiver` is its written consent to a shorter notice."""

    starts_on: date
    ends_on: date
    waiver: Document | None = None


class ConfirmReportStudied(Command):
    """An expert confirms for himself."""

    expert_id: str


class StartVisit(Command):
    """The commission is at the institution."""


class CompleteVisit(Command):
    """The visit has ended."""


class SubmitVisitReport(Command):
    """The commission's report with its recommendations."""

    document: Document
    findings: str
    recommendations: tuple[str, ...]


AnyCommand = OpenVisit | FormPanel | AnnounceVisit | ConfirmReportStudied | StartVisit | CompleteVisit | SubmitVisitReport


def decide(command: AnyCommand, state: Visit, rules: Rules) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for a panel that is none, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case OpenVisit():
            return [] if state.stage else [VisitOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
        case FormPanel():
            return _form_panel(command, state, rules, on)
        case AnnounceVisit():
            return _announce(command, state, rules, on)
        case ConfirmReportStudied():
            return _confirm(command, state, rules, on)
        case StartVisit():
            return _start(state, rules, on)
        case CompleteVisit():
            return _complete(state, rules, on)
        case SubmitVisitReport():
            return _submit(command, state, rules, on)


@enforces(ORDER_109, "14 (a)")
def _form_panel(command: FormPanel, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The commission is external: experts of the pool, none of them bound to the institution; one of them chairs."""
    if state.members:
        raise Conflict("the commission of this visit is formed already")
    _check_seats(command, rules)
    bound = [m.expert_id for m in command.members if state.institution_id in command.affiliations[m.expert_id]]
    if bound:
        raise Refused(
            f"the commission is external, and {', '.join(bound)} is bound to {state.institution_id}",
            clause="14 (a)",
            rulebook=rules.rulebook.id,
            accepts="experts without an affiliation with the institution",
            experts=bound,
        )
    formed = PanelFormed(case_id=state.case_id, members=command.members, statute_act=command.statute_act, formed_on=on)
    return [formed]


def _check_seats(command: FormPanel, rules: Rules) -> None:
    """No clause speaks of the seats: a list that is no commission is an invalid request, not a refusal under the order."""
    errors: list[dict[str, str]] = []
    seen: set[str] = set()
    for index, member in enumerate(command.members):
        pointer = f"#/members/{index}/expert_id"
        if member.expert_id in seen:
            errors.append({"pointer": pointer, "detail": f"{member.expert_id} is named twice"})
        elif member.expert_id not in command.affiliations:
            errors.append({"pointer": pointer, "detail": f"{member.expert_id} is not in the pool of experts"})
        seen.add(member.expert_id)
    chairs = sum(member.role == "chair" for member in command.members)
    if chairs != 1:
        errors.append({"pointer": "#/members", "detail": f"exactly one member chairs the commission; {chairs} are named as chair"})
    minimum = rules.rulebook.setting("panel_size_minimum")
    if isinstance(minimum, int) and len(seen) < minimum:
        errors.append({"pointer": "#/members", "detail": f"the agency's commissions have at least {minimum} members"})
    if errors:
        raise Invalid("; ".join(error["detail"] for error in errors), errors=errors)


def _announce(command: AnnounceVisit, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The dates are told after the commission is formed, and may be moved until the visit starts, each time with full notice."""
    _must_be_announceable(state, rules)
    if command.ends_on < command.starts_on:
        raise Invalid("a visit ends on or after the day it starts", errors=[{"pointer": "#/ends_on", "detail": "before starts_on"}])
    if state.announced and (command.starts_on, command.ends_on) == (state.announced.starts_on, state.announced.ends_on):
        raise Conflict("these dates are announced already")
    check_length(command.starts_on, command.ends_on, rules)
    check_notice(command.starts_on, on, rules, waived=command.waiver is not None)
    fields = command.model_dump(include={"starts_on", "ends_on", "waiver"})
    return [VisitAnnounced(case_id=state.case_id, announced_on=on, **fields)]


@enforces(ORDER_109, "14 (a)")
def _must_be_announceable(state: Visit, rules: Rules) -> None:
    """Dates are announced for a commission that is there, and not once it is on its way."""
    if not state.members:
        raise Refused(
            "the commission is not formed yet: there is nobody whose visit could be announced",
            clause="14 (a)",
            rulebook=rules.rulebook.id,
            accepts="the formation of the commission first",
        )
    if state.stage not in ("panel_formed", "announced"):
        raise Conflict(f"the visit is {state.stage} already: its dates stand")


@enforces(ORDER_109, "16")
def _confirm(command: ConfirmReportStudied, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """Every member confirms for himself, once."""
    if command.expert_id not in state.expert_ids:
        raise Refused(
            f"{command.expert_id} is not of the commission of this visit",
            clause="16",
            rulebook=rules.rulebook.id,
            accepts="the confirmation of a member of the commission" if state.members else "the formation of the commission first",
        )
    if command.expert_id in state.studied:
        raise Conflict(f"{command.expert_id} has confirmed already")
    return [ReportStudied(case_id=state.case_id, expert_id=command.expert_id, studied_on=on)]


@enforces(ORDER_109, "14 (b)", "16")
def _start(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit starts in its announced days, after every member has studied the report."""
    if state.stage not in ("opened", "panel_formed", "announced"):
        raise Conflict(f"the visit is {state.stage} already")
    notice = rules.rulebook.terms[NOTICE]
    told = state.announced
    if told is None:
        raise Refused(
            "the dates of the visit are not announced yet",
            clause=clause_of(notice),
            rulebook=rules.rulebook.id,
            accepts="the announcement of the dates first",
        )
    unprepared = [expert_id for expert_id in state.expert_ids if expert_id not in state.studied]
    if unprepared:
        raise Refused(
            f"the commission studies the self-assessment report before the visit; not yet confirmed by {', '.join(unprepared)}",
            clause="16",
            rulebook=rules.rulebook.id,
            accepts="the start after these members have confirmed",
            experts=unprepared,
        )
    if not told.starts_on <= on <= told.ends_on:
        raise Refused(
            f"the visit is announced for {told.starts_on} to {told.ends_on}, and today is {on}",
            clause=clause_of(notice),
            rulebook=rules.rulebook.id,
            accepts=f"a start from {told.starts_on}" if on < told.starts_on else "an announcement of new dates first",
        )
    return [VisitStarted(case_id=state.case_id, started_on=on)]


@enforces(ORDER_109, "15")
def _complete(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """A visit ends with the last of its announced days, however late that is told; its length was checked with the dates."""
    if state.stage in ("completed", "reported"):
        raise Conflict("the visit is completed already")
    stay = rules.rulebook.ranges[LENGTH]
    if state.stage != "started" or state.announced is None:
        raise Refused(
            "the visit has not started",
            clause=clause_of(stay),
            rulebook=rules.rulebook.id,
            accepts="the start of the visit first",
        )
    ends_on = state.announced.ends_on
    if on < ends_on:
        raise Refused(
            f"the visit lasts to {ends_on}, and today is {on}",
            clause=clause_of(stay),
            rulebook=rules.rulebook.id,
            accepts=f"the completion on {ends_on} or later",
        )
    return [VisitCompleted(case_id=state.case_id, ended_on=ends_on)]


@enforces(ORDER_109, "9.6", "17")
def _submit(command: SubmitVisitReport, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The report follows the visit and recommends something. A late one is taken: lateness is the deadline register's fact."""
    if state.stage == "reported":
        raise Conflict("the report on this visit is submitted already")
    if state.stage != "completed":
        raise Refused(
            "a report on the visit is drawn up after it, and the visit is not completed",
            clause=clause_of(rules.rulebook.terms[REPORT_TERM]),
            rulebook=rules.rulebook.id,
            accepts="the completion of the visit first",
        )
    if not command.recommendations:
        raise Refused(
            "the report on the visit comes with recommendations, and there are none",
            clause=clause_of(next(stage for stage in rules.rulebook.stages if stage.id == "visit")),
            rulebook=rules.rulebook.id,
            accepts="at least one recommendation; if nothing is to be changed, one that says so",
        )
    fields = command.model_dump(include={"findings", "recommendations"})
    return [VisitReportSubmitted(case_id=state.case_id, document=command.document, submitted_on=on, **fields)]


def evolve(state: Visit, event: Any) -> Visit:
    """The visit after a fact."""
    match event:
        case VisitOpened():
            return Visit(event.case_id, event.institution_id, event.rulebook, "opened")
        case PanelFormed():
            return replace(state, stage="panel_formed", members=event.members)
        case VisitAnnounced():
            return replace(state, stage="announced", announced=event)
        case ReportStudied():
            return replace(state, studied=state.studied | {event.expert_id})
        case VisitStarted():
            return replace(state, stage="started")
        case VisitCompleted():
            return replace(state, stage="completed")
        case VisitReportSubmitted():
            return replace(state, stage="reported")
    return state


def _rules(command: Any, state: Visit) -> Rules:
    ref = command.rulebook if isinstance(command, OpenVisit) else state.rulebook
    if ref is None:
        raise NotFound("no visit is opened in this case")
    rulebook = resolve(ref)
    return Rules(rulebook, calendar_for(rulebook.country))


VISIT: Decider[Visit, Rules] = Decider("visit", Visit(), decide, evolve, _rules)
