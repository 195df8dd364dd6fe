"""An endpoint: where an institution wants to be told of its matters, and whether it can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from chassis.decider import Command, Decider, Guard, no_rules
from chassis.events import Event
from chassis.problems import Conflict
from services.notices.contract import (
    Algorithm,
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
    Why,
)

Status = Literal["unverified", "active", "disabled", "removed"]


@dataclass(frozen=True)
class Endpoint:
    """What a later command needs to know. `older` are the keys that still sign beside the present one, each with its end."""

    endpoint_id: str = ""
    institution_id: str = ""
    url: str = ""
    types: tuple[str, ...] = ()
    description: str | None = None
    algorithm: Algorithm = "hmac"
    status: Status = "removed"
    key_id: str = ""
    older: tuple[tuple[str, datetime], ...] = ()


class RegisterEndpoint(Command):
    """Names an address; it is tried before anything goes there."""

    records = (EndpointRegistered,)

    endpoint_id: str
    institution_id: str
    url: str
    types: tuple[str, ...] = ()
    description: str | None = None
    algorithm: Algorithm
    key_id: str


class ChangeEndpoint(Command):
    """Replaces address, filter and description."""

    records = (EndpointChanged,)

    url: str
    types: tuple[str, ...] = ()
    description: str | None = None


class VerifyEndpoint(Command):
    """The address `url` answered a test event."""

    records = (EndpointVerified,)

    url: str


class RotateSecret(Command):
    """A new key; the present one goes on signing for `overlap`."""

    records = (SecretRotated,)

    key_id: str
    overlap: timedelta


class AskForTestEvent(Command):
    """A test event, now."""

    records = (TestEventRequested,)


class ResendDelivery(Command):
    """One delivery again, now."""

    records = (DeliveryResendRequested,)

    delivery_id: str


class RecoverDeliveries(Command):
    """Everything since an instant that did not arrive, again."""

    records = (RecoveryRequested,)

    since: datetime


class DisableEndpoint(Command):
    """A person switches it off: nothing more goes there."""

    records = (EndpointDisabled,)

    note: str | None = None


class CutOffEndpoint(Command):
    """It said that it is gone, or has failed for days: nothing more goes there."""

    records = (EndpointDisabled,)

    why: Why
    note: str


class EnableEndpoint(Command):
    """To be used again, once it has answered a test event."""

    records = (EndpointEnabled,)


class RemoveEndpoint(Command):
    """Takes the endpoint away for good."""

    records = (EndpointRemoved,)


AnyCommand = (
    RegisterEndpoint
    | ChangeEndpoint
    | VerifyEndpoint
    | RotateSecret
    | AskForTestEvent
    | ResendDelivery
    | RecoverDeliveries
    | DisableEndpoint
    | CutOffEndpoint
    | EnableEndpoint
    | RemoveEndpoint
)


def decide(command: AnyCommand, state: Endpoint, _rules: None) -> Sequence[Event]:
    """The guards have seen whether it is there; what a sender finds out a second time changes nothing."""
    known = {"endpoint_id": state.endpoint_id, "institution_id": state.institution_id}
    at = command.at
    match command:
        case RegisterEndpoint():
            return [EndpointRegistered(**command.model_dump(exclude={"at", "by"}), registered_at=at)]
        case ChangeEndpoint():
            described = command.model_dump(exclude={"at", "by"})
            if described == {"url": state.url, "types": state.types, "description": state.description}:
                raise Conflict("the endpoint is so already")
            return [EndpointChanged(**known, **described, moved=command.url != state.url, changed_at=at)]
        case VerifyEndpoint():
            news = state.status == "unverified" and command.url == state.url
            return [EndpointVerified(**known, verified_at=at)] if news else []
        case RotateSecret():
            drops = tuple(key_id for key_id, until in state.older if until > at)
            return [
                SecretRotated(
                    **known,
                    key_id=command.key_id,
                    replaces=state.key_id,
                    drops=drops,
                    overlap_until=at + command.overlap,
                    rotated_at=at,
                )
            ]
        case AskForTestEvent():
            return [TestEventRequested(**known, requested_at=at)]
        case ResendDelivery():
            return [DeliveryResendRequested(**known, delivery_id=command.delivery_id, requested_at=at)]
        case RecoverDeliveries():
            if command.since > at:
                raise Conflict("what is to be sent again is still to come: nothing has failed since")
            return [RecoveryRequested(**known, since=command.since, requested_at=at)]
        case DisableEndpoint():
            return [EndpointDisabled(**known, why="by_person", note=command.note, disabled_at=at)]
        case CutOffEndpoint():
            in_use = state.status in ("unverified", "active")
            return [EndpointDisabled(**known, why=command.why, note=command.note, disabled_at=at)] if in_use else []
        case EnableEndpoint():
            return [EndpointEnabled(**known, enabled_at=at)]
        case RemoveEndpoint():
            return [EndpointRemoved(**known, removed_at=at)]


def evolve(state: Endpoint, event: Any) -> Endpoint:
    """The state after a fact."""
    match event:
        case EndpointRegistered():
            told = event.model_dump(exclude={"registered_at"})
            return Endpoint(**told, status="unverified")
        case EndpointVerified():
            return replace(state, status="active")
        case EndpointChanged():
            status: Status = "unverified" if event.moved and state.status == "active" else state.status
            return replace(state, url=event.url, types=event.types, description=event.description, status=status)
        case SecretRotated():
            return replace(state, key_id=event.key_id, older=((event.replaces, event.overlap_until),))
        case EndpointDisabled():
            return replace(state, status="disabled")
        case EndpointEnabled():
            return replace(state, status="unverified")
        case EndpointRemoved():
            return replace(state, status="removed")
    return state


def _there(state: Endpoint, _rules: None) -> None:
    if state.status == "removed":
        raise Conflict("the endpoint is removed")


def _in_use(state: Endpoint, rules: None) -> None:
    _there(state, rules)
    if state.status == "disabled":
        raise Conflict("the endpoint is disabled; enable it first")


def _verified(state: Endpoint, rules: None) -> None:
    _in_use(state, rules)
    if state.status != "active":
        raise Conflict("the endpoint has not answered a test event yet")


def _disabled(state: Endpoint, rules: None) -> None:
    _there(state, rules)
    if state.status != "disabled":
        raise Conflict("the endpoint is not disabled")


GUARDS: Mapping[type[Command], Guard] = {
    ChangeEndpoint: _there,
    RotateSecret: _there,
    AskForTestEvent: _in_use,
    ResendDelivery: _verified,
    RecoverDeliveries: _verified,
    DisableEndpoint: _in_use,
    EnableEndpoint: _disabled,
    RemoveEndpoint: _there,
}

ENDPOINT: Decider[Endpoint, None] = Decider("endpoint", Endpoint(), decide, evolve, no_rules, GUARDS)
