"""Routes of deliveries: what was to arrive at an endpoint, what came of it, and once more. They are part of their endpoint."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.context import Accepted
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import Identifier
from chassis.web import Commanding, Cursor, Id, Limit, Reading, etag, get, narrowed, page_model, page_of, post
from services.notices import handlers
from services.notices.api import KEEPERS, READERS, endpoint_of
from services.notices.domain.endpoint import ENDPOINT, ResendDelivery
from services.notices.schemas import WebhookDeliveryDetail, WebhookDeliveryItem
from services.notices.tables import attempts, deliveries

router = APIRouter(prefix="/v1")

_D = deliveries.c
DELIVERIES_BY = sorting("created_at", [_D.created_at, _D.type, _D.status, _D.attempts, _D.delivery_id], _D.delivery_id)

DeliveryStatus = Literal["waiting", "held", "delivered", "failed", "stopped"]


@post(router, "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend", roles=KEEPERS, command=ResendDelivery)
async def resend_webhook_delivery(ctx: Commanding, endpoint_id: Id, delivery_id: Id) -> Accepted:
    """Sends one delivery again now, whether it had arrived or not; the version is the endpoint's."""
    return await handlers.resend(ctx, endpoint_id, delivery_id)


@get(router, "/webhook-endpoints/{endpoint_id}/deliveries", roles=READERS, response_model=page_model(WebhookDeliveryItem))
async def list_webhook_deliveries(
    ctx: Reading,
    request: Request,
    response: Response,
    endpoint_id: Id,
    status: DeliveryStatus | None = None,
    case_id: Identifier | None = None,
    *,
    order: Annotated[Order, Depends(DELIVERIES_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """What was to be delivered to an endpoint, oldest first, and whether it was."""
    await endpoint_of(ctx, endpoint_id)
    query = narrowed(select(deliveries), ((_D.endpoint_id, endpoint_id), (_D.status, status), (_D.case_id, case_id)))
    return await page_of(ctx, query, keys=order, model=WebhookDeliveryItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}", roles=READERS, response_model=WebhookDeliveryDetail)
async def read_webhook_delivery(ctx: Reading, endpoint_id: Id, delivery_id: Id, request: Request, response: Response) -> Any:
    """One delivery with its body and every attempt; the ETag is the endpoint's."""
    endpoint = await endpoint_of(ctx, endpoint_id)
    found = await ctx.row(select(deliveries).where(_D.delivery_id == delivery_id, _D.endpoint_id == endpoint_id))
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id} of endpoint {endpoint_id}")
    made = await ctx.rows(select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.number))
    state, _ = await ctx.load(ENDPOINT, endpoint_id)
    ids = {"endpoint_id": endpoint_id, "delivery_id": delivery_id}
    actions = allowed_actions(request, router, ENDPOINT, state, None, ids=ids)
    etag(response, endpoint["version"])
    told = {"attempts_made": [dict(row) for row in made], "allowed_actions": actions}
    return WebhookDeliveryDetail.model_validate({**found, **told})
