"""Monitoring's routes for the registers that internal monitoring lives on: recommendations to the agency, trainings of its staff."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.monitoring import handlers_gathering as handlers
from services.monitoring.domain.agency_recommendation import AGENCY_RECOMMENDATION
from services.monitoring.domain.training import TRAINING, UseTrainingResult
from services.monitoring.handlers_internal import adopted
from services.monitoring.readmodels_gathering import agency_recommendations, trainings
from services.monitoring.schemas_gathering import (
    AgencyRecommendationItem,
    NewAgencyRecommendation,
    NewTraining,
    NewTrainingUse,
    TrainingDetail,
    TrainingItem,
)

router = APIRouter(prefix="/v1")

READERS = [Role.coordinator, Role.director, Role.auditor]
COLLECTORS = [Role.coordinator, Role.director]
DIRECTOR = [Role.director]

_R, _T = agency_recommendations.c, trainings.c
RECOMMENDATIONS_BY = sorting("received_on", [_R.received_on, _R.source, _R.recommendation_id], _R.recommendation_id)
TRAININGS_BY = sorting("held_on", [_T.held_on, _T.kind, _T.training_id], _T.training_id)


@get(router, "/agency-recommendations", roles=READERS, response_model=page_model(AgencyRecommendationItem))
async def list_agency_recommendations(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(RECOMMENDATIONS_BY)],
    source: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """What earlier checks recommended to the agency."""
    query = narrowed(select(agency_recommendations.table), ((_R.source, source),))
    model = AgencyRecommendationItem
    return await page_of(ctx, query, keys=order, model=model, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/agency-recommendations", roles=COLLECTORS, status=201, if_match=False)
async def receive_agency_recommendation(ctx: Commanding, body: NewAgencyRecommendation) -> Accepted:
    """Enters what a check recommended to the agency; each cycle says how far it was fulfilled (2.2.3)."""
    return await handlers.receive_recommendation(ctx, body)


@get(router, "/agency-recommendations/{recommendation_id}", roles=READERS, response_model=AgencyRecommendationItem)
async def read_agency_recommendation(ctx: Reading, recommendation_id: Id, response: Response) -> Any:
    """One recommendation to the agency."""
    found = await ctx.row(select(agency_recommendations.table).where(_R.recommendation_id == recommendation_id))
    if found is None:
        raise NotFound(f"there is no recommendation {recommendation_id}")
    etag(response, found["version"])
    return AgencyRecommendationItem.model_validate(dict(found))


@get(router, "/agency-recommendations/{recommendation_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def agency_recommendation_history(ctx: Reading, recommendation_id: Id) -> Any:
    """Every fact of a recommendation, oldest first."""
    await _there(ctx, AGENCY_RECOMMENDATION, recommendation_id)
    return await history(ctx, AGENCY_RECOMMENDATION, recommendation_id, resolve(await adopted(ctx)))


@post(router, "/agency-recommendations/{recommendation_id}/corrections", roles=DIRECTOR)
async def correct_agency_recommendation(ctx: Commanding, recommendation_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in what was entered."""
    await _there(ctx, AGENCY_RECOMMENDATION, recommendation_id)
    return await handlers.correct_recommendation(ctx, recommendation_id, body)


@get(router, "/trainings", roles=READERS, response_model=page_model(TrainingItem))
async def list_trainings(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(TRAININGS_BY)],
    kind: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The trainings and seminars of the staff."""
    query = narrowed(select(trainings.table), ((_T.kind, kind),))
    return await page_of(ctx, query, keys=order, model=TrainingItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/trainings", roles=COLLECTORS, status=201, if_match=False)
async def hold_training(ctx: Commanding, body: NewTraining) -> Accepted:
    """Records a training or seminar of the staff (7.1.s1, 7.1.s2)."""
    return await handlers.hold_training(ctx, body)


@get(router, "/trainings/{training_id}", roles=READERS, response_model=TrainingDetail)
async def read_training(ctx: Reading, training_id: Id, request: Request, response: Response) -> Any:
    """One training, and the cycles into which it went."""
    found = await ctx.row(select(trainings.table).where(_T.training_id == training_id))
    if found is None:
        raise NotFound(f"there is no training {training_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(TRAINING, training_id)
    rules = resolve(await adopted(ctx))
    actions = allowed_actions(request, router, TRAINING, state, rules, ids={"training_id": training_id}, regulation=rules)
    return TrainingDetail(**found, uses=list(state.uses), allowed_actions=actions)


@get(router, "/trainings/{training_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def training_history(ctx: Reading, training_id: Id) -> Any:
    """Every fact of a training, oldest first."""
    await _there(ctx, TRAINING, training_id)
    return await history(ctx, TRAINING, training_id, resolve(await adopted(ctx)))


@post(router, "/trainings/{training_id}/uses", roles=COLLECTORS, command=UseTrainingResult)
async def use_training_result(ctx: Commanding, training_id: Id, body: NewTrainingUse) -> Accepted:
    """Records what of a training went into a cycle (7.2)."""
    return await handlers.use_training(ctx, training_id, body)


@post(router, "/trainings/{training_id}/corrections", roles=DIRECTOR)
async def correct_training(ctx: Commanding, training_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in what was told of a training."""
    await _there(ctx, TRAINING, training_id)
    return await handlers.correct_training(ctx, training_id, body)


async def _there(ctx: Reading, decider: Any, id_: str) -> None:
    if not (await ctx.load(decider, id_))[1]:
        raise NotFound(f"there is no {id_}")
