"""What notices shows and asks: endpoints, the keys that sign for them, and which institution a matter belongs to."""

from sqlalchemy import Column, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.notices.contract import (
    DeliveryResendRequested,
    EndpointChanged,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRegistered,
    EndpointRemoved,
    EndpointVerified,
    RecoveryRequested,
    SecretRotated,
    TestEventRequested,
)

_AT = DateTime(timezone=True)

endpoints = ReadModel(
    "endpoints",
    Column("endpoint_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("url", Text),
    Column("types", JSONB),
    Column("description", Text),
    Column("algorithm", Text),
    Column("status", Text),
    Column("why", Text),
    Column("note", Text),
    Column("registered_at", _AT),
    Column("recorded_at", _AT),
    Column("verified_at", _AT),
    Column("disabled_at", _AT),
    Column("version", Integer),
    indexes=[["institution_id"]],
)

#: Without an end: the present key.
endpoint_keys = ReadModel(
    "endpoint_keys",
    Column("key_id", Text, primary_key=True),
    Column("endpoint_id", Text),
    Column("since", _AT),
    Column("until", _AT),
    indexes=[["endpoint_id"]],
)

institutions = ReadModel("institutions", Column("institution_id", Text, primary_key=True))
cases = ReadModel("cases", Column("case_id", Text, primary_key=True), Column("institution_id", Text))

#: By the stream of another service, for events that name neither institution nor case.
matters = ReadModel(
    "matters",
    Column("source", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("institution_id", Text),
)

ALL = [endpoints, endpoint_keys, institutions, cases, matters]


@endpoints.on(EndpointRegistered)
def _registered(e: Recorded[EndpointRegistered]) -> Write:
    told = e.event.model_dump(exclude={"types", "key_id"})
    return endpoints.upsert(e, **told, types=list(e.event.types), status="unverified", recorded_at=e.recorded_at, version=e.version)


@endpoints.on(EndpointVerified)
def _verified(e: Recorded[EndpointVerified]) -> Write:
    return _change(e, e.event.endpoint_id, status="active", verified_at=e.event.verified_at)


@endpoints.on(EndpointChanged)
def _changed(e: Recorded[EndpointChanged]) -> list[Write]:
    fact = e.event
    described = _change(e, fact.endpoint_id, url=fact.url, types=list(fact.types), description=fact.description)
    if not fact.moved:
        return [described]
    active = {"endpoint_id": fact.endpoint_id, "status": "active"}
    return [described, endpoints.update(e, active, status="unverified", verified_at=None)]


@endpoints.on(EndpointDisabled)
def _disabled(e: Recorded[EndpointDisabled]) -> Write:
    fact = e.event
    return _change(e, fact.endpoint_id, status="disabled", why=fact.why, note=fact.note, disabled_at=fact.disabled_at)


@endpoints.on(EndpointEnabled)
def _enabled(e: Recorded[EndpointEnabled]) -> Write:
    return _change(e, e.event.endpoint_id, status="unverified", why=None, note=None, disabled_at=None, verified_at=None)


@endpoints.on(EndpointRemoved)
def _removed(e: Recorded[EndpointRemoved]) -> Write:
    return _change(e, e.event.endpoint_id, status="removed")


@endpoints.on(SecretRotated, TestEventRequested, DeliveryResendRequested, RecoveryRequested)
def _asked(e: Recorded[SecretRotated | TestEventRequested | DeliveryResendRequested | RecoveryRequested]) -> Write:
    return _change(e, e.event.endpoint_id)


@endpoint_keys.on(EndpointRegistered)
def _first_key(e: Recorded[EndpointRegistered]) -> Write:
    fact = e.event
    return endpoint_keys.upsert(e, key_id=fact.key_id, endpoint_id=fact.endpoint_id, since=fact.registered_at, until=None)


@endpoint_keys.on(SecretRotated)
def _next_key(e: Recorded[SecretRotated]) -> list[Write]:
    fact = e.event
    return [
        *(endpoint_keys.delete(e, {"key_id": key_id}) for key_id in fact.drops),
        endpoint_keys.update(e, {"key_id": fact.replaces}, until=fact.overlap_until),
        endpoint_keys.upsert(e, key_id=fact.key_id, endpoint_id=fact.endpoint_id, since=fact.rotated_at, until=None),
    ]


def _change(
    e: Recorded[
        EndpointVerified
        | EndpointChanged
        | EndpointDisabled
        | EndpointEnabled
        | EndpointRemoved
        | SecretRotated
        | TestEventRequested
        | DeliveryResendRequested
        | RecoveryRequested
    ],
    endpoint_id: str,
    **values: object,
) -> Write:
    return endpoints.update(e, {"endpoint_id": endpoint_id}, **values, version=e.version)
