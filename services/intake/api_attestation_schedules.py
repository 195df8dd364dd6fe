"""Intake's routes for proposed and approved schedules of attestation. No rule lives here."""

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import func, select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load, resolve
from services.intake import handlers_attestation as handlers
from services.intake.contract import YearLoad
from services.intake.domain.attestation_rules import rules_of
from services.intake.domain.attestation_schedule import ATTESTATION_SCHEDULE, PROPOSAL
from services.intake.domain.scheduling import unevenness
from services.intake.readmodels_attestation import attestations, proposals, proposed, schedules
from services.intake.schemas_attestation import (
    NewProposal,
    NewYearSchedule,
    ProposalDetail,
    ProposalItem,
    ProposedItem,
    YearScheduleDetail,
    YearScheduleItem,
    YearTotal,
    uneven,
)

router = APIRouter(prefix="/v1")

APPROVING = [Role.authorised_body_officer, Role.director]
BODY = [Role.authorised_body_officer, Role.coordinator, Role.director]
AGENCY = [*BODY, Role.auditor]

Year = Annotated[int | None, Query(ge=2000, le=2110)]

_P, _E, _Y = proposals.c, proposed.c, schedules.c
PROPOSALS_BY = sorting("proposed_on", [_P.proposed_on, _P.first_year, _P.entries, _P.proposal_id], _P.proposal_id)
ENTRIES_BY = sorting("starts_on", [_E.starts_on, _E.authority, _E.institution_id, _E.year], _E.institution_id, _E.kind)
SCHEDULES_BY = sorting("year", [_Y.year, _Y.approved_on, _Y.rulebook_id], _Y.schedule_id)


@post(router, "/attestation-proposals", roles=BODY, status=201, if_match=False)
async def propose_attestation_schedule(ctx: Commanding, body: NewProposal) -> Accepted:
    """Generates a schedule of years from the register: who is due by when, with even loads (attestation, p. 4, 5, 11)."""
    return await handlers.propose_schedule(ctx, body)


@get(router, "/attestation-proposals", roles=AGENCY, response_model=page_model(ProposalItem))
async def list_attestation_proposals(
    ctx: Reading,
    request: Request,
    response: Response,
    rulebook_id: Named = None,
    *,
    order: Annotated[Order, Depends(PROPOSALS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Proposed schedules by the day on which they were made."""
    query = narrowed(select(proposals.table), ((_P.rulebook_id, rulebook_id),))
    return await page_of(ctx, query, keys=order, model=ProposalItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/attestation-proposals/{proposal_id}", roles=AGENCY, response_model=ProposalDetail)
async def read_attestation_proposal(ctx: Reading, proposal_id: Id, request: Request, response: Response) -> Any:
    """One proposal: how many attestations each authorised body has in each year, and why years are not even where they are not."""
    found = await ctx.row(select(proposals.table).where(_P.proposal_id == proposal_id))
    if found is None:
        raise NotFound(f"there is no proposal {proposal_id}")
    etag(response, found["version"])
    loads = [YearLoad.model_validate(load) for load in found["loads"]]
    by_year = Counter[int]()
    for each in loads:
        by_year[each.year] += each.attestations
    state, _ = await ctx.load(PROPOSAL, proposal_id)
    rules = rules_of(state.rulebook)
    actions = allowed_actions(request, router, PROPOSAL, state, rules, ids={"proposal_id": proposal_id}, regulation=rules.rulebook)
    totals = [YearTotal(year=year, attestations=count) for year, count in sorted(by_year.items())]
    told = {"loads": loads, "totals": totals, "uneven": [uneven(each) for each in unevenness(loads)], "allowed_actions": actions}
    return ProposalDetail.model_validate({**found, **told})


@get(router, "/attestation-proposals/{proposal_id}/entries", roles=AGENCY, response_model=page_model(ProposedItem))
async def list_proposed_attestations(
    ctx: Reading,
    proposal_id: Id,
    request: Request,
    response: Response,
    year: Year = None,
    authority: Named = None,
    institution_id: Named = None,
    *,
    order: Annotated[Order, Depends(ENTRIES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The attestations of a proposal by the day on which they begin."""
    if await ctx.row(select(_P.proposal_id).where(_P.proposal_id == proposal_id)) is None:
        raise NotFound(f"there is no proposal {proposal_id}")
    query = select(proposed.table).where(_E.proposal_id == proposal_id)
    query = narrowed(query, ((_E.year, year), (_E.authority, authority), (_E.institution_id, institution_id)))
    return await page_of(ctx, query, keys=order, model=ProposedItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/attestation-proposals/{proposal_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def attestation_proposal_history(ctx: Reading, proposal_id: Id) -> Any:
    """Every fact of a proposal, its entries part by part."""
    state, _ = await ctx.load(PROPOSAL, proposal_id)
    if state.rulebook is None:
        raise NotFound(f"there is no proposal {proposal_id}")
    return await history(ctx, PROPOSAL, proposal_id, resolve(state.rulebook))


@post(router, "/attestation-schedules", roles=APPROVING, status=201, if_match=False)
async def approve_attestation_schedule(ctx: Commanding, body: NewYearSchedule) -> Accepted:
    """Approves the schedule of a calendar year: each of its organisations has its place, and its attestation begins (attestation, p. 11).

    All or nothing: who cannot be scheduled is named, and nothing is recorded. Where the answer was lost, the same request goes on.
    """
    return await handlers.approve_schedule(ctx, body)


@get(router, "/attestation-schedules", roles=AGENCY, response_model=page_model(YearScheduleItem))
async def list_attestation_schedules(
    ctx: Reading,
    request: Request,
    response: Response,
    year: Year = None,
    rulebook_id: Named = None,
    *,
    order: Annotated[Order, Depends(SCHEDULES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Approved schedules by year."""
    query = narrowed(select(schedules.table), ((_Y.year, year), (_Y.rulebook_id, rulebook_id)))
    return await page_of(ctx, query, keys=order, model=YearScheduleItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/attestation-schedules/{year_schedule_id}", roles=AGENCY, response_model=YearScheduleDetail)
async def read_attestation_schedule(ctx: Reading, year_schedule_id: Id, request: Request, response: Response) -> Any:
    """The approved schedule of one year, with what a person changed of its proposal."""
    found = await ctx.row(select(schedules.table).where(_Y.schedule_id == year_schedule_id))
    if found is None:
        raise NotFound(f"there is no schedule {year_schedule_id}")
    etag(response, found["version"])
    counted = select(func.count().label("placed")).select_from(attestations.table).where(attestations.c.schedule_id == year_schedule_id)
    placed = (await ctx.rows(counted))[0]["placed"]
    state, _ = await ctx.load(ATTESTATION_SCHEDULE, year_schedule_id)
    rules = rules_of(state.rulebook)
    ids = {"year_schedule_id": year_schedule_id}
    actions = allowed_actions(request, router, ATTESTATION_SCHEDULE, state, rules, ids=ids, regulation=rules.rulebook)
    return YearScheduleDetail.model_validate({**found, "placed": placed, "allowed_actions": actions})


@get(router, "/attestation-schedules/{year_schedule_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def attestation_schedule_history(ctx: Reading, year_schedule_id: Id) -> Any:
    """Every fact of a year's schedule; the places in it stand in the histories of the attestations."""
    found = await ctx.row(select(_Y.rulebook).where(_Y.schedule_id == year_schedule_id))
    if found is None:
        raise NotFound(f"there is no schedule {year_schedule_id}")
    return await history(ctx, ATTESTATION_SCHEDULE, year_schedule_id, load(found["rulebook"]["id"], found["rulebook"]["version"]))


@post(router, "/attestation-schedules/{year_schedule_id}/corrections", roles=[Role.director])
async def correct_attestation_schedule(ctx: Commanding, year_schedule_id: Id, body: Correction) -> Accepted:
    """Puts the act of the approval right, for a reason; the history keeps both."""
    return await handlers.correct_attestation_schedule(ctx, year_schedule_id, body)
