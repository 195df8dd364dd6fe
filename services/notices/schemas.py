"""Bodies and answers of notices' REST interface."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from chassis.actions import Action
from chassis.context import Accepted
from chassis.text import InstitutionId, ShortText
from services.notices.contract import Algorithm
from services.notices.domain.endpoint import Status

_IN = ConfigDict(extra="forbid", frozen=True)


def _written(value: Any) -> Any:
    """Seconds since 1970 are a slip and no instant."""
    if isinstance(value, str) and "T" in value:
        return value
    raise ValueError("an instant is written YYYY-MM-DDThh:mm:ss with its offset")


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2100, 12, 31, tzinfo=UTC)),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "An instant with its offset, from 2000 to 2100"}),
]
WebhookUrl = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^https?://[!-~]+$", examples=["https://portal.example.edu/kepil"])
]
TypeFilter = Annotated[str, Field(min_length=5, max_length=100, pattern=r"^kepil(\.[A-Za-z0-9_]+){1,3}$")]
TypeFilters = Annotated[
    tuple[TypeFilter, ...],
    Field(max_length=100, description="Event types, or their beginnings up to a dot; none: all that an institution is told of"),
]


class WebhookEndpointDescription(BaseModel):
    """Where events go, and which."""

    model_config = _IN

    url: WebhookUrl
    types: TypeFilters = ()
    description: ShortText | None = None


class NewWebhookEndpoint(WebhookEndpointDescription):
    """An address of an institution; an officer names its own."""

    institution_id: InstitutionId
    algorithm: Algorithm = "hmac"


class WebhookRotation(BaseModel):
    """How long the present secret goes on signing beside the new one."""

    model_config = _IN

    overlap_hours: Annotated[int, Field(ge=0, le=168, strict=True)] = 24


class WebhookDisabling(BaseModel):
    """Why it is switched off."""

    model_config = _IN

    note: ShortText | None = None


class WebhookRecovery(BaseModel):
    """Since when everything that did not arrive is to be sent again."""

    model_config = _IN

    since: Instant


class WebhookSecretAnswer(Accepted):
    """With the key. `secret` is shown this once; a repetition of the request has none. A pair of keys has a public one alone."""

    key_id: str
    secret: str | None = Field(None, description="Of the algorithm `hmac`: verify `v1` with it")
    public_key: str | None = Field(None, description="Of the algorithm `ed25519`: verify `v1a` with it")


class WebhookKey(BaseModel):
    """A key that signs. Without `until` it is the present one."""

    key_id: str
    since: datetime
    until: datetime | None
    public_key: str | None


class WebhookEndpointItem(BaseModel):
    """An endpoint."""

    endpoint_id: str
    institution_id: str
    url: str
    types: list[str]
    description: str | None
    algorithm: Algorithm
    status: Status
    why: str | None = Field(description="Why it is disabled: gone_410, failing, by_person")
    note: str | None
    registered_at: datetime
    verified_at: datetime | None
    disabled_at: datetime | None


class WebhookEndpointDetail(WebhookEndpointItem):
    """An endpoint with its keys, how it does, and what the caller may do."""

    keys: list[WebhookKey]
    failing_since: datetime | None
    failures: int
    allowed_actions: list[Action]


class WebhookDeliveryItem(BaseModel):
    """One event to one endpoint. `held`: it waits for the endpoint to be verified, or came while it was disabled."""

    delivery_id: str
    event_id: str = Field(description="The webhook-id")
    endpoint_id: str
    type: str
    case_id: str | None
    status: str
    attempts: int
    http_status: int | None
    trouble: str | None
    next_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class WebhookAttempt(BaseModel):
    """One attempt: what was sent, and what came back (its first 4 kB)."""

    number: int
    at: datetime
    url: str
    request_headers: dict[str, str]
    body_sha256: str
    address: str | None
    http_status: int | None
    response: str | None
    duration_ms: int | None
    trouble: str | None


class WebhookDeliveryDetail(WebhookDeliveryItem):
    """A delivery with its body, as it is signed, and every attempt."""

    body: str
    attempts_made: list[WebhookAttempt]
    allowed_actions: list[Action]


class WebhookEventType(BaseModel):
    """A type of event that an institution is told of."""

    type: str
    summary: str
