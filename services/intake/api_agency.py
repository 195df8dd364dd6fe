"""Intake's routes about the agency's own acts: standards, adopted rulebooks, yearly schedules. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load, resolve
from services.intake import handlers, queries
from services.intake.answers import (
    AdoptionDetail,
    AdoptionItem,
    ScheduleDetail,
    ScheduleItem,
    StandardsDetail,
    StandardsItem,
)
from services.intake.contract import StandardArea
from services.intake.domain.adoption import ADOPTION
from services.intake.domain.schedule import SCHEDULE
from services.intake.domain.standards import STANDARDS, esg_without_area
from services.intake.readmodels_agency import adoptions, schedules, standards
from services.intake.schemas import NewAdoption, NewSchedule, NewStandards

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]

_A, _P, _S = adoptions.c, schedules.c, standards.c
ADOPTIONS_BY = sorting("adopted_on", [_A.adopted_on, _A.rulebook_id, _A.rulebook_version], _A.adoption_id)
SCHEDULES_BY = sorting("year", [_P.year, _P.adopted_on], _P.schedule_id)
STANDARDS_BY = sorting("adopted_on", [_S.adopted_on, _S.standards, _S.kind, _S.rulebook_id], _S.standards_id)


@post(router, "/standards", roles=[Role.director], status=201, if_match=False)
async def adopt_standards(ctx: Commanding, body: NewStandards) -> Accepted:
    """Adopts a version of the agency's standards, mapped to the ESG where the rulebook asks for it (IQAA P.1, P.2)."""
    return await handlers.adopt_standards(ctx, body)


@get(router, "/standards", roles=INVOLVED, response_model=page_model(StandardsItem))
async def list_standards(
    ctx: Reading,
    request: Request,
    response: Response,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    rulebook_id: Annotated[str | None, Query(max_length=80)] = None,
    *,
    order: Annotated[Order, Depends(STANDARDS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The standards that the agency has adopted, oldest first."""
    query = narrowed(select(standards.table), ((_S.kind, kind), (_S.rulebook_id, rulebook_id)))
    return await page_of(ctx, query, keys=order, model=StandardsItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/standards/{standards_id}", roles=INVOLVED, response_model=StandardsDetail)
async def read_standards(ctx: Reading, standards_id: Id, request: Request, response: Response) -> Any:
    """One version of the standards with its areas, and the standards of the ESG that none of them has."""
    found = await ctx.row(select(standards.table).where(_S.standards_id == standards_id))
    if found is None:
        raise NotFound(f"there are no standards {standards_id}")
    etag(response, found["version"])
    areas = [StandardArea.model_validate(area) for area in found["areas"]]
    rules = load(found["rulebook"]["id"], found["rulebook"]["version"])
    told = {"areas": areas, "references": found["reference_words"], "esg_without_area": esg_without_area(areas, rules)}
    state, _ = await ctx.load(STANDARDS, standards_id)
    actions = allowed_actions(request, router, STANDARDS, state, rules, ids={"standards_id": standards_id}, regulation=rules)
    return StandardsDetail.model_validate({**found, **told, "allowed_actions": actions})


@get(router, "/standards/{standards_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def standards_history(ctx: Reading, standards_id: Id) -> Any:
    """Every fact of a version of the standards, oldest first."""
    state, _ = await ctx.load(STANDARDS, standards_id)
    if state.fact is None:
        raise NotFound(f"there are no standards {standards_id}")
    return await history(ctx, STANDARDS, standards_id, resolve(state.fact.rulebook))


@post(router, "/standards/{standards_id}/corrections", roles=[Role.director])
async def correct_standards(ctx: Commanding, standards_id: Id, body: Correction) -> Accepted:
    """Puts the act of the adoption, or its day, right; changed standards are another version."""
    return await handlers.correct_standards(ctx, standards_id, body)


@post(router, "/rulebook-adoptions", roles=[Role.director], status=201, if_match=False)
async def adopt_rulebook(ctx: Commanding, body: NewAdoption) -> Accepted:
    """Takes a rulebook as the agency's own; a repealed one can be used after this alone."""
    return await handlers.adopt_rulebook(ctx, body)


@get(router, "/rulebook-adoptions", roles=AGENCY, response_model=page_model(AdoptionItem))
async def list_adoptions(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(ADOPTIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The rulebooks that the agency has taken as its own, oldest first."""
    query = select(adoptions.table)
    return await page_of(ctx, query, keys=order, model=AdoptionItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/rulebook-adoptions/{adoption_id}", roles=AGENCY, response_model=AdoptionDetail)
async def read_adoption(ctx: Reading, adoption_id: Id, request: Request, response: Response) -> Any:
    """One adopted rulebook, with the hash of what was adopted."""
    found = await ctx.row(select(adoptions.table).where(_A.adoption_id == adoption_id))
    if found is None:
        raise NotFound(f"there is no adoption {adoption_id}")
    etag(response, found["version"])
    rules = load(found["rulebook_id"], found["rulebook_version"])
    state, _ = await ctx.load(ADOPTION, adoption_id)
    actions = allowed_actions(request, router, ADOPTION, state, rules, ids={"adoption_id": adoption_id}, regulation=rules)
    return AdoptionDetail.model_validate({**found, "allowed_actions": actions})


@get(router, "/rulebook-adoptions/{adoption_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def adoption_history(ctx: Reading, adoption_id: Id) -> Any:
    """Every fact of an adoption, oldest first."""
    state, _ = await ctx.load(ADOPTION, adoption_id)
    if state.rulebook is None:
        raise NotFound(f"there is no adoption {adoption_id}")
    return await history(ctx, ADOPTION, adoption_id, resolve(state.rulebook))


@post(router, "/schedules", roles=[Role.director], status=201, if_match=False)
async def adopt_schedule(ctx: Commanding, body: NewSchedule) -> Accepted:
    """Adopts the accreditation schedule of a year (order 109, p. 12)."""
    return await handlers.adopt_schedule(ctx, body)


@get(router, "/schedules", roles=AGENCY, response_model=page_model(ScheduleItem))
async def list_schedules(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(SCHEDULES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The agency's yearly schedules."""
    query = select(schedules.table)
    return await page_of(ctx, query, keys=order, model=ScheduleItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/schedules/{schedule_id}", roles=AGENCY, response_model=ScheduleDetail)
async def read_schedule(ctx: Reading, schedule_id: Id, request: Request, response: Response) -> Any:
    """One year's schedule with the cases that have their place in it."""
    found = await ctx.row(select(schedules.table).where(_P.schedule_id == schedule_id))
    if found is None:
        raise NotFound(f"there is no schedule {schedule_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(SCHEDULE, schedule_id)
    actions = allowed_actions(request, router, SCHEDULE, state, None, ids={"schedule_id": schedule_id})
    cases = await queries.scheduled_cases(ctx, found["year"])
    return ScheduleDetail.model_validate({**found, "cases": cases, "allowed_actions": actions})


@get(router, "/schedules/{schedule_id}/history", roles=AGENCY, response_model=list[HistoryEntry])
async def schedule_history(ctx: Reading, schedule_id: Id) -> Any:
    """Every fact of a year's schedule, oldest first; the places of cases stand in theirs."""
    state, _ = await ctx.load(SCHEDULE, schedule_id)
    if not state.adopted:
        raise NotFound(f"there is no schedule {schedule_id}")
    return await history(ctx, SCHEDULE, schedule_id)


@post(router, "/schedules/{schedule_id}/corrections", roles=[Role.director])
async def correct_schedule(ctx: Commanding, schedule_id: Id, body: Correction) -> Accepted:
    """Puts the act of the adoption, or its day, right."""
    return await handlers.correct_schedule(ctx, schedule_id, body)
