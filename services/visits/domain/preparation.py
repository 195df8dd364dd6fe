"""What the panel needs before it goes: the materials, the webinar, the briefing, or the study of the report
(order 109, p. 16; IQAA, S2.d, S2.e).

Which of them are needed the rulebook's stages say: a step that it does not name is recorded if it is told, and asked of nobody.
"""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from regulations import Rulebook, compute, earliest_anchor, enforces
from services.visits.contract import BriefingHeld, MaterialsSent, ReportStudied, WebinarHeld
from services.visits.domain.dates import IQAA, ORDER_109, Rules, clause_of, visit_clause
from services.visits.domain.panel import FINAL_VERSION, no_open_objection, no_vacancy
from services.visits.domain.state import Visit

NOTICE_OF_PANEL = "panel_notice"
MATERIALS = "materials"
WEBINAR = "webinar"
BRIEFING = "briefing"
PREPARATION = "panel_preparation"
MATERIALS_TERM = "materials_to_experts"
STUDY_CLAUSE = "16"


class SendMaterials(Command):
    """Sends the materials to every expert who has none yet; each document's kind is a word of the rulebook's preparation.

    `final_version_on` is the day on which the final version of the self-assessment report was accepted, if it was.
    """

    records = (MaterialsSent,)

    documents: tuple[Document, ...]
    final_version_on: date | None = None


class HoldWebinar(Command):
    """The webinar of the day: who was there, and which of the rulebook's topics were treated."""

    records = (WebinarHeld,)

    attended: tuple[str, ...]
    topics: tuple[str, ...]


class HoldBriefing(Command):
    """The briefing of the day: who was there."""

    records = (BriefingHeld,)

    attended: tuple[str, ...]


class ConfirmReportStudied(Command):
    """An expert confirms for himself."""

    records = (ReportStudied,)

    expert_id: str


def step_clause(book: Rulebook, stage_id: str) -> str:
    """The clause of a step, else of the visit."""
    stage = book.stage(stage_id)
    return clause_of(stage) if stage else visit_clause(book)


def study_clause(book: Rulebook) -> str:
    """The clause by which the experts prepare: of the materials, else of the study of the report, else of the visit."""
    stage = book.stage(MATERIALS)
    if stage:
        return clause_of(stage)
    return STUDY_CLAUSE if STUDY_CLAUSE in book.clauses else visit_clause(book)


def parts_of(book: Rulebook, stage_id: str) -> tuple[str, ...]:
    """What the rulebook puts into a step of the preparation: the sections that stand under the clause of its stage."""
    stage = book.stage(stage_id)
    sections = book.contents.get(PREPARATION, {})
    return tuple(name for name, section in sections.items() if stage and section.clause == stage.clause)


@enforces(ORDER_109, "16")
def confirm(command: ConfirmReportStudied, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """Every member confirms for himself, once."""
    if command.expert_id not in state.expert_ids:
        raise Refused(
            f"{command.expert_id} is not of the commission of this visit",
            clause=study_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the confirmation of a member of the commission",
        )
    if command.expert_id in state.studied:
        raise Conflict(f"{command.expert_id} has confirmed already")
    return [ReportStudied(case_id=state.case_id, expert_id=command.expert_id, studied_on=on)]


@enforces(IQAA, "S2.d")
def send_materials(command: SendMaterials, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """Every part goes to every expert who has none; late is flagged, or refused where the agency reads it so."""
    book = rules.rulebook
    final_version_in(command.final_version_on, rules)
    _all_parts({document.kind for document in command.documents}, MATERIALS, rules)
    experts = tuple(expert_id for expert_id in state.expert_ids if expert_id not in state.supplied)
    due_on = _due(state.announced.starts_on, rules) if state.announced else None
    late = due_on is not None and on > due_on
    if late and book.setting_if_any("materials_late") == "refused":
        first = earliest_anchor(book, MATERIALS_TERM, on, calendar=rules.calendar)
        raise Refused(
            f"the materials were due by {due_on}",
            clause=step_clause(book, MATERIALS),
            rulebook=book.id,
            accepts=f"a visit that starts on {first} or later",
            first_start_on=first.isoformat(),
        )
    sent = MaterialsSent(case_id=state.case_id, experts=experts, documents=command.documents, sent_on=on, due_on=due_on, late=late)
    return [sent]


@enforces(IQAA, "S2.b", "S2.d")
def final_version_in(final_version_on: date | None, rules: Rules) -> None:
    """The panel may stand earlier; what it relies on is the version that the agency has accepted, where there are versions."""
    book = rules.rulebook
    final = book.stage(FINAL_VERSION)
    if final and final_version_on is None:
        raise Refused(
            "the experts are sent the final version of the self-assessment report, and none is accepted yet",
            clause=step_clause(book, MATERIALS),
            rulebook=book.id,
            accepts=f"the acceptance of the final version ({clause_of(final)}) first",
        )


def _due(starts_on: date, rules: Rules) -> date | None:
    book = rules.rulebook
    return compute(book, MATERIALS_TERM, starts_on, calendar=rules.calendar).due_on if MATERIALS_TERM in book.terms else None


def _all_parts(given: set[str], stage_id: str, rules: Rules) -> None:
    parts = parts_of(rules.rulebook, stage_id)
    missing = [part for part in parts if part not in given]
    if missing:
        raise Refused(
            f"{', '.join(missing)} is missing",
            clause=step_clause(rules.rulebook, stage_id),
            rulebook=rules.rulebook.id,
            accepts=" and ".join(parts),
            missing=missing,
        )


@enforces(IQAA, "S2.e.1")
def hold_webinar(command: HoldWebinar, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The webinar treats what the rulebook says."""
    _check_attendance(command.attended, state)
    _all_parts(set(command.topics), WEBINAR, rules)
    return [WebinarHeld(case_id=state.case_id, attended=command.attended, topics=command.topics, held_on=on)]


@enforces(IQAA, "S2.e.2")
def hold_briefing(command: HoldBriefing, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The briefing comes right before the trip: not after the visit's days."""
    dates_ahead(state, on, rules)
    _check_attendance(command.attended, state)
    return [BriefingHeld(case_id=state.case_id, attended=command.attended, held_on=on)]


@enforces(IQAA, "S2.e.2")
def dates_ahead(state: Visit, on: date | None, rules: Rules) -> None:
    """A briefing needs dates that are announced, and that are not over on a day, if one is given."""
    if state.announced is None or (on is not None and on > state.announced.ends_on):
        raise Refused(
            "a briefing is held right before the trip, and no dates of a visit lie ahead",
            clause=step_clause(rules.rulebook, BRIEFING),
            rulebook=rules.rulebook.id,
            accepts="the announcement of dates first",
        )


def _check_attendance(attended: Sequence[str], state: Visit) -> None:
    faults = [
        {"pointer": f"#/attended/{index}", "detail": f"{expert_id} is not of this panel, or named twice"}
        for index, expert_id in enumerate(attended)
        if expert_id not in state.expert_ids or expert_id in attended[:index]
    ]
    if faults or not attended:
        raise Invalid("experts of the panel attend", errors=faults or [{"pointer": "#/attended", "detail": "nobody attended"}])


@enforces(IQAA, "S2.c.1", "S2.c.2")
def panel_stands(state: Visit, rules: Rules, clause: str) -> None:
    """The panel is formed, without vacancy or open objection, and the institution knows it where it must be told."""
    book = rules.rulebook
    if not state.formed:
        raise Refused("there is no panel yet", clause=clause, rulebook=book.id, accepts="the formation of the panel first")
    no_vacancy(state, rules)
    no_open_objection(state, rules)
    stage = book.stage(NOTICE_OF_PANEL)
    if stage and state.told != frozenset(state.expert_ids):
        raise Refused(
            "the institution was not told this composition of the panel",
            clause=clause_of(stage),
            rulebook=book.id,
            accepts="the notice of the composition first",
        )


@enforces(IQAA, "S2.d")
def supplied(state: Visit, rules: Rules) -> None:
    """Refused while an expert of the panel lacks the materials, where the rulebook sends them."""
    lacking = [expert_id for expert_id in state.expert_ids if expert_id not in state.supplied]
    if rules.rulebook.stage(MATERIALS) and lacking:
        raise Refused(
            f"the materials were not sent to {', '.join(lacking)} yet",
            clause=step_clause(rules.rulebook, MATERIALS),
            rulebook=rules.rulebook.id,
            accepts="the materials first",
            experts=lacking,
        )


@enforces(ORDER_109, "16")
@enforces(IQAA, "S2.c.1", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2")
def check_prepared(state: Visit, rules: Rules) -> None:
    """The visit waits for the steps that the rulebook names; where it names none, for every member's study of the report."""
    book = rules.rulebook
    if PREPARATION not in book.contents:
        unprepared = [expert_id for expert_id in state.expert_ids if expert_id not in state.studied]
        if unprepared:
            raise Refused(
                f"the commission studies the self-assessment report before the visit; not yet confirmed by {', '.join(unprepared)}",
                clause=study_clause(book),
                rulebook=book.id,
                accepts="the start after these members have confirmed",
                experts=unprepared,
            )
    panel_stands(state, rules, visit_clause(book))
    supplied(state, rules)
    for stage_id, held_on in ((WEBINAR, state.webinar_on), (BRIEFING, state.briefing_on)):
        stage = book.stage(stage_id)
        if stage and held_on is None:
            raise Refused(
                f"the {stage.names.en.lower()} was not held yet",
                clause=clause_of(stage),
                rulebook=book.id,
                accepts=f"the {stage.names.en.lower()} first",
            )
