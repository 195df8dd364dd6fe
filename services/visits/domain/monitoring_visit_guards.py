"""What the state of a monitoring visit alone says against a step, whatever its body."""

from datetime import date

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.visits.domain.dates import Rules
from services.visits.domain.monitoring_visit_group import objectionable
from services.visits.domain.monitoring_visit_rules import (
    AAKR,
    SAPATTUU,
    agreement_clause,
    agrees_group,
    group_clause,
    notice_clause,
    order_clause,
    report_clause,
)
from services.visits.domain.monitoring_visit_state import MonitoringVisit


def formation(state: MonitoringVisit, _rules: Rules) -> None:
    """Once."""
    if state.stage != "opened":
        raise Conflict("the group of this visit is formed already")


def _not_held(state: MonitoringVisit, rules: Rules) -> None:
    if state.held:
        raise Conflict(f"the visit was held from {state.held.started_on} to {state.held.ended_on}")
    if state.stage == "opened":
        raise _first(
            "the group of this visit is not formed yet", group_clause(rules.rulebook), rules.rulebook, "the formation of the group"
        )


def _whole(state: MonitoringVisit, rules: Rules) -> None:
    _not_held(state, rules)
    if state.vacancies:
        left = ", ".join(state.vacant_ids)
        raise _first(f"the place of {left} is open", group_clause(rules.rulebook), rules.rulebook, "the replacement of the expert")


def notice(state: MonitoringVisit, rules: Rules) -> None:
    """Of a group that is whole, as often as something has changed."""
    _whole(state, rules)


def objection(state: MonitoringVisit, rules: Rules) -> None:
    """To somebody of whom the institution was told, until the visit is held."""
    _not_held(state, rules)
    if objectionable(state):
        return
    if state.objected:
        raise Conflict(f"an objection to {', '.join(state.objected)} awaits its decision")
    raise _first("the institution was told of no expert who sits in the group", group_clause(rules.rulebook), rules.rulebook, "the notice")


def objection_decision(state: MonitoringVisit, _rules: Rules) -> None:
    """Of an objection that awaits one."""
    if not state.objected:
        raise Conflict("no objection to an expert awaits a decision")


def replacement(state: MonitoringVisit, rules: Rules) -> None:
    """Until the visit is held."""
    _not_held(state, rules)


def agreement(state: MonitoringVisit, rules: Rules) -> None:
    """With a group that is whole, for it is agreed or told of with the days."""
    _whole(state, rules)


def order(state: MonitoringVisit, rules: Rules) -> None:
    """On a group that is whole."""
    _whole(state, rules)


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s1", "2.11.p1.s3")
def holding(state: MonitoringVisit, rules: Rules) -> None:
    """Once, after everything that the rulebook asks for before it: notice, agreement and order, all of the group as it is."""
    _whole(state, rules)
    book = rules.rulebook
    told, agreed, agreed_group, ordered = notice_clause(book), agreement_clause(book), agrees_group(book), order_clause(book)
    if state.objected:
        names = ", ".join(state.objected)
        clause = agreed_group or told or group_clause(book)
        raise _first(f"the institution's objection to {names} is not decided yet", clause, book, "the decision on it")
    if told is not None and not state.is_told:
        raise _first("the institution was not told of this group", told, book, "the notice of the visit and of its experts")
    if agreed is not None and state.agreed is None:
        raise _first("the days of the visit are not agreed", agreed, book, "the agreement of both sides to the days")
    if agreed_group is not None and not state.is_agreed:
        raise _first("this group was not agreed with the institution", agreed_group, book, "the agreement to the days with this group")
    if ordered is not None and not state.is_ordered:
        why = "no order approves this group and these days" if state.order else "no order approves the group and the days"
        raise _first(why, ordered, book, "the director's order on them")
    ready = ready_on(state, book)
    if state.agreed and state.agreed.ends_on < ready:
        why = f"the days that were agreed end on {state.agreed.ends_on}, and what comes before them was done on {ready} only"
        raise _first(why, agreed or group_clause(book), book, "the agreement to later days")


def ready_on(state: MonitoringVisit, book: Rulebook) -> date:
    """The first day on which everything was in place that the rulebook asks for before the visit."""
    days = [state.formed_on] if state.formed_on else []
    if state.told and notice_clause(book):
        days.append(state.told.told_on)
    if state.order and order_clause(book):
        days.append(state.order.ordered_on)
    if state.agreed:
        days += [state.agreed.agreed_by_agency_on, state.agreed.agreed_by_institution_on]
    return max(days)


@enforces(AAKR, "II.4.i")
@enforces(SAPATTUU, "3.1")
def report(state: MonitoringVisit, rules: Rules) -> None:
    """Once, after the visit."""
    if state.stage == "reported":
        raise Conflict(f"the report on this visit was submitted on {state.submitted_on}")
    if state.held is None:
        raise _first("the visit is not held yet", report_clause(rules.rulebook), rules.rulebook, "the visit")


def _first(why: str, clause: str, book: Rulebook, accepts: str) -> Refused:
    return Refused(why, clause=clause, rulebook=book.id, accepts=f"{accepts} first")
