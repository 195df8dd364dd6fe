"""Council's routes for councils, meetings and cases: parse, call a handler or a query, answer. No rule lives here."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.council import actions, api_dossier, api_remedies, handlers, handlers_remedies
from services.council.api_remedies import afterwards, with_commissions
from services.council.domain.appeal import DecideAppeal, FileAppeal
from services.council.domain.consideration import CONSIDERATION, AdoptDecision, CastVote, PrepareMaterials, RecuseMember
from services.council.domain.council import COUNCIL
from services.council.domain.meeting import MEETING, RecordAttendance
from services.council.domain.notices import SendRefusalNotice
from services.council.readmodels import appeals, considerations, councils, meetings, recusals, votes
from services.council.readmodels_dossier import dossiers, secret_ballots
from services.council.schemas import (
    AppealRuling,
    Attendance,
    Ballot,
    ConsiderationDetail,
    ConsiderationItem,
    CouncilDetail,
    CouncilItem,
    Materials,
    MeetingDetail,
    MeetingItem,
    NewAppeal,
    NewCouncil,
    NewMeeting,
    Protocol,
    Recusal,
    RefusalNotice,
    Stage,
)

router = APIRouter(prefix="/v1")

#: Commands on councils, meetings and cases stand in all of these.
ROUTERS = (router, api_dossier.router, api_remedies.router)

AGENCY = [Role.coordinator, Role.director, Role.council_member, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]

_O, _M, _C = councils.c, meetings.c, considerations.c
COUNCILS_BY = sorting("composed_on", [_O.composed_on, _O.rulebook_id, _O.council_id], _O.council_id)
MEETINGS_BY = sorting("held_on", [_M.held_on, _M.council_id, _M.ballot, _M.meeting_id], _M.meeting_id)
CONSIDERATIONS_BY = sorting("opened_on", [_C.opened_on, _C.institution_id, _C.rulebook_id, _C.stage, _C.filed_on, _C.case_id], _C.case_id)


@post(router, "/councils", roles=[Role.director], status=201, if_match=False)
async def compose_council(ctx: Commanding, body: NewCouncil) -> Accepted:
    """Composes an Accreditation Council with every group, by two acts of the body (order 109, p. 6, 7)."""
    return await handlers.compose_council(ctx, body)


@get(router, "/councils", roles=AGENCY, response_model=page_model(CouncilItem))
async def list_councils(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(COUNCILS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Councils by the day of their composition."""
    query = select(councils.table)
    return await page_of(ctx, query, keys=order, model=CouncilItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/councils/{council_id}", roles=AGENCY, response_model=CouncilDetail)
async def read_council(ctx: Reading, council_id: Id, request: Request, response: Response) -> Any:
    """One council with the names of all who sit and sat in it, opened from the sealed events; a forgotten member's name is gone."""
    found = await ctx.row(select(councils.table).where(councils.c.council_id == council_id))
    if found is None:
        raise NotFound(f"there is no council {council_id}")
    council, _ = await ctx.load(COUNCIL, council_id)
    etag(response, found["version"])
    open_now = actions.of_council(request, ROUTERS, council)
    return CouncilDetail.model_validate({**found, "members": council.members, "allowed_actions": open_now})


@get(router, "/councils/{council_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def council_history(ctx: Reading, council_id: Id) -> Any:
    """Every fact of a council, oldest first."""
    state, known = await ctx.load(COUNCIL, council_id)
    if not known:
        raise NotFound(f"there is no council {council_id}")
    return await history(ctx, COUNCIL, council_id, resolve(state.rulebook) if state.rulebook else None)


@post(router, "/meetings", roles=[Role.coordinator], status=201, if_match=False)
async def convene_meeting(ctx: Commanding, body: NewMeeting) -> Accepted:
    """Convenes a meeting on cases whose materials are ready (order 109, p. 9.7, 9.8)."""
    return await handlers.convene_meeting(ctx, body)


@post(router, "/meetings/{meeting_id}/attendance", roles=[Role.coordinator], command=RecordAttendance)
async def record_attendance(ctx: Commanding, meeting_id: Id, body: Attendance) -> Accepted:
    """Records who is present; the last record counts."""
    return await handlers.record_attendance(ctx, meeting_id, body)


@get(router, "/meetings", roles=AGENCY, response_model=page_model(MeetingItem))
async def list_meetings(
    ctx: Reading,
    request: Request,
    response: Response,
    council_id: Annotated[str | None, Query(max_length=80)] = None,
    *,
    order: Annotated[Order, Depends(MEETINGS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Meetings by their day."""
    c = meetings.c
    query = select(meetings.table)
    if council_id is not None:
        query = query.where(c.council_id == council_id)
    return await page_of(ctx, query, keys=order, model=MeetingItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/meetings/{meeting_id}", roles=AGENCY, response_model=MeetingDetail)
async def read_meeting(ctx: Reading, meeting_id: Id, request: Request, response: Response) -> Any:
    """One meeting."""
    found = await ctx.row(select(meetings.table).where(meetings.c.meeting_id == meeting_id))
    if found is None:
        raise NotFound(f"there is no meeting {meeting_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(MEETING, meeting_id)
    return MeetingDetail.model_validate({**found, "allowed_actions": actions.of_meeting(request, ROUTERS, ctx, state)})


@get(router, "/meetings/{meeting_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def meeting_history(ctx: Reading, meeting_id: Id) -> Any:
    """Every fact of a meeting, oldest first."""
    state, known = await ctx.load(MEETING, meeting_id)
    if not known:
        raise NotFound(f"there is no meeting {meeting_id}")
    return await history(ctx, MEETING, meeting_id, resolve(state.convened.rulebook) if state.convened else None)


@post(router, "/considerations/{case_id}/materials", roles=[Role.coordinator], command=PrepareMaterials)
async def prepare_materials(ctx: Commanding, case_id: Id, body: Materials) -> Accepted:
    """Prepares the materials for the council (order 109, p. 9.7, 18)."""
    return await handlers.prepare_materials(ctx, case_id, body)


@post(router, "/considerations/{case_id}/recusals", roles=[Role.council_member, Role.coordinator], command=RecuseMember)
async def recuse_member(ctx: Commanding, case_id: Id, body: Recusal) -> Accepted:
    """Records that a member takes no part in the case."""
    return await handlers.recuse_member(ctx, case_id, body)


@post(router, "/considerations/{case_id}/votes", roles=[Role.council_member], command=CastVote)
async def cast_vote(ctx: Commanding, case_id: Id, body: Ballot) -> Accepted:
    """Casts the caller's own vote on one scope (order 109, p. 9.8, 19)."""
    return await handlers.cast_vote(ctx, case_id, body)


@post(router, "/considerations/{case_id}/decision", roles=[Role.director], command=AdoptDecision)
async def adopt_decision(ctx: Commanding, case_id: Id, body: Protocol) -> Accepted:
    """Counts the votes of every scope and adopts the decision under its protocol (order 109, p. 8, 9.9, 19)."""
    return await handlers.adopt_decision(ctx, case_id, body)


@post(router, "/considerations/{case_id}/refusal-notice", roles=[Role.coordinator], command=SendRefusalNotice)
async def send_refusal_notice(ctx: Commanding, case_id: Id, body: RefusalNotice) -> Accepted:
    """Records the written notice of a refusal, with reasons (order 109, p. 22)."""
    return await handlers.send_refusal_notice(ctx, case_id, body)


@post(router, "/considerations/{case_id}/appeals", roles=[Role.institution_officer, Role.coordinator], command=FileAppeal)
async def file_appeal(ctx: Commanding, case_id: Id, body: NewAppeal) -> Accepted:
    """Records an appeal against the decision (order 109, p. 27; IQAA, S3.e)."""
    return await handlers_remedies.file_appeal(ctx, case_id, body)


@post(router, "/considerations/{case_id}/appeal-outcome", roles=[Role.director], command=DecideAppeal)
async def decide_appeal(ctx: Commanding, case_id: Id, body: AppealRuling) -> Accepted:
    """Records what was decided on the pending appeal, under the law or by its commission (order 109, p. 27; IQAA, S3.e)."""
    return await handlers_remedies.decide_appeal(ctx, case_id, body)


@get(router, "/considerations", roles=INVOLVED, response_model=page_model(ConsiderationItem))
async def list_considerations(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    *,
    order: Annotated[Order, Depends(CONSIDERATIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Cases before the council by the day they came to it; an institution's officer sees its own."""
    c = considerations.c
    query = narrowed(
        select(considerations.table), ((c.stage, stage), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution))
    )
    return await page_of(ctx, query, keys=order, model=ConsiderationItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/considerations/{case_id}", roles=INVOLVED, response_model=ConsiderationDetail)
async def read_consideration(ctx: Reading, case_id: Id, request: Request, response: Response) -> Any:
    """One case before the council; the agency also sees votes and recusals."""
    found = await ctx.row(select(considerations.table).where(considerations.c.case_id == case_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"case {case_id} is not before the council")
    filed = await ctx.rows(select(appeals.table).where(appeals.c.case_id == case_id).order_by(appeals.c.version, appeals.c.appeal_id))
    etag(response, found["version"])
    appealed = await with_commissions(ctx, [dict(row) for row in filed])
    state, _ = await ctx.load(CONSIDERATION, case_id)
    beside = {**await afterwards(ctx, case_id), **await _before(ctx, case_id)}
    beside["allowed_actions"] = await actions.of_case(request, ROUTERS, ctx, case_id, state)
    return ConsiderationDetail.model_validate({**found, "appeals": appealed, **beside})


@get(router, "/considerations/{case_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def consideration_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a case before the council, oldest first."""
    state, known = await ctx.load(CONSIDERATION, case_id)
    if not known:
        raise NotFound(f"case {case_id} is not before the council")
    return await history(ctx, CONSIDERATION, case_id, resolve(state.opened.rulebook) if state.opened else None)


async def _before(ctx: Context, case_id: str) -> dict[str, Any]:
    """Whether the case rests; for the agency also what is before the council, and who voted how."""
    found = await ctx.row(select(dossiers.table).where(dossiers.c.case_id == case_id))
    laid: Mapping[Any, Any] = found or {}
    rests = {name: laid.get(name) for name in ("suspended_on", "suspension_reason", "closed_on", "closing_reason")}
    if ctx.own_institution is not None:
        return rests
    told = {"report_check": "checked", "drafted_conclusion": "drafted", "presentation": "presentation"}
    counted = await ctx.rows(select(secret_ballots.table).where(secret_ballots.c.case_id == case_id).order_by(secret_ballots.c.scope))
    cast = await ctx.rows(select(votes.table).where(votes.c.case_id == case_id).order_by(votes.c.scope, votes.c.member_id))
    recused = await ctx.rows(select(recusals.table).where(recusals.c.case_id == case_id).order_by(recusals.c.member_id))
    return {
        **rests,
        **{name: laid.get(column) for name, column in told.items()},
        "secret_ballots": [dict(row) for row in counted],
        "votes": [dict(row) for row in cast],
        "recusals": [dict(row) for row in recused],
    }
