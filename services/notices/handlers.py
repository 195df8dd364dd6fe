"""Notices' commands: load, decide, append; and the secret that an answer shows once."""

from datetime import timedelta

from sqlalchemy import func, select

from chassis.context import Accepted, Context
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, NotFound, VersionConflict
from chassis.service import Runtime
from chassis.subject_keys import master_key
from services.notices.domain.endpoint import (
    ENDPOINT,
    ChangeEndpoint,
    DisableEndpoint,
    Endpoint,
    RecoverDeliveries,
    RegisterEndpoint,
    ResendDelivery,
    RotateSecret,
)
from services.notices.domain.told import unknown
from services.notices.egress import Forbidden, Policy, Vetting
from services.notices.keys import EndpointKeys
from services.notices.readmodels import endpoints, institutions
from services.notices.schemas import (
    NewWebhookEndpoint,
    WebhookDisabling,
    WebhookEndpointDescription,
    WebhookRecovery,
    WebhookRotation,
    WebhookSecretAnswer,
)
from services.notices.tables import deliveries

MOST_ENDPOINTS = 20  # of one institution


async def register(ctx: Context, runtime: Runtime, body: NewWebhookEndpoint) -> Accepted:
    """Names an address of an institution, with a new key."""
    if not ctx.owns(body.institution_id):
        raise NotFound("there is no such institution for you")
    known = await ctx.row(select(institutions.table).where(institutions.c.institution_id == body.institution_id))
    if known is None:
        raise NotFound(f"there is no institution {body.institution_id}")
    await _check(runtime, body)
    endpoint_id = derived_id("webhook-endpoint", ctx.agency, ctx.actor, ctx.key)
    await _check_room(ctx, body.institution_id, endpoint_id)
    key_id = derived_id("webhook-key", endpoint_id, ctx.key)
    keys = _keys(runtime)
    await keys.make(ctx.agency, endpoint_id, key_id, body.algorithm)
    command = ctx.command(RegisterEndpoint, endpoint_id=endpoint_id, key_id=key_id, **body.model_dump())
    accepted = await ctx.execute(ENDPOINT, endpoint_id, command, create=True)
    return await _shown(ctx, keys, accepted, key_id)


async def change(ctx: Context, runtime: Runtime, endpoint_id: str, body: WebhookEndpointDescription) -> Accepted:
    """Replaces address, filter and description."""
    await _check(runtime, body)
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(ChangeEndpoint, **body.model_dump()), guard=ctx.guard_institution)


async def rotate(ctx: Context, runtime: Runtime, endpoint_id: str, body: WebhookRotation) -> Accepted:
    """A new key beside the present one. None is made for what is refused."""
    key_id = derived_id("webhook-key", endpoint_id, ctx.actor, ctx.key)
    keys = _keys(runtime)
    if (given := await ctx.given()) is not None:
        return await _shown(ctx, keys, given, key_id)
    state = await _owned(ctx, endpoint_id)
    _, version = await ctx.load(ENDPOINT, endpoint_id)
    if ctx.expected_version not in (None, version):
        raise VersionConflict(f"you expect version {ctx.expected_version}, it stands at {version}")
    ENDPOINT.guards[RotateSecret](state, None)
    await keys.make(ctx.agency, endpoint_id, key_id, state.algorithm)
    command = ctx.command(RotateSecret, key_id=key_id, overlap=timedelta(hours=body.overlap_hours))
    accepted = await ctx.execute(ENDPOINT, endpoint_id, command, guard=ctx.guard_institution)
    return await _shown(ctx, keys, accepted, key_id)


async def disable(ctx: Context, endpoint_id: str, body: WebhookDisabling) -> Accepted:
    """A person switches it off."""
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(DisableEndpoint, note=body.note), guard=ctx.guard_institution)


async def resend(ctx: Context, endpoint_id: str, delivery_id: str) -> Accepted:
    """One delivery again; NotFound where it is none of this endpoint."""
    c = deliveries.c
    found = await ctx.row(select(c.delivery_id).where(c.delivery_id == delivery_id, c.endpoint_id == endpoint_id))
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id} of endpoint {endpoint_id}")
    command = ctx.command(ResendDelivery, delivery_id=delivery_id)
    return await ctx.execute(ENDPOINT, endpoint_id, command, guard=ctx.guard_institution)


async def recover(ctx: Context, endpoint_id: str, body: WebhookRecovery) -> Accepted:
    """Everything since an instant that did not arrive, again."""
    return await ctx.execute(ENDPOINT, endpoint_id, ctx.command(RecoverDeliveries, since=body.since), guard=ctx.guard_institution)


def _keys(runtime: Runtime) -> EndpointKeys:
    return EndpointKeys(runtime.pool, master_key(runtime.settings))


async def _check(runtime: Runtime, body: WebhookEndpointDescription) -> None:
    strange = unknown(body.types)
    if strange:
        raise Invalid(
            "no event is of such a type, or institutions are not told of it",
            errors=[{"pointer": f"#/types/{body.types.index(each)}", "detail": "no type of an event"} for each in strange[:50]],
        )
    try:
        await Vetting(Policy.of(runtime.settings)).check(body.url)
    except Forbidden as error:
        raise Invalid("nothing can be sent to this address", errors=[{"pointer": "#/url", "detail": str(error)}]) from None


async def _check_room(ctx: Context, institution_id: str, endpoint_id: str) -> None:
    c = endpoints.c
    query = select(func.count().label("n")).select_from(endpoints.table)
    others = await ctx.row(query.where(c.institution_id == institution_id, c.status != "removed", c.endpoint_id != endpoint_id))
    if others is not None and others["n"] >= MOST_ENDPOINTS:
        raise Conflict(f"{institution_id} has {MOST_ENDPOINTS} endpoints already; remove one")


async def _owned(ctx: Context, endpoint_id: str) -> Endpoint:
    state, version = await ctx.load(ENDPOINT, endpoint_id)
    if not version:
        raise NotFound(f"there is no endpoint {endpoint_id}")
    ctx.guard_institution(state)
    return state


async def _shown(ctx: Context, keys: EndpointKeys, accepted: Accepted, key_id: str) -> Accepted:
    key = await keys.show(ctx.agency, key_id)
    secret, public_key = (key.shared, key.public) if key else (None, None)
    return WebhookSecretAnswer(**accepted.model_dump(), key_id=key_id, secret=secret, public_key=public_key)
