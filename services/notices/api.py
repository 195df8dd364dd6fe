"""Notices' routes: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from services.notices import handlers
from services.notices.consumers import SOURCES
from services.notices.domain.endpoint import (
    ENDPOINT,
    AskForTestEvent,
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RecoverDeliveries,
    RemoveEndpoint,
    RotateSecret,
    Status,
)
from services.notices.domain.told import TYPES
from services.notices.readmodels import endpoint_keys, endpoints
from services.notices.schemas import (
    NewWebhookEndpoint,
    WebhookDisabling,
    WebhookEndpointDescription,
    WebhookEndpointDetail,
    WebhookEndpointItem,
    WebhookEventType,
    WebhookRecovery,
    WebhookRotation,
    WebhookSecretAnswer,
)
from services.notices.tables import health, public_keys

router = APIRouter(prefix="/v1")

KEEPERS = [Role.institution_officer, Role.coordinator]
READERS = [*KEEPERS, Role.director, Role.auditor]

_E = endpoints.c
ENDPOINTS_BY = sorting("registered_at", [_E.registered_at, _E.institution_id, _E.status, _E.endpoint_id], _E.endpoint_id)


@post(router, "/webhook-endpoints", roles=KEEPERS, status=201, if_match=False, answers=WebhookSecretAnswer)
async def register_webhook_endpoint(ctx: Commanding, body: NewWebhookEndpoint, request: Request) -> Accepted:
    """Names an address that is told of an institution's events once it has answered a test event. Its secret is shown this once."""
    return await handlers.register(ctx, request.app.state.runtime, body)


@post(router, "/webhook-endpoints/{endpoint_id}/change", roles=KEEPERS, command=ChangeEndpoint)
async def change_webhook_endpoint(ctx: Commanding, endpoint_id: Id, body: WebhookEndpointDescription, request: Request) -> Accepted:
    """Replaces address, filter and description; a new address has to answer a test event first."""
    return await handlers.change(ctx, request.app.state.runtime, endpoint_id, body)


@post(router, "/webhook-endpoints/{endpoint_id}/rotation", roles=KEEPERS, command=RotateSecret, answers=WebhookSecretAnswer)
async def rotate_webhook_secret(ctx: Commanding, endpoint_id: Id, body: WebhookRotation, request: Request) -> Accepted:
    """Makes a new key, shown this once; what is sent is signed with the old one too for a while."""
    return await handlers.rotate(ctx, request.app.state.runtime, endpoint_id, body)


@post(router, "/webhook-endpoints/{endpoint_id}/test-event", roles=KEEPERS, command=AskForTestEvent)
async def send_webhook_test_event(ctx: Commanding, endpoint_id: Id) -> Accepted:
    """Sends a test event, as any other is sent."""
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(AskForTestEvent), guard=ctx.guard_institution)


@post(router, "/webhook-endpoints/{endpoint_id}/disabling", roles=KEEPERS, command=DisableEndpoint)
async def disable_webhook_endpoint(ctx: Commanding, endpoint_id: Id, body: WebhookDisabling) -> Accepted:
    """Switches an endpoint off; what happens meanwhile is kept for a recovery."""
    return await handlers.disable(ctx, endpoint_id, body)


@post(router, "/webhook-endpoints/{endpoint_id}/enabling", roles=KEEPERS, command=EnableEndpoint)
async def enable_webhook_endpoint(ctx: Commanding, endpoint_id: Id) -> Accepted:
    """Switches a disabled endpoint on again, once it has answered a test event."""
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(EnableEndpoint), guard=ctx.guard_institution)


@post(router, "/webhook-endpoints/{endpoint_id}/removal", roles=KEEPERS, command=RemoveEndpoint)
async def remove_webhook_endpoint(ctx: Commanding, endpoint_id: Id) -> Accepted:
    """Takes an endpoint away for good."""
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(RemoveEndpoint), guard=ctx.guard_institution)


@post(router, "/webhook-endpoints/{endpoint_id}/recovery", roles=KEEPERS, command=RecoverDeliveries)
async def recover_webhook_deliveries(ctx: Commanding, endpoint_id: Id, body: WebhookRecovery) -> Accepted:
    """Sends everything again that did not arrive since an instant."""
    return await handlers.recover(ctx, endpoint_id, body)


@get(router, "/webhook-event-types", roles=READERS, response_model=list[WebhookEventType])
async def list_webhook_event_types(ctx: Reading) -> Any:
    """The types of events that institutions are told of: what a filter may name."""
    kinds = {source.subject(name): kind for source in SOURCES for name, kind in source.types.items()}
    return [WebhookEventType(type=each, summary=" ".join((kinds[each].__doc__ or "").split())) for each in sorted(TYPES)]


@get(router, "/webhook-endpoints", roles=READERS, response_model=page_model(WebhookEndpointItem))
async def list_webhook_endpoints(
    ctx: Reading,
    request: Request,
    response: Response,
    status: Status | None = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(ENDPOINTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Endpoints by their registration; an institution's officer sees its own."""
    query = narrowed(
        select(endpoints.table), ((_E.status, status), (_E.institution_id, institution_id), (_E.institution_id, ctx.own_institution))
    )
    return await page_of(ctx, query, keys=order, model=WebhookEndpointItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/webhook-endpoints/{endpoint_id}", roles=READERS, response_model=WebhookEndpointDetail)
async def read_webhook_endpoint(ctx: Reading, endpoint_id: Id, request: Request, response: Response) -> Any:
    """One endpoint with its keys, how it does, and what the caller may do."""
    found = await endpoint_of(ctx, endpoint_id)
    k, p = endpoint_keys.c, public_keys.c
    joined = endpoint_keys.table.outerjoin(public_keys, (p.key_id == k.key_id) & (p.agency == k.agency))
    query = select(k.key_id, k.since, k.until, p.public_key).select_from(joined).where(k.endpoint_id == endpoint_id)
    keys = [dict(row) for row in await ctx.rows(query.order_by(k.since.desc())) if row["until"] is None or row["until"] > ctx.at]
    failing = await ctx.row(select(health).where(health.c.endpoint_id == endpoint_id))
    state, _ = await ctx.load(ENDPOINT, endpoint_id)
    etag(response, found["version"])
    actions = allowed_actions(request, router, ENDPOINT, state, None, ids={"endpoint_id": endpoint_id})
    does = (
        {"failing_since": failing["failing_since"], "failures": failing["failures"]} if failing else {"failing_since": None, "failures": 0}
    )
    return WebhookEndpointDetail.model_validate({**found, **does, "keys": keys, "allowed_actions": actions})


@get(router, "/webhook-endpoints/{endpoint_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def webhook_endpoint_history(ctx: Reading, endpoint_id: Id) -> Any:
    """Every fact of an endpoint, oldest first."""
    await endpoint_of(ctx, endpoint_id)
    return await history(ctx, ENDPOINT, endpoint_id)


async def endpoint_of(ctx: Context, endpoint_id: str) -> RowMapping:
    """The row of an endpoint that the caller may see; NotFound."""
    found = await ctx.row(select(endpoints.table).where(_E.endpoint_id == endpoint_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no endpoint {endpoint_id}")
    return found
