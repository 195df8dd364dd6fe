"""Council's routes for councils, meetings and cases: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.documents import Document
from chassis.problems import NotFound
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, post
from services.council import handlers
from services.council.contract import CouncilComposed
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL
from services.council.domain.meeting import MEETING
from services.council.readmodels import appeals, considerations, councils, meetings, recusals, votes
from services.council.schemas import (
    AppealRuling,
    Attendance,
    Ballot,
    ConsiderationDetail,
    ConsiderationItem,
    CouncilDetail,
    CouncilItem,
    Materials,
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

AGENCY = [Role.coordinator, Role.director, Role.council_member, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]


@post(router, "/councils", roles=[Role.director], status=201, if_match=False)
async def compose_council(ctx: Commanding, body: NewCouncil) -> Accepted:
    """Composes an Accreditation Council with every group, by two acts of the body (order 109, p. 6, 7)."""
    return await handlers.compose_council(ctx, body)


@get(router, "/councils", roles=AGENCY, response_model=page_model(CouncilItem))
async def list_councils(ctx: Reading, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Councils by the day of their composition."""
    c = councils.c
    query, keys = select(councils.table), [c.composed_on, c.council_id]
    return await page_of(ctx, query, keys=keys, model=CouncilItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/councils/{council_id}", roles=AGENCY, response_model=CouncilDetail)
async def read_council(ctx: Reading, council_id: Id, response: Response) -> Any:
    """One council with its members' names, opened from the sealed event; a forgotten member's name is gone."""
    found = await ctx.row(select(councils.table).where(councils.c.council_id == council_id))
    if found is None:
        raise NotFound(f"there is no council {council_id}")
    composed = (await ctx.history(COUNCIL, council_id))[0].event
    assert isinstance(composed, CouncilComposed)
    etag(response, found["version"])
    return CouncilDetail.model_validate({**found, "members": composed.members})


@get(router, "/councils/{council_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def council_history(ctx: Reading, council_id: Id) -> Any:
    """Every fact of a council, oldest first."""
    _, known = await ctx.load(COUNCIL, council_id)
    if not known:
        raise NotFound(f"there is no council {council_id}")
    return await history(ctx, COUNCIL, council_id)


@post(router, "/meetings", roles=[Role.coordinator], status=201, if_match=False)
async def convene_meeting(ctx: Commanding, body: NewMeeting) -> Accepted:
    """Convenes a meeting on cases whose materials are ready (order 109, p. 9.7, 9.8)."""
    return await handlers.convene_meeting(ctx, body)


@post(router, "/meetings/{meeting_id}/attendance", roles=[Role.coordinator])
async def record_attendance(ctx: Commanding, meeting_id: Id, body: Attendance) -> Accepted:
    """Records who is present; the last record counts."""
    return await handlers.record_attendance(ctx, meeting_id, body)


@get(router, "/meetings", roles=AGENCY, response_model=page_model(MeetingItem))
async def list_meetings(
    ctx: Reading,
    request: Request,
    response: Response,
    council_id: Annotated[str | None, Query(max_length=80)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Meetings by their day."""
    c = meetings.c
    query = select(meetings.table)
    if council_id is not None:
        query = query.where(c.council_id == council_id)
    keys = [c.held_on, c.meeting_id]
    return await page_of(ctx, query, keys=keys, model=MeetingItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/meetings/{meeting_id}", roles=AGENCY, response_model=MeetingItem)
async def read_meeting(ctx: Reading, meeting_id: Id, response: Response) -> Any:
    """One meeting."""
    found = await ctx.row(select(meetings.table).where(meetings.c.meeting_id == meeting_id))
    if found is None:
        raise NotFound(f"there is no meeting {meeting_id}")
    etag(response, found["version"])
    return MeetingItem.model_validate(dict(found))


@get(router, "/meetings/{meeting_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def meeting_history(ctx: Reading, meeting_id: Id) -> Any:
    """Every fact of a meeting, oldest first."""
    _, known = await ctx.load(MEETING, meeting_id)
    if not known:
        raise NotFound(f"there is no meeting {meeting_id}")
    return await history(ctx, MEETING, meeting_id)


@post(router, "/considerations/{case_id}/materials", roles=[Role.coordinator])
async def prepare_materials(ctx: Commanding, case_id: Id, body: Materials) -> Accepted:
    """Prepares the materials for the council (order 109, p. 9.7, 18)."""
    return await handlers.prepare_materials(ctx, case_id, body)


@post(router, "/considerations/{case_id}/recusals", roles=[Role.council_member, Role.coordinator])
async def recuse_member(ctx: Commanding, case_id: Id, body: Recusal) -> Accepted:
    """Records that a member takes no part in the case."""
    return await handlers.recuse_member(ctx, case_id, body)


@post(router, "/considerations/{case_id}/votes", roles=[Role.council_member])
async def cast_vote(ctx: Commanding, case_id: Id, body: Ballot) -> Accepted:
    """Casts the caller's own vote on one scope (order 109, p. 9.8, 19)."""
    return await handlers.cast_vote(ctx, case_id, body)


@post(router, "/considerations/{case_id}/decision", roles=[Role.director])
async def adopt_decision(ctx: Commanding, case_id: Id, body: Protocol) -> Accepted:
    """Counts the votes of every scope and adopts the decision under its protocol (order 109, p. 8, 9.9, 19)."""
    return await handlers.adopt_decision(ctx, case_id, body)


@post(router, "/considerations/{case_id}/refusal-notice", roles=[Role.coordinator])
async def send_refusal_notice(ctx: Commanding, case_id: Id, body: RefusalNotice) -> Accepted:
    """Records the written notice of a refusal, with reasons (order 109, p. 22)."""
    return await handlers.send_refusal_notice(ctx, case_id, body)


@post(router, "/considerations/{case_id}/report-publication", roles=[Role.coordinator])
async def publish_report(ctx: Commanding, case_id: Id, body: Document) -> Accepted:
    """Records that the full report stands on the body's website (order 109, p. 9.10)."""
    return await handlers.publish_report(ctx, case_id, body)


@post(router, "/considerations/{case_id}/appeals", roles=[Role.institution_officer, Role.coordinator])
async def file_appeal(ctx: Commanding, case_id: Id, body: NewAppeal) -> Accepted:
    """Records an appeal against the decision (order 109, p. 27)."""
    return await handlers.file_appeal(ctx, case_id, body)


@post(router, "/considerations/{case_id}/appeal-outcome", roles=[Role.director])
async def decide_appeal(ctx: Commanding, case_id: Id, body: AppealRuling) -> Accepted:
    """Records what was decided on the pending appeal by whoever decides it under the law (order 109, p. 27)."""
    return await handlers.decide_appeal(ctx, case_id, body)


@get(router, "/considerations", roles=INVOLVED, response_model=page_model(ConsiderationItem))
async def list_considerations(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Cases before the council by the day they came to it; an institution's officer sees its own."""
    c = considerations.c
    query = select(considerations.table)
    for column, wanted in ((c.stage, stage), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution)):
        if wanted is not None:
            query = query.where(column == wanted)
    keys = [c.opened_on, c.case_id]
    return await page_of(ctx, query, keys=keys, model=ConsiderationItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/considerations/{case_id}", roles=INVOLVED, response_model=ConsiderationDetail)
async def read_consideration(ctx: Reading, case_id: Id, response: Response) -> Any:
    """One case before the council; the agency also sees votes and recusals."""
    found = await ctx.row(select(considerations.table).where(considerations.c.case_id == case_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"case {case_id} is not before the council")
    filed = await ctx.rows(select(appeals.table).where(appeals.c.case_id == case_id).order_by(appeals.c.version, appeals.c.appeal_id))
    etag(response, found["version"])
    return ConsiderationDetail.model_validate({**found, "appeals": [dict(row) for row in filed], **await _ballots(ctx, case_id)})


@get(router, "/considerations/{case_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def consideration_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a case before the council, oldest first."""
    _, known = await ctx.load(CONSIDERATION, case_id)
    if not known:
        raise NotFound(f"case {case_id} is not before the council")
    return await history(ctx, CONSIDERATION, case_id)


async def _ballots(ctx: Context, case_id: str) -> dict[str, list[Any]]:
    if ctx.own_institution is not None:
        return {}
    cast = await ctx.rows(select(votes.table).where(votes.c.case_id == case_id).order_by(votes.c.scope, votes.c.member_id))
    recused = await ctx.rows(select(recusals.table).where(recusals.c.case_id == case_id).order_by(recusals.c.member_id))
    return {"votes": [dict(row) for row in cast], "recusals": [dict(row) for row in recused]}
