"""Visits' routes for attestation commissions: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Principal, Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.text import Day, InstitutionId, Word
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, calendar_for, load
from services.visits import handlers_commission as handlers
from services.visits.contract import AttestationResultsAnalysed, ChairInformed, JointCommissionFormed, NoteHandedOver, QuestionnairesHeld
from services.visits.domain.commission import ATTESTATION_VISIT, BeginWork, EndWork, must_chair
from services.visits.domain.commission_members import ChangeAttestationCommission, FormAttestationCommission, FormJointCommission
from services.visits.domain.commission_rules import OBJECTS, approval_due_on, unmet, words
from services.visits.domain.commission_state import AttestationVisit, CommissionStage
from services.visits.domain.commission_study import AnalyseResults, AssignTasks, HandOverNote, HoldQuestionnaires, InformChair
from services.visits.domain.dates import Rules
from services.visits.readmodels_commission import attestation_visits, commission_notes, commission_questionnaires, commission_seats
from services.visits.schemas_commission import (
    AttestationVisitDetail,
    AttestationVisitItem,
    CommissionChange,
    NewCommission,
    NewJointCommission,
    NewTasks,
    Note,
    Progress,
    Questionnaires,
    ResultsAnalysis,
    WorkBeginning,
    WorkEnd,
)

router = APIRouter(prefix="/v1/attestation-visits")

APPROVING = [Role.authorised_body_officer, Role.director]
WORKING = [Role.expert, Role.coordinator]
BODY = [Role.authorised_body_officer, Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *BODY]

_V = attestation_visits.c
_NOTED = (
    select(func.count(func.distinct(commission_notes.c.object)))
    .where(commission_notes.c.attestation_id == _V.attestation_id, commission_notes.c.agency == _V.agency)
    .correlate(attestation_visits.table)
    .scalar_subquery()
    .label("notes")
)
VISITS_BY = sorting("starts_on", [_V.starts_on, _V.institution_id, _V.rulebook_id, _V.kind, _V.stage, _V.attestation_id], _V.attestation_id)

_NOT_FOR_INSTITUTIONS = tuple(
    kind.type_name() for kind in (ChairInformed, NoteHandedOver, QuestionnairesHeld, AttestationResultsAnalysed, JointCommissionFormed)
)


@post(router, "/{attestation_id}/commission", roles=APPROVING, command=FormAttestationCommission)
async def form_attestation_commission(ctx: Commanding, attestation_id: Id, body: NewCommission) -> Accepted:
    """Records the approval of the commission (attestation, p. 16, 17, 18); a late one counts, and is shown."""
    return await handlers.form_commission(ctx, attestation_id, body)


@post(router, "/{attestation_id}/replacements", roles=APPROVING, command=ChangeAttestationCommission)
async def change_attestation_commission(ctx: Commanding, attestation_id: Id, body: CommissionChange) -> Accepted:
    """Records that a member gave way to another, left or came, or that another chairs (attestation, p. 17, 18)."""
    return await handlers.change_commission(ctx, attestation_id, body)


@post(router, "/{attestation_id}/tasks", roles=WORKING, command=AssignTasks)
async def assign_attestation_tasks(ctx: Commanding, attestation_id: Id, body: NewTasks) -> Accepted:
    """Records what each member studies, as the chair assigned it, and the acts that he provided (attestation, p. 7, 20, 22)."""
    return await handlers.assign_tasks(ctx, attestation_id, body)


@post(router, "/{attestation_id}/beginning", roles=WORKING, command=BeginWork)
async def begin_attestation_work(ctx: Commanding, attestation_id: Id, body: WorkBeginning) -> Accepted:
    """Records that the commission began its work (attestation, p. 4, 19)."""
    return await handlers.begin_work(ctx, attestation_id, body)


@post(router, "/{attestation_id}/progress", roles=WORKING, command=InformChair)
async def inform_chair(ctx: Commanding, attestation_id: Id, body: Progress) -> Accepted:
    """A member tells the chair how the study goes (attestation, p. 23)."""
    return await handlers.inform_chair(ctx, attestation_id, body)


@post(router, "/{attestation_id}/notes", roles=WORKING, command=HandOverNote)
async def hand_over_note(ctx: Commanding, attestation_id: Id, body: Note) -> Accepted:
    """A member hands over his note on an object of study (attestation, p. 6, 8, 23); a later one takes its place."""
    return await handlers.hand_over_note(ctx, attestation_id, body)


@post(router, "/{attestation_id}/joint-commission", roles=WORKING, command=FormJointCommission)
async def form_joint_commission(ctx: Commanding, attestation_id: Id, body: NewJointCommission) -> Accepted:
    """Records who marks other works: the chair, a member, a teacher (attestation, p. 26); a later one takes its place."""
    return await handlers.form_joint_commission(ctx, attestation_id, body)


@post(router, "/{attestation_id}/questionnaires", roles=WORKING, command=HoldQuestionnaires)
async def hold_questionnaires(ctx: Commanding, attestation_id: Id, body: Questionnaires) -> Accepted:
    """Records questionnaires, and who was involved in them (attestation, p. 8, 27, 29)."""
    return await handlers.hold_questionnaires(ctx, attestation_id, body)


@post(router, "/{attestation_id}/results-analysis", roles=WORKING, command=AnalyseResults)
async def analyse_attestation_results(ctx: Commanding, attestation_id: Id, body: ResultsAnalysis) -> Accepted:
    """Records the commission's analysis of testing, other control and questionnaires (attestation, p. 28)."""
    return await handlers.analyse_results(ctx, attestation_id, body)


@post(router, "/{attestation_id}/end", roles=WORKING, command=EndWork)
async def end_attestation_work(ctx: Commanding, attestation_id: Id, body: WorkEnd) -> Accepted:
    """Records that the commission ended its work (attestation, p. 19), with a note on every object of study (p. 7)."""
    return await handlers.end_work(ctx, attestation_id, body)


@post(router, "/{attestation_id}/corrections", roles=[Role.director])
async def correct_attestation_visit(ctx: Commanding, attestation_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a commission's work right, for a reason; the history keeps both."""
    return await handlers.correct_visit(ctx, attestation_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(AttestationVisitItem))
async def list_attestation_visits(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: CommissionStage | None = None,
    kind: Word | None = None,
    institution_id: InstitutionId | None = None,
    starts_from: Day | None = None,
    starts_until: Day | None = None,
    *,
    order: Annotated[Order, Depends(VISITS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Attestation commissions by the start of the attestation; an institution's officer sees its own, an expert those he sits in."""
    query = select(attestation_visits.table, _NOTED).where(_visible(ctx))
    query = narrowed(query, ((_V.stage, stage), (_V.kind, kind), (_V.institution_id, institution_id)))
    if starts_from is not None:
        query = query.where(_V.starts_on >= starts_from)
    if starts_until is not None:
        query = query.where(_V.starts_on <= starts_until)
    return await page_of(ctx, query, keys=order, model=AttestationVisitItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{attestation_id}", roles=INVOLVED, response_model=AttestationVisitDetail)
async def read_attestation_visit(ctx: Reading, attestation_id: Id, request: Request, response: Response) -> Any:
    """One commission (ids, no names), its tasks and its work, and what the caller may do. Its papers are not for the institution."""
    found = await _visit(ctx, attestation_id)
    caller: Principal = request.state.principal
    etag(response, found["version"])
    state, _ = await ctx.load(ATTESTATION_VISIT, attestation_id)
    rules = _rules(found)
    due_on = approval_due_on(state, rules)
    inside = _inside(caller, state)
    told = {
        "members": await _all(ctx, commission_seats, attestation_id),
        "approval_due_on": due_on,
        "approved_late": bool(due_on and state.approved_on and state.approved_on > due_on),
        "tasks": _tasks(state),
        "unassigned": _unassigned(state, rules.rulebook),
        "not_conforming": unmet(state.notes) if inside else None,
        "written": await _all(ctx, commission_notes, attestation_id) if inside else None,
        "questionnaires": await _all(ctx, commission_questionnaires, attestation_id) if inside else None,
        "joint_commission": {**state.joint.model_dump(), **({} if inside else {"teacher": None})} if state.joint else None,
        "awaits": _awaits(state, rules),
    }
    if not inside:
        told |= {"analysis": None, "analysed_on": None}
    book, ids, bars = rules.rulebook, {"attestation_id": attestation_id}, _barred(caller, state)
    actions = allowed_actions(request, router, ATTESTATION_VISIT, state, rules, ids=ids, regulation=book, barred=bars)
    return AttestationVisitDetail.model_validate({**found, **told, "allowed_actions": actions})


@get(router, "/{attestation_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def attestation_visit_history(ctx: Reading, attestation_id: Id) -> Any:
    """Every fact of a commission's work, oldest first; its own papers are not the institution's."""
    entries = await history(ctx, ATTESTATION_VISIT, attestation_id, _rules(await _visit(ctx, attestation_id)).rulebook)
    state, _ = await ctx.load(ATTESTATION_VISIT, attestation_id)
    if ctx.principal is None or _inside(ctx.principal, state):
        return entries
    return [entry for entry in entries if entry.type not in _NOT_FOR_INSTITUTIONS]


def _inside(who: Principal, state: AttestationVisit) -> bool:
    """Whether the papers of the commission are for the caller: an organisation's officer who is an expert elsewhere is none of it."""
    return who.has(*BODY) or (who.has(Role.expert) and who.subject in state.expert_ids)


def _tasks(state: AttestationVisit) -> list[dict[str, Any]]:
    notes = {(note.object, note.expert_id): note.handed_over_on for note in state.notes}
    return [{**task.model_dump(), "note_on": notes.get((task.object, task.expert_id))} for task in state.tasks]


def _unassigned(state: AttestationVisit, book: Rulebook) -> list[str]:
    given = {task.object for task in state.tasks} | state.noted
    return [word for word in words(book, OBJECTS) if word not in given]


def _awaits(state: AttestationVisit, rules: Rules) -> str | None:
    against = ATTESTATION_VISIT.refusals(state, rules)[EndWork]
    return str(against) if against and state.ended_on is None else None


def _barred(caller: Principal, state: AttestationVisit) -> dict[type[Command], Problem | None]:
    """What is the chair's alone, for a member; a coordinator records for everybody."""
    chairs = None if caller.has(Role.coordinator) else problem_of(must_chair, state, caller.subject)
    return {AssignTasks: chairs, BeginWork: chairs, FormJointCommission: chairs, EndWork: chairs}


async def _all(ctx: Context, model: Any, attestation_id: str) -> list[dict[str, Any]]:
    query = select(model.table).where(model.c.attestation_id == attestation_id).order_by(*model.table.primary_key.columns)
    return [dict(row) for row in await ctx.rows(query)]


async def _visit(ctx: Context, attestation_id: str) -> RowMapping:
    found = await ctx.row(select(attestation_visits.table, _NOTED).where(_V.attestation_id == attestation_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no commission of attestation {attestation_id}")
    return found


def _rules(found: RowMapping) -> Rules:
    book = load(found["rulebook"]["id"], found["rulebook"]["version"])
    return Rules(book, calendar_for(book.country))


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*BODY):
        return true()
    own = _V.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    seats = commission_seats.c
    mine = select(seats.attestation_id).where(seats.expert_id == ctx.actor, seats.left_on.is_(None), seats.agency == ctx.agency)
    return or_(own, _V.attestation_id.in_(mine) if who.has(Role.expert) else false())
