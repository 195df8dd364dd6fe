"""What the state of a visit alone says against a step, whatever its body: asked before every decision, and of every detail that tells
which steps are open."""

from chassis.problems import Conflict, Refused
from regulations import enforces
from services.visits.domain.conflicts import PANEL, conflict_clause, panel_clause
from services.visits.domain.dates import IQAA, ORDER_109, Rules, clause_of, stay_clause, visit_clause
from services.visits.domain.panel import check_composition, no_vacancy
from services.visits.domain.preparation import (
    BRIEFING,
    MATERIALS,
    NOTICE_OF_PANEL,
    WEBINAR,
    check_prepared,
    dates_ahead,
    panel_stands,
    step_clause,
    study_clause,
    supplied,
)
from services.visits.domain.report import check_clause, report_clause
from services.visits.domain.standing import must_be_open
from services.visits.domain.state import BEFORE_THE_START, FactualCheck, Visit
from services.visits.domain.vacancy import check_minimum, whole_for_report


def _not_started(state: Visit) -> None:
    must_be_open(state)
    if state.stage not in BEFORE_THE_START:
        raise Conflict(f"the visit is {state.stage} already")


def _not_reported(state: Visit) -> None:
    must_be_open(state)
    if state.stage == "reported":
        raise Conflict("the report is submitted already: the panel's work is done")


def formation(state: Visit, _rules: Rules) -> None:
    """Once."""
    must_be_open(state)
    if state.formed:
        raise Conflict("the commission of this visit is formed already")


@enforces(IQAA, "S2.c.1")
def composition(state: Visit, rules: Rules) -> None:
    """The institution is told the composition, and again whenever it has changed; a panel with a vacant seat is none to be told."""
    _not_reported(state)
    book = rules.rulebook
    stage = book.stage(NOTICE_OF_PANEL)
    clause = clause_of(stage) if stage else panel_clause(book)
    if not state.formed:
        raise Refused(
            "there is no panel yet whose composition could be told", clause=clause, rulebook=book.id, accepts="the formation of the panel"
        )
    no_vacancy(state, rules)
    if state.told == frozenset(state.expert_ids):
        raise Conflict("the institution was told this composition already")


@enforces(IQAA, "S2.c.2")
def objection(state: Visit, rules: Rules) -> None:
    """To somebody of whom the institution was told, until the visit starts."""
    must_be_open(state)
    book = rules.rulebook
    known = [expert_id for expert_id in state.expert_ids if expert_id in (state.told or ())]
    if not known:
        raise Refused(
            "the institution was told of no expert who sits in the panel",
            clause=conflict_clause(book),
            rulebook=book.id,
            accepts="an objection to an expert of the composition that was told",
        )
    _not_started(state)
    if set(known) <= set(state.objected):
        raise Conflict(f"an objection to {', '.join(known)} awaits its decision")
    if book.setting_if_any("replacement_requests") == "one_request" and state.objections:
        raise Refused(
            "the agency reads the clause as one request, and one was made",
            clause=conflict_clause(book),
            rulebook=book.id,
            accepts="no further objection in this case",
        )


@enforces(IQAA, "S2.c.2")
def objection_decision(state: Visit, _rules: Rules) -> None:
    """Of an objection that awaits one."""
    must_be_open(state)
    if not state.objected:
        raise Conflict("no objection to an expert awaits a decision")


def drop_out(state: Visit, _rules: Rules) -> None:
    """Until the report is submitted."""
    _not_reported(state)
    if not state.members:
        raise Conflict("nobody holds a seat in this panel")


def replacement(state: Visit, _rules: Rules) -> None:
    """Of a seat that somebody left, until the report is submitted."""
    _not_reported(state)
    if not state.vacancies:
        raise Conflict("no seat of the panel is vacant")


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def panel_statement(state: Visit, rules: Rules) -> None:
    """Where a seat is vacant and somebody is left; before the visit the panel is what the rulebook asks for all the same."""
    replacement(state, rules)
    book = rules.rulebook
    if not state.members:
        raise Refused(
            "nobody is left in the panel",
            clause=panel_clause(book),
            rulebook=book.id,
            accepts="the replacement of the experts",
        )
    if state.started_on is None:
        wanted = book.compositions.get(PANEL)
        carried = dict.fromkeys(state.expert_ids, tuple(wanted.requires) if wanted else ())
        check_composition(state.members, carried, rules)
        check_minimum(state, rules)


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def announcement(state: Visit, rules: Rules) -> None:
    """Dates are announced for a commission that is there, and not once it is on its way."""
    must_be_open(state)
    if not state.formed:
        raise Refused(
            "the commission is not formed yet: there is nobody whose visit could be announced",
            clause=panel_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the formation of the commission first",
        )
    if state.stage not in BEFORE_THE_START:
        raise Conflict(f"the visit is {state.stage} already: its dates stand")


@enforces(IQAA, "S2.d")
def materials(state: Visit, rules: Rules) -> None:
    """Before a visit whose dates are told, once the panel stands, to experts who have none."""
    _not_started(state)
    clause = step_clause(rules.rulebook, MATERIALS)
    panel_stands(state, rules, clause)
    if state.announced is None:
        raise Refused(
            "the materials are sent before the visit, and its dates are not announced yet",
            clause=clause,
            rulebook=rules.rulebook.id,
            accepts="the announcement of the dates first",
        )
    if state.supplied >= set(state.expert_ids):
        raise Conflict("every expert of the panel has the materials already")


@enforces(IQAA, "S2.e.1")
def webinar(state: Visit, rules: Rules) -> None:
    """Once, before the visit, for experts who have the materials."""
    _not_started(state)
    if state.webinar_on:
        raise Conflict(f"the webinar was held on {state.webinar_on}")
    panel_stands(state, rules, step_clause(rules.rulebook, WEBINAR))
    supplied(state, rules)


@enforces(IQAA, "S2.e.2")
def briefing(state: Visit, rules: Rules) -> None:
    """Once for the dates of a visit, after the webinar."""
    _not_started(state)
    book = rules.rulebook
    if state.briefing_on:
        raise Conflict(f"the briefing was held on {state.briefing_on}")
    panel_stands(state, rules, step_clause(book, BRIEFING))
    dates_ahead(state, None, rules)
    if book.stage(WEBINAR) and not state.webinar_on:
        raise Refused(
            "the webinar comes before the briefing, and it was not held yet",
            clause=step_clause(book, WEBINAR),
            rulebook=book.id,
            accepts="the webinar first",
        )


@enforces(ORDER_109, "16")
def study(state: Visit, rules: Rules) -> None:
    """By members who have not confirmed it yet."""
    must_be_open(state)
    if not state.members:
        raise Refused(
            "nobody is of the commission of this visit",
            clause=study_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the formation of the commission first",
        )
    if state.studied >= set(state.expert_ids):
        raise Conflict("every member has confirmed already")


@enforces(ORDER_109, "14 (b)", "16")
@enforces(IQAA, "S2.f.1")
def start(state: Visit, rules: Rules) -> None:
    """A visit whose dates are told starts with a commission that is prepared."""
    _not_started(state)
    if state.announced is None:
        raise Refused(
            "the dates of the visit are not announced yet",
            clause=visit_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the announcement of the dates first",
        )
    check_prepared(state, rules)


def interruption(state: Visit, _rules: Rules) -> None:
    """Of a visit that is under way."""
    must_be_open(state)
    if state.stage != "started":
        state_is = "not started yet" if state.stage in BEFORE_THE_START else f"{state.stage} already"
        raise Conflict(f"the visit is {state_is}: there is nothing to interrupt")


@enforces(ORDER_109, "15")
@enforces(IQAA, "S2.f.1")
def completion(state: Visit, rules: Rules) -> None:
    """Of a visit that is under way."""
    must_be_open(state)
    if state.stage in ("completed", "reported"):
        raise Conflict("the visit is completed already")
    if state.stage != "started":
        raise Refused(
            "the visit was interrupted and has not started again" if state.stage == "interrupted" else "the visit has not started",
            clause=stay_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the start of the visit first",
        )


@enforces(ORDER_109, "9.6", "17")
@enforces(IQAA, "S2.g")
def report(state: Visit, rules: Rules) -> None:
    """Once, after the visit, by a panel that is whole."""
    must_be_open(state)
    if state.stage == "reported":
        raise Conflict("the report on this visit is submitted already")
    if state.stage != "completed":
        raise Refused(
            "a report on the visit is drawn up after it, and the visit is not completed",
            clause=report_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the completion of the visit first",
        )
    whole_for_report(state, rules)


@enforces(IQAA, "S2.h")
def check_sending(state: Visit, rules: Rules) -> None:
    """The report goes to the institution once it is there."""
    must_be_open(state)
    if state.check:
        raise Conflict(f"the report was sent to the institution on {state.check.sent_on}")
    if state.stage != "reported":
        raise Refused(
            "there is no report yet that could be sent to the institution",
            clause=check_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the panel's report first",
        )


@enforces(IQAA, "S2.h")
def check_answer(state: Visit, rules: Rules) -> None:
    """The institution answers once, whole."""
    if _open_check(state, rules).corrections is not None:
        raise Conflict("the institution has answered already")


@enforces(IQAA, "S2.h")
def check_closing(state: Visit, rules: Rules) -> None:
    """Once, after the report was sent."""
    _open_check(state, rules)


def _open_check(state: Visit, rules: Rules) -> FactualCheck:
    must_be_open(state)
    if state.check is None:
        raise Refused(
            "the report was not sent to the institution yet",
            clause=check_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the sending of the report first",
        )
    if state.check.closed:
        raise Conflict("the factual check is closed already")
    return state.check
