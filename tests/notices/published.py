"""Events of services that do not run here, on JetStream as their relays would publish them: samples, with ids of a test's own."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.client import Client as Nats

from chassis.ids import new_id
from chassis.messaging import Envelope, connect_nats, ensure_stream, stream_name
from chassis.positions import LogPosition
from cli.supervisor import Stack
from services.notices.catalogues import CATALOGUES

_SAMPLES = Path(__file__).parents[1] / "contract" / "events"


def envelope(
    agency: str, service: str, name: str, stream: str, version: int = 1, /, *, actor: str = "coordinator-1", **ids: Any
) -> Envelope:
    """The first sample of an event, with some fields set."""
    kind = CATALOGUES[service].types[name]
    sample = json.loads(sorted((_SAMPLES / service).glob(f"{name}.v{kind.schema_version}*.json"))[0].read_bytes())
    now = datetime.now(UTC)
    return Envelope(
        id=new_id(),
        source=f"/kepil/{service}",
        type=CATALOGUES[service].subject(name),
        subject=stream,
        time=now,
        dataschema=f"urn:kepil:schema:{service}:{name}:{kind.schema_version}",
        data={**sample, **ids},
        agency=agency,
        streamversion=version,
        schemaversion=kind.schema_version,
        recordedat=now,
        position="0.0",
        actor=actor,
        actorroles="coordinator",
    )


async def publish(stack: Stack, *envelopes: Envelope) -> None:
    """Publishes them in their order, each right after the last that its service has published."""
    client = await connect_nats(stack.settings(), "test")
    try:
        for each in envelopes:
            await ensure_stream(client, each.service, 1)
            placed = each.model_copy(update={"position": str(await _next(client, each.service))})
            await client.jetstream().publish(each.type, placed.model_dump_json().encode(), stream=stream_name(each.service))
    finally:
        await client.close()


async def _next(client: Nats, service: str) -> LogPosition:
    last = (await client.jetstream().stream_info(stream_name(service))).state.last_seq
    if not last:
        return LogPosition(1, 1)
    message = await client.jetstream().get_msg(stream_name(service), seq=last)
    there = LogPosition.parse(json.loads(message.data or b"")["position"])
    return LogPosition(there.xid, there.position + 1)
