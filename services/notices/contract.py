"""What notices publishes: endpoints to which the agency tells an institution, by webhook, what happens to its matters.

No secret is in an event. What happens here happens at an instant and not on a day of a procedure: no rulebook governs it.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chassis.events import Catalogue, Event
from chassis.text import ShortText
from services.notices.contract_letters import (
    LetterDispatched as LetterDispatched,
)
from services.notices.contract_letters import (
    LetterDrawnUp as LetterDrawnUp,
)
from services.notices.contract_letters import (
    LetterheadSet as LetterheadSet,
)
from services.notices.contract_letters import (
    LetterInstitution as LetterInstitution,
)
from services.notices.contract_letters import (
    LetterNumbered as LetterNumbered,
)
from services.notices.contract_letters import (
    LetterReceived as LetterReceived,
)
from services.notices.contract_letters import (
    LetterSource as LetterSource,
)

TASK_QUEUE = "kepil-notices"

Algorithm = Literal["hmac", "ed25519"]
Why = Literal["gone_410", "failing", "by_person"]
EventTypes = Annotated[tuple[str, ...], Field(max_length=100)]


class EndpointRegistered(Event):
    """An institution named an address that is to be told of events. `types` are event types or their prefixes; none means all."""

    endpoint_id: str
    institution_id: str
    url: str
    types: EventTypes = ()
    description: ShortText | None = None
    algorithm: Algorithm
    key_id: str
    registered_at: datetime


class EndpointVerified(Event):
    """The address answered a test event as a receiver does: events go there from now on."""

    endpoint_id: str
    institution_id: str
    verified_at: datetime


class EndpointChanged(Event):
    """Address, filter or description of an endpoint were replaced. A new address is verified anew before events go there."""

    endpoint_id: str
    institution_id: str
    url: str
    types: EventTypes = ()
    description: ShortText | None = None
    moved: bool = Field(description="Whether the address is another one")
    changed_at: datetime


class SecretRotated(Event):
    """An endpoint has a new key. What it `replaces` signs too until `overlap_until`; an older one that still did, does no more."""

    endpoint_id: str
    institution_id: str
    key_id: str
    replaces: str
    drops: tuple[str, ...] = ()
    overlap_until: datetime
    rotated_at: datetime


class TestEventRequested(Event):
    """Somebody asked for a test event to an endpoint."""

    __test__ = False

    endpoint_id: str
    institution_id: str
    requested_at: datetime


class DeliveryResendRequested(Event):
    """Somebody asked for one delivery to be made again, now."""

    endpoint_id: str
    institution_id: str
    delivery_id: str
    requested_at: datetime


class RecoveryRequested(Event):
    """Somebody asked for everything since an instant that did not arrive to be delivered again."""

    endpoint_id: str
    institution_id: str
    since: datetime
    requested_at: datetime


class EndpointDisabled(Event):
    """Nothing is sent to the endpoint any more: it said that it is gone, it failed for days, or a person switched it off."""

    endpoint_id: str
    institution_id: str
    why: Why
    note: ShortText | None = None
    disabled_at: datetime


class EndpointEnabled(Event):
    """A disabled endpoint is to be used again, once it has answered a test event."""

    endpoint_id: str
    institution_id: str
    enabled_at: datetime


class EndpointRemoved(Event):
    """The endpoint is no more."""

    endpoint_id: str
    institution_id: str
    removed_at: datetime


EVENTS = Catalogue(
    "notices",
    {
        "endpoint": [
            EndpointRegistered,
            EndpointVerified,
            EndpointChanged,
            SecretRotated,
            TestEventRequested,
            DeliveryResendRequested,
            RecoveryRequested,
            EndpointDisabled,
            EndpointEnabled,
            EndpointRemoved,
        ],
        "letter_book": [LetterNumbered],
        "letter": [LetterDrawnUp, LetterDispatched, LetterReceived],
        "letterhead": [LetterheadSet],
    },
)

#: The workflow of one delivery, and where it runs; notices begins it, at the word of an event.
DELIVERY, DELIVERY_QUEUE = "WebhookDelivery", "kepil-workflows"
RESEND, STOP = "resend", "stop"

#: Seconds from one attempt to the next, as Standard Webhooks proposes it: some three days in all.
SCHEDULE = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)

#: Each pause is longer by up to this part of it, so that what failed at the same moment does not come back at the same moment.
JITTER = 0.2

#: The workflow that prunes what is over, once a day.
PRUNING = "WebhookPruning"


class DeliveryTask(BaseModel):
    """What `WebhookDelivery` is started with. `tried` attempts of its schedule were made by an earlier run of it, or by whoever read the
    event; `wait` seconds are to pass before the next."""

    agency: str
    delivery_id: str
    tried: int = 0
    wait: float | None = None


class AttemptDelivery(BaseModel):
    """Activity `notices.attempt`: one attempt. `following` seconds later another is made if this one fails; None: it is the last."""

    agency: str
    delivery_id: str
    following: float | None = None


class Attempted(BaseModel):
    """What came of an attempt. `over`: nothing is left to do. `busy`: none was made, for the endpoint has its hands full, or somebody
    is making one."""

    over: bool = False
    busy: bool = False
    wait: float | None = None


class GiveUp(BaseModel):
    """Activity `notices.give_up`: the last attempt ended without a word, and none follows."""

    agency: str
    delivery_id: str


class Pruned(BaseModel):
    """What came of activity `notices.prune`. `more`: it is to be asked again."""

    deliveries: int
    more: bool


ATTEMPT = "notices.attempt"
GIVE_UP = "notices.give_up"
PRUNE = "notices.prune"


def delivery_workflow(event_id: str, endpoint_id: str) -> str:
    """The id of the workflow of a delivery: one for each event and endpoint."""
    return f"wh:{event_id}:{endpoint_id}"
