"""Visits' routes for the control of learners' knowledge: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Principal, Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId, ShortText
from chassis.web import (
    Commanding,
    Cursor,
    HistoryEntry,
    Id,
    Limit,
    Reading,
    etag,
    get,
    history,
    narrowed,
    page_model,
    page_of,
    post,
    upload,
)
from regulations import Rulebook, load, resolve
from services.visits import handlers_control as handlers
from services.visits.control_files import MEDIA, read_learners, read_results
from services.visits.domain.control import (
    CONTROL,
    ApproveDisciplines,
    ConcludeControl,
    ForgetLearners,
    ListLearners,
    ProposeDisciplines,
)
from services.visits.domain.control_commission import must_be_of_commission, open_still
from services.visits.domain.control_drawing import DrawSample, tie_order
from services.visits.domain.control_results import RecordResults
from services.visits.domain.control_state import ControlStage
from services.visits.domain.sampling import ALGORITHM
from services.visits.handlers_control import BODY
from services.visits.readmodels_commission import commission_seats
from services.visits.readmodels_control import control_learners, controls, learner_names
from services.visits.schemas_control import (
    ControlDetail,
    ControlItem,
    DisciplineApproval,
    Disciplines,
    Draw,
    Erasure,
    LearnerItem,
    LearnerList,
    NewControl,
    Results,
    Sample,
)

router = APIRouter(prefix="/v1/controls")

COMMISSION = [*BODY, Role.expert]
LISTING = [Role.institution_officer, *BODY]
APPROVING = [Role.authorised_body_officer, Role.director]
AGENCY = [*BODY, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]

_C, _L, _N, _S = controls.c, control_learners.c, learner_names.c, commission_seats.c
CONTROLS_BY = sorting("opened_on", [_C.opened_on, _C.institution_id, _C.level, _C.form, _C.stage, _C.control_id], _C.control_id)
LEARNERS_BY = sorting("learner_id", [_L.learner_id, _L.standing, _L.drawn], _L.learner_id)


@post(router, "", roles=[*BODY, Role.expert], status=201, if_match=False)
async def open_control(ctx: Commanding, body: NewControl) -> Accepted:
    """Opens the control of a specialty, class or group in a form (attestation, p. 24, 27)."""
    return await handlers.open_control(ctx, body)


@post(router, "/{control_id}/discipline-proposal", roles=[*BODY], command=ProposeDisciplines)
async def propose_disciplines(ctx: Commanding, control_id: Id, body: Disciplines) -> Accepted:
    """Records the list of disciplines that went to the national testing centre (attestation, p. 24); again, until it is approved."""
    return await handlers.propose_disciplines(ctx, control_id, body)


@post(router, "/{control_id}/discipline-approval", roles=APPROVING, command=ApproveDisciplines)
async def approve_disciplines(ctx: Commanding, control_id: Id, body: DisciplineApproval) -> Accepted:
    """The authorised body approves the list of disciplines (attestation, p. 24)."""
    return await handlers.approve_disciplines(ctx, control_id, body)


@post(router, "/{control_id}/learners", roles=LISTING, command=ListLearners)
async def list_learners(ctx: Commanding, control_id: Id, body: LearnerList) -> Accepted:
    """Lists the learners of the graduating course (attestation, p. 24). They get pseudonyms; names and codes are kept apart, sealed.

    A later list takes the place of an earlier one until the sample is drawn; whom only the earlier one named is forgotten.
    """
    return await handlers.list_learners(ctx, control_id, body.learners)


@upload(router, "/{control_id}/learners/file", roles=LISTING, media=MEDIA, response_model=Accepted, if_match=True)
async def import_learners(ctx: Commanding, control_id: Id, request: Request) -> Any:
    """The same from a table with the columns code, name and standing: all of it, or nothing where a line cannot be taken."""
    table = await read_learners(request.stream(), await _rulebook(ctx, control_id))
    return _answer(await handlers.list_learners(ctx, control_id, table.bodies, table.hash))


@post(router, "/{control_id}/sample", roles=COMMISSION, command=DrawSample)
async def draw_sample(ctx: Commanding, control_id: Id, body: Draw) -> Accepted:
    """Draws who is controlled (attestation, p. 24): all of a small specialty, else 50 in proportion to the marks, by largest remainder."""
    return await handlers.draw_sample(ctx, control_id, body)


@post(router, "/{control_id}/results", roles=COMMISSION, command=RecordResults)
async def record_results(ctx: Commanding, control_id: Id, body: Results) -> Accepted:
    """Records what everybody of the sample did (attestation, p. 24-26); again, until the control is concluded. All of it, or nothing."""
    return await handlers.record_results(ctx, control_id, body.results, body.source)


@upload(router, "/{control_id}/results/file", roles=COMMISSION, media=MEDIA, response_model=Accepted, if_match=True)
async def import_results(
    ctx: Commanding, control_id: Id, request: Request, source: Annotated[ShortText, Query(description="The protocol, or the system")]
) -> Any:
    """The same from a table with the columns code or learner_id, took_part, right, questions and mark."""
    table = await read_results(request.stream(), await _rulebook(ctx, control_id))
    accepted = await handlers.record_results(ctx, control_id, table.bodies, source, file_hash=table.hash, lines=table.lines)
    return _answer(accepted)


@post(router, "/{control_id}/conclusion", roles=COMMISSION, command=ConcludeControl)
async def conclude_control(ctx: Commanding, control_id: Id) -> Accepted:
    """Makes the figures final that the decision rests on (attestation, p. 35)."""
    return await handlers.conclude_control(ctx, control_id)


@post(router, "/{control_id}/erasure", roles=[Role.director], command=ForgetLearners)
async def forget_learners(ctx: Commanding, control_id: Id, body: Erasure) -> Accepted:
    """Forgets who learners are, for good: their keys are deleted. Pseudonyms, marks and figures stay."""
    return await handlers.forget_learners(ctx, control_id, body)


@post(router, "/{control_id}/corrections", roles=[Role.director])
async def correct_control(ctx: Commanding, control_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a control right, for a reason; the history keeps both."""
    return await handlers.correct_control(ctx, control_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(ControlItem))
async def list_controls(
    ctx: Reading,
    request: Request,
    response: Response,
    attestation_id: Id | None = None,
    institution_id: InstitutionId | None = None,
    stage: ControlStage | None = None,
    *,
    order: Annotated[Order, Depends(CONTROLS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Controls by opening date; an institution's officer sees its own, an expert those of the commissions he sits in."""
    query = select(controls.table).where(_visible(ctx))
    query = narrowed(query, ((_C.attestation_id, attestation_id), (_C.institution_id, institution_id), (_C.stage, stage)))
    return await page_of(ctx, query, keys=order, model=ControlItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{control_id}", roles=INVOLVED, response_model=ControlDetail)
async def read_control(ctx: Reading, control_id: Id, request: Request, response: Response) -> Any:
    """One control with its figures, and what the caller may do."""
    found = await _control(ctx, control_id)
    etag(response, found["version"])
    state = await handlers.control_of(ctx, control_id)
    book = _book(found)
    visit, _ = await handlers.commission_of(ctx, found["attestation_id"])
    caller: Principal = request.state.principal
    closed = problem_of(open_still, visit)
    bar = closed or (None if caller.has(*BODY) else problem_of(must_be_of_commission, visit, caller.subject))
    barred: dict[type[Command], Problem | None] = dict.fromkeys((ProposeDisciplines, ApproveDisciplines, ListLearners), closed)
    barred |= dict.fromkeys((DrawSample, RecordResults, ConcludeControl), bar)
    actions = allowed_actions(request, router, CONTROL, state, book, ids={"control_id": control_id}, barred=barred)
    return ControlDetail.model_validate({**found, "allowed_actions": actions})


@get(router, "/{control_id}/learners", roles=INVOLVED, response_model=page_model(LearnerItem))
async def list_controlled_learners(
    ctx: Reading,
    request: Request,
    response: Response,
    control_id: Id,
    drawn: bool | None = None,
    *,
    order: Annotated[Order, Depends(LEARNERS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The learners of a control: pseudonyms, with names for the authorised body and the commission alone."""
    found = await _control(ctx, control_id)
    query = (await _learners(ctx, found)).where(*([] if drawn is None else [_L.drawn.is_(drawn)]))
    return await page_of(ctx, query, keys=order, model=LearnerItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{control_id}/sample", roles=INVOLVED, response_model=Sample)
async def read_sample(ctx: Reading, control_id: Id, response: Response) -> Any:
    """Who was drawn, and how anybody can draw it again; with names for the authorised body and the commission alone."""
    found = await _control(ctx, control_id)
    if found["seed"] is None:
        raise NotFound("the sample of this control is not drawn yet")
    etag(response, found["version"])
    query = (await _learners(ctx, found)).where(_L.drawn.is_(True)).order_by(_L.learner_id)
    learners = [LearnerItem.model_validate(dict(row)) for row in await ctx.rows(query)]
    how = {"algorithm": ALGORITHM, "order": list(tie_order(_book(found)))}
    return Sample.model_validate({**found, **how, "learners": learners})


@get(router, "/{control_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def control_history(ctx: Reading, control_id: Id) -> Any:
    """Every fact of a control, oldest first; learners are pseudonyms there."""
    return await history(ctx, CONTROL, control_id, _book(await _control(ctx, control_id)))


async def _learners(ctx: Context, found: RowMapping) -> Any:
    """Learners of a control; who they are for those who may know."""
    who = ctx.principal
    sits = (await handlers.commission_of(ctx, found["attestation_id"]))[1]
    knows = who is not None and (who.has(*BODY) or (who.has(Role.expert) and sits))
    join = control_learners.table.outerjoin(learner_names.table, and_(_N.learner_id == _L.learner_id, true() if knows else false()))
    query = select(control_learners.table, _N.code, _N.name).select_from(join)
    return query.where(_L.control_id == found["control_id"])


async def _rulebook(ctx: Context, control_id: str) -> Rulebook:
    """Of a control, for the words of a file; what may be done with it is decided where it is recorded."""
    state = await handlers.control_of(ctx, control_id)
    ctx.guard_institution(state)
    if state.rulebook is None:
        raise NotFound(f"there is no control {control_id}")
    return resolve(state.rulebook)


def _answer(accepted: Accepted) -> Response:
    content = orjson.dumps(accepted.model_dump(mode="json"))
    return Response(content, headers={"ETag": f'"{accepted.version}"'}, media_type="application/json")


async def _control(ctx: Context, control_id: str) -> RowMapping:
    found = await ctx.row(select(controls.table).where(_C.control_id == control_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no control {control_id}")
    return found


def _book(found: RowMapping) -> Rulebook:
    return load(found["rulebook"]["id"], found["rulebook"]["version"])


def _visible(ctx: Context) -> ColumnElement[bool]:
    """An institution's officer sees its own, an expert those of the attestations in whose commission he sits."""
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = _C.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    mine = select(_S.attestation_id).where(_S.expert_id == ctx.actor, _S.left_on.is_(None), _S.agency == ctx.agency)
    return or_(own, _C.attestation_id.in_(mine) if who.has(Role.expert) else false())
