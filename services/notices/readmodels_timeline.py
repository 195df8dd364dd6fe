"""Where every event stands: whose it is, in which matter, and when. What it says stays in the log, where this finds it."""

from typing import Any

from sqlalchemy import Column, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.notices.catalogues import CATALOGUES, EVERY_TYPE

_AT = DateTime(timezone=True)

#: The actor of an answer that nobody is known to have given: who sees it come would know of whom.
NOBODY = "anonymous"

timeline = ReadModel(
    "timeline",
    Column("event_id", UUID(as_uuid=False), primary_key=True),
    Column("source", Text),
    Column("stream", Text),
    Column("nth", Integer),
    Column("type", Text),
    Column("occurred_at", _AT),
    Column("recorded_at", _AT),
    Column("actor", Text),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("certificate_id", Text),
    Column("attestation_id", Text),
    indexes=[
        ["occurred_at", "recorded_at", "nth", "event_id"],
        ["source", "stream", "nth"],
        ["case_id"],
        ["institution_id"],
        ["certificate_id"],
        ["attestation_id"],
    ],
)

#: Whose a stream is, by its first event: what comes later in it need not say so again.
streams = ReadModel(
    "streams",
    Column("source", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("certificate_id", Text),
    Column("attestation_id", Text),
    Column("rulebook", JSONB),
    indexes=[["case_id"], ["institution_id"], ["certificate_id"], ["attestation_id"]],
)

ALL = [timeline, streams]

_IDS = ("case_id", "institution_id", "certificate_id", "attestation_id")


@timeline.on(*EVERY_TYPE)
def _happened(e: Recorded[Any]) -> Write | None:
    if e.actor == NOBODY:
        return None
    return timeline.upsert(
        e,
        event_id=e.event_id,
        source=e.source,
        stream=e.stream,
        nth=e.version,
        type=CATALOGUES[e.source].subject(e.event.type_name()),
        occurred_at=e.occurred_at,
        recorded_at=e.recorded_at,
        actor=e.actor,
        **_named(e),
    )


@streams.on(*EVERY_TYPE)
def _begun(e: Recorded[Any]) -> Write | None:
    if e.version != 1:
        return None
    rulebook = getattr(e.event, "rulebook", None)
    told = rulebook.model_dump(mode="json") if rulebook is not None else None
    return streams.upsert(e, source=e.source, stream=e.stream, rulebook=told, **_named(e))


def _named(e: Recorded[Any]) -> dict[str, str | None]:
    """The ids that an event names; of an empty one nothing."""
    return {name: getattr(e.event, name, None) or None for name in _IDS}
