"""Visits' routes for conclusions of attestation commissions: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Principal, Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.visits import handlers_conclusion as handlers
from services.visits.domain.conclusion import CONCLUSION, Conclusion, DrawUpConclusion, HandOverSecondCopy, SignConclusion
from services.visits.domain.conclusion_rules import Attested, check_figured, check_studied, must_belong, must_chair, sections_for
from services.visits.readmodels_commission import commission_seats
from services.visits.readmodels_conclusion import conclusions
from services.visits.readmodels_control import controls
from services.visits.schemas_conclusion import (
    ConclusionDetail,
    ConclusionItem,
    ConclusionStage,
    NewConclusion,
    NewSignature,
    SecondCopy,
)

router = APIRouter(prefix="/v1/attestation-conclusions")

BODY = [Role.authorised_body_officer, Role.coordinator, Role.director]
AGENCY = [*BODY, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]
SIGNED = ("signed", "handed_over")

_C = conclusions.c
CONCLUSIONS_BY = sorting("drawn_up_on", [_C.drawn_up_on, _C.institution_id, _C.rulebook_id, _C.stage, _C.attestation_id], _C.attestation_id)


@post(router, "/{attestation_id}/drafts", roles=[Role.expert, Role.coordinator], command=DrawUpConclusion)
async def draw_up_conclusion(ctx: Commanding, attestation_id: Id, body: NewConclusion) -> Accepted:
    """The chair draws up the conclusion (order 109 of 2008, p. 30, 32); a later draft replaces it, and all sign anew."""
    return await handlers.draw_up_conclusion(ctx, attestation_id, body)


@post(router, "/{attestation_id}/signatures", roles=[Role.expert, Role.coordinator], command=SignConclusion)
async def sign_conclusion(ctx: Commanding, attestation_id: Id, body: NewSignature) -> Accepted:
    """A member of the commission signs the conclusion, and the last one completes it (order 109 of 2008, p. 31).

    Where who had not signed has left the commission since, any of the others signs once more, and completes it.
    """
    return await handlers.sign_conclusion(ctx, attestation_id, body)


@post(router, "/{attestation_id}/second-copy", roles=BODY, command=HandOverSecondCopy)
async def hand_over_second_copy(ctx: Commanding, attestation_id: Id, body: SecondCopy) -> Accepted:
    """Records that the head of the organisation has the second copy (order 109 of 2008, p. 31)."""
    return await handlers.hand_over_second_copy(ctx, attestation_id, body)


@post(router, "/{attestation_id}/corrections", roles=[Role.director])
async def correct_conclusion(ctx: Commanding, attestation_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a conclusion right, for a reason; the history keeps both."""
    return await handlers.correct_conclusion(ctx, attestation_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(ConclusionItem))
async def list_conclusions(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: ConclusionStage | None = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(CONCLUSIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Conclusions by the day they were drawn up; an organisation's officer sees its own once all have signed, an expert those of the
    commissions he is in."""
    query = narrowed(select(conclusions.table).where(_visible(ctx)), ((_C.stage, stage), (_C.institution_id, institution_id)))
    return await page_of(ctx, query, keys=order, model=ConclusionItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{attestation_id}", roles=INVOLVED, response_model=ConclusionDetail)
async def read_conclusion(ctx: Reading, attestation_id: Id, request: Request, response: Response) -> Any:
    """The conclusion of one attestation, what it must have, who has still to sign it, and what the caller may do."""
    of, found = await _conclusion(ctx, attestation_id)
    book = resolve(of.rulebook)
    state, version = await ctx.load(CONCLUSION, attestation_id)
    etag(response, version)
    drawn = await handlers.sampled(ctx, attestation_id)
    unfigured = problem_of(check_figured, drawn, await handlers.figures_of(ctx, attestation_id), book)
    stale = problem_of(check_figured, drawn, state.drawn.figures if state.drawn else (), book)
    bars = _barred(request.state.principal, state, of, problem_of(check_studied, of, book) or unfigured, stale)
    actions = allowed_actions(request, router, CONCLUSION, state, book, ids={"attestation_id": attestation_id}, barred=bars)
    signed = sorted((state.signed or {}).items())
    c = controls.c
    unconcluded = select(c.control_id, c.unit).where(c.attestation_id == attestation_id, c.concluded_on.is_(None)).order_by(c.control_id)
    return ConclusionDetail.model_validate(
        {
            **(found or {"attestation_id": attestation_id, "institution_id": of.institution_id, "rulebook": of.rulebook}),
            "asked": list(sections_for(of, book)),
            "chair_id": of.chair_id,
            "signatures": [{"expert_id": who, "signed_on": day} for who, day in signed],
            "unsigned": [] if state.drawn is None or state.completed else [who for who in of.members if who not in (state.signed or {})],
            "open_controls": [dict(row) for row in await ctx.rows(unconcluded)],
            "version": version,
            "allowed_actions": actions,
        }
    )


@get(router, "/{attestation_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def conclusion_history(ctx: Reading, attestation_id: Id) -> Any:
    """Every fact of a conclusion, oldest first."""
    of, _ = await _conclusion(ctx, attestation_id)
    return await history(ctx, CONCLUSION, attestation_id, resolve(of.rulebook))


def _barred(
    caller: Principal, state: Conclusion, of: Attested, undone: Problem | None, stale: Problem | None
) -> dict[type[Command], Problem | None]:
    """What the commission's work and its controls say against a draft or a signature, and the caller's seat against either."""
    if caller.has(Role.coordinator):
        return {DrawUpConclusion: undone, SignConclusion: stale}
    return {
        DrawUpConclusion: problem_of(must_chair, of, caller.subject) or undone,
        SignConclusion: problem_of(must_belong, of, caller.subject) or problem_of(_unsigned, state, of, caller.subject) or stale,
    }


def _unsigned(state: Conclusion, of: Attested, who: str) -> None:
    """Who has signed signs no more, unless all have and that is not told yet."""
    signed = state.signed or {}
    if who in signed and not set(of.members) <= set(signed):
        raise NotFound("you have signed this draft")


async def _conclusion(ctx: Context, attestation_id: str) -> tuple[Attested, RowMapping | None]:
    """Its row, or None where nothing is drawn up: then the agency and the commission see it alone."""
    of = await handlers.attested(ctx, attestation_id)
    row = await ctx.row(select(conclusions.table).where(_C.attestation_id == attestation_id))
    who = ctx.principal
    if who is None or who.has(*AGENCY) or (who.has(Role.expert) and ctx.actor in of.members):
        return of, row
    if row and who.has(Role.institution_officer) and row["institution_id"] == who.institution and row["stage"] in SIGNED:
        return of, row
    raise NotFound(f"there is no conclusion of attestation {attestation_id}")


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = and_(_C.institution_id == (who.institution or ""), _C.stage.in_(SIGNED)) if who.has(Role.institution_officer) else false()
    seats = commission_seats.c
    mine = select(seats.attestation_id).where(seats.expert_id == ctx.actor, seats.left_on.is_(None), seats.agency == ctx.agency)
    return or_(own, _C.attestation_id.in_(mine) if who.has(Role.expert) else false())
