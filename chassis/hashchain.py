"""The hash chain of a stream: SHA-256 over the previous hash and the canonical JSON of the event (keys sorted, no spaces, UTF-8)."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from chassis.events import Json

GENESIS = b"\x00" * 32


def instant(moment: datetime) -> str:
    """The one spelling of an instant: UTC with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def link(
    previous: bytes,
    *,
    agency: str,
    stream: str,
    version: int,
    event_id: str,
    type_name: str,
    schema_version: int,
    data: Json,
    metadata: Json,
    occurred_at: datetime,
    recorded_at: datetime,
) -> bytes:
    """The hash of one event, bound to everything before it in its stream."""
    content: dict[str, Any] = {
        "agency": agency,
        "stream": stream,
        "version": version,
        "event_id": event_id,
        "type": type_name,
        "schema_version": schema_version,
        "data": data,
        "metadata": metadata,
        "occurred_at": instant(occurred_at),
        "recorded_at": instant(recorded_at),
    }
    return hashlib.sha256(previous + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
