"""The visit of a monitoring cycle: its group, the days that both sides agree to, the order, the costs, the course and the report on it
(AAKR, II.4.h, II.4.i; Sapattuu Bilim, 2.9-2.11, 3.1). It is apart from the visit of an accreditation."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Forbidden, Invalid, NotFound, Refused
from regulations import RulebookRef, calendar_for, enforces, local_date, resolve
from services.visits.contract import (
    MonitoringVisitHeld,
    MonitoringVisitOpened,
    MonitoringVisitReported,
    VisitCostsInvoiced,
    VisitDatesAgreed,
    VisitFinding,
    VisitOrdered,
    VisitVerdict,
)
from services.visits.domain import monitoring_visit_group as group
from services.visits.domain import monitoring_visit_guards as guards
from services.visits.domain.dates import Rules
from services.visits.domain.monitoring_visit_group import DecideMemberObjection, FormGroup, ObjectToMember, ReplaceMember, TellGroup, past
from services.visits.domain.monitoring_visit_rules import (
    AAKR,
    SAPATTUU,
    agreement_clause,
    check_days,
    check_payer,
    check_visited,
    order_clause,
    report_clause,
    sections,
    stay_clause,
    written,
)
from services.visits.domain.monitoring_visit_state import MonitoringVisit, evolve


class OpenMonitoringVisit(Command):
    """A visit was decided."""

    records = (MonitoringVisitOpened,)

    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None = None
    panel: tuple[str, ...] = ()
    case_officer: str | None = None


class AgreeDates(Command):
    """Both sides agreed to these days, the first and the last included."""

    records = (VisitDatesAgreed,)

    starts_on: date
    ends_on: date
    agreed_by_agency_on: date
    agreed_by_institution_on: date


class OrderVisit(Command):
    """The director's order on the group as it is and on these days; of this day unless it names another."""

    records = (VisitOrdered,)

    order_number: str
    starts_on: date
    ends_on: date
    ordered_on: date | None = None
    document: Document | None = None


class InvoiceCosts(Command):
    """An invoice for the costs of the visit, or for a part of them; of this day unless it names another."""

    records = (VisitCostsInvoiced,)

    amount: str
    currency: str
    payer: str
    invoice_number: str
    invoiced_on: date | None = None
    document: Document | None = None


class HoldMonitoringVisit(Command):
    """The visit took place from the one day to the other."""

    records = (MonitoringVisitHeld,)

    started_on: date
    ended_on: date


class ReportMonitoringVisit(Command):
    """The group's act or report on the visit."""

    records = (MonitoringVisitReported,)

    document: Document
    findings: tuple[VisitFinding, ...] = ()
    verdicts: tuple[VisitVerdict, ...] = ()
    signed_by: tuple[str, ...] = ()


GroupCommand = FormGroup | TellGroup | ObjectToMember | DecideMemberObjection | ReplaceMember
CourseCommand = AgreeDates | OrderVisit | InvoiceCosts | HoldMonitoringVisit | ReportMonitoringVisit


def decide(command: OpenMonitoringVisit | GroupCommand | CourseCommand, state: MonitoringVisit, rules: Rules) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for what is no group or no report, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case OpenMonitoringVisit():
            return _open(command, state, rules, on)
        case FormGroup():
            return group.form(command, state, rules, on)
        case TellGroup():
            return group.tell(command, state, on)
        case ObjectToMember():
            return group.object_to(command, state, rules, on)
        case DecideMemberObjection():
            return group.decide_objection(command, state, on)
        case ReplaceMember():
            return group.replace_member(command, state, rules, on)
        case AgreeDates():
            return _agree(command, state, rules, on)
        case OrderVisit():
            return _order(command, state, rules, on)
        case InvoiceCosts():
            return _invoice(command, state, rules, on)
        case HoldMonitoringVisit():
            return _hold(command, state, rules, on)
        case ReportMonitoringVisit():
            return _report(command, state, rules, on)


@enforces(SAPATTUU, "2.6.s2")
def _open(command: OpenMonitoringVisit, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """Once for a cycle, and for a kind of accreditation that is visited."""
    if state.stage:
        return []
    check_visited(command.kind, rules.rulebook)
    return [MonitoringVisitOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]


def _check_order(first: date, last: date, pointer: str) -> None:
    if last < first:
        raise Invalid("a visit ends on or after the day it starts", errors=[{"pointer": pointer, "detail": f"a day from {first}"}])


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s1")
def _agree(command: AgreeDates, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """Days are agreed before they come, with the group as it is; other days, or another group, are agreed anew."""
    _check_order(command.starts_on, command.ends_on, "#/ends_on")
    consents = {name: getattr(command, name) for name in ("agreed_by_agency_on", "agreed_by_institution_on")}
    for name, day in consents.items():
        past(day, on, f"#/{name}")
    if state.agreed and state.is_agreed and (state.agreed.starts_on, state.agreed.ends_on) == (command.starts_on, command.ends_on):
        raise Conflict("these days are agreed with this group already")
    _check_consents(max(consents.values()), command.starts_on, rules)
    check_days(command.starts_on, command.ends_on, rules)
    return [VisitDatesAgreed(**state.ids, starts_on=command.starts_on, ends_on=command.ends_on, experts=state.expert_ids, **consents)]


def _check_consents(last: date, starts_on: date, rules: Rules) -> None:
    if last > starts_on:
        raise Refused(
            f"the visit would start on {starts_on}, and the last side agreed on {last}",
            clause=agreement_clause(rules.rulebook) or stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"a start on {last} or later",
        )


@enforces(SAPATTUU, "2.11.p1.s3")
def _order(command: OrderVisit, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """An order stands before the visit; a later one takes the place of the earlier."""
    _check_order(command.starts_on, command.ends_on, "#/ends_on")
    ordered_on = past(command.ordered_on or on, on, "#/ordered_on")
    if command.order_number in {order.order_number for order in state.orders}:
        raise Conflict(f"order {command.order_number} on this visit is recorded already")
    _check_ordered(ordered_on, command.starts_on, rules)
    check_days(command.starts_on, command.ends_on, rules)
    officer = {"leader_id": state.leader_id, "case_officer": state.case_officer, "case_officer_leads": state.case_officer_leads}
    fields = command.model_dump(include={"order_number", "starts_on", "ends_on", "document"})
    return [VisitOrdered(**state.ids, experts=state.expert_ids, ordered_on=ordered_on, **officer, **fields)]


def _check_ordered(ordered_on: date, starts_on: date, rules: Rules) -> None:
    if ordered_on > starts_on:
        raise Refused(
            f"an order of {ordered_on} cannot approve a visit that starts on {starts_on}",
            clause=order_clause(rules.rulebook) or stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"an order of a day up to {starts_on}",
        )


@enforces(SAPATTUU, "2.10")
def _invoice(command: InvoiceCosts, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """To who bears the costs; several may be made, each number once."""
    parties = rules.rulebook.parties
    if command.payer not in parties:
        raise Invalid(
            f"{command.payer} is no party of this rulebook",
            errors=[{"pointer": "#/payer", "detail": f"one of {', '.join(parties)}"}],
        )
    check_payer(command.payer, rules.rulebook)
    invoiced_on = past(command.invoiced_on or on, on, "#/invoiced_on")
    if command.invoice_number in state.invoices:
        raise Conflict(f"invoice {command.invoice_number} on this visit is recorded already")
    fields = command.model_dump(exclude={"at", "by", "invoiced_on"})
    return [VisitCostsInvoiced(**state.ids, **fields, invoiced_on=invoiced_on)]


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s1", "2.11.p2")
def _hold(command: HoldMonitoringVisit, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """On days that were agreed, as many as the rulebook says, and not before everything was in place."""
    _check_order(command.started_on, command.ended_on, "#/ended_on")
    past(command.ended_on, on, "#/ended_on")
    _check_held(command.started_on, command.ended_on, state, rules)
    check_days(command.started_on, command.ended_on, rules)
    return [MonitoringVisitHeld(**state.ids, started_on=command.started_on, ended_on=command.ended_on)]


def _check_held(started_on: date, ended_on: date, state: MonitoringVisit, rules: Rules) -> None:
    days = state.agreed
    if days and not days.starts_on <= started_on <= ended_on <= days.ends_on:
        raise Refused(
            f"{days.starts_on} to {days.ends_on} were agreed, and the visit would have been held from {started_on} to {ended_on}",
            clause=agreement_clause(rules.rulebook) or stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"days from {days.starts_on} to {days.ends_on}, or the agreement to other days first",
        )
    ready_on = guards.ready_on(state, rules.rulebook)
    if started_on < ready_on:
        raise Refused(
            f"the visit would have started on {started_on}, and what comes before it was done on {ready_on} only",
            clause=agreement_clause(rules.rulebook) or stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts=f"a start on {ready_on} or later",
        )


@enforces(AAKR, "II.4.i")
@enforces(SAPATTUU, "3.1")
def _report(command: ReportMonitoringVisit, state: MonitoringVisit, rules: Rules, on: date) -> Sequence[Event]:
    """With every section that the text names, and in the rulebook's words."""
    book = rules.rulebook
    found = [finding.section for finding in command.findings]
    faults = [
        *_strange("#/findings", "section", found, sections(book)),
        *_faults_of_verdicts(command.verdicts, book.vocabularies.get("fulfilment", {})),
        *_strange("#/signed_by", "", command.signed_by, state.expert_ids),
    ]
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)
    missing = [word for word in written(book) if word not in found]
    if missing:
        raise Refused(
            f"the report on the visit says nothing on: {', '.join(missing)}",
            clause=report_clause(book),
            rulebook=book.id,
            accepts=f"findings on: {', '.join(written(book))}",
            missing=missing,
        )
    return [MonitoringVisitReported(**state.ids, submitted_on=on, **command.model_dump(exclude={"at", "by"}))]


def _strange(pointer: str, field: str, words: Sequence[str], known: Any) -> list[dict[str, str]]:
    """The words that are not known, or stand twice."""
    accepted = ", ".join(known) or "none: this rulebook prescribes none"
    return [
        {"pointer": f"{pointer}/{n}" + (f"/{field}" if field else ""), "detail": f"{word} is named twice or unknown; accepted: {accepted}"}
        for n, word in enumerate(words)
        if word not in known or word in words[:n]
    ]


def _faults_of_verdicts(verdicts: Sequence[VisitVerdict], scale: Mapping[str, Any]) -> list[dict[str, str]]:
    faults = []
    for n, verdict in enumerate(verdicts):
        if verdict.measure_id is None and verdict.recommendation_id is None:
            faults.append({"pointer": f"#/verdicts/{n}", "detail": "a verdict names the measure or the recommendation that it is on"})
        if verdict.fulfilment is not None and verdict.fulfilment not in scale:
            accepted = ", ".join(scale) or "none, for this rulebook has no scale: say it in the note"
            faults.append(
                {"pointer": f"#/verdicts/{n}/fulfilment", "detail": f"{verdict.fulfilment} is no word for it; accepted: {accepted}"}
            )
    return faults


def must_be_of_group(state: MonitoringVisit, expert_id: str) -> None:
    """Forbidden for somebody who is neither an expert of the group nor the referent who leads it."""
    leads = state.case_officer if state.case_officer_leads else None
    if expert_id not in (*state.expert_ids, leads):
        raise Forbidden("of the group of this visit, its experts alone may do this")


def check_right(state: MonitoringVisit, on: date) -> None:
    """Conflict or Refused for a visit that could not have come about by the day `on`. It sees the visit as it would be read."""
    if state.rulebook is None:
        return
    rules = _rules_of(state.rulebook)
    if max(state.days) > on:
        raise Conflict(f"{max(state.days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
    for agreed in state.agreements:
        _check_consents(max(agreed.agreed_by_agency_on, agreed.agreed_by_institution_on), agreed.starts_on, rules)
    for order in state.orders:
        _check_ordered(order.ordered_on, order.starts_on, rules)
    if state.held:
        _check_course(state.held, state.submitted_on)
        _check_held(state.held.started_on, state.held.ended_on, state, rules)
        check_days(state.held.started_on, state.held.ended_on, rules)


def _check_course(held: MonitoringVisitHeld, submitted_on: date | None) -> None:
    course = [held.started_on, held.ended_on, *([submitted_on] if submitted_on else [])]
    if course != sorted(course):
        raise Conflict(
            f"the steps of the visit would come on {', '.join(map(str, course))}",
            accepts="days in the order of the steps; where several are wrong, the one that makes room is corrected first",
        )


def _rules_of(ref: RulebookRef) -> Rules:
    book = resolve(ref)
    return Rules(book, calendar_for(book.country))


def _rules(command: Any, state: MonitoringVisit) -> Rules:
    ref = command.rulebook if isinstance(command, OpenMonitoringVisit) else state.rulebook
    if ref is None:
        raise NotFound("no visit is opened in this cycle")
    return _rules_of(ref)


GUARDS: Mapping[type[Command], Guard] = {
    OpenMonitoringVisit: always,
    FormGroup: guards.formation,
    TellGroup: guards.notice,
    ObjectToMember: guards.objection,
    DecideMemberObjection: guards.objection_decision,
    ReplaceMember: guards.replacement,
    AgreeDates: guards.agreement,
    OrderVisit: guards.order,
    InvoiceCosts: always,
    HoldMonitoringVisit: guards.holding,
    ReportMonitoringVisit: guards.report,
}

MONITORING_VISIT: Decider[MonitoringVisit, Rules] = Decider("monitoring_visit", MonitoringVisit(), decide, evolve, _rules, GUARDS)
